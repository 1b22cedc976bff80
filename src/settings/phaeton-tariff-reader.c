/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-reader.h"

#include "phaeton-items.h"

#include <math.h>
#include <string.h>

/* pricing.rules and pricing.tariff.holidays: where several keys, or words, make one value. */

#define MAX_RULES 64
#define MAX_HOLIDAYS 128

static gint64
to_micros (GVariant *value)
{
  return (gint64) rint (g_variant_get_double (value) * 1e6);
}

static int
find_choice (const PhaetonSection *section, const char *name, GVariant *value)
{
  const char *const *choices =
    phaeton_key_get_choices (section, phaeton_section_find_key (section, name));
  int index = 0;

  while (!g_str_equal (choices[index], g_variant_get_string (value, NULL)))
    index++;
  return index;
}

/* a season has both ends, or neither */
static void
read_season (const PhaetonSection *section, const PhaetonNode *item, const char *path,
             PhaetonTariffRule *rule, GPtrArray *problems)
{
  g_autoptr (GVariant) from = phaeton_items_read (section, item, "from_date");
  g_autoptr (GVariant) to = phaeton_items_read (section, item, "to_date");
  const gboolean has_from =
    phaeton_format_parse_month_day (g_variant_get_string (from, NULL), &rule->from_month_day);
  const gboolean has_to =
    phaeton_format_parse_month_day (g_variant_get_string (to, NULL), &rule->to_month_day);

  if (has_from != has_to)
    phaeton_problems_add (problems, TRUE, path, &item->place, "both from_date and to_date",
                          "the season has one end alone");
}

static void
read_rule (const PhaetonSection *section, const PhaetonNode *item, const char *path,
           PhaetonTariffRule *rule, GPtrArray *problems)
{
  g_autoptr (GVariant) sets = phaeton_items_read (section, item, "sets");
  g_autoptr (GVariant) price = phaeton_items_read (section, item, "price_per_kwh");
  g_autoptr (GVariant) days = phaeton_items_read (section, item, "days");
  g_autoptr (GVariant) start = phaeton_items_read (section, item, "start_time");
  g_autoptr (GVariant) end = phaeton_items_read (section, item, "end_time");
  g_autoptr (GVariant) holidays = phaeton_items_read (section, item, "holidays");

  rule->part = (PhaetonTariffPart) find_choice (section, "sets", sets);
  rule->micros_per_kwh = to_micros (price);
  rule->days = phaeton_items_get_days (days);
  phaeton_items_get_minutes (start, &rule->start_min);
  phaeton_items_get_minutes (end, &rule->end_min);
  rule->holidays = (PhaetonHolidays) find_choice (section, "holidays", holidays);
  read_season (section, item, path, rule, problems);
  if (phaeton_node_get (item, "price_per_kwh") == NULL)
    phaeton_problems_add (problems, TRUE, path, &item->place, "price_per_kwh",
                          "the rule has no price");
}

static void
read_rules (const PhaetonNode *root, PhaetonTariffConfig *tariff, GPtrArray *problems)
{
  const PhaetonSection *section = phaeton_section_find ("pricing.rules");
  const PhaetonNode *list = phaeton_section_find_node (section, root);

  phaeton_items_check (section, list, section->name, problems);
  if (list == NULL || list->kind != PHAETON_NODE_LIST)
    return;
  if (list->items->len > MAX_RULES) {
    phaeton_problems_add (problems, TRUE, section->name, &list->place, "at most 64 rules",
                          "%u rules are too many", list->items->len);
    return;
  }
  tariff->n_rules = list->items->len;
  tariff->rules = g_new0 (PhaetonTariffRule, tariff->n_rules);
  for (guint i = 0; i < tariff->n_rules; i++) {
    const PhaetonNode *item = list->items->pdata[i];
    g_autofree char *path = g_strdup_printf ("%s[%u]", section->name, i);

    if (item->kind == PHAETON_NODE_MAP)
      read_rule (section, item, path, &tariff->rules[i], problems);
  }
}

/* each has the form already, or an error was told */
static void
read_holidays (const PhaetonScope *top, PhaetonTariffConfig *tariff, GPtrArray *problems)
{
  const PhaetonSection *section = phaeton_section_find ("pricing.tariff");
  const PhaetonKey *key = phaeton_section_find_key (section, "holidays");
  const PhaetonNode *node = phaeton_scope_find (top, section, key, NULL);
  g_autoptr (GPtrArray) ignored = phaeton_problems_new ();
  g_autoptr (GVariant) value = phaeton_scope_read_key (top, section, key, ignored);
  g_autofree const char **texts = g_variant_get_strv (value, NULL);
  const guint n = g_strv_length ((char **) texts);

  if (n > MAX_HOLIDAYS) {
    phaeton_problems_add (problems, TRUE, "pricing.tariff.holidays", &node->place,
                          "at most 128 holidays", "%u holidays are too many", n);
    return;
  }
  tariff->holidays = g_new0 (PhaetonHoliday, n);
  for (guint i = 0; i < n; i++)
    if (phaeton_format_parse_holiday (texts[i], &tariff->holidays[tariff->n_holidays]))
      tariff->n_holidays++;
}

void
phaeton_tariff_read (const PhaetonScope *top, PhaetonTariffConfig *tariff, GPtrArray *problems)
{
  read_rules (top->root, tariff, problems);
  read_holidays (top, tariff, problems);
}
