/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"

G_BEGIN_DECLS

/* From what a source tells to what people pay: the one place where fees, levies, tax and the price
 * of what is fed in come in, each by the rules of its hour. */

/* what a price consists of, millionths per kWh; they add up to the import price */
typedef struct {
  gint64 energy_micros; /* of whoever sells it, with the supplier's markup */
  gint64 grid_micros;
  gint64 levy_micros;
  gint64 vat_micros;
} PhaetonPriceParts;

/* @local_at: local wall clock, as seconds from 1970-01-01 00:00. What lies after midnight belongs
 * to the day on which it began, its season and its holiday too. */
gboolean phaeton_tariff_rule_matches (const PhaetonTariffRule *rule,
                                      const PhaetonTariffConfig *tariff, gint64 local_at);

/* whether @day, from 1970-01-01, is one of the tariff's holidays */
gboolean phaeton_tariff_is_holiday (const PhaetonTariffConfig *tariff, gint64 day);

/**
 * phaeton_tariff_compose:
 * @raw: what the source told
 * @slots: (element-type PhaetonPriceSlot): filled; slots are divided where a rule begins or ends
 * @parts: (element-type PhaetonPriceParts): filled, one for each slot
 *
 * Prices of the settings have all in them: to these only rules of price and feed-in apply.
 *
 * Returns: %FALSE: rules by the clock, but the zone is not known; nothing is filled
 */
gboolean phaeton_tariff_compose (const PhaetonTariffConfig *tariff, const PhaetonZone *zone,
                                 PhaetonPriceKind kind, const PhaetonPriceSeries *raw,
                                 GArray *slots, GArray *parts);

G_END_DECLS
