/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaetonctl"
#include "config.h"

#include "phaeton-ctl.h"

#include "phaeton-error.h"

/* phaetonctl explain: the chain of verdicts behind a limit, in the order of the decision; an arrow
 * marks the one that binds. */

static void
print_verdict (JsonObject *verdict)
{
  const char *stage = phaeton_ctl_get_text (verdict, "stage");
  const char *text = phaeton_ctl_get_text (verdict, "text");
  g_autofree char *limit = NULL;
  double limit_mA, binding = 0;

  if (phaeton_ctl_get_number (verdict, "limit_mA", &limit_mA))
    limit = phaeton_ctl_dup_amperes (limit_mA);
  phaeton_ctl_get_number (verdict, "binding", &binding);
  g_print ("%s %-9s %-7s %s\n", binding > 0 ? "->" : "  ", stage != NULL ? stage : "?",
           limit != NULL ? limit : "", text != NULL ? text : "");
}

static void
print_chain (JsonObject *charger)
{
  const char *id = phaeton_ctl_get_text (charger, "id");
  JsonNode *node = json_object_get_member (charger, "chain");
  JsonArray *chain;

  g_print ("Charger %s\n", id != NULL ? id : "?");
  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node)) {
    g_print ("   nothing was decided yet\n");
    return;
  }
  chain = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (chain); i++)
    if (JSON_NODE_HOLDS_OBJECT (json_array_get_element (chain, i)))
      print_verdict (json_array_get_object_element (chain, i));
}

static void
print_chain_json (JsonObject *charger)
{
  JsonNode *node = json_object_get_member (charger, "chain");

  if (node != NULL)
    phaeton_ctl_print_json (node);
}

static GPtrArray *
list_objects (JsonNode *answer)
{
  JsonNode *node = JSON_NODE_HOLDS_OBJECT (answer)
                     ? json_object_get_member (json_node_get_object (answer), "chargers")
                     : NULL;
  GPtrArray *objects = g_ptr_array_new_with_free_func ((GDestroyNotify) json_object_unref);
  JsonArray *array =
    node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    if (JSON_NODE_HOLDS_OBJECT (json_array_get_element (array, i)))
      g_ptr_array_add (objects, json_object_ref (json_array_get_object_element (array, i)));
  return objects;
}

/* what was decided at a time of the last day */
static GPtrArray *
get_past (PhaetonCtl *ctl, GError **error)
{
  g_autofree char *at = g_uri_escape_string (ctl->at, NULL, FALSE);
  g_autofree char *charger =
    ctl->charger != NULL ? g_uri_escape_string (ctl->charger, NULL, FALSE) : NULL;
  g_autofree char *path =
    g_strdup_printf ("/api/v1/explain?at=%s%s%s", at, charger != NULL ? "&charger=" : "",
                     charger != NULL ? charger : "");
  g_autoptr (JsonNode) answer = phaeton_ctl_client_call (ctl->client, "GET", path, NULL, error);
  g_autoptr (GPtrArray) chargers = NULL;

  if (answer == NULL)
    return NULL;
  chargers = list_objects (answer);
  if (chargers->len > 0)
    return g_steal_pointer (&chargers);
  g_set_error (
    error, PHAETON_ERROR, PHAETON_ERROR_UNKNOWN,
    "nothing is known of %s: decisions are kept for a day, and no longer than the daemon "
    "runs",
    ctl->at);
  return NULL;
}

gboolean
phaeton_ctl_explain (PhaetonCtl *ctl, char **arguments, GError **error)
{
  g_autoptr (GPtrArray) chargers =
    ctl->at != NULL ? get_past (ctl, error) : phaeton_ctl_get_chargers (ctl, error);

  for (guint i = 0; chargers != NULL && i < chargers->len; i++) {
    if (ctl->json)
      print_chain_json (chargers->pdata[i]);
    else
      print_chain (chargers->pdata[i]);
  }
  return chargers != NULL;
}
