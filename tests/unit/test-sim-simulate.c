/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-error.h"
#include "phaeton-sim-loop.h"

#include <glib/gstdio.h>
#include <string.h>

#define YEAR_BUDGET_S 60.0

static PhaetonSimSite *
load (const char *name, guint64 seed)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "data", "sites", name, NULL);
  g_autoptr (GError) error = NULL;
  PhaetonSimSite *site = phaeton_sim_site_load (path, NULL, seed, &error);

  g_assert_no_error (error);
  return site;
}

static PhaetonSimTotals
run (const PhaetonSimSite *site, PhaetonSimRule rule, int days)
{
  PhaetonSimTotals totals;

  phaeton_sim_loop_run (site, rule, days, NULL, &totals);
  return totals;
}

static void
assert_energy_is_kept (const PhaetonSimTotals *totals)
{
  const double used_wh = totals->load_wh + totals->car_wh + totals->battery_wh;
  const double given_wh = totals->pv_wh + totals->import_wh - totals->export_wh;

  g_assert_cmpfloat_with_epsilon (used_wh, given_wh, 1e-6 * (used_wh + 1000.0));
  g_assert_cmpfloat (totals->car_import_wh, <=, totals->car_wh);
  g_assert_cmpfloat (totals->car_import_wh, <=, totals->import_wh);
  g_assert_cmpfloat (totals->car_wh + totals->unmet_wh, <=, totals->wanted_wh * 1.01 + 1000.0);
}

static void
test_energy_is_kept (gconstpointer name)
{
  g_autoptr (PhaetonSimSite) site = load (name, 7);
  const PhaetonSimTotals totals = run (site, PHAETON_SIM_RULE_CORE, 3);

  g_assert_cmpint (totals.length_s, ==, 3 * 86400);
  g_assert_cmpfloat (totals.load_wh, >, 3000.0);
  g_assert_cmpfloat (totals.pv_wh, >, 0.0);
  assert_energy_is_kept (&totals);
}

static void
test_same_seed_same_bits (void)
{
  g_autoptr (PhaetonSimSite) site = load ("cloudy.yaml", 11);
  g_autoptr (PhaetonSimSite) again = load ("cloudy.yaml", 11);
  g_autoptr (PhaetonSimSite) other = load ("cloudy.yaml", 12);
  const PhaetonSimTotals a = run (site, PHAETON_SIM_RULE_CORE, 2);
  const PhaetonSimTotals b = run (again, PHAETON_SIM_RULE_CORE, 2);
  const PhaetonSimTotals c = run (other, PHAETON_SIM_RULE_CORE, 2);

  g_assert_cmpmem (&a, sizeof a, &b, sizeof b);
  g_assert_true (memcmp (&a, &c, sizeof a) != 0);
}

/* both rules live under the same sky and beside the same kettle */
static void
test_rules_see_the_same_days (void)
{
  g_autoptr (PhaetonSimSite) site = load ("cloudy.yaml", 3);
  const PhaetonSimTotals core = run (site, PHAETON_SIM_RULE_CORE, 2);
  const PhaetonSimTotals ancestor = run (site, PHAETON_SIM_RULE_ANCESTOR, 2);

  g_assert_cmpfloat_with_epsilon (core.pv_wh, ancestor.pv_wh, 0.01 * core.pv_wh);
  g_assert_cmpfloat_with_epsilon (core.load_wh, ancestor.load_wh, 0.01 * core.load_wh);
  g_assert_cmpfloat_with_epsilon (core.wanted_wh, ancestor.wanted_wh, 1.0);
  assert_energy_is_kept (&ancestor);
}

/* on changeable days: more energy for the car, with fewer starts and less import for it */
static void
test_better_than_the_ancestor_under_clouds (void)
{
  g_autoptr (PhaetonSimSite) site = load ("cloudy.yaml", 1);
  const PhaetonSimTotals core = run (site, PHAETON_SIM_RULE_CORE, 10);
  const PhaetonSimTotals ancestor = run (site, PHAETON_SIM_RULE_ANCESTOR, 10);

  g_test_message ("core %.1f kWh, %.2f from the grid, %d starts, %d switches", core.car_wh / 1000,
                  core.car_import_wh / 1000, core.n_starts, core.n_switches);
  g_test_message ("ancestor %.1f kWh, %.2f from the grid, %d starts, %d switches",
                  ancestor.car_wh / 1000, ancestor.car_import_wh / 1000, ancestor.n_starts,
                  ancestor.n_switches);
  g_assert_cmpfloat (core.car_wh, >=, ancestor.car_wh);
  g_assert_cmpfloat (core.car_import_wh, <, ancestor.car_import_wh);
  g_assert_cmpint (core.n_starts, <, ancestor.n_starts);
  g_assert_cmpint (core.n_switches, <, ancestor.n_switches);
}

/* where phases stay, a start with margin and delay pays less energy for less import and fewer
 * starts; without them next to nothing of the energy is missing */
static void
test_fixed_phases_under_clouds (void)
{
  g_autoptr (PhaetonSimSite) site = load ("cloudy.yaml", 1);
  PhaetonControlsConfig *controls = &site->config->chargers[0].controls;
  PhaetonSimTotals core, eager, ancestor;

  controls->auto_phase_switch = FALSE;
  core = run (site, PHAETON_SIM_RULE_CORE, 10);
  ancestor = run (site, PHAETON_SIM_RULE_ANCESTOR, 10);
  controls->sun_start_margin_w = 0;
  controls->sun_start_delay_ms = 0;
  eager = run (site, PHAETON_SIM_RULE_CORE, 10);
  g_assert_cmpint (core.n_switches, ==, 0);
  g_assert_cmpint (core.n_starts, <, ancestor.n_starts);
  g_assert_cmpfloat (core.car_import_wh, <, 0.95 * ancestor.car_import_wh);
  g_assert_cmpfloat (core.car_wh, >, 0.9 * ancestor.car_wh);
  g_assert_cmpint (eager.n_starts, <=, ancestor.n_starts);
  g_assert_cmpfloat (eager.car_import_wh, <, ancestor.car_import_wh);
  g_assert_cmpfloat (eager.car_wh, >, 0.96 * ancestor.car_wh);
}

/* the days of the callback are the totals, and begin at local midnights */
static void
add_day (gint64 day_at, const PhaetonSimTotals *day, gpointer user_data)
{
  double *sum_wh = user_data;

  g_assert_cmpint (day->length_s, >=, 23 * 3600);
  g_assert_cmpint (day->length_s, <=, 25 * 3600);
  *sum_wh += day->car_wh;
}

/* from Friday to Monday over the night in which the clock goes forward */
static void
test_days_of_23_hours (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "data", "sites", "home.yaml", NULL);
  g_autoptr (PhaetonSimSite) site = phaeton_sim_site_load (path, "2024-03-29", 1, NULL);
  PhaetonSimTotals totals;
  double sum_wh = 0.0;
  const PhaetonSimWatch watch = { .day = add_day, .user_data = &sum_wh };

  g_assert_nonnull (site);
  phaeton_sim_loop_run (site, PHAETON_SIM_RULE_CORE, 4, &watch, &totals);
  g_assert_cmpint (totals.length_s, ==, 4 * 86400 - 3600);
  g_assert_cmpfloat_with_epsilon (sum_wh, totals.car_wh, 0.001);
}

static void
refuse (const char *section, const char *expected)
{
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "phaeton-bad-site.yaml", NULL);
  g_autofree char *text = g_strdup_printf ("timezone: Europe/Berlin\nsimulation:\n%s", section);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_assert_null (phaeton_sim_site_load (path, NULL, 1, &error));
  g_assert_nonnull (error);
  if (strstr (error->message, expected) == NULL)
    g_error ("%s is not in: %s", expected, error->message);
  g_remove (path);
}

static void
test_bad_sites_are_refused (void)
{
  refuse ("  mod: auto\n", ":3: simulation: there is no such key");
  refuse ("  mode: fast\n", "must be manual|auto|scheduled");
  refuse ("  house:\n    roof: 1\n", ":4: simulation: there is no such key");
  refuse ("  house:\n    pv_peak_w: -1\n", "a number from 0 to");
  refuse ("  house: [1]\n", "must be a map");
  refuse ("  start: soon\n", "start must be a day");
  refuse ("  stay_from: \"25:00\"\n", "must be a time");
  refuse ("  sessions: nowhere.csv\n", "nowhere.csv");
}

static void
test_year (void)
{
  g_autoptr (PhaetonSimSite) site = load ("home.yaml", 1);
  PhaetonSimTotals totals;

  g_test_timer_start ();
  totals = run (site, PHAETON_SIM_RULE_CORE, 365);
  g_test_minimized_result (g_test_timer_elapsed (), "a simulated year");
  g_assert_cmpfloat (g_test_timer_last (), <, YEAR_BUDGET_S);
  g_assert_cmpint (totals.length_s / 86400, ==, 365);
  assert_energy_is_kept (&totals);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/simulate/energy-is-kept/cloudy", "cloudy.yaml", test_energy_is_kept);
  g_test_add_data_func ("/simulate/energy-is-kept/home", "home.yaml", test_energy_is_kept);
  g_test_add_data_func ("/simulate/energy-is-kept/june", "june.yaml", test_energy_is_kept);
  g_test_add_func ("/simulate/same-seed-same-bits", test_same_seed_same_bits);
  g_test_add_func ("/simulate/rules-see-the-same-days", test_rules_see_the_same_days);
  g_test_add_func ("/simulate/better-than-the-ancestor-under-clouds",
                   test_better_than_the_ancestor_under_clouds);
  g_test_add_func ("/simulate/fixed-phases-under-clouds", test_fixed_phases_under_clouds);
  g_test_add_func ("/simulate/days-of-23-hours", test_days_of_23_hours);
  g_test_add_func ("/simulate/bad-sites-are-refused", test_bad_sites_are_refused);
  if (g_getenv ("PHAETON_TEST_LONG") != NULL)
    g_test_add_func ("/simulate/year", test_year);
  return g_test_run ();
}
