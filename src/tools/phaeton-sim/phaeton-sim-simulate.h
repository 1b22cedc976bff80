/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-sim-loop.h"

G_BEGIN_DECLS

/* "phaeton-sim simulate --days N --site FILE ...": Returns: the exit status */
int phaeton_sim_simulate_main (int argc, char *argv[]);

G_END_DECLS
