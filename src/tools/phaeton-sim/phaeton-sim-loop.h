/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-sim-site.h"

G_BEGIN_DECLS

typedef enum {
  PHAETON_SIM_RULE_CORE,     /* phaeton_core_step() */
  PHAETON_SIM_RULE_ANCESTOR, /* as the older drivers, Auto alone */
} PhaetonSimRule;

/* what flowed and happened, from the beginning or in a day */
typedef struct {
  gint64 length_s;
  gint64 n_steps;
  double pv_wh; /* what the roof gave, after curtailment */
  double load_wh;
  double battery_wh; /* + into it */
  double import_wh, export_wh;
  double car_wh;
  double car_import_wh; /* that part of it which came from the grid */
  double wanted_wh;     /* by the cars that came */
  double unmet_wh;      /* what they left without */
  double cost;          /* of the house in units of the currency: import less export */
  int n_stays;
  int n_starts;   /* current began to flow */
  int n_switches; /* between one and three phases, with a car plugged in */
  double overload_s[PHAETON_PHASES];
} PhaetonSimTotals;

/* a stay that is over */
typedef struct {
  guint charger;
  PhaetonSimStay stay;
  double wanted_wh, got_wh;
  gint64 drawing_s;
  double cost; /* of its energy as if the grid had given all of it, in units of the currency */
  int n_starts;
} PhaetonSimVisit;

/* who wants to know more than the totals; each may be NULL */
typedef struct {
  void (*day) (gint64 day_at, const PhaetonSimTotals *day, gpointer user_data);
  void (*visit) (const PhaetonSimVisit *visit, gpointer user_data);
  gpointer user_data;
} PhaetonSimWatch;

/**
 * phaeton_sim_loop_run:
 * @watch: (nullable): told of days and stays that end
 * @totals: (out)
 *
 * Plant and decisions in a plain loop: a second at a time while a car draws or may start, else to
 * the next event, half a minute at most. The same site gives the same bits.
 */
void phaeton_sim_loop_run (const PhaetonSimSite *site, PhaetonSimRule rule, int days,
                           const PhaetonSimWatch *watch, PhaetonSimTotals *totals);

G_END_DECLS
