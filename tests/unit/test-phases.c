/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core-world.h"

static World *
world_with_charging_car (void)
{
  World *world = world_new (1);

  world->cars[0].sample.pilot = PHAETON_PILOT_C2;
  world_run (world, 3);
  return world;
}

static PhaetonSwitchStep
get_step (const World *world)
{
  return world->state->chargers[0].phases.step;
}

static void
test_sequence (void)
{
  g_autoptr (World) world = world_with_charging_car ();
  PhaetonChargerInput *car = &world->cars[0];
  const PhaetonChargerDecision *decision;

  car->command.phases = 1;
  for (int i = 0; i < 3; i++) { /* the car still draws: nothing is switched under load */
    decision = world_step (world, 1);
    g_assert_cmpint (decision->limit_mA, ==, 0);
    g_assert_cmpint (decision->phases, ==, 0);
    g_assert_cmpint (decision->status, ==, PHAETON_STATUS_SWITCH_TO_1P);
    g_assert_cmpint (world_why (world, 0), ==, PHAETON_WHY_PHASE_SWITCH);
  }
  car->sample.pilot = PHAETON_PILOT_B1;
  decision = world_step (world, 1);
  g_assert_cmpint (decision->phases, ==, 1);
  g_assert_cmpint (decision->limit_mA, ==, 0);
  car->phases_result = PHAETON_PHASES_BUSY;
  g_assert_cmpint (world_step (world, 1)->phases, ==, 1);
  car->phases_result = PHAETON_PHASES_DONE;
  car->sample.phases = 1;
  decision = world_step (world, 1);
  g_assert_cmpint (decision->phases, ==, 0);
  g_assert_cmpint (get_step (world), ==, PHAETON_SWITCH_SETTLING);
  car->phases_result = PHAETON_PHASES_IDLE;
  g_assert_cmpint (world_run (world, 4)->limit_mA, ==, 0);
  decision = world_step (world, 1);
  g_assert_cmpint (decision->limit_mA, ==, 16000);
  g_assert_cmpint (decision->status, ==, PHAETON_STATUS_CONNECTED);
}

static void
test_refused_is_not_repeated (void)
{
  g_autoptr (World) world = world_with_charging_car ();
  PhaetonChargerInput *car = &world->cars[0];

  car->command.phases = 1;
  world_step (world, 1);
  car->sample.pilot = PHAETON_PILOT_B1;
  g_assert_cmpint (world_step (world, 1)->phases, ==, 1);
  car->phases_result = PHAETON_PHASES_REFUSED;
  g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 16000);
  car->phases_result = PHAETON_PHASES_IDLE;
  car->sample.pilot = PHAETON_PILOT_C2;
  for (int i = 0; i < 1000; i++)
    g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 16000);
  car->command.phases = 3; /* another wish, which is already so, and then the old one again */
  g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 16000);
  car->command.phases = 1;
  g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 0);
}

static void
test_failed_write_restores_the_current (void)
{
  g_autoptr (World) world = world_with_charging_car ();
  PhaetonChargerInput *car = &world->cars[0];
  int waited_s = 0;

  car->command.phases = 1;
  world_step (world, 1);
  car->sample.pilot = PHAETON_PILOT_B1;
  world_step (world, 1);
  car->phases_result = PHAETON_PHASES_FAILED;
  g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 16000);
  car->phases_result = PHAETON_PHASES_IDLE;
  car->sample.pilot = PHAETON_PILOT_C2;
  while (world_step (world, 1)->limit_mA != 0)
    g_assert_cmpint (++waited_s, <, 60);
  g_assert_cmpint (waited_s, ==, 59); /* phase_grace: tried again, but not at once */
}

static void
test_car_that_does_not_stop (void)
{
  g_autoptr (World) world = world_with_charging_car ();

  world->cars[0].command.phases = 1;
  for (int i = 0; i < 30; i++) {
    g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 0);
    g_assert_cmpint (world->decision->chargers[0].phases, ==, 0);
  }
  g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 16000);
}

static void
test_silent_charger (void)
{
  g_autoptr (World) world = world_with_charging_car ();

  world->cars[0].sample.pilot = PHAETON_PILOT_A;
  world_step (world, 1);
  world->cars[0].command.phases = 1;
  g_assert_cmpint (world_step (world, 1)->phases, ==, 1); /* no car: nothing to wait for */
  g_assert_cmpint (world->decision->chargers[0].status, ==, PHAETON_STATUS_DISCONNECTED);
  world->cars[0].phases_result = PHAETON_PHASES_BUSY;
  g_assert_cmpint (world_run (world, 30)->phases, ==, 0);
  g_assert_cmpint (world->decision->chargers[0].limit_mA, ==, 16000);
}

static void
test_only_when_useful (void)
{
  g_autoptr (World) world = world_with_charging_car ();
  PhaetonChargerInput *car = &world->cars[0];

  car->command.phases = 3; /* as it is */
  g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 16000);
  car->command.phases = 1;
  car->can.can_set_phases = FALSE;
  g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 16000);
  car->can.can_set_phases = TRUE;
  car->sample.known &= ~(guint32) PHAETON_SAMPLE_PHASES; /* never on a guess */
  g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 16000);
  car->sample.known |= PHAETON_SAMPLE_PHASES;
  car->online = FALSE;
  g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 16000);
  car->online = TRUE;
  g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 0);
}

static void
test_changed_mind (void)
{
  g_autoptr (World) world = world_with_charging_car ();

  world->cars[0].command.phases = 1;
  g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 0);
  world->cars[0].command.phases = 3;
  g_assert_cmpint (world_step (world, 1)->limit_mA, ==, 16000);
}

/* whatever charger and people do: told only while paused, and a pause always ends */
static void
test_random (void)
{
  g_autoptr (World) world = world_with_charging_car ();
  PhaetonChargerInput *car = &world->cars[0];
  int paused_s = 0;

  for (int i = 0; i < 100000; i++) {
    const PhaetonChargerDecision *decision;

    if (g_test_rand_int_range (0, 50) == 0)
      car->command.phases = g_test_rand_int_range (0, 4);
    if (g_test_rand_int_range (0, 20) == 0)
      car->online = !car->online;
    if (g_test_rand_int_range (0, 5) == 0)
      car->sample.pilot = (PhaetonPilot) g_test_rand_int_range (0, PHAETON_PILOT_F + 1);
    car->phases_result = (PhaetonPhasesResult) g_test_rand_int_range (0, 5);
    if (g_test_rand_int_range (0, 10) == 0)
      car->sample.phases = g_test_rand_bit () ? 1 : 3;
    decision = world_step (world, 1);
    g_assert_true (decision->phases == 0 || decision->limit_mA == 0);
    paused_s = decision->limit_mA == 0 ? paused_s + 1 : 0;
    g_assert_cmpint (paused_s, <=, 30 + 30 + 5 + 5);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/phases/sequence", test_sequence);
  g_test_add_func ("/phases/fix-1-refused-is-not-repeated", test_refused_is_not_repeated);
  g_test_add_func ("/phases/fix-3-failed-write-restores-the-current",
                   test_failed_write_restores_the_current);
  g_test_add_func ("/phases/car-that-does-not-stop", test_car_that_does_not_stop);
  g_test_add_func ("/phases/silent-charger", test_silent_charger);
  g_test_add_func ("/phases/fix-3-fix-5-only-when-useful", test_only_when_useful);
  g_test_add_func ("/phases/changed-mind", test_changed_mind);
  g_test_add_func ("/phases/random", test_random);
  return g_test_run ();
}
