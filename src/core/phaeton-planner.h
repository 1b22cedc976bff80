/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-decision.h"

G_BEGIN_DECLS

/* When to charge before a deadline. */

/* what is to be planned */
typedef struct {
  gint64 now_at, until_at;
  gint64 needed_s; /* of charging at power_w */
  int power_w;
  gint64 min_run_s;         /* no run is shorter, unless less is needed */
  gint64 start_cost_micros; /* what a start must save */
  gboolean in_one_run;      /* the cheapest block */
  gboolean charging;        /* a run goes on now: it is no start ... */
  gint64 hold_s;            /* ... and is not over before */
} PhaetonPlanTask;

/**
 * phaeton_planner_plan:
 * @prices: what is known; the rest of the time counts as dearer than all of it
 * @runs: (out) (array length=max_runs): in order of time
 *
 * The runs that cost least together, in units of five minutes, of a quarter of an hour or of an
 * hour, as far as the deadline is away. Of equal ones the earlier; where no price is known the
 * later, since one may become known. Exact: by the best of all ways to have charged so much by each
 * unit, not by picking slots. Time that is not enough is one run.
 *
 * Returns: number of @runs
 */
guint phaeton_planner_plan (const PhaetonPlanTask *task, const PhaetonPriceSeries *prices,
                            PhaetonRun *runs, guint max_runs);

G_END_DECLS
