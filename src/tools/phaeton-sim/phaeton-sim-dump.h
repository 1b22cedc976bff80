/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-sim-world.h"

G_BEGIN_DECLS

/* the whole world as one line of JSON */
char *phaeton_sim_dump (PhaetonSimWorld *world);

/* what the masters of one station asked */
char *phaeton_sim_dump_requests (PhaetonSimServer *server);

G_END_DECLS
