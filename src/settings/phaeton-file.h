/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Blocking; for the start and for the worker. Errors are PHAETON_ERROR_STORAGE. */

/* (nullable): NULL: unreadable, no regular file, or larger than @max_bytes */
char *phaeton_file_read (const char *path, gsize max_bytes, gsize *length, GError **error);

/* temporary file, fsync, rename, fsync of the folder; a link is followed, the mode of an existing
 * file stays, a new one gets @mode */
gboolean phaeton_file_write (const char *path, const char *text, int mode, GError **error);

/* where a file of settings is looked for, in this order; @root is "" but for tests.
 * Free with g_strfreev(). The first three are also where a new one may be written. */
char **phaeton_file_list_candidates (const char *folder, const char *root);

/* (nullable): the first of those three whose folder can be written; free with g_free() */
char *phaeton_file_find_save_path (const char *folder, const char *root);

G_END_DECLS
