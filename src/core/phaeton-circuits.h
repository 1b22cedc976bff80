/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"

G_BEGIN_DECLS

#define PHAETON_ROTATE_MS 900000 /* equals take turns */

/**
 * phaeton_circuits_step:
 * @before: the state before this step
 * @decision: (inout): limits that are wanted become limits that fit
 * @next: (inout): circuits, and who runs, waits or was paused
 *
 * Stage 2 of the whole site: fuses with all that hangs on them, silent meters, orders from outside.
 * Only lowers. Chargers on no circuit are left as they are unless there is an order.
 */
void phaeton_circuits_step (const PhaetonConfig *config, const PhaetonInput *input,
                            const PhaetonState *before, PhaetonDecision *decision,
                            PhaetonState *next);

G_END_DECLS
