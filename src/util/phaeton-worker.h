/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * phaeton_worker_push:
 * @task: returns its result from @function
 *
 * Runs @function in the one worker thread that all of the daemon's rare blocking work shares
 * (files, passwords), in the order of the calls: a later write of a file never loses to an
 * earlier one. Only Modbus buses and the store have a thread of their own.
 */
void phaeton_worker_push (GTask *task, GTaskThreadFunc function);

/* waits until everything pushed so far is done; for orderly exit and for tests */
void phaeton_worker_drain (void);

G_END_DECLS
