/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-config-reading.h"

#include <string.h>

#include "phaeton-environment.h"
#include "phaeton-legacy.h"
#include "phaeton-reader.h"
#include "phaeton-secrets.h"
#include "phaeton-yaml.h"

void
phaeton_reading_free (PhaetonReading *self)
{
  g_free (self->text);
  g_clear_pointer (&self->file_root, phaeton_node_free);
  g_clear_pointer (&self->root, phaeton_node_free);
  g_clear_pointer (&self->config, phaeton_config_unref);
  g_clear_pointer (&self->problems, g_ptr_array_unref);
  g_free (self);
}

/* from what the file says to what is in force */
static void
evaluate (PhaetonReading *self, GPtrArray *edits, GHashTable *secrets,
          const char *const *environment)
{
  if (self->file_root == NULL)
    return;
  for (guint i = 0; edits != NULL && i < edits->len; i++) {
    const PhaetonYamlEdit *edit = edits->pdata[i];

    phaeton_node_set_path (self->file_root, (const char *const *) edit->path,
                           edit->value != NULL ? phaeton_node_copy (edit->value) : NULL);
  }
  self->root = phaeton_node_copy (self->file_root);
  phaeton_environment_apply (self->root, environment, self->problems);
  if (secrets != NULL)
    phaeton_secrets_apply (secrets, self->root);
  phaeton_legacy_normalise (self->root, self->problems);
  self->config = phaeton_reader_make_config (self->root, self->problems);
}

PhaetonReading *
phaeton_reading_new (char *text, gsize length, GPtrArray *edits, GHashTable *secrets,
                     const char *const *environment)
{
  PhaetonReading *self = g_new0 (PhaetonReading, 1);

  self->text = text;
  self->problems = phaeton_problems_new ();
  self->file_root = phaeton_yaml_parse (text != NULL ? text : "", length, self->problems);
  evaluate (self, edits, secrets, environment);
  return self;
}

PhaetonReading *
phaeton_reading_patch (const PhaetonReading *self, GPtrArray *edits, GHashTable *secrets,
                       const char *const *environment)
{
  PhaetonReading *patched = g_new0 (PhaetonReading, 1);

  patched->text = g_strdup (self->text);
  patched->problems = phaeton_problems_new ();
  patched->file_root = phaeton_node_copy (self->file_root);
  evaluate (patched, edits, secrets, environment);
  return patched;
}

PhaetonConfig *
phaeton_settings_parse (const char *yaml_text, gssize length, GPtrArray **problems, GError **error)
{
  g_autoptr (PhaetonReading) reading = NULL;
  const gsize size = length < 0 ? strlen (yaml_text) : (gsize) length;

  if (problems != NULL)
    *problems = NULL;
  if (!phaeton_keys_ensure (error))
    return NULL;
  reading = phaeton_reading_new (g_strndup (yaml_text, size), size, NULL, NULL, NULL);
  if (reading->config == NULL)
    phaeton_problems_set_error (reading->problems, NULL, error);
  if (problems != NULL)
    *problems = g_ptr_array_ref (reading->problems);
  return g_steal_pointer (&reading->config);
}
