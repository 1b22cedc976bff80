/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-items.h"

#define EVERY_DAY 0x7f

void
phaeton_items_check (const PhaetonSection *section, const PhaetonNode *list, const char *path,
                     GPtrArray *problems)
{
  if (list == NULL || phaeton_node_is_null (list))
    return;
  if (list->kind != PHAETON_NODE_LIST) {
    phaeton_problems_add (problems, TRUE, path, &list->place, "a list", "%s",
                          phaeton_node_describe (list));
    return;
  }
  for (guint i = 0; i < list->items->len; i++) {
    const PhaetonNode *item = list->items->pdata[i];

    if (item->kind != PHAETON_NODE_MAP) {
      g_autofree char *item_path = g_strdup_printf ("%s[%u]", path, i);

      phaeton_problems_add (problems, TRUE, item_path, &item->place, "keys and values", "%s",
                            phaeton_node_describe (item));
      continue;
    }
    for (guint k = 0; k < section->n_keys; k++) {
      const PhaetonNode *node = phaeton_node_get (item, section->keys[k].name);
      g_autofree char *key_path = g_strdup_printf ("%s[%u].%s", path, i, section->keys[k].name);
      g_autoptr (GVariant) value = NULL;

      if (node != NULL)
        value = phaeton_key_parse (section, &section->keys[k], node, key_path, problems);
    }
  }
}

GVariant *
phaeton_items_read (const PhaetonSection *section, const PhaetonNode *item, const char *name)
{
  const PhaetonKey *key = phaeton_section_find_key (section, name);
  const PhaetonNode *node = phaeton_node_get (item, name);
  g_autoptr (GPtrArray) ignored = phaeton_problems_new ();
  GVariant *value = NULL;

  if (node != NULL)
    value = phaeton_key_parse (section, key, node, name, ignored);
  return value != NULL ? value : g_variant_ref (phaeton_key_get_default (section, key));
}

guint8
phaeton_items_get_days (GVariant *days)
{
  GVariantIter iter;
  guint8 mask = 0;
  int day;

  g_variant_iter_init (&iter, days);
  while (g_variant_iter_next (&iter, "i", &day))
    mask |= (guint8) (1u << day);
  return mask != 0 ? mask : EVERY_DAY;
}

gboolean
phaeton_items_get_minutes (GVariant *time, int *minutes)
{
  const char *text = g_variant_get_string (time, NULL);

  if (text[0] == '\0')
    return FALSE;
  *minutes = (int) (g_ascii_strtoll (text, NULL, 10) * 60 + g_ascii_strtoll (text + 3, NULL, 10));
  return TRUE;
}
