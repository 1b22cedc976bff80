/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-sun.h"

#define SECOND_MS 1000

static int
decide (PhaetonChain *chain, PhaetonWhyCode code, int limit_mA, gint64 value0, gint64 value1)
{
  phaeton_chain_add (chain, PHAETON_STAGE_WISH, code, limit_mA, value0, value1, 0);
  return limit_mA;
}

/* for people: a wait that is not over has at least a second left */
static gint64
get_left_s (gint64 since_ms, gint64 length_ms, gint64 now_ms)
{
  return (MAX (since_ms + length_ms - now_ms, 0) + SECOND_MS - 1) / SECOND_MS;
}

int
phaeton_sun_to_w (const PhaetonSunInput *in, int mA)
{
  return (int) (mA / 1000.0 * in->volts);
}

static int
to_mA (const PhaetonSunInput *in, int power_w)
{
  return (int) CLAMP (power_w * 1000.0 / in->volts, 0, G_MAXINT / 2);
}

static int
step_off (const PhaetonSunInput *in, PhaetonSunState *state, PhaetonChain *chain)
{
  const int needed_w =
    phaeton_sun_to_w (in, in->min_mA) + MAX (in->controls->sun_start_margin_w, 0);
  const gboolean probe = in->curtailed && in->now_ms >= state->next_probe_ms;

  if (in->available_w < needed_w && !probe) {
    state->enough_since_ms = 0;
    return decide (chain, PHAETON_WHY_WAIT_SUN, 0, in->available_w, needed_w);
  }
  if (state->enough_since_ms == 0)
    state->enough_since_ms = MAX (in->now_ms, 1);
  if (in->now_ms - state->enough_since_ms < in->controls->sun_start_delay_ms)
    return decide (
      chain, PHAETON_WHY_SUN_START, 0,
      get_left_s (state->enough_since_ms, in->controls->sun_start_delay_ms, in->now_ms), 0);
  state->on = TRUE;
  state->probing = in->available_w < needed_w;
  state->enough_since_ms = 0;
  state->short_since_ms = 0;
  return decide (chain, state->probing ? PHAETON_WHY_SUN_PROBE : PHAETON_WHY_SUN, in->min_mA,
                 in->available_w, 0);
}

static int
switch_off (const PhaetonSunInput *in, PhaetonSunState *state, PhaetonChain *chain)
{
  *state = (PhaetonSunState){
    .next_probe_ms =
      state->probing ? in->now_ms + PHAETON_SUN_PROBE_RETRY_MS : state->next_probe_ms,
  };
  return decide (chain, PHAETON_WHY_WAIT_SUN, 0, in->available_w,
                 phaeton_sun_to_w (in, in->min_mA) + MAX (in->controls->sun_start_margin_w, 0));
}

/* only a car that charges is held, others lose nothing; a probe also waits for the car to begin */
static int
step_short (const PhaetonSunInput *in, PhaetonSunState *state, PhaetonChain *chain)
{
  const gint64 grace_ms = state->probing
                            ? MIN (in->controls->min_charge_ms, PHAETON_SUN_PROBE_GRACE_MS)
                            : in->controls->min_charge_ms;

  if (state->short_since_ms == 0)
    state->short_since_ms = MAX (in->now_ms, 1);
  if ((!in->charging && !state->probing) || in->now_ms - state->short_since_ms >= grace_ms)
    return switch_off (in, state, chain);
  return decide (chain, PHAETON_WHY_SUN_GRACE, in->min_mA,
                 get_left_s (state->short_since_ms, grace_ms, in->now_ms), 0);
}

static int
step_on (const PhaetonSunInput *in, PhaetonSunState *state, PhaetonChain *chain)
{
  const int min_w = phaeton_sun_to_w (in, in->min_mA);
  const int probed_w = in->curtailed ? in->draws_w + PHAETON_SUN_PROBE_W : 0;

  if (in->available_w >= min_w && in->charging)
    state->probing = FALSE;
  if (MAX (in->available_w, probed_w) < min_w)
    return step_short (in, state, chain);
  state->short_since_ms = 0;
  if (in->available_w >= probed_w)
    return decide (chain, PHAETON_WHY_SUN, MAX (to_mA (in, in->available_w), in->min_mA),
                   in->available_w, 0);
  return decide (chain, PHAETON_WHY_SUN_PROBE, MAX (to_mA (in, probed_w), in->min_mA), 0, 0);
}

int
phaeton_sun_step (const PhaetonSunInput *in, PhaetonSunState *state, PhaetonChain *chain)
{
  if (!in->known) {
    *state = (PhaetonSunState){ .next_probe_ms = state->next_probe_ms };
    return decide (chain, PHAETON_WHY_SUN_UNKNOWN, 0, 0, 0);
  }
  if (in->charging)
    state->on = TRUE; /* by whatever mode it began */
  return state->on ? step_on (in, state, chain) : step_off (in, state, chain);
}

int
phaeton_sun_get_taken_w (const PhaetonSunInput *in, int limit_mA)
{
  const int offered_w = phaeton_sun_to_w (in, CLAMP (limit_mA, 0, in->max_mA));

  const int least_w = MIN (phaeton_sun_to_w (in, in->min_mA), offered_w);

  return in->charging ? CLAMP (in->draws_w + PHAETON_SUN_PROBE_W, least_w, offered_w) : least_w;
}
