/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-scope.h"

#include <string.h>

const PhaetonNode *
phaeton_scope_find (const PhaetonScope *self, const PhaetonSection *section, const PhaetonKey *key,
                    gboolean *inherited)
{
  const gboolean is_top = section->kind == PHAETON_SECTION_TOP;
  const PhaetonNode *own = self->charger != NULL ? self->charger : self->root;
  const PhaetonNode *node =
    phaeton_node_get (is_top ? own : phaeton_section_find_node (section, own), key->name);

  if (inherited != NULL)
    *inherited = FALSE;
  if (node != NULL || self->charger == NULL || (key->flags & PHAETON_KEY_OWN) != 0)
    return node;
  if (inherited != NULL)
    *inherited = TRUE;
  return phaeton_node_get (is_top ? self->root : phaeton_section_find_node (section, self->root),
                           key->name);
}

char *
phaeton_scope_dup_path (const PhaetonScope *self, const PhaetonSection *section, const char *key)
{
  return g_strconcat (self->charger != NULL ? "chargers." : "",
                      self->charger != NULL ? self->id : "", self->charger != NULL ? "." : "",
                      section->name, section->name[0] != '\0' ? "." : "", key, NULL);
}

PhaetonScope
phaeton_scope_of_charger (const PhaetonNode *root, const char *id)
{
  return (PhaetonScope){ root, phaeton_node_get (phaeton_node_get (root, "chargers"), id), id };
}

GVariant *
phaeton_scope_read_key (const PhaetonScope *self, const PhaetonSection *section,
                        const PhaetonKey *key, GPtrArray *problems)
{
  gboolean inherited;
  const PhaetonNode *node = phaeton_scope_find (self, section, key, &inherited);
  GVariant *value = NULL;

  if (node != NULL) {
    g_autofree char *path = phaeton_scope_dup_path (self, section, key->name);
    g_autoptr (GPtrArray) ignored = phaeton_problems_new (); /* said at the top level already */

    value = phaeton_key_parse (section, key, node, path, inherited ? ignored : problems);
  }
  return value != NULL ? value : g_variant_ref (phaeton_key_get_default (section, key));
}

gboolean
phaeton_scope_has_top_charger (const PhaetonNode *root)
{
  const PhaetonNode *chargers = phaeton_node_get (root, "chargers");
  const PhaetonNode *modbus = phaeton_node_get (root, "modbus");

  if (chargers != NULL && chargers->kind == PHAETON_NODE_MAP && chargers->items->len > 0)
    return phaeton_node_get (modbus, "ip") != NULL; /* else its section is what they inherit */
  return modbus != NULL && !phaeton_node_is_null (modbus);
}

gboolean
phaeton_scope_check_id (const char *section, const PhaetonNode *key, const PhaetonNode *item,
                        GPtrArray *problems)
{
  static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  const gsize length = strlen (key->text);

  if (length < 1 || length > 32 || strspn (key->text, allowed) != length) {
    g_autofree char *found = phaeton_problem_quote (key->text);

    phaeton_problems_add (problems, TRUE, section, &key->place, "1 to 32 letters, digits, _ and -",
                          "%s is no id", found);
    return FALSE;
  }
  if (item->kind != PHAETON_NODE_MAP) {
    g_autofree char *path = g_strdup_printf ("%s.%s", section, key->text);

    phaeton_problems_add (problems, TRUE, path, &item->place, "keys and values", "%s",
                          phaeton_node_describe (item));
    return FALSE;
  }
  return TRUE;
}
