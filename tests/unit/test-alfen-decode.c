/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alfen-advice.h"
#include "alfen-decode.h"
#include "alfen-station.h"

#include <math.h>
#include <string.h>

static const PhaetonRegisterConfig usual = {
  .voltages = 306,
  .currents = 320,
  .power = 338,
  .energy = 374,
  .status = 1201,
  .amps_config = 1210,
  .phases = 1215,
  .firmware_version = 123,
  .firmware_version_count = 17,
  .station_serial = 157,
  .station_serial_count = 11,
  .manufacturer = 117,
  .manufacturer_count = 5,
  .platform_type = 140,
  .platform_type_count = 17,
  .station_max_current = 1100,
};

/* an image whose registers are all unavailable */
static AlfenImage
read_nothing (void)
{
  AlfenImage image;

  alfen_plan_socket (&usual, TRUE, &image);
  for (guint i = 0; i < image.n_blocks; i++) {
    memset (image.blocks[i].words, 0xFF, sizeof image.blocks[i].words);
    image.blocks[i].known = TRUE;
  }
  return image;
}

static void
put_words (AlfenImage *image, guint16 address, const guint16 *words, guint16 count)
{
  guint16 *at = (guint16 *) alfen_image_find (image, address, count);

  g_assert_nonnull (at);
  memcpy (at, words, count * sizeof *words);
}

static void
put_float (AlfenImage *image, guint16 address, double value)
{
  const float number = (float) value;
  guint32 bits;

  memcpy (&bits, &number, sizeof bits);
  put_words (image, address, (guint16[]){ (guint16) (bits >> 16), (guint16) (bits & 0xFFFF) }, 2);
}

static PhaetonChargerSample
decode (const AlfenImage *image)
{
  PhaetonChargerSample sample = { 0 };

  alfen_decode_socket (&usual, image, &sample);
  return sample;
}

static void
test_two_requests (void)
{
  AlfenImage image;
  PhaetonRegisterConfig odd = usual;

  alfen_plan_socket (&usual, TRUE, &image);
  g_assert_cmpuint (image.n_blocks, ==, 2);
  g_assert_cmpuint (image.blocks[0].address, ==, 306);
  g_assert_cmpuint (image.blocks[0].count, ==, 72);
  g_assert_cmpuint (image.blocks[1].address, ==, 1200);
  g_assert_cmpuint (image.blocks[1].count, ==, 16);
  alfen_plan_socket (&usual, FALSE, &image);
  g_assert_cmpuint (image.n_blocks, ==, 7);
  odd.energy = 500; /* too far for one request */
  alfen_plan_socket (&odd, TRUE, &image);
  g_assert_cmpuint (image.n_blocks, ==, 3);
  odd.voltages = 65535; /* off the map */
  odd.status = 0;
  alfen_plan_socket (&odd, FALSE, &image);
  g_assert_cmpuint (image.n_blocks, ==, 5);
}

/* as read from stations in the field */
static void
test_frames_of_the_field (void)
{
  AlfenImage image = read_nothing ();
  PhaetonChargerSample sample;

  put_words (&image, 1201, (guint16[]){ 0x4231, 0, 0, 0, 0 }, 5);
  put_words (&image, 374, (guint16[]){ 0x4112, 0x7b58, 0, 0 }, 4);
  put_words (&image, 1210, (guint16[]){ 0x40e0, 0 }, 2);
  put_words (&image, 1208, (guint16[]){ 0, 60 }, 2);
  put_words (&image, 1214, (guint16[]){ 1, 3 }, 2);
  put_float (&image, 1206, 6.5);
  put_float (&image, 1212, 6.0);
  sample = decode (&image);
  g_assert_cmpint (sample.pilot, ==, PHAETON_PILOT_B1);
  g_assert_cmpint (sample.energy_wh, ==, 302806);
  g_assert_cmpint (sample.setpoint_mA, ==, 7000);
  g_assert_cmpint (sample.setpoint_valid_s, ==, 60);
  g_assert_cmpint (sample.applied_mA, ==, 6500);
  g_assert_cmpint (sample.safe_mA, ==, 6000);
  g_assert_true (sample.accounted);
  g_assert_cmpint (sample.phases, ==, 3);
  g_assert_cmphex (sample.known, ==,
                   PHAETON_SAMPLE_PILOT | PHAETON_SAMPLE_ENERGY | PHAETON_SAMPLE_SETPOINT |
                     PHAETON_SAMPLE_SETPOINT_VALID | PHAETON_SAMPLE_APPLIED | PHAETON_SAMPLE_SAFE |
                     PHAETON_SAMPLE_ACCOUNTED | PHAETON_SAMPLE_PHASES);
}

/* FIX 6, 7: what is not available is unknown, value by value, and never 0 */
static void
test_nothing_is_unknown (void)
{
  AlfenImage image = read_nothing ();

  g_assert_cmphex (decode (&image).known, ==, 0);
  for (guint i = 0; i < image.n_blocks; i++)
    image.blocks[i].known = FALSE;
  g_assert_cmphex (decode (&image).known, ==, 0);
}

static void
test_one_phase_meter (void)
{
  AlfenImage image = read_nothing ();
  PhaetonChargerSample sample;

  put_float (&image, 306, 230.0);
  put_float (&image, 320, 10.0);
  put_float (&image, 338, 0.0); /* this meter measures no power */
  sample = decode (&image);
  g_assert_cmphex (sample.known, ==,
                   PHAETON_SAMPLE_VOLTAGE_L1 | PHAETON_SAMPLE_CURRENT_L1 | PHAETON_SAMPLE_POWER_L1 |
                     PHAETON_SAMPLE_POWER);
  g_assert_cmpint (sample.power_w[0], ==, 2300);
  g_assert_cmpint (sample.power_total_w, ==, 2300);
  g_assert_cmpint (sample.current_mA[0], ==, 10000);
}

static void
test_power_is_not_invented (void)
{
  AlfenImage image = read_nothing ();
  PhaetonChargerSample sample;

  put_float (&image, 320, 10.0); /* current without voltage */
  put_float (&image, 308, 230.0);
  put_float (&image, 322, 10.0);
  sample = decode (&image);
  g_assert_cmphex (sample.known & (PHAETON_SAMPLE_POWER_L1 | PHAETON_SAMPLE_POWER), ==, 0);
  g_assert_cmpint (sample.power_w[1], ==, 2300);
  put_float (&image, 344, 4700.0); /* the meter's own sum counts */
  g_assert_cmpint (decode (&image).power_total_w, ==, 4700);
}

static void
test_absurd_is_unknown (void)
{
  static const double absurd[] = { 1e9, -1e9, INFINITY, -INFINITY, NAN, 2e6, -2000001.0 };
  static const guint16 floats[] = { 306, 308, 310, 320,  322,  324, 338,
                                    340, 342, 344, 1206, 1210, 1212 };

  for (guint i = 0; i < G_N_ELEMENTS (absurd); i++) {
    AlfenImage image = read_nothing ();

    for (guint j = 0; j < G_N_ELEMENTS (floats); j++)
      put_float (&image, floats[j], absurd[i]);
    put_words (&image, 374, (guint16[]){ 0xC112, 0x7b58, 0, 0 }, 4); /* negative energy */
    put_words (&image, 1215, (guint16[]){ 2 }, 1);
    put_words (&image, 1214, (guint16[]){ 7 }, 1);
    g_assert_cmphex (decode (&image).known, ==, 0);
  }
}

typedef struct {
  guint16 availability;
  guint16 words[5];
  PhaetonPilot pilot;
  PhaetonFault fault;
} State;

static void
test_states (void)
{
  static const State states[] = {
    { 1, { 0x4100 }, PHAETON_PILOT_A, PHAETON_FAULT_NONE },
    { 1, { 0x4132 }, PHAETON_PILOT_UNKNOWN, PHAETON_FAULT_NONE },
    { 1, { 0x6332, 0x2020, 0, 0, 0 }, PHAETON_PILOT_C2, PHAETON_FAULT_NONE },
    { 1, { 0x2044, 0x3200, 0, 0, 0 }, PHAETON_PILOT_D2, PHAETON_FAULT_NONE },
    { 1, { 0x4500 }, PHAETON_PILOT_E, PHAETON_FAULT_NONE },
    { 0, { 0x4500 }, PHAETON_PILOT_E, PHAETON_FAULT_OTHER },
    { 0xFFFF, { 0x4500 }, PHAETON_PILOT_E, PHAETON_FAULT_NONE },
    { 0, { 0x4600 }, PHAETON_PILOT_F, PHAETON_FAULT_OTHER },
    { 1, { 0x4600 }, PHAETON_PILOT_F, PHAETON_FAULT_OTHER },
    { 0, { 0x4100 }, PHAETON_PILOT_A, PHAETON_FAULT_NONE },
    { 1, { 0 }, PHAETON_PILOT_UNKNOWN, PHAETON_FAULT_NONE },
    { 1, { 0x4231, 0x4231, 0x4231, 0x4231, 0x4231 }, PHAETON_PILOT_UNKNOWN, PHAETON_FAULT_NONE },
    { 1, { 0x42FF }, PHAETON_PILOT_UNKNOWN, PHAETON_FAULT_NONE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (states); i++) {
    AlfenImage image = read_nothing ();
    PhaetonChargerSample sample;

    put_words (&image, 1200, &states[i].availability, 1);
    put_words (&image, 1201, states[i].words, 5);
    sample = decode (&image);
    g_assert_cmpint (sample.pilot, ==, states[i].pilot);
    g_assert_cmpint (sample.fault, ==, states[i].fault);
    g_assert_true (phaeton_sample_knows (&sample, PHAETON_SAMPLE_PILOT) ==
                   (states[i].pilot != PHAETON_PILOT_UNKNOWN));
  }
}

static void
test_currents_go_there_and_back (void)
{
  for (int current_mA = 0; current_mA <= 80000; current_mA += 100) {
    guint16 words[ALFEN_CONTROL_WORDS] = { 0 };
    PhaetonChargerSample sample = { 0 };

    alfen_encode_current (current_mA, words + 4);
    alfen_decode_control (words, &sample);
    g_assert_cmpint (sample.setpoint_mA, ==, current_mA);
  }
}

/* --- the station --- */

static AlfenImage
read_station (gint64 uptime_ms)
{
  AlfenImage image;

  alfen_plan_station (&usual, TRUE, TRUE, &image);
  g_assert_cmpuint (image.n_blocks, ==, 2);
  for (guint i = 0; i < image.n_blocks; i++)
    image.blocks[i].known = TRUE;
  put_float (&image, 1100, 16.0);
  put_float (&image, 1102, 31.5);
  put_words (&image, 117, (guint16[]){ 0x416c, 0x6665, 0x6e20, 0x4e56, 0 }, 5);
  put_words (&image, 174,
             (guint16[]){ 0, 0, (guint16) (uptime_ms >> 16), (guint16) (uptime_ms & 0xFFFF) }, 4);
  return image;
}

static void
test_station (void)
{
  AlfenStation station = { 0 };
  AlfenImage image = read_station (60000);

  alfen_station_note_connection (&station, TRUE);
  g_assert_true (alfen_station_is_due (&station, 1000));
  g_assert_true (alfen_station_take (&station, &usual, &image, TRUE, 100000));
  g_assert_cmpstr (station.manufacturer, ==, "Alfen NV");
  g_assert_null (station.serial);
  g_assert_cmpint (station.sample.station_max_mA, ==, 16000);
  g_assert_cmpfloat (station.sample.temperature_c, ==, 31.5);
  g_assert_false (alfen_station_take (&station, &usual, &image, TRUE, 100000));
  g_assert_false (alfen_station_is_due (&station, 159999));
  g_assert_true (alfen_station_is_due (&station, 160000));

  memset (image.blocks[1].words, 0xFF, sizeof image.blocks[1].words); /* keeps what it knew */
  alfen_station_take (&station, &usual, &image, FALSE, 160000);
  g_assert_cmpint (station.sample.station_max_mA, ==, 16000);
  alfen_station_clear (&station);
}

/* the same boot is no restart; another one is, however long its uptime; nobody knows without */
static void
test_restart (void)
{
  AlfenStation station = { 0 };
  AlfenImage image = read_station (60000);

  alfen_station_note_connection (&station, TRUE);
  alfen_station_take (&station, &usual, &image, TRUE, 100000);
  g_assert_false (alfen_station_take_restart (&station, 100000));

  alfen_station_note_connection (&station, FALSE);
  g_assert_false (alfen_station_take_restart (&station, 200000)); /* asks first */
  image = read_station (160000);
  alfen_station_take (&station, &usual, &image, TRUE, 200000);
  g_assert_false (alfen_station_take_restart (&station, 200000));

  alfen_station_note_connection (&station, FALSE);
  image = read_station (200000); /* more than before, and still booted meanwhile */
  alfen_station_take (&station, &usual, &image, TRUE, 500000);
  g_assert_true (alfen_station_take_restart (&station, 500000));
  g_assert_false (alfen_station_take_restart (&station, 500000));

  alfen_station_note_connection (&station, FALSE);
  alfen_station_take_failure (&station, 600000);
  g_assert_true (alfen_station_take_restart (&station, 600000));
  alfen_station_clear (&station);
}

/* --- advice --- */

static void
test_advice (void)
{
  PhaetonChargerSample sample = { .known = PHAETON_SAMPLE_ACCOUNTED |
                                           PHAETON_SAMPLE_SETPOINT_VALID | PHAETON_SAMPLE_SAFE |
                                           PHAETON_SAMPLE_STATION_MAX,
                                  .setpoint_valid_s = 50,
                                  .accounted = TRUE,
                                  .safe_mA = 6000,
                                  .station_max_mA = 16000 };
  AlfenAdviceFacts facts = { 60, 1000, 10000, G_MAXINT };
  g_autofree char *text = NULL;

  g_assert_cmphex (alfen_advise (&sample, &facts), ==, 0);
  sample.accounted = FALSE;
  g_assert_cmphex (alfen_advise (&sample, &facts), ==, ALFEN_ADVICE_NOT_ACCOUNTED);
  facts.written_ago_ms = 1000; /* it may still be at work */
  g_assert_cmphex (alfen_advise (&sample, &facts), ==, 0);
  facts.validity_s = 3;
  g_assert_cmphex (alfen_advise (&sample, &facts), ==, ALFEN_ADVICE_VALIDITY);
  facts.validity_s = 10;
  facts.poll_interval_ms = 6000;
  g_assert_cmphex (alfen_advise (&sample, &facts), ==, ALFEN_ADVICE_VALIDITY);
  facts.poll_interval_ms = 1000;
  sample.safe_mA = 0;
  g_assert_cmphex (alfen_advise (&sample, &facts), ==, ALFEN_ADVICE_SAFE_ZERO);
  sample.safe_mA = 20000;
  g_assert_cmphex (alfen_advise (&sample, &facts), ==, ALFEN_ADVICE_SAFE_HIGH);
  text = alfen_advice_dup_text (ALFEN_ADVICE_SAFE_HIGH, &sample, &facts);
  g_assert_nonnull (strstr (text, "20.0 A"));
  g_assert_nonnull (strstr (text, "16.0 A"));
  sample.safe_mA = 10000; /* what the fuse leaves while nobody guards it */
  facts.failsafe_mA = 10000;
  g_assert_cmphex (alfen_advise (&sample, &facts), ==, 0);
  facts.failsafe_mA = 9000;
  g_assert_cmphex (alfen_advise (&sample, &facts), ==, ALFEN_ADVICE_SAFE_FUSE);
  g_assert_cmpint (alfen_reassert_ms (60), ==, 30000);
  g_assert_cmpint (alfen_reassert_ms (1), ==, 2000);
  g_assert_cmpint (alfen_reassert_ms (0), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/alfen-decode/two-requests", test_two_requests);
  g_test_add_func ("/alfen-decode/frames-of-the-field", test_frames_of_the_field);
  g_test_add_func ("/alfen-decode/fix-6-fix-7-nothing-is-unknown", test_nothing_is_unknown);
  g_test_add_func ("/alfen-decode/fix-7-one-phase-meter", test_one_phase_meter);
  g_test_add_func ("/alfen-decode/power-is-not-invented", test_power_is_not_invented);
  g_test_add_func ("/alfen-decode/absurd-is-unknown", test_absurd_is_unknown);
  g_test_add_func ("/alfen-decode/states", test_states);
  g_test_add_func ("/alfen-decode/currents", test_currents_go_there_and_back);
  g_test_add_func ("/alfen-decode/station", test_station);
  g_test_add_func ("/alfen-decode/restart", test_restart);
  g_test_add_func ("/alfen-decode/advice", test_advice);
  return g_test_run ();
}
