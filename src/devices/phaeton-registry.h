/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-charger.h"
#include "phaeton-home.h"
#include "phaeton-price-provider.h"

G_BEGIN_DECLS

/**
 * phaeton_registry_new_charger:
 * @config: what is set for this charging point; copied as far as the driver needs it
 *
 * A new driver is one folder below devices/ and one line of the table behind this call.
 *
 * Returns: (transfer full): not started; or %NULL with PHAETON_ERROR_CONFIG: no such driver
 */
PhaetonCharger *phaeton_registry_new_charger (const PhaetonChargerConfig *config,
                                              PhaetonClock *clock, GError **error);

/* Returns: (transfer full): the reader of the house's energy system; not started */
PhaetonHome *phaeton_registry_new_home (PhaetonClock *clock);

/**
 * phaeton_registry_new_price_provider:
 * @cache_dir: (nullable): folder for what was answered
 *
 * Returns: (transfer full) (nullable): not started; %NULL: the settings name no source
 */
PhaetonPriceProvider *phaeton_registry_new_price_provider (PhaetonConfig *config,
                                                           PhaetonClock *clock,
                                                           const char *cache_dir);

/* whether both settings make the same source: a change of others leaves it alone */
gboolean phaeton_registry_is_same_price_provider (const PhaetonConfig *one,
                                                  const PhaetonConfig *other);

/* Returns: (transfer full): what stands in where no price is known; not started */
PhaetonPriceProvider *phaeton_registry_new_fallback_prices (PhaetonConfig *config,
                                                            PhaetonClock *clock);

/* NULL-terminated ids of all drivers, for validation and forms */
const char *const *phaeton_registry_get_charger_drivers (void);

G_END_DECLS
