/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-store"
#include "config.h"

#include "phaeton-store.h"

#include "phaeton-error.h"
#include "phaeton-log.h"
#include "phaeton-totals.h"

#include <string.h>

/* what the thread owns; kept by each job, so that the store can go before the thread is done */
typedef struct {
  const PhaetonStoreBackend *backend;
  char *place;  /* (owned) */
  gpointer db;  /* (owned) (nullable): worker thread only */
  GError *sick; /* (owned) (nullable): never try again; worker thread only */
} Place;

struct _PhaetonStore {
  GObject parent_instance;

  Place *place;         /* (owned) (refcounted) */
  GThreadPool *thread;  /* (owned): one thread */
  GHashTable *sessions; /* (owned) (element-type utf8 PhaetonSession): pending, by id */
  GQueue order;         /* (element-type PhaetonSession): the same, oldest first */
  GArray *points;       /* (owned) (element-type PhaetonPoint): pending */
  gboolean at_once, writing, closed;
  gboolean refused; /* the last write, for good: a newer Phaeton made the file */
  gint64 tried_ms;  /* when the last write began */
  char *problem;    /* (owned) (nullable): of the last write */
  guint64 lost_sessions, lost_points, commits;
};

G_DEFINE_FINAL_TYPE (PhaetonStore, phaeton_store, G_TYPE_OBJECT)

static void
clear_place (gpointer data) /* any thread: the last one out */
{
  Place *place = data;

  if (place->db != NULL)
    place->backend->close (place->db);
  g_clear_error (&place->sick);
  g_free (place->place);
}

static gboolean
ensure_open (Place *place, GError **error) /* worker thread only */
{
  g_autoptr (GError) reason = NULL;

  if (place->sick != NULL) {
    g_propagate_error (error, g_error_copy (place->sick));
    return FALSE;
  }
  if (place->db != NULL)
    return TRUE;
  place->db = place->backend->open (place->place, &reason);
  if (place->db != NULL)
    return TRUE;
  if (g_error_matches (reason, PHAETON_ERROR, PHAETON_ERROR_REFUSED))
    place->sick = g_error_copy (reason);
  g_propagate_error (error, g_steal_pointer (&reason));
  return FALSE;
}

/* one thing that the thread shall do: its arguments, and the result as a pointer that is not NULL,
 * or an error */
typedef gpointer (*JobFunc) (Place *place, gconstpointer arguments, GError **error);

typedef struct {
  Place *place; /* (owned) */
  JobFunc run;
  gpointer arguments; /* (owned) */
  GDestroyNotify free_arguments;
  GDestroyNotify free_result;
} Job;

static void
free_job (gpointer data)
{
  Job *job = data;

  if (job->free_arguments != NULL)
    job->free_arguments (job->arguments);
  g_atomic_rc_box_release_full (job->place, clear_place);
  g_free (job);
}

static void
run_job (gpointer data, gpointer user_data) /* worker thread only */
{
  g_autoptr (GTask) task = data;
  Job *job = g_task_get_task_data (task);
  GError *error = NULL;
  gpointer result;

  if (g_task_return_error_if_cancelled (task))
    return;
  result = job->run (job->place, job->arguments, &error);
  if (result == NULL && g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_IMPLAUSIBLE) &&
      job->place->db != NULL) {
    job->place->backend->close (job->place->db); /* opening it again mends it */
    job->place->db = NULL;
  }
  if (result != NULL)
    g_task_return_pointer (task, result, job->free_result);
  else
    g_task_return_error (task, error);
}

static void
push_job (PhaetonStore *self, JobFunc run, gpointer arguments, GDestroyNotify free_arguments,
          GDestroyNotify free_result, GCancellable *cancellable, GAsyncReadyCallback callback,
          gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Job *job = g_new (Job, 1);

  *job =
    (Job){ g_atomic_rc_box_acquire (self->place), run, arguments, free_arguments, free_result };
  g_task_set_source_tag (task, push_job);
  g_task_set_task_data (task, job, free_job);
  g_thread_pool_push (self->thread, task, NULL);
}

static gpointer
finish_job (PhaetonStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, push_job), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

gboolean
phaeton_store_finish (PhaetonStore *self, GAsyncResult *result, GError **error)
{
  return finish_job (self, result, error) != NULL;
}

static gpointer
to_result (gboolean done)
{
  return done ? GINT_TO_POINTER (TRUE) : NULL;
}

/* --- writing --- */

typedef struct {
  PhaetonStoreBatch batch;
  gboolean durable;
} Write;

static void
free_write (gpointer data)
{
  Write *write = data;

  g_ptr_array_unref (write->batch.sessions);
  g_array_unref (write->batch.points);
  g_free (write);
}

static gpointer
run_write (Place *place, gconstpointer arguments, GError **error) /* worker thread only */
{
  const Write *write = arguments;

  return to_result (ensure_open (place, error) &&
                    place->backend->write (place->db, &write->batch, write->durable, error));
}

static void
drop_pending_session (PhaetonStore *self, GList *link)
{
  PhaetonSession *session = link->data;

  g_queue_delete_link (&self->order, link);
  g_hash_table_remove (self->sessions, session->id);
}

/* @session: (transfer full): newer than what is pending of the same id, or not */
static void
add_session (PhaetonStore *self, PhaetonSession *session, gboolean newer)
{
  PhaetonSession *old = g_hash_table_lookup (self->sessions, session->id);

  if (old != NULL && !newer) {
    phaeton_session_free (session);
    return;
  }
  if (old != NULL)
    drop_pending_session (self, g_queue_find (&self->order, old));
  if (newer)
    g_queue_push_tail (&self->order, session);
  else
    g_queue_push_head (&self->order, session);
  g_hash_table_insert (self->sessions, session->id, session);
}

static void
say_loss (PhaetonStore *self)
{
  if (self->lost_sessions + self->lost_points == 0)
    phaeton_warning ("", "History cannot be written for too long: the oldest of it is lost now");
}

static void
bound_pending (PhaetonStore *self)
{
  const guint n_points = self->points->len;

  while (self->order.length > PHAETON_STORE_MAX_PENDING_SESSIONS) {
    say_loss (self);
    drop_pending_session (self, self->order.head);
    self->lost_sessions++;
  }
  if (n_points > PHAETON_STORE_MAX_PENDING_POINTS) {
    say_loss (self);
    self->lost_points += n_points - PHAETON_STORE_MAX_PENDING_POINTS;
    g_array_remove_range (self->points, 0, n_points - PHAETON_STORE_MAX_PENDING_POINTS);
  }
}

/* a batch that was not written comes before what was added since */
static void
take_back (PhaetonStore *self, const Write *write)
{
  for (guint i = write->batch.sessions->len; i > 0; i--)
    add_session (self, phaeton_session_copy (write->batch.sessions->pdata[i - 1]), FALSE);
  g_array_prepend_vals (self->points, write->batch.points->data, write->batch.points->len);
  self->at_once |= write->durable;
  bound_pending (self);
}

static void begin_write (PhaetonStore *self, gint64 now_ms);

static void
written_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  PhaetonStore *self = PHAETON_STORE (source);
  g_autoptr (GError) error = NULL;
  const Job *job = g_task_get_task_data (G_TASK (result));

  self->writing = FALSE;
  self->refused = FALSE;
  if (phaeton_store_finish (self, result, &error)) {
    self->commits++;
    if (self->problem != NULL)
      phaeton_message ("", "History is written again");
    g_clear_pointer (&self->problem, g_free);
    if (self->at_once && !self->closed)
      begin_write (self, self->tried_ms);
    return;
  }
  if (self->problem == NULL)
    phaeton_warning ("", "History is kept in memory, trying again every minute: %s",
                     error->message);
  g_free (self->problem);
  self->problem = g_strdup (error->message);
  self->refused = g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED);
  take_back (self, job->arguments);
}

static void
begin_write (PhaetonStore *self, gint64 now_ms)
{
  Write *write = g_new0 (Write, 1);

  write->batch.sessions = g_ptr_array_new_with_free_func ((GDestroyNotify) phaeton_session_free);
  for (GList *l = self->order.head; l != NULL; l = l->next)
    g_ptr_array_add (write->batch.sessions, l->data);
  g_queue_clear (&self->order);
  g_hash_table_steal_all (self->sessions);
  write->batch.points = g_steal_pointer (&self->points);
  self->points = g_array_new (FALSE, FALSE, sizeof (PhaetonPoint));
  write->durable = self->at_once;
  self->at_once = FALSE;
  self->writing = TRUE;
  self->tried_ms = now_ms;
  push_job (self, run_write, write, free_write, NULL, NULL, written_cb, NULL);
}

static gboolean
has_pending (PhaetonStore *self)
{
  return self->order.length > 0 || self->points->len > 0;
}

void
phaeton_store_put_session (PhaetonStore *self, const PhaetonSession *session, gint64 now_ms,
                           gboolean at_once)
{
  g_return_if_fail (PHAETON_IS_STORE (self) && !self->closed);

  add_session (self, phaeton_session_copy (session), TRUE);
  bound_pending (self);
  self->at_once |= at_once;
  if (at_once && !self->writing && self->problem == NULL)
    begin_write (self, now_ms);
}

gboolean
phaeton_store_is_pending (PhaetonStore *self, const char *id)
{
  g_return_val_if_fail (PHAETON_IS_STORE (self), FALSE);

  return !self->refused && (self->writing || g_hash_table_contains (self->sessions, id));
}

void
phaeton_store_put_point (PhaetonStore *self, const PhaetonPoint *point)
{
  g_return_if_fail (PHAETON_IS_STORE (self) && !self->closed);

  g_array_append_vals (self->points, point, 1);
  bound_pending (self);
}

void
phaeton_store_tick (PhaetonStore *self, gint64 now_ms)
{
  g_return_if_fail (PHAETON_IS_STORE (self));

  if (self->tried_ms == 0)
    self->tried_ms = now_ms;
  if (!self->closed && !self->writing && has_pending (self) &&
      now_ms - self->tried_ms >= PHAETON_STORE_COMMIT_EVERY_MS)
    begin_write (self, now_ms);
}

void
phaeton_store_get_health (PhaetonStore *self, PhaetonStoreHealth *health)
{
  g_return_if_fail (PHAETON_IS_STORE (self));

  *health = (PhaetonStoreHealth){
    .failing = self->problem != NULL,
    .problem = self->problem,
    .pending_sessions = self->order.length,
    .pending_points = self->points->len,
    .lost_sessions = self->lost_sessions,
    .lost_points = self->lost_points,
    .commits = self->commits,
  };
}

/* --- sessions --- */

static void
add_to_page (const PhaetonSession *session, gpointer user_data)
{
  g_ptr_array_add (user_data, phaeton_session_copy (session));
}

static gpointer
run_find_sessions (Place *place, gconstpointer arguments, GError **error) /* worker thread only */
{
  g_autoptr (PhaetonSessionPage) page = phaeton_session_page_new ();

  if (!ensure_open (place, error) ||
      !place->backend->find_sessions (place->db, arguments, add_to_page, page->sessions,
                                      &page->total, error))
    return NULL;
  return g_steal_pointer (&page);
}

void
phaeton_store_find_sessions_async (PhaetonStore *self, const PhaetonSessionFilter *filter,
                                   GCancellable *cancellable, GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  PhaetonSessionFilter *copy;

  g_return_if_fail (PHAETON_IS_STORE (self));

  copy = phaeton_session_filter_copy (filter);
  if (copy->limit == 0 || copy->limit > PHAETON_SESSIONS_MAX_PAGE)
    copy->limit = PHAETON_SESSIONS_MAX_PAGE;
  push_job (self, run_find_sessions, copy, (GDestroyNotify) phaeton_session_filter_free,
            (GDestroyNotify) phaeton_session_page_free, cancellable, callback, user_data);
}

PhaetonSessionPage *
phaeton_store_find_sessions_finish (PhaetonStore *self, GAsyncResult *result, GError **error)
{
  return finish_job (self, result, error);
}

typedef struct {
  PhaetonSessionFilter *filter; /* (owned) */
  PhaetonTotalsKey key;
  GTimeZone *zone; /* (owned) */
} Totals;

static void
free_totals (gpointer data)
{
  Totals *totals = data;

  phaeton_session_filter_free (totals->filter);
  g_time_zone_unref (totals->zone);
  g_free (totals);
}

static gpointer
run_get_totals (Place *place, gconstpointer arguments, GError **error) /* worker thread only */
{
  const Totals *totals = arguments;
  g_autoptr (PhaetonTotals) sums = phaeton_totals_new (totals->key, totals->zone);

  if (!ensure_open (place, error) ||
      !place->backend->find_sessions (place->db, totals->filter, phaeton_totals_add_cb, sums, NULL,
                                      error))
    return NULL;
  return phaeton_totals_list (sums);
}

void
phaeton_store_get_totals_async (PhaetonStore *self, const PhaetonSessionFilter *filter,
                                PhaetonTotalsKey key, GTimeZone *zone, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data)
{
  Totals *totals;

  g_return_if_fail (PHAETON_IS_STORE (self) && zone != NULL);

  totals = g_new (Totals, 1);
  *totals = (Totals){ phaeton_session_filter_copy (filter), key, g_time_zone_ref (zone) };
  totals->filter->offset = totals->filter->limit = 0;
  push_job (self, run_get_totals, totals, free_totals, (GDestroyNotify) g_ptr_array_unref,
            cancellable, callback, user_data);
}

GPtrArray *
phaeton_store_get_totals_finish (PhaetonStore *self, GAsyncResult *result, GError **error)
{
  return finish_job (self, result, error);
}

typedef struct {
  char *id, *car, *tag, *note; /* (owned) */
} Edit;

static void
free_edit (gpointer data)
{
  Edit *edit = data;

  g_free (edit->id);
  g_free (edit->car);
  g_free (edit->tag);
  g_free (edit->note);
  g_free (edit);
}

static gpointer
run_edit (Place *place, gconstpointer arguments, GError **error) /* worker thread only */
{
  const Edit *edit = arguments;
  const PhaetonSessionWords words = { edit->car, edit->tag, edit->note };

  return to_result (ensure_open (place, error) &&
                    place->backend->edit_session (place->db, edit->id, &words, error));
}

void
phaeton_store_edit_session_async (PhaetonStore *self, const char *id,
                                  const PhaetonSessionWords *words, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data)
{
  Edit *edit;

  g_return_if_fail (PHAETON_IS_STORE (self) && id != NULL);

  edit = g_new (Edit, 1);
  *edit =
    (Edit){ g_strdup (id), g_strdup (words->car), g_strdup (words->tag), g_strdup (words->note) };
  push_job (self, run_edit, edit, free_edit, NULL, cancellable, callback, user_data);
}

static gpointer
run_delete (Place *place, gconstpointer arguments, GError **error) /* worker thread only */
{
  return to_result (ensure_open (place, error) &&
                    place->backend->delete_session (place->db, arguments, error));
}

void
phaeton_store_delete_session_async (PhaetonStore *self, const char *id, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (PHAETON_IS_STORE (self) && id != NULL);

  push_job (self, run_delete, g_strdup (id), g_free, NULL, cancellable, callback, user_data);
}

static gpointer
run_end_others (Place *place, gconstpointer arguments, GError **error) /* worker thread only */
{
  return to_result (ensure_open (place, error) &&
                    place->backend->end_others (place->db, arguments, error));
}

void
phaeton_store_end_others_async (PhaetonStore *self, GStrv ids, GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_return_if_fail (PHAETON_IS_STORE (self) && ids != NULL);

  push_job (self, run_end_others, ids, (GDestroyNotify) g_strfreev, NULL, NULL, callback,
            user_data);
}

/* --- time series --- */

typedef struct {
  PhaetonSeriesQuery *query; /* (owned) */
  GTimeZone *zone;           /* (owned) */
} Series;

static void
free_series (gpointer data)
{
  Series *series = data;

  phaeton_series_query_free (series->query);
  g_time_zone_unref (series->zone);
  g_free (series);
}

static gpointer
run_read_series (Place *place, gconstpointer arguments, GError **error) /* worker thread only */
{
  const Series *series = arguments;
  PhaetonSeriesQuery *query = series->query;
  const guint n_names = MAX (g_strv_length (query->names), 1);
  g_autoptr (GArray) starts = phaeton_step_list (&query->step, query->from_at, query->to_at,
                                                 series->zone, PHAETON_SERIES_MAX_POINTS / n_names);
  g_autoptr (PhaetonSeriesData) data = NULL;

  if (starts == NULL) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_RANGE,
                 "more than %d points: ask for a shorter time or longer steps",
                 PHAETON_SERIES_MAX_POINTS);
    return NULL;
  }
  data = phaeton_series_data_new (query->names, starts);
  query->from_at = g_array_index (starts, gint64, 0);
  query->to_at = g_array_index (starts, gint64, starts->len - 1);
  if (!ensure_open (place, error) || !place->backend->read_series (place->db, query, data, error))
    return NULL;
  return g_steal_pointer (&data);
}

void
phaeton_store_read_series_async (PhaetonStore *self, const PhaetonSeriesQuery *query,
                                 GTimeZone *zone, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  Series *series;

  g_return_if_fail (PHAETON_IS_STORE (self) && zone != NULL);

  series = g_new (Series, 1);
  *series = (Series){ phaeton_series_query_copy (query), g_time_zone_ref (zone) };
  push_job (self, run_read_series, series, free_series, (GDestroyNotify) phaeton_series_data_free,
            cancellable, callback, user_data);
}

PhaetonSeriesData *
phaeton_store_read_series_finish (PhaetonStore *self, GAsyncResult *result, GError **error)
{
  return finish_job (self, result, error);
}

static gpointer
run_trim (Place *place, gconstpointer arguments, GError **error) /* worker thread only */
{
  return to_result (ensure_open (place, error) &&
                    place->backend->trim (place->db, arguments, error));
}

void
phaeton_store_trim_async (PhaetonStore *self, const PhaetonTrim *trim, GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_return_if_fail (PHAETON_IS_STORE (self));

  push_job (self, run_trim, g_memdup2 (trim, sizeof *trim), g_free, NULL, NULL, callback,
            user_data);
}

/* --- copies --- */

static gpointer
run_backup (Place *place, gconstpointer arguments, GError **error) /* worker thread only */
{
  return to_result (ensure_open (place, error) &&
                    place->backend->backup (place->db, arguments, error));
}

void
phaeton_store_backup_async (PhaetonStore *self, const char *path, GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_return_if_fail (PHAETON_IS_STORE (self) && path != NULL);

  push_job (self, run_backup, g_strdup (path), g_free, NULL, NULL, callback, user_data);
}

static gpointer
run_restore (Place *place, gconstpointer arguments, GError **error) /* worker thread only */
{
  return to_result (ensure_open (place, error) &&
                    place->backend->restore (place->db, arguments, error));
}

void
phaeton_store_restore_async (PhaetonStore *self, const char *path, GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_return_if_fail (PHAETON_IS_STORE (self) && path != NULL);

  push_job (self, run_restore, g_strdup (path), g_free, NULL, NULL, callback, user_data);
}

/* --- life --- */

static gpointer
run_close (Place *place, gconstpointer arguments, GError **error) /* worker thread only */
{
  if (place->db != NULL)
    place->backend->close (place->db);
  place->db = NULL;
  return to_result (TRUE);
}

void
phaeton_store_close_async (PhaetonStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (PHAETON_IS_STORE (self) && !self->closed);

  if (has_pending (self)) {
    self->at_once = TRUE;
    begin_write (self, self->tried_ms);
  }
  self->closed = TRUE;
  push_job (self, run_close, NULL, NULL, NULL, NULL, callback, user_data);
}

static void
phaeton_store_finalize (GObject *object)
{
  PhaetonStore *self = PHAETON_STORE (object);

  /* the last reference may fall in the thread itself: it is not waited for */
  g_thread_pool_free (self->thread, FALSE, FALSE);
  g_queue_clear (&self->order);
  g_hash_table_unref (self->sessions);
  g_array_unref (self->points);
  g_atomic_rc_box_release_full (self->place, clear_place);
  g_free (self->problem);
  G_OBJECT_CLASS (phaeton_store_parent_class)->finalize (object);
}

static void
phaeton_store_class_init (PhaetonStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = phaeton_store_finalize;
}

static void
phaeton_store_init (PhaetonStore *self)
{
  self->sessions =
    g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) phaeton_session_free);
  self->points = g_array_new (FALSE, FALSE, sizeof (PhaetonPoint));
  g_queue_init (&self->order);
}

PhaetonStore *
phaeton_store_new (const PhaetonStoreBackend *backend, const char *place)
{
  PhaetonStore *self = g_object_new (PHAETON_TYPE_STORE, NULL);

  self->place = g_atomic_rc_box_new0 (Place);
  self->place->backend = backend;
  self->place->place = g_strdup (place);
  self->thread = g_thread_pool_new (run_job, NULL, 1, TRUE, NULL);
  return self;
}
