/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-sim"
#include "config.h"

#include "phaeton-sim-items.h"

#include <math.h>
#include <string.h>

#define INTERFACE "com.victronenergy.BusItem"
#define NO_TEXT "---"
#define UNANSWERED_MAX 256 /* calls that a silent service remembers */

/* one object; a leaf has a value, a group has none */
typedef struct {
  PhaetonSimItems *items;
  char *path;
  GVariant *value; /* (owned) (nullable): NULL is a group */
  const char *unit;
  PhaetonSimAttributes attributes;
  gboolean is_forced;
  gboolean is_changed; /* since the last flush */
  guint registrations[2];
} Node;

struct _PhaetonSimItems {
  char *name;
  const PhaetonSimItemsHooks *hooks;
  gpointer user_data;
  GDBusConnection *connection; /* (owned) (nullable): NULL while dropped */
  GHashTable *nodes;           /* (owned) (element-type utf8 Node) */
  GQueue unanswered;           /* (element-type GDBusMethodInvocation) */
  GQueue delayed;              /* (element-type Delayed) */
  gboolean is_silent;
  gboolean has_ints;
  int delay_ms;
};

typedef struct {
  PhaetonSimItems *items;
  GDBusMethodInvocation *invocation;
  guint id;
} Delayed;

static const char XML[] =
  "<node>"
  " <interface name='" INTERFACE "'>" /* a value that others may only look at or set */
  "  <method name='GetValue'><arg type='v' direction='out'/></method>"
  "  <method name='GetText'><arg type='s' direction='out'/></method>"
  "  <method name='SetValue'><arg type='v' direction='in'/><arg type='i' direction='out'/></method>"
  "  <signal name='PropertiesChanged'><arg type='a{sv}'/></signal>"
  " </interface>"
  "</node>";

static const char XML_SETTING[] =
  "<node>"
  " <interface name='" INTERFACE "'>"
  "  <method name='GetValue'><arg type='v' direction='out'/></method>"
  "  <method name='GetText'><arg type='s' direction='out'/></method>"
  "  <method name='SetValue'><arg type='v' direction='in'/><arg type='i' direction='out'/></method>"
  "  <method name='GetMin'><arg type='v' direction='out'/></method>"
  "  <method name='GetMax'><arg type='v' direction='out'/></method>"
  "  <method name='GetDefault'><arg type='v' direction='out'/></method>"
  "  <method name='SetDefault'><arg type='i' direction='out'/></method>"
  "  <signal name='PropertiesChanged'><arg type='a{sv}'/></signal>"
  " </interface>"
  "</node>";

static const char XML_GROUP[] = "<node>"
                                " <interface name='" INTERFACE "'>"
                                "  <method name='GetValue'><arg type='v' direction='out'/></method>"
                                "  <method name='GetText'><arg type='v' direction='out'/></method>"
                                " </interface>"
                                "</node>";

static const char XML_ROOT[] =
  "<node>"
  " <interface name='" INTERFACE "'>"
  "  <method name='GetValue'><arg type='v' direction='out'/></method>"
  "  <method name='GetText'><arg type='v' direction='out'/></method>"
  "  <method name='GetItems'><arg type='a{sa{sv}}' direction='out'/></method>"
  "  <signal name='ItemsChanged'><arg type='a{sa{sv}}'/></signal>"
  " </interface>"
  "</node>";

static GDBusInterfaceInfo *
parse_info (const char *xml)
{
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (xml, NULL);

  g_assert (node != NULL);
  return g_dbus_interface_info_ref (node->interfaces[0]);
}

static void
free_node (gpointer data)
{
  Node *node = data;

  g_free (node->path);
  g_clear_pointer (&node->value, g_variant_unref);
  g_clear_pointer (&node->attributes.minimum, g_variant_unref);
  g_clear_pointer (&node->attributes.maximum, g_variant_unref);
  g_clear_pointer (&node->attributes.standard, g_variant_unref);
  g_free (node);
}

static GVariant *
new_invalid (void)
{
  return g_variant_new_array (G_VARIANT_TYPE_INT32, NULL, 0);
}

/* as it goes over the wire; some systems send whole numbers where others send doubles */
static GVariant *
get_wire_value (const Node *node)
{
  if (node->items->has_ints && g_variant_is_of_type (node->value, G_VARIANT_TYPE_DOUBLE))
    return g_variant_new_int32 ((int) rint (g_variant_get_double (node->value)));
  return node->value;
}

static char *
make_text (const Node *node)
{
  const char *unit = node->unit != NULL ? node->unit : "";

  if (g_variant_is_of_type (node->value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (node->value, NULL);
  if (g_variant_is_of_type (node->value, G_VARIANT_TYPE_DOUBLE))
    return g_strdup_printf ("%.10g%s", g_variant_get_double (node->value), unit);
  if (g_variant_is_of_type (node->value, G_VARIANT_TYPE_INT32))
    return g_strdup_printf ("%d%s", g_variant_get_int32 (node->value), unit);
  if (g_variant_is_of_type (node->value, G_VARIANT_TYPE_INT64))
    return g_strdup_printf ("%" G_GINT64_FORMAT "%s", g_variant_get_int64 (node->value), unit);
  return g_strdup (NO_TEXT);
}

/* {Value, Text[, Min, Max, Default]} */
static GVariant *
describe (const Node *node, gboolean with_attributes)
{
  const PhaetonSimAttributes *attributes = &node->attributes;
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "Value", get_wire_value (node));
  g_variant_builder_add (&builder, "{sv}", "Text", g_variant_new_take_string (make_text (node)));
  if (with_attributes && attributes->minimum != NULL)
    g_variant_builder_add (&builder, "{sv}", "Min", attributes->minimum);
  if (with_attributes && attributes->maximum != NULL)
    g_variant_builder_add (&builder, "{sv}", "Max", attributes->maximum);
  if (with_attributes && attributes->standard != NULL)
    g_variant_builder_add (&builder, "{sv}", "Default", attributes->standard);
  return g_variant_builder_end (&builder);
}

static GList *
list_leaves (PhaetonSimItems *self)
{
  GList *paths = g_hash_table_get_keys (self->nodes), *next;

  for (GList *it = paths; it != NULL; it = next) {
    const Node *node = g_hash_table_lookup (self->nodes, it->data);

    next = it->next;
    if (node->value == NULL)
      paths = g_list_delete_link (paths, it);
  }
  return g_list_sort (paths, (GCompareFunc) strcmp);
}

static GVariant *
build_items (PhaetonSimItems *self)
{
  g_autoptr (GList) paths = list_leaves (self);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{sa{sv}}"));
  for (GList *it = paths; it != NULL; it = it->next)
    g_variant_builder_add (&builder, "{s@a{sv}}", it->data,
                           describe (g_hash_table_lookup (self->nodes, it->data), TRUE));
  return g_variant_builder_end (&builder);
}

/* what lies below @path, by relative path: a{sv} of values or a{ss} of texts */
static GVariant *
build_tree (PhaetonSimItems *self, const char *path, gboolean is_text)
{
  g_autoptr (GList) paths = list_leaves (self);
  g_autofree char *prefix =
    strcmp (path, "/") == 0 ? g_strdup ("/") : g_strconcat (path, "/", NULL);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (is_text ? "a{ss}" : "a{sv}"));
  for (GList *it = paths; it != NULL; it = it->next) {
    const Node *node = g_hash_table_lookup (self->nodes, it->data);
    const char *relative = node->path + strlen (prefix);
    g_autofree char *text = NULL;

    if (!g_str_has_prefix (node->path, prefix))
      continue;
    text = is_text ? make_text (node) : NULL;
    if (is_text)
      g_variant_builder_add (&builder, "{ss}", relative, text);
    else
      g_variant_builder_add (&builder, "{sv}", relative, get_wire_value (node));
  }
  return g_variant_builder_end (&builder);
}

static void
return_variant (GDBusMethodInvocation *invocation, GVariant *value)
{
  g_dbus_method_invocation_return_value (
    invocation, g_variant_new ("(v)", value != NULL ? value : new_invalid ()));
}

static gboolean
delayed_cb (gpointer user_data)
{
  Delayed *delayed = user_data;
  PhaetonSimItems *self = delayed->items;

  g_queue_remove (&self->delayed, delayed);
  g_dbus_method_invocation_return_value (delayed->invocation,
                                         g_variant_new ("(@a{sa{sv}})", build_items (self)));
  g_free (delayed);
  return G_SOURCE_REMOVE;
}

static void
answer_items (PhaetonSimItems *self, GDBusMethodInvocation *invocation)
{
  Delayed *delayed = g_new0 (Delayed, 1);

  delayed->items = self;
  delayed->invocation = invocation;
  g_queue_push_tail (&self->delayed, delayed);
  if (self->delay_ms == 0)
    delayed_cb (delayed);
  else
    delayed->id = g_timeout_add (self->delay_ms, delayed_cb, delayed);
}

/* a client that calls a hung service gets nothing until its own time-out */
static gboolean
keep_silent (PhaetonSimItems *self, GDBusMethodInvocation *invocation)
{
  if (!self->is_silent)
    return FALSE;
  g_queue_push_tail (&self->unanswered, g_object_ref (invocation));
  if (g_queue_get_length (&self->unanswered) > UNANSWERED_MAX)
    g_object_unref (g_queue_pop_head (&self->unanswered));
  return TRUE;
}

static int
write_value (Node *node, GVariant *value)
{
  const PhaetonSimItemsHooks *hooks = node->items->hooks;

  if (hooks == NULL || hooks->write == NULL)
    return 1; /* not writable */
  return hooks->write (node->items, node->path, value, node->items->user_data);
}

static void
call_leaf (Node *node, const char *method, GVariant *parameters, GDBusMethodInvocation *invocation)
{
  g_autoptr (GVariant) value = NULL;
  int code;

  if (strcmp (method, "GetValue") == 0) {
    return_variant (invocation, get_wire_value (node));
  } else if (strcmp (method, "GetText") == 0) {
    g_dbus_method_invocation_return_value (
      invocation, g_variant_new ("(@s)", g_variant_new_take_string (make_text (node))));
  } else if (strcmp (method, "GetMin") == 0) {
    return_variant (invocation, node->attributes.minimum);
  } else if (strcmp (method, "GetMax") == 0) {
    return_variant (invocation, node->attributes.maximum);
  } else if (strcmp (method, "GetDefault") == 0) {
    return_variant (invocation, node->attributes.standard);
  } else {
    if (strcmp (method, "SetValue") == 0)
      g_variant_get (parameters, "(v)", &value);
    else /* SetDefault */
      value = g_variant_ref (node->attributes.standard);
    code = write_value (node, value);
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(i)", code));
  }
}

static void
call_cb (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
         const char *method, GVariant *parameters, GDBusMethodInvocation *invocation,
         gpointer user_data)
{
  PhaetonSimItems *self = user_data;
  Node *node = g_hash_table_lookup (self->nodes, path);

  if (keep_silent (self, invocation))
    return;
  if (node == NULL)
    g_dbus_method_invocation_return_error (invocation, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT,
                                           "%s is gone", path);
  else if (strcmp (interface, INTERFACE) != 0)
    self->hooks->call (connection, sender, path, interface, method, parameters, invocation,
                       self->user_data);
  else if (node->value != NULL)
    call_leaf (node, method, parameters, invocation);
  else if (strcmp (method, "GetItems") == 0)
    answer_items (self, invocation);
  else
    return_variant (invocation, build_tree (self, path, strcmp (method, "GetText") == 0));
}

static const GDBusInterfaceVTable vtable = { .method_call = call_cb };

static void
register_interface (Node *node, guint index, GDBusInterfaceInfo *info)
{
  g_autoptr (GError) error = NULL;

  node->registrations[index] = g_dbus_connection_register_object (
    node->items->connection, node->path, info, &vtable, node->items, NULL, &error);
  if (node->registrations[index] == 0)
    g_critical ("%s: %s", node->path, error->message);
}

static void
register_node (Node *node)
{
  static GDBusInterfaceInfo *leaf, *setting, *group, *root;
  const PhaetonSimItemsHooks *hooks = node->items->hooks;
  GDBusInterfaceInfo *second = NULL;

  if (leaf == NULL) {
    leaf = parse_info (XML);
    setting = parse_info (XML_SETTING);
    group = parse_info (XML_GROUP);
    root = parse_info (XML_ROOT);
  }
  if (node->value != NULL)
    register_interface (node, 0, hooks != NULL && hooks->has_attributes ? setting : leaf);
  else
    register_interface (node, 0, strcmp (node->path, "/") == 0 ? root : group);
  if (hooks != NULL)
    second = node->value != NULL ? hooks->leaf_info : hooks->group_info;
  if (second != NULL)
    register_interface (node, 1, second);
}

static void
unregister_node (Node *node)
{
  for (guint i = 0; i < G_N_ELEMENTS (node->registrations); i++)
    if (node->registrations[i] != 0)
      g_dbus_connection_unregister_object (node->items->connection, node->registrations[i]);
  memset (node->registrations, 0, sizeof node->registrations);
}

static Node *
add_node (PhaetonSimItems *self, const char *path, GVariant *value)
{
  Node *node = g_new0 (Node, 1);

  node->items = self;
  node->path = g_strdup (path);
  node->value = value != NULL ? g_variant_ref_sink (value) : NULL;
  g_hash_table_insert (self->nodes, node->path, node);
  if (self->connection != NULL)
    register_node (node);
  return node;
}

/* the groups above @path */
static void
ensure_groups (PhaetonSimItems *self, const char *path)
{
  g_autofree char *group = g_strdup (path);

  for (char *slash = strrchr (group, '/'); slash != NULL; slash = strrchr (group, '/')) {
    *slash = '\0';
    if (*group != '\0' && g_hash_table_lookup (self->nodes, group) == NULL)
      add_node (self, group, NULL);
  }
}

PhaetonSimItems *
phaeton_sim_items_new (const char *name, const PhaetonSimItemsHooks *hooks, gpointer user_data)
{
  PhaetonSimItems *self = g_new0 (PhaetonSimItems, 1);

  self->name = g_strdup (name);
  self->hooks = hooks;
  self->user_data = user_data;
  self->nodes = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, free_node);
  add_node (self, "/", NULL);
  return self;
}

void
phaeton_sim_items_free (PhaetonSimItems *self)
{
  phaeton_sim_items_drop (self);
  g_hash_table_unref (self->nodes);
  g_free (self->name);
  g_free (self);
}

static gboolean
own_name (PhaetonSimItems *self, GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  guint result;

  reply = g_dbus_connection_call_sync (
    self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
    "RequestName", g_variant_new ("(su)", self->name, 4u), G_VARIANT_TYPE ("(u)"),
    G_DBUS_CALL_FLAGS_NONE, 5000, NULL, error);
  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, "(u)", &result);
  if (result == 1)
    return TRUE;
  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_ADDRESS_IN_USE,
               "%s belongs to somebody else on this bus", self->name);
  return FALSE;
}

gboolean
phaeton_sim_items_connect (PhaetonSimItems *self, GError **error)
{
  g_autofree char *address = NULL;
  GHashTableIter iter;
  gpointer node;

  if (self->connection != NULL)
    return TRUE;
  address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SESSION, NULL, error);
  if (address == NULL)
    return FALSE;
  self->connection = g_dbus_connection_new_for_address_sync (
    address,
    G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
    NULL, NULL, error);
  if (self->connection == NULL)
    return FALSE;
  g_dbus_connection_set_exit_on_close (self->connection, FALSE);
  g_hash_table_iter_init (&iter, self->nodes);
  while (g_hash_table_iter_next (&iter, NULL, &node))
    register_node (node);
  if (own_name (self, error))
    return TRUE;
  phaeton_sim_items_drop (self);
  return FALSE;
}

void
phaeton_sim_items_drop (PhaetonSimItems *self)
{
  GHashTableIter iter;
  gpointer node;
  Delayed *delayed;

  if (self->connection == NULL)
    return;
  while ((delayed = g_queue_pop_head (&self->delayed)) != NULL) {
    g_clear_handle_id (&delayed->id, g_source_remove);
    g_object_unref (delayed->invocation);
    g_free (delayed);
  }
  phaeton_sim_items_set_silent (self, FALSE);
  g_hash_table_iter_init (&iter, self->nodes);
  while (g_hash_table_iter_next (&iter, NULL, &node))
    unregister_node (node);
  g_dbus_connection_close_sync (self->connection, NULL, NULL);
  g_clear_object (&self->connection);
}

static void
emit (PhaetonSimItems *self, const char *path, const char *signal, GVariant *body)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (body);

  if (self->connection != NULL && !self->is_silent)
    g_dbus_connection_emit_signal (self->connection, NULL, path, INTERFACE, signal, owned, NULL);
}

static void
emit_properties (Node *node, gboolean with_attributes)
{
  emit (node->items, node->path, "PropertiesChanged",
        g_variant_new ("(@a{sv})", describe (node, with_attributes)));
}

static void
change (PhaetonSimItems *self, const char *path, GVariant *value, PhaetonSimSignal signal,
        gboolean is_forced)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (value != NULL ? value : new_invalid ());
  Node *node = g_hash_table_lookup (self->nodes, path);

  if (node == NULL) {
    ensure_groups (self, path);
    node = add_node (self, path, new_invalid ());
  }
  if (node->is_forced && !is_forced)
    return;
  node->is_forced = is_forced;
  if (g_variant_equal (node->value, owned))
    return;
  g_variant_unref (node->value);
  node->value = g_steal_pointer (&owned);
  if (signal == PHAETON_SIM_SIGNAL_SINGLE)
    emit_properties (node, FALSE);
  else
    node->is_changed = TRUE;
}

void
phaeton_sim_items_set (PhaetonSimItems *self, const char *path, GVariant *value,
                       PhaetonSimSignal signal)
{
  change (self, path, value, signal, FALSE);
}

void
phaeton_sim_items_set_unit (PhaetonSimItems *self, const char *path, const char *unit)
{
  Node *node = g_hash_table_lookup (self->nodes, path);

  if (node != NULL)
    node->unit = unit;
}

void
phaeton_sim_items_flush (PhaetonSimItems *self)
{
  g_autoptr (GList) paths = list_leaves (self);
  GVariantBuilder builder;
  gboolean is_any = FALSE;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{sa{sv}}"));
  for (GList *it = paths; it != NULL; it = it->next) {
    Node *node = g_hash_table_lookup (self->nodes, it->data);

    if (!node->is_changed)
      continue;
    node->is_changed = FALSE;
    is_any = TRUE;
    g_variant_builder_add (&builder, "{s@a{sv}}", node->path, describe (node, FALSE));
  }
  if (is_any)
    emit (self, "/", "ItemsChanged", g_variant_new ("(a{sa{sv}})", &builder));
  else
    g_variant_builder_clear (&builder);
}

void
phaeton_sim_items_force (PhaetonSimItems *self, const char *path, GVariant *value)
{
  change (self, path, value, PHAETON_SIM_SIGNAL_BATCH, TRUE);
  phaeton_sim_items_flush (self);
}

void
phaeton_sim_items_release (PhaetonSimItems *self, const char *path)
{
  Node *node = g_hash_table_lookup (self->nodes, path);

  if (node != NULL)
    node->is_forced = FALSE;
}

GVariant *
phaeton_sim_items_get (PhaetonSimItems *self, const char *path)
{
  const Node *node = g_hash_table_lookup (self->nodes, path);

  return node != NULL ? node->value : NULL;
}

gboolean
phaeton_sim_items_is_group (PhaetonSimItems *self, const char *path)
{
  const Node *node = g_hash_table_lookup (self->nodes, path);

  return node != NULL && node->value == NULL;
}

PhaetonSimAttributes *
phaeton_sim_items_get_attributes (PhaetonSimItems *self, const char *path)
{
  Node *node = g_hash_table_lookup (self->nodes, path);

  return node != NULL ? &node->attributes : NULL;
}

void
phaeton_sim_items_announce (PhaetonSimItems *self, const char *path)
{
  Node *node = g_hash_table_lookup (self->nodes, path);

  if (node != NULL && node->value != NULL)
    emit_properties (node, TRUE);
}

void
phaeton_sim_items_remove (PhaetonSimItems *self, const char *path)
{
  Node *node = g_hash_table_lookup (self->nodes, path);

  if (node == NULL || node->value == NULL)
    return;
  change (self, path, NULL, PHAETON_SIM_SIGNAL_SINGLE, FALSE);
  if (self->connection != NULL)
    unregister_node (node);
  g_hash_table_remove (self->nodes, path);
}

GList *
phaeton_sim_items_list (PhaetonSimItems *self)
{
  return list_leaves (self);
}

void
phaeton_sim_items_set_silent (PhaetonSimItems *self, gboolean is_silent)
{
  self->is_silent = is_silent;
  if (!is_silent)
    g_queue_clear_full (&self->unanswered, g_object_unref);
}

void
phaeton_sim_items_set_delay (PhaetonSimItems *self, int get_items_ms)
{
  self->delay_ms = get_items_ms;
}

void
phaeton_sim_items_set_ints (PhaetonSimItems *self, gboolean has_ints)
{
  GHashTableIter iter;
  gpointer node;

  if (self->has_ints == has_ints)
    return;
  self->has_ints = has_ints;
  /* the new type is announced with the next batch */
  g_hash_table_iter_init (&iter, self->nodes);
  while (g_hash_table_iter_next (&iter, NULL, &node))
    ((Node *) node)->is_changed = ((Node *) node)->value != NULL;
}
