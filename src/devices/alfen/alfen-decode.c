/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-alfen"
#include "config.h"

#include "alfen-decode.h"

#include <math.h>
#include <string.h>

/* what a socket can at all; beyond it a value is not a measurement */
#define MAX_CURRENT_A 1000.0
#define MAX_VOLTAGE_V 1000.0
#define MAX_POWER_W 1e6
#define MAX_ENERGY_WH 1e12
#define MAX_TEMPERATURE_C 200.0
#define MAX_VALID_S (366 * 24 * 3600)

/* not configurable: distances to registers.status and registers.amps_config */
#define AVAILABILITY_BEFORE_STATUS 1
#define STATUS_WORDS 5
#define APPLIED_BEFORE_SETPOINT 4

/* words from the applied current on */
#define VALID_OFFSET 2
#define SETPOINT_OFFSET 4
#define SAFE_OFFSET 6
#define ACCOUNTED_OFFSET 8

#define UPTIME_ADDRESS 174
#define UPTIME_WORDS 4
#define STATION_WORDS 4 /* maximum, temperature */

typedef struct {
  int address; /* may be off the map when the settings are odd: then it is not read */
  int count;
} Range;

static int
compare_ranges (gconstpointer a, gconstpointer b)
{
  const Range *first = a, *second = b;

  return first->address - second->address;
}

static void
plan (Range *ranges, guint n_ranges, gboolean merged, AlfenImage *image)
{
  AlfenBlock *last = NULL;

  memset (image, 0, sizeof *image);
  qsort (ranges, n_ranges, sizeof *ranges, compare_ranges);
  for (guint i = 0; i < n_ranges; i++) {
    const Range *range = &ranges[i];
    const int end = range->address + range->count;

    if (range->address < 0 || end > G_MAXUINT16 + 1 || range->count < 1 ||
        range->count > ALFEN_MAX_WORDS)
      continue;
    if (merged && last != NULL && end - last->address <= ALFEN_MAX_WORDS) {
      last->count = (guint16) MAX (last->count, end - last->address);
      continue;
    }
    g_assert (image->n_blocks < ALFEN_MAX_BLOCKS);
    last = &image->blocks[image->n_blocks++];
    last->address = (guint16) range->address;
    last->count = (guint16) range->count;
  }
}

guint16
alfen_control_address (const PhaetonRegisterConfig *registers)
{
  return (guint16) (registers->amps_config - APPLIED_BEFORE_SETPOINT);
}

void
alfen_plan_socket (const PhaetonRegisterConfig *registers, gboolean merged, AlfenImage *image)
{
  Range ranges[] = {
    { registers->voltages, 6 },
    { registers->currents, 6 },
    { registers->power, 8 },
    { registers->energy, 4 },
    { registers->status - AVAILABILITY_BEFORE_STATUS, 1 + STATUS_WORDS },
    { registers->amps_config - APPLIED_BEFORE_SETPOINT, ALFEN_CONTROL_WORDS },
    { registers->phases, 1 },
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (ranges) <= ALFEN_MAX_BLOCKS);
  plan (ranges, G_N_ELEMENTS (ranges), merged, image);
}

void
alfen_plan_station (const PhaetonRegisterConfig *registers, gboolean merged, gboolean identity,
                    AlfenImage *image)
{
  Range ranges[] = {
    { registers->station_max_current, STATION_WORDS },
    { registers->manufacturer, registers->manufacturer_count },
    { registers->firmware_version, registers->firmware_version_count },
    { registers->platform_type, registers->platform_type_count },
    { registers->station_serial, registers->station_serial_count },
    { UPTIME_ADDRESS, UPTIME_WORDS },
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (ranges) <= ALFEN_MAX_BLOCKS);
  plan (ranges, identity ? G_N_ELEMENTS (ranges) : 1, merged, image);
}

const guint16 *
alfen_image_find (const AlfenImage *image, guint16 address, guint16 count)
{
  for (guint i = 0; i < image->n_blocks; i++) {
    const AlfenBlock *block = &image->blocks[i];

    if (block->known && address >= block->address &&
        address + count <= block->address + block->count)
      return block->words + (address - block->address);
  }
  return NULL;
}

/* --- single values: TRUE: known --- */

static gboolean
is_unavailable (const guint16 *words, guint count)
{
  for (guint i = 0; i < count; i++)
    if (words[i] != 0xFFFF)
      return FALSE;
  return TRUE;
}

static guint64
join_words (const guint16 *words, guint count)
{
  guint64 bits = 0;

  for (guint i = 0; i < count; i++)
    bits = bits << 16 | words[i];
  return bits;
}

/* NaN fails every comparison, so it is out of any range */
static gboolean
decode_float (const guint16 *words, double min, double max, double *value)
{
  const guint32 bits = (guint32) join_words (words, 2);
  float number;

  memcpy (&number, &bits, sizeof number);
  *value = (double) number;
  return *value >= min && *value <= max;
}

static gboolean
decode_mA (const guint16 *words, double min_a, int *current_mA)
{
  double current_a;

  if (!decode_float (words, min_a, MAX_CURRENT_A, &current_a))
    return FALSE;
  *current_mA = (int) lround (current_a * 1000.0);
  return TRUE;
}

static gboolean
decode_energy (const guint16 *words, gint64 *energy_wh)
{
  const guint64 bits = join_words (words, 4);
  double number;

  memcpy (&number, &bits, sizeof number);
  if (!(number >= 0.0 && number <= MAX_ENERGY_WH))
    return FALSE;
  *energy_wh = (gint64) number; /* downwards: only what was really delivered */
  return TRUE;
}

static gboolean
decode_seconds (const guint16 *words, int *seconds)
{
  if (is_unavailable (words, 2))
    return FALSE;
  *seconds = (int) MIN (join_words (words, 2), (guint64) MAX_VALID_S);
  return TRUE;
}

static char *
decode_text (const guint16 *words, guint count)
{
  g_autoptr (GString) text = g_string_sized_new (2 * (gsize) count);

  for (guint i = 0; i < 2 * count; i++) {
    const guchar byte = (guchar) (i % 2 == 0 ? words[i / 2] >> 8 : words[i / 2] & 0xFF);

    if (byte == 0)
      continue; /* padding */
    if (byte < ' ' || byte > '~')
      return NULL;
    g_string_append_c (text, (char) byte);
  }
  g_strstrip (text->str);
  return text->str[0] == '\0' ? NULL : g_strdup (text->str);
}

/* --- groups --- */

static void
set_known (PhaetonChargerSample *sample, guint32 bit, gboolean known)
{
  if (known)
    sample->known |= bit;
}

static void
decode_voltages (const guint16 *words, PhaetonChargerSample *sample)
{
  for (guint i = 0; i < PHAETON_PHASES; i++) {
    double voltage_v;

    if (!decode_float (words + 2 * i, 0.0, MAX_VOLTAGE_V, &voltage_v))
      continue;
    sample->voltage_v[i] = voltage_v;
    sample->known |= (guint32) PHAETON_SAMPLE_VOLTAGE_L1 << i;
  }
}

static void
decode_currents (const guint16 *words, PhaetonChargerSample *sample)
{
  for (guint i = 0; i < PHAETON_PHASES; i++)
    set_known (sample, (guint32) PHAETON_SAMPLE_CURRENT_L1 << i,
               decode_mA (words + 2 * i, -MAX_CURRENT_A, &sample->current_mA[i]));
}

/* The measured power of a phase; where the meter has none (below 1 W or unknown), that of its
 * voltage and current if both are known. @words: (nullable) */
static void
decode_phase_power (const guint16 *words, guint phase, PhaetonChargerSample *sample)
{
  const guint32 inputs = (guint32) (PHAETON_SAMPLE_VOLTAGE_L1 | PHAETON_SAMPLE_CURRENT_L1) << phase;
  double power_w = 0.0;
  const gboolean measured =
    words != NULL && decode_float (words, -MAX_POWER_W, MAX_POWER_W, &power_w);

  if ((!measured || fabs (power_w) < 1.0) && phaeton_sample_knows (sample, inputs))
    power_w = sample->voltage_v[phase] * sample->current_mA[phase] / 1000.0;
  else if (!measured)
    return;
  sample->power_w[phase] = (int) lround (power_w);
  sample->known |= (guint32) PHAETON_SAMPLE_POWER_L1 << phase;
}

/* FALSE: a phase draws current, but nobody knows how much power. A phase without any value is one
 * that the meter does not have. */
static gboolean
sum_phases (const PhaetonChargerSample *sample, int *total_w)
{
  gboolean any = FALSE;

  *total_w = 0;
  for (guint i = 0; i < PHAETON_PHASES; i++) {
    if (phaeton_sample_knows (sample, (guint32) PHAETON_SAMPLE_POWER_L1 << i)) {
      *total_w += sample->power_w[i];
      any = TRUE;
    } else if (phaeton_sample_knows (sample, (guint32) PHAETON_SAMPLE_CURRENT_L1 << i)) {
      return FALSE;
    }
  }
  return any;
}

/* @words: (nullable): L1, L2, L3, sum */
static void
decode_powers (const guint16 *words, PhaetonChargerSample *sample)
{
  double total_w = 0.0;
  gboolean measured;
  int sum_w;

  for (guint i = 0; i < PHAETON_PHASES; i++)
    decode_phase_power (words == NULL ? NULL : words + 2 * i, i, sample);
  measured =
    words != NULL && decode_float (words + 2 * PHAETON_PHASES, -MAX_POWER_W, MAX_POWER_W, &total_w);
  if ((!measured || fabs (total_w) < 1.0) && sum_phases (sample, &sum_w))
    sample->power_total_w = sum_w;
  else if (measured)
    sample->power_total_w = (int) lround (total_w);
  else
    return;
  sample->known |= PHAETON_SAMPLE_POWER;
}

/* availability and the state of the control pilot */
static void
decode_state (const guint16 *words, PhaetonChargerSample *sample)
{
  g_autofree char *text = decode_text (words + AVAILABILITY_BEFORE_STATUS, STATUS_WORDS);

  sample->pilot = text == NULL ? PHAETON_PILOT_UNKNOWN : phaeton_pilot_from_string (text);
  set_known (sample, PHAETON_SAMPLE_PILOT, sample->pilot != PHAETON_PILOT_UNKNOWN);
  /* some stations say E when nobody is there: a fault only if they are out of order too */
  if (sample->pilot == PHAETON_PILOT_F || (sample->pilot == PHAETON_PILOT_E && words[0] == 0))
    sample->fault = PHAETON_FAULT_OTHER;
}

void
alfen_decode_control (const guint16 words[ALFEN_CONTROL_WORDS], PhaetonChargerSample *sample)
{
  const guint16 accounted = words[ACCOUNTED_OFFSET];

  set_known (sample, PHAETON_SAMPLE_APPLIED, decode_mA (words, 0.0, &sample->applied_mA));
  set_known (sample, PHAETON_SAMPLE_SETPOINT_VALID,
             decode_seconds (words + VALID_OFFSET, &sample->setpoint_valid_s));
  set_known (sample, PHAETON_SAMPLE_SETPOINT,
             decode_mA (words + SETPOINT_OFFSET, 0.0, &sample->setpoint_mA));
  set_known (sample, PHAETON_SAMPLE_SAFE, decode_mA (words + SAFE_OFFSET, 0.0, &sample->safe_mA));
  sample->accounted = accounted == 1;
  set_known (sample, PHAETON_SAMPLE_ACCOUNTED, accounted <= 1);
}

void
alfen_decode_socket (const PhaetonRegisterConfig *registers, const AlfenImage *image,
                     PhaetonChargerSample *sample)
{
  const guint16 *words;

  if ((words = alfen_image_find (image, registers->voltages, 6)) != NULL)
    decode_voltages (words, sample);
  if ((words = alfen_image_find (image, registers->currents, 6)) != NULL)
    decode_currents (words, sample);
  decode_powers (alfen_image_find (image, registers->power, 8), sample);
  if ((words = alfen_image_find (image, registers->energy, 4)) != NULL)
    set_known (sample, PHAETON_SAMPLE_ENERGY, decode_energy (words, &sample->energy_wh));
  words = alfen_image_find (image, (guint16) (registers->status - AVAILABILITY_BEFORE_STATUS),
                            1 + STATUS_WORDS);
  if (words != NULL)
    decode_state (words, sample);
  words = alfen_image_find (image, alfen_control_address (registers), ALFEN_CONTROL_WORDS);
  if (words != NULL)
    alfen_decode_control (words, sample);
  words = alfen_image_find (image, registers->phases, 1);
  if (words != NULL && (words[0] == 1 || words[0] == 3)) {
    sample->phases = words[0];
    sample->known |= PHAETON_SAMPLE_PHASES;
  }
}

void
alfen_decode_station (const PhaetonRegisterConfig *registers, const AlfenImage *image,
                      PhaetonChargerSample *sample)
{
  const guint16 *words = alfen_image_find (image, registers->station_max_current, STATION_WORDS);
  double temperature_c;
  int max_mA;

  if (words == NULL)
    return;
  if (decode_mA (words, 0.0, &max_mA) && max_mA > 0) {
    sample->station_max_mA = max_mA;
    sample->known |= PHAETON_SAMPLE_STATION_MAX;
  }
  if (decode_float (words + 2, -MAX_TEMPERATURE_C, MAX_TEMPERATURE_C, &temperature_c)) {
    sample->temperature_c = temperature_c;
    sample->known |= PHAETON_SAMPLE_TEMPERATURE;
  }
}

char *
alfen_decode_text (const AlfenImage *image, guint16 address, guint16 count)
{
  const guint16 *words = alfen_image_find (image, address, count);

  return words == NULL ? NULL : decode_text (words, count);
}

gboolean
alfen_decode_uptime (const AlfenImage *image, gint64 *uptime_ms)
{
  const guint16 *words = alfen_image_find (image, UPTIME_ADDRESS, UPTIME_WORDS);

  if (words == NULL || words[0] != 0) /* 2^48 ms are 8900 years; all ones: unavailable */
    return FALSE;
  *uptime_ms = (gint64) join_words (words, UPTIME_WORDS);
  return TRUE;
}

void
alfen_encode_current (int current_mA, guint16 words[2])
{
  const float current_a = (float) (current_mA / 1000.0);
  guint32 bits;

  memcpy (&bits, &current_a, sizeof bits);
  words[0] = (guint16) (bits >> 16);
  words[1] = (guint16) (bits & 0xFFFF);
}
