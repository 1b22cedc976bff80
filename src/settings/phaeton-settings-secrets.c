/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-settings"
#include "config.h"

#include "phaeton-settings-private.h"

#include "phaeton-log.h"
#include "phaeton-secrets.h"
#include "phaeton-worker.h"

/* Secrets that the Secret Service of the session keeps. Where it keeps none of ours, nothing of
 * this runs. It may come up after us or wait for a person to unlock it: then we ask again. */

#define PATIENCE_S 10
#define FETCH_AGAIN_S 60

typedef struct {
  char *state_dir;
  GHashTable *secrets; /* own copy */
  GCancellable *patience;
} FetchRequest;

static void
fetch_request_free (FetchRequest *self)
{
  g_free (self->state_dir);
  g_hash_table_unref (self->secrets);
  g_object_unref (self->patience);
  g_free (self);
}

static gboolean
end_patience_cb (gpointer user_data)
{
  g_cancellable_cancel (user_data);
  return G_SOURCE_REMOVE;
}

GCancellable *
phaeton_settings_new_patience (void)
{
  GCancellable *patience = g_cancellable_new ();

  g_timeout_add_seconds_full (G_PRIORITY_DEFAULT, PATIENCE_S, end_patience_cb,
                              g_object_ref (patience), g_object_unref);
  return patience;
}

static void
run_fetch (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const FetchRequest *request = data;
  GError *error = NULL;

  if (phaeton_secrets_fetch (request->state_dir, request->secrets, request->patience, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static gboolean
fetch_again_cb (gpointer user_data)
{
  PhaetonSettings *self = user_data;

  self->fetch_id = 0;
  phaeton_settings_fetch_secrets (self);
  return G_SOURCE_REMOVE;
}

/* only what nobody set meanwhile */
static void
take_fetched (PhaetonSettings *self, GHashTable *fetched)
{
  g_autoptr (GHashTable) secrets = phaeton_secrets_copy (self->secrets);
  g_auto (GStrv) environment = g_get_environ ();
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (PhaetonReading) reading = NULL;
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, secrets);
  while (g_hash_table_iter_next (&iter, &name, &value))
    if (value == NULL)
      g_hash_table_iter_replace (&iter, g_strdup (g_hash_table_lookup (fetched, name)));
  g_hash_table_unref (self->secrets);
  self->secrets = g_steal_pointer (&secrets);
  self->generation++;
  reading =
    phaeton_reading_patch (self->reading, none, self->secrets, (const char *const *) environment);
  if (reading->config != NULL)
    phaeton_settings_set_reading (self, g_steal_pointer (&reading));
}

static void
fetch_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  PhaetonSettings *self = PHAETON_SETTINGS (source);
  const FetchRequest *request = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error)) {
    take_fetched (self, request->secrets);
    return;
  }
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  phaeton_message ("", "a secret is missing: %s", error->message);
  self->fetch_id = g_timeout_add_seconds (FETCH_AGAIN_S, fetch_again_cb, self);
}

void
phaeton_settings_fetch_secrets (PhaetonSettings *self)
{
  FetchRequest *request;
  g_autoptr (GTask) task = NULL;

  if (phaeton_secrets_are_complete (self->secrets))
    return;
  request = g_new0 (FetchRequest, 1);
  request->state_dir = g_strdup (self->state_dir);
  request->secrets = phaeton_secrets_copy (self->secrets);
  request->patience = phaeton_settings_new_patience ();
  task = g_task_new (self, self->cancellable, fetch_cb, NULL);
  g_task_set_source_tag (task, phaeton_settings_fetch_secrets);
  g_task_set_task_data (task, request, (GDestroyNotify) fetch_request_free);
  phaeton_worker_push (task, run_fetch);
}
