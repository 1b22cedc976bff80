/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-sim-optimum.h"

#include "phaeton-price-series.h"

#define MINUTE_S 60
#define UNIT_PER_MICRO 1e-6
#define DREAD 1.0  /* per kWh of a time without a price, above the dearest that has one */
#define NEVER 1e12 /* cost of what cannot be */

/* least costs from each minute on, with so many minutes of charging to go */
typedef struct {
  int n;     /* minutes */
  int need;  /* of them */
  int least; /* in a run */
  double start_cost;
  double *costs;    /* (array length=n): of each minute */
  double *before;   /* sums of them */
  double *off, *on; /* [minute * (need + 1) + left]: not charging; charging, and free to stop */
} Table;

static PhaetonPriceSeries
look_up (const PhaetonSimSite *site, gint64 at, gboolean sees_all, gint64 *until_at)
{
  if (!sees_all)
    return phaeton_sim_site_get_prices (site, at, until_at);
  *until_at = G_MAXINT64;
  return (PhaetonPriceSeries){ site->prices->len,
                               (const PhaetonPriceSlot *) (gconstpointer) site->prices->data };
}

static double
get_price (const PhaetonPriceSeries *prices, gint64 at)
{
  const PhaetonPriceSlot *slot = phaeton_price_series_find (prices, at);

  return slot != NULL ? (double) slot->import_micros * UNIT_PER_MICRO : NEVER;
}

static void
fill_costs (Table *self, const PhaetonPriceSeries *prices, gint64 from_at, double minute_kwh)
{
  double most = 0.0;

  for (int m = 0; m < self->n; m++) {
    self->costs[m] = get_price (prices, from_at + m * MINUTE_S);
    if (self->costs[m] < NEVER)
      most = MAX (most, self->costs[m]);
  }
  for (int m = 0; m < self->n; m++) {
    self->costs[m] = (self->costs[m] < NEVER ? self->costs[m] : most + DREAD) * minute_kwh;
    self->before[m + 1] = self->before[m] + self->costs[m];
  }
}

/* a run that begins at @m with @left to go: its first minutes are bound */
static double
get_start (const Table *self, int m, int left)
{
  const int bound = MIN (self->least, left);

  if (m + bound > self->n)
    return NEVER;
  return self->start_cost + self->before[m + bound] - self->before[m] +
         self->on[(m + bound) * (self->need + 1) + left - bound];
}

static double
get_go_on (const Table *self, int m, int left)
{
  return self->costs[m] + self->on[(m + 1) * (self->need + 1) + left - 1];
}

static double
get_wait (const Table *self, int m, int left)
{
  return self->off[(m + 1) * (self->need + 1) + left];
}

/* backwards, as far as minute @first with at most @left to go */
static void
solve (Table *self, int first, int left)
{
  for (int m = self->n; m >= first; m--) {
    double *off = self->off + m * (self->need + 1), *on = self->on + m * (self->need + 1);

    off[0] = on[0] = 0.0;
    for (int k = 1; k <= left; k++) {
      off[k] = on[k] = NEVER;
      if (m == self->n)
        continue;
      off[k] = MIN (get_wait (self, m, k), get_start (self, m, k));
      on[k] = MIN (get_wait (self, m, k), get_go_on (self, m, k));
    }
  }
}

static Table
new_table (const PhaetonSimErrand *errand)
{
  Table self = {
    .n = (int) ((errand->to_at - errand->from_at) / MINUTE_S),
    .need = MAX ((int) (errand->energy_wh * 3600.0 / errand->power_w / MINUTE_S), 1),
    .least = MAX ((int) (errand->min_run_s / MINUTE_S), 1),
    .start_cost = (double) errand->start_cost_micros * UNIT_PER_MICRO,
  };

  self.need = MIN (self.need, MAX (self.n, 1));
  self.costs = g_new0 (double, self.n + 1);
  self.before = g_new0 (double, self.n + 1);
  self.off = g_new (double, (gsize) (self.n + 1) * (self.need + 1));
  self.on = g_new (double, (gsize) (self.n + 1) * (self.need + 1));
  return self;
}

static void
clear_table (Table *self)
{
  g_free (self->costs);
  g_free (self->before);
  g_free (self->off);
  g_free (self->on);
}

PhaetonSimOptimum
phaeton_sim_optimum_find (const PhaetonSimSite *site, const PhaetonSimErrand *errand,
                          gboolean sees_all)
{
  Table table = new_table (errand);
  const double minute_kwh = errand->energy_wh / 1000.0 / table.need;
  PhaetonSimOptimum best = { 0.0, 0 };
  PhaetonPriceSeries prices = { 0, NULL };
  gint64 until_at = G_MININT64;
  int left = table.need, bound = 0;
  gboolean is_on = FALSE;

  for (int m = 0; m < table.n && left > 0; m++) {
    const gint64 at = errand->from_at + m * MINUTE_S;

    if (at >= until_at) {
      prices = look_up (site, at, sees_all, &until_at);
      fill_costs (&table, &prices, errand->from_at, minute_kwh);
      solve (&table, m, left);
    }
    if (bound > 0)
      bound--;
    else if (is_on)
      is_on = get_go_on (&table, m, left) <= get_wait (&table, m, left);
    else if (get_start (&table, m, left) < get_wait (&table, m, left)) {
      is_on = TRUE;
      bound = MIN (table.least, left) - 1;
      best.n_starts++;
    }
    if (is_on) {
      best.cost += table.costs[m];
      left--;
    }
  }
  clear_table (&table);
  return best;
}
