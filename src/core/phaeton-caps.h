/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"

G_BEGIN_DECLS

/* the lowest current, apart from 0, that this charger may be set to */
int phaeton_caps_get_min_mA (const PhaetonChargerConfig *config, const PhaetonCapabilities *can);

/* the highest: station (as sampled, else as configured), charger and controls.max_set_current */
int phaeton_caps_get_max_mA (const PhaetonChargerConfig *config, const PhaetonChargerInput *input);

/**
 * phaeton_caps_step:
 * @limit_mA: what the stages before allow
 * @chain: (inout): gets a verdict for each cap that binds
 *
 * Stage 2 of one charger: what station, charger and settings allow in every mode.
 *
 * Returns: never more than @limit_mA
 */
int phaeton_caps_step (const PhaetonChargerConfig *config, const PhaetonChargerInput *input,
                       int limit_mA, PhaetonChain *chain);

/**
 * phaeton_quantise_step:
 *
 * Stage 3: down to the charger's step; what a car cannot use becomes 0.
 *
 * Returns: never more than @limit_mA
 */
int phaeton_quantise_step (const PhaetonChargerConfig *config, const PhaetonCapabilities *can,
                           int limit_mA, PhaetonChain *chain);

G_END_DECLS
