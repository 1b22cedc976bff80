/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-reader.h"

#include "phaeton-items.h"

#include <math.h>
#include <string.h>

/* From the checked tree to PhaetonConfig, by loops over the table of keys. */

static gboolean
is_plain (const PhaetonSection *section)
{
  return section->kind == PHAETON_SECTION_TOP || section->kind == PHAETON_SECTION_OBJECT;
}

static void
read_section (const PhaetonScope *scope, const PhaetonSection *section, gboolean for_charger,
              gpointer record, GPtrArray *problems)
{
  for (guint i = 0; i < section->n_keys; i++) {
    const PhaetonKey *key = &section->keys[i];
    g_autoptr (GVariant) value = NULL;

    if (phaeton_section_has_charger_key (section, key) != for_charger)
      continue;
    value = phaeton_scope_read_key (scope, section, key, problems);
    phaeton_key_store (section, key, value, record);
  }
}

/* two keys of the older files that a second key decides */
static void
settle_timing (const PhaetonScope *scope, PhaetonChargerConfig *charger)
{
  const PhaetonSection *section = phaeton_section_find ("controls");
  const PhaetonKey *interval = phaeton_section_find_key (section, "current_update_interval");
  const PhaetonKey *delay = phaeton_section_find_key (section, "verification_delay");
  const PhaetonKey *old_delay = phaeton_section_find_key (section, "verify_delay");
  g_autoptr (GPtrArray) ignored = phaeton_problems_new ();
  g_autoptr (GVariant) interval_ms = phaeton_scope_read_key (scope, section, interval, ignored);
  g_autoptr (GVariant) old_delay_ms = phaeton_scope_read_key (scope, section, old_delay, ignored);

  if (g_variant_get_int32 (interval_ms) > 0)
    charger->controls.reassert_ms =
      MIN (charger->controls.reassert_ms, g_variant_get_int32 (interval_ms));
  if (phaeton_scope_find (scope, section, delay, NULL) == NULL)
    charger->controls.verification_delay_ms = g_variant_get_int32 (old_delay_ms);
}

static GVariant *
read_tibber (const PhaetonNode *root, const char *name)
{
  const PhaetonScope top = { .root = root };
  const PhaetonSection *tibber = phaeton_section_find ("tibber");
  g_autoptr (GPtrArray) ignored = phaeton_problems_new (); /* said where the section is read */

  return phaeton_scope_read_key (&top, tibber, phaeton_section_find_key (tibber, name), ignored);
}

/* when the mode Scheduled charges by price: set once for the site, carried by each charger */
static void
settle_price (const PhaetonNode *root, PhaetonPriceRule *rule)
{
  g_autoptr (GVariant) strategy = read_tibber (root, "strategy");
  g_autoptr (GVariant) most = read_tibber (root, "max_price_total");
  g_autoptr (GVariant) part = read_tibber (root, "cheap_percentile");
  g_autoptr (GVariant) on_cheap = read_tibber (root, "charge_on_cheap");
  g_autoptr (GVariant) on_very_cheap = read_tibber (root, "charge_on_very_cheap");
  const char *word = g_variant_get_string (strategy, NULL);
  const double price = g_variant_get_double (most);

  rule->strategy = g_str_equal (word, "threshold")    ? PHAETON_PRICE_BY_LIMIT
                   : g_str_equal (word, "percentile") ? PHAETON_PRICE_BY_QUANTILE
                                                      : PHAETON_PRICE_BY_LEVEL;
  rule->limit_micros_per_kwh = price > 0 ? (gint64) rint (price * 1e6) : G_MININT64;
  rule->cheap_part = g_variant_get_double (part);
  rule->on_cheap = g_variant_get_boolean (on_cheap);
  rule->on_very_cheap = g_variant_get_boolean (on_very_cheap);
}

static void
read_charger (const PhaetonScope *scope, PhaetonChargerConfig *charger, GPtrArray *problems)
{
  charger->id = g_strdup (scope->id);
  for (guint i = 0; i < phaeton_n_sections; i++)
    if (phaeton_sections[i].is_per_charger && is_plain (&phaeton_sections[i]))
      read_section (scope, &phaeton_sections[i], TRUE, charger, problems);
  settle_timing (scope, charger);
  settle_price (scope->root, &charger->price_rule);
  phaeton_windows_read (scope, charger, problems);
  phaeton_rules_check_charger (scope, charger, problems);
}

static gboolean
check_charger_id (const PhaetonNode *key, const PhaetonNode *item, gboolean has_top,
                  GPtrArray *problems)
{
  if (has_top && g_str_equal (key->text, "1")) {
    phaeton_problems_add (problems, TRUE, "chargers.1", &key->place, "another id",
                          "the charger of the top-level section modbus is \"1\" already");
    return FALSE;
  }
  return phaeton_scope_check_id ("chargers", key, item, problems);
}

static void
read_chargers (const PhaetonNode *root, PhaetonConfig *config, GPtrArray *problems)
{
  const PhaetonNode *chargers = phaeton_node_get (root, "chargers");
  const PhaetonScope top = { .root = root, .id = "1" };
  const gboolean has_top = phaeton_scope_has_top_charger (root);
  const guint n_in_map =
    chargers != NULL && chargers->kind == PHAETON_NODE_MAP ? chargers->items->len : 0;
  guint n = 0;

  if (n_in_map > PHAETON_MAX_CHARGERS - 1) {
    phaeton_problems_add (problems, TRUE, "chargers", &chargers->place, "at most 127",
                          "%u chargers are too many", n_in_map);
    return;
  }
  /* the top level is checked even where the map only inherits from it; its slot is used again */
  config->chargers = g_new0 (PhaetonChargerConfig, n_in_map + 1);
  config->n_chargers = 1;
  read_charger (&top, &config->chargers[0], problems);
  n = 1;
  for (guint i = 0; i < n_in_map; i++) {
    const PhaetonNode *key = chargers->keys->pdata[i];
    const PhaetonScope scope = { root, chargers->items->pdata[i], key->text };

    if (!check_charger_id (key, scope.charger, has_top, problems))
      continue;
    config->n_chargers = ++n;
    read_charger (&scope, &config->chargers[n - 1], problems);
  }
  if (!has_top) {
    phaeton_charger_config_clear (&config->chargers[0]);
    memmove (&config->chargers[0], &config->chargers[1], (n - 1) * sizeof config->chargers[0]);
    config->n_chargers = n - 1;
  }
}

/* no price exists on that bus, whatever older settings hoped for */
static void
settle_pricing (const PhaetonScope *top, PhaetonConfig *config, GPtrArray *problems)
{
  const PhaetonSection *pricing = phaeton_section_find ("pricing");
  const PhaetonKey *key = phaeton_section_find_key (pricing, "source");
  const PhaetonNode *node = phaeton_scope_find (top, pricing, key, NULL);
  g_autoptr (GPtrArray) ignored = phaeton_problems_new (); /* said where the section is read */
  g_autoptr (GVariant) source = phaeton_scope_read_key (top, pricing, key, ignored);

  if (!g_str_equal (g_variant_get_string (source, NULL), "victron"))
    return;
  if (config->prices.provider == PHAETON_PRICES_AUTO)
    config->prices.provider = PHAETON_PRICES_FIXED;
  phaeton_problems_add (problems, FALSE, "pricing.source", &node->place,
                        "prices.provider: fixed, or one that tells prices",
                        "the Victron system publishes no price; the fixed tariff, %g, is used",
                        (double) config->static_rate_micros_per_kwh / 1e6);
}

static void
read_site (const PhaetonNode *root, PhaetonConfig *config, GPtrArray *problems)
{
  const PhaetonScope top = { .root = root, .id = "1" };
  const PhaetonSection *vehicles = phaeton_section_find ("vehicles");

  for (guint i = 0; i < phaeton_n_sections; i++)
    if (is_plain (&phaeton_sections[i]))
      read_section (&top, &phaeton_sections[i], FALSE, config, problems);
  settle_pricing (&top, config, problems);
  phaeton_tariff_read (&top, &config->pricing.tariff, problems);
  phaeton_items_check (vehicles, phaeton_node_get (root, "vehicles"), "vehicles", problems);
}

PhaetonConfig *
phaeton_reader_make_config (const PhaetonNode *root, GPtrArray *problems)
{
  g_autoptr (PhaetonConfig) config = phaeton_config_new (0);

  phaeton_rules_check_keys (root, problems);
  read_site (root, config, problems);
  read_chargers (root, config, problems);
  phaeton_circuits_read (root, config, problems);
  phaeton_rules_check_site (root, config, problems);
  return phaeton_problems_has_error (problems) ? NULL : g_steal_pointer (&config);
}
