/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"

G_BEGIN_DECLS

/* a car has 5 s to follow the pilot (IEC 61851-1); one that draws on after this is left alone */
#define PHAETON_PHASES_STOP_MS 30000

/* a charger that neither does nor refuses within this failed */
#define PHAETON_PHASES_ANSWER_MS 30000

/* a phase that draws less than this draws nothing */
#define PHAETON_PHASES_IDLE_mA 500

/**
 * phaeton_phases_step:
 * @wish: 1 or 3; 0: leave the charger as it is
 * @car: whether a car must be paused first
 * @state: (inout): where the switching stands
 * @limit_mA: what is wanted
 * @chain: (inout): gets a verdict while the limit must be 0, and when the wish was refused
 *
 * Switches between one and three phases: pause, wait until nothing flows, tell the charger, wait
 * until the relays have settled. A refused wish is not repeated until the wish changes or the
 * charger was away; a failed one not before phase_grace_ms. Both give the current back at once.
 *
 * Returns: @limit_mA, or 0 while a switch runs
 */
int phaeton_phases_step (const PhaetonChargerConfig *config, const PhaetonChargerInput *input,
                         int wish, const PhaetonCarState *car, gint64 now_ms, int limit_mA,
                         PhaetonSwitchState *state, PhaetonChain *chain);

G_END_DECLS
