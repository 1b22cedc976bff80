/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-sim-optimum.h"
#include "phaeton-sim-strategies.h"

#define ALL_DAYS 334 /* of which prices are there */
#define SOME_DAYS 30
#define ENOUGH 0.99      /* of what the best saves, over all days */
#define ENOUGH_SOON 0.97 /* in any month: few stays weigh more */

static PhaetonSimSite *
load (const char *start)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "data", "sites", "prices.yaml", NULL);
  g_autoptr (GError) error = NULL;
  PhaetonSimSite *site = phaeton_sim_site_load (path, start, 1, &error);

  g_assert_no_error (error);
  return site;
}

static void
compare (const PhaetonSimSite *site, int days, double enough)
{
  PhaetonSimOutcome outcomes[PHAETON_SIM_N_STRATEGIES];
  const PhaetonSimOutcome *at_once = &outcomes[PHAETON_SIM_AT_ONCE];
  const PhaetonSimOutcome *best = &outcomes[PHAETON_SIM_OPTIMUM];
  g_autofree char *text = NULL;
  double share;

  phaeton_sim_strategies_run (site, days, outcomes);
  text = phaeton_sim_strategies_to_text (site, outcomes);
  g_test_message ("%s", text);
  g_assert_cmpint (at_once->n_stays, >, days / 3);
  share = phaeton_sim_strategies_get_share (at_once, &outcomes[PHAETON_SIM_CHEAPEST], best);
  g_assert_cmpfloat (share, >=, enough);
  g_assert_cmpfloat (share, <=, 1.001); /* or it is no optimum */
  for (int s = 0; s < PHAETON_SIM_N_STRATEGIES; s++) {
    g_assert_cmpint (outcomes[s].n_stays, ==, at_once->n_stays);
    g_assert_cmpint (outcomes[s].n_short, ==, 0);
    g_assert_cmpfloat_with_epsilon (outcomes[s].energy_wh, at_once->energy_wh,
                                    0.001 * at_once->energy_wh);
    g_assert_cmpfloat (outcomes[s].total, >=, 0.999 * best->total);
  }
  g_assert_cmpfloat (outcomes[PHAETON_SIM_BLOCK].total, <, at_once->total);
  g_assert_cmpfloat (outcomes[PHAETON_SIM_CHEAPEST].total, <=, outcomes[PHAETON_SIM_BLOCK].total);
  g_assert_cmpfloat (outcomes[PHAETON_SIM_OPTIMUM_AHEAD].total, <=, best->total + 0.001);
}

static void
test_all_days (void)
{
  g_autoptr (PhaetonSimSite) site = load (NULL);

  compare (site, ALL_DAYS, ENOUGH);
}

/* each run looks at another month; the seed repeats it */
static void
test_some_month (void)
{
  g_autofree char *start = g_strdup_printf ("2024-%02d-01", g_test_rand_int_range (1, 11));
  g_autoptr (PhaetonSimSite) site = load (start);

  g_test_message ("from %s", start);
  compare (site, SOME_DAYS, ENOUGH_SOON);
}

/* a car that takes less and less towards the end: once it was seen to, there is time for that */
static void
compare_slow_end (const char *start, int days, int max_short, int max_short_late)
{
  g_autoptr (PhaetonSimSite) site = load (start);
  PhaetonSimOutcome outcomes[PHAETON_SIM_N_STRATEGIES];

  site->station.sockets[0].car.taper_from_percent = 95.0;
  phaeton_sim_strategies_run (site, days, outcomes);
  g_assert_cmpint (outcomes[PHAETON_SIM_CHEAPEST].n_stays, >, days / 3);
  g_assert_cmpint (outcomes[PHAETON_SIM_CHEAPEST].n_short, <=, max_short);
  g_assert_cmpint (outcomes[PHAETON_SIM_LATE].n_short, <=, max_short_late);
}

/* the stays from which it is learned are short themselves: late leaves no time to spare */
static void
test_slow_end (void)
{
  compare_slow_end ("2024-03-01", SOME_DAYS, 1, 3);
}

static void
test_slow_end_all_days (void)
{
  compare_slow_end (NULL, ALL_DAYS, 2, 2);
}

static void
set_prices (PhaetonSimSite *site, gint64 from_at, const int *cents, int n)
{
  g_array_set_size (site->prices, 0);
  for (int i = 0; i < n; i++) {
    const PhaetonPriceSlot slot = { from_at + i * 3600, from_at + (i + 1) * 3600,
                                    cents[i] * 10000 };

    g_array_append_val (site->prices, slot);
  }
}

/* by hand: 90 minutes of 10 kW in four hours */
static void
test_optimum (void)
{
  g_autoptr (PhaetonSimSite) site = load ("2024-06-01");
  const int cents[] = { 30, 10, 30, 20 };
  PhaetonSimErrand errand = { site->start_at, site->start_at + 4 * 3600, 15000, 10000, 1800, 0 };
  PhaetonSimOptimum best;

  set_prices (site, site->start_at, cents, 4);
  best = phaeton_sim_optimum_find (site, &errand, TRUE);
  g_assert_cmpfloat_with_epsilon (best.cost, 10 * 0.10 + 5 * 0.20, 1e-9);
  g_assert_cmpint (best.n_starts, ==, 2);
  errand.start_cost_micros = 600000; /* more than 5 kWh at 10 cents less */
  best = phaeton_sim_optimum_find (site, &errand, TRUE);
  g_assert_cmpfloat_with_epsilon (best.cost, 10 * 0.10 + 5 * 0.30, 1e-9);
  g_assert_cmpint (best.n_starts, ==, 1);
  errand.to_at = errand.from_at + 3600; /* not enough time: all of it */
  best = phaeton_sim_optimum_find (site, &errand, TRUE);
  g_assert_cmpfloat_with_epsilon (best.cost, 15 * 0.30, 1e-9);
}

/* within what is published it waits for no price it cannot know */
static void
test_optimum_within_the_horizon (void)
{
  g_autoptr (PhaetonSimSite) site = load ("2024-06-01");
  int cents[48];
  PhaetonSimErrand errand = { .energy_wh = 10000, .power_w = 10000, .min_run_s = 1800 };

  for (int i = 0; i < 48; i++)
    cents[i] = i < 24 ? 30 : 5;
  set_prices (site, site->start_at, cents, 48);
  errand.from_at = site->start_at + 10 * 3600;
  errand.to_at = site->start_at + 26 * 3600;
  g_assert_cmpfloat_with_epsilon (phaeton_sim_optimum_find (site, &errand, TRUE).cost, 0.5, 1e-9);
  g_assert_cmpfloat_with_epsilon (phaeton_sim_optimum_find (site, &errand, FALSE).cost, 0.5, 1e-9);
  errand.to_at = site->start_at + 24 * 3600 + 1800; /* known from 13:00 on, for half an hour */
  g_assert_cmpfloat_with_epsilon (phaeton_sim_optimum_find (site, &errand, FALSE).cost,
                                  5 * 0.05 + 5 * 0.30, 1e-9);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim-strategies/optimum", test_optimum);
  g_test_add_func ("/sim-strategies/optimum-within-the-horizon", test_optimum_within_the_horizon);
  g_test_add_func ("/sim-strategies/some-month", test_some_month);
  g_test_add_func ("/sim-strategies/slow-end", test_slow_end);
  if (g_test_slow ()) {
    g_test_add_func ("/sim-strategies/all-days/compare", test_all_days);
    g_test_add_func ("/sim-strategies/all-days/slow-end", test_slow_end_all_days);
  }
  return g_test_run ();
}
