/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"

G_BEGIN_DECLS

/* a car that charged and does not again within this after a switch is not switched any more */
#define PHAETON_AUTO_PHASES_RESUME_MS 180000

typedef struct {
  const PhaetonControlsConfig *controls;
  gint64 now_ms;
  gboolean decides; /* Auto, enabled, a car there, the surplus known */
  gboolean car_present;
  gboolean charging;     /* the car draws, now */
  gboolean was_charging; /* in the step before */
  gboolean one_phase_car;
  gboolean switching; /* a switch runs */
  int phases;         /* as the charger is: 1 or 3; 0: not known */
  int available_w;
  double phase_v; /* mean voltage of a phase */
  int min_mA;
  gboolean offered; /* a limit was offered in the step before */
} PhaetonAutoPhasesInput;

/**
 * phaeton_auto_phases_step:
 *
 * Chooses one or three phases by the sun, without flip-flop: up when three phases would run with
 * hysteresis to spare, down when three phases would have to stop while one would not, each for
 * phase_grace_ms, not sooner after a switch, with caps per stay and per day. The bands do not
 * meet: between them everything stays as it is.
 *
 * Returns: 1 or 3; 0: leave
 */
int phaeton_auto_phases_step (const PhaetonAutoPhasesInput *in, PhaetonAutoPhasesState *state);

G_END_DECLS
