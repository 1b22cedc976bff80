/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-sim-site.h"

G_BEGIN_DECLS

/* ways to charge by price, in the order of the table */
typedef enum {
  PHAETON_SIM_AT_ONCE,
  PHAETON_SIM_BY_LEVEL, /* these three: while the rule says so, the rest late ... */
  PHAETON_SIM_BY_LIMIT, /* ... before the deadline */
  PHAETON_SIM_BY_QUANTILE,
  PHAETON_SIM_LATE,
  PHAETON_SIM_BLOCK,
  PHAETON_SIM_CHEAPEST,
  PHAETON_SIM_OPTIMUM,       /* within the prices that are published */
  PHAETON_SIM_OPTIMUM_AHEAD, /* all prices known beforehand */
  PHAETON_SIM_N_STRATEGIES
} PhaetonSimStrategy;

/* all stays of the days together, as if each car alone had paid for the grid's power */
typedef struct {
  int n_stays;
  int n_short;     /* got less than at once would have given them */
  double short_wh; /* most that one of them missed */
  double energy_wh;
  double cost;  /* of the energy, in units of the currency */
  double total; /* and what the starts are worth */
  int n_starts;
} PhaetonSimOutcome;

/* @outcomes: (out) (array fixed-size=9) */
void phaeton_sim_strategies_run (const PhaetonSimSite *site, int days,
                                 PhaetonSimOutcome outcomes[PHAETON_SIM_N_STRATEGIES]);

/* what @outcome saves beside charging at once, as a share of what @best saves */
double phaeton_sim_strategies_get_share (const PhaetonSimOutcome *at_once,
                                         const PhaetonSimOutcome *outcome,
                                         const PhaetonSimOutcome *best);

/* Returns: (transfer full): the table that people read */
char *phaeton_sim_strategies_to_text (const PhaetonSimSite *site,
                                      const PhaetonSimOutcome outcomes[PHAETON_SIM_N_STRATEGIES]);

G_END_DECLS
