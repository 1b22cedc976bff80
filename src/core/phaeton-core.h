/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"

G_BEGIN_DECLS

/**
 * phaeton_core_step:
 * @config: what is set
 * @input: what is measured and asked, at input->now_ms
 * @state: what the step before remembered; phaeton_state_new() at first
 * @decision: (out): filled; as many chargers as @config
 * @next: (out): filled; must not be @state
 *
 * Decides once for the whole site. Pure: the same values give the same bits. No I/O, no clock, no
 * allocation, no libm beyond sqrt.
 */
void phaeton_core_step (const PhaetonConfig *config, const PhaetonInput *input,
                        const PhaetonState *state, PhaetonDecision *decision, PhaetonState *next);

/* "1.0.0+5d41402abc4b": the program's and a digest of the sources that decide. The same one means
 * the same decisions to the bit */
const char *phaeton_core_get_version (void);

G_END_DECLS
