/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core-world.h"

static void
test_wanted_current (void)
{
  g_autoptr (World) world = world_new (1);

  world->cars[0].sample.pilot = PHAETON_PILOT_C2;
  g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 16000);
  g_assert_cmpint (world_why (world, 0), ==, PHAETON_WHY_MANUAL);
  g_assert_cmpint (world->decision->chargers[0].status, ==, PHAETON_STATUS_CHARGING);
}

static void
test_stopped (void)
{
  g_autoptr (World) world = world_new (1);

  world->cars[0].sample.pilot = PHAETON_PILOT_C2;
  world->cars[0].command.enabled = FALSE;
  g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 0);
  g_assert_cmpint (world_why (world, 0), ==, PHAETON_WHY_STOPPED);
  g_assert_cmpint (world->decision->chargers[0].status, ==, PHAETON_STATUS_WAIT_START);
}

static void
test_offline_keeps_the_limit_ready (void)
{
  g_autoptr (World) world = world_new (1);

  world->cars[0].sample.pilot = PHAETON_PILOT_C2;
  world_step (world, 1);
  world->cars[0].online = FALSE;
  world->cars[0].command.set_mA = 10000;
  g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 10000);
  g_assert_cmpint (world_why (world, 0), ==, PHAETON_WHY_OFFLINE);
}

static void
test_no_car (void)
{
  g_autoptr (World) world = world_new (1);

  g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 16000);
  g_assert_cmpint (world_why (world, 0), ==, PHAETON_WHY_NO_CAR);
  world->cars[0].sample.known = 0;
  g_assert_cmpint (world_step (world, 1)->status, ==, PHAETON_STATUS_DISCONNECTED);
}

static void
test_nothing_known_yet (void)
{
  g_autoptr (World) world = world_new (1);

  world->cars[0].sample.known = 0;
  world_step (world, 1);
  g_assert_cmpint (world_why (world, 0), ==, PHAETON_WHY_UNKNOWN_STATE);
}

static void
test_modes_without_a_source (void)
{
  for (int mode = PHAETON_MODE_AUTO; mode <= PHAETON_MODE_SCHEDULED; mode++) {
    g_autoptr (World) world = world_new (1);

    world->cars[0].sample.pilot = PHAETON_PILOT_B1;
    world->cars[0].command.mode = (PhaetonMode) mode;
    g_assert_cmpint (world_run (world, 500)->limit_mA, ==, 0);
    g_assert_cmpint (world_why (world, 0), ==,
                     mode == PHAETON_MODE_AUTO ? PHAETON_WHY_SUN_UNKNOWN
                                               : PHAETON_WHY_CLOCK_UNKNOWN);
  }
}

/* whatever is asked: 0, or what car, charger, station and settings can all do, in steps */
static void
test_clamps (void)
{
  for (int i = 0; i < 20000; i++) {
    g_autoptr (World) world = world_new (1);
    PhaetonChargerInput *car = &world->cars[0];
    PhaetonControlsConfig *controls = &world->config->chargers[0].controls;
    int limit_mA, max_mA;

    car->sample.pilot = PHAETON_PILOT_B2;
    car->command.set_mA = g_test_rand_int_range (-1000, 90000);
    car->can.step_mA = g_test_rand_bit () ? 100 : 1000;
    car->can.max_mA = g_test_rand_bit () ? 0 : g_test_rand_int_range (5000, 64000);
    car->sample.station_max_mA = g_test_rand_int_range (0, 40000);
    if (g_test_rand_bit ())
      car->sample.known |= PHAETON_SAMPLE_STATION_MAX;
    controls->max_set_mA = g_test_rand_int_range (5000, 64000);
    controls->min_set_mA = g_test_rand_int_range (0, 10000);
    limit_mA = world_step (world, 1)->limit_mA;

    max_mA = MIN (controls->max_set_mA, car->command.set_mA);
    max_mA =
      MIN (max_mA,
           (car->sample.known & PHAETON_SAMPLE_STATION_MAX) ? car->sample.station_max_mA : 32000);
    if (car->can.max_mA > 0)
      max_mA = MIN (max_mA, car->can.max_mA);
    max_mA -= max_mA > 0 ? max_mA % car->can.step_mA : 0;
    g_assert_cmpint (limit_mA, ==, max_mA >= MAX (6000, controls->min_set_mA) ? max_mA : 0);
  }
}

/* a milliampere too much is too much */
static void
test_clamps_exactly (void)
{
  g_autoptr (World) world = world_new (1);
  PhaetonChargerInput *car = &world->cars[0];

  car->sample.pilot = PHAETON_PILOT_B2;
  car->can.step_mA = 1;
  car->command.set_mA = 32001;
  g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 32000);
  world->config->chargers[0].controls.max_set_mA = 31999;
  g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 31999);
  car->command.set_mA = 5999;
  g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 0);
}

static void
test_why_names_the_binding_cap (void)
{
  g_autoptr (World) world = world_new (1);
  PhaetonChargerInput *car = &world->cars[0];

  car->sample.pilot = PHAETON_PILOT_B2;
  car->command.set_mA = 40000;
  world_step (world, 1);
  g_assert_cmpint (world_why (world, 0), ==, PHAETON_WHY_STATION_MAX);
  world->config->chargers[0].controls.max_set_mA = 20000;
  world_step (world, 1);
  g_assert_cmpint (world_why (world, 0), ==, PHAETON_WHY_MAX_SET);
  car->command.set_mA = 5990;
  world_step (world, 1);
  g_assert_cmpint (world_why (world, 0), ==, PHAETON_WHY_BELOW_MIN);
  car->command.set_mA = 6050;
  g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 6000);
  g_assert_cmpint (world->decision->chargers[0].chain.verdicts[1].code, ==, PHAETON_WHY_STEP);
  g_assert_cmpint (world_why (world, 0), ==, PHAETON_WHY_MANUAL); /* rounding explains nothing */
}

/* the same values give the same bits */
static void
test_pure (void)
{
  g_autoptr (World) world = world_new (2);
  g_autofree PhaetonState *state = phaeton_state_new (2);
  g_autofree PhaetonDecision *decision = phaeton_decision_new (2);

  world->cars[0].sample.pilot = PHAETON_PILOT_C2;
  world_run (world, 5);
  phaeton_core_step (world->config, &world->input, world->next, decision, state);
  g_assert_cmpmem (state, phaeton_state_size (2), world->state, phaeton_state_size (2));
  g_assert_cmpmem (decision, phaeton_decision_size (2), world->decision, phaeton_decision_size (2));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/manual/wanted-current", test_wanted_current);
  g_test_add_func ("/core/manual/stopped", test_stopped);
  g_test_add_func ("/core/manual/offline-keeps-the-limit-ready",
                   test_offline_keeps_the_limit_ready);
  g_test_add_func ("/core/manual/no-car", test_no_car);
  g_test_add_func ("/core/manual/nothing-known-yet", test_nothing_known_yet);
  g_test_add_func ("/core/manual/modes-without-a-source", test_modes_without_a_source);
  g_test_add_func ("/core/manual/fix-12-clamps", test_clamps);
  g_test_add_func ("/core/manual/clamps-exactly", test_clamps_exactly);
  g_test_add_func ("/core/manual/why-names-the-binding-cap", test_why_names_the_binding_cap);
  g_test_add_func ("/core/pure", test_pure);
  return g_test_run ();
}
