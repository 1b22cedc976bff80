/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-auto-phases.h"

#define DAY_MS (24 * 3600 * (gint64) 1000)

static int
get_min_w (const PhaetonAutoPhasesInput *in, int phases)
{
  return (int) (in->min_mA / 1000.0 * in->phase_v * phases);
}

/* since when @condition holds; 0 when it does not */
static gint64
hold (gboolean condition, gint64 since_ms, gint64 now_ms)
{
  if (!condition)
    return 0;
  return since_ms != 0 ? since_ms : MAX (now_ms, 1);
}

/* the last switch of a cap is kept for the way down: a car that stays on three phases pays for
 * every cloud */
static gboolean
is_below_cap (int switches, int cap, int target)
{
  return cap <= 0 || switches + (target == 3 ? 2 : 1) <= cap;
}

static gboolean
may_switch (const PhaetonAutoPhasesInput *in, const PhaetonAutoPhasesState *state, int target)
{
  const PhaetonControlsConfig *controls = in->controls;

  if (state->banned || in->one_phase_car)
    return FALSE;
  if (state->switched_ms != 0 && in->now_ms - state->switched_ms < controls->phase_grace_ms)
    return FALSE;
  return is_below_cap (state->switches_in_stay, controls->phase_switches_per_stay, target) &&
         is_below_cap (state->switches_in_day, controls->phase_switches_per_day, target);
}

/* counts ends of switches, and watches whether the car takes it */
static void
observe (const PhaetonAutoPhasesInput *in, PhaetonAutoPhasesState *state)
{
  if (!in->car_present) { /* another car may take it; the day's relay count stays */
    state->banned = FALSE;
    state->watch_resume = FALSE;
    state->switches_in_stay = 0;
  }
  if (in->now_ms - state->day_since_ms >= DAY_MS) {
    state->day_since_ms = in->now_ms;
    state->switches_in_day = 0;
  }
  if (in->switching && !state->was_switching)
    state->watch_resume = in->was_charging;
  if (!in->switching && state->was_switching) {
    state->switched_ms = MAX (in->now_ms, 1);
    state->switches_in_stay++;
    state->switches_in_day++;
  }
  state->was_switching = in->switching;
  if (!state->watch_resume || in->switching)
    return;
  if (in->charging)
    state->watch_resume = FALSE;
  else if (!in->offered)
    state->switched_ms = MAX (in->now_ms, 1); /* no current, no verdict: wait on */
  else if (in->now_ms - state->switched_ms >= PHAETON_AUTO_PHASES_RESUME_MS)
    state->banned = TRUE;
}

int
phaeton_auto_phases_step (const PhaetonAutoPhasesInput *in, PhaetonAutoPhasesState *state)
{
  const int three_w = get_min_w (in, 3);
  const gint64 wait_ms = in->controls->phase_grace_ms;

  observe (in, state);
  if (!in->decides || in->phases == 0) {
    state->up_since_ms = state->down_since_ms = 0;
    state->wish = 0;
    return 0;
  }
  if (in->switching) {
    state->up_since_ms = state->down_since_ms = 0;
    return state->wish; /* begun is begun: no change of mind under way */
  }
  state->up_since_ms =
    hold (in->phases == 1 && in->available_w > three_w + MAX (in->controls->phase_hysteresis_w, 0),
          state->up_since_ms, in->now_ms);
  state->down_since_ms =
    hold (in->phases == 3 && in->available_w < three_w, state->down_since_ms, in->now_ms);
  if (state->up_since_ms != 0 && in->now_ms - state->up_since_ms >= wait_ms)
    state->wish = may_switch (in, state, 3) ? 3 : 0;
  else if (state->down_since_ms != 0 && in->now_ms - state->down_since_ms >= wait_ms)
    state->wish = may_switch (in, state, 1) ? 1 : 0;
  else if (in->phases == state->wish || !may_switch (in, state, state->wish))
    state->wish = 0; /* done, or no longer possible */
  return state->wish;
}
