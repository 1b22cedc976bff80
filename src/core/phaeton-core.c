/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-core.h"
#include "phaeton-caps.h"
#include "phaeton-car.h"
#include "phaeton-phases.h"
#include "phaeton-session-account.h"
#include "phaeton-status.h"
#include "phaeton-wish.h"

#include <string.h>

/* everything of one charger that the stages hand on */
typedef struct {
  const PhaetonChargerConfig *config;
  const PhaetonChargerInput *input;
  const PhaetonChargerState *before;
  PhaetonChargerState *state;
  PhaetonChargerDecision *decision;
} Lane;

static Lane
get_lane (const PhaetonConfig *config, const PhaetonInput *input, const PhaetonState *state,
          PhaetonDecision *decision, PhaetonState *next, guint i)
{
  return (Lane){ &config->chargers[i], &input->chargers[i], &state->chargers[i], &next->chargers[i],
                 &decision->chargers[i] };
}

/* 1: what is wanted, and whether the phases are being switched */
static void
decide_wish (const Lane *lane, gint64 now_ms)
{
  PhaetonChargerDecision *decision = lane->decision;
  PhaetonSwitchState *phases = &lane->state->phases;

  decision->limit_mA = phaeton_wish_step (lane->input, &decision->chain);
  decision->limit_mA =
    phaeton_phases_step (lane->config, lane->input, lane->input->command.phases, &lane->state->car,
                         now_ms, decision->limit_mA, phases, &decision->chain);
  decision->phases = phases->step == PHAETON_SWITCH_SWITCHING ? phases->target : 0;
}

/* 2 and 3: what is allowed, in the charger's steps */
static void
decide_limit (const Lane *lane)
{
  PhaetonChargerDecision *decision = lane->decision;

  decision->limit_mA =
    phaeton_caps_step (lane->config, lane->input, decision->limit_mA, &decision->chain);
  decision->limit_mA =
    phaeton_quantise_step (lane->config, &lane->input->can, decision->limit_mA, &decision->chain);
}

/* the limit stands ready, but nobody draws it */
static PhaetonWhyCode
get_circumstance (const Lane *lane)
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
derive_status (const Lane *lane)
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
  };

  decision->status = phaeton_status_derive (&in);
  if (circumstance != PHAETON_WHY_NONE)
    phaeton_chain_add (&decision->chain, PHAETON_STAGE_RAMP, circumstance, decision->limit_mA,
                       sample->fault, 0, 0);
}

static void
account (const Lane *lane, const PhaetonConfig *config, const PhaetonInput *input)
{
  const PhaetonSessionInput in = {
    .input = lane->input,
    .now_ms = input->now_ms,
    .wall_at = input->wall_known ? input->wall_at : 0,
    .price_known = config->price_is_static,
    .price_micros_per_kwh = config->static_rate_micros_per_kwh,
    .car_present = lane->state->car.present,
    .was_charging = lane->before->car.charging,
    .seen_ms = lane->before->car.seen_ms,
  };

  phaeton_session_account_step (&in, lane->state, &lane->decision->session_began,
                                &lane->decision->session_ended);
}

void
phaeton_core_step (const PhaetonConfig *config, const PhaetonInput *input,
                   const PhaetonState *state, PhaetonDecision *decision, PhaetonState *next)
{
  memcpy (next, state, phaeton_state_size (config->n_chargers));
  memset (decision, 0, phaeton_decision_size (config->n_chargers));
  decision->n_chargers = config->n_chargers;
  for (guint i = 0; i < config->n_chargers; i++) {
    const Lane lane = get_lane (config, input, state, decision, next, i);

    phaeton_car_step (lane.input, lane.before->limit_mA, input->now_ms, &lane.state->car);
    decide_wish (&lane, input->now_ms);
    decide_limit (&lane);
    derive_status (&lane);
    account (&lane, config, input);
    lane.state->limit_mA = lane.decision->limit_mA;
    lane.state->last_step_ms = input->now_ms;
  }
}
