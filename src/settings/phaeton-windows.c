/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-reader.h"

#include <math.h>

#define EVERY_DAY 0x7f
#define MAX_WINDOWS 256

/* (transfer full): of a window that was checked before */
static GVariant *
get_value (const PhaetonSection *section, const PhaetonNode *item, const char *name)
{
  const PhaetonKey *key = phaeton_section_find_key (section, name);
  const PhaetonNode *node = phaeton_node_get (item, name);
  g_autoptr (GPtrArray) ignored = phaeton_problems_new ();
  GVariant *value = NULL;

  if (node != NULL)
    value = phaeton_key_parse (section, key, node, name, ignored);
  return value != NULL ? value : g_variant_ref (phaeton_key_get_default (section, key));
}

static guint8
read_days (GVariant *days)
{
  GVariantIter iter;
  guint8 mask = 0;
  int day;

  g_variant_iter_init (&iter, days);
  while (g_variant_iter_next (&iter, "i", &day))
    mask |= (guint8) (1u << day);
  return mask != 0 ? mask : EVERY_DAY;
}

/* FALSE: not set */
static gboolean
read_minutes (GVariant *time, int *minutes)
{
  const char *text = g_variant_get_string (time, NULL);

  if (text[0] == '\0')
    return FALSE;
  *minutes = (int) (g_ascii_strtoll (text, NULL, 10) * 60 + g_ascii_strtoll (text + 3, NULL, 10));
  return TRUE;
}

static void
read_window (const PhaetonSection *section, const PhaetonNode *item, const char *path,
             PhaetonWindow *window, GPtrArray *problems)
{
  g_autoptr (GVariant) active = get_value (section, item, "active");
  g_autoptr (GVariant) days = get_value (section, item, "days");
  g_autoptr (GVariant) start = get_value (section, item, "start_time");
  g_autoptr (GVariant) end = get_value (section, item, "end_time");
  g_autoptr (GVariant) current = get_value (section, item, "current");
  const gboolean is_timed =
    read_minutes (start, &window->start_min) && read_minutes (end, &window->end_min);

  window->active = g_variant_get_boolean (active) && is_timed;
  window->days = read_days (days);
  window->current_mA = (int) rint (g_variant_get_double (current) * 1e3);
  if (g_variant_get_boolean (active) && !is_timed)
    phaeton_problems_add (problems, FALSE, path, &item->place, "start_time and end_time as HH:MM",
                          "the window has no start or no end, so it never counts");
}

void
phaeton_windows_read (const PhaetonScope *scope, PhaetonChargerConfig *charger, GPtrArray *problems)
{
  const PhaetonSection *section = phaeton_section_find ("schedule.items");
  const PhaetonNode *own = scope->charger != NULL ? scope->charger : scope->root;
  const PhaetonNode *list = phaeton_node_get (phaeton_node_get (own, "schedule"), "items");
  g_autofree char *path =
    phaeton_scope_dup_path (scope, phaeton_section_find ("schedule"), "items");

  phaeton_reader_check_list (section, list, path, problems);
  if (list == NULL || list->kind != PHAETON_NODE_LIST)
    return;
  if (list->items->len > MAX_WINDOWS) {
    phaeton_problems_add (problems, TRUE, path, &list->place, "at most 256 windows",
                          "%u windows are too many", list->items->len);
    return;
  }
  charger->n_windows = list->items->len;
  charger->windows = g_new0 (PhaetonWindow, charger->n_windows);
  for (guint i = 0; i < charger->n_windows; i++) {
    const PhaetonNode *item = list->items->pdata[i];
    g_autofree char *item_path = g_strdup_printf ("%s[%u]", path, i);

    if (item->kind == PHAETON_NODE_MAP)
      read_window (section, item, item_path, &charger->windows[i], problems);
  }
}
