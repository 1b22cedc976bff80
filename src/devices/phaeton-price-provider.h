/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

#include "phaeton-price-series.h"

G_BEGIN_DECLS

#define PHAETON_TYPE_PRICE_PROVIDER (phaeton_price_provider_get_type ())
G_DECLARE_INTERFACE (PhaetonPriceProvider, phaeton_price_provider, PHAETON, PRICE_PROVIDER, GObject)

/**
 * PhaetonPriceProvider:
 *
 * Knows what power costs and will cost. Main thread only; nothing may block. What was known stays
 * in force by its own time, whether or not the source can be reached.
 *
 * Signals:
 * - "changed": series or state are other ones
 */
struct _PhaetonPriceProviderInterface { /* all mandatory */
  GTypeInterface g_iface;

  void (*start) (PhaetonPriceProvider *self);
  void (*stop) (PhaetonPriceProvider *self);
  void (*get_series) (PhaetonPriceProvider *self, PhaetonPriceSeries *series);
  void (*get_state) (PhaetonPriceProvider *self, PhaetonPriceState *state);
};

void phaeton_price_provider_start (PhaetonPriceProvider *self);
void phaeton_price_provider_stop (PhaetonPriceProvider *self);

/* both are borrowed and hold until the main loop turns */
void phaeton_price_provider_get_series (PhaetonPriceProvider *self, PhaetonPriceSeries *series);
void phaeton_price_provider_get_state (PhaetonPriceProvider *self, PhaetonPriceState *state);

/* for drivers */
void phaeton_price_provider_emit_changed (PhaetonPriceProvider *self);

G_END_DECLS
