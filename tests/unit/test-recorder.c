/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core-world.h"

#include "phaeton-recorder.h"
#include "phaeton-recording.h"
#include "phaeton-worker.h"

#include <glib/gstdio.h>

#define KEPT 2
#define FILE_BYTES 20000

static int
count_steps (const char *path)
{
  char *data = NULL;
  gsize length;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (PhaetonRecordingReader) reader = NULL;
  PhaetonRecordingEvent event;
  int n = 0;

  if (!g_file_get_contents (path, &data, &length, NULL))
    return -1;
  g_assert_cmpuint (length, <, FILE_BYTES + 8000); /* a key is not cut */
  bytes = g_bytes_new_take (data, length);
  reader = phaeton_recording_reader_new (bytes, NULL);
  g_assert_nonnull (reader);
  while (phaeton_recording_reader_next (reader, &event, NULL) && event != PHAETON_RECORDING_END)
    n += event == PHAETON_RECORDING_STEP;
  g_assert_false (phaeton_recording_reader_is_cut (reader));
  return n;
}

/* as many files as are kept, each whole by itself, the oldest gone */
static void
test_files_are_bounded (void)
{
  g_autofree char *folder = g_dir_make_tmp ("phaeton-recorder-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "now.rec", NULL);
  g_autoptr (World) world = world_new (1);
  PhaetonRecorder *recorder = phaeton_recorder_new (path, FILE_BYTES, KEPT);
  int n_told = 0, n_kept = 0;

  world->config->chargers[0].id = g_strdup ("1");
  for (; n_told < 3000; n_told++) {
    g_autofree PhaetonState *before = g_memdup2 (world->state, phaeton_state_size (1));

    world->cars[0].sample.voltage_v[0] = g_test_rand_double_range (220, 240);
    world->cars[0].sample.power_total_w = g_test_rand_int_range (0, 4000);
    world_step (world, 1);
    phaeton_recorder_add (recorder, world->config, &world->input, before, world->decision);
  }
  phaeton_recorder_free (recorder);
  phaeton_worker_drain ();
  for (int i = 0; i <= KEPT + 1; i++) {
    g_autofree char *file = i == 0 ? g_strdup (path) : g_strdup_printf ("%s.%d", path, i);
    const int n = count_steps (file);

    g_assert_true (i <= KEPT ? n > 0 : n == -1);
    n_kept += MAX (n, 0);
    g_remove (file);
  }
  g_assert_cmpint (n_kept, <, n_told);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/recorder/files-are-bounded", test_files_are_bounded);
  return g_test_run ();
}
