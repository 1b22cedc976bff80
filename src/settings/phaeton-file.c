/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "phaeton-error.h"

static void
set_storage_error (GError **error, const char *path, const char *what)
{
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_STORAGE, "%s: %s", path, what);
}

char *
phaeton_file_read (const char *path, gsize max_bytes, gsize *length, GError **error)
{
  g_autoptr (GError) reason = NULL;
  struct stat info;
  char *text = NULL;

  if (stat (path, &info) != 0) {
    set_storage_error (error, path, g_strerror (errno));
  } else if (!S_ISREG (info.st_mode)) {
    set_storage_error (error, path, "not a file");
  } else if ((gsize) info.st_size > max_bytes) {
    set_storage_error (error, path, "the file is too large");
  } else if (!g_file_get_contents (path, &text, length, &reason)) {
    set_storage_error (error, path, reason->message);
  }
  return text;
}

static void
sync_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  const int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    return;
  fsync (fd);
  close (fd);
}

gboolean
phaeton_file_write (const char *path, const char *text, int mode, GError **error)
{
  char *resolved = realpath (path, NULL);
  g_autofree char *target = g_strdup (resolved != NULL ? resolved : path);
  g_autoptr (GError) reason = NULL;
  struct stat info;
  gboolean ok;

  free (resolved);
  if (stat (target, &info) == 0)
    mode = info.st_mode & 07777;
  ok = g_file_set_contents_full (
    target, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, mode, &reason);
  if (!ok)
    set_storage_error (error, target, reason->message);
  else
    sync_folder (target);
  return ok;
}

char **
phaeton_file_list_candidates (const char *folder, const char *root)
{
  char **paths = g_new0 (char *, 6);

  paths[0] = g_build_filename (folder, "phaeton_config.yaml", NULL);
  paths[1] = g_strconcat (root, "/data/phaeton_config.yaml", NULL);
  paths[2] = g_strconcat (root, "/etc/phaeton/config.yaml", NULL);
  paths[3] = g_build_filename (folder, "alfen_driver_config.yaml", NULL); /* the older driver's */
  paths[4] = g_strconcat (root, "/data/alfen_driver_config.yaml", NULL);
  return paths;
}

char *
phaeton_file_find_save_path (const char *folder, const char *root)
{
  g_auto (GStrv) candidates = phaeton_file_list_candidates (folder, root);

  for (guint i = 0; i < 3; i++) {
    g_autofree char *parent = g_path_get_dirname (candidates[i]);

    if (access (parent, W_OK) == 0)
      return g_strdup (candidates[i]);
  }
  return NULL;
}
