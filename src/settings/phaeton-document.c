/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-document.h"

#include <string.h>

#include "phaeton-reader.h"
#include "phaeton-yaml.h"

/* Documents: what is in force, and what somebody wants changed of it. */

static PhaetonNode *
show_value (const PhaetonSection *section, const PhaetonKey *key, const PhaetonNode *node,
            gboolean with_secrets)
{
  g_autoptr (GPtrArray) ignored = phaeton_problems_new ();
  g_autoptr (GVariant) value = NULL;

  if (node != NULL)
    value = phaeton_key_parse (section, key, node, "", ignored);
  if (value == NULL)
    value = g_variant_ref (phaeton_key_get_default (section, key));
  if ((key->flags & PHAETON_KEY_SECRET) != 0 && !with_secrets &&
      g_variant_get_string (value, NULL)[0] != '\0')
    return phaeton_node_new_scalar (PHAETON_MASK, TRUE);
  return phaeton_key_to_node (key, value);
}

/* a copy without what is shown already; NULL when @map is no map */
static PhaetonNode *
copy_map (const PhaetonNode *map)
{
  return map != NULL && map->kind == PHAETON_NODE_MAP ? phaeton_node_copy (map)
                                                      : phaeton_node_new_map ();
}

static PhaetonNode *
show_list (const PhaetonSection *section, const PhaetonNode *list, gboolean all_keys,
           gboolean with_secrets)
{
  PhaetonNode *shown = phaeton_node_new_list ();

  for (guint i = 0; list != NULL && list->kind == PHAETON_NODE_LIST && i < list->items->len; i++) {
    const PhaetonNode *item = list->items->pdata[i];
    PhaetonNode *copy;

    if (item->kind != PHAETON_NODE_MAP)
      continue;
    copy = copy_map (item);
    for (guint k = 0; k < section->n_keys; k++) {
      const PhaetonKey *key = &section->keys[k];
      const PhaetonNode *node = phaeton_node_get (item, key->name);

      if (node != NULL || all_keys)
        phaeton_node_set (copy, key->name, show_value (section, key, node, with_secrets));
    }
    phaeton_node_append (shown, copy);
  }
  return shown;
}

/* keys of the section; of a charger only those that it has of its own or cannot inherit */
static void
show_keys (PhaetonNode *shown, const PhaetonNode *map, const PhaetonSection *section,
           gboolean in_charger, gboolean with_secrets)
{
  for (guint i = 0; i < section->n_keys; i++) {
    const PhaetonKey *key = &section->keys[i];
    const PhaetonNode *node = phaeton_node_get (map, key->name);

    if (in_charger && (!phaeton_section_has_charger_key (section, key) ||
                       (node == NULL && (key->flags & PHAETON_KEY_OWN) == 0)))
      continue;
    phaeton_node_set (shown, key->name, show_value (section, key, node, with_secrets));
  }
}

/* a section inside @outer, which is shown already */
static void
show_inner (PhaetonNode *outer, const PhaetonSection *section, const PhaetonNode *level,
            gboolean in_charger, gboolean with_secrets)
{
  const PhaetonNode *node = phaeton_section_find_node (section, level);
  const char *name = strrchr (section->name, '.') + 1;
  PhaetonNode *part;

  if (section->kind == PHAETON_SECTION_LIST) {
    part = show_list (section, node, TRUE, with_secrets);
  } else {
    part = copy_map (node);
    show_keys (part, node, section, in_charger, with_secrets);
  }
  phaeton_node_set (outer, name, part);
}

static PhaetonNode *
show_level (const PhaetonNode *level, gboolean in_charger, gboolean with_secrets)
{
  PhaetonNode *shown = copy_map (level);

  for (guint i = 0; i < phaeton_n_sections; i++) {
    const PhaetonSection *section = &phaeton_sections[i];
    const PhaetonNode *map = phaeton_section_find_node (section, level);
    g_autoptr (PhaetonNode) part = NULL;

    if (in_charger && !section->is_per_charger)
      continue;
    if (section->kind == PHAETON_SECTION_TOP) {
      show_keys (shown, level, section, in_charger, with_secrets);
    } else if (phaeton_section_is_inner (section)) {
      g_autofree char *name = phaeton_section_dup_outer (section);
      PhaetonNode *outer = phaeton_node_get (shown, name);

      if (outer != NULL)
        show_inner (outer, section, level, in_charger, with_secrets);
    } else if (section->kind == PHAETON_SECTION_OBJECT) {
      part = copy_map (map);
      show_keys (part, map, section, in_charger, with_secrets);
      if (!in_charger || part->items->len > 0)
        phaeton_node_set (shown, section->name, g_steal_pointer (&part));
    }
  }
  return shown;
}

static PhaetonNode *
show_map (const PhaetonSection *section, const PhaetonNode *map, gboolean with_secrets)
{
  PhaetonNode *shown = phaeton_node_new_map ();

  for (guint i = 0; map != NULL && map->kind == PHAETON_NODE_MAP && i < map->items->len; i++) {
    const PhaetonNode *item = map->items->pdata[i];
    PhaetonNode *part;

    if (item->kind != PHAETON_NODE_MAP)
      continue;
    part = copy_map (item);
    show_keys (part, item, section, FALSE, with_secrets);
    phaeton_node_set (shown, ((PhaetonNode *) map->keys->pdata[i])->text, part);
  }
  return shown;
}

PhaetonNode *
phaeton_document_build (const PhaetonNode *root, gboolean with_secrets)
{
  const PhaetonNode *chargers = phaeton_node_get (root, "chargers");
  PhaetonNode *shown = show_level (root, FALSE, with_secrets);
  PhaetonNode *vehicles = phaeton_node_new_map ();

  phaeton_node_set (vehicles, "items",
                    show_list (phaeton_section_find ("vehicles"),
                               phaeton_node_get (root, "vehicles"), FALSE, with_secrets));
  phaeton_node_set (shown, "vehicles", vehicles);
  phaeton_node_set (shown, "circuits",
                    show_map (phaeton_section_find ("circuits"),
                              phaeton_node_get (root, "circuits"), with_secrets));
  if (chargers != NULL && chargers->kind == PHAETON_NODE_MAP) {
    PhaetonNode *map = phaeton_node_new_map ();

    for (guint i = 0; i < chargers->items->len; i++)
      phaeton_node_set (map, ((PhaetonNode *) chargers->keys->pdata[i])->text,
                        show_level (chargers->items->pdata[i], TRUE, with_secrets));
    phaeton_node_set (shown, "chargers", map);
  }
  return shown;
}

gboolean
phaeton_document_has_flag (const char *const *path, PhaetonKeyFlags flag)
{
  const PhaetonSection *section = path[0] != NULL ? phaeton_section_find (path[0]) : NULL;
  const PhaetonKey *key =
    section != NULL && path[1] != NULL ? phaeton_section_find_key (section, path[1]) : NULL;

  return key != NULL && (key->flags & flag) != 0;
}

gboolean
phaeton_document_is_secret (const char *const *path)
{
  return phaeton_document_has_flag (path, PHAETON_KEY_SECRET);
}

static const PhaetonNode *
find_named (const PhaetonNode *list, const PhaetonNode *name)
{
  for (guint i = 0; list != NULL && name != NULL && i < list->items->len; i++) {
    const PhaetonNode *other = phaeton_node_get (list->items->pdata[i], "name");

    if (other != NULL && phaeton_node_equal (other, name))
      return list->items->pdata[i];
  }
  return NULL;
}

/* a masked secret in a list that is written whole: the one that the item of that name had */
static void
unmask_list (PhaetonNode *list, const PhaetonNode *old)
{
  for (guint i = 0; i < list->items->len; i++) {
    PhaetonNode *item = list->items->pdata[i];
    const PhaetonNode *before = find_named (old, phaeton_node_get (item, "name"));

    if (item->kind != PHAETON_NODE_MAP)
      continue;
    for (guint k = item->items->len; k > 0; k--) {
      const PhaetonNode *value = item->items->pdata[k - 1];
      const char *key = ((PhaetonNode *) item->keys->pdata[k - 1])->text;
      const PhaetonNode *secret = phaeton_node_get (before, key);

      if (value->kind != PHAETON_NODE_SCALAR || !g_str_equal (value->text, PHAETON_MASK))
        continue;
      if (secret != NULL)
        phaeton_node_set (item, key, phaeton_node_copy (secret));
      else
        phaeton_node_remove (item, key);
    }
  }
}

static void
diff (const PhaetonNode *document, const PhaetonNode *patch, GPtrArray *path, GPtrArray *edits)
{
  for (guint i = 0; i < patch->items->len; i++) {
    const PhaetonNode *value = patch->items->pdata[i];
    const char *key = ((PhaetonNode *) patch->keys->pdata[i])->text;
    const PhaetonNode *old = phaeton_node_get (document, key);
    const char *const *strv;

    g_ptr_array_insert (path, (gint) path->len - 1, (gpointer) key);
    strv = (const char *const *) path->pdata;
    if (value->kind == PHAETON_NODE_MAP) {
      diff (old != NULL && old->kind == PHAETON_NODE_MAP ? old : NULL, value, path, edits);
    } else if (phaeton_document_is_secret (strv) && value->kind == PHAETON_NODE_SCALAR &&
               g_str_equal (value->text, PHAETON_MASK)) {
      /* keep it */
    } else if (phaeton_node_is_null (value)) {
      if (old != NULL && !phaeton_node_is_null (old))
        g_ptr_array_add (edits, phaeton_yaml_edit_new (strv, NULL));
    } else {
      PhaetonNode *copy = phaeton_node_copy (value);

      if (copy->kind == PHAETON_NODE_LIST)
        unmask_list (copy, old != NULL && old->kind == PHAETON_NODE_LIST ? old : NULL);
      if (old == NULL || !phaeton_node_equal (old, copy))
        g_ptr_array_add (edits, phaeton_yaml_edit_new (strv, phaeton_node_copy (copy)));
      phaeton_node_free (copy);
    }
    g_ptr_array_remove_index (path, path->len - 2);
  }
}

GPtrArray *
phaeton_document_diff (const PhaetonNode *document, const PhaetonNode *patch)
{
  GPtrArray *edits = phaeton_yaml_edits_new ();
  g_autoptr (GPtrArray) path = g_ptr_array_new ();

  g_ptr_array_add (path, NULL);
  if (patch->kind == PHAETON_NODE_MAP)
    diff (document, patch, path, edits);
  return edits;
}

/* documents have vehicles.items; a file may have a map by name, a list, or one "vehicle" */
void
phaeton_document_fit_edits (GPtrArray *edits, const PhaetonNode *file_root)
{
  static const char *const list_path[] = { "vehicles", NULL };
  static const char *const single_path[] = { "vehicle", NULL };
  const PhaetonNode *vehicles = phaeton_node_get (file_root, "vehicles");
  const PhaetonNode *single = phaeton_node_get (file_root, "vehicle");
  const PhaetonNode *items = phaeton_node_get (vehicles, "items");

  for (guint i = 0; i < edits->len; i++) {
    PhaetonYamlEdit *edit = edits->pdata[i];

    if (!g_str_equal (edit->path[0], "vehicles") || g_strcmp0 (edit->path[1], "items") != 0)
      continue;
    if (vehicles != NULL && (items == NULL || items->kind != PHAETON_NODE_LIST)) {
      g_strfreev (edit->path);
      edit->path = g_strdupv ((char **) list_path);
    }
    if (single != NULL) {
      g_ptr_array_add (edits, phaeton_yaml_edit_new (single_path, NULL));
      return;
    }
  }
}
