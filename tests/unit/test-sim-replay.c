/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-error.h"
#include "phaeton-recording.h"
#include "phaeton-sim-replay.h"

#include <string.h>

#define RENEW                                                                                      \
  "\nIf the change is wanted: for each FILE in tests/data/recordings\n"                            \
  "  build/src/phaeton-sim replay FILE --rewrite FILE"

static GBytes *
load (const char *name)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "data", "recordings", name, NULL);
  g_autoptr (GError) error = NULL;
  char *data = NULL;
  gsize length;

  g_file_get_contents (path, &data, &length, &error);
  g_assert_no_error (error);
  return g_bytes_new_take (data, length);
}

/* what the daemon once decided in these homes is what this core decides */
static void
test_recording (gconstpointer name)
{
  g_autoptr (GBytes) bytes = load (name);
  g_autoptr (GByteArray) again = g_byte_array_new ();
  g_autoptr (GString) report = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  if (!phaeton_sim_replay (bytes, FALSE, NULL, report, &error))
    g_error ("%s: %s\n%s%s", (const char *) name, error->message, report->str, RENEW);
  g_assert_nonnull (strstr (report->str, " 0 of them different"));

  g_assert_true (phaeton_sim_replay (bytes, FALSE, again, report, &error));
  g_assert_cmpmem (again->data, again->len, g_bytes_get_data (bytes, NULL),
                   g_bytes_get_size (bytes));
}

/* the same recording, but in step @at the charger is said to have got @more_mA more */
static GBytes *
tamper (GBytes *bytes, int at, int more_mA)
{
  g_autoptr (PhaetonRecordingReader) reader = phaeton_recording_reader_new (bytes, NULL);
  g_autoptr (PhaetonRecordingWriter) writer = phaeton_recording_writer_new ();
  GByteArray *out = g_byte_array_new ();
  PhaetonRecordingEvent event;

  phaeton_recording_writer_add_head (writer, out);
  while (phaeton_recording_reader_next (reader, &event, NULL) && event != PHAETON_RECORDING_END) {
    g_autofree PhaetonDecision *decision = NULL;

    if (event == PHAETON_RECORDING_KEY) {
      phaeton_recording_writer_add_key (writer, phaeton_recording_reader_get_config (reader),
                                        phaeton_recording_reader_get_state (reader), out);
      continue;
    }
    decision =
      g_memdup2 (phaeton_recording_reader_get_decision (reader), phaeton_decision_size (1));
    if (at-- == 0)
      decision->chargers[0].limit_mA += more_mA;
    phaeton_recording_writer_add_step (writer, phaeton_recording_reader_get_input (reader),
                                       decision, out);
  }
  return g_byte_array_free_to_bytes (out);
}

static void
test_changed_decision_is_caught (void)
{
  g_autoptr (GBytes) bytes = load ("manual.rec");
  g_autoptr (GBytes) same = tamper (bytes, -1, 0);

  g_assert_true (g_bytes_equal (bytes, same));
  for (int i = 0; i < 20; i++) {
    const int at = g_test_rand_int_range (0, 100);
    g_autoptr (GBytes) changed = tamper (bytes, at, 1);
    g_autoptr (GString) report = g_string_new (NULL);
    g_autoptr (GError) error = NULL;
    g_autofree char *step = g_strdup_printf ("step %d ", at + 1);

    g_assert_false (phaeton_sim_replay (changed, FALSE, NULL, report, &error));
    g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_IMPLAUSIBLE);
    g_assert_true (g_str_has_prefix (error->message, step));
    g_assert_nonnull (strstr (report->str, "charger 1: limit_mA was "));
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/sim-replay/manual", "manual.rec", test_recording);
  g_test_add_data_func ("/sim-replay/auto", "auto.rec", test_recording);
  g_test_add_func ("/sim-replay/changed-decision-is-caught", test_changed_decision_is_caught);
  return g_test_run ();
}
