/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-price-series.h"

gboolean
phaeton_price_series_is_valid (const PhaetonPriceSeries *self)
{
  for (guint i = 0; i < self->n; i++)
    if (self->slots[i].end_at <= self->slots[i].start_at ||
        (i > 0 && self->slots[i].start_at < self->slots[i - 1].end_at))
      return FALSE;
  return TRUE;
}

const PhaetonPriceSlot *
phaeton_price_series_find (const PhaetonPriceSeries *self, gint64 at)
{
  guint low = 0, high = self->n;

  while (low < high) { /* first slot that ends after @at */
    const guint middle = low + (high - low) / 2;

    if (self->slots[middle].end_at <= at)
      low = middle + 1;
    else
      high = middle;
  }
  return low < self->n && self->slots[low].start_at <= at ? &self->slots[low] : NULL;
}
