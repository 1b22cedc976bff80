/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-session-account.h"

#define SECOND_MS 1000
#define HOUR_MS (3600 * (gint64) SECOND_MS)
#define UNKNOWN_GAP_MS (24 * HOUR_MS) /* a restart without a clock: no longer than this */
#define PLAUSIBLE_mA 80000            /* the largest AC charging point, mode 3 */
#define PLAUSIBLE_V 260
#define PLAUSIBLE_W (PLAUSIBLE_V * PHAETON_PHASES * (gint64) (PLAUSIBLE_mA / 1000))
#define COMPARE_MS (10 * SECOND_MS)            /* a look and the next */
#define COUNTER_SLACK_WH 100                   /* resolution of coarse counters */
#define SLOT_MS (15 * 60 * (gint64) SECOND_MS) /* the shortest that prices have */
#define FLOWING_W 20                           /* what electronics draw in C2 is not charging */
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
  return PLAUSIBLE_W * get_elapsed_ms (in, state) / HOUR_MS + COUNTER_SLACK_WH;
}

/* @amount: in parts of a micro; what is less than one waits in @rest */
static void
add_money (gint64 amount, gint64 parts, gint64 *micros, gint64 *rest)
{
  amount += *rest;
  *micros += amount / parts;
  *rest = amount % parts;
}

static void
split_energy (const PhaetonSessionInput *in, gint64 wh, PhaetonSessionState *session)
{
  const gint64 sun_mWh = wh * in->mix.sun_permille;
  const gint64 battery_mWh = wh * in->mix.battery_permille;

  session->sun_mWh += sun_mWh;
  session->battery_mWh += battery_mWh;
  session->grid_mWh += wh * 1000 - sun_mWh - battery_mWh;
  if (in->price_known)
    add_money (sun_mWh * (in->price_micros_per_kwh - in->export_micros_per_kwh), 1000 * 1000,
               &session->saved_micros, &session->saved_rest);
}

/* what came in a long gap has the mix and the price of no one moment */
static void
add_energy (const PhaetonSessionInput *in, gint64 wh, gint64 elapsed_ms,
            PhaetonSessionState *session)
{
  if (wh == 0)
    return;
  session->gained_wh += wh;
  if (in->price_known && (in->price_is_flat || elapsed_ms <= SLOT_MS))
    add_money (wh * in->price_micros_per_kwh, 1000, &session->cost_micros, &session->cost_rest);
  else
    session->cost_known = FALSE;
  if (in->mix.known && elapsed_ms <= MAX_STEP_MS)
    split_energy (in, wh, session);
}

static void
believe_counter (const PhaetonSessionInput *in, gint64 wh, PhaetonChargerState *state)
{
  state->session.last_wh = wh;
  state->session.last_at = in->wall_at;
  state->counter_ms = in->now_ms;
  state->doubt = (PhaetonCounterDoubt){ 0 };
}

/* a counter was reset or jumped. Answers whether it has gone on from there for long enough */
static gboolean
step_doubt (const PhaetonSessionInput *in, gint64 wh, PhaetonChargerState *state)
{
  if (state->doubt.since_ms == 0 || wh < state->doubt.wh) {
    state->doubt = (PhaetonCounterDoubt){ MAX (in->now_ms, 1), wh };
    return FALSE;
  }
  return in->now_ms - state->doubt.since_ms >= PHAETON_COUNTER_DOUBT_MS;
}

/* what happened before it was first seen is lost, what came since counts */
static void
doubt_counter (const PhaetonSessionInput *in, gint64 wh, PhaetonChargerState *state)
{
  const gint64 since_wh = wh - state->doubt.wh;

  if (!step_doubt (in, wh, state))
    return;
  state->counter_ms = state->doubt.since_ms;
  if (since_wh <= get_plausible_wh (in, state))
    add_energy (in, since_wh, get_elapsed_ms (in, state), &state->session);
  believe_counter (in, wh, state);
}

/* power and counter over the same time; a longer one has the power of no one moment */
static void
compare (const PhaetonSessionInput *in, gint64 wh, gint64 elapsed_ms, PhaetonSessionState *session)
{
  const PhaetonChargerSample *sample = &in->input->sample;

  if (elapsed_ms > COMPARE_MS || !phaeton_sample_knows (sample, PHAETON_SAMPLE_POWER))
    return;
  session->compared_wh += wh;
  session->measured_mWh +=
    CLAMP (sample->power_total_w, 0, PLAUSIBLE_W) * elapsed_ms * 1000 / HOUR_MS;
}

/* a charger without a counter: what its power makes is all there is */
static void
count_power (const PhaetonSessionInput *in, PhaetonChargerState *state)
{
  const PhaetonChargerSample *sample = &in->input->sample;
  const gint64 elapsed_ms =
    state->last_step_ms != 0 ? CLAMP (in->now_ms - state->last_step_ms, 0, MAX_STEP_MS) : 0;

  if (!in->input->online || !phaeton_sample_knows (sample, PHAETON_SAMPLE_POWER))
    return;
  state->session.measured_mWh +=
    CLAMP (sample->power_total_w, 0, PLAUSIBLE_W) * elapsed_ms * 1000 / HOUR_MS;
  add_energy (in, state->session.measured_mWh / 1000 - state->session.gained_wh, elapsed_ms,
              &state->session);
}

static void
count_energy (const PhaetonSessionInput *in, PhaetonChargerState *state)
{
  PhaetonSessionState *session = &state->session;
  gint64 wh = 0;

  if (!read_counter (in, &wh)) {
    if (!session->counter_known)
      count_power (in, state);
    return;
  }
  if (!session->counter_known) {
    session->counter_known = TRUE;
    session->start_wh = wh;
    session->measured_mWh = 0;
    believe_counter (in, wh, state);
  } else if (wh < session->last_wh || wh - session->last_wh > get_plausible_wh (in, state)) {
    doubt_counter (in, wh, state);
  } else {
    const gint64 elapsed_ms = get_elapsed_ms (in, state);

    add_energy (in, wh - session->last_wh, elapsed_ms, session);
    compare (in, wh - session->last_wh, elapsed_ms, session);
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
    state->session.peak_w =
      (int) MAX (state->session.peak_w, MIN (sample->power_total_w, PLAUSIBLE_W));
    if (sample->power_total_w < FLOWING_W)
      return;
  }
  if (in->was_charging && state->car.charging)
    state->session.charging_ms += CLAMP (elapsed_ms, 0, MAX_STEP_MS);
}

/* the counter may have moved since it was last read, by what the car took before it was seen */
static void
begin (const PhaetonSessionInput *in, PhaetonChargerState *state)
{
  const PhaetonSessionState before = state->session;
  gint64 wh;

  state->session = (PhaetonSessionState){
    .exists = TRUE,
    .running = TRUE,
    .started_at = in->wall_at,
    .cost_known = TRUE,
  };
  state->doubt = (PhaetonCounterDoubt){ 0 };
  if (!before.counter_known || state->counter_ms == 0 || !read_counter (in, &wh) ||
      wh < before.last_wh || wh - before.last_wh > PHAETON_SESSION_SLACK_WH)
    return;
  state->session.counter_known = TRUE;
  state->session.start_wh = state->session.last_wh = before.last_wh;
  state->session.last_at = before.last_at;
}

/* was nobody looking before this step? */
static gboolean
was_away (const PhaetonSessionInput *in)
{
  return in->seen_ms == 0 || in->now_ms - in->seen_ms >= PHAETON_SESSION_GAP_MS;
}

static void
note_missed (const PhaetonSessionInput *in, gint64 wh, PhaetonChargerState *state)
{
  const PhaetonSessionState before = state->session;
  const gint64 elapsed_ms = get_elapsed_ms (in, state);

  state->session = (PhaetonSessionState){
    .exists = TRUE,
    .started_at = before.last_at,
    .ended_at = in->wall_at != 0 ? MAX (in->wall_at, before.last_at) : 0,
    .counter_known = TRUE,
    .start_wh = before.last_wh,
    .cost_known = TRUE,
    .interruptions = 1,
    .end = PHAETON_END_INTERRUPTED,
  };
  add_energy (in, wh - before.last_wh, elapsed_ms, &state->session);
  believe_counter (in, wh, state);
}

/* no session runs. Answers whether one came and went unseen */
static gboolean
watch_counter (const PhaetonSessionInput *in, PhaetonChargerState *state)
{
  PhaetonSessionState *session = &state->session;
  gint64 wh = 0;

  if (!read_counter (in, &wh))
    return FALSE;
  if (!session->counter_known) {
    session->counter_known = TRUE;
    session->start_wh = wh;
    believe_counter (in, wh, state);
  } else if (wh < session->last_wh || wh - session->last_wh > get_plausible_wh (in, state)) {
    if (step_doubt (in, wh, state))
      believe_counter (in, wh, state);
  } else if (wh - session->last_wh >
             (was_away (in) ? PHAETON_SESSION_MISSED_WH : PHAETON_SESSION_SLACK_WH)) {
    note_missed (in, wh, state);
    return TRUE;
  } else if (wh == session->last_wh) {
    believe_counter (in, wh, state);
  } else if (state->counter_ms == 0) {
    state->counter_ms = in->now_ms; /* it was read in this run; what it gained waits */
  }
  return FALSE;
}

static void
end (const PhaetonSessionInput *in, PhaetonSessionState *session)
{
  session->running = FALSE;
  session->ended_at = in->wall_at != 0 ? MAX (in->wall_at, session->started_at) : 0;
  session->end = was_away (in) ? PHAETON_END_INTERRUPTED : PHAETON_END_UNPLUGGED;
}

/* the first step of a run in which its charger is seen */
static void
note_return (const PhaetonSessionInput *in, const PhaetonChargerState *state,
             PhaetonSessionState *session)
{
  if (in->seen_ms == 0 && state->car.seen_ms != 0)
    session->interruptions++;
}

void
phaeton_session_account_step (const PhaetonSessionInput *in, PhaetonChargerState *state,
                              PhaetonChargerDecision *decision)
{
  PhaetonSessionState *session = &state->session;

  if (!session->running && watch_counter (in, state)) {
    decision->session_missed = decision->session_ended = TRUE;
    return; /* a car that is there now begins in the next step */
  }
  decision->session_began = in->car_present && !session->running;
  decision->session_ended = !in->car_present && session->running && state->car.seen_ms != 0;
  if (decision->session_began)
    begin (in, state);
  else if (session->running)
    note_return (in, state, session);
  if (!session->running)
    return;
  if (session->started_at == 0)
    session->started_at = in->wall_at; /* the clock was set later: the best there is */
  session->phases = MAX (session->phases, in->phases);
  count_energy (in, state);
  count_time (in, state);
  if (decision->session_ended)
    end (in, session);
}
