/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-charger.h"

G_BEGIN_DECLS

#define PHAETON_TYPE_ALFEN (phaeton_alfen_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonAlfen, phaeton_alfen, PHAETON, ALFEN, GObject)

/* Returns: (transfer full): not started */
PhaetonCharger *phaeton_alfen_new (const PhaetonChargerConfig *config, PhaetonClock *clock);

G_END_DECLS
