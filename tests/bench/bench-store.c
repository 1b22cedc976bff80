/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-clock.h"
#include "phaeton-store-backend.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Figures of the history, straight from the backend: "name value unit" a line. What is written is
 * what a day and a year of the daemon write. */

#define SITE_SERIES 8
#define CHARGER_SERIES 3
#define SOURCE_SERIES 3       /* of a charger while it charges, ... */
#define CHARGING_S (4 * 3600) /* of a day */
#define DAY_MINUTES 1440
#define YEAR_DAYS 365
#define FROM_AT G_GINT64_CONSTANT (1735689600) /* 2025-01-01 */

static void
add_minute (PhaetonStoreBatch *batch, guint n_chargers, gint64 at)
{
  const gboolean is_charging = at % 86400 < CHARGING_S;
  const guint n_of_charger = CHARGER_SERIES + (is_charging ? SOURCE_SERIES : 0);

  for (guint i = 0; i < SITE_SERIES + n_chargers * n_of_charger; i++) {
    g_autofree char *name = g_strdup_printf ("series.%u", i);
    const PhaetonPoint point = { g_intern_string (name), at, { 60 * (rand () % 11000), 60 } };

    g_array_append_val (batch->points, point);
  }
}

static int
compare_us (gconstpointer a, gconstpointer b)
{
  const gint64 first = *(const gint64 *) a, second = *(const gint64 *) b;

  return (first > second) - (first < second);
}

static PhaetonStoreBatch
make_batch (void)
{
  return (PhaetonStoreBatch){ g_ptr_array_new (),
                              g_array_new (FALSE, FALSE, sizeof (PhaetonPoint)) };
}

static gint64
get_size (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "history.db", NULL);
  GStatBuf info;

  return g_stat (path, &info) == 0 ? info.st_size : 0;
}

/* what this process gave to write(2) and its kin since it began: what the flash card gets */
static gint64
get_written (void)
{
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/io", &text, NULL, NULL))
    return 0;
  line = strstr (text, "wchar: ");
  return line != NULL ? g_ascii_strtoll (line + strlen ("wchar: "), NULL, 10) : 0;
}

static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    g_unlink (path);
  }
  g_rmdir (folder);
}

/* a commit a minute for a day */
static void
measure_day (guint n_chargers)
{
  g_autofree char *folder = g_dir_make_tmp ("phaeton-bench-XXXXXX", NULL);
  gpointer db = phaeton_sqlite_backend.open (folder, NULL);
  PhaetonStoreBatch batch = make_batch ();
  gint64 took_us[DAY_MINUTES];
  const gint64 written = get_written ();

  for (int i = 0; i < DAY_MINUTES; i++) {
    const gint64 began_us = phaeton_clock_get_machine_us ();

    g_array_set_size (batch.points, 0);
    add_minute (&batch, n_chargers, FROM_AT + i * 60);
    phaeton_sqlite_backend.write (db, &batch, FALSE, NULL);
    took_us[i] = phaeton_clock_get_machine_us () - began_us;
  }
  phaeton_sqlite_backend.close (db);
  printf ("written-a-day-%u-chargers %.1f MB\n", n_chargers, (get_written () - written) / 1e6);
  qsort (took_us, DAY_MINUTES, sizeof *took_us, compare_us);
  printf ("commit-p99-%u-chargers %.2f ms\n", n_chargers, took_us[DAY_MINUTES * 99 / 100] / 1000.0);
  printf ("day-%u-chargers %.0f KB\n", n_chargers, get_size (folder) / 1000.0);
  g_array_unref (batch.points);
  g_ptr_array_unref (batch.sessions);
  remove_folder (folder);
}

/* a year of quarters of an hour for ten chargers, each month of it for all ten in local days */
static void
measure_year (void)
{
  g_autofree char *folder = g_dir_make_tmp ("phaeton-bench-XXXXXX", NULL);
  gpointer db = phaeton_sqlite_backend.open (folder, NULL);
  PhaetonStoreBatch batch = make_batch ();
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier ("Europe/Berlin");
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const PhaetonStep day = { PHAETON_STEP_DAY, 0 };
  gint64 worst_us = 0;

  for (int i = 0; i < YEAR_DAYS; i++) {
    g_array_set_size (batch.points, 0);
    for (int j = 0; j < 96; j++)
      add_minute (&batch, 10, FROM_AT + i * 86400 + j * 900);
    phaeton_sqlite_backend.write (db, &batch, FALSE, NULL);
  }
  for (int i = 0; i < 10; i++)
    g_ptr_array_add (names, g_strdup_printf ("series.%d", SITE_SERIES + i * CHARGER_SERIES));
  g_ptr_array_add (names, NULL);
  for (int month = 0; month < 12; month++) {
    const PhaetonSeriesQuery query = { (GStrv) names->pdata, FROM_AT + month * 30 * 86400,
                                       FROM_AT + (month + 1) * 30 * 86400, day };
    g_autoptr (GArray) starts = phaeton_step_list (&day, query.from_at, query.to_at, zone, 100);
    g_autoptr (PhaetonSeriesData) data = phaeton_series_data_new (query.names, starts);
    const gint64 began_us = phaeton_clock_get_machine_us ();

    phaeton_sqlite_backend.read_series (db, &query, data, NULL);
    worst_us = MAX (worst_us, phaeton_clock_get_machine_us () - began_us);
  }
  printf ("month-of-a-year-10-chargers %.1f ms\n", worst_us / 1000.0);
  phaeton_sqlite_backend.close (db);
  g_array_unref (batch.points);
  g_ptr_array_unref (batch.sessions);
  remove_folder (folder);
}

int
main (void)
{
  measure_day (1);
  measure_day (10);
  measure_year ();
  return 0;
}
