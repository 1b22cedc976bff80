/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-keys.h"

#include <gio/gio.h>
#include <string.h>

/* The form of older web pages: the table of keys and the schema as JSON. It has no shape for maps
 * by id, sections in sections and lists of texts; newer pages use the JSON Schema. */

typedef struct {
  GSettingsSchema *schema; /* (owned) (nullable): for the texts */
  const PhaetonSection *section;
} Form;

static const char *
get_widget (const PhaetonSection *section, const PhaetonKey *key)
{
  if (key->format == PHAETON_FORMAT_TIME)
    return "time";
  if (phaeton_key_get_choices (section, key) != NULL)
    return "enum";
  switch (phaeton_key_get_type (section, key)) {
  case 'a':
    return "array";
  case 'b':
    return "boolean";
  case 'd':
    return "number";
  case 's':
    return "string";
  default:
    return "integer";
  }
}

static void
set_texts (JsonObject *field, const Form *form, const PhaetonKey *key)
{
  g_autofree char *name = g_strdelimit (g_strdup (key->name), "_", '-');
  g_autoptr (GSettingsSchemaKey) schema_key = g_settings_schema_get_key (form->schema, name);

  json_object_set_string_member (field, "title", g_settings_schema_key_get_summary (schema_key));
  json_object_set_string_member (field, "description",
                                 g_settings_schema_key_get_description (schema_key));
}

static void
set_days (JsonObject *field)
{
  JsonObject *items = json_object_new ();

  json_object_set_string_member (field, "ui", "days");
  json_object_set_string_member (items, "type", "integer");
  json_object_set_int_member (items, "min", 0);
  json_object_set_int_member (items, "max", 6);
  json_object_set_object_member (field, "items", items);
}

static void
set_limits (JsonObject *field, const PhaetonSection *section, const PhaetonKey *key)
{
  const char *const *choices = phaeton_key_get_choices (section, key);
  const gboolean is_number = phaeton_key_get_type (section, key) == 'd';
  double min, max;

  if (phaeton_key_get_range (section, key, &min, &max)) {
    if (is_number) {
      json_object_set_double_member (field, "min", min);
      json_object_set_double_member (field, "max", max);
      json_object_set_double_member (field, "step", key->step > 0 ? key->step : 1);
    } else {
      json_object_set_int_member (field, "min", (gint64) min);
      json_object_set_int_member (field, "max", (gint64) max);
    }
  }
  if (choices != NULL) {
    JsonArray *values = json_array_new ();

    for (guint i = 0; choices[i] != NULL; i++)
      json_array_add_string_element (values, choices[i]);
    json_object_set_array_member (field, "values", values);
  }
}

static JsonObject *
make_field (const Form *form, const PhaetonKey *key)
{
  JsonObject *field = json_object_new ();

  json_object_set_string_member (field, "type", get_widget (form->section, key));
  set_texts (field, form, key);
  set_limits (field, form->section, key);
  if (key->format == PHAETON_FORMAT_DAYS)
    set_days (field);
  if (key->format == PHAETON_FORMAT_HOST)
    json_object_set_string_member (field, "format", "host");
  if (key->unit[0] != '\0')
    json_object_set_string_member (field, "unit", key->unit);
  if ((key->flags & PHAETON_KEY_SECRET) != 0)
    json_object_set_boolean_member (field, "secret", TRUE);
  if ((key->flags & PHAETON_KEY_FILE_ONLY) != 0)
    json_object_set_boolean_member (field, "readonly", TRUE);
  if ((key->flags & PHAETON_KEY_RESTART) != 0)
    json_object_set_boolean_member (field, "restart", TRUE);
  return field;
}

static JsonObject *
make_fields (const Form *form)
{
  JsonObject *fields = json_object_new ();

  for (guint i = 0; i < form->section->n_keys; i++)
    if (phaeton_key_get_type (form->section, &form->section->keys[i]) != 'a' ||
        form->section->keys[i].format == PHAETON_FORMAT_DAYS)
      json_object_set_object_member (fields, form->section->keys[i].name,
                                     make_field (form, &form->section->keys[i]));
  return fields;
}

static JsonObject *
make_list (const Form *form)
{
  JsonObject *list = json_object_new ();
  JsonObject *item = json_object_new ();

  json_object_set_string_member (list, "type", "list");
  json_object_set_string_member (list, "title", form->section->title);
  json_object_set_object_member (item, "fields", make_fields (form));
  json_object_set_object_member (list, "item", item);
  return list;
}

static void
add_section (JsonObject *sections, const Form *form)
{
  const PhaetonSection *section = form->section;
  JsonObject *object;

  if (section->kind == PHAETON_SECTION_TOP) {
    for (guint i = 0; i < section->n_keys; i++)
      json_object_set_object_member (sections, section->keys[i].name,
                                     make_field (form, &section->keys[i]));
  } else if (section->kind == PHAETON_SECTION_LIST && phaeton_section_is_inner (section)) {
    g_autofree char *name = phaeton_section_dup_outer (section);
    JsonObject *outer = json_object_get_object_member (sections, name);

    json_object_set_object_member (json_object_get_object_member (outer, "fields"),
                                   strchr (section->name, '.') + 1, make_list (form));
  } else if (section->kind == PHAETON_SECTION_LIST) {
    json_object_set_object_member (sections, section->name, make_list (form));
  } else {
    object = json_object_new ();
    json_object_set_string_member (object, "type", "object");
    json_object_set_string_member (object, "title", section->title);
    json_object_set_object_member (object, "fields", make_fields (form));
    json_object_set_object_member (sections, section->name, object);
  }
}

JsonNode *
phaeton_settings_dup_ui_schema (void)
{
  g_autofree char *folder = phaeton_keys_dup_folder ();
  g_autoptr (GSettingsSchemaSource) source =
    g_settings_schema_source_new_from_directory (folder, NULL, FALSE, NULL);
  JsonNode *root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  JsonObject *sections = json_object_new ();

  for (guint i = 0; source != NULL && phaeton_keys_ensure (NULL) && i < phaeton_n_sections; i++) {
    g_autoptr (GSettingsSchema) schema =
      g_settings_schema_source_lookup (source, phaeton_sections[i].schema, FALSE);
    const Form form = { schema, &phaeton_sections[i] };

    if (phaeton_sections[i].kind == PHAETON_SECTION_MAP ||
        (phaeton_sections[i].kind == PHAETON_SECTION_OBJECT &&
         phaeton_section_is_inner (&phaeton_sections[i])))
      continue;
    add_section (sections, &form);
  }
  json_object_set_object_member (object, "sections", sections);
  json_node_take_object (root, object);
  return root;
}
