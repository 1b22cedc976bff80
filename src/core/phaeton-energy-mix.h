/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-decision.h"

G_BEGIN_DECLS

/**
 * phaeton_energy_mix_step:
 * @battery_seen: there is a home battery: without its value nothing is known
 * @mix: (inout): stays while no car draws
 *
 * Where the power of the cars comes from now. The house comes first in the sun, the cars next, the
 * home battery last: what the cars draw beyond that is covered by battery and grid, in the
 * proportion in which both supply. All cars share one mix.
 */
void phaeton_energy_mix_step (const PhaetonInput *input, gboolean battery_seen,
                              PhaetonEnergyMix *mix);

G_END_DECLS
