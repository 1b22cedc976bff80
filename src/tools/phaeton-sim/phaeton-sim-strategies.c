/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-sim-strategies.h"

#include "phaeton-sim-loop.h"
#include "phaeton-sim-optimum.h"

#define WEEK_S (7 * 86400)
#define TOLERANCE_WH 20.0 /* the meter tells whole Wh, some seconds late */
#define KWH_WH 1000.0

static const char *const names[PHAETON_SIM_N_STRATEGIES] = {
  [PHAETON_SIM_AT_ONCE] = "at once",
  [PHAETON_SIM_BY_LEVEL] = "level, rest late",
  [PHAETON_SIM_BY_LIMIT] = "threshold, rest late",
  [PHAETON_SIM_BY_QUANTILE] = "percentile, rest late",
  [PHAETON_SIM_LATE] = "late",
  [PHAETON_SIM_BLOCK] = "cheapest block",
  [PHAETON_SIM_CHEAPEST] = "cheapest",
  [PHAETON_SIM_OPTIMUM] = "optimum, same prices",
  [PHAETON_SIM_OPTIMUM_AHEAD] = "optimum, all prices",
};

/* the settings and the command of one strategy, for each charger */
static void
apply (PhaetonSimStrategy strategy, PhaetonConfig *config, PhaetonCommand *command)
{
  static const struct {
    PhaetonPlan plan;
    gboolean by_price;
    PhaetonPriceStrategy rule;
  } ways[PHAETON_SIM_OPTIMUM] = {
    [PHAETON_SIM_BY_LEVEL] = { PHAETON_PLAN_LATE, TRUE, PHAETON_PRICE_BY_LEVEL },
    [PHAETON_SIM_BY_LIMIT] = { PHAETON_PLAN_LATE, TRUE, PHAETON_PRICE_BY_LIMIT },
    [PHAETON_SIM_BY_QUANTILE] = { PHAETON_PLAN_LATE, TRUE, PHAETON_PRICE_BY_QUANTILE },
    [PHAETON_SIM_LATE] = { PHAETON_PLAN_LATE },
    [PHAETON_SIM_BLOCK] = { PHAETON_PLAN_BLOCK },
    [PHAETON_SIM_CHEAPEST] = { PHAETON_PLAN_CHEAP },
  };

  command->mode = strategy == PHAETON_SIM_AT_ONCE ? PHAETON_MODE_MANUAL : PHAETON_MODE_SCHEDULED;
  for (guint i = 0; i < config->n_chargers; i++) {
    PhaetonChargerConfig *charger = &config->chargers[i];

    charger->deadline.plan = ways[strategy].plan;
    charger->schedule_source =
      ways[strategy].by_price ? PHAETON_SCHEDULE_TIBBER : PHAETON_SCHEDULE_TIME;
    charger->price_rule.strategy = ways[strategy].rule;
  }
}

static void
keep_visit (const PhaetonSimVisit *visit, gpointer user_data)
{
  GArray *visits = user_data;

  g_array_append_vals (visits, visit, 1);
}

static GArray *
live (const PhaetonSimSite *site, PhaetonSimStrategy strategy, int days)
{
  PhaetonSimSite own = *site; /* borrows all but the settings of the chargers */
  PhaetonConfig config = *site->config;
  g_autofree PhaetonChargerConfig *chargers =
    g_memdup2 (config.chargers, config.n_chargers * sizeof chargers[0]);
  GArray *visits = g_array_new (FALSE, FALSE, sizeof (PhaetonSimVisit));
  const PhaetonSimWatch watch = { .visit = keep_visit, .user_data = visits };
  PhaetonSimTotals totals;

  config.chargers = chargers;
  own.config = &config;
  own.deadline_by_stay = TRUE;
  apply (strategy, &config, &own.command);
  phaeton_sim_loop_run (&own, PHAETON_SIM_RULE_CORE, days, &watch, &totals);
  return visits;
}

static void
add_visit (PhaetonSimOutcome *outcome, const PhaetonSimVisit *visit, const PhaetonSimVisit *at_once)
{
  const double missed_wh = at_once->got_wh - visit->got_wh;

  outcome->n_stays++;
  outcome->n_short += missed_wh > TOLERANCE_WH;
  outcome->short_wh = MAX (outcome->short_wh, missed_wh);
  outcome->energy_wh += visit->got_wh;
  outcome->cost += visit->cost;
  outcome->n_starts += visit->n_starts;
}

/* the same energy, with the power that it was seen to have */
static void
add_optimum (PhaetonSimOutcome *outcome, const PhaetonSimSite *site, const PhaetonSimVisit *at_once,
             gboolean sees_all)
{
  const PhaetonChargerConfig *charger = &site->config->chargers[at_once->charger];
  const gint64 length_s = at_once->stay.to_at - at_once->stay.from_at;
  const PhaetonSimErrand errand = {
    .from_at = at_once->stay.from_at,
    .to_at = at_once->stay.to_at - (length_s - 1) / WEEK_S * WEEK_S,
    .energy_wh = at_once->got_wh,
    .power_w = at_once->got_wh * 3600.0 / (double) MAX (at_once->drawing_s, 1),
    .min_run_s = charger->min_run_ms / 1000,
    .start_cost_micros = charger->start_cost_micros,
  };
  PhaetonSimVisit visit = *at_once;

  if (at_once->got_wh > 0.0) {
    const PhaetonSimOptimum best = phaeton_sim_optimum_find (site, &errand, sees_all);

    visit.cost = best.cost;
    visit.n_starts = best.n_starts;
  }
  add_visit (outcome, &visit, at_once);
}

void
phaeton_sim_strategies_run (const PhaetonSimSite *site, int days,
                            PhaetonSimOutcome outcomes[PHAETON_SIM_N_STRATEGIES])
{
  g_autoptr (GArray) at_once = live (site, PHAETON_SIM_AT_ONCE, days);
  const double start_cost = (double) site->config->chargers[0].start_cost_micros / 1e6;

  for (int s = 0; s < PHAETON_SIM_N_STRATEGIES; s++) {
    g_autoptr (GArray) visits =
      s > PHAETON_SIM_AT_ONCE && s < PHAETON_SIM_OPTIMUM ? live (site, s, days) : NULL;

    outcomes[s] = (PhaetonSimOutcome){ 0 };
    for (guint i = 0; i < at_once->len; i++) {
      const PhaetonSimVisit *one = &g_array_index (at_once, PhaetonSimVisit, i);

      if (s >= PHAETON_SIM_OPTIMUM)
        add_optimum (&outcomes[s], site, one, s == PHAETON_SIM_OPTIMUM_AHEAD);
      else
        add_visit (&outcomes[s], visits != NULL ? &g_array_index (visits, PhaetonSimVisit, i) : one,
                   one);
    }
    outcomes[s].total = outcomes[s].cost + start_cost * outcomes[s].n_starts;
  }
}

double
phaeton_sim_strategies_get_share (const PhaetonSimOutcome *at_once,
                                  const PhaetonSimOutcome *outcome, const PhaetonSimOutcome *best)
{
  const double possible = at_once->total - best->total;

  return possible > 0.0 ? (at_once->total - outcome->total) / possible : 1.0;
}

char *
phaeton_sim_strategies_to_text (const PhaetonSimSite *site,
                                const PhaetonSimOutcome outcomes[PHAETON_SIM_N_STRATEGIES])
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "%d stays, %.1f kWh; cost in %s, with starts at %.2f each\n",
                          outcomes[0].n_stays, outcomes[0].energy_wh / KWH_WH,
                          site->config->currency,
                          (double) site->config->chargers[0].start_cost_micros / 1e6);
  g_string_append_printf (text, "%-22s %9s %9s %8s %7s %11s %9s %6s\n", "", "energy", "all",
                          "per kWh", "starts", "of the best", "kWh", "short");
  for (int s = 0; s < PHAETON_SIM_N_STRATEGIES; s++) {
    const PhaetonSimOutcome *outcome = &outcomes[s];
    const double share = phaeton_sim_strategies_get_share (&outcomes[PHAETON_SIM_AT_ONCE], outcome,
                                                           &outcomes[PHAETON_SIM_OPTIMUM]);

    g_string_append_printf (
      text, "%-22s %9.2f %9.2f %8.4f %7d %10.2f%% %9.1f %6d\n", names[s], outcome->cost,
      outcome->total, outcome->cost * KWH_WH / MAX (outcome->energy_wh, 1.0), outcome->n_starts,
      100.0 * share, outcome->energy_wh / KWH_WH, outcome->n_short);
  }
  return g_string_free (text, FALSE);
}
