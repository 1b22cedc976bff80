/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-sim"
#include "config.h"

#include "phaeton-sim-param.h"

#include "phaeton-error.h"

#include <math.h>
#include <string.h>

#define CAR(type, member, ...)                                                                     \
  {                                                                                                \
#member, type, G_STRUCT_OFFSET(PhaetonSimCar, member), __VA_ARGS__                             \
  }
#define SOCKET(type, name, member, ...)                                                            \
  {                                                                                                \
    name, type, G_STRUCT_OFFSET (PhaetonSimSocket, member), __VA_ARGS__                            \
  }
#define STATION(type, name, member, ...)                                                           \
  {                                                                                                \
    name, type, G_STRUCT_OFFSET (PhaetonSimStation, member), __VA_ARGS__                           \
  }
#define SERVER(member, ...)                                                                        \
  {                                                                                                \
#member, PHAETON_SIM_INT, G_STRUCT_OFFSET(PhaetonSimServerSettings, member), __VA_ARGS__       \
  }
#define HOUSE(type, name, member, ...)                                                             \
  {                                                                                                \
    name, type, G_STRUCT_OFFSET (PhaetonSimHouse, member), __VA_ARGS__                             \
  }

const PhaetonSimParam phaeton_sim_car_params[] = {
  CAR (PHAETON_SIM_INT, phases, 1, 3),
  CAR (PHAETON_SIM_DOUBLE, max_a, 0, 80),
  CAR (PHAETON_SIM_DOUBLE, battery_wh, 100, 1e6),
  CAR (PHAETON_SIM_DOUBLE, efficiency, 0.1, 1),
  CAR (PHAETON_SIM_DOUBLE, offset_a, 0, 6),
  CAR (PHAETON_SIM_DOUBLE, ramp_up_a_per_s, 0.1, 1000),
  CAR (PHAETON_SIM_DOUBLE, ramp_down_a_per_s, 0.1, 1000),
  CAR (PHAETON_SIM_DOUBLE, taper_from_percent, 0, 100),
  CAR (PHAETON_SIM_MS, reaction_ms, 0, 60000),
  CAR (PHAETON_SIM_MS, start_ms, 0, 600000),
  CAR (PHAETON_SIM_BOOL, needs_ventilation),
  CAR (PHAETON_SIM_BOOL, asleep),
  CAR (PHAETON_SIM_BOOL, refusing),
  CAR (PHAETON_SIM_DOUBLE, target_percent, 0, 100),
  CAR (PHAETON_SIM_DOUBLE, soc_percent, 0, 100),
  { NULL },
};

const PhaetonSimParam phaeton_sim_socket_params[] = {
  SOCKET (PHAETON_SIM_DOUBLE, "socket_max_a", max_a, 0, 80),
  SOCKET (PHAETON_SIM_DOUBLE, "cable_a", cable_a, 0, 80),
  SOCKET (PHAETON_SIM_BOOL, "enabled", enabled),
  SOCKET (PHAETON_SIM_BOOL, "authorised", authorised),
  SOCKET (PHAETON_SIM_BOOL, "operative", operative),
  SOCKET (PHAETON_SIM_CHOICE, "meter_health", meter_health, 0, 0, "ok|frozen|nan"),
  SOCKET (PHAETON_SIM_CHOICE, "fault", fault, 0, 0,
          "none|overcurrent|residual-current|meter|temperature|pilot"),
  { NULL },
};

const PhaetonSimParam phaeton_sim_station_params[] = {
  STATION (PHAETON_SIM_TEXT, "name", name, 1, sizeof ((PhaetonSimStation *) NULL)->name),
  STATION (PHAETON_SIM_TEXT, "firmware", firmware, 1,
           sizeof ((PhaetonSimStation *) NULL)->firmware),
  STATION (PHAETON_SIM_TEXT, "platform", platform, 1,
           sizeof ((PhaetonSimStation *) NULL)->platform),
  STATION (PHAETON_SIM_TEXT, "serial", serial, 1, sizeof ((PhaetonSimStation *) NULL)->serial),
  STATION (PHAETON_SIM_INT, "socket_count", n_sockets, 1, PHAETON_SIM_SOCKETS),
  STATION (PHAETON_SIM_INT, "wired_phases", wired_phases, 1, 3),
  STATION (PHAETON_SIM_INT, "meter_phases", meter_phases, 1, 3),
  STATION (PHAETON_SIM_PHASES, "phase_map", phase_map),
  STATION (PHAETON_SIM_DOUBLE, "max_a", max_a, 0, 80),
  STATION (PHAETON_SIM_DOUBLE, "safe_a", safe_a, 0, 80),
  STATION (PHAETON_SIM_BOOL, "safe_configured", safe_configured),
  STATION (PHAETON_SIM_MS, "validity_ms", validity_ms, 1000, 86400000),
  STATION (PHAETON_SIM_MS, "processing_ms", processing_ms, 0, 60000),
  STATION (PHAETON_SIM_BOOL, "allow_reading", allow_reading),
  STATION (PHAETON_SIM_BOOL, "allow_writing", allow_writing),
  STATION (PHAETON_SIM_BOOL, "allow_phase_switch", allow_phase_switch),
  STATION (PHAETON_SIM_CHOICE, "expired", expired, 0, 0, "safe|last|nan"),
  STATION (PHAETON_SIM_BOOL, "idle_is_e", idle_is_e),
  STATION (PHAETON_SIM_BOOL, "phases_always_3", phases_always_3),
  STATION (PHAETON_SIM_BOOL, "ocpp_connected", ocpp_connected),
  STATION (PHAETON_SIM_DOUBLE, "power_factor", power_factor, 0.5, 1),
  STATION (PHAETON_SIM_DOUBLE, "voltage_drop_v_per_a", voltage_drop_v_per_a, 0, 2),
  STATION (PHAETON_SIM_BOOL, "scn", scn.enabled),
  STATION (PHAETON_SIM_DOUBLE, "scn_safe_a", scn.safe_a, 0, 80),
  { NULL },
};

const PhaetonSimParam phaeton_sim_server_params[] = {
  SERVER (clients, 0, 16),
  SERVER (idle_ms, 100, 3600000),
  SERVER (delay_min_ms, 0, 60000),
  SERVER (delay_max_ms, 0, 60000),
  SERVER (boot_ms, 0, 600000),
  SERVER (unknown_unit, 0, 11),
  { NULL },
};

const PhaetonSimParam phaeton_sim_house_params[] = {
  HOUSE (PHAETON_SIM_AUTO, "load_w", forced_load_w, 0, 1e5),
  HOUSE (PHAETON_SIM_AUTO, "pv_w", forced_pv_w, 0, 1e5),
  HOUSE (PHAETON_SIM_DOUBLE, "extra_l1_w", extra_load_w[0], -1e5, 1e5),
  HOUSE (PHAETON_SIM_DOUBLE, "extra_l2_w", extra_load_w[1], -1e5, 1e5),
  HOUSE (PHAETON_SIM_DOUBLE, "extra_l3_w", extra_load_w[2], -1e5, 1e5),
  HOUSE (PHAETON_SIM_DOUBLE, "base_load_w", base_load_w, 0, 1e5),
  HOUSE (PHAETON_SIM_BOOL, "appliances", has_appliances),
  HOUSE (PHAETON_SIM_DOUBLE, "pv_peak_w", pv_peak_w, 0, 1e5),
  HOUSE (PHAETON_SIM_INT, "pv_phases", pv_phases, 1, 3),
  HOUSE (PHAETON_SIM_CHOICE, "pv_position", pv_position, 0, 0, "grid|output|dc"),
  HOUSE (PHAETON_SIM_DOUBLE, "latitude_deg", latitude_deg, -66, 66),
  HOUSE (PHAETON_SIM_DOUBLE, "longitude_deg", longitude_deg, -180, 180),
  HOUSE (PHAETON_SIM_DOUBLE, "feed_in_limit_w", feed_in_limit_w, -1, 1e5),
  HOUSE (PHAETON_SIM_DOUBLE, "grid_setpoint_w", grid_setpoint_w, -1e5, 1e5),
  HOUSE (PHAETON_SIM_BOOL, "grid_meter", has_grid_meter),
  HOUSE (PHAETON_SIM_BOOL, "battery", battery.present),
  HOUSE (PHAETON_SIM_DOUBLE, "battery_wh", battery.capacity_wh, 100, 1e6),
  HOUSE (PHAETON_SIM_DOUBLE, "battery_soc_percent", battery.soc_percent, 0, 100),
  HOUSE (PHAETON_SIM_DOUBLE, "battery_min_soc_percent", battery.min_soc_percent, 0, 100),
  HOUSE (PHAETON_SIM_DOUBLE, "battery_max_charge_w", battery.max_charge_w, 0, 1e5),
  HOUSE (PHAETON_SIM_DOUBLE, "battery_max_discharge_w", battery.max_discharge_w, 0, 1e5),
  HOUSE (PHAETON_SIM_DOUBLE, "battery_efficiency", battery.efficiency, 0.1, 1),
  HOUSE (PHAETON_SIM_MS, "battery_lag_ms", battery.lag_ms, 0, 60000),
  { NULL },
};

const PhaetonSimParam *
phaeton_sim_param_find (const PhaetonSimParam *table, const char *name)
{
  for (const PhaetonSimParam *it = table; it->name != NULL; it++)
    if (strcmp (it->name, name) == 0)
      return it;
  return NULL;
}

static gboolean
parse_bool (const char *text, gboolean *value)
{
  *value = strcmp (text, "1") == 0 || strcmp (text, "on") == 0 || strcmp (text, "true") == 0;
  return *value || strcmp (text, "0") == 0 || strcmp (text, "off") == 0 ||
         strcmp (text, "false") == 0;
}

static gboolean
parse_number (const PhaetonSimParam *self, const char *text, double *value)
{
  char *end = NULL;

  *value = g_ascii_strtod (text, &end);
  return end != text && *end == '\0' && *value >= self->minimum && *value <= self->maximum;
}

static gboolean
set_number (const PhaetonSimParam *self, gpointer place, const char *text)
{
  double value;

  if (self->type == PHAETON_SIM_AUTO && strcmp (text, "auto") == 0) {
    *(double *) place = NAN;
    return TRUE;
  }
  if (!parse_number (self, text, &value))
    return FALSE;
  if (self->type == PHAETON_SIM_DOUBLE || self->type == PHAETON_SIM_AUTO) {
    *(double *) place = value;
    return TRUE;
  }
  if (floor (value) < value)
    return FALSE;
  if (self->type == PHAETON_SIM_MS)
    *(gint64 *) place = value;
  else
    *(int *) place = value;
  return TRUE;
}

static gboolean
set_choice (const PhaetonSimParam *self, gpointer place, const char *text)
{
  g_auto (GStrv) choices = g_strsplit (self->choices, "|", -1);

  for (int i = 0; choices[i] != NULL; i++)
    if (strcmp (choices[i], text) == 0) {
      *(int *) place = i;
      return TRUE;
    }
  return FALSE;
}

static gboolean
set_text (const PhaetonSimParam *self, char *place, const char *text)
{
  if (strlen (text) + 1 > (gsize) self->maximum)
    return FALSE;
  for (const char *it = text; *it != '\0'; it++)
    if (!g_ascii_isprint (*it))
      return FALSE;
  strcpy (place, text); /* length checked above */
  return TRUE;
}

/* "231": its L1, L2, L3 lie on the grid's L2, L3, L1 */
static gboolean
set_phases (guint8 *place, const char *text)
{
  int seen = 0;

  if (strlen (text) != PHAETON_PHASES)
    return FALSE;
  for (int i = 0; i < PHAETON_PHASES; i++)
    seen |= text[i] >= '1' && text[i] <= '3' ? 1 << (text[i] - '1') : 0;
  if (seen != 7)
    return FALSE;
  for (int i = 0; i < PHAETON_PHASES; i++)
    place[i] = text[i] - '1';
  return TRUE;
}

static char *
describe_range (const PhaetonSimParam *self)
{
  switch (self->type) {
  case PHAETON_SIM_BOOL:
    return g_strdup ("0 or 1");
  case PHAETON_SIM_CHOICE:
    return g_strdup (self->choices);
  case PHAETON_SIM_TEXT:
    return g_strdup_printf ("up to %d printable characters", (int) self->maximum - 1);
  case PHAETON_SIM_PHASES:
    return g_strdup ("an order of 1, 2 and 3, such as 231");
  default:
    return g_strdup_printf (
      "%s from %g to %g%s",
      self->type == PHAETON_SIM_INT || self->type == PHAETON_SIM_MS ? "a whole number" : "a number",
      self->minimum, self->maximum, self->type == PHAETON_SIM_AUTO ? ", or auto" : "");
  }
}

gboolean
phaeton_sim_param_set (const PhaetonSimParam *self, gpointer base, const char *value,
                       GError **error)
{
  gpointer place = G_STRUCT_MEMBER_P (base, self->offset);
  g_autofree char *range = NULL;
  gboolean is_ok, flag;

  switch (self->type) {
  case PHAETON_SIM_BOOL:
    is_ok = parse_bool (value, &flag);
    if (is_ok)
      *(gboolean *) place = flag;
    break;
  case PHAETON_SIM_CHOICE:
    is_ok = set_choice (self, place, value);
    break;
  case PHAETON_SIM_TEXT:
    is_ok = set_text (self, place, value);
    break;
  case PHAETON_SIM_PHASES:
    is_ok = set_phases (place, value);
    break;
  default:
    is_ok = set_number (self, place, value);
    break;
  }
  if (is_ok)
    return TRUE;
  range = describe_range (self);
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_RANGE, "%s: must be %s", self->name, range);
  return FALSE;
}

static void
add_value (const PhaetonSimParam *self, gconstpointer place, JsonBuilder *builder)
{
  g_auto (GStrv) choices = NULL;
  const guint8 *phases = place;
  char text[PHAETON_PHASES + 1];

  switch (self->type) {
  case PHAETON_SIM_BOOL:
    json_builder_add_boolean_value (builder, *(const gboolean *) place);
    break;
  case PHAETON_SIM_INT:
    json_builder_add_int_value (builder, *(const int *) place);
    break;
  case PHAETON_SIM_MS:
    json_builder_add_int_value (builder, *(const gint64 *) place);
    break;
  case PHAETON_SIM_CHOICE:
    choices = g_strsplit (self->choices, "|", -1);
    json_builder_add_string_value (builder, choices[*(const int *) place]);
    break;
  case PHAETON_SIM_TEXT:
    json_builder_add_string_value (builder, place);
    break;
  case PHAETON_SIM_PHASES:
    for (int i = 0; i < PHAETON_PHASES; i++)
      text[i] = '1' + phases[i];
    text[PHAETON_PHASES] = '\0';
    json_builder_add_string_value (builder, text);
    break;
  default:
    if (isnan (*(const double *) place))
      json_builder_add_null_value (builder);
    else
      json_builder_add_double_value (builder, *(const double *) place);
    break;
  }
}

void
phaeton_sim_param_add_json (const PhaetonSimParam *table, gconstpointer base, JsonBuilder *builder)
{
  for (const PhaetonSimParam *it = table; it->name != NULL; it++) {
    json_builder_set_member_name (builder, it->name);
    add_value (it, (const guint8 *) base + it->offset, builder);
  }
}

void
phaeton_sim_param_add_names (const PhaetonSimParam *table, GString *names)
{
  for (const PhaetonSimParam *it = table; it->name != NULL; it++)
    g_string_append_printf (names, "%s%s", names->len > 0 ? " " : "", it->name);
}
