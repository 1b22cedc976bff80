/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core-world.h"

#include <string.h>

/* Every row of the tables in docs/decisions.md has an example, and each of them happens here. */

#define AUTO PHAETON_MODE_AUTO
#define MANUAL PHAETON_MODE_MANUAL
#define SCHEDULED PHAETON_MODE_SCHEDULED
#define HOUR_S 3600

/* a home in which cars draw what they are offered, as measured by a grid meter */
typedef struct {
  World *world;
  gboolean sun_known, metered, frozen;
  int sun_w;                   /* what the sun leaves */
  int load_mA[PHAETON_PHASES]; /* other loads on the fuse */
  PhaetonPriceSlot slots[24];
} Place;

static Place *
place_new (PhaetonMode mode)
{
  Place *place = g_new0 (Place, 1);
  World *world = place->world = world_new (2);

  world->input.zone.known = TRUE;
  for (guint i = 0; i < 2; i++) {
    world->config->chargers[i].controls.sun_start_margin_w = 200;
    world->config->chargers[i].controls.sun_start_delay_ms = 60000;
    world->cars[i].command.mode = mode;
    world->cars[i].sample.known |= PHAETON_SAMPLE_POWER | 7 * PHAETON_SAMPLE_CURRENT_L1;
  }
  world->cars[0].sample.pilot = PHAETON_PILOT_B1;
  return place;
}

static void
place_free (Place *place)
{
  world_free (place->world);
  g_free (place);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Place, place_free)

static PhaetonReading
read_now (const Place *place, int value)
{
  return (PhaetonReading){ TRUE, place->world->input.now_ms + 1000, value };
}

static int
draw_w (Place *place, guint i, int *flows_mA)
{
  PhaetonChargerInput *car = &place->world->cars[i];
  PhaetonChargerSample *sample = &car->sample;
  const PhaetonChargerState *state = &place->world->state->chargers[i];
  const gboolean there = phaeton_pilot_has_car (sample->pilot);
  int sum_w = 0;

  if (!car->online || (sample->pilot != PHAETON_PILOT_A && !there))
    return 0;
  if (state->phases.step == PHAETON_SWITCH_SWITCHING)
    car->phases_result = PHAETON_PHASES_REFUSED;
  if (there)
    sample->pilot = state->limit_mA > 0 ? PHAETON_PILOT_C2 : PHAETON_PILOT_B1;
  for (int f = 0; f < PHAETON_PHASES; f++) {
    sample->current_mA[f] = there && f < sample->phases ? state->limit_mA : 0;
    flows_mA[f] += sample->current_mA[f];
    sum_w += sample->current_mA[f] * 230 / 1000;
  }
  return sample->power_total_w = sum_w;
}

static void
live (Place *place, int seconds)
{
  World *world = place->world;
  PhaetonHomeSample *home = &world->input.home;

  while (seconds-- > 0) {
    int flows_mA[PHAETON_PHASES] = { 0 };
    const int cars_w = draw_w (place, 0, flows_mA) + draw_w (place, 1, flows_mA);

    if (place->sun_known)
      home->grid_power_w[0] = read_now (place, cars_w - place->sun_w);
    for (int f = 0; place->metered && f < PHAETON_PHASES; f++)
      home->grid_current_mA[f] = read_now (place, place->load_mA[f] + flows_mA[f]);
    if (!place->frozen)
      home->changed_at_ms = world->input.now_ms + 1000;
    world_step (world, 1);
  }
}

static void
shine (Place *place, int sun_w, int seconds)
{
  place->sun_known = TRUE;
  place->sun_w = sun_w;
  live (place, seconds);
}

/* a fuse of 25 A on which both hang, 5 % of margin but at least 1 A */
static void
hang_on_fuse (Place *place, int load_mA)
{
  PhaetonConfig *config = place->world->config;

  phaeton_config_take_circuits (config, 1);
  config->circuit_restart_ms = 300000;
  config->circuits[0].meter = PHAETON_METER_GRID;
  config->circuits[0].margin_percent = 5;
  config->chargers[0].circuit = config->chargers[1].circuit = 1;
  place->metered = TRUE;
  for (int f = 0; f < PHAETON_PHASES; f++) {
    config->circuits[0].fuse_mA[f] = 25000;
    place->load_mA[f] = load_mA;
  }
}

/* 24 hours from now, cheap ones at 0.09 for @cheap_h from @from_h on, the others at 0.30 */
static void
give_prices (Place *place, int from_h, int cheap_h)
{
  PhaetonInput *input = &place->world->input;

  for (int h = 0; h < 24; h++)
    place->slots[h] =
      (PhaetonPriceSlot){ .start_at = input->wall_at + h * HOUR_S,
                          .end_at = input->wall_at + (h + 1) * HOUR_S,
                          .import_micros = h >= from_h && h < from_h + cheap_h ? 90000 : 300000 };
  input->prices = (PhaetonPriceSeries){ 24, place->slots };
}

static void
charge_by_price (Place *place, PhaetonPriceStrategy strategy)
{
  PhaetonChargerConfig *config = &place->world->config->chargers[0];

  config->schedule_source = PHAETON_SCHEDULE_TIBBER;
  config->price_rule = (PhaetonPriceRule){
    .strategy = strategy, .limit_micros_per_kwh = 100000, .on_cheap = TRUE, .on_very_cheap = TRUE
  };
}

/* the wall clock in UTC, which is the zone here: 2026-06-12 was a Friday */
static void
set_clock (Place *place, int day, int hour)
{
  g_autoptr (GDateTime) at = g_date_time_new_utc (2026, 6, day, hour, 0, 0.0);

  place->world->input.wall_at = g_date_time_to_unix (at) - 1;
}

static void
open_window (Place *place, PhaetonWindow window)
{
  PhaetonChargerConfig *config = &place->world->config->chargers[0];

  config->n_windows = 1;
  config->windows = g_new0 (PhaetonWindow, 1);
  config->windows[0] = window;
}

/* 17 kWh by 07:00 */
static void
set_deadline (Place *place, int hour)
{
  set_clock (place, 12, hour);
  place->world->config->chargers[0].deadline = (PhaetonDeadline){
    .active = TRUE, .by_min = 7 * 60, .energy_wh = 17000, .plan = PHAETON_PLAN_CHEAP
  };
}

static const PhaetonChargerDecision *
get_decision (const Place *place, guint i)
{
  return &place->world->decision->chargers[i];
}

static const PhaetonVerdict *
find_verdict (const Place *place, guint i, PhaetonWhyCode code)
{
  const PhaetonChain *chain = &get_decision (place, i)->chain;

  for (guint at = 0; at < chain->n; at++)
    if (chain->verdicts[at].code == code)
      return &chain->verdicts[at];
  g_error ("no verdict %s, but %s at %d mA", phaeton_why_get_name (code),
           phaeton_why_get_name (world_why (place->world, i)), get_decision (place, i)->limit_mA);
}

/* the first charger gets @limit_mA, and @code says why */
static void
expect (const Place *place, PhaetonWhyCode code, int limit_mA)
{
  find_verdict (place, 0, code);
  g_assert_cmpint (world_why (place->world, 0), ==, code);
  g_assert_cmpint (get_decision (place, 0)->limit_mA, ==, limit_mA);
}

static void
expect_value (const Place *place, PhaetonWhyCode code, guint at, gint64 value)
{
  g_assert_cmpint (find_verdict (place, 0, code)->values[at], ==, value);
}

/* --- reasons --- */

static void
try_none (Place *place)
{
  const PhaetonVerdict nothing = { 0 };
  g_autofree char *text = phaeton_verdict_to_text (&nothing);

  g_assert_null (phaeton_chain_get_binding (&get_decision (place, 0)->chain));
  g_assert_cmpstr (text, ==, "Nothing decided yet");
}

static void
try_offline (Place *place)
{
  place->world->cars[0].online = FALSE;
  live (place, 5);
  expect (place, PHAETON_WHY_OFFLINE, 16000);
}

static void
try_no_car (Place *place)
{
  place->world->cars[0].sample.pilot = PHAETON_PILOT_A;
  live (place, 5);
  expect (place, PHAETON_WHY_NO_CAR, 16000);
}

static void
try_stopped (Place *place)
{
  place->world->cars[0].command.enabled = FALSE;
  live (place, 5);
  expect (place, PHAETON_WHY_STOPPED, 0);
}

static void
try_manual (Place *place)
{
  place->world->cars[0].command.set_mA = 13000;
  live (place, 5);
  expect (place, PHAETON_WHY_MANUAL, 13000);
}

static void
try_station_max (Place *place)
{
  place->world->cars[0].command.set_mA = 32000;
  place->world->config->chargers[0].station_max_mA = 25000;
  live (place, 5);
  expect (place, PHAETON_WHY_STATION_MAX, 25000);
}

static void
try_max_set (Place *place)
{
  place->world->cars[0].command.set_mA = 32000;
  place->world->config->chargers[0].controls.max_set_mA = 20000;
  live (place, 5);
  expect (place, PHAETON_WHY_MAX_SET, 20000);
}

static void
try_below_min (Place *place)
{
  place->world->cars[0].command.set_mA = 5500;
  live (place, 5);
  expect (place, PHAETON_WHY_BELOW_MIN, 0);
}

static void
try_step (Place *place)
{
  place->world->cars[0].command.set_mA = 6050;
  live (place, 5);
  expect_value (place, PHAETON_WHY_STEP, 0, 100);
  g_assert_cmpint (get_decision (place, 0)->limit_mA, ==, 6000);
}

static void
try_phase_switch (Place *place)
{
  live (place, 10);
  place->world->cars[0].command.phases = 1;
  live (place, 1);
  expect (place, PHAETON_WHY_PHASE_SWITCH, 0);
  expect_value (place, PHAETON_WHY_PHASE_SWITCH, 0, 1);
}

static void
try_phases_refused (Place *place)
{
  live (place, 10);
  place->world->cars[0].command.phases = 1;
  live (place, 10);
  expect_value (place, PHAETON_WHY_PHASES_REFUSED, 0, 1);
  g_assert_cmpint (get_decision (place, 0)->limit_mA, ==, 16000);
  g_assert_cmpint (place->world->cars[0].sample.phases, ==, 3);
}

static void
try_fault (Place *place)
{
  place->world->cars[0].sample.fault = PHAETON_FAULT_OVERHEATING;
  live (place, 5);
  expect (place, PHAETON_WHY_FAULT, 16000);
}

static void
try_unknown_state (Place *place)
{
  place->world->cars[0].sample.pilot = PHAETON_PILOT_UNKNOWN;
  live (place, 1);
  expect (place, PHAETON_WHY_UNKNOWN_STATE, 16000);
}

static void
try_no_house_guard (Place *place)
{
  live (place, 5);
  g_assert_cmpint (find_verdict (place, 0, PHAETON_WHY_NO_HOUSE_GUARD)->limit_mA, ==, 16000);
  g_assert_cmpint (get_decision (place, 0)->limit_mA, ==, 16000);
}

static void
try_mode_not_ready (Place *place)
{
  live (place, 5);
  expect (place, PHAETON_WHY_MODE_NOT_READY, 0);
}

static void
try_sun (Place *place)
{
  shine (place, 7500, 200);
  g_assert_cmpint (get_decision (place, 0)->limit_mA, ==, 10800);
  expect_value (place, PHAETON_WHY_SUN, 0, 7500);
}

static void
try_wait_sun (Place *place)
{
  shine (place, 4000, 200);
  expect (place, PHAETON_WHY_WAIT_SUN, 0);
  expect_value (place, PHAETON_WHY_WAIT_SUN, 1, 4340);
}

static void
try_sun_start (Place *place)
{
  shine (place, 5500, 21); /* since the first of them 20 s passed */
  expect (place, PHAETON_WHY_SUN_START, 0);
  expect_value (place, PHAETON_WHY_SUN_START, 0, 40);
}

static void
try_sun_grace (Place *place)
{
  shine (place, 7500, 200);
  shine (place, 3000, 101);
  expect (place, PHAETON_WHY_SUN_GRACE, 6000);
  expect_value (place, PHAETON_WHY_SUN_GRACE, 0, 200);
}

static void
try_sun_probe (Place *place)
{
  place->world->config->home.probe_curtailed = TRUE;
  for (int s = 0; s < 61; s++) {
    place->world->input.home.export_limit_w = read_now (place, 0);
    place->world->input.home.battery_soc_percent =
      (PhaetonReadingD){ TRUE, place->world->input.now_ms + 1000, 100 };
    shine (place, 0, 1);
  }
  expect (place, PHAETON_WHY_SUN_PROBE, 6000);
}

static void
try_sun_unknown (Place *place)
{
  shine (place, 7500, 200);
  place->sun_known = FALSE;
  live (place, 14);
  g_assert_cmpint (get_decision (place, 0)->limit_mA, >, 0);
  live (place, 2);
  expect (place, PHAETON_WHY_SUN_UNKNOWN, 0);
}

static void
try_low_soc (Place *place)
{
  const struct {
    double percent;
    gboolean low;
  } days[] = { { 30, FALSE }, { 29, TRUE }, { 32.9, TRUE }, { 33, FALSE } };
  PhaetonHomeSample *home = &place->world->input.home;

  shine (place, 7500, 200);
  for (guint i = 0; i < G_N_ELEMENTS (days); i++) {
    const gint64 at_ms = place->world->input.now_ms + 1000;

    home->battery_soc_percent = (PhaetonReadingD){ TRUE, at_ms, days[i].percent };
    home->min_soc_percent = (PhaetonReadingD){ TRUE, at_ms, 30 };
    live (place, 1);
    if (days[i].low)
      expect (place, PHAETON_WHY_LOW_SOC, 0);
    else
      g_assert_cmpint (world_why (place->world, 0), !=, PHAETON_WHY_LOW_SOC);
  }
}

static void
try_home_frozen (Place *place)
{
  int before_mA;

  shine (place, 5500, 200);
  place->frozen = TRUE;
  live (place, 30);
  before_mA = get_decision (place, 0)->limit_mA;
  shine (place, 9000, 2);
  find_verdict (place, 0, PHAETON_WHY_HOME_FROZEN);
  g_assert_cmpint (get_decision (place, 0)->limit_mA, ==, before_mA);
  shine (place, 4600, 2);
  g_assert_cmpint (get_decision (place, 0)->limit_mA, <, before_mA);
}

static void
try_ramp (Place *place)
{
  shine (place, 5520, 200); /* 8 A */
  shine (place, 11040, 1);
  expect (place, PHAETON_WHY_RAMP, 10000);
  expect_value (place, PHAETON_WHY_RAMP, 0, 16000);
  live (place, 9);
  expect (place, PHAETON_WHY_RAMP, 10000);
  live (place, 1);
  expect (place, PHAETON_WHY_RAMP, 12000);
}

static void
try_window (Place *place)
{
  open_window (place, (PhaetonWindow){ TRUE, 1 << 4, 23 * 60, 7 * 60, 0, 0 });
  set_clock (place, 13, 3);
  live (place, 5);
  expect (place, PHAETON_WHY_WINDOW, 32000);
}

static void
try_wait_window (Place *place)
{
  open_window (place, (PhaetonWindow){ TRUE, 127, 8 * 60, 9 * 60, 0, 0 });
  set_clock (place, 12, 6);
  live (place, 1);
  expect (place, PHAETON_WHY_WAIT_WINDOW, 0);
  expect_value (place, PHAETON_WHY_WAIT_WINDOW, 0, 120);
}

static void
try_deadline (Place *place)
{
  set_deadline (place, 6); /* what most cars take counts until this one was seen: 11 kW */
  place->world->config->chargers[0].deadline.energy_wh = 10000;
  give_prices (place, 12, 2);
  live (place, 1);
  expect (place, PHAETON_WHY_DEADLINE, 32000);
  expect_value (place, PHAETON_WHY_DEADLINE, 0, 10000);
}

static void
try_wait_deadline (Place *place)
{
  set_deadline (place, 20);
  live (place, 1);
  expect (place, PHAETON_WHY_WAIT_DEADLINE, 0);
  expect_value (place, PHAETON_WHY_WAIT_DEADLINE, 1, 11 * 60);
}

/* three hours by 07:00 at 22:00, of which three in a row from @from_h hours on are cheap */
static void
plan_night (Place *place, PhaetonPlan plan, int from_h)
{
  set_deadline (place, 22);
  place->world->config->chargers[0].deadline =
    (PhaetonDeadline){ .active = TRUE, .by_min = 7 * 60, .hours = 3, .plan = plan };
  place->world->input.wall_at++; /* the first step is on the hour */
  give_prices (place, from_h, 3);
  place->world->input.wall_at--;
  live (place, 1);
}

static void
expect_plan (const Place *place, PhaetonWhyCode code, int limit_mA, const char *sentence)
{
  g_autofree char *text = phaeton_verdict_to_text (find_verdict (place, 0, code));

  expect (place, code, limit_mA);
  g_assert_cmpstr (text, ==, sentence);
}

static void
try_cheapest (Place *place)
{
  plan_night (place, PHAETON_PLAN_CHEAP, 0);
  expect_plan (place, PHAETON_WHY_CHEAPEST, 32000,
               "In the cheapest 3:00 h of the 9:00 h until 07:00");
}

static void
try_wait_cheapest (Place *place)
{
  plan_night (place, PHAETON_PLAN_CHEAP, 4);
  expect_plan (place, PHAETON_WHY_WAIT_CHEAPEST, 0,
               "Waiting for the cheapest 3:00 h of the 9:00 h until 07:00");
}

static void
try_block (Place *place)
{
  plan_night (place, PHAETON_PLAN_BLOCK, 0);
  expect_plan (place, PHAETON_WHY_BLOCK, 32000,
               "In the cheapest 3:00 h in a row of the 9:00 h until 07:00");
}

static void
try_wait_block (Place *place)
{
  plan_night (place, PHAETON_PLAN_BLOCK, 4);
  expect_plan (place, PHAETON_WHY_WAIT_BLOCK, 0,
               "Waiting for the cheapest 3:00 h in a row of the 9:00 h until 07:00");
}

static void
try_grid_price (Place *place)
{
  PhaetonControlsConfig *controls = &place->world->config->chargers[0].controls;

  set_clock (place, 12, 12);
  give_prices (place, 0, 2);
  place->slots[0].import_micros = -10000;
  controls->auto_from_grid = TRUE;
  live (place, 200); /* Auto rises step by step */
  expect (place, PHAETON_WHY_GRID_PRICE, 32000);
  controls->auto_from_grid_micros = -10001;
  live (place, 1);
  find_verdict (place, 0, PHAETON_WHY_SUN_UNKNOWN);
}

static void
try_price (Place *place)
{
  charge_by_price (place, PHAETON_PRICE_BY_LIMIT);
  give_prices (place, 0, 4);
  live (place, 1);
  expect (place, PHAETON_WHY_PRICE, 32000);
  expect_value (place, PHAETON_WHY_PRICE, 0, 90000);
  expect_value (place, PHAETON_WHY_PRICE, 1, 100000);
}

static void
try_wait_price (Place *place)
{
  charge_by_price (place, PHAETON_PRICE_BY_LIMIT);
  give_prices (place, 4, 4);
  live (place, 1);
  expect (place, PHAETON_WHY_WAIT_PRICE, 0);
  expect_value (place, PHAETON_WHY_WAIT_PRICE, 0, 300000);
}

static void
try_price_level (Place *place)
{
  charge_by_price (place, PHAETON_PRICE_BY_LEVEL);
  give_prices (place, 0, 4);
  place->slots[0].level = PHAETON_PRICE_CHEAP;
  live (place, 1);
  expect (place, PHAETON_WHY_PRICE_LEVEL, 32000);
}

static void
try_wait_level (Place *place)
{
  charge_by_price (place, PHAETON_PRICE_BY_LEVEL);
  give_prices (place, 4, 4);
  place->slots[0].level = PHAETON_PRICE_EXPENSIVE;
  live (place, 1);
  expect (place, PHAETON_WHY_WAIT_LEVEL, 0);
}

static void
try_price_unknown (Place *place)
{
  charge_by_price (place, PHAETON_PRICE_BY_LIMIT);
  give_prices (place, 0, 24);
  place->world->input.wall_at += 25 * HOUR_S;
  live (place, 1);
  expect (place, PHAETON_WHY_PRICE_UNKNOWN, 0);
}

static void
try_clock_unknown (Place *place)
{
  open_window (place, (PhaetonWindow){ TRUE, 127, 0, 0, 0, 0 });
  place->world->input.wall_known = FALSE;
  live (place, 5);
  expect (place, PHAETON_WHY_CLOCK_UNKNOWN, 0);
}

static void
try_fuse (Place *place)
{
  hang_on_fuse (place, 0);
  place->world->cars[1].sample.pilot = PHAETON_PILOT_B1;
  live (place, 200);
  expect (place, PHAETON_WHY_FUSE, 11900);
  g_assert_cmpint (get_decision (place, 1)->limit_mA, ==, 11800);
}

static void
try_fuse_full (Place *place)
{
  hang_on_fuse (place, 19000);
  live (place, 20);
  expect (place, PHAETON_WHY_FUSE_FULL, 0);
  expect_value (place, PHAETON_WHY_FUSE_FULL, 2, 4750);
}

static void
pause_by_fuse (Place *place)
{
  hang_on_fuse (place, 0);
  live (place, 100);
  for (int f = 0; f < PHAETON_PHASES; f++)
    place->load_mA[f] = 20000;
  live (place, 1);
  g_assert_cmpint (get_decision (place, 0)->limit_mA, ==, 0);
}

static void
try_fuse_wait (Place *place)
{
  pause_by_fuse (place);
  for (int f = 0; f < PHAETON_PHASES; f++)
    place->load_mA[f] = 0;
  live (place, 60);
  expect (place, PHAETON_WHY_FUSE_WAIT, 0);
  expect_value (place, PHAETON_WHY_FUSE_WAIT, 0, 240);
}

static void
try_fuse_hot (Place *place)
{
  pause_by_fuse (place);
  place->world->config->circuit_restart_ms = 0;
  for (int f = 0; f < PHAETON_PHASES; f++)
    place->load_mA[f] = 37500;
  live (place, 60);
  for (int f = 0; f < PHAETON_PHASES; f++)
    place->load_mA[f] = 0;
  live (place, 5);
  expect (place, PHAETON_WHY_FUSE_HOT, 0);
  live (place, 60);
  g_assert_cmpint (get_decision (place, 0)->limit_mA, >, 0);
}

static void
try_meter_stale (Place *place)
{
  hang_on_fuse (place, 0);
  for (int f = 0; f < PHAETON_PHASES; f++)
    place->world->config->circuits[0].failsafe_base_mA[f] = 12000;
  place->world->cars[1].sample.pilot = PHAETON_PILOT_B1;
  live (place, 100);
  place->metered = FALSE;
  live (place, 16);
  expect (place, PHAETON_WHY_METER_STALE, 7000);
}

static void
try_meter_missing (Place *place)
{
  hang_on_fuse (place, 0);
  place->world->config->circuits[0].meter = PHAETON_METER_NONE;
  live (place, 20);
  expect (place, PHAETON_WHY_METER_MISSING, 6000);
}

static void
try_order (Place *place)
{
  live (place, 10);
  place->world->input.order = (PhaetonOrder){ TRUE, place->world->input.now_ms + 60000, 4200, -1 };
  live (place, 1);
  expect (place, PHAETON_WHY_ORDER, 6000);
}

static void
try_unbalance (Place *place)
{
  hang_on_fuse (place, 0);
  place->world->config->circuits[0].unbalance_mA = 20000;
  place->world->cars[0].sample.phases = 1;
  place->load_mA[0] = 10000;
  live (place, 100);
  expect (place, PHAETON_WHY_UNBALANCE, 10000);
}

static void
try_raise_waits (Place *place)
{
  hang_on_fuse (place, 0);
  live (place, 4);
  expect (place, PHAETON_WHY_RAISE_WAITS, 6000);
}

static void
try_fallback (Place *place)
{
  charge_by_price (place, PHAETON_PRICE_BY_LIMIT);
  give_prices (place, 0, 4);
  place->world->input.prices_fallback = TRUE;
  live (place, 1);
  expect (place, PHAETON_WHY_FALLBACK, 32000);
}

static void
try_wait_fallback (Place *place)
{
  charge_by_price (place, PHAETON_PRICE_BY_LIMIT);
  give_prices (place, 4, 4);
  place->world->input.prices_fallback = TRUE;
  live (place, 1);
  expect (place, PHAETON_WHY_WAIT_FALLBACK, 0);
}

/* --- statuses --- */

static void
expect_status (const Place *place, PhaetonStatus status)
{
  g_assert_cmpint (get_decision (place, 0)->status, ==, status);
}

static void
status_fault (Place *place)
{
  try_fault (place);
  expect_status (place, PHAETON_STATUS_OVERHEATING);
}

static void
status_pilot_f (Place *place)
{
  place->world->cars[0].sample.pilot = PHAETON_PILOT_F;
  live (place, 1);
  expect_status (place, PHAETON_STATUS_CP_SHORTED);
}

static void
status_no_car (Place *place)
{
  try_no_car (place);
  expect_status (place, PHAETON_STATUS_DISCONNECTED);
}

static void
status_switching (Place *place)
{
  try_phase_switch (place);
  expect_status (place, PHAETON_STATUS_SWITCH_TO_1P);
}

static void
status_stopped (Place *place)
{
  try_stopped (place);
  expect_status (place, PHAETON_STATUS_WAIT_START);
}

static void
status_no_room (Place *place)
{
  try_fuse_full (place);
  expect_status (place, PHAETON_STATUS_CHARGING_LIMIT);
}

static void
status_low_soc (Place *place)
{
  PhaetonHomeSample *home = &place->world->input.home;

  home->battery_soc_percent = (PhaetonReadingD){ TRUE, place->world->input.now_ms, 9 };
  home->min_soc_percent = (PhaetonReadingD){ TRUE, place->world->input.now_ms, 10 };
  shine (place, 7500, 5);
  expect_status (place, PHAETON_STATUS_LOW_SOC);
}

static void
status_wait_sun (Place *place)
{
  try_wait_sun (place);
  expect_status (place, PHAETON_STATUS_WAIT_SUN);
}

static void
status_wait_window (Place *place)
{
  try_wait_window (place);
  expect_status (place, PHAETON_STATUS_WAIT_START);
}

static void
status_charging (Place *place)
{
  live (place, 5);
  expect_status (place, PHAETON_STATUS_CHARGING);
  g_assert_cmpint (place->world->cars[0].sample.pilot, ==, PHAETON_PILOT_C2);
}

/* the car ends by itself: steps in which it is offered 16 A and takes nothing */
static void
end_charging (Place *place, int seconds)
{
  live (place, 5);
  place->world->cars[0].sample.pilot = PHAETON_PILOT_B2;
  world_run (place->world, seconds);
}

static void
status_charged (Place *place)
{
  end_charging (place, 11);
  expect_status (place, PHAETON_STATUS_CHARGED);
}

static void
status_connected (Place *place)
{
  end_charging (place, 9);
  expect_status (place, PHAETON_STATUS_CONNECTED);
}

/* --- modes --- */

static void
mode_manual (Place *place)
{
  try_manual (place);
  place->world->cars[0].command.enabled = FALSE;
  live (place, 1);
  expect (place, PHAETON_WHY_STOPPED, 0);
}

static void
mode_auto (Place *place)
{
  try_sun (place);
  shine (place, 1000, 302); /* the grace of 300 s */
  expect (place, PHAETON_WHY_WAIT_SUN, 0);
}

static void
mode_scheduled (Place *place)
{
  open_window (place, (PhaetonWindow){ TRUE, 127, 22 * 60, 6 * 60, 10000, 0 });
  set_clock (place, 12, 22);
  live (place, 1);
  expect (place, PHAETON_WHY_WINDOW, 10000);
  set_clock (place, 13, 6);
  live (place, 1);
  expect (place, PHAETON_WHY_WAIT_WINDOW, 0);
}

typedef struct {
  const char *table, *row, *text; /* as in docs/decisions.md */
  void (*happen) (Place *place);
  PhaetonMode mode;
} Example;

/* clang-format off: a line each, as in the document */
static const Example examples[] = {
  { "Modes", "Manual", "set to 13 A: 13 A; stopped: 0 A", mode_manual, MANUAL },
  { "Modes", "Auto", "7500 W left: 10.8 A; 1000 W left: 6 A for 300 s, then 0 A", mode_auto, AUTO },
  { "Modes", "Scheduled", "a window of 10 A from 22:00 to 06:00: 10 A at 22:00, 0 A at 06:00",
    mode_scheduled, SCHEDULED },
  { "Status", "fault reported", "overheating, whatever the limit: 14", status_fault, MANUAL },
  { "Status", "pilot F", "the station is out of order and does not say why: 10", status_pilot_f,
    MANUAL },
  { "Status", "no car (pilot A, or E for a minute)", "pilot A, 16 A stand ready: 0", status_no_car,
    MANUAL },
  { "Status", "phases are being switched, with a car",
    "charging on three phases, one is wanted: 23", status_switching, MANUAL },
  { "Status", "stopped", "start/stop is 0: 6", status_stopped, MANUAL },
  { "Status", "limit 0: no room on a fuse or in an order", "the house takes 19 A of 25 A: 20",
    status_no_room, MANUAL },
  { "Status", "limit 0: home battery low, not in Manual",
    "home battery at 9 %, limit 10 %, 7500 W left: 7", status_low_soc, AUTO },
  { "Status", "limit 0 in Auto", "4000 W left: 4", status_wait_sun, AUTO },
  { "Status", "limit 0 in Scheduled", "it is 06:00, the window starts at 08:00: 6",
    status_wait_window, SCHEDULED },
  { "Status", "pilot C2 or D2", "16 A offered, pilot C2: 2", status_charging, MANUAL },
  { "Status", "the car stopped by itself 10 s ago while current was offered",
    "pilot B2 for 10 s after C2, 16 A offered: 3", status_charged, MANUAL },
  { "Status", "else", "pilot B2 for 8 s after C2: 1", status_connected, MANUAL },
  { "Reasons", "none", "before the first step", try_none, MANUAL },
  { "Reasons", "offline",
    "the charger is unplugged from the network: it was to get 16 A and gets it when it is back",
    try_offline, MANUAL },
  { "Reasons", "no-car", "Manual 16 A, nobody plugged in: 16 A stand ready", try_no_car, MANUAL },
  { "Reasons", "stopped", "start/stop is 0: 0 A", try_stopped, MANUAL },
  { "Reasons", "manual", "set to 13 A, nothing lowers it: 13 A", try_manual, MANUAL },
  { "Reasons", "station-max", "set to 32 A, the station may draw 25 A: 25 A", try_station_max,
    MANUAL },
  { "Reasons", "max-set", "set to 32 A, `max_set_current` is 20: 20 A", try_max_set, MANUAL },
  { "Reasons", "below-min", "set to 5.5 A: 0 A, a car needs 6 A", try_below_min, MANUAL },
  { "Reasons", "step", "set to 6.05 A, steps of 0.1 A: 6 A", try_step, MANUAL },
  { "Reasons", "phase-switch", "going from three phases to one: 0 A until the relays have settled",
    try_phase_switch, MANUAL },
  { "Reasons", "phases-refused",
    "the charger said no to one phase: it stays on three at the 16 A it had", try_phases_refused,
    MANUAL },
  { "Reasons", "fault", "overheating: 0 W flow whatever the limit", try_fault, MANUAL },
  { "Reasons", "unknown-state", "the charger answers, its pilot was not readable yet",
    try_unknown_state, MANUAL },
  { "Reasons", "no-house-guard",
    "16 A, no circuit configured: nothing watches the house connection", try_no_house_guard,
    MANUAL },
  { "Reasons", "mode-not-ready", "Scheduled without any active window: 0 A", try_mode_not_ready,
    SCHEDULED },
  { "Reasons", "sun", "7500 W left, three phases of 230 V: 10.8 A", try_sun, AUTO },
  { "Reasons", "wait-sun",
    "4000 W left, a start on three phases needs 4140 W and 200 W margin: 0 A", try_wait_sun, AUTO },
  { "Reasons", "sun-start", "5500 W for 20 s of the 60 s: 0 A, 40 s left", try_sun_start, AUTO },
  { "Reasons", "sun-grace", "3000 W for 100 s while charging on three phases: 6 A, 200 s left",
    try_sun_grace, AUTO },
  { "Reasons", "sun-probe",
    "battery full, no feed-in, PV held back: 6 A to see whether the sun follows", try_sun_probe,
    AUTO },
  { "Reasons", "sun-unknown", "no value from the grid meter for 16 s, no consumption either: 0 A",
    try_sun_unknown, AUTO },
  { "Reasons", "low-soc", "home battery at 29 %, limit 30 %: 0 A until 33 %", try_low_soc, AUTO },
  { "Reasons", "home-frozen",
    "all values of the house unchanged for 31 s: the limit may fall, not rise", try_home_frozen,
    AUTO },
  { "Reasons", "ramp", "16 A wanted, 8 A now: 10 A, in 10 s 12 A", try_ramp, AUTO },
  { "Reasons", "window", "Friday 23:00-07:00, it is Saturday 03:00: full current", try_window,
    SCHEDULED },
  { "Reasons", "wait-window", "it is 06:00, the window starts at 08:00: 0 A for 2:00 h",
    try_wait_window, SCHEDULED },
  { "Reasons", "deadline",
    "10 kWh by 07:00, it is 06:00 and an hour of 11 kW hardly holds them: charge now", try_deadline,
    SCHEDULED },
  { "Reasons", "wait-deadline", "17 kWh by 07:00 at 20:00, no price is known: 0 A until it is time",
    try_wait_deadline, SCHEDULED },
  { "Reasons", "price", "0.09 now, 0.10 allowed: full current", try_price, SCHEDULED },
  { "Reasons", "wait-price", "0.30 now, 0.10 allowed: 0 A", try_wait_price, SCHEDULED },
  { "Reasons", "price-level", "0.09 now, called cheap: full current", try_price_level, SCHEDULED },
  { "Reasons", "wait-level", "0.30 now, called expensive: 0 A", try_wait_level, SCHEDULED },
  { "Reasons", "cheapest",
    "3 h of charging until 07:00, this is one of the cheapest 3 of the 9: full current",
    try_cheapest, SCHEDULED },
  { "Reasons", "wait-cheapest", "the same, this one is dearer: 0 A", try_wait_cheapest, SCHEDULED },
  { "Reasons", "block",
    "the same with `plan: block`, the cheapest three in a row have begun: full current", try_block,
    SCHEDULED },
  { "Reasons", "wait-block", "they have not: 0 A", try_wait_block, SCHEDULED },
  { "Reasons", "grid-price",
    "Auto, -0.01 now, `auto_from_grid_below` is 0: full current, whatever the sun leaves",
    try_grid_price, AUTO },
  { "Reasons", "fallback",
    "no price is known, 0.09 of the fallback tariff, 0.10 allowed: full current", try_fallback,
    SCHEDULED },
  { "Reasons", "wait-fallback", "no price is known, 0.30 of the fallback tariff, 0.10 allowed: 0 A",
    try_wait_fallback, SCHEDULED },
  { "Reasons", "price-unknown",
    "the price list ended an hour ago, and there is no fallback tariff: 0 A", try_price_unknown,
    SCHEDULED },
  { "Reasons", "clock-unknown", "a GX without network starts in 1970: 0 A in Scheduled",
    try_clock_unknown, SCHEDULED },
  { "Reasons", "fuse", "25 A fuse, two cars: 11.9 A and 11.8 A", try_fuse, MANUAL },
  { "Reasons", "fuse-full", "the house takes 19 A of 25 A: 4.75 A are less than a car needs, 0 A",
    try_fuse_full, MANUAL },
  { "Reasons", "fuse-wait",
    "paused by the fuse a minute ago, `circuit_restart_seconds` is 300: 0 A for four more",
    try_fuse_wait, MANUAL },
  { "Reasons", "fuse-hot", "1.5 times the fuse for a minute: 0 A until it cooled", try_fuse_hot,
    MANUAL },
  { "Reasons", "meter-stale",
    "the meter is silent for 16 s, other loads take 12 A of 25 A at most: 7 A and 6 A",
    try_meter_stale, MANUAL },
  { "Reasons", "meter-missing", "a circuit without meter and without a known base: 6 A",
    try_meter_missing, MANUAL },
  { "Reasons", "order", "the grid operator allows 4200 W: 6 A on three phases for one car",
    try_order, MANUAL },
  { "Reasons", "unbalance",
    "20 A between phases allowed, the oven takes 10 A on L1: 10 A for a car on L1 alone",
    try_unbalance, MANUAL },
  { "Reasons", "raise-waits", "raised 3 s ago, the meter has not shown it: no raise",
    try_raise_waits, MANUAL },
};
/* clang-format on */

static void
test_example (gconstpointer data)
{
  const Example *example = data;
  g_autoptr (Place) place = place_new (example->mode);

  example->happen (place);
}

/* rows of a table below its two lines of head; NULL-terminated */
static char **
read_table (const char *text, const char *heading)
{
  g_autofree char *start = g_strdup_printf ("\n## %s", heading);
  const char *section = strstr (text, start);
  const char *rows, *end;
  g_autofree char *table = NULL;

  g_assert_nonnull (section);
  rows = strstr (section, "| --- |");
  g_assert_nonnull (rows);
  rows = strchr (rows, '\n') + 1;
  end = strstr (rows, "\n\n");
  table = end != NULL ? g_strndup (rows, (gsize) (end - rows)) : g_strdup (rows);
  return g_strsplit (g_strchomp (table), "\n", -1);
}

/* the document has these rows with these examples, and no others */
static void
test_document (gconstpointer data)
{
  const char *heading = data;
  g_autofree char *path =
    g_build_filename (g_getenv ("PHAETON_SRCDIR"), "docs", "decisions.md", NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) rows = NULL;
  guint at = 0;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  rows = read_table (text, heading);
  for (guint i = 0; i < G_N_ELEMENTS (examples); i++) {
    g_autofree char *begin = g_strdup_printf ("| %s | ", examples[i].row);
    g_autofree char *end = g_strdup_printf ("| %s |", examples[i].text);

    if (strcmp (examples[i].table, heading) != 0)
      continue;
    g_assert_nonnull (rows[at]);
    if (!g_str_has_prefix (rows[at], begin) || !g_str_has_suffix (rows[at], end))
      g_error ("docs/decisions.md, %s: \"%s\" is not \"%s... %s\"", heading, rows[at], begin, end);
    at++;
  }
  if (rows[at] != NULL)
    g_error ("docs/decisions.md, %s: no test has the example \"%s\"", heading, rows[at]);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/decision-tables/document/modes", "Modes", test_document);
  g_test_add_data_func ("/decision-tables/document/status", "Status", test_document);
  g_test_add_data_func ("/decision-tables/document/reasons", "Reasons", test_document);
  for (guint i = 0; i < G_N_ELEMENTS (examples); i++) {
    g_autofree char *path =
      g_strdup_printf ("/decision-tables/%s/%s", examples[i].table, examples[i].row);

    g_test_add_data_func (path, &examples[i], test_example);
  }
  return g_test_run ();
}
