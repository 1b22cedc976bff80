/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-web"
#include "config.h"

#include "phaeton-web-files.h"

#include "phaeton-log.h"

#include <string.h>

#define MAX_BYTES (8 * 1024 * 1024)
#define MAX_FOLDERS 8 /* one in the other */
#define PACKED ".gz"
#define IMMUTABLE_FOLDER "assets/" /* the build puts a hash into each name there */

struct _PhaetonWebFiles {
  GHashTable *files; /* (owned) (element-type utf8 PhaetonWebFile) */
  gsize n_bytes;
};

static const char *
get_content_type (const char *name)
{
  static const char *const types[][2] = {
    { ".html", "text/html; charset=utf-8" },
    { ".css", "text/css; charset=utf-8" },
    { ".js", "text/javascript; charset=utf-8" },
    { ".json", "application/json" },
    { ".webmanifest", "application/manifest+json" },
    { ".svg", "image/svg+xml" },
    { ".png", "image/png" },
    { ".ico", "image/x-icon" },
    { ".woff2", "font/woff2" },
    { ".txt", "text/plain; charset=utf-8" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_str_has_suffix (name, types[i][0]))
      return types[i][1];
  return "application/octet-stream";
}

static void
clear_plain (gpointer data)
{
  PhaetonWebPlain *self = data;

  g_bytes_unref (self->packed);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_free (self->etag);
}

void
phaeton_web_plain_unref (gpointer plain)
{
  g_rc_box_release_full (plain, clear_plain);
}

static void
free_file (gpointer data)
{
  PhaetonWebFile *file = data;

  g_bytes_unref (file->bytes);
  g_free (file->etag);
  g_clear_pointer (&file->plain, phaeton_web_plain_unref);
  g_free (file);
}

static PhaetonWebPlain *
new_plain (const PhaetonWebFile *file, const char *hash)
{
  PhaetonWebPlain *self = g_rc_box_new0 (PhaetonWebPlain);

  self->packed = g_bytes_ref (file->bytes);
  self->etag = g_strdup_printf ("\"%.32s\"", hash);
  self->content_type = file->content_type;
  g_queue_init (&self->waiting);
  return self;
}

static void
load_file (PhaetonWebFiles *self, const char *path, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *hash = NULL;
  g_autofree char *served = NULL; /* the name that clients know */
  char *contents = NULL;
  gsize size = 0;
  PhaetonWebFile *file;

  if (!g_file_get_contents (path, &contents, &size, &error)) {
    phaeton_warning ("", "Web page: %s", error->message);
    return;
  }
  self->n_bytes += size;
  if (self->n_bytes > MAX_BYTES) {
    phaeton_warning ("", "Web page: %s is left out, there are more than %d bytes", path, MAX_BYTES);
    self->n_bytes -= size;
    g_free (contents);
    return;
  }
  file = g_new0 (PhaetonWebFile, 1);
  file->bytes = g_bytes_new_take (contents, size);
  hash = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, file->bytes);
  file->is_gzip = g_str_has_suffix (name, PACKED);
  file->is_immutable = g_str_has_prefix (name, IMMUTABLE_FOLDER);
  file->etag = g_strdup_printf ("\"%.32s%s\"", hash, file->is_gzip ? "-gzip" : "");
  served = g_strndup (name, strlen (name) - (file->is_gzip ? strlen (PACKED) : 0));
  file->content_type = get_content_type (served);
  if (file->is_gzip)
    file->plain = new_plain (file, hash);
  g_hash_table_insert (self->files, g_steal_pointer (&served), file);
}

static void
load_folder (PhaetonWebFiles *self, const char *path, const char *prefix, int depth)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *entry;

  while (folder != NULL && (entry = g_dir_read_name (folder)) != NULL) {
    g_autofree char *inner = g_build_filename (path, entry, NULL);
    g_autofree char *name = g_strconcat (prefix, entry, NULL);

    if (entry[0] == '.')
      continue;
    if (g_file_test (inner, G_FILE_TEST_IS_REGULAR)) {
      load_file (self, inner, name);
    } else if (g_file_test (inner, G_FILE_TEST_IS_DIR) && depth < MAX_FOLDERS) {
      g_autofree char *inner_prefix = g_strconcat (name, "/", NULL);

      load_folder (self, inner, inner_prefix, depth + 1);
    }
  }
}

GBytes *
phaeton_web_unpack (GBytes *packed)
{
  g_autoptr (GZlibDecompressor) unzip = g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autoptr (GInputStream) input = g_memory_input_stream_new_from_bytes (packed);
  g_autoptr (GInputStream) plain = g_converter_input_stream_new (input, G_CONVERTER (unzip));
  g_autoptr (GOutputStream) all = g_memory_output_stream_new_resizable ();

  /* from memory to memory; only a damaged installation fails */
  g_output_stream_splice (all, plain, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, NULL);
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (all));
}

PhaetonWebFiles *
phaeton_web_files_load (const char *directory)
{
  PhaetonWebFiles *self = g_new0 (PhaetonWebFiles, 1);

  self->files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_file);
  load_folder (self, directory, "", 0);
  if (g_hash_table_size (self->files) == 0)
    phaeton_warning ("", "There is no web page in %s", directory);
  return self;
}

void
phaeton_web_files_free (PhaetonWebFiles *self)
{
  g_hash_table_unref (self->files);
  g_free (self);
}

const PhaetonWebFile *
phaeton_web_files_find (PhaetonWebFiles *self, const char *name)
{
  g_autofree char *decoded = g_uri_unescape_string (name, NULL);
  g_autofree char *index = NULL;
  const PhaetonWebFile *file;

  if (decoded == NULL)
    return NULL;
  file = g_hash_table_lookup (self->files, decoded);
  if (file != NULL)
    return file;
  index = g_strconcat (decoded, decoded[0] == '\0' || g_str_has_suffix (decoded, "/") ? "" : "/",
                       "index.html", NULL);
  return g_hash_table_lookup (self->files, index);
}
