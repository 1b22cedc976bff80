/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-fields.h"

#include "phaeton-error.h"
#include "phaeton-variant.h"

#include <math.h>
#include <string.h>

#define MAX_TEXT_CHARACTERS 32 /* what the GX lets a person type */

/* clang-format off */
#define CHARGER(field_id, kind, member) \
  .id = PHAETON_FIELD_##field_id, .scope = PHAETON_SCOPE_CHARGER, .type = PHAETON_TYPE_##kind, \
  .offset = G_STRUCT_OFFSET (PhaetonChargerRecord, member), .bit = PHAETON_FIELD_##field_id
#define SITE(field_id, kind, member) \
  .id = PHAETON_FIELD_##field_id, .scope = PHAETON_SCOPE_SITE, .type = PHAETON_TYPE_##kind, \
  .offset = G_STRUCT_OFFSET (PhaetonSiteRecord, member), \
  .bit = PHAETON_FIELD_##field_id - PHAETON_FIELD_VERSION

#define CONSTANT(field_id, of_scope, text) \
  .id = PHAETON_FIELD_##field_id, .scope = PHAETON_SCOPE_##of_scope, .type = PHAETON_TYPE_TEXT, \
  .constant = text

/* scales: inside -> shown */
#define AMPS      { 0.001, 1 }
#define AMPS_FINE { 0.001, 3 }
#define KWH       { 0.001, 2 }
#define KWH_FINE  { 0.001, 3 }
#define MONEY     { 0.000001, 2 }
#define MONEY_FINE { 0.000001, 6 }
#define SECONDS   { 0.001, 3 }
#define VOLTS     { 1, 1 }
#define PERCENT   { 1, 1 }

static const PhaetonField table[] = {
  { CHARGER (MODE, INT, mode), .parse = PHAETON_PARSE_MODE, .name = "mode",
    .help = "Charge mode: 0 manual, 1 auto, 2 scheduled",
    .status = { "mode" }, .dbus = "/Mode", .dbus_type = 'i', .metric = "mode" },
  { CHARGER (START_STOP, INT, start_stop), .parse = PHAETON_PARSE_SWITCH, .name = "start_stop",
    .help = "Charging enabled by a person: 0 stopped, 1 enabled",
    .status = { "start_stop" }, .dbus = "/StartStop", .dbus_type = 'i', .metric = "enabled" },
  { CHARGER (SET_CURRENT, INT, set_mA), .parse = PHAETON_PARSE_CURRENT, .name = "set_current_mA",
    .help = "Current that a person asked for, used in manual mode",
    .status = { "set_current" }, .status_format = AMPS_FINE,
    .dbus = "/SetCurrent", .dbus_type = 'd', .dbus_format = AMPS, .dbus_text = "%g A",
    .metric = "set_current_amperes", .metric_format = AMPS_FINE },
  { CHARGER (PHASES_SET, INT, phases_set), .parse = PHAETON_PARSE_PHASES, .name = "phases_set",
    .help = "Phases that the charger is configured to use: 1 or 3",
    .dbus = "/Ac/PhaseCount", .dbus_type = 'i', .metric = "phases_set" },
  { CHARGER (POSITION, INT, position), .parse = PHAETON_PARSE_CHOICE, .name = "position",
    .help = "Where the charger is wired: 0 AC output, 1 AC input of the inverter",
    .dbus = "/Position", .dbus_type = 'i' },
  { CHARGER (AUTO_START, INT, auto_start), .parse = PHAETON_PARSE_CHOICE, .name = "auto_start",
    .help = "Start charging by itself when a car is plugged in: 0 or 1",
    .dbus = "/AutoStart", .dbus_type = 'i' },
  { CHARGER (CUSTOM_NAME, TEXT, custom_name), .parse = PHAETON_PARSE_TEXT, .name = "custom_name",
    .help = "Name given by a person; empty: none",
    .dbus = "/CustomName", .dbus_unknown = "", .dbus_type = 's' },
  { CHARGER (DEVICE_INSTANCE, INT, device_instance), .parse = PHAETON_PARSE_INSTANCE,
    .name = "device_instance", .help = "Device instance on the Victron system",
    .status = { "device_instance" }, .dbus = "/DeviceInstance", .dbus_type = 'i' },

  { CHARGER (STATUS, INT, status), .name = "status",
    .help = "Status as on the Victron bus: 0 disconnected, 2 charging, 4 waiting for sun ...",
    .status = { "status" }, .dbus = "/Status", .dbus_type = 'i', .metric = "status" },
  { CHARGER (CONNECTED, INT, connected), .name = "connected",
    .help = "The charger answers: 0 or 1",
    .dbus = "/Connected", .dbus_type = 'i', .metric = "connected" },
  { CHARGER (APPLIED, INT, applied_mA), .name = "applied_current_mA",
    .help = "Limit that the charger last confirmed",
    .status = { "applied_current" }, .status_format = AMPS_FINE,
    .metric = "applied_current_amperes", .metric_format = AMPS_FINE },
  { CHARGER (LIMIT, INT, limit_mA), .name = "limit_mA",
    .help = "Limit that the last decision allows",
    .metric = "limit_amperes", .metric_format = AMPS_FINE },
  { CHARGER (MAX, INT, max_mA), .name = "max_current_mA",
    .help = "Highest current that may be set: station and settings",
    .dbus = "/MaxCurrent", .dbus_type = 'd', .dbus_format = AMPS, .dbus_text = "%g A" },
  { CHARGER (MIN, INT, min_mA), .name = "min_current_mA",
    .help = "Lowest current that may be set, apart from 0",
    .dbus = "/MinCurrent", .dbus_type = 'd', .dbus_format = AMPS, .dbus_text = "%g A" },
  { CHARGER (STATION_MAX, INT, station_max_mA), .name = "station_max_current_mA",
    .help = "What the whole station may draw now",
    .status = { "station_max_current" }, .status_format = AMPS_FINE,
    .metric = "station_max_amperes", .metric_format = AMPS_FINE },
  { CHARGER (PHASES, INT, phases), .name = "active_phases",
    .help = "Phases in use: measured while current flows, else as configured",
    .status = { "active_phases" }, .metric = "active_phases" },
  { CHARGER (POWER, INT, power_w), .name = "power_w", .help = "Active power of all phases",
    .status = { "ac_power" },
    .dbus = "/Ac/Power", .dbus_type = 'd', .dbus_text = "%.0f W", .metric = "power_watts" },
  { CHARGER (CURRENT, INT, current_mA), .name = "current_mA",
    .help = "Measured current of the busiest phase",
    .status = { "ac_current" }, .status_format = AMPS_FINE,
    .dbus = "/Current", .dbus_alias = "/Ac/Current", .dbus_type = 'd', .dbus_format = AMPS, .dbus_text = "%.1f A",
    .metric = "current_amperes", .metric_format = AMPS_FINE },
  { CHARGER (LINE_VOLTAGE, DOUBLE, line_voltage_v), .name = "l%_voltage_v",
    .v1 = VOLTS, .help = "Voltage of L% to neutral",
    .status = { "l%_voltage" }, .status_format = VOLTS,
    .dbus = "/Ac/L%/Voltage", .dbus_type = 'd', .dbus_format = VOLTS, .dbus_text = "%.1f V",
    .metric = "l%_voltage_volts", .metric_format = VOLTS },
  { CHARGER (LINE_CURRENT, INT, line_current_mA), .name = "l%_current_mA",
    .help = "Current of L%",
    .status = { "l%_current" }, .status_format = AMPS_FINE,
    .dbus = "/Ac/L%/Current", .dbus_type = 'd', .dbus_format = AMPS, .dbus_text = "%.1f A",
    .metric = "l%_current_amperes", .metric_format = AMPS_FINE },
  { CHARGER (LINE_POWER, INT, line_power_w), .name = "l%_power_w", .help = "Active power of L%",
    .status = { "l%_power" },
    .dbus = "/Ac/L%/Power", .dbus_type = 'd', .dbus_text = "%.0f W",
    .metric = "l%_power_watts" },
  { CHARGER (ENERGY, INT64, energy_wh), .name = "energy_wh",
    .help = "Lifetime counter of the charger",
    .status = { "total_energy_kwh" }, .status_format = KWH_FINE,
    .dbus = "/Ac/Energy/Total", .dbus_type = 'd', .dbus_format = KWH, .dbus_text = "%.2f kWh",
    .metric = "energy_watt_hours_total" },
  { CHARGER (FORWARD, INT64, forward_wh), .name = "forward_energy_wh",
    .help = "Energy as the Victron bus shows it: lifetime, or the session's for old firmware",
    .dbus = "/Ac/Energy/Forward", .dbus_type = 'd', .dbus_format = KWH, .dbus_text = "%.2f kWh" },
  { CHARGER (PILOT, TEXT, pilot), .name = "pilot",
    .help = "State of the control pilot, IEC 61851-1: A, B1 ... F" },
  { CHARGER (WHY, TEXT, why), .name = "why", .help = "Why the limit is what it is",
    .status = { "why" }, .dbus = "/Why", .dbus_type = 's' },
  { CHARGER (WHY_CODE, TEXT, why_code), .name = "why_code",
    .help = "Stable code of the reason", .status = { "why_code" } },
  { CHARGER (WHY_VALUES, TEXT, why_values), .name = "why_values",
    .help = "Values of the reason: name=value, with blanks between; a unit ends the name" },
  { CHARGER (SAMPLE_AGE, INT64, sample_age_ms), .name = "sample_age_ms",
    .help = "Age of the last answer of the charger",
    .metric = "sample_age_seconds", .metric_format = SECONDS },

  { CHARGER (ID, TEXT, id), .name = "id", .help = "Identity of the charger in the settings" },
  { CHARGER (PRODUCT_ID, INT, product_id), .name = "product_id", .help = "Victron product id",
    .dbus = "/ProductId", .dbus_type = 'i', .dbus_text = "0x%X" },
  { CHARGER (PRODUCT_NAME, TEXT, product_name), .name = "product_name",
    .help = "Manufacturer and kind of device",
    .status = { "product_name" },
    .dbus = "/ProductName", .dbus_unknown = "EV charger", .dbus_type = 's' },
  { CHARGER (MODEL, TEXT, model), .name = "model", .help = "Model as the charger says",
    .dbus = "/Model", .dbus_alias = "/HardwareVersion", .dbus_type = 's' },
  { CHARGER (SERIAL, TEXT, serial), .name = "serial", .help = "Serial number",
    .status = { "serial" }, .dbus = "/Serial", .dbus_type = 's' },
  { CHARGER (FIRMWARE, TEXT, firmware), .name = "firmware", .help = "Firmware version",
    .status = { "firmware" }, .dbus = "/FirmwareVersion", .dbus_type = 's' },
  { CHARGER (CONNECTION, TEXT, connection), .name = "connection",
    .help = "How the charger is reached", .dbus = "/Mgmt/Connection", .dbus_type = 's' },
  { CHARGER (BUS_SERVICE, TEXT, bus_service), .name = "bus_service",
    .help = "Name by which the Victron system sees it; unknown while it does not" },
  { CONSTANT (ROLE, CHARGER, "evcharger"), .name = "role", .help = "Role on the Victron bus",
    .dbus = "/Role", .dbus_type = 's' },

  { CHARGER (ALARM_GROUND, INT, alarm_ground), .name = "alarm_ground",
    .help = "Protective earth is missing: 0 no, 1 warning, 2 alarm",
    .dbus = "/Alarms/GNDNotPresent", .dbus_type = 'i', .metric = "alarm_ground" },
  { CHARGER (ALARM_WELDED, INT, alarm_welded), .name = "alarm_welded_contacts",
    .help = "Contacts of the relay are welded: 0 no, 1 warning, 2 alarm",
    .dbus = "/Alarms/WeldedContacts", .dbus_type = 'i', .metric = "alarm_welded_contacts" },
  { CHARGER (ALARM_PILOT, INT, alarm_pilot), .name = "alarm_pilot",
    .help = "Control pilot, or a fault that has no alarm of its own: 0 no, 1 warning, 2 alarm",
    .dbus = "/Alarms/CPInputShortCircuit", .dbus_type = 'i', .metric = "alarm_pilot" },
  { CHARGER (ALARM_RESIDUAL, INT, alarm_residual), .name = "alarm_residual_current",
    .help = "Residual current: 0 no, 1 warning, 2 alarm",
    .dbus = "/Alarms/ResidualCurrent", .dbus_type = 'i', .metric = "alarm_residual_current" },
  { CHARGER (ALARM_HEAT, INT, alarm_heat), .name = "alarm_over_temperature",
    .help = "The charger is too hot: 0 no, 1 warning, 2 alarm",
    .dbus = "/Alarms/OverTemperature", .dbus_type = 'i', .metric = "alarm_over_temperature" },
  { CHARGER (ALARM_SETUP, INT, alarm_setup), .name = "alarm_setup_needed",
    .help = "The charger refuses or ignores limits until it is set up: 0 no, 1 warning",
    .dbus = "/Alarms/SetupNeeded", .dbus_type = 'i', .metric = "alarm_setup_needed" },
  { CHARGER (PROBLEM, TEXT, problem), .name = "problem",
    .help = "What it refuses, ignores or reports as a fault, for people; empty: nothing" },

  { CHARGER (SESSION_RUNNING, INT, session_running), .name = "session_running",
    .help = "A car is plugged in and its session runs: 0 or 1" },
  { CHARGER (SESSION_ID, TEXT, session_id), .name = "session_id",
    .help = "Identity of the running, else of the last session", .status = { "session.id" } },
  { CHARGER (SESSION_STARTED, TIME, session_started_at), .name = "session_started_at",
    .help = "When that session began", .status = { "session.start_ts" } },
  { CHARGER (SESSION_ENDED, TIME, session_ended_at), .name = "session_ended_at",
    .help = "When it ended; unknown while it runs", .status = { "session.end_ts" } },
  { CHARGER (SESSION_ENERGY, INT64, session_energy_wh), .name = "session_energy_wh",
    .help = "Energy delivered in that session",
    .status = { "session.energy_delivered_kwh", "energy_forward_kwh" }, .status_format = KWH_FINE,
    .dbus = "/Session/Energy", .dbus_type = 'd', .dbus_format = KWH, .dbus_text = "%.2f kWh",
    .metric = "session_energy_watt_hours" },
  { CHARGER (SESSION_TIME, INT64, session_time_s), .name = "session_time_s",
    .help = "Time in which energy flowed in that session",
    .status = { "session.charging_time_sec", "charging_time_sec", "charging_time" },
    .dbus = "/Session/Time", .dbus_alias = "/ChargingTime", .dbus_type = 'i', .dbus_text = "%.0f s",
    .metric = "session_time_seconds" },
  { CHARGER (SESSION_COST, INT64, session_cost_micros), .name = "session_cost",
    .v1 = MONEY_FINE, .help = "Cost of that session in the currency of the settings",
    .status = { "session.cost", "session_cost" }, .status_format = MONEY,
    .dbus = "/Session/Cost", .dbus_type = 'd', .dbus_format = MONEY, .dbus_text = "%.2f",
    .metric = "session_cost", .metric_format = MONEY_FINE },
  { CHARGER (SESSION_SAVED, INT64, session_saved_micros), .name = "session_saved",
    .v1 = MONEY_FINE,
    .help = "What the sun in that session would have cost from the grid, less what selling brings",
    .dbus = "/Session/SavedCost", .dbus_type = 'd', .dbus_format = MONEY, .dbus_text = "%.2f" },
  { CHARGER (SESSION_PEAK, INT, session_peak_w), .name = "session_peak_w",
    .help = "Highest power in that session" },
  { CHARGER (SESSION_START_ENERGY, INT64, session_start_wh), .name = "session_start_energy_wh",
    .help = "Lifetime counter when that session began",
    .status = { "session.start_energy_kwh" }, .status_format = KWH_FINE },
  { CHARGER (SESSION_SUN, INT64, session_sun_wh), .name = "session_sun_wh",
    .help = "Part of the energy of that session that came from the sun" },
  { CHARGER (SESSION_BATTERY, INT64, session_battery_wh), .name = "session_battery_wh",
    .help = "Part of it that came from the home battery" },
  { CHARGER (SESSION_GRID, INT64, session_grid_wh), .name = "session_grid_wh",
    .help = "Part of it that came from the grid" },

  { CHARGER (TOTAL_POLLS, INT64, total_polls), .name = "polls", .help = "Polls of the charger",
    .status = { "total_polls" }, .metric = "polls_total" },
  { CHARGER (OVERRUNS, INT64, overruns), .name = "poll_overruns",
    .help = "Polls that took longer than the interval",
    .status = { "overrun_count" }, .metric = "poll_overruns_total" },
  { CHARGER (POLL_DURATION, INT, poll_duration_ms), .name = "poll_duration_ms",
    .help = "Duration of the last poll", .status = { "poll_duration_ms" },
    .metric = "poll_duration_seconds", .metric_format = SECONDS },
  { CHARGER (POLL_INTERVAL, INT, poll_interval_ms), .name = "poll_interval_ms",
    .help = "Configured time between polls", .status = { "poll_interval_ms" } },
  { CHARGER (STEP_VOLTAGES, INT, step_voltages_ms), .name = "poll_measure_ms",
    .help = "Part of the last poll that read the measurements",
    .status = { "poll_steps_ms.read_voltages_ms" },
    .metric = "poll_measure_seconds", .metric_format = SECONDS },
  { CHARGER (STEP_STATUS, INT, step_status_ms), .name = "poll_status_ms",
    .help = "Part of the last poll that read state and control",
    .status = { "poll_steps_ms.read_status_ms" },
    .metric = "poll_status_seconds", .metric_format = SECONDS },
  { CHARGER (STEP_WRITE, INT, step_write_ms), .name = "write_ms",
    .help = "Duration of the last write with its read-back",
    .status = { "poll_steps_ms.write_current_ms" },
    .metric = "write_seconds", .metric_format = SECONDS },

  { SITE (VERSION, TEXT, version), .name = "version", .help = "Version of the daemon",
    .dbus = "/Mgmt/ProcessVersion", .dbus_type = 's' },
  { SITE (DRIVER_STATE, TEXT, driver_state), .name = "driver_state",
    .help = "Initializing, Running, Error (no charger answers) or ShuttingDown",
    .status = { "driver_state" } },
  { SITE (GX_AUTO, INT, gx_auto), .name = "gx_auto",
    .help = "Auto is decided outside of the charger: 0 or 1",
    .dbus = "/GxAutoMode/Enabled", .dbus_type = 'i' },
  { CONSTANT (GX_AUTO_SOURCE, SITE, "Phaeton"), .name = "gx_auto_source",
    .help = "Who decides in Auto", .dbus = "/GxAutoMode/Source", .dbus_type = 's' },
  { SITE (GUARD_ACTIVE, INT, guard_active), .parse = PHAETON_PARSE_CHOICE, .name = "guard_active",
    .help = "A limit from outside on all chargers together is in force: 0 or 1",
    .dbus = "/PowerGuard/Consumption/Active", .dbus_type = 'i', .metric = "guard_active" },
  { SITE (GUARD_POWER, INT, guard_w), .parse = PHAETON_PARSE_GUARD_W, .name = "guard_w",
    .help = "That limit: power of all chargers together", .metric = "guard_watts",
    .dbus = "/PowerGuard/Consumption/Ac/Power", .dbus_type = 'd', .dbus_text = "%.0f W" },
  { SITE (GUARD_LINE, INT, guard_line_mA), .parse = PHAETON_PARSE_GUARD_mA,
    .name = "guard_l%_mA", .help = "That limit: current of all chargers together on L%",
    .dbus = "/PowerGuard/Consumption/Ac/L%/Current", .dbus_type = 'd', .dbus_format = AMPS,
    .dbus_text = "%.1f A", .metric = "guard_l%_amperes", .metric_format = AMPS_FINE },
  { SITE (UPTIME, INT, uptime_s), .name = "uptime_s", .help = "Time since the daemon started",
    .metric = "uptime_seconds" },
  { SITE (CURRENCY, TEXT, currency), .name = "currency", .help = "Symbol of the currency",
    .status = { "pricing_currency" } },
  { SITE (ENERGY_RATE, INT64, energy_rate_micros), .name = "energy_rate", .v1 = MONEY_FINE,
    .help = "Price of a kWh now", .status = { "energy_rate" }, .status_format = MONEY_FINE,
    .metric = "energy_rate", .metric_format = MONEY_FINE },
  { SITE (PRICING_SOURCE, TEXT, pricing_source), .name = "pricing_source",
    .help = "Where the price comes from", .status = { "pricing_source" } },
  { SITE (EXCESS_PV, INT, excess_pv_w), .name = "excess_pv_w",
    .help = "Surplus of the sun that a car could take, smoothed",
    .status = { "excess_pv_power_w" }, .metric = "excess_pv_watts" },
  { SITE (SITE_GRID, INT, grid_w), .name = "grid_power_w",
    .help = "Power from the grid, export is negative", .metric = "grid_watts" },
  { SITE (SITE_PV, INT, pv_w), .name = "pv_power_w", .help = "Power from the sun",
    .metric = "pv_watts" },
  { SITE (SITE_BATTERY, INT, battery_w), .name = "battery_power_w",
    .help = "Power into the home battery, discharging is negative", .metric = "battery_watts" },
  { SITE (SITE_BATTERY_SOC, DOUBLE, battery_soc_percent), .name = "battery_soc_percent",
    .v1 = PERCENT, .help = "State of charge of the home battery",
    .metric = "battery_soc_percent", .metric_format = PERCENT },
  { SITE (SITE_CONSUMPTION, INT, consumption_w), .name = "consumption_power_w",
    .help = "Power of all loads, cars among them", .metric = "consumption_watts" },
  { SITE (TIME_ZONE, TEXT, time_zone), .name = "time_zone",
    .help = "IANA time zone of schedules, prices and days" },
  { SITE (LONGEST_DISPATCH, INT, longest_dispatch_us), .name = "longest_dispatch_us",
    .help = "Longest time the main loop was busy without a pause, CPU time since the start",
    .metric = "longest_dispatch_seconds", .metric_format = { 0.000001, 6 } },
  { SITE (STEP_COMPUTE, INT, step_compute_ms), .name = "decision_ms",
    .help = "Duration of the last decision", .status = { "poll_steps_ms.compute_effective_ms" },
    .metric = "decision_seconds", .metric_format = SECONDS },
  { SITE (STEP_SNAPSHOT, INT, step_snapshot_ms), .name = "snapshot_ms",
    .help = "Duration of building the last snapshot",
    .status = { "poll_steps_ms.snapshot_build_ms" },
    .metric = "snapshot_seconds", .metric_format = SECONDS },
  { CONSTANT (PROCESS_NAME, SITE, "phaeton"), .name = "process_name", .help = "Name of the daemon",
    .dbus = "/Mgmt/ProcessName", .dbus_type = 's' },
};
/* clang-format on */

static gboolean
is_template (const PhaetonField *line)
{
  return strchr (line->name, '%') != NULL;
}

static gsize
get_stride (const PhaetonField *line)
{
  return line->type == PHAETON_TYPE_DOUBLE ? sizeof (double) : sizeof (int);
}

/* "l%_power_w" -> "l2_power_w"; lives as long as the program */
static const char *
put_digit (const char *text, int phase)
{
  char *copy;

  if (text == NULL || strchr (text, '%') == NULL)
    return text;
  copy = g_strdup (text);
  *strchr (copy, '%') = (char) ('1' + phase);
  return copy;
}

static void
expand_line (PhaetonField *to, const PhaetonField *line, int phase)
{
  *to = *line;
  to->id = (PhaetonFieldId) (line->id + phase);
  to->bit = (guint8) (line->bit + phase);
  to->offset = (guint16) (line->offset + (gsize) phase * get_stride (line));
  to->name = put_digit (line->name, phase);
  to->help = put_digit (line->help, phase);
  to->dbus = put_digit (line->dbus, phase);
  to->metric = put_digit (line->metric, phase);
  for (guint i = 0; i < G_N_ELEMENTS (to->status); i++)
    to->status[i] = put_digit (line->status[i], phase);
}

const PhaetonField *
phaeton_fields_get (guint *n_fields)
{
  static PhaetonField fields[PHAETON_N_FIELDS];
  static gsize ready;

  if (g_once_init_enter (&ready)) {
    for (guint i = 0; i < G_N_ELEMENTS (table); i++)
      for (int phase = 0; phase < (is_template (&table[i]) ? PHAETON_PHASES : 1); phase++)
        expand_line (&fields[table[i].id + phase], &table[i], phase);
    g_once_init_leave (&ready, 1);
  }
  if (n_fields != NULL)
    *n_fields = PHAETON_N_FIELDS;
  return fields;
}

const PhaetonField *
phaeton_field (PhaetonFieldId id)
{
  g_return_val_if_fail (id >= 0 && id < PHAETON_N_FIELDS, NULL);

  return &phaeton_fields_get (NULL)[id];
}

const PhaetonField *
phaeton_field_find_by_dbus_path (const char *path)
{
  const PhaetonField *fields = phaeton_fields_get (NULL);

  for (guint i = 0; i < PHAETON_N_FIELDS; i++)
    if (g_strcmp0 (fields[i].dbus, path) == 0 || g_strcmp0 (fields[i].dbus_alias, path) == 0)
      return &fields[i];
  return NULL;
}

const PhaetonField *
phaeton_field_find_by_name (PhaetonScope scope, const char *name)
{
  const PhaetonField *fields = phaeton_fields_get (NULL);

  for (guint i = 0; i < PHAETON_N_FIELDS; i++)
    if (fields[i].scope == scope && strcmp (fields[i].name, name) == 0)
      return &fields[i];
  return NULL;
}

gconstpointer
phaeton_field_get_record (const PhaetonField *field, const PhaetonSnapshot *snapshot, guint charger)
{
  if (field->scope == PHAETON_SCOPE_SITE)
    return &snapshot->site;
  g_return_val_if_fail (charger < snapshot->n_chargers, NULL);
  return &snapshot->chargers[charger];
}

/* both records begin with their presence bits */
G_STATIC_ASSERT (G_STRUCT_OFFSET (PhaetonChargerRecord, present) == 0);
G_STATIC_ASSERT (G_STRUCT_OFFSET (PhaetonSiteRecord, present) == 0);
G_STATIC_ASSERT (PHAETON_N_FIELDS <= 64 * PHAETON_PRESENT_WORDS);

gboolean
phaeton_field_is_present (const PhaetonField *field, gconstpointer record)
{
  const guint64 *present = record;

  if (field->constant != NULL)
    return TRUE;
  return (present[field->bit / 64] >> (field->bit % 64) & 1) != 0;
}

void
phaeton_field_set_present (PhaetonFieldId id, gpointer record)
{
  const PhaetonField *field = phaeton_field (id);
  guint64 *present = record;

  g_return_if_fail (field->constant == NULL);
  present[field->bit / 64] |= G_GUINT64_CONSTANT (1) << (field->bit % 64);
}

gboolean
phaeton_field_get_number (const PhaetonField *field, gconstpointer record, double *value)
{
  gconstpointer member = G_STRUCT_MEMBER_P (record, field->offset);

  if (!phaeton_field_is_present (field, record))
    return FALSE;
  switch (field->type) {
  case PHAETON_TYPE_INT:
    *value = *(const int *) member;
    return TRUE;
  case PHAETON_TYPE_INT64:
  case PHAETON_TYPE_TIME:
    *value = (double) *(const gint64 *) member;
    return TRUE;
  case PHAETON_TYPE_DOUBLE:
    *value = *(const double *) member;
    return isfinite (*value);
  case PHAETON_TYPE_TEXT:
    break;
  }
  return FALSE;
}

const char *
phaeton_field_get_text (const PhaetonField *field, gconstpointer record)
{
  if (field->type != PHAETON_TYPE_TEXT || !phaeton_field_is_present (field, record))
    return NULL;
  if (field->constant != NULL)
    return field->constant;
  return *(const char *const *) G_STRUCT_MEMBER_P (record, field->offset);
}

static double
round_to (double value, int decimals)
{
  static const double powers[] = { 1, 10, 100, 1000, 10000, 100000, 1000000 };
  const double power = powers[CLAMP (decimals, 0, (int) G_N_ELEMENTS (powers) - 1)];

  return round (value * power) / power + 0.0; /* no negative zero: it would show as "-0" */
}

gboolean
phaeton_field_get_shown (const PhaetonField *field, gconstpointer record,
                         const PhaetonFormat *format, double *shown)
{
  double value;

  if (!phaeton_field_get_number (field, record, &value))
    return FALSE;
  *shown = round_to (format->scale > 0 ? value * format->scale : value, format->decimals);
  return TRUE;
}

gboolean
phaeton_field_get_limits (const PhaetonField *field, gconstpointer record, double *min, double *max)
{
  *min = 0;
  switch (field->parse) {
  case PHAETON_PARSE_MODE:
    *max = 2;
    return TRUE;
  case PHAETON_PARSE_SWITCH:
  case PHAETON_PARSE_CHOICE:
    *max = 1;
    return TRUE;
  case PHAETON_PARSE_CURRENT: /* 0 may be written too, but no slider should begin there */
    return phaeton_field_get_number (phaeton_field (PHAETON_FIELD_MIN), record, min) &&
           phaeton_field_get_number (phaeton_field (PHAETON_FIELD_MAX), record, max);
  case PHAETON_PARSE_PHASES:
    *min = 1;
    *max = 3;
    return TRUE;
  case PHAETON_PARSE_GUARD_W:
    *max = PHAETON_GUARD_NONE_W;
    return TRUE;
  case PHAETON_PARSE_GUARD_mA:
    *max = PHAETON_GUARD_NONE_mA;
    return TRUE;
  case PHAETON_PARSE_NONE:
  case PHAETON_PARSE_TEXT:
  case PHAETON_PARSE_INSTANCE:
    break;
  }
  return FALSE;
}

gboolean
phaeton_field_is_equal (const PhaetonField *field, gconstpointer a, gconstpointer b,
                        const PhaetonFormat *format)
{
  double shown_a = 0, shown_b = 0;
  gboolean knows_a, knows_b;

  if (field->type == PHAETON_TYPE_TEXT)
    return g_strcmp0 (phaeton_field_get_text (field, a), phaeton_field_get_text (field, b)) == 0;
  knows_a = phaeton_field_get_shown (field, a, format, &shown_a);
  knows_b = phaeton_field_get_shown (field, b, format, &shown_b);
  /* both come from the same rounding, so equal values are equal to the bit */
  return knows_a == knows_b && (!knows_a || memcmp (&shown_a, &shown_b, sizeof shown_a) == 0);
}

void
phaeton_write_clear (PhaetonWrite *self)
{
  g_clear_pointer (&self->text, g_free);
  memset (self, 0, sizeof *self);
}

static gboolean
refuse (const PhaetonField *field, PhaetonError code, const char *range, GError **error)
{
  g_set_error (error, PHAETON_ERROR, code, "%s: must be %s", field->name, range);
  return FALSE;
}

static gboolean
number_from_text (const char *text, double *number)
{
  g_autofree char *copy = g_strstrip (g_strdup (text));
  char *comma = strchr (copy, ',');
  char *end = NULL;

  if (comma != NULL && strchr (copy, '.') == NULL)
    *comma = '.'; /* old clients of some countries */
  /* decimal digits only: no hex, no infinity, no nan */
  if (copy[0] == '\0' || strspn (copy, "+-.0123456789eE") != strlen (copy))
    return FALSE;
  *number = g_ascii_strtod (copy, &end);
  return end != NULL && *end == '\0';
}

static gboolean
number_from_variant (GVariant *value, double *number)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return number_from_text (g_variant_get_string (value, NULL), number);
  return phaeton_variant_get_number (value, number);
}

/* words that old clients send; @index of the match */
static gboolean
match_word (GVariant *value, const char *const *words, const int *numbers, double *number)
{
  g_autofree char *text = NULL;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return FALSE;
  text = g_strstrip (g_strdup (g_variant_get_string (value, NULL)));
  for (guint i = 0; words[i] != NULL; i++)
    if (g_ascii_strcasecmp (text, words[i]) == 0) {
      *number = numbers[i];
      return TRUE;
    }
  return FALSE;
}

static gboolean
parse_mode (const PhaetonField *field, GVariant *value, PhaetonWrite *write, GError **error)
{
  static const char *const words[] = { "manual", "auto", "scheduled", "schedule", NULL };
  static const int numbers[] = { 0, 1, 2, 2 };
  double number;

  if (!match_word (value, words, numbers, &number) && !number_from_variant (value, &number))
    return refuse (field, PHAETON_ERROR_TYPE, "0 (manual), 1 (auto) or 2 (scheduled)", error);
  if (!(number >= 0 && number <= 2) || floor (number) < number)
    return refuse (field, PHAETON_ERROR_RANGE, "0 (manual), 1 (auto) or 2 (scheduled)", error);
  write->number = (gint64) number;
  return TRUE;
}

static gboolean
parse_switch (const PhaetonField *field, GVariant *value, PhaetonWrite *write, GError **error)
{
  static const char *const words[] = { "true", "on", "enabled", "false", "off", "disabled", NULL };
  static const int numbers[] = { 1, 1, 1, 0, 0, 0 };
  double number;

  if (!match_word (value, words, numbers, &number) && !number_from_variant (value, &number))
    return refuse (field, PHAETON_ERROR_TYPE, "0 or 1", error);
  if (!(number >= 0 && number <= 1) || floor (number) < number)
    return refuse (field, PHAETON_ERROR_RANGE, "0 or 1", error);
  write->number = (gint64) number;
  return TRUE;
}

static gboolean
parse_integer (const PhaetonField *field, GVariant *value, int min, int max, const char *range,
               PhaetonWrite *write, GError **error)
{
  double number;

  if (!number_from_variant (value, &number))
    return refuse (field, PHAETON_ERROR_TYPE, range, error);
  if (!(number >= min && number <= max) || floor (number) < number)
    return refuse (field, PHAETON_ERROR_RANGE, range, error);
  write->number = (gint64) number;
  return TRUE;
}

/* what is shown times @factor, clamped to @max */
static gboolean
parse_guard (const PhaetonField *field, GVariant *value, double factor, int max, const char *unit,
             PhaetonWrite *write, GError **error)
{
  double shown;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN) || !number_from_variant (value, &shown))
    return refuse (field, PHAETON_ERROR_TYPE, unit, error);
  if (!isfinite (shown) || shown < 0)
    return refuse (field, PHAETON_ERROR_RANGE, unit, error);
  write->altered = shown * factor > max;
  write->number = write->altered ? max : (gint64) floor (shown * factor);
  return TRUE;
}

static gboolean
parse_current (const PhaetonField *field, GVariant *value, const PhaetonChargerRecord *record,
               PhaetonWrite *write, GError **error)
{
  const gboolean has_max = phaeton_field_is_present (phaeton_field (PHAETON_FIELD_MAX), record);
  double amps;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN) || !number_from_variant (value, &amps))
    return refuse (field, PHAETON_ERROR_TYPE, "a number of amperes", error);
  if (!isfinite (amps) || amps < 0)
    return refuse (field, PHAETON_ERROR_RANGE, "0 A or more", error);
  write->number = (gint64) round (MIN (amps, 1000.0) * 1000.0);
  if (has_max && write->number > record->max_mA) {
    write->number = record->max_mA;
    write->altered = TRUE;
  }
  return TRUE;
}

static gboolean
parse_phases (const PhaetonField *field, GVariant *value, PhaetonWrite *write, GError **error)
{
  double number;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN) || !number_from_variant (value, &number))
    return refuse (field, PHAETON_ERROR_TYPE, "1 or 3", error);
  if (!(number >= 0 && number <= 255) || floor (number) < number)
    return refuse (field, PHAETON_ERROR_RANGE, "1 or 3", error);
  write->number = number >= 2 ? 3 : 1; /* who asks for 2 wants more than one */
  write->altered = number < 1 || number > 3 || (number > 1 && number < 3);
  return TRUE;
}

static gboolean
parse_text (const PhaetonField *field, GVariant *value, PhaetonWrite *write, GError **error)
{
  const char *text;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return refuse (field, PHAETON_ERROR_TYPE, "text", error);
  text = g_variant_get_string (value, NULL);
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    if (g_unichar_iscntrl (g_utf8_get_char (at)))
      return refuse (field, PHAETON_ERROR_RANGE, "text without control characters", error);
  write->text = g_strstrip (g_strdup (text));
  if (g_utf8_strlen (write->text, -1) > MAX_TEXT_CHARACTERS) {
    g_autofree char *cut = g_utf8_substring (write->text, 0, MAX_TEXT_CHARACTERS);

    g_free (write->text);
    write->text = g_strdup (g_strchomp (cut));
  }
  write->altered = strcmp (text, write->text) != 0;
  return TRUE;
}

gboolean
phaeton_field_parse (const PhaetonField *field, GVariant *value, const PhaetonChargerRecord *record,
                     PhaetonWrite *write, GError **error)
{
  memset (write, 0, sizeof *write);
  write->field = field;
  switch (field->parse) {
  case PHAETON_PARSE_MODE:
    return parse_mode (field, value, write, error);
  case PHAETON_PARSE_SWITCH:
    return parse_switch (field, value, write, error);
  case PHAETON_PARSE_CHOICE:
    return parse_integer (field, value, 0, 1, "0 or 1", write, error);
  case PHAETON_PARSE_CURRENT:
    return parse_current (field, value, record, write, error);
  case PHAETON_PARSE_PHASES:
    return parse_phases (field, value, write, error);
  case PHAETON_PARSE_INSTANCE:
    return parse_integer (field, value, 0, 255, "0 to 255", write, error);
  case PHAETON_PARSE_GUARD_W:
    return parse_guard (field, value, 1, PHAETON_GUARD_NONE_W, "0 W or more", write, error);
  case PHAETON_PARSE_GUARD_mA:
    return parse_guard (field, value, 1000, PHAETON_GUARD_NONE_mA, "0 A or more", write, error);
  case PHAETON_PARSE_TEXT:
    return parse_text (field, value, write, error);
  case PHAETON_PARSE_NONE:
    break;
  }
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_READ_ONLY, "%s cannot be written", field->name);
  return FALSE;
}
