/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core-world.h"

#include <math.h>

/* Whatever devices say, a decision is one that a charger can be told. The sanitizers watch the
 * arithmetic. */

static int
make_int (void)
{
  const int odd[] = { 0, 1, -1, G_MAXINT, G_MININT, 6000, 100000000 };

  return g_test_rand_bit () ? odd[g_test_rand_int_range (0, G_N_ELEMENTS (odd))]
                            : g_test_rand_int_range (-100000, 100000);
}

static double
make_double (void)
{
  const double odd[] = { 0, NAN, INFINITY, -INFINITY, 1e300, -1e300, 230, 50 };

  return odd[g_test_rand_int_range (0, G_N_ELEMENTS (odd))];
}

static PhaetonReading
make_reading (const World *world)
{
  return (PhaetonReading){ g_test_rand_int_range (0, 4) != 0, world->input.now_ms, make_int () };
}

static PhaetonReadingD
make_reading_double (const World *world)
{
  return (PhaetonReadingD){ g_test_rand_int_range (0, 4) != 0, world->input.now_ms,
                            make_double () };
}

static void
fill_home (World *world)
{
  PhaetonHomeSample *home = &world->input.home;
  PhaetonReading *const readings[] = {
    &home->grid_phases,          &home->genset_power_w,
    &home->pv_dc_power_w,        &home->pv_on_grid_power_w,
    &home->pv_on_output_power_w, &home->pv_on_genset_power_w,
    &home->consumption_power_w,  &home->battery_power_w,
    &home->grid_setpoint_w,      &home->input_limit_mA,
    &home->inverter_limit_mA,    &home->export_limit_w,
    &home->pv_curtailed,         &home->off_grid,
    &home->has_grid_meter,       &home->grid_power_w[0],
    &home->grid_power_w[1],      &home->grid_power_w[2],
    &home->grid_current_mA[0],   &home->grid_current_mA[1],
    &home->grid_current_mA[2],
  };

  for (guint i = 0; i < G_N_ELEMENTS (readings); i++)
    *readings[i] = make_reading (world);
  home->battery_soc_percent = make_reading_double (world);
  home->min_soc_percent = make_reading_double (world);
  home->changed_at_ms = world->input.now_ms;
}

static void
fill_car (PhaetonChargerInput *car)
{
  PhaetonChargerSample *sample = &car->sample;

  sample->known = g_test_rand_int ();
  sample->pilot = (PhaetonPilot) g_test_rand_int_range (0, PHAETON_PILOT_F + 1);
  sample->power_total_w = make_int ();
  sample->energy_wh = (gint64) make_int () * g_test_rand_int_range (1, 1000000);
  sample->station_max_mA = make_int ();
  sample->applied_mA = make_int ();
  sample->safe_mA = make_int ();
  sample->phases = make_int ();
  for (int f = 0; f < PHAETON_PHASES; f++) {
    sample->voltage_v[f] = make_double ();
    sample->current_mA[f] = make_int ();
  }
  car->online = g_test_rand_int_range (0, 5) != 0;
  car->on_input = g_test_rand_bit ();
  car->vehicle = (PhaetonVehicleInput){ g_test_rand_bit (), make_double (), make_int () };
  car->command = (PhaetonCommand){ (PhaetonMode) g_test_rand_int_range (0, 3),
                                   g_test_rand_int_range (0, 5) != 0, make_int (), make_int () };
}

static void
test_values (void)
{
  g_autoptr (World) world = world_new (3);

  phaeton_config_take_circuits (world->config, 1);
  world->config->circuits[0].meter = PHAETON_METER_GRID;
  for (int f = 0; f < PHAETON_PHASES; f++)
    world->config->circuits[0].fuse_mA[f] = 25000;
  for (int i = 0; i < 3; i++) {
    world->config->chargers[i].circuit = i > 0;
    world->config->chargers[i].controls.auto_phase_switch = TRUE;
    world->config->chargers[i].controls.pv_ema_alpha = 0.4;
    world->config->chargers[i].controls.ev_lag_ms = i * 4000;
    world->config->chargers[i].deadline = (PhaetonDeadline){ TRUE, 0, 420, 9000, 0, 80, 0 };
  }
  world->input.zone = (PhaetonZone){ TRUE, { 3600, 7200, 3600 }, { 1750000000, 1760000000 } };
  for (int n = 0; n < 30000; n++) {
    fill_home (world);
    for (int i = 0; i < 3; i++)
      fill_car (&world->cars[i]);
    if (n % 20 == 0)
      world->input.order =
        (PhaetonOrder){ g_test_rand_bit (), world->input.now_ms + 9000, make_int (), make_int () };
    world_step (world, g_test_rand_int_range (0, 30));
    for (guint i = 0; i < 3; i++) {
      const int limit_mA = world->decision->chargers[i].limit_mA;

      g_assert_true (limit_mA == 0 || (limit_mA >= 6000 && limit_mA <= 64000));
      g_assert_cmpint (limit_mA % 100, ==, 0);
      g_assert_cmpint (world->state->chargers[i].session.peak_w, <, 63000);
    }
    g_assert_true (isfinite (world->state->site.smoothed_w));
    g_assert_true (isfinite (world->state->site.circuits[0].theta[0]));
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/hostile-values", test_values);
  return g_test_run ();
}
