/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-schedule.h"

#include "phaeton-prices.h"

#define MINUTE_S 60
#define DAY_S 86400
#define DAY_MIN 1440
#define ALL_DAYS 0x7f

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

gint64
phaeton_deadline_find_at (const PhaetonDeadline *deadline, const PhaetonInput *input)
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
step_price (const PhaetonPlanInput *in, int max_mA, PhaetonPlanState *plan, PhaetonChain *chain)
{
  const PhaetonPriceRule *rule = &in->config->price_rule;
  const PhaetonPriceSlot *slot = phaeton_price_series_find (&in->input->prices, in->input->wall_at);
  gboolean is_wanted;

  if (!phaeton_prices_is_ready (rule))
    return decide (chain, PHAETON_WHY_MODE_NOT_READY, 0, PHAETON_MODE_SCHEDULED, 0);
  if (slot == NULL)
    return decide (chain, PHAETON_WHY_PRICE_UNKNOWN, 0, 0, 0);
  is_wanted = phaeton_plan_follow_price (in, slot, plan);
  return decide (chain, get_price_code (rule, in->input->prices_fallback, is_wanted),
                 is_wanted ? max_mA : 0, slot->import_micros, plan->limit_micros);
}

/* "the cheapest 3 of the 9 hours until 07:00" */
static int
tell_plan (const PhaetonPlanInput *in, const PhaetonDue *due, const PhaetonPlanState *plan,
           int max_mA, PhaetonChain *chain)
{
  const gboolean is_block = in->config->deadline.plan == PHAETON_PLAN_BLOCK;
  const gboolean is_blind =
    in->config->deadline.plan == PHAETON_PLAN_LATE || in->input->prices_fallback ||
    phaeton_price_series_find (&in->input->prices, in->input->wall_at) == NULL;
  const PhaetonWhyCode go = is_block ? PHAETON_WHY_BLOCK : PHAETON_WHY_CHEAPEST;
  const PhaetonWhyCode wait = is_block ? PHAETON_WHY_WAIT_BLOCK : PHAETON_WHY_WAIT_CHEAPEST;

  if (due->is_short) {
    phaeton_chain_add (chain, PHAETON_STAGE_WISH, PHAETON_WHY_DEADLINE_SHORT, max_mA, due->fits_wh,
                       due->left_wh, due->clock_min);
    return max_mA;
  }
  if (due->urgent || (is_blind && plan->charge))
    return decide (chain, PHAETON_WHY_DEADLINE, max_mA, due->left_wh, due->left_s / MINUTE_S);
  if (is_blind)
    return decide (chain, PHAETON_WHY_WAIT_DEADLINE, 0, due->left_wh, due->left_s / MINUTE_S);
  phaeton_chain_add (chain, PHAETON_STAGE_WISH, plan->charge ? go : wait, plan->charge ? max_mA : 0,
                     plan->chosen_min, plan->open_min, due->clock_min);
  return plan->charge ? max_mA : 0;
}

int
phaeton_schedule_step (const PhaetonPlanInput *in, int max_mA, PhaetonPlanState *plan,
                       PhaetonPlanState *price_plan, gint64 *laxity_s, PhaetonChain *chain)
{
  const PhaetonInput *input = in->input;
  const gint64 local_at = input->wall_at + phaeton_zone_get_offset_s (&input->zone, input->wall_at);
  const gboolean by_price = in->config->schedule_source == PHAETON_SCHEDULE_TIBBER;
  PhaetonChain own = { 0 }; /* told only when the deadline has nothing to say */
  PhaetonDue due;
  int limit_mA;

  *laxity_s = G_MAXINT64;
  if (!input->wall_known || !input->zone.known)
    return decide (chain, PHAETON_WHY_CLOCK_UNKNOWN, 0, 0, 0);
  phaeton_plan_find_due (in, plan, &due);
  if (due.wanted) {
    *laxity_s = due.left_s - due.needed_s;
    if (phaeton_plan_follow_due (in, &due, plan))
      return tell_plan (in, &due, plan, max_mA, chain);
  }
  limit_mA = by_price ? step_price (in, max_mA, price_plan, &own)
                      : step_windows (in->config, local_at, max_mA, &own);
  if (limit_mA == 0 && due.wanted)
    return tell_plan (in, &due, plan, max_mA, chain);
  if (!due.wanted)
    phaeton_plan_drop (plan);
  if (own.verdicts[0].code == PHAETON_WHY_MODE_NOT_READY && phaeton_plan_lacks_soc (in))
    return decide (chain, PHAETON_WHY_CAR_SOC_UNKNOWN, 0, 0, 0);
  chain->verdicts[chain->n++] = own.verdicts[0];
  return limit_mA;
}
