/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-victron-service.h"

G_BEGIN_DECLS

/* how long measurements wait for the next ones, and every how many times those go out that nobody
 * watches; for the bench, which plays an hour in seconds, and for tests */
void phaeton_victron_service_set_rhythm (PhaetonVictronService *self, guint pause_ms,
                                         guint rounds_of_slow);

G_END_DECLS
