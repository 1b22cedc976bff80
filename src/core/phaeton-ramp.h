/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-decision.h"

G_BEGIN_DECLS

#define PHAETON_RAMP_mA 2000
#define PHAETON_RAMP_MS 10000

/**
 * phaeton_ramp_step:
 * @before_mA: the limit of the step before
 * @min_mA: where a start begins
 * @step_mA: of the charger
 * @raised_ms: (inout): when the limit was last raised
 *
 * Stage 4: down at once; up from the minimum by two amperes each ten seconds.
 *
 * Returns: never more than @limit_mA
 */
int phaeton_ramp_step (int limit_mA, int before_mA, int min_mA, int step_mA, gint64 now_ms,
                       gint64 *raised_ms, PhaetonChain *chain);

G_END_DECLS
