/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-charger.h"
#include "phaeton-decision.h"
#include "phaeton-snapshot.h"
#include "phaeton-state-file.h"

G_BEGIN_DECLS

#define PHAETON_TYPE_CONTROLLER (phaeton_controller_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonController, phaeton_controller, PHAETON, CONTROLLER, GObject)

/**
 * PhaetonController:
 *
 * One charging point: holds what people asked of it, keeps the newest sample, carries out the
 * decision, re-asserts it, and knows what the charger confirmed. Main thread only.
 *
 * Signals:
 * - "urgent": something happened that should not wait for the next tick (car, loss, return)
 */

/* @saved: (transfer full) */
PhaetonController *phaeton_controller_new (PhaetonConfig *config, guint index, PhaetonClock *clock,
                                           PhaetonSavedCharger *saved, GError **error);

void phaeton_controller_start (PhaetonController *self);
void phaeton_controller_stop (PhaetonController *self);

/* TRUE: the settings changed so that the same wire goes on; FALSE: make a new controller */
gboolean phaeton_controller_set_config (PhaetonController *self, PhaetonConfig *config,
                                        guint index);

/* (transfer none): what people asked; the site changes it, and steps */
PhaetonSavedCharger *phaeton_controller_get_saved (PhaetonController *self);

/* (transfer full): for a charger that leaves the settings; the controller is of no use after it */
PhaetonSavedCharger *phaeton_controller_steal_saved (PhaetonController *self);

void phaeton_controller_fill_input (PhaetonController *self, PhaetonChargerInput *input);
void phaeton_controller_carry_out (PhaetonController *self, const PhaetonChargerDecision *decision);

/* fills the part of a record that this charging point knows */
void phaeton_controller_fill_record (PhaetonController *self, PhaetonSnapshot *snapshot,
                                     guint index);

/* @name: (nullable): see phaeton_site_note_service() */
void phaeton_controller_note_service (PhaetonController *self, const char *name);

/* (nullable): what went wrong last with this charger, and when (wall seconds UTC); NULL: nothing */
const char *phaeton_controller_get_trouble (PhaetonController *self, gint64 *at);

/* for orderly exit: what the settings want to stay in the charger */
void phaeton_controller_leave_async (PhaetonController *self, GAsyncReadyCallback callback,
                                     gpointer user_data);
gboolean phaeton_controller_leave_finish (PhaetonController *self, GAsyncResult *result,
                                          GError **error);

G_END_DECLS
