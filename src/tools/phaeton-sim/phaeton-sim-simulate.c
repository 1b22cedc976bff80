/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-sim"
#include "config.h"

#include "phaeton-sim-simulate.h"

#include "phaeton-error.h"
#include "phaeton-sim-strategies.h"

#include <stdio.h>
#include <string.h>

#define MAX_DAYS 36600
#define CSV_HEADER                                                                                 \
  "date,pv_kwh,load_kwh,import_kwh,export_kwh,car_kwh,car_import_kwh,wanted_kwh,unmet_kwh,cost,"   \
  "starts,phase_switches,overload_l1_s,overload_l2_s,overload_l3_s\n"

typedef struct {
  int days;
  int seed;
  gboolean is_compared;
  gboolean has_strategies;
  gboolean has_report;
  char *site_path;
  char *csv_path;
  char *start;
  char *rule;
} Options;

typedef struct {
  const PhaetonSimSite *site;
  GString *csv;
} Days;

/* one line of the report: what it is, and how it follows from the totals */
typedef struct {
  const char *name;
  const char *unit;
  double (*get) (const PhaetonSimTotals *totals);
} Line;

static double
per_day (const PhaetonSimTotals *totals, double value)
{
  return value * 86400.0 / (double) MAX (totals->length_s, 1);
}

#define GETTER(name, expression)                                                                   \
  static double get_##name (const PhaetonSimTotals *t)                                             \
  {                                                                                                \
    return (expression);                                                                           \
  }

GETTER (pv, t->pv_wh / 1000.0)
GETTER (load, t->load_wh / 1000.0)
GETTER (import, t->import_wh / 1000.0)
GETTER (export, t->export_wh / 1000.0)
GETTER (own, t->pv_wh > 0.0 ? 100.0 * (1.0 - t->export_wh / t->pv_wh) : 0.0)
GETTER (car, t->car_wh / 1000.0)
GETTER (car_import, t->car_import_wh / 1000.0)
GETTER (car_sun, t->car_wh > 0.0 ? 100.0 * (1.0 - t->car_import_wh / t->car_wh) : 0.0)
GETTER (wanted, t->wanted_wh / 1000.0)
GETTER (unmet, t->unmet_wh / 1000.0)
GETTER (starts, per_day (t, t->n_starts))
GETTER (switches, per_day (t, t->n_switches))
GETTER (overload_1, t->overload_s[0])
GETTER (overload_2, t->overload_s[1])
GETTER (overload_3, t->overload_s[2])
GETTER (cost, t->cost)
GETTER (stays, t->n_stays)

static const Line lines[] = {
  { "sun", "kWh", get_pv },
  { "house without cars", "kWh", get_load },
  { "grid import", "kWh", get_import },
  { "grid export", "kWh", get_export },
  { "self-consumption", "% of the sun", get_own },
  { "cars came", "times", get_stays },
  { "cars wanted", "kWh", get_wanted },
  { "cars got", "kWh", get_car },
  { "cars got from the grid", "kWh", get_car_import },
  { "cars got from the sun", "%", get_car_sun },
  { "unmet need", "kWh", get_unmet },
  { "starts", "a day", get_starts },
  { "phase switches", "a day", get_switches },
  { "overload L1", "s", get_overload_1 },
  { "overload L2", "s", get_overload_2 },
  { "overload L3", "s", get_overload_3 },
  { "cost", NULL, get_cost }, /* unit: the currency */
};

static void
add_day (gint64 day_at, const PhaetonSimTotals *day, gpointer user_data)
{
  const Days *days = user_data;
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (day_at);
  g_autoptr (GDateTime) local = g_date_time_to_timezone (utc, days->site->zone);
  g_autofree char *date = g_date_time_format (local, "%Y-%m-%d");

  g_string_append_printf (
    days->csv, "%s,%.3f,%.3f,%.3f,%.3f,%.3f,%.3f,%.3f,%.3f,%.4f,%d,%d,%.0f,%.0f,%.0f\n", date,
    day->pv_wh / 1000.0, day->load_wh / 1000.0, day->import_wh / 1000.0, day->export_wh / 1000.0,
    day->car_wh / 1000.0, day->car_import_wh / 1000.0, day->wanted_wh / 1000.0,
    day->unmet_wh / 1000.0, day->cost, day->n_starts, day->n_switches, day->overload_s[0],
    day->overload_s[1], day->overload_s[2]);
}

static const char *
get_unit (const PhaetonSimSite *site, const Line *line)
{
  return line->unit != NULL ? line->unit : site->config->currency;
}

static void
print_report (const PhaetonSimSite *site, const PhaetonSimTotals *totals)
{
  printf ("%-24s %12.1f days in %" G_GINT64_FORMAT " steps\n", "simulated",
          (double) totals->length_s / 86400.0, totals->n_steps);
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    printf ("%-24s %12.2f %s\n", lines[i].name, lines[i].get (totals), get_unit (site, &lines[i]));
}

/* what an owner would look at, side by side on the same days */
static void
print_comparison (const PhaetonSimSite *site, const PhaetonSimTotals *core,
                  const PhaetonSimTotals *ancestor)
{
  printf ("%-24s %12s %12s\n", "", "phaeton", "ancestor");
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    printf ("%-24s %12.2f %12.2f %s\n", lines[i].name, lines[i].get (core), lines[i].get (ancestor),
            get_unit (site, &lines[i]));
}

static gboolean
compare_strategies (const PhaetonSimSite *site, int days, GError **error)
{
  PhaetonSimOutcome outcomes[PHAETON_SIM_N_STRATEGIES];
  g_autofree char *text = NULL;

  if (site->prices->len == 0) {
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                         "--strategies needs simulation: prices:");
    return FALSE;
  }
  phaeton_sim_strategies_run (site, days, outcomes);
  text = phaeton_sim_strategies_to_text (site, outcomes);
  fputs (text, stdout);
  return TRUE;
}

static gboolean
run (const Options *options, GError **error)
{
  g_autoptr (PhaetonSimSite) site =
    phaeton_sim_site_load (options->site_path, options->start, (guint64) options->seed, error);
  g_autoptr (GString) csv = g_string_new (CSV_HEADER);
  Days days = { site, csv };
  const PhaetonSimWatch watch = { .day = add_day, .user_data = &days };
  PhaetonSimTotals totals, ancestor;
  const PhaetonSimRule rule =
    g_strcmp0 (options->rule, "ancestor") == 0 ? PHAETON_SIM_RULE_ANCESTOR : PHAETON_SIM_RULE_CORE;

  if (site == NULL)
    return FALSE;
  if (options->has_strategies)
    return compare_strategies (site, options->days, error);
  if ((options->is_compared || rule == PHAETON_SIM_RULE_ANCESTOR) &&
      site->command.mode != PHAETON_MODE_AUTO) {
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                         "the ancestor's rule is about mode: auto");
    return FALSE;
  }
  phaeton_sim_loop_run (site, rule, options->days, &watch, &totals);
  if (options->is_compared) {
    phaeton_sim_loop_run (site, PHAETON_SIM_RULE_ANCESTOR, options->days, NULL, &ancestor);
    print_comparison (site, &totals, &ancestor);
  } else if (options->has_report || options->csv_path == NULL) {
    print_report (site, &totals);
  }
  return options->csv_path == NULL ||
         g_file_set_contents (options->csv_path, csv->str, (gssize) csv->len, error);
}

static gboolean
parse_options (Options *options, int argc, char *argv[], GError **error)
{
  const GOptionEntry entries[] = {
    { "site", 's', 0, G_OPTION_ARG_FILENAME, &options->site_path,
      "settings of the daemon with a section simulation:", "FILE" },
    { "days", 'd', 0, G_OPTION_ARG_INT, &options->days, "how many", "N" },
    { "start", 0, 0, G_OPTION_ARG_STRING, &options->start, "the first of them", "YYYY-MM-DD" },
    { "seed", 0, 0, G_OPTION_ARG_INT, &options->seed, "of everything left to chance", "N" },
    { "csv", 0, 0, G_OPTION_ARG_FILENAME, &options->csv_path, "a line for each day", "FILE" },
    { "report", 0, 0, G_OPTION_ARG_NONE, &options->has_report,
      "print the sums; they are printed anyway without --csv", NULL },
    { "rule", 0, 0, G_OPTION_ARG_STRING, &options->rule, "who decides: phaeton, or the ancestor",
      "phaeton|ancestor" },
    { "compare", 0, 0, G_OPTION_ARG_NONE, &options->is_compared, "both, side by side", NULL },
    { "strategies", 0, 0, G_OPTION_ARG_NONE, &options->has_strategies,
      "what each way to charge by price costs, beside the optimum", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("- a year in a minute");

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;
  if (options->site_path != NULL && argc == 1 && options->days >= 1 && options->days <= MAX_DAYS &&
      (options->rule == NULL || strcmp (options->rule, "phaeton") == 0 ||
       strcmp (options->rule, "ancestor") == 0))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "--site FILE is wanted, --days must be 1 to %d, --rule phaeton or ancestor",
               MAX_DAYS);
  return FALSE;
}

int
phaeton_sim_simulate_main (int argc, char *argv[])
{
  Options options = { .days = 1, .seed = 1 };
  g_autoptr (GError) error = NULL;
  int status = 0;

  if (!parse_options (&options, argc, argv, &error))
    status = 2;
  else if (!run (&options, &error))
    status = 1;
  if (status != 0)
    fprintf (stderr, "phaeton-sim simulate: %s\n", error->message);
  g_free (options.site_path);
  g_free (options.csv_path);
  g_free (options.start);
  g_free (options.rule);
  return status;
}
