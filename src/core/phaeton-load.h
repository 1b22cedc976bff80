/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"

G_BEGIN_DECLS

/**
 * phaeton_load_step:
 * @base_mA: what flows without the cars
 * @exists: whether there is such a phase
 * @at_ms: of the sample
 *
 * Learns from day to day how large the other loads get: after each full day the value below which
 * 99.9 % of its samples stayed. Bounded: a histogram, and its answer is never too small, only too
 * large by less than a bin.
 */
void phaeton_load_step (const PhaetonCircuitConfig *circuit, const int *base_mA,
                        const gboolean *exists, gint64 at_ms, PhaetonLoadState *state);

/**
 * phaeton_load_get_failsafe_base_mA:
 * @state: (nullable)
 *
 * Returns: what to expect of the other loads while the meter is silent: what the settings say, or
 * what was measured where that is more
 */
int phaeton_load_get_failsafe_base_mA (const PhaetonCircuitConfig *circuit,
                                       const PhaetonLoadState *state, int phase);

G_END_DECLS
