/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-sim"
#include "config.h"

#include "phaeton-sim-victron.h"

#include "phaeton-error.h"
#include "phaeton-sim-settings.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define PERIOD_MS 1000
#define PERIOD_REAL_MS 50 /* at least, at any rate of the clock */
#define DELAY_MAX_MS 600000
#define STATE_MARGIN_W 30.0 /* the battery is idle within it */

enum { SOURCE_GRID = 1, BATTERY_IDLE = 0, BATTERY_CHARGING = 1, BATTERY_DISCHARGING = 2 };

struct _PhaetonSimVictron {
  PhaetonSimWorld *world;
  PhaetonSimItems *system;      /* (owned) */
  PhaetonSimItems *grid;        /* (owned) */
  PhaetonSimSettings *settings; /* (owned) */
  guint timer_id;
};

/* settings that every GX has, with the plant's view of them where it has one */
typedef struct {
  const char *path;
  char type; /* i, d or s */
  double standard, minimum, maximum;
  const char *text;
  gsize plant_offset; /* of a double in PhaetonSimHouse; 0: none */
} Standard;

static const Standard standards[] = {
  { "/Settings/CGwacs/AcPowerSetPoint", 'd', 50, 0, 0, NULL,
    G_STRUCT_OFFSET (PhaetonSimHouse, grid_setpoint_w) },
  { "/Settings/CGwacs/BatteryLife/MinimumSocLimit", 'd', 10, 0, 100, NULL,
    G_STRUCT_OFFSET (PhaetonSimHouse, battery.min_soc_percent) },
  { "/Settings/CGwacs/MaxFeedInPower", 'd', -1, 0, 0, NULL,
    G_STRUCT_OFFSET (PhaetonSimHouse, feed_in_limit_w) },
  { "/Settings/CGwacs/BatteryLife/SocLimit", 'd', 10, 0, 100, NULL, 0 },
  { "/Settings/CGwacs/BatteryLife/State", 'i', 10, 0, 12, NULL, 0 },
  { "/Settings/CGwacs/Hub4Mode", 'i', 1, 0, 0, NULL, 0 },
  { "/Settings/CGwacs/AcInputLimit", 'd', -1, 0, 0, NULL, 0 },
  { "/Settings/CGwacs/AcExportLimit", 'd', -1, 0, 0, NULL, 0 },
  { "/Settings/CGwacs/AlwaysPeakShave", 'i', 0, 0, 1, NULL, 0 },
  { "/Settings/CGwacs/MaxDischargePower", 'd', -1, 0, 0, NULL, 0 },
  { "/Settings/CGwacs/MaxChargePower", 'd', -1, 0, 0, NULL, 0 },
  { "/Settings/CGwacs/PreventFeedback", 'i', 0, 0, 1, NULL, 0 },
  { "/Settings/CGwacs/OvervoltageFeedIn", 'i', 0, 0, 1, NULL, 0 },
  { "/Settings/CGwacs/RunWithoutGridMeter", 'i', 0, 0, 1, NULL, 0 },
  { "/Settings/CGwacs/BatteryUse", 'i', 0, 0, 1, NULL, 0 },
  { "/Settings/SystemSetup/AcInput1", 'i', 1, 0, 3, NULL, 0 },
  { "/Settings/SystemSetup/AcInput2", 'i', 0, 0, 3, NULL, 0 },
  { "/Settings/SystemSetup/MaxChargeCurrent", 'd', -1, -1, 10000, NULL, 0 },
  { "/Settings/DynamicEss/Mode", 'i', 0, 0, 4, NULL, 0 },
  { "/Settings/System/TimeZone", 's', 0, 0, 0, "Europe/Berlin", 0 },
};

static GVariant *
new_value (char type, double number, const char *text)
{
  if (type == 's')
    return g_variant_new_string (text);
  return type == 'i' ? g_variant_new_int32 (number) : g_variant_new_double (number);
}

static void
changed_cb (const char *path, GVariant *value, gpointer user_data)
{
  PhaetonSimVictron *self = user_data;

  for (guint i = 0; i < G_N_ELEMENTS (standards); i++)
    if (standards[i].plant_offset != 0 && strcmp (standards[i].path, path) == 0) {
      phaeton_sim_world_catch_up (self->world);
      G_STRUCT_MEMBER (double, &self->world->home->house, standards[i].plant_offset) =
        g_variant_get_double (value);
    }
}

/* the settings begin as the plant is */
static void
add_settings (PhaetonSimVictron *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (standards); i++) {
    const Standard *it = &standards[i];
    const double number = it->plant_offset != 0
                            ? G_STRUCT_MEMBER (double, &self->world->home->house, it->plant_offset)
                            : it->standard;
    g_autoptr (GVariant) minimum = NULL;
    g_autoptr (GVariant) maximum = NULL;

    if (it->type != 's') {
      minimum = g_variant_ref_sink (new_value (it->type, it->minimum, NULL));
      maximum = g_variant_ref_sink (new_value (it->type, it->maximum, NULL));
    }
    phaeton_sim_settings_add (self->settings, it->path, new_value (it->type, number, it->text),
                              minimum, maximum, FALSE);
  }
}

/* a measured value, rounded to @step; NaN is unknown */
static void
put (PhaetonSimItems *items, const char *path, double value, double step, const char *unit)
{
  phaeton_sim_items_set (items, path,
                         isnan (value) ? NULL : g_variant_new_double (rint (value / step) * step),
                         PHAETON_SIM_SIGNAL_BATCH);
  phaeton_sim_items_set_unit (items, path, unit);
}

static void
put_phases (PhaetonSimItems *items, const char *format_before, const char *format_after,
            const double values[PHAETON_PHASES], double step, const char *unit)
{
  for (int i = 0; i < PHAETON_PHASES; i++) {
    g_autofree char *path = g_strdup_printf ("%s%d%s", format_before, i + 1, format_after);

    put (items, path, values != NULL ? values[i] : NAN, step, unit);
  }
}

static void
put_int (PhaetonSimItems *items, const char *path, int value, PhaetonSimSignal signal)
{
  phaeton_sim_items_set (items, path, g_variant_new_int32 (value), signal);
}

static void
put_text (PhaetonSimItems *items, const char *path, const char *text)
{
  phaeton_sim_items_set (items, path, g_variant_new_string (text), PHAETON_SIM_SIGNAL_SINGLE);
}

static void
add_identity (PhaetonSimItems *items, const char *product, int product_id, int instance)
{
  put_text (items, "/Mgmt/ProcessName", "phaeton-sim");
  put_text (items, "/Mgmt/ProcessVersion", PHAETON_VERSION);
  put_text (items, "/Mgmt/Connection", "simulated");
  put_text (items, "/ProductName", product);
  put_int (items, "/ProductId", product_id, PHAETON_SIM_SIGNAL_SINGLE);
  put_int (items, "/DeviceInstance", instance, PHAETON_SIM_SIGNAL_SINGLE);
  put_int (items, "/Connected", 1, PHAETON_SIM_SIGNAL_SINGLE);
}

static void
update_battery (PhaetonSimItems *items, const PhaetonSimBattery *battery)
{
  const double power_w = battery->present ? battery->power_w : NAN;
  const int state = power_w > STATE_MARGIN_W    ? BATTERY_CHARGING
                    : power_w < -STATE_MARGIN_W ? BATTERY_DISCHARGING
                                                : BATTERY_IDLE;
  const double voltage_v = 48.0 + 0.06 * battery->soc_percent;

  put (items, "/Dc/Battery/Power", power_w, 1.0, "W");
  put (items, "/Dc/Battery/Voltage", battery->present ? voltage_v : NAN, 0.01, "V");
  put (items, "/Dc/Battery/Current", power_w / voltage_v, 0.1, "A");
  put (items, "/Dc/Battery/Soc", battery->present ? battery->soc_percent : NAN, 0.1, "%");
  phaeton_sim_items_set (items, "/Dc/Battery/State",
                         battery->present ? g_variant_new_int32 (state) : NULL,
                         PHAETON_SIM_SIGNAL_BATCH);
  /* not one of the summed measurements: announced alone */
  phaeton_sim_items_set (items, "/Control/ActiveSocLimit",
                         battery->present ? g_variant_new_double (battery->min_soc_percent) : NULL,
                         PHAETON_SIM_SIGNAL_SINGLE);
  phaeton_sim_items_set (items, "/SystemState/LowSoc",
                         battery->present
                           ? g_variant_new_int32 (battery->soc_percent <= battery->min_soc_percent)
                           : NULL,
                         PHAETON_SIM_SIGNAL_SINGLE);
  put_text (items, "/SystemType", battery->present ? "ESS" : "AC System");
}

static void
update_system (PhaetonSimVictron *self)
{
  const PhaetonSimHouse *house = &self->world->home->house;
  const double *grid_w = house->has_grid_meter ? house->grid_w : NULL;
  const double none[PHAETON_PHASES] = { 0.0, 0.0, 0.0 };
  double used_w[PHAETON_PHASES];

  for (int i = 0; i < PHAETON_PHASES; i++)
    used_w[i] = MAX (house->grid_w[i] + house->pv_w[i] -
                       (house->battery.present ? house->battery.power_w / PHAETON_PHASES : 0.0),
                     0.0);
  put_phases (self->system, "/Ac/Grid/L", "/Power", grid_w, 1.0, "W");
  put_phases (self->system, "/Ac/Grid/L", "/Current", house->has_grid_meter ? house->grid_a : NULL,
              0.1, "A");
  phaeton_sim_items_set (self->system, "/Ac/Grid/NumberOfPhases",
                         house->has_grid_meter ? g_variant_new_int32 (PHAETON_PHASES) : NULL,
                         PHAETON_SIM_SIGNAL_BATCH);
  put_phases (self->system, "/Ac/PvOnGrid/L", "/Power",
              house->pv_position == PHAETON_SIM_PV_ON_GRID ? house->pv_w : NULL, 1.0, "W");
  put_phases (self->system, "/Ac/PvOnOutput/L", "/Power",
              house->pv_position == PHAETON_SIM_PV_ON_OUTPUT ? house->pv_w : NULL, 1.0, "W");
  put_phases (self->system, "/Ac/PvOnGenset/L", "/Power", NULL, 1.0, "W");
  put_phases (self->system, "/Ac/Genset/L", "/Power", NULL, 1.0, "W");
  put (self->system, "/Dc/Pv/Power",
       house->pv_position == PHAETON_SIM_PV_DC ? phaeton_sim_sum (house->pv_w) : NAN, 1.0, "W");
  /* all loads are on the input side; without a meter there nobody sees them */
  put_phases (self->system, "/Ac/Consumption/L", "/Power", grid_w != NULL ? used_w : none, 1.0,
              "W");
  put_phases (self->system, "/Ac/ConsumptionOnInput/L", "/Power", grid_w != NULL ? used_w : none,
              1.0, "W");
  put_phases (self->system, "/Ac/ConsumptionOnOutput/L", "/Power", NULL, 1.0, "W");
  put_int (self->system, "/Ac/Consumption/NumberOfPhases", PHAETON_PHASES,
           PHAETON_SIM_SIGNAL_BATCH);
  put_int (self->system, "/Ac/ActiveIn/Source", SOURCE_GRID, PHAETON_SIM_SIGNAL_BATCH);
  update_battery (self->system, &house->battery);
  phaeton_sim_items_flush (self->system);
}

static void
update_grid (PhaetonSimVictron *self)
{
  const PhaetonSimHouse *house = &self->world->home->house;

  put_phases (self->grid, "/Ac/L", "/Power", house->grid_w, 1.0, "W");
  put_phases (self->grid, "/Ac/L", "/Current", house->grid_a, 0.01, "A");
  put_phases (self->grid, "/Ac/L", "/Voltage", house->voltage_v, 0.1, "V");
  put (self->grid, "/Ac/Power", phaeton_sim_sum (house->grid_w), 1.0, "W");
  put (self->grid, "/Ac/Energy/Forward", house->import_wh / 1000.0, 0.01, "kWh");
  put (self->grid, "/Ac/Energy/Reverse", house->export_wh / 1000.0, 0.01, "kWh");
  phaeton_sim_items_flush (self->grid);
}

static gboolean
update_cb (gpointer user_data)
{
  PhaetonSimVictron *self = user_data;

  phaeton_sim_world_catch_up (self->world);
  update_system (self);
  update_grid (self);
  return G_SOURCE_CONTINUE;
}

PhaetonSimVictron *
phaeton_sim_victron_new (PhaetonSimWorld *world, GError **error)
{
  PhaetonSimVictron *self = g_new0 (PhaetonSimVictron, 1);
  const gint64 period_ms =
    MAX (PERIOD_MS, (gint64) (PERIOD_REAL_MS * phaeton_clock_get_rate (world->clock)));

  self->world = world;
  self->system = phaeton_sim_items_new ("com.victronenergy.system", NULL, self);
  self->grid = phaeton_sim_items_new ("com.victronenergy.grid.sim", NULL, self);
  self->settings = phaeton_sim_settings_new (changed_cb, self);
  phaeton_sim_home_step (world->home, 1); /* so that there is something to see */
  add_identity (self->system, "GX device", 0xC00A, 0);
  put_text (self->system, "/Serial", "d41243d4f0de");
  put_int (self->system, "/DynamicEss/Active", 0, PHAETON_SIM_SIGNAL_SINGLE);
  add_identity (self->grid, "Grid meter", 0xB002, 30);
  put_text (self->grid, "/Serial", "SIM0001");
  add_settings (self);
  update_cb (self);
  if (!phaeton_sim_items_connect (phaeton_sim_settings_get_items (self->settings), error) ||
      !phaeton_sim_items_connect (self->grid, error) ||
      !phaeton_sim_items_connect (self->system, error)) {
    g_prefix_error (error, "Victron system: ");
    phaeton_sim_victron_free (self);
    return NULL;
  }
  self->timer_id = phaeton_clock_add_timer (world->clock, period_ms, update_cb, self);
  return self;
}

void
phaeton_sim_victron_free (PhaetonSimVictron *self)
{
  if (self->timer_id != 0)
    phaeton_clock_remove_timer (self->world->clock, self->timer_id);
  phaeton_sim_items_free (self->system);
  phaeton_sim_items_free (self->grid);
  phaeton_sim_settings_free (self->settings);
  g_free (self);
}

/* a word as the value of @path: its present type where it has one */
static GVariant *
parse_value (PhaetonSimItems *items, const char *path, const char *word)
{
  GVariant *present = phaeton_sim_items_get (items, path);
  const gboolean is_double =
    present != NULL && g_variant_is_of_type (present, G_VARIANT_TYPE_DOUBLE);
  char *end = NULL;
  const double number = g_ascii_strtod (word, &end);

  if (strcmp (word, "invalid") == 0)
    return NULL;
  if (end == word || *end != '\0' || !isfinite (number))
    return g_variant_new_string (word);
  if (is_double || strchr (word, '.') != NULL || fabs (number) > G_MAXINT32)
    return g_variant_new_double (number);
  return g_variant_new_int32 (number);
}

static gboolean
set_path (PhaetonSimVictron *self, PhaetonSimItems *items, const char *path, const char *word,
          GError **error)
{
  g_autoptr (GVariant) value = NULL;

  if (!g_variant_is_object_path (path) || phaeton_sim_items_is_group (items, path)) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_RANGE, "%s: not the path of an item", path);
    return FALSE;
  }
  if (strcmp (word, "auto") == 0) {
    phaeton_sim_items_release (items, path);
    return TRUE;
  }
  value = parse_value (items, path, word);
  if (value != NULL)
    g_variant_ref_sink (value);
  if (items != phaeton_sim_settings_get_items (self->settings)) {
    phaeton_sim_items_force (items, path, value);
    return TRUE;
  }
  if (value != NULL && phaeton_sim_settings_write (self->settings, path, value) == 0)
    return TRUE;
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_RANGE, "%s: refused by the settings", path);
  return FALSE;
}

static gboolean
run_verb (PhaetonSimItems *items, const char *verb, const char *argument, GError **error)
{
  gint64 number = 0;

  if (strcmp (verb, "silent") == 0)
    phaeton_sim_items_set_silent (items, TRUE);
  else if (strcmp (verb, "speak") == 0)
    phaeton_sim_items_set_silent (items, FALSE);
  else if (strcmp (verb, "drop") == 0)
    phaeton_sim_items_drop (items);
  else if (strcmp (verb, "return") == 0)
    return phaeton_sim_items_connect (items, error);
  else if (argument == NULL) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_UNKNOWN,
                 "%s: must be silent, speak, drop, return, delay MS, ints 0|1 or PATH VALUE", verb);
    return FALSE;
  } else if (!g_ascii_string_to_signed (argument, 10, 0, DELAY_MAX_MS, &number, error))
    return FALSE;
  else if (strcmp (verb, "delay") == 0)
    phaeton_sim_items_set_delay (items, number);
  else if (strcmp (verb, "ints") == 0)
    phaeton_sim_items_set_ints (items, number != 0);
  else {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_UNKNOWN, "%s: must be delay or ints", verb);
    return FALSE;
  }
  return TRUE;
}

gboolean
phaeton_sim_victron_command (PhaetonSimVictron *self, char **words, GError **error)
{
  PhaetonSimItems *items = self->system;

  if (strcmp (words[0], "system") == 0 || strcmp (words[0], "grid") == 0 ||
      strcmp (words[0], "settings") == 0) {
    if (strcmp (words[0], "grid") == 0)
      items = self->grid;
    if (strcmp (words[0], "settings") == 0)
      items = phaeton_sim_settings_get_items (self->settings);
    words++;
  }
  if (words[0] == NULL) {
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_UNKNOWN, "what shall it do?");
    return FALSE;
  }
  if (words[0][0] == '/' && words[1] != NULL)
    return set_path (self, items, words[0], words[1], error);
  return run_verb (items, words[0], words[1], error);
}
