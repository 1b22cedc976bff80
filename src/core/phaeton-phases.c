/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-phases.h"

static void
go_to (PhaetonSwitchState *state, PhaetonSwitchStep step, gint64 now_ms)
{
  state->step = step;
  state->since_ms = now_ms;
}

static void
fail (const PhaetonChargerConfig *config, gint64 now_ms, PhaetonSwitchState *state)
{
  go_to (state, PHAETON_SWITCH_NONE, now_ms);
  state->retry_at_ms = now_ms + MAX (config->controls.phase_grace_ms, 1);
}

/* only a reading that is newer than the pause tells */
static gboolean
draws_nothing (const PhaetonChargerSample *sample, gint64 since_ms)
{
  if (sample->at_ms <= since_ms)
    return FALSE;
  if (phaeton_sample_knows (sample, PHAETON_SAMPLE_PILOT) && sample->pilot != PHAETON_PILOT_UNKNOWN)
    return !phaeton_pilot_is_charging (sample->pilot);
  for (int i = 0; i < PHAETON_PHASES; i++)
    if (!phaeton_sample_knows (sample, PHAETON_SAMPLE_CURRENT_L1 << i) ||
        sample->current_mA[i] >= PHAETON_PHASES_IDLE_mA)
      return FALSE;
  return TRUE;
}

static gboolean
is_useful (const PhaetonChargerInput *input, int wish, gint64 now_ms,
           const PhaetonSwitchState *state)
{
  return (wish == 1 || wish == 3) && input->can.can_set_phases &&
         phaeton_sample_knows (&input->sample, PHAETON_SAMPLE_PHASES) &&
         input->sample.phases != wish && wish != state->refused_phases &&
         now_ms >= state->retry_at_ms;
}

static void
step_idle (const PhaetonChargerInput *input, int wish, const PhaetonCarState *car, gint64 now_ms,
           PhaetonSwitchState *state)
{
  if (wish != state->target)
    state->retry_at_ms = 0; /* another wish is not a repetition */
  if (wish != state->refused_phases)
    state->refused_phases = 0;
  if (!is_useful (input, wish, now_ms, state))
    return;
  state->target = wish;
  state->retry_at_ms = 0;
  go_to (state, car->present ? PHAETON_SWITCH_STOPPING : PHAETON_SWITCH_SWITCHING, now_ms);
}

static void
step_stopping (const PhaetonChargerConfig *config, const PhaetonChargerInput *input, int wish,
               gint64 now_ms, PhaetonSwitchState *state)
{
  if (wish != state->target)
    go_to (state, PHAETON_SWITCH_NONE, now_ms); /* changed their mind: nothing was switched yet */
  else if (draws_nothing (&input->sample, state->since_ms))
    go_to (state, PHAETON_SWITCH_SWITCHING, now_ms);
  else if (now_ms - state->since_ms >= PHAETON_PHASES_STOP_MS)
    fail (config, now_ms, state);
}

static void
step_switching (const PhaetonChargerConfig *config, const PhaetonChargerInput *input, gint64 now_ms,
                PhaetonSwitchState *state)
{
  switch (input->phases_result) {
  case PHAETON_PHASES_DONE:
    go_to (state, PHAETON_SWITCH_SETTLING, now_ms);
    break;
  case PHAETON_PHASES_REFUSED:
    go_to (state, PHAETON_SWITCH_NONE, now_ms);
    state->refused_phases = state->target;
    break;
  case PHAETON_PHASES_FAILED:
    fail (config, now_ms, state);
    break;
  case PHAETON_PHASES_IDLE:
  case PHAETON_PHASES_BUSY:
    if (now_ms - state->since_ms >= PHAETON_PHASES_ANSWER_MS)
      fail (config, now_ms, state);
    break;
  }
}

static void
advance (const PhaetonChargerConfig *config, const PhaetonChargerInput *input, int wish,
         const PhaetonCarState *car, gint64 now_ms, PhaetonSwitchState *state)
{
  switch (state->step) {
  case PHAETON_SWITCH_NONE:
    step_idle (input, wish, car, now_ms, state);
    break;
  case PHAETON_SWITCH_STOPPING:
    step_stopping (config, input, wish, now_ms, state);
    break;
  case PHAETON_SWITCH_SWITCHING:
    step_switching (config, input, now_ms, state);
    break;
  case PHAETON_SWITCH_SETTLING:
    if (now_ms - state->since_ms >= config->controls.phase_settle_ms)
      go_to (state, PHAETON_SWITCH_NONE, now_ms);
    break;
  }
}

int
phaeton_phases_step (const PhaetonChargerConfig *config, const PhaetonChargerInput *input, int wish,
                     const PhaetonCarState *car, gint64 now_ms, int limit_mA,
                     PhaetonSwitchState *state, PhaetonChain *chain)
{
  if (!input->online) { /* whatever it was told, it is asked anew when it is back */
    *state = (PhaetonSwitchState){ 0 };
    return limit_mA;
  }
  advance (config, input, wish, car, now_ms, state);
  if (state->refused_phases != 0)
    phaeton_chain_add (chain, PHAETON_STAGE_WISH, PHAETON_WHY_PHASES_REFUSED, limit_mA,
                       state->refused_phases, 0, 0);
  if (state->step == PHAETON_SWITCH_NONE)
    return limit_mA;
  phaeton_chain_add (chain, PHAETON_STAGE_WISH, PHAETON_WHY_PHASE_SWITCH, 0, state->target,
                     state->step, 0);
  return 0;
}
