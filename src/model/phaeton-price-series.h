/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* one slot of any length with its prices, millionths of the currency unit per kWh */
typedef struct {
  gint64 start_at, end_at; /* wall seconds UTC; the end does not belong to it */
  gint64 import_micros;
  gint64 export_micros;
} PhaetonPriceSlot;

/* slots in order of time, which may have gaps but never overlap; borrowed */
typedef struct {
  guint n;
  const PhaetonPriceSlot *slots;
} PhaetonPriceSeries;

/* sorted, without overlap, each with a length: what makers must hold to */
gboolean phaeton_price_series_is_valid (const PhaetonPriceSeries *self);

/* the slot in force at @at; NULL: no price is known */
const PhaetonPriceSlot *phaeton_price_series_find (const PhaetonPriceSeries *self, gint64 at);

G_END_DECLS
