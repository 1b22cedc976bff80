/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-store"
#include "config.h"

#include "phaeton-sqlite-private.h"

#include "phaeton-error.h"
#include "phaeton-log.h"

#include <glib/gstdio.h>

/* History in one SQLite file: write-ahead log, so that a kill at any point leaves whole
 * transactions; one connection in one thread, so no locks of its own. */

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
