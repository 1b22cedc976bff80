/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-clock.h"
#include "phaeton-home.h"

G_BEGIN_DECLS

#define PHAETON_TYPE_VICTRON_HOME (phaeton_victron_home_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonVictronHome, phaeton_victron_home, PHAETON, VICTRON_HOME, GObject)

/**
 * PhaetonVictronHome:
 *
 * Reads the Victron system on D-Bus on a connection of its own. A bus that is not there is waited
 * for.
 */
PhaetonHome *phaeton_victron_home_new (PhaetonClock *clock);

G_END_DECLS
