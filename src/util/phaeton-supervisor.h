/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a supervisor such as systemd is told: datagrams to the socket named by NOTIFY_SOCKET, see
 * sd_notify(3). Without one nothing happens. Main thread only. */

/**
 * phaeton_supervisor_start:
 *
 * Takes NOTIFY_SOCKET and WATCHDOG_USEC out of the environment, so that no child uses them. When a
 * watchdog waits, a timer of the main loop feeds it twice as often as needed: a main loop that is
 * stuck no longer does.
 */
void phaeton_supervisor_start (void);

/* "READY=1", "STOPPING=1", "STATUS=..." */
void phaeton_supervisor_tell (const char *state);

void phaeton_supervisor_stop (void);

G_END_DECLS
