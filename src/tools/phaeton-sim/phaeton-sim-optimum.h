/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-sim-site.h"

G_BEGIN_DECLS

/* what one stay wants, to be had at the least cost */
typedef struct {
  gint64 from_at, to_at;
  double energy_wh;
  double power_w;
  gint64 min_run_s;
  gint64 start_cost_micros;
} PhaetonSimErrand;

typedef struct {
  double cost; /* of the energy, in units of the currency */
  int n_starts;
} PhaetonSimOptimum;

/**
 * phaeton_sim_optimum_find:
 * @sees_all: each price before it is published; else again what is best whenever more is published,
 *   time without a price being dearer than all that has one
 *
 * The best that could have been done, for the car alone: by dynamic programming backwards over
 * minutes, without any code of the planner. Energy is rounded down to whole minutes, so that it is
 * a bound.
 */
PhaetonSimOptimum phaeton_sim_optimum_find (const PhaetonSimSite *site,
                                            const PhaetonSimErrand *errand, gboolean sees_all);

G_END_DECLS
