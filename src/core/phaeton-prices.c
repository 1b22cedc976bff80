/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-prices.h"

/* where no mean can be the measure, prices being negative */
#define VERY_CHEAP_PART 0.1
#define CHEAP_PART 0.3

static PhaetonPriceLevel
get_level_by_rank (const PhaetonPriceSeries *prices, gint64 price_micros)
{
  gint64 very_cheap_micros = 0, cheap_micros = 0;

  phaeton_price_series_get_quantile (prices, G_MININT64 / 2, G_MAXINT64 / 2, VERY_CHEAP_PART,
                                     &very_cheap_micros);
  phaeton_price_series_get_quantile (prices, G_MININT64 / 2, G_MAXINT64 / 2, CHEAP_PART,
                                     &cheap_micros);
  if (price_micros <= very_cheap_micros)
    return PHAETON_PRICE_VERY_CHEAP;
  return price_micros <= cheap_micros ? PHAETON_PRICE_CHEAP : PHAETON_PRICE_NORMAL;
}

PhaetonPriceLevel
phaeton_prices_get_level (const PhaetonPriceSeries *prices, const PhaetonPriceSlot *slot)
{
  gint64 mean_micros = 0;
  double ratio;

  if (slot->level != PHAETON_PRICE_LEVEL_UNKNOWN)
    return slot->level;
  phaeton_price_series_get_mean (prices, G_MININT64 / 2, G_MAXINT64 / 2, &mean_micros);
  if (mean_micros <= 0)
    return get_level_by_rank (prices, slot->import_micros);
  ratio = (double) slot->import_micros / (double) mean_micros;
  if (ratio <= 0.6)
    return PHAETON_PRICE_VERY_CHEAP;
  if (ratio <= 0.9)
    return PHAETON_PRICE_CHEAP;
  if (ratio < 1.15)
    return PHAETON_PRICE_NORMAL;
  return ratio < 1.4 ? PHAETON_PRICE_EXPENSIVE : PHAETON_PRICE_VERY_EXPENSIVE;
}

gboolean
phaeton_prices_is_ready (const PhaetonPriceRule *rule)
{
  if (rule->strategy == PHAETON_PRICE_BY_LIMIT)
    return rule->limit_micros_per_kwh != G_MININT64;
  return rule->strategy == PHAETON_PRICE_BY_QUANTILE || rule->on_cheap || rule->on_very_cheap;
}

gboolean
phaeton_prices_get_limit (const PhaetonPriceRule *rule, const PhaetonPriceSeries *prices,
                          gint64 wall_at, gint64 *limit_micros)
{
  if (rule->strategy == PHAETON_PRICE_BY_QUANTILE)
    return phaeton_price_series_get_quantile (prices, wall_at, G_MAXINT64 / 2, rule->cheap_part,
                                              limit_micros);
  *limit_micros = rule->limit_micros_per_kwh;
  return rule->strategy == PHAETON_PRICE_BY_LIMIT && phaeton_prices_is_ready (rule);
}

/* of a tariff that only stands in: the same price all day long is not cheap, nobody having said so
 */
static gboolean
is_below_mean (const PhaetonPriceSeries *prices, gint64 price_micros)
{
  gint64 mean_micros = 0;

  return phaeton_price_series_get_mean (prices, G_MININT64 / 2, G_MAXINT64 / 2, &mean_micros) > 0 &&
         price_micros < mean_micros;
}

gboolean
phaeton_prices_is_wanted (const PhaetonPriceRule *rule, const PhaetonPriceSeries *prices,
                          gboolean is_fallback, gint64 wall_at, const PhaetonPriceSlot *slot)
{
  PhaetonPriceLevel level;
  gint64 limit_micros;

  if (is_fallback && rule->strategy != PHAETON_PRICE_BY_LIMIT &&
      !is_below_mean (prices, slot->import_micros))
    return FALSE;
  if (rule->strategy != PHAETON_PRICE_BY_LEVEL)
    return phaeton_prices_get_limit (rule, prices, wall_at, &limit_micros) &&
           slot->import_micros <= limit_micros;
  level = phaeton_prices_get_level (prices, slot);
  return (level == PHAETON_PRICE_VERY_CHEAP && rule->on_very_cheap) ||
         (level == PHAETON_PRICE_CHEAP && rule->on_cheap);
}
