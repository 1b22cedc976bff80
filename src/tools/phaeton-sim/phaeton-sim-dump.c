/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-sim"
#include "config.h"

#include "phaeton-sim-dump.h"

#include "phaeton-sim-param.h"

#include <math.h>

static void
add_number (JsonBuilder *builder, const char *name, double value)
{
  json_builder_set_member_name (builder, name);
  if (isfinite (value))
    json_builder_add_double_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static void
add_flag (JsonBuilder *builder, const char *name, gboolean value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_boolean_value (builder, value);
}

static void
add_phases (JsonBuilder *builder, const char *name, const double values[PHAETON_PHASES])
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (int i = 0; i < PHAETON_PHASES; i++)
    json_builder_add_double_value (builder, values[i]);
  json_builder_end_array (builder);
}

static void
begin (JsonBuilder *builder, const char *name)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
}

static void
add_car (JsonBuilder *builder, const PhaetonSimCar *car)
{
  begin (builder, "car");
  add_flag (builder, "plugged", car->plugged);
  add_number (builder, "current_a", car->current_a);
  phaeton_sim_param_add_json (phaeton_sim_car_params, car, builder);
  json_builder_end_object (builder);
}

static void
add_meter (JsonBuilder *builder, const PhaetonSimMeter *meter)
{
  begin (builder, "meter"); /* what really flows, whatever the station tells */
  add_phases (builder, "voltage_v", meter->voltage_v);
  add_phases (builder, "current_a", meter->current_a);
  add_phases (builder, "power_w", meter->power_w);
  add_phases (builder, "energy_wh", meter->energy_wh);
  add_number (builder, "power_total_w", phaeton_sim_sum (meter->power_w));
  add_number (builder, "energy_total_wh", phaeton_sim_sum (meter->energy_wh));
  json_builder_end_object (builder);
}

static void
add_socket (JsonBuilder *builder, const PhaetonSimStation *station, guint index)
{
  const PhaetonSimSocket *it = &station->sockets[index];

  json_builder_begin_object (builder);
  phaeton_sim_param_add_json (phaeton_sim_socket_params, it, builder);
  json_builder_set_member_name (builder, "pilot");
  json_builder_add_string_value (
    builder, phaeton_pilot_to_string (phaeton_sim_station_get_pilot (station, index)));
  add_number (builder, "setpoint_a", phaeton_sim_station_get_setpoint_a (station, index));
  add_int (builder, "setpoint_valid_ms", it->valid_ms);
  add_flag (builder, "setpoint_in_force",
            phaeton_sim_station_is_setpoint_in_force (station, index));
  add_number (builder, "offered_a", it->offered_a);
  add_int (builder, "phases", it->phases_register);
  add_flag (builder, "contactor", it->contactor_closed);
  add_meter (builder, &it->truth);
  add_car (builder, &it->car);
  json_builder_end_object (builder);
}

static void
add_station (JsonBuilder *builder, const PhaetonSimStation *station, PhaetonSimServer *server)
{
  json_builder_begin_object (builder);
  add_int (builder, "port", phaeton_sim_server_get_port (server));
  add_int (builder, "uptime_ms", station->uptime_ms);
  add_number (builder, "temperature_c", station->temperature_c);
  phaeton_sim_param_add_json (phaeton_sim_station_params, station, builder);
  phaeton_sim_param_add_json (phaeton_sim_server_params, phaeton_sim_server_get_settings (server),
                              builder);
  begin (builder, "modbus");
  phaeton_sim_server_add_json (server, builder);
  json_builder_end_object (builder);
  json_builder_set_member_name (builder, "sockets");
  json_builder_begin_array (builder);
  for (int i = 0; i < station->n_sockets; i++)
    add_socket (builder, station, i);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

static void
add_house (JsonBuilder *builder, const PhaetonSimHouse *house)
{
  begin (builder, "house");
  begin (builder, "settings");
  phaeton_sim_param_add_json (phaeton_sim_house_params, house, builder);
  json_builder_end_object (builder);
  add_phases (builder, "load_w", house->load_w);
  add_phases (builder, "pv_w", house->pv_w);
  add_flag (builder, "pv_is_curtailed", house->pv_is_curtailed);
  add_phases (builder, "grid_w", house->grid_w);
  add_phases (builder, "grid_a", house->grid_a);
  add_phases (builder, "voltage_v", house->voltage_v);
  add_number (builder, "battery_w", house->battery.power_w);
  add_number (builder, "battery_soc_percent", house->battery.soc_percent);
  add_number (builder, "import_wh", house->import_wh);
  add_number (builder, "export_wh", house->export_wh);
  json_builder_end_object (builder);
}

static char *
finish (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = NULL;

  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

char *
phaeton_sim_dump (PhaetonSimWorld *world)
{
  const PhaetonSimHome *home = world->home;
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_int (builder, "seed", home->seed);
  add_int (builder, "wall_ms", home->wall_ms);
  add_house (builder, &home->house);
  json_builder_set_member_name (builder, "stations");
  json_builder_begin_array (builder);
  for (guint i = 0; i < home->n_stations; i++)
    add_station (builder, &home->stations[i], world->servers[i]);
  json_builder_end_array (builder);
  return finish (builder);
}

char *
phaeton_sim_dump_requests (PhaetonSimServer *server)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  phaeton_sim_server_add_json (server, builder);
  return finish (builder);
}
