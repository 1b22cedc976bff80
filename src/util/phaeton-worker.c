/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-worker.h"

typedef struct {
  GTask *task;
  GTaskThreadFunc function;
} Job;

static void
run_job (gpointer data, gpointer user_data) /* worker thread only */
{
  g_autofree Job *job = data;

  if (!g_task_return_error_if_cancelled (job->task))
    job->function (job->task, g_task_get_source_object (job->task),
                   g_task_get_task_data (job->task), g_task_get_cancellable (job->task));
  g_object_unref (job->task);
}

static GThreadPool *
ensure_pool (void)
{
  static GThreadPool *pool;

  if (g_once_init_enter (&pool))
    g_once_init_leave (&pool, g_thread_pool_new (run_job, NULL, 1, FALSE, NULL));
  return pool;
}

void
phaeton_worker_push (GTask *task, GTaskThreadFunc function)
{
  Job *job = g_new (Job, 1);

  g_return_if_fail (G_IS_TASK (task));

  job->task = g_object_ref (task);
  job->function = function;
  g_thread_pool_push (ensure_pool (), job, NULL);
}

static void
signal_drained (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GAsyncQueue *done = data;

  g_async_queue_push (done, GINT_TO_POINTER (1));
  g_task_return_boolean (task, TRUE);
}

void
phaeton_worker_drain (void)
{
  g_autoptr (GAsyncQueue) done = g_async_queue_new ();
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

  g_task_set_task_data (task, done, NULL);
  phaeton_worker_push (task, signal_drained);
  g_async_queue_pop (done);
}
