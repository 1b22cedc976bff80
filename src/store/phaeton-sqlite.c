/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-store"
#include "config.h"

#include "phaeton-sqlite-private.h"

#include "phaeton-error.h"
#include "phaeton-log.h"

#include <glib/gstdio.h>

/* History in one SQLite file: write-ahead log, so that a kill at any point leaves whole
 * transactions; one connection in one thread, so no locks of its own. */

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

void
phaeton_sqlite_detach (PhaetonSqlite *self)
{
  for (guint i = 0; i < PHAETON_N_SQL; i++)
    g_clear_pointer (&self->statements[i], sqlite3_finalize);
  g_clear_pointer (&self->db, sqlite3_close_v2);
  g_hash_table_remove_all (self->series);
}

gboolean
phaeton_sqlite_attach (PhaetonSqlite *self, GError **error)
{
  self->db = phaeton_sqlite_open_file (self->path, error);
  if (self->db != NULL && phaeton_sqlite_verify (self->db, error) &&
      phaeton_sqlite_migrate (self->db, error) &&
      phaeton_sqlite_get_int (self->db, "SELECT value FROM facts WHERE name = 'rolled_at'",
                              &self->rolled_at, error)) {
    g_chmod (self->path, 0600);
    return TRUE;
  }
  phaeton_sqlite_detach (self);
  return FALSE;
}

static void
close_sqlite (gpointer db)
{
  PhaetonSqlite *self = db;

  phaeton_sqlite_detach (self);
  g_hash_table_unref (self->series);
  g_free (self->directory);
  g_free (self->path);
  g_free (self);
}

static gpointer
open_sqlite (const char *place, GError **error)
{
  PhaetonSqlite *self = g_new0 (PhaetonSqlite, 1);
  g_autoptr (GError) reason = NULL;

  self->directory = g_strdup (place);
  self->path = g_build_filename (place, PHAETON_SQLITE_FILE, NULL);
  self->series = g_hash_table_new (g_direct_hash, g_direct_equal);
  g_mkdir_with_parents (place, 0700); /* what fails here fails better below */
  if (phaeton_sqlite_attach (self, &reason))
    return self;
  if (g_error_matches (reason, PHAETON_ERROR, PHAETON_ERROR_IMPLAUSIBLE)) {
    phaeton_warning ("", "%s is damaged (%s): mending it", self->path, reason->message);
    g_clear_error (&reason);
    if (phaeton_sqlite_recover (place, &reason) && phaeton_sqlite_attach (self, &reason))
      return self;
  }
  close_sqlite (self);
  g_propagate_error (error, g_steal_pointer (&reason));
  return NULL;
}

static gboolean
write_rows (PhaetonSqlite *self, const PhaetonStoreBatch *batch, GError **error)
{
  for (guint i = 0; i < batch->sessions->len; i++)
    if (!phaeton_sqlite_put_session (self, batch->sessions->pdata[i], error))
      return FALSE;
  return phaeton_sqlite_put_points (self, batch->points, error);
}

static gboolean
write_batch (gpointer db, const PhaetonStoreBatch *batch, gboolean durable, GError **error)
{
  PhaetonSqlite *self = db;
  const gint64 rolled_at = self->rolled_at;

  if (!phaeton_sqlite_run (
        self->db, durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", error) ||
      !phaeton_sqlite_run (self->db, "BEGIN IMMEDIATE", error))
    return FALSE;
  if (write_rows (self, batch, error) && phaeton_sqlite_run (self->db, "COMMIT", error))
    return TRUE;
  phaeton_sqlite_run (self->db, "ROLLBACK", NULL); /* SQLite may have done so already */
  self->rolled_at = rolled_at;
  g_hash_table_remove_all (self->series); /* numbers given in this transaction are void */
  return FALSE;
}

const PhaetonStoreBackend phaeton_sqlite_backend = {
  .name = "sqlite",
  .open = open_sqlite,
  .close = close_sqlite,
  .write = write_batch,
  .find_sessions = phaeton_sqlite_find_sessions,
  .edit_session = phaeton_sqlite_edit_session,
  .delete_session = phaeton_sqlite_delete_session,
  .end_others = phaeton_sqlite_end_others,
  .read_series = phaeton_sqlite_read_series,
  .trim = phaeton_sqlite_trim,
  .backup = phaeton_sqlite_backup,
  .restore = phaeton_sqlite_restore,
};
