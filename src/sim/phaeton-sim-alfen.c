/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-sim-alfen.h"

#include <math.h>
#include <string.h>

/* The five tables of the document. Each is filled in the order of its registers by an appender, so
 * that a forgotten line shifts the table and the test of its size fails. */

#define IDENTITY_START 100
#define IDENTITY_WORDS 79
#define STATION_START 1100
#define STATION_WORDS 6
#define SCN_START 1400
#define SCN_WORDS 32
#define METER_START 300
#define METER_WORDS 126
#define SOCKET_START 1200
#define SOCKET_WORDS 16
#define TABLE_MAX_WORDS 126

#define SETPOINT_ADDRESS 1210
#define PHASES_ADDRESS 1215
#define SCN_SETPOINT_ADDRESS 1417

#define METER_INITIALISED 0x01
#define METER_UPDATED 0x02
#define METER_ERROR 0x08
#define METER_TYPE_RTU 0

typedef struct {
  guint n;
  guint16 words[TABLE_MAX_WORDS];
} Table;

static void
add_u16 (Table *table, guint16 value)
{
  g_assert (table->n < TABLE_MAX_WORDS);
  table->words[table->n++] = value;
}

static void
add_u32 (Table *table, guint32 value)
{
  add_u16 (table, value >> 16);
  add_u16 (table, value & 0xffff);
}

static void
add_u64 (Table *table, guint64 value)
{
  add_u32 (table, value >> 32);
  add_u32 (table, value & 0xffffffff);
}

/* what is not there is filled with ones, in every word */
static void
add_f32 (Table *table, double value)
{
  const float narrow = (float) value;
  guint32 bits = 0xffffffff;

  if (!isnan (value))
    memcpy (&bits, &narrow, sizeof bits);
  add_u32 (table, bits);
}

static void
add_f64 (Table *table, double value)
{
  guint64 bits = G_MAXUINT64;

  if (!isnan (value))
    memcpy (&bits, &value, sizeof bits);
  add_u64 (table, bits);
}

/* two characters a word, always with a zero at the end */
static void
add_string (Table *table, const char *text, guint words)
{
  const gsize length = MIN (strlen (text), 2 * words - 1);

  for (guint i = 0; i < words; i++) {
    const guint16 high = 2 * i < length ? (guint8) text[2 * i] : 0;
    const guint16 low = 2 * i + 1 < length ? (guint8) text[2 * i + 1] : 0;

    add_u16 (table, (guint16) (high << 8 | low));
  }
}

static void
fill_identity (Table *table, const PhaetonSimStation *self, gint64 wall_at)
{
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_utc (wall_at);

  add_string (table, self->name, 17);
  add_string (table, "Alfen NV", 5);
  add_u16 (table, 1); /* version of this map */
  add_string (table, self->firmware, 17);
  add_string (table, self->platform, 17);
  add_string (table, self->serial, 11);
  add_u16 (table, now != NULL ? g_date_time_get_year (now) : 0xffff);
  add_u16 (table, now != NULL ? g_date_time_get_month (now) : 0xffff);
  add_u16 (table, now != NULL ? g_date_time_get_day_of_month (now) : 0xffff);
  add_u16 (table, now != NULL ? g_date_time_get_hour (now) : 0xffff);
  add_u16 (table, now != NULL ? g_date_time_get_minute (now) : 0xffff);
  add_u16 (table, now != NULL ? g_date_time_get_second (now) : 0xffff);
  add_u64 (table, self->uptime_ms);
  add_u16 (table, 0); /* minutes east of UTC */
}

static void
fill_station (Table *table, const PhaetonSimStation *self, gint64 wall_at)
{
  add_f32 (table, self->max_a);
  add_f32 (table, self->temperature_c);
  add_u16 (table, self->ocpp_connected);
  add_u16 (table, self->n_sockets);
}

static double
get_total_current_a (const PhaetonSimStation *self, int phase)
{
  double total_a = 0.0;

  for (int i = 0; i < self->n_sockets; i++)
    total_a += self->sockets[i].truth.current_a[phase];
  return total_a;
}

static void
fill_scn (Table *table, const PhaetonSimStation *self, gint64 wall_at)
{
  const PhaetonSimScn *scn = &self->scn;

  add_string (table, "SCN", 4);
  add_u16 (table, self->n_sockets);
  for (int i = 0; i < PHAETON_PHASES; i++)
    add_f32 (table, get_total_current_a (self, i));
  for (int i = 0; i < PHAETON_PHASES; i++)
    add_f32 (table, MIN (self->max_a, scn->valid_ms[i] > 0 ? scn->setpoint_a[i] : scn->safe_a));
  for (int i = 0; i < PHAETON_PHASES; i++)
    add_f32 (table, scn->valid_ms[i] > 0 ? scn->setpoint_a[i] : scn->safe_a);
  for (int i = 0; i < PHAETON_PHASES; i++)
    add_u32 (table, (scn->valid_ms[i] + 999) / 1000);
  add_f32 (table, scn->safe_a);
  add_u16 (table, scn->enabled);
}

/* three values of a three-phase meter; one that measures one phase knows nothing of the others */
static void
add_phases_f32 (Table *table, const double values[PHAETON_PHASES], int measured)
{
  for (int i = 0; i < PHAETON_PHASES; i++)
    add_f32 (table, i < measured ? values[i] : NAN);
}

static void
add_energies (Table *table, const double values[PHAETON_PHASES], int measured, double unknown)
{
  for (int i = 0; i < PHAETON_PHASES; i++)
    add_f64 (table, i < measured ? values[i] + unknown : NAN);
  add_f64 (table, phaeton_sim_sum (values) + unknown);
}

static double
get_line_voltage_v (const PhaetonSimMeter *meter, int from, int to)
{
  const double a = meter->voltage_v[from], b = meter->voltage_v[to];

  return sqrt (a * a + b * b + a * b); /* 120 degrees apart */
}

static double
get_neutral_current_a (const PhaetonSimMeter *meter)
{
  const double *i = meter->current_a;

  return sqrt (
    MAX (i[0] * i[0] + i[1] * i[1] + i[2] * i[2] - i[0] * i[1] - i[1] * i[2] - i[2] * i[0], 0.0));
}

static double
get_power_factor (double power_w, double apparent_va)
{
  return apparent_va > 0.0 ? power_w / apparent_va : 1.0;
}

static void
fill_meter (Table *table, const PhaetonSimStation *self, const PhaetonSimSocket *socket)
{
  const PhaetonSimMeter *meter = &socket->shown;
  const gboolean is_bad =
    socket->meter_health != PHAETON_SIM_METER_OK || socket->fault == PHAETON_SIM_FAULT_METER;
  const double unknown = socket->meter_health == PHAETON_SIM_METER_NAN ? NAN : 0.0;
  const int measured = socket->meter_health == PHAETON_SIM_METER_NAN ? 0 : self->meter_phases;
  const double power_w = phaeton_sim_sum (meter->power_w);
  const double apparent_va = phaeton_sim_sum (meter->apparent_va);
  const double no_energy[PHAETON_PHASES] = { 0.0, 0.0, 0.0 };

  add_u16 (table, METER_INITIALISED | (is_bad ? METER_ERROR : METER_UPDATED));
  add_u64 (table, socket->meter_age_ms);
  add_u16 (table, METER_TYPE_RTU);
  add_phases_f32 (table, meter->voltage_v, measured);
  for (int i = 0; i < PHAETON_PHASES; i++)
    add_f32 (table, measured == PHAETON_PHASES
                      ? get_line_voltage_v (meter, i, (i + 1) % PHAETON_PHASES)
                      : NAN);
  add_f32 (table, get_neutral_current_a (meter) + unknown);
  add_phases_f32 (table, meter->current_a, measured);
  add_f32 (table, phaeton_sim_sum (meter->current_a) + unknown);
  for (int i = 0; i < PHAETON_PHASES; i++)
    add_f32 (table,
             i < measured ? get_power_factor (meter->power_w[i], meter->apparent_va[i]) : NAN);
  add_f32 (table, get_power_factor (power_w, apparent_va) + unknown);
  add_f32 (table, meter->frequency_hz + unknown);
  add_phases_f32 (table, meter->power_w, measured);
  add_f32 (table, power_w + unknown);
  add_phases_f32 (table, meter->apparent_va, measured);
  add_f32 (table, apparent_va + unknown);
  add_phases_f32 (table, meter->reactive_var, measured);
  add_f32 (table, phaeton_sim_sum (meter->reactive_var) + unknown);
  add_energies (table, meter->energy_wh, measured, unknown); /* delivered to the car */
  add_energies (table, no_energy, measured, unknown);        /* taken from the car */
  add_energies (table, meter->apparent_vah, measured, unknown);
  add_energies (table, meter->reactive_varh, measured, unknown);
}

static void
fill_socket (Table *table, const PhaetonSimStation *self, const PhaetonSimSocket *socket)
{
  const guint index = socket - self->sockets;

  add_u16 (table, socket->operative && socket->fault == PHAETON_SIM_FAULT_NONE);
  add_string (table, phaeton_pilot_to_string (phaeton_sim_station_get_pilot (self, index)), 5);
  add_f32 (table, socket->offered_a);
  add_u32 (table, (socket->valid_ms + 999) / 1000);
  add_f32 (table, phaeton_sim_station_get_setpoint_a (self, index));
  add_f32 (table, self->safe_configured ? self->safe_a : NAN);
  add_u16 (table, phaeton_sim_station_is_setpoint_in_force (self, index));
  add_u16 (table, self->phases_always_3 ? 3 : socket->phases_register);
}

static gboolean
lies_within (guint address, guint count, guint start, guint words)
{
  return address >= start && address + count <= start + words;
}

/* FALSE: no table of this unit has the whole range */
static gboolean
fill_table (Table *table, guint *start, const PhaetonSimStation *self, gint64 wall_at, guint8 unit,
            guint address, guint count)
{
  if (unit == PHAETON_SIM_ALFEN_STATION_UNIT) {
    if (lies_within (address, count, *start = IDENTITY_START, IDENTITY_WORDS))
      fill_identity (table, self, wall_at);
    else if (lies_within (address, count, *start = STATION_START, STATION_WORDS))
      fill_station (table, self, wall_at);
    else if (lies_within (address, count, *start = SCN_START, SCN_WORDS))
      fill_scn (table, self, wall_at);
  } else if (lies_within (address, count, *start = METER_START, METER_WORDS)) {
    fill_meter (table, self, &self->sockets[unit - 1]);
  } else if (lies_within (address, count, *start = SOCKET_START, SOCKET_WORDS)) {
    fill_socket (table, self, &self->sockets[unit - 1]);
  }
  return table->n > 0;
}

static gboolean
has_unit (const PhaetonSimStation *self, guint8 unit)
{
  return unit == PHAETON_SIM_ALFEN_STATION_UNIT || (unit >= 1 && unit <= self->n_sockets);
}

static gboolean
is_hidden (const PhaetonSimStation *self, guint address)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->hidden); i++)
    if (lies_within (address, 1, self->hidden[i].start, self->hidden[i].count))
      return TRUE;
  return FALSE;
}

PhaetonSimModbusCode
phaeton_sim_alfen_read (const PhaetonSimStation *self, gint64 wall_at, guint8 unit, guint16 address,
                        guint16 count, guint16 *words)
{
  Table table = { .n = 0 };
  guint start = 0;

  if (!has_unit (self, unit))
    return PHAETON_SIM_MODBUS_NO_TARGET;
  if (count < 1 || count > PHAETON_SIM_ALFEN_READ_MAX)
    return PHAETON_SIM_MODBUS_ILLEGAL_VALUE;
  if (!self->allow_reading || !fill_table (&table, &start, self, wall_at, unit, address, count))
    return PHAETON_SIM_MODBUS_ILLEGAL_ADDRESS;
  for (guint i = 0; i < count; i++)
    words[i] = is_hidden (self, address + i) ? 0xffff : table.words[address + i - start];
  return PHAETON_SIM_MODBUS_OK;
}

static double
to_float (const guint16 *words)
{
  const guint32 bits = (guint32) words[0] << 16 | words[1];
  float value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

static gboolean
is_setpoint_sane (double value_a)
{
  return value_a >= 0.0 && value_a <= PHAETON_SIM_SETPOINT_MAX_A; /* false for NaN too */
}

static PhaetonSimModbusCode
write_scn_setpoints (PhaetonSimStation *self, guint16 address, guint16 count, const guint16 *words)
{
  const guint first = (address - SCN_SETPOINT_ADDRESS) / 2;

  if ((address - SCN_SETPOINT_ADDRESS) % 2 != 0 || count % 2 != 0)
    return PHAETON_SIM_MODBUS_ILLEGAL_ADDRESS; /* half a value */
  for (guint i = 0; i < count; i += 2)
    if (!is_setpoint_sane (to_float (words + i)))
      return PHAETON_SIM_MODBUS_ILLEGAL_VALUE;
  for (guint i = 0; i < count; i += 2)
    phaeton_sim_station_set_scn_setpoint (self, first + i / 2, to_float (words + i));
  return PHAETON_SIM_MODBUS_OK;
}

static PhaetonSimModbusCode
write_setpoint (PhaetonSimStation *self, guint socket, const guint16 *words)
{
  const double value_a = to_float (words);

  if (!is_setpoint_sane (value_a) || !self->safe_configured)
    return PHAETON_SIM_MODBUS_ILLEGAL_VALUE;
  phaeton_sim_station_set_setpoint (self, socket, value_a);
  return PHAETON_SIM_MODBUS_OK;
}

static PhaetonSimModbusCode
write_phases (PhaetonSimStation *self, guint socket, guint16 phases)
{
  if ((phases != 1 && phases != 3) || !self->allow_phase_switch)
    return PHAETON_SIM_MODBUS_ILLEGAL_VALUE;
  phaeton_sim_station_set_phases (self, socket, phases);
  return PHAETON_SIM_MODBUS_OK;
}

PhaetonSimModbusCode
phaeton_sim_alfen_write (PhaetonSimStation *self, guint8 unit, guint16 address, guint16 count,
                         const guint16 *words)
{
  const gboolean is_station = unit == PHAETON_SIM_ALFEN_STATION_UNIT;

  if (!has_unit (self, unit))
    return PHAETON_SIM_MODBUS_NO_TARGET;
  if (count < 1 || count > PHAETON_SIM_ALFEN_WRITE_MAX)
    return PHAETON_SIM_MODBUS_ILLEGAL_VALUE;
  if (!self->allow_writing)
    return PHAETON_SIM_MODBUS_ILLEGAL_ADDRESS;
  if (is_station && lies_within (address, count, SCN_SETPOINT_ADDRESS, 2 * PHAETON_PHASES))
    return write_scn_setpoints (self, address, count, words);
  if (!is_station && address == SETPOINT_ADDRESS && count == 2)
    return write_setpoint (self, unit - 1, words);
  if (!is_station && address == PHASES_ADDRESS && count == 1)
    return write_phases (self, unit - 1, words[0]);
  return PHAETON_SIM_MODBUS_ILLEGAL_ADDRESS; /* nothing there to write, or half a value */
}
