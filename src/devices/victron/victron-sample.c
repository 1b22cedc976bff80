/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "victron-sample.h"

#include <math.h>
#include <string.h>

#define MAX_NUMBER 1e8              /* W, A or V of a home: anything larger is broken */
#define SOURCE_NOT_CONNECTED 240    /* /Ac/ActiveIn/Source: inverting, off-grid */
#define BATTERY_LIFE_MAX_LIMIT 80.0 /* above it BatteryLife never raises its own limit */

static gboolean
get (VictronValues *values, VictronKind kind, const char *path, double *number, gint64 *at_ms)
{
  return victron_values_get (values, kind, path, number, at_ms) && fabs (*number) < MAX_NUMBER;
}

static void
read_int (VictronValues *values, VictronKind kind, const char *path, double scale,
          PhaetonReading *reading)
{
  double number;

  reading->known = get (values, kind, path, &number, &reading->at_ms);
  if (reading->known)
    reading->value = (int) CLAMP (round (number * scale), -2e9, 2e9);
}

static void
read_double (VictronValues *values, VictronKind kind, const char *path, PhaetonReadingD *reading)
{
  reading->known = get (values, kind, path, &reading->value, &reading->at_ms);
}

/* a limit that is off is negative */
static void
read_limit (VictronValues *values, VictronKind kind, const char *path, double scale,
            PhaetonReading *reading)
{
  read_int (values, kind, path, scale, reading);
  if (reading->value < 0)
    reading->known = FALSE;
}

/* L1 to L3 of @format; known when some are and none of the first @n_phases is missing */
static void
read_sum (VictronValues *values, const char *before, const char *after, int n_phases,
          PhaetonReading *sum)
{
  *sum = (PhaetonReading){ .known = TRUE };
  for (int i = 0, n_known = 0; i < PHAETON_PHASES; i++) {
    char path[64];
    PhaetonReading phase;

    g_snprintf (path, sizeof path, "%s/L%d%s", before, i + 1, after);
    read_int (values, VICTRON_SYSTEM, path, 1, &phase);
    n_known += phase.known;
    if (phase.known) {
      sum->value += CLAMP (phase.value, -100000000, 100000000);
      sum->at_ms = phase.at_ms;
    } else if (i < n_phases) {
      sum->known = FALSE;
    }
    if (i == PHAETON_PHASES - 1 && n_known == 0)
      sum->known = FALSE;
  }
}

static void
read_grid_phase (VictronValues *values, int phase, PhaetonHomeSample *sample)
{
  PhaetonReading *power = &sample->grid_power_w[phase];
  PhaetonReading *current = &sample->grid_current_mA[phase];
  PhaetonReadingD *voltage = &sample->grid_voltage_v[phase];
  char path[64];

  g_snprintf (path, sizeof path, "/Ac/Grid/L%d/Power", phase + 1);
  read_int (values, VICTRON_SYSTEM, path, 1, power);
  g_snprintf (path, sizeof path, "/Ac/L%d/Voltage", phase + 1);
  read_double (values, VICTRON_GRID, path, voltage);
  if (!voltage->known) {
    g_snprintf (path, sizeof path, "/Ac/ActiveIn/L%d/V", phase + 1);
    read_double (values, VICTRON_VEBUS, path, voltage);
  }
  g_snprintf (path, sizeof path, "/Ac/Grid/L%d/Current", phase + 1);
  read_int (values, VICTRON_SYSTEM, path, 1000, current);
  if (!power->known) {
    current->known = FALSE; /* its sign depends on the meter: of no use alone */
    return;
  }
  if (!current->known && voltage->known && voltage->value > 50) {
    current->known = TRUE;
    current->at_ms = power->at_ms;
    current->value = (int) CLAMP (power->value * 1000.0 / voltage->value, -2e9, 2e9);
  }
  current->value = power->value < 0 ? -ABS (current->value) : ABS (current->value);
}

static int
get_n_phases (VictronValues *values, const char *path)
{
  PhaetonReading n_phases;

  read_int (values, VICTRON_SYSTEM, path, 1, &n_phases);
  return n_phases.known ? CLAMP (n_phases.value, 0, PHAETON_PHASES) : 1;
}

static void
read_powers (VictronValues *values, PhaetonHomeSample *sample)
{
  read_int (values, VICTRON_SYSTEM, "/Ac/Grid/NumberOfPhases", 1, &sample->grid_phases);
  for (int i = 0; i < PHAETON_PHASES; i++)
    read_grid_phase (values, i, sample);
  read_sum (values, "/Ac/Genset", "/Power", 0, &sample->genset_power_w);
  read_sum (values, "/Ac/PvOnGrid", "/Power", 0, &sample->pv_on_grid_power_w);
  read_sum (values, "/Ac/PvOnOutput", "/Power", 0, &sample->pv_on_output_power_w);
  read_sum (values, "/Ac/PvOnGenset", "/Power", 0, &sample->pv_on_genset_power_w);
  read_sum (values, "/Ac/Consumption", "/Power",
            get_n_phases (values, "/Ac/Consumption/NumberOfPhases"), &sample->consumption_power_w);
  read_int (values, VICTRON_SYSTEM, "/Dc/Pv/Power", 1, &sample->pv_dc_power_w);
  read_int (values, VICTRON_SYSTEM, "/Dc/Battery/Power", 1, &sample->battery_power_w);
  read_double (values, VICTRON_SYSTEM, "/Dc/Battery/Soc", &sample->battery_soc_percent);
}

/* BatteryLife's floating limit holds only while BatteryLife is on */
static void
read_battery_life (VictronValues *values, PhaetonReadingD *limit)
{
  PhaetonReading state;
  PhaetonReadingD floating;

  read_int (values, VICTRON_SETTINGS, "/Settings/CGwacs/BatteryLife/State", 1, &state);
  read_double (values, VICTRON_SETTINGS, "/Settings/CGwacs/BatteryLife/MinimumSocLimit", limit);
  read_double (values, VICTRON_SETTINGS, "/Settings/CGwacs/BatteryLife/SocLimit", &floating);
  if (!state.known || !limit->known) {
    limit->known = FALSE;
  } else if (state.value >= 1 && state.value <= 8) {
    if (floating.known)
      limit->value =
        MAX (limit->value, MIN (floating.value, MAX (limit->value, BATTERY_LIFE_MAX_LIMIT)));
  } else {
    limit->known = state.value >= 10 && state.value <= 12;
  }
}

/* what the system uses now, else the settings of the inverter that has an ESS of its own, else
 * those of the ESS assistant */
static void
read_min_soc (VictronValues *values, PhaetonReadingD *limit)
{
  read_double (values, VICTRON_SYSTEM, "/Control/ActiveSocLimit", limit);
  if (!limit->known)
    read_double (values, VICTRON_ACSYSTEM, "/Settings/Ess/MinimumSocLimit", limit);
  if (!limit->known)
    read_double (values, VICTRON_MULTI, "/Settings/Ess/MinimumSocLimit", limit);
  if (!limit->known)
    read_battery_life (values, limit);
  if (limit->known && !(limit->value >= 0 && limit->value <= 100))
    limit->known = FALSE;
}

static void
read_inverter_limit (VictronValues *values, PhaetonReading *limit)
{
  PhaetonReading input;

  read_int (values, VICTRON_VEBUS, "/Ac/ActiveIn/ActiveInput", 1, &input);
  read_limit (values, VICTRON_VEBUS,
              input.known && input.value == 1 ? "/Ac/In/2/CurrentLimit" : "/Ac/In/1/CurrentLimit",
              1000, limit);
  if (!limit->known)
    read_limit (values, VICTRON_ACSYSTEM, "/Ac/In/1/CurrentLimit", 1000, limit);
  if (!limit->known)
    read_limit (values, VICTRON_MULTI, "/Ac/In/1/CurrentLimit", 1000, limit);
}

/* fed in nothing: a limit of 0, or neither kind of PV may */
static void
read_export_limit (VictronValues *values, PhaetonReading *limit)
{
  PhaetonReading prevent, overvoltage;

  read_limit (values, VICTRON_SETTINGS, "/Settings/CGwacs/MaxFeedInPower", 1, limit);
  if (limit->known)
    return;
  read_int (values, VICTRON_SETTINGS, "/Settings/CGwacs/PreventFeedback", 1, &prevent);
  read_int (values, VICTRON_SETTINGS, "/Settings/CGwacs/OvervoltageFeedIn", 1, &overvoltage);
  if (prevent.known && prevent.value == 1 && (!overvoltage.known || overvoltage.value == 0))
    *limit = (PhaetonReading){ TRUE, prevent.at_ms, 0 };
}

static void
read_flags (VictronValues *values, PhaetonHomeSample *sample)
{
  PhaetonReading without_meter;

  read_int (values, VICTRON_HUB4, "/PvPowerLimiterActive", 1, &sample->pv_curtailed);
  read_int (values, VICTRON_SYSTEM, "/Ac/ActiveIn/Source", 1, &sample->off_grid);
  sample->off_grid.value = sample->off_grid.value == SOURCE_NOT_CONNECTED;
  read_int (values, VICTRON_SETTINGS, "/Settings/CGwacs/RunWithoutGridMeter", 1, &without_meter);
  sample->has_grid_meter = sample->grid_power_w[0];
  sample->has_grid_meter.value = victron_values_has_kind (values, VICTRON_GRID) &&
                                 !(without_meter.known && without_meter.value == 1);
}

void
victron_sample_make (VictronValues *values, PhaetonHomeSample *sample)
{
  memset (sample, 0, sizeof *sample);
  read_powers (values, sample);
  read_min_soc (values, &sample->min_soc_percent);
  read_int (values, VICTRON_SETTINGS, "/Settings/CGwacs/AcPowerSetPoint", 1,
            &sample->grid_setpoint_w);
  read_limit (values, VICTRON_SETTINGS, "/Settings/CGwacs/AcInputLimit", 1000,
              &sample->input_limit_mA);
  read_inverter_limit (values, &sample->inverter_limit_mA);
  read_export_limit (values, &sample->export_limit_w);
  read_flags (values, sample);
  sample->changed_at_ms = victron_values_get_changed_ms (values);
}
