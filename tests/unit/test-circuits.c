/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guard-house.h"
#include "phaeton-meter.h"

static void
test_shares_the_fuse (void)
{
  g_autoptr (House) house = house_new ();

  house_run (house, 200);
  g_assert_cmpint (get_limit_mA (house, 0), ==, 11900); /* half of 25 A less the margin */
  g_assert_cmpint (get_limit_mA (house, 1), ==, 11800);
  g_assert_cmpint (world_why (house->world, 0), ==, PHAETON_WHY_FUSE);
  house->world->cars[1].sample.pilot = PHAETON_PILOT_A;
  house_run (house, 100);
  g_assert_cmpint (get_limit_mA (house, 0), ==, 16000);
}

/* the sun gives 10 A on each phase: the fuse carries none of it when a cloud comes */
static void
test_export_makes_no_room (void)
{
  g_autoptr (House) house = house_new ();

  set_load (house, -10000);
  house_run (house, 200);
  g_assert_cmpint (get_limit_mA (house, 0), ==, 11900);
  g_assert_cmpint (get_limit_mA (house, 1), ==, 11800);
}

/* rising load: throttles before it stops, pauses one before both, and recovers */
static void
test_rising_load (void)
{
  g_autoptr (House) house = house_new ();
  gboolean throttled = FALSE, one_paused = FALSE, both_paused = FALSE;

  house_run (house, 200);
  for (int load_mA = 0; load_mA <= 22000; load_mA += 500) {
    int n;

    set_load (house, load_mA);
    house_run (house, 5);
    n = (get_limit_mA (house, 0) > 0) + (get_limit_mA (house, 1) > 0);
    throttled |= n == 2 && get_limit_mA (house, 0) < 9000;
    one_paused |= n == 1;
    both_paused |= n == 0;
    g_assert_true (n < 2 ? throttled : TRUE);
    g_assert_true (n == 0 ? one_paused : TRUE);
  }
  g_assert_true (both_paused);
  g_assert_cmpint (house->world->decision->chargers[0].status, ==, PHAETON_STATUS_CHARGING_LIMIT);
  set_load (house, 2000);
  house_run (house, 100); /* not at once: the load may come back */
  g_assert_cmpint (get_limit_mA (house, 0) + get_limit_mA (house, 1), ==, 0);
  g_assert_cmpint (world_why (house->world, 0), ==, PHAETON_WHY_FUSE_WAIT);
  house_run (house, 400);
  g_assert_cmpint (get_limit_mA (house, 0), >, 10000);
  g_assert_cmpint (get_limit_mA (house, 1), >, 10000);
}

/* between 15 and 18 s after the last accepted sample, and no raise after 5 */
static void
test_silent_meter (void)
{
  g_autoptr (House) house = house_new ();
  PhaetonCircuitConfig *circuit = &house->world->config->circuits[0];
  int seconds = 0;

  for (int f = 0; f < PHAETON_PHASES; f++)
    circuit->failsafe_base_mA[f] = 12000; /* 13 A left: 6 A each */
  house_run (house, 200);
  house->silent = TRUE;
  while (world_why (house->world, 0) != PHAETON_WHY_METER_STALE) {
    house_step (house);
    seconds++;
    g_assert_cmpint (seconds, <=, 18);
  }
  g_assert_cmpint (seconds, >, 15);
  g_assert_cmpint (get_limit_mA (house, 0) + get_limit_mA (house, 1), ==, 13000);
  house->silent = FALSE;
  house_run (house, 100);
  g_assert_cmpint (get_limit_mA (house, 0), ==, 11900);
}

/* never any sample, and nothing left by the fail-safe: no current */
static void
test_meter_never_seen (void)
{
  g_autoptr (House) house = house_new ();

  for (int f = 0; f < PHAETON_PHASES; f++)
    house->world->config->circuits[0].failsafe_base_mA[f] = 20000;
  house->silent = TRUE;
  house_run (house, 60);
  g_assert_cmpint (get_limit_mA (house, 0) + get_limit_mA (house, 1), ==, 0);
}

/* what cannot be true is as good as nothing: it goes stale */
static void
test_implausible (void)
{
  const int lies_mA[] = { 4 * FUSE_mA, -4 * FUSE_mA, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (lies_mA); i++) {
    g_autoptr (House) house = house_new ();
    World *world = house->world;

    house_run (house, 200);
    house->silent = TRUE;
    for (int s = 0; s < 18; s++) {
      for (int f = 0; f < PHAETON_PHASES; f++)
        world->input.home.grid_current_mA[f] =
          (PhaetonReading){ TRUE, world->input.now_ms + 1000, lies_mA[i] };
      house_step (house);
    }
    g_assert_true (phaeton_meter_is_stale (&world->state->site.circuits[0], world->input.now_ms));
  }
}

/* nobody knows the other loads: the least current at most */
static void
test_missing_meter (void)
{
  g_autoptr (House) house = house_new ();

  house->world->config->circuits[0].meter = PHAETON_METER_NONE;
  house_run (house, 100);
  g_assert_cmpint (get_limit_mA (house, 0), ==, 6000);
  g_assert_cmpint (world_why (house->world, 0), ==, PHAETON_WHY_METER_MISSING);
  house->world->config->circuits[0].base_known = TRUE;
  house_run (house, 100);
  g_assert_cmpint (get_limit_mA (house, 0), ==, 11900);
}

/* a charger that went silent is taken to draw what it was told */
static void
test_lost_charger (void)
{
  g_autoptr (House) house = house_new ();

  house->world->config->circuits[0].meter = PHAETON_METER_NONE;
  house->world->config->circuits[0].base_known = TRUE;
  house_run (house, 200);
  house->world->cars[0].online = FALSE;
  house_run (house, 200);
  g_assert_cmpint (get_limit_mA (house, 0), ==, 11900);
  g_assert_cmpint (get_limit_mA (house, 1), ==, 11800);
}

/* the charger's L1 on the grid's L2: it is the load there that counts */
static void
test_rotated_phases (void)
{
  g_autoptr (House) house = house_new ();
  World *world = house->world;

  for (int i = 0; i < 2; i++) {
    world->cars[i].sample.phases = 1;
    for (guint8 f = 0; f < PHAETON_PHASES; f++)
      world->config->chargers[i].phase_map[f] = (guint8) ((f + i) % PHAETON_PHASES);
  }
  world->config->circuits[0].meter = PHAETON_METER_NONE;
  world->config->circuits[0].base_known = TRUE;
  world->config->circuits[0].base_mA[1] = 14000;
  for (int s = 0; s < 100; s++)
    world_step (world, 1);
  g_assert_cmpint (world->decision->chargers[0].limit_mA, ==, 16000);
  g_assert_cmpint (world->decision->chargers[1].limit_mA, ==, 9700);
  g_assert_cmpint (world->decision->chargers[1].chain.verdicts[1].values[1], ==, 2);
}

/* an order from outside holds on every charger until it expires */
static void
test_order (void)
{
  g_autoptr (World) world = world_new (2);

  for (int i = 0; i < 2; i++)
    world->cars[i].sample.pilot = PHAETON_PILOT_C2;
  world_run (world, 5);
  g_assert_cmpint (world->decision->chargers[0].limit_mA, ==, 16000);
  world->input.order = (PhaetonOrder){ TRUE, world->input.now_ms + 60000, 8350, -1 };
  world_step (world, 1);
  g_assert_cmpint (world->decision->chargers[0].limit_mA, ==, 6000);
  g_assert_cmpint (world->decision->chargers[1].limit_mA, ==, 6000);
  g_assert_cmpint (world_why (world, 0), ==, PHAETON_WHY_ORDER);
  world->input.order.limit_w = 4200; /* room for one */
  world_step (world, 1);
  g_assert_cmpint (world->decision->chargers[0].limit_mA, ==, 6000);
  g_assert_cmpint (world->decision->chargers[1].limit_mA, ==, 0);
  world->input.order = (PhaetonOrder){ TRUE, world->input.now_ms + 30000, -1, 5000 };
  world_step (world, 1);
  g_assert_cmpint (world->decision->chargers[0].limit_mA, ==, 0);
  world_run (world, 40);
  g_assert_cmpint (world->decision->chargers[0].limit_mA, ==, 16000);
  g_assert_cmpint (world->decision->chargers[1].limit_mA, ==, 16000);
}

/* a car that an order paused waits for the order alone: no fuse was too full for it */
static void
test_order_is_no_fuse (void)
{
  g_autoptr (House) house = house_new ();
  World *world = house->world;

  house_run (house, 200);
  world->input.order = (PhaetonOrder){ TRUE, world->input.now_ms + 60000, -1, 5000 };
  house_run (house, 30);
  for (guint i = 0; i < 2; i++) {
    g_assert_cmpint (get_limit_mA (house, i), ==, 0);
    g_assert_cmpint (world_why (world, i), ==, PHAETON_WHY_ORDER_CURRENT);
  }
  house_run (house, 60);
  g_assert_cmpint (get_limit_mA (house, 0), >=, 6000);
}

/* room for one: they take turns, and only every quarter of an hour */
static void
test_turns (void)
{
  g_autoptr (House) house = house_new ();
  int served_s[2] = { 0 }, changes = 0, before = -1;

  set_load (house, 14000);
  for (int s = 0; s < 4 * 3600; s++) {
    house_step (house);
    for (int i = 0; i < 2; i++)
      if (get_limit_mA (house, (guint) i) > 0) {
        served_s[i]++;
        changes += before != i;
        before = i;
      }
  }
  g_assert_cmpint (served_s[0], >, 5400);
  g_assert_cmpint (served_s[1], >, 5400);
  g_assert_cmpint (changes, <=, 17);
}

/* the system's own input limit is smaller than the fuse */
static void
test_input_limit (void)
{
  g_autoptr (House) house = house_new ();

  for (int s = 0; s < 200; s++) {
    house->world->input.home.input_limit_mA =
      (PhaetonReading){ TRUE, house->world->input.now_ms, 16000 };
    house_step (house);
  }
  g_assert_cmpint (get_limit_mA (house, 0), ==, 7500);
}

/* the inverter's input carries less than the fuse: that binds the car behind it, not the other */
static void
test_inverter_limit (void)
{
  g_autoptr (House) house = house_new ();

  house->world->cars[1].on_input = TRUE;
  for (int s = 0; s < 200; s++) {
    house->world->input.home.inverter_limit_mA =
      (PhaetonReading){ TRUE, house->world->input.now_ms, 9000 };
    house_step (house);
  }
  g_assert_cmpint (get_limit_mA (house, 0), ==, 8000); /* less the margin of 1 A */
  g_assert_cmpint (world_why (house->world, 0), ==, PHAETON_WHY_FUSE);
  g_assert_cmpint (get_limit_mA (house, 1), ==, 15700); /* what is left of the fuse */
  house->world->input.home.inverter_limit_mA.known = FALSE;
  house_run (house, 100);
  g_assert_cmpint (get_limit_mA (house, 0), ==, 11900);
}

/* random modes, loads, faults and orders: nobody exceeds a fuse by decision, limits are whole */
static void
test_random_sites (void)
{
  g_autoptr (House) house = house_new ();
  World *world = house->world;
  const int steps = g_getenv ("PHAETON_TEST_LONG") != NULL ? 1000000 : 100000;

  for (int s = 0; s < steps; s++) {
    PhaetonChargerInput *car = &world->cars[g_test_rand_int_range (0, 2)];
    gint64 commanded_mA = 0;

    switch (g_test_rand_int_range (0, 200)) {
    case 0:
      car->online = !car->online;
      break;
    case 1:
      car->sample.pilot = PHAETON_PILOT_A;
      break;
    case 2:
    case 3:
      car->sample.pilot = PHAETON_PILOT_B1;
      break;
    case 4:
      car->command.set_mA = g_test_rand_int_range (0, 40000);
      break;
    case 5:
      car->command.mode = (PhaetonMode) g_test_rand_int_range (0, 3);
      break;
    case 6:
      car->command.enabled = !car->command.enabled;
      break;
    case 7:
      set_load (house, g_test_rand_int_range (-20000, 30000));
      break;
    case 8:
      house->silent = !house->silent;
      break;
    default:
      break;
    }
    house_step (house);
    for (guint i = 0; i < 2; i++) {
      const int limit_mA = get_limit_mA (house, i);

      g_assert_true (limit_mA == 0 || (limit_mA >= 6000 && limit_mA <= 16000));
      g_assert_true (limit_mA == 0 || world->cars[i].command.enabled || !world->cars[i].online);
      commanded_mA += limit_mA;
    }
    g_assert_true (commanded_mA <= FUSE_mA);
  }
}

static void
test_no_house_guard (void)
{
  g_autoptr (World) world = world_new (1);

  world->cars[0].sample.pilot = PHAETON_PILOT_C2;
  world_step (world, 1);
  g_assert_cmpint (world_why (world, 0), ==, PHAETON_WHY_MANUAL);
  g_assert_cmpint (world->decision->chargers[0].chain.verdicts[1].code, ==,
                   PHAETON_WHY_NO_HOUSE_GUARD);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/circuits/shares-the-fuse", test_shares_the_fuse);
  g_test_add_func ("/circuits/export-makes-no-room", test_export_makes_no_room);
  g_test_add_func ("/circuits/rising-load", test_rising_load);
  g_test_add_func ("/circuits/silent-meter", test_silent_meter);
  g_test_add_func ("/circuits/meter-never-seen", test_meter_never_seen);
  g_test_add_func ("/circuits/implausible", test_implausible);
  g_test_add_func ("/circuits/missing-meter", test_missing_meter);
  g_test_add_func ("/circuits/lost-charger", test_lost_charger);
  g_test_add_func ("/circuits/rotated-phases", test_rotated_phases);
  g_test_add_func ("/circuits/order", test_order);
  g_test_add_func ("/circuits/order-is-no-fuse", test_order_is_no_fuse);
  g_test_add_func ("/circuits/turns", test_turns);
  g_test_add_func ("/circuits/input-limit", test_input_limit);
  g_test_add_func ("/circuits/inverter-limit", test_inverter_limit);
  g_test_add_func ("/circuits/random-sites", test_random_sites);
  g_test_add_func ("/circuits/no-house-guard", test_no_house_guard);
  return g_test_run ();
}
