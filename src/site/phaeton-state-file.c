/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-state"
#include "config.h"

#include "phaeton-state-file.h"

#include "phaeton-ancestor.h"
#include "phaeton-error.h"
#include "phaeton-json.h"
#include "phaeton-log.h"
#include "phaeton-worker.h"

#include <math.h>
#include <string.h>

#define FILE_VERSION 1
#define MAX_FILE_BYTES (1024 * 1024)
#define MAX_NESTING 16

/* --- reading; every member may be missing, of a wrong type, or absurd --- */

static double
get_number (JsonObject *object, const char *name, double min, double max, double fallback)
{
  JsonNode *node = json_object_get_member (object, name);
  double value;

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) == G_TYPE_STRING)
    return fallback;
  value = json_node_get_value_type (node) == G_TYPE_BOOLEAN ? json_node_get_boolean (node)
                                                            : json_node_get_double (node);
  return isfinite (value) && value >= min && value <= max ? value : fallback;
}

/* doubles carry integers exactly up to 2^53, far above any counter of ours */
static gint64
get_int (JsonObject *object, const char *name, gint64 min, gint64 max, gint64 fallback)
{
  return (gint64) get_number (object, name, (double) min, (double) max, (double) fallback);
}

static const char *
get_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING)
    return "";
  return json_node_get_string (node);
}

static JsonObject *
get_object (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

#define FAR_AHEAD G_GINT64_CONSTANT (253402300799) /* year 9999 */
#define MAX_COUNTER_WH G_GINT64_CONSTANT (1000000000000)

static void
read_session (JsonObject *from, PhaetonSessionState *session)
{
  session->exists = get_int (from, "exists", 0, 1, 1) != 0;
  session->running = session->exists && get_int (from, "running", 0, 1, 0) != 0;
  g_strlcpy (session->id, get_text (from, "id"), sizeof session->id);
  session->started_at = get_int (from, "started_at", 0, FAR_AHEAD, 0);
  session->ended_at = get_int (from, "ended_at", 0, FAR_AHEAD, 0);
  session->counter_known = get_int (from, "counter_known", 0, 1, 0) != 0;
  session->last_at = get_int (from, "last_at", 0, FAR_AHEAD, 0);
  session->start_wh = get_int (from, "start_wh", 0, MAX_COUNTER_WH, 0);
  session->last_wh = get_int (from, "last_wh", 0, MAX_COUNTER_WH, session->start_wh);
  session->gained_wh = get_int (from, "gained_wh", 0, MAX_COUNTER_WH, 0);
  session->charging_ms = get_int (from, "charging_ms", 0, G_MAXINT64 / 4, 0);
  session->peak_w = (int) get_int (from, "peak_w", 0, 1000000, 0);
  session->cost_micros = get_int (from, "cost_micros", -G_MAXINT64 / 4, G_MAXINT64 / 4, 0);
  session->cost_known = get_int (from, "cost_known", 0, 1, 0) != 0;
  session->phases = (int) get_int (from, "phases", 0, PHAETON_PHASES, 0);
  session->saved_micros = get_int (from, "saved_micros", -G_MAXINT64 / 4, G_MAXINT64 / 4, 0);
  session->sun_mWh = get_int (from, "sun_mWh", 0, MAX_COUNTER_WH, 0);
  session->battery_mWh = get_int (from, "battery_mWh", 0, MAX_COUNTER_WH, 0);
  session->grid_mWh = get_int (from, "grid_mWh", 0, MAX_COUNTER_WH, 0);
  session->cost_rest = get_int (from, "cost_rest", -999, 999, 0);
  session->saved_rest = get_int (from, "saved_rest", -999999, 999999, 0);
  session->measured_mWh = get_int (from, "measured_mWh", 0, MAX_COUNTER_WH * 1000, 0);
  session->compared_wh = get_int (from, "compared_wh", 0, MAX_COUNTER_WH, 0);
  session->interruptions = (int) get_int (from, "interruptions", 0, 1000000, 0);
  session->end = (PhaetonSessionEnd) get_int (from, "end", 0, PHAETON_END_INTERRUPTED, 0);
}

static PhaetonSavedCharger *
read_charger (JsonObject *from)
{
  PhaetonSavedCharger *saved = phaeton_saved_charger_new (0);
  JsonObject *session = get_object (from, "session");

  saved->command.mode = (PhaetonMode) get_int (from, "mode", 0, 2, 0);
  saved->command.enabled = get_int (from, "start_stop", 0, 1, 0) != 0;
  saved->command.set_mA = (int) get_int (from, "set_current_mA", 0, 1000000, PHAETON_MIN_OFFER_mA);
  saved->command.phases = (int) get_int (from, "phases", 0, 3, 0);
  saved->position = (int) get_int (from, "position", 0, 1, 0);
  saved->auto_start = (int) get_int (from, "auto_start", 0, 1, 0);
  saved->device_instance = (int) get_int (from, "device_instance", -1, 255, -1);
  g_free (saved->custom_name);
  saved->custom_name = g_strdup (get_text (from, "custom_name"));
  if (session != NULL)
    read_session (session, &saved->session);
  return saved;
}

/* what core needs to go on with a session, or to show the last one */
static void
adopt_session (const PhaetonSession *from, PhaetonSessionState *session)
{
  session->exists = TRUE;
  session->running = from->running;
  g_strlcpy (session->id, from->id, sizeof session->id);
  session->started_at = from->started_at;
  session->ended_at = from->ended_at;
  session->counter_known = from->counter_known;
  session->start_wh = from->start_wh;
  session->gained_wh = from->energy_wh;
  session->last_wh = from->end_wh;
  session->charging_ms = from->charging_s * 1000;
  session->peak_w = from->peak_w;
  session->cost_known = from->cost_known || (from->running && from->energy_wh == 0);
  session->cost_micros = from->cost_micros;
  session->end = from->end;
}

static PhaetonSavedCharger *
read_ancestor (JsonObject *root)
{
  PhaetonSavedCharger *saved = phaeton_saved_charger_new (PHAETON_MIN_OFFER_mA);
  JsonObject *session = get_object (root, "session");
  g_autoptr (PhaetonSession) newest =
    session != NULL ? phaeton_ancestor_read_newest (session) : NULL;

  saved->command.mode = (PhaetonMode) get_int (root, "mode", 0, 2, 0);
  saved->command.enabled = get_int (root, "start_stop", 0, 1, 0) != 0;
  saved->command.set_mA =
    (int) round (get_number (root, "set_current", 0, 1000, PHAETON_MIN_OFFER_mA / 1000.0) * 1000);
  if (newest != NULL)
    adopt_session (newest, &saved->session);
  return saved;
}

static GHashTable *
new_table (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                (GDestroyNotify) phaeton_saved_charger_free);
}

static void
read_chargers (JsonObject *from, GHashTable *table)
{
  g_autoptr (GList) names = json_object_get_members (from);

  for (GList *l = names; l != NULL; l = l->next) {
    JsonObject *charger = get_object (from, l->data);

    if (charger != NULL)
      g_hash_table_insert (table, g_strdup (l->data), read_charger (charger));
  }
}

GHashTable *
phaeton_state_file_parse (const char *text, gssize length, GError **error)
{
  const PhaetonJsonLimits limits = { MAX_FILE_BYTES, MAX_NESTING };
  g_autoptr (GHashTable) table = new_table ();
  g_autoptr (JsonNode) node = NULL;
  JsonObject *root, *chargers;

  node = phaeton_json_parse (text, length < 0 ? strlen (text) : (gsize) length, &limits, error);
  if (node == NULL)
    return NULL;
  if (!JSON_NODE_HOLDS_OBJECT (node)) {
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_TYPE, "not a JSON object");
    return NULL;
  }
  root = json_node_get_object (node);
  chargers = get_object (root, "chargers");
  if (chargers != NULL) {
    read_chargers (chargers, table);
  } else if (json_object_has_member (root, "set_current")) {
    g_hash_table_insert (table, g_strdup ("1"), read_ancestor (root));
  } else {
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_TYPE, "not a state file");
    return NULL;
  }
  return g_steal_pointer (&table);
}

static GHashTable *
load_one (const char *path, gboolean *exists)
{
  g_autofree char *text = NULL;
  gsize length;
  g_autoptr (GError) error = NULL;
  GHashTable *table;

  *exists = TRUE;
  if (!g_file_get_contents (path, &text, &length, &error)) {
    *exists = !g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
    if (*exists)
      phaeton_warning ("", "Cannot read the state: %s", error->message);
    return NULL;
  }
  table = phaeton_state_file_parse (text, (gssize) length, &error);
  if (table == NULL)
    phaeton_warning ("", "State in %s cannot be used, beginning anew: %s", path, error->message);
  return table;
}

GHashTable *
phaeton_state_file_load (const char *state_dir, const char *const *ancestors)
{
  g_autofree char *path = g_build_filename (state_dir, "state.json", NULL);
  gboolean exists;
  GHashTable *table = load_one (path, &exists);

  if (table == NULL && exists) {
    g_autofree char *aside = g_strconcat (path, ".broken", NULL);
    g_autoptr (GFile) from = g_file_new_for_path (path);
    g_autoptr (GFile) to = g_file_new_for_path (aside);

    g_file_move (from, to, G_FILE_COPY_OVERWRITE, NULL, NULL, NULL, NULL);
  }
  for (guint i = 0; table == NULL && !exists && ancestors != NULL && ancestors[i] != NULL; i++) {
    gboolean found;

    table = load_one (ancestors[i], &found);
    if (table != NULL)
      phaeton_message ("", "Imported the state of an older version from %s", ancestors[i]);
  }
  return table != NULL ? table : new_table ();
}

/* --- writing --- */

static void
write_session (PhaetonJson *to, const PhaetonSessionState *session)
{
  phaeton_json_begin_object (to, "session");
  phaeton_json_text (to, "id", session->id);
  phaeton_json_int (to, "exists", session->exists);
  phaeton_json_int (to, "running", session->running);
  phaeton_json_int (to, "started_at", session->started_at);
  phaeton_json_int (to, "ended_at", session->ended_at);
  phaeton_json_int (to, "counter_known", session->counter_known);
  phaeton_json_int (to, "last_at", session->last_at);
  phaeton_json_int (to, "start_wh", session->start_wh);
  phaeton_json_int (to, "last_wh", session->last_wh);
  phaeton_json_int (to, "gained_wh", session->gained_wh);
  phaeton_json_int (to, "charging_ms", session->charging_ms);
  phaeton_json_int (to, "peak_w", session->peak_w);
  phaeton_json_int (to, "cost_micros", session->cost_micros);
  phaeton_json_int (to, "cost_known", session->cost_known);
  phaeton_json_int (to, "phases", session->phases);
  phaeton_json_int (to, "saved_micros", session->saved_micros);
  phaeton_json_int (to, "sun_mWh", session->sun_mWh);
  phaeton_json_int (to, "battery_mWh", session->battery_mWh);
  phaeton_json_int (to, "grid_mWh", session->grid_mWh);
  phaeton_json_int (to, "cost_rest", session->cost_rest);
  phaeton_json_int (to, "saved_rest", session->saved_rest);
  phaeton_json_int (to, "measured_mWh", session->measured_mWh);
  phaeton_json_int (to, "compared_wh", session->compared_wh);
  phaeton_json_int (to, "interruptions", session->interruptions);
  phaeton_json_int (to, "end", session->end);
  phaeton_json_end_object (to);
}

static void
write_charger (PhaetonJson *to, const char *id, const PhaetonSavedCharger *saved)
{
  phaeton_json_begin_object (to, id);
  phaeton_json_int (to, "mode", saved->command.mode);
  phaeton_json_int (to, "start_stop", saved->command.enabled);
  phaeton_json_int (to, "set_current_mA", saved->command.set_mA);
  phaeton_json_int (to, "phases", saved->command.phases);
  phaeton_json_int (to, "position", saved->position);
  phaeton_json_int (to, "auto_start", saved->auto_start);
  phaeton_json_int (to, "device_instance", saved->device_instance);
  phaeton_json_text (to, "custom_name", saved->custom_name);
  if (saved->session.exists || saved->session.counter_known)
    write_session (to, &saved->session);
  phaeton_json_end_object (to);
}

GBytes *
phaeton_state_file_print (GHashTable *chargers)
{
  g_auto (PhaetonJson) to = PHAETON_JSON_INIT;
  g_autoptr (GList) ids = g_list_sort (g_hash_table_get_keys (chargers), (GCompareFunc) strcmp);

  phaeton_json_begin_object (&to, NULL);
  phaeton_json_int (&to, "version", FILE_VERSION);
  phaeton_json_begin_object (&to, "chargers");
  for (GList *l = ids; l != NULL; l = l->next)
    write_charger (&to, l->data, g_hash_table_lookup (chargers, l->data));
  phaeton_json_end_object (&to);
  phaeton_json_end_object (&to);
  return phaeton_json_steal_bytes (&to);
}

typedef struct {
  char *path;
  GBytes *text;
} SaveJob;

static void
free_job (SaveJob *job)
{
  g_free (job->path);
  g_bytes_unref (job->text);
  g_free (job);
}

static void
run_save (GTask *task, gpointer source, gpointer data, GCancellable *cancellable) /* worker */
{
  SaveJob *job = data;
  g_autofree char *folder = g_path_get_dirname (job->path);
  g_autoptr (GError) error = NULL;

  g_mkdir_with_parents (folder, 0700); /* what fails here fails better below */
  if (g_file_set_contents_full (
        job->path, g_bytes_get_data (job->text, NULL), (gssize) g_bytes_get_size (job->text),
        G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_new_error (task, PHAETON_ERROR, PHAETON_ERROR_STORAGE, "%s", error->message);
}

void
phaeton_state_file_save_async (const char *state_dir, GHashTable *chargers,
                               GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  SaveJob *job = g_new (SaveJob, 1);

  g_task_set_source_tag (task, phaeton_state_file_save_async);
  job->path = g_build_filename (state_dir, "state.json", NULL);
  job->text = phaeton_state_file_print (chargers);
  g_task_set_task_data (task, job, (GDestroyNotify) free_job);
  phaeton_worker_push (task, run_save);
}

gboolean
phaeton_state_file_save_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
