/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "phaeton-sim-world.h"

G_BEGIN_DECLS

/* The way in for tests: a unix socket, one command a line, one answer a line. Also plays scenario
 * files: lines "SECONDS COMMAND" in rising order, '#' begins a comment. */
typedef struct _PhaetonSimControl PhaetonSimControl;

/* @path: must not exist, or be a socket that nobody serves */
PhaetonSimControl *phaeton_sim_control_new (PhaetonSimWorld *world, const char *path,
                                            GError **error);
void phaeton_sim_control_free (PhaetonSimControl *self);

typedef struct _PhaetonSimScenario PhaetonSimScenario;

/* starts to play @text on the world's clock; complaints on stderr are those of the commands */
PhaetonSimScenario *phaeton_sim_scenario_new (PhaetonSimWorld *world, const char *text,
                                              GError **error);
void phaeton_sim_scenario_free (PhaetonSimScenario *self);

G_END_DECLS
