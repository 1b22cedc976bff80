/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-api-private.h"
#include "phaeton-web-docs-resources.h"

#include <string.h>

/* What browsers show: the page, whose files are in memory, and the contract with its own small
 * page, which are part of the program. */

static void
reply_file (PhaetonWebRequest *request, const char *content_type, GBytes *bytes, const char *etag)
{
  phaeton_web_request_set_header (request, "Content-Security-Policy",
                                  "default-src 'self'; img-src 'self' data:; base-uri 'none'; "
                                  "form-action 'self'; frame-ancestors 'self'");
  phaeton_web_reply_tagged (request, content_type, bytes, etag);
}

/* the list of Accept-Encoding, RFC 9110 12.5.3 */
static gboolean
takes_gzip (PhaetonWebRequest *request)
{
  const char *header = phaeton_web_request_get_header (request, "Accept-Encoding");
  g_auto (GStrv) codings = g_strsplit (header != NULL ? header : "", ",", 32);

  for (guint i = 0; codings[i] != NULL; i++) {
    g_auto (GStrv) parts = g_strsplit (codings[i], ";", 2);
    const char *quality = parts[0] != NULL && parts[1] != NULL ? strstr (parts[1], "q=") : NULL;

    if (parts[0] != NULL && g_ascii_strcasecmp (g_strstrip (parts[0]), "gzip") == 0)
      return quality == NULL || g_ascii_strtod (quality + 2, NULL) > 0;
  }
  return FALSE;
}

static void
reply_page_file (PhaetonWebRequest *request, const PhaetonWebFile *file)
{
  if (file->is_gzip)
    phaeton_web_request_set_header (request, "Vary", "Accept-Encoding");
  if (file->is_gzip && takes_gzip (request)) {
    phaeton_web_request_set_header (request, "Content-Encoding", "gzip");
    reply_file (request, file->content_type, file->bytes, file->etag);
  } else {
    g_autoptr (GBytes) plain = phaeton_web_file_unpack (file);

    reply_file (request, file->content_type, plain, file->plain_etag);
  }
}

void
phaeton_web_get_root (PhaetonWebRequest *request, gpointer user_data)
{
  phaeton_web_request_set_header (request, "Location", "/ui/index.html");
  phaeton_web_reply (request, STATUS_SEE_OTHER, NULL, NULL);
}

void
phaeton_web_get_file (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  const char *path = phaeton_web_request_get_path (request);
  const char *name = strchr (path + 1, '/'); /* after /ui or /app */
  const PhaetonWebFile *file = phaeton_web_files_find (self->files, name != NULL ? name + 1 : "");

  if (file == NULL) {
    phaeton_web_reply_error (request, STATUS_NOT_FOUND, "there is no such file");
    return;
  }
  if (name == NULL) { /* without the slash the page would look for its files in the wrong place */
    g_autofree char *location = g_strconcat (path, "/index.html", NULL);

    phaeton_web_request_set_header (request, "Location", location);
    phaeton_web_reply (request, STATUS_SEE_OTHER, NULL, NULL);
    return;
  }
  phaeton_web_request_set_header (request, "Cache-Control",
                                  file->is_immutable ? "public, max-age=31536000, immutable"
                                                     : "no-cache");
  reply_page_file (request, file);
}

typedef struct {
  const char *path;
  const char *resource;
  const char *content_type;
  char *etag; /* made when first asked for */
} Doc;

/* main thread only */
static Doc docs[] = {
  { "/openapi.json", "/de/phaeton/docs/openapi.json", "application/json", NULL },
  { "/docs", "/de/phaeton/docs/index.html", "text/html; charset=utf-8", NULL },
  { "/docs/browser.css", "/de/phaeton/docs/browser.css", "text/css; charset=utf-8", NULL },
  { "/docs/browser.js", "/de/phaeton/docs/browser.js", "text/javascript; charset=utf-8", NULL },
};

void
phaeton_web_get_docs (PhaetonWebRequest *request, gpointer user_data)
{
  const char *path = phaeton_web_request_get_path (request);
  g_autoptr (GBytes) bytes = NULL;
  Doc *doc = docs;

  while (strcmp (doc->path, path) != 0) /* the routes are those of the table */
    doc++;
  bytes = g_resource_lookup_data (phaeton_web_docs_get_resource (), doc->resource,
                                  G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  if (doc->etag == NULL) {
    g_autofree char *hash = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);

    doc->etag = g_strdup_printf ("\"%.32s\"", hash);
  }
  phaeton_web_request_set_header (request, "Cache-Control", "no-cache");
  reply_file (request, doc->content_type, bytes, doc->etag);
}
