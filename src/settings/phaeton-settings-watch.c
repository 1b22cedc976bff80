/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-settings"
#include "config.h"

#include "phaeton-settings-private.h"

#include "phaeton-error.h"
#include "phaeton-file.h"
#include "phaeton-log.h"
#include "phaeton-worker.h"
#include "phaeton-yaml.h"

/* The file as others change it. */

#define DEBOUNCE_MS 50

typedef struct {
  char *path;
  GPtrArray *edits;
  GHashTable *secrets;
  char **environment;
  guint generation;
} ReloadRequest;

static void
reload_request_free (ReloadRequest *self)
{
  g_free (self->path);
  g_ptr_array_unref (self->edits);
  g_hash_table_unref (self->secrets);
  g_strfreev (self->environment);
  g_free (self);
}

static void
run_reload (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const ReloadRequest *request = data;
  GError *error = NULL;
  gsize length = 0;
  char *text = phaeton_file_read (request->path, PHAETON_MAX_FILE_BYTES, &length, &error);

  if (text == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task,
                           phaeton_reading_new (text, length, request->edits, request->secrets,
                                                (const char *const *) request->environment),
                           (GDestroyNotify) phaeton_reading_free);
}

static void schedule_reload (PhaetonSettings *self);

static void
reload_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  PhaetonSettings *self = PHAETON_SETTINGS (source);
  const ReloadRequest *request = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;
  g_autoptr (PhaetonReading) reading = g_task_propagate_pointer (G_TASK (result), &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (reading == NULL) { /* an editor that removes and writes again: the next event tells */
    phaeton_message ("", "settings stay as they are: %s", error->message);
    return;
  }
  if (self->is_saving || self->generation != request->generation) { /* it is older than a change */
    schedule_reload (self);
    return;
  }
  if (self->path == NULL)
    self->path = g_strdup (self->save_path);
  if (reading->config != NULL)
    phaeton_settings_set_refused (self, NULL);
  if (g_strcmp0 (reading->text, self->reading->text) == 0) { /* our own, or mended again */
    if (self->problems != self->reading->problems)
      phaeton_settings_set_problems (self, self->reading->problems);
    phaeton_settings_save (self); /* what could not be written into a broken file */
    return;
  }
  if (reading->config == NULL) {
    phaeton_warning ("", "%s is refused, the last good settings stay in force", self->path);
    phaeton_settings_set_refused (self, reading->problems);
    return;
  }
  phaeton_message ("", "settings read again from %s", self->path);
  phaeton_settings_set_reading (self, g_steal_pointer (&reading));
  phaeton_settings_save (self);
}

static gboolean
debounce_cb (gpointer user_data)
{
  PhaetonSettings *self = user_data;
  ReloadRequest *request;
  g_autoptr (GTask) task = NULL;

  if (self->is_saving) /* it reads the file again when it is done */
    return G_SOURCE_CONTINUE;
  self->debounce_id = 0;
  request = g_new0 (ReloadRequest, 1);
  request->path = g_strdup (self->save_path);
  request->edits = phaeton_yaml_edits_copy (self->unsaved);
  request->secrets = g_hash_table_ref (self->secrets);
  request->environment = g_get_environ ();
  request->generation = self->generation;
  task = g_task_new (self, self->cancellable, reload_cb, NULL);
  g_task_set_source_tag (task, debounce_cb);
  g_task_set_task_data (task, request, (GDestroyNotify) reload_request_free);
  phaeton_worker_push (task, run_reload);
  return G_SOURCE_REMOVE;
}

static void
schedule_reload (PhaetonSettings *self)
{
  if (self->debounce_id == 0)
    self->debounce_id = g_timeout_add (DEBOUNCE_MS, debounce_cb, self);
}

static void
file_changed_cb (GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event,
                 gpointer user_data)
{
  if (event != G_FILE_MONITOR_EVENT_ATTRIBUTE_CHANGED && event != G_FILE_MONITOR_EVENT_DELETED)
    schedule_reload (PHAETON_SETTINGS (user_data));
}

/* where there is no file yet, the first one to be made is seen as well */
void
phaeton_settings_watch (PhaetonSettings *self)
{
  g_autoptr (GFile) file = NULL;
  g_autoptr (GError) error = NULL;

  g_return_if_fail (PHAETON_IS_SETTINGS (self));

  if (self->monitor != NULL)
    return;
  phaeton_settings_fetch_secrets (self);
  if (self->save_path == NULL)
    return;
  file = g_file_new_for_path (self->save_path);
  self->monitor = g_file_monitor_file (file, G_FILE_MONITOR_WATCH_MOVES, NULL, &error);
  if (self->monitor == NULL) {
    phaeton_warning ("", "changes of %s will not be seen: %s", self->save_path, error->message);
    return;
  }
  g_file_monitor_set_rate_limit (self->monitor, 100);
  g_signal_connect_object (self->monitor, "changed", G_CALLBACK (file_changed_cb), self, 0);
  if (self->path != NULL)
    schedule_reload (self); /* what changed between load and now */
}
