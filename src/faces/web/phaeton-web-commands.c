/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-commands.h"

#include "phaeton-error.h"

void
phaeton_web_command_clear (PhaetonWebCommand *self)
{
  g_clear_pointer (&self->value, g_variant_unref);
}

static void
set_command (PhaetonWebCommand *command, PhaetonFieldId field, GVariant *value)
{
  command->field = field;
  command->value = g_variant_ref_sink (value);
}

/* NULL: not an object, which is an error, or without that member, which may be one; a member that
 * is null is none, as the ancestors had it */
static JsonNode *
find_member (JsonNode *body, const char *name, GError **error)
{
  JsonNode *node;

  if (!JSON_NODE_HOLDS_OBJECT (body)) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_TYPE, "the body must be an object");
    return NULL;
  }
  node = json_object_get_member (json_node_get_object (body), name);
  return node != NULL && !JSON_NODE_HOLDS_NULL (node) ? node : NULL;
}

static JsonNode *
get_member (JsonNode *body, const char *name, GError **error)
{
  g_autoptr (GError) problem = NULL;
  JsonNode *node = find_member (body, name, &problem);

  if (problem != NULL)
    g_propagate_error (error, g_steal_pointer (&problem));
  else if (node == NULL)
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_TYPE, "%s is missing", name);
  return node;
}

static gboolean
get_integer (JsonNode *node, const char *name, gint64 min, gint64 max, gint64 *value,
             GError **error)
{
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_TYPE, "%s must be an integer", name);
    return FALSE;
  }
  *value = json_node_get_int (node);
  if (*value >= min && *value <= max)
    return TRUE;
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_RANGE,
               "%s must be %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ", not %" G_GINT64_FORMAT,
               name, min, max, *value);
  return FALSE;
}

static gboolean
get_double (JsonNode *node, const char *name, double *value, GError **error)
{
  const GType type = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_NONE;

  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_TYPE, "%s must be a number", name);
    return FALSE;
  }
  *value = json_node_get_double (node);
  return TRUE;
}

static gboolean
parse_integer_command (JsonNode *body, const char *name, gint64 max, PhaetonFieldId field,
                       PhaetonWebCommand *command, GError **error)
{
  JsonNode *node = get_member (body, name, error);
  gint64 value;

  if (node == NULL || !get_integer (node, name, 0, max, &value, error))
    return FALSE;
  set_command (command, field, g_variant_new_int64 (value));
  return TRUE;
}

gboolean
phaeton_web_parse_mode (JsonNode *body, PhaetonWebCommand *command, GError **error)
{
  return parse_integer_command (body, "mode", PHAETON_MODE_SCHEDULED, PHAETON_FIELD_MODE, command,
                                error);
}

gboolean
phaeton_web_parse_start_stop (JsonNode *body, PhaetonWebCommand *command, GError **error)
{
  g_autoptr (GError) problem = NULL;
  JsonNode *enabled = find_member (body, "enabled", &problem);

  if (problem != NULL) {
    g_propagate_error (error, g_steal_pointer (&problem));
    return FALSE;
  }
  if (find_member (body, "value", NULL) != NULL)
    return parse_integer_command (body, "value", 1, PHAETON_FIELD_START_STOP, command, error);
  if (enabled != NULL &&
      (!JSON_NODE_HOLDS_VALUE (enabled) || json_node_get_value_type (enabled) != G_TYPE_BOOLEAN)) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_TYPE, "enabled must be true or false");
    return FALSE;
  }
  set_command (command, PHAETON_FIELD_START_STOP,
               g_variant_new_boolean (enabled != NULL && json_node_get_boolean (enabled)));
  return TRUE;
}

gboolean
phaeton_web_parse_set_current (JsonNode *body, PhaetonWebCommand *command, GError **error)
{
  JsonNode *node = get_member (body, "amps", error);
  double amps;

  if (node == NULL || !get_double (node, "amps", &amps, error))
    return FALSE;
  set_command (command, PHAETON_FIELD_SET_CURRENT, g_variant_new_double (MAX (amps, 0.0)));
  return TRUE;
}

gboolean
phaeton_web_parse_phases (JsonNode *body, PhaetonWebCommand *command, GError **error)
{
  return parse_integer_command (body, "phases", 255, PHAETON_FIELD_PHASES_SET, command, error);
}

/* NULL: an object, an array or null */
static GVariant *
to_variant (JsonNode *node)
{
  const GType type = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_NONE;

  if (type == G_TYPE_BOOLEAN)
    return g_variant_new_boolean (json_node_get_boolean (node));
  if (type == G_TYPE_INT64)
    return g_variant_new_int64 (json_node_get_int (node));
  if (type == G_TYPE_DOUBLE)
    return g_variant_new_double (json_node_get_double (node));
  if (type == G_TYPE_STRING)
    return g_variant_new_string (json_node_get_string (node));
  return NULL;
}

/* v1 has the unit in the name, mA; the one door for writes takes amperes from every face */
static GVariant *
to_field_variant (const PhaetonField *field, JsonNode *node, GError **error)
{
  GVariant *value = to_variant (node);
  double mA;

  if (value == NULL) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_TYPE, "%s must be a single value",
                 field->name);
    return NULL;
  }
  if (field->parse != PHAETON_PARSE_CURRENT)
    return value;
  g_variant_unref (g_variant_ref_sink (value));
  if (!get_double (node, field->name, &mA, error))
    return NULL;
  return g_variant_new_double (mA / 1000.0);
}

static gboolean
parse_patch_member (const char *name, JsonNode *node, const PhaetonChargerRecord *record,
                    PhaetonWebCommand *command, GError **error)
{
  const PhaetonField *field = phaeton_field_find_by_name (PHAETON_SCOPE_CHARGER, name);
  g_auto (PhaetonWrite) write = { 0 };
  GVariant *value;

  if (field == NULL) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_RANGE, "a charger has no field %s", name);
    return FALSE;
  }
  if (field->parse == PHAETON_PARSE_INSTANCE) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_READ_ONLY, "%s belongs to the settings", name);
    return FALSE;
  }
  value = to_field_variant (field, node, error);
  if (value == NULL)
    return FALSE;
  set_command (command, field->id, value);
  return phaeton_field_parse (field, command->value, record, &write, error);
}

GArray *
phaeton_web_parse_patch (JsonNode *body, const PhaetonChargerRecord *record, GError **error)
{
  g_autoptr (GArray) commands = g_array_new (FALSE, TRUE, sizeof (PhaetonWebCommand));
  g_autoptr (GList) names = NULL; /* (element-type utf8), in the order of the text */

  g_array_set_clear_func (commands, (GDestroyNotify) phaeton_web_command_clear);
  if (!JSON_NODE_HOLDS_OBJECT (body)) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_TYPE, "the body must be an object");
    return NULL;
  }
  names = json_object_get_members (json_node_get_object (body));
  for (GList *at = names; at != NULL; at = at->next) {
    JsonNode *node = json_object_get_member (json_node_get_object (body), at->data);
    PhaetonWebCommand *command;

    g_array_set_size (commands, commands->len + 1);
    command = &g_array_index (commands, PhaetonWebCommand, commands->len - 1);
    if (!parse_patch_member (at->data, node, record, command, error))
      return NULL;
  }
  return g_steal_pointer (&commands);
}
