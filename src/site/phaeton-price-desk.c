/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-price-desk.h"

#include <math.h>
#include <string.h>

#include "phaeton-registry.h"

/* one provider, and what its prices are once all that belongs to them is added */
typedef struct {
  PhaetonPriceProvider *provider; /* (owned) (nullable) */
  gulong changed_id;
  GArray *slots; /* (owned) (element-type PhaetonPriceSlot) */
  GArray *parts; /* (owned) (element-type PhaetonPriceParts): one for each slot */
  char *error;   /* (owned) (nullable): why they cannot be composed */
  gboolean is_stale;
} Board;

struct _PhaetonPriceDesk {
  PhaetonConfig *config; /* (owned) */
  PhaetonClock *clock;   /* (owned) */
  char *cache_dir;       /* (owned) */
  PhaetonZone zone;
  Board board;
  Board fallback;
  gboolean started;
};

static void
changed_cb (PhaetonPriceProvider *provider, gpointer user_data)
{
  ((Board *) user_data)->is_stale = TRUE;
}

static void
board_take (Board *self, PhaetonPriceProvider *provider)
{
  self->provider = provider;
  self->is_stale = TRUE;
  if (provider != NULL)
    self->changed_id = g_signal_connect (provider, "changed", G_CALLBACK (changed_cb), self);
}

static void
board_drop (Board *self)
{
  if (self->provider != NULL)
    g_clear_signal_handler (&self->changed_id, self->provider);
  g_clear_object (&self->provider);
  g_array_set_size (self->slots, 0);
  g_array_set_size (self->parts, 0);
}

static void
board_init (Board *self)
{
  self->slots = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
  self->parts = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceParts));
}

static void
board_clear (Board *self)
{
  board_drop (self);
  g_array_unref (self->slots);
  g_array_unref (self->parts);
  g_free (self->error);
}

/* into the currency of the house; a price in another one is no price */
static gboolean
convert (const PhaetonTariffConfig *tariff, const PhaetonPriceState *state,
         const PhaetonPriceSeries *raw, GArray *converted)
{
  const gboolean is_foreign = tariff->currency != NULL && tariff->currency[0] != '\0' &&
                              state->currency != NULL &&
                              !g_str_equal (tariff->currency, state->currency);

  if (is_foreign && tariff->exchange_rate <= 0)
    return FALSE;
  g_array_append_vals (converted, raw->slots, raw->n);
  for (guint i = 0; is_foreign && i < converted->len; i++) {
    PhaetonPriceSlot *slot = &g_array_index (converted, PhaetonPriceSlot, i);

    slot->import_micros = (gint64) rint ((double) slot->import_micros * tariff->exchange_rate);
    slot->export_micros = (gint64) rint ((double) slot->export_micros * tariff->exchange_rate);
  }
  return TRUE;
}

static void
board_compose (Board *self, const PhaetonTariffConfig *tariff, const PhaetonZone *zone)
{
  g_autoptr (GArray) converted = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
  PhaetonPriceSeries raw;
  PhaetonPriceState state;

  if (!self->is_stale || self->provider == NULL)
    return;
  self->is_stale = FALSE;
  g_clear_pointer (&self->error, g_free);
  g_array_set_size (self->slots, 0);
  g_array_set_size (self->parts, 0);
  phaeton_price_provider_get_series (self->provider, &raw);
  phaeton_price_provider_get_state (self->provider, &state);
  if (!convert (tariff, &state, &raw, converted)) {
    self->error = g_strdup_printf ("prices are told in %s and wanted in %s: "
                                   "set pricing.tariff.exchange_rate",
                                   state.currency, tariff->currency);
    return;
  }
  raw = (PhaetonPriceSeries){ converted->len, (PhaetonPriceSlot *) (void *) converted->data };
  if (!phaeton_tariff_compose (tariff, zone, state.kind, &raw, self->slots, self->parts))
    self->error = g_strdup ("pricing.rules go by the clock, and the time zone is not known");
}

static void
make_providers (PhaetonPriceDesk *self)
{
  board_take (&self->board,
              phaeton_registry_new_price_provider (self->config, self->clock, self->cache_dir));
  if (self->config->pricing.is_fallback)
    board_take (&self->fallback, phaeton_registry_new_fallback_prices (self->config, self->clock));
}

static void
drop_providers (PhaetonPriceDesk *self)
{
  phaeton_price_desk_stop (self);
  board_drop (&self->board);
  board_drop (&self->fallback);
}

PhaetonPriceDesk *
phaeton_price_desk_new (PhaetonConfig *config, PhaetonClock *clock, const char *state_dir)
{
  PhaetonPriceDesk *self = g_new0 (PhaetonPriceDesk, 1);

  self->config = phaeton_config_ref (config);
  self->clock = g_object_ref (clock);
  self->cache_dir = g_build_filename (state_dir, "prices", NULL);
  board_init (&self->board);
  board_init (&self->fallback);
  make_providers (self);
  return self;
}

void
phaeton_price_desk_free (PhaetonPriceDesk *self)
{
  drop_providers (self);
  board_clear (&self->board);
  board_clear (&self->fallback);
  phaeton_config_unref (self->config);
  g_object_unref (self->clock);
  g_free (self->cache_dir);
  g_free (self);
}

void
phaeton_price_desk_start (PhaetonPriceDesk *self)
{
  self->started = TRUE;
  if (self->board.provider != NULL)
    phaeton_price_provider_start (self->board.provider);
  if (self->fallback.provider != NULL)
    phaeton_price_provider_start (self->fallback.provider);
}

void
phaeton_price_desk_stop (PhaetonPriceDesk *self)
{
  if (self->started && self->board.provider != NULL)
    phaeton_price_provider_stop (self->board.provider);
  if (self->started && self->fallback.provider != NULL)
    phaeton_price_provider_stop (self->fallback.provider);
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
  self->board.is_stale = self->fallback.is_stale = TRUE;
  if (is_same)
    return;
  make_providers (self);
  if (was_started)
    phaeton_price_desk_start (self);
}

void
phaeton_price_desk_set_zone (PhaetonPriceDesk *self, const PhaetonZone *zone)
{
  if (memcmp (&self->zone, zone, sizeof *zone) == 0)
    return;
  self->zone = *zone;
  self->board.is_stale = self->fallback.is_stale = TRUE;
}

static PhaetonPriceSeries
board_get_series (const Board *self)
{
  return (PhaetonPriceSeries){ self->slots->len,
                               (const PhaetonPriceSlot *) (void *) self->slots->data };
}

gboolean
phaeton_price_desk_get_series (PhaetonPriceDesk *self, gint64 wall_at, PhaetonPriceSeries *series)
{
  PhaetonPriceSeries standing_in;

  board_compose (&self->board, &self->config->pricing.tariff, &self->zone);
  board_compose (&self->fallback, &self->config->pricing.tariff, &self->zone);
  *series = board_get_series (&self->board);
  if (phaeton_price_series_find (series, wall_at) != NULL)
    return FALSE;
  standing_in = board_get_series (&self->fallback);
  if (phaeton_price_series_find (&standing_in, wall_at) == NULL)
    return FALSE;
  *series = standing_in;
  return TRUE;
}

const PhaetonPriceParts *
phaeton_price_desk_get_parts (PhaetonPriceDesk *self, gboolean is_fallback)
{
  return (const PhaetonPriceParts *) (void *) (is_fallback ? self->fallback : self->board)
    .parts->data;
}

gboolean
phaeton_price_desk_get_state (PhaetonPriceDesk *self, PhaetonPriceState *state)
{
  const char *own = self->config->pricing.tariff.currency;

  if (self->board.provider == NULL)
    return FALSE;
  phaeton_price_provider_get_state (self->board.provider, state);
  if (own != NULL && own[0] != '\0')
    state->currency = own;
  if (state->error == NULL)
    state->error = self->board.error;
  return TRUE;
}
