/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaetonctl"
#include "config.h"

#include "phaeton-ctl.h"

#include "phaeton-error.h"
#include "phaeton-settings.h"

/* phaetonctl config: the settings, by keys with dots as in "modbus.port". */

#define SETTINGS "/api/v1/settings"

/* "16", "true", "alfen", "[1,2]": as one would write it in the file */
static char *
dup_value_text (JsonNode *value)
{
  if (JSON_NODE_HOLDS_VALUE (value) && json_node_get_value_type (value) == G_TYPE_STRING)
    return json_node_dup_string (value);
  return json_to_string (value, FALSE);
}

/* Returns: (transfer full): the document of all settings */
static JsonNode *
fetch_settings (PhaetonCtl *ctl, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (JsonNode) answer =
    phaeton_ctl_client_call (ctl->client, "GET", SETTINGS, NULL, &reason);

  if (reason == NULL && answer != NULL && JSON_NODE_HOLDS_OBJECT (answer))
    return g_steal_pointer (&answer);
  if (reason != NULL)
    g_propagate_error (error, g_steal_pointer (&reason));
  else
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL,
                         "the daemon's answer has no settings");
  return NULL;
}

/* Returns: (transfer none): the node at @key, or %NULL */
static JsonNode *
find_key (JsonNode *document, const char *key)
{
  g_auto (GStrv) parts = g_strsplit (key, ".", -1);
  JsonNode *node = document;

  for (guint i = 0; parts[i] != NULL; i++) {
    if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
      return NULL;
    node = json_object_get_member (json_node_get_object (node), parts[i]);
  }
  return node;
}

static void
print_tree (JsonNode *node, const char *prefix)
{
  g_autoptr (GList) names = NULL;
  g_autofree char *text = NULL;
  JsonObject *object;

  if (!JSON_NODE_HOLDS_OBJECT (node)) {
    text = dup_value_text (node);
    g_print ("%s = %s\n", prefix, text);
    return;
  }
  object = json_node_get_object (node);
  names = json_object_get_members (object);
  for (GList *name = names; name != NULL; name = name->next) {
    g_autofree char *key = g_strjoin (prefix[0] != '\0' ? "." : "", prefix, name->data, NULL);

    print_tree (json_object_get_member (object, name->data), key);
  }
}

static gboolean
list_settings (PhaetonCtl *ctl, GError **error)
{
  g_autoptr (JsonNode) document = fetch_settings (ctl, error);

  if (document == NULL)
    return FALSE;
  if (ctl->json)
    phaeton_ctl_print_json (document);
  else
    print_tree (document, "");
  return TRUE;
}

static gboolean
get_setting (PhaetonCtl *ctl, const char *key, GError **error)
{
  g_autoptr (JsonNode) document = fetch_settings (ctl, error);
  g_autofree char *text = NULL;
  JsonNode *node;

  if (document == NULL)
    return FALSE;
  node = find_key (document, key);
  if (node == NULL) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_UNKNOWN, "no setting %s", key);
    return FALSE;
  }
  if (ctl->json) {
    phaeton_ctl_print_json (node);
  } else if (JSON_NODE_HOLDS_OBJECT (node)) {
    print_tree (node, key);
  } else {
    text = dup_value_text (node);
    g_print ("%s\n", text);
  }
  return TRUE;
}

/* what stands there now says whether 16 is a number or a name */
static JsonNode *
parse_value (const char *text, JsonNode *now)
{
  const gboolean is_text =
    now != NULL && JSON_NODE_HOLDS_VALUE (now) && json_node_get_value_type (now) == G_TYPE_STRING;
  JsonNode *parsed = is_text ? NULL : json_from_string (text, NULL);

  return parsed != NULL ? parsed : json_node_init_string (json_node_alloc (), text);
}

/* "modbus.port" -> { "modbus": { "port": value } }; takes @value */
static JsonNode *
make_patch (const char *key, JsonNode *value)
{
  g_auto (GStrv) parts = g_strsplit (key, ".", -1);
  JsonNode *node = value;

  for (guint i = g_strv_length (parts); i > 0; i--) {
    JsonObject *object = json_object_new ();

    json_object_set_member (object, parts[i - 1], node);
    node = json_node_init_object (json_node_alloc (), object);
    json_object_unref (object);
  }
  return node;
}

/* what is odd about the settings but refuses nothing */
static void
print_warnings (JsonObject *answer)
{
  JsonNode *node = json_object_get_member (answer, "problems");
  JsonArray *problems =
    node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  for (guint i = 0; problems != NULL && i < json_array_get_length (problems); i++) {
    JsonNode *item = json_array_get_element (problems, i);
    JsonObject *problem = JSON_NODE_HOLDS_OBJECT (item) ? json_node_get_object (item) : NULL;
    const char *message = problem != NULL ? phaeton_ctl_get_text (problem, "message") : NULL;
    const char *key = problem != NULL ? phaeton_ctl_get_text (problem, "key") : NULL;
    const gboolean has_key = key != NULL && key[0] != '\0'; /* else it is about the whole */
    const char *allowed = problem != NULL ? phaeton_ctl_get_text (problem, "allowed") : NULL;

    if (message != NULL)
      g_printerr ("warning: %s%s%s%s%s\n", has_key ? key : "", has_key ? ": " : "", message,
                  allowed != NULL ? "; expected " : "", allowed != NULL ? allowed : "");
  }
}

/* FALSE: they apply, but are not in the file */
static gboolean
check_saved (JsonObject *answer, GError **error)
{
  const char *trouble = phaeton_ctl_get_text (answer, "error");
  double saved;

  if (phaeton_ctl_get_number (answer, "saved", &saved) && saved > 0)
    return TRUE;
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_STORAGE,
               "in force until the daemon ends, but not saved: %s",
               trouble != NULL ? trouble : "the daemon does not say why");
  return FALSE;
}

static gboolean
set_setting (PhaetonCtl *ctl, const char *key, const char *text, GError **error)
{
  g_autoptr (JsonNode) document = fetch_settings (ctl, error);
  g_autoptr (JsonNode) patch = NULL, answer = NULL;
  g_autoptr (GError) reason = NULL;

  if (document == NULL)
    return FALSE;
  patch = make_patch (key, parse_value (text, find_key (document, key)));
  answer = phaeton_ctl_client_call (ctl->client, "PATCH", SETTINGS, patch, &reason);
  if (reason != NULL) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return FALSE;
  }
  if (answer == NULL || !JSON_NODE_HOLDS_OBJECT (answer)) {
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL,
                         "the daemon's answer does not say whether it is saved");
    return FALSE;
  }
  if (ctl->json)
    phaeton_ctl_print_json (answer);
  else
    g_print ("%s = %s\n", key, text);
  if (!ctl->json)
    print_warnings (json_node_get_object (answer));
  return check_saved (json_node_get_object (answer), error);
}

static void
print_problem (const PhaetonProblem *problem, const char *path)
{
  g_autofree char *text = phaeton_problem_to_text (problem, path);

  g_print ("%s: %s\n", problem->is_error ? "error" : "warning", text);
}

/* needs no daemon: a file can be checked before it is installed */
static gboolean
check_file (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  gsize length;
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (PhaetonConfig) config = NULL;
  g_autoptr (GError) reason = NULL;

  if (!g_file_get_contents (path, &text, &length, error))
    return FALSE;
  config = phaeton_settings_parse (text, (gssize) length, &problems, &reason);
  for (guint i = 0; problems != NULL && i < problems->len; i++)
    print_problem (problems->pdata[i], path);
  if (config == NULL && problems == NULL) { /* it was not even looked at */
    g_propagate_error (error, g_steal_pointer (&reason));
    return FALSE;
  }
  if (config == NULL) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, "%s would be refused", path);
    return FALSE;
  }
  g_print ("%s: good, %u charger%s\n", path, config->n_chargers,
           config->n_chargers == 1 ? "" : "s");
  return TRUE;
}

gboolean
phaeton_ctl_config (PhaetonCtl *ctl, char **arguments, GError **error)
{
  const guint n = g_strv_length (arguments);

  if (n == 1 && g_str_equal (arguments[0], "list"))
    return list_settings (ctl, error);
  if (n == 2 && g_str_equal (arguments[0], "get"))
    return get_setting (ctl, arguments[1], error);
  if (n == 3 && g_str_equal (arguments[0], "set"))
    return set_setting (ctl, arguments[1], arguments[2], error);
  if (n == 2 && g_str_equal (arguments[0], "check"))
    return check_file (arguments[1], error);
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                       "usage: phaetonctl config list | get KEY | set KEY VALUE | check FILE");
  return FALSE;
}
