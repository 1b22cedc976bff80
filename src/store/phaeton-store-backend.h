/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-series.h"
#include "phaeton-session.h"

G_BEGIN_DECLS

/* What a data base must do to keep our history. All functions block and are called from the
 * store's thread only; an open data base is theirs alone. Errors: PHAETON_ERROR_STORAGE: may work
 * later; PHAETON_ERROR_IMPLAUSIBLE: the data base is damaged, open it anew; PHAETON_ERROR_REFUSED:
 * never try again; PHAETON_ERROR_UNKNOWN: no such session.
 *
 * tests/unit/test-store.c holds every backend of its table to all of this. */

/* written whole or not at all */
typedef struct {
  GPtrArray *sessions; /* (owned) (element-type PhaetonSession): replace those of the same id, but
                        * leave car, tag and note that people gave */
  GArray *points;      /* (owned) (element-type PhaetonPoint): added to what is there */
} PhaetonStoreBatch;

/* what is forgotten: points before these times, and the oldest of those that make it too large */
typedef struct {
  gint64 minutes_from_at, quarters_from_at;
  gint64 max_bytes;
} PhaetonTrim;

typedef void (*PhaetonSessionFunc) (const PhaetonSession *session, gpointer user_data);

typedef struct {
  const char *name;

  /* creates, migrates, checks and mends as needed; @place: a folder or a connection string */
  gpointer (*open) (const char *place, GError **error);
  void (*close) (gpointer db);

  /* @durable: on the disk when this returns, not just in order */
  gboolean (*write) (gpointer db, const PhaetonStoreBatch *batch, gboolean durable, GError **error);

  /* @total: (out) (optional): without offset and limit */
  gboolean (*find_sessions) (gpointer db, const PhaetonSessionFilter *filter,
                             PhaetonSessionFunc function, gpointer user_data, gint64 *total,
                             GError **error);
  gboolean (*edit_session) (gpointer db, const char *id, const PhaetonSessionWords *words,
                            GError **error);
  /* for ever: a session of that id is not written again. One that runs cannot be deleted */
  gboolean (*delete_session) (gpointer db, const char *id, GError **error);

  /* those that run and are none of @ids: ended when nobody knows, PHAETON_END_INTERRUPTED */
  gboolean (*end_others) (gpointer db, const char *const *ids, GError **error);

  /* adds the points of each of the names that is known to @data */
  gboolean (*read_series) (gpointer db, const PhaetonSeriesQuery *query, PhaetonSeriesData *data,
                           GError **error);

  gboolean (*trim) (gpointer db, const PhaetonTrim *trim, GError **error);

  /* a copy at @path, replaced whole */
  gboolean (*backup) (gpointer db, const char *path, GError **error);

  /* takes the copy at @path in place of what is there, which is kept aside; on failure all stays
   * as it was */
  gboolean (*restore) (gpointer db, const char *path, GError **error);
} PhaetonStoreBackend;

/* WAL, history.db in the folder */
extern const PhaetonStoreBackend phaeton_sqlite_backend;

G_END_DECLS
