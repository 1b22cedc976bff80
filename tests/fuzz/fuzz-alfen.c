/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alfen-advice.h"
#include "alfen-station.h"

#include <math.h>
#include <string.h>

/* The words of a station, and the register map that a user typed, are anybody's guess. The input:
 * one byte (bit 0: merged, bit 1: a map from the input), the map, then words in the order of the
 * blocks; each block is preceded by a byte whose bit 0 says that it was read. */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

typedef struct {
  const guint8 *data;
  gsize left;
} Input;

static guint8
take_byte (Input *input)
{
  if (input->left == 0)
    return 0;
  input->left--;
  return *input->data++;
}

static void
fill (Input *input, AlfenImage *image)
{
  for (guint i = 0; i < image->n_blocks; i++) {
    AlfenBlock *block = &image->blocks[i];

    g_assert_cmpuint (block->count, >=, 1);
    g_assert_cmpuint (block->count, <=, ALFEN_MAX_WORDS);
    g_assert_cmpuint (block->address + block->count, <=, 65536);
    block->known = take_byte (input) & 1;
    for (guint j = 0; j < block->count; j++)
      block->words[j] = (guint16) (take_byte (input) << 8 | take_byte (input));
  }
}

static void
check_sample (const PhaetonChargerSample *sample)
{
  for (guint i = 0; i < PHAETON_PHASES; i++) {
    if (phaeton_sample_knows (sample, (guint32) PHAETON_SAMPLE_VOLTAGE_L1 << i))
      g_assert_true (sample->voltage_v[i] >= 0.0 && sample->voltage_v[i] <= 1000.0);
    if (phaeton_sample_knows (sample, (guint32) PHAETON_SAMPLE_CURRENT_L1 << i))
      g_assert_cmpint (ABS (sample->current_mA[i]), <=, 1000000);
    if (phaeton_sample_knows (sample, (guint32) PHAETON_SAMPLE_POWER_L1 << i))
      g_assert_cmpint (ABS (sample->power_w[i]), <=, 1000000);
  }
  if (phaeton_sample_knows (sample, PHAETON_SAMPLE_ENERGY))
    g_assert_cmpint (sample->energy_wh, >=, 0);
  if (phaeton_sample_knows (sample, PHAETON_SAMPLE_SETPOINT))
    g_assert_cmpint (sample->setpoint_mA, >=, 0);
  if (phaeton_sample_knows (sample, PHAETON_SAMPLE_PHASES))
    g_assert_true (sample->phases == 1 || sample->phases == 3);
  g_assert_true (phaeton_sample_knows (sample, PHAETON_SAMPLE_PILOT) ==
                 (sample->pilot != PHAETON_PILOT_UNKNOWN));
}

static void
check_advice (const PhaetonChargerSample *sample, int validity_s)
{
  const AlfenAdviceFacts facts = { validity_s, 1000, 10000 };
  const guint32 advice = alfen_advise (sample, &facts);

  for (guint32 bit = 1; bit <= ALFEN_ADVICE_SAFE_HIGH; bit <<= 1) {
    g_autofree char *text = alfen_advice_dup_text (bit, sample, &facts);

    g_assert_true (!(advice & bit) || text[0] != '\0');
  }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  PhaetonRegisterConfig map = { 306, 320, 338, 374, 1201, 1210, 1215, 123,
                                17,  157, 11,  117, 5,    140,  17,   1100 };
  Input input = { data, size };
  const guint8 flags = take_byte (&input);
  PhaetonChargerSample sample = { 0 };
  AlfenStation station = { 0 };
  AlfenImage image;

  if (flags & 2)
    for (gsize i = 0; i < sizeof map; i++)
      ((guint8 *) &map)[i] = take_byte (&input);
  alfen_plan_socket (&map, flags & 1, &image);
  fill (&input, &image);
  alfen_decode_socket (&map, &image, &sample);
  check_sample (&sample);
  check_advice (&sample, sample.setpoint_valid_s);

  alfen_station_note_connection (&station, FALSE);
  alfen_plan_station (&map, flags & 1, TRUE, &image);
  fill (&input, &image);
  alfen_station_take (&station, &map, &image, TRUE, 1000);
  alfen_station_take_restart (&station, 1000);
  if (phaeton_sample_knows (&station.sample, PHAETON_SAMPLE_STATION_MAX))
    g_assert_cmpint (station.sample.station_max_mA, >, 0);
  if (station.manufacturer != NULL)
    g_assert_true (g_utf8_validate (station.manufacturer, -1, NULL));
  alfen_station_clear (&station);
  return 0;
}
