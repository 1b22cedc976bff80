/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-lane.h"
#include "phaeton-sun.h"

G_BEGIN_DECLS

/* what the sun's part of a charger is decided by; its share is that of @house */
PhaetonSunInput phaeton_wish_look_at_sun (const PhaetonLane *lane, const PhaetonHouse *house);

/**
 * phaeton_wish_step:
 *
 * Stage 1 of one charger: what the mode asks for, and how many phases. The only stage that may
 * raise a current. What Auto takes is subtracted from @house, so lanes come in their order.
 */
void phaeton_wish_step (const PhaetonLane *lane, PhaetonHouse *house);

G_END_DECLS
