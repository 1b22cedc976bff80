/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-sim-items.h"

G_BEGIN_DECLS

/* The settings service of a Victron system: com.victronenergy.settings. Keeps its values in
 * memory only. */
typedef struct _PhaetonSimSettings PhaetonSimSettings;

/* @changed: a value changed, by whomever */
typedef void (*PhaetonSimSettingsFunc) (const char *path, GVariant *value, gpointer user_data);

PhaetonSimSettings *phaeton_sim_settings_new (PhaetonSimSettingsFunc changed, gpointer user_data);
void phaeton_sim_settings_free (PhaetonSimSettings *self);

PhaetonSimItems *phaeton_sim_settings_get_items (PhaetonSimSettings *self);

/* @minimum, @maximum: NULL none; answers 0 or the service's error code */
int phaeton_sim_settings_add (PhaetonSimSettings *self, const char *path, GVariant *standard,
                              GVariant *minimum, GVariant *maximum, gboolean is_silent);

/* answers 0 or -1 */
int phaeton_sim_settings_write (PhaetonSimSettings *self, const char *path, GVariant *value);

G_END_DECLS
