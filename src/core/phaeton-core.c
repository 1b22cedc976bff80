/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-core.h"
#include "phaeton-balance.h"
#include "phaeton-battery.h"
#include "phaeton-caps.h"
#include "phaeton-car.h"
#include "phaeton-circuits.h"
#include "phaeton-draw.h"
#include "phaeton-energy-mix.h"
#include "phaeton-lane.h"
#include "phaeton-phases.h"
#include "phaeton-ramp.h"
#include "phaeton-home-reading.h"
#include "phaeton-session-account.h"
#include "phaeton-status.h"
#include "phaeton-sun-share.h"
#include "phaeton-wish.h"

#include <string.h>

/* so much from grid or battery is regulation, not supply */
#define NOISE_W 200

typedef struct {
  const PhaetonConfig *config;
  const PhaetonInput *input;
  const PhaetonState *state;
  PhaetonDecision *decision;
  PhaetonState *next;
  guint8 order[PHAETON_MAX_CHARGERS]; /* who is served first */
} Step;

static PhaetonLane
get_lane (const Step *step, guint i)
{
  return (PhaetonLane){ &step->config->chargers[i], &step->input->chargers[i],
                        &step->state->chargers[i], &step->next->chargers[i],
                        &step->decision->chargers[i] };
}

/* by priority, then who runs, then as configured */
static gboolean
comes_before (const Step *step, guint a, guint b)
{
  const int priority_a = step->config->chargers[a].priority;
  const int priority_b = step->config->chargers[b].priority;

  if (priority_a != priority_b)
    return priority_a > priority_b;
  return step->state->chargers[a].limit_mA > 0 && step->state->chargers[b].limit_mA == 0;
}

static void
sort_chargers (Step *step)
{
  for (guint i = 0; i < step->config->n_chargers; i++) {
    guint at = i;

    for (; at > 0 && comes_before (step, i, step->order[at - 1]); at--)
      step->order[at] = step->order[at - 1];
    step->order[at] = (guint8) i;
  }
}

static void
observe_cars (const Step *step)
{
  for (guint i = 0; i < step->config->n_chargers; i++) {
    const PhaetonLane lane = get_lane (step, i);

    phaeton_car_step (lane.input, lane.before->limit_mA, step->input->now_ms, &lane.state->car);
    phaeton_draw_step (lane.input, &lane.state->car,
                       lane.before->phases.step != PHAETON_SWITCH_NONE, step->input->now_ms,
                       &lane.state->draw);
  }
}

static int
sum_auto_draws_w (const Step *step)
{
  int sum_w = 0;

  for (guint i = 0; i < step->config->n_chargers; i++) {
    const PhaetonChargerInput *input = &step->input->chargers[i];
    int power_w;

    if (input->online && input->command.mode == PHAETON_MODE_AUTO &&
        phaeton_draw_get_power_w (&input->sample, &power_w))
      sum_w += power_w;
  }
  return sum_w;
}

static void
observe_house (const Step *step, PhaetonHouse *house)
{
  const PhaetonHomeSample *home = &step->input->home;
  const gint64 now_ms = step->input->now_ms;
  PhaetonSiteState *site = &step->next->site;
  PhaetonBalance balance;
  double soc_percent = 0, min_percent = 0;
  int reserve_w;

  phaeton_balance_step (step->config, step->input, step->next, &balance);
  reserve_w = phaeton_battery_get_reserve_w (&step->config->home, home, &balance, now_ms, site);
  *house = (PhaetonHouse){
    .input = step->input,
    .now_ms = now_ms,
    .known = balance.known,
    .surplus_w =
      phaeton_balance_smooth_w (step->config, &balance, balance.gross_w - reserve_w, site),
    .frozen = now_ms - home->changed_at_ms > PHAETON_HOME_FROZEN_MS,
    .low_soc =
      phaeton_battery_is_low (&step->config->home, home, now_ms, site, &soc_percent, &min_percent),
  };
  house->left_w = house->surplus_w;
  house->soc_percent = (int) CLAMP (soc_percent, 0, 100);
  house->min_soc_percent = (int) CLAMP (min_percent, 0, 100);
  house->curtailed = phaeton_battery_is_curtailed (&step->config->home, home, now_ms) &&
                     balance.gross_w >= sum_auto_draws_w (step) - NOISE_W;
  step->decision->surplus_known = house->known;
  step->decision->surplus_w = house->surplus_w;
  phaeton_energy_mix_step (step->input, site->battery_seen, &site->mix);
}

/* takes part in what the sun leaves, and what it takes of it */
static gboolean
find_sun_share (const PhaetonLane *lane, const PhaetonHouse *house, PhaetonSunShare *share)
{
  const PhaetonCommand *command = &lane->input->command;
  PhaetonSunInput in;
  int offered_w;

  if (!command->enabled || command->mode != PHAETON_MODE_AUTO || !lane->input->online ||
      !lane->state->car.present || lane->state->car.finished || lane->before->limit_mA == 0)
    return FALSE;
  in = phaeton_wish_look_at_sun (lane, house);
  offered_w = phaeton_sun_to_w (&in, lane->before->limit_mA);
  share->min_w = phaeton_sun_to_w (&in, in.min_mA);
  share->cap_w = MAX (phaeton_sun_to_w (&in, in.max_mA), share->min_w);
  /* half of what it may try: else its own smaller share would look like a car that takes all */
  if (in.charging && in.draws_w + PHAETON_SUN_PROBE_W / 2 < offered_w)
    share->cap_w = CLAMP (in.draws_w + PHAETON_SUN_PROBE_W, share->min_w, share->cap_w);
  return TRUE;
}

/* equals that run divide it evenly; who waits may have what they take above their minimum */
static void
share_sun (const Step *step, guint at, PhaetonHouse *house)
{
  const guint own = step->order[at];
  const int priority = step->config->chargers[own].priority;
  const PhaetonLane lane = get_lane (step, own);
  PhaetonSunShare mine, others[PHAETON_MAX_CHARGERS];
  guint n = 0;

  if (at > 0 && step->config->chargers[step->order[at - 1]].priority != priority)
    house->spare_w = 0;
  house->share_w = house->left_w + house->spare_w;
  if (!find_sun_share (&lane, house, &mine))
    return;
  for (guint next = at + 1; next < step->config->n_chargers; next++) {
    const PhaetonLane other = get_lane (step, step->order[next]);

    if (step->config->chargers[step->order[next]].priority != priority)
      break;
    n += find_sun_share (&other, house, &others[n]);
  }
  house->share_w = phaeton_sun_share_w (house->left_w, mine.min_w, others, n);
}

/* 1: what is wanted, and whether the phases are being switched */
static void
decide_wish (const PhaetonLane *lane, PhaetonHouse *house)
{
  PhaetonChargerDecision *decision = lane->decision;
  PhaetonSwitchState *phases = &lane->state->phases;

  phaeton_wish_step (lane, house);
  decision->limit_mA =
    phaeton_phases_step (lane->config, lane->input, decision->phases, &lane->state->car,
                         house->now_ms, decision->limit_mA, phases, &decision->chain);
  decision->phases = phases->step == PHAETON_SWITCH_SWITCHING ? phases->target : 0;
}

/* 2 and 3: what is allowed, in the charger's steps */
static void
decide_limit (const PhaetonLane *lane)
{
  PhaetonChargerDecision *decision = lane->decision;

  decision->limit_mA =
    phaeton_caps_step (lane->config, lane->input, decision->limit_mA, &decision->chain);
  decision->limit_mA =
    phaeton_quantise_step (lane->config, &lane->input->can, decision->limit_mA, &decision->chain);
  if (lane->config->circuit == 0 && decision->limit_mA > 0)
    phaeton_chain_add (&decision->chain, PHAETON_STAGE_CAPS, PHAETON_WHY_NO_HOUSE_GUARD,
                       decision->limit_mA, 0, 0, 0);
}

/* 4: Auto, and what hangs on a fuse, rise slowly; else a person's command goes straight to its
 * value */
static void
decide_ramp (const PhaetonLane *lane, gint64 now_ms)
{
  PhaetonChargerDecision *decision = lane->decision;

  if (lane->input->command.mode == PHAETON_MODE_AUTO || lane->config->circuit > 0)
    decision->limit_mA = phaeton_ramp_step (
      decision->limit_mA, lane->before->limit_mA,
      phaeton_caps_get_min_mA (lane->config, &lane->input->can), lane->input->can.step_mA, now_ms,
      &lane->state->raised_ms, &decision->chain);
}

static void
remember_limit (const PhaetonLane *lane, gint64 now_ms, PhaetonSiteState *site)
{
  const int limit_mA = lane->decision->limit_mA;

  if (lane->config->circuit > 0 && limit_mA > lane->before->limit_mA)
    site->raised_ms = MAX (now_ms, 1);
  if (limit_mA > lane->before->limit_mA)
    lane->state->raised_ms = MAX (now_ms, 1); /* whether it was ramped or not */
  if (lane->input->online)
    lane->state->sent_mA = limit_mA;
  lane->state->limit_mA = limit_mA;
  lane->state->last_step_ms = now_ms;
}

/* the limit stands ready, but nobody draws it */
static PhaetonWhyCode
get_circumstance (const PhaetonLane *lane)
{
  const PhaetonChargerSample *sample = &lane->input->sample;

  if (!lane->input->online)
    return PHAETON_WHY_OFFLINE;
  if (sample->fault != PHAETON_FAULT_NONE ||
      (phaeton_sample_knows (sample, PHAETON_SAMPLE_PILOT) && sample->pilot == PHAETON_PILOT_F))
    return PHAETON_WHY_FAULT;
  if (lane->state->car.seen_ms == 0)
    return PHAETON_WHY_UNKNOWN_STATE;
  return lane->state->car.present ? PHAETON_WHY_NONE : PHAETON_WHY_NO_CAR;
}

static void
derive_status (const PhaetonLane *lane, gboolean low_soc)
{
  const PhaetonChargerSample *sample = &lane->input->sample;
  PhaetonChargerDecision *decision = lane->decision;
  const PhaetonSwitchState *phases = &lane->state->phases;
  const PhaetonWhyCode circumstance = get_circumstance (lane);
  const PhaetonStatusInput in = {
    .fault = sample->fault,
    .pilot =
      phaeton_sample_knows (sample, PHAETON_SAMPLE_PILOT) ? sample->pilot : PHAETON_PILOT_UNKNOWN,
    .car = lane->state->car.present,
    .car_finished = lane->state->car.finished,
    .enabled = lane->input->command.enabled,
    .mode = lane->input->command.mode,
    .switching_to = phases->step == PHAETON_SWITCH_NONE ? 0 : phases->target,
    .limit_mA = decision->limit_mA,
    .kept_out = decision->kept_out,
    .low_soc = low_soc,
  };

  decision->status = phaeton_status_derive (&in);
  if (circumstance != PHAETON_WHY_NONE)
    phaeton_chain_add (&decision->chain, PHAETON_STAGE_RAMP, circumstance, decision->limit_mA,
                       sample->fault, 0, 0);
}

/* over the time since the counter was last read, one price counts where no other was in force */
static gboolean
is_price_flat (const PhaetonLane *lane, const PhaetonInput *input)
{
  const gint64 last_at = lane->state->session.last_at;

  return last_at > 0 && phaeton_price_series_is_flat (&input->prices, last_at, input->wall_at);
}

/* of now, or the mean of the time since the counter was last read where slots began in it */
static gint64
get_price_micros (const PhaetonLane *lane, const PhaetonInput *input, const PhaetonPriceSlot *slot)
{
  const gint64 last_at = lane->state->session.last_at;
  gint64 mean_micros;

  if (last_at <= 0 || last_at >= slot->start_at ||
      phaeton_price_series_get_mean (&input->prices, last_at, input->wall_at, &mean_micros) !=
        input->wall_at - last_at)
    return slot->import_micros;
  return mean_micros;
}

static void
account (const PhaetonLane *lane, const PhaetonConfig *config, const PhaetonInput *input,
         const PhaetonEnergyMix *mix)
{
  const PhaetonPriceSlot *slot =
    input->wall_known ? phaeton_price_series_find (&input->prices, input->wall_at) : NULL;
  const PhaetonSessionInput in = {
    .input = lane->input,
    .now_ms = input->now_ms,
    .wall_at = input->wall_known ? input->wall_at : 0,
    .price_known = slot != NULL || config->pricing.is_fallback,
    .price_is_flat = slot == NULL || is_price_flat (lane, input),
    .price_micros_per_kwh =
      slot != NULL ? get_price_micros (lane, input, slot) : config->static_rate_micros_per_kwh,
    .export_micros_per_kwh = slot != NULL ? slot->export_micros : 0,
    .mix = *mix,
    .phases = phaeton_draw_count_phases (lane->state->draw.mask),
    .car_present = lane->state->car.present,
    .was_charging = lane->before->car.charging,
    .seen_ms = lane->before->car.seen_ms,
  };

  phaeton_session_account_step (&in, lane->state, lane->decision);
}

void
phaeton_core_step (const PhaetonConfig *config, const PhaetonInput *input,
                   const PhaetonState *state, PhaetonDecision *decision, PhaetonState *next)
{
  Step step = { config, input, state, decision, next, { 0 } };
  PhaetonHouse house;

  memcpy (next, state, phaeton_state_size (config->n_chargers));
  memset (decision, 0, phaeton_decision_size (config->n_chargers));
  decision->n_chargers = config->n_chargers;
  if (config->n_chargers == 0)
    return;
  sort_chargers (&step);
  observe_cars (&step);
  observe_house (&step, &house);
  for (guint i = 0; i < config->n_chargers; i++) {
    const PhaetonLane lane = get_lane (&step, step.order[i]);

    share_sun (&step, i, &house);
    decide_wish (&lane, &house);
    decide_limit (&lane);
  }
  phaeton_circuits_step (config, input, state, decision, next);
  for (guint i = 0; i < config->n_chargers; i++) {
    const PhaetonLane lane = get_lane (&step, i);

    decide_ramp (&lane, input->now_ms);
    derive_status (&lane, house.low_soc);
    account (&lane, config, input, &next->site.mix);
    remember_limit (&lane, input->now_ms, &next->site);
  }
}
