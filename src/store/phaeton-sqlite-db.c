/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-sqlite-private.h"

#include "phaeton-error.h"

/* What the other files ask SQLite with: one open file, its statements, its errors. */

#define PAGE_BYTES 4096
#define CACHE_KIB 512        /* of pages: memory is dearer than reads of a warm file */
#define CHECKPOINT_PAGES 256 /* the log is moved into the file at 1 MiB, and truncated */
#define BUSY_MS 2000         /* somebody looks into the file with another program */

static const char *const sql[PHAETON_N_SQL] = {
  [PHAETON_SQL_PUT_SESSION] =
    "INSERT INTO sessions (id, charger, running, started_at, ended_at, start_wh, end_wh, energy_wh,"
    " charging_s, peak_w, phases, cost_micros, saved_micros, currency, sun_wh, battery_wh, grid_wh,"
    " end_reason, interruptions, car, tag, note, measured_wh, compared_wh)"
    " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,"
    " ?20, ?21, ?22, ?23, ?24"
    " WHERE NOT EXISTS (SELECT 1 FROM deleted WHERE deleted.id = ?1)"
    " ON CONFLICT (id) DO UPDATE SET running = excluded.running,"
    " started_at = excluded.started_at, ended_at = excluded.ended_at, start_wh = excluded.start_wh,"
    " end_wh = excluded.end_wh, energy_wh = excluded.energy_wh, charging_s = excluded.charging_s,"
    " peak_w = excluded.peak_w, phases = excluded.phases, cost_micros = excluded.cost_micros,"
    " saved_micros = excluded.saved_micros, currency = excluded.currency, sun_wh = excluded.sun_wh,"
    " battery_wh = excluded.battery_wh, grid_wh = excluded.grid_wh,"
    " end_reason = excluded.end_reason, interruptions = excluded.interruptions,"
    " measured_wh = excluded.measured_wh, compared_wh = excluded.compared_wh,"
    " car = COALESCE (car, excluded.car), tag = COALESCE (tag, excluded.tag),"
    " note = COALESCE (note, excluded.note)",
  [PHAETON_SQL_PUT_MINUTE] =
    "INSERT INTO minutes (at, series, sum, seconds) VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT DO UPDATE SET sum = sum + excluded.sum, seconds = seconds + excluded.seconds",
  [PHAETON_SQL_PUT_QUARTER] =
    "INSERT INTO quarters (series, at, sum, seconds) VALUES (?2, ?1, ?3, ?4)"
    " ON CONFLICT DO UPDATE SET sum = sum + excluded.sum, seconds = seconds + excluded.seconds",
  [PHAETON_SQL_ROLL_UP] =
    "INSERT INTO quarters (series, at, sum, seconds)"
    " SELECT series, at - at % 900, sum (sum), sum (seconds) FROM minutes"
    " WHERE at >= ?1 AND at < ?2 GROUP BY 1, 2"
    " ON CONFLICT DO UPDATE SET sum = sum + excluded.sum, seconds = seconds + excluded.seconds",
  [PHAETON_SQL_ADD_SERIES] = "INSERT INTO series (name) VALUES (?1)",
  [PHAETON_SQL_FIND_SERIES] = "SELECT number FROM series WHERE name = ?1",
  [PHAETON_SQL_READ_QUARTERS] = "SELECT at, sum, seconds FROM quarters"
                                " WHERE series = ?1 AND at >= ?2 AND at < ?3",
  [PHAETON_SQL_READ_MINUTES] = "SELECT at, series, sum, seconds FROM minutes"
                               " WHERE at >= ?1 AND at < ?2",
};

gboolean
phaeton_sqlite_check (sqlite3 *db, int code, GError **error)
{
  const int kind = code & 0xff; /* the rest says where in SQLite it happened */

  if (kind == SQLITE_OK || kind == SQLITE_ROW || kind == SQLITE_DONE)
    return TRUE;
  g_set_error (error, PHAETON_ERROR,
               kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB ? PHAETON_ERROR_IMPLAUSIBLE
                                                               : PHAETON_ERROR_STORAGE,
               "history: %s", db != NULL ? sqlite3_errmsg (db) : sqlite3_errstr (code));
  return FALSE;
}

gboolean
phaeton_sqlite_run (sqlite3 *db, const char *text, GError **error)
{
  return phaeton_sqlite_check (db, sqlite3_exec (db, text, NULL, NULL, NULL), error);
}

gboolean
phaeton_sqlite_get_int (sqlite3 *db, const char *text, gint64 *value, GError **error)
{
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2 (db, text, -1, &statement, NULL);

  *value = 0;
  if (code == SQLITE_OK) {
    code = sqlite3_step (statement);
    if (code == SQLITE_ROW)
      *value = sqlite3_column_int64 (statement, 0);
  }
  sqlite3_finalize (statement);
  return phaeton_sqlite_check (db, code, error);
}

sqlite3_stmt *
phaeton_sqlite_ensure (PhaetonSqlite *self, PhaetonSql which, GError **error)
{
  sqlite3_stmt **statement = &self->statements[which];

  if (*statement == NULL &&
      !phaeton_sqlite_check (
        self->db,
        sqlite3_prepare_v3 (self->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT, statement, NULL),
        error))
    return NULL;
  return *statement;
}

gboolean
phaeton_sqlite_step_once (PhaetonSqlite *self, sqlite3_stmt *statement, GError **error)
{
  const gboolean done = phaeton_sqlite_check (self->db, sqlite3_step (statement), error);

  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
  return done;
}

sqlite3 *
phaeton_sqlite_open_file (const char *path, GError **error)
{
  g_autofree char *ways = g_strdup_printf (
    "PRAGMA page_size = %d; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
    "PRAGMA cache_size = -%d; PRAGMA wal_autocheckpoint = %d;"
    "PRAGMA journal_size_limit = %d; PRAGMA temp_store = MEMORY;"
    "PRAGMA trusted_schema = OFF; PRAGMA max_page_count = %d",
    PAGE_BYTES, CACHE_KIB, CHECKPOINT_PAGES, CHECKPOINT_PAGES * PAGE_BYTES,
    (int) (PHAETON_SQLITE_MAX_BYTES / PAGE_BYTES));
  sqlite3 *db = NULL;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

  if (phaeton_sqlite_check (db, sqlite3_open_v2 (path, &db, flags, NULL), error)) {
    sqlite3_busy_timeout (db, BUSY_MS);
    if (phaeton_sqlite_run (db, ways, error))
      return db;
  }
  sqlite3_close_v2 (db);
  return NULL;
}
