/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"

G_BEGIN_DECLS

/**
 * phaeton_wish_step:
 * @chain: (inout): gets the verdict
 *
 * Stage 1: what the mode asks for. The only stage that may raise a current.
 *
 * Returns: the wanted limit in mA, 0 to pause
 */
int phaeton_wish_step (const PhaetonChargerInput *input, PhaetonChain *chain);

G_END_DECLS
