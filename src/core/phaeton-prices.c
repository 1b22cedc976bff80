/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-prices.h"

/* where no mean can be the measure, prices being negative */
#define VERY_CHEAP_PART 0.1
#define CHEAP_PART 0.3

#define FOR_EVER G_MININT64 / 2, G_MAXINT64 / 2

gboolean
phaeton_prices_is_ready (const PhaetonPriceRule *rule)
{
  if (rule->strategy == PHAETON_PRICE_BY_LIMIT)
    return rule->limit_micros_per_kwh != G_MININT64;
  return rule->strategy == PHAETON_PRICE_BY_QUANTILE || rule->on_cheap || rule->on_very_cheap;
}

void
phaeton_price_measure_take (PhaetonPriceMeasure *self, const PhaetonPriceRule *rule,
                            const PhaetonPriceSeries *prices, gboolean is_fallback, gint64 wall_at)
{
  *self = (PhaetonPriceMeasure){ .rule = rule, .is_fallback = is_fallback };
  phaeton_price_series_get_mean (prices, FOR_EVER, &self->mean_micros);
  if (rule->strategy == PHAETON_PRICE_BY_QUANTILE) {
    self->limit_known = phaeton_price_series_get_quantile (prices, wall_at, G_MAXINT64 / 2,
                                                           rule->cheap_part, &self->limit_micros);
  } else if (rule->strategy == PHAETON_PRICE_BY_LIMIT) {
    self->limit_known = phaeton_prices_is_ready (rule);
    self->limit_micros = rule->limit_micros_per_kwh;
  }
  if (self->mean_micros <= 0) {
    phaeton_price_series_get_quantile (prices, FOR_EVER, VERY_CHEAP_PART, &self->very_cheap_micros);
    phaeton_price_series_get_quantile (prices, FOR_EVER, CHEAP_PART, &self->cheap_micros);
  }
}

static PhaetonPriceLevel
get_level_by_rank (const PhaetonPriceMeasure *self, gint64 price_micros)
{
  if (price_micros <= self->very_cheap_micros)
    return PHAETON_PRICE_VERY_CHEAP;
  return price_micros <= self->cheap_micros ? PHAETON_PRICE_CHEAP : PHAETON_PRICE_NORMAL;
}

PhaetonPriceLevel
phaeton_price_measure_get_level (const PhaetonPriceMeasure *self, const PhaetonPriceSlot *slot)
{
  double ratio;

  if (slot->level != PHAETON_PRICE_LEVEL_UNKNOWN)
    return slot->level;
  if (self->mean_micros <= 0)
    return get_level_by_rank (self, slot->import_micros);
  ratio = (double) slot->import_micros / (double) self->mean_micros;
  if (ratio <= 0.6)
    return PHAETON_PRICE_VERY_CHEAP;
  if (ratio <= 0.9)
    return PHAETON_PRICE_CHEAP;
  if (ratio < 1.15)
    return PHAETON_PRICE_NORMAL;
  return ratio < 1.4 ? PHAETON_PRICE_EXPENSIVE : PHAETON_PRICE_VERY_EXPENSIVE;
}

/* of a tariff that only stands in: the same price all day long is not cheap, nobody having said so
 */
static gboolean
is_below_mean (const PhaetonPriceMeasure *self, const PhaetonPriceSlot *slot)
{
  return self->mean_micros > 0 && slot->import_micros < self->mean_micros;
}

static gboolean
is_right (const PhaetonPriceMeasure *self, const PhaetonPriceSlot *slot)
{
  const PhaetonPriceRule *rule = self->rule;
  PhaetonPriceLevel level;

  if (self->is_fallback && rule->strategy != PHAETON_PRICE_BY_LIMIT && !is_below_mean (self, slot))
    return FALSE;
  if (rule->strategy != PHAETON_PRICE_BY_LEVEL)
    return self->limit_known && slot->import_micros <= self->limit_micros;
  level = phaeton_price_measure_get_level (self, slot);
  return (level == PHAETON_PRICE_VERY_CHEAP && rule->on_very_cheap) ||
         (level == PHAETON_PRICE_CHEAP && rule->on_cheap);
}

gboolean
phaeton_price_measure_is_wanted (const PhaetonPriceMeasure *self, const PhaetonPriceSeries *prices,
                                 const PhaetonPriceSlot *slot, gint64 min_run_s)
{
  const PhaetonPriceSlot *first = slot, *last = slot, *end = prices->slots + prices->n;

  if (!is_right (self, slot))
    return FALSE;
  while (last->end_at - first->start_at < min_run_s && first > prices->slots &&
         first[-1].end_at == first->start_at && is_right (self, first - 1))
    first--;
  while (last->end_at - first->start_at < min_run_s && last + 1 < end &&
         last[1].start_at == last->end_at && is_right (self, last + 1))
    last++;
  return last->end_at - first->start_at >= min_run_s || last + 1 == end ||
         last[1].start_at != last->end_at;
}
