/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-core.h"
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
  g_autoptr (GByteArray) twice = g_byte_array_new ();
  g_autoptr (GBytes) rewritten = NULL;
  g_autoptr (GString) report = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  if (!phaeton_sim_replay (bytes, FALSE, NULL, report, &error))
    g_error ("%s: %s\n%s", (const char *) name, error->message, report->str);
  if (strstr (report->str, " 0 of them different") == NULL)
    g_error ("%s is decided differently:\n%s%s", (const char *) name, report->str, RENEW);

  g_assert_true (phaeton_sim_replay (bytes, FALSE, again, report, &error));
  rewritten = g_bytes_new (again->data, again->len);
  g_string_truncate (report, 0);
  g_assert_true (phaeton_sim_replay (rewritten, FALSE, twice, report, &error));
  g_assert_nonnull (strstr (report->str, " 0 of them different"));
  g_assert_cmpmem (twice->data, twice->len, again->data, again->len);
}

/* the same recording, but in step @at the charger is said to have got @more_mA more, by the core
 * @version */
static GBytes *
tamper (GBytes *bytes, const char *version, int at, int more_mA)
{
  g_autoptr (PhaetonRecordingReader) reader = phaeton_recording_reader_new (bytes, NULL);
  g_autoptr (PhaetonRecordingWriter) writer = phaeton_recording_writer_new ();
  GByteArray *out = g_byte_array_new ();
  PhaetonRecordingEvent event;

  phaeton_recording_writer_add_head (writer, version, out);
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
  const char *version = phaeton_core_get_version ();
  g_autoptr (GBytes) same = tamper (bytes, version, -1, 0);
  g_autoptr (GBytes) again = tamper (same, version, -1, 0);

  g_assert_true (g_bytes_equal (again, same));
  for (int i = 0; i < 20; i++) {
    const int at = g_test_rand_int_range (0, 100);
    g_autoptr (GBytes) changed = tamper (bytes, version, at, 1);
    g_autoptr (GString) report = g_string_new (NULL);
    g_autoptr (GError) error = NULL;
    g_autofree char *step = g_strdup_printf ("step %d ", at + 1);

    g_assert_false (phaeton_sim_replay (changed, FALSE, NULL, report, &error));
    g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_IMPLAUSIBLE);
    g_assert_true (g_str_has_prefix (error->message, step));
    g_assert_nonnull (strstr (report->str, "charger 1: limit_mA was "));
  }
}

/* what another core decided is no error but a report */
static void
test_other_core_is_compared (void)
{
  g_autoptr (GBytes) bytes = load ("manual.rec");
  const char *const cores[] = { "1.0.0", "1.0.0+000000000000", "0.9.0+000000000000" };

  g_assert_true (g_str_has_prefix (phaeton_core_get_version (), PHAETON_VERSION "+"));
  for (guint i = 0; i < G_N_ELEMENTS (cores); i++) {
    g_autoptr (GBytes) changed = tamper (bytes, cores[i], 50, 1);
    g_autoptr (GString) report = g_string_new (NULL);
    g_autoptr (GError) error = NULL;

    g_assert_true (phaeton_sim_replay (changed, FALSE, NULL, report, &error));
    g_assert_nonnull (strstr (report->str, ", which is another core: 135 steps "));
    g_assert_nonnull (strstr (report->str, " 1 of them different"));
    g_assert_nonnull (strstr (report->str, "charger 1: limit_mA was "));
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/sim-replay/manual", "manual.rec", test_recording);
  g_test_add_data_func ("/sim-replay/auto", "auto.rec", test_recording);
  g_test_add_data_func ("/sim-replay/fuse", "fuse.rec", test_recording);
  g_test_add_func ("/sim-replay/other-core-is-compared", test_other_core_is_compared);
  g_test_add_func ("/sim-replay/changed-decision-is-caught", test_changed_decision_is_caught);
  return g_test_run ();
}
