/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define PHAETON_BUS_GATE_CALLS 32    /* of one sender that wait for an answer at a time */
#define PHAETON_BUS_GATE_BYTES 65536 /* of a call's arguments */
#define PHAETON_BUS_GATE_SIGNALS 64  /* that the bus has not taken yet */

/**
 * PhaetonBusGate:
 *
 * Bounds what heaps up at a connection. GDBus reads calls as fast as they come and queues them for
 * the main loop without an end. Whoever has too many calls unanswered, or sends one that is too
 * large, is told org.freedesktop.DBus.Error.LimitsExceeded at once, by the connection's own
 * thread; the main loop never hears of those. Each sender has an allowance of its own, so that one
 * that floods does not shut out the others. Nor do signals heap up for a bus that stopped reading.
 *
 * Main thread, but for what says otherwise.
 */
typedef struct _PhaetonBusGate PhaetonBusGate;

/* answers @call at once by phaeton_bus_gate_reply(), out of what any thread may read; FALSE: the
 * main loop shall do it */
typedef gboolean (*PhaetonBusAnswerFunc) (PhaetonBusGate *gate, GDBusMessage *call,
                                          gpointer user_data);

/**
 * phaeton_bus_gate_new:
 * @connection: lives at least until phaeton_bus_gate_free()
 * @answer: (nullable): asked in the connection's own thread, for calls of senders that have none
 *   waiting, so that nobody's calls overtake each other. It spares a reader two changes of thread
 * @user_data: (transfer full): freed by @free_user_data, in any thread
 */
PhaetonBusGate *phaeton_bus_gate_new (GDBusConnection *connection, PhaetonBusAnswerFunc answer,
                                      gpointer user_data, GDestroyNotify free_user_data);
void phaeton_bus_gate_free (PhaetonBusGate *gate);

/* inside of a PhaetonBusAnswerFunc; @body: (transfer floating) */
void phaeton_bus_gate_reply (PhaetonBusGate *gate, GDBusMessage *call, GVariant *body);

/* whether the bus takes one more signal */
gboolean phaeton_bus_gate_can_emit (PhaetonBusGate *gate);
void phaeton_bus_gate_emit (PhaetonBusGate *gate, const char *path, const char *interface,
                            const char *name, GVariant *body);

G_END_DECLS
