/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"

G_BEGIN_DECLS

/* how much more is tried while PV is held back */
#define PHAETON_SUN_PROBE_W 500
#define PHAETON_SUN_PROBE_GRACE_MS 60000
#define PHAETON_SUN_PROBE_RETRY_MS 600000

typedef struct {
  const PhaetonControlsConfig *controls;
  gint64 now_ms;
  gboolean known;     /* what the sun leaves is known */
  int available_w;    /* of it, for this car, its own power included */
  gboolean curtailed; /* PV is held back, and neither grid nor battery give */
  gboolean charging;  /* the car draws what was offered before */
  int draws_w;        /* what it draws now, by its own meter */
  double volts;       /* sum over the phases it uses */
  int min_mA, max_mA;
} PhaetonSunInput;

/* power of a current of @mA on the phases that the car uses */
int phaeton_sun_to_w (const PhaetonSunInput *in, int mA);

/**
 * phaeton_sun_step:
 * @state: (inout): of this charger
 * @chain: (inout): gets the verdict
 *
 * Follows the sun: starts when there is enough with a margin for a while, follows down to the
 * minimum, holds a car that charges there for min_charge_ms, then pauses.
 *
 * Returns: the wanted limit in mA
 */
int phaeton_sun_step (const PhaetonSunInput *in, PhaetonSunState *state, PhaetonChain *chain);

/* what is gone for the next car in line; less than the limit where the car does not use it */
int phaeton_sun_get_taken_w (const PhaetonSunInput *in, int limit_mA);

G_END_DECLS
