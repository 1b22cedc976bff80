/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "phaeton-config.h"
#include "phaeton-decision.h"
#include "phaeton-series.h"
#include "phaeton-session.h"

G_BEGIN_DECLS

/**
 * PhaetonHistory:
 *
 * What the site remembers for years, and the last minutes second by second: sessions, time
 * series, sums of them. Fed by the site, asked by faces. Main thread only.
 *
 * Questions end with PHAETON_ERROR_STORAGE while the data base cannot be opened. A callback's
 * source object is not this, which is no object.
 */
typedef struct _PhaetonHistory PhaetonHistory;

PhaetonHistory *phaeton_history_new (const char *state_dir);
void phaeton_history_free (PhaetonHistory *self);

/* --- for the site --- */

/* the last session of each charger as the state file has it: what was not written before a cut of
 * power is written now. Gives an id to those that have none.
 * @ancestors: (array zero-terminated=1): state files of older programs, read on the first start */
void phaeton_history_resume (PhaetonHistory *self, const PhaetonConfig *config, PhaetonState *state,
                             const char *const *ancestors, gint64 now_ms);

/* every step, after core's. @zone: (nullable): IANA name, of days, months and years.
 * Gives missed sessions their id. Returns: whether the state file should be saved */
gboolean phaeton_history_step (PhaetonHistory *self, const PhaetonConfig *config,
                               const PhaetonInput *input, PhaetonState *state,
                               const PhaetonDecision *decision, const char *zone);

/* Sessions that began or ended are written only once the state file knows of it: the other way
 * round, a kill between the two would book their energy a second time. And the state file goes on
 * to the next session only once the data base has the one before: a disk that fails loses none.
 * @state is what is being saved; @saved: (element-type utf8 PhaetonSavedCharger): (inout): as it
 * is written; then how that went. One save at a time */
void phaeton_history_state_saving (PhaetonHistory *self, const PhaetonConfig *config,
                                   const PhaetonState *state, GHashTable *saved);
void phaeton_history_state_saved (PhaetonHistory *self, gboolean ok, gint64 now_ms);

void phaeton_history_close_async (PhaetonHistory *self, GAsyncReadyCallback callback,
                                  gpointer user_data);

/* --- for faces --- */

/* of days, months and years; UTC where none is known. Returns: (transfer none) */
GTimeZone *phaeton_history_get_zone (PhaetonHistory *self);

void phaeton_history_find_sessions_async (PhaetonHistory *self, const PhaetonSessionFilter *filter,
                                          GCancellable *cancellable, GAsyncReadyCallback callback,
                                          gpointer user_data);
/* sessions that run are as they are now */
PhaetonSessionPage *phaeton_history_find_sessions_finish (PhaetonHistory *self,
                                                          GAsyncResult *result, GError **error);

void phaeton_history_get_totals_async (PhaetonHistory *self, const PhaetonSessionFilter *filter,
                                       PhaetonTotalsKey key, GCancellable *cancellable,
                                       GAsyncReadyCallback callback, gpointer user_data);
/* (element-type PhaetonTotal) */
GPtrArray *phaeton_history_get_totals_finish (PhaetonHistory *self, GAsyncResult *result,
                                              GError **error);

void phaeton_history_edit_session_async (PhaetonHistory *self, const char *id,
                                         const PhaetonSessionWords *words,
                                         GCancellable *cancellable, GAsyncReadyCallback callback,
                                         gpointer user_data);
void phaeton_history_delete_session_async (PhaetonHistory *self, const char *id,
                                           GCancellable *cancellable, GAsyncReadyCallback callback,
                                           gpointer user_data);

void phaeton_history_read_series_async (PhaetonHistory *self, const PhaetonSeriesQuery *query,
                                        GCancellable *cancellable, GAsyncReadyCallback callback,
                                        gpointer user_data);
PhaetonSeriesData *phaeton_history_read_series_finish (PhaetonHistory *self, GAsyncResult *result,
                                                       GError **error);

/* second by second, from memory: those of the last hour from @from_at on; @wall_at: now */
PhaetonSeriesData *phaeton_history_read_live (PhaetonHistory *self, GStrv names, gint64 from_at,
                                              gint64 wall_at);

/* Returns: (transfer full): names of the series of this run */
GStrv phaeton_history_list_series (PhaetonHistory *self);

/* to and from files of fixed names in the state directory */
#define PHAETON_HISTORY_BACKUP "history-backup.db"
#define PHAETON_HISTORY_RESTORE "history-restore.db"

/* Returns: (transfer full) */
char *phaeton_history_dup_path (PhaetonHistory *self, const char *name);
void phaeton_history_backup_async (PhaetonHistory *self, GAsyncReadyCallback callback,
                                   gpointer user_data);
void phaeton_history_restore_async (PhaetonHistory *self, GAsyncReadyCallback callback,
                                    gpointer user_data);

/* of edit, delete, backup, restore and close */
gboolean phaeton_history_finish (PhaetonHistory *self, GAsyncResult *result, GError **error);

/* how writing goes; @problem: NULL: well */
typedef struct {
  const char *problem;
  guint pending_sessions, pending_points;
  guint64 lost_sessions, lost_points;
  guint64 commits;
} PhaetonHistoryHealth;

void phaeton_history_get_health (PhaetonHistory *self, PhaetonHistoryHealth *health);

G_END_DECLS
