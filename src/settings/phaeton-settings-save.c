/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-settings"
#include "config.h"

#include "phaeton-settings-private.h"

#include <string.h>

#include "phaeton-error.h"
#include "phaeton-file.h"
#include "phaeton-log.h"
#include "phaeton-secrets.h"
#include "phaeton-worker.h"
#include "phaeton-yaml.h"

/* Into the file. One save at a time; what comes meanwhile, and what failed, waits for the next. */

#define NEW_FILE_MODE 0640

typedef struct {
  char *path;       /* (nullable) */
  GPtrArray *edits; /* (element-type PhaetonYamlEdit) */
  GPtrArray *tasks; /* (element-type GTask): whose edits these are */
  char *state_dir;  /* (nullable) */
  GHashTable *secrets;
  gboolean has_secrets;   /* they are to be saved */
  GCancellable *patience; /* (nullable): with the Secret Service, which may wait for a person */
  char **environment;
  guint generation;
  PhaetonReading *reading; /* (nullable): of what was written */
} SaveRequest;

static void
save_request_free (SaveRequest *self)
{
  g_free (self->path);
  g_ptr_array_unref (self->edits);
  g_ptr_array_unref (self->tasks);
  g_free (self->state_dir);
  g_hash_table_unref (self->secrets);
  g_clear_object (&self->patience);
  g_strfreev (self->environment);
  g_clear_pointer (&self->reading, phaeton_reading_free);
  g_free (self);
}

static gboolean
save_file (SaveRequest *request, GError **error)
{
  g_autofree char *before = NULL, *after = NULL;
  gsize length = 0;

  if (request->edits->len == 0)
    return TRUE;
  if (request->path == NULL) {
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_STORAGE,
                         "no folder for a file of settings can be written");
    return FALSE;
  }
  if (g_file_test (request->path, G_FILE_TEST_EXISTS)) {
    before = phaeton_file_read (request->path, PHAETON_MAX_FILE_BYTES, &length, error);
    if (before == NULL)
      return FALSE;
  }
  after = phaeton_yaml_edit_text (before != NULL ? before : "", request->edits, error);
  if (after == NULL || !phaeton_file_write (request->path, after, NEW_FILE_MODE, error))
    return FALSE;
  length = strlen (after);
  request->reading = phaeton_reading_new (g_steal_pointer (&after), length, NULL, request->secrets,
                                          (const char *const *) request->environment);
  return TRUE;
}

static void
run_save (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  SaveRequest *request = data;
  GError *error = NULL;

  if (request->has_secrets &&
      !phaeton_secrets_save (request->state_dir, request->secrets, request->patience, &error))
    g_task_return_error (task, error);
  else if (!save_file (request, &error))
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static gboolean
retry_cb (gpointer user_data)
{
  PhaetonSettings *self = user_data;

  self->retry_id = 0;
  phaeton_settings_save (self);
  return G_SOURCE_REMOVE;
}

static void
keep_for_later (PhaetonSettings *self, SaveRequest *request, const GError *error)
{
  phaeton_yaml_edits_add (request->edits, self->unsaved);
  g_ptr_array_unref (self->unsaved);
  self->unsaved = g_ptr_array_ref (request->edits);
  self->secrets_unsaved |= request->has_secrets;
  if (!self->save_failed)
    phaeton_warning ("", "settings apply but are not saved: %s; trying again every %d s",
                     error->message, PHAETON_SETTINGS_RETRY_S);
  self->save_failed = TRUE;
  if (self->retry_id == 0)
    self->retry_id = g_timeout_add_seconds (PHAETON_SETTINGS_RETRY_S, retry_cb, self);
}

/* @reading: of the text that was written; normally what is in force already, with true places */
static void
adopt (PhaetonSettings *self, PhaetonReading *reading)
{
  if (reading->config == NULL) { /* somebody else broke the file between our reading and writing */
    phaeton_settings_set_refused (self, reading->problems);
    phaeton_reading_free (reading);
    return;
  }
  phaeton_settings_set_refused (self, NULL);
  if (!phaeton_node_equal (reading->file_root, self->reading->file_root)) {
    phaeton_settings_set_reading (self, reading);
    return;
  }
  phaeton_config_unref (reading->config); /* the same; holders of the old one need not change */
  reading->config = phaeton_config_ref (self->reading->config);
  g_ptr_array_unref (self->problems);
  self->problems = g_ptr_array_ref (reading->problems);
  phaeton_reading_free (self->reading);
  self->reading = reading;
}

static void
save_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  PhaetonSettings *self = PHAETON_SETTINGS (source);
  SaveRequest *request = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;
  const gboolean ok = g_task_propagate_boolean (G_TASK (result), &error);

  self->is_saving = FALSE;
  if (!ok) {
    keep_for_later (self, request, error);
  } else {
    if (self->save_failed)
      phaeton_message ("", "settings are saved again");
    self->save_failed = FALSE;
    if (request->reading != NULL && self->path == NULL)
      self->path = g_strdup (self->save_path);
    if (request->reading != NULL && self->generation == request->generation)
      adopt (self, g_steal_pointer (&request->reading));
  }
  for (guint i = 0; i < request->tasks->len; i++)
    if (ok)
      g_task_return_boolean (request->tasks->pdata[i], TRUE);
    else
      g_task_return_error (request->tasks->pdata[i], g_error_copy (error));
  if (self->waiting->len > 0)
    phaeton_settings_save (self);
}

void
phaeton_settings_save (PhaetonSettings *self)
{
  SaveRequest *request;
  g_autoptr (GTask) task = NULL;

  if (self->is_saving || (self->unsaved->len == 0 && !self->secrets_unsaved))
    return;
  g_clear_handle_id (&self->retry_id, g_source_remove);
  request = g_new0 (SaveRequest, 1);
  request->path = g_strdup (self->save_path);
  request->edits = self->unsaved;
  request->tasks = self->waiting;
  request->state_dir = g_strdup (self->state_dir);
  request->secrets = g_hash_table_ref (self->secrets);
  request->has_secrets = self->secrets_unsaved;
  if (self->secrets_unsaved)
    request->patience = phaeton_settings_new_patience ();
  request->environment = g_get_environ ();
  request->generation = self->generation;
  self->unsaved = phaeton_yaml_edits_new ();
  self->waiting = g_ptr_array_new_with_free_func (g_object_unref);
  self->secrets_unsaved = FALSE;
  self->is_saving = TRUE;
  task = g_task_new (self, NULL, save_cb, NULL);
  g_task_set_source_tag (task, phaeton_settings_save);
  g_task_set_task_data (task, request, (GDestroyNotify) save_request_free);
  phaeton_worker_push (task, run_save);
}
