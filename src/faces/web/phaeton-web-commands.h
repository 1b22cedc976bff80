/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "phaeton-fields.h"

G_BEGIN_DECLS

/* From the bodies of POST and PATCH to values for phaeton_site_write(): pure, for hostile input.
 * All fail with PHAETON_ERROR_TYPE or PHAETON_ERROR_RANGE and a message for people. */

typedef struct {
  PhaetonFieldId field;
  GVariant *value; /* (owned) */
} PhaetonWebCommand;

void phaeton_web_command_clear (PhaetonWebCommand *self);

/* POST /api/mode: {"mode": 0..2} */
gboolean phaeton_web_parse_mode (JsonNode *body, PhaetonWebCommand *command, GError **error);

/* POST /api/startstop: {"value": 0|1}, else {"enabled": boolean}; neither: stop */
gboolean phaeton_web_parse_start_stop (JsonNode *body, PhaetonWebCommand *command, GError **error);

/* POST /api/set_current: {"amps": number}; below 0 is 0 */
gboolean phaeton_web_parse_set_current (JsonNode *body, PhaetonWebCommand *command, GError **error);

/* POST /api/phases: {"phases": 0..255} */
gboolean phaeton_web_parse_phases (JsonNode *body, PhaetonWebCommand *command, GError **error);

/**
 * phaeton_web_parse_patch:
 * @record: of the charger, for its limits
 *
 * PATCH /api/v1/chargers/{id}: an object of writable fields by their v1 names.
 *
 * Returns: (element-type PhaetonWebCommand) (transfer full): all of them valid, or %NULL
 */
GArray *phaeton_web_parse_patch (JsonNode *body, const PhaetonChargerRecord *record,
                                 GError **error);

G_END_DECLS
