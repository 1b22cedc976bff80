/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-store-backend.h"

#include <sqlite3.h>

G_BEGIN_DECLS

/* What the files of the SQLite backend share. The store's thread only. */

/* statements that are used all the time, prepared once */
typedef enum {
  PHAETON_SQL_PUT_SESSION,
  PHAETON_SQL_PUT_MINUTE,
  PHAETON_SQL_PUT_QUARTER,
  PHAETON_SQL_ROLL_UP,
  PHAETON_SQL_ADD_SERIES,
  PHAETON_SQL_FIND_SERIES,
  PHAETON_SQL_READ_QUARTERS,
  PHAETON_SQL_READ_MINUTES,
  PHAETON_N_SQL,
} PhaetonSql;

typedef struct {
  sqlite3 *db;                             /* (owned) */
  char *directory;                         /* (owned) */
  char *path;                              /* (owned): history.db in it */
  GHashTable *series;                      /* (owned): interned name -> number in the table */
  gint64 rolled_at;                        /* quarters before it are complete in their table */
  sqlite3_stmt *statements[PHAETON_N_SQL]; /* (owned) (nullable) */
} PhaetonSqlite;

#define PHAETON_SQLITE_FILE "history.db"
#define PHAETON_SQLITE_GOOD PHAETON_SQLITE_FILE ".good" /* a copy of days when all was well */
#define PHAETON_SQLITE_MAX_BYTES ((gint64) 8 * 1024 * 1024 * 1024) /* until it is trimmed */

/* FALSE with @error set from what SQLite says. @code: what a call answered */
gboolean phaeton_sqlite_check (sqlite3 *db, int code, GError **error);

/* statements without results */
gboolean phaeton_sqlite_run (sqlite3 *db, const char *sql, GError **error);

/* the first number of the first row */
gboolean phaeton_sqlite_get_int (sqlite3 *db, const char *sql, gint64 *value, GError **error);

/* Returns: (transfer none): ready to bind; NULL: an error */
sqlite3_stmt *phaeton_sqlite_ensure (PhaetonSqlite *self, PhaetonSql which, GError **error);

/* runs a statement without results and makes it ready again */
gboolean phaeton_sqlite_step_once (PhaetonSqlite *self, sqlite3_stmt *statement, GError **error);

/* opens one file with our ways of working; no check, no migration */
sqlite3 *phaeton_sqlite_open_file (const char *path, GError **error);

/* brings an open file to the newest version; PHAETON_ERROR_REFUSED: a newer Phaeton made it */
gboolean phaeton_sqlite_migrate (sqlite3 *db, GError **error);
int phaeton_sqlite_get_newest_version (void);

/* whether every page is in order; IMPLAUSIBLE: not */
gboolean phaeton_sqlite_verify (sqlite3 *db, GError **error);

/* the file is damaged: sets it aside and puts in its place what the last good copy and what is
 * still readable make together */
gboolean phaeton_sqlite_recover (const char *directory, GError **error);

/* renames a data base with its log; a log without its data base would damage the next one */
gboolean phaeton_sqlite_move (const char *from, const char *to, GError **error);

gboolean phaeton_sqlite_copy_to (sqlite3 *db, const char *path, GError **error);
gboolean phaeton_sqlite_backup (gpointer db, const char *path, GError **error);
gboolean phaeton_sqlite_restore (gpointer db, const char *path, GError **error);

gboolean phaeton_sqlite_put_session (PhaetonSqlite *self, const PhaetonSession *session,
                                     GError **error);
gboolean phaeton_sqlite_find_sessions (gpointer db, const PhaetonSessionFilter *filter,
                                       PhaetonSessionFunc function, gpointer user_data,
                                       gint64 *total, GError **error);
gboolean phaeton_sqlite_edit_session (gpointer db, const char *id, const PhaetonSessionWords *words,
                                      GError **error);
gboolean phaeton_sqlite_delete_session (gpointer db, const char *id, GError **error);

gboolean phaeton_sqlite_end_others (gpointer db, const char *const *ids, GError **error);

gboolean phaeton_sqlite_put_points (PhaetonSqlite *self, const GArray *points, GError **error);
gboolean phaeton_sqlite_read_series (gpointer db, const PhaetonSeriesQuery *query,
                                     PhaetonSeriesData *data, GError **error);
gboolean phaeton_sqlite_trim (gpointer db, const PhaetonTrim *trim, GError **error);

/* opens and closes what self->path names; restore needs it too */
gboolean phaeton_sqlite_attach (PhaetonSqlite *self, GError **error);
void phaeton_sqlite_detach (PhaetonSqlite *self);

G_END_DECLS
