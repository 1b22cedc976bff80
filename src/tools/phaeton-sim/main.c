/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-sim"
#include "config.h"

#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "phaeton-sim-control.h"
#include "phaeton-sim-replay.h"
#include "phaeton-sim-server.h"
#include "phaeton-sim-simulate.h"
#include "phaeton-sim-victron.h"
#include "phaeton-sim-world.h"

/* phaeton-sim: a home that exists only in memory, on real wires. See docs/simulator.md. */

#define TICK_REAL_MS 20 /* the plant steps at most that often, at any rate of the clock */
#define TICK_MS 100

typedef struct {
  int port;
  int stations;
  int sockets;
  int seed;
  gboolean victron;
  gboolean watch_stdin;
  gboolean show_version;
  char *control;
  char *memory;
  char *scenario;
  char *series;
} Options;

static gboolean
parse_options (Options *options, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "port", 'p', 0, G_OPTION_ARG_INT, &options->port,
      "TCP port of the first station, 0 any free one", "PORT" },
    { "stations", 'n', 0, G_OPTION_ARG_INT, &options->stations, "how many stations", "N" },
    { "sockets", 0, 0, G_OPTION_ARG_INT, &options->sockets, "sockets of each station", "1|2" },
    { "control", 'c', 0, G_OPTION_ARG_FILENAME, &options->control, "unix socket for commands",
      "PATH" },
    { "memory", 'm', 0, G_OPTION_ARG_FILENAME, &options->memory,
      "file that keeps counters, settings and cars over restarts", "FILE" },
    { "scenario", 's', 0, G_OPTION_ARG_FILENAME, &options->scenario,
      "file with lines SECONDS COMMAND", "FILE" },
    { "series", 0, 0, G_OPTION_ARG_FILENAME, &options->series,
      "CSV file time_utc,load_w,pv_w instead of the seed's house and weather", "FILE" },
    { "seed", 0, 0, G_OPTION_ARG_INT, &options->seed, "of everything left to chance", "N" },
    { "victron", 0, 0, G_OPTION_ARG_NONE, &options->victron,
      "show the house as a Victron system on the session bus", NULL },
    { "watch-stdin", 0, 0, G_OPTION_ARG_NONE, &options->watch_stdin, "exit when stdin closes",
      NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &options->show_version, "print the version", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("- a simulated home");

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (options->port < 0 || options->port > G_MAXUINT16 || options->stations < 1 ||
      options->stations > PHAETON_SIM_MAX_STATIONS || options->sockets < 1 ||
      options->sockets > PHAETON_SIM_SOCKETS || *argc > 1) {
    g_set_error (
      error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--port must be 0 to 65535, --stations 1 to %d, --sockets 1 or 2, and nothing else",
      PHAETON_SIM_MAX_STATIONS);
    return FALSE;
  }
  return TRUE;
}

static gboolean
start_servers (PhaetonSimWorld *world, const Options *options, GError **error)
{
  for (guint i = 0; i < world->home->n_stations; i++) {
    PhaetonSimStation *station = &world->home->stations[i];
    const guint16 port = options->port == 0 ? 0 : options->port + i;

    if (world->is_fresh)
      station->n_sockets = options->sockets;
    if (world->is_fresh && i > 0) /* the first keeps the well-known serial */
      g_snprintf (station->serial, sizeof station->serial, "ACE%07u", 402633 + i);
    world->servers[i] = phaeton_sim_server_new (world, i, port, error);
    if (world->servers[i] == NULL)
      return FALSE;
    printf ("PORT %u\n", phaeton_sim_server_get_port (world->servers[i]));
  }
  return TRUE;
}

static PhaetonSimSeries *
load_series (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  PhaetonSimSeries *series;

  if (!g_file_get_contents (path, &text, NULL, error))
    return NULL;
  series = phaeton_sim_series_parse (text, error);
  g_prefix_error (error, "%s: ", path);
  return series;
}

static PhaetonSimScenario *
load_scenario (PhaetonSimWorld *world, const char *path, GError **error)
{
  g_autofree char *text = NULL;
  PhaetonSimScenario *scenario;

  if (!g_file_get_contents (path, &text, NULL, error))
    return NULL;
  scenario = phaeton_sim_scenario_new (world, text, error);
  g_prefix_error (error, "%s: ", path);
  return scenario;
}

static gboolean
tick_cb (gpointer user_data)
{
  phaeton_sim_world_catch_up (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
quit_cb (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
stdin_cb (int fd, GIOCondition condition, gpointer user_data)
{
  char rest[256];

  if (read (fd, rest, sizeof rest) <= 0)
    g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

static void
run_loop (PhaetonSimWorld *world, const Options *options)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  const gint64 tick_ms =
    MAX (TICK_MS, (gint64) (TICK_REAL_MS * phaeton_clock_get_rate (world->clock)));

  guint ids[] = { g_unix_signal_add (SIGINT, quit_cb, loop),
                  g_unix_signal_add (SIGTERM, quit_cb, loop), 0 };

  phaeton_clock_add_timer (world->clock, tick_ms, tick_cb, world);
  if (options->watch_stdin)
    ids[2] = g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, stdin_cb, loop);
  printf ("READY\n");
  fflush (stdout);
  g_main_loop_run (loop);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    g_clear_handle_id (&ids[i], g_source_remove);
}

static gboolean
run (const Options *options, GError **error)
{
  PhaetonSimWorld *world =
    phaeton_sim_world_new (options->seed, options->stations, options->memory, error);
  PhaetonSimControl *control = NULL;
  PhaetonSimScenario *scenario = NULL;
  g_autoptr (PhaetonSimSeries) series = NULL;
  gboolean is_ok;

  if (world == NULL)
    return FALSE;
  is_ok = start_servers (world, options, error);
  if (is_ok && options->series != NULL)
    is_ok = (world->home->house.series = series = load_series (options->series, error)) != NULL;
  if (is_ok && options->victron)
    is_ok = (world->victron = phaeton_sim_victron_new (world, error)) != NULL;
  if (is_ok && options->control != NULL)
    is_ok = (control = phaeton_sim_control_new (world, options->control, error)) != NULL;
  if (is_ok && options->scenario != NULL)
    is_ok = (scenario = load_scenario (world, options->scenario, error)) != NULL;
  if (is_ok)
    run_loop (world, options);
  g_clear_pointer (&scenario, phaeton_sim_scenario_free);
  g_clear_pointer (&control, phaeton_sim_control_free);
  phaeton_sim_world_free (world);
  while (g_main_context_iteration (NULL, FALSE))
    ; /* what was cancelled gets its last callback */
  return is_ok;
}

int
main (int argc, char *argv[])
{
  Options options = { .port = 0, .stations = 1, .sockets = 1, .seed = 1 };
  g_autoptr (GError) error = NULL;
  int status = 0;

  if (argc > 1 && strcmp (argv[1], "replay") == 0)
    return phaeton_sim_replay_main (argc - 1, argv + 1);
  if (argc > 1 && strcmp (argv[1], "simulate") == 0)
    return phaeton_sim_simulate_main (argc - 1, argv + 1);
  if (!parse_options (&options, &argc, &argv, &error)) {
    g_printerr ("phaeton-sim: %s\n", error->message);
    return 2;
  }
  if (options.show_version) {
    printf ("phaeton-sim %s\n", PHAETON_VERSION);
  } else if (!run (&options, &error)) {
    g_printerr ("phaeton-sim: %s\n", error->message);
    status = 1;
  }
  g_free (options.control);
  g_free (options.memory);
  g_free (options.scenario);
  g_free (options.series);
  return status;
}
