/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-planner.h"

#define MAX_UNITS 288 /* nearly five hours of minutes, a day of five of them */
#define NEVER (G_MAXINT64 / 4)
#define DREAD_MICROS 1000000 /* of a kWh without a known price, above all that are known */
#define TIE_MICROS 20        /* so much per kWh the end of the time is worse than its beginning */
#define WATT_SECONDS_PER_KWH (3600 * (gint64) 1000)

/* costs are in millionths of the currency per kWh, times seconds */
typedef struct {
  gint64 unit_s;
  gint64 first_at;  /* grid line at or after now */
  gint64 lead_cost; /* of charging until then */
  int n;            /* units */
  int need;         /* of them */
  int least;        /* in a run */
  int lead;         /* of them less, where charging goes on until first_at */
  int hold;         /* the first so many are decided */
  gint64 start_cost;
  gint64 costs[MAX_UNITS];      /* of each unit */
  gint64 before[MAX_UNITS + 1]; /* sums of those before */
} Grid;

/* how the best way to some point went on: off by staying off or by stopping; on by going on (0) or
 * by a start so many units before */
typedef struct {
  guint16 started;
  gboolean stopped;
} Way;

static gint64
choose_unit_s (gint64 length_s)
{
  if (length_s <= MAX_UNITS * 60)
    return 60;
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
  gboolean known[MAX_UNITS];
  gint64 most_micros = 0, lead_micros;

  for (int i = 0; i < grid->n; i++) {
    const gint64 from_at = grid->first_at + i * grid->unit_s;

    known[i] = find_price (prices, from_at, from_at + grid->unit_s, &grid->costs[i]);
    if (known[i])
      most_micros = MAX (most_micros, grid->costs[i]);
  }
  for (int i = 0; i < grid->n; i++) {
    const gint64 tie = TIE_MICROS * grid->unit_s * (known[i] ? i : grid->n - i) / grid->n;

    grid->costs[i] = (known[i] ? grid->costs[i] : most_micros + DREAD_MICROS) * grid->unit_s + tie;
    grid->before[i + 1] = grid->before[i] + grid->costs[i];
  }
  /* a rest of a unit that saves no whole one is no reason to stop */
  if (grid->lead > 0) {
    if (!find_price (prices, task->now_at, grid->first_at, &lead_micros))
      lead_micros = most_micros + DREAD_MICROS;
    grid->lead_cost = lead_micros * (grid->first_at - task->now_at);
  }
}

static int
ceil_div (gint64 value, gint64 by)
{
  return (int) ((MAX (value, 0) + by - 1) / by);
}

static void
make_grid (Grid *grid, const PhaetonPlanTask *task, const PhaetonPriceSeries *prices)
{
  grid->unit_s = choose_unit_s (task->until_at - task->now_at);
  grid->first_at = task->now_at + grid->unit_s - 1;
  grid->first_at -= grid->first_at % grid->unit_s;
  grid->n = (int) CLAMP ((task->until_at - grid->first_at) / grid->unit_s, 0, MAX_UNITS);
  grid->need = ceil_div (task->needed_s, grid->unit_s);
  grid->least = CLAMP (ceil_div (task->min_run_s, grid->unit_s), 1, MAX (grid->need, 1));
  grid->lead = grid->hold = 0;
  if (task->charging) {
    const int rest = ceil_div (task->now_at + task->needed_s - grid->first_at, grid->unit_s);

    grid->lead = grid->need - rest;
    grid->hold = MIN (ceil_div (task->now_at + task->hold_s - grid->first_at, grid->unit_s), rest);
  }
  grid->start_cost = task->start_cost_micros * (WATT_SECONDS_PER_KWH / MAX (task->power_w, 1));
  grid->lead_cost = 0;
  grid->before[0] = 0;
  fill_costs (grid, task, prices);
}

static PhaetonRun
make_run (const Grid *grid, int from, int to)
{
  return (PhaetonRun){ grid->first_at + from * grid->unit_s, grid->first_at + to * grid->unit_s };
}

static guint
plan_block (const Grid *grid, const PhaetonPlanTask *task, PhaetonRun *run)
{
  int best = 0;

  for (int i = 1; !task->charging && i + grid->need <= grid->n; i++)
    if (grid->before[i + grid->need] - grid->before[i] <
        grid->before[best + grid->need] - grid->before[best])
      best = i;
  *run = make_run (grid, best, best + grid->need - grid->lead);
  if (task->charging)
    run->from_at = task->now_at;
  return 1;
}

/* how every cell was reached, from the end backwards */
static guint
trace (const Grid *grid, const PhaetonPlanTask *task, const Way *ways, gboolean is_on,
       PhaetonRun *runs, guint max)
{
  PhaetonRun all[MAX_UNITS];
  int i = grid->n, k = grid->need, end = grid->n;
  guint n = 0, kept;

  while (i > grid->hold) {
    const Way *way = &ways[i * (grid->need + 1) + k];

    if (!is_on) {
      is_on = way->stopped;
      end = --i;
    } else if (way->started > 0) {
      i -= way->started;
      k -= way->started;
      all[n++] = make_run (grid, i, end);
      is_on = FALSE;
    } else {
      i--;
      k--;
    }
  }
  if (is_on && (end > 0 || task->now_at < grid->first_at))
    all[n++] = (PhaetonRun){ task->now_at, make_run (grid, 0, end).to_at };
  kept = MIN (n, max);
  for (guint r = 0; r < kept; r++)
    runs[r] = all[n - 1 - r];
  return kept;
}

/* off[i][k], on[i][k]: the least cost of k units among the first i, not charging or charging (for
 * long enough) in the last of them. Of off the last least + 1 rows are kept, in a ring */
typedef struct {
  int width, depth;
  gint64 *off, *on;
  Way *ways; /* [i * width + k] */
} Table;

/* starts that end with unit @i, when @k are done: of the least length, or less if then all is */
static gint64
find_start (const Grid *grid, const Table *table, int i, int k, guint16 *started)
{
  const int step = i - grid->hold, shortest = k == grid->need ? 1 : grid->least;
  gint64 best = NEVER;

  for (int length = MIN (MIN (grid->least, k), step); length >= shortest; length--) {
    const gint64 *from = table->off + ((step - length) % table->depth) * table->width;
    const gint64 cost =
      from[k - length] + grid->before[i] - grid->before[i - length] + grid->start_cost;

    if (cost < best) {
      best = cost;
      *started = (guint16) length;
    }
  }
  return best;
}

static void
add_unit (const Grid *grid, Table *table, int i)
{
  const int step = i - grid->hold;
  const gint64 *last = table->off + ((step - 1) % table->depth) * table->width;
  gint64 *off = table->off + (step % table->depth) * table->width, *on = table->on;

  /* neither more than there was time for, nor less than there will be time to make up for */
  for (int k = MIN (grid->lead + i, grid->need); k >= MAX (grid->need - (grid->n - i), 0); k--) {
    Way *way = &table->ways[i * table->width + k];
    const gint64 go_on = k > 0 ? on[k - 1] + grid->costs[i - 1] : NEVER;
    guint16 started = 0;
    const gint64 start = find_start (grid, table, i, k, &started);

    way->stopped = on[k] < last[k];
    way->started = start < go_on ? started : 0;
    off[k] = MIN (MIN (last[k], on[k]), NEVER);
    on[k] = MIN (MIN (go_on, start), NEVER);
  }
}

static guint
plan_runs (const Grid *grid, const PhaetonPlanTask *task, PhaetonRun *runs, guint max)
{
  const int width = grid->need + 1, depth = grid->least + 1;
  g_autofree gint64 *off = g_new (gint64, width * depth);
  g_autofree gint64 *on = g_new (gint64, width);
  g_autofree Way *ways = g_new0 (Way, (gsize) (grid->n + 1) * width);
  Table table = { width, depth, off, on, ways };
  const gint64 *last = off + (grid->n - grid->hold) % depth * width;

  for (int j = 0; j < width * depth; j++)
    off[j] = NEVER;
  for (int k = 0; k < width; k++)
    on[k] = NEVER;
  if (!task->charging || task->hold_s == 0)
    off[0] = 0;
  if (task->charging)
    on[grid->lead + grid->hold] = grid->lead_cost + grid->before[grid->hold];
  for (int i = grid->hold + 1; i <= grid->n; i++)
    add_unit (grid, &table, i);
  return trace (grid, task, ways, on[grid->need] < last[grid->need], runs, max);
}

/* between two grid lines there is no reason to wait for the next, unless it is cheaper */
static void
begin_now (const Grid *grid, const PhaetonPlanTask *task, const PhaetonPriceSeries *prices,
           PhaetonRun *run)
{
  gint64 now_micros;

  if (run->from_at == grid->first_at && grid->first_at > task->now_at &&
      find_price (prices, task->now_at, grid->first_at, &now_micros) &&
      now_micros * grid->unit_s <= grid->costs[0])
    run->from_at = task->now_at;
}

static gint64
get_cost (const Grid *grid, gint64 at)
{
  return grid->costs[CLAMP ((at - grid->first_at) / grid->unit_s, 0, grid->n - 1)];
}

/* the dearest end or beginning gives away what whole units are more than is needed */
static void
trim (const Grid *grid, const PhaetonPlanTask *task, PhaetonRun *runs, guint n)
{
  const gint64 least_s = MIN (task->min_run_s, task->needed_s);
  gint64 excess_s = -task->needed_s, most = G_MININT64;
  PhaetonRun *dearest = NULL;
  gboolean is_end = FALSE;

  for (guint i = 0; i < n; i++)
    excess_s += runs[i].to_at - runs[i].from_at;
  for (guint i = 0; i < n; i++) {
    const gint64 first = get_cost (grid, runs[i].from_at),
                 last = get_cost (grid, runs[i].to_at - 1);
    const gboolean may_begin_later = !task->charging || runs[i].from_at > task->now_at;

    if (runs[i].to_at - runs[i].from_at - excess_s < least_s)
      continue;
    if (last > most || (may_begin_later && first > most)) {
      is_end = last >= first || !may_begin_later;
      most = is_end ? last : first;
      dearest = &runs[i];
    }
  }
  if (dearest == NULL || excess_s <= 0)
    return;
  if (is_end)
    dearest->to_at -= excess_s;
  else
    dearest->from_at += excess_s;
}

guint
phaeton_planner_plan (const PhaetonPlanTask *task, const PhaetonPriceSeries *prices,
                      PhaetonRun *runs, guint max_runs)
{
  Grid grid;
  guint n;

  if (task->needed_s <= 0 || task->until_at <= task->now_at || max_runs == 0)
    return 0;
  make_grid (&grid, task, prices);
  if (grid.need >= grid.n) {
    runs[0] = (PhaetonRun){ task->now_at, task->until_at };
    return 1;
  }
  n = task->in_one_run ? plan_block (&grid, task, runs) : plan_runs (&grid, task, runs, max_runs);
  if (n > 0)
    begin_now (&grid, task, prices, &runs[0]);
  trim (&grid, task, runs, n);
  return n;
}
