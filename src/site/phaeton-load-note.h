/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"

G_BEGIN_DECLS

/**
 * phaeton_load_note:
 * @before: the state before a step
 * @now: the state after it
 *
 * Tells people once, when a day of the meter begins to count for more than the settings say of the
 * other loads on a circuit: from then on the fail-safe currents are smaller.
 */
void phaeton_load_note (const PhaetonConfig *config, const PhaetonSiteState *before,
                        const PhaetonSiteState *now);

G_END_DECLS
