/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guard-house.h"
#include "phaeton-failsafe.h"
#include "phaeton-load.h"
#include "phaeton-meter.h"
#include "phaeton-ramp.h"

#define HALF_S_MS 500
#define DAY_S 86400

/* one meter of chance: loads come and go, samples come each second or late, cars follow in 0.5 to
 * 5 s */
typedef struct {
  House *house;
  gint64 over_ms[PHAETON_PHASES]; /* since the load changed, how long the cars overloaded it */
  gint64 deep_ms, metered_ms;
  gint64 raised_ms; /* when any limit rose last */
  int before_mA[2];
} Trace;

static void
change_loads (Trace *trace)
{
  if (g_test_rand_int_range (0, 120) == 0) {
    const int f = g_test_rand_int_range (0, 3);

    trace->house->load_mA[f] = g_test_rand_int_range (-15000, 24000);
    trace->over_ms[f] = 0;
  }
}

/* I8: nothing rises while the meter has not shown the last raise, and never by more than the ramp;
 * a limit that the fuse no longer allows is down in the same step */
static void
check_raises (Trace *trace)
{
  World *world = trace->house->world;
  const gint64 now_ms = world->input.now_ms, at_ms = world->state->site.circuits[0].at_ms;
  gint64 raised_ms = trace->raised_ms;

  for (guint i = 0; i < 2; i++) {
    const int limit_mA = get_limit_mA (trace->house, i);

    if (limit_mA > trace->before_mA[i]) {
      g_assert_true (trace->raised_ms == 0 || at_ms >= trace->raised_ms + PHAETON_METER_SETTLE_MS);
      g_assert_cmpint (now_ms - at_ms, <=, PHAETON_METER_LATE_MS);
      g_assert_cmpint (limit_mA, <=, MAX (trace->before_mA[i], 4000) + PHAETON_RAMP_mA);
      raised_ms = now_ms;
    }
    trace->before_mA[i] = limit_mA;
  }
  trace->raised_ms = raised_ms;
}

static void
check_cut (const Trace *trace)
{
  const World *world = trace->house->world;

  for (int f = 0; f < PHAETON_PHASES; f++) {
    const int base_mA = phaeton_meter_get_base_mA (&world->state->site.circuits[0], f);
    const int sum_mA = get_limit_mA (trace->house, 0) + get_limit_mA (trace->house, 1);

    g_assert_true (sum_mA == 0 || base_mA + sum_mA <= FUSE_mA);
  }
}

/* I9: what the cars cause ends when they have followed; the meter's second, the decision after it,
 * and one period more */
static void
check_overload (Trace *trace)
{
  const House *house = trace->house;
  const gint64 most_ms = (gint64) house->response * HALF_S_MS + 3000;
  gboolean deep = FALSE;

  for (int f = 0; f < PHAETON_PHASES; f++) {
    trace->over_ms[f] = house->total_mA[f] > FUSE_mA ? trace->over_ms[f] + HALF_S_MS : 0;
    deep |= house->total_mA[f] > FUSE_mA * 145 / 100;
    g_assert_cmpint (trace->over_ms[f], <=, most_ms);
    g_assert_cmpfloat (house->world->state->site.circuits[0].theta[f], <=, 1.5);
  }
  trace->deep_ms = deep ? trace->deep_ms + HALF_S_MS : 0;
  g_assert_cmpint (trace->deep_ms, <=, most_ms);
}

static void
step_trace (Trace *trace, int period_steps, int step)
{
  House *house = trace->house;

  change_loads (trace);
  house_move_cars (house);
  house->silent = step % period_steps != 0;
  house_measure (house);
  house_decide (house);
  check_raises (trace);
  check_cut (trace);
  check_overload (trace);
}

static void
test_i8_i9_random_traces (void)
{
  const int steps = g_getenv ("PHAETON_TEST_LONG") != NULL ? 100000 : 10000;

  for (int response = 1; response <= MAX_RESPONSE; response++) {
    g_autoptr (House) house = house_new ();
    Trace trace = { .house = house };

    house->step_ms = HALF_S_MS;
    house->response = response;
    for (int step = 0; step < steps; step++)
      step_trace (&trace, 2, step);
  }
}

/* I8 with a meter that comes late or not at all for a while: the time it takes does not count */
static void
test_i8_gaps (void)
{
  const int steps = g_getenv ("PHAETON_TEST_LONG") != NULL ? 1000000 : 100000;
  g_autoptr (House) house = house_new ();
  Trace trace = { .house = house };
  int gap = 0;

  for (int f = 0; f < PHAETON_PHASES; f++)
    house->world->config->circuits[0].failsafe_base_mA[f] = 12000;
  for (int step = 0; step < steps; step++) {
    gap = gap > 0                               ? gap - 1
          : g_test_rand_int_range (0, 100) == 0 ? g_test_rand_int_range (1, 40)
                                                : 0;
    change_loads (&trace);
    house->silent = gap > 0;
    house_step (house);
    check_raises (&trace);
  }
}

/* a lost charger counts with its last command, once, and beside what the meter shows of it */
static void
test_lost_charger (void)
{
  g_autoptr (House) house = house_new ();

  house_run (house, 200);
  house->world->cars[0].online = FALSE;
  house_run (house, 100);
  g_assert_cmpint (get_limit_mA (house, 0), ==, 11900);
  g_assert_cmpint (get_limit_mA (house, 1), ==, 11800);
  set_load (house, 3000);
  house_run (house, 10);
  g_assert_cmpint (get_limit_mA (house, 1), ==, 8800); /* all of it is on the one that listens */
}

/* the meter of a phase says export while the power of the same sample says import */
static void
test_sign_flip (void)
{
  g_autoptr (House) house = house_new ();
  World *world = house->world;

  house_run (house, 200);
  for (int s = 0; s < 18; s++) {
    house_move_cars (house);
    house_measure (house);
    for (int f = 0; f < PHAETON_PHASES; f++) {
      PhaetonReading *current = &world->input.home.grid_current_mA[f];

      world->input.home.grid_power_w[f] =
        (PhaetonReading){ TRUE, current->at_ms, current->value * 230 / 1000 };
      current->value = -current->value;
    }
    house_decide (house);
  }
  g_assert_true (phaeton_meter_is_stale (&world->state->site.circuits[0], world->input.now_ms));
}

/* the meter answers on, but always the same: the raise that it does not show is the last, and then
 * it counts as silent until it moves */
static void
test_stuck_meter (void)
{
  g_autoptr (House) house = house_new ();
  World *world = house->world;
  int stuck_mA[PHAETON_PHASES];

  for (int f = 0; f < PHAETON_PHASES; f++)
    world->config->circuits[0].failsafe_base_mA[f] = 18000;
  world->cars[1].sample.pilot = PHAETON_PILOT_A;
  world->cars[0].command.set_mA = 8000;
  set_load (house, 10000);
  house_run (house, 200);
  memcpy (stuck_mA, house->total_mA, sizeof stuck_mA);
  for (int s = 0; s < 600; s++) {
    if (s == 60) /* nothing told that it hangs before */
      world->cars[0].command.set_mA = 16000;
    house_move_cars (house);
    house_measure (house);
    for (int f = 0; f < PHAETON_PHASES; f++)
      world->input.home.grid_current_mA[f].value = stuck_mA[f];
    house_decide (house);
    g_assert_cmpint (get_limit_mA (house, 0), <=, 10000);
    g_assert_cmpint (house->total_mA[0], <=, FUSE_mA);
  }
  g_assert_cmpint (get_limit_mA (house, 0), ==, 7000);
  g_assert_true (phaeton_meter_is_stale (&world->state->site.circuits[0], world->input.now_ms));
  set_load (house, 9000);
  house_run (house, 100);
  g_assert_cmpint (get_limit_mA (house, 0), ==, 14700);
}

/* 20 A between phases allowed, an oven on L1: a car on L1 alone gets what the oven leaves, a car on
 * three phases is not concerned */
static void
test_unbalance (void)
{
  g_autoptr (House) house = house_new ();
  World *world = house->world;

  world->config->circuits[0].unbalance_mA = 20000;
  world->cars[0].sample.phases = 1;
  world->cars[1].sample.pilot = PHAETON_PILOT_A;
  house->load_mA[0] = 10000;
  house_run (house, 200);
  g_assert_cmpint (get_limit_mA (house, 0), ==, 10000);
  g_assert_cmpint (world_why (world, 0), ==, PHAETON_WHY_UNBALANCE);
  world->cars[0].sample.phases = 3;
  house_run (house, 200);
  g_assert_cmpint (get_limit_mA (house, 0), ==, 13700);
  g_assert_cmpint (world_why (world, 0), ==, PHAETON_WHY_FUSE);
}

/* two wait for room for one: whose deadline leaves less time to spare comes first */
static void
test_laxity (void)
{
  for (guint tight = 0; tight < 2; tight++) {
    g_autoptr (House) house = house_new ();
    World *world = house->world;

    world->input.wall_at = 1750000000; /* 15:06 UTC */
    world->input.zone.known = TRUE;
    for (guint i = 0; i < 2; i++) {
      world->cars[i].command.mode = PHAETON_MODE_SCHEDULED;
      world->config->chargers[i].deadline =
        (PhaetonDeadline){ .active = TRUE,
                           .by_min = i == tight ? 19 * 60 : 21 * 60,
                           .energy_wh = 60000,
                           .plan = PHAETON_PLAN_LATE };
    }
    set_load (house, 14000);
    house_run (house, 50);
    g_assert_cmpint (get_limit_mA (house, tight), >, 0);
    g_assert_cmpint (get_limit_mA (house, 1 - tight), ==, 0);
  }
}

/* a deadline that no longer fits takes the place of who runs */
static void
test_urgent (void)
{
  g_autoptr (House) house = house_new ();
  World *world = house->world;

  world->input.zone.known = TRUE;
  world->cars[1].sample.pilot = PHAETON_PILOT_A;
  set_load (house, 14000); /* room for one */
  house_run (house, 200);
  g_assert_cmpint (get_limit_mA (house, 0), >, 0);
  world->cars[1].sample.pilot = PHAETON_PILOT_B1;
  world->cars[1].command.mode = PHAETON_MODE_SCHEDULED;
  world->config->chargers[1].deadline = (PhaetonDeadline){
    .active = TRUE, .by_min = 18 * 60, .energy_wh = 60000, .plan = PHAETON_PLAN_LATE
  };
  house_run (house, 50);
  g_assert_cmpint (get_limit_mA (house, 0), ==, 0);
  g_assert_cmpint (get_limit_mA (house, 1), >, 0);
}

/* the house alone overloads the fuse for minutes: cars pause before a contract's switch does, and
 * wait until it has cooled */
static void
test_hot_fuse (void)
{
  g_autoptr (House) house = house_new ();
  World *world = house->world;

  world->config->circuits[0].kind = PHAETON_FUSE_CONTRACT;
  world->config->circuits[0].meter = PHAETON_METER_GRID;
  world->config->circuit_restart_ms = 0;
  world->cars[1].sample.pilot = PHAETON_PILOT_A;
  house_run (house, 200);
  set_load (house, 27000);
  house_run (house, 120);
  g_assert_true (world->state->site.circuits[0].hot);
  set_load (house, 10000);
  house_run (house, 4);
  g_assert_cmpint (get_limit_mA (house, 0), ==, 0);
  g_assert_cmpint (world_why (world, 0), ==, PHAETON_WHY_FUSE_HOT);
  g_assert_cmpint (world->decision->chargers[0].status, ==, PHAETON_STATUS_CHARGING_LIMIT);
  house_run (house, 30);
  g_assert_cmpint (get_limit_mA (house, 0), >=, 6000);
}

/* I12 again each day: loads that turn out larger than the settings expect lower the fail-safe
 * currents, rare peaks and smaller loads do not */
static void
test_i12_measured (void)
{
  g_autoptr (PhaetonConfig) config = phaeton_config_new (1);
  PhaetonSiteState site = { 0 };
  PhaetonLoadState *load = &site.circuits[0].load;
  const gboolean exists[PHAETON_PHASES] = { TRUE, TRUE, TRUE };
  int limits_mA[PHAETON_MAX_CHARGERS];

  phaeton_config_take_circuits (config, 1);
  config->chargers[0].circuit = 1;
  config->chargers[0].station_max_mA = config->chargers[0].controls.max_set_mA = 16000;
  for (int f = 0; f < PHAETON_PHASES; f++) {
    config->circuits[0].fuse_mA[f] = 32000;
    config->circuits[0].failsafe_base_mA[f] = 17000;
  }
  for (int s = 0; s <= DAY_S; s++) {
    const int usual_mA[] = { 3000, 9000, s % 500 == 0 ? 19500 : 1000 };

    phaeton_load_step (&config->circuits[0], usual_mA, exists, 1000 + s * (gint64) 1000, load);
  }
  g_assert_cmpint (load->expected_mA[0], ==, 4000);
  g_assert_cmpint (load->expected_mA[1], ==, 10000);
  g_assert_cmpint (load->expected_mA[2], ==, 20000);
  phaeton_failsafe_compute (config, NULL, limits_mA);
  g_assert_cmpint (limits_mA[0], ==, 15000);
  phaeton_failsafe_compute (config, &site, limits_mA);
  g_assert_cmpint (limits_mA[0], ==, 12000);
  for (int s = 1; s <= DAY_S; s++) { /* a quiet day, but for 40 s */
    const int usual_mA[] = { 0, 0, s < 40 ? 31000 : 500 };

    phaeton_load_step (&config->circuits[0], usual_mA, exists, (DAY_S + 1 + s) * (gint64) 1000,
                       load);
  }
  phaeton_failsafe_compute (config, &site, limits_mA);
  g_assert_cmpint (limits_mA[0], ==, 15000);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/house-guard/i8-i9-random-traces", test_i8_i9_random_traces);
  g_test_add_func ("/house-guard/i8-gaps", test_i8_gaps);
  g_test_add_func ("/house-guard/lost-charger", test_lost_charger);
  g_test_add_func ("/house-guard/sign-flip", test_sign_flip);
  g_test_add_func ("/house-guard/stuck-meter", test_stuck_meter);
  g_test_add_func ("/house-guard/unbalance", test_unbalance);
  g_test_add_func ("/house-guard/laxity", test_laxity);
  g_test_add_func ("/house-guard/urgent", test_urgent);
  g_test_add_func ("/house-guard/hot-fuse", test_hot_fuse);
  g_test_add_func ("/house-guard/i12-measured", test_i12_measured);
  return g_test_run ();
}
