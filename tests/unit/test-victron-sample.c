/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "victron-sample.h"

#define SYSTEM "com.victronenergy.system"
#define SETTINGS "com.victronenergy.settings"

static guint64 serial;

static void
set (VictronValues *values, const char *service, const char *path, const char *value)
{
  g_autoptr (GVariant) variant = g_variant_parse (NULL, value, NULL, NULL, NULL);

  g_assert_nonnull (variant);
  victron_values_set (values, service, path, variant, ++serial, 1000);
  victron_values_touch (values, service, 1000);
}

static void
test_nothing_is_known_at_first (void)
{
  g_autoptr (VictronValues) values = victron_values_new ();
  PhaetonHomeSample sample;

  victron_sample_make (values, &sample);
  g_assert_false (sample.grid_power_w[0].known);
  g_assert_false (sample.consumption_power_w.known);
  g_assert_false (sample.pv_dc_power_w.known);
  g_assert_false (sample.pv_on_grid_power_w.known);
  g_assert_false (sample.min_soc_percent.known);
  g_assert_false (sample.off_grid.known);
  g_assert_false (sample.has_grid_meter.known);
}

/* check 49, FIX 9: whole numbers are as good as fractions */
static void
test_integers_and_doubles (void)
{
  const char *const forms[] = { "4000", "4000.0", "<4000>", "uint32 4000", "int64 4000" };

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++) {
    g_autoptr (VictronValues) values = victron_values_new ();
    PhaetonHomeSample sample;

    set (values, SYSTEM, "/Ac/Grid/L1/Power", forms[i]);
    victron_sample_make (values, &sample);
    g_assert_true (sample.grid_power_w[0].known);
    g_assert_cmpint (sample.grid_power_w[0].value, ==, 4000);
    g_assert_cmpint (sample.grid_power_w[0].at_ms, ==, 1000);
  }
}

/* check 50, FIX 9: an invalid item is unknown, never 0; the others count on */
static void
test_invalid_is_unknown (void)
{
  g_autoptr (VictronValues) values = victron_values_new ();
  PhaetonHomeSample sample;

  set (values, SYSTEM, "/Ac/PvOnOutput/L1/Power", "1200.0");
  set (values, SYSTEM, "/Ac/PvOnOutput/L2/Power", "@ai []");
  set (values, SYSTEM, "/Ac/PvOnOutput/L3/Power", "@as []");
  set (values, SYSTEM, "/Ac/Grid/L1/Power", "'nonsense'");
  set (values, SYSTEM, "/Ac/Grid/L2/Power", "1e300");
  victron_sample_make (values, &sample);
  g_assert_true (sample.pv_on_output_power_w.known);
  g_assert_cmpint (sample.pv_on_output_power_w.value, ==, 1200);
  g_assert_false (sample.grid_power_w[0].known);
  g_assert_false (sample.grid_power_w[1].known);
}

static void
test_consumption_needs_all_its_phases (void)
{
  g_autoptr (VictronValues) values = victron_values_new ();
  PhaetonHomeSample sample;

  set (values, SYSTEM, "/Ac/Consumption/NumberOfPhases", "3");
  set (values, SYSTEM, "/Ac/Consumption/L1/Power", "100");
  set (values, SYSTEM, "/Ac/Consumption/L2/Power", "200");
  victron_sample_make (values, &sample);
  g_assert_false (sample.consumption_power_w.known);
  set (values, SYSTEM, "/Ac/Consumption/L3/Power", "300");
  victron_sample_make (values, &sample);
  g_assert_true (sample.consumption_power_w.known);
  g_assert_cmpint (sample.consumption_power_w.value, ==, 600);
}

/* FIX 10: PV at the grid's side is seen */
static void
test_all_pv_positions (void)
{
  g_autoptr (VictronValues) values = victron_values_new ();
  PhaetonHomeSample sample;

  set (values, SYSTEM, "/Dc/Pv/Power", "100");
  set (values, SYSTEM, "/Ac/PvOnGrid/L1/Power", "2000");
  set (values, SYSTEM, "/Ac/PvOnGrid/L3/Power", "3000");
  set (values, SYSTEM, "/Ac/PvOnGenset/L2/Power", "7");
  victron_sample_make (values, &sample);
  g_assert_cmpint (sample.pv_dc_power_w.value, ==, 100);
  g_assert_cmpint (sample.pv_on_grid_power_w.value, ==, 5000);
  g_assert_cmpint (sample.pv_on_genset_power_w.value, ==, 7);
}

/* the sign of a meter's current is not to be relied on: power has it */
static void
test_grid_current (void)
{
  g_autoptr (VictronValues) values = victron_values_new ();
  PhaetonHomeSample sample;

  set (values, SYSTEM, "/Ac/Grid/L1/Power", "-2300");
  set (values, SYSTEM, "/Ac/Grid/L1/Current", "10.5");
  set (values, SYSTEM, "/Ac/Grid/L2/Power", "2300");
  set (values, "com.victronenergy.grid.x", "/Ac/L2/Voltage", "230.0");
  set (values, SYSTEM, "/Ac/Grid/L3/Current", "5");
  victron_sample_make (values, &sample);
  g_assert_cmpint (sample.grid_current_mA[0].value, ==, -10500);
  g_assert_cmpint (sample.grid_current_mA[1].value, ==, 10000);
  g_assert_false (sample.grid_current_mA[2].known);
}

typedef struct {
  const char *active, *rs, *minimum, *floating, *state; /* NULL: not there */
  double limit;                                         /* below 0: unknown */
} SocCase;

/* the order of sources; BatteryLife's floating limit only while it is on. FIX 11 */
static const SocCase soc_cases[] = {
  { "35.0", "20", "10", "50", "2", 35 },    { NULL, "20", "10", "50", "2", 20 },
  { NULL, NULL, "10", "50", "2", 50 },      { NULL, NULL, "60", "50", "2", 60 },
  { NULL, NULL, "10", "95", "2", 80 },      { NULL, NULL, "90", "95", "2", 90 },
  { NULL, NULL, "10", "50", "11", 10 },     { NULL, NULL, "10", "50", "9", -1 },
  { NULL, NULL, "10", "50", "0", -1 },      { NULL, NULL, "10", "50", NULL, -1 },
  { "@ai []", NULL, "10", "50", "10", 10 }, { NULL, NULL, NULL, "50", "2", -1 },
  { "150", NULL, NULL, NULL, NULL, -1 },
};

static void
set_if (VictronValues *values, const char *service, const char *path, const char *value)
{
  if (value != NULL)
    set (values, service, path, value);
}

static void
test_min_soc (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (soc_cases); i++) {
    const SocCase *c = &soc_cases[i];
    g_autoptr (VictronValues) values = victron_values_new ();
    PhaetonHomeSample sample;

    set_if (values, SYSTEM, "/Control/ActiveSocLimit", c->active);
    set_if (values, "com.victronenergy.multi.x", "/Settings/Ess/MinimumSocLimit", c->rs);
    set_if (values, SETTINGS, "/Settings/CGwacs/BatteryLife/MinimumSocLimit", c->minimum);
    set_if (values, SETTINGS, "/Settings/CGwacs/BatteryLife/SocLimit", c->floating);
    set_if (values, SETTINGS, "/Settings/CGwacs/BatteryLife/State", c->state);
    victron_sample_make (values, &sample);
    g_test_message ("case %u", i);
    g_assert_cmpint (sample.min_soc_percent.known, ==, c->limit >= 0);
    if (c->limit >= 0)
      g_assert_cmpfloat_with_epsilon (sample.min_soc_percent.value, c->limit, 1e-9);
  }
}

static void
test_limits (void)
{
  g_autoptr (VictronValues) values = victron_values_new ();
  PhaetonHomeSample sample;

  set (values, SETTINGS, "/Settings/CGwacs/AcInputLimit", "-1.0");
  set (values, SETTINGS, "/Settings/CGwacs/MaxFeedInPower", "-1.0");
  set (values, "com.victronenergy.vebus.ttyS4", "/Ac/ActiveIn/ActiveInput", "1");
  set (values, "com.victronenergy.vebus.ttyS4", "/Ac/In/1/CurrentLimit", "16.0");
  set (values, "com.victronenergy.vebus.ttyS4", "/Ac/In/2/CurrentLimit", "25.5");
  victron_sample_make (values, &sample);
  g_assert_false (sample.input_limit_mA.known);
  g_assert_false (sample.export_limit_w.known);
  g_assert_cmpint (sample.inverter_limit_mA.value, ==, 25500);

  set (values, SETTINGS, "/Settings/CGwacs/AcInputLimit", "20");
  set (values, SETTINGS, "/Settings/CGwacs/PreventFeedback", "1");
  victron_sample_make (values, &sample);
  g_assert_cmpint (sample.input_limit_mA.value, ==, 20000);
  g_assert_true (sample.export_limit_w.known);
  g_assert_cmpint (sample.export_limit_w.value, ==, 0);
}

static void
test_off_grid (void)
{
  g_autoptr (VictronValues) values = victron_values_new ();
  PhaetonHomeSample sample;

  set (values, SYSTEM, "/Ac/ActiveIn/Source", "1");
  victron_sample_make (values, &sample);
  g_assert_true (sample.off_grid.known);
  g_assert_cmpint (sample.off_grid.value, ==, 0);
  set (values, SYSTEM, "/Ac/ActiveIn/Source", "240");
  victron_sample_make (values, &sample);
  g_assert_cmpint (sample.off_grid.value, ==, 1);
}

/* check 51: what a signal brought wins over an answer that was asked for before it */
static void
test_signals_win (void)
{
  g_autoptr (VictronValues) values = victron_values_new ();
  g_autoptr (GVariant) old = g_variant_ref_sink (g_variant_new_double (1));
  g_autoptr (GVariant) fresh = g_variant_ref_sink (g_variant_new_double (2));
  double number;
  gint64 at_ms;

  g_assert_true (victron_values_set (values, SYSTEM, "/Dc/Pv/Power", fresh, 8, 100));
  g_assert_false (victron_values_set (values, SYSTEM, "/Dc/Pv/Power", old, 7, 110));
  g_assert_true (victron_values_get (values, VICTRON_SYSTEM, "/Dc/Pv/Power", &number, &at_ms));
  g_assert_cmpfloat (number, ==, 2);
}

/* check 52: the owner is lost: unknown at once */
static void
test_lost_owner (void)
{
  g_autoptr (VictronValues) values = victron_values_new ();
  PhaetonHomeSample sample;

  set (values, SYSTEM, "/Ac/Grid/L1/Power", "100");
  victron_values_drop (values, SYSTEM);
  victron_sample_make (values, &sample);
  g_assert_false (sample.grid_power_w[0].known);
}

/* a service that publishes without end does not make us grow */
static void
test_bounded (void)
{
  g_autoptr (VictronValues) values = victron_values_new ();
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_double (1));

  for (int i = 0; i < 1000; i++) {
    g_autofree char *path = g_strdup_printf ("/Unread/%d", i);
    g_autofree char *service = g_strdup_printf ("com.victronenergy.grid.x%d", i);
    const gboolean stored = victron_values_set (values, service, "/Ac/L1/Voltage", value, 1, 1);

    g_assert_false (victron_values_set (values, SYSTEM, path, value, 1, 1));
    g_assert_cmpint (stored, ==, i < 64);
  }
}

static void
test_kinds (void)
{
  g_assert_cmpint (victron_kind_from_name (SYSTEM), ==, VICTRON_SYSTEM);
  g_assert_cmpint (victron_kind_from_name ("com.victronenergy.vebus.ttyS4"), ==, VICTRON_VEBUS);
  g_assert_cmpint (victron_kind_from_name ("com.victronenergy.systematic"), ==, -1);
  g_assert_cmpint (victron_kind_from_name ("com.victronenergy.evcharger.phaeton_0"), ==, -1);
  g_assert_cmpint (victron_kind_from_name ("org.example.system"), ==, -1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/victron-sample/nothing-is-known-at-first", test_nothing_is_known_at_first);
  g_test_add_func ("/victron-sample/fix-9-integers-and-doubles", test_integers_and_doubles);
  g_test_add_func ("/victron-sample/fix-9-invalid-is-unknown", test_invalid_is_unknown);
  g_test_add_func ("/victron-sample/consumption", test_consumption_needs_all_its_phases);
  g_test_add_func ("/victron-sample/fix-10-all-pv-positions", test_all_pv_positions);
  g_test_add_func ("/victron-sample/grid-current", test_grid_current);
  g_test_add_func ("/victron-sample/fix-11-min-soc", test_min_soc);
  g_test_add_func ("/victron-sample/limits", test_limits);
  g_test_add_func ("/victron-sample/off-grid", test_off_grid);
  g_test_add_func ("/victron-sample/signals-win", test_signals_win);
  g_test_add_func ("/victron-sample/lost-owner", test_lost_owner);
  g_test_add_func ("/victron-sample/bounded", test_bounded);
  g_test_add_func ("/victron-sample/kinds", test_kinds);
  return g_test_run ();
}
