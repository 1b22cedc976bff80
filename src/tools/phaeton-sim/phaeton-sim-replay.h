/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * phaeton_sim_replay:
 * @bytes: a recording
 * @is_verbose: prints every decision that changes
 * @rewritten: (nullable): filled with the same inputs and what this program decides on them
 * @report: what happened is appended, for people
 *
 * Runs core over a recording again. One of the same version must decide the same to the bit.
 *
 * Returns: %FALSE with PHAETON_ERROR_IMPLAUSIBLE when it does not, or PHAETON_ERROR_PROTOCOL when
 *   the bytes are no recording. A recording of another version only has its differences reported.
 */
gboolean phaeton_sim_replay (GBytes *bytes, gboolean is_verbose, GByteArray *rewritten,
                             GString *report, GError **error);

/* "phaeton-sim replay FILE ...": Returns: the exit status */
int phaeton_sim_replay_main (int argc, char *argv[]);

G_END_DECLS
