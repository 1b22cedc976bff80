/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-planner.h"

#define UNIT_S 60
#define HOUR_S 3600
#define T0_AT 1795129200
#define POWER_W 11000

static void
fill (PhaetonPriceSlot *slots, int n, gint64 start_at, gint64 length_s, const int *cents)
{
  for (int i = 0; i < n; i++)
    slots[i] = (PhaetonPriceSlot){ start_at + i * length_s, start_at + (i + 1) * length_s,
                                   cents[i] * 10000 };
}

static gint64
sum_s (const PhaetonRun *runs, guint n)
{
  gint64 sum = 0;

  for (guint i = 0; i < n; i++)
    sum += runs[i].to_at - runs[i].from_at;
  return sum;
}

/* what the runs cost, in the planner's measure; unknown time as dear as the planner fears it */
static double
get_cost (const PhaetonPlanTask *task, const PhaetonPriceSeries *prices, const PhaetonRun *runs,
          guint n)
{
  double cost = 0;

  for (guint i = 0; i < n; i++) {
    if (!task->charging || runs[i].from_at > task->now_at)
      cost += (double) task->start_cost_micros;
    for (gint64 at = runs[i].from_at, next_at; at < runs[i].to_at; at = next_at) {
      const PhaetonPriceSlot *slot = phaeton_price_series_find (prices, at);

      next_at = MIN (slot != NULL ? slot->end_at : G_MAXINT64, runs[i].to_at);
      cost += (slot != NULL ? (double) slot->import_micros : 1e8) * task->power_w / 1000 *
              (double) (next_at - at) / HOUR_S;
    }
  }
  return cost;
}

/* all ways to choose units, by brute force; runs of at least @least, only the last of several may
 * be shorter */
static double
find_optimum (const PhaetonPlanTask *task, const PhaetonPriceSeries *prices, int n, int need,
              int least)
{
  double best = G_MAXDOUBLE;

  for (guint mask = 0; mask < 1u << n; mask++) {
    PhaetonRun runs[16];
    guint n_runs = 0;
    gboolean good = __builtin_popcount (mask) == need;

    for (int i = 0; good && i < n; i++) {
      if ((mask >> i & 1) == 0)
        continue;
      if (i == 0 || (mask >> (i - 1) & 1) == 0)
        runs[n_runs++] = (PhaetonRun){ task->now_at + i * UNIT_S, 0 };
      runs[n_runs - 1].to_at = task->now_at + (i + 1) * UNIT_S;
    }
    for (guint r = 0; good && r < n_runs; r++)
      good = (runs[r].to_at - runs[r].from_at) / UNIT_S >= least || r + 1 == n_runs ||
             (task->charging && runs[r].from_at == task->now_at);
    if (good)
      best = MIN (best, get_cost (task, prices, runs, n_runs));
  }
  return best;
}

/* never dearer than the best of all, whatever the prices, the runs and the starts; negative ones
 * and unknown ones among them */
static void
test_against_brute_force (void)
{
  for (int round = 0; round < 600; round++) {
    PhaetonPriceSlot slots[14];
    const int n = g_test_rand_int_range (3, 13), n_known = g_test_rand_int_range (1, n + 1);
    const int need = g_test_rand_int_range (1, n);
    const int least = g_test_rand_int_range (1, 5);
    const PhaetonPriceSeries prices = { (guint) n_known, slots };
    PhaetonPlanTask task = { .now_at = T0_AT,
                             .until_at = T0_AT + n * UNIT_S,
                             .needed_s = need * UNIT_S,
                             .power_w = POWER_W,
                             .min_run_s = least * UNIT_S,
                             .start_cost_micros = g_test_rand_int_range (0, 3) * 10000,
                             .charging = g_test_rand_int_range (0, 2) };
    PhaetonRun runs[PHAETON_MAX_RUNS];
    guint n_runs;
    double cost, best;

    for (int i = 0; i < n_known; i++)
      slots[i] = (PhaetonPriceSlot){ T0_AT + i * UNIT_S, T0_AT + (i + 1) * UNIT_S,
                                     g_test_rand_int_range (-10, 40) * 10000 };
    n_runs = phaeton_planner_plan (&task, &prices, runs, G_N_ELEMENTS (runs));
    cost = get_cost (&task, &prices, runs, n_runs);
    best = find_optimum (&task, &prices, n, need, MIN (least, need));
    g_assert_cmpint (sum_s (runs, n_runs), ==, task.needed_s);
    for (guint i = 0; i < n_runs; i++) {
      g_assert_cmpint (runs[i].from_at, <, runs[i].to_at);
      g_assert_cmpint (runs[i].to_at, <=, task.until_at);
      g_assert_true (i == 0 || runs[i].from_at > runs[i - 1].to_at);
      g_assert_true (runs[i].to_at - runs[i].from_at >= MIN (task.min_run_s, task.needed_s) ||
                     i + 1 == n_runs || (task.charging && runs[i].from_at == T0_AT));
    }
    g_assert_cmpfloat (cost, <=, best + 20.0 * need); /* ties */
  }
}

static void
test_examples (void)
{
  const int cents[] = { 40, 35, 30, 20, 10, 8, 9, 15, 25, 30, 45, 50 };
  PhaetonPriceSlot slots[12];
  PhaetonPriceSeries prices = { 12, slots };
  PhaetonPlanTask task = {
    .now_at = T0_AT, .until_at = T0_AT + 12 * HOUR_S, .needed_s = 3 * HOUR_S, .power_w = POWER_W
  };
  PhaetonRun runs[PHAETON_MAX_RUNS];

  fill (slots, 12, T0_AT, HOUR_S, cents);
  g_assert_cmpuint (phaeton_planner_plan (&task, &prices, runs, PHAETON_MAX_RUNS), ==, 1);
  g_assert_cmpint (runs[0].from_at, ==, T0_AT + 4 * HOUR_S);
  g_assert_cmpint (runs[0].to_at, ==, T0_AT + 7 * HOUR_S);
  /* two valleys: one run where the second start does not pay, one block in any case */
  slots[10].import_micros = 85000;
  g_assert_cmpuint (phaeton_planner_plan (&task, &prices, runs, PHAETON_MAX_RUNS), ==, 2);
  task.start_cost_micros = 200000;
  g_assert_cmpuint (phaeton_planner_plan (&task, &prices, runs, PHAETON_MAX_RUNS), ==, 1);
  task.start_cost_micros = 0;
  task.in_one_run = TRUE;
  g_assert_cmpuint (phaeton_planner_plan (&task, &prices, runs, PHAETON_MAX_RUNS), ==, 1);
  g_assert_cmpint (runs[0].from_at, ==, T0_AT + 4 * HOUR_S);
  /* what is not known is not cheap: the dearest known hours come first */
  task.in_one_run = FALSE;
  prices.n = 3;
  g_assert_cmpuint (phaeton_planner_plan (&task, &prices, runs, PHAETON_MAX_RUNS), ==, 1);
  g_assert_cmpint (runs[0].from_at, ==, T0_AT);
  g_assert_cmpint (runs[0].to_at, ==, T0_AT + 3 * HOUR_S);
  /* nothing is known: as late as it goes */
  prices.n = 0;
  g_assert_cmpuint (phaeton_planner_plan (&task, &prices, runs, PHAETON_MAX_RUNS), ==, 1);
  g_assert_cmpint (runs[0].to_at, ==, task.until_at);
  /* too little time: all of it */
  task.needed_s = 13 * HOUR_S;
  g_assert_cmpuint (phaeton_planner_plan (&task, &prices, runs, PHAETON_MAX_RUNS), ==, 1);
  g_assert_cmpint (sum_s (runs, 1), ==, 12 * HOUR_S);
}

/* nights of 23 and 25 hours are just shorter and longer, in quarters of an hour and any unit */
static void
test_long_horizons (void)
{
  for (int hours = 1; hours <= 168; hours++) {
    PhaetonPriceSlot slots[168 * 4];
    const PhaetonPriceSeries prices = { (guint) hours * 4, slots };
    const PhaetonPlanTask task = { .now_at = T0_AT + 7 * 60,
                                   .until_at = T0_AT + hours * HOUR_S,
                                   .needed_s = hours * HOUR_S / 5,
                                   .power_w = POWER_W,
                                   .min_run_s = 1800,
                                   .start_cost_micros = 20000 };
    PhaetonRun runs[PHAETON_MAX_RUNS];
    guint n;

    for (int i = 0; i < hours * 4; i++)
      slots[i] = (PhaetonPriceSlot){ T0_AT + i * 900, T0_AT + (i + 1) * 900,
                                     (i % 96 < 20 ? 5 : 30) * 10000 + i };
    n = phaeton_planner_plan (&task, &prices, runs, PHAETON_MAX_RUNS);
    g_assert_cmpuint (n, >=, 1);
    g_assert_cmpuint (n, <=, 8);
    g_assert_cmpint (sum_s (runs, n), >=, task.needed_s - 53 * 60);
  }
}

/* a run that goes on is held, and going on is no start */
static void
test_hold (void)
{
  const int cents[] = { 40, 10, 40, 40 };
  PhaetonPriceSlot slots[4];
  const PhaetonPriceSeries prices = { 4, slots };
  PhaetonPlanTask task = { .now_at = T0_AT,
                           .until_at = T0_AT + 4 * HOUR_S,
                           .needed_s = HOUR_S,
                           .power_w = POWER_W,
                           .min_run_s = 1200,
                           .charging = TRUE,
                           .hold_s = 600 };
  PhaetonRun runs[PHAETON_MAX_RUNS];

  fill (slots, 4, T0_AT, HOUR_S, cents);
  g_assert_cmpuint (phaeton_planner_plan (&task, &prices, runs, PHAETON_MAX_RUNS), ==, 2);
  g_assert_cmpint (runs[0].from_at, ==, T0_AT);
  g_assert_cmpint (runs[0].to_at, ==, T0_AT + 600);
  g_assert_cmpint (runs[1].from_at, ==, T0_AT + HOUR_S);
  g_assert_cmpint (sum_s (runs, 2), ==, HOUR_S);
}

/* what whole units are too much is left out where it is dearest; between two grid lines nobody
 * waits for nothing, nor pauses */
static void
test_between_units (void)
{
  const int rising[] = { 10, 10, 20, 40 }, falling[] = { 40, 20, 10, 10 };
  PhaetonPriceSlot slots[4];
  const PhaetonPriceSeries prices = { 4, slots };
  PhaetonPlanTask task = { .now_at = T0_AT + 20,
                           .until_at = T0_AT + 4 * HOUR_S,
                           .needed_s = HOUR_S + 50,
                           .power_w = POWER_W,
                           .min_run_s = 1200 };
  PhaetonRun runs[PHAETON_MAX_RUNS];

  fill (slots, 4, T0_AT, HOUR_S, rising);
  g_assert_cmpuint (phaeton_planner_plan (&task, &prices, runs, PHAETON_MAX_RUNS), ==, 1);
  g_assert_cmpint (runs[0].from_at, ==, task.now_at);
  g_assert_cmpint (sum_s (runs, 1), ==, task.needed_s);
  fill (slots, 4, T0_AT, HOUR_S, falling);
  task.needed_s = 2 * HOUR_S + 50;
  g_assert_cmpuint (phaeton_planner_plan (&task, &prices, runs, PHAETON_MAX_RUNS), ==, 1);
  g_assert_cmpint (runs[0].from_at, ==, T0_AT + 2 * HOUR_S - 50);
  g_assert_cmpint (runs[0].to_at, ==, task.until_at);
  /* a pause of 40 s is none */
  fill (slots, 4, T0_AT, HOUR_S, rising);
  task.charging = TRUE;
  task.needed_s = HOUR_S;
  g_assert_cmpuint (phaeton_planner_plan (&task, &prices, runs, PHAETON_MAX_RUNS), ==, 1);
  g_assert_cmpint (runs[0].from_at, ==, task.now_at);
  /* seconds are left: no new start for them */
  task.needed_s = 10;
  task.start_cost_micros = 20000;
  g_assert_cmpuint (phaeton_planner_plan (&task, &prices, runs, PHAETON_MAX_RUNS), ==, 1);
  g_assert_cmpint (runs[0].from_at, ==, task.now_at);
}

/* who is paid for it charges as long as the price is below zero, not a second run more than pays */
static void
test_negative_prices (void)
{
  const int cents[] = { 5, -8, -1, -9, 5, 5 };
  PhaetonPriceSlot slots[6];
  const PhaetonPriceSeries prices = { 6, slots };
  PhaetonPlanTask task = {
    .now_at = T0_AT, .until_at = T0_AT + 6 * HOUR_S, .needed_s = 2 * HOUR_S, .power_w = POWER_W
  };
  PhaetonRun runs[PHAETON_MAX_RUNS];

  fill (slots, 6, T0_AT, HOUR_S, cents);
  g_assert_cmpuint (phaeton_planner_plan (&task, &prices, runs, PHAETON_MAX_RUNS), ==, 2);
  g_assert_cmpint (runs[0].from_at, ==, T0_AT + HOUR_S);
  g_assert_cmpint (runs[1].from_at, ==, T0_AT + 3 * HOUR_S);
  task.needed_s = 3 * HOUR_S;
  g_assert_cmpuint (phaeton_planner_plan (&task, &prices, runs, PHAETON_MAX_RUNS), ==, 1);
  g_assert_cmpint (runs[0].from_at, ==, T0_AT + HOUR_S);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/planner/against-brute-force", test_against_brute_force);
  g_test_add_func ("/planner/examples", test_examples);
  g_test_add_func ("/planner/long-horizons", test_long_horizons);
  g_test_add_func ("/planner/hold", test_hold);
  g_test_add_func ("/planner/between-units", test_between_units);
  g_test_add_func ("/planner/negative-prices", test_negative_prices);
  return g_test_run ();
}
