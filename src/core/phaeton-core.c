/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-core.h"

#include <string.h>

void
phaeton_core_step (const PhaetonConfig *config, const PhaetonInput *input,
                   const PhaetonState *state, PhaetonDecision *decision, PhaetonState *next)
{
  memcpy (next, state, phaeton_state_size (config->n_chargers));
  memset (decision, 0, phaeton_decision_size (config->n_chargers));
  decision->n_chargers = config->n_chargers;
}
