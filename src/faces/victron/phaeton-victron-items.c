/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-victron-items.h"

#include "phaeton-bus-item.h"

#include <math.h>
#include <string.h>

#define INVALID_TEXT "---"

/* as shown on the bus */
typedef struct {
  gboolean known;
  double number; /* of 'i' and 'd' */
  char *text;    /* (owned) (nullable): of 's' */
  gboolean has_limits;
  double min, max;
  guint changes;
} Item;

struct _PhaetonVictronItems {
  GMutex lock;
  Item *items;    /* by PhaetonVictronNode.item */
  GVariant *bulk; /* (owned) (nullable): the answer of GetItems, until something changes */
};

/* dictionary keys that every answer repeats, made once */
typedef struct {
  GVariant *value, *text, *min, *max;
  GVariant **paths; /* by PhaetonVictronNode.item */
} Keys;

static GVariant *
new_key (const char *text)
{
  return g_variant_ref_sink (g_variant_new_string (text));
}

static const Keys *
get_keys (void)
{
  static const Keys *keys;

  if (g_once_init_enter (&keys)) {
    Keys *made = g_new0 (Keys, 1);
    guint n;
    const PhaetonVictronNode *nodes = phaeton_victron_tree_get_nodes (&n);

    made->value = new_key ("Value");
    made->text = new_key ("Text");
    made->min = new_key ("Min");
    made->max = new_key ("Max");
    made->paths = g_new0 (GVariant *, phaeton_victron_tree_get_n_items ());
    for (guint i = 0; i < n; i++)
      if (nodes[i].kind == PHAETON_VICTRON_LEAF)
        made->paths[nodes[i].item] = new_key (nodes[i].path);
    g_once_init_leave (&keys, made);
  }
  return keys;
}

static GVariant *
new_number (const PhaetonField *field, double number)
{
  if (field->dbus_type == 'i')
    return g_variant_new_int32 ((gint32) CLAMP (number, G_MININT32, G_MAXINT32));
  return g_variant_new_double (number);
}

static GVariant *
new_value (const PhaetonField *field, const Item *item)
{
  if (!item->known)
    return phaeton_bus_item_new_invalid ();
  return field->dbus_type == 's' ? g_variant_new_string (item->text)
                                 : new_number (field, item->number);
}

/* "%.1f A" -> "16.0 A", in no matter which locale; of "%g A" and what is huge, "16 A". By whole
 * numbers: printing doubles is what an update would spend most of its own time with */
static char *
format_number (const char *format, double number)
{
  static const gint64 powers[] = { 1, 10, 100, 1000 };
  const gboolean is_fixed = g_str_has_prefix (format, "%.");
  const int decimals = is_fixed ? g_ascii_digit_value (format[2]) : 0;
  const char *unit = strchr (format, ' ');
  char digits[G_ASCII_DTOSTR_BUF_SIZE];
  gint64 scaled;

  g_assert (decimals >= 0 && decimals < (int) G_N_ELEMENTS (powers));
  if (!is_fixed || fabs (number) > 1e15 / (double) powers[decimals]) {
    g_ascii_formatd (digits, sizeof digits, "%g", number);
  } else {
    scaled = llround (fabs (number) * (double) powers[decimals]);
    g_snprintf (digits, sizeof digits, "%s%" G_GINT64_FORMAT, number < 0 && scaled > 0 ? "-" : "",
                scaled / powers[decimals]);
    if (decimals > 0)
      g_snprintf (digits + strlen (digits), sizeof digits - strlen (digits), ".%0*d", decimals,
                  (int) (scaled % powers[decimals]));
  }
  return g_strconcat (digits, unit, NULL);
}

static char *
dup_text (const PhaetonField *field, const Item *item)
{
  if (!item->known)
    return g_strdup (INVALID_TEXT);
  if (field->dbus_type == 's')
    return g_strdup (item->text);
  if (field->dbus_text == NULL)
    return format_number ("%.0f", item->number);
  if (g_str_has_prefix (field->dbus_text, "0x"))
    return g_strdup_printf ("0x%X", (guint) item->number);
  return format_number (field->dbus_text, item->number);
}

static GVariant *
new_text (const PhaetonField *field, const Item *item)
{
  return g_variant_new_take_string (dup_text (field, item));
}

static GVariant *
new_entry (GVariant *key, GVariant *value)
{
  return g_variant_new_dict_entry (key, g_variant_new_variant (value));
}

/* path -> { Value, Text, limits } */
static GVariant *
new_item_entry (const PhaetonVictronNode *leaf, const Item *item)
{
  const Keys *keys = get_keys ();
  GVariant *entries[4];
  guint n = 0;

  entries[n++] = new_entry (keys->value, new_value (leaf->field, item));
  entries[n++] = new_entry (keys->text, new_text (leaf->field, item));
  if (item->has_limits) {
    entries[n++] = new_entry (keys->min, new_number (leaf->field, item->min));
    entries[n++] = new_entry (keys->max, new_number (leaf->field, item->max));
  }
  return g_variant_new_dict_entry (keys->paths[leaf->item],
                                   g_variant_new_array (G_VARIANT_TYPE ("{sv}"), entries, n));
}

static GVariant *
new_body (GVariant *child)
{
  return g_variant_new_tuple (&child, 1);
}

static GVariant *
new_items_body (GVariant **entries, guint n)
{
  return new_body (g_variant_new_array (G_VARIANT_TYPE ("{sa{sv}}"), entries, n));
}

PhaetonVictronItems *
phaeton_victron_items_new (void)
{
  PhaetonVictronItems *self = g_atomic_rc_box_new0 (PhaetonVictronItems);

  g_mutex_init (&self->lock);
  self->items = g_new0 (Item, phaeton_victron_tree_get_n_items ());
  return self;
}

PhaetonVictronItems *
phaeton_victron_items_ref (PhaetonVictronItems *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  PhaetonVictronItems *self = data;

  for (guint i = 0; i < phaeton_victron_tree_get_n_items (); i++)
    g_free (self->items[i].text);
  g_free (self->items);
  g_clear_pointer (&self->bulk, g_variant_unref);
  g_mutex_clear (&self->lock);
}

void
phaeton_victron_items_unref (PhaetonVictronItems *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

void
phaeton_victron_items_lock (PhaetonVictronItems *self)
{
  g_mutex_lock (&self->lock);
}

void
phaeton_victron_items_unlock (PhaetonVictronItems *self)
{
  g_mutex_unlock (&self->lock);
}

/* what a snapshot says; the text is borrowed from it */
static Item
read_item (const PhaetonField *field, gconstpointer record)
{
  const double scale = field->dbus_format.scale > 0 ? field->dbus_format.scale : 1;
  Item item = { 0 };

  if (field->dbus_type == 's') {
    item.text = (char *) phaeton_field_get_text (field, record);
    if (item.text == NULL)
      item.text = (char *) field->dbus_unknown;
    item.known = item.text != NULL;
    return item;
  }
  item.known = phaeton_field_get_shown (field, record, &field->dbus_format, &item.number);
  item.has_limits = phaeton_field_get_limits (field, record, &item.min, &item.max);
  item.min *= scale;
  item.max *= scale;
  return item;
}

static gboolean
is_same_number (double a, double b)
{
  return memcmp (&a, &b, sizeof a) == 0; /* both come from the same rounding */
}

static gboolean
is_equal (const Item *a, const Item *b)
{
  return a->known == b->known && is_same_number (a->number, b->number) &&
         g_strcmp0 (a->text, b->text) == 0 && a->has_limits == b->has_limits &&
         (!a->has_limits || (is_same_number (a->min, b->min) && is_same_number (a->max, b->max)));
}

static void
take_over (Item *to, const Item *from)
{
  const guint changes = to->changes + 1;

  g_free (to->text);
  *to = *from;
  to->text = g_strdup (from->text);
  to->changes = changes;
}

/* the least extent to which a field belongs */
static PhaetonVictronExtent
get_extent (const PhaetonField *field)
{
  if (field->parse != PHAETON_PARSE_NONE || field->id == PHAETON_FIELD_STATUS ||
      field->id == PHAETON_FIELD_CONNECTED ||
      (field->id >= PHAETON_FIELD_ALARM_GROUND && field->id <= PHAETON_FIELD_ALARM_SETUP))
    return PHAETON_VICTRON_PROMPT;
  if ((field->id >= PHAETON_FIELD_LINE_VOLTAGE &&
       field->id < PHAETON_FIELD_LINE_VOLTAGE + PHAETON_PHASES) ||
      field->id == PHAETON_FIELD_ENERGY || field->id == PHAETON_FIELD_FORWARD)
    return PHAETON_VICTRON_ALL;
  return PHAETON_VICTRON_MEASURED;
}

static gboolean
came_or_went (PhaetonVictronItems *self, gconstpointer record)
{
  const PhaetonField *connected = phaeton_field (PHAETON_FIELD_CONNECTED);
  const Item item = read_item (connected, record);

  return !is_equal (&self->items[phaeton_victron_tree_find (connected->dbus)->item], &item);
}

GVariant *
phaeton_victron_items_update (PhaetonVictronItems *self, const PhaetonSnapshot *snapshot,
                              guint charger, PhaetonVictronExtent extent, gboolean *measured)
{
  guint n_nodes, n = 0;
  const PhaetonVictronNode *nodes = phaeton_victron_tree_get_nodes (&n_nodes);
  g_autofree GVariant **entries = g_new (GVariant *, phaeton_victron_tree_get_n_items ());

  if (came_or_went (self, &snapshot->chargers[charger]))
    extent = PHAETON_VICTRON_ALL;
  *measured = FALSE;
  for (guint i = 0; i < n_nodes; i++) {
    const PhaetonField *field = nodes[i].field;
    Item *announced = &self->items[nodes[i].item];
    Item item;

    if (field == NULL || get_extent (field) > extent)
      continue;
    item = read_item (field, phaeton_field_get_record (field, snapshot, charger));
    if (is_equal (announced, &item))
      continue;
    take_over (announced, &item);
    entries[n++] = new_item_entry (&nodes[i], announced);
    *measured |= get_extent (field) > PHAETON_VICTRON_PROMPT;
  }
  if (n == 0)
    return NULL;
  g_clear_pointer (&self->bulk, g_variant_unref);
  return new_items_body (entries, n);
}

guint
phaeton_victron_items_get_changes (PhaetonVictronItems *self, const PhaetonVictronNode *leaf)
{
  return self->items[leaf->item].changes;
}

gboolean
phaeton_victron_items_matches (PhaetonVictronItems *self, const PhaetonVictronNode *leaf,
                               GVariant *value)
{
  const Item *item = &self->items[leaf->item];
  double number;

  if (!item->known)
    return FALSE;
  if (leaf->field->dbus_type == 's')
    return g_strcmp0 (item->text, phaeton_bus_item_get_text (value)) == 0;
  return phaeton_bus_item_get_number (value, &number) && is_same_number (number, item->number);
}

GVariant *
phaeton_victron_items_repeat (PhaetonVictronItems *self, const PhaetonVictronNode *leaf)
{
  GVariant *entry = new_item_entry (leaf, &self->items[leaf->item]);

  return new_items_body (&entry, 1);
}

static GVariant *
get_items (PhaetonVictronItems *self)
{
  if (self->bulk == NULL) {
    guint n_nodes, n = 0;
    const PhaetonVictronNode *nodes = phaeton_victron_tree_get_nodes (&n_nodes);
    g_autofree GVariant **entries = g_new (GVariant *, phaeton_victron_tree_get_n_items ());

    for (guint i = 0; i < n_nodes; i++)
      if (nodes[i].kind == PHAETON_VICTRON_LEAF)
        entries[n++] = new_item_entry (&nodes[i], &self->items[nodes[i].item]);
    self->bulk = g_variant_ref_sink (new_items_body (entries, n));
  }
  return self->bulk;
}

/* NULL: not below it; else the rest of the path */
static const char *
get_relative (const PhaetonVictronNode *leaf, const PhaetonVictronNode *parent)
{
  gsize length = strlen (parent->path);

  if (leaf->kind != PHAETON_VICTRON_LEAF)
    return NULL;
  if (parent->kind == PHAETON_VICTRON_ROOT)
    return leaf->path + 1;
  return strncmp (leaf->path, parent->path, length) == 0 && leaf->path[length] == '/'
           ? leaf->path + length + 1
           : NULL;
}

/* "L1/Power" -> value (a{sv}) or text (a{ss}) of everything below @parent */
static GVariant *
new_subtree (PhaetonVictronItems *self, const PhaetonVictronNode *parent, gboolean texts)
{
  GVariantBuilder builder;
  guint n;
  const PhaetonVictronNode *nodes = phaeton_victron_tree_get_nodes (&n);

  g_variant_builder_init (&builder, G_VARIANT_TYPE (texts ? "a{ss}" : "a{sv}"));
  for (guint i = 0; i < n; i++) {
    const char *key = get_relative (&nodes[i], parent);
    const Item *item = &self->items[nodes[i].item];

    if (key != NULL && texts)
      g_variant_builder_add_value (
        &builder,
        g_variant_new_dict_entry (g_variant_new_string (key), new_text (nodes[i].field, item)));
    else if (key != NULL)
      g_variant_builder_add_value (
        &builder, new_entry (g_variant_new_string (key), new_value (nodes[i].field, item)));
  }
  return g_variant_builder_end (&builder);
}

static GVariant *
get_value (PhaetonVictronItems *self, const PhaetonVictronNode *node)
{
  return new_body (g_variant_new_variant (node->kind == PHAETON_VICTRON_LEAF
                                            ? new_value (node->field, &self->items[node->item])
                                            : new_subtree (self, node, FALSE)));
}

static GVariant *
get_text (PhaetonVictronItems *self, const PhaetonVictronNode *node)
{
  return new_body (node->kind == PHAETON_VICTRON_LEAF
                     ? new_text (node->field, &self->items[node->item])
                     : g_variant_new_variant (new_subtree (self, node, TRUE)));
}

static GVariant *
get_limit (PhaetonVictronItems *self, const PhaetonVictronNode *leaf, gboolean max)
{
  const Item *item = &self->items[leaf->item];

  return new_body (g_variant_new_variant (item->has_limits
                                            ? new_number (leaf->field, max ? item->max : item->min)
                                            : phaeton_bus_item_new_invalid ()));
}

GVariant *
phaeton_victron_items_answer (PhaetonVictronItems *self, const PhaetonVictronNode *node,
                              const char *method)
{
  if (g_str_equal (method, "GetValue"))
    return get_value (self, node);
  if (g_str_equal (method, "GetText"))
    return get_text (self, node);
  if (node->kind == PHAETON_VICTRON_ROOT && g_str_equal (method, "GetItems"))
    return get_items (self);
  if (node->kind == PHAETON_VICTRON_LEAF && g_str_equal (method, "GetMin"))
    return get_limit (self, node, FALSE);
  if (node->kind == PHAETON_VICTRON_LEAF && g_str_equal (method, "GetMax"))
    return get_limit (self, node, TRUE);
  return NULL;
}
