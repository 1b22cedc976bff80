/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core-world.h"

#include "phaeton-error.h"
#include "phaeton-recording-frame.h"
#include "phaeton-recording.h"

#include <string.h>

#define STEPS 400

/* a member that somebody adds to a struct and forgets here leaves a hole in it */
static void
assert_no_holes (PhaetonShape shape, gsize from, gsize to)
{
  const PhaetonColumns *it = phaeton_columns_get (shape);
  gsize end = from;

  for (guint i = 0; i < it->n; i++) {
    const PhaetonColumn *column = &it->columns[i];
    const gsize aligned = (end + column->size - 1) / column->size * column->size;

    if (aligned != column->offset && column->kind != PHAETON_COLUMN_TEXT &&
        (end + 7) / 8 * 8 != column->offset) /* a struct inside may be aligned to more */
      g_error ("%s: something before %s is not in its table", it->name, column->name);
    end = column->offset + column->size;
  }
  g_assert_cmpuint ((end + 7) / 8 * 8, ==, (to + 7) / 8 * 8);
}

static void
test_tables_know_every_member (void)
{
  assert_no_holes (PHAETON_SHAPE_WINDOW, 0, sizeof (PhaetonWindow));
  assert_no_holes (PHAETON_SHAPE_PRICE, 0, sizeof (PhaetonPriceSlot));
  assert_no_holes (PHAETON_SHAPE_SITE_STATE, 0, sizeof (PhaetonSiteState));
  assert_no_holes (PHAETON_SHAPE_CHARGER_STATE, 0, sizeof (PhaetonChargerState));
  assert_no_holes (PHAETON_SHAPE_CHARGER_INPUT, 0, sizeof (PhaetonChargerInput));
  assert_no_holes (PHAETON_SHAPE_CHARGER_DECISION, 0, sizeof (PhaetonChargerDecision));
  assert_no_holes (PHAETON_SHAPE_DECISION, sizeof (guint),
                   G_STRUCT_OFFSET (PhaetonDecision, chargers));
  assert_no_holes (PHAETON_SHAPE_CIRCUIT_CONFIG, sizeof (char *), sizeof (PhaetonCircuitConfig));
}

static guint64
make_word (const PhaetonColumn *column)
{
  const guint64 any = (guint64) g_test_rand_int () << 32 | (guint32) g_test_rand_int ();
  const guint64 span = (guint64) column->most - (guint64) column->least;

  if (column->kind > PHAETON_COLUMN_TIME)
    return column->is_last ? any >> 8 : any;
  return span == G_MAXUINT64 ? any : (guint64) column->least + any % (span + 1);
}

static void
test_any_value_comes_back (void)
{
  for (guint shape = 0; shape < PHAETON_N_SHAPES; shape++) {
    const PhaetonColumns *it = phaeton_columns_get (shape);
    g_autofree guint64 *words = g_new (guint64, it->n);
    g_autofree guint64 *back = g_new (guint64, it->n);
    g_autofree gpointer base = g_malloc0 (it->size);

    for (int round = 0; round < 100; round++) {
      for (guint i = 0; i < it->n; i++)
        words[i] = make_word (&it->columns[i]);
      g_assert_cmpint (phaeton_columns_write (it, base, words), ==, -1);
      phaeton_columns_read (it, base, back);
      g_assert_cmpmem (words, it->n * sizeof *words, back, it->n * sizeof *back);
    }
  }
}

static void
test_packed_words_come_back (void)
{
  for (int i = 0; i < 10000; i++) {
    const PhaetonColumnKind kind = g_test_rand_int_range (0, 4);
    const guint64 before = make_word (&phaeton_columns_get (PHAETON_SHAPE_PRICE)->columns[0]);
    const guint64 now = i % 3 == 0 ? before + 1000 : (guint64) g_test_rand_int () * 4711;
    gboolean known[2] = { i % 2, i % 2 };
    guint64 time[2] = { before - 5, before - 5 };
    const guint64 packed = phaeton_column_pack (kind, before, now, &known[0], &time[0]);

    g_assert_cmpuint (phaeton_column_unpack (kind, before, packed, &known[1], &time[1]), ==, now);
    g_assert_cmpuint (time[0], ==, time[1]);
  }
}

static void
stir (World *world)
{
  PhaetonHomeSample *home = &world->input.home;

  for (guint i = 0; i < world->config->n_chargers; i++) {
    PhaetonChargerInput *car = &world->cars[i];

    if (g_test_rand_int_range (0, 50) == 0)
      car->sample.pilot = g_test_rand_int_range (0, PHAETON_PILOT_F + 1);
    if (g_test_rand_int_range (0, 100) == 0)
      car->command.mode = g_test_rand_int_range (0, 3);
    car->online = g_test_rand_int_range (0, 40) != 0;
    car->sample.known |= PHAETON_SAMPLE_POWER | PHAETON_SAMPLE_ENERGY;
    car->sample.power_total_w = g_test_rand_int_range (0, 11000);
    car->sample.energy_wh += 1;
    car->sample.voltage_v[0] = g_test_rand_double_range (220, 240);
  }
  for (int i = 0; i < PHAETON_PHASES; i++)
    home->grid_power_w[i] =
      (PhaetonReading){ g_test_rand_int_range (0, 30) != 0, world->input.now_ms,
                        g_test_rand_int_range (-6000, 6000) };
  home->changed_at_ms = world->input.now_ms;
}

static World *
make_world (void)
{
  World *world = world_new (3);
  static const PhaetonPriceSlot slots[] = { { 1750000000, 1750003600, 250000, -80000 },
                                            { 1750003600, 1750007200, 310000, 0 } };

  for (guint i = 0; i < 3; i++)
    world->config->chargers[i].id = g_strdup_printf ("c%u", i);
  world->config->chargers[1].n_windows = 1;
  world->config->chargers[1].windows = g_new0 (PhaetonWindow, 1);
  world->config->chargers[1].windows[0] = (PhaetonWindow){ TRUE, 127, 60, 600, 0, 0 };
  world->config->chargers[2].phase_map[0] = 1;
  world->config->chargers[2].phase_map[1] = 0;
  world->config->chargers[0].controls.pv_ema_alpha = 0.4;
  world->input.prices = (PhaetonPriceSeries){ G_N_ELEMENTS (slots), slots };
  return world;
}

/* STEPS steps and, in their midst, another key, as after changed settings */
static GByteArray *
record (World *world)
{
  g_autoptr (PhaetonRecordingWriter) writer = phaeton_recording_writer_new ();
  GByteArray *bytes = g_byte_array_new ();

  phaeton_recording_writer_add_head (writer, phaeton_core_get_version (), bytes);
  phaeton_recording_writer_add_key (writer, world->config, world->state, bytes);
  for (int i = 0; i < STEPS; i++) {
    if (i == STEPS / 2) {
      world->config->chargers[0].controls.max_set_mA = 10000;
      phaeton_recording_writer_add_key (writer, world->config, world->state, bytes);
    }
    stir (world);
    world_step (world, 1);
    phaeton_recording_writer_add_step (writer, &world->input, world->decision, bytes);
  }
  return bytes;
}

static PhaetonRecordingReader *
open_bytes (const GByteArray *bytes, gsize length, GError **error)
{
  g_autoptr (GBytes) copy = g_bytes_new (bytes->data, length);

  return phaeton_recording_reader_new (copy, error);
}

/* every decision again from the recording alone */
static void
test_core_decides_the_same_again (void)
{
  g_autoptr (World) world = make_world ();
  g_autoptr (GByteArray) bytes = record (world);
  g_autoptr (GError) error = NULL;
  g_autoptr (PhaetonRecordingReader) reader = open_bytes (bytes, bytes->len, &error);
  g_autofree PhaetonState *state = phaeton_state_new (3);
  g_autofree PhaetonState *next = phaeton_state_new (3);
  g_autofree PhaetonDecision *decision = phaeton_decision_new (3);
  PhaetonRecordingEvent event = PHAETON_RECORDING_KEY;
  int n_keys = 0, n_steps = 0;

  g_assert_no_error (error);
  g_assert_cmpstr (phaeton_recording_reader_get_version (reader), ==, phaeton_core_get_version ());
  g_assert_cmpuint (phaeton_recording_reader_get_unknown (reader)->len, ==, 0);
  g_assert_cmpuint (phaeton_recording_reader_get_missing (reader)->len, ==, 0);
  while (phaeton_recording_reader_next (reader, &event, &error) && event != PHAETON_RECORDING_END) {
    if (event == PHAETON_RECORDING_KEY) {
      n_keys++;
      memcpy (state, phaeton_recording_reader_get_state (reader), phaeton_state_size (3));
      continue;
    }
    n_steps++;
    phaeton_core_step (phaeton_recording_reader_get_config (reader),
                       phaeton_recording_reader_get_input (reader), state, decision, next);
    memcpy (state, next, phaeton_state_size (3));
    g_assert_cmpmem (decision, phaeton_decision_size (3),
                     phaeton_recording_reader_get_decision (reader), phaeton_decision_size (3));
  }
  g_assert_no_error (error);
  g_assert_false (phaeton_recording_reader_is_cut (reader));
  g_assert_cmpint (n_keys, ==, 2);
  g_assert_cmpint (n_steps, ==, STEPS);
  g_assert_cmpmem (state, phaeton_state_size (3), world->state, phaeton_state_size (3));
  g_test_message ("%u bytes a step", bytes->len / STEPS);
}

/* reads to the end; the error, or NULL when the bytes are good or cut off */
static GError *
read_all (const GByteArray *bytes, gsize length)
{
  GError *error = NULL;
  g_autoptr (PhaetonRecordingReader) reader = open_bytes (bytes, length, &error);
  PhaetonRecordingEvent event = PHAETON_RECORDING_KEY;

  while (reader != NULL && event != PHAETON_RECORDING_END &&
         phaeton_recording_reader_next (reader, &event, &error))
    ;
  return error;
}

static void
test_cut_off_is_no_error (void)
{
  g_autoptr (World) world = make_world ();
  g_autoptr (GByteArray) bytes = record (world);

  for (int i = 0; i < 300; i++) {
    const gsize length = (gsize) g_test_rand_int_range (1, (gint32) bytes->len);
    g_autoptr (GError) error = read_all (bytes, length);

    if (error != NULL) /* only in the head */
      g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL);
    g_assert_true (error == NULL || length < 20000);
  }
}

/* one bit of any frame turned is found, and said at which byte */
static void
test_damage_is_found (void)
{
  g_autoptr (World) world = make_world ();
  g_autoptr (GByteArray) bytes = record (world);

  for (int i = 0; i < 300; i++) {
    const guint at = (guint) g_test_rand_int_range (0, (gint32) bytes->len / 2);
    const guint8 bit = (guint8) (1 << g_test_rand_int_range (0, 8));
    g_autoptr (GError) error = NULL;
    g_autoptr (PhaetonRecordingReader) reader = NULL;

    bytes->data[at] ^= bit;
    error = read_all (bytes, bytes->len);
    if (error != NULL) { /* NULL: a length became larger than the file, which is a cut */
      g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL);
      g_assert_true (g_str_has_prefix (error->message, "byte "));
    }
    bytes->data[at] ^= bit;
  }
}

static gsize
get_length (const guint8 *at, guint *n_bytes)
{
  gsize length = 0;

  *n_bytes = 0;
  do
    length |= (gsize) (at[*n_bytes] & 0x7f) << (7 * *n_bytes);
  while (at[(*n_bytes)++] & 0x80);
  return length;
}

/* turns @from into @to, of the same length, in the head, and makes the check fit again */
static void
change_head (GByteArray *bytes, const char *from, const char *to)
{
  const gsize magic = strlen (PHAETON_RECORDING_MAGIC);
  guint n_bytes;
  const gsize length = get_length (bytes->data + magic + 1, &n_bytes);
  guint8 *payload = bytes->data + magic + 1 + n_bytes;
  guint8 *found = memmem (payload, length, from, strlen (from));
  guint32 check;

  g_assert_nonnull (found);
  memcpy (found, to, strlen (to));
  check = GUINT32_TO_LE (phaeton_frame_get_check (PHAETON_FRAME_HEAD, payload, length));
  memcpy (payload + length, &check, sizeof check);
}

/* another version: what both know is read, the rest is named */
static void
test_other_members_are_named (void)
{
  g_autoptr (World) world = make_world ();
  g_autoptr (GByteArray) bytes = record (world);
  g_autoptr (PhaetonRecordingReader) reader = NULL;
  PhaetonRecordingEvent event;

  change_head (bytes, "kept_out", "kept_off");
  change_head (bytes, phaeton_core_get_version (), "0");
  reader = open_bytes (bytes, bytes->len, NULL);
  g_assert_nonnull (reader);
  g_assert_cmpuint (phaeton_recording_reader_get_unknown (reader)->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (phaeton_recording_reader_get_unknown (reader), 0), ==,
                   "charger-decision.kept_off");
  g_assert_cmpstr (g_ptr_array_index (phaeton_recording_reader_get_missing (reader), 0), ==,
                   "charger-decision.kept_out");
  g_assert_cmpstr (phaeton_recording_reader_get_version (reader), !=, phaeton_core_get_version ());
  do
    g_assert_true (phaeton_recording_reader_next (reader, &event, NULL));
  while (event != PHAETON_RECORDING_END);
}

/* an index out of range never reaches core, however well it is wrapped */
static void
test_range_is_checked (void)
{
  g_autoptr (World) world = make_world ();
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (GError) error = NULL;

  world->config->chargers[2].phase_map[2] = 3;
  bytes = record (world);
  error = read_all (bytes, bytes->len);
  g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (error->message, "charger-config.phase_map[2] is 3"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/recording/tables-know-every-member", test_tables_know_every_member);
  g_test_add_func ("/recording/any-value-comes-back", test_any_value_comes_back);
  g_test_add_func ("/recording/packed-words-come-back", test_packed_words_come_back);
  g_test_add_func ("/recording/core-decides-the-same-again", test_core_decides_the_same_again);
  g_test_add_func ("/recording/cut-off-is-no-error", test_cut_off_is_no_error);
  g_test_add_func ("/recording/damage-is-found", test_damage_is_found);
  g_test_add_func ("/recording/other-members-are-named", test_other_members_are_named);
  g_test_add_func ("/recording/range-is-checked", test_range_is_checked);
  return g_test_run ();
}
