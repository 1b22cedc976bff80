/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-victron-tree.h"

#include <string.h>

/* one interface name, three shapes; GetText of a leaf answers a string, of the others a variant */
#define INTERFACE(body)                                                                            \
  "<node><interface name='com.victronenergy.BusItem'>" body "</interface></node>"
#define GETTER(name, type) "<method name='" name "'><arg direction='out' type='" type "'/></method>"
#define BULK GETTER ("GetValue", "v") GETTER ("GetText", "v")
#define CHANGES(name, type) "<signal name='" name "'><arg name='changes' type='" type "'/></signal>"

static const char *const shapes[PHAETON_VICTRON_N_KINDS] = {
  [PHAETON_VICTRON_ROOT] =
    INTERFACE (BULK GETTER ("GetItems", "a{sa{sv}}") CHANGES ("ItemsChanged", "a{sa{sv}}")),
  [PHAETON_VICTRON_INNER] = INTERFACE (BULK),
  [PHAETON_VICTRON_LEAF] = INTERFACE (GETTER ("GetValue", "v") GETTER ("GetText", "s") GETTER (
    "GetMin", "v") GETTER ("GetMax", "v") "<method name='SetValue'>"
                                          "<arg name='value' direction='in' type='v'/>"
                                          "<arg name='result' direction='out' type='i'/></method>"),
};

typedef struct {
  GArray *nodes;       /* (element-type PhaetonVictronNode) */
  GHashTable *by_path; /* path -> index + 1 in nodes */
  guint n_items;
  GDBusInterfaceInfo *interfaces[PHAETON_VICTRON_N_KINDS];
} Tree;

static void
add_node (Tree *tree, PhaetonVictronKind kind, const char *path, const PhaetonField *field)
{
  const PhaetonVictronNode node = { kind, path, field,
                                    kind == PHAETON_VICTRON_LEAF ? tree->n_items++ : 0 };

  g_array_append_val (tree->nodes, node);
  g_hash_table_insert (tree->by_path, (gpointer) path, GUINT_TO_POINTER (tree->nodes->len));
}

/* with the nodes above it, as far as they are missing */
static void
add_leaf (Tree *tree, const char *path, const PhaetonField *field)
{
  for (const char *slash = strchr (path + 1, '/'); slash != NULL; slash = strchr (slash + 1, '/')) {
    g_autofree char *parent = g_strndup (path, (gsize) (slash - path));

    if (!g_hash_table_contains (tree->by_path, parent))
      add_node (tree, PHAETON_VICTRON_INNER, g_intern_string (parent), NULL);
  }
  add_node (tree, PHAETON_VICTRON_LEAF, path, field);
}

static Tree *
build_tree (void)
{
  Tree *tree = g_new0 (Tree, 1);
  guint n;
  const PhaetonField *fields = phaeton_fields_get (&n);

  tree->nodes = g_array_new (FALSE, FALSE, sizeof (PhaetonVictronNode));
  tree->by_path = g_hash_table_new (g_str_hash, g_str_equal);
  add_node (tree, PHAETON_VICTRON_ROOT, "/", NULL);
  for (guint i = 0; i < n; i++) {
    if (fields[i].dbus != NULL)
      add_leaf (tree, fields[i].dbus, &fields[i]);
    if (fields[i].dbus_alias != NULL)
      add_leaf (tree, fields[i].dbus_alias, &fields[i]);
  }
  for (guint kind = 0; kind < PHAETON_VICTRON_N_KINDS; kind++) {
    g_autoptr (GDBusNodeInfo) info = g_dbus_node_info_new_for_xml (shapes[kind], NULL);

    tree->interfaces[kind] = g_dbus_interface_info_ref (info->interfaces[0]);
    g_dbus_interface_info_cache_build (tree->interfaces[kind]);
  }
  return tree;
}

static const Tree *
get_tree (void)
{
  static const Tree *tree;

  if (g_once_init_enter (&tree))
    g_once_init_leave (&tree, build_tree ());
  return tree;
}

const PhaetonVictronNode *
phaeton_victron_tree_get_nodes (guint *n_nodes)
{
  const Tree *tree = get_tree ();

  *n_nodes = tree->nodes->len;
  return (const PhaetonVictronNode *) (gconstpointer) tree->nodes->data;
}

guint
phaeton_victron_tree_get_n_items (void)
{
  return get_tree ()->n_items;
}

const PhaetonVictronNode *
phaeton_victron_tree_find (const char *path)
{
  const Tree *tree = get_tree ();
  const guint at = GPOINTER_TO_UINT (g_hash_table_lookup (tree->by_path, path));

  return at != 0 ? &g_array_index (tree->nodes, PhaetonVictronNode, at - 1) : NULL;
}

GDBusInterfaceInfo *
phaeton_victron_tree_get_interface (PhaetonVictronKind kind)
{
  return get_tree ()->interfaces[kind];
}
