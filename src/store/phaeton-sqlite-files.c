/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-store"
#include "config.h"

#include "phaeton-sqlite-private.h"

#include "phaeton-error.h"
#include "phaeton-log.h"

#include <errno.h>
#include <glib/gstdio.h>

/* Whole files: copies, what takes their place, and what is saved from a damaged one. */

#define BROKEN PHAETON_SQLITE_FILE ".broken"
#define BEFORE PHAETON_SQLITE_FILE ".before-restore"

static gboolean
move_one (const char *from, const char *to, const char *suffix, GError **error)
{
  g_autofree char *old = g_strconcat (from, suffix, NULL);
  g_autofree char *new = g_strconcat (to, suffix, NULL);

  g_unlink (new);
  if (g_rename (old, new) == 0 || errno == ENOENT)
    return TRUE;
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_STORAGE, "cannot rename %s: %s", old,
               g_strerror (errno));
  return FALSE;
}

gboolean
phaeton_sqlite_move (const char *from, const char *to, GError **error)
{
  return move_one (from, to, "-wal", error) && move_one (from, to, "-shm", error) &&
         move_one (from, to, "", error);
}

static void
remove_file (const char *path)
{
  static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++) {
    g_autofree char *full = g_strconcat (path, suffixes[i], NULL);

    g_unlink (full);
  }
}

/* --- copies --- */

gboolean
phaeton_sqlite_copy_to (sqlite3 *db, const char *path, GError **error)
{
  g_autofree char *new = g_strconcat (path, ".new", NULL);
  char *text = sqlite3_mprintf ("VACUUM INTO %Q", new);
  gboolean done;

  remove_file (new);
  done = phaeton_sqlite_run (db, text, error);
  sqlite3_free (text);
  if (done) {
    g_chmod (new, 0600);
    done = phaeton_sqlite_move (new, path, error);
  }
  if (!done)
    remove_file (new);
  return done;
}

gboolean
phaeton_sqlite_backup (gpointer db, const char *path, GError **error)
{
  PhaetonSqlite *self = db;

  return phaeton_sqlite_copy_to (self->db, path, error);
}

/* a file that came from elsewhere: ours, whole, and not newer than we are */
static gboolean
examine (const char *path, GError **error)
{
  sqlite3 *db;
  gint64 version = 0, has_sessions = 0;
  gboolean fine;

  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR)) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED, "there is no file %s", path);
    return FALSE;
  }
  db = phaeton_sqlite_open_file (path, error);
  fine = db != NULL && phaeton_sqlite_verify (db, error) &&
         phaeton_sqlite_get_int (db, "PRAGMA user_version", &version, error) &&
         phaeton_sqlite_get_int (
           db, "SELECT count (*) FROM sqlite_schema WHERE type = 'table' AND name = 'sessions'",
           &has_sessions, error);
  sqlite3_close_v2 (db);
  if (!fine)
    return FALSE;
  if (has_sessions == 1 && version >= 1 && version <= phaeton_sqlite_get_newest_version ())
    return TRUE;
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED,
               "%s is no history that this Phaeton understands", path);
  return FALSE;
}

/* what examine() refuses must not look like damage of our own file */
static gboolean
refuse (GError *reason, GError **error)
{
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED, "%s", reason->message);
  g_error_free (reason);
  return FALSE;
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

gboolean
phaeton_sqlite_restore (gpointer db, const char *path, GError **error)
{
  PhaetonSqlite *self = db;
  g_autofree char *before = g_build_filename (self->directory, BEFORE, NULL);
  GError *reason = NULL;
  gboolean done;

  if (!examine (path, &reason))
    return refuse (reason, error);
  phaeton_sqlite_detach (self);
  done = phaeton_sqlite_move (self->path, before, error) &&
         phaeton_sqlite_move (path, self->path, error) && phaeton_sqlite_attach (self, error);
  if (done)
    return TRUE;
  phaeton_sqlite_detach (self);
  if (phaeton_sqlite_move (before, self->path, NULL))
    phaeton_sqlite_attach (self, NULL);
  return FALSE;
}

/* --- damage --- */

/* copies rows until the damage; forwards and backwards, so that it is reached from both sides */
static gint64
save_rows (sqlite3 *from, sqlite3 *to, const char *table, const char *columns, const char *order,
           int n_columns)
{
  g_autofree char *select =
    g_strdup_printf ("SELECT %s FROM %s ORDER BY %s", columns, table, order);
  g_autoptr (GString) insert = g_string_new (NULL);
  sqlite3_stmt *read = NULL, *write = NULL;
  gint64 saved = 0;

  g_string_printf (insert, "INSERT OR IGNORE INTO %s (%s) VALUES (?", table, columns);
  for (int i = 1; i < n_columns; i++)
    g_string_append (insert, ", ?");
  g_string_append_c (insert, ')');
  if (sqlite3_prepare_v2 (from, select, -1, &read, NULL) == SQLITE_OK &&
      sqlite3_prepare_v2 (to, insert->str, -1, &write, NULL) == SQLITE_OK)
    while (sqlite3_step (read) == SQLITE_ROW) {
      for (int i = 0; i < n_columns; i++)
        sqlite3_bind_value (write, i + 1, sqlite3_column_value (read, i));
      sqlite3_step (write); /* a row that breaks a rule is part of the damage */
      sqlite3_reset (write);
      saved += sqlite3_changes (to);
    }
  sqlite3_finalize (read);
  sqlite3_finalize (write);
  return saved;
}

/* the newer of two rows of one session is the one that got further */
#define SESSION_COLUMNS                                                                            \
  "number, id, charger, running, started_at, ended_at, start_wh, end_wh, energy_wh, charging_s,"   \
  " peak_w, phases, cost_micros, saved_micros, currency, sun_wh, battery_wh, grid_wh,"             \
  " end_reason, interruptions, car, tag, note, measured_wh, compared_wh"

static gint64
save_all (sqlite3 *from, sqlite3 *to)
{
  static const struct {
    const char *table, *columns, *forwards, *backwards;
    int n_columns;
  } tables[] = {
    { "sessions", SESSION_COLUMNS, "number ASC", "number DESC", 25 },
    { "deleted", "id", "id ASC", "id DESC", 1 },
    { "series", "number, name", "number ASC", "number DESC", 2 },
    { "quarters", "series, at, sum, seconds", "series ASC, at ASC", "series DESC, at DESC", 4 },
    { "minutes", "at, series, sum, seconds", "at ASC, series ASC", "at DESC, series DESC", 4 },
  };
  gint64 saved = 0;

  for (guint i = 0; i < G_N_ELEMENTS (tables); i++) {
    saved += save_rows (from, to, tables[i].table, tables[i].columns, tables[i].forwards,
                        tables[i].n_columns);
    saved += save_rows (from, to, tables[i].table, tables[i].columns, tables[i].backwards,
                        tables[i].n_columns);
  }
  return saved;
}

/* adds what @path still gives to @to; a file that cannot be opened gives nothing */
static gint64
save_from (const char *path, sqlite3 *to)
{
  sqlite3 *from = NULL;
  gint64 saved = 0;

  if (g_file_test (path, G_FILE_TEST_IS_REGULAR) &&
      sqlite3_open_v2 (path, &from, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) ==
        SQLITE_OK) {
    phaeton_sqlite_migrate (from, NULL); /* as far as it goes: it may be of an older version */
    saved = save_all (from, to);
  }
  sqlite3_close_v2 (from);
  return saved;
}

/* what the quarters have already must not be added to them a second time */
#define AFTER_LAST_QUARTER                                                                         \
  "UPDATE facts SET value = (SELECT coalesce (max (at) + 900, 0) FROM quarters)"                   \
  " WHERE name = 'rolled_at'"

gboolean
phaeton_sqlite_recover (const char *directory, GError **error)
{
  g_autofree char *path = g_build_filename (directory, PHAETON_SQLITE_FILE, NULL);
  g_autofree char *broken = g_build_filename (directory, BROKEN, NULL);
  g_autofree char *good = g_build_filename (directory, PHAETON_SQLITE_GOOD, NULL);
  sqlite3 *db;
  gint64 saved;
  gboolean done;

  if (!phaeton_sqlite_move (path, broken, error))
    return FALSE;
  db = phaeton_sqlite_open_file (path, error);
  if (db == NULL)
    return FALSE;
  done = phaeton_sqlite_migrate (db, error) && phaeton_sqlite_run (db, "BEGIN IMMEDIATE", error);
  if (done) {
    saved = save_from (broken, db) + save_from (good, db);
    done = phaeton_sqlite_run (db, AFTER_LAST_QUARTER "; COMMIT", error);
    phaeton_message ("",
                     "Saved %" G_GINT64_FORMAT " rows of history; the damaged file is kept as %s",
                     saved, broken);
  }
  sqlite3_close_v2 (db);
  return done;
}
