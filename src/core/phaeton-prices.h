/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-price-series.h"

G_BEGIN_DECLS

/* When the price is right: one rule for the decision of now and for the plan that people see. */

/* what prices are measured by, computed once for all slots */
typedef struct {
  const PhaetonPriceRule *rule;
  gboolean is_fallback;                   /* the prices only stand in */
  gboolean limit_known;                   /* the rule goes by a price, and there is one */
  gint64 limit_micros;                    /* up to which it charges */
  gint64 mean_micros;                     /* of all that is known */
  gint64 cheap_micros, very_cheap_micros; /* where no mean can be the measure */
} PhaetonPriceMeasure;

/**
 * phaeton_price_measure_take:
 *
 * The part of the cheapest counts from @wall_at on: hours that have passed are no longer for sale.
 */
void phaeton_price_measure_take (PhaetonPriceMeasure *self, const PhaetonPriceRule *rule,
                                 const PhaetonPriceSeries *prices, gboolean is_fallback,
                                 gint64 wall_at);

/* as whoever sells it calls it, else by its ratio to the mean of all that is known */
PhaetonPriceLevel phaeton_price_measure_get_level (const PhaetonPriceMeasure *self,
                                                   const PhaetonPriceSlot *slot);

/**
 * phaeton_price_measure_is_wanted:
 * @slot: of @prices
 *
 * Whether to charge in @slot: its price is right, and that of its neighbours for @min_run_s
 * together; where nothing is known beyond them they are enough.
 */
gboolean phaeton_price_measure_is_wanted (const PhaetonPriceMeasure *self,
                                          const PhaetonPriceSeries *prices,
                                          const PhaetonPriceSlot *slot, gint64 min_run_s);

/* the rule has all it needs */
gboolean phaeton_prices_is_ready (const PhaetonPriceRule *rule);

G_END_DECLS
