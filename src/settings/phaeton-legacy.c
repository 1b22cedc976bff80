/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-legacy.h"

#include <string.h>

#define SUM_POWER_REGISTER "344"   /* older files name the register of the sum ... */
#define FIRST_POWER_REGISTER "338" /* ... we read all four powers from the first on */

static gboolean
is_empty (const PhaetonNode *node)
{
  if (node == NULL)
    return TRUE;
  if (node->kind == PHAETON_NODE_SCALAR)
    return node->text[0] == '\0' || phaeton_node_is_null (node);
  return node->items->len == 0;
}

static void
set_like (PhaetonNode *map, const char *key, const PhaetonNode *origin, PhaetonNode *value)
{
  value->place = origin->place;
  phaeton_node_set (map, key, value);
}

/* moves the value of @old to @key unless that has one */
static void
rename_key (PhaetonNode *map, const char *old, const char *key)
{
  const PhaetonNode *value = phaeton_node_get (map, old);

  if (!is_empty (value) && is_empty (phaeton_node_get (map, key)))
    phaeton_node_set (map, key, phaeton_node_copy (value));
  phaeton_node_remove (map, old);
}

/* bit 0 is Sunday there; our day 0 is Monday */
static PhaetonNode *
days_from_mask (guint64 mask)
{
  PhaetonNode *days = phaeton_node_new_list ();

  for (guint day = 0; day < 7; day++)
    if ((mask & (1u << ((day + 1) % 7))) != 0) {
      const char text[] = { (char) ('0' + day), '\0' };

      phaeton_node_append (days, phaeton_node_new_scalar (text, FALSE));
    }
  return days;
}

static void
convert_days (PhaetonNode *item, const char *path, GPtrArray *problems)
{
  g_autoptr (PhaetonNode) mask_node = NULL;
  const PhaetonNode *days = phaeton_node_get (item, "days");
  guint64 mask;

  if (phaeton_node_get (item, "days_mask") == NULL)
    return;
  mask_node = phaeton_node_copy (phaeton_node_get (item, "days_mask"));
  phaeton_node_remove (item, "days_mask");
  if (!is_empty (days))
    return;
  if (mask_node->kind != PHAETON_NODE_SCALAR ||
      !g_ascii_string_to_unsigned (mask_node->text, 10, 0, 127, &mask, NULL)) {
    phaeton_problems_add (problems, TRUE, path, &mask_node->place,
                          "a whole number from 0 to 127, bit 0 for Sunday",
                          "days_mask is not a mask of days");
    return;
  }
  if (mask != 0)
    set_like (item, "days", mask_node, days_from_mask (mask));
  else if (days == NULL) /* no day at all: never; an empty list of days means every day */
    set_like (item, "active", mask_node, phaeton_node_new_scalar ("false", FALSE));
}

/* an older window from 00:00 to 00:00 is one that nobody filled in; today it is a whole day */
static void
convert_times (PhaetonNode *item)
{
  const PhaetonNode *start = phaeton_node_get (item, "start");
  const PhaetonNode *end = phaeton_node_get (item, "end");

  if (is_empty (phaeton_node_get (item, "start_time")) &&
      is_empty (phaeton_node_get (item, "end_time")) && start != NULL && end != NULL &&
      phaeton_node_equal (start, end))
    set_like (item, "active", start, phaeton_node_new_scalar ("false", FALSE));
  rename_key (item, "start", "start_time");
  rename_key (item, "end", "end_time");
}

static void
convert_schedule (PhaetonNode *schedule, GPtrArray *problems)
{
  const PhaetonNode *items = phaeton_node_get (schedule, "items");

  if (items == NULL || items->kind != PHAETON_NODE_LIST)
    return;
  for (guint i = 0; i < items->items->len; i++) {
    PhaetonNode *item = items->items->pdata[i];
    g_autofree char *path = g_strdup_printf ("schedule.items[%u]", i);

    if (item->kind != PHAETON_NODE_MAP)
      continue;
    rename_key (item, "enabled", "active");
    convert_days (item, path, problems);
    convert_times (item);
  }
}

static void
convert_registers (PhaetonNode *registers)
{
  PhaetonNode *power = phaeton_node_get (registers, "power");

  if (power == NULL || power->kind != PHAETON_NODE_SCALAR ||
      !g_str_equal (power->text, SUM_POWER_REGISTER))
    return;
  g_free (power->text);
  power->text = g_strdup (FIRST_POWER_REGISTER);
}

static void
convert_tibber (PhaetonNode *root)
{
  PhaetonNode *tibber = phaeton_node_get (root, "tibber");
  const PhaetonNode *enabled = phaeton_node_get (tibber, "enabled");
  PhaetonNode *schedule = phaeton_node_get (root, "schedule");

  if (enabled == NULL)
    return;
  if (enabled->kind == PHAETON_NODE_SCALAR &&
      (g_ascii_strcasecmp (enabled->text, "true") == 0 ||
       g_ascii_strcasecmp (enabled->text, "yes") == 0 ||
       g_ascii_strcasecmp (enabled->text, "on") == 0) &&
      is_empty (phaeton_node_get (schedule, "mode"))) {
    if (schedule == NULL || schedule->kind != PHAETON_NODE_MAP) {
      schedule = phaeton_node_new_map ();
      phaeton_node_set (root, "schedule", schedule);
    }
    set_like (schedule, "mode", enabled, phaeton_node_new_scalar ("tibber", TRUE));
  }
  phaeton_node_remove (tibber, "enabled");
}

/* a map of maps, or {items: [...]}, or one map, or a list: all become a list with names */
static void
convert_vehicles (PhaetonNode *root)
{
  const PhaetonNode *vehicles = phaeton_node_get (root, "vehicles");
  const PhaetonNode *single = phaeton_node_get (root, "vehicle");
  const PhaetonNode *inner = phaeton_node_get (vehicles, "items");
  PhaetonNode *list;

  if (inner != NULL && inner->kind == PHAETON_NODE_LIST) {
    list = phaeton_node_copy (inner);
  } else if (vehicles != NULL && vehicles->kind == PHAETON_NODE_MAP) {
    list = phaeton_node_new_list ();
    for (guint i = 0; i < vehicles->items->len; i++) {
      PhaetonNode *item = phaeton_node_copy (vehicles->items->pdata[i]);
      const PhaetonNode *key = vehicles->keys->pdata[i];

      if (item->kind == PHAETON_NODE_MAP && phaeton_node_get (item, "name") == NULL)
        set_like (item, "name", key, phaeton_node_new_scalar (key->text, TRUE));
      phaeton_node_append (list, item);
    }
  } else if (vehicles == NULL && single != NULL && single->kind == PHAETON_NODE_MAP) {
    list = phaeton_node_new_list ();
    phaeton_node_append (list, phaeton_node_copy (single));
  } else {
    return;
  }
  phaeton_node_remove (root, "vehicle");
  phaeton_node_set (root, "vehicles", list);
}

static void
convert_charger (PhaetonNode *charger, GPtrArray *problems)
{
  convert_registers (phaeton_node_get (charger, "registers"));
  convert_schedule (phaeton_node_get (charger, "schedule"), problems);
}

void
phaeton_legacy_normalise (PhaetonNode *root, GPtrArray *problems)
{
  const PhaetonNode *chargers = phaeton_node_get (root, "chargers");

  convert_tibber (root);
  convert_vehicles (root);
  convert_charger (root, problems);
  if (chargers == NULL || chargers->kind != PHAETON_NODE_MAP)
    return;
  for (guint i = 0; i < chargers->items->len; i++)
    convert_charger (chargers->items->pdata[i], problems);
}
