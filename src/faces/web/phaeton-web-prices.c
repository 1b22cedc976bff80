/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-prices.h"

#include "phaeton-prices.h"

static const char *const strategy_names[] = {
  [PHAETON_PRICE_BY_LEVEL] = "level",
  [PHAETON_PRICE_BY_LIMIT] = "threshold",
  [PHAETON_PRICE_BY_QUANTILE] = "percentile",
};

/* "2025-08-30T13:00:00.000+02:00": the offset is that of the moment, twice a year another one */
static void
write_local (PhaetonJson *json, const char *name, GTimeZone *zone, gint64 at)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (at);
  g_autoptr (GDateTime) local = g_date_time_to_timezone (utc, zone);
  g_autofree char *text = g_date_time_format (local, "%Y-%m-%dT%H:%M:%S.000%:z");

  phaeton_json_text (json, name, text);
}

static gint64
get_midnight_at (GTimeZone *zone, gint64 wall_at)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (wall_at);
  g_autoptr (GDateTime) now = g_date_time_to_timezone (utc, zone);
  g_autoptr (GDateTime) midnight =
    g_date_time_new (zone, g_date_time_get_year (now), g_date_time_get_month (now),
                     g_date_time_get_day_of_month (now), 0, 0, 0);

  return g_date_time_to_unix (midnight);
}

static GTimeZone *
make_zone (const PhaetonWebPrices *prices)
{
  GTimeZone *zone = prices->zone != NULL ? g_time_zone_new_identifier (prices->zone) : NULL;

  return zone != NULL ? zone : g_time_zone_new_utc ();
}

static void
write_limit (PhaetonJson *json, const PhaetonWebPrices *prices, const char *name, gboolean micros)
{
  gint64 limit_micros;

  if (!phaeton_prices_get_limit (prices->rule, &prices->series, prices->wall_at, &limit_micros))
    phaeton_json_null (json, name);
  else if (micros)
    phaeton_json_int (json, name, limit_micros);
  else
    phaeton_json_double (json, name, (double) limit_micros / 1e6, 6);
}

static gboolean
is_wanted (const PhaetonWebPrices *prices, const PhaetonPriceSlot *slot)
{
  return phaeton_prices_is_wanted (prices->rule, &prices->series, prices->is_fallback,
                                   prices->wall_at, slot);
}

static void
write_point (PhaetonJson *json, const PhaetonWebPrices *prices, GTimeZone *zone,
             const PhaetonPriceSlot *slot)
{
  phaeton_json_begin_object (json, NULL);
  write_local (json, "starts_at", zone, slot->start_at);
  write_local (json, "ends_at", zone, slot->end_at);
  phaeton_json_double (json, "total", (double) slot->import_micros / 1e6, 6);
  phaeton_json_text (
    json, "level",
    phaeton_price_level_to_string (phaeton_prices_get_level (&prices->series, slot)));
  phaeton_json_boolean (json, "will_charge", is_wanted (prices, slot));
  phaeton_json_end_object (json);
}

static gboolean
write_no_points (PhaetonJson *json, const char *error, gboolean is_answer)
{
  phaeton_json_begin_object (json, NULL);
  phaeton_json_text (json, "error", error);
  if (is_answer) {
    phaeton_json_begin_array (json, "points");
    phaeton_json_end_array (json);
  }
  phaeton_json_end_object (json);
  return is_answer;
}

gboolean
phaeton_web_write_tibber_plan (PhaetonJson *json, const PhaetonWebPrices *prices)
{
  g_autoptr (GTimeZone) zone = make_zone (prices);
  const gint64 midnight_at = get_midnight_at (zone, prices->wall_at);

  if (prices->state == NULL)
    return write_no_points (json, "No Tibber access token configured", TRUE);
  if ((prices->series.n == 0 || prices->is_fallback) && prices->state->error != NULL)
    return write_no_points (json, prices->state->error, FALSE);
  phaeton_json_begin_object (json, NULL);
  phaeton_json_text (json, "strategy", strategy_names[prices->rule->strategy]);
  write_limit (json, prices, "threshold", FALSE);
  phaeton_json_begin_array (json, "points");
  for (guint i = 0; i < prices->series.n; i++)
    if (prices->series.slots[i].start_at >= midnight_at)
      write_point (json, prices, zone, &prices->series.slots[i]);
  phaeton_json_end_array (json);
  phaeton_json_time (json, "generated_at", prices->wall_at * 1000000);
  phaeton_json_end_object (json);
  return TRUE;
}

static void
write_parts (PhaetonJson *json, const PhaetonPriceParts *parts)
{
  phaeton_json_begin_object (json, "parts");
  phaeton_json_int (json, "energy_micros_per_kwh", parts->energy_micros);
  phaeton_json_int (json, "grid_fee_micros_per_kwh", parts->grid_micros);
  phaeton_json_int (json, "levies_micros_per_kwh", parts->levy_micros);
  phaeton_json_int (json, "vat_micros_per_kwh", parts->vat_micros);
  phaeton_json_end_object (json);
}

static void
write_slot (PhaetonJson *json, const PhaetonWebPrices *prices, const PhaetonPriceSlot *slot,
            gboolean with_plan)
{
  phaeton_json_begin_object (json, NULL);
  phaeton_json_time (json, "start_at", slot->start_at * 1000000);
  phaeton_json_time (json, "end_at", slot->end_at * 1000000);
  phaeton_json_int (json, "import_micros_per_kwh", slot->import_micros);
  if (slot->has_export)
    phaeton_json_int (json, "export_micros_per_kwh", slot->export_micros);
  else
    phaeton_json_null (json, "export_micros_per_kwh");
  phaeton_json_text (
    json, "level",
    phaeton_price_level_to_string (phaeton_prices_get_level (&prices->series, slot)));
  if (with_plan)
    phaeton_json_boolean (json, "charge", is_wanted (prices, slot));
  else
    write_parts (json, &prices->parts[slot - prices->series.slots]);
  phaeton_json_end_object (json);
}

static void
write_age (PhaetonJson *json, const PhaetonWebPrices *prices)
{
  const PhaetonPriceState *state = prices->state;
  const gint64 known_until_at = phaeton_price_series_get_end_at (&prices->series, prices->wall_at);

  phaeton_json_text (json, "source", state != NULL ? state->source : NULL);
  phaeton_json_boolean (json, "is_fallback", prices->is_fallback);
  phaeton_json_text (json, "currency", state != NULL ? state->currency : NULL);
  phaeton_json_text (json, "error", state != NULL ? state->error : NULL);
  if (state != NULL && state->fetched_at > 0) {
    phaeton_json_time (json, "fetched_at", state->fetched_at * 1000000);
    phaeton_json_int (json, "age_s", prices->wall_at - state->fetched_at);
  } else {
    phaeton_json_null (json, "fetched_at");
    phaeton_json_null (json, "age_s");
  }
  if (known_until_at > prices->wall_at && !prices->is_fallback)
    phaeton_json_time (json, "known_until", known_until_at * 1000000);
  else
    phaeton_json_null (json, "known_until");
}

static void
write_slots (PhaetonJson *json, const PhaetonWebPrices *prices, gboolean with_plan)
{
  phaeton_json_begin_array (json, "slots");
  for (guint i = 0; i < prices->series.n; i++)
    write_slot (json, prices, &prices->series.slots[i], with_plan);
  phaeton_json_end_array (json);
}

void
phaeton_web_write_prices (PhaetonJson *json, const PhaetonWebPrices *prices)
{
  phaeton_json_begin_object (json, NULL);
  write_age (json, prices);
  write_slots (json, prices, FALSE);
  phaeton_json_end_object (json);
}

void
phaeton_web_write_plan (PhaetonJson *json, const PhaetonWebPrices *prices)
{
  phaeton_json_begin_object (json, NULL);
  phaeton_json_text (json, "strategy", strategy_names[prices->rule->strategy]);
  write_limit (json, prices, "limit_micros_per_kwh", TRUE);
  write_age (json, prices);
  write_slots (json, prices, TRUE);
  phaeton_json_end_object (json);
}
