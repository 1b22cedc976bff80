/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-schedule.h"

#include "phaeton-prices.h"

#define MINUTE_S 60
#define DAY_S 86400
#define DAY_MIN 1440
#define ALL_DAYS 0x7f
#define MARGIN_S 300      /* before a deadline */
#define MARGIN_PERCENT 10 /* cars take less than they could, above all when nearly full */
#define CHARGING_LOSS 0.9 /* of what the meter counts reaches the battery */

static gint64
floor_div (gint64 value, gint64 by)
{
  return value / by - (value % by < 0);
}

int
phaeton_zone_get_offset_s (const PhaetonZone *zone, gint64 at)
{
  if (at < zone->until_at[0])
    return zone->offset_s[0];
  return at < zone->until_at[1] ? zone->offset_s[1] : zone->offset_s[2];
}

/* 1970-01-01 was a Thursday; Monday is 0 */
guint8
phaeton_schedule_get_weekday_bit (gint64 day)
{
  return (guint8) (1 << (((day + 3) % 7 + 7) % 7));
}

static gboolean
starts_on (const PhaetonWindow *window, gint64 day)
{
  if (!window->active)
    return FALSE;
  if (window->once_day != 0)
    return window->once_day == day;
  return ((window->days == 0 ? ALL_DAYS : window->days) & phaeton_schedule_get_weekday_bit (day)) !=
         0;
}

static int
get_length_min (const PhaetonWindow *window)
{
  const int length_min = window->end_min - window->start_min;

  return length_min > 0 ? length_min : length_min + DAY_MIN;
}

gboolean
phaeton_window_is_active (const PhaetonWindow *window, gint64 local_at)
{
  const gint64 today = floor_div (local_at, DAY_S);
  const int minute = (int) ((local_at - today * DAY_S) / MINUTE_S);

  for (int ago = 0; ago <= 1; ago++) {
    const int since_min = minute + ago * DAY_MIN - window->start_min;

    if (starts_on (window, today - ago) && since_min >= 0 && since_min < get_length_min (window))
      return TRUE;
  }
  return FALSE;
}

int
phaeton_window_get_wait_min (const PhaetonWindow *window, gint64 local_at)
{
  const gint64 today = floor_div (local_at, DAY_S);
  const int minute = (int) ((local_at - today * DAY_S) / MINUTE_S);

  for (int ahead = 0; ahead <= 7; ahead++) {
    const int wait_min = ahead * DAY_MIN + window->start_min - minute;

    if (wait_min > 0 && starts_on (window, today + ahead))
      return wait_min;
  }
  return PHAETON_SCHEDULE_NEVER;
}

/* the next time the wall clock shows @by_min on one of @days */
static gint64
find_deadline_at (const PhaetonDeadline *deadline, const PhaetonInput *input)
{
  const guint8 days = deadline->days == 0 ? ALL_DAYS : deadline->days;
  const gint64 now_local_at =
    input->wall_at + phaeton_zone_get_offset_s (&input->zone, input->wall_at);
  const gint64 today = floor_div (now_local_at, DAY_S);

  for (int ahead = 0; ahead <= 7; ahead++) {
    const gint64 local_at = (today + ahead) * DAY_S + deadline->by_min * MINUTE_S;
    gint64 at = local_at - phaeton_zone_get_offset_s (&input->zone, input->wall_at);

    at = local_at - phaeton_zone_get_offset_s (&input->zone, at); /* the offset of that day */
    if ((days & phaeton_schedule_get_weekday_bit (today + ahead)) != 0 && at > input->wall_at)
      return at;
  }
  return 0; /* not reached: seven days have every weekday */
}

static gint64
get_left_wh (const PhaetonDeadline *deadline, const PhaetonVehicleInput *vehicle, gint64 gained_wh)
{
  if (deadline->soc_percent > 0 && vehicle->soc_known && vehicle->capacity_wh > 0 &&
      vehicle->soc_percent >= 0 && vehicle->soc_percent <= 100)
    return (gint64) (CLAMP (deadline->soc_percent - vehicle->soc_percent, 0, 100) / 100 *
                     vehicle->capacity_wh / CHARGING_LOSS);
  return MAX (deadline->energy_wh - gained_wh, 0);
}

/* seconds until @until_at in slots that are cheaper than the one at @now_at */
static gint64
sum_cheaper_s (const PhaetonPriceSeries *prices, gint64 now_at, gint64 until_at,
               gint64 price_micros)
{
  gint64 sum_s = 0;

  for (guint i = 0; i < prices->n; i++) {
    const PhaetonPriceSlot *slot = &prices->slots[i];

    if (slot->import_micros < price_micros)
      sum_s += MAX (MIN (slot->end_at, until_at) - MAX (slot->start_at, now_at), 0);
  }
  return sum_s;
}

void
phaeton_deadline_plan (const PhaetonDeadline *deadline, const PhaetonInput *input,
                       const PhaetonVehicleInput *vehicle, int power_w, gint64 gained_wh,
                       PhaetonDeadlinePlan *plan)
{
  const PhaetonPriceSlot *slot = phaeton_price_series_find (&input->prices, input->wall_at);
  gint64 better_s;

  *plan = (PhaetonDeadlinePlan){ 0 };
  if (!deadline->active)
    return;
  plan->left_wh = get_left_wh (deadline, vehicle, gained_wh);
  if (plan->left_wh == 0 || power_w <= 0)
    return;
  plan->wanted = TRUE;
  plan->at = find_deadline_at (deadline, input);
  plan->left_s = plan->at - input->wall_at;
  plan->needed_s = plan->left_wh * 3600 * (100 + MARGIN_PERCENT) / 100 / power_w + MARGIN_S;
  plan->urgent = plan->left_s < plan->needed_s;
  better_s = deadline->plan == PHAETON_PLAN_CHEAP && slot != NULL && !input->prices_fallback
               ? sum_cheaper_s (&input->prices, input->wall_at, plan->at, slot->import_micros)
               : plan->left_s - 1;
  plan->now = plan->urgent || better_s < plan->needed_s;
}

static int
decide (PhaetonChain *chain, PhaetonWhyCode code, int limit_mA, gint64 value0, gint64 value1)
{
  phaeton_chain_add (chain, PHAETON_STAGE_WISH, code, limit_mA, value0, value1, 0);
  return limit_mA;
}

static int
step_windows (const PhaetonChargerConfig *config, gint64 local_at, int max_mA, PhaetonChain *chain)
{
  int most_mA = 0, wait_min = G_MAXINT;

  for (guint i = 0; i < config->n_windows; i++) {
    const PhaetonWindow *window = &config->windows[i];

    if (phaeton_window_is_active (window, local_at)) {
      most_mA = MAX (most_mA, window->current_mA > 0 ? window->current_mA : max_mA);
    } else {
      const int its_min = phaeton_window_get_wait_min (window, local_at);

      if (its_min != PHAETON_SCHEDULE_NEVER)
        wait_min = MIN (wait_min, its_min);
    }
  }
  if (most_mA > 0)
    return decide (chain, PHAETON_WHY_WINDOW, most_mA, most_mA, 0);
  if (wait_min == G_MAXINT)
    return decide (chain, PHAETON_WHY_MODE_NOT_READY, 0, PHAETON_MODE_SCHEDULED, 0);
  return decide (chain, PHAETON_WHY_WAIT_WINDOW, 0, wait_min, 0);
}

static PhaetonWhyCode
get_price_code (const PhaetonPriceRule *rule, gboolean is_fallback, gboolean is_wanted)
{
  if (is_fallback)
    return is_wanted ? PHAETON_WHY_FALLBACK : PHAETON_WHY_WAIT_FALLBACK;
  if (rule->strategy == PHAETON_PRICE_BY_LEVEL)
    return is_wanted ? PHAETON_WHY_PRICE_LEVEL : PHAETON_WHY_WAIT_LEVEL;
  return is_wanted ? PHAETON_WHY_PRICE : PHAETON_WHY_WAIT_PRICE;
}

static int
step_price (const PhaetonPriceRule *rule, const PhaetonInput *input, int max_mA,
            PhaetonChain *chain)
{
  const PhaetonPriceSlot *slot = phaeton_price_series_find (&input->prices, input->wall_at);
  gint64 limit_micros = 0;
  gboolean is_wanted;

  if (!phaeton_prices_is_ready (rule))
    return decide (chain, PHAETON_WHY_MODE_NOT_READY, 0, PHAETON_MODE_SCHEDULED, 0);
  if (slot == NULL)
    return decide (chain, PHAETON_WHY_PRICE_UNKNOWN, 0, 0, 0);
  if (!phaeton_prices_get_limit (rule, &input->prices, input->wall_at, &limit_micros))
    limit_micros = 0;
  is_wanted =
    phaeton_prices_is_wanted (rule, &input->prices, input->prices_fallback, input->wall_at, slot);
  return decide (chain, get_price_code (rule, input->prices_fallback, is_wanted),
                 is_wanted ? max_mA : 0, slot->import_micros, limit_micros);
}

int
phaeton_schedule_step (const PhaetonChargerConfig *config, const PhaetonInput *input,
                       const PhaetonVehicleInput *vehicle, int max_mA, int power_w,
                       gint64 gained_wh, gint64 *laxity_s, PhaetonChain *chain)
{
  PhaetonChain own = { 0 }; /* of the windows: told only when the deadline has nothing to say */
  PhaetonDeadlinePlan plan;
  int limit_mA;

  *laxity_s = G_MAXINT64;
  if (!input->wall_known || !input->zone.known)
    return decide (chain, PHAETON_WHY_CLOCK_UNKNOWN, 0, 0, 0);
  phaeton_deadline_plan (&config->deadline, input, vehicle, power_w, gained_wh, &plan);
  if (plan.wanted)
    *laxity_s = plan.left_s - plan.needed_s;
  if (plan.now)
    return decide (chain, PHAETON_WHY_DEADLINE, max_mA, plan.left_wh, plan.left_s / MINUTE_S);
  limit_mA =
    config->schedule_source == PHAETON_SCHEDULE_TIBBER
      ? step_price (&config->price_rule, input, max_mA, &own)
      : step_windows (config,
                      input->wall_at + phaeton_zone_get_offset_s (&input->zone, input->wall_at),
                      max_mA, &own);
  if (limit_mA == 0 && plan.wanted)
    return decide (chain, PHAETON_WHY_WAIT_DEADLINE, 0, plan.left_wh, plan.left_s / MINUTE_S);
  chain->verdicts[chain->n++] = own.verdicts[0];
  return limit_mA;
}
