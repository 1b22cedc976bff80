/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-price-provider.h"

G_DEFINE_INTERFACE (PhaetonPriceProvider, phaeton_price_provider, G_TYPE_OBJECT)

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
phaeton_price_provider_default_init (PhaetonPriceProviderInterface *iface)
{
  signals[CHANGED] = g_signal_new ("changed", PHAETON_TYPE_PRICE_PROVIDER, G_SIGNAL_RUN_LAST, 0,
                                   NULL, NULL, NULL, G_TYPE_NONE, 0);
}

void
phaeton_price_provider_start (PhaetonPriceProvider *self)
{
  g_return_if_fail (PHAETON_IS_PRICE_PROVIDER (self));

  PHAETON_PRICE_PROVIDER_GET_IFACE (self)->start (self);
}

void
phaeton_price_provider_stop (PhaetonPriceProvider *self)
{
  g_return_if_fail (PHAETON_IS_PRICE_PROVIDER (self));

  PHAETON_PRICE_PROVIDER_GET_IFACE (self)->stop (self);
}

void
phaeton_price_provider_get_series (PhaetonPriceProvider *self, PhaetonPriceSeries *series)
{
  g_return_if_fail (PHAETON_IS_PRICE_PROVIDER (self));

  PHAETON_PRICE_PROVIDER_GET_IFACE (self)->get_series (self, series);
}

void
phaeton_price_provider_get_state (PhaetonPriceProvider *self, PhaetonPriceState *state)
{
  g_return_if_fail (PHAETON_IS_PRICE_PROVIDER (self));

  PHAETON_PRICE_PROVIDER_GET_IFACE (self)->get_state (self, state);
}

void
phaeton_price_provider_emit_changed (PhaetonPriceProvider *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}
