/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault-vfs.h"
#include "store-house.h"

#include <sqlite3.h>

/* What concerns SQLite's files alone: disks that fail, damage, old versions, their size. */

/* --- a disk that fails --- */

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
  const PhaetonTrim trim = { AT, 0, G_MAXINT32 };
  g_autoptr (PhaetonSessionPage) page = NULL;
  g_autoptr (PhaetonSeriesData) read = NULL;

  fill (house, 50);
  phaeton_store_trim_async (house->store, &trim, answer_cb, house);
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

/* more than fits goes from the old end, minutes first; sessions stay; the file is that small */
static void
test_size_is_bounded (House *house, gconstpointer data)
{
  const PhaetonTrim trim = { 0, 0, 256 * 1024 };
  const gint64 last_at = AT + 20000 * PHAETON_MINUTE_S;
  g_autofree char *path = get_file (house, "");
  g_autoptr (PhaetonSessionPage) page = NULL;
  g_autoptr (PhaetonSeriesData) old = NULL, young = NULL;
  GStatBuf info;

  fill (house, 50);
  for (gint64 at = AT; at < last_at; at += PHAETON_MINUTE_S)
    put_point (house, "site.c", at, 60000, 60);
  pass_minute (house);
  phaeton_store_trim_async (house->store, &trim, answer_cb, house);
  g_assert_true (wait_done (house, NULL));
  page = find_all (house);
  g_assert_cmpint (page->total, ==, 50);
  old = read_seconds (house, "site.c", AT, AT + 86400, 60);
  g_assert_cmpint (sum_all (old), ==, 0);
  young = read_seconds (house, "site.c", last_at - 7200, last_at, 60);
  g_assert_cmpint (sum_all (young), ==, 120 * 60000);
  close_store (house);
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_size, <=, trim.max_bytes);
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
  g_assert_false (phaeton_store_is_pending (house->store, "b")); /* nobody waits for it */
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

#define VERSION_3                                                                                  \
  VERSION_2 "CREATE TABLE deleted (id TEXT PRIMARY KEY) WITHOUT ROWID;"                            \
            "INSERT INTO deleted VALUES ('gone');"

static const char *const old_versions[] = {
  VERSION_1 "PRAGMA user_version = 1",
  VERSION_2 "PRAGMA user_version = 2",
  VERSION_3 "PRAGMA user_version = 3",
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
    put (house, "gone", "1", AT, 5);
    put_point (house, "site.a", AT, 7, 60);
    pass_minute (house);
    page = find_all (house);
    g_assert_cmpint (page->total, ==, i >= 2 ? 2 : 3);
    g_assert_false (get (page, 0)->measured_known); /* no earlier version wrote it */
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

static const Test tests[] = {
  { "failing-disk-loses-nothing", test_failing_disk_loses_nothing },
  { "power-cut", test_power_cut },
  { "memory-is-bounded-and-loss-is-said", test_memory_is_bounded_and_loss_is_said },
  { "damage-is-mended", test_damage_is_mended },
  { "good-copy-steps-in", test_good_copy_steps_in },
  { "read-only-folder", test_read_only_folder },
  { "size-is-bounded", test_size_is_bounded },
  { "newer-file-is-left-alone", test_newer_file_is_left_alone },
  { "migrations", test_migrations },
};

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_warnings, NULL, NULL);
  fault_vfs_install ();
  add_tests (&phaeton_sqlite_backend, tests, G_N_ELEMENTS (tests));
  return g_test_run ();
}
