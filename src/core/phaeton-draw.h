/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-decision.h"

G_BEGIN_DECLS

/* below this a current says nothing about which phases the car uses */
#define PHAETON_DRAW_CLEAR_mA 3000
#define PHAETON_DRAW_SETTLED_MS 5000

/**
 * phaeton_draw_step:
 *
 * Learns from the measured currents which phases the car uses; forgets with the car, and when the
 * phases are switched.
 */
void phaeton_draw_step (const PhaetonChargerInput *input, const PhaetonCarState *car,
                        gboolean switching, gint64 now_ms, PhaetonDrawState *state);

/* bit 0: L1. As learned, else all that the charger offers; three where even that is unknown */
guint8 phaeton_draw_get_mask (const PhaetonChargerInput *input, const PhaetonDrawState *state);

/* sum of the voltages over @mask, as measured; nominal where it was not */
double phaeton_draw_get_v (const PhaetonChargerSample *sample, guint8 mask);

/* the car's power as measured, from the phases where the sum is missing */
gboolean phaeton_draw_get_power_w (const PhaetonChargerSample *sample, int *power_w);

static inline int
phaeton_draw_count_phases (guint8 mask)
{
  return (mask & 1) + ((mask >> 1) & 1) + ((mask >> 2) & 1);
}

G_END_DECLS
