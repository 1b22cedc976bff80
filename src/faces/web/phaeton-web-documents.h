/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-fields.h"
#include "phaeton-json.h"
#include "phaeton-why.h"

G_BEGIN_DECLS

/* What the API shows of a snapshot, as loops over the field table. Unknown is null.
 * Those of the ancestors' API show the first charger. */

/* GET /api/status and the SSE event of that name */
void phaeton_web_write_status (PhaetonJson *json, const PhaetonSnapshot *snapshot);

/* GET /api/metrics; @age_ms of the snapshot */
void phaeton_web_write_metrics (PhaetonJson *json, const PhaetonSnapshot *snapshot, gint64 age_ms);

/* GET /api/sessions */
void phaeton_web_write_sessions (PhaetonJson *json, const PhaetonSnapshot *snapshot);

/* GET /api/dbus: path -> value */
void phaeton_web_write_dbus (PhaetonJson *json, const PhaetonSnapshot *snapshot);

/* one object of every field of the scope by its v1 name, without its brackets */
void phaeton_web_write_fields (PhaetonJson *json, const PhaetonSnapshot *snapshot,
                               PhaetonScope scope, guint charger);

/* the same of those that differ from @before on v1; FALSE: none does */
gboolean phaeton_web_write_changes (PhaetonJson *json, const PhaetonSnapshot *snapshot,
                                    const PhaetonSnapshot *before, PhaetonScope scope,
                                    guint charger);

/* GET /api/v1/site */
void phaeton_web_write_site (PhaetonJson *json, const PhaetonSnapshot *snapshot);

/* one of GET /api/v1/chargers: every field, the label of the status and the chain behind the
 * limit */
void phaeton_web_write_charger (PhaetonJson *json, const PhaetonSnapshot *snapshot, guint charger,
                                const PhaetonChain *chain);

/* one of GET /api/explain: who, how much, why, and the chain */
void phaeton_web_write_explanation (PhaetonJson *json, const PhaetonSnapshot *snapshot,
                                    guint charger, const PhaetonChain *chain);

/* a field by the name and in the unit that the ancestors' status has for it */
void phaeton_web_write_field (PhaetonJson *json, const PhaetonSnapshot *snapshot, guint charger,
                              PhaetonFieldId id);

/* an array of verdicts: stage, code, limit, values by name, sentence, which one binds */
void phaeton_web_write_chain (PhaetonJson *json, const char *name, const PhaetonChain *chain,
                              const char *const *circuits);

G_END_DECLS
