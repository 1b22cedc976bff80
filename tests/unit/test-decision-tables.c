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

static PhaetonChargerConfig *
get_config (const Place *place)
{
  return &place->world->config->chargers[0];
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

static void
load_house (Place *place, int mA)
{
  for (int f = 0; f < PHAETON_PHASES; f++)
    place->load_mA[f] = mA;
}

/* a fuse of 25 A on which both hang, 5 % of margin but at least 1 A */
static void
hang_on_fuse (Place *place)
{
  PhaetonConfig *config = place->world->config;

  phaeton_config_take_circuits (config, 1);
  config->circuit_restart_ms = 300000;
  config->circuits[0].meter = PHAETON_METER_GRID;
  config->circuits[0].margin_percent = 5;
  config->chargers[0].circuit = config->chargers[1].circuit = 1;
  place->metered = TRUE;
  for (int f = 0; f < PHAETON_PHASES; f++)
    config->circuits[0].fuse_mA[f] = 25000;
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
  PhaetonChargerConfig *config = get_config (place);

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
open_window (Place *place, const PhaetonWindow *window)
{
  PhaetonChargerConfig *config = get_config (place);

  config->n_windows = 1;
  config->windows = g_memdup2 (window, sizeof *window);
}

static const PhaetonChargerDecision *
get_decision (const Place *place, guint i)
{
  return &place->world->decision->chargers[i];
}

static const PhaetonVerdict *
find_verdict (const Place *place, PhaetonWhyCode code)
{
  const PhaetonChain *chain = &get_decision (place, 0)->chain;

  for (guint at = 0; at < chain->n; at++)
    if (chain->verdicts[at].code == code)
      return &chain->verdicts[at];
  g_error ("no verdict %s, but %s at %d mA", phaeton_why_get_name (code),
           phaeton_why_get_name (world_why (place->world, 0)), get_decision (place, 0)->limit_mA);
}

/* the first charger gets @limit_mA, and @code says why */
static void
expect (const Place *place, PhaetonWhyCode code, int limit_mA)
{
  find_verdict (place, code);
  g_assert_cmpint (world_why (place->world, 0), ==, code);
  g_assert_cmpint (get_decision (place, 0)->limit_mA, ==, limit_mA);
}

/* --- what happens before, where a row of the table cannot say it --- */

static void
lose_charger (Place *place)
{
  place->world->cars[0].online = FALSE;
}

static void
stop (Place *place)
{
  place->world->cars[0].command.enabled = FALSE;
}

static void
weaken_station (Place *place)
{
  get_config (place)->station_max_mA = 25000;
}

static void
lower_maximum (Place *place)
{
  get_config (place)->controls.max_set_mA = 20000;
}

static void
ask_for_one_phase (Place *place)
{
  live (place, 10);
  place->world->cars[0].command.phases = 1;
}

static void
forget_pilot (Place *place)
{
  place->world->cars[0].sample.pilot = PHAETON_PILOT_UNKNOWN;
}

static void
overheat (Place *place)
{
  place->world->cars[0].sample.fault = PHAETON_FAULT_OVERHEATING;
}

static void
charge_in_the_sun (Place *place)
{
  shine (place, 7500, 200);
}

static void
hold_back_sun (Place *place)
{
  place->world->config->home.probe_curtailed = TRUE;
  for (int s = 0; s < 60; s++) {
    place->world->input.home.export_limit_w = read_now (place, 0);
    place->world->input.home.battery_soc_percent =
      (PhaetonReadingD){ TRUE, place->world->input.now_ms + 1000, 100 };
    shine (place, 0, 1);
  }
}

static void
lose_grid_meter (Place *place)
{
  charge_in_the_sun (place);
  place->sun_known = FALSE;
  live (place, 14);
  g_assert_cmpint (get_decision (place, 0)->limit_mA, >, 0);
}

static void
set_battery (Place *place, double percent, double least_percent)
{
  const gint64 at_ms = place->world->input.now_ms + 1000;

  place->world->input.home.battery_soc_percent = (PhaetonReadingD){ TRUE, at_ms, percent };
  place->world->input.home.min_soc_percent = (PhaetonReadingD){ TRUE, at_ms, least_percent };
}

static void
drain_battery (Place *place)
{
  charge_in_the_sun (place);
  set_battery (place, 30, 30);
  live (place, 1);
  g_assert_cmpint (get_decision (place, 0)->limit_mA, >, 0);
  set_battery (place, 29, 30);
}

static void
fill_battery (Place *place)
{
  set_battery (place, 32.9, 30);
  live (place, 1);
  expect (place, PHAETON_WHY_LOW_SOC, 0);
  set_battery (place, 33, 30);
  live (place, 1);
  g_assert_cmpint (world_why (place->world, 0), !=, PHAETON_WHY_LOW_SOC);
}

static void
empty_battery (Place *place)
{
  set_battery (place, 9, 10);
}

static void
freeze_house (Place *place)
{
  shine (place, 5500, 200);
  place->frozen = TRUE;
  live (place, 30);
}

static void
fall_while_frozen (Place *place)
{
  shine (place, 4600, 2);
  g_assert_cmpint (get_decision (place, 0)->limit_mA, ==, 6600);
}

static void
charge_with_8_A (Place *place)
{
  shine (place, 5520, 200);
}

static void
rise_on (Place *place)
{
  live (place, 9);
  expect (place, PHAETON_WHY_RAMP, 10000);
  live (place, 1);
  expect (place, PHAETON_WHY_RAMP, 12000);
}

static void
set_deadline (Place *place, gint64 energy_wh)
{
  get_config (place)->deadline = (PhaetonDeadline){
    .active = TRUE, .by_min = 7 * 60, .energy_wh = energy_wh, .plan = PHAETON_PLAN_CHEAP
  };
}

/* what most cars take counts until this one was seen: 11 kW */
static void
want_10_kwh (Place *place)
{
  set_deadline (place, 10000);
}

static void
want_17_kwh (Place *place)
{
  set_deadline (place, 17000);
}

static void
want_900_kwh (Place *place)
{
  set_deadline (place, 900000);
}

static void
want_80_percent (Place *place)
{
  get_config (place)->deadline =
    (PhaetonDeadline){ .active = TRUE, .by_min = 7 * 60, .soc_percent = 80 };
}

/* three hours by 07:00 at 22:00 */
static void
want_3_h (Place *place, PhaetonPlan plan)
{
  get_config (place)->deadline =
    (PhaetonDeadline){ .active = TRUE, .by_min = 7 * 60, .hours = 3, .plan = plan };
}

static void
plan_cheapest (Place *place)
{
  want_3_h (place, PHAETON_PLAN_CHEAP);
}

static void
plan_block (Place *place)
{
  want_3_h (place, PHAETON_PLAN_BLOCK);
}

static void
allow_negative_price (Place *place)
{
  place->slots[0].import_micros = -10000;
  get_config (place)->controls.auto_from_grid = TRUE;
}

static void
raise_price (Place *place)
{
  get_config (place)->controls.auto_from_grid_micros = -10001;
  live (place, 1);
  find_verdict (place, PHAETON_WHY_SUN_UNKNOWN);
}

static void
call_it_cheap (Place *place)
{
  place->slots[0].level = PHAETON_PRICE_CHEAP;
}

static void
call_it_expensive (Place *place)
{
  place->slots[0].level = PHAETON_PRICE_EXPENSIVE;
}

static void
fall_back (Place *place)
{
  place->world->input.prices_fallback = TRUE;
}

static void
outlive_prices (Place *place)
{
  place->world->input.wall_at += 25 * HOUR_S;
}

static void
forget_clock (Place *place)
{
  place->world->input.wall_known = FALSE;
}

static void
plug_in_second (Place *place)
{
  place->world->cars[1].sample.pilot = PHAETON_PILOT_B1;
}

static void
check_second (Place *place)
{
  g_assert_cmpint (get_decision (place, 1)->limit_mA, ==, 11800);
}

static void
pause_by_fuse (Place *place)
{
  live (place, 100);
  load_house (place, 20000);
  live (place, 1);
  g_assert_cmpint (get_decision (place, 0)->limit_mA, ==, 0);
  load_house (place, 0);
}

static void
heat_fuse (Place *place)
{
  pause_by_fuse (place);
  place->world->config->circuit_restart_ms = 0;
  load_house (place, 37500);
  live (place, 60);
  load_house (place, 0);
}

static void
cool_fuse (Place *place)
{
  live (place, 60);
  g_assert_cmpint (get_decision (place, 0)->limit_mA, >, 0);
}

static void
silence_meter (Place *place)
{
  for (int f = 0; f < PHAETON_PHASES; f++)
    place->world->config->circuits[0].failsafe_base_mA[f] = 12000;
  plug_in_second (place);
  live (place, 100);
  place->metered = FALSE;
}

static void
remove_meter (Place *place)
{
  place->world->config->circuits[0].meter = PHAETON_METER_NONE;
}

static void
order_4200_w (Place *place)
{
  live (place, 10);
  place->world->input.order = (PhaetonOrder){ TRUE, place->world->input.now_ms + 60000, 4200, -1 };
}

static void
order_8_A (Place *place)
{
  live (place, 10);
  place->world->input.order = (PhaetonOrder){ TRUE, place->world->input.now_ms + 60000, -1, 8000 };
}

static void
load_one_phase (Place *place)
{
  place->world->config->circuits[0].unbalance_mA = 20000;
  place->world->cars[0].sample.phases = 1;
  place->load_mA[0] = 10000;
}

static void
stop_afterwards (Place *place)
{
  stop (place);
  live (place, 1);
  expect (place, PHAETON_WHY_STOPPED, 0);
}

static void
cloud_over (Place *place)
{
  shine (place, 1000, 300);
  expect (place, PHAETON_WHY_SUN_GRACE, 6000);
  live (place, 1);
  expect (place, PHAETON_WHY_WAIT_SUN, 0);
}

static void
end_window (Place *place)
{
  set_clock (place, 13, 6);
  live (place, 1);
  expect (place, PHAETON_WHY_WAIT_WINDOW, 0);
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
end_11_s_ago (Place *place)
{
  end_charging (place, 11);
}

static void
end_9_s_ago (Place *place)
{
  end_charging (place, 9);
}

/* --- the tables --- */

typedef struct {
  const char *table, *row, *text; /* as in docs/decisions.md */
  PhaetonMode mode;

  /* given, where it is not the usual: a car of 16 A that charges since its charger was found */
  int set_mA;
  PhaetonPilot pilot;
  int day, hour; /* of the wall clock */
  PhaetonWindow window;
  PhaetonPriceStrategy strategy; /* with cheap_h: cheap hours from cheap_from_h on */
  int cheap_from_h, cheap_h;
  gboolean by_price, on_fuse;
  int load_mA;                    /* of the house on that fuse */
  void (*prepare) (Place *place); /* (nullable) */

  /* what happens */
  int seconds, sun_w; /* 0 W: nobody knows */

  /* then */
  PhaetonWhyCode why;
  gboolean beside; /* in the chain, but something else binds */
  int limit_mA;
  const char *sentence;        /* (nullable): what people read */
  void (*then) (Place *place); /* (nullable): how it goes on */
  PhaetonStatus status;        /* where the table is that of statuses */
} Example;

#define EVERY_DAY 127
#define FRIDAY (1 << 4)

/* clang-format off: a line each, as in the document */
static const Example examples[] = {
  { "Modes", "Manual", "set to 13 A: 13 A; stopped: 0 A", MANUAL, .set_mA = 13000, .seconds = 5,
    .why = PHAETON_WHY_MANUAL, .limit_mA = 13000, .then = stop_afterwards },
  { "Modes", "Auto", "7500 W left: 10.8 A; 1000 W left: 6 A for 300 s, then 0 A", AUTO,
    .sun_w = 7500, .seconds = 200, .why = PHAETON_WHY_SUN, .beside = TRUE, .limit_mA = 10800,
    .then = cloud_over },
  { "Modes", "Scheduled", "a window of 10 A from 22:00 to 06:00: 10 A at 22:00, 0 A at 06:00",
    SCHEDULED, .window = { TRUE, EVERY_DAY, 22 * 60, 6 * 60, 10000, 0 }, .day = 12, .hour = 22,
    .seconds = 1, .why = PHAETON_WHY_WINDOW, .limit_mA = 10000, .then = end_window },

  { "Status", "fault reported", "overheating, whatever the limit: 14", MANUAL, .prepare = overheat,
    .seconds = 5, .why = PHAETON_WHY_FAULT, .limit_mA = 16000,
    .status = PHAETON_STATUS_OVERHEATING },
  { "Status", "pilot F", "the station is out of order and does not say why: 10", MANUAL,
    .pilot = PHAETON_PILOT_F, .seconds = 1, .why = PHAETON_WHY_FAULT, .limit_mA = 16000,
    .status = PHAETON_STATUS_CP_SHORTED },
  { "Status", "no car (pilot A, or E for a minute)", "pilot A, 16 A stand ready: 0", MANUAL,
    .pilot = PHAETON_PILOT_A, .seconds = 5, .why = PHAETON_WHY_NO_CAR, .limit_mA = 16000,
    .status = PHAETON_STATUS_DISCONNECTED },
  { "Status", "phases are being switched, with a car",
    "charging on three phases, one is wanted: 23", MANUAL, .prepare = ask_for_one_phase,
    .seconds = 1, .why = PHAETON_WHY_PHASE_SWITCH, .status = PHAETON_STATUS_SWITCH_TO_1P },
  { "Status", "stopped", "start/stop is 0: 6", MANUAL, .prepare = stop, .seconds = 5,
    .why = PHAETON_WHY_STOPPED, .status = PHAETON_STATUS_WAIT_START },
  { "Status", "limit 0: no room on a fuse or in an order", "the house takes 19 A of 25 A: 20",
    MANUAL, .on_fuse = TRUE, .load_mA = 19000, .seconds = 20, .why = PHAETON_WHY_FUSE_FULL,
    .status = PHAETON_STATUS_CHARGING_LIMIT },
  { "Status", "limit 0: home battery low, not in Manual",
    "home battery at 9 %, limit 10 %, 7500 W left: 7", AUTO, .prepare = empty_battery,
    .sun_w = 7500, .seconds = 5, .why = PHAETON_WHY_LOW_SOC, .status = PHAETON_STATUS_LOW_SOC },
  { "Status", "limit 0 in Auto", "4000 W left: 4", AUTO, .sun_w = 4000, .seconds = 200,
    .why = PHAETON_WHY_WAIT_SUN, .status = PHAETON_STATUS_WAIT_SUN },
  { "Status", "limit 0 in Scheduled", "it is 06:00, the window starts at 08:00: 6", SCHEDULED,
    .window = { TRUE, EVERY_DAY, 8 * 60, 9 * 60, 0, 0 }, .day = 12, .hour = 6, .seconds = 1,
    .why = PHAETON_WHY_WAIT_WINDOW, .status = PHAETON_STATUS_WAIT_START },
  { "Status", "pilot C2 or D2", "16 A offered, pilot C2: 2", MANUAL, .seconds = 5,
    .why = PHAETON_WHY_MANUAL, .limit_mA = 16000, .status = PHAETON_STATUS_CHARGING },
  { "Status", "the car stopped by itself 10 s ago while current was offered",
    "pilot B2 for 10 s after C2, 16 A offered: 3", MANUAL, .prepare = end_11_s_ago,
    .why = PHAETON_WHY_MANUAL, .limit_mA = 16000, .status = PHAETON_STATUS_CHARGED },
  { "Status", "else", "pilot B2 for 8 s after C2: 1", MANUAL, .prepare = end_9_s_ago,
    .why = PHAETON_WHY_MANUAL, .limit_mA = 16000, .status = PHAETON_STATUS_CONNECTED },

  { "Reasons", "none", "before the first step", MANUAL, .sentence = "Nothing decided yet" },
  { "Reasons", "offline",
    "the charger is unplugged from the network: it was to get 16 A and gets it when it is back",
    MANUAL, .prepare = lose_charger, .seconds = 5, .why = PHAETON_WHY_OFFLINE, .limit_mA = 16000,
    .sentence = "The charger does not answer" },
  { "Reasons", "no-car", "Manual 16 A, nobody plugged in: 16 A stand ready", MANUAL,
    .pilot = PHAETON_PILOT_A, .seconds = 5, .why = PHAETON_WHY_NO_CAR, .limit_mA = 16000,
    .sentence = "No car is plugged in" },
  { "Reasons", "stopped", "start/stop is 0: 0 A", MANUAL, .prepare = stop, .seconds = 5,
    .why = PHAETON_WHY_STOPPED, .sentence = "Charging is switched off" },
  { "Reasons", "manual", "set to 13 A, nothing lowers it: 13 A", MANUAL, .set_mA = 13000,
    .seconds = 5, .why = PHAETON_WHY_MANUAL, .limit_mA = 13000, .sentence = "Set by hand to 13 A" },
  { "Reasons", "station-max", "set to 32 A, the station may draw 25 A: 25 A", MANUAL,
    .set_mA = 32000, .prepare = weaken_station, .seconds = 5, .why = PHAETON_WHY_STATION_MAX,
    .limit_mA = 25000, .sentence = "The station allows 25 A" },
  { "Reasons", "max-set", "set to 32 A, `max_set_current` is 20: 20 A", MANUAL, .set_mA = 32000,
    .prepare = lower_maximum, .seconds = 5, .why = PHAETON_WHY_MAX_SET, .limit_mA = 20000,
    .sentence = "The settings allow 20 A" },
  { "Reasons", "below-min", "set to 5.5 A: 0 A, a car needs 6 A", MANUAL, .set_mA = 5500,
    .seconds = 5, .why = PHAETON_WHY_BELOW_MIN,
    .sentence = "5.5 A allowed, less than the 6 A that a car needs" },
  { "Reasons", "step", "set to 6.05 A, steps of 0.1 A: 6 A", MANUAL, .set_mA = 6050, .seconds = 5,
    .why = PHAETON_WHY_STEP, .beside = TRUE, .limit_mA = 6000,
    .sentence = "Rounded down to steps of 0.1 A" },
  { "Reasons", "phase-switch", "going from three phases to one: 0 A until the relays have settled",
    MANUAL, .prepare = ask_for_one_phase, .seconds = 1, .why = PHAETON_WHY_PHASE_SWITCH,
    .sentence = "Switching to 1 phase" },
  { "Reasons", "phases-refused",
    "the charger said no to one phase: it stays on three at the 16 A it had", MANUAL,
    .prepare = ask_for_one_phase, .seconds = 10, .why = PHAETON_WHY_PHASES_REFUSED, .beside = TRUE,
    .limit_mA = 16000, .sentence = "The charger does not allow switching to 1 phase" },
  { "Reasons", "fault", "overheating: 0 W flow whatever the limit", MANUAL, .prepare = overheat,
    .seconds = 5, .why = PHAETON_WHY_FAULT, .limit_mA = 16000,
    .sentence = "The charger reports a fault" },
  { "Reasons", "unknown-state", "the charger answers, its pilot was not readable yet", MANUAL,
    .prepare = forget_pilot, .seconds = 1, .why = PHAETON_WHY_UNKNOWN_STATE, .limit_mA = 16000,
    .sentence = "The state of the car is unknown" },
  { "Reasons", "no-house-guard",
    "16 A, no circuit configured: nothing watches the house connection", MANUAL, .seconds = 5,
    .why = PHAETON_WHY_NO_HOUSE_GUARD, .beside = TRUE, .limit_mA = 16000,
    .sentence = "No circuit is configured: the house connection is not guarded" },
  { "Reasons", "mode-not-ready", "Scheduled without any active window: 0 A", SCHEDULED,
    .seconds = 5, .why = PHAETON_WHY_MODE_NOT_READY,
    .sentence = "This mode has nothing to decide by" },
  { "Reasons", "sun", "7500 W left, three phases of 230 V: 10.8 A", AUTO, .sun_w = 7500,
    .seconds = 200, .why = PHAETON_WHY_SUN, .beside = TRUE, .limit_mA = 10800,
    .sentence = "The sun leaves 7500 W" },
  { "Reasons", "wait-sun",
    "4000 W left, a start on three phases needs 4140 W and 200 W margin: 0 A", AUTO, .sun_w = 4000,
    .seconds = 200, .why = PHAETON_WHY_WAIT_SUN,
    .sentence = "The sun leaves 4000 W, a start needs 4340 W" },
  { "Reasons", "sun-start", "5500 W for 20 s of the 60 s: 0 A, 40 s left", AUTO, .sun_w = 5500,
    .seconds = 21, .why = PHAETON_WHY_SUN_START,
    .sentence = "Enough sun; starting when it lasts 40 s longer" },
  { "Reasons", "sun-grace", "3000 W for 100 s while charging on three phases: 6 A, 200 s left",
    AUTO, .prepare = charge_in_the_sun, .sun_w = 3000, .seconds = 101, .why = PHAETON_WHY_SUN_GRACE,
    .limit_mA = 6000, .sentence = "Too little sun; holding on for 200 s more" },
  { "Reasons", "sun-probe",
    "battery full, no feed-in, PV held back: 6 A to see whether the sun follows", AUTO,
    .prepare = hold_back_sun, .seconds = 1, .why = PHAETON_WHY_SUN_PROBE, .limit_mA = 6000,
    .sentence = "Solar power is held back; trying whether there is more" },
  { "Reasons", "sun-unknown", "no value from the grid meter for 16 s, no consumption either: 0 A",
    AUTO, .prepare = lose_grid_meter, .seconds = 2, .why = PHAETON_WHY_SUN_UNKNOWN,
    .sentence = "What the sun leaves is not known" },
  { "Reasons", "low-soc", "home battery at 29 %, limit 30 %: 0 A until 33 %", AUTO,
    .prepare = drain_battery, .seconds = 1, .why = PHAETON_WHY_LOW_SOC,
    .sentence = "The home battery has 29 %, below 30 %", .then = fill_battery },
  { "Reasons", "home-frozen",
    "all values of the house unchanged for 31 s: the limit may fall, not rise", AUTO,
    .prepare = freeze_house, .sun_w = 9000, .seconds = 2, .why = PHAETON_WHY_HOME_FROZEN,
    .beside = TRUE, .limit_mA = 7900,
    .sentence = "The measurements of the house stand still: no raise", .then = fall_while_frozen },
  { "Reasons", "ramp", "16 A wanted, 8 A now: 10 A, in 10 s 12 A", AUTO, .prepare = charge_with_8_A,
    .sun_w = 11040, .seconds = 1, .why = PHAETON_WHY_RAMP, .limit_mA = 10000,
    .sentence = "Rising slowly to 16 A", .then = rise_on },
  { "Reasons", "window", "Friday 23:00-07:00, it is Saturday 03:00: full current", SCHEDULED,
    .window = { TRUE, FRIDAY, 23 * 60, 7 * 60, 0, 0 }, .day = 13, .hour = 3, .seconds = 5,
    .why = PHAETON_WHY_WINDOW, .limit_mA = 32000, .sentence = "In a window of the schedule" },
  { "Reasons", "wait-window", "it is 06:00, the window starts at 08:00: 0 A for 2:00 h", SCHEDULED,
    .window = { TRUE, EVERY_DAY, 8 * 60, 9 * 60, 0, 0 }, .day = 12, .hour = 6, .seconds = 1,
    .why = PHAETON_WHY_WAIT_WINDOW,
    .sentence = "Outside of the schedule; the next window starts in 2:00 h" },
  { "Reasons", "deadline",
    "10 kWh by 07:00, it is 06:00 and an hour of 11 kW hardly holds them: charge now", SCHEDULED,
    .day = 12, .hour = 6, .cheap_from_h = 12, .cheap_h = 2, .prepare = want_10_kwh, .seconds = 1,
    .why = PHAETON_WHY_DEADLINE, .limit_mA = 32000,
    .sentence = "Charging 10.0 kWh, to be ready in 1:00 h" },
  { "Reasons", "deadline-short",
    "900 kWh by 07:00, it is 19:00 and 32 A a phase for 12 h are 265 kWh: charge what fits",
    SCHEDULED, .day = 12, .hour = 19, .prepare = want_900_kwh, .seconds = 1,
    .why = PHAETON_WHY_DEADLINE_SHORT, .limit_mA = 32000,
    .sentence = "Charging 265.0 kWh of 900.0 kWh: more does not fit before 07:00" },
  { "Reasons", "car-soc-unknown",
    "80 % by 07:00, no window, and nothing tells how full the car is: 0 A", SCHEDULED, .day = 12,
    .hour = 19, .prepare = want_80_percent, .seconds = 1, .why = PHAETON_WHY_CAR_SOC_UNKNOWN,
    .sentence = "The deadline goes by how full the car is, which is not known" },
  { "Reasons", "wait-deadline", "17 kWh by 07:00 at 20:00, no price is known: 0 A until it is time",
    SCHEDULED, .day = 12, .hour = 20, .prepare = want_17_kwh, .seconds = 1,
    .why = PHAETON_WHY_WAIT_DEADLINE,
    .sentence = "17.0 kWh to charge in 11:00 h: a better time comes" },
  { "Reasons", "price", "0.09 now, 0.10 allowed: full current", SCHEDULED, .by_price = TRUE,
    .strategy = PHAETON_PRICE_BY_LIMIT, .cheap_h = 4, .seconds = 1, .why = PHAETON_WHY_PRICE,
    .limit_mA = 32000, .sentence = "The price is 0.0900, up to 0.1000 are allowed" },
  { "Reasons", "wait-price", "0.30 now, 0.10 allowed: 0 A", SCHEDULED, .by_price = TRUE,
    .strategy = PHAETON_PRICE_BY_LIMIT, .cheap_from_h = 4, .cheap_h = 4, .seconds = 1,
    .why = PHAETON_WHY_WAIT_PRICE, .sentence = "The price is 0.3000, more than 0.1000" },
  { "Reasons", "price-level", "0.09 now, called cheap: full current", SCHEDULED, .by_price = TRUE,
    .strategy = PHAETON_PRICE_BY_LEVEL, .cheap_h = 4, .prepare = call_it_cheap, .seconds = 1,
    .why = PHAETON_WHY_PRICE_LEVEL, .limit_mA = 32000,
    .sentence = "The price is 0.0900, which is called cheap" },
  { "Reasons", "wait-level", "0.30 now, called expensive: 0 A", SCHEDULED, .by_price = TRUE,
    .strategy = PHAETON_PRICE_BY_LEVEL, .cheap_from_h = 4, .cheap_h = 4,
    .prepare = call_it_expensive, .seconds = 1, .why = PHAETON_WHY_WAIT_LEVEL,
    .sentence = "The price is 0.3000, which is not called cheap enough" },
  { "Reasons", "cheapest",
    "3 h of charging until 07:00, this is one of the cheapest 3 of the 9: full current", SCHEDULED,
    .day = 12, .hour = 22, .cheap_h = 3, .prepare = plan_cheapest, .seconds = 1,
    .why = PHAETON_WHY_CHEAPEST, .limit_mA = 32000,
    .sentence = "In the cheapest 3:00 h of the 9:00 h until 07:00" },
  { "Reasons", "wait-cheapest", "the same, this one is dearer: 0 A", SCHEDULED, .day = 12,
    .hour = 22, .cheap_from_h = 4, .cheap_h = 3, .prepare = plan_cheapest, .seconds = 1,
    .why = PHAETON_WHY_WAIT_CHEAPEST,
    .sentence = "Waiting for the cheapest 3:00 h of the 9:00 h until 07:00" },
  { "Reasons", "block",
    "the same with `plan: block`, the cheapest three in a row have begun: full current", SCHEDULED,
    .day = 12, .hour = 22, .cheap_h = 3, .prepare = plan_block, .seconds = 1,
    .why = PHAETON_WHY_BLOCK, .limit_mA = 32000,
    .sentence = "In the cheapest 3:00 h in a row of the 9:00 h until 07:00" },
  { "Reasons", "wait-block", "they have not: 0 A", SCHEDULED, .day = 12, .hour = 22,
    .cheap_from_h = 4, .cheap_h = 3, .prepare = plan_block, .seconds = 1,
    .why = PHAETON_WHY_WAIT_BLOCK,
    .sentence = "Waiting for the cheapest 3:00 h in a row of the 9:00 h until 07:00" },
  { "Reasons", "grid-price",
    "Auto, -0.01 now, `auto_from_grid_below` is 0: full current, whatever the sun leaves", AUTO,
    .day = 12, .hour = 12, .cheap_h = 2, .prepare = allow_negative_price,
    .seconds = 200 /* step by step */, .why = PHAETON_WHY_GRID_PRICE, .limit_mA = 32000,
    .sentence = "The price is -0.0100: up to 0.0000 the grid may help", .then = raise_price },
  { "Reasons", "fallback",
    "no price is known, 0.09 of the fallback tariff, 0.10 allowed: full current", SCHEDULED,
    .by_price = TRUE, .strategy = PHAETON_PRICE_BY_LIMIT, .cheap_h = 4, .prepare = fall_back,
    .seconds = 1, .why = PHAETON_WHY_FALLBACK, .limit_mA = 32000,
    .sentence = "Prices are not known; 0.0900 of the fallback tariff is right" },
  { "Reasons", "wait-fallback", "no price is known, 0.30 of the fallback tariff, 0.10 allowed: 0 A",
    SCHEDULED, .by_price = TRUE, .strategy = PHAETON_PRICE_BY_LIMIT, .cheap_from_h = 4,
    .cheap_h = 4, .prepare = fall_back, .seconds = 1, .why = PHAETON_WHY_WAIT_FALLBACK,
    .sentence = "Prices are not known; 0.3000 of the fallback tariff is not cheap" },
  { "Reasons", "price-unknown",
    "the price list ended an hour ago, and there is no fallback tariff: 0 A", SCHEDULED,
    .by_price = TRUE, .strategy = PHAETON_PRICE_BY_LIMIT, .cheap_h = 24, .prepare = outlive_prices,
    .seconds = 1, .why = PHAETON_WHY_PRICE_UNKNOWN,
    .sentence = "The price of this hour is not known" },
  { "Reasons", "clock-unknown", "a GX without network starts in 1970: 0 A in Scheduled", SCHEDULED,
    .window = { TRUE, EVERY_DAY, 0, 0, 0, 0 }, .prepare = forget_clock, .seconds = 5,
    .why = PHAETON_WHY_CLOCK_UNKNOWN, .sentence = "Time or time zone is not known: no schedule" },
  { "Reasons", "fuse", "25 A fuse, two cars: 11.9 A and 11.8 A", MANUAL, .on_fuse = TRUE,
    .prepare = plug_in_second, .seconds = 200, .why = PHAETON_WHY_FUSE, .limit_mA = 11900,
    .sentence = "Circuit house has 11.9 A for this car on L1", .then = check_second },
  { "Reasons", "fuse-full", "the house takes 19 A of 25 A: 4.75 A are less than a car needs, 0 A",
    MANUAL, .on_fuse = TRUE, .load_mA = 19000, .seconds = 20, .why = PHAETON_WHY_FUSE_FULL,
    .sentence = "Circuit house is full on L1: 4.8 A left" },
  { "Reasons", "fuse-wait",
    "paused by the fuse a minute ago, `circuit_restart_seconds` is 300: 0 A for four more", MANUAL,
    .on_fuse = TRUE, .prepare = pause_by_fuse, .seconds = 60, .why = PHAETON_WHY_FUSE_WAIT,
    .sentence = "Paused by a fuse; may start again in 240 s" },
  { "Reasons", "fuse-hot", "1.5 times the fuse for a minute: 0 A until it cooled", MANUAL,
    .on_fuse = TRUE, .prepare = heat_fuse, .seconds = 5, .why = PHAETON_WHY_FUSE_HOT,
    .sentence = "The fuse of circuit house was overloaded and cools down", .then = cool_fuse },
  { "Reasons", "meter-stale",
    "the meter is silent for 16 s, other loads take 12 A of 25 A at most: 7 A and 6 A", MANUAL,
    .on_fuse = TRUE, .prepare = silence_meter, .seconds = 16, .why = PHAETON_WHY_METER_STALE,
    .limit_mA = 7000, .sentence = "The meter of circuit house is silent: fail-safe current" },
  { "Reasons", "meter-missing", "a circuit without meter and without a known base: 6 A", MANUAL,
    .on_fuse = TRUE, .prepare = remove_meter, .seconds = 20, .why = PHAETON_WHY_METER_MISSING,
    .limit_mA = 6000, .sentence = "Nothing is known of the other loads on circuit house" },
  { "Reasons", "order", "the grid operator allows 4200 W: 6 A on three phases for one car", MANUAL,
    .prepare = order_4200_w, .seconds = 1, .why = PHAETON_WHY_ORDER, .limit_mA = 6000,
    .sentence = "A limit from outside: 4200 W" },
  { "Reasons", "order-current", "8 A a phase are allowed: 8 A", MANUAL, .prepare = order_8_A,
    .seconds = 1, .why = PHAETON_WHY_ORDER_CURRENT, .limit_mA = 8000,
    .sentence = "A limit from outside: 8 A a phase" },
  { "Reasons", "unbalance",
    "20 A between phases allowed, the oven takes 10 A on L1: 10 A for a car on L1 alone", MANUAL,
    .on_fuse = TRUE, .prepare = load_one_phase, .seconds = 100, .why = PHAETON_WHY_UNBALANCE,
    .limit_mA = 10000,
    .sentence = "L1 of circuit house may carry only 10 A more than the other phases" },
  { "Reasons", "raise-waits", "raised 3 s ago, the meter has not shown it: no raise", MANUAL,
    .on_fuse = TRUE, .seconds = 4, .why = PHAETON_WHY_RAISE_WAITS, .limit_mA = 6000,
    .sentence = "The meter has not yet shown the last raise" },
};
/* clang-format on */

static void
give (Place *place, const Example *example)
{
  PhaetonChargerInput *car = &place->world->cars[0];

  if (example->set_mA != 0)
    car->command.set_mA = example->set_mA;
  if (example->pilot != PHAETON_PILOT_UNKNOWN)
    car->sample.pilot = example->pilot;
  if (example->window.active)
    open_window (place, &example->window);
  if (example->by_price)
    charge_by_price (place, example->strategy);
  if (example->day != 0)
    set_clock (place, example->day, example->hour);
  if (example->cheap_h != 0)
    give_prices (place, example->cheap_from_h, example->cheap_h);
  if (example->on_fuse)
    hang_on_fuse (place);
  load_house (place, example->load_mA);
  if (example->prepare != NULL)
    example->prepare (place);
}

static void
check_reason (const Place *place, const Example *example)
{
  const char *const circuits[] = { "house", NULL };
  const PhaetonVerdict nothing = { 0 };
  const PhaetonVerdict *verdict = &nothing;
  g_autofree char *text = NULL;

  if (example->why == PHAETON_WHY_NONE)
    g_assert_null (phaeton_chain_get_binding (&get_decision (place, 0)->chain));
  else
    verdict = find_verdict (place, example->why);
  if (example->why != PHAETON_WHY_NONE && !example->beside)
    g_assert_cmpint (world_why (place->world, 0), ==, example->why);
  g_assert_cmpint (get_decision (place, 0)->limit_mA, ==, example->limit_mA);
  text = phaeton_verdict_to_text (verdict, circuits);
  if (example->sentence != NULL)
    g_assert_cmpstr (text, ==, example->sentence);
}

static void
test_example (gconstpointer data)
{
  const Example *example = data;
  g_autoptr (Place) place = place_new (example->mode);

  give (place, example);
  if (example->sun_w != 0)
    shine (place, example->sun_w, example->seconds);
  else
    live (place, example->seconds);
  check_reason (place, example);
  if (strcmp (example->table, "Status") == 0)
    g_assert_cmpint (get_decision (place, 0)->status, ==, example->status);
  if (example->then != NULL)
    example->then (place);
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
