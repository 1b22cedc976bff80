/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-price-desk.h"

#include "phaeton-registry.h"

struct _PhaetonPriceDesk {
  PhaetonConfig *config;          /* (owned) */
  PhaetonClock *clock;            /* (owned) */
  char *cache_dir;                /* (owned) */
  PhaetonPriceProvider *provider; /* (owned) (nullable) */
  gboolean started;
};

PhaetonPriceDesk *
phaeton_price_desk_new (PhaetonConfig *config, PhaetonClock *clock, const char *state_dir)
{
  PhaetonPriceDesk *self = g_new0 (PhaetonPriceDesk, 1);

  self->config = phaeton_config_ref (config);
  self->clock = g_object_ref (clock);
  self->cache_dir = g_build_filename (state_dir, "prices", NULL);
  self->provider = phaeton_registry_new_price_provider (config, clock, self->cache_dir);
  return self;
}

void
phaeton_price_desk_free (PhaetonPriceDesk *self)
{
  phaeton_price_desk_stop (self);
  g_clear_object (&self->provider);
  phaeton_config_unref (self->config);
  g_object_unref (self->clock);
  g_free (self->cache_dir);
  g_free (self);
}

void
phaeton_price_desk_start (PhaetonPriceDesk *self)
{
  self->started = TRUE;
  if (self->provider != NULL)
    phaeton_price_provider_start (self->provider);
}

void
phaeton_price_desk_stop (PhaetonPriceDesk *self)
{
  if (self->started && self->provider != NULL)
    phaeton_price_provider_stop (self->provider);
  self->started = FALSE;
}

void
phaeton_price_desk_set_config (PhaetonPriceDesk *self, PhaetonConfig *config)
{
  const gboolean same = phaeton_registry_is_same_price_provider (self->config, config);
  const gboolean started = self->started;

  if (!same)
    phaeton_price_desk_stop (self);
  phaeton_config_unref (self->config);
  self->config = phaeton_config_ref (config);
  if (same)
    return;
  g_clear_object (&self->provider);
  self->provider = phaeton_registry_new_price_provider (config, self->clock, self->cache_dir);
  if (started)
    phaeton_price_desk_start (self);
}

void
phaeton_price_desk_get_series (PhaetonPriceDesk *self, PhaetonPriceSeries *series)
{
  *series = (PhaetonPriceSeries){ 0, NULL };
  if (self->provider != NULL)
    phaeton_price_provider_get_series (self->provider, series);
}

gboolean
phaeton_price_desk_get_state (PhaetonPriceDesk *self, PhaetonPriceState *state)
{
  if (self->provider != NULL)
    phaeton_price_provider_get_state (self->provider, state);
  return self->provider != NULL;
}
