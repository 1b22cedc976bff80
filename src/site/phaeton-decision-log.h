/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-decision.h"

G_BEGIN_DECLS

/* What was decided when, and why: the changes of the last 24 hours, in memory. */

#define PHAETON_DECISION_LOG_SPAN_US (G_GINT64_CONSTANT (24) * 3600 * G_USEC_PER_SEC)
#define PHAETON_DECISION_LOG_BYTES (1024 * 1024)

typedef struct {
  gint64 wall_us;
  guint charger; /* index in the settings of that time */
  PhaetonMode mode;
  gboolean enabled;
  PhaetonStatus status;
  int limit_mA;
  PhaetonChain chain;
} PhaetonDecisionEntry;

typedef struct _PhaetonDecisionLog PhaetonDecisionLog;

PhaetonDecisionLog *phaeton_decision_log_new (void);
void phaeton_decision_log_free (PhaetonDecisionLog *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonDecisionLog, phaeton_decision_log_free)

/**
 * phaeton_decision_log_note:
 *
 * Keeps @entry when it says something new of its charger: another reason, status, mode, a start or
 * a stop, or a limit that moved by 2 A or more since the entry before. What the sun does each
 * second in between is one decision, not a thousand.
 *
 * Returns: whether it was kept
 */
gboolean phaeton_decision_log_note (PhaetonDecisionLog *self, const PhaetonDecisionEntry *entry);

/* the decision in force at @wall_us; FALSE: older than what is kept */
gboolean phaeton_decision_log_find (PhaetonDecisionLog *self, guint charger, gint64 wall_us,
                                    PhaetonDecisionEntry *entry);

/**
 * phaeton_decision_log_collect:
 * @max: at most so many, the newest of the span
 *
 * Returns: (transfer full) (element-type PhaetonDecisionEntry): in order of time
 */
GArray *phaeton_decision_log_collect (PhaetonDecisionLog *self, guint charger, gint64 from_us,
                                      gint64 to_us, guint max);

/* the settings changed: indices mean other chargers now */
void phaeton_decision_log_clear (PhaetonDecisionLog *self);

G_END_DECLS
