/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-paths.h"

#include <unistd.h>

gboolean
phaeton_paths_is_venus (void)
{
  return g_file_test ("/opt/victronenergy", G_FILE_TEST_IS_DIR);
}

char *
phaeton_paths_dup_state_dir (void)
{
  const char *from_systemd = g_getenv ("STATE_DIRECTORY");

  if (from_systemd != NULL && from_systemd[0] != '\0') {
    g_auto (GStrv) dirs = g_strsplit (from_systemd, ":", 2); /* the first of several */

    return g_strdup (dirs[0]);
  }
  if (phaeton_paths_is_venus ())
    return g_strdup ("/data/phaeton");
  if (geteuid () == 0)
    return g_strdup ("/var/lib/phaeton");
  return g_build_filename (g_get_user_state_dir (), "phaeton", NULL);
}

char *
phaeton_paths_dup_socket (const char *state_dir)
{
  return g_build_filename (state_dir, "phaeton.sock", NULL);
}

static gboolean
is_run_from_build (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);

  return program != NULL && g_str_has_prefix (program, PHAETON_BUILD_ROOT "/");
}

char *
phaeton_paths_dup_data (const char *name)
{
  const char *forced = g_getenv ("PHAETON_DATA_DIR");

  if (forced != NULL)
    return g_build_filename (forced, name, NULL);
  if (is_run_from_build ()) {
    /* what is made by the build first, what lies in the source tree else */
    g_autofree char *built = g_build_filename (PHAETON_BUILD_ROOT, "data", name, NULL);

    if (g_file_test (built, G_FILE_TEST_EXISTS))
      return g_steal_pointer (&built);
    return g_build_filename (PHAETON_SOURCE_ROOT, "data", name, NULL);
  }
  return g_build_filename (PHAETON_DATADIR, name, NULL);
}
