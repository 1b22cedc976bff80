/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-planner.h"

#define MAX_UNITS 192
#define NEVER (G_MAXINT64 / 4)
#define DREAD_MICROS 1000000 /* of a kWh without a known price, above all that are known */
#define TIE_MICROS 20        /* so much per kWh the end of the time is worse than its beginning */
#define WATT_SECONDS_PER_KWH (3600 * (gint64) 1000)

/* costs are in millionths of the currency per kWh, times seconds */
typedef struct {
  gint64 unit_s;
  gint64 first_at; /* grid line at or before now */
  int n;           /* units */
  int need;        /* of them */
  int least;       /* in a run */
  int hold;        /* the first so many are decided */
  gint64 start_cost;
  gint64 costs[MAX_UNITS + 2];  /* of each unit */
  gint64 before[MAX_UNITS + 3]; /* sums of those before */
} Grid;

/* how the best way to some point went on */
enum { STAYED_OFF = 0, STOPPED = 1, WENT_ON = 0, STARTED = 2 };

static gint64
choose_unit_s (gint64 length_s)
{
  if (length_s <= MAX_UNITS * 300)
    return 300;
  return length_s <= MAX_UNITS * 900 ? 900 : 3600;
}

/* the mean over the unit; FALSE: some of it is not known */
static gboolean
find_price (const PhaetonPriceSeries *prices, gint64 from_at, gint64 to_at, gint64 *micros)
{
  const PhaetonPriceSlot *slot = phaeton_price_series_find (prices, from_at);
  gint64 sum = 0;

  for (gint64 at = from_at; at < to_at; at = slot->end_at, slot++) {
    if (slot == NULL || slot == prices->slots + prices->n || slot->start_at > at)
      return FALSE;
    sum += slot->import_micros * (MIN (slot->end_at, to_at) - at);
  }
  *micros = sum / (to_at - from_at);
  return TRUE;
}

static void
fill_costs (Grid *grid, const PhaetonPlanTask *task, const PhaetonPriceSeries *prices)
{
  gboolean known[MAX_UNITS + 2];
  gint64 most_micros = 0;

  for (int i = 0; i < grid->n; i++) {
    const gint64 from_at = grid->first_at + i * grid->unit_s;

    known[i] =
      find_price (prices, MAX (from_at, task->now_at), from_at + grid->unit_s, &grid->costs[i]);
    if (known[i])
      most_micros = MAX (most_micros, grid->costs[i]);
  }
  for (int i = 0; i < grid->n; i++) {
    const gint64 tie = TIE_MICROS * grid->unit_s * (known[i] ? i : grid->n - i) / grid->n;

    grid->costs[i] = (known[i] ? grid->costs[i] : most_micros + DREAD_MICROS) * grid->unit_s + tie;
    grid->before[i + 1] = grid->before[i] + grid->costs[i];
  }
}

static int
ceil_div (gint64 value, gint64 by)
{
  return (int) ((value + by - 1) / by);
}

static void
make_grid (Grid *grid, const PhaetonPlanTask *task, const PhaetonPriceSeries *prices)
{
  grid->unit_s = choose_unit_s (task->until_at - task->now_at);
  grid->first_at = task->now_at - task->now_at % grid->unit_s;
  grid->n = (int) MIN ((task->until_at - grid->first_at) / grid->unit_s, MAX_UNITS + 1);
  grid->need = ceil_div (task->needed_s, grid->unit_s);
  grid->least = CLAMP (ceil_div (task->min_run_s, grid->unit_s), 1, MAX (grid->need, 1));
  grid->hold = task->charging ? MIN (ceil_div (task->hold_s, grid->unit_s), grid->need) : 0;
  grid->start_cost = task->start_cost_micros * (WATT_SECONDS_PER_KWH / MAX (task->power_w, 1));
  grid->before[0] = 0;
  fill_costs (grid, task, prices);
}

static guint
add_run (const Grid *grid, const PhaetonPlanTask *task, int from, int to, PhaetonRun *runs, guint n,
         guint max)
{
  if (n < max)
    runs[n] = (PhaetonRun){ MAX (grid->first_at + from * grid->unit_s, task->now_at),
                            grid->first_at + to * grid->unit_s };
  return MIN (n + 1, max);
}

static guint
plan_block (const Grid *grid, const PhaetonPlanTask *task, PhaetonRun *runs, guint max)
{
  int best = 0;

  for (int i = 1; !task->charging && i + grid->need <= grid->n; i++)
    if (grid->before[i + grid->need] - grid->before[i] <
        grid->before[best + grid->need] - grid->before[best])
      best = i;
  return add_run (grid, task, best, best + grid->need, runs, 0, max);
}

/* how every cell was reached, from the end backwards */
static guint
trace (const Grid *grid, const PhaetonPlanTask *task, const guint8 *ways, gboolean is_on,
       PhaetonRun *runs, guint max)
{
  PhaetonRun all[MAX_UNITS + 2];
  int i = grid->n, k = grid->need, end = is_on ? grid->n : 0;
  guint n = 0, kept;

  while (i > grid->hold) {
    const guint8 way = ways[i * (grid->need + 1) + k];

    if (!is_on) {
      is_on = (way & STOPPED) != 0;
      end = --i;
    } else if ((way & STARTED) != 0) {
      add_run (grid, task, i - grid->least, end, &all[n++], 0, 1);
      i -= grid->least;
      k -= grid->least;
      is_on = FALSE;
    } else {
      i--;
      k--;
    }
  }
  if (is_on && end > 0)
    add_run (grid, task, 0, end, &all[n++], 0, 1);
  kept = MIN (n, max);
  for (guint r = 0; r < kept; r++)
    runs[r] = all[n - 1 - r];
  return kept;
}

/* off[i][k], on[i][k]: the least cost of k units among the first i, not charging or charging (for
 * long enough) in the last of them */
static guint
plan_runs (const Grid *grid, const PhaetonPlanTask *task, PhaetonRun *runs, guint max)
{
  const int width = grid->need + 1, depth = grid->least + 1;
  g_autofree gint64 *off = g_new (gint64, width * depth);
  g_autofree gint64 *on = g_new (gint64, width);
  g_autofree guint8 *ways = g_new0 (guint8, (grid->n + 1) * width);
  gint64 *last = off;

  for (int j = 0; j < width * depth; j++)
    off[j] = NEVER;
  for (int k = 0; k < width; k++)
    on[k] = NEVER;
  if (grid->hold == 0)
    off[0] = 0;
  if (task->charging)
    on[grid->hold] = grid->before[grid->hold];
  last = off; /* row of the unit reached: hold is row 0 of the ring */
  for (int i = grid->hold + 1; i <= grid->n; i++) {
    const int step = i - grid->hold;
    gint64 *row = off + (step % depth) * width;
    const gint64 *begin = step >= grid->least ? off + ((step - grid->least) % depth) * width : NULL;
    guint8 *way = ways + i * width;
    const gint64 run_cost =
      begin != NULL ? grid->before[i] - grid->before[i - grid->least] + grid->start_cost : 0;

    for (int k = grid->need; k >= 0; k--) {
      const gint64 go_on = k > 0 ? on[k - 1] + grid->costs[i - 1] : NEVER;
      const gint64 start =
        begin != NULL && k >= grid->least ? begin[k - grid->least] + run_cost : NEVER;

      way[k] =
        (guint8) ((on[k] < last[k] ? STOPPED : STAYED_OFF) | (start < go_on ? STARTED : WENT_ON));
      row[k] = MIN (MIN (last[k], on[k]), NEVER);
      on[k] = MIN (MIN (go_on, start), NEVER);
    }
    last = row;
  }
  return trace (grid, task, ways, on[grid->need] < last[grid->need], runs, max);
}

guint
phaeton_planner_plan (const PhaetonPlanTask *task, const PhaetonPriceSeries *prices,
                      PhaetonRun *runs, guint max_runs)
{
  Grid grid;

  if (task->needed_s <= 0 || task->until_at <= task->now_at || max_runs == 0)
    return 0;
  make_grid (&grid, task, prices);
  if (grid.need >= grid.n) {
    runs[0] = (PhaetonRun){ task->now_at, task->until_at };
    return 1;
  }
  return task->in_one_run ? plan_block (&grid, task, runs, max_runs)
                          : plan_runs (&grid, task, runs, max_runs);
}
