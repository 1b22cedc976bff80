/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-registry"
#include "config.h"

#include "phaeton-registry.h"

#include "phaeton-alfen.h"
#include "entsoe-decode.h"
#include "nordpool-decode.h"
#include "phaeton-error.h"
#include "phaeton-fixed-tariff.h"
#include "phaeton-price-feed.h"
#include "phaeton-price-file.h"
#include "phaeton-victron-home.h"
#include "price-profile.h"
#include "tibber-decode.h"

typedef struct {
  const char *id;
  PhaetonCharger *(*new_charger) (const PhaetonChargerConfig *config, PhaetonClock *clock);
} ChargerDriver;

/* one line a driver; the ids below come from here */
static const ChargerDriver charger_drivers[] = {
  { "alfen", phaeton_alfen_new },
};

PhaetonCharger *
phaeton_registry_new_charger (const PhaetonChargerConfig *config, PhaetonClock *clock,
                              GError **error)
{
  g_autofree char *known = NULL;

  g_return_val_if_fail (config != NULL && PHAETON_IS_CLOCK (clock), NULL);

  for (guint i = 0; i < G_N_ELEMENTS (charger_drivers); i++)
    if (g_strcmp0 (config->driver, charger_drivers[i].id) == 0)
      return charger_drivers[i].new_charger (config, clock);
  known = g_strjoinv (", ", (char **) phaeton_registry_get_charger_drivers ());
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
               "charger %s: there is no driver \"%s\"; drivers are: %s", config->id, config->driver,
               known);
  return NULL;
}

PhaetonHome *
phaeton_registry_new_home (PhaetonClock *clock)
{
  g_return_val_if_fail (PHAETON_IS_CLOCK (clock), NULL);

  return phaeton_victron_home_new (clock);
}

static gboolean
has_price_rule (const PhaetonTariffConfig *tariff)
{
  for (guint i = 0; i < tariff->n_rules; i++)
    if (tariff->rules[i].part == PHAETON_TARIFF_PRICE)
      return TRUE;
  return FALSE;
}

/* what auto stands for */
static PhaetonPricesProvider
get_price_provider (const PhaetonConfig *config)
{
  if (config->prices.provider != PHAETON_PRICES_AUTO)
    return config->prices.provider;
  if (config->tibber.token != NULL && config->tibber.token[0] != '\0')
    return PHAETON_PRICES_TIBBER;
  return has_price_rule (&config->pricing.tariff) ? PHAETON_PRICES_FIXED : PHAETON_PRICES_NONE;
}

PhaetonPriceProvider *
phaeton_registry_new_price_provider (PhaetonConfig *config, PhaetonClock *clock,
                                     const char *cache_dir)
{
  g_return_val_if_fail (config != NULL && PHAETON_IS_CLOCK (clock), NULL);

  switch (get_price_provider (config)) {
  case PHAETON_PRICES_TIBBER:
    return phaeton_price_feed_new ("tibber", tibber_source_new, config, clock, cache_dir);
  case PHAETON_PRICES_NORDPOOL:
    return phaeton_price_feed_new ("nordpool", nordpool_source_new, config, clock, cache_dir);
  case PHAETON_PRICES_ENTSOE:
    return phaeton_price_feed_new ("entsoe", entsoe_source_new, config, clock, cache_dir);
  case PHAETON_PRICES_PROFILE:
    return phaeton_price_feed_new (
      price_profile_is_name (config->prices.profile) ? config->prices.profile : "profile",
      price_profile_source_new, config, clock, cache_dir);
  case PHAETON_PRICES_FIXED:
    return phaeton_fixed_tariff_new (config, clock);
  case PHAETON_PRICES_FILE:
    return phaeton_price_file_new (config, clock);
  case PHAETON_PRICES_NONE:
  default:
    return NULL;
  }
}

gboolean
phaeton_registry_is_same_price_provider (const PhaetonConfig *one, const PhaetonConfig *other)
{
  const PhaetonPricesConfig *a = &one->prices, *b = &other->prices;

  return get_price_provider (one) == get_price_provider (other) &&
         g_strcmp0 (a->profile, b->profile) == 0 &&
         g_strcmp0 (a->profile_folder, b->profile_folder) == 0 &&
         g_strcmp0 (a->area, b->area) == 0 && g_strcmp0 (a->product, b->product) == 0 &&
         g_strcmp0 (a->currency, b->currency) == 0 && g_strcmp0 (a->token, b->token) == 0 &&
         g_strcmp0 (a->url, b->url) == 0 && g_strcmp0 (a->file, b->file) == 0 &&
         g_strcmp0 (one->timezone, other->timezone) == 0 &&
         g_strcmp0 (one->network.proxy, other->network.proxy) == 0 &&
         g_strcmp0 (one->network.ca_file, other->network.ca_file) == 0 &&
         g_strcmp0 (one->tibber.token, other->tibber.token) == 0 &&
         g_strcmp0 (one->tibber.home_id, other->tibber.home_id) == 0 &&
         g_strcmp0 (one->tibber.url, other->tibber.url) == 0;
}

PhaetonPriceProvider *
phaeton_registry_new_fallback_prices (PhaetonConfig *config, PhaetonClock *clock)
{
  g_return_val_if_fail (config != NULL && PHAETON_IS_CLOCK (clock), NULL);

  return phaeton_fixed_tariff_new (config, clock);
}

const char *const *
phaeton_registry_get_charger_drivers (void)
{
  static const char *ids[G_N_ELEMENTS (charger_drivers) + 1];

  for (guint i = 0; i < G_N_ELEMENTS (charger_drivers); i++)
    ids[i] = charger_drivers[i].id;
  return ids;
}
