/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-decision.h"
#include "phaeton-config.h"
#include "phaeton-series.h"

G_BEGIN_DECLS

#define PHAETON_TALLY_RING_S 3600 /* of the live plots: what is on the screen after a reload */

/**
 * PhaetonTally:
 *
 * Measured values as time series: the last hour second by second in memory, and one point a
 * minute for history. A minute is dated when it ends; while the clock is not set minutes wait,
 * and are dated backwards once it is. Main thread only.
 *
 * Names end with their unit: _energy_wh is a sum, everything else a mean.
 */
typedef struct _PhaetonTally PhaetonTally;

typedef void (*PhaetonPointFunc) (const PhaetonPoint *point, gpointer user_data);

/* @function: takes finished minutes */
PhaetonTally *phaeton_tally_new (PhaetonPointFunc function, gpointer user_data);
void phaeton_tally_free (PhaetonTally *self);

void phaeton_tally_step (PhaetonTally *self, const PhaetonConfig *config, const PhaetonInput *input,
                         const PhaetonState *state, const PhaetonDecision *decision);

/* ends the running minute; for orderly exit */
void phaeton_tally_flush (PhaetonTally *self);

/* Returns: (transfer full): the seconds from @from_at on, as many as there are and as fit into an
 * answer; each dated back from @wall_at, which is now. Energies have no seconds */
PhaetonSeriesData *phaeton_tally_read_live (PhaetonTally *self, GStrv names, gint64 from_at,
                                            gint64 wall_at);

/* names of all series that were ever recorded in this run */
GStrv phaeton_tally_list (PhaetonTally *self);

G_END_DECLS
