/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-decision.h"
#include "phaeton-fields.h"

G_BEGIN_DECLS

/* What survives of one charging point: what people asked, what faces claimed, its session. */
typedef struct {
  PhaetonCommand command;
  int position;
  int auto_start;
  int device_instance; /* claimed on the Victron system; -1: never */
  char *custom_name;   /* (owned): "" none */
  PhaetonSessionState session;
} PhaetonSavedCharger;

void phaeton_saved_charger_free (PhaetonSavedCharger *self);

/* what a charger without a saved part begins with */
PhaetonSavedCharger *phaeton_saved_charger_new (int set_mA);

/**
 * phaeton_saved_charger_apply:
 * @id: of the charger, for the log
 *
 * Puts a validated write into its place.
 *
 * Returns: whether anything changed
 */
gboolean phaeton_saved_charger_apply (PhaetonSavedCharger *self, const char *id,
                                      const PhaetonWrite *write);

G_END_DECLS
