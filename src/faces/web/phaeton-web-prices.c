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

/* what the documents say of slots, by one measure */
typedef struct {
  const PhaetonWebPrices *prices;
  PhaetonPriceMeasure measure;
} Writer;

static Writer
make_writer (const PhaetonWebPrices *prices)
{
  Writer self = { prices };

  phaeton_price_measure_take (&self.measure, prices->rule, &prices->series, prices->is_fallback,
                              prices->wall_at);
  return self;
}

static void
write_limit (PhaetonJson *json, const Writer *writer, const char *name, gboolean micros)
{
  const PhaetonPriceMeasure *measure = &writer->measure;

  if (!measure->limit_known)
    phaeton_json_null (json, name);
  else if (micros)
    phaeton_json_int (json, name, measure->limit_micros);
  else
    phaeton_json_double (json, name, (double) measure->limit_micros / 1e6, 6);
}

/* what prices have to say of a slot: nothing where windows decide */
typedef enum { CHARGE_UNDECIDED, CHARGE_NO, CHARGE_YES } Charge;

/* as core will: in a run that is planned, else by the rule where Scheduled goes by it. What has
 * passed is no plan. */
static Charge
get_charge (const Writer *writer, const PhaetonPriceSlot *slot)
{
  const PhaetonWebPrices *prices = writer->prices;
  const PhaetonPlanState *plan = prices->plan;

  if (slot->end_at <= prices->wall_at)
    return CHARGE_NO;
  for (guint i = 0; plan != NULL && i < plan->n_runs; i++)
    if (plan->runs[i].from_at < slot->end_at && plan->runs[i].to_at > slot->start_at)
      return CHARGE_YES;
  if (!prices->by_rule)
    return CHARGE_UNDECIDED;
  return phaeton_price_measure_is_wanted (&writer->measure, &prices->series, slot,
                                          prices->min_run_s)
           ? CHARGE_YES
           : CHARGE_NO;
}

static void
write_charge (PhaetonJson *json, Charge charge)
{
  if (charge == CHARGE_UNDECIDED)
    phaeton_json_null (json, "charge");
  else
    phaeton_json_boolean (json, "charge", charge == CHARGE_YES);
}

static void
write_level (PhaetonJson *json, const Writer *writer, const PhaetonPriceSlot *slot)
{
  phaeton_json_text (
    json, "level",
    phaeton_price_level_to_string (phaeton_price_measure_get_level (&writer->measure, slot)));
}

static void
write_point (PhaetonJson *json, const Writer *writer, GTimeZone *zone, const PhaetonPriceSlot *slot)
{
  phaeton_json_begin_object (json, NULL);
  write_local (json, "starts_at", zone, slot->start_at);
  write_local (json, "ends_at", zone, slot->end_at);
  phaeton_json_double (json, "total", (double) slot->import_micros / 1e6, 6);
  write_level (json, writer, slot);
  phaeton_json_boolean (json, "will_charge", get_charge (writer, slot) == CHARGE_YES);
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
  const Writer writer = make_writer (prices);

  if (prices->state == NULL)
    return write_no_points (json, "No Tibber access token configured", TRUE);
  if ((prices->series.n == 0 || prices->is_fallback) && prices->state->error != NULL)
    return write_no_points (json, prices->state->error, FALSE);
  phaeton_json_begin_object (json, NULL);
  phaeton_json_text (json, "strategy", strategy_names[prices->rule->strategy]);
  write_limit (json, &writer, "threshold", FALSE);
  phaeton_json_begin_array (json, "points");
  for (guint i = 0; i < prices->series.n; i++)
    if (prices->series.slots[i].start_at >= midnight_at)
      write_point (json, &writer, zone, &prices->series.slots[i]);
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
write_slot (PhaetonJson *json, const Writer *writer, const PhaetonPriceSlot *slot,
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
  write_level (json, writer, slot);
  if (with_plan)
    write_charge (json, get_charge (writer, slot));
  else
    write_parts (json, &writer->prices->parts[slot - writer->prices->series.slots]);
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
write_slots (PhaetonJson *json, const Writer *writer, gboolean with_plan)
{
  const PhaetonPriceSeries *series = &writer->prices->series;

  phaeton_json_begin_array (json, "slots");
  for (guint i = 0; i < series->n; i++)
    write_slot (json, writer, &series->slots[i], with_plan);
  phaeton_json_end_array (json);
}

void
phaeton_web_write_prices (PhaetonJson *json, const PhaetonWebPrices *prices)
{
  const Writer writer = make_writer (prices);

  phaeton_json_begin_object (json, NULL);
  write_age (json, prices);
  write_slots (json, &writer, FALSE);
  phaeton_json_end_object (json);
}

/* (nullable): none is followed */
static void
write_runs (PhaetonJson *json, const PhaetonPlanState *plan)
{
  phaeton_json_begin_array (json, "runs");
  for (guint i = 0; plan != NULL && i < plan->n_runs; i++) {
    phaeton_json_begin_object (json, NULL);
    phaeton_json_time (json, "start_at", plan->runs[i].from_at * 1000000);
    phaeton_json_time (json, "end_at", plan->runs[i].to_at * 1000000);
    phaeton_json_end_object (json);
  }
  phaeton_json_end_array (json);
}

void
phaeton_web_write_plan (PhaetonJson *json, const PhaetonWebPrices *prices)
{
  const Writer writer = make_writer (prices);

  phaeton_json_begin_object (json, NULL);
  phaeton_json_text (json, "strategy", strategy_names[prices->rule->strategy]);
  write_limit (json, &writer, "limit_micros_per_kwh", TRUE);
  write_age (json, prices);
  write_runs (json, prices->plan);
  write_slots (json, &writer, TRUE);
  phaeton_json_end_object (json);
}
