/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-price-series.h"

G_BEGIN_DECLS

/* When the price is right: one rule for the decision of now and for the plan that people see. */

/* as whoever sells it calls it, else by its ratio to the mean of all that is known */
PhaetonPriceLevel phaeton_prices_get_level (const PhaetonPriceSeries *prices,
                                            const PhaetonPriceSlot *slot);

/* the rule has all it needs */
gboolean phaeton_prices_is_ready (const PhaetonPriceRule *rule);

/**
 * phaeton_prices_get_limit:
 * @limit_micros: (out): the price up to which the rule charges
 *
 * The part of the cheapest counts from @wall_at on: hours that have passed are no longer for sale.
 *
 * Returns: %FALSE: the rule goes by levels, or nothing is known
 */
gboolean phaeton_prices_get_limit (const PhaetonPriceRule *rule, const PhaetonPriceSeries *prices,
                                   gint64 wall_at, gint64 *limit_micros);

/* whether to charge in @slot, as seen at @wall_at; @is_fallback: @prices only stand in */
gboolean phaeton_prices_is_wanted (const PhaetonPriceRule *rule, const PhaetonPriceSeries *prices,
                                   gboolean is_fallback, gint64 wall_at,
                                   const PhaetonPriceSlot *slot);

G_END_DECLS
