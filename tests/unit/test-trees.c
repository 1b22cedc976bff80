/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core-world.h"
#include "phaeton-circuit-check.h"
#include "phaeton-failsafe.h"

/* Random trees of circuits with chargers whose phases are turned, through the whole decision. */

#define MAX_CARS 8

static guint
get_cases (void)
{
  return g_getenv ("PHAETON_TEST_LONG") != NULL ? 1000000 : 100000;
}

/* one to three circuits, the first above the others or each for itself; some chargers on none */
static void
make_random_tree (PhaetonConfig *config)
{
  const int n_circuits = g_test_rand_int_range (1, 4);

  phaeton_config_take_circuits (config, (guint) n_circuits);
  for (int k = 0; k < n_circuits; k++) {
    PhaetonCircuitConfig *circuit = &config->circuits[k];

    circuit->parent = g_test_rand_int_range (0, k + 1);
    circuit->margin_percent = g_test_rand_int_range (0, 20);
    circuit->meter = g_test_rand_bit () ? PHAETON_METER_GRID : PHAETON_METER_NONE;
    circuit->base_known = TRUE;
    for (int f = 0; f < PHAETON_PHASES; f++) {
      circuit->fuse_mA[f] = g_test_rand_int_range (6000, 80000);
      circuit->failsafe_base_mA[f] = g_test_rand_int_range (0, circuit->fuse_mA[f] + 1);
      circuit->base_mA[f] = g_test_rand_int_range (0, 30000);
    }
  }
  for (guint i = 0; i < config->n_chargers; i++) {
    config->chargers[i].circuit = g_test_rand_int_range (0, n_circuits + 1);
    config->chargers[i].priority = g_test_rand_int_range (0, 3);
    config->chargers[i].weight = g_test_rand_int_range (1, 4);
    config->chargers[i].station_max_mA = g_test_rand_int_range (6000, 33000);
    config->chargers[i].controls.max_set_mA = g_test_rand_int_range (6000, 65000);
    for (guint8 f = 0; f < PHAETON_PHASES; f++)
      config->chargers[i].phase_map[f] = (guint8) ((f + i) % PHAETON_PHASES);
  }
}

static World *
make_random_world (void)
{
  const int steps_mA[] = { 100, 500, 1000 };
  World *world = world_new ((guint) g_test_rand_int_range (1, MAX_CARS + 1));

  make_random_tree (world->config);
  for (guint i = 0; i < world->config->n_chargers; i++) {
    PhaetonChargerInput *car = &world->cars[i];

    car->sample.pilot = g_test_rand_int_range (0, 8) == 0 ? PHAETON_PILOT_A : PHAETON_PILOT_B1;
    car->sample.phases = g_test_rand_bit () ? 1 : 3;
    car->sample.known |= 7 * PHAETON_SAMPLE_CURRENT_L1;
    car->can.step_mA = steps_mA[g_test_rand_int_range (0, 3)];
    car->command.set_mA = g_test_rand_int_range (0, 40000);
    car->command.enabled = g_test_rand_int_range (0, 8) != 0;
  }
  return world;
}

/* on which phase of the grid the car of charger @i draws with its @own one; -1: it does not */
static int
find_phase (const World *world, guint i, int own)
{
  return own < world->cars[i].sample.phases ? world->config->chargers[i].phase_map[own] : -1;
}

/* cars draw at once what they may, the meter shows it beside the load */
static void
flow (World *world, const int *load_mA)
{
  for (int f = 0; f < PHAETON_PHASES; f++)
    world->input.home.grid_current_mA[f] =
      (PhaetonReading){ TRUE, world->input.now_ms + 1000, load_mA[f] };
  for (guint i = 0; i < world->config->n_chargers; i++) {
    PhaetonChargerSample *sample = &world->cars[i].sample;
    const int drawn_mA = sample->pilot != PHAETON_PILOT_A ? world->state->chargers[i].limit_mA : 0;

    if (sample->pilot != PHAETON_PILOT_A)
      sample->pilot = drawn_mA > 0 ? PHAETON_PILOT_C2 : PHAETON_PILOT_B1;
    for (int own = 0; own < PHAETON_PHASES; own++) {
      const int phase = find_phase (world, i, own);

      sample->current_mA[own] = phase >= 0 ? drawn_mA : 0;
      if (phase >= 0)
        world->input.home.grid_current_mA[phase].value += drawn_mA;
    }
  }
}

/* counts what is offered below circuit @k on @phase, as the test walks the tree */
static int
sum_limits_mA (const World *world, guint k, int phase)
{
  int sum_mA = 0;

  for (guint i = 0; i < world->config->n_chargers; i++)
    for (int above = world->config->chargers[i].circuit; above != 0;
         above = world->config->circuits[above - 1].parent)
      for (int own = 0; above - 1 == (int) k && own < PHAETON_PHASES; own++)
        if (find_phase (world, i, own) == phase && world->cars[i].sample.pilot != PHAETON_PILOT_A)
          sum_mA += world->decision->chargers[i].limit_mA;
  return sum_mA;
}

/* I1: on each phase of each circuit load and cars stay below the fuse by the margin, or no car has
 * any current there */
static void
check_fuses (const World *world, const int *load_mA)
{
  for (guint k = 0; k < world->config->n_circuits; k++) {
    const PhaetonCircuitConfig *circuit = &world->config->circuits[k];

    if (circuit->meter == PHAETON_METER_GRID &&
        world->state->site.circuits[k].at_ms != world->input.now_ms)
      continue; /* three times this fuse, by cars elsewhere: such a sample is not believed */
    for (int f = 0; f < PHAETON_PHASES; f++) {
      const int base_mA =
        circuit->meter == PHAETON_METER_GRID ? MAX (load_mA[f], 0) : circuit->base_mA[f];
      const int margin_mA = MAX (circuit->fuse_mA[f] * circuit->margin_percent / 100, 1000);
      const int sum_mA = sum_limits_mA (world, k, f);

      g_assert_true (sum_mA == 0 || base_mA + sum_mA <= circuit->fuse_mA[f] - margin_mA);
    }
  }
}

/* I2 and I3: 0, or at least the minimum, at most what was wanted and may be, in steps */
static void
check_limits (const World *world)
{
  for (guint i = 0; i < world->config->n_chargers; i++) {
    const PhaetonChargerConfig *config = &world->config->chargers[i];
    const PhaetonChargerInput *car = &world->cars[i];
    const int limit_mA = world->decision->chargers[i].limit_mA;
    const int most_mA =
      MIN (car->command.set_mA, MIN (config->station_max_mA, config->controls.max_set_mA));

    if (limit_mA == 0)
      continue;
    g_assert_true (car->command.enabled);
    g_assert_cmpint (limit_mA, >=, PHAETON_MIN_OFFER_mA);
    g_assert_cmpint (limit_mA, <=, most_mA);
    g_assert_cmpint (limit_mA % car->can.step_mA, ==, 0);
  }
}

static void
test_random_trees (void)
{
  for (guint n = 0; n < get_cases (); n++) {
    g_autoptr (World) world = make_random_world ();
    int load_mA[PHAETON_PHASES];

    for (int step = 0; step < 4; step++) { /* the second and fourth on top of what runs */
      for (int f = 0; f < PHAETON_PHASES && step % 2 == 0; f++)
        load_mA[f] = g_test_rand_int_range (-10000, 40000);
      flow (world, load_mA);
      world_step (world, step % 2 == 0 ? 1 : 11);
      check_fuses (world, load_mA);
      check_limits (world);
    }
  }
}

/* I12: the fail-safe currents and the load to be expected fit every fuse */
static void
test_failsafe (void)
{
  for (guint n = 0; n < get_cases (); n++) {
    g_autoptr (PhaetonConfig) config = phaeton_config_new ((guint) g_test_rand_int_range (1, 9));
    int limits_mA[PHAETON_MAX_CHARGERS];
    guint index;

    make_random_tree (config);
    g_assert_cmpint (phaeton_circuits_check (config, &index), ==, PHAETON_CIRCUITS_OK);
    phaeton_failsafe_compute (config, NULL, limits_mA);
    for (guint k = 0; k < config->n_circuits; k++)
      for (int f = 0; f < PHAETON_PHASES; f++) {
        int sum_mA = 0;

        for (guint i = 0; i < config->n_chargers; i++)
          for (int above = config->chargers[i].circuit; above != 0;
               above = config->circuits[above - 1].parent)
            if (above - 1 == (int) k)
              sum_mA += limits_mA[i];
        g_assert_cmpint (sum_mA + (sum_mA > 0 ? config->circuits[k].failsafe_base_mA[f] : 0), <=,
                         config->circuits[k].fuse_mA[f]);
      }
    for (guint i = 0; i < config->n_chargers; i++)
      g_assert_true (limits_mA[i] == 0 || limits_mA[i] >= PHAETON_MIN_OFFER_mA);
  }
}

static void
test_check (void)
{
  g_autoptr (PhaetonConfig) config = phaeton_config_new (2);
  guint index;

  phaeton_config_take_circuits (config, 3);
  for (int k = 0; k < 3; k++)
    for (int f = 0; f < PHAETON_PHASES; f++)
      config->circuits[k].fuse_mA[f] = 16000;
  for (guint8 f = 0; f < PHAETON_PHASES; f++)
    config->chargers[0].phase_map[f] = config->chargers[1].phase_map[f] = f;
  g_assert_cmpint (phaeton_circuits_check (config, &index), ==, PHAETON_CIRCUITS_OK);
  config->circuits[1].fuse_mA[2] = 5999;
  g_assert_cmpint (phaeton_circuits_check (config, &index), ==, PHAETON_CIRCUITS_FUSE_TOO_SMALL);
  g_assert_cmpint (index, ==, 1);
  config->circuits[1].fuse_mA[2] = 6000;
  config->circuits[0].parent = 2;
  config->circuits[1].parent = 3;
  g_assert_cmpint (phaeton_circuits_check (config, &index), ==, PHAETON_CIRCUITS_OK);
  config->circuits[2].parent = 1;
  g_assert_cmpint (phaeton_circuits_check (config, &index), ==, PHAETON_CIRCUITS_LOOP);
  config->circuits[2].parent = 4;
  g_assert_cmpint (phaeton_circuits_check (config, &index), ==, PHAETON_CIRCUITS_UNKNOWN_PARENT);
  config->circuits[2].parent = 0;
  config->circuits[2].failsafe_base_mA[0] = 16001;
  g_assert_cmpint (phaeton_circuits_check (config, &index), ==, PHAETON_CIRCUITS_BASE_TOO_LARGE);
  config->circuits[2].failsafe_base_mA[0] = 0;
  config->chargers[1].circuit = 4;
  g_assert_cmpint (phaeton_circuits_check (config, &index), ==, PHAETON_CIRCUITS_UNKNOWN_CIRCUIT);
  g_assert_cmpint (index, ==, 1);
  config->chargers[1].circuit = 0;
  config->chargers[0].phase_map[0] = 1;
  g_assert_cmpint (phaeton_circuits_check (config, &index), ==, PHAETON_CIRCUITS_PHASE_MAP);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trees/i1-i2-i3-random", test_random_trees);
  g_test_add_func ("/trees/i12-failsafe", test_failsafe);
  g_test_add_func ("/trees/check", test_check);
  return g_test_run ();
}
