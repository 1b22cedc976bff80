/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-plan.h"

#include "phaeton-planner.h"
#include "phaeton-prices.h"
#include "phaeton-schedule.h"

#define MINUTE_S 60
#define DAY_S 86400
#define LONGEST_S 900     /* no plan is followed longer without a look while it charges, ... */
#define WAITING_S 3600    /* ... or while it waits: nothing changes then */
#define MARGIN_S 60       /* before a deadline */
#define MARGIN_PERCENT 10 /* of the work: cars take less than they could ... */
#define SEEN_PERCENT 3    /* ... which matters less once it was seen what they take */
#define CHARGING_LOSS 0.9 /* of what the meter counts reaches the battery */
#define STEADY_MS 60000
#define SLOWER_PERCENT 5 /* than at most: the car is nearly full */
#define LONGEST_TAIL_MS 3600000
#define DRAWS_W 500      /* less tells nothing of what the car can */
#define POWER_PERCENT 10 /* a plan holds for a power that differs by no more */

/* the next car is taken for the same until it draws; a stay that ended early says little of how
 * slowly the car would have ended */
static void
begin_stay (PhaetonPlanState *plan, gint64 session_at)
{
  if (plan->most_w > 0) {
    plan->draw_w = plan->most_w;
    plan->tail_ms = MAX (plan->lost_ms, plan->tail_ms * 3 / 4);
  }
  plan->session_at = session_at;
  plan->most_w = 0;
  plan->lost_ms = 0;
  plan->steady_since_ms = 0;
}

static void
watch_steady (PhaetonPlanState *plan, const PhaetonPlanDraw *draw)
{
  const gint64 past_ms = CLAMP (draw->now_ms - plan->watched_ms, 0, STEADY_MS);

  plan->most_w = MAX (plan->most_w, draw->draws_w);
  if (draw->offered_w * 100 <= draw->draws_w * (100 + POWER_PERCENT)) {
    plan->draw_w = MAX (plan->draw_w, draw->draws_w);
    return;
  }
  plan->draw_w = draw->draws_w; /* its own choice: more it does not take, or no longer */
  if (draw->draws_w * 100 < plan->most_w * (100 - SLOWER_PERCENT))
    plan->lost_ms = MIN (plan->lost_ms + past_ms * (plan->most_w - draw->draws_w) / plan->most_w,
                         LONGEST_TAIL_MS);
}

void
phaeton_plan_watch_draw (PhaetonPlanState *plan, const PhaetonPlanDraw *draw)
{
  if (plan->session_at != draw->session_at)
    begin_stay (plan, draw->session_at);
  if (!draw->charging)
    plan->steady_since_ms = 0;
  else if (plan->steady_since_ms == 0)
    plan->steady_since_ms = MAX (draw->now_ms, 1);
  if (draw->charging && draw->draws_w >= DRAWS_W &&
      draw->now_ms - plan->steady_since_ms >= STEADY_MS)
    watch_steady (plan, draw);
  plan->watched_ms = draw->now_ms;
}

static gboolean
knows_soc (const PhaetonVehicleInput *vehicle)
{
  return vehicle->soc_known && vehicle->capacity_wh > 0 && vehicle->soc_percent >= 0 &&
         vehicle->soc_percent <= 100;
}

gboolean
phaeton_plan_lacks_soc (const PhaetonPlanInput *in)
{
  const PhaetonDeadline *deadline = &in->config->deadline;

  return deadline->active && deadline->soc_percent > 0 && deadline->energy_wh == 0 &&
         deadline->hours <= 0 && !knows_soc (in->vehicle);
}

static gint64
get_left_wh (const PhaetonPlanInput *in, int power_w)
{
  const PhaetonDeadline *deadline = &in->config->deadline;
  const PhaetonVehicleInput *vehicle = in->vehicle;

  if (deadline->soc_percent > 0 && knows_soc (vehicle))
    return (gint64) (CLAMP (deadline->soc_percent - vehicle->soc_percent, 0, 100) / 100 *
                     vehicle->capacity_wh / CHARGING_LOSS);
  if (deadline->energy_wh > 0)
    return MAX (deadline->energy_wh - in->session->gained_wh, 0);
  return MAX ((gint64) (deadline->hours * 3600) - in->session->charging_ms / 1000, 0) * power_w /
         3600;
}

/* as long as its draw was not seen the car may take more than is planned with: then it is not said
 * that it cannot be ready */
static void
find_shortage (const PhaetonPlanInput *in, const PhaetonPlanState *plan, PhaetonDue *due)
{
  const int able_w = plan->draw_w > 0 ? due->power_w : in->power_w;
  const gint64 least_s = get_left_wh (in, able_w) * 3600 / able_w;

  due->is_short = least_s > due->left_s + MARGIN_S;
  due->fits_wh = due->is_short ? due->left_wh * due->left_s / least_s : due->left_wh;
}

void
phaeton_plan_find_due (const PhaetonPlanInput *in, const PhaetonPlanState *plan, PhaetonDue *due)
{
  const int power_w = MIN (plan->draw_w > 0 ? plan->draw_w : in->usual_w, in->power_w);

  *due = (PhaetonDue){ 0 };
  if (!in->config->deadline.active || power_w <= 0)
    return;
  due->left_wh = get_left_wh (in, power_w);
  if (due->left_wh == 0)
    return;
  due->wanted = TRUE;
  due->power_w = power_w;
  due->at = phaeton_deadline_find_at (&in->config->deadline, in->input);
  due->clock_min = in->config->deadline.by_min;
  due->left_s = due->at - in->input->wall_at;
  due->work_s =
    (due->left_wh * 3600 + power_w - 1) / power_w + MAX (plan->tail_ms - plan->lost_ms, 0) / 1000;
  due->needed_s =
    due->work_s * (100 + (plan->draw_w > 0 ? SEEN_PERCENT : MARGIN_PERCENT)) / 100 + MARGIN_S;
  due->urgent = due->left_s < due->needed_s;
  find_shortage (in, plan, due);
}

/* FNV-1a: a plan made of other values is not this one */
static void
mix (guint64 *basis, gint64 value)
{
  for (int i = 0; i < 8; i++)
    *basis = (*basis ^ (((guint64) value >> (8 * i)) & 0xff)) * G_GUINT64_CONSTANT (1099511628211);
}

/* what a run is for: this car, ready by then */
static guint64
get_errand (const PhaetonPlanInput *in, gint64 due_at)
{
  const PhaetonDeadline *deadline = &in->config->deadline;
  guint64 errand = G_GUINT64_CONSTANT (14695981039346656037);

  mix (&errand, in->session->started_at);
  mix (&errand, due_at);
  mix (&errand, deadline->plan);
  mix (&errand, deadline->energy_wh);
  mix (&errand, (gint64) (deadline->soc_percent * 1e3));
  mix (&errand, (gint64) (deadline->hours * 1e3));
  return errand;
}

static guint64
get_basis (const PhaetonPlanInput *in, gint64 due_at)
{
  const PhaetonPriceSeries *prices = &in->input->prices;
  const PhaetonPriceSlot *slot = phaeton_price_series_find (prices, in->input->wall_at);
  const PhaetonPriceRule *rule = &in->config->price_rule;
  guint64 basis = get_errand (in, due_at);

  mix (&basis, in->config->min_run_ms);
  mix (&basis, in->config->start_cost_micros);
  mix (&basis, rule->strategy);
  mix (&basis, rule->limit_micros_per_kwh);
  mix (&basis, (gint64) (rule->cheap_part * 1e6));
  mix (&basis, rule->on_cheap * 2 + rule->on_very_cheap);
  mix (&basis, in->input->prices_fallback);
  mix (&basis, due_at == 0 && slot != NULL ? slot->import_micros : G_MININT64);
  mix (&basis, prices->n);
  if (prices->n > 0) {
    mix (&basis, prices->slots[0].start_at);
    mix (&basis, prices->slots[prices->n - 1].end_at);
    mix (&basis, prices->slots[prices->n - 1].import_micros);
  }
  return basis;
}

static gboolean
is_good (const PhaetonPlanState *plan, guint64 basis, int power_w, gint64 wall_at)
{
  return plan->until_at > wall_at && plan->made_at <= wall_at && plan->basis == basis &&
         ABS (plan->power_w - power_w) * 100 <= power_w * POWER_PERCENT;
}

/* until when what was decided at @wall_at stands */
static gint64
find_until_at (const PhaetonPlanInput *in)
{
  const gint64 wall_at = in->input->wall_at;
  const PhaetonPriceSlot *slot = phaeton_price_series_find (&in->input->prices, wall_at);

  return MIN (slot != NULL ? slot->end_at : G_MAXINT64, wall_at - wall_at % LONGEST_S + LONGEST_S);
}

static gint64
get_hold_s (const PhaetonPlanInput *in, const PhaetonPlanState *plan)
{
  if (plan->since_at == 0)
    return 0;
  return MAX (plan->since_at + in->config->min_run_ms / 1000 - in->input->wall_at, 0);
}

static gboolean
follow (const PhaetonPlanInput *in, PhaetonPlanState *plan, gboolean charge)
{
  plan->charge = charge;
  if (!charge)
    plan->since_at = 0;
  else if (plan->since_at == 0 || plan->since_at > in->input->wall_at)
    plan->since_at = in->input->wall_at;
  return charge;
}

/* minutes of its runs that are left, and of all the time before @due */
static void
tell_share (const PhaetonDue *due, gint64 wall_at, PhaetonPlanState *plan)
{
  gint64 chosen_s = 0;

  for (guint i = 0; i < plan->n_runs; i++)
    chosen_s += plan->runs[i].to_at - plan->runs[i].from_at;
  plan->chosen_min = (int) ((chosen_s + MINUTE_S / 2) / MINUTE_S);
  plan->open_min = (int) ((due->at - wall_at + MINUTE_S / 2) / MINUTE_S);
}

static void
make_due_plan (const PhaetonPlanInput *in, const PhaetonDue *due, PhaetonPlanState *plan)
{
  static const PhaetonPriceSeries nothing = { 0, NULL };
  const PhaetonPlan kind = in->config->deadline.plan;
  const gboolean is_blind = kind == PHAETON_PLAN_LATE || in->input->prices_fallback;
  const gint64 wall_at = in->input->wall_at;
  const PhaetonPlanTask task = {
    .now_at = wall_at,
    .until_at = due->at - MARGIN_S,
    .needed_s = due->work_s,
    .power_w = plan->power_w,
    .min_run_s = in->config->min_run_ms / 1000,
    .start_cost_micros = in->config->start_cost_micros,
    .in_one_run = kind == PHAETON_PLAN_BLOCK || is_blind,
    .charging = plan->since_at != 0,
    .hold_s = get_hold_s (in, plan),
  };

  plan->n_runs = phaeton_planner_plan (&task, is_blind ? &nothing : &in->input->prices, plan->runs,
                                       PHAETON_MAX_RUNS);
  tell_share (due, wall_at, plan);
}

/* where a run ends it is looked at again whether that was enough, where one begins how much is left
 */
static void
bound_by_runs (PhaetonPlanState *plan, gint64 wall_at)
{
  const PhaetonRun *next = &plan->runs[0];

  if (plan->n_runs > 0 && next->from_at <= wall_at)
    plan->until_at = MIN (plan->until_at, next->to_at);
  else
    plan->until_at = MIN (wall_at - wall_at % WAITING_S + WAITING_S,
                          plan->n_runs > 0 ? next->from_at : G_MAXINT64);
}

/* a run is not held for a car that left, nor for what a person no longer wants */
static void
begin_errand (PhaetonPlanState *plan, guint64 errand)
{
  if (plan->errand == errand)
    return;
  plan->errand = errand;
  plan->since_at = 0;
}

gboolean
phaeton_plan_follow_due (const PhaetonPlanInput *in, const PhaetonDue *due, PhaetonPlanState *plan)
{
  const gint64 wall_at = in->input->wall_at;
  const guint64 basis = get_basis (in, due->at);

  begin_errand (plan, get_errand (in, due->at));
  if (due->urgent) {
    plan->until_at = 0;
    plan->n_runs = 1;
    plan->runs[0] = (PhaetonRun){ wall_at, due->at };
    return follow (in, plan, TRUE);
  }
  if (!is_good (plan, basis, due->power_w, wall_at)) {
    plan->basis = basis;
    plan->power_w = due->power_w;
    plan->made_at = wall_at;
    plan->until_at = find_until_at (in);
    make_due_plan (in, due, plan);
    bound_by_runs (plan, wall_at);
  }
  for (guint i = 0; i < plan->n_runs; i++)
    if (wall_at >= plan->runs[i].from_at && wall_at < plan->runs[i].to_at)
      return follow (in, plan, TRUE);
  return follow (in, plan, FALSE);
}

gboolean
phaeton_plan_follow_price (const PhaetonPlanInput *in, const PhaetonPriceSlot *slot,
                           PhaetonPlanState *plan)
{
  const gint64 wall_at = in->input->wall_at;
  const guint64 basis = get_basis (in, 0);

  if (!is_good (plan, basis, 0, wall_at)) {
    PhaetonPriceMeasure measure;

    phaeton_price_measure_take (&measure, &in->config->price_rule, &in->input->prices,
                                in->input->prices_fallback, wall_at);
    *plan = (PhaetonPlanState){
      .basis = basis,
      .made_at = wall_at,
      .until_at = find_until_at (in),
      .charge = phaeton_price_measure_is_wanted (&measure, &in->input->prices, slot,
                                                 in->config->min_run_ms / 1000),
      .since_at = plan->since_at,
      .limit_micros = measure.limit_known ? measure.limit_micros : 0,
    };
  }
  return follow (in, plan, plan->charge || get_hold_s (in, plan) > 0);
}

gboolean
phaeton_plan_is_grid_cheap (const PhaetonControlsConfig *controls, const PhaetonInput *input,
                            gint64 *price_micros)
{
  const PhaetonPriceSlot *slot =
    input->wall_known ? phaeton_price_series_find (&input->prices, input->wall_at) : NULL;

  if (!controls->auto_from_grid || slot == NULL || input->prices_fallback)
    return FALSE;
  *price_micros = slot->import_micros;
  return slot->import_micros <= controls->auto_from_grid_micros;
}

void
phaeton_plan_drop (PhaetonPlanState *plan)
{
  *plan = (PhaetonPlanState){ .session_at = plan->session_at,
                              .most_w = plan->most_w,
                              .draw_w = plan->draw_w,
                              .lost_ms = plan->lost_ms,
                              .tail_ms = plan->tail_ms,
                              .watched_ms = plan->watched_ms,
                              .steady_since_ms = plan->steady_since_ms };
}
