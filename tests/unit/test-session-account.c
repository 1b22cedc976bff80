/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core-world.h"

static World *
world_with_counter (void)
{
  World *world = world_new (1);
  PhaetonChargerSample *sample = &world->cars[0].sample;

  sample->known |= PHAETON_SAMPLE_ENERGY | PHAETON_SAMPLE_POWER;
  sample->energy_wh = 2500000;
  world->config->pricing.is_fallback = TRUE;
  world->config->static_rate_micros_per_kwh = 250000;
  world_step (world, 1);
  return world;
}

static PhaetonSessionState *
get_session (World *world)
{
  return &world->state->chargers[0].session;
}

/* charges @wh in an hour, a step every 10 s */
static void
charge (World *world, int wh)
{
  PhaetonChargerSample *sample = &world->cars[0].sample;
  const gint64 start_wh = sample->energy_wh;

  sample->pilot = PHAETON_PILOT_C2;
  sample->power_total_w = wh;
  for (int i = 1; i <= 360; i++) {
    sample->energy_wh = start_wh + (gint64) wh * i / 360;
    world_step (world, 10);
  }
}

static void
test_plug_to_unplug (void)
{
  g_autoptr (World) world = world_with_counter ();
  PhaetonChargerSample *sample = &world->cars[0].sample;

  g_assert_false (get_session (world)->exists);
  sample->pilot = PHAETON_PILOT_B1;
  g_assert_true (world_step (world, 1)->session_began);
  charge (world, 11000);
  sample->pilot = PHAETON_PILOT_B1; /* a cloud, a phase switch, a person: all pauses */
  sample->power_total_w = 0;
  world_run (world, 3600);
  charge (world, 4000);
  g_assert_true (get_session (world)->running);
  sample->pilot = PHAETON_PILOT_A;
  g_assert_true (world_step (world, 1)->session_ended);
  g_assert_false (get_session (world)->running);
  g_assert_cmpint (get_session (world)->end, ==, PHAETON_END_UNPLUGGED);
  g_assert_cmpint (get_session (world)->gained_wh, ==, 15000);
  g_assert_cmpint (get_session (world)->start_wh, ==, 2500000);
  g_assert_cmpint (get_session (world)->peak_w, ==, 11000);
  g_assert_cmpint (get_session (world)->charging_ms, ==, 2 * (3600 - 10) * 1000);
  g_assert_true (get_session (world)->cost_known);
  g_assert_cmpint (get_session (world)->cost_micros, ==, 15 * 250000);
  world_run (world, 10); /* the last one stays until the next begins */
  g_assert_cmpint (get_session (world)->gained_wh, ==, 15000);
  sample->pilot = PHAETON_PILOT_B2;
  g_assert_true (world_step (world, 1)->session_began);
  g_assert_cmpint (get_session (world)->gained_wh, ==, 0);
}

/* FIX 68: a car that sips is one that charges, all through its stay */
static void
test_slow_charging (void)
{
  g_autoptr (World) world = world_with_counter ();
  guint n_ended = 0;

  for (int hour = 0; hour < 5; hour++) {
    charge (world, hour % 2 == 0 ? 60 : 0);
    n_ended += world->decision->chargers[0].session_ended ? 1 : 0;
  }
  g_assert_cmpuint (n_ended, ==, 0);
  g_assert_true (get_session (world)->running);
  g_assert_cmpint (get_session (world)->gained_wh, ==, 180);
  g_assert_cmpint (get_session (world)->charging_ms, >, 2 * 3600 * 1000);
}

/* the counter is booked; what the power makes stands beside it */
static void
test_power_checks_the_counter (void)
{
  g_autoptr (World) world = world_with_counter ();
  PhaetonSessionState *session;

  charge (world, 11000);
  session = get_session (world);
  g_assert_cmpint (session->compared_wh, ==, 11000);
  g_assert_cmpint (ABS (session->measured_mWh - 11000000), <, 50000);
  for (int i = 0; i < 3600; i++) /* the counter stands still, the power does not */
    world_step (world, 1);
  session = get_session (world);
  g_assert_cmpint (session->gained_wh, ==, 11000);
  g_assert_cmpint (session->compared_wh, ==, 11000);
  g_assert_cmpint (ABS (session->measured_mWh - 22000000), <, 50000);
}

/* while nobody looks there is nothing to compare: a gap is no doubt */
static void
test_gaps_are_not_compared (void)
{
  g_autoptr (World) world = world_with_counter ();

  charge (world, 6000);
  world->cars[0].online = FALSE;
  world_run (world, 600);
  world->cars[0].online = TRUE;
  world->cars[0].sample.energy_wh += 1000;
  world_step (world, 1);
  g_assert_cmpint (get_session (world)->gained_wh, ==, 7000);
  g_assert_cmpint (get_session (world)->compared_wh, ==, 6000);
}

/* a charger without a counter: the power is all there is */
static void
test_power_without_counter (void)
{
  g_autoptr (World) world = world_with_counter ();
  PhaetonChargerSample *sample = &world->cars[0].sample;

  sample->known &= ~(guint32) PHAETON_SAMPLE_ENERGY;
  world->state->chargers[0].session = (PhaetonSessionState){ 0 };
  sample->pilot = PHAETON_PILOT_C2;
  sample->power_total_w = 7200;
  world_run (world, 3600);
  g_assert_false (get_session (world)->counter_known);
  g_assert_cmpint (ABS (get_session (world)->gained_wh - 7200), <=, 3);
  g_assert_true (get_session (world)->cost_known);
  g_assert_cmpint (ABS (get_session (world)->cost_micros - 1800000), <, 1000);
  sample->known |= PHAETON_SAMPLE_ENERGY; /* it came late: goes on from there */
  world_step (world, 1);
  sample->energy_wh += 100;
  world_run (world, 60);
  g_assert_cmpint (ABS (get_session (world)->gained_wh - 7300), <=, 5);
}

/* each Wh at the price of the slot in which it came, export prices for the sun's part */
static void
test_cost_by_slot (void)
{
  g_autoptr (World) world = world_with_counter ();
  const gint64 begin_at = world->input.wall_at;
  PhaetonPriceSlot slots[] = {
    { begin_at - 900, begin_at + 1800, 300000, 0, PHAETON_PRICE_NORMAL, FALSE },
    { begin_at + 1800, begin_at + 2700, 123457, 0, PHAETON_PRICE_NORMAL, FALSE },
    { begin_at + 2700, begin_at + 9000, -20000, 0, PHAETON_PRICE_NORMAL, FALSE },
  };

  world->input.prices = (PhaetonPriceSeries){ G_N_ELEMENTS (slots), slots };
  charge (world, 7200); /* in an hour: 20 Wh every ten seconds */
  g_assert_true (get_session (world)->cost_known);
  g_assert_cmpint (get_session (world)->gained_wh, ==, 7200);
  g_assert_cmpint (get_session (world)->cost_micros * 1000 + get_session (world)->cost_rest, ==,
                   180 * 20 * 300000 + 90 * 20 * 123457 + 90 * 20 * -20000);
}

static void
test_offline_holds (void)
{
  g_autoptr (World) world = world_with_counter ();

  charge (world, 3000);
  world->cars[0].online = FALSE;
  world->cars[0].sample = (PhaetonChargerSample){ 0 };
  world_run (world, 3600);
  g_assert_true (get_session (world)->running);
  g_assert_cmpint (get_session (world)->gained_wh, ==, 3000);
  g_assert_cmpint (get_session (world)->charging_ms, ==, (3600 - 10) * 1000);
}

static void
test_unknown_pilot_holds (void)
{
  g_autoptr (World) world = world_with_counter ();
  PhaetonChargerSample *sample = &world->cars[0].sample;

  charge (world, 3000);
  sample->known &= ~(guint32) PHAETON_SAMPLE_PILOT;
  world_run (world, 600);
  g_assert_true (get_session (world)->running);
  sample->known |= PHAETON_SAMPLE_PILOT;
  sample->pilot = PHAETON_PILOT_F;
  world_run (world, 600);
  g_assert_true (get_session (world)->running);
  sample->pilot = PHAETON_PILOT_E; /* a moment only */
  world_run (world, 30);
  g_assert_true (get_session (world)->running);
  sample->pilot = PHAETON_PILOT_B1;
  world_run (world, 60);
  sample->pilot = PHAETON_PILOT_E; /* a station that says E for no car */
  world_run (world, 62);
  g_assert_false (get_session (world)->running);
  g_assert_cmpint (get_session (world)->end, ==, PHAETON_END_UNPLUGGED);
}

/* what the site does: the stored session in an otherwise fresh state, another monotonic clock */
static void
restart (World *world, int down_s)
{
  const PhaetonSessionState session = *get_session (world);

  memset (world->state->chargers, 0, sizeof (PhaetonChargerState));
  world->state->chargers[0].session = session;
  world->input.now_ms = 5000;
  world->input.wall_at += down_s;
}

static void
test_restart_continues (void)
{
  g_autoptr (World) world = world_with_counter ();
  PhaetonChargerSample *sample = &world->cars[0].sample;

  charge (world, 11000);
  g_strlcpy (get_session (world)->id, "a", sizeof get_session (world)->id);
  restart (world, 1800);
  world->cars[0].online = FALSE;
  world_run (world, 5);
  g_assert_true (get_session (world)->running);
  world->cars[0].online = TRUE;
  sample->energy_wh += 5500; /* went on charging meanwhile */
  g_assert_false (world_step (world, 1)->session_began);
  g_assert_true (get_session (world)->running);
  g_assert_cmpstr (get_session (world)->id, ==, "a");
  g_assert_cmpint (get_session (world)->gained_wh, ==, 16500);
}

static void
test_restart_without_car (void)
{
  g_autoptr (World) world = world_with_counter ();

  charge (world, 11000);
  restart (world, 1800);
  world->cars[0].sample.pilot = PHAETON_PILOT_A;
  g_assert_true (world_step (world, 1)->session_ended);
  g_assert_cmpint (get_session (world)->end, ==, PHAETON_END_INTERRUPTED);
}

/* FIX 32: what the counter gained while nobody looked is a session of its own, said to be so */
static void
test_missed (void)
{
  g_autoptr (World) world = world_with_counter ();
  PhaetonChargerSample *sample = &world->cars[0].sample;
  const PhaetonChargerDecision *decision;
  gint64 was_at;

  world_run (world, 60);
  was_at = world->input.wall_at;
  restart (world, 7200);
  sample->energy_wh += 9000;
  sample->pilot = PHAETON_PILOT_C2; /* another car, maybe */
  decision = world_step (world, 1);
  g_assert_true (decision->session_missed && decision->session_ended && !decision->session_began);
  g_assert_cmpint (get_session (world)->gained_wh, ==, 9000);
  g_assert_cmpint (get_session (world)->end, ==, PHAETON_END_INTERRUPTED);
  g_assert_cmpint (get_session (world)->started_at, ==, was_at);
  g_assert_cmpint (get_session (world)->ended_at, ==, world->input.wall_at);
  g_assert_cmpint (get_session (world)->charging_ms, ==, 0); /* nobody saw how long it flowed */
  g_assert_cmpint (get_session (world)->sun_mWh + get_session (world)->grid_mWh, ==, 0);
  decision = world_step (world, 1);
  g_assert_true (decision->session_began && !decision->session_missed);
  g_assert_cmpint (get_session (world)->gained_wh, ==, 0);
}

/* a kill in the first seconds of a session, before its begin was saved: nothing is lost */
static void
test_lost_begin (void)
{
  g_autoptr (World) world = world_with_counter ();
  PhaetonChargerSample *sample = &world->cars[0].sample;

  world_run (world, 60);
  restart (world, 5);
  sample->energy_wh += 9;
  sample->pilot = PHAETON_PILOT_C2;
  g_assert_true (world_step (world, 1)->session_began);
  g_assert_cmpint (get_session (world)->gained_wh, ==, 9);
}

/* any history of cars, kills and absences: the sum of all sessions is what the counter gained */
static void
test_nothing_lost_or_doubled (void)
{
  g_autoptr (World) world = world_with_counter ();
  PhaetonChargerSample *sample = &world->cars[0].sample;
  const gint64 first_wh = sample->energy_wh;
  gint64 sum_wh = 0, pending_wh;

  for (int i = 0; i < 20000; i++) {
    const PhaetonChargerDecision *decision;
    PhaetonSessionState before;

    if (g_test_rand_int_range (0, 40) == 0)
      restart (world, g_test_rand_int_range (1, 36000));
    if (g_test_rand_int_range (0, 20) == 0)
      sample->pilot = g_test_rand_bit () ? PHAETON_PILOT_C2 : PHAETON_PILOT_A;
    if (sample->pilot == PHAETON_PILOT_C2)
      sample->energy_wh += g_test_rand_int_range (0, 30);
    before = *get_session (world);
    decision = world_step (world, g_test_rand_int_range (1, 10));
    if (decision->session_ended)
      sum_wh += get_session (world)->gained_wh;
    g_assert_true (!decision->session_began || !before.running);
  }
  pending_wh = get_session (world)->running ? get_session (world)->gained_wh : 0;
  g_assert_cmpint (sum_wh + pending_wh + sample->energy_wh - get_session (world)->last_wh, ==,
                   sample->energy_wh - first_wh);
}

static PhaetonReading
reading (World *world, int value)
{
  return (PhaetonReading){ TRUE, world->input.now_ms + 1000, value };
}

/* the house first, the car next, the home battery last */
static void
test_split_by_source (void)
{
  static const struct {
    int grid_w, battery_w;  /* + import, + charging */
    int sun, battery, grid; /* Wh of a kWh at 10 kW */
  } cases[] = {
    { -2000, 0, 1000, 0, 0 },       /* export: all sun */
    { 10000, 0, 0, 0, 1000 },       /* night */
    { 4000, 0, 600, 0, 400 },       /* the grid fills up */
    { 0, -5000, 500, 500, 0 },      /* the battery fills up */
    { 3000, -1000, 600, 100, 300 }, /* both, as they supply */
    { 2000, 3000, 1000, 0, 0 },     /* the grid charges the battery, not the car */
    { 15000, 0, 0, 0, 1000 },       /* the house takes more than the sun gives */
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (World) world = world_with_counter ();
    PhaetonChargerSample *sample = &world->cars[0].sample;
    const PhaetonSessionState *session;

    sample->pilot = PHAETON_PILOT_C2;
    sample->power_total_w = 10000;
    world_step (world, 1);
    for (int second = 0; second < 500; second++) {
      world->input.home.grid_power_w[0] = reading (world, cases[i].grid_w);
      world->input.home.battery_power_w = reading (world, cases[i].battery_w);
      sample->energy_wh += 2;
      world_step (world, 1);
    }
    session = get_session (world);
    g_assert_cmpint (session->sun_mWh / 1000, ==, cases[i].sun);
    g_assert_cmpint (session->battery_mWh / 1000, ==, cases[i].battery);
    g_assert_cmpint (session->grid_mWh / 1000, ==, cases[i].grid);
    g_assert_cmpint (session->saved_micros, ==, cases[i].sun * 250);
  }
}

static void
test_split_unknown (void)
{
  g_autoptr (World) world = world_with_counter ();

  charge (world, 3000); /* no meter at all */
  g_assert_cmpint (get_session (world)->gained_wh, >, 0);
  g_assert_cmpint (get_session (world)->sun_mWh, ==, 0);
  g_assert_cmpint (get_session (world)->battery_mWh, ==, 0);
  g_assert_cmpint (get_session (world)->grid_mWh, ==, 0);
}

static void
test_counter_glitches (void)
{
  const gint64 glitches_wh[] = { 0, 2499000, 9000000, -5, G_MAXINT64 };

  for (guint i = 0; i < G_N_ELEMENTS (glitches_wh); i++) {
    g_autoptr (World) world = world_with_counter ();
    PhaetonChargerSample *sample = &world->cars[0].sample;
    gint64 true_wh;

    charge (world, 3600);
    true_wh = sample->energy_wh;
    sample->energy_wh = glitches_wh[i];
    world_run (world, 5);
    sample->energy_wh = true_wh;
    world_step (world, 1);
    g_assert_cmpint (get_session (world)->gained_wh, ==, 3600);
  }
}

static void
test_counter_reset (void)
{
  g_autoptr (World) world = world_with_counter ();

  charge (world, 3600);
  world->cars[0].sample.energy_wh = 0; /* the meter was exchanged */
  charge (world, 7200);
  g_assert_cmpint (get_session (world)->gained_wh, ==, 3600 + 7200 - 20);
  world->cars[0].sample.energy_wh = 5000000; /* ... and the old one put back */
  charge (world, 3600);
  g_assert_cmpint (get_session (world)->gained_wh, ==, 3600 + 7180 + 3590);
}

/* any sequence of counters, clocks and pilots: energy, cost and time never go down, and time never
 * runs faster than the clock */
static void
test_random (void)
{
  g_autoptr (World) world = world_with_counter ();
  PhaetonChargerSample *sample = &world->cars[0].sample;
  PhaetonSessionState last = { 0 };

  for (int i = 0; i < 100000; i++) {
    const int what = g_test_rand_int_range (0, 12);
    const int seconds = g_test_rand_int_range (0, 20);
    const PhaetonChargerDecision *decision;

    if (what == 0)
      sample->energy_wh = (gint64) g_test_rand_int_range (G_MININT32, G_MAXINT32) * 256;
    else if (what == 1)
      world->cars[0].online = !world->cars[0].online;
    else if (what == 2)
      sample->known ^= PHAETON_SAMPLE_ENERGY;
    else if (what == 3)
      sample->pilot = (PhaetonPilot) g_test_rand_int_range (0, PHAETON_PILOT_F + 1);
    else if (what == 4)
      world->input.wall_at = g_test_rand_int_range (1, G_MAXINT32);
    else
      sample->energy_wh += g_test_rand_int_range (0, 30);
    decision = world_step (world, seconds);
    if (decision->session_began || decision->session_missed)
      last = (PhaetonSessionState){ 0 };
    g_assert_cmpint (get_session (world)->gained_wh, >=, last.gained_wh);
    g_assert_cmpint (get_session (world)->cost_micros, >=, last.cost_micros);
    g_assert_cmpint (get_session (world)->charging_ms, >=, last.charging_ms);
    g_assert_cmpint (get_session (world)->charging_ms - last.charging_ms, <=, seconds * 1000);
    last = *get_session (world);
  }
}

static void
test_unknown_price (void)
{
  g_autoptr (World) world = world_with_counter ();

  charge (world, 1000);
  g_assert_true (get_session (world)->cost_known);
  world->config->pricing.is_fallback = FALSE;
  charge (world, 1000);
  g_assert_false (get_session (world)->cost_known);
}

/* energy that came while nobody looked has a cost where one price was in force all the time */
static void
test_price_of_a_gap (void)
{
  const gint64 now_at = 1750000000;
  PhaetonPriceSlot slots[] = { { now_at - 7200, now_at, 300000 },
                               { now_at, now_at + 7000, 300000 },
                               { now_at + 7000, now_at + 20000, 300000 } };

  for (int i = 0; i < 2; i++) {
    g_autoptr (World) world = world_with_counter ();

    world->input.prices = (PhaetonPriceSeries){ G_N_ELEMENTS (slots), slots };
    charge (world, 1000);
    world->cars[0].online = FALSE;
    world_step (world, 4500);
    world->cars[0].online = TRUE;
    world->cars[0].sample.energy_wh += 5000;
    world_step (world, 1);
    g_assert_cmpint (get_session (world)->gained_wh, ==, 6000);
    g_assert_cmpint (get_session (world)->cost_known, ==, i == 0);
    if (i == 0)
      g_assert_cmpint (get_session (world)->cost_micros, ==, 6 * 300000);
    slots[2].import_micros = 310000;
    world->input.prices = (PhaetonPriceSeries){ 0, NULL };
  }
}

/* no longer than a slot: what came is of both slots that it lay in, by their share of the time */
static void
test_price_of_a_short_gap (void)
{
  g_autoptr (World) world = world_with_counter ();
  PhaetonPriceSlot slots[2];
  gint64 before_micros, last_at;

  charge (world, 1000);
  before_micros = get_session (world)->cost_micros;
  last_at = get_session (world)->last_at;
  slots[0] = (PhaetonPriceSlot){ last_at - 7200, last_at + 100, 100000 };
  slots[1] = (PhaetonPriceSlot){ last_at + 100, last_at + 9000, 400000 };
  world->input.prices = (PhaetonPriceSeries){ G_N_ELEMENTS (slots), slots };
  world->cars[0].online = FALSE;
  world_step (world, 399);
  world->cars[0].online = TRUE;
  world->cars[0].sample.energy_wh += 1000;
  world_step (world, 1);
  g_assert_cmpint (world->input.wall_at, ==, last_at + 400);
  g_assert_true (get_session (world)->cost_known);
  g_assert_cmpint (get_session (world)->cost_micros - before_micros, ==, 325000);
  world->cars[0].sample.energy_wh += 10;
  world_step (world, 10); /* and from then on it is the slot's */
  g_assert_cmpint (get_session (world)->cost_micros - before_micros, ==, 325000 + 4000);
}

static void
test_clock_set_later (void)
{
  g_autoptr (World) world = world_with_counter ();

  world->input.wall_known = FALSE;
  world->cars[0].sample.pilot = PHAETON_PILOT_B1;
  world_step (world, 1);
  g_assert_cmpint (get_session (world)->started_at, ==, 0);
  world->input.wall_known = TRUE;
  world_step (world, 1);
  g_assert_cmpint (get_session (world)->started_at, ==, world->input.wall_at);
}

/* FIX 21: Charged is reported, and only for a car that stopped while it was offered current */
static void
test_charged (void)
{
  g_autoptr (World) world = world_with_counter ();
  PhaetonChargerSample *sample = &world->cars[0].sample;

  charge (world, 1000);
  sample->pilot = PHAETON_PILOT_B1;
  g_assert_cmpint (world_step (world, 1)->status, ==, PHAETON_STATUS_CONNECTED);
  g_assert_cmpint (world_run (world, 10)->status, ==, PHAETON_STATUS_CHARGED);
  sample->pilot = PHAETON_PILOT_C2;
  g_assert_cmpint (world_step (world, 1)->status, ==, PHAETON_STATUS_CHARGING);
  world->cars[0].command.enabled = FALSE;
  world_step (world, 1);
  sample->pilot = PHAETON_PILOT_B1;
  world_run (world, 30);
  world->cars[0].command.enabled = TRUE;
  g_assert_cmpint (world_run (world, 60)->status, ==, PHAETON_STATUS_CONNECTED);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session/fix-20-plug-to-unplug", test_plug_to_unplug);
  g_test_add_func ("/session/fix-68-slow-charging", test_slow_charging);
  g_test_add_func ("/session/fix-6-offline-holds", test_offline_holds);
  g_test_add_func ("/session/unknown-pilot-holds", test_unknown_pilot_holds);
  g_test_add_func ("/session/restart-continues", test_restart_continues);
  g_test_add_func ("/session/fix-32-restart-without-car", test_restart_without_car);
  g_test_add_func ("/session/fix-32-missed", test_missed);
  g_test_add_func ("/session/lost-begin", test_lost_begin);
  g_test_add_func ("/session/nothing-lost-or-doubled", test_nothing_lost_or_doubled);
  g_test_add_func ("/session/split-by-source", test_split_by_source);
  g_test_add_func ("/session/split-unknown", test_split_unknown);
  g_test_add_func ("/session/cost-by-slot", test_cost_by_slot);
  g_test_add_func ("/session/power-checks-the-counter", test_power_checks_the_counter);
  g_test_add_func ("/session/gaps-are-not-compared", test_gaps_are_not_compared);
  g_test_add_func ("/session/power-without-counter", test_power_without_counter);
  g_test_add_func ("/session/fix-25-counter-glitches", test_counter_glitches);
  g_test_add_func ("/session/fix-25-counter-reset", test_counter_reset);
  g_test_add_func ("/session/fix-25-random", test_random);
  g_test_add_func ("/session/unknown-price", test_unknown_price);
  g_test_add_func ("/session/price-of-a-gap", test_price_of_a_gap);
  g_test_add_func ("/session/price-of-a-short-gap", test_price_of_a_short_gap);
  g_test_add_func ("/session/clock-set-later", test_clock_set_later);
  g_test_add_func ("/session/fix-21-charged", test_charged);
  return g_test_run ();
}
