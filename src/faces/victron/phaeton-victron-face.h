/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-site.h"

G_BEGIN_DECLS

#define PHAETON_TYPE_VICTRON_FACE (phaeton_victron_face_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonVictronFace, phaeton_victron_face, PHAETON, VICTRON_FACE, GObject)

/**
 * PhaetonVictronFace:
 *
 * Shows each charger of the site as com.victronenergy.evcharger.phaeton_<instance>, each on a
 * private connection of its own. Reconnects by itself when the bus goes and comes.
 *
 * Signals:
 * - "failed" (GError *): the name is taken by another process, or the bus is required and cannot
 *   be reached at start; the program shall end. A name that another charger of ours has is only
 *   complained of and asked for again
 */
PhaetonVictronFace *phaeton_victron_face_new (PhaetonSite *site);
void phaeton_victron_face_start (PhaetonVictronFace *self);

/* leaves the bus at once */
void phaeton_victron_face_stop (PhaetonVictronFace *self);

G_END_DECLS
