/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-recording.h"

#include "phaeton-error.h"
#include "phaeton-recording-frame.h"

#include <string.h>

#define MAX_SHAPES 64
#define MAX_COLUMNS 8192 /* of one shape in a file */
#define MAX_NAME 128
#define MAX_VARINT_BITS 63

/* a shape as the file has it */
typedef struct {
  guint n;
  PhaetonColumnKind *kinds; /* (owned) */
  int *ours;                /* (owned): index of our column, -1: we have none */
} FileShape;

struct _PhaetonRecordingReader {
  GBytes *bytes; /* (owned) */
  const guint8 *data;
  gsize size;
  gsize at;  /* next byte */
  gsize end; /* of the frame's payload that is being read */
  gboolean is_cut;

  char *version; /* (owned) */
  GPtrArray *unknown, *missing;
  FileShape shapes[PHAETON_N_SHAPES];
  guint64 *words; /* (owned): scratch for the widest of ours */
  gboolean time_known;
  guint64 time;

  PhaetonConfig *config; /* (owned) (nullable) */
  PhaetonState *state;
  PhaetonInput input;
  PhaetonChargerInput *chargers;
  PhaetonDecision *decision;
  PhaetonPriceSlot *prices;
  guint64 **rows; /* (owned): 4 shapes of the site and each charger, see get_row() */
  guint n_rows;
};

static gboolean
fail (PhaetonRecordingReader *self, GError **error, const char *what)
{
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL, "byte %" G_GSIZE_FORMAT ": %s",
               self->at, what);
  return FALSE;
}

static gboolean
get_number (PhaetonRecordingReader *self, guint64 *number, GError **error)
{
  *number = 0;
  for (guint shift = 0; shift <= MAX_VARINT_BITS; shift += 7) {
    guint64 byte;

    if (self->at >= self->end)
      return fail (self, error, "a number goes on after the end of its frame");
    byte = self->data[self->at++];
    if (shift == MAX_VARINT_BITS && byte > 1)
      break;
    *number |= (byte & 0x7f) << shift;
    if (byte < 0x80)
      return TRUE;
  }
  return fail (self, error, "a number has more than 64 bits");
}

static gboolean
get_count (PhaetonRecordingReader *self, guint most, guint *count, GError **error)
{
  guint64 number;

  if (!get_number (self, &number, error))
    return FALSE;
  if (number > most)
    return fail (self, error, "a count is larger than can be");
  *count = (guint) number;
  return TRUE;
}

/* appends; the whole stays below MAX_NAME */
static gboolean
get_text (PhaetonRecordingReader *self, GString *text, GError **error)
{
  guint length;

  if (!get_count (self, MAX_NAME, &length, error))
    return FALSE;
  if (length > self->end - self->at || text->len + length > MAX_NAME)
    return fail (self, error, "a text is too long");
  for (guint i = 0; i < length; i++)
    if (!g_ascii_isprint ((char) self->data[self->at + i]))
      return fail (self, error, "a text has a character that nobody can print");
  g_string_append_len (text, (const char *) self->data + self->at, length);
  self->at += length;
  return TRUE;
}

static char *
dup_text (PhaetonRecordingReader *self, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  return get_text (self, text, error) ? g_strdup (text->str) : NULL;
}

/* --- head: which columns the file has --- */

static int
find_column (const PhaetonColumns *columns, guint hint, const char *name, PhaetonColumnKind kind)
{
  for (guint i = 0; i < columns->n; i++) {
    const guint at = (hint + i) % columns->n; /* usually the first */
    const PhaetonColumn *it = &columns->columns[at];

    if (strcmp (it->name, name) != 0)
      continue;
    /* a whole number is a whole number, whether it counts as a time or not */
    return it->kind == kind || (it->kind <= PHAETON_COLUMN_TIME && kind <= PHAETON_COLUMN_TIME)
             ? (int) at
             : -1;
  }
  return -1;
}

static gboolean
read_column (PhaetonRecordingReader *self, guint index, GString *name, PhaetonColumnKind *kind,
             GError **error)
{
  guint same;

  if (!get_count (self, MAX_NAME, &same, error))
    return FALSE;
  if (same > name->len)
    return fail (self, error, "a name repeats more than there was");
  g_string_truncate (name, same);
  if (!get_text (self, name, error))
    return FALSE;
  if (self->at >= self->end || self->data[self->at] > PHAETON_COLUMN_TEXT)
    return fail (self, error, "a column is of no known kind");
  *kind = self->data[self->at++];
  return TRUE;
}

static void
note_missing (PhaetonRecordingReader *self, const PhaetonColumns *columns, const FileShape *shape)
{
  g_autofree gboolean *found = g_new0 (gboolean, columns->n);

  for (guint i = 0; i < shape->n; i++)
    if (shape->ours[i] >= 0)
      found[shape->ours[i]] = TRUE;
  for (guint i = 0; i < columns->n; i++)
    if (!found[i])
      g_ptr_array_add (self->missing,
                       g_strdup_printf ("%s.%s", columns->name, columns->columns[i].name));
}

static int
find_shape (const char *name)
{
  for (guint i = 0; i < PHAETON_N_SHAPES; i++)
    if (strcmp (phaeton_columns_get (i)->name, name) == 0)
      return (int) i;
  return -1;
}

static gboolean
read_shape (PhaetonRecordingReader *self, GError **error)
{
  g_autofree char *shape_name = dup_text (self, error);
  const int index = shape_name != NULL ? find_shape (shape_name) : -1;
  g_autoptr (GString) name = g_string_new (NULL);
  FileShape *shape;
  guint n;

  if (shape_name == NULL || !get_count (self, MAX_COLUMNS, &n, error))
    return FALSE;
  if (index < 0 || self->shapes[index].kinds != NULL)
    return fail (self, error, "a table that is not known, or twice the same");
  shape = &self->shapes[index];
  shape->kinds = g_new0 (PhaetonColumnKind, n + 1);
  shape->ours = g_new0 (int, n + 1);
  for (guint i = 0; i < n; i++) {
    if (!read_column (self, i, name, &shape->kinds[i], error))
      return FALSE;
    shape->ours[i] = find_column (phaeton_columns_get (index), i, name->str, shape->kinds[i]);
    if (shape->ours[i] < 0)
      g_ptr_array_add (self->unknown, g_strdup_printf ("%s.%s", shape_name, name->str));
    shape->n = i + 1;
  }
  note_missing (self, phaeton_columns_get (index), shape);
  return TRUE;
}

static gboolean
read_head (PhaetonRecordingReader *self, GError **error)
{
  guint n;

  self->version = dup_text (self, error);
  if (self->version == NULL || !get_count (self, MAX_SHAPES, &n, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (!read_shape (self, error))
      return FALSE;
  for (guint i = 0; i < PHAETON_N_SHAPES; i++)
    if (self->shapes[i].kinds == NULL)
      return fail (self, error, "a table is missing");
  return TRUE;
}

/* --- rows --- */

/* columns that come again and again would make a short frame long work */
static gboolean
get_row_words (PhaetonRecordingReader *self, PhaetonShape shape, guint64 *row, GError **error)
{
  const FileShape *it = &self->shapes[shape];
  guint at = 0;

  for (;;) {
    guint64 packed;
    guint skip;

    if (!get_count (self, MAX_COLUMNS, &skip, error))
      return FALSE;
    if (skip == 0)
      return TRUE;
    at += skip;
    if (at > it->n)
      return fail (self, error, "a row has more columns than its table");
    if (!get_number (self, &packed, error))
      return FALSE;
    row[at - 1] = phaeton_column_unpack (it->kinds[at - 1], row[at - 1], packed, &self->time_known,
                                         &self->time);
  }
}

static gboolean
get_row (PhaetonRecordingReader *self, PhaetonShape shape, guint64 *row, gpointer base,
         GError **error)
{
  const FileShape *it = &self->shapes[shape];
  const PhaetonColumns *columns = phaeton_columns_get (shape);
  g_autofree char *text = NULL;
  int bad;

  if (!get_row_words (self, shape, row, error))
    return FALSE;
  memset (self->words, 0, columns->n * sizeof self->words[0]);
  for (guint i = 0; i < it->n; i++)
    if (it->ours[i] >= 0)
      self->words[it->ours[i]] = row[i];
  bad = phaeton_columns_write (columns, base, self->words);
  if (bad < 0)
    return TRUE;
  text = g_strdup_printf ("%s.%s is %" G_GINT64_FORMAT ", which is out of range", columns->name,
                          columns->columns[bad].name, (gint64) self->words[bad]);
  return fail (self, error, text);
}

static gboolean
get_whole (PhaetonRecordingReader *self, PhaetonShape shape, gpointer base, GError **error)
{
  g_autofree guint64 *nothing = g_new0 (guint64, self->shapes[shape].n + 1);

  return get_row (self, shape, nothing, base, error);
}

/* --- key --- */

static void
clear_rows (PhaetonRecordingReader *self)
{
  for (guint i = 0; i < self->n_rows; i++)
    g_free (self->rows[i]);
  g_clear_pointer (&self->rows, g_free);
  self->n_rows = 0;
}

static void
make_rows (PhaetonRecordingReader *self, guint n_chargers)
{
  clear_rows (self);
  self->n_rows = 2 * (n_chargers + 1);
  self->rows = g_new0 (guint64 *, self->n_rows);
  for (guint i = 0; i < self->n_rows; i++) {
    const PhaetonShape shape = i == 0       ? PHAETON_SHAPE_INPUT
                               : i == 1     ? PHAETON_SHAPE_DECISION
                               : i % 2 == 0 ? PHAETON_SHAPE_CHARGER_INPUT
                                            : PHAETON_SHAPE_CHARGER_DECISION;

    self->rows[i] = g_new0 (guint64, self->shapes[shape].n + 1);
  }
}

static gboolean
read_charger_config (PhaetonRecordingReader *self, PhaetonChargerConfig *charger, GError **error)
{
  charger->id = dup_text (self, error);
  if (charger->id == NULL || !get_whole (self, PHAETON_SHAPE_CHARGER_CONFIG, charger, error) ||
      !get_count (self, PHAETON_RECORDING_MAX_WINDOWS, &charger->n_windows, error))
    return FALSE;
  charger->windows = g_new0 (PhaetonWindow, charger->n_windows);
  for (guint i = 0; i < charger->n_windows; i++)
    if (!get_whole (self, PHAETON_SHAPE_WINDOW, &charger->windows[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
read_circuits (PhaetonRecordingReader *self, PhaetonConfig *config, guint n_circuits,
               GError **error)
{
  if (n_circuits > 0)
    phaeton_config_take_circuits (config, n_circuits);
  for (guint i = 0; i < n_circuits; i++) {
    config->circuits[i].id = dup_text (self, error);
    if (config->circuits[i].id == NULL ||
        !get_whole (self, PHAETON_SHAPE_CIRCUIT_CONFIG, &config->circuits[i], error))
      return FALSE;
    if (config->circuits[i].parent > (int) n_circuits)
      return fail (self, error, "a circuit hangs on one that is not there");
  }
  return TRUE;
}

static gboolean
read_config (PhaetonRecordingReader *self, GError **error)
{
  guint n_chargers, n_circuits;
  PhaetonConfig *config;

  if (!get_count (self, PHAETON_MAX_CHARGERS, &n_chargers, error) ||
      !get_count (self, PHAETON_MAX_CIRCUITS, &n_circuits, error))
    return FALSE;
  g_clear_pointer (&self->config, phaeton_config_unref);
  self->config = config = phaeton_config_new (n_chargers);
  if (!get_whole (self, PHAETON_SHAPE_CONFIG, config, error) ||
      !read_circuits (self, config, n_circuits, error))
    return FALSE;
  for (guint i = 0; i < n_chargers; i++) {
    if (!read_charger_config (self, &config->chargers[i], error))
      return FALSE;
    if (config->chargers[i].circuit > (int) n_circuits)
      return fail (self, error, "a charger hangs on a circuit that is not there");
  }
  return TRUE;
}

static gboolean
read_key (PhaetonRecordingReader *self, GError **error)
{
  guint n;

  if (!read_config (self, error))
    return FALSE;
  n = self->config->n_chargers;
  g_free (self->state);
  g_free (self->decision);
  g_free (self->chargers);
  self->state = phaeton_state_new (n);
  self->decision = phaeton_decision_new (n);
  self->chargers = g_new0 (PhaetonChargerInput, n);
  self->input = (PhaetonInput){ .n_chargers = n, .chargers = self->chargers };
  make_rows (self, n);
  if (!get_whole (self, PHAETON_SHAPE_SITE_STATE, &self->state->site, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (!get_whole (self, PHAETON_SHAPE_CHARGER_STATE, &self->state->chargers[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
read_prices (PhaetonRecordingReader *self, GError **error)
{
  g_autofree guint64 *row = g_new0 (guint64, self->shapes[PHAETON_SHAPE_PRICE].n + 1);
  PhaetonPriceSeries prices;

  if (!get_count (self, PHAETON_RECORDING_MAX_PRICES, &prices.n, error))
    return FALSE;
  self->input.prices = (PhaetonPriceSeries){ 0, NULL };
  g_free (self->prices);
  prices.slots = self->prices = g_new0 (PhaetonPriceSlot, prices.n);
  for (guint i = 0; i < prices.n; i++)
    if (!get_row (self, PHAETON_SHAPE_PRICE, row, &self->prices[i], error))
      return FALSE;
  if (!phaeton_price_series_is_valid (&prices))
    return fail (self, error, "the prices overlap or are not in order");
  self->input.prices = prices;
  return TRUE;
}

static gboolean
read_step (PhaetonRecordingReader *self, GError **error)
{
  if (!get_row (self, PHAETON_SHAPE_INPUT, self->rows[0], &self->input, error) ||
      !get_row (self, PHAETON_SHAPE_DECISION, self->rows[1], self->decision, error))
    return FALSE;
  for (guint i = 0; i < self->config->n_chargers; i++)
    if (!get_row (self, PHAETON_SHAPE_CHARGER_INPUT, self->rows[2 * i + 2], &self->chargers[i],
                  error) ||
        !get_row (self, PHAETON_SHAPE_CHARGER_DECISION, self->rows[2 * i + 3],
                  &self->decision->chargers[i], error))
      return FALSE;
  return TRUE;
}

/* --- frames --- */

/* @is_whole: (out): FALSE: the file ends before the frame does */
static gboolean
open_frame (PhaetonRecordingReader *self, guint8 *tag, gboolean *is_whole, GError **error)
{
  guint64 length;
  guint32 check;

  self->end = self->size;
  *is_whole = FALSE;
  *tag = self->data[self->at++];
  if (!get_number (self, &length, NULL)) {
    if (self->at >= self->size)
      return TRUE;
    return fail (self, error, "a length has more than 64 bits");
  }
  if (length + PHAETON_FRAME_CHECK_BYTES > self->size - self->at || length > self->size)
    return TRUE;
  self->end = self->at + length;
  memcpy (&check, self->data + self->end, sizeof check);
  if (GUINT32_FROM_LE (check) != phaeton_frame_get_check (*tag, self->data + self->at, length))
    return fail (self, error, "a frame is damaged: its check does not fit");
  *is_whole = TRUE;
  self->time_known = FALSE;
  return TRUE;
}

static gboolean
read_frame (PhaetonRecordingReader *self, guint8 tag, GError **error)
{
  if (tag == PHAETON_FRAME_KEY)
    return read_key (self, error);
  if (tag != PHAETON_FRAME_PRICES && tag != PHAETON_FRAME_STEP)
    return fail (self, error, "a frame of no known kind");
  if (self->state == NULL)
    return fail (self, error, "a step before the first key");
  return tag == PHAETON_FRAME_PRICES ? read_prices (self, error) : read_step (self, error);
}

static gboolean
close_frame (PhaetonRecordingReader *self, GError **error)
{
  if (self->at != self->end)
    return fail (self, error, "a frame has more bytes than it needs");
  self->at += PHAETON_FRAME_CHECK_BYTES;
  return TRUE;
}

/* @tag: (out): 0: the file is over */
static gboolean
take_frame (PhaetonRecordingReader *self, guint8 *tag, GError **error)
{
  const gsize began = self->at;
  gboolean is_whole = FALSE;

  if (self->at < self->size && !open_frame (self, tag, &is_whole, error))
    return FALSE;
  if (is_whole)
    return read_frame (self, *tag, error) && close_frame (self, error);
  *tag = 0;
  self->at = began;
  self->is_cut = began < self->size;
  return TRUE;
}

gboolean
phaeton_recording_reader_next (PhaetonRecordingReader *self, PhaetonRecordingEvent *event,
                               GError **error)
{
  guint8 tag;

  do {
    if (!take_frame (self, &tag, error)) {
      self->at = self->size; /* what was read is only half of something: nothing more comes */
      return FALSE;
    }
  } while (tag == PHAETON_FRAME_PRICES);
  *event = tag == PHAETON_FRAME_KEY    ? PHAETON_RECORDING_KEY
           : tag == PHAETON_FRAME_STEP ? PHAETON_RECORDING_STEP
                                       : PHAETON_RECORDING_END;
  return TRUE;
}

static gboolean
begin (PhaetonRecordingReader *self, GError **error)
{
  const gsize length = strlen (PHAETON_RECORDING_MAGIC);
  gboolean is_whole = FALSE;
  guint8 tag;

  if (self->size > PHAETON_RECORDING_MAX_BYTES)
    return fail (self, error, "the file is too large");
  if (self->size <= length || memcmp (self->data, PHAETON_RECORDING_MAGIC, length) != 0)
    return fail (self, error, "not a recording of this format");
  self->at = length;
  if (!open_frame (self, &tag, &is_whole, error))
    return FALSE;
  if (!is_whole || tag != PHAETON_FRAME_HEAD)
    return fail (self, error, "the head is missing or cut off");
  return read_head (self, error) && close_frame (self, error);
}

PhaetonRecordingReader *
phaeton_recording_reader_new (GBytes *bytes, GError **error)
{
  PhaetonRecordingReader *self = g_new0 (PhaetonRecordingReader, 1);

  self->bytes = g_bytes_ref (bytes);
  self->data = g_bytes_get_data (bytes, &self->size);
  self->words = g_new0 (guint64, phaeton_columns_get_widest ());
  self->unknown = g_ptr_array_new_with_free_func (g_free);
  self->missing = g_ptr_array_new_with_free_func (g_free);
  if (begin (self, error))
    return self;
  phaeton_recording_reader_free (self);
  return NULL;
}

void
phaeton_recording_reader_free (PhaetonRecordingReader *self)
{
  clear_rows (self);
  for (guint i = 0; i < PHAETON_N_SHAPES; i++) {
    g_free (self->shapes[i].kinds);
    g_free (self->shapes[i].ours);
  }
  g_clear_pointer (&self->config, phaeton_config_unref);
  g_free (self->state);
  g_free (self->decision);
  g_free (self->chargers);
  g_free (self->prices);
  g_free (self->words);
  g_free (self->version);
  g_ptr_array_unref (self->unknown);
  g_ptr_array_unref (self->missing);
  g_bytes_unref (self->bytes);
  g_free (self);
}

const char *
phaeton_recording_reader_get_version (PhaetonRecordingReader *self)
{
  return self->version;
}

GPtrArray *
phaeton_recording_reader_get_unknown (PhaetonRecordingReader *self)
{
  return self->unknown;
}

GPtrArray *
phaeton_recording_reader_get_missing (PhaetonRecordingReader *self)
{
  return self->missing;
}

gboolean
phaeton_recording_reader_is_cut (PhaetonRecordingReader *self)
{
  return self->is_cut;
}

gsize
phaeton_recording_reader_get_offset (PhaetonRecordingReader *self)
{
  return self->at;
}

PhaetonConfig *
phaeton_recording_reader_get_config (PhaetonRecordingReader *self)
{
  return self->config;
}

const PhaetonState *
phaeton_recording_reader_get_state (PhaetonRecordingReader *self)
{
  return self->state;
}

const PhaetonInput *
phaeton_recording_reader_get_input (PhaetonRecordingReader *self)
{
  return &self->input;
}

const PhaetonDecision *
phaeton_recording_reader_get_decision (PhaetonRecordingReader *self)
{
  return self->decision;
}
