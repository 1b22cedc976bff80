/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-accounts.h"

#include "phaeton-error.h"
#include "phaeton-file.h"
#include "phaeton-json.h"
#include "phaeton-worker.h"

#include <string.h>
#include <sys/random.h>

#define FILE_NAME "access.json"
#define MAX_FILE_BYTES (256 * 1024)
#define MAX_NESTING 8
#define SECRET_BYTES 32
#define TOKEN_PREFIX "pht_" /* so that scanners for leaked secrets know it */
#define MAX_NAME_BYTES 64

static const char *const role_names[] = {
  [PHAETON_ROLE_NOBODY] = "none",
  [PHAETON_ROLE_VIEWER] = "viewer",
  [PHAETON_ROLE_DRIVER] = "driver",
  [PHAETON_ROLE_ADMIN] = "admin",
};

PhaetonRole
phaeton_role_from_name (const char *name)
{
  for (guint i = PHAETON_ROLE_VIEWER; i < G_N_ELEMENTS (role_names); i++)
    if (g_strcmp0 (name, role_names[i]) == 0)
      return (PhaetonRole) i;
  return PHAETON_ROLE_NOBODY;
}

const char *
phaeton_role_to_name (PhaetonRole role)
{
  return role_names[role];
}

gboolean
phaeton_web_user_name_is_valid (const char *name)
{
  const gsize length = strlen (name);

  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (name[i]) && strchr ("._@-", name[i]) == NULL)
      return FALSE;
  return length > 0 && length <= MAX_NAME_BYTES;
}

static void
free_user (gpointer data)
{
  PhaetonWebUser *user = data;

  g_free (user->name);
  g_free (user->password);
  g_free (user);
}

static void
free_token (gpointer data)
{
  PhaetonWebToken *token = data;

  g_free (token->id);
  g_free (token->name);
  g_free (token->hash);
  g_free (token);
}

PhaetonWebAccounts *
phaeton_web_accounts_new (void)
{
  PhaetonWebAccounts *self = g_new0 (PhaetonWebAccounts, 1);

  self->users = g_ptr_array_new_with_free_func (free_user);
  self->tokens = g_ptr_array_new_with_free_func (free_token);
  return self;
}

void
phaeton_web_accounts_free (PhaetonWebAccounts *self)
{
  g_ptr_array_unref (self->users);
  g_ptr_array_unref (self->tokens);
  g_free (self);
}

/* secrets */

char *
phaeton_web_secret_new (void)
{
  guchar bytes[SECRET_BYTES];
  char *text;

  /* up to 256 bytes come whole once the kernel has seeded itself, getrandom(2) */
  if (getrandom (bytes, sizeof bytes, 0) != sizeof bytes)
    g_error ("the kernel has no random numbers");
  text = g_base64_encode (bytes, sizeof bytes);
  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  g_strdelimit (text, "=", '\0');
  return text;
}

char *
phaeton_web_secret_hash (const char *secret)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, secret, -1);
}

/* users and tokens */

PhaetonWebUser *
phaeton_web_accounts_find_user (const PhaetonWebAccounts *self, const char *name)
{
  for (guint i = 0; i < self->users->len; i++) {
    PhaetonWebUser *user = self->users->pdata[i];

    if (strcmp (user->name, name) == 0)
      return user;
  }
  return NULL;
}

void
phaeton_web_accounts_put_user (PhaetonWebAccounts *self, const char *name, PhaetonRole role,
                               const char *password)
{
  PhaetonWebUser *user = phaeton_web_accounts_find_user (self, name);

  if (user == NULL) {
    user = g_new0 (PhaetonWebUser, 1);
    user->name = g_strdup (name);
    g_ptr_array_add (self->users, user);
  }
  user->role = role;
  if (password != NULL && password != user->password) {
    g_free (user->password);
    user->password = g_strdup (password);
  }
}

void
phaeton_web_accounts_remove_user (PhaetonWebAccounts *self, const char *name)
{
  PhaetonWebUser *user = phaeton_web_accounts_find_user (self, name);

  if (user != NULL)
    g_ptr_array_remove (self->users, user);
}

guint
phaeton_web_accounts_count_admins (const PhaetonWebAccounts *self)
{
  guint n = 0;

  for (guint i = 0; i < self->users->len; i++)
    n += ((const PhaetonWebUser *) self->users->pdata[i])->role == PHAETON_ROLE_ADMIN;
  return n;
}

/* what is compared are digests, so the time that it takes tells nothing of the secret */
const PhaetonWebToken *
phaeton_web_accounts_find_token (const PhaetonWebAccounts *self, const char *secret, gint64 now_at)
{
  g_autofree char *hash = phaeton_web_secret_hash (secret);

  for (guint i = 0; i < self->tokens->len; i++) {
    const PhaetonWebToken *token = self->tokens->pdata[i];

    if (strcmp (token->hash, hash) == 0)
      return token->expires_at == 0 || now_at < token->expires_at ? token : NULL;
  }
  return NULL;
}

const PhaetonWebToken *
phaeton_web_accounts_add_token (PhaetonWebAccounts *self, const char *name, PhaetonRole role,
                                gint64 now_at, gint64 expires_at, char **secret)
{
  g_autofree char *random = phaeton_web_secret_new ();
  PhaetonWebToken *token = g_new0 (PhaetonWebToken, 1);

  *secret = g_strconcat (TOKEN_PREFIX, random, NULL);
  token->id = g_uuid_string_random ();
  token->name = g_strdup (name);
  token->role = role;
  token->hash = phaeton_web_secret_hash (*secret);
  token->created_at = now_at;
  token->expires_at = expires_at;
  g_ptr_array_add (self->tokens, token);
  return token;
}

gboolean
phaeton_web_accounts_remove_token (PhaetonWebAccounts *self, const char *id)
{
  for (guint i = 0; i < self->tokens->len; i++)
    if (strcmp (((const PhaetonWebToken *) self->tokens->pdata[i])->id, id) == 0) {
      g_ptr_array_remove_index (self->tokens, i);
      return TRUE;
    }
  return FALSE;
}

/* the file */

static const char *
get_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
           ? json_node_get_string (node)
           : NULL;
}

static gint64
get_time (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_INT64 ? json_node_get_int (node)
                                                                         : 0;
}

static gboolean
read_user (PhaetonWebAccounts *self, JsonObject *from)
{
  const char *name = get_text (from, "name");
  const char *password = get_text (from, "password");
  const PhaetonRole role = phaeton_role_from_name (get_text (from, "role"));

  if (name == NULL || !phaeton_web_user_name_is_valid (name) || password == NULL ||
      role == PHAETON_ROLE_NOBODY || self->users->len >= PHAETON_WEB_MAX_USERS)
    return FALSE;
  phaeton_web_accounts_put_user (self, name, role, password);
  return TRUE;
}

static gboolean
read_token (PhaetonWebAccounts *self, JsonObject *from)
{
  const char *id = get_text (from, "id");
  const char *name = get_text (from, "name");
  const char *hash = get_text (from, "sha256");
  const PhaetonRole role = phaeton_role_from_name (get_text (from, "role"));
  PhaetonWebToken *token;

  if (id == NULL || name == NULL || hash == NULL || role == PHAETON_ROLE_NOBODY ||
      self->tokens->len >= PHAETON_WEB_MAX_TOKENS)
    return FALSE;
  token = g_new0 (PhaetonWebToken, 1);
  token->id = g_strdup (id);
  token->name = g_strdup (name);
  token->hash = g_strdup (hash);
  token->role = role;
  token->created_at = get_time (from, "created_at");
  token->expires_at = get_time (from, "expires_at");
  g_ptr_array_add (self->tokens, token);
  return TRUE;
}

static gboolean
read_list (PhaetonWebAccounts *self, JsonObject *root, const char *name,
           gboolean (*read) (PhaetonWebAccounts *, JsonObject *), GError **error)
{
  JsonNode *node = json_object_get_member (root, name);
  JsonArray *list =
    node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  for (guint i = 0; list != NULL && i < json_array_get_length (list); i++) {
    JsonNode *item = json_array_get_element (list, i);

    if (JSON_NODE_HOLDS_OBJECT (item) && read (self, json_node_get_object (item)))
      continue;
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_TYPE, "%s[%u] makes no sense", name, i);
    return FALSE;
  }
  return TRUE;
}

PhaetonWebAccounts *
phaeton_web_accounts_parse (const char *text, gsize size, GError **error)
{
  const PhaetonJsonLimits limits = { MAX_FILE_BYTES, MAX_NESTING };
  g_autoptr (PhaetonWebAccounts) self = phaeton_web_accounts_new ();
  g_autoptr (JsonNode) root = phaeton_json_parse (text, size, &limits, error);

  if (root == NULL)
    return NULL;
  if (!JSON_NODE_HOLDS_OBJECT (root)) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_TYPE, "it is no object");
    return NULL;
  }
  if (!read_list (self, json_node_get_object (root), "users", read_user, error) ||
      !read_list (self, json_node_get_object (root), "tokens", read_token, error))
    return NULL;
  return g_steal_pointer (&self);
}

PhaetonWebAccounts *
phaeton_web_accounts_load (const char *state_dir, GError **error)
{
  g_autofree char *path = g_build_filename (state_dir, FILE_NAME, NULL);
  g_autofree char *text = NULL;
  PhaetonWebAccounts *self;
  gsize size;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return phaeton_web_accounts_new ();
  text = phaeton_file_read (path, MAX_FILE_BYTES, &size, error);
  self = text != NULL ? phaeton_web_accounts_parse (text, size, error) : NULL;
  if (self == NULL)
    g_prefix_error (error, "%s: ", path);
  return self;
}

GBytes *
phaeton_web_accounts_print (const PhaetonWebAccounts *self)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_json_begin_object (&json, NULL);
  phaeton_json_int (&json, "version", 1);
  phaeton_json_begin_array (&json, "users");
  for (guint i = 0; i < self->users->len; i++) {
    const PhaetonWebUser *user = self->users->pdata[i];

    phaeton_json_begin_object (&json, NULL);
    phaeton_json_text (&json, "name", user->name);
    phaeton_json_text (&json, "role", phaeton_role_to_name (user->role));
    phaeton_json_text (&json, "password", user->password);
    phaeton_json_end_object (&json);
  }
  phaeton_json_end_array (&json);
  phaeton_json_begin_array (&json, "tokens");
  for (guint i = 0; i < self->tokens->len; i++) {
    const PhaetonWebToken *token = self->tokens->pdata[i];

    phaeton_json_begin_object (&json, NULL);
    phaeton_json_text (&json, "id", token->id);
    phaeton_json_text (&json, "name", token->name);
    phaeton_json_text (&json, "role", phaeton_role_to_name (token->role));
    phaeton_json_text (&json, "sha256", token->hash);
    phaeton_json_int (&json, "created_at", token->created_at);
    phaeton_json_int (&json, "expires_at", token->expires_at);
    phaeton_json_end_object (&json);
  }
  phaeton_json_end_array (&json);
  phaeton_json_end_object (&json);
  g_string_append_c (json.text, '\n');
  return phaeton_json_steal_bytes (&json);
}

typedef struct {
  char *path;
  char *text;
} SaveJob;

static void
free_save_job (gpointer data)
{
  SaveJob *job = data;

  g_free (job->path);
  g_free (job->text);
  g_free (job);
}

static void
run_save (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  SaveJob *job = data;
  GError *error = NULL;

  if (phaeton_file_write (job->path, job->text, 0600, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
phaeton_web_accounts_save_async (const PhaetonWebAccounts *self, const char *state_dir,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  g_autoptr (GBytes) bytes = phaeton_web_accounts_print (self);
  SaveJob *job = g_new (SaveJob, 1);

  job->path = g_build_filename (state_dir, FILE_NAME, NULL);
  job->text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_task_set_source_tag (task, phaeton_web_accounts_save_async);
  g_task_set_task_data (task, job, free_save_job);
  phaeton_worker_push (task, run_save);
}

gboolean
phaeton_web_accounts_save_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
