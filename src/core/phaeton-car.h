/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-decision.h"

G_BEGIN_DECLS

/* some stations show pilot E for a moment while a car is plugged in */
#define PHAETON_CAR_UNCLEAR_MS 60000

/* a car that stops while current is offered has finished when it stays so; a car that renegotiates
 * comes back sooner */
#define PHAETON_CAR_FINISHED_MS 10000

/**
 * phaeton_car_step:
 * @input: the charger as it is now
 * @offered_mA: the limit of the step before
 * @now_ms: time of this step
 * @car: (inout): what is believed
 *
 * Believes the pilot with its gaps bridged: while the charger is offline or says nothing about the
 * car (unknown, F) everything holds.
 */
void phaeton_car_step (const PhaetonChargerInput *input, int offered_mA, gint64 now_ms,
                       PhaetonCarState *car);

G_END_DECLS
