/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-store"
#include "config.h"

#include "phaeton-sqlite-private.h"

#include "phaeton-error.h"
#include "phaeton-log.h"

/* Versions of the data base, forward only: number i + 1 is what steps[i] makes of number i. A step
 * that was released is never changed; what is wrong with it is mended by the next one. */

static const char *const steps[] = {
  /* 1: sessions; numbered in the order in which they began, because clocks lie */
  "CREATE TABLE sessions ("
  " number INTEGER PRIMARY KEY,"
  " id TEXT NOT NULL UNIQUE,"
  " charger TEXT NOT NULL,"
  " running INTEGER NOT NULL,"
  " started_at INTEGER," /* NULL here and below: not known */
  " ended_at INTEGER,"
  " start_wh INTEGER,"
  " end_wh INTEGER,"
  " energy_wh INTEGER NOT NULL,"
  " charging_s INTEGER NOT NULL,"
  " peak_w INTEGER,"
  " phases INTEGER,"
  " cost_micros INTEGER,"
  " saved_micros INTEGER NOT NULL,"
  " currency TEXT,"
  " sun_wh INTEGER NOT NULL,"
  " battery_wh INTEGER NOT NULL,"
  " grid_wh INTEGER NOT NULL,"
  " end_reason INTEGER NOT NULL,"
  " interruptions INTEGER NOT NULL,"
  " car TEXT, tag TEXT, note TEXT);"
  "CREATE INDEX sessions_by_start ON sessions (started_at);",

  /* 2: time series. Minutes come in order of time: one page takes them all, which is kind to
   * flash. Quarters of an hour are read by series over years. */
  "CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
  "INSERT INTO facts VALUES ('rolled_at', 0);"
  "CREATE TABLE series (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
  "CREATE TABLE minutes (at INTEGER, series INTEGER, sum INTEGER NOT NULL,"
  " seconds INTEGER NOT NULL, PRIMARY KEY (at, series)) WITHOUT ROWID;"
  "CREATE TABLE quarters (series INTEGER, at INTEGER, sum INTEGER NOT NULL,"
  " seconds INTEGER NOT NULL, PRIMARY KEY (series, at)) WITHOUT ROWID;",

  /* 3: a session that was deleted must not come back when a restart puts it once more */
  "CREATE TABLE deleted (id TEXT PRIMARY KEY) WITHOUT ROWID;",

  /* 4: the meter as a check of the counter; NULL: there was none */
  "ALTER TABLE sessions ADD COLUMN measured_wh INTEGER;"
  "ALTER TABLE sessions ADD COLUMN compared_wh INTEGER;",
};

int
phaeton_sqlite_get_newest_version (void)
{
  return G_N_ELEMENTS (steps);
}

static gboolean
take_step (sqlite3 *db, int version, GError **error)
{
  g_autofree char *text = g_strdup_printf ("BEGIN IMMEDIATE; %s PRAGMA user_version = %d; COMMIT",
                                           steps[version], version + 1);

  if (phaeton_sqlite_run (db, text, error))
    return TRUE;
  phaeton_sqlite_run (db, "ROLLBACK", NULL);
  g_prefix_error (error, "bringing history to version %d: ", version + 1);
  return FALSE;
}

gboolean
phaeton_sqlite_migrate (sqlite3 *db, GError **error)
{
  gint64 version;

  if (!phaeton_sqlite_get_int (db, "PRAGMA user_version", &version, error))
    return FALSE;
  if (version < 0 || version > (gint64) G_N_ELEMENTS (steps)) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED,
                 "history was made by a newer Phaeton (version %d, we know %d): it is left alone",
                 (int) version, (int) G_N_ELEMENTS (steps));
    return FALSE;
  }
  if (version > 0 && version < (gint64) G_N_ELEMENTS (steps))
    phaeton_message ("", "Bringing history from version %d to %d", (int) version,
                     (int) G_N_ELEMENTS (steps));
  for (int i = (int) version; i < (int) G_N_ELEMENTS (steps); i++)
    if (!take_step (db, i, error))
      return FALSE;
  return TRUE;
}

gboolean
phaeton_sqlite_verify (sqlite3 *db, GError **error)
{
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2 (db, "PRAGMA quick_check (1)", -1, &statement, NULL);
  g_autofree char *said = NULL;

  if (code == SQLITE_OK)
    code = sqlite3_step (statement);
  if (code == SQLITE_ROW)
    said = g_strdup ((const char *) sqlite3_column_text (statement, 0));
  sqlite3_finalize (statement);
  if (!phaeton_sqlite_check (db, code, error))
    return FALSE;
  if (g_strcmp0 (said, "ok") == 0)
    return TRUE;
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_IMPLAUSIBLE, "history: %s", said);
  return FALSE;
}
