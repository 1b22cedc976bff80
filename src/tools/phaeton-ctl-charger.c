/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaetonctl"
#include "config.h"

#include "phaeton-ctl.h"

#include "phaeton-error.h"
#include "phaeton-types.h"

#include <math.h>
#include <string.h>

/* The commands that act on a charger: each is one field of PATCH /api/v1/chargers/ID. */

#define CHARGERS "/api/v1/chargers"
#define MAX_AMPERES 1000 /* far above any station, which says itself what it takes */

gboolean
phaeton_ctl_get_number (JsonObject *object, const char *name, double *value)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) == G_TYPE_STRING)
    return FALSE;
  *value = json_node_get_double (node);
  return fabs (*value) < G_MAXINT; /* nothing that a charger tells is larger */
}

const char *
phaeton_ctl_get_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

char *
phaeton_ctl_dup_amperes (double value_mA)
{
  return g_strdup_printf ("%g A", round (value_mA / 10.0) / 100.0);
}

void
phaeton_ctl_print_json (JsonNode *node)
{
  g_autofree char *text = json_to_string (node, TRUE);

  g_print ("%s\n", text);
}

static void
set_bad_answer (GError **error)
{
  g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL,
                       "the daemon's answer has no list of chargers");
}

static void
set_unknown_charger (const char *wanted, JsonArray *list, GError **error)
{
  g_autoptr (GString) ids = g_string_new (NULL);

  for (guint i = 0; i < json_array_get_length (list); i++) {
    JsonObject *charger = json_array_get_object_element (list, i);
    const char *id = phaeton_ctl_get_text (charger, "id");

    g_string_append_printf (ids, "%s%s", i > 0 ? ", " : "", id != NULL ? id : "?");
  }
  if (wanted != NULL)
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_UNKNOWN, "no charger %s; there are: %s",
                 wanted, ids->str);
  else
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "there are several chargers: say --charger ID, one of %s", ids->str);
}

/* Returns: (transfer none): the array of objects in @answer, or %NULL */
static JsonArray *
find_list (JsonNode *answer)
{
  JsonArray *list;

  if (JSON_NODE_HOLDS_OBJECT (answer))
    answer = json_object_get_member (json_node_get_object (answer), "chargers");
  if (answer == NULL || !JSON_NODE_HOLDS_ARRAY (answer))
    return NULL;
  list = json_node_get_array (answer);
  for (guint i = 0; i < json_array_get_length (list); i++)
    if (!JSON_NODE_HOLDS_OBJECT (json_array_get_element (list, i)))
      return NULL;
  return list;
}

/* Returns: (transfer full) */
static JsonArray *
fetch_list (PhaetonCtl *ctl, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (JsonNode) answer =
    phaeton_ctl_client_call (ctl->client, "GET", CHARGERS, NULL, &reason);
  JsonArray *list = answer != NULL ? find_list (answer) : NULL;

  if (reason != NULL)
    g_propagate_error (error, g_steal_pointer (&reason));
  else if (list == NULL)
    set_bad_answer (error);
  return list != NULL ? json_array_ref (list) : NULL;
}

GPtrArray *
phaeton_ctl_get_chargers (PhaetonCtl *ctl, GError **error)
{
  g_autoptr (JsonArray) list = fetch_list (ctl, error);
  g_autoptr (GPtrArray) chosen =
    g_ptr_array_new_with_free_func ((GDestroyNotify) json_object_unref);

  if (list == NULL)
    return NULL;
  for (guint i = 0; i < json_array_get_length (list); i++) {
    JsonObject *charger = json_array_get_object_element (list, i);

    if (ctl->charger == NULL || g_strcmp0 (phaeton_ctl_get_text (charger, "id"), ctl->charger) == 0)
      g_ptr_array_add (chosen, json_object_ref (charger));
  }
  if (chosen->len == 0 && ctl->charger != NULL) {
    set_unknown_charger (ctl->charger, list, error);
    return NULL;
  }
  return g_steal_pointer (&chosen);
}

/* Returns: (transfer full): id of the charger to act on; several need a choice */
static char *
choose_charger (PhaetonCtl *ctl, GError **error)
{
  g_autoptr (JsonArray) list = fetch_list (ctl, error);
  const guint n = list != NULL ? json_array_get_length (list) : 0;

  if (list == NULL)
    return NULL;
  for (guint i = 0; i < n; i++) {
    const char *id = phaeton_ctl_get_text (json_array_get_object_element (list, i), "id");

    if (id != NULL && (ctl->charger == NULL ? n == 1 : g_str_equal (id, ctl->charger)))
      return g_strdup (id);
  }
  set_unknown_charger (ctl->charger, list, error);
  return NULL;
}

/**
 * write_field:
 * @value: (transfer full)
 *
 * Returns: (transfer full): the charger as it is after the write
 */
static JsonObject *
write_field (PhaetonCtl *ctl, const char *field, JsonNode *value, GError **error)
{
  g_autoptr (JsonNode) own_value = value;
  g_autofree char *id = choose_charger (ctl, error);
  g_autofree char *escaped = NULL, *path = NULL;
  g_autoptr (JsonObject) patch = NULL;
  g_autoptr (JsonNode) body = NULL, answer = NULL;
  g_autoptr (GError) reason = NULL;

  if (id == NULL)
    return NULL;
  patch = json_object_new ();
  json_object_set_member (patch, field, g_steal_pointer (&own_value));
  body = json_node_init_object (json_node_alloc (), patch);
  escaped = g_uri_escape_string (id, NULL, FALSE);
  path = g_strconcat (CHARGERS "/", escaped, NULL);
  answer = phaeton_ctl_client_call (ctl->client, "PATCH", path, body, &reason);
  if (reason != NULL) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return NULL;
  }
  if (answer == NULL || !JSON_NODE_HOLDS_OBJECT (answer)) {
    set_bad_answer (error);
    return NULL;
  }
  if (ctl->json)
    phaeton_ctl_print_json (answer);
  return json_object_ref (json_node_get_object (answer));
}

static JsonNode *
make_int (gint64 value)
{
  return json_node_init_int (json_node_alloc (), value);
}

gboolean
phaeton_ctl_mode (PhaetonCtl *ctl, char **arguments, GError **error)
{
  g_autoptr (JsonObject) charger = NULL;
  int mode;

  for (mode = PHAETON_MODE_MANUAL; mode <= PHAETON_MODE_SCHEDULED; mode++)
    if (g_ascii_strcasecmp (arguments[0], phaeton_mode_to_string (mode)) == 0)
      break;
  if (mode > PHAETON_MODE_SCHEDULED) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "the mode is manual, auto or scheduled, not %s", arguments[0]);
    return FALSE;
  }
  charger = write_field (ctl, "mode", make_int (mode), error);
  if (charger != NULL && !ctl->json)
    g_print ("Mode %s\n", phaeton_mode_to_string (mode));
  return charger != NULL;
}

static gboolean
write_switch (PhaetonCtl *ctl, gboolean on, GError **error)
{
  g_autoptr (JsonObject) charger = write_field (ctl, "start_stop", make_int (on), error);

  if (charger != NULL && !ctl->json)
    g_print ("Charging %s\n", on ? "enabled" : "stopped");
  return charger != NULL;
}

gboolean
phaeton_ctl_start (PhaetonCtl *ctl, char **arguments, GError **error)
{
  return write_switch (ctl, TRUE, error);
}

gboolean
phaeton_ctl_stop (PhaetonCtl *ctl, char **arguments, GError **error)
{
  return write_switch (ctl, FALSE, error);
}

/* "16", "9.5", "16A": no hexadecimal and no exponents, which nobody means */
static gboolean
parse_amperes (const char *text, double *amperes)
{
  const gsize length = strspn (text, "0123456789.");
  char *end = NULL;

  *amperes = g_ascii_strtod (text, &end);
  return length > 0 && end == text + length && *amperes <= MAX_AMPERES &&
         (*end == '\0' || g_ascii_strcasecmp (end, "a") == 0);
}

gboolean
phaeton_ctl_current (PhaetonCtl *ctl, char **arguments, GError **error)
{
  g_autoptr (JsonObject) charger = NULL;
  g_autofree char *shown = NULL;
  double wanted_a, set_mA;

  if (!parse_amperes (arguments[0], &wanted_a)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "the current is a number of amperes such as 9.5, 0 to %d, not %s", MAX_AMPERES,
                 arguments[0]);
    return FALSE;
  }
  charger = write_field (ctl, "set_current_mA", make_int ((gint64) round (wanted_a * 1000)), error);
  if (charger == NULL)
    return FALSE;
  if (!ctl->json && phaeton_ctl_get_number (charger, "set_current_mA", &set_mA)) {
    const gboolean altered = fabs (set_mA - wanted_a * 1000) > 1;

    shown = phaeton_ctl_dup_amperes (set_mA);
    g_print ("Current %s%s\n", shown, altered ? ", the nearest that is allowed" : "");
  }
  return TRUE;
}

gboolean
phaeton_ctl_phases (PhaetonCtl *ctl, char **arguments, GError **error)
{
  g_autoptr (JsonObject) charger = NULL;
  const gboolean is_one = g_str_equal (arguments[0], "1");

  if (!is_one && !g_str_equal (arguments[0], "3")) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "phases are 1 or 3, not %s",
                 arguments[0]);
    return FALSE;
  }
  charger = write_field (ctl, "phases_set", make_int (is_one ? 1 : 3), error);
  if (charger != NULL && !ctl->json)
    g_print ("%s asked for\n", is_one ? "One phase" : "Three phases");
  return charger != NULL;
}
