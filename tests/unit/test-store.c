/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-house.h"

/* What every backend must do. */

static const PhaetonStoreBackend *const backends[] = { &phaeton_sqlite_backend };

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

#define WORDS(...) ((PhaetonSessionWords){ __VA_ARGS__ })

static void
test_update_keeps_what_people_wrote (House *house, gconstpointer data)
{
  g_autoptr (PhaetonSessionPage) page = NULL;
  g_autoptr (PhaetonSessionPage) cleared = NULL;
  g_autoptr (GError) error = NULL;

  put (house, "a", "1", AT, 100);
  phaeton_store_edit_session_async (house->store, "a", &WORDS (NULL, "Ada", "to the sea"), NULL,
                                    answer_cb, house);
  g_assert_true (wait_done (house, NULL));
  put (house, "a", "1", AT, 250);
  settle (house);
  page = find_all (house);
  g_assert_cmpuint (page->sessions->len, ==, 1);
  g_assert_cmpint (get (page, 0)->energy_wh, ==, 250);
  g_assert_cmpstr (get (page, 0)->tag, ==, "Ada");
  g_assert_cmpstr (get (page, 0)->note, ==, "to the sea");
  phaeton_store_edit_session_async (house->store, "a", &WORDS ("Zoe", "", NULL), NULL, answer_cb,
                                    house);
  g_assert_true (wait_done (house, NULL));
  cleared = find_all (house);
  g_assert_null (get (cleared, 0)->tag);
  g_assert_cmpstr (get (cleared, 0)->car, ==, "Zoe");
  g_assert_cmpstr (get (cleared, 0)->note, ==, "to the sea");
  phaeton_store_edit_session_async (house->store, "x' OR 1", &WORDS (NULL, "t", NULL), NULL,
                                    answer_cb, house);
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

/* whoever kept them is gone: nobody knows when they ended, and what they have stays theirs */
static void
test_end_others (House *house, gconstpointer data)
{
  const char *const ids[] = { "a", "b", "c" };
  const char *const running[] = { "b", "new", NULL };
  g_autoptr (PhaetonSessionPage) page = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++) {
    g_autoptr (PhaetonSession) session = phaeton_session_new (ids[i], "1");

    session->running = i > 0;
    session->energy_wh = 700;
    session->interruptions = 1;
    session->end = i > 0 ? PHAETON_END_NONE : PHAETON_END_UNPLUGGED;
    phaeton_store_put_session (house->store, session, house->now_ms, TRUE);
  }
  settle (house);
  phaeton_store_end_others_async (house->store, g_strdupv ((GStrv) running), answer_cb, house);
  g_assert_true (wait_done (house, NULL));
  settle (house);
  page = find_all (house);
  g_assert_false (get (page, 0)->running);
  g_assert_cmpint (get (page, 0)->end, ==, PHAETON_END_UNPLUGGED);
  g_assert_true (get (page, 1)->running);
  g_assert_cmpint (get (page, 1)->interruptions, ==, 1);
  g_assert_false (get (page, 2)->running);
  g_assert_cmpint (get (page, 2)->end, ==, PHAETON_END_INTERRUPTED);
  g_assert_cmpint (get (page, 2)->interruptions, ==, 2);
  g_assert_cmpint (get (page, 2)->ended_at, ==, 0);
  g_assert_cmpint (get (page, 2)->energy_wh, ==, 700);
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
  const PhaetonTrim trim = { AT + 3600, AT + 1800, G_MAXINT32 };
  g_autoptr (PhaetonSeriesData) minutes = NULL, days = NULL;

  for (int i = 0; i < 120; i++)
    put_point (house, "site.a", AT + i * 60, 1, 60);
  pass_minute (house);
  phaeton_store_trim_async (house->store, &trim, answer_cb, house);
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
  g_assert_true (phaeton_store_is_pending (house->store, "a"));
  pass_minute (house);
  phaeton_store_get_health (house->store, &health);
  g_assert_cmpuint (health.commits, ==, 2);
  g_assert_cmpuint (health.pending_sessions + health.pending_points, ==, 0);
  g_assert_false (phaeton_store_is_pending (house->store, "a"));
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

static const Test tests[] = {
  { "session-comes-back-whole", test_session_comes_back_whole },
  { "fix-27-keeps-all", test_fix_27_keeps_all },
  { "update-keeps-what-people-wrote", test_update_keeps_what_people_wrote },
  { "delete", test_delete },
  { "end-others", test_end_others },
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

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_warnings, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (backends); i++)
    add_tests (backends[i], tests, G_N_ELEMENTS (tests));
  return g_test_run ();
}
