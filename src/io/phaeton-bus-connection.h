/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define PHAETON_TYPE_BUS_CONNECTION (phaeton_bus_connection_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonBusConnection, phaeton_bus_connection, PHAETON, BUS_CONNECTION,
                      GObject)

/**
 * PhaetonBusConnection:
 *
 * A private connection to the bus of the Victron system, kept alive: when the bus goes, it is
 * tried again with growing pauses until stop(). Main thread only; connecting never blocks it.
 *
 * Signals:
 * - "opened": phaeton_bus_connection_get() answers a fresh connection, with nothing on it
 * - "closed": it is gone, with all that was registered on it; a new one will come
 * - "failed" (const GError *): one attempt failed, the next one is scheduled
 */
PhaetonBusConnection *phaeton_bus_connection_new (void);
void phaeton_bus_connection_start (PhaetonBusConnection *self);

/* closes at once; no signal comes afterwards */
void phaeton_bus_connection_stop (PhaetonBusConnection *self);

/* drops the connection and begins anew after the usual pause, with "closed" */
void phaeton_bus_connection_reset (PhaetonBusConnection *self);

/* Returns: (transfer none) (nullable): NULL while there is none */
GDBusConnection *phaeton_bus_connection_get (PhaetonBusConnection *self);

/**
 * phaeton_bus_connection_dup_address:
 *
 * DBUS_SYSTEM_BUS_ADDRESS (a forwarded bus of a GX), else DBUS_SESSION_BUS_ADDRESS (tests and
 * demos, as Victron's own programs do), else the system bus.
 */
char *phaeton_bus_connection_dup_address (void);

G_END_DECLS
