/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-fixed-tariff.h"

#define HOUR_S 3600
#define NOW_AT 1795129200

static void
count_cb (PhaetonPriceProvider *provider, gpointer user_data)
{
  ++*(int *) user_data;
}

/* known at once, two days back and seven ahead, and for ever; nothing is asked */
static void
test_always_known (void)
{
  g_autoptr (PhaetonConfig) config = phaeton_config_new (0);
  g_autoptr (PhaetonClock) clock = phaeton_clock_new_virtual (NOW_AT);
  g_autoptr (PhaetonPriceProvider) provider = NULL;
  PhaetonPriceSeries series;
  PhaetonPriceState state;
  int n_changes = 0;

  config->static_rate_micros_per_kwh = 280000;
  provider = phaeton_fixed_tariff_new (config, clock);
  g_signal_connect (provider, "changed", G_CALLBACK (count_cb), &n_changes);
  phaeton_price_provider_start (provider);
  for (int hour = 0; hour < 200; hour++) {
    phaeton_price_provider_get_series (provider, &series);
    g_assert_true (phaeton_price_series_is_valid (&series));
    g_assert_true (phaeton_price_series_is_flat (&series, NOW_AT + (hour - 48) * HOUR_S,
                                                 NOW_AT + (hour + 168) * HOUR_S));
    g_assert_cmpint (phaeton_price_series_find (&series, NOW_AT)->import_micros, ==, 280000);
    phaeton_clock_advance (clock, HOUR_S * 1000);
    if (hour == 40)
      break; /* NOW_AT leaves the two days */
  }
  g_assert_cmpint (n_changes, ==, 42);
  phaeton_price_provider_get_state (provider, &state);
  g_assert_cmpint (state.kind, ==, PHAETON_PRICE_KIND_FIXED);
  g_assert_null (state.error);
  phaeton_clock_set_wall (clock, NOW_AT + 365 * 24 * HOUR_S); /* as NTP does */
  phaeton_clock_advance (clock, 60 * 1000);
  phaeton_price_provider_get_series (provider, &series);
  g_assert_nonnull (phaeton_price_series_find (&series, phaeton_clock_get_wall_at (clock)));
  phaeton_price_provider_stop (provider);
  phaeton_clock_advance (clock, 2 * HOUR_S * 1000);
  g_assert_cmpint (n_changes, ==, 43);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fixed-tariff/always-known", test_always_known);
  return g_test_run ();
}
