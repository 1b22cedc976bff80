/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "phaeton-sim-world.h"

G_BEGIN_DECLS

/**
 * PhaetonSimVictron:
 *
 * The Victron system of the house on the session bus: com.victronenergy.system, .settings and
 * .grid.sim, each on its own connection. Shows what the plant measures once a second, and takes
 * the ESS settings from the settings service into the plant.
 */
PhaetonSimVictron *phaeton_sim_victron_new (PhaetonSimWorld *world, GError **error);
void phaeton_sim_victron_free (PhaetonSimVictron *self);

/* @words: NULL-terminated, as docs/simulator.md describes behind "victron" */
gboolean phaeton_sim_victron_command (PhaetonSimVictron *self, char **words, GError **error);

G_END_DECLS
