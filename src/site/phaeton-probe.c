/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-probe.h"

#include "phaeton-registry.h"

#define LIMIT_MS 10000   /* of the wire, so real time */
#define IDENTITY_MS 3000 /* after the first measurements, for who it is */
#define FAILED_MS 1000   /* a failure takes so long: nobody finds out about many addresses quickly \
                          */

typedef struct {
  PhaetonCharger *charger; /* (owned) */
  PhaetonProbe *result;    /* (owned) (nullable): until it is given away */
  gint64 begun_us;
  guint timer_id;
  GCancellable *cancellable; /* (owned) (nullable) */
  gulong cancelled_id;
} Job;

void
phaeton_probe_free (PhaetonProbe *self)
{
  g_free (self->error);
  g_free (self->connection);
  g_free (self->manufacturer);
  g_free (self->model);
  g_free (self->serial);
  g_free (self->firmware);
  g_free (self);
}

static void
free_job (gpointer data)
{
  Job *job = data;

  g_clear_handle_id (&job->timer_id, g_source_remove);
  g_clear_pointer (&job->result, phaeton_probe_free);
  g_clear_object (&job->charger);
  g_clear_object (&job->cancellable);
  g_free (job);
}

static int
get_age_ms (const Job *job)
{
  return (int) ((phaeton_clock_get_machine_us () - job->begun_us) / 1000);
}

static void
take_identity (Job *job)
{
  const PhaetonIdentity *is = phaeton_charger_get_identity (job->charger);
  PhaetonProbe *result = job->result;

  result->manufacturer = g_strdup (is->manufacturer);
  result->model = g_strdup (is->model);
  result->serial = g_strdup (is->serial);
  result->firmware = g_strdup (is->firmware);
  phaeton_charger_get_capabilities (job->charger, &result->can);
}

/* in a turn of its own: the driver is in the middle of telling us */
static gboolean
end_cb (gpointer user_data)
{
  GTask *task = user_data;
  Job *job = g_task_get_task_data (task);
  PhaetonProbe *result = job->result;

  job->timer_id = 0;
  g_signal_handlers_disconnect_by_data (job->charger, task);
  g_cancellable_disconnect (job->cancellable, job->cancelled_id);
  if (result->answers)
    take_identity (job);
  else if (result->error == NULL)
    result->error = g_strdup_printf ("no answer within %d s", LIMIT_MS / 1000);
  result->connection = phaeton_charger_dup_connection (job->charger);
  result->took_ms = get_age_ms (job);
  phaeton_charger_stop (job->charger);
  if (!g_task_return_error_if_cancelled (task))
    g_task_return_pointer (task, g_steal_pointer (&job->result),
                           (GDestroyNotify) phaeton_probe_free);
  g_object_unref (task);
  return G_SOURCE_REMOVE;
}

static void
end_in (GTask *task, guint ms)
{
  Job *job = g_task_get_task_data (task);

  g_clear_handle_id (&job->timer_id, g_source_remove);
  job->timer_id = g_timeout_add (ms, end_cb, task);
}

static gboolean
knows_itself (PhaetonCharger *charger)
{
  return phaeton_charger_get_identity (charger)->serial != NULL;
}

static void
sampled_cb (PhaetonCharger *charger, const PhaetonChargerSample *sample, GTask *task)
{
  Job *job = g_task_get_task_data (task);

  job->result->sample = *sample;
  if (job->result->answers)
    return;
  job->result->answers = TRUE;
  g_clear_pointer (&job->result->error, g_free); /* the second attempt did it */
  end_in (task, knows_itself (charger) ? 0 : IDENTITY_MS);
}

static void
identified_cb (PhaetonCharger *charger, GTask *task)
{
  Job *job = g_task_get_task_data (task);

  if (job->result->answers && knows_itself (charger))
    end_in (task, 0);
}

static void
failed_cb (PhaetonCharger *charger, const GError *error, GTask *task)
{
  Job *job = g_task_get_task_data (task);

  if (job->result->answers || job->result->error != NULL)
    return;
  job->result->error = g_strdup (error->message);
  end_in (task, (guint) MAX (FAILED_MS - get_age_ms (job), 0));
}

static void
cancelled_cb (GCancellable *cancellable, GTask *task)
{
  end_in (task, 0);
}

void
phaeton_probe_async (const PhaetonChargerConfig *config, PhaetonClock *clock,
                     GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  PhaetonChargerConfig copy = *config;
  Job *job = g_new0 (Job, 1);
  GError *error = NULL;

  copy.id = (char *) "test"; /* in the log: it is not the one that runs */
  g_task_set_source_tag (task, phaeton_probe_async);
  g_task_set_task_data (task, job, free_job);
  job->result = g_new0 (PhaetonProbe, 1);
  job->charger = phaeton_registry_new_charger (&copy, clock, &error);
  if (job->charger == NULL) {
    g_task_return_error (task, error);
    g_object_unref (task);
    return;
  }
  job->begun_us = phaeton_clock_get_machine_us ();
  end_in (task, LIMIT_MS);
  g_signal_connect (job->charger, "sampled", G_CALLBACK (sampled_cb), task);
  g_signal_connect (job->charger, "identified", G_CALLBACK (identified_cb), task);
  g_signal_connect (job->charger, "failed", G_CALLBACK (failed_cb), task);
  phaeton_charger_start (job->charger);
  if (cancellable == NULL)
    return;
  job->cancellable = g_object_ref (cancellable);
  job->cancelled_id = g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb), task, NULL);
}

PhaetonProbe *
phaeton_probe_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
