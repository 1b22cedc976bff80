/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-settings"
#include "config.h"

#include "phaeton-settings.h"

#include <string.h>
#include <unistd.h>

#include "phaeton-document.h"
#include "phaeton-environment.h"
#include "phaeton-error.h"
#include "phaeton-file.h"
#include "phaeton-legacy.h"
#include "phaeton-log.h"
#include "phaeton-reader.h"
#include "phaeton-secrets.h"
#include "phaeton-worker.h"
#include "phaeton-yaml.h"

#define DEBOUNCE_MS 50
#define NEW_FILE_MODE 0640

/* a text and all that follows from it; made in any thread, used in one */
typedef struct {
  char *text;             /* (nullable): no file */
  PhaetonNode *file_root; /* as it stands in the file */
  PhaetonNode *root;      /* in force: today's shape, environment and secrets applied */
  PhaetonConfig *config;  /* (nullable): NULL: has errors */
  GPtrArray *problems;
} Reading;

struct _PhaetonSettings {
  GObject parent_instance;

  char *path;      /* (nullable): the file in use */
  char *save_path; /* (nullable) */
  char *state_dir; /* (nullable) */
  GHashTable *secrets;
  Reading *reading; /* the last good one */
  GPtrArray *problems;
  guint pending_saves;

  GFileMonitor *monitor;
  guint debounce_id;
  GCancellable *cancellable;
};

G_DEFINE_FINAL_TYPE (PhaetonSettings, phaeton_settings, G_TYPE_OBJECT)

enum { CONFIG_CHANGED, PROBLEMS_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
reading_free (Reading *self)
{
  g_free (self->text);
  g_clear_pointer (&self->file_root, phaeton_node_free);
  g_clear_pointer (&self->root, phaeton_node_free);
  g_clear_pointer (&self->config, phaeton_config_unref);
  g_clear_pointer (&self->problems, g_ptr_array_unref);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reading, reading_free)

/* from what the file says to what is in force */
static void
evaluate (Reading *self, GHashTable *secrets, const char *const *environment)
{
  if (self->file_root == NULL)
    return;
  self->root = phaeton_node_copy (self->file_root);
  phaeton_environment_apply (self->root, environment, self->problems);
  if (secrets != NULL)
    phaeton_secrets_apply (secrets, self->root);
  phaeton_legacy_normalise (self->root, self->problems);
  self->config = phaeton_reader_make_config (self->root, self->problems);
}

/* takes @text, which may be NULL */
static Reading *
read_text (char *text, gsize length, GHashTable *secrets, const char *const *environment)
{
  Reading *self = g_new0 (Reading, 1);

  self->text = text;
  self->problems = phaeton_problems_new ();
  self->file_root = phaeton_yaml_parse (text != NULL ? text : "", length, self->problems);
  evaluate (self, secrets, environment);
  return self;
}

PhaetonConfig *
phaeton_settings_parse (const char *yaml_text, gssize length, GPtrArray **problems, GError **error)
{
  g_autoptr (Reading) reading = NULL;
  const gsize size = length < 0 ? strlen (yaml_text) : (gsize) length;

  if (problems != NULL)
    *problems = NULL;
  if (!phaeton_keys_ensure (error))
    return NULL;
  reading = read_text (g_strndup (yaml_text, size), size, NULL, NULL);
  if (reading->config == NULL)
    phaeton_problems_set_error (reading->problems, NULL, error);
  if (problems != NULL)
    *problems = g_ptr_array_ref (reading->problems);
  return g_steal_pointer (&reading->config);
}

static void
log_problems (PhaetonSettings *self)
{
  for (guint i = 0; i < self->problems->len; i++) {
    g_autofree char *text = phaeton_problem_to_text (self->problems->pdata[i], self->path);

    phaeton_warning ("", "%s", text);
  }
}

static void
set_problems (PhaetonSettings *self, GPtrArray *problems)
{
  const gboolean had_some = self->problems->len > 0;

  g_ptr_array_unref (self->problems);
  self->problems = g_ptr_array_ref (problems);
  if (had_some || problems->len > 0)
    g_signal_emit (self, signals[PROBLEMS_CHANGED], 0);
}

/* takes @reading, a good one */
static void
set_reading (PhaetonSettings *self, Reading *reading)
{
  g_autoptr (PhaetonSettings) alive = g_object_ref (self); /* handlers may drop the last one */

  g_clear_pointer (&self->reading, reading_free);
  self->reading = reading;
  set_problems (self, reading->problems);
  g_signal_emit (self, signals[CONFIG_CHANGED], 0);
}

static char *
find_file (void)
{
  g_autofree char *folder = g_get_current_dir ();
  g_auto (GStrv) candidates = phaeton_file_list_candidates (folder, "");

  for (guint i = 0; candidates[i] != NULL; i++)
    if (g_file_test (candidates[i], G_FILE_TEST_EXISTS))
      return g_strdup (candidates[i]);
  return NULL;
}

static char *
find_save_path (void)
{
  g_autofree char *folder = g_get_current_dir ();
  g_auto (GStrv) candidates = phaeton_file_list_candidates (folder, "");

  for (guint i = 0; i < 3; i++) {
    g_autofree char *parent = g_path_get_dirname (candidates[i]);

    if (access (parent, W_OK) == 0)
      return g_strdup (candidates[i]);
  }
  return NULL;
}

PhaetonSettings *
phaeton_settings_load (const char *path, const char *state_dir, GError **error)
{
  g_autoptr (PhaetonSettings) self = g_object_new (PHAETON_TYPE_SETTINGS, NULL);
  g_auto (GStrv) environment = g_get_environ ();
  gsize length = 0;
  char *text = NULL;

  if (!phaeton_keys_ensure (error))
    return NULL;
  self->state_dir = g_strdup (state_dir);
  self->path = path != NULL ? g_strdup (path) : find_file ();
  self->save_path = self->path != NULL ? g_strdup (self->path) : find_save_path ();
  self->secrets = phaeton_secrets_load (state_dir);
  if (self->path != NULL) {
    g_autoptr (GError) reason = NULL;

    text = phaeton_file_read (self->path, PHAETON_MAX_FILE_BYTES, &length, &reason);
    if (text == NULL) {
      g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, reason->message);
      return NULL;
    }
  }
  self->reading = read_text (text, length, self->secrets, (const char *const *) environment);
  if (self->reading->config == NULL) {
    phaeton_problems_set_error (self->reading->problems, self->path, error);
    return NULL;
  }
  g_ptr_array_unref (self->problems);
  self->problems = g_ptr_array_ref (self->reading->problems);
  log_problems (self);
  return g_steal_pointer (&self);
}

/* ---- watching ---- */

typedef struct {
  char *path;
  GHashTable *secrets;
  char **environment;
} ReloadRequest;

static void
reload_request_free (ReloadRequest *self)
{
  g_free (self->path);
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
    g_task_return_pointer (
      task, read_text (text, length, request->secrets, (const char *const *) request->environment),
      (GDestroyNotify) reading_free);
}

static void
reload_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  PhaetonSettings *self = PHAETON_SETTINGS (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (Reading) reading = g_task_propagate_pointer (G_TASK (result), &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (reading == NULL) { /* an editor that removes and writes again: the next event tells */
    phaeton_message ("", "settings stay as they are: %s", error->message);
    return;
  }
  if (self->pending_saves > 0)
    return;
  if (g_strcmp0 (reading->text, self->reading->text) == 0) { /* our own, or mended again */
    if (self->problems != self->reading->problems)
      set_problems (self, self->reading->problems);
    return;
  }
  if (reading->config == NULL) {
    set_problems (self, reading->problems);
    log_problems (self);
    return;
  }
  phaeton_message ("", "settings read again from %s", self->path);
  set_reading (self, g_steal_pointer (&reading));
  log_problems (self);
}

static gboolean
debounce_cb (gpointer user_data)
{
  PhaetonSettings *self = user_data;
  ReloadRequest *request = g_new0 (ReloadRequest, 1);
  g_autoptr (GTask) task = g_task_new (self, self->cancellable, reload_cb, NULL);

  self->debounce_id = 0;
  request->path = g_strdup (self->path);
  request->secrets = g_hash_table_ref (self->secrets);
  request->environment = g_get_environ ();
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

void
phaeton_settings_watch (PhaetonSettings *self)
{
  g_autoptr (GFile) file = NULL;
  g_autoptr (GError) error = NULL;

  g_return_if_fail (PHAETON_IS_SETTINGS (self));

  if (self->path == NULL || self->monitor != NULL)
    return;
  file = g_file_new_for_path (self->path);
  self->monitor = g_file_monitor_file (file, G_FILE_MONITOR_WATCH_MOVES, NULL, &error);
  if (self->monitor == NULL) {
    phaeton_warning ("", "changes of %s will not be seen: %s", self->path, error->message);
    return;
  }
  g_file_monitor_set_rate_limit (self->monitor, 100);
  g_signal_connect_object (self->monitor, "changed", G_CALLBACK (file_changed_cb), self, 0);
  schedule_reload (self); /* what changed between load and now */
}

/* ---- changing ---- */

typedef struct {
  char *path;
  GPtrArray *edits;    /* (element-type PhaetonYamlEdit): for the file */
  char *state_dir;     /* (nullable) */
  GHashTable *secrets; /* (nullable): to be saved */
  GPtrArray *problems;
  char *text; /* (nullable): what was written */
} SaveRequest;

static void
save_request_free (SaveRequest *self)
{
  g_free (self->path);
  g_ptr_array_unref (self->edits);
  g_free (self->state_dir);
  g_clear_pointer (&self->secrets, g_hash_table_unref);
  g_clear_pointer (&self->problems, g_ptr_array_unref);
  g_free (self->text);
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
  request->text = g_steal_pointer (&after);
  return TRUE;
}

static void
run_save (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  SaveRequest *request = data;
  GError *error = NULL;

  if (request->secrets != NULL &&
      !phaeton_secrets_save (request->state_dir, request->secrets, &error))
    g_task_return_error (task, error);
  else if (!save_file (request, &error))
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
save_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  PhaetonSettings *self = PHAETON_SETTINGS (source);
  g_autoptr (GTask) task = user_data;
  const SaveRequest *request = g_task_get_task_data (G_TASK (result));
  GError *error = NULL;

  self->pending_saves--;
  if (!g_task_propagate_boolean (G_TASK (result), &error)) {
    phaeton_warning ("", "settings apply but are not saved: %s", error->message);
    g_task_return_error (task, error);
    return;
  }
  if (request->text != NULL) {
    g_free (self->reading->text);
    self->reading->text = g_strdup (request->text);
    if (self->path == NULL)
      self->path = g_strdup (self->save_path);
  }
  g_task_return_boolean (task, TRUE);
}

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
    GHashTableIter iter;
    gpointer key, value;

    if (!phaeton_document_is_secret (path) ||
        (in_file != NULL && in_file->kind == PHAETON_NODE_SCALAR && in_file->text[0] != '\0' &&
         !phaeton_node_is_null (in_file)))
      continue;
    if (edit->value != NULL && edit->value->kind != PHAETON_NODE_SCALAR)
      continue; /* validation refuses it */
    if (secrets == NULL) {
      secrets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
      g_hash_table_iter_init (&iter, self->secrets);
      while (g_hash_table_iter_next (&iter, &key, &value))
        g_hash_table_insert (secrets, g_strdup (key), g_strdup (value));
    }
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

static Reading *
read_patched (PhaetonSettings *self, GPtrArray *edits, GHashTable *secrets)
{
  g_auto (GStrv) environment = g_get_environ ();
  Reading *reading = g_new0 (Reading, 1);

  reading->text = g_strdup (self->reading->text);
  reading->problems = phaeton_problems_new ();
  reading->file_root = phaeton_node_copy (self->reading->file_root);
  for (guint i = 0; i < edits->len; i++) {
    const PhaetonYamlEdit *edit = edits->pdata[i];

    phaeton_node_set_path (reading->file_root, (const char *const *) edit->path,
                           edit->value != NULL ? phaeton_node_copy (edit->value) : NULL);
  }
  evaluate (reading, secrets, (const char *const *) environment);
  warn_of_environment (self, edits, reading->problems);
  return reading;
}

void
phaeton_settings_patch_async (PhaetonSettings *self, JsonNode *patch, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (PhaetonNode) tree = phaeton_node_from_json (patch);
  g_autoptr (PhaetonNode) document = phaeton_document_build (self->reading->root, TRUE);
  g_autoptr (GHashTable) secrets = NULL;
  g_autoptr (GTask) save = NULL;
  g_autoptr (Reading) reading = NULL;
  g_autoptr (GPtrArray) edits = NULL;
  SaveRequest *request;

  g_task_set_source_tag (task, phaeton_settings_patch_async);
  if (tree == NULL || tree->kind != PHAETON_NODE_MAP) {
    g_task_return_new_error (task, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                             "settings are changed by an object, not too deep and not too large");
    return;
  }
  edits = phaeton_document_diff (document, tree);
  secrets = split_secrets (self, edits);
  reading = read_patched (self, edits, secrets != NULL ? secrets : self->secrets);
  g_task_set_task_data (task, g_ptr_array_ref (reading->problems),
                        (GDestroyNotify) g_ptr_array_unref);
  if (reading->config == NULL) {
    GError *error = NULL;

    phaeton_problems_set_error (reading->problems, NULL, &error);
    g_task_return_error (task, error);
    return;
  }
  if (edits->len == 0 && secrets == NULL) {
    g_task_return_boolean (task, TRUE);
    return;
  }
  if (secrets != NULL) {
    g_hash_table_unref (self->secrets);
    self->secrets = g_hash_table_ref (secrets);
  }
  request = g_new0 (SaveRequest, 1);
  request->path = g_strdup (self->save_path);
  request->edits = g_steal_pointer (&edits);
  request->state_dir = g_strdup (self->state_dir);
  request->secrets = g_steal_pointer (&secrets);
  save = g_task_new (self, NULL, save_cb, g_steal_pointer (&task));
  g_task_set_source_tag (save, run_save);
  g_task_set_task_data (save, request, (GDestroyNotify) save_request_free);
  self->pending_saves++;
  phaeton_worker_push (save, run_save);
  set_reading (self, g_steal_pointer (&reading));
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

/* ---- asking ---- */

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
  g_clear_object (&self->monitor);
  G_OBJECT_CLASS (phaeton_settings_parent_class)->dispose (object);
}

static void
phaeton_settings_finalize (GObject *object)
{
  PhaetonSettings *self = PHAETON_SETTINGS (object);

  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->reading, reading_free);
  g_clear_pointer (&self->problems, g_ptr_array_unref);
  g_clear_pointer (&self->secrets, g_hash_table_unref);
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
  self->cancellable = g_cancellable_new ();
}
