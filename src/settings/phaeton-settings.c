/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-settings"
#include "config.h"

#include "phaeton-settings-private.h"

#include "phaeton-document.h"
#include "phaeton-error.h"
#include "phaeton-file.h"
#include "phaeton-keys.h"
#include "phaeton-secrets.h"
#include "phaeton-yaml.h"

G_DEFINE_FINAL_TYPE (PhaetonSettings, phaeton_settings, G_TYPE_OBJECT)

enum { CONFIG_CHANGED, PROBLEMS_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

void
phaeton_settings_set_problems (PhaetonSettings *self, GPtrArray *problems)
{
  const gboolean had_some = self->problems->len > 0;

  g_ptr_array_unref (self->problems);
  self->problems = g_ptr_array_ref (problems);
  if (had_some || problems->len > 0)
    g_signal_emit (self, signals[PROBLEMS_CHANGED], 0);
}

void
phaeton_settings_set_refused (PhaetonSettings *self, GPtrArray *problems)
{
  g_clear_pointer (&self->refused, g_ptr_array_unref);
  self->refused = problems != NULL ? g_ptr_array_ref (problems) : NULL;
  if (problems != NULL)
    phaeton_settings_set_problems (self, problems);
}

void
phaeton_settings_set_reading (PhaetonSettings *self, PhaetonReading *reading)
{
  g_autoptr (PhaetonSettings) alive = g_object_ref (self); /* handlers may drop the last one */

  g_clear_pointer (&self->reading, phaeton_reading_free);
  self->reading = reading;
  phaeton_secrets_mask (reading->root);
  phaeton_settings_set_problems (self, self->refused != NULL ? self->refused : reading->problems);
  g_signal_emit (self, signals[CONFIG_CHANGED], 0);
}

static char *
find_file (const char *folder)
{
  g_auto (GStrv) candidates = phaeton_file_list_candidates (folder, "");

  for (guint i = 0; candidates[i] != NULL; i++)
    if (g_file_test (candidates[i], G_FILE_TEST_EXISTS))
      return g_strdup (candidates[i]);
  return NULL;
}

PhaetonSettings *
phaeton_settings_load (const char *path, const char *state_dir, GError **error)
{
  g_autoptr (PhaetonSettings) self = g_object_new (PHAETON_TYPE_SETTINGS, NULL);
  g_auto (GStrv) environment = g_get_environ ();
  g_autofree char *folder = g_get_current_dir ();
  gsize length = 0;
  char *text = NULL;

  if (!phaeton_keys_ensure (error))
    return NULL;
  self->state_dir = g_strdup (state_dir);
  self->path = path != NULL ? g_strdup (path) : find_file (folder);
  self->save_path =
    self->path != NULL ? g_strdup (self->path) : phaeton_file_find_save_path (folder, "");
  self->secrets = phaeton_secrets_load (state_dir);
  if (self->path != NULL) {
    g_autoptr (GError) reason = NULL;

    text = phaeton_file_read (self->path, PHAETON_MAX_FILE_BYTES, &length, &reason);
    if (text == NULL) {
      g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, reason->message);
      return NULL;
    }
  }
  self->reading =
    phaeton_reading_new (text, length, NULL, self->secrets, (const char *const *) environment);
  if (self->reading->config == NULL) {
    phaeton_problems_set_error (self->reading->problems, self->path, error);
    return NULL;
  }
  phaeton_secrets_mask (self->reading->root);
  g_ptr_array_unref (self->problems);
  self->problems = g_ptr_array_ref (self->reading->problems);
  return g_steal_pointer (&self);
}

PhaetonConfig *
phaeton_settings_get_config (PhaetonSettings *self)
{
  return self->reading->config;
}

const char *
phaeton_settings_get_path (PhaetonSettings *self)
{
  return self->path;
}

const char *
phaeton_settings_get_save_path (PhaetonSettings *self)
{
  return self->save_path;
}

GPtrArray *
phaeton_settings_get_problems (PhaetonSettings *self)
{
  return self->problems;
}

gboolean
phaeton_settings_is_saved (PhaetonSettings *self)
{
  return !self->save_failed;
}

JsonNode *
phaeton_settings_dup_document (PhaetonSettings *self)
{
  g_autoptr (PhaetonNode) document = phaeton_document_build (self->reading->root, FALSE);

  return phaeton_node_to_json (document);
}

static void
phaeton_settings_dispose (GObject *object)
{
  PhaetonSettings *self = PHAETON_SETTINGS (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->debounce_id, g_source_remove);
  g_clear_handle_id (&self->retry_id, g_source_remove);
  g_clear_handle_id (&self->fetch_id, g_source_remove);
  g_clear_object (&self->monitor);
  G_OBJECT_CLASS (phaeton_settings_parent_class)->dispose (object);
}

static void
phaeton_settings_finalize (GObject *object)
{
  PhaetonSettings *self = PHAETON_SETTINGS (object);

  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->reading, phaeton_reading_free);
  g_clear_pointer (&self->problems, g_ptr_array_unref);
  g_clear_pointer (&self->refused, g_ptr_array_unref);
  g_clear_pointer (&self->secrets, g_hash_table_unref);
  g_clear_pointer (&self->unsaved, g_ptr_array_unref);
  g_clear_pointer (&self->waiting, g_ptr_array_unref);
  g_free (self->path);
  g_free (self->save_path);
  g_free (self->state_dir);
  G_OBJECT_CLASS (phaeton_settings_parent_class)->finalize (object);
}

static void
phaeton_settings_class_init (PhaetonSettingsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = phaeton_settings_dispose;
  G_OBJECT_CLASS (klass)->finalize = phaeton_settings_finalize;
  signals[CONFIG_CHANGED] = g_signal_new ("config-changed", PHAETON_TYPE_SETTINGS,
                                          G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[PROBLEMS_CHANGED] = g_signal_new ("problems-changed", PHAETON_TYPE_SETTINGS,
                                            G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
phaeton_settings_init (PhaetonSettings *self)
{
  self->problems = phaeton_problems_new ();
  self->unsaved = phaeton_yaml_edits_new ();
  self->waiting = g_ptr_array_new_with_free_func (g_object_unref);
  self->cancellable = g_cancellable_new ();
}
