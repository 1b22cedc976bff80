/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-tariff.h"

#include "phaeton-schedule.h"

#include <math.h>

#define DAY_S 86400
#define DAY_MIN 1440
#define MINUTE_S 60
#define EPOCH_JULIAN 719163 /* 1970-01-01 as GDate counts */
#define ALL_DAYS 0x7f

static gint64
floor_div (gint64 value, gint64 by)
{
  return value / by - (value % by < 0);
}

/* the day of Easter Sunday, from 1970-01-01: the anonymous Gregorian algorithm */
static gint64
get_easter_day (int year)
{
  const int century = year / 100, golden = year % 19;
  const int epact =
    (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30;
  const int weekday = (32 + 2 * (century % 4) + 2 * (year % 100 / 4) - epact - year % 4) % 7;
  const int late = (golden + 11 * epact + 22 * weekday) / 451;
  const int sum = epact + weekday - 7 * late + 114;
  GDate date;

  g_date_clear (&date, 1);
  g_date_set_dmy (&date, (GDateDay) (sum % 31 + 1), (GDateMonth) (sum / 31), (GDateYear) year);
  return (gint64) g_date_get_julian (&date) - EPOCH_JULIAN;
}

static GDate
to_date (gint64 day)
{
  GDate date;

  g_date_clear (&date, 1);
  g_date_set_julian (&date, (guint32) (CLAMP (day, 0, 4000000) + EPOCH_JULIAN));
  return date;
}

gboolean
phaeton_tariff_is_holiday (const PhaetonTariffConfig *tariff, gint64 day)
{
  const GDate date = to_date (day);
  const int year = g_date_get_year (&date);
  const int month_day = (int) g_date_get_month (&date) * 100 + g_date_get_day (&date);

  for (guint i = 0; i < tariff->n_holidays; i++) {
    const PhaetonHoliday *holiday = &tariff->holidays[i];

    if (holiday->month_day == 0
          ? get_easter_day (year) + holiday->easter_days == day
          : holiday->month_day == month_day && (holiday->year == 0 || holiday->year == year))
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_in_season (const PhaetonTariffRule *rule, gint64 day)
{
  const GDate date = to_date (day);
  const int month_day = (int) g_date_get_month (&date) * 100 + g_date_get_day (&date);

  if (rule->from_month_day == 0 || rule->to_month_day == 0)
    return TRUE;
  if (rule->from_month_day <= rule->to_month_day)
    return month_day >= rule->from_month_day && month_day <= rule->to_month_day;
  return month_day >= rule->from_month_day || month_day <= rule->to_month_day; /* over new year */
}

static gboolean
is_on_day (const PhaetonTariffRule *rule, const PhaetonTariffConfig *tariff, gint64 day)
{
  const guint8 days = rule->days == 0 ? ALL_DAYS : rule->days;
  const gboolean is_weekday = (days & phaeton_schedule_get_weekday_bit (day)) != 0;

  if (!is_in_season (rule, day))
    return FALSE;
  switch (rule->holidays) {
  case PHAETON_HOLIDAYS_NEVER:
    return is_weekday && !phaeton_tariff_is_holiday (tariff, day);
  case PHAETON_HOLIDAYS_ALSO:
    return is_weekday || phaeton_tariff_is_holiday (tariff, day);
  case PHAETON_HOLIDAYS_ONLY:
    return phaeton_tariff_is_holiday (tariff, day);
  case PHAETON_HOLIDAYS_AS_WEEKDAY:
    break;
  }
  return is_weekday;
}

gboolean
phaeton_tariff_rule_matches (const PhaetonTariffRule *rule, const PhaetonTariffConfig *tariff,
                             gint64 local_at)
{
  const gint64 today = floor_div (local_at, DAY_S);
  const int minute = (int) ((local_at - today * DAY_S) / MINUTE_S);
  const int end_min = rule->end_min > rule->start_min ? rule->end_min : rule->end_min + DAY_MIN;

  for (int ago = 0; ago <= 1; ago++) {
    const int at_min = minute + ago * DAY_MIN;

    if (at_min >= rule->start_min && at_min < end_min && is_on_day (rule, tariff, today - ago))
      return TRUE;
  }
  return FALSE;
}

/* the last rule that matches is the one that counts */
static gint64
find_micros (const PhaetonTariffConfig *tariff, PhaetonTariffPart part, gint64 local_at,
             gint64 fallback_micros)
{
  for (guint i = tariff->n_rules; i > 0; i--) {
    const PhaetonTariffRule *rule = &tariff->rules[i - 1];

    if (rule->part == part && phaeton_tariff_rule_matches (rule, tariff, local_at))
      return rule->micros_per_kwh;
  }
  return fallback_micros;
}

/* the first second after @at at which a rule may begin or end, or the clock changes */
static gint64
find_boundary (const PhaetonTariffConfig *tariff, const PhaetonZone *zone, gint64 at)
{
  const gint64 local_at = at + phaeton_zone_get_offset_s (zone, at);
  const gint64 second = local_at - floor_div (local_at, DAY_S) * DAY_S;
  gint64 next_at = at + DAY_S - second;

  for (guint i = 0; i < tariff->n_rules; i++) {
    const int minutes[] = { tariff->rules[i].start_min, tariff->rules[i].end_min };

    for (int k = 0; k < 2; k++)
      if (minutes[k] * MINUTE_S > second)
        next_at = MIN (next_at, at + minutes[k] * MINUTE_S - second);
  }
  for (int i = 0; i < 2; i++)
    if (zone->until_at[i] > at)
      next_at = MIN (next_at, zone->until_at[i]);
  return next_at;
}

static gint64
scale (gint64 micros, double factor)
{
  return (gint64) rint ((double) micros * factor);
}

/* tax is due on the sum, never on its parts alone */
static void
compose_import (const PhaetonTariffConfig *tariff, gint64 raw_micros, gint64 local_at,
                PhaetonPriceParts *parts)
{
  gint64 net_micros;

  parts->energy_micros =
    scale (raw_micros, 1 + tariff->markup_percent / 100) +
    find_micros (tariff, PHAETON_TARIFF_MARKUP, local_at, tariff->markup_micros_per_kwh);
  parts->grid_micros =
    find_micros (tariff, PHAETON_TARIFF_GRID_FEE, local_at, tariff->grid_fee_micros_per_kwh);
  parts->levy_micros =
    find_micros (tariff, PHAETON_TARIFF_LEVY, local_at, tariff->levies_micros_per_kwh);
  net_micros = parts->energy_micros + parts->grid_micros + parts->levy_micros;
  parts->vat_micros =
    net_micros < 0 && !tariff->vat_on_negative ? 0 : scale (net_micros, tariff->vat_percent / 100);
}

static void
compose_export (const PhaetonTariffConfig *tariff, gint64 raw_micros, gint64 local_at,
                PhaetonPriceSlot *slot)
{
  const gint64 micros =
    find_micros (tariff, PHAETON_TARIFF_FEED_IN, local_at, tariff->feed_in_micros_per_kwh);

  slot->has_export = tariff->feed_in != PHAETON_FEED_IN_NONE;
  slot->export_micros = !slot->has_export                           ? 0
                        : tariff->feed_in == PHAETON_FEED_IN_MARKET ? raw_micros + micros
                                                                    : micros;
}

static gboolean
changes_import (const PhaetonPriceParts *parts, gint64 raw_micros)
{
  return parts->energy_micros != raw_micros || parts->grid_micros != 0 || parts->levy_micros != 0 ||
         parts->vat_micros != 0;
}

/* the seller's word for a price holds for that price alone */
static void
compose_piece (const PhaetonTariffConfig *tariff, PhaetonPriceKind kind, gint64 local_at,
               PhaetonPriceSlot *slot, PhaetonPriceParts *parts)
{
  const gint64 raw_micros = slot->import_micros;

  *parts = (PhaetonPriceParts){ 0 };
  if (kind == PHAETON_PRICE_KIND_FIXED)
    parts->energy_micros = find_micros (tariff, PHAETON_TARIFF_PRICE, local_at, raw_micros);
  else
    compose_import (tariff, raw_micros, local_at, parts);
  slot->import_micros =
    parts->energy_micros + parts->grid_micros + parts->levy_micros + parts->vat_micros;
  if (changes_import (parts, raw_micros))
    slot->level = PHAETON_PRICE_LEVEL_UNKNOWN;
  if (tariff->feed_in != PHAETON_FEED_IN_NONE || !slot->has_export)
    compose_export (tariff, raw_micros, local_at, slot);
}

static gboolean
is_same_price (const PhaetonPriceSlot *a, const PhaetonPriceSlot *b)
{
  return a->import_micros == b->import_micros && a->export_micros == b->export_micros;
}

static void
compose_slot (const PhaetonTariffConfig *tariff, const PhaetonZone *zone, PhaetonPriceKind kind,
              const PhaetonPriceSlot *raw, GArray *slots, GArray *parts)
{
  const guint first = slots->len;
  gint64 end_at;

  for (gint64 at = raw->start_at; at < raw->end_at && slots->len < PHAETON_MAX_PRICE_SLOTS;
       at = end_at) {
    PhaetonPriceSlot piece = *raw;
    PhaetonPriceParts its;

    end_at =
      tariff->n_rules > 0 ? MIN (find_boundary (tariff, zone, at), raw->end_at) : raw->end_at;
    piece.start_at = at;
    piece.end_at = end_at;
    compose_piece (tariff, kind, at + phaeton_zone_get_offset_s (zone, at), &piece, &its);
    if (slots->len > first &&
        is_same_price (&g_array_index (slots, PhaetonPriceSlot, slots->len - 1), &piece)) {
      g_array_index (slots, PhaetonPriceSlot, slots->len - 1).end_at = end_at;
      continue;
    }
    g_array_append_val (slots, piece);
    g_array_append_val (parts, its);
  }
}

gboolean
phaeton_tariff_compose (const PhaetonTariffConfig *tariff, const PhaetonZone *zone,
                        PhaetonPriceKind kind, const PhaetonPriceSeries *raw, GArray *slots,
                        GArray *parts)
{
  g_array_set_size (slots, 0);
  g_array_set_size (parts, 0);
  if (tariff->n_rules > 0 && !zone->known)
    return FALSE;
  for (guint i = 0; i < raw->n; i++)
    compose_slot (tariff, zone, kind, &raw->slots[i], slots, parts);
  return TRUE;
}
