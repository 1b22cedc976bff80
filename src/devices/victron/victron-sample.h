/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-sample.h"
#include "victron-values.h"

G_BEGIN_DECLS

/**
 * victron_sample_make:
 *
 * Turns what the bus says into the home's sample: units, signs, sums, the effective minimum SoC.
 * Pure. Unknown stays unknown: a sum of phases is known only when each of its phases is.
 */
void victron_sample_make (VictronValues *values, PhaetonHomeSample *sample);

G_END_DECLS
