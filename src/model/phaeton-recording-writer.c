/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-recording.h"

#include "phaeton-recording-frame.h"

#include <string.h>

struct _PhaetonRecordingWriter {
  guint n_chargers;
  guint64 *rows;       /* (owned): what the frame before said: site's row, then a row a charger */
  guint64 *words;      /* (owned): scratch for the widest shape */
  GArray *prices;      /* (owned) (element-type PhaetonPriceSlot): the last ones told */
  GByteArray *payload; /* (owned): of the frame being made */
  gboolean time_known; /* in this frame */
  guint64 time;
};

PhaetonRecordingWriter *
phaeton_recording_writer_new (void)
{
  PhaetonRecordingWriter *self = g_new0 (PhaetonRecordingWriter, 1);

  self->words = g_new (guint64, phaeton_columns_get_widest ());
  self->prices = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
  self->payload = g_byte_array_new ();
  return self;
}

void
phaeton_recording_writer_free (PhaetonRecordingWriter *self)
{
  g_free (self->rows);
  g_free (self->words);
  g_array_unref (self->prices);
  g_byte_array_unref (self->payload);
  g_free (self);
}

static void
put_number (GByteArray *out, guint64 number)
{
  guint8 bytes[10];
  guint n = 0;

  for (; number >= 0x80; number >>= 7)
    bytes[n++] = (guint8) number | 0x80;
  bytes[n++] = (guint8) number;
  g_byte_array_append (out, bytes, n);
}

static void
put_text (GByteArray *out, const char *text)
{
  const gsize length = strlen (text);

  put_number (out, length);
  g_byte_array_append (out, (const guint8 *) text, (guint) length);
}

static void
end_frame (PhaetonRecordingWriter *self, guint8 tag, GByteArray *out)
{
  const guint32 check =
    GUINT32_TO_LE (phaeton_frame_get_check (tag, self->payload->data, self->payload->len));

  g_byte_array_append (out, &tag, 1);
  put_number (out, self->payload->len);
  g_byte_array_append (out, self->payload->data, self->payload->len);
  g_byte_array_append (out, (const guint8 *) &check, sizeof check);
  g_byte_array_set_size (self->payload, 0);
  self->time_known = FALSE;
}

/* what differs from @before: how many columns further, and the value; 0 ends the row */
static void
put_row (PhaetonRecordingWriter *self, PhaetonShape shape, gconstpointer base, guint64 *before)
{
  const PhaetonColumns *columns = phaeton_columns_get (shape);
  guint told = 0;

  phaeton_columns_read (columns, base, self->words);
  for (guint i = 0; i < columns->n; i++) {
    const guint64 now = self->words[i];

    if (now == before[i])
      continue;
    put_number (self->payload, i + 1 - told);
    put_number (self->payload, phaeton_column_pack (columns->columns[i].kind, before[i], now,
                                                    &self->time_known, &self->time));
    told = i + 1;
    before[i] = now;
  }
  put_number (self->payload, 0);
}

/* against nothing: every column that is not 0 */
static void
put_whole (PhaetonRecordingWriter *self, PhaetonShape shape, gconstpointer base)
{
  g_autofree guint64 *nothing = g_new0 (guint64, phaeton_columns_get (shape)->n);

  put_row (self, shape, base, nothing);
}

static void
put_names (PhaetonRecordingWriter *self, const PhaetonColumns *columns)
{
  const char *before = "";

  put_text (self->payload, columns->name);
  put_number (self->payload, columns->n);
  for (guint i = 0; i < columns->n; i++) {
    const char *name = columns->columns[i].name;
    const guint8 kind = columns->columns[i].kind;
    gsize same = 0;

    while (name[same] != '\0' && name[same] == before[same])
      same++;
    put_number (self->payload, same);
    put_text (self->payload, name + same);
    g_byte_array_append (self->payload, &kind, 1);
    before = name;
  }
}

void
phaeton_recording_writer_add_head (PhaetonRecordingWriter *self, const char *version,
                                   GByteArray *out)
{
  g_byte_array_append (out, (const guint8 *) PHAETON_RECORDING_MAGIC,
                       strlen (PHAETON_RECORDING_MAGIC));
  put_text (self->payload, version);
  put_number (self->payload, PHAETON_N_SHAPES);
  for (guint i = 0; i < PHAETON_N_SHAPES; i++)
    put_names (self, phaeton_columns_get (i));
  end_frame (self, PHAETON_FRAME_HEAD, out);
}

static guint
get_row_width (void)
{
  return MAX (phaeton_columns_get (PHAETON_SHAPE_INPUT)->n,
              phaeton_columns_get (PHAETON_SHAPE_CHARGER_INPUT)->n) +
         MAX (phaeton_columns_get (PHAETON_SHAPE_DECISION)->n,
              phaeton_columns_get (PHAETON_SHAPE_CHARGER_DECISION)->n);
}

static void
put_charger_config (PhaetonRecordingWriter *self, const PhaetonChargerConfig *charger)
{
  const guint n_windows = MIN (charger->n_windows, PHAETON_RECORDING_MAX_WINDOWS);

  put_text (self->payload, charger->id);
  put_whole (self, PHAETON_SHAPE_CHARGER_CONFIG, charger);
  put_number (self->payload, n_windows);
  for (guint i = 0; i < n_windows; i++)
    put_whole (self, PHAETON_SHAPE_WINDOW, &charger->windows[i]);
}

void
phaeton_recording_writer_add_key (PhaetonRecordingWriter *self, const PhaetonConfig *config,
                                  const PhaetonState *state, GByteArray *out)
{
  put_number (self->payload, config->n_chargers);
  put_number (self->payload, config->n_circuits);
  put_whole (self, PHAETON_SHAPE_CONFIG, config);
  for (guint i = 0; i < config->n_circuits; i++) {
    put_text (self->payload, config->circuits[i].id);
    put_whole (self, PHAETON_SHAPE_CIRCUIT_CONFIG, &config->circuits[i]);
  }
  for (guint i = 0; i < config->n_chargers; i++)
    put_charger_config (self, &config->chargers[i]);
  put_whole (self, PHAETON_SHAPE_SITE_STATE, &state->site);
  for (guint i = 0; i < config->n_chargers; i++)
    put_whole (self, PHAETON_SHAPE_CHARGER_STATE, &state->chargers[i]);
  end_frame (self, PHAETON_FRAME_KEY, out);

  /* what follows is told against nothing again */
  self->n_chargers = config->n_chargers;
  g_free (self->rows);
  self->rows = g_new0 (guint64, get_row_width () * (config->n_chargers + 1));
  g_array_set_size (self->prices, 0);
}

static void
add_prices (PhaetonRecordingWriter *self, const PhaetonPriceSeries *prices, GByteArray *out)
{
  const guint n = MIN (prices->n, PHAETON_RECORDING_MAX_PRICES);
  g_autofree guint64 *before = NULL;

  if (n == self->prices->len &&
      (n == 0 || memcmp (self->prices->data, prices->slots, n * sizeof prices->slots[0]) == 0))
    return;
  g_array_set_size (self->prices, 0);
  g_array_append_vals (self->prices, prices->slots, n);
  before = g_new0 (guint64, phaeton_columns_get (PHAETON_SHAPE_PRICE)->n);
  put_number (self->payload, n);
  for (guint i = 0; i < n; i++)
    put_row (self, PHAETON_SHAPE_PRICE, &prices->slots[i], before);
  end_frame (self, PHAETON_FRAME_PRICES, out);
}

void
phaeton_recording_writer_add_step (PhaetonRecordingWriter *self, const PhaetonInput *input,
                                   const PhaetonDecision *decision, GByteArray *out)
{
  const guint width = get_row_width ();
  guint64 *row = self->rows;

  g_return_if_fail (row != NULL && input->n_chargers == self->n_chargers &&
                    decision->n_chargers == self->n_chargers);

  add_prices (self, &input->prices, out);
  put_row (self, PHAETON_SHAPE_INPUT, input, row);
  put_row (self, PHAETON_SHAPE_DECISION, decision,
           row + phaeton_columns_get (PHAETON_SHAPE_INPUT)->n);
  for (guint i = 0; i < self->n_chargers; i++) {
    row += width;
    put_row (self, PHAETON_SHAPE_CHARGER_INPUT, &input->chargers[i], row);
    put_row (self, PHAETON_SHAPE_CHARGER_DECISION, &decision->chargers[i],
             row + phaeton_columns_get (PHAETON_SHAPE_CHARGER_INPUT)->n);
  }
  end_frame (self, PHAETON_FRAME_STEP, out);
}
