/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-price-desk.h"

#include "phaeton-registry.h"

struct _PhaetonPriceDesk {
  PhaetonConfig *config;          /* (owned) */
  PhaetonClock *clock;            /* (owned) */
  char *cache_dir;                /* (owned) */
  PhaetonPriceProvider *provider; /* (owned) (nullable) */
  PhaetonPriceProvider *fallback; /* (owned) (nullable) */
  gboolean started;
};

static void
make_providers (PhaetonPriceDesk *self)
{
  self->provider = phaeton_registry_new_price_provider (self->config, self->clock, self->cache_dir);
  if (self->config->pricing.is_fallback)
    self->fallback = phaeton_registry_new_fallback_prices (self->config, self->clock);
}

static void
drop_providers (PhaetonPriceDesk *self)
{
  phaeton_price_desk_stop (self);
  g_clear_object (&self->provider);
  g_clear_object (&self->fallback);
}

PhaetonPriceDesk *
phaeton_price_desk_new (PhaetonConfig *config, PhaetonClock *clock, const char *state_dir)
{
  PhaetonPriceDesk *self = g_new0 (PhaetonPriceDesk, 1);

  self->config = phaeton_config_ref (config);
  self->clock = g_object_ref (clock);
  self->cache_dir = g_build_filename (state_dir, "prices", NULL);
  make_providers (self);
  return self;
}

void
phaeton_price_desk_free (PhaetonPriceDesk *self)
{
  drop_providers (self);
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
  if (self->fallback != NULL)
    phaeton_price_provider_start (self->fallback);
}

void
phaeton_price_desk_stop (PhaetonPriceDesk *self)
{
  if (self->started && self->provider != NULL)
    phaeton_price_provider_stop (self->provider);
  if (self->started && self->fallback != NULL)
    phaeton_price_provider_stop (self->fallback);
  self->started = FALSE;
}

/* whatever else changed, what was asked for and answered still holds */
static gboolean
asks_the_same (const PhaetonConfig *a, const PhaetonConfig *b)
{
  return phaeton_registry_is_same_price_provider (a, b) &&
         a->pricing.is_fallback == b->pricing.is_fallback &&
         a->static_rate_micros_per_kwh == b->static_rate_micros_per_kwh;
}

void
phaeton_price_desk_set_config (PhaetonPriceDesk *self, PhaetonConfig *config)
{
  const gboolean is_same = asks_the_same (self->config, config);
  const gboolean was_started = self->started;

  if (!is_same)
    drop_providers (self);
  phaeton_config_unref (self->config);
  self->config = phaeton_config_ref (config);
  if (is_same)
    return;
  make_providers (self);
  if (was_started)
    phaeton_price_desk_start (self);
}

gboolean
phaeton_price_desk_get_series (PhaetonPriceDesk *self, gint64 wall_at, PhaetonPriceSeries *series)
{
  PhaetonPriceSeries standing_in;

  *series = (PhaetonPriceSeries){ 0, NULL };
  if (self->provider != NULL)
    phaeton_price_provider_get_series (self->provider, series);
  if (self->fallback == NULL || phaeton_price_series_find (series, wall_at) != NULL)
    return FALSE;
  phaeton_price_provider_get_series (self->fallback, &standing_in);
  if (phaeton_price_series_find (&standing_in, wall_at) == NULL)
    return FALSE;
  *series = standing_in;
  return TRUE;
}

gboolean
phaeton_price_desk_get_state (PhaetonPriceDesk *self, PhaetonPriceState *state)
{
  if (self->provider != NULL)
    phaeton_price_provider_get_state (self->provider, state);
  return self->provider != NULL;
}
