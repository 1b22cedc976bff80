/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-clock.h"
#include "phaeton-config.h"
#include "phaeton-price-series.h"
#include "phaeton-tariff.h"

G_BEGIN_DECLS

/**
 * PhaetonPriceDesk:
 *
 * Where the site asks for prices: the provider that the settings name, and the fallback tariff for
 * when it does not know. Main thread only.
 */
typedef struct _PhaetonPriceDesk PhaetonPriceDesk;

PhaetonPriceDesk *phaeton_price_desk_new (PhaetonConfig *config, PhaetonClock *clock,
                                          const char *state_dir);
void phaeton_price_desk_free (PhaetonPriceDesk *self);

void phaeton_price_desk_start (PhaetonPriceDesk *self);
void phaeton_price_desk_stop (PhaetonPriceDesk *self);

/* goes on with the same provider when it is asked for the same */
void phaeton_price_desk_set_config (PhaetonPriceDesk *self, PhaetonConfig *config);

/* the local time that rules go by */
void phaeton_price_desk_set_zone (PhaetonPriceDesk *self, const PhaetonZone *zone);

/**
 * phaeton_price_desk_get_series:
 * @series: (out): borrowed until the main loop turns; empty: nothing is known
 *
 * What people pay: what the provider knows, with fees and tax; where it does not know the price of
 * @wall_at, the fallback tariff.
 *
 * Returns: whether it is the fallback tariff
 */
gboolean phaeton_price_desk_get_series (PhaetonPriceDesk *self, gint64 wall_at,
                                        PhaetonPriceSeries *series);

/* what each slot of the series in force, or of the fallback tariff's, consists of; borrowed */
const PhaetonPriceParts *phaeton_price_desk_get_parts (PhaetonPriceDesk *self,
                                                       gboolean is_fallback);

/* FALSE: the settings name no source */
gboolean phaeton_price_desk_get_state (PhaetonPriceDesk *self, PhaetonPriceState *state);

G_END_DECLS
