/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-price-desk.h"
#include "phaeton-web-api-private.h"

/* GET /api/v1/devices: what the daemon listens to, how old its word is, what went wrong last. */

typedef struct {
  const char *kind, *id;
  const char *name, *connection; /* (nullable) */
  gboolean answers;
  gint64 age_ms;     /* -1: it never said anything */
  const char *error; /* (nullable): the last */
  gint64 error_at;   /* wall seconds UTC; 0: not known */
} Device;

static void
write_device (PhaetonJson *json, const Device *device)
{
  phaeton_json_begin_object (json, NULL);
  phaeton_json_text (json, "kind", device->kind);
  phaeton_json_text (json, "id", device->id);
  phaeton_json_text (json, "name", device->name);
  phaeton_json_text (json, "connection", device->connection);
  phaeton_json_boolean (json, "answers", device->answers);
  phaeton_json_int_if (json, "age_ms", device->age_ms >= 0, device->age_ms);
  phaeton_json_text (json, "last_error", device->error);
  if (device->error_at != 0)
    phaeton_json_time (json, "last_error_at", device->error_at * G_USEC_PER_SEC);
  else
    phaeton_json_null (json, "last_error_at");
  phaeton_json_end_object (json);
}

static void
write_charger (PhaetonJson *json, PhaetonSite *site, const PhaetonSnapshot *snapshot, guint index)
{
  const PhaetonChargerRecord *record = &snapshot->chargers[index];
  Device device = { "charger", record->id, record->product_name, record->connection, FALSE, -1 };

  device.answers =
    phaeton_field_is_present (phaeton_field (PHAETON_FIELD_CONNECTED), record) && record->connected;
  if (phaeton_field_is_present (phaeton_field (PHAETON_FIELD_SAMPLE_AGE), record))
    device.age_ms = record->sample_age_ms;
  device.error = phaeton_site_get_trouble (site, index, &device.error_at);
  write_device (json, &device);
}

static void
note_age (Device *device, gboolean known, gint64 at_ms, gint64 now_ms)
{
  if (!known)
    return;
  device->answers = TRUE;
  if (device->age_ms < 0 || now_ms - at_ms < device->age_ms)
    device->age_ms = MAX (now_ms - at_ms, 0);
}

/* the parts of the house that are there, each as old as its newest value */
static void
write_house (PhaetonJson *json, PhaetonSite *site, gint64 now_ms)
{
  Device grid = { "grid", "grid", .age_ms = -1 }, pv = { "pv", "pv", .age_ms = -1 };
  Device battery = { "battery", "battery", .age_ms = -1 };
  Device consumption = { "consumption", "consumption", .age_ms = -1 };
  Device *const devices[] = { &grid, &pv, &battery, &consumption };
  PhaetonHomeSample home;

  phaeton_site_get_home_sample (site, &home);
  for (guint i = 0; i < PHAETON_PHASES; i++)
    note_age (&grid, home.grid_power_w[i].known, home.grid_power_w[i].at_ms, now_ms);
  note_age (&pv, home.pv_dc_power_w.known, home.pv_dc_power_w.at_ms, now_ms);
  note_age (&pv, home.pv_on_grid_power_w.known, home.pv_on_grid_power_w.at_ms, now_ms);
  note_age (&pv, home.pv_on_output_power_w.known, home.pv_on_output_power_w.at_ms, now_ms);
  note_age (&pv, home.pv_on_genset_power_w.known, home.pv_on_genset_power_w.at_ms, now_ms);
  note_age (&battery, home.battery_power_w.known, home.battery_power_w.at_ms, now_ms);
  note_age (&battery, home.battery_soc_percent.known, home.battery_soc_percent.at_ms, now_ms);
  note_age (&consumption, home.consumption_power_w.known, home.consumption_power_w.at_ms, now_ms);
  for (guint i = 0; i < G_N_ELEMENTS (devices); i++)
    write_device (json, devices[i]);
}

static void
write_prices (PhaetonJson *json, PhaetonWebApi *self)
{
  Device device = { "prices", "prices", .age_ms = -1 };
  PhaetonPriceState state;

  if (!phaeton_price_desk_get_state (phaeton_site_get_price_desk (self->site), &state))
    return;
  device.name = state.source;
  device.answers = state.fetched_at != 0;
  if (state.fetched_at != 0)
    device.age_ms =
      MAX (phaeton_clock_get_wall_at (self->clock) - state.fetched_at, 0) * (gint64) 1000;
  device.error = state.error;
  write_device (json, &device);
}

void
phaeton_web_get_devices (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  const PhaetonSnapshot *snapshot = phaeton_site_get_snapshot (self->site);
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_json_begin_object (&json, NULL);
  phaeton_json_begin_array (&json, "devices");
  for (guint i = 0; i < snapshot->n_chargers; i++)
    write_charger (&json, self->site, snapshot, i);
  write_house (&json, self->site, phaeton_clock_get_monotonic_ms (self->clock));
  write_prices (&json, self);
  phaeton_json_end_array (&json);
  phaeton_json_end_object (&json);
  phaeton_web_reply_json (request, STATUS_OK, &json);
}
