/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-tariff.h"

#define HOUR_S 3600
#define DAY_S 86400
#define MON_DAY 20234 /* 2025-05-26, a Monday */
#define MON 1
#define WEEKDAYS 0x1f

typedef struct {
  PhaetonTariffConfig tariff;
  PhaetonTariffRule rules[8];
  PhaetonHoliday holidays[4];
  PhaetonZone zone;
  GArray *raw, *slots, *parts; /* (owned) */
} Bill;

static void
bill_init (Bill *self)
{
  *self = (Bill){ .zone = { TRUE, { 7200, 7200, 7200 }, { G_MININT64, G_MAXINT64 } } };
  self->tariff.rules = self->rules;
  self->tariff.holidays = self->holidays;
  self->raw = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
  self->slots = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
  self->parts = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceParts));
}

static void
bill_clear (Bill *self)
{
  g_array_unref (self->raw);
  g_array_unref (self->slots);
  g_array_unref (self->parts);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Bill, bill_clear)

static void
add_rule (Bill *self, PhaetonTariffRule rule)
{
  self->rules[self->tariff.n_rules++] = rule;
}

static void
add_raw (Bill *self, gint64 start_at, gint64 length_s, gint64 micros)
{
  const PhaetonPriceSlot slot = { start_at, start_at + length_s, micros, 0, PHAETON_PRICE_CHEAP };

  g_array_append_val (self->raw, slot);
}

static PhaetonPriceSeries
compose (Bill *self, PhaetonPriceKind kind)
{
  const PhaetonPriceSeries raw = { self->raw->len,
                                   (const PhaetonPriceSlot *) (void *) self->raw->data };
  PhaetonPriceSeries series;

  g_assert_true (
    phaeton_tariff_compose (&self->tariff, &self->zone, kind, &raw, self->slots, self->parts));
  g_assert_cmpuint (self->slots->len, ==, self->parts->len);
  series =
    (PhaetonPriceSeries){ self->slots->len, (const PhaetonPriceSlot *) (void *) self->slots->data };
  g_assert_true (phaeton_price_series_is_valid (&series));
  for (guint i = 0; i < series.n; i++) {
    const PhaetonPriceParts *parts = &g_array_index (self->parts, PhaetonPriceParts, i);

    g_assert_cmpint (series.slots[i].import_micros, ==,
                     parts->energy_micros + parts->grid_micros + parts->levy_micros +
                       parts->vat_micros);
  }
  return series;
}

static gint64
price_at (const PhaetonPriceSeries *series, gint64 at)
{
  const PhaetonPriceSlot *slot = phaeton_price_series_find (series, at);

  g_assert_nonnull (slot);
  return slot->import_micros;
}

/* local time of the test's zone, two hours east */
static gint64
local (gint64 day, int hour, int minute)
{
  return day * DAY_S + hour * HOUR_S + minute * 60 - 7200;
}

/* without fees it is what the source said, its word for it too */
static void
test_nothing_on_top (void)
{
  g_auto (Bill) bill;
  PhaetonPriceSeries series;

  bill_init (&bill);
  add_raw (&bill, 0, 900, 123456);
  add_raw (&bill, 900, 900, -5000);
  series = compose (&bill, PHAETON_PRICE_KIND_TOTAL);
  g_assert_cmpuint (series.n, ==, 2);
  g_assert_cmpint (series.slots[0].import_micros, ==, 123456);
  g_assert_cmpint (series.slots[1].import_micros, ==, -5000);
  g_assert_cmpint (series.slots[0].level, ==, PHAETON_PRICE_CHEAP);
  g_assert_false (series.slots[0].has_export);
}

/* tax on the sum; of a sum below zero as the settings say */
static void
test_sum_and_tax (void)
{
  g_auto (Bill) bill;
  PhaetonPriceSeries series;

  bill_init (&bill);
  bill.tariff.markup_percent = 10;
  bill.tariff.markup_micros_per_kwh = 5000;
  bill.tariff.grid_fee_micros_per_kwh = 80000;
  bill.tariff.levies_micros_per_kwh = 20000;
  bill.tariff.vat_percent = 19;
  bill.tariff.vat_on_negative = TRUE;
  bill.tariff.feed_in = PHAETON_FEED_IN_MARKET;
  bill.tariff.feed_in_micros_per_kwh = -4000;
  add_raw (&bill, 0, 900, 100000);
  add_raw (&bill, 900, 900, -200000);
  series = compose (&bill, PHAETON_PRICE_KIND_SPOT);
  g_assert_cmpint (series.slots[0].import_micros, ==, (215000 * 119 + 50) / 100);
  g_assert_cmpint (series.slots[1].import_micros, ==, -(115000 * 119 + 50) / 100);
  g_assert_cmpint (series.slots[0].level, ==, PHAETON_PRICE_LEVEL_UNKNOWN);
  g_assert_cmpint (series.slots[0].export_micros, ==, 96000); /* never with fees and tax */
  g_assert_cmpint (series.slots[1].export_micros, ==, -204000);
  bill.tariff.vat_on_negative = FALSE;
  series = compose (&bill, PHAETON_PRICE_KIND_SPOT);
  g_assert_cmpint (series.slots[1].import_micros, ==, -115000);
  /* the settings' own price has all in it */
  series = compose (&bill, PHAETON_PRICE_KIND_FIXED);
  g_assert_cmpint (series.slots[0].import_micros, ==, 100000);
}

/* three levels of a grid fee, at times that no slot begins with; the last rule counts */
static void
test_rules_divide_slots (void)
{
  g_auto (Bill) bill;
  PhaetonPriceSeries series;

  bill_init (&bill);
  bill.tariff.grid_fee_micros_per_kwh = 95000;
  add_rule (&bill, (PhaetonTariffRule){ PHAETON_TARIFF_GRID_FEE, 21000, 0, 22 * 60, 5 * 60 });
  add_rule (&bill, (PhaetonTariffRule){ PHAETON_TARIFF_GRID_FEE, 142000, WEEKDAYS, 17 * 60 + 10,
                                        20 * 60 + 45 });
  for (int i = -4; i < 48; i++)
    add_raw (&bill, local (MON_DAY, 0, 0) + i * HOUR_S, HOUR_S, 1000 * i);
  series = compose (&bill, PHAETON_PRICE_KIND_SPOT);
  g_assert_cmpint (price_at (&series, local (MON_DAY, 4, 59)), ==, 21000 + 4000);
  g_assert_cmpint (price_at (&series, local (MON_DAY, 5, 0)), ==, 95000 + 5000);
  g_assert_cmpint (price_at (&series, local (MON_DAY, 17, 9)), ==, 95000 + 17000);
  g_assert_cmpint (price_at (&series, local (MON_DAY, 17, 10)), ==, 142000 + 17000);
  g_assert_cmpint (price_at (&series, local (MON_DAY, 20, 44)), ==, 142000 + 20000);
  g_assert_cmpint (price_at (&series, local (MON_DAY, 20, 45)), ==, 95000 + 20000);
  g_assert_cmpint (price_at (&series, local (MON_DAY - 1, 22, 0)), ==, 21000 - 2000);
  g_assert_cmpuint (series.n, ==, 52 + 4);
}

static gboolean
matches (const Bill *bill, PhaetonTariffRule rule, gint64 day, int hour)
{
  return phaeton_tariff_rule_matches (&rule, &bill->tariff, day * DAY_S + hour * HOUR_S);
}

/* what lies after midnight belongs to the day it began on: its weekday, season and holiday */
static void
test_days_seasons_holidays (void)
{
  g_auto (Bill) bill;
  PhaetonTariffRule rule = { .days = MON, .start_min = 22 * 60, .end_min = 6 * 60 };

  bill_init (&bill);
  g_assert_false (matches (&bill, rule, MON_DAY, 5));
  g_assert_true (matches (&bill, rule, MON_DAY, 22));
  g_assert_true (matches (&bill, rule, MON_DAY + 1, 5));
  g_assert_false (matches (&bill, rule, MON_DAY + 1, 6));
  rule.from_month_day = 1001; /* winter, over new year; 20361 is 2025-09-30 */
  rule.to_month_day = 331;
  rule.days = 0;
  g_assert_false (matches (&bill, rule, 20361, 23));
  g_assert_false (matches (&bill, rule, 20362, 3));
  g_assert_true (matches (&bill, rule, 20362, 23));
  g_assert_true (matches (&bill, rule, 20362 + 92, 23)); /* 2026-01-01 */
  g_assert_true (matches (&bill, rule, 20362 + 182, 5)); /* 2026-04-01, of the day before */
  g_assert_false (matches (&bill, rule, 20362 + 182, 23));
}

/* Easter by the calendar: 2024-03-31, 2025-04-20, 2026-04-05, 2027-03-28, 2038-04-25 */
static void
test_holidays (void)
{
  g_auto (Bill) bill;
  PhaetonTariffRule rule = { .days = WEEKDAYS, .holidays = PHAETON_HOLIDAYS_NEVER };
  const gint64 easters[] = { 19813, 20198, 20548, 20905, 24951 };

  bill_init (&bill);
  bill.tariff.n_holidays = 3;
  bill.holidays[0] = (PhaetonHoliday){ .easter_days = 1 };
  bill.holidays[1] = (PhaetonHoliday){ 1225, 0, 0 };
  bill.holidays[2] = (PhaetonHoliday){ 527, 2025, 0 };
  for (guint i = 0; i < G_N_ELEMENTS (easters); i++)
    for (int k = -40; k <= 20; k++)
      g_assert_cmpint (phaeton_tariff_is_holiday (&bill.tariff, easters[i] + k), ==, k == 1);
  g_assert_true (phaeton_tariff_is_holiday (&bill.tariff, MON_DAY + 1));        /* 2025-05-27 */
  g_assert_false (phaeton_tariff_is_holiday (&bill.tariff, MON_DAY + 1 + 365)); /* once */
  g_assert_true (phaeton_tariff_is_holiday (&bill.tariff, 20447));              /* 2025-12-25 */
  g_assert_true (phaeton_tariff_is_holiday (&bill.tariff, 20447 + 365));
  g_assert_true (matches (&bill, rule, MON_DAY, 12));
  g_assert_false (matches (&bill, rule, MON_DAY + 1, 12));
  rule.holidays = PHAETON_HOLIDAYS_ONLY;
  g_assert_false (matches (&bill, rule, MON_DAY, 12));
  g_assert_true (matches (&bill, rule, MON_DAY + 1, 12));
  rule.holidays = PHAETON_HOLIDAYS_ALSO;
  rule.days = MON;
  g_assert_true (matches (&bill, rule, MON_DAY, 12));
  g_assert_true (matches (&bill, rule, MON_DAY + 1, 12));
  g_assert_false (matches (&bill, rule, MON_DAY + 2, 12));
}

/* the clock on the wall decides on the days when it changes: an hour that comes twice has its price
 * twice, one that is skipped has none */
static void
test_clock_changes (void)
{
  const gint64 change_at[] = { 20177 * (gint64) DAY_S + HOUR_S,
                               20387 * (gint64) DAY_S + HOUR_S }; /* 2025-03-30, 2025-10-26 */
  const int before_s[] = { 3600, 7200 }, after_s[] = { 7200, 3600 };
  const int cheap_hours[] = { 1, 3 }; /* of 01:00 to 03:00 */

  for (int i = 0; i < 2; i++) {
    g_auto (Bill) bill;
    PhaetonPriceSeries series;
    gint64 cheap_s = 0;

    bill_init (&bill);
    bill.zone =
      (PhaetonZone){ TRUE, { after_s[i], before_s[i], after_s[i] }, { G_MININT64, change_at[i] } };
    add_rule (&bill, (PhaetonTariffRule){ PHAETON_TARIFF_PRICE, 100000, 0, 60, 180 });
    add_raw (&bill, change_at[i] - 6 * HOUR_S, 12 * HOUR_S, 300000);
    series = compose (&bill, PHAETON_PRICE_KIND_FIXED);
    for (guint k = 0; k < series.n; k++)
      if (series.slots[k].import_micros == 100000)
        cheap_s += series.slots[k].end_at - series.slots[k].start_at;
    g_assert_cmpint (cheap_s, ==, cheap_hours[i] * HOUR_S);
    g_assert_cmpint (phaeton_price_series_get_end_at (&series, change_at[i] - 6 * HOUR_S), ==,
                     change_at[i] + 6 * HOUR_S);
  }
}

static void
test_no_zone_no_rules (void)
{
  g_auto (Bill) bill;
  PhaetonPriceSeries raw = { 0, NULL };

  bill_init (&bill);
  add_rule (&bill, (PhaetonTariffRule){ PHAETON_TARIFF_PRICE, 1, 0, 0, 0 });
  bill.zone.known = FALSE;
  g_assert_false (phaeton_tariff_compose (&bill.tariff, &bill.zone, PHAETON_PRICE_KIND_SPOT, &raw,
                                          bill.slots, bill.parts));
}

/* whatever the rules, each minute has the price of the last one that matches */
static void
test_against_minutes (void)
{
  for (int round = 0; round < 300; round++) {
    g_auto (Bill) bill;
    PhaetonPriceSeries series;
    const gint64 from_at = local (MON_DAY + g_test_rand_int_range (0, 365), 0, 0);

    bill_init (&bill);
    for (int i = g_test_rand_int_range (1, 6); i > 0; i--)
      add_rule (&bill, (PhaetonTariffRule){
                         PHAETON_TARIFF_PRICE, i * 1000, (guint8) g_test_rand_int_range (0, 128),
                         g_test_rand_int_range (0, 1440), g_test_rand_int_range (0, 1440) });
    for (gint64 at = from_at, length_s; at < from_at + 2 * DAY_S; at += length_s) {
      length_s = 300 * g_test_rand_int_range (1, 40);
      add_raw (&bill, at, length_s, 7);
    }
    series = compose (&bill, PHAETON_PRICE_KIND_FIXED);
    for (gint64 at = from_at; at < from_at + 2 * DAY_S; at += 60) {
      gint64 expected = 7;

      for (guint i = 0; i < bill.tariff.n_rules; i++)
        if (phaeton_tariff_rule_matches (&bill.rules[i], &bill.tariff, at + 7200))
          expected = bill.rules[i].micros_per_kwh;
      g_assert_cmpint (price_at (&series, at), ==, expected);
    }
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tariff/nothing-on-top", test_nothing_on_top);
  g_test_add_func ("/tariff/sum-and-tax", test_sum_and_tax);
  g_test_add_func ("/tariff/rules-divide-slots", test_rules_divide_slots);
  g_test_add_func ("/tariff/days-seasons-holidays", test_days_seasons_holidays);
  g_test_add_func ("/tariff/holidays", test_holidays);
  g_test_add_func ("/tariff/clock-changes", test_clock_changes);
  g_test_add_func ("/tariff/no-zone-no-rules", test_no_zone_no_rules);
  g_test_add_func ("/tariff/against-minutes", test_against_minutes);
  return g_test_run ();
}
