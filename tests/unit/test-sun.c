/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core-world.h"

/* A house with sun around the world of core-world.h: its meters, and a car that follows. */
typedef struct {
  World *world;
  int pv_w, load_w;
  int battery_w; /* what it would like to charge with; takes what is left over */
  gboolean has_battery;
  int potential_w;  /* PV when not held back; -1: never held back */
  int report_lag_s; /* the car's own meter is late by so much */
  int drawn_w[8];   /* newest first */
  gboolean sleepy;  /* the car takes nothing */
} House;

static void
set_reading (PhaetonReading *reading, const World *world, int value)
{
  *reading = (PhaetonReading){ TRUE, world->input.now_ms + 1000, value };
}

static void
set_reading_double (PhaetonReadingD *reading, const World *world, double value)
{
  *reading = (PhaetonReadingD){ TRUE, world->input.now_ms + 1000, value };
}

static House *
house_new (void)
{
  House *house = g_new0 (House, 1);
  PhaetonControlsConfig *controls;

  house->world = world_new (1);
  house->potential_w = -1;
  controls = &house->world->config->chargers[0].controls;
  controls->sun_start_margin_w = 200;
  controls->sun_start_delay_ms = 60000;
  controls->ev_lag_ms = 0;
  house->world->config->home.low_soc_percent = 10;
  house->world->config->home.probe_curtailed = TRUE;
  house->world->cars[0].command.mode = PHAETON_MODE_AUTO;
  house->world->cars[0].sample.pilot = PHAETON_PILOT_B1;
  house->world->cars[0].sample.known |= PHAETON_SAMPLE_POWER;
  house->load_w = 500;
  return house;
}

static void
house_free (House *house)
{
  world_free (house->world);
  g_free (house);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (House, house_free)

static PhaetonChargerInput *
get_car (House *house)
{
  return &house->world->cars[0];
}

/* the car follows the limit of the step before, at 230 V on its phases */
static int
draw_w (House *house)
{
  PhaetonChargerSample *sample = &get_car (house)->sample;
  const PhaetonChargerState *state = &house->world->state->chargers[0];
  const int limit_mA = house->sleepy || sample->pilot == PHAETON_PILOT_A ? 0 : state->limit_mA;

  if (sample->pilot != PHAETON_PILOT_A)
    sample->pilot = limit_mA > 0          ? PHAETON_PILOT_C2
                    : state->limit_mA > 0 ? PHAETON_PILOT_B2
                                          : PHAETON_PILOT_B1;
  get_car (house)->phases_result =
    state->phases.step == PHAETON_SWITCH_SWITCHING ? PHAETON_PHASES_DONE : PHAETON_PHASES_IDLE;
  if (state->phases.step == PHAETON_SWITCH_SWITCHING)
    sample->phases = state->phases.target;
  return MIN (limit_mA, 32000) * 230 / 1000 * sample->phases;
}

static PhaetonChargerDecision *
house_step (House *house)
{
  World *world = house->world;
  PhaetonHomeSample *home = &world->input.home;
  const int car_w = draw_w (house);
  int grid_w, battery_w = 0;

  memmove (house->drawn_w + 1, house->drawn_w, 7 * sizeof house->drawn_w[0]);
  house->drawn_w[0] = car_w;
  get_car (house)->sample.power_total_w = house->drawn_w[house->report_lag_s];
  if (house->potential_w >= 0)
    house->pv_w = MIN (house->potential_w, house->load_w + car_w);
  grid_w = house->load_w + car_w - house->pv_w;
  if (house->has_battery) {
    battery_w = CLAMP (-grid_w, -5000, house->battery_w);
    grid_w += battery_w;
    set_reading (&home->battery_power_w, world, battery_w);
  }
  for (int i = 0; i < PHAETON_PHASES; i++)
    set_reading (&home->grid_power_w[i], world, i == 0 ? grid_w - 2 * (grid_w / 3) : grid_w / 3);
  home->changed_at_ms = world->input.now_ms + 1000;
  return world_step (world, 1);
}

static PhaetonChargerDecision *
house_run (House *house, int seconds)
{
  for (int i = 1; i < seconds; i++)
    house_step (house);
  return house_step (house);
}

static void
test_start_needs_lasting_sun (void)
{
  g_autoptr (House) house = house_new ();

  house->pv_w = 4800; /* 4300 left, three phases need 4140 and the margin of 200 */
  for (int i = 0; i < 300; i++)
    g_assert_cmpint (house_step (house)->limit_mA, ==, 0);
  g_assert_cmpint (world_why (house->world, 0), ==, PHAETON_WHY_WAIT_SUN);
  g_assert_cmpint (house->world->decision->chargers[0].status, ==, PHAETON_STATUS_WAIT_SUN);
  house->pv_w = 6000;
  for (int round = 0; round < 5; round++) { /* gaps in the clouds start nothing */
    house->pv_w = 6000;
    g_assert_cmpint (house_run (house, 50)->limit_mA, ==, 0);
    g_assert_cmpint (world_why (house->world, 0), ==, PHAETON_WHY_SUN_START);
    house->pv_w = 1000;
    g_assert_cmpint (house_run (house, 10)->limit_mA, ==, 0);
  }
  house->pv_w = 6000;
  g_assert_cmpint (house_run (house, 60)->limit_mA, ==, 0);
  g_assert_cmpint (house_step (house)->limit_mA, ==, 6000);
}

static void
test_follows (void)
{
  g_autoptr (House) house = house_new ();

  house->pv_w = 8000;
  house_run (house, 200);
  for (int i = 0; i < 300; i++) { /* 7500 W on three phases: 10.8 A, steady */
    g_assert_cmpint (house_step (house)->limit_mA, ==, 10800);
    g_assert_cmpint (house->world->decision->surplus_w, ==, 7500);
  }
  house->pv_w = 6000;
  g_assert_cmpint (house_run (house, 3)->limit_mA, ==, 7900); /* down at once */
}

/* what the car was told is not what it takes */
static void
test_fix_8 (void)
{
  g_autoptr (House) house = house_new ();

  house->pv_w = 8000;
  house->sleepy = TRUE;
  for (int i = 0; i < 600; i++) {
    house_step (house);
    g_assert_cmpint (house->world->decision->surplus_w, ==, 7500);
  }
}

/* the car's meter is late: matched with the house as it was then, the surplus does not jump */
static void
test_lag_is_matched (void)
{
  for (int lag_s = 0; lag_s <= 4; lag_s++) {
    g_autoptr (House) house = house_new ();

    house->pv_w = 12000;
    house->report_lag_s = lag_s;
    house->world->config->chargers[0].controls.ev_lag_ms = lag_s * 1000;
    for (int i = 0; i < 600; i++) {
      house_step (house);
      if (i >= lag_s)
        g_assert_cmpint (house->world->decision->surplus_w, ==, 11500);
    }
  }
}

/* less sun counts at once, also while the car's meter is late; more waits for it */
static void
test_lag_delays_no_fall (void)
{
  for (int lag_s = 0; lag_s <= 4; lag_s++) {
    g_autoptr (House) house = house_new ();

    house->report_lag_s = lag_s;
    house->world->config->chargers[0].controls.ev_lag_ms = lag_s * 1000;
    for (int round = 0; round < 3; round++) {
      house->pv_w = 12000;
      house_run (house, 200);
      g_assert_cmpint (house->world->decision->surplus_w, ==, 11500);
      house->pv_w = 7000; /* the cloud comes: the car draws 11.5 kW and falls later */
      house_step (house);
      g_assert_cmpint (house->world->decision->surplus_w, ==, 6500);
      g_assert_cmpint (house->world->decision->chargers[0].limit_mA, <=, 9400);
      for (int i = 0; i < 30; i++) { /* while the car follows nothing is counted twice */
        house_step (house);
        g_assert_cmpint (house->world->decision->surplus_w, ==, 6500);
      }
    }
  }
}

/* a raise that only the grid's meter shows so far is the car's, not a cloud; less sun than that can
 * explain is a cloud */
static void
test_fall_during_raise (void)
{
  g_autoptr (House) house = house_new ();

  house->report_lag_s = 2;
  house->world->config->chargers[0].controls.ev_lag_ms = 2000;
  house->pv_w = 12000;
  while (house_step (house)->limit_mA < 8000)
    ;
  house_step (house); /* drawn, 1380 W more, and not yet reported */
  g_assert_cmpint (house->world->decision->surplus_w, ==, 11500);
  house->pv_w = 5000;
  house_step (house);
  g_assert_cmpint (house->world->decision->surplus_w, ==, 4500);
}

/* nobody draws and nobody may: every change counts at once */
static void
test_empty_socket_waits_for_nothing (void)
{
  g_autoptr (House) house = house_new ();

  house->world->config->chargers[0].controls.ev_lag_ms = 5000;
  get_car (house)->sample.pilot = PHAETON_PILOT_A;
  for (int i = 0; i < 100; i++) {
    house->pv_w = i % 2 == 0 ? 9000 : 3000;
    house_step (house);
    g_assert_cmpint (house->world->decision->surplus_w, ==, house->pv_w - 500);
  }
}

static void
test_unknown (void)
{
  g_autoptr (House) house = house_new ();
  PhaetonHomeSample *home = &house->world->input.home;
  const PhaetonChargerDecision *decision;

  decision = world_run (house->world, 100);
  g_assert_cmpint (decision->limit_mA, ==, 0);
  g_assert_cmpint (decision->status, ==, PHAETON_STATUS_WAIT_SUN);
  g_assert_cmpint (world_why (house->world, 0), ==, PHAETON_WHY_SUN_UNKNOWN);
  house->pv_w = 8000;
  g_assert_cmpint (house_run (house, 200)->limit_mA, ==, 10800);
  set_reading (&home->grid_phases, house->world, 3);
  home->grid_power_w[1].known = FALSE; /* a phase that exists: the sum would be a lie */
  get_car (house)->sample.pilot = PHAETON_PILOT_C2;
  g_assert_cmpint (world_step (house->world, 1)->limit_mA, ==, 0);
  g_assert_cmpint (world_why (house->world, 0), ==, PHAETON_WHY_SUN_UNKNOWN);
  house->world->input.home = (PhaetonHomeSample){ 0 };
  set_reading (&home->pv_dc_power_w, house->world, 9000); /* PV alone is no surplus */
  g_assert_false ((world_step (house->world, 1), house->world->decision->surplus_known));
}

static void
test_stale_is_unknown (void)
{
  g_autoptr (House) house = house_new ();

  house->pv_w = 8000;
  house_run (house, 200);
  g_assert_cmpint (world_run (house->world, 14)->limit_mA, >, 0);
  g_assert_cmpint (world_run (house->world, 3)->limit_mA, ==, 0);
}

static void
test_all_positions_and_battery (void)
{
  g_autoptr (House) house = house_new ();
  World *world = house->world;
  PhaetonHomeSample *home = &world->input.home;

  set_reading (&home->pv_on_grid_power_w, world, 5000);
  set_reading (&home->grid_power_w[0], world, -4000);
  world_step (world, 1);
  g_assert_cmpint (world->decision->surplus_w, ==, 4000);
  set_reading (&home->battery_power_w, world, 1500); /* charges: the car comes first */
  world_step (world, 1);
  g_assert_cmpint (world->decision->surplus_w, ==, 5500);
  set_reading (&home->grid_power_w[0], world, -4000);
  set_reading (&home->battery_power_w, world, -1500); /* discharges: that is no sun */
  set_reading (&home->grid_setpoint_w, world, 50);
  world_step (world, 1);
  g_assert_cmpint (world->decision->surplus_w, ==, 2550);
  set_reading (&home->grid_power_w[0], world, -4000);
  set_reading (&home->genset_power_w, world, 2000);
  world_step (world, 1);
  g_assert_cmpint (world->decision->surplus_w, ==, 550);
  home->battery_power_w.known = FALSE; /* there is one: unknown is not none */
  world_step (world, 1);
  g_assert_false (world->decision->surplus_known);
}

static void
test_by_parts (void)
{
  g_autoptr (House) house = house_new ();
  World *world = house->world;
  PhaetonHomeSample *home = &world->input.home;
  PhaetonReading *const pv_w[] = { &home->pv_dc_power_w, &home->pv_on_grid_power_w,
                                   &home->pv_on_output_power_w, &home->pv_on_genset_power_w };

  set_reading (&home->consumption_power_w, world, 1000);
  for (int i = 0; i < 4; i++) {
    set_reading (pv_w[i], world, 2000);
    set_reading (&home->consumption_power_w, world, 1000);
    world_step (world, 1);
    g_assert_cmpint (world->decision->surplus_w, ==, 2000 * (i + 1) - 1000);
  }
}

static void
test_off_grid (void)
{
  g_autoptr (House) house = house_new ();
  World *world = house->world;

  set_reading (&world->input.home.off_grid, world, 1);
  world_step (world, 1);
  g_assert_false (world->decision->surplus_known);
  set_reading (&world->input.home.battery_power_w, world, 3000);
  world_step (world, 1);
  g_assert_cmpint (world->decision->surplus_w, ==, 3000);
}

/* before the inverter, with no meter upstream, the car is in none of the house's numbers */
static void
test_position (void)
{
  for (int on_input = 0; on_input <= 1; on_input++)
    for (int meter = 0; meter <= 1; meter++) {
      g_autoptr (House) house = house_new ();
      World *world = house->world;

      get_car (house)->on_input = on_input;
      get_car (house)->sample.power_total_w = 3000;
      set_reading (&world->input.home.consumption_power_w, world, 4000);
      set_reading (&world->input.home.pv_dc_power_w, world, 6000);
      set_reading (&world->input.home.has_grid_meter, world, meter);
      world_step (world, 1);
      g_assert_cmpint (world->decision->surplus_w, ==, on_input && !meter ? 2000 : 5000);
    }
}

static void
test_grace (void)
{
  g_autoptr (House) house = house_new ();

  house->pv_w = 8000;
  house_run (house, 200);
  house->pv_w = 0;
  for (int i = 0; i < 300; i++) {
    g_assert_cmpint (house_step (house)->limit_mA, ==, 6000);
    g_assert_cmpint (world_why (house->world, 0), ==, PHAETON_WHY_SUN_GRACE);
  }
  g_assert_cmpint (house_run (house, 2)->limit_mA, ==, 0);
  house->pv_w = 8000; /* the next start waits again */
  g_assert_cmpint (house_run (house, 50)->limit_mA, ==, 0);
  g_assert_cmpint (house_run (house, 20)->limit_mA, ==, 6000);
  house->sleepy = TRUE; /* a car that takes nothing is not held */
  house_run (house, 20);
  house->pv_w = 0;
  g_assert_cmpint (house_run (house, 2)->limit_mA, ==, 0);
}

/* entering Auto: idle waits for sun, a car that charges gets the grace */
static void
test_entering_auto (void)
{
  g_autoptr (House) house = house_new ();

  get_car (house)->command.mode = PHAETON_MODE_MANUAL;
  house->pv_w = 0;
  house_run (house, 20);
  get_car (house)->command.mode = PHAETON_MODE_AUTO;
  g_assert_cmpint (house_run (house, 100)->limit_mA, ==, 6000);
  g_assert_cmpint (house_run (house, 220)->limit_mA, ==, 0);
  get_car (house)->command.enabled = FALSE;
  house_run (house, 20);
  get_car (house)->command.enabled = TRUE;
  g_assert_cmpint (house_run (house, 20)->limit_mA, ==, 0);
}

static void
test_low_soc (void)
{
  g_autoptr (House) house = house_new ();
  World *world = house->world;
  PhaetonHomeSample *home = &world->input.home;
  const struct {
    double soc, limit;
    gboolean low;
  } rows[] = { { 50, 30, FALSE }, { 30, 30, FALSE },  { 29.9, 30, TRUE },
               { 30, 30, TRUE },  { 32.9, 30, TRUE }, { 33, 30, FALSE },
               { 30, 30, FALSE }, { 99, 100, TRUE },  { 100, 100, FALSE } };

  house->pv_w = 8000;
  house_run (house, 200);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    set_reading_double (&home->battery_soc_percent, world, rows[i].soc);
    set_reading_double (&home->min_soc_percent, world, rows[i].limit);
    house_step (house);
    g_assert_cmpint (world_why (world, 0) == PHAETON_WHY_LOW_SOC, ==, rows[i].low);
  }
  home->min_soc_percent.known = FALSE; /* no limit told: the settings' */
  set_reading_double (&home->battery_soc_percent, world, 9);
  g_assert_cmpint (house_step (house)->status, ==, PHAETON_STATUS_LOW_SOC);
  home->battery_soc_percent.known = FALSE; /* and the verdict stands */
  g_assert_cmpint (house_step (house)->status, ==, PHAETON_STATUS_LOW_SOC);
}

static void
test_low_soc_beats_grace (void)
{
  g_autoptr (House) house = house_new ();
  World *world = house->world;
  const PhaetonChargerDecision *decision;

  house->pv_w = 8000;
  house_run (house, 200);
  house->pv_w = 0;
  g_assert_cmpint (house_run (house, 10)->limit_mA, ==, 6000);
  set_reading_double (&world->input.home.battery_soc_percent, world, 20);
  set_reading_double (&world->input.home.min_soc_percent, world, 30);
  decision = house_step (house);
  g_assert_cmpint (decision->limit_mA, ==, 0);
  g_assert_cmpint (decision->status, ==, PHAETON_STATUS_LOW_SOC);
  get_car (house)->command.mode = PHAETON_MODE_MANUAL; /* a person may */
  g_assert_cmpint (house_step (house)->limit_mA, ==, 16000);
}

static void
test_battery_policy (void)
{
  g_autoptr (House) house = house_new ();
  World *world = house->world;
  PhaetonHomeConfig *config = &world->config->home;

  house->has_battery = TRUE;
  house->battery_w = 3000;
  house->pv_w = 8500;
  config->charge_w = 3000;
  config->target_soc_percent = 80;
  config->car_share_percent = 60;
  for (int policy = PHAETON_BATTERY_CAR_FIRST; policy <= PHAETON_BATTERY_SHARE; policy++) {
    const int wanted_w[] = { 8000, 5000, 4800 };

    config->battery_policy = (PhaetonBatteryPolicy) policy;
    for (int i = 0; i < 300; i++) {
      set_reading_double (&world->input.home.battery_soc_percent, world, 50);
      house_step (house);
    }
    g_assert_cmpint (world->decision->surplus_w, ==, wanted_w[policy]);
    set_reading_double (&world->input.home.battery_soc_percent, world, 80);
    house_step (house);
    g_assert_cmpint (world->decision->surplus_w, ==, 8000);
    set_reading_double (&world->input.home.battery_soc_percent, world, 70);
    house_step (house);
  }
  config->assist_w = 1000;
  config->assist_soc_percent = 90;
  set_reading_double (&world->input.home.battery_soc_percent, world, 95);
  house_step (house);
  g_assert_cmpint (world->decision->surplus_w, ==, 9000);
}

/* the battery that does not take what is kept for it leaves it to the car, not to the grid */
static void
test_battery_first_wastes_nothing (void)
{
  g_autoptr (House) house = house_new ();
  PhaetonHomeConfig *config = &house->world->config->home;

  house->has_battery = TRUE;
  house->battery_w = 1000;
  house->pv_w = 8500;
  config->charge_w = 3000;
  config->target_soc_percent = 80;
  config->battery_policy = PHAETON_BATTERY_FIRST;
  house_step (house);
  g_assert_cmpint (house->world->decision->surplus_w, ==, 7000);
}

/* held back PV shows nothing to spare: only trying finds it */
static void
test_probing (void)
{
  const int potentials_w[] = { 11000, 3000 };

  for (int i = 0; i < 2; i++) {
    g_autoptr (House) house = house_new ();
    int starts = 0, before_mA = 0;
    gint64 energy_ws = 0;

    house->potential_w = potentials_w[i];
    for (int s = 0; s < 3600; s++) {
      int limit_mA;

      set_reading (&house->world->input.home.pv_curtailed, house->world,
                   house->load_w + house->drawn_w[0] < house->potential_w);
      limit_mA = house_step (house)->limit_mA;
      starts += limit_mA > 0 && before_mA == 0;
      before_mA = limit_mA;
      energy_ws += house->drawn_w[0];
    }
    if (i == 0) {
      g_assert_cmpint (starts, ==, 1);
      g_assert_cmpint (energy_ws / 3600, >, 9000); /* of 10500 */
    } else {
      g_assert_cmpint (starts, <=, 6);
      g_assert_cmpint (energy_ws / 3600, <, 500);
    }
  }
}

static void
test_frozen_house (void)
{
  g_autoptr (House) house = house_new ();
  PhaetonHomeSample *home = &house->world->input.home;

  house->pv_w = 8000;
  house_run (house, 100);
  for (int i = 0; i < 60; i++) { /* the same numbers come and come */
    const int before_mA = house->world->state->chargers[0].limit_mA;
    const gint64 changed_at_ms = home->changed_at_ms;
    const int limit_mA = house_step (house)->limit_mA;

    home->changed_at_ms = changed_at_ms;
    if (i > 31)
      g_assert_cmpint (limit_mA, <=, before_mA);
  }
}

static void
test_ramp (void)
{
  g_autoptr (House) house = house_new ();
  int before_mA = 6000, waited_s = 0;

  house->pv_w = 12000;
  house_run (house, 62);
  while (house->world->state->chargers[0].limit_mA < 16000) {
    const int limit_mA = house_step (house)->limit_mA;

    g_assert_cmpint (limit_mA, <=, before_mA + 2000);
    g_assert_cmpint (++waited_s, <=, 60);
    before_mA = limit_mA;
  }
  g_assert_cmpint (waited_s, >=, 40);
}

static int
count_switches (House *house, int seconds, int low_w, int high_w, int change_s)
{
  int switches = 0, before = get_car (house)->sample.phases;

  for (int i = 0; i < seconds; i++) {
    if (i % change_s == 0)
      house->pv_w = g_test_rand_int_range (low_w, high_w + 1);
    house_step (house);
    switches += get_car (house)->sample.phases != before;
    before = get_car (house)->sample.phases;
  }
  return switches;
}

/* at any constant sun: at most one switch, ever */
static void
test_phases_settle (void)
{
  for (int pv_w = 500; pv_w < 16000; pv_w += 250) {
    g_autoptr (House) house = house_new ();

    house->world->config->chargers[0].controls.auto_phase_switch = TRUE;
    house->world->config->chargers[0].controls.phase_hysteresis_w = 300;
    g_assert_cmpint (count_switches (house, 3600, pv_w, pv_w, 1), <=, 1);
    g_assert_cmpint (get_car (house)->sample.phases, ==, pv_w - 500 < 4140 ? 1 : 3);
  }
}

static void
test_phases_caps (void)
{
  g_autoptr (House) house = house_new ();
  PhaetonControlsConfig *controls = &house->world->config->chargers[0].controls;

  controls->auto_phase_switch = TRUE;
  controls->phase_switches_per_stay = 3;
  controls->phase_switches_per_day = 5;
  g_assert_cmpint (count_switches (house, 36000, 2000, 7000, 200), ==, 3);
  get_car (house)->sample.pilot = PHAETON_PILOT_A; /* another car */
  house_step (house);
  get_car (house)->sample.pilot = PHAETON_PILOT_B1;
  g_assert_cmpint (count_switches (house, 36000, 2000, 7000, 200), ==, 2);
}

/* the way down is always kept: on three phases every cloud would be paid for */
static void
test_phases_cap_ends_on_one (void)
{
  for (int cap = 1; cap < 8; cap++) {
    g_autoptr (House) house = house_new ();
    PhaetonControlsConfig *controls = &house->world->config->chargers[0].controls;

    controls->auto_phase_switch = TRUE;
    controls->phase_switches_per_stay = cap;
    g_assert_cmpint (count_switches (house, 36000, 2000, 7000, 200), ==, cap - (cap + 1) % 2);
    g_assert_cmpint (get_car (house)->sample.phases, ==, 1);
  }
}

/* a car that does not charge again after a switch is left alone for its stay */
static void
test_phases_ban (void)
{
  g_autoptr (House) house = house_new ();
  PhaetonControlsConfig *controls = &house->world->config->chargers[0].controls;

  controls->auto_phase_switch = TRUE;
  house->pv_w = 8000;
  house_run (house, 200);
  house->pv_w = 3000;
  while (get_car (house)->sample.phases == 3)
    house_step (house);
  house->sleepy = TRUE;
  house_run (house, 300);
  house->sleepy = FALSE;
  g_assert_cmpint (count_switches (house, 7200, 2000, 9000, 200), ==, 0);
}

/* a person's choice waits in Auto and is carried out after it */
static void
test_fix_4 (void)
{
  g_autoptr (House) house = house_new ();

  house->world->config->chargers[0].controls.auto_phase_switch = TRUE;
  house->pv_w = 8000;
  get_car (house)->command.phases = 1;
  house_run (house, 300);
  g_assert_cmpint (get_car (house)->sample.phases, ==, 3);
  get_car (house)->command.mode = PHAETON_MODE_MANUAL;
  house_run (house, 10);
  g_assert_cmpint (get_car (house)->sample.phases, ==, 1);
}

/* two cars: the first in line is served, the second gets what it leaves */
static void
test_two_cars (void)
{
  g_autoptr (World) world = world_new (2);

  for (int i = 0; i < 2; i++) {
    world->config->chargers[i].controls.sun_start_delay_ms = 0;
    world->cars[i].command.mode = PHAETON_MODE_AUTO;
    world->cars[i].sample.pilot = PHAETON_PILOT_B2;
    world->cars[i].sample.phases = 1;
  }
  world->config->chargers[1].priority = 1;
  for (int i = 0; i < 100; i++) {
    set_reading (&world->input.home.grid_power_w[0], world, -2600);
    world->input.home.changed_at_ms = world->input.now_ms;
    world_step (world, 1);
  }
  g_assert_cmpint (world->decision->chargers[1].limit_mA, >=, 6000);
  g_assert_cmpint (world->decision->chargers[0].limit_mA, ==, 0);
  for (int i = 0; i < 100; i++) {
    set_reading (&world->input.home.grid_power_w[0], world, -2800);
    world->input.home.changed_at_ms = world->input.now_ms;
    world_step (world, 1);
  }
  g_assert_cmpint (world->decision->chargers[0].limit_mA, >=, 6000);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sun/fix-22-start-needs-lasting-sun", test_start_needs_lasting_sun);
  g_test_add_func ("/sun/follows", test_follows);
  g_test_add_func ("/sun/fix-8-commands-are-not-facts", test_fix_8);
  g_test_add_func ("/sun/fix-8-lag-is-matched", test_lag_is_matched);
  g_test_add_func ("/sun/lag-delays-no-fall", test_lag_delays_no_fall);
  g_test_add_func ("/sun/fix-8-fall-during-raise", test_fall_during_raise);
  g_test_add_func ("/sun/empty-socket-waits-for-nothing", test_empty_socket_waits_for_nothing);
  g_test_add_func ("/sun/fix-9-unknown", test_unknown);
  g_test_add_func ("/sun/fix-9-stale-is-unknown", test_stale_is_unknown);
  g_test_add_func ("/sun/fix-10-all-positions-and-battery", test_all_positions_and_battery);
  g_test_add_func ("/sun/fix-10-by-parts", test_by_parts);
  g_test_add_func ("/sun/off-grid", test_off_grid);
  g_test_add_func ("/sun/position", test_position);
  g_test_add_func ("/sun/grace", test_grace);
  g_test_add_func ("/sun/entering-auto", test_entering_auto);
  g_test_add_func ("/sun/fix-11-low-soc", test_low_soc);
  g_test_add_func ("/sun/fix-67-low-soc-beats-grace", test_low_soc_beats_grace);
  g_test_add_func ("/sun/battery-policy", test_battery_policy);
  g_test_add_func ("/sun/battery-first-wastes-nothing", test_battery_first_wastes_nothing);
  g_test_add_func ("/sun/probing", test_probing);
  g_test_add_func ("/sun/frozen-house", test_frozen_house);
  g_test_add_func ("/sun/ramp", test_ramp);
  g_test_add_func ("/sun/fix-2-phases-settle", test_phases_settle);
  g_test_add_func ("/sun/fix-2-phases-caps", test_phases_caps);
  g_test_add_func ("/sun/fix-2-phases-caps-end-on-one", test_phases_cap_ends_on_one);
  g_test_add_func ("/sun/phases-ban", test_phases_ban);
  g_test_add_func ("/sun/fix-4-phases-of-a-person", test_fix_4);
  g_test_add_func ("/sun/two-cars", test_two_cars);
  return g_test_run ();
}
