/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-settings-private.h"

#include "phaeton-document.h"
#include "phaeton-error.h"
#include "phaeton-secrets.h"
#include "phaeton-yaml.h"

/* Changes by people and programs: checked, in force at once, then saved. */

/* @edits of secrets that are not in the file go to the store of secrets instead */
static GHashTable *
split_secrets (PhaetonSettings *self, GPtrArray *edits)
{
  GHashTable *secrets = NULL;

  for (guint i = edits->len; i > 0; i--) {
    const PhaetonYamlEdit *edit = edits->pdata[i - 1];
    const char *const *path = (const char *const *) edit->path;
    const PhaetonNode *in_file = phaeton_node_get_path (self->reading->file_root, path);
    char *name;

    if (!phaeton_document_is_secret (path) ||
        (in_file != NULL && in_file->kind == PHAETON_NODE_SCALAR && in_file->text[0] != '\0' &&
         !phaeton_node_is_null (in_file)))
      continue;
    if (edit->value != NULL && edit->value->kind != PHAETON_NODE_SCALAR)
      continue; /* validation refuses it */
    if (secrets == NULL)
      secrets = phaeton_secrets_copy (self->secrets);
    name = g_strjoinv (".", edit->path);
    if (edit->value != NULL && edit->value->text[0] != '\0')
      g_hash_table_replace (secrets, name, g_strdup (edit->value->text));
    else {
      g_hash_table_remove (secrets, name);
      g_free (name);
    }
    g_ptr_array_remove_index (edits, i - 1);
  }
  return secrets;
}

static void
warn_of_environment (PhaetonSettings *self, GPtrArray *edits, GPtrArray *problems)
{
  for (guint i = 0; i < edits->len; i++) {
    const PhaetonYamlEdit *edit = edits->pdata[i];
    const PhaetonNode *node =
      phaeton_node_get_path (self->reading->root, (const char *const *) edit->path);
    g_autofree char *path = g_strjoinv (".", edit->path);

    if (node != NULL && node->place.origin != NULL)
      phaeton_problems_add (problems, FALSE, path, NULL, NULL,
                            "saved, but the environment variable %s stays in force",
                            node->place.origin);
  }
}

static gboolean
refuse_file_only (GPtrArray *edits, GPtrArray *problems)
{
  gboolean refused = FALSE;

  for (guint i = 0; i < edits->len; i++) {
    const PhaetonYamlEdit *edit = edits->pdata[i];
    g_autofree char *name = NULL;

    if (!phaeton_document_has_flag ((const char *const *) edit->path, PHAETON_KEY_FILE_ONLY))
      continue;
    name = g_strjoinv (".", edit->path);
    phaeton_problems_add (problems, TRUE, name, NULL, NULL,
                          "a path of this machine is set in the settings file only");
    refused = TRUE;
  }
  return refused;
}

/**
 * make_reading:
 * @edits: (out) (transfer full): what is to change in the file
 * @secrets: (out) (transfer full) (nullable): all of them, when one changes that is not in the file
 *
 * Returns: (transfer full) (nullable): what the settings become by @patch; it may have no config
 */
static PhaetonReading *
make_reading (PhaetonSettings *self, JsonNode *patch, GPtrArray **edits, GHashTable **secrets,
              GError **error)
{
  g_autoptr (PhaetonNode) tree = phaeton_node_from_json (patch);
  g_autoptr (PhaetonNode) document = phaeton_document_build (self->reading->root, TRUE);
  g_auto (GStrv) environment = g_get_environ ();
  PhaetonReading *reading;

  if (tree == NULL || tree->kind != PHAETON_NODE_MAP) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                 "settings are changed by an object, not too deep and not too large");
    return NULL;
  }
  *edits = phaeton_document_diff (document, tree);
  phaeton_document_fit_edits (*edits, self->reading->file_root);
  *secrets = split_secrets (self, *edits);
  reading =
    phaeton_reading_patch (self->reading, *edits, *secrets != NULL ? *secrets : self->secrets,
                           (const char *const *) environment);
  warn_of_environment (self, *edits, reading->problems);
  if (refuse_file_only (*edits, reading->problems))
    g_clear_pointer (&reading->config, phaeton_config_unref);
  if (reading->config == NULL)
    phaeton_problems_set_error (reading->problems, NULL, error);
  return reading;
}

PhaetonConfig *
phaeton_settings_preview (PhaetonSettings *self, JsonNode *patch, GPtrArray **problems,
                          GError **error)
{
  g_autoptr (GPtrArray) edits = NULL;
  g_autoptr (GHashTable) secrets = NULL;
  g_autoptr (PhaetonReading) reading = make_reading (self, patch, &edits, &secrets, error);

  *problems = reading != NULL ? g_ptr_array_ref (reading->problems) : phaeton_problems_new ();
  return reading != NULL ? g_steal_pointer (&reading->config) : NULL;
}

void
phaeton_settings_patch_async (PhaetonSettings *self, JsonNode *patch, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GHashTable) secrets = NULL;
  g_autoptr (GPtrArray) edits = NULL;
  GError *error = NULL;
  g_autoptr (PhaetonReading) reading = make_reading (self, patch, &edits, &secrets, &error);

  g_task_set_source_tag (task, phaeton_settings_patch_async);
  if (reading != NULL)
    g_task_set_task_data (task, g_ptr_array_ref (reading->problems),
                          (GDestroyNotify) g_ptr_array_unref);
  if (error != NULL) {
    g_task_return_error (task, error);
    return;
  }
  if (edits->len == 0 && secrets == NULL) {
    g_task_return_boolean (task, TRUE);
    return;
  }
  if (secrets != NULL) {
    g_hash_table_unref (self->secrets);
    self->secrets = g_steal_pointer (&secrets);
    self->secrets_unsaved = TRUE;
  }
  phaeton_yaml_edits_add (self->unsaved, edits);
  g_ptr_array_add (self->waiting, g_steal_pointer (&task));
  self->generation++;
  phaeton_settings_save (self);
  phaeton_settings_set_reading (self, g_steal_pointer (&reading));
}

gboolean
phaeton_settings_patch_finish (PhaetonSettings *self, GAsyncResult *result, GPtrArray **problems,
                               GError **error)
{
  GPtrArray *found;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  found = g_task_get_task_data (G_TASK (result));
  if (problems != NULL)
    *problems = found != NULL ? g_ptr_array_ref (found) : phaeton_problems_new ();
  return g_task_propagate_boolean (G_TASK (result), error);
}
