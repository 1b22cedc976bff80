/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define PHAETON_BUS_GATE_CALLS 32    /* of one sender that wait for an answer at a time */
#define PHAETON_BUS_GATE_BYTES 65536 /* of a call's arguments */

/**
 * phaeton_bus_gate_add:
 *
 * Bounds what others can heap up here: GDBus reads calls as fast as they come and queues them for
 * the main loop without an end. Whoever has too many calls unanswered, or sends one that is too
 * large, is told org.freedesktop.DBus.Error.LimitsExceeded at once, by the connection's own
 * thread; the main loop never hears of those. Each sender has an allowance of its own, so that one
 * that floods does not shut out the others.
 *
 * Returns: the filter, for g_dbus_connection_remove_filter()
 */
guint phaeton_bus_gate_add (GDBusConnection *connection);

G_END_DECLS
