/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-clock.h"
#include "phaeton-config.h"
#include "phaeton-price-provider.h"

G_BEGIN_DECLS

#define PHAETON_TYPE_FIXED_TARIFF (phaeton_fixed_tariff_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonFixedTariff, phaeton_fixed_tariff, PHAETON, FIXED_TARIFF, GObject)

/**
 * phaeton_fixed_tariff_new:
 *
 * The price of the settings, hour by hour for the two days before and the seven days to come.
 * Prices of times of the day are rules of the tariff, which are applied to it as to any other.
 */
PhaetonPriceProvider *phaeton_fixed_tariff_new (PhaetonConfig *config, PhaetonClock *clock);

G_END_DECLS
