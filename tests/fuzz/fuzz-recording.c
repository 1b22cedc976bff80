/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-recording.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* any bytes as a recording: read to the end, or refused with the byte where it went wrong */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (PhaetonRecordingReader) reader = phaeton_recording_reader_new (bytes, &error);
  PhaetonRecordingEvent event = PHAETON_RECORDING_KEY;

  g_assert_true ((reader == NULL) == (error != NULL));
  while (reader != NULL && event != PHAETON_RECORDING_END &&
         phaeton_recording_reader_next (reader, &event, &error)) {
    const PhaetonConfig *config = phaeton_recording_reader_get_config (reader);

    if (event != PHAETON_RECORDING_STEP)
      continue;
    g_assert_cmpuint (phaeton_recording_reader_get_input (reader)->n_chargers, ==,
                      config->n_chargers);
    for (guint i = 0; i < config->n_chargers; i++)
      for (int phase = 0; phase < PHAETON_PHASES; phase++)
        g_assert_cmpuint (config->chargers[i].phase_map[phase], <, PHAETON_PHASES);
  }
  return 0;
}
