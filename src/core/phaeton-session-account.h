/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"

G_BEGIN_DECLS

/* a counter that jumps where no power can have carried it is believed when it stays there */
#define PHAETON_COUNTER_DOUBT_MS 30000

/* longer than this without a look at the car, and its going is not a plain unplugging any more */
#define PHAETON_SESSION_GAP_MS 60000

/* so much may a counter gain between two sessions and belong to the next: the moment before the
 * car was seen, and the resolution of coarse counters */
#define PHAETON_SESSION_SLACK_WH 100

/* after a time in which nobody looked, more than this is a session of its own that was missed */
#define PHAETON_SESSION_MISSED_WH 10

/* one step's view of the session's surroundings */
typedef struct {
  const PhaetonChargerInput *input;
  gint64 now_ms;
  gint64 wall_at; /* 0: the clock was not set */
  gboolean price_known;
  gboolean price_is_flat;       /* the same since the counter was last read */
  gint64 price_micros_per_kwh;  /* in the time since then */
  gint64 export_micros_per_kwh; /* what selling brings */
  PhaetonEnergyMix mix;         /* where the cars' power comes from */
  int phases;                   /* that the car draws on; 0: not known */
  gboolean car_present;         /* as believed now */
  gboolean was_charging;        /* in the step before */
  gint64 seen_ms; /* when the place was last seen before this step; 0: never in this run */
} PhaetonSessionInput;

/**
 * phaeton_session_account_step:
 * @state: (inout): its session, counter and doubt; car and last_step_ms are read
 * @decision: (inout): session_began: the site gives the new session its id; session_ended: of the
 *   one that was running before this step; session_missed: nobody saw it, the site gives it an id
 *
 * One session is one car's stay: it begins when the car is plugged in, ends when it is gone, and
 * no pause, phase switch, lost charger or restart divides it. Energy comes from the lifetime
 * counter and never goes down; what the counter jumps beyond plausible power is not counted. What
 * it gained while nobody looked and no session ran is one session, begun and ended in this step.
 */
void phaeton_session_account_step (const PhaetonSessionInput *in, PhaetonChargerState *state,
                                   PhaetonChargerDecision *decision);

G_END_DECLS
