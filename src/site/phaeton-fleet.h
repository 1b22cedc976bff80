/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-controller.h"
#include "phaeton-core.h"

G_BEGIN_DECLS

/* The controllers of the chargers that are in the settings, in their order, and the saved parts of
 * those that are not (now): a charger that comes back finds its session and its orders again.
 * Main thread only. */
typedef struct _PhaetonFleet PhaetonFleet;

/**
 * phaeton_fleet_new:
 * @saved: (transfer full) (element-type utf8 PhaetonSavedCharger): by id
 * @urgent: called as the signal "urgent" of each controller, with @owner as its data, for as long
 *   as @owner lives
 */
PhaetonFleet *phaeton_fleet_new (PhaetonClock *clock, GHashTable *saved, GCallback urgent,
                                 GObject *owner);
void phaeton_fleet_free (PhaetonFleet *self);

/* Returns: (transfer none) */
PhaetonController *phaeton_fleet_get (PhaetonFleet *self, guint index);

/**
 * phaeton_fleet_set_config:
 * @old_state: (nullable): of the settings before; %NULL the first time
 *
 * Controllers that can go on with the new settings stay, the others stop, and new ones are made
 * (and started, when the fleet was).
 *
 * Returns: (transfer full): the state of the new settings' chargers
 */
PhaetonState *phaeton_fleet_set_config (PhaetonFleet *self, PhaetonConfig *config,
                                        const PhaetonState *old_state);

/* Returns: (transfer full) (element-type utf8 PhaetonSavedCharger): borrows its values from the
 * controllers; to be printed before anything changes. @state gives the sessions. */
GHashTable *phaeton_fleet_collect_saved (PhaetonFleet *self, const PhaetonState *state);

void phaeton_fleet_start (PhaetonFleet *self);

/**
 * phaeton_fleet_leave_async:
 * @deadline_ms: real time, after which nobody waits any longer
 *
 * Tells each charger how to go on without us, then stops its controller. Cannot fail: a charger
 * that does not hear it is warned of. @self must outlive the call back, whose source is %NULL.
 */
void phaeton_fleet_leave_async (PhaetonFleet *self, guint deadline_ms, GAsyncReadyCallback callback,
                                gpointer user_data);

G_END_DECLS
