/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-wish.h"
#include "phaeton-auto-phases.h"
#include "phaeton-caps.h"
#include "phaeton-draw.h"
#include "phaeton-schedule.h"

#define USUAL_mA 16000 /* most cars take no more on a phase */

static void
wish (const PhaetonLane *lane, PhaetonStage stage, PhaetonWhyCode code, int limit_mA, gint64 value0,
      gint64 value1)
{
  lane->decision->limit_mA = limit_mA;
  phaeton_chain_add (&lane->decision->chain, stage, code, limit_mA, value0, value1, 0);
}

/* draws what we offered; on the first step what the charger offered by itself is adopted */
static gboolean
is_charging (const PhaetonLane *lane, int min_mA)
{
  return lane->state->car.charging &&
         (lane->before->limit_mA >= min_mA || lane->before->last_step_ms == 0);
}

PhaetonSunInput
phaeton_wish_look_at_sun (const PhaetonLane *lane, const PhaetonHouse *house)
{
  const guint8 mask = phaeton_draw_get_mask (lane->input, &lane->state->draw);
  PhaetonSunInput in = {
    .controls = &lane->config->controls,
    .now_ms = house->now_ms,
    .known = house->known,
    .available_w = house->share_w,
    .curtailed = house->curtailed,
    .volts = phaeton_draw_get_v (&lane->input->sample, mask),
    .min_mA = phaeton_caps_get_min_mA (lane->config, &lane->input->can),
    .max_mA = phaeton_caps_get_max_mA (lane->config, lane->input),
  };

  in.charging = is_charging (lane, in.min_mA);
  if (!lane->input->online || !phaeton_draw_get_power_w (&lane->input->sample, &in.draws_w))
    in.draws_w = 0;
  return in;
}

static int
choose_phases (const PhaetonLane *lane, const PhaetonSunInput *sun, gboolean decides)
{
  const PhaetonChargerSample *sample = &lane->input->sample;
  const PhaetonAutoPhasesInput in = {
    .controls = sun->controls,
    .now_ms = sun->now_ms,
    .decides = decides && sun->known,
    .car_present = lane->state->car.present,
    .charging = lane->state->car.charging,
    .was_charging = lane->before->car.charging,
    .one_phase_car = lane->state->draw.one_phase_car,
    .switching = lane->state->phases.step != PHAETON_SWITCH_NONE,
    .phases = phaeton_sample_knows (sample, PHAETON_SAMPLE_PHASES) ? sample->phases : 0,
    .available_w = sun->available_w,
    .phase_v = phaeton_draw_get_v (sample, 7) / PHAETON_PHASES,
    .min_mA = sun->min_mA,
    .offered = lane->before->limit_mA > 0,
  };

  return phaeton_auto_phases_step (&in, &lane->state->auto_phases);
}

/* while the relays switch the sun's state stands still: the pause is ours, not a lack of sun */
static void
follow_sun (const PhaetonLane *lane, const PhaetonSunInput *in, PhaetonHouse *house)
{
  PhaetonChargerDecision *decision = lane->decision;

  if (lane->state->phases.step != PHAETON_SWITCH_NONE) {
    lane->state->sun.short_since_ms = 0;
    wish (lane, PHAETON_STAGE_WISH, PHAETON_WHY_SUN, in->min_mA, in->available_w, 0);
  } else {
    decision->limit_mA = phaeton_sun_step (in, &lane->state->sun, &decision->chain);
  }
  if (!lane->state->car.finished) {
    const int taken_w = phaeton_sun_get_taken_w (in, decision->limit_mA);

    house->left_w -= taken_w;
    house->spare_w += MAX (taken_w - phaeton_sun_to_w (in, in->min_mA), 0);
  }
  if (house->frozen && decision->limit_mA > lane->before->limit_mA)
    wish (lane, PHAETON_STAGE_CAPS, PHAETON_WHY_HOME_FROZEN, lane->before->limit_mA, 0, 0);
}

static void
wish_sun (const PhaetonLane *lane, const PhaetonSunInput *in, PhaetonHouse *house)
{
  PhaetonSunState *sun = &lane->state->sun;
  gint64 price_micros;

  if (house->low_soc || !lane->state->car.present) {
    *sun = (PhaetonSunState){ .next_probe_ms = sun->next_probe_ms };
    if (house->low_soc)
      wish (lane, PHAETON_STAGE_CAPS, PHAETON_WHY_LOW_SOC, 0, house->soc_percent,
            house->min_soc_percent);
    else
      wish (lane, PHAETON_STAGE_WISH, PHAETON_WHY_WAIT_SUN, 0, in->available_w,
            phaeton_sun_to_w (in, in->min_mA));
    return;
  }
  if (phaeton_plan_is_grid_cheap (in->controls, house->input, &price_micros)) {
    *sun = (PhaetonSunState){ .next_probe_ms = sun->next_probe_ms };
    wish (lane, PHAETON_STAGE_WISH, PHAETON_WHY_GRID_PRICE, in->max_mA, price_micros,
          in->controls->auto_from_grid_micros);
    return;
  }
  follow_sun (lane, in, house);
}

static void
wish_schedule (const PhaetonLane *lane, const PhaetonSunInput *in, const PhaetonHouse *house)
{
  const PhaetonPlanInput plan_in = {
    .config = lane->config,
    .input = house->input,
    .vehicle = &lane->input->vehicle,
    .session = &lane->state->session,
    .power_w = phaeton_sun_to_w (in, in->max_mA),
    .usual_w = phaeton_sun_to_w (in, MIN (in->max_mA, USUAL_mA)),
  };
  const PhaetonPlanDraw draw = {
    .now_ms = house->now_ms,
    .session_at = lane->state->session.started_at,
    .charging = lane->state->car.charging,
    .draws_w = in->draws_w,
    .offered_w = phaeton_sun_to_w (in, lane->before->limit_mA),
  };

  phaeton_plan_watch_draw (&lane->state->plan, &draw);
  if (house->low_soc)
    wish (lane, PHAETON_STAGE_CAPS, PHAETON_WHY_LOW_SOC, 0, house->soc_percent,
          house->min_soc_percent);
  else
    lane->decision->limit_mA =
      phaeton_schedule_step (&plan_in, in->max_mA, &lane->state->plan, &lane->state->price_plan,
                             &lane->decision->laxity_s, &lane->decision->chain);
}

void
phaeton_wish_step (const PhaetonLane *lane, PhaetonHouse *house)
{
  const PhaetonCommand *command = &lane->input->command;
  const gboolean automatic = command->enabled && command->mode == PHAETON_MODE_AUTO;
  const PhaetonSunInput in = phaeton_wish_look_at_sun (lane, house);
  int sun_phases = 0;

  lane->decision->laxity_s = G_MAXINT64;
  if (command->mode != PHAETON_MODE_SCHEDULED || !command->enabled) {
    phaeton_plan_drop (&lane->state->plan);
    phaeton_plan_drop (&lane->state->price_plan);
  }
  if (!automatic)
    lane->state->sun = (PhaetonSunState){ .next_probe_ms = lane->state->sun.next_probe_ms };
  if (lane->config->controls.auto_phase_switch)
    sun_phases =
      choose_phases (lane, &in, automatic && lane->state->car.present && !house->low_soc);

  if (!command->enabled)
    wish (lane, PHAETON_STAGE_WISH, PHAETON_WHY_STOPPED, 0, 0, 0);
  else if (automatic)
    wish_sun (lane, &in, house);
  else if (command->mode == PHAETON_MODE_MANUAL)
    wish (lane, PHAETON_STAGE_WISH, PHAETON_WHY_MANUAL, MAX (command->set_mA, 0), command->set_mA,
          0);
  else
    wish_schedule (lane, &in, house);

  lane->decision->phases =
    automatic && lane->config->controls.auto_phase_switch ? sun_phases : command->phases;
}
