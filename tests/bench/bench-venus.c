/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-fields.h"
#include "phaeton-sim-home.h"
#include "phaeton-victron-service-private.h"

#include <gio/gunixinputstream.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Our exporter, alone, for scripts/bench beside peer-exporter.py:
 *
 *   bench-venus              shows a charger on the session bus; "FILE PERIOD_MS ROUNDS" on
 * standard input plays a file, answered by "cpu_us N"; ROUNDS is 4 as in earnest, or 1: voltages
 * and counters go out each time too bench-venus make FILE    writes a charging hour, second by
 * second, as a meter reads it
 *
 * A line of a file: volts, amperes and watts of L1 to L3, watts, amperes, Wh of the counter and of
 * the session, seconds of the session, status, amperes set and at most. */

#define N_COLUMNS 17
#define HOUR_S 3600

typedef struct {
  double column[N_COLUMNS];
} Line;

typedef struct {
  GMainLoop *loop;
  PhaetonBusConnection *bus;
  PhaetonVictronService *service;
  GDataInputStream *input;
  GArray *lines; /* (element-type Line) */
  guint at;
  gint64 begun_us;
} Bench;

/* of all threads */
static gint64
get_cpu_us (void)
{
  struct timespec at;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &at);
  return (gint64) at.tv_sec * G_USEC_PER_SEC + at.tv_nsec / 1000;
}

/* --- the hour --- */

static int
make_hour (const char *path)
{
  g_autofree PhaetonSimHome *home = phaeton_sim_home_new (7, 1750000000000, 1);
  PhaetonSimStation *station = &home->stations[0];
  const PhaetonSimMeter *meter = &station->sockets[0].shown;
  FILE *file = fopen (path, "w");
  double first_wh = -1;

  if (file == NULL) {
    perror (path);
    return 1;
  }
  station->sockets[0].car.plugged = TRUE;
  for (int second = 0; second < HOUR_S; second++) {
    double watts = 0, amps = 0, wh = 0;

    phaeton_sim_station_set_setpoint (station, 0, 16);
    phaeton_sim_home_step (home, 1000);
    for (int i = 0; i < PHAETON_PHASES; i++) {
      watts += meter->power_w[i];
      amps = MAX (amps, meter->current_a[i]);
      wh += meter->energy_wh[i];
    }
    if (first_wh < 0)
      first_wh = wh;
    /* as single precision: so the registers are */
    for (int i = 0; i < PHAETON_PHASES; i++)
      fprintf (file, "%.9g ", (double) (float) meter->voltage_v[i]);
    for (int i = 0; i < PHAETON_PHASES; i++)
      fprintf (file, "%.9g ", (double) (float) meter->current_a[i]);
    for (int i = 0; i < PHAETON_PHASES; i++)
      fprintf (file, "%.9g ", (double) (float) meter->power_w[i]);
    fprintf (file, "%.9g %.9g %.17g %.17g %d %d 16 32\n", (double) (float) watts,
             (double) (float) amps, wh, wh - first_wh, second, amps > 1 ? 2 : 1);
  }
  return fclose (file) == 0 ? 0 : 1;
}

/* --- the exporter --- */

#define SET(record, field, member, value)                                                          \
  G_STMT_START                                                                                     \
  {                                                                                                \
    (record)->member = (value);                                                                    \
    phaeton_field_set_present (PHAETON_FIELD_##field, (record));                                   \
  }                                                                                                \
  G_STMT_END

static void
show (Bench *bench, const Line *line)
{
  g_autoptr (PhaetonSnapshot) snapshot = phaeton_snapshot_new (1);
  PhaetonChargerRecord *record = &snapshot->chargers[0];
  const double *column = line->column;

  record->id = "1";
  SET (record, DEVICE_INSTANCE, device_instance, 1);
  SET (record, MODE, mode, 0);
  SET (record, START_STOP, start_stop, 1);
  SET (record, CONNECTED, connected, 1);
  SET (record, MIN, min_mA, 6000);
  SET (record, PRODUCT_NAME, product_name, "Alfen EV Charger");
  SET (record, SERIAL, serial, "ACE0123456");
  for (guint i = 0; i < PHAETON_PHASES; i++) {
    record->line_voltage_v[i] = column[i];
    record->line_current_mA[i] = (int) (column[3 + i] * 1000);
    record->line_power_w[i] = (int) column[6 + i];
    phaeton_field_set_present (PHAETON_FIELD_LINE_VOLTAGE + i, record);
    phaeton_field_set_present (PHAETON_FIELD_LINE_CURRENT + i, record);
    phaeton_field_set_present (PHAETON_FIELD_LINE_POWER + i, record);
  }
  SET (record, POWER, power_w, (int) column[9]);
  SET (record, CURRENT, current_mA, (int) (column[10] * 1000));
  SET (record, ENERGY, energy_wh, (gint64) column[11]);
  SET (record, FORWARD, forward_wh, (gint64) column[11]);
  SET (record, SESSION_ENERGY, session_energy_wh, (gint64) column[12]);
  SET (record, SESSION_TIME, session_time_s, (gint64) column[13]);
  SET (record, STATUS, status, (int) column[14]);
  SET (record, SET_CURRENT, set_mA, (int) (column[15] * 1000));
  SET (record, MAX, max_mA, (int) (column[16] * 1000));
  phaeton_victron_service_show (bench->service, snapshot, 0);
}

static gboolean
write_cb (PhaetonFieldId field, GVariant *value, GError **error, gpointer user_data)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "nobody writes here");
  return FALSE;
}

static gboolean
play_cb (gpointer user_data)
{
  Bench *bench = user_data;

  if (bench->at < bench->lines->len) {
    show (bench, &g_array_index (bench->lines, Line, bench->at++));
    return G_SOURCE_CONTINUE;
  }
  printf ("cpu_us %" G_GINT64_FORMAT "\n", get_cpu_us () - bench->begun_us);
  fflush (stdout);
  return G_SOURCE_REMOVE;
}

static gboolean
load (Bench *bench, const char *path)
{
  g_autofree char *text = NULL;
  char *at;

  g_array_set_size (bench->lines, 0);
  if (!g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;
  for (at = text; *at != '\0';) {
    Line line;

    for (guint i = 0; i < N_COLUMNS; i++)
      line.column[i] = g_ascii_strtod (at, &at);
    g_array_append_val (bench->lines, line);
    at += strspn (at, " \n");
  }
  return TRUE;
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Bench *bench = user_data;
  g_autofree char *line = g_data_input_stream_read_line_finish (bench->input, result, NULL, NULL);
  char *period = line != NULL ? strchr (line, ' ') : NULL;
  char *rounds;
  guint period_ms;

  if (period == NULL) {
    g_main_loop_quit (bench->loop);
    return;
  }
  *period++ = '\0';
  if (!load (bench, line))
    g_error ("cannot read %s", line);
  bench->at = 0;
  period_ms = (guint) g_ascii_strtoull (period, &rounds, 10);
  phaeton_victron_service_set_rhythm (bench->service, 0,
                                      (guint) g_ascii_strtoull (rounds, NULL, 10));
  bench->begun_us = get_cpu_us ();
  g_timeout_add (period_ms, play_cb, bench);
  g_data_input_stream_read_line_async (bench->input, 0, NULL, read_cb, bench);
}

static void
appeared_cb (PhaetonVictronService *service, gpointer user_data)
{
  printf ("READY\n");
  fflush (stdout);
}

static int
run (void)
{
  g_autoptr (GInputStream) input = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  const Line idle = { { 230, 230, 230 } };
  Bench bench = { 0 };

  bench.loop = g_main_loop_new (NULL, FALSE);
  bench.lines = g_array_new (FALSE, FALSE, sizeof (Line));
  bench.input = g_data_input_stream_new (input);
  bench.bus = phaeton_bus_connection_new ();
  bench.service = phaeton_victron_service_new (bench.bus, write_cb, &bench);
  g_signal_connect (bench.service, "appeared", G_CALLBACK (appeared_cb), &bench);
  phaeton_bus_connection_start (bench.bus);
  phaeton_victron_service_appear (bench.service);
  show (&bench, &idle);
  g_data_input_stream_read_line_async (bench.input, 0, NULL, read_cb, &bench);
  g_main_loop_run (bench.loop);
  phaeton_victron_service_stop (bench.service);
  phaeton_bus_connection_stop (bench.bus);
  g_object_unref (bench.service);
  g_object_unref (bench.bus);
  g_object_unref (bench.input);
  g_array_unref (bench.lines);
  g_main_loop_unref (bench.loop);
  return 0;
}

int
main (int argc, char *argv[])
{
  if (argc == 3 && g_str_equal (argv[1], "make"))
    return make_hour (argv[2]);
  return run ();
}
