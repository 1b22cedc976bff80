/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-victron-service.h"

G_BEGIN_DECLS

#define PHAETON_TYPE_VICTRON_SETTINGS (phaeton_victron_settings_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonVictronSettings, phaeton_victron_settings, PHAETON, VICTRON_SETTINGS,
                      GObject)

/**
 * PhaetonVictronSettings:
 *
 * What the settings service of a Victron system (com.victronenergy.settings) keeps of one charger:
 * its device instance, which the service gives out, and name, position and auto start, which
 * follow in both directions. A service that is late, restarted or missing is no error. Only what
 * people change is ever written to it: it lives on flash. Main thread only.
 *
 * Signals:
 * - "claimed": the service answered for this charger, its values have been applied
 * - "absent": there is none on the bus, and nothing says that one will come
 */

/**
 * phaeton_victron_settings_new:
 * @socket: number of the charging point at its station; two of them share one serial number
 * @write: takes what the service says
 */
PhaetonVictronSettings *phaeton_victron_settings_new (PhaetonBusConnection *bus, guint socket,
                                                      PhaetonVictronWriteFunc write,
                                                      gpointer user_data);

/* brings what people changed here to the service; the first serial number seen begins it all */
void phaeton_victron_settings_show (PhaetonVictronSettings *self, PhaetonSnapshot *snapshot,
                                    guint charger);

void phaeton_victron_settings_stop (PhaetonVictronSettings *self);

/* "/Settings/Devices/phaeton_" and the serial, in the characters that the service allows; sockets
 * after the first add their number */
char *phaeton_victron_settings_dup_path (const char *serial, guint socket);

/* "evcharger:40" -> 40; -1: another class, or nonsense */
int phaeton_victron_settings_parse_instance (const char *text);

G_END_DECLS
