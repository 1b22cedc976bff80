/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * PhaetonWebFiles:
 *
 * The files of the page, read into memory once. A request only looks a name up among them, so
 * no path that a client sends ever reaches the file system.
 */
typedef struct _PhaetonWebFiles PhaetonWebFiles;

/* what is in a packed file, for the few who do not take gzip. All of them share it: else somebody
 * who asks on many connections and reads on none takes it many times. Reference-counted box */
typedef struct {
  GBytes *packed; /* (owned) */
  GBytes *bytes;  /* (owned) (nullable): NULL: nobody asked for it yet */
  GQueue waiting; /* for the user, while it is unpacked */
  char *etag;     /* (owned), with its quotes */
  const char *content_type;
} PhaetonWebPlain;

void phaeton_web_plain_unref (gpointer plain);

typedef struct {
  GBytes *bytes;
  gboolean is_gzip;       /* bytes are; made by the build, so that nobody waits for it */
  gboolean is_immutable;  /* its name tells its content: another one has another name */
  char *etag;             /* of bytes, with its quotes */
  PhaetonWebPlain *plain; /* (owned) (nullable): NULL: bytes are not packed */
  const char *content_type;
} PhaetonWebFile;

/* blocking: for the start. NAME.gz is the file NAME. What is not a regular file, hidden, or past
 * 8 MB in all is left out. */
PhaetonWebFiles *phaeton_web_files_load (const char *directory);
void phaeton_web_files_free (PhaetonWebFiles *self);

/* Returns: (transfer full): what is in a gzip; for workers */
GBytes *phaeton_web_unpack (GBytes *packed);

/* @name: "js/app.js", still percent-encoded; "" and folders: their index.html. NULL: none */
const PhaetonWebFile *phaeton_web_files_find (PhaetonWebFiles *self, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonWebFiles, phaeton_web_files_free)

G_END_DECLS
