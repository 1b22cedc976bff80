/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "phaeton-store-backend.h"

G_BEGIN_DECLS

#define PHAETON_TYPE_STORE (phaeton_store_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonStore, phaeton_store, PHAETON, STORE, GObject)

/* what cannot be written is kept in memory up to here; then the oldest is lost, and counted */
#define PHAETON_STORE_MAX_PENDING_POINTS 20000
#define PHAETON_STORE_MAX_PENDING_SESSIONS 500

/* steady state: kind to flash */
#define PHAETON_STORE_COMMIT_EVERY_MS 60000

/**
 * PhaetonStore:
 *
 * History, in front of a backend: one thread of its own that does what blocks, in the order of
 * the calls, and a batch in memory that is written once a minute, or at once when a session
 * begins or ends. Main thread only.
 */
PhaetonStore *phaeton_store_new (const PhaetonStoreBackend *backend, const char *place);

/* @now_ms: monotonic, of the same clock as those of phaeton_store_tick().
 * @at_once: durable, now; else with the next batch */
void phaeton_store_put_session (PhaetonStore *self, const PhaetonSession *session, gint64 now_ms,
                                gboolean at_once);
/* whether a session of that id may still be on its way to the disk; not when that refused for good
 */
gboolean phaeton_store_is_pending (PhaetonStore *self, const char *id);
void phaeton_store_put_point (PhaetonStore *self, const PhaetonPoint *point);

/* call it every second: writes the batch when it is due */
void phaeton_store_tick (PhaetonStore *self, gint64 now_ms);

typedef struct {
  gboolean failing;
  const char *problem; /* of the last write that failed; valid until the next tick */
  guint pending_sessions, pending_points;
  guint64 lost_sessions, lost_points;
  guint64 commits;
} PhaetonStoreHealth;

void phaeton_store_get_health (PhaetonStore *self, PhaetonStoreHealth *health);

/* all below end with PHAETON_ERROR_STORAGE when there is no data base now */

void phaeton_store_find_sessions_async (PhaetonStore *self, const PhaetonSessionFilter *filter,
                                        GCancellable *cancellable, GAsyncReadyCallback callback,
                                        gpointer user_data);
PhaetonSessionPage *phaeton_store_find_sessions_finish (PhaetonStore *self, GAsyncResult *result,
                                                        GError **error);

/* @zone: whose days, months and years. Returns: (element-type PhaetonTotal): in order of key */
void phaeton_store_get_totals_async (PhaetonStore *self, const PhaetonSessionFilter *filter,
                                     PhaetonTotalsKey key, GTimeZone *zone,
                                     GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer user_data);
GPtrArray *phaeton_store_get_totals_finish (PhaetonStore *self, GAsyncResult *result,
                                            GError **error);

void phaeton_store_edit_session_async (PhaetonStore *self, const char *id,
                                       const PhaetonSessionWords *words, GCancellable *cancellable,
                                       GAsyncReadyCallback callback, gpointer user_data);
void phaeton_store_delete_session_async (PhaetonStore *self, const char *id,
                                         GCancellable *cancellable, GAsyncReadyCallback callback,
                                         gpointer user_data);

/* @ids: (transfer full): of the sessions that run; rows of others that say so have ended unseen */
void phaeton_store_end_others_async (PhaetonStore *self, GStrv ids, GAsyncReadyCallback callback,
                                     gpointer user_data);

/* PHAETON_ERROR_RANGE: more than PHAETON_SERIES_MAX_POINTS */
void phaeton_store_read_series_async (PhaetonStore *self, const PhaetonSeriesQuery *query,
                                      GTimeZone *zone, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data);
PhaetonSeriesData *phaeton_store_read_series_finish (PhaetonStore *self, GAsyncResult *result,
                                                     GError **error);

void phaeton_store_trim_async (PhaetonStore *self, const PhaetonTrim *trim,
                               GAsyncReadyCallback callback, gpointer user_data);
void phaeton_store_backup_async (PhaetonStore *self, const char *path, GAsyncReadyCallback callback,
                                 gpointer user_data);
void phaeton_store_restore_async (PhaetonStore *self, const char *path,
                                  GAsyncReadyCallback callback, gpointer user_data);

/* writes what is pending and closes; the store is of no use after it */
void phaeton_store_close_async (PhaetonStore *self, GAsyncReadyCallback callback,
                                gpointer user_data);

/* of edit, delete, end_others, trim, backup, restore and close */
gboolean phaeton_store_finish (PhaetonStore *self, GAsyncResult *result, GError **error);

G_END_DECLS
