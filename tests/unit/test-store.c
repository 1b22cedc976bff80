/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault-vfs.h"

#include "phaeton-error.h"
#include "phaeton-store.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

/* What every backend must do, then what concerns SQLite's files alone. */

static const PhaetonStoreBackend *const backends[] = { &phaeton_sqlite_backend };

#define AT G_GINT64_CONSTANT (1750000500) /* 2025-06-15, begin of a quarter of an hour */

static int n_warnings;

static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  if (level & G_LOG_LEVEL_WARNING)
    g_atomic_int_inc (&n_warnings);
  return level & G_LOG_LEVEL_CRITICAL ? g_log_writer_default (level, fields, n_fields, NULL)
                                      : G_LOG_WRITER_HANDLED;
}

typedef struct {
  const PhaetonStoreBackend *backend;
  char *place; /* (owned) */
  PhaetonStore *store;
  gint64 now_ms;
  GAsyncResult *result; /* (owned) */
} House;

static void
open_store (House *house)
{
  house->store = phaeton_store_new (house->backend, house->place);
  house->now_ms = 1000;
  phaeton_store_tick (house->store, house->now_ms);
}

static void
set_up (House *house, gconstpointer data)
{
  house->backend = data;
  n_warnings = 0;
  house->place = g_dir_make_tmp ("phaeton-store-XXXXXX", NULL);
  open_store (house);
}

static void
answer_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  House *house = user_data;

  g_set_object (&house->result, result);
}

static GAsyncResult *
wait_answer (House *house)
{
  while (house->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return house->result;
}

static gboolean
wait_done (House *house, GError **error)
{
  const gboolean done = phaeton_store_finish (house->store, wait_answer (house), error);

  g_clear_object (&house->result);
  return done;
}

static void
close_store (House *house)
{
  phaeton_store_close_async (house->store, answer_cb, house);
  g_assert_true (wait_done (house, NULL));
  g_clear_object (&house->store);
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  g_chmod (path, 0700);
  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL) {
    g_autofree char *file = g_build_filename (path, name, NULL);

    g_unlink (file);
  }
  g_rmdir (path);
}

static void
tear_down (House *house, gconstpointer data)
{
  fault_vfs_set (FAULT_NONE, 0);
  if (house->store != NULL)
    close_store (house);
  remove_folder (house->place);
  g_free (house->place);
}

/* what is pending is written by now, or has failed */
static void
settle (House *house)
{
  PhaetonSessionFilter none = { 0 };

  phaeton_store_find_sessions_async (house->store, &none, NULL, answer_cb, house);
  wait_answer (house);
  g_clear_object (&house->result);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
pass_minute (House *house)
{
  settle (house);
  house->now_ms += PHAETON_STORE_COMMIT_EVERY_MS;
  phaeton_store_tick (house->store, house->now_ms);
  settle (house);
}

static PhaetonSessionPage *
find (House *house, const PhaetonSessionFilter *filter)
{
  g_autoptr (GError) error = NULL;
  PhaetonSessionPage *page;

  phaeton_store_find_sessions_async (house->store, filter, NULL, answer_cb, house);
  page = phaeton_store_find_sessions_finish (house->store, wait_answer (house), &error);
  g_assert_no_error (error);
  g_clear_object (&house->result);
  return page;
}

static PhaetonSessionPage *
find_all (House *house)
{
  const PhaetonSessionFilter all = { 0 };

  return find (house, &all);
}

static PhaetonSession *
make_session (const char *id, const char *charger, gint64 started_at, gint64 energy_wh)
{
  PhaetonSession *session = phaeton_session_new (id, charger);

  session->started_at = started_at;
  session->ended_at = started_at > 0 ? started_at + 7200 : 0;
  session->counter_known = TRUE;
  session->start_wh = 1000000;
  session->end_wh = 1000000 + energy_wh;
  session->energy_wh = energy_wh;
  session->charging_s = 3600;
  session->peak_w = 11000;
  session->phases = 3;
  session->cost_known = TRUE;
  session->cost_micros = energy_wh * 300;
  session->saved_micros = 77;
  session->currency = g_strdup ("EUR");
  session->sun_wh = energy_wh / 2;
  session->grid_wh = energy_wh / 4;
  session->end = PHAETON_END_UNPLUGGED;
  session->interruptions = 2;
  return session;
}

static void
put (House *house, const char *id, const char *charger, gint64 started_at, gint64 energy_wh)
{
  g_autoptr (PhaetonSession) session = make_session (id, charger, started_at, energy_wh);

  phaeton_store_put_session (house->store, session, house->now_ms, TRUE);
}

static const PhaetonSession *
get (PhaetonSessionPage *page, guint index)
{
  g_assert_cmpuint (index, <, page->sessions->len);
  return page->sessions->pdata[index];
}

static void
put_point (House *house, const char *series, gint64 at, gint64 sum, gint64 seconds)
{
  const PhaetonPoint point = { g_intern_string (series), at, { sum, seconds } };

  phaeton_store_put_point (house->store, &point);
}

static PhaetonSeriesData *
read_series (House *house, const char *names, gint64 from_at, gint64 to_at, PhaetonStep step,
             const char *zone)
{
  g_auto (GStrv) list = g_strsplit (names, ",", -1);
  g_autoptr (GTimeZone) local = g_time_zone_new_identifier (zone);
  const PhaetonSeriesQuery query = { list, from_at, to_at, step };
  g_autoptr (GError) error = NULL;
  PhaetonSeriesData *data;

  phaeton_store_read_series_async (house->store, &query, local, NULL, answer_cb, house);
  data = phaeton_store_read_series_finish (house->store, wait_answer (house), &error);
  g_clear_object (&house->result);
  g_assert_no_error (error);
  return data;
}

static PhaetonSeriesData *
read_seconds (House *house, const char *names, gint64 from_at, gint64 to_at, gint64 step_s)
{
  return read_series (house, names, from_at, to_at, (PhaetonStep){ PHAETON_STEP_SECONDS, step_s },
                      "UTC");
}

static gint64
sum_all (PhaetonSeriesData *data)
{
  const guint n = phaeton_series_data_get_n_steps (data) * g_strv_length (data->names);
  gint64 sum = 0;

  for (guint i = 0; i < n; i++)
    sum += data->amounts[i].sum;
  return sum;
}

/* --- every backend --- */

static void
test_session_comes_back_whole (House *house, gconstpointer data)
{
  g_autoptr (PhaetonSession) bare = phaeton_session_new ("b", "2");
  g_autoptr (PhaetonSessionPage) page = NULL;
  const PhaetonSession *session;

  put (house, "a", "1", AT, 12000);
  bare->running = TRUE;
  phaeton_store_put_session (house->store, bare, house->now_ms, TRUE);
  settle (house);
  page = find_all (house);
  g_assert_cmpint (page->total, ==, 2);
  session = get (page, 0);
  g_assert_cmpstr (session->id, ==, "a");
  g_assert_cmpstr (session->charger, ==, "1");
  g_assert_false (session->running);
  g_assert_cmpint (session->started_at, ==, AT);
  g_assert_cmpint (session->ended_at, ==, AT + 7200);
  g_assert_true (session->counter_known);
  g_assert_cmpint (session->start_wh, ==, 1000000);
  g_assert_cmpint (session->end_wh, ==, 1012000);
  g_assert_cmpint (session->energy_wh, ==, 12000);
  g_assert_cmpint (session->charging_s, ==, 3600);
  g_assert_cmpint (session->peak_w, ==, 11000);
  g_assert_cmpint (session->phases, ==, 3);
  g_assert_true (session->cost_known);
  g_assert_cmpint (session->cost_micros, ==, 3600000);
  g_assert_cmpint (session->saved_micros, ==, 77);
  g_assert_cmpstr (session->currency, ==, "EUR");
  g_assert_cmpint (session->sun_wh, ==, 6000);
  g_assert_cmpint (session->battery_wh, ==, 0);
  g_assert_cmpint (session->grid_wh, ==, 3000);
  g_assert_cmpint (session->end, ==, PHAETON_END_UNPLUGGED);
  g_assert_cmpint (session->interruptions, ==, 2);
  session = get (page, 1); /* what was not known is not known */
  g_assert_true (session->running);
  g_assert_cmpint (session->started_at, ==, 0);
  g_assert_false (session->counter_known);
  g_assert_false (session->cost_known);
  g_assert_null (session->currency);
  g_assert_null (session->tag);
}

/* FIX 27: nothing is forgotten, whichever is newest */
static void
test_fix_27_keeps_all (House *house, gconstpointer data)
{
  const PhaetonSessionFilter newest = { .descending = TRUE, .limit = 10 };
  g_autoptr (PhaetonSessionPage) page = NULL;

  for (int i = 0; i < 300; i++) {
    g_autofree char *id = g_strdup_printf ("s%d", i);

    put (house, id, "1", AT + i, 100);
  }
  settle (house);
  close_store (house);
  open_store (house);
  page = find (house, &newest);
  g_assert_cmpint (page->total, ==, 300);
  g_assert_cmpuint (page->sessions->len, ==, 10);
  g_assert_cmpstr (get (page, 0)->id, ==, "s299");
  g_assert_cmpstr (get (page, 9)->id, ==, "s290");
}

static void
test_update_keeps_what_people_wrote (House *house, gconstpointer data)
{
  g_autoptr (PhaetonSessionPage) page = NULL;
  g_autoptr (PhaetonSessionPage) cleared = NULL;
  g_autoptr (GError) error = NULL;

  put (house, "a", "1", AT, 100);
  phaeton_store_edit_session_async (house->store, "a", "Ada", "to the sea", NULL, answer_cb, house);
  g_assert_true (wait_done (house, NULL));
  put (house, "a", "1", AT, 250);
  settle (house);
  page = find_all (house);
  g_assert_cmpuint (page->sessions->len, ==, 1);
  g_assert_cmpint (get (page, 0)->energy_wh, ==, 250);
  g_assert_cmpstr (get (page, 0)->tag, ==, "Ada");
  g_assert_cmpstr (get (page, 0)->note, ==, "to the sea");
  phaeton_store_edit_session_async (house->store, "a", "", NULL, NULL, answer_cb, house);
  g_assert_true (wait_done (house, NULL));
  cleared = find_all (house);
  g_assert_null (get (cleared, 0)->tag);
  g_assert_cmpstr (get (cleared, 0)->note, ==, "to the sea");
  phaeton_store_edit_session_async (house->store, "x' OR 1", "t", NULL, NULL, answer_cb, house);
  g_assert_false (wait_done (house, &error));
  g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_UNKNOWN);
}

static void
test_delete (House *house, gconstpointer data)
{
  g_autoptr (PhaetonSession) running = phaeton_session_new ("r", "1");
  g_autoptr (PhaetonSessionPage) page = NULL;
  g_autoptr (GError) error = NULL;

  put (house, "a", "1", AT, 100);
  running->running = TRUE;
  phaeton_store_put_session (house->store, running, house->now_ms, TRUE);
  settle (house);
  phaeton_store_delete_session_async (house->store, "a", NULL, answer_cb, house);
  g_assert_true (wait_done (house, NULL));
  phaeton_store_delete_session_async (house->store, "r", NULL, answer_cb, house);
  g_assert_false (wait_done (house, &error)); /* it would come back with the next minute */
  g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_UNKNOWN);
  put (house, "a", "1", AT, 100);
  settle (house);
  page = find_all (house);
  g_assert_cmpuint (page->sessions->len, ==, 1);
  g_assert_cmpstr (get (page, 0)->id, ==, "r");
}

static void
test_filter_sort_page (House *house, gconstpointer data)
{
  const PhaetonSessionFilter one = { .charger = (char *) "2" };
  const PhaetonSessionFilter range = { .from_at = AT + 2, .to_at = AT + 5 };
  const PhaetonSessionFilter big = {
    .order = PHAETON_SESSIONS_BY_ENERGY, .descending = TRUE, .offset = 1, .limit = 2
  };
  const PhaetonSessionFilter id = { .id = (char *) "s4" };
  g_autoptr (PhaetonSessionPage) of_one = NULL, in_range = NULL, biggest = NULL, by_id = NULL;

  for (int i = 0; i < 8; i++) {
    g_autofree char *name = g_strdup_printf ("s%d", i);

    put (house, name, i % 2 == 0 ? "1" : "2", AT + i, i * 37 % 11);
  }
  settle (house);
  of_one = find (house, &one);
  g_assert_cmpint (of_one->total, ==, 4);
  in_range = find (house, &range);
  g_assert_cmpuint (in_range->sessions->len, ==, 3);
  g_assert_cmpstr (get (in_range, 0)->id, ==, "s2");
  biggest = find (house, &big);
  g_assert_cmpint (biggest->total, ==, 8);
  g_assert_cmpuint (biggest->sessions->len, ==, 2);
  g_assert_cmpint (get (biggest, 0)->energy_wh, >=, get (biggest, 1)->energy_wh);
  g_assert_cmpint (get (biggest, 0)->energy_wh, ==, 8);
  by_id = find (house, &id);
  g_assert_cmpuint (by_id->sessions->len, ==, 1);
}

/* FIX 68: kept in UTC, summed by the day of a zone, whatever its summer time does */
static void
test_fix_68_totals_by_local_day (House *house, gconstpointer data)
{
  const PhaetonSessionFilter all = { 0 };
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier ("Europe/Berlin");
  g_autoptr (GPtrArray) totals = NULL;
  const gint64 spring_at = 1743289200; /* 2025-03-29T23:00Z: local midnight of a day of 23 h */
  const PhaetonTotal *day;

  put (house, "before", "1", spring_at - 1, 1);
  put (house, "first", "1", spring_at, 10);
  put (house, "last", "1", spring_at + 23 * 3600 - 1, 100);
  put (house, "after", "1", spring_at + 23 * 3600, 1000);
  put (house, "no-clock", "1", 0, 5);
  settle (house);
  phaeton_store_get_totals_async (house->store, &all, PHAETON_TOTALS_BY_DAY, zone, NULL, answer_cb,
                                  house);
  totals = phaeton_store_get_totals_finish (house->store, wait_answer (house), NULL);
  g_clear_object (&house->result);
  g_assert_cmpuint (totals->len, ==, 4);
  day = totals->pdata[0];
  g_assert_cmpstr (day->key, ==, ""); /* under no wrong date */
  g_assert_cmpint (day->energy_wh, ==, 5);
  day = totals->pdata[2];
  g_assert_cmpstr (day->key, ==, "2025-03-30");
  g_assert_cmpint (day->energy_wh, ==, 110);
  g_assert_cmpint (day->n_sessions, ==, 2);
  g_assert_cmpint (day->cost_micros, ==, 33000);
  g_assert_cmpint (day->sun_wh, ==, 55);
}

static void
test_series_add_up (House *house, gconstpointer data)
{
  g_autoptr (PhaetonSeriesData) minutes = NULL, quarters = NULL, hours = NULL;

  for (int i = 0; i < 50; i++) { /* three quarters, and five minutes of the fourth */
    put_point (house, "site.a", AT + i * 60, 1000 * 60, 60);
    put_point (house, "1.b", AT + i * 60, i, 60);
  }
  pass_minute (house);
  minutes = read_seconds (house, "site.a,nobody,1.b", AT, AT + 3600, 60);
  g_assert_cmpuint (phaeton_series_data_get_n_steps (minutes), ==, 60);
  g_assert_cmpint (minutes->amounts[49].sum, ==, 60000);
  g_assert_cmpint (minutes->amounts[50].seconds, ==, 0);
  g_assert_cmpint (minutes->amounts[60].seconds, ==, 0);
  g_assert_cmpint (minutes->amounts[120 + 7].sum, ==, 7);
  quarters = read_seconds (house, "site.a", AT, AT + 3600, 900);
  g_assert_cmpint (quarters->amounts[0].seconds, ==, 900);
  g_assert_cmpint (quarters->amounts[3].seconds, ==, 5 * 60);
  g_assert_cmpint (quarters->amounts[3].sum, ==, 5 * 60 * 1000);
  hours = read_seconds (house, "1.b", AT - 3600, AT + 7200, 3600);
  g_assert_cmpint (sum_all (hours), ==, 49 * 50 / 2);
}

/* in any order, in any batch, over closed quarters: the sum is what was put */
static void
test_series_survive_clock_jumps (House *house, gconstpointer data)
{
  gint64 put_sum = 0;

  for (int i = 0; i < 400; i++) {
    const gint64 at = AT + 60 * g_test_rand_int_range (-600, 600);
    const gint64 sum = g_test_rand_int_range (-100000, 100000);

    put_point (house, "site.a", at, sum, 30);
    put_sum += sum;
    if (g_test_rand_int_range (0, 20) == 0)
      pass_minute (house);
    if (g_test_rand_int_range (0, 100) == 0) {
      close_store (house);
      open_store (house);
    }
  }
  pass_minute (house);
  for (int step_s = 60; step_s <= 86400; step_s *= step_s == 60 ? 15 : 96) {
    g_autoptr (PhaetonSeriesData) read =
      read_seconds (house, "site.a", AT - 86400, AT + 86400, step_s);

    g_assert_cmpint (sum_all (read), ==, put_sum);
  }
}

/* days of 23 and 25 hours have all their hours, once */
static void
test_local_days_have_no_gaps (House *house, gconstpointer data)
{
  static const struct {
    gint64 from_at;
    int days, hours[3];
  } cases[] = {
    { 1743202800, 3, { 24, 23, 24 } }, /* 2025-03-28T23:00Z */
    { 1761343200, 3, { 24, 25, 24 } }, /* 2025-10-24T22:00Z */
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (PhaetonSeriesData) read = NULL;
    int hours = 0;

    for (int day = 0; day < cases[i].days; day++)
      hours += cases[i].hours[day];
    for (int minute = 0; minute < hours * 60; minute++)
      put_point (house, "site.a", cases[i].from_at + minute * 60, 1, 60);
    pass_minute (house);
    read = read_series (house, "site.a", cases[i].from_at, cases[i].from_at + hours * 3600,
                        (PhaetonStep){ PHAETON_STEP_DAY, 0 }, "Europe/Berlin");
    g_assert_cmpuint (phaeton_series_data_get_n_steps (read), ==, (guint) cases[i].days);
    for (int day = 0; day < cases[i].days; day++) {
      g_assert_cmpint (read->amounts[day].seconds, ==, cases[i].hours[day] * 3600);
      g_assert_cmpint (read->amounts[day].sum, ==, cases[i].hours[day] * 60);
    }
  }
}

static void
test_too_many_points (House *house, gconstpointer data)
{
  char *names[] = { (char *) "a", (char *) "b", NULL };
  const PhaetonSeriesQuery query = {
    names, AT, AT + 60 * PHAETON_SERIES_MAX_POINTS, { PHAETON_STEP_SECONDS, 60 }
  };
  g_autoptr (GTimeZone) zone = g_time_zone_new_utc ();
  g_autoptr (GError) error = NULL;

  phaeton_store_read_series_async (house->store, &query, zone, NULL, answer_cb, house);
  g_assert_null (phaeton_store_read_series_finish (house->store, wait_answer (house), &error));
  g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_RANGE);
  g_clear_object (&house->result);
}

static void
test_trim (House *house, gconstpointer data)
{
  g_autoptr (PhaetonSeriesData) minutes = NULL, days = NULL;

  for (int i = 0; i < 120; i++)
    put_point (house, "site.a", AT + i * 60, 1, 60);
  pass_minute (house);
  phaeton_store_trim_async (house->store, AT + 3600, AT + 1800, answer_cb, house);
  g_assert_true (wait_done (house, NULL));
  minutes = read_seconds (house, "site.a", AT, AT + 7200, 60);
  g_assert_cmpint (sum_all (minutes), ==, 60);
  days = read_seconds (house, "site.a", AT, AT + 7200, 900);
  g_assert_cmpint (sum_all (days), ==, 90);
}

/* begin and end at once, all else with the minute */
static void
test_batches (House *house, gconstpointer data)
{
  g_autoptr (PhaetonSession) session = make_session ("a", "1", AT, 5);
  PhaetonStoreHealth health;

  phaeton_store_put_session (house->store, session, house->now_ms, TRUE);
  settle (house);
  phaeton_store_get_health (house->store, &health);
  g_assert_cmpuint (health.commits, ==, 1);
  for (int i = 0; i < 59; i++) {
    house->now_ms += 1000;
    session->energy_wh++;
    phaeton_store_put_session (house->store, session, house->now_ms, FALSE);
    put_point (house, "site.a", AT + i, 1, 1);
    phaeton_store_tick (house->store, house->now_ms);
  }
  settle (house);
  phaeton_store_get_health (house->store, &health);
  g_assert_cmpuint (health.commits, ==, 1);
  g_assert_cmpuint (health.pending_sessions, ==, 1);
  g_assert_cmpuint (health.pending_points, ==, 59);
  pass_minute (house);
  phaeton_store_get_health (house->store, &health);
  g_assert_cmpuint (health.commits, ==, 2);
  g_assert_cmpuint (health.pending_sessions + health.pending_points, ==, 0);
}

static void
test_backup_and_restore (House *house, gconstpointer data)
{
  g_autofree char *copy = g_build_filename (house->place, "copy.db", NULL);
  g_autofree char *junk = g_build_filename (house->place, "junk.db", NULL);
  g_autoptr (PhaetonSessionPage) before = NULL, after = NULL, still = NULL;
  g_autoptr (GError) error = NULL;

  put (house, "a", "1", AT, 5);
  phaeton_store_backup_async (house->store, copy, answer_cb, house);
  g_assert_true (wait_done (house, NULL));
  put (house, "b", "1", AT, 6);
  settle (house);
  before = find_all (house);
  g_assert_cmpint (before->total, ==, 2);
  phaeton_store_restore_async (house->store, copy, answer_cb, house);
  g_assert_true (wait_done (house, NULL));
  after = find_all (house);
  g_assert_cmpint (after->total, ==, 1);
  g_assert_cmpstr (get (after, 0)->id, ==, "a");
  g_assert_true (g_file_set_contents (junk, "SQLite format 3, or so it says", -1, NULL));
  phaeton_store_restore_async (house->store, junk, answer_cb, house);
  g_assert_false (wait_done (house, &error));
  g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED);
  still = find_all (house);
  g_assert_cmpint (still->total, ==, 1);
}

/* --- a disk that fails --- */

static void
get_health (House *house, PhaetonStoreHealth *health)
{
  phaeton_store_get_health (house->store, health);
}

static void
test_failing_disk_loses_nothing (House *house, gconstpointer data)
{
  static const Fault faults[] = { FAULT_FULL, FAULT_TORN, FAULT_SYNC };
  g_autoptr (PhaetonSessionPage) page = NULL;
  g_autoptr (PhaetonSeriesData) read = NULL;
  PhaetonStoreHealth health;
  int n = 0;

  put (house, "first", "1", AT, 5);
  settle (house);
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    for (int after = 0; after < 6; after++) {
      g_autofree char *id = g_strdup_printf ("s%d", n);

      fault_vfs_set (faults[i], after);
      put_point (house, "site.a", AT + n * 60, 60, 60);
      put (house, id, "1", AT + n++, 100);
      settle (house);
      fault_vfs_set (FAULT_NONE, 0);
      pass_minute (house);
    }
  get_health (house, &health);
  g_assert_false (health.failing);
  g_assert_cmpuint (health.lost_points + health.lost_sessions, ==, 0);
  g_assert_cmpint (n_warnings, >, 3);
  page = find_all (house);
  g_assert_cmpint (page->total, ==, n + 1);
  read = read_seconds (house, "site.a", AT, AT + 7200, 60);
  g_assert_cmpint (sum_all (read), ==, n * 60);
}

/* what was torn in the middle of a write by a cut of power is not half there afterwards */
static void
test_power_cut (House *house, gconstpointer data)
{
  for (int round = 0; round < 30; round++) {
    g_autofree char *id = g_strdup_printf ("s%d", round);
    g_autoptr (PhaetonSessionPage) page = NULL;
    g_autoptr (PhaetonSeriesData) read = NULL;
    const int after = g_test_rand_int_range (0, 12);

    fault_vfs_set (FAULT_TORN, after);
    for (int i = 0; i < 100; i++)
      put_point (house, id, AT + i * 60, 1, 1);
    put (house, id, "1", AT + round, 1);
    settle (house);
    /* the store goes without another word, and with what it had in memory */
    g_clear_object (&house->store);
    fault_vfs_set (FAULT_NONE, 0);
    open_store (house);
    page = find_all (house);
    read = read_seconds (house, id, AT, AT + 6000, 60);
    g_assert_cmpint (
      sum_all (read), ==,
      page->sessions->len > 0 && g_str_equal (get (page, page->sessions->len - 1)->id, id) ? 100
                                                                                           : 0);
  }
}

static void
test_memory_is_bounded_and_loss_is_said (House *house, gconstpointer data)
{
  PhaetonStoreHealth health;
  g_autoptr (PhaetonSeriesData) read = NULL;

  put (house, "first", "1", AT, 5);
  settle (house);
  fault_vfs_set (FAULT_FULL, 0);
  for (int i = 0; i < PHAETON_STORE_MAX_PENDING_SESSIONS + 7; i++) {
    g_autofree char *id = g_strdup_printf ("s%d", i);

    put (house, id, "1", AT, 1);
  }
  settle (house);
  for (int i = 0; i < PHAETON_STORE_MAX_PENDING_POINTS + 50; i++)
    put_point (house, "site.a", AT + i * 60, 1, 60);
  get_health (house, &health);
  g_assert_true (health.failing);
  g_assert_cmpuint (health.lost_points, ==, 50);
  g_assert_cmpuint (health.lost_sessions, ==, 7);
  g_assert_cmpuint (health.pending_points, ==, PHAETON_STORE_MAX_PENDING_POINTS);
  g_assert_cmpint (n_warnings, ==, 2); /* that it fails, and that something is lost */
  fault_vfs_set (FAULT_NONE, 0);
  pass_minute (house);
  get_health (house, &health);
  g_assert_false (health.failing);
  g_assert_cmpuint (health.pending_points + health.pending_sessions, ==, 0);
  read = read_seconds (house, "site.a", AT + 60 * PHAETON_STORE_MAX_PENDING_POINTS,
                       AT + 60 * (PHAETON_STORE_MAX_PENDING_POINTS + 50), 60);
  g_assert_cmpint (sum_all (read), ==, 50); /* the oldest went, not the newest */
}

/* --- SQLite's files --- */

static char *
get_file (House *house, const char *suffix)
{
  return g_strconcat (house->place, "/history.db", suffix, NULL);
}

/* overwrites whole pages in the middle with junk */
static void
damage (House *house, int from_percent, int to_percent)
{
  g_autofree char *path = get_file (house, "");
  g_autofree char *text = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &text, &size, NULL));
  for (gsize i = size * from_percent / 100; i < size * to_percent / 100; i++)
    text[i] = (char) g_test_rand_int ();
  g_assert_true (g_file_set_contents (path, text, (gssize) size, NULL));
}

static void
fill (House *house, int n)
{
  for (int i = 0; i < n; i++) {
    g_autofree char *id = g_strdup_printf ("%08d-0000-4000-8000-000000000000", i);

    put (house, id, "1", AT + i, 10);
  }
  for (int i = 0; i < 3000; i++)
    put_point (house, i % 2 ? "site.a" : "site.b", AT + i * 60, 1, 60);
  pass_minute (house);
}

static void
test_damage_is_mended (House *house, gconstpointer data)
{
  g_autofree char *aside = get_file (house, ".broken");
  g_autoptr (PhaetonSessionPage) page = NULL;

  fill (house, 400);
  close_store (house);
  damage (house, 55, 60);
  open_store (house);
  page = find_all (house);
  g_assert_true (g_file_test (aside, G_FILE_TEST_IS_REGULAR));
  g_assert_cmpint (n_warnings, ==, 1);
  g_assert_cmpint (page->total, >, 0); /* what could be read is there, and writing goes on */
  put (house, "new", "1", AT, 5);
  pass_minute (house);
  g_clear_pointer (&page, phaeton_session_page_free);
  page = find_all (house);
  g_assert_cmpstr (get (page, page->sessions->len - 1)->id, ==, "new");
}

/* nothing of it can be read: the copy of a good day steps in, and quarters do not count twice */
static void
test_good_copy_steps_in (House *house, gconstpointer data)
{
  g_autoptr (PhaetonSessionPage) page = NULL;
  g_autoptr (PhaetonSeriesData) read = NULL;

  fill (house, 50);
  phaeton_store_trim_async (house->store, AT, 0, answer_cb, house);
  g_assert_true (wait_done (house, NULL));
  close_store (house);
  damage (house, 0, 100);
  open_store (house);
  page = find_all (house);
  g_assert_cmpint (page->total, ==, 50);
  put_point (house, "site.a", AT + 3000 * 60, 1, 60);
  pass_minute (house);
  read = read_seconds (house, "site.a", AT, AT + 3100 * 60, 900);
  g_assert_cmpint (sum_all (read), ==, 1501);
}

static void
test_read_only_folder (House *house, gconstpointer data)
{
  PhaetonStoreHealth health;
  g_autofree char *path = get_file (house, "");
  g_autoptr (PhaetonSessionPage) page = NULL;

  close_store (house);
  g_unlink (path);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0); /* no user, not even root, can write there */
  open_store (house);
  put (house, "a", "1", AT, 5);
  settle (house);
  get_health (house, &health);
  g_assert_true (health.failing);
  g_assert_cmpuint (health.pending_sessions, ==, 1);
  g_rmdir (path);
  pass_minute (house);
  page = find_all (house);
  g_assert_cmpint (page->total, ==, 1);
}

static void
test_newer_file_is_left_alone (House *house, gconstpointer data)
{
  g_autofree char *path = get_file (house, "");
  g_autofree char *before = NULL, *after = NULL;
  gsize size, size_after;
  sqlite3 *db = NULL;
  PhaetonStoreHealth health;

  put (house, "a", "1", AT, 5);
  close_store (house);
  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "PRAGMA user_version = 9999", NULL, NULL, NULL), ==,
                   SQLITE_OK);
  sqlite3_close (db);
  g_assert_true (g_file_get_contents (path, &before, &size, NULL));
  open_store (house);
  put (house, "b", "1", AT, 5);
  settle (house);
  get_health (house, &health);
  g_assert_true (health.failing);
  g_assert_nonnull (strstr (health.problem, "newer"));
  close_store (house);
  g_assert_true (g_file_get_contents (path, &after, &size_after, NULL));
  g_assert_cmpmem (before, size, after, size_after);
}

/* what each version looked like when it was new; its rows must be there afterwards */
#define VERSION_1                                                                                  \
  "CREATE TABLE sessions (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"                    \
  " charger TEXT NOT NULL, running INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER,"        \
  " start_wh INTEGER, end_wh INTEGER, energy_wh INTEGER NOT NULL, charging_s INTEGER NOT NULL,"    \
  " peak_w INTEGER, phases INTEGER, cost_micros INTEGER, saved_micros INTEGER NOT NULL,"           \
  " currency TEXT, sun_wh INTEGER NOT NULL, battery_wh INTEGER NOT NULL,"                          \
  " grid_wh INTEGER NOT NULL, end_reason INTEGER NOT NULL, interruptions INTEGER NOT NULL,"        \
  " car TEXT, tag TEXT, note TEXT);"                                                               \
  "CREATE INDEX sessions_by_start ON sessions (started_at);"                                       \
  "INSERT INTO sessions VALUES (1, 'old', '1', 0, 1750000200, 1750007400, 1000, 13000, 12000,"     \
  " 3600, 11000, 3, 3600000, 0, 'EUR', 0, 0, 12000, 1, 0, NULL, 'Ada', NULL);"
#define VERSION_2                                                                                  \
  VERSION_1 "CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"    \
            "INSERT INTO facts VALUES ('rolled_at', 1749999600);"                                  \
            "CREATE TABLE series (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"         \
            "CREATE TABLE minutes (at INTEGER, series INTEGER, sum INTEGER NOT NULL,"              \
            " seconds INTEGER NOT NULL, PRIMARY KEY (at, series)) WITHOUT ROWID;"                  \
            "CREATE TABLE quarters (series INTEGER, at INTEGER, sum INTEGER NOT NULL,"             \
            " seconds INTEGER NOT NULL, PRIMARY KEY (series, at)) WITHOUT ROWID;"                  \
            "INSERT INTO series VALUES (3, 'site.old');"                                           \
            "INSERT INTO quarters VALUES (3, 1749998700, 42, 900);"

static const char *const old_versions[] = {
  VERSION_1 "PRAGMA user_version = 1",
  VERSION_2 "PRAGMA user_version = 2",
};

static void
test_migrations (House *house, gconstpointer data)
{
  g_autofree char *path = get_file (house, "");

  for (guint i = 0; i < G_N_ELEMENTS (old_versions); i++) {
    g_autoptr (PhaetonSessionPage) page = NULL;
    g_autoptr (PhaetonSeriesData) read = NULL;
    sqlite3 *db = NULL;

    close_store (house);
    g_unlink (path);
    g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
    g_assert_cmpint (sqlite3_exec (db, old_versions[i], NULL, NULL, NULL), ==, SQLITE_OK);
    sqlite3_close (db);
    open_store (house);
    put (house, "new", "1", AT, 5);
    put_point (house, "site.a", AT, 7, 60);
    pass_minute (house);
    page = find_all (house);
    g_assert_cmpint (page->total, ==, 2);
    g_assert_cmpstr (get (page, 0)->id, ==, "old");
    g_assert_cmpint (get (page, 0)->energy_wh, ==, 12000);
    g_assert_cmpstr (get (page, 0)->tag, ==, "Ada");
    read = read_seconds (house, "site.a", AT, AT + 900, 900);
    g_assert_cmpint (sum_all (read), ==, 7);
    g_clear_pointer (&read, phaeton_series_data_free);
    read = read_seconds (house, "site.old", AT - 3600, AT, 900);
    g_assert_cmpint (sum_all (read), ==, i >= 1 ? 42 : 0);
  }
  g_assert_cmpint (n_warnings, ==, 0);
}

typedef struct {
  const char *name;
  void (*run) (House *house, gconstpointer data);
} Test;

static const Test tests_of_all[] = {
  { "session-comes-back-whole", test_session_comes_back_whole },
  { "fix-27-keeps-all", test_fix_27_keeps_all },
  { "update-keeps-what-people-wrote", test_update_keeps_what_people_wrote },
  { "delete", test_delete },
  { "filter-sort-page", test_filter_sort_page },
  { "fix-68-totals-by-local-day", test_fix_68_totals_by_local_day },
  { "series-add-up", test_series_add_up },
  { "series-survive-clock-jumps", test_series_survive_clock_jumps },
  { "local-days-have-no-gaps", test_local_days_have_no_gaps },
  { "too-many-points", test_too_many_points },
  { "trim", test_trim },
  { "batches", test_batches },
  { "backup-and-restore", test_backup_and_restore },
};

static const Test tests_of_sqlite[] = {
  { "failing-disk-loses-nothing", test_failing_disk_loses_nothing },
  { "power-cut", test_power_cut },
  { "memory-is-bounded-and-loss-is-said", test_memory_is_bounded_and_loss_is_said },
  { "damage-is-mended", test_damage_is_mended },
  { "good-copy-steps-in", test_good_copy_steps_in },
  { "read-only-folder", test_read_only_folder },
  { "newer-file-is-left-alone", test_newer_file_is_left_alone },
  { "migrations", test_migrations },
};

static void
add_tests (const PhaetonStoreBackend *backend, const Test *tests, guint n_tests)
{
  for (guint i = 0; i < n_tests; i++) {
    g_autofree char *path = g_strdup_printf ("/store/%s/%s", backend->name, tests[i].name);

    g_test_add (path, House, backend, set_up, tests[i].run, tear_down);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_warnings, NULL, NULL);
  fault_vfs_install ();
  for (guint i = 0; i < G_N_ELEMENTS (backends); i++)
    add_tests (backends[i], tests_of_all, G_N_ELEMENTS (tests_of_all));
  add_tests (&phaeton_sqlite_backend, tests_of_sqlite, G_N_ELEMENTS (tests_of_sqlite));
  return g_test_run ();
}
