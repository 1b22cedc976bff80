/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-node.h"

#include <errno.h>
#include <math.h>

PhaetonNode *
phaeton_node_new_map (void)
{
  PhaetonNode *self = g_new0 (PhaetonNode, 1);

  self->kind = PHAETON_NODE_MAP;
  self->keys = g_ptr_array_new_with_free_func ((GDestroyNotify) phaeton_node_free);
  self->items = g_ptr_array_new_with_free_func ((GDestroyNotify) phaeton_node_free);
  return self;
}

PhaetonNode *
phaeton_node_new_list (void)
{
  PhaetonNode *self = g_new0 (PhaetonNode, 1);

  self->kind = PHAETON_NODE_LIST;
  self->items = g_ptr_array_new_with_free_func ((GDestroyNotify) phaeton_node_free);
  return self;
}

PhaetonNode *
phaeton_node_new_scalar (const char *text, gboolean is_quoted)
{
  PhaetonNode *self = g_new0 (PhaetonNode, 1);

  self->kind = PHAETON_NODE_SCALAR;
  self->text = g_strdup (text);
  self->is_quoted = is_quoted;
  return self;
}

void
phaeton_node_free (PhaetonNode *self)
{
  g_free (self->text);
  g_clear_pointer (&self->keys, g_ptr_array_unref);
  g_clear_pointer (&self->items, g_ptr_array_unref);
  g_free (self);
}

static gpointer
copy_element (gconstpointer node, gpointer user_data)
{
  return phaeton_node_copy (node);
}

static GPtrArray *
copy_elements (GPtrArray *array)
{
  GPtrArray *copy;

  if (array == NULL)
    return NULL;
  copy = g_ptr_array_copy (array, copy_element, NULL);
  g_ptr_array_set_free_func (copy, (GDestroyNotify) phaeton_node_free);
  return copy;
}

PhaetonNode *
phaeton_node_copy (const PhaetonNode *self)
{
  PhaetonNode *copy = g_memdup2 (self, sizeof *self);

  copy->text = g_strdup (self->text);
  copy->keys = copy_elements (self->keys);
  copy->items = copy_elements (self->items);
  return copy;
}

static gboolean
is_number (const char *text)
{
  char *end = NULL;

  if (g_str_has_prefix (text, "0x")) {
    g_ascii_strtoull (text + 2, &end, 16);
    return g_ascii_isxdigit (text[2]) && *end == '\0';
  }
  if (strpbrk (text, "0123456789") == NULL || text[strspn (text, "0123456789+-.eE")] != '\0')
    return FALSE;
  g_ascii_strtod (text, &end);
  return *end == '\0';
}

PhaetonScalarType
phaeton_node_get_scalar_type (const PhaetonNode *self)
{
  static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
  static const char *const booleans[] = { "true", "True", "TRUE", "false", "False", "FALSE", NULL };

  if (self->is_quoted)
    return PHAETON_SCALAR_TEXT;
  if (g_strv_contains (nulls, self->text))
    return PHAETON_SCALAR_NULL;
  if (g_strv_contains (booleans, self->text))
    return PHAETON_SCALAR_BOOLEAN;
  return is_number (self->text) ? PHAETON_SCALAR_NUMBER : PHAETON_SCALAR_TEXT;
}

gboolean
phaeton_node_is_null (const PhaetonNode *self)
{
  return self->kind == PHAETON_NODE_SCALAR &&
         phaeton_node_get_scalar_type (self) == PHAETON_SCALAR_NULL;
}

const char *
phaeton_node_describe (const PhaetonNode *self)
{
  static const char *const scalars[] = { "nothing", "true or false", "a number", "text" };

  switch (self->kind) {
  case PHAETON_NODE_MAP:
    return "a section";
  case PHAETON_NODE_LIST:
    return "a list";
  case PHAETON_NODE_SCALAR:
    break;
  }
  return scalars[phaeton_node_get_scalar_type (self)];
}

static gboolean
find_key (const PhaetonNode *self, const char *key, guint *index)
{
  for (guint i = 0; i < self->keys->len; i++) {
    const PhaetonNode *candidate = self->keys->pdata[i];

    if (g_str_equal (candidate->text, key)) {
      *index = i;
      return TRUE;
    }
  }
  return FALSE;
}

PhaetonNode *
phaeton_node_get (const PhaetonNode *self, const char *key)
{
  guint index;

  if (self == NULL || self->kind != PHAETON_NODE_MAP || !find_key (self, key, &index))
    return NULL;
  return self->items->pdata[index];
}

PhaetonNode *
phaeton_node_get_path (const PhaetonNode *self, const char *const *path)
{
  PhaetonNode *node = (PhaetonNode *) self;

  for (; node != NULL && *path != NULL; path++)
    node = phaeton_node_get (node, *path);
  return node;
}

void
phaeton_node_set (PhaetonNode *self, const char *key, PhaetonNode *value)
{
  guint index;

  if (find_key (self, key, &index)) {
    phaeton_node_free (self->items->pdata[index]);
    self->items->pdata[index] = value;
  } else {
    g_ptr_array_add (self->keys, phaeton_node_new_scalar (key, FALSE));
    g_ptr_array_add (self->items, value);
  }
}

void
phaeton_node_remove (PhaetonNode *self, const char *key)
{
  guint index;

  if (!find_key (self, key, &index))
    return;
  g_ptr_array_remove_index (self->keys, index);
  g_ptr_array_remove_index (self->items, index);
}

void
phaeton_node_append (PhaetonNode *self, PhaetonNode *value)
{
  g_ptr_array_add (self->items, value);
}

static void
remove_path (PhaetonNode *self, const char *const *path)
{
  PhaetonNode *child = phaeton_node_get (self, path[0]);

  if (child == NULL)
    return;
  if (path[1] != NULL) {
    if (child->kind != PHAETON_NODE_MAP)
      return;
    remove_path (child, path + 1);
    if (child->items->len > 0)
      return;
  }
  phaeton_node_remove (self, path[0]);
}

void
phaeton_node_set_path (PhaetonNode *self, const char *const *path, PhaetonNode *value)
{
  if (value == NULL) {
    remove_path (self, path);
    return;
  }
  for (; path[1] != NULL; path++) {
    PhaetonNode *child = phaeton_node_get (self, path[0]);

    if (child == NULL || child->kind != PHAETON_NODE_MAP) {
      child = phaeton_node_new_map ();
      phaeton_node_set (self, path[0], child);
    }
    self = child;
  }
  phaeton_node_set (self, path[0], value);
}

static gboolean
equal_scalars (const PhaetonNode *a, const PhaetonNode *b)
{
  const PhaetonScalarType type = phaeton_node_get_scalar_type (a);

  if (type != phaeton_node_get_scalar_type (b))
    return FALSE;
  switch (type) {
  case PHAETON_SCALAR_NULL:
    return TRUE;
  case PHAETON_SCALAR_BOOLEAN:
    return g_ascii_strcasecmp (a->text, b->text) == 0;
  case PHAETON_SCALAR_NUMBER:
  case PHAETON_SCALAR_TEXT:
    break;
  }
  return g_str_equal (a->text, b->text);
}

gboolean
phaeton_node_equal (const PhaetonNode *a, const PhaetonNode *b)
{
  if (a->kind != b->kind)
    return FALSE;
  if (a->kind == PHAETON_NODE_SCALAR)
    return equal_scalars (a, b);
  if (a->items->len != b->items->len)
    return FALSE;
  for (guint i = 0; i < a->items->len; i++) {
    const PhaetonNode *other = b->items->pdata[i];

    if (a->kind == PHAETON_NODE_MAP)
      other = phaeton_node_get (b, ((PhaetonNode *) a->keys->pdata[i])->text);
    if (other == NULL || !phaeton_node_equal (a->items->pdata[i], other))
      return FALSE;
  }
  return TRUE;
}

char *
phaeton_number_to_text (double value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  /* 15 digits are what a double keeps of a decimal number */
  return g_strdup (g_ascii_formatd (buffer, sizeof buffer, "%.15g", value));
}

static PhaetonNode *
scalar_from_json (JsonNode *json)
{
  const GType type = json_node_get_value_type (json);

  if (type == G_TYPE_STRING)
    return phaeton_node_new_scalar (json_node_get_string (json), TRUE);
  if (type == G_TYPE_BOOLEAN)
    return phaeton_node_new_scalar (json_node_get_boolean (json) ? "true" : "false", FALSE);
  if (type == G_TYPE_INT64) {
    g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (json));

    return phaeton_node_new_scalar (text, FALSE);
  } else {
    g_autofree char *text = phaeton_number_to_text (json_node_get_double (json));

    return phaeton_node_new_scalar (text, FALSE);
  }
}

static PhaetonNode *
from_json (JsonNode *json, int depth, int *budget)
{
  g_autoptr (PhaetonNode) self = NULL;

  if (depth > PHAETON_MAX_DEPTH || --*budget < 0)
    return NULL;
  if (JSON_NODE_HOLDS_NULL (json))
    return phaeton_node_new_scalar ("null", FALSE);
  if (JSON_NODE_HOLDS_VALUE (json))
    return scalar_from_json (json);

  if (JSON_NODE_HOLDS_ARRAY (json)) {
    JsonArray *array = json_node_get_array (json);

    self = phaeton_node_new_list ();
    for (guint i = 0; i < json_array_get_length (array); i++) {
      PhaetonNode *item = from_json (json_array_get_element (array, i), depth + 1, budget);

      if (item == NULL)
        return NULL;
      phaeton_node_append (self, item);
    }
  } else {
    JsonObjectIter iter;
    const char *name;
    JsonNode *member;

    self = phaeton_node_new_map ();
    json_object_iter_init_ordered (&iter, json_node_get_object (json));
    while (json_object_iter_next_ordered (&iter, &name, &member)) {
      PhaetonNode *item = from_json (member, depth + 1, budget);

      if (item == NULL)
        return NULL;
      phaeton_node_set (self, name, item);
    }
  }
  return g_steal_pointer (&self);
}

PhaetonNode *
phaeton_node_from_json (JsonNode *json)
{
  int budget = PHAETON_MAX_NODES;

  return from_json (json, 0, &budget);
}

static JsonNode *
number_to_json (const char *text)
{
  JsonNode *json = json_node_alloc ();
  char *end = NULL;
  gint64 integer;

  errno = 0;
  integer = g_ascii_strtoll (text, &end, g_str_has_prefix (text, "0x") ? 16 : 10);
  if (*end == '\0' && errno == 0)
    return json_node_init_int (json, integer);
  if (!isfinite (g_ascii_strtod (text, NULL))) /* JSON has no such number */
    return json_node_init_string (json, text);
  return json_node_init_double (json, g_ascii_strtod (text, NULL));
}

static JsonNode *
scalar_to_json (const PhaetonNode *self)
{
  switch (phaeton_node_get_scalar_type (self)) {
  case PHAETON_SCALAR_NULL:
    return json_node_init_null (json_node_alloc ());
  case PHAETON_SCALAR_BOOLEAN:
    return json_node_init_boolean (json_node_alloc (), g_ascii_tolower (self->text[0]) == 't');
  case PHAETON_SCALAR_NUMBER:
    return number_to_json (self->text);
  case PHAETON_SCALAR_TEXT:
    break;
  }
  return json_node_init_string (json_node_alloc (), self->text);
}

JsonNode *
phaeton_node_to_json (const PhaetonNode *self)
{
  JsonNode *json;

  if (self->kind == PHAETON_NODE_SCALAR)
    return scalar_to_json (self);
  if (self->kind == PHAETON_NODE_LIST) {
    JsonArray *array = json_array_new ();

    for (guint i = 0; i < self->items->len; i++)
      json_array_add_element (array, phaeton_node_to_json (self->items->pdata[i]));
    json = json_node_new (JSON_NODE_ARRAY);
    json_node_take_array (json, array);
  } else {
    JsonObject *object = json_object_new ();

    for (guint i = 0; i < self->items->len; i++)
      json_object_set_member (object, ((PhaetonNode *) self->keys->pdata[i])->text,
                              phaeton_node_to_json (self->items->pdata[i]));
    json = json_node_new (JSON_NODE_OBJECT);
    json_node_take_object (json, object);
  }
  return json;
}
