/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-session-account.h"

#define SECOND_MS 1000
#define HOUR_MS (3600 * (gint64) SECOND_MS)
#define UNKNOWN_GAP_MS (24 * HOUR_MS) /* a restart without a clock: no longer than this */
#define PLAUSIBLE_mA 80000            /* the largest AC charging point, mode 3 */
#define PLAUSIBLE_V 260
#define COUNTER_SLACK_WH 100 /* resolution of coarse counters */
#define FLOWING_W 20         /* what electronics draw in C2 is not charging */
#define MAX_STEP_MS (60 * SECOND_MS)

static gboolean
read_counter (const PhaetonSessionInput *in, gint64 *wh)
{
  *wh = in->input->sample.energy_wh;
  return in->input->online && phaeton_sample_knows (&in->input->sample, PHAETON_SAMPLE_ENERGY) &&
         *wh >= 0;
}

static gint64
get_elapsed_ms (const PhaetonSessionInput *in, const PhaetonChargerState *state)
{
  if (state->counter_ms != 0)
    return MAX (in->now_ms - state->counter_ms, 0);
  if (in->wall_at == 0 || state->session.last_at == 0)
    return UNKNOWN_GAP_MS;
  return CLAMP (in->wall_at - state->session.last_at, 0, G_MAXINT32) * SECOND_MS;
}

static gint64
get_plausible_wh (const PhaetonSessionInput *in, const PhaetonChargerState *state)
{
  const gint64 most_w = (gint64) PLAUSIBLE_V * PHAETON_PHASES * PLAUSIBLE_mA / 1000;

  return most_w * get_elapsed_ms (in, state) / HOUR_MS + COUNTER_SLACK_WH;
}

static void
add_energy (const PhaetonSessionInput *in, gint64 wh, PhaetonSessionState *session)
{
  if (wh == 0)
    return;
  session->gained_wh += wh;
  if (in->price_known)
    session->cost_micros += wh * in->price_micros_per_kwh / 1000;
  else
    session->cost_known = FALSE;
}

static void
believe_counter (const PhaetonSessionInput *in, gint64 wh, PhaetonChargerState *state)
{
  state->session.last_wh = wh;
  state->session.last_at = in->wall_at;
  state->counter_ms = in->now_ms;
  state->doubt = (PhaetonCounterDoubt){ 0 };
}

/* a reset or a jump: what happened before it was first seen is lost, what came since counts */
static void
doubt_counter (const PhaetonSessionInput *in, gint64 wh, PhaetonChargerState *state)
{
  if (state->doubt.since_ms == 0 || wh < state->doubt.wh) {
    state->doubt = (PhaetonCounterDoubt){ MAX (in->now_ms, 1), wh };
  } else if (in->now_ms - state->doubt.since_ms >= PHAETON_COUNTER_DOUBT_MS) {
    const gint64 since_wh = wh - state->doubt.wh;

    state->counter_ms = state->doubt.since_ms;
    if (since_wh <= get_plausible_wh (in, state))
      add_energy (in, since_wh, &state->session);
    believe_counter (in, wh, state);
  }
}

static void
count_energy (const PhaetonSessionInput *in, PhaetonChargerState *state)
{
  PhaetonSessionState *session = &state->session;
  gint64 wh = 0;

  if (!read_counter (in, &wh))
    return;
  if (!session->counter_known) {
    session->counter_known = TRUE;
    session->start_wh = wh;
    believe_counter (in, wh, state);
  } else if (wh < session->last_wh || wh - session->last_wh > get_plausible_wh (in, state)) {
    doubt_counter (in, wh, state);
  } else {
    add_energy (in, wh - session->last_wh, session);
    believe_counter (in, wh, state);
  }
}

static void
count_time (const PhaetonSessionInput *in, PhaetonChargerState *state)
{
  const PhaetonChargerSample *sample = &in->input->sample;
  const gint64 elapsed_ms = in->now_ms - state->last_step_ms;

  if (!in->input->online)
    return;
  if (phaeton_sample_knows (sample, PHAETON_SAMPLE_POWER)) {
    state->session.peak_w = MAX (state->session.peak_w, sample->power_total_w);
    if (sample->power_total_w < FLOWING_W)
      return;
  }
  if (in->was_charging && state->car.charging)
    state->session.charging_ms += CLAMP (elapsed_ms, 0, MAX_STEP_MS);
}

static void
begin (const PhaetonSessionInput *in, PhaetonChargerState *state)
{
  state->session = (PhaetonSessionState){
    .exists = TRUE,
    .running = TRUE,
    .started_at = in->wall_at,
    .cost_known = TRUE,
  };
  state->doubt = (PhaetonCounterDoubt){ 0 };
}

static void
end (const PhaetonSessionInput *in, PhaetonSessionState *session)
{
  const gboolean looked = in->seen_ms != 0 && in->now_ms - in->seen_ms < PHAETON_SESSION_GAP_MS;

  session->running = FALSE;
  session->ended_at = in->wall_at != 0 ? MAX (in->wall_at, session->started_at) : 0;
  session->end = looked ? PHAETON_END_UNPLUGGED : PHAETON_END_INTERRUPTED;
}

void
phaeton_session_account_step (const PhaetonSessionInput *in, PhaetonChargerState *state,
                              gboolean *began, gboolean *ended)
{
  PhaetonSessionState *session = &state->session;

  *began = in->car_present && !session->running;
  *ended = !in->car_present && session->running && state->car.seen_ms != 0;
  if (*began)
    begin (in, state);
  if (!session->running)
    return;
  if (session->started_at == 0)
    session->started_at = in->wall_at; /* the clock was set later: the best there is */
  count_energy (in, state);
  count_time (in, state);
  if (*ended)
    end (in, session);
}
