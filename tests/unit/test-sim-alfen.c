/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-sim-alfen.h"

#include <math.h>
#include <string.h>

#define WALL_AT 1700000000 /* 2023-11-14 22:13:20 UTC */
#define STATION 200
#define SOCKET 1

static const double volts[PHAETON_PHASES] = { 230.0, 231.0, 229.0 };

static void
read_words (const PhaetonSimStation *station, guint8 unit, guint16 address, guint16 count,
            guint16 *words)
{
  g_assert_cmpint (phaeton_sim_alfen_read (station, WALL_AT, unit, address, count, words), ==,
                   PHAETON_SIM_MODBUS_OK);
}

static guint16
read_u16 (const PhaetonSimStation *station, guint8 unit, guint16 address)
{
  guint16 word;

  read_words (station, unit, address, 1, &word);
  return word;
}

static double
read_f32 (const PhaetonSimStation *station, guint8 unit, guint16 address)
{
  guint16 words[2];
  guint32 bits;
  float value;

  read_words (station, unit, address, 2, words);
  bits = (guint32) words[0] << 16 | words[1];
  memcpy (&value, &bits, sizeof value);
  return value;
}

static double
read_f64 (const PhaetonSimStation *station, guint8 unit, guint16 address)
{
  guint16 words[4];
  guint64 bits = 0;
  double value;

  read_words (station, unit, address, 4, words);
  for (int i = 0; i < 4; i++)
    bits = bits << 16 | words[i];
  memcpy (&value, &bits, sizeof value);
  return value;
}

static char *
read_string (const PhaetonSimStation *station, guint8 unit, guint16 address, guint16 count)
{
  guint16 words[32];
  char *text = g_malloc0 (2 * count + 1);

  read_words (station, unit, address, count, words);
  for (int i = 0; i < count; i++) {
    text[2 * i] = words[i] >> 8;
    text[2 * i + 1] = words[i] & 0xff;
  }
  return text;
}

static void
assert_string (const PhaetonSimStation *station, guint8 unit, guint16 address, guint16 count,
               const char *expected)
{
  g_autofree char *text = read_string (station, unit, address, count);

  g_assert_cmpstr (text, ==, expected);
}

static void
init_charging (PhaetonSimStation *station)
{
  phaeton_sim_station_init (station);
  station->sockets[0].car.plugged = TRUE;
  phaeton_sim_station_set_setpoint (station, 0, 10.0);
  for (int i = 0; i < 300; i++)
    phaeton_sim_station_step (station, 100, volts, 50.0);
}

static void
test_identity (void)
{
  PhaetonSimStation station;

  phaeton_sim_station_init (&station);
  station.uptime_ms = G_GINT64_CONSTANT (0x123456789);
  assert_string (&station, STATION, 100, 17, "ALF_1000");
  assert_string (&station, STATION, 117, 5, "Alfen NV");
  g_assert_cmpint (read_u16 (&station, STATION, 122), ==, 1);
  assert_string (&station, STATION, 123, 17, "7.2.0-4362");
  assert_string (&station, STATION, 140, 17, "NG910");
  assert_string (&station, STATION, 157, 11, "ACE0402633");
  g_assert_cmpint (read_u16 (&station, STATION, 168), ==, 2023);
  g_assert_cmpint (read_u16 (&station, STATION, 169), ==, 11);
  g_assert_cmpint (read_u16 (&station, STATION, 170), ==, 14);
  g_assert_cmpint (read_u16 (&station, STATION, 171), ==, 22);
  g_assert_cmpint (read_u16 (&station, STATION, 172), ==, 13);
  g_assert_cmpint (read_u16 (&station, STATION, 173), ==, 20);
  g_assert_cmphex (read_u16 (&station, STATION, 175), ==, 0x0001);
  g_assert_cmphex (read_u16 (&station, STATION, 176), ==, 0x2345);
  g_assert_cmphex (read_u16 (&station, STATION, 177), ==, 0x6789);
}

static void
test_station_status (void)
{
  PhaetonSimStation station;

  phaeton_sim_station_init (&station);
  g_assert_cmpfloat_with_epsilon (read_f32 (&station, STATION, 1100), 16.0, 1e-6);
  g_assert_cmpfloat_with_epsilon (read_f32 (&station, STATION, 1102), 30.0, 1e-6);
  g_assert_cmpint (read_u16 (&station, STATION, 1104), ==, 1);
  g_assert_cmpint (read_u16 (&station, STATION, 1105), ==, 1);
}

static void
test_meter (void)
{
  PhaetonSimStation station;
  const PhaetonSimMeter *meter = &station.sockets[0].truth;
  double total_w;

  init_charging (&station);
  total_w = phaeton_sim_sum (meter->power_w);
  g_assert_cmphex (read_u16 (&station, SOCKET, 300), ==, 0x03);
  for (int i = 0; i < PHAETON_PHASES; i++) {
    g_assert_cmpfloat_with_epsilon (read_f32 (&station, SOCKET, 306 + 2 * i), volts[i] - 0.2 * 9.8,
                                    1e-4);
    g_assert_cmpfloat_with_epsilon (read_f32 (&station, SOCKET, 320 + 2 * i), 9.8, 1e-5);
    g_assert_cmpfloat_with_epsilon (read_f32 (&station, SOCKET, 328 + 2 * i), 0.99, 1e-6);
    g_assert_cmpfloat_with_epsilon (read_f32 (&station, SOCKET, 338 + 2 * i), meter->power_w[i],
                                    1e-3);
    g_assert_cmpfloat_with_epsilon (read_f64 (&station, SOCKET, 362 + 4 * i), meter->energy_wh[i],
                                    1e-9);
    g_assert_cmpfloat_with_epsilon (read_f64 (&station, SOCKET, 378 + 4 * i), 0.0, 1e-9);
    g_assert_cmpfloat_with_epsilon (read_f64 (&station, SOCKET, 410 + 4 * i),
                                    meter->reactive_varh[i], 1e-9);
  }
  g_assert_cmpfloat_with_epsilon (read_f32 (&station, SOCKET, 312), sqrt (3.0) * 228.54, 0.1);
  g_assert_cmpfloat_with_epsilon (read_f32 (&station, SOCKET, 318), 0.0, 1e-5);
  g_assert_cmpfloat_with_epsilon (read_f32 (&station, SOCKET, 326), 29.4, 1e-4);
  g_assert_cmpfloat_with_epsilon (read_f32 (&station, SOCKET, 336), 50.0, 1e-5);
  g_assert_cmpfloat_with_epsilon (read_f32 (&station, SOCKET, 344), total_w, 1e-2);
  g_assert_cmpfloat_with_epsilon (read_f32 (&station, SOCKET, 352), total_w / 0.99, 1e-2);
  g_assert_cmpfloat_with_epsilon (read_f64 (&station, SOCKET, 374),
                                  phaeton_sim_sum (meter->energy_wh), 1e-9);
  g_assert_cmpfloat_with_epsilon (read_f64 (&station, SOCKET, 406),
                                  phaeton_sim_sum (meter->apparent_vah), 1e-9);
}

static void
test_socket (void)
{
  PhaetonSimStation station;
  guint16 words[2];

  init_charging (&station);
  g_assert_cmpint (read_u16 (&station, SOCKET, 1200), ==, 1);
  assert_string (&station, SOCKET, 1201, 5, "C2");
  g_assert_cmpfloat_with_epsilon (read_f32 (&station, SOCKET, 1206), 10.0, 1e-6);
  read_words (&station, SOCKET, 1208, 2, words);
  g_assert_cmpint (words[0], ==, 0);
  g_assert_cmpint (words[1], ==, 30);
  g_assert_cmpfloat_with_epsilon (read_f32 (&station, SOCKET, 1210), 10.0, 1e-6);
  g_assert_cmpfloat_with_epsilon (read_f32 (&station, SOCKET, 1212), 6.0, 1e-6);
  g_assert_cmpint (read_u16 (&station, SOCKET, 1214), ==, 1);
  g_assert_cmpint (read_u16 (&station, SOCKET, 1215), ==, 3);
  station.sockets[0].fault = PHAETON_SIM_FAULT_TEMPERATURE;
  phaeton_sim_station_step (&station, 100, volts, 50.0);
  g_assert_cmpint (read_u16 (&station, SOCKET, 1200), ==, 0);
  assert_string (&station, SOCKET, 1201, 5, "F");
}

static void
test_scn (void)
{
  PhaetonSimStation station;
  guint16 words[2];

  init_charging (&station);
  phaeton_sim_station_set_scn_setpoint (&station, 1, 11.0);
  assert_string (&station, STATION, 1400, 4, "SCN");
  g_assert_cmpint (read_u16 (&station, STATION, 1404), ==, 1);
  g_assert_cmpfloat_with_epsilon (read_f32 (&station, STATION, 1407), 9.8, 1e-5);
  g_assert_cmpfloat_with_epsilon (read_f32 (&station, STATION, 1411), 6.0, 1e-5);
  g_assert_cmpfloat_with_epsilon (read_f32 (&station, STATION, 1419), 11.0, 1e-5);
  read_words (&station, STATION, 1425, 2, words);
  g_assert_cmpint (words[1], ==, 60);
  g_assert_cmpfloat_with_epsilon (read_f32 (&station, STATION, 1429), 6.0, 1e-5);
  g_assert_cmpint (read_u16 (&station, STATION, 1431), ==, 0);
}

/* each table ends where the document says, and there is nothing around it */
static void
test_tables_have_the_documented_size (void)
{
  static const struct {
    guint8 unit;
    guint16 first, last;
  } tables[] = {
    { STATION, 100, 178 }, { STATION, 1100, 1105 }, { STATION, 1400, 1431 },
    { SOCKET, 300, 425 },  { SOCKET, 1200, 1215 },
  };
  PhaetonSimStation station;
  guint16 words[PHAETON_SIM_ALFEN_READ_MAX];

  phaeton_sim_station_init (&station);
  for (guint i = 0; i < G_N_ELEMENTS (tables); i++) {
    const guint8 unit = tables[i].unit;

    for (guint address = tables[i].first; address <= tables[i].last; address++)
      read_words (&station, unit, address, 1, words);
    g_assert_cmpint (
      phaeton_sim_alfen_read (&station, WALL_AT, unit, tables[i].first - 1, 1, words), ==,
      PHAETON_SIM_MODBUS_ILLEGAL_ADDRESS);
    g_assert_cmpint (phaeton_sim_alfen_read (&station, WALL_AT, unit, tables[i].last, 2, words), ==,
                     PHAETON_SIM_MODBUS_ILLEGAL_ADDRESS);
    g_assert_cmpint (phaeton_sim_alfen_read (&station, WALL_AT, unit == STATION ? SOCKET : STATION,
                                             tables[i].first, 1, words),
                     ==, PHAETON_SIM_MODBUS_ILLEGAL_ADDRESS);
  }
}

static void
test_read_refusals (void)
{
  PhaetonSimStation station;
  guint16 words[200];

  phaeton_sim_station_init (&station);
  g_assert_cmpint (phaeton_sim_alfen_read (&station, WALL_AT, SOCKET, 300, 0, words), ==,
                   PHAETON_SIM_MODBUS_ILLEGAL_VALUE);
  g_assert_cmpint (phaeton_sim_alfen_read (&station, WALL_AT, SOCKET, 300, 126, words), ==,
                   PHAETON_SIM_MODBUS_ILLEGAL_VALUE);
  g_assert_cmpint (phaeton_sim_alfen_read (&station, WALL_AT, SOCKET, 0xffff, 2, words), ==,
                   PHAETON_SIM_MODBUS_ILLEGAL_ADDRESS);
  g_assert_cmpint (phaeton_sim_alfen_read (&station, WALL_AT, 2, 300, 1, words), ==,
                   PHAETON_SIM_MODBUS_NO_TARGET);
  g_assert_cmpint (phaeton_sim_alfen_read (&station, WALL_AT, 0, 300, 1, words), ==,
                   PHAETON_SIM_MODBUS_NO_TARGET);
  station.n_sockets = 2;
  g_assert_cmpint (phaeton_sim_alfen_read (&station, WALL_AT, 2, 300, 1, words), ==,
                   PHAETON_SIM_MODBUS_OK);
  station.allow_reading = FALSE;
  g_assert_cmpint (phaeton_sim_alfen_read (&station, WALL_AT, SOCKET, 300, 1, words), ==,
                   PHAETON_SIM_MODBUS_ILLEGAL_ADDRESS);
}

static void
test_unavailable_reads_as_ones (void)
{
  PhaetonSimStation station;
  guint16 words[4];

  init_charging (&station);
  station.hidden[0] = (PhaetonSimRange){ 374, 4 };
  read_words (&station, SOCKET, 374, 4, words);
  for (int i = 0; i < 4; i++)
    g_assert_cmphex (words[i], ==, 0xffff);
  g_assert_true (isnan (read_f64 (&station, SOCKET, 374)));
  g_assert_false (isnan (read_f64 (&station, SOCKET, 370)));
}

static void
test_one_phase_meter (void)
{
  PhaetonSimStation station;

  init_charging (&station);
  station.meter_phases = 1;
  g_assert_false (isnan (read_f32 (&station, SOCKET, 306)));
  g_assert_false (isnan (read_f32 (&station, SOCKET, 320)));
  g_assert_cmphex (read_u16 (&station, SOCKET, 322), ==, 0xffff);
  g_assert_cmphex (read_u16 (&station, SOCKET, 325), ==, 0xffff);
  g_assert_true (isnan (read_f32 (&station, SOCKET, 310)));
  g_assert_true (isnan (read_f32 (&station, SOCKET, 340)));
  g_assert_true (isnan (read_f64 (&station, SOCKET, 366)));
}

static void
test_broken_meter (void)
{
  PhaetonSimStation station;

  init_charging (&station);
  station.sockets[0].meter_health = PHAETON_SIM_METER_NAN;
  g_assert_cmphex (read_u16 (&station, SOCKET, 300), ==, 0x09);
  for (guint address = 306; address < 362; address += 2)
    g_assert_true (isnan (read_f32 (&station, SOCKET, address)));
  for (guint address = 362; address < 426; address += 4)
    g_assert_true (isnan (read_f64 (&station, SOCKET, address)));
}

static PhaetonSimModbusCode
write_f32 (PhaetonSimStation *station, guint8 unit, guint16 address, float value)
{
  guint16 words[2];
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  words[0] = bits >> 16;
  words[1] = bits & 0xffff;
  return phaeton_sim_alfen_write (station, unit, address, 2, words);
}

static void
test_setpoint_write (void)
{
  /* the frame of the field: 40e00000 is 7.0 A */
  const guint16 seven[2] = { 0x40e0, 0x0000 };
  PhaetonSimStation station;

  phaeton_sim_station_init (&station);
  g_assert_cmpint (phaeton_sim_alfen_write (&station, SOCKET, 1210, 2, seven), ==,
                   PHAETON_SIM_MODBUS_OK);
  g_assert_cmpfloat_with_epsilon (read_f32 (&station, SOCKET, 1210), 7.0, 1e-6);
  g_assert_cmpint (read_u16 (&station, SOCKET, 1209), ==, 60);
  g_assert_cmpint (read_u16 (&station, SOCKET, 1214), ==, 1);
}

static void
test_write_refusals (void)
{
  const guint16 words[4] = { 0x4120, 0, 0x4120, 0 };
  const guint16 three = 3, two = 2;
  PhaetonSimStation station;

  phaeton_sim_station_init (&station);
#define REFUSED(unit, address, count, data, code)                                                  \
  g_assert_cmpint (phaeton_sim_alfen_write (&station, unit, address, count, data), ==, code)
  REFUSED (SOCKET, 1210, 1, words, PHAETON_SIM_MODBUS_ILLEGAL_ADDRESS); /* half a value */
  REFUSED (SOCKET, 1211, 1, words, PHAETON_SIM_MODBUS_ILLEGAL_ADDRESS);
  REFUSED (SOCKET, 1210, 4, words, PHAETON_SIM_MODBUS_ILLEGAL_ADDRESS); /* and a read-only one */
  REFUSED (SOCKET, 1212, 2, words, PHAETON_SIM_MODBUS_ILLEGAL_ADDRESS);
  REFUSED (SOCKET, 5000, 1, words, PHAETON_SIM_MODBUS_ILLEGAL_ADDRESS);
  REFUSED (STATION, 1215, 1, &three, PHAETON_SIM_MODBUS_ILLEGAL_ADDRESS); /* the socket's */
  REFUSED (STATION, 1210, 2, words, PHAETON_SIM_MODBUS_ILLEGAL_ADDRESS);
  REFUSED (SOCKET, 1215, 1, &two, PHAETON_SIM_MODBUS_ILLEGAL_VALUE);
  REFUSED (SOCKET, 1210, 0, words, PHAETON_SIM_MODBUS_ILLEGAL_VALUE);
  REFUSED (3, 1210, 2, words, PHAETON_SIM_MODBUS_NO_TARGET);
  g_assert_cmpint (write_f32 (&station, SOCKET, 1210, -1.0f), ==, PHAETON_SIM_MODBUS_ILLEGAL_VALUE);
  g_assert_cmpint (write_f32 (&station, SOCKET, 1210, NAN), ==, PHAETON_SIM_MODBUS_ILLEGAL_VALUE);
  g_assert_cmpint (write_f32 (&station, SOCKET, 1210, 100.0f), ==,
                   PHAETON_SIM_MODBUS_ILLEGAL_VALUE);
  g_assert_cmpint (read_u16 (&station, SOCKET, 1214), ==, 0); /* nothing came through */
  station.allow_phase_switch = FALSE;
  REFUSED (SOCKET, 1215, 1, &three, PHAETON_SIM_MODBUS_ILLEGAL_VALUE);
  station.safe_configured = FALSE;
  REFUSED (SOCKET, 1210, 2, words, PHAETON_SIM_MODBUS_ILLEGAL_VALUE);
  station.allow_writing = FALSE;
  REFUSED (SOCKET, 1210, 2, words, PHAETON_SIM_MODBUS_ILLEGAL_ADDRESS);
#undef REFUSED
}

static void
test_scn_write (void)
{
  const guint16 words[6] = { 0x4120, 0, 0x4130, 0, 0x4140, 0 };
  const guint16 bad[4] = { 0x4120, 0, 0xffff, 0xffff };
  PhaetonSimStation station;

  phaeton_sim_station_init (&station);
  g_assert_cmpint (phaeton_sim_alfen_write (&station, STATION, 1417, 4, bad), ==,
                   PHAETON_SIM_MODBUS_ILLEGAL_VALUE);
  g_assert_cmpint (read_u16 (&station, STATION, 1424), ==, 0); /* all or nothing */
  g_assert_cmpint (phaeton_sim_alfen_write (&station, STATION, 1418, 2, words), ==,
                   PHAETON_SIM_MODBUS_ILLEGAL_ADDRESS);
  g_assert_cmpint (phaeton_sim_alfen_write (&station, STATION, 1417, 6, words), ==,
                   PHAETON_SIM_MODBUS_OK);
  g_assert_cmpfloat_with_epsilon (read_f32 (&station, STATION, 1421), 12.0, 1e-6);
}

static void
test_phases_register (void)
{
  const guint16 one = 1;
  PhaetonSimStation station;

  phaeton_sim_station_init (&station);
  g_assert_cmpint (phaeton_sim_alfen_write (&station, SOCKET, 1215, 1, &one), ==,
                   PHAETON_SIM_MODBUS_OK);
  g_assert_cmpint (read_u16 (&station, SOCKET, 1215), ==, 1);
  station.phases_always_3 = TRUE;
  g_assert_cmpint (read_u16 (&station, SOCKET, 1215), ==, 3);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim-alfen/identity", test_identity);
  g_test_add_func ("/sim-alfen/station-status", test_station_status);
  g_test_add_func ("/sim-alfen/meter", test_meter);
  g_test_add_func ("/sim-alfen/socket", test_socket);
  g_test_add_func ("/sim-alfen/scn", test_scn);
  g_test_add_func ("/sim-alfen/documented-size", test_tables_have_the_documented_size);
  g_test_add_func ("/sim-alfen/read-refusals", test_read_refusals);
  g_test_add_func ("/sim-alfen/unavailable-reads-as-ones", test_unavailable_reads_as_ones);
  g_test_add_func ("/sim-alfen/one-phase-meter", test_one_phase_meter);
  g_test_add_func ("/sim-alfen/broken-meter", test_broken_meter);
  g_test_add_func ("/sim-alfen/setpoint-write", test_setpoint_write);
  g_test_add_func ("/sim-alfen/write-refusals", test_write_refusals);
  g_test_add_func ("/sim-alfen/scn-write", test_scn_write);
  g_test_add_func ("/sim-alfen/phases-register", test_phases_register);
  return g_test_run ();
}
