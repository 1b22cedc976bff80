/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-price-source.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* whatever came, the series that is made of it holds */
static inline void
check_slots (GArray *slots)
{
  PhaetonPriceSeries series;

  phaeton_price_slots_settle (slots);
  series = (PhaetonPriceSeries){ slots->len, (const PhaetonPriceSlot *) (void *) slots->data };
  g_assert_true (phaeton_price_series_is_valid (&series));
}
