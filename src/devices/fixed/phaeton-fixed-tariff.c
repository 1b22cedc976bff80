/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-fixed-tariff.h"

#define HOUR_S 3600
#define BEFORE_S (48 * HOUR_S)       /* for plots, and for energy that came while nobody looked */
#define AHEAD_S (7 * 24 * HOUR_S)    /* as far as a deadline may lie */
#define LOOK_MS (60 * (gint64) 1000) /* the clock may be set at any time */

struct _PhaetonFixedTariff {
  GObject parent_instance;

  PhaetonClock *clock; /* (owned) */
  gint64 price_micros;
  guint timer_id;
  GArray *slots; /* (owned) (element-type PhaetonPriceSlot) */
  gint64 hour;   /* that the slots were made in */
};

static void phaeton_fixed_tariff_provider_init (PhaetonPriceProviderInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PhaetonFixedTariff, phaeton_fixed_tariff, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (PHAETON_TYPE_PRICE_PROVIDER,
                                                      phaeton_fixed_tariff_provider_init))

static void
make_slots (PhaetonFixedTariff *self)
{
  const gint64 from_at = MAX (self->hour * HOUR_S - BEFORE_S, 0);
  const gint64 until_at = self->hour * HOUR_S + AHEAD_S;

  g_array_set_size (self->slots, 0);
  for (gint64 at = from_at; at < until_at; at += HOUR_S) {
    const PhaetonPriceSlot slot = { .start_at = at,
                                    .end_at = at + HOUR_S,
                                    .import_micros = self->price_micros };

    g_array_append_val (self->slots, slot);
  }
}

static gboolean
look_cb (gpointer user_data)
{
  PhaetonFixedTariff *self = user_data;
  const gint64 hour = phaeton_clock_get_wall_at (self->clock) / HOUR_S;

  if (hour == self->hour)
    return G_SOURCE_CONTINUE;
  self->hour = hour;
  make_slots (self);
  phaeton_price_provider_emit_changed (PHAETON_PRICE_PROVIDER (self));
  return G_SOURCE_CONTINUE;
}

static void
start (PhaetonPriceProvider *provider)
{
  PhaetonFixedTariff *self = PHAETON_FIXED_TARIFF (provider);

  g_return_if_fail (self->timer_id == 0);

  self->timer_id = phaeton_clock_add_timer (self->clock, LOOK_MS, look_cb, self);
  look_cb (self);
}

static void
stop (PhaetonPriceProvider *provider)
{
  PhaetonFixedTariff *self = PHAETON_FIXED_TARIFF (provider);

  if (self->timer_id != 0)
    phaeton_clock_remove_timer (self->clock, self->timer_id);
  self->timer_id = 0;
}

static void
get_series (PhaetonPriceProvider *provider, PhaetonPriceSeries *series)
{
  PhaetonFixedTariff *self = PHAETON_FIXED_TARIFF (provider);

  *series =
    (PhaetonPriceSeries){ self->slots->len, (const PhaetonPriceSlot *) (void *) self->slots->data };
}

/* never out of date */
static void
get_state (PhaetonPriceProvider *provider, PhaetonPriceState *state)
{
  PhaetonFixedTariff *self = PHAETON_FIXED_TARIFF (provider);

  *state = (PhaetonPriceState){ .source = "fixed",
                                .fetched_at = phaeton_clock_get_wall_at (self->clock),
                                .kind = PHAETON_PRICE_KIND_FIXED };
}

static void
phaeton_fixed_tariff_provider_init (PhaetonPriceProviderInterface *iface)
{
  iface->start = start;
  iface->stop = stop;
  iface->get_series = get_series;
  iface->get_state = get_state;
}

static void
phaeton_fixed_tariff_finalize (GObject *object)
{
  PhaetonFixedTariff *self = PHAETON_FIXED_TARIFF (object);

  stop (PHAETON_PRICE_PROVIDER (self));
  g_object_unref (self->clock);
  g_array_unref (self->slots);
  G_OBJECT_CLASS (phaeton_fixed_tariff_parent_class)->finalize (object);
}

static void
phaeton_fixed_tariff_class_init (PhaetonFixedTariffClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = phaeton_fixed_tariff_finalize;
}

static void
phaeton_fixed_tariff_init (PhaetonFixedTariff *self)
{
  self->slots = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
  self->hour = -1;
}

PhaetonPriceProvider *
phaeton_fixed_tariff_new (PhaetonConfig *config, PhaetonClock *clock)
{
  PhaetonFixedTariff *self = g_object_new (PHAETON_TYPE_FIXED_TARIFF, NULL);

  self->clock = g_object_ref (clock);
  self->price_micros = config->static_rate_micros_per_kwh;
  return PHAETON_PRICE_PROVIDER (self);
}
