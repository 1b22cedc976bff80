/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-secrets.h"

#include <string.h>

#include "phaeton-error.h"
#include "phaeton-file.h"
#include "phaeton-keys.h"
#include "phaeton-mask.h"
#include "phaeton-secret-service.h"
#include "phaeton-yaml.h"

#define MAX_SECRET_BYTES 65536
#define CREDENTIAL_PREFIX "phaeton."
#define FILE_NAME "secrets"

typedef void (*SecretFunc) (const PhaetonSection *section, const PhaetonKey *key, const char *name,
                            gpointer user_data);

static void
for_each_secret (SecretFunc function, gpointer user_data)
{
  for (guint i = 0; i < phaeton_n_sections; i++)
    for (guint k = 0; k < phaeton_sections[i].n_keys; k++) {
      const PhaetonSection *section = &phaeton_sections[i];
      const PhaetonKey *key = &section->keys[k];
      g_autofree char *name = g_strconcat (section->name, ".", key->name, NULL);

      if ((key->flags & PHAETON_KEY_SECRET) != 0 && section->kind == PHAETON_SECTION_OBJECT)
        function (section, key, name, user_data);
    }
}

static void
load_credential (const PhaetonSection *section, const PhaetonKey *key, const char *name,
                 gpointer user_data)
{
  const char *folder = g_getenv ("CREDENTIALS_DIRECTORY");
  g_autofree char *file = g_strconcat (CREDENTIAL_PREFIX, name, NULL);
  g_autofree char *path = folder != NULL ? g_build_filename (folder, file, NULL) : NULL;
  gsize length = 0;
  char *text = path != NULL ? phaeton_file_read (path, MAX_SECRET_BYTES, &length, NULL) : NULL;

  if (text != NULL && g_utf8_validate (text, (gssize) length, NULL))
    g_hash_table_replace (user_data, g_strdup (name), g_strchomp (g_steal_pointer (&text)));
  g_free (text);
}

static void
take_stored (const PhaetonSection *section, const PhaetonKey *key, const char *name,
             gpointer user_data)
{
  gpointer *arguments = user_data;
  const PhaetonNode *node = phaeton_node_get (arguments[1], name);

  if (node != NULL && phaeton_node_is_null (node))
    g_hash_table_replace (arguments[0], g_strdup (name), NULL);
  else if (node != NULL && node->kind == PHAETON_NODE_SCALAR && node->is_quoted)
    g_hash_table_replace (arguments[0], g_strdup (name), g_strdup (node->text));
}

static GHashTable *
new_secrets (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static GHashTable *
load_credentials (void)
{
  GHashTable *credentials = new_secrets ();

  for_each_secret (load_credential, credentials);
  return credentials;
}

/* what the file of the state folder has, into @secrets */
static void
load_file (const char *state_dir, GHashTable *secrets)
{
  g_autofree char *path = state_dir != NULL ? g_build_filename (state_dir, FILE_NAME, NULL) : NULL;
  g_autoptr (GPtrArray) problems = phaeton_problems_new ();
  g_autoptr (PhaetonNode) stored = NULL;
  g_autofree char *text = NULL;
  gsize length = 0;

  if (path != NULL)
    text = phaeton_file_read (path, MAX_SECRET_BYTES, &length, NULL);
  if (text != NULL)
    stored = phaeton_yaml_parse (text, length, problems); /* JSON is YAML */
  if (stored != NULL) {
    gpointer arguments[] = { secrets, stored };

    for_each_secret (take_stored, arguments);
  }
}

GHashTable *
phaeton_secrets_load (const char *state_dir)
{
  GHashTable *secrets = load_credentials ();

  load_file (state_dir, secrets);
  return secrets;
}

GHashTable *
phaeton_secrets_copy (GHashTable *secrets)
{
  GHashTable *copy = new_secrets ();
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, secrets);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_hash_table_insert (copy, g_strdup (name), g_strdup (value));
  return copy;
}

gboolean
phaeton_secrets_are_complete (GHashTable *secrets)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, secrets);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (value == NULL)
      return FALSE;
  return TRUE;
}

gboolean
phaeton_secrets_fetch (const char *state_dir, GHashTable *secrets, GCancellable *cancellable,
                       GError **error)
{
  GHashTableIter iter;
  gpointer name, value;

  if (!phaeton_secret_service_is_there ()) {
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_STORAGE,
                         "the Secret Service that keeps secrets of ours does not run");
    return FALSE;
  }
  g_hash_table_iter_init (&iter, secrets);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    if (value != NULL)
      continue;
    value = phaeton_secret_service_lookup (state_dir, name, cancellable, error);
    if (value == NULL)
      return FALSE;
    g_hash_table_iter_replace (&iter, value);
  }
  return TRUE;
}

/* those that the Secret Service had and that are no more */
static void
remove_from_service (const char *state_dir, GHashTable *secrets, GCancellable *cancellable)
{
  g_autoptr (GHashTable) before = new_secrets ();
  GHashTableIter iter;
  gpointer name, value;

  load_file (state_dir, before);
  g_hash_table_iter_init (&iter, before);
  while (g_hash_table_iter_next (&iter, &name, &value))
    if (value == NULL && !g_hash_table_contains (secrets, name))
      phaeton_secret_service_store (state_dir, name, NULL, cancellable, NULL);
}

/* what the file is to have: a null for each that is in the Secret Service; credentials are kept by
 * whoever gave them */
static JsonObject *
distribute (const char *state_dir, GHashTable *secrets, GCancellable *cancellable)
{
  const gboolean has_service = phaeton_secret_service_is_there ();
  g_autoptr (GHashTable) credentials = load_credentials ();
  JsonObject *object = json_object_new ();
  GHashTableIter iter;
  gpointer name, value;

  if (has_service)
    remove_from_service (state_dir, secrets, cancellable);
  g_hash_table_iter_init (&iter, secrets);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    if (value != NULL && g_strcmp0 (g_hash_table_lookup (credentials, name), value) == 0)
      continue;
    if (value == NULL ||
        (has_service && phaeton_secret_service_store (state_dir, name, value, cancellable, NULL)))
      json_object_set_null_member (object, name);
    else
      json_object_set_string_member (object, name, value);
  }
  return object;
}

gboolean
phaeton_secrets_save (const char *state_dir, GHashTable *secrets, GCancellable *cancellable,
                      GError **error)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *path = NULL, *text = NULL;

  if (state_dir == NULL) {
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_STORAGE,
                         "no state folder to keep the secret in");
    return FALSE;
  }
  json_node_take_object (root, distribute (state_dir, secrets, cancellable));
  text = json_to_string (root, TRUE);
  path = g_build_filename (state_dir, FILE_NAME, NULL);
  g_mkdir_with_parents (state_dir, 0700);
  return phaeton_file_write (path, text, 0600, error);
}

void
phaeton_secrets_apply (GHashTable *secrets, PhaetonNode *root)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, secrets);
  while (g_hash_table_iter_next (&iter, &name, &value)) {
    g_auto (GStrv) path = g_strsplit (name, ".", 2);
    const PhaetonNode *node = phaeton_node_get_path (root, (const char *const *) path);

    if (value == NULL)
      continue;
    if (node == NULL || (node->kind == PHAETON_NODE_SCALAR && node->text[0] == '\0') ||
        phaeton_node_is_null (node))
      phaeton_node_set_path (root, (const char *const *) path,
                             phaeton_node_new_scalar (value, TRUE));
  }
}

typedef struct {
  const PhaetonNode *root;
  GPtrArray *values; /* (element-type utf8): borrowed */
} Collection;

static void
collect (const PhaetonSection *section, const PhaetonKey *key, const char *name, gpointer user_data)
{
  Collection *collection = user_data;
  const char *const path[] = { section->name, key->name, NULL };
  const PhaetonNode *node = phaeton_node_get_path (collection->root, path);

  if (node != NULL && node->kind == PHAETON_NODE_SCALAR && !phaeton_node_is_null (node))
    g_ptr_array_add (collection->values, node->text);
}

void
phaeton_secrets_mask (const PhaetonNode *root)
{
  g_autoptr (GPtrArray) values = g_ptr_array_new ();
  Collection collection = { root, values };

  for_each_secret (collect, &collection);
  g_ptr_array_add (values, NULL);
  phaeton_mask_set_secrets ((const char *const *) values->pdata);
}
