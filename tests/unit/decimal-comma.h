/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>

/* As on a machine whose people write 1,5: numbers of programs must be the same there. Few machines
 * have such a locale, so we bring one: what localedef of glibc makes of a decimal_point of ",", a
 * thousands_sep of "." and a grouping of 3;3. */
static inline void
use_decimal_comma (void)
{
  static const guint32 head[] = { 0x20031114, 6, 0x20, 0x22, 0x24, 0x28, 0x2c, 0x30 };
  static const char values[] = ",\0.\0\3\3\0\0,\0\0\0.\0\0\0ANSI_X3.4-1968";
  g_autofree char *directory = g_dir_make_tmp ("phaeton-locale-XXXXXX", NULL);
  g_autofree char *folder = g_build_filename (directory, "comma", NULL);
  g_autofree char *path = g_build_filename (folder, "LC_NUMERIC", NULL);
  g_autofree char *shown = NULL;
  char file[sizeof head + sizeof values];

  memcpy (file, head, sizeof head);
  memcpy (file + sizeof head, values, sizeof values);
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, file, sizeof file, NULL));
  g_setenv ("LOCPATH", directory, TRUE);
  g_assert_nonnull (setlocale (LC_NUMERIC, "comma"));
  g_unlink (path);
  g_rmdir (folder);
  g_rmdir (directory);
  shown = g_strdup_printf ("%.1f", 1.5);
  g_assert_cmpstr (shown, ==, "1,5");
}
