/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-keys.h"

#include <gio/gio.h>
#include <string.h>

/* The document of all settings as JSON Schema 2020-12, from the table of keys and the schema. What
 * JSON Schema has no word for stands in members that begin with "x-". */

#define DRAFT "https://json-schema.org/draft/2020-12/schema"
#define ID_PATTERN "^[A-Za-z0-9_-]{1,32}$"

typedef struct {
  GSettingsSchemaSource *source;
  gboolean in_charger;
} Writer;

static JsonObject *
new_schema (const char *type)
{
  JsonObject *self = json_object_new ();

  json_object_set_string_member (self, "type", type);
  return self;
}

/* (nullable): the form of one text, as a regular expression */
static const char *
get_pattern (PhaetonFormat format)
{
  switch (format) {
  case PHAETON_FORMAT_TIME:
    return "^$|^([01][0-9]|2[0-3]):[0-5][0-9]$";
  case PHAETON_FORMAT_DATE:
    return "^$|^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
  case PHAETON_FORMAT_MONTH_DAY:
    return "^$|^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";
  case PHAETON_FORMAT_HOLIDAY:
    return "^([0-9]{4}-)?(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$|^easter([+-][0-9]{1,3})?$";
  case PHAETON_FORMAT_CURRENCY:
    return "^$|^[A-Z]{3}$";
  case PHAETON_FORMAT_DRIVER:
    return "^[a-z0-9_-]{1,32}$";
  case PHAETON_FORMAT_REFERENCE:
    return "^$|" ID_PATTERN;
  case PHAETON_FORMAT_ORIGIN:
    return "^https?://[^/?#@ ]+$";
  case PHAETON_FORMAT_PROXY:
    return "^$|^(https?|socks[45])://[^/?#@ ]+$";
  default:
    return NULL;
  }
}

static void
set_text_form (JsonObject *schema, PhaetonFormat format)
{
  const char *pattern = get_pattern (format);

  if (pattern != NULL)
    json_object_set_string_member (schema, "pattern", pattern);
  if (format == PHAETON_FORMAT_HOST)
    json_object_set_string_member (schema, "x-format", "host");
  else if (format == PHAETON_FORMAT_TIMEZONE)
    json_object_set_string_member (schema, "x-format", "timezone");
  else if (format == PHAETON_FORMAT_ROTATION)
    json_object_set_string_member (schema, "x-format", "phase-rotation");
}

static JsonObject *
new_range (gint64 min, gint64 max)
{
  JsonObject *self = new_schema ("integer");

  json_object_set_int_member (self, "minimum", min);
  json_object_set_int_member (self, "maximum", max);
  return self;
}

/* one current for all phases, or three, or none */
static void
set_phases (JsonObject *schema, gint64 min_mA)
{
  JsonArray *forms = json_array_new ();
  JsonObject *three = new_schema ("array"), *none = new_schema ("array");

  json_object_set_object_member (three, "items", new_range (min_mA, PHAETON_MAX_FUSE_mA));
  json_object_set_int_member (three, "minItems", PHAETON_PHASES);
  json_object_set_int_member (three, "maxItems", PHAETON_PHASES);
  json_object_set_int_member (none, "maxItems", 0);
  json_array_add_object_element (forms, new_range (min_mA, PHAETON_MAX_FUSE_mA));
  json_array_add_object_element (forms, three);
  json_array_add_object_element (forms, none);
  json_object_set_array_member (schema, "oneOf", forms);
}

static void
set_list (JsonObject *schema, const PhaetonKey *key)
{
  JsonObject *items;

  if (key->format == PHAETON_FORMAT_PHASES || key->format == PHAETON_FORMAT_FUSE) {
    set_phases (schema, key->format == PHAETON_FORMAT_FUSE ? PHAETON_MIN_OFFER_mA : 0);
    return;
  }
  json_object_set_string_member (schema, "type", "array");
  if (key->format == PHAETON_FORMAT_DAYS) {
    json_object_set_string_member (schema, "x-format", "days");
    items = new_range (0, 6);
  } else {
    items = new_schema ("string");
    set_text_form (items, key->format);
  }
  json_object_set_object_member (schema, "items", items);
}

static void
set_text (JsonObject *schema, const PhaetonSection *section, const PhaetonKey *key)
{
  const char *const *choices = phaeton_key_get_choices (section, key);
  const gboolean is_nullable = (key->flags & PHAETON_KEY_NULLABLE) != 0;
  JsonArray *values;

  if (is_nullable) {
    JsonArray *types = json_array_new ();

    json_array_add_string_element (types, "string");
    json_array_add_string_element (types, "null");
    json_object_set_array_member (schema, "type", types);
  } else {
    json_object_set_string_member (schema, "type", "string");
  }
  set_text_form (schema, key->format);
  if (choices == NULL)
    return;
  values = json_array_new ();
  for (guint i = 0; choices[i] != NULL; i++)
    json_array_add_string_element (values, choices[i]);
  if (is_nullable)
    json_array_add_null_element (values);
  json_object_set_array_member (schema, "enum", values);
}

static void
set_number (JsonObject *schema, const PhaetonSection *section, const PhaetonKey *key, char type)
{
  double min, max;

  json_object_set_string_member (schema, "type", type == 'd' ? "number" : "integer");
  if (phaeton_key_get_range (section, key, &min, &max)) {
    if (type == 'd') {
      json_object_set_double_member (schema, "minimum", min);
      json_object_set_double_member (schema, "maximum", max);
    } else {
      json_object_set_int_member (schema, "minimum", (gint64) min);
      json_object_set_int_member (schema, "maximum", (gint64) max);
    }
  }
  if (key->step > 0)
    json_object_set_double_member (schema, "x-step", key->step);
}

static void
set_type (JsonObject *schema, const PhaetonSection *section, const PhaetonKey *key)
{
  const char type = phaeton_key_get_type (section, key);

  switch (type) {
  case 'a':
    set_list (schema, key);
    break;
  case 'b':
    json_object_set_string_member (schema, "type", "boolean");
    break;
  case 's':
    set_text (schema, section, key);
    break;
  default:
    set_number (schema, section, key, type);
  }
}

static void
set_flags (JsonObject *schema, const PhaetonKey *key)
{
  if (key->unit[0] != '\0')
    json_object_set_string_member (schema, "x-unit", key->unit);
  if ((key->flags & PHAETON_KEY_RESTART) != 0)
    json_object_set_boolean_member (schema, "x-restart", TRUE);
  if ((key->flags & PHAETON_KEY_SECRET) != 0) {
    json_object_set_boolean_member (schema, "x-secret", TRUE);
    json_object_set_boolean_member (schema, "writeOnly", TRUE);
  }
}

static JsonObject *
write_key (const Writer *writer, GSettingsSchema *texts, const PhaetonSection *section,
           const PhaetonKey *key)
{
  g_autofree char *name = g_strdelimit (g_strdup (key->name), "_", '-');
  g_autoptr (GSettingsSchemaKey) facts = g_settings_schema_get_key (texts, name);
  g_autoptr (PhaetonNode) fallback =
    phaeton_key_to_node (key, phaeton_key_get_default (section, key));
  JsonObject *schema = json_object_new ();

  set_type (schema, section, key);
  json_object_set_string_member (schema, "title", g_settings_schema_key_get_summary (facts));
  json_object_set_string_member (schema, "description",
                                 g_settings_schema_key_get_description (facts));
  if (writer->in_charger && (key->flags & PHAETON_KEY_OWN) == 0)
    json_object_set_boolean_member (schema, "x-inherits", TRUE); /* from the top level */
  else
    json_object_set_member (schema, "default", phaeton_node_to_json (fallback));
  json_object_set_string_member (schema, "x-group", section->name);
  json_object_set_int_member (schema, "x-order", key - section->keys);
  set_flags (schema, key);
  return schema;
}

static void
write_keys (const Writer *writer, const PhaetonSection *section, JsonObject *properties)
{
  g_autoptr (GSettingsSchema) texts =
    g_settings_schema_source_lookup (writer->source, section->schema, FALSE);

  for (guint i = 0; i < section->n_keys; i++)
    if (!writer->in_charger || phaeton_section_has_charger_key (section, &section->keys[i]))
      json_object_set_object_member (properties, section->keys[i].name,
                                     write_key (writer, texts, section, &section->keys[i]));
}

static JsonObject *
write_object (const Writer *writer, const PhaetonSection *section)
{
  JsonObject *schema = new_schema ("object");
  JsonObject *properties = json_object_new ();

  json_object_set_string_member (schema, "title", section->title);
  write_keys (writer, section, properties);
  json_object_set_object_member (schema, "properties", properties);
  return schema;
}

static JsonObject *
wrap_list (const PhaetonSection *section, JsonObject *item)
{
  JsonObject *schema = new_schema ("array");

  json_object_set_string_member (schema, "title", section->title);
  json_object_set_object_member (schema, "items", item);
  return schema;
}

static JsonObject *
wrap_map (const char *title, JsonObject *item)
{
  JsonObject *schema = new_schema ("object");
  JsonObject *names = json_object_new ();

  json_object_set_string_member (schema, "title", title);
  json_object_set_string_member (names, "pattern", ID_PATTERN);
  json_object_set_object_member (schema, "propertyNames", names);
  json_object_set_object_member (schema, "additionalProperties", item);
  return schema;
}

/* where documents have them: "vehicles" is {items: [...]}, "schedule.items" is in "schedule" */
static void
add_section (const Writer *writer, const PhaetonSection *section, JsonObject *properties,
             gint64 order)
{
  const char *name = section->name;
  JsonObject *schema = write_object (writer, section);

  if (section->kind == PHAETON_SECTION_MAP)
    schema = wrap_map (section->title, schema);
  if (section->kind == PHAETON_SECTION_LIST)
    schema = wrap_list (section, schema);
  json_object_set_int_member (schema, "x-order", order);
  if (phaeton_section_is_inner (section)) {
    g_autofree char *outer = phaeton_section_dup_outer (section);

    properties = json_object_get_object_member (json_object_get_object_member (properties, outer),
                                                "properties");
    name = strchr (name, '.') + 1;
  } else if (section->kind == PHAETON_SECTION_LIST) {
    JsonObject *holder = new_schema ("object"), *inner = json_object_new ();

    json_object_set_string_member (holder, "title", section->title);
    json_object_set_int_member (holder, "x-order", order);
    json_object_set_object_member (inner, "items", schema);
    json_object_set_object_member (holder, "properties", inner);
    schema = holder;
  }
  json_object_set_object_member (properties, name, schema);
}

static JsonObject *
write_level (const Writer *writer)
{
  JsonObject *schema = new_schema ("object");
  JsonObject *properties = json_object_new ();

  for (guint i = 0; i < phaeton_n_sections; i++) {
    const PhaetonSection *section = &phaeton_sections[i];

    if (writer->in_charger && !section->is_per_charger)
      continue;
    if (section->kind == PHAETON_SECTION_TOP)
      write_keys (writer, section, properties);
    else
      add_section (writer, section, properties, i);
  }
  json_object_set_object_member (schema, "properties", properties);
  return schema;
}

JsonNode *
phaeton_settings_dup_json_schema (void)
{
  g_autofree char *folder = phaeton_keys_dup_folder ();
  g_autoptr (GSettingsSchemaSource) source =
    g_settings_schema_source_new_from_directory (folder, NULL, FALSE, NULL);
  const Writer writer = { source, FALSE }, charger_writer = { source, TRUE };
  JsonNode *root;
  JsonObject *schema, *chargers;

  if (source == NULL || !phaeton_keys_ensure (NULL))
    return NULL;
  schema = write_level (&writer);
  json_object_set_string_member (schema, "$schema", DRAFT);
  json_object_set_string_member (schema, "title", "Settings of Phaeton");
  chargers = wrap_map ("Chargers", write_level (&charger_writer));
  json_object_set_int_member (chargers, "x-order", phaeton_n_sections);
  json_object_set_object_member (json_object_get_object_member (schema, "properties"), "chargers",
                                 chargers);
  root = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (root, schema);
  return root;
}
