/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core-world.h"
#include "phaeton-schedule.h"

#define DAY_S 86400
#define HOUR_S 3600
#define MONDAY_DAY 20255 /* 2025-06-16 */
#define AT(day, hour, minute)                                                                      \
  ((gint64) (MONDAY_DAY + (day)) * DAY_S + (hour) *HOUR_S + (minute) *60)

enum { MON = 1, TUE = 2, FRI = 16, SAT = 32, SUN = 64 };

typedef struct {
  const char *name;
  PhaetonWindow window;
  gint64 local_at;
  gboolean active;
} Line;

/* active, days, start, end, current, once */
static const Line lines[] = {
  { "before", { 1, MON, 480, 600, 0, 0 }, AT (0, 7, 59), FALSE },
  { "first-minute", { 1, MON, 480, 600, 0, 0 }, AT (0, 8, 0), TRUE },
  { "last-minute", { 1, MON, 480, 600, 0, 0 }, AT (0, 9, 59), TRUE },
  { "end", { 1, MON, 480, 600, 0, 0 }, AT (0, 10, 0), FALSE },
  { "other-day", { 1, MON, 480, 600, 0, 0 }, AT (1, 9, 0), FALSE },
  { "switched-off", { 0, MON, 480, 600, 0, 0 }, AT (0, 9, 0), FALSE },
  { "fix-31-no-days-is-every-day", { 1, 0, 480, 600, 0, 0 }, AT (3, 9, 0), TRUE },
  { "fix-30-friday-night-on-friday", { 1, FRI, 1380, 420, 0, 0 }, AT (4, 23, 30), TRUE },
  { "fix-30-friday-night-on-saturday", { 1, FRI, 1380, 420, 0, 0 }, AT (5, 6, 59), TRUE },
  { "fix-30-friday-night-not-friday-morning", { 1, FRI, 1380, 420, 0, 0 }, AT (4, 3, 0), FALSE },
  { "fix-30-sunday-night-on-monday", { 1, SUN, 1380, 420, 0, 0 }, AT (7, 3, 0), TRUE },
  { "fix-30-not-saturday-night", { 1, FRI, 1380, 420, 0, 0 }, AT (5, 23, 30), FALSE },
  { "fix-31-start-is-end-is-a-day", { 1, MON, 480, 480, 0, 0 }, AT (0, 8, 0), TRUE },
  { "fix-31-whole-day-until-next", { 1, MON, 480, 480, 0, 0 }, AT (1, 7, 59), TRUE },
  { "fix-31-whole-day-over", { 1, MON, 480, 480, 0, 0 }, AT (1, 8, 0), FALSE },
  { "until-midnight", { 1, MON, 1200, 0, 0, 0 }, AT (0, 23, 59), TRUE },
  { "until-midnight-over", { 1, MON, 1200, 0, 0, 0 }, AT (1, 0, 0), FALSE },
  { "once", { 1, TUE, 480, 600, 0, MONDAY_DAY }, AT (0, 9, 0), TRUE },
  { "once-tail", { 1, 0, 1380, 420, 0, MONDAY_DAY }, AT (1, 3, 0), TRUE },
  { "once-not-next-week", { 1, MON, 480, 600, 0, MONDAY_DAY }, AT (7, 9, 0), FALSE },
};

static void
test_line (gconstpointer data)
{
  const Line *line = data;

  g_assert_cmpint (phaeton_window_is_active (&line->window, line->local_at), ==, line->active);
}

/* minute by minute through a week, against the plain definition */
static void
test_random_windows (void)
{
  for (int round = 0; round < 200; round++) {
    const PhaetonWindow window = { TRUE,
                                   (guint8) g_test_rand_int_range (1, 128),
                                   g_test_rand_int_range (0, 1440),
                                   g_test_rand_int_range (0, 1441),
                                   0,
                                   0 };
    const int length = window.end_min > window.start_min ? window.end_min - window.start_min
                                                         : window.end_min + 1440 - window.start_min;
    gboolean active[9 * 1440] = { FALSE };

    for (int day = 0; day < 8; day++)
      for (int i = 0; (window.days & (1 << (day % 7))) && i < length; i++)
        if (day * 1440 + window.start_min + i < 9 * 1440)
          active[day * 1440 + window.start_min + i] = TRUE;
    for (int minute = 1440; minute < 8 * 1440; minute++)
      g_assert_cmpint (phaeton_window_is_active (&window, AT (0, 0, minute)), ==, active[minute]);
  }
}

static World *
world_scheduled (void)
{
  World *world = world_new (1);

  world->cars[0].command.mode = PHAETON_MODE_SCHEDULED;
  world->cars[0].sample.pilot = PHAETON_PILOT_B1;
  world->input.zone = (PhaetonZone){ TRUE, { 7200, 7200, 7200 }, { 0, G_MAXINT64 } };
  world->config->chargers[0].price_rule =
    (PhaetonPriceRule){ PHAETON_PRICE_BY_LIMIT, G_MININT64, 0.3, TRUE, TRUE };
  return world;
}

static void
add_window (World *world, PhaetonWindow window)
{
  PhaetonChargerConfig *config = &world->config->chargers[0];

  config->windows = g_renew (PhaetonWindow, config->windows, config->n_windows + 1);
  config->windows[config->n_windows++] = window;
}

/* active minutes of a window on one local day, over 25 or 23 hours of real time */
static int
count_minutes (int start_min, int end_min, gint64 day_at, int before_s, int after_s, int change_at)
{
  g_autoptr (World) world = world_scheduled ();
  int minutes = 0;

  add_window (world, (PhaetonWindow){ TRUE, 0x7f, start_min, end_min, 0, 0 });
  world->input.zone = (PhaetonZone){ TRUE,
                                     { before_s, after_s, after_s },
                                     { day_at + change_at, day_at + 1000 * DAY_S } };
  for (gint64 at = day_at - before_s; at < day_at + DAY_S - after_s; at += 60) {
    world->input.wall_at = at - 1;
    minutes += world_step (world, 1)->limit_mA > 0;
  }
  return minutes;
}

/* Europe: 2025-03-30 and 2025-10-26, both at 01:00 UTC */
static void
test_days_of_23_and_25_hours (void)
{
  const gint64 spring_at = 20177 * (gint64) DAY_S, autumn_at = 20387 * (gint64) DAY_S;

  g_assert_cmpint (count_minutes (60, 240, spring_at, 3600, 7200, 3600), ==, 120);
  g_assert_cmpint (count_minutes (120, 180, spring_at, 3600, 7200, 3600), ==, 0);
  g_assert_cmpint (count_minutes (0, 1440, spring_at, 3600, 7200, 3600), ==, 23 * 60);
  g_assert_cmpint (count_minutes (60, 240, autumn_at, 7200, 3600, 3600), ==, 240);
  g_assert_cmpint (count_minutes (120, 180, autumn_at, 7200, 3600, 3600), ==, 120);
  g_assert_cmpint (count_minutes (0, 1440, autumn_at, 7200, 3600, 3600), ==, 25 * 60);
}

static void
test_decision (void)
{
  g_autoptr (World) world = world_scheduled ();
  const PhaetonChargerDecision *decision;

  world->input.wall_at = AT (0, 6, 0) - 7200; /* 06:00 local */
  decision = world_step (world, 0);
  g_assert_cmpint (world_why (world, 0), ==, PHAETON_WHY_MODE_NOT_READY);
  add_window (world, (PhaetonWindow){ TRUE, MON, 480, 600, 0, 0 });
  add_window (world, (PhaetonWindow){ TRUE, MON, 540, 660, 10000, 0 });
  decision = world_step (world, 0);
  g_assert_cmpint (decision->limit_mA, ==, 0);
  g_assert_cmpint (decision->status, ==, PHAETON_STATUS_WAIT_START);
  g_assert_cmpint (world_why (world, 0), ==, PHAETON_WHY_WAIT_WINDOW);
  g_assert_cmpint (decision->chain.verdicts[0].values[0], ==, 120);
  g_assert_cmpint (world_step (world, 2 * HOUR_S)->limit_mA, ==, 32000);
  world->cars[0].sample.pilot = PHAETON_PILOT_C2;
  g_assert_cmpint (world_step (world, 2 * HOUR_S)->limit_mA, ==, 10000);
  g_assert_cmpint (world->decision->chargers[0].status, ==, PHAETON_STATUS_CHARGING);
  g_assert_cmpint (world_step (world, HOUR_S)->limit_mA, ==, 0);
  world->input.zone.known = FALSE;
  world_step (world, 0);
  g_assert_cmpint (world_why (world, 0), ==, PHAETON_WHY_CLOCK_UNKNOWN);
}

static void
fill_prices (PhaetonPriceSlot *slots, int n, gint64 from_at, const int *cents)
{
  for (int i = 0; i < n; i++)
    slots[i] =
      (PhaetonPriceSlot){ from_at + i * HOUR_S, from_at + (i + 1) * HOUR_S, cents[i] * 10000, 0 };
}

/* the price is the source: windows have no say, and the status follows */
static void
test_fix_19 (void)
{
  g_autoptr (World) world = world_scheduled ();
  PhaetonPriceSlot slots[3];

  fill_prices (slots, 3, AT (0, 0, 0), (const int[]){ 30, 10, -5 });
  world->config->chargers[0].schedule_source = PHAETON_SCHEDULE_TIBBER;
  world->config->chargers[0].price_rule.limit_micros_per_kwh = 100000;
  world->input.prices = (PhaetonPriceSeries){ 3, slots };
  world->input.wall_at = AT (0, 0, 0);
  world->cars[0].sample.pilot = PHAETON_PILOT_C2;
  g_assert_cmpint (world_step (world, 0)->limit_mA, ==, 0);
  g_assert_cmpint (world->decision->chargers[0].status, ==, PHAETON_STATUS_WAIT_START);
  g_assert_cmpint (world_step (world, HOUR_S)->limit_mA, ==, 32000);
  g_assert_cmpint (world->decision->chargers[0].status, ==, PHAETON_STATUS_CHARGING);
  g_assert_cmpint (world_step (world, HOUR_S)->limit_mA, ==, 32000);
  g_assert_cmpint (world_step (world, HOUR_S)->limit_mA, ==, 0);
  g_assert_cmpint (world_why (world, 0), ==, PHAETON_WHY_PRICE_UNKNOWN);
}

/* where no price is known the fallback tariff decides and says so; one price for all hours is cheap
 * only for who named a price */
static void
test_fallback (void)
{
  g_autoptr (World) world = world_scheduled ();
  PhaetonPriceRule *rule = &world->config->chargers[0].price_rule;
  PhaetonPriceSlot slots[4];

  fill_prices (slots, 4, AT (0, 0, 0), (const int[]){ 25, 25, 25, 25 });
  world->config->chargers[0].schedule_source = PHAETON_SCHEDULE_TIBBER;
  world->input.prices = (PhaetonPriceSeries){ 4, slots };
  world->input.prices_fallback = TRUE;
  world->input.wall_at = AT (0, 0, 0);
  *rule = (PhaetonPriceRule){ PHAETON_PRICE_BY_LIMIT, 240000, 0.5, TRUE, TRUE };
  g_assert_cmpint (world_step (world, 0)->limit_mA, ==, 0);
  g_assert_cmpint (world_why (world, 0), ==, PHAETON_WHY_WAIT_FALLBACK);
  rule->limit_micros_per_kwh = 250000;
  g_assert_cmpint (world_step (world, 0)->limit_mA, ==, 32000);
  g_assert_cmpint (world->decision->chargers[0].chain.verdicts[0].code, ==, PHAETON_WHY_FALLBACK);
  rule->strategy = PHAETON_PRICE_BY_QUANTILE;
  g_assert_cmpint (world_step (world, 0)->limit_mA, ==, 0);
  rule->strategy = PHAETON_PRICE_BY_LEVEL;
  g_assert_cmpint (world_step (world, 0)->limit_mA, ==, 0);
  slots[0].import_micros = 100000; /* the tariff's night */
  g_assert_cmpint (world_step (world, 0)->limit_mA, ==, 32000);
  rule->strategy = PHAETON_PRICE_BY_QUANTILE;
  g_assert_cmpint (world_step (world, 0)->limit_mA, ==, 32000);
}

/* charges through a night in steps of a minute; answers the cost in cents, -1 when not ready */
static double
charge_by_deadline (World *world, const int *cents, int hours, int energy_wh)
{
  g_autofree PhaetonPriceSlot *slots = g_new0 (PhaetonPriceSlot, hours + 1);
  PhaetonChargerSample *sample = &world->cars[0].sample;
  double cost = 0, wh = 0;

  fill_prices (slots, hours, AT (0, 20, 0), cents);
  world->input.prices = (PhaetonPriceSeries){ (guint) hours, slots };
  world->input.wall_at = AT (0, 20, 0);
  sample->known |= PHAETON_SAMPLE_ENERGY;
  world->config->chargers[0].deadline.active = TRUE;
  world->config->chargers[0].deadline.by_min = 9 * 60; /* 07:00 UTC */
  world->config->chargers[0].deadline.energy_wh = energy_wh;
  for (int minute = 0; minute < 11 * 60; minute++) {
    sample->energy_wh = (gint64) wh;
    if (world_step (world, 60)->limit_mA > 0 && wh < energy_wh) {
      wh += 22080 / 60.0;
      cost += 22080 / 60.0 / 1000 * (minute / 60 < hours ? cents[minute / 60] : 0);
    }
  }
  world->input.prices = (PhaetonPriceSeries){ 0 };
  return wh >= energy_wh ? cost : -1;
}

static void
test_deadline_in_the_cheapest_slots (void)
{
  const int cents[] = { 40, 35, 30, 20, 10, 8, 9, 15, 25, 30, 45 };
  g_autoptr (World) world = world_scheduled ();
  const double cost = charge_by_deadline (world, cents, 11, 44000);

  /* 2.2 hours with the margin in 8, 9 and a little of 10 cents */
  g_assert_cmpfloat (cost, >, 44 * 8);
  g_assert_cmpfloat (cost, <, 44 * 9.5);
}

static void
test_deadline_late (void)
{
  g_autoptr (World) world = world_scheduled ();
  const int cents[] = { 1, 1, 1, 1, 1, 1, 1, 1, 50, 50, 50 };

  world->config->chargers[0].deadline.plan = PHAETON_PLAN_LATE;
  g_assert_cmpfloat (charge_by_deadline (world, cents, 11, 22000), >, 22 * 40);
}

/* whatever the prices, known or not: what fits is ready in time */
static void
test_deadline_is_kept (void)
{
  for (int round = 0; round < 300; round++) {
    g_autoptr (World) world = world_scheduled ();
    int cents[11];

    for (int i = 0; i < 11; i++)
      cents[i] = g_test_rand_int_range (-10, 60);
    world->config->chargers[0].deadline.plan =
      g_test_rand_bit () ? PHAETON_PLAN_CHEAP : PHAETON_PLAN_LATE;
    g_assert_cmpfloat (charge_by_deadline (world, cents, g_test_rand_int_range (0, 12),
                                           g_test_rand_int_range (1000, 200000)),
                       !=, -1);
  }
}

/* a car that can no longer be ready charges at the dear price; the run of which that is the begin
 * is not held when it left, or when less is wanted: the next is planned afresh */
static void
test_deadline_begins_anew (void)
{
  const PhaetonPlan plans[] = { PHAETON_PLAN_CHEAP, PHAETON_PLAN_BLOCK, PHAETON_PLAN_LATE };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (plans); i++) {
    const gboolean is_replugged = i % 2 == 0;
    g_autoptr (World) world = world_scheduled ();
    PhaetonChargerConfig *config = &world->config->chargers[0];
    PhaetonPriceSlot slots[11];

    fill_prices (slots, 11, AT (0, 20, 0),
                 (const int[]){ 34, 34, 34, 34, 22, 22, 22, 22, 22, 22, 34 });
    world->input.prices = (PhaetonPriceSeries){ G_N_ELEMENTS (slots), slots };
    world->input.wall_at = AT (0, 20, 0);
    config->min_run_ms = 1800000;
    config->deadline = (PhaetonDeadline){
      .active = TRUE, .by_min = 9 * 60, .energy_wh = 900000, .plan = plans[i / 2]
    };
    world_run (world, 120);
    g_assert_cmpint (world->decision->chargers[0].limit_mA, ==, 32000);
    if (is_replugged) {
      world->cars[0].sample.pilot = PHAETON_PILOT_A;
      world_run (world, 60);
    }
    config->deadline.energy_wh = 10000;
    world_run (world, is_replugged ? 20 : 0);
    world->cars[0].sample.pilot = PHAETON_PILOT_B1;
    for (int minute = 0; minute < 60; minute++)
      g_assert_cmpint (world_step (world, minute == 0 ? 2 : 60)->limit_mA, ==, 0);
    world->input.prices = (PhaetonPriceSeries){ 0 };
  }
}

/* from 22:00 to 07:00 are 32 quarters of an hour in the night that skips one hour, 40 in the one
 * that has one twice */
static void
test_deadline_when_clocks_change (void)
{
  const struct {
    gint64 change_at; /* 03:00 at the old or the new time */
    int before_s, after_s, hours;
  } nights[] = { { 1711846800, 3600, 7200, 8 }, { 1729990800, 7200, 3600, 10 } };

  for (guint i = 0; i < G_N_ELEMENTS (nights); i++) {
    g_autoptr (World) world = world_scheduled ();
    PhaetonPriceSlot slots[100];
    const gint64 morning_at =
      nights[i].change_at - nights[i].change_at % 86400 + 7 * 3600 - nights[i].after_s; /* 07:00 */
    const gint64 evening_at = morning_at - nights[i].hours * 3600;
    const PhaetonVerdict *verdict;

    for (int q = 0; q < 100; q++)
      slots[q] = (PhaetonPriceSlot){ .start_at = evening_at + q * 900,
                                     .end_at = evening_at + (q + 1) * 900,
                                     .import_micros = q < 12 ? 100000 : 300000 };
    world->input.prices = (PhaetonPriceSeries){ 100, slots };
    world->input.zone =
      (PhaetonZone){ TRUE,
                     { nights[i].before_s, nights[i].after_s, nights[i].before_s },
                     { nights[i].change_at, nights[i].change_at + 100 * 86400 } };
    world->input.wall_at = evening_at;
    world->config->chargers[0].deadline =
      (PhaetonDeadline){ .active = TRUE, .by_min = 7 * 60, .hours = 3 };
    g_assert_cmpint (world_step (world, 0)->limit_mA, ==, 32000);
    verdict = &world->decision->chargers[0].chain.verdicts[0];
    g_assert_cmpint (verdict->code, ==, PHAETON_WHY_CHEAPEST);
    g_assert_cmpint (verdict->values[0], ==, 180);
    g_assert_cmpint (verdict->values[1], ==, nights[i].hours * 60);
  }
}

static void
test_deadline_by_soc (void)
{
  g_autoptr (World) world = world_scheduled ();
  PhaetonDeadline *deadline = &world->config->chargers[0].deadline;

  *deadline = (PhaetonDeadline){ TRUE, 0, 480, 0, 0, 80, PHAETON_PLAN_LATE };
  world->input.wall_at = AT (0, 5, 0); /* an hour left */
  world->cars[0].vehicle = (PhaetonVehicleInput){ TRUE, 80, 60000 };
  g_assert_cmpint (world_step (world, 0)->limit_mA, ==, 0);
  world->cars[0].vehicle.soc_percent = 20;
  g_assert_cmpint (world_step (world, 0)->limit_mA, ==, 32000);
  g_assert_cmpint (world->decision->chargers[0].laxity_s, <, 0);
  world->cars[0].vehicle.soc_known = FALSE; /* unknown is not empty */
  g_assert_cmpint (world_step (world, 0)->limit_mA, ==, 0);
}

static void
test_series (void)
{
  const PhaetonPriceSlot slots[] = { { 0, 900, 1, 0 }, { 900, 3600, 2, 0 }, { 7200, 7500, 3, 0 } };
  const PhaetonPriceSeries series = { 3, slots }, wrong = { 2, slots + 1 };
  const PhaetonPriceSlot overlap[] = { { 0, 900, 1, 0 }, { 899, 3600, 2, 0 } };

  g_assert_true (phaeton_price_series_is_valid (&series));
  g_assert_true (phaeton_price_series_is_valid (&wrong));
  g_assert_false (phaeton_price_series_is_valid (&(PhaetonPriceSeries){ 2, overlap }));
  g_assert_null (phaeton_price_series_find (&series, -1));
  g_assert_cmpint (phaeton_price_series_find (&series, 0)->import_micros, ==, 1);
  g_assert_cmpint (phaeton_price_series_find (&series, 900)->import_micros, ==, 2);
  g_assert_null (phaeton_price_series_find (&series, 3600));
  g_assert_cmpint (phaeton_price_series_find (&series, 7499)->import_micros, ==, 3);
  g_assert_null (phaeton_price_series_find (&series, 7500));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autofree char *path = g_strdup_printf ("/schedule/window/%s", lines[i].name);

    g_test_add_data_func (path, &lines[i], test_line);
  }
  g_test_add_func ("/schedule/fallback-tariff", test_fallback);
  g_test_add_func ("/schedule/random-windows", test_random_windows);
  g_test_add_func ("/schedule/fix-31-days-of-23-and-25-hours", test_days_of_23_and_25_hours);
  g_test_add_func ("/schedule/fix-63-decision", test_decision);
  g_test_add_func ("/schedule/fix-19-the-active-source", test_fix_19);
  g_test_add_func ("/schedule/deadline-in-the-cheapest-slots", test_deadline_in_the_cheapest_slots);
  g_test_add_func ("/schedule/deadline-late", test_deadline_late);
  g_test_add_func ("/schedule/deadline-is-kept", test_deadline_is_kept);
  g_test_add_func ("/schedule/deadline-begins-anew", test_deadline_begins_anew);
  g_test_add_func ("/schedule/deadline-by-soc", test_deadline_by_soc);
  g_test_add_func ("/schedule/deadline-when-clocks-change", test_deadline_when_clocks_change);
  g_test_add_func ("/schedule/series", test_series);
  return g_test_run ();
}
