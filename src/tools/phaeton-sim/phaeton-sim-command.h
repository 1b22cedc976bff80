/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-sim-world.h"

G_BEGIN_DECLS

/**
 * phaeton_sim_command_run:
 * @line: a command as docs/simulator.md lists them
 *
 * Returns: (transfer full): one line without its end: "ok", "ok JSON" or "error TEXT"
 */
char *phaeton_sim_command_run (PhaetonSimWorld *world, const char *line);

G_END_DECLS
