/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-bus-connection.h"
#include "phaeton-snapshot.h"

#include "phaeton-fields.h"

G_BEGIN_DECLS

#define PHAETON_TYPE_VICTRON_SERVICE (phaeton_victron_service_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonVictronService, phaeton_victron_service, PHAETON, VICTRON_SERVICE,
                      GObject)

/**
 * PhaetonVictronService:
 *
 * One charger as com.victronenergy.evcharger.phaeton_<instance> on @bus: it shows the snapshots it
 * is given and passes writes on. Main thread only.
 *
 * Signals:
 * - "appeared": the name is ours, again after each restart of the bus
 * - "failed" (const GError *): somebody else owns the name (G_IO_ERROR_EXISTS), then it is off the
 *   bus until appear() is called again; or the bus does not let us have it, which is tried again
 *   with the next connection
 */

/* carries out what a client of the bus wrote; errors as phaeton_site_write() */
typedef gboolean (*PhaetonVictronWriteFunc) (PhaetonFieldId field, GVariant *value, GError **error,
                                             gpointer user_data);

PhaetonVictronService *phaeton_victron_service_new (PhaetonBusConnection *bus,
                                                    PhaetonVictronWriteFunc write,
                                                    gpointer user_data);

/* announces what changed; a changed device instance makes it leave and come back under the new one
 */
void phaeton_victron_service_show (PhaetonVictronService *self, PhaetonSnapshot *snapshot,
                                   guint charger);

/* from now on it is on the bus whenever there is one */
void phaeton_victron_service_appear (PhaetonVictronService *self);

/* (nullable): the name that is ours; NULL while it is not on the bus */
const char *phaeton_victron_service_get_name (PhaetonVictronService *self);

/* leaves the bus for good */
void phaeton_victron_service_stop (PhaetonVictronService *self);

G_END_DECLS
