/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-api-private.h"
#include "phaeton-web-docs-resources.h"
#include "phaeton-worker.h"

#include <string.h>

/* What browsers show: the page and Swagger UI, whose files are in memory, and the contract and what
 * starts Swagger UI with it, which are part of the program. */

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
unpack_in_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const PhaetonWebPlain *plain = data;

  g_task_return_pointer (task, phaeton_web_unpack (plain->packed), (GDestroyNotify) g_bytes_unref);
}

static void
reply_plain (PhaetonWebRequest *request, const PhaetonWebPlain *plain)
{
  reply_file (request, plain->content_type, plain->bytes, plain->etag);
}

/* the api, and the file with it, may be gone when it ends */
static void
unpacked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  PhaetonWebPlain *plain = g_task_get_task_data (G_TASK (result));
  PhaetonWebRequest *request;

  plain->bytes = g_task_propagate_pointer (G_TASK (result), NULL);
  while ((request = g_queue_pop_head (&plain->waiting)) != NULL) {
    reply_plain (request, plain);
    phaeton_web_request_release (request);
  }
}

/* once, and not on the main loop: the largest takes some 10 ms */
static void
reply_unpacked (PhaetonWebRequest *request, PhaetonWebPlain *plain)
{
  g_autoptr (GTask) task = NULL;

  if (plain->bytes != NULL) {
    reply_plain (request, plain);
    return;
  }
  g_queue_push_tail (&plain->waiting, phaeton_web_request_hold (request));
  if (plain->waiting.length > 1)
    return; /* under way */
  task = g_task_new (NULL, NULL, unpacked_cb, NULL);
  g_task_set_source_tag (task, reply_unpacked);
  g_task_set_task_data (task, g_rc_box_acquire (plain), phaeton_web_plain_unref);
  phaeton_worker_push (task, unpack_in_worker);
}

static void
reply_page_file (PhaetonWebRequest *request, const PhaetonWebFile *file)
{
  phaeton_web_request_set_header (request, "Cache-Control",
                                  file->is_immutable ? "public, max-age=31536000, immutable"
                                                     : "no-cache");
  if (file->is_gzip)
    phaeton_web_request_set_header (request, "Vary", "Accept-Encoding");
  if (file->is_gzip && !takes_gzip (request)) {
    reply_unpacked (request, file->plain);
    return;
  }
  if (file->is_gzip)
    phaeton_web_request_set_header (request, "Content-Encoding", "gzip");
  reply_file (request, file->content_type, file->bytes, file->etag);
}

static void
redirect (PhaetonWebRequest *request, const char *location)
{
  phaeton_web_request_set_header (request, "Location", location);
  phaeton_web_reply (request, STATUS_SEE_OTHER, NULL, NULL);
}

void
phaeton_web_get_root (PhaetonWebRequest *request, gpointer user_data)
{
  redirect (request, "/ui/index.html");
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

    redirect (request, location);
    return;
  }
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
  { "/docs/start.js", "/de/phaeton/docs/start.js", "text/javascript; charset=utf-8", NULL },
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
  if (doc->etag == NULL)
    doc->etag = phaeton_web_make_etag (bytes);
  phaeton_web_request_set_header (request, "Cache-Control", "no-cache");
  reply_file (request, doc->content_type, bytes, doc->etag);
}

/* Swagger UI lies beside the page, below docs/, when Node.js built them */
void
phaeton_web_get_docs_file (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  const char *path = phaeton_web_request_get_path (request);
  const PhaetonWebFile *file = phaeton_web_files_find (self->files, path + 1);

  if (file != NULL)
    reply_page_file (request, file);
  else if (strcmp (path, "/docs/") == 0)
    redirect (request, "/docs");
  else
    phaeton_web_reply_error (request, STATUS_NOT_FOUND, "there is no such file");
}
