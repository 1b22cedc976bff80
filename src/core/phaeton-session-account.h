/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"

G_BEGIN_DECLS

/* a counter that jumps where no power can have carried it is believed when it stays there */
#define PHAETON_COUNTER_DOUBT_MS 30000

/* longer than this without a look at the car, and its going is not a plain unplugging any more */
#define PHAETON_SESSION_GAP_MS 60000

/* one step's view of the session's surroundings */
typedef struct {
  const PhaetonChargerInput *input;
  gint64 now_ms;
  gint64 wall_at; /* 0: the clock was not set */
  gboolean price_known;
  gint64 price_micros_per_kwh;
  gboolean car_present;  /* as believed now */
  gboolean was_charging; /* in the step before */
  gint64 seen_ms;        /* when the place was last seen before this step; 0: never in this run */
} PhaetonSessionInput;

/**
 * phaeton_session_account_step:
 * @state: (inout): its session, counter and doubt; car and last_step_ms are read
 * @began: (out): the site gives the new session its id
 * @ended: (out): of the session that was running before this step
 *
 * One session is one car's stay: it begins when the car is plugged in, ends when it is gone, and
 * no pause, phase switch, lost charger or restart divides it. Energy comes from the lifetime
 * counter and never goes down; what the counter jumps beyond plausible power is not counted.
 */
void phaeton_session_account_step (const PhaetonSessionInput *in, PhaetonChargerState *state,
                                   gboolean *began, gboolean *ended);

G_END_DECLS
