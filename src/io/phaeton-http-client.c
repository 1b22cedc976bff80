/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-http"
#include "config.h"

#include "phaeton-http-client-private.h"

#include "phaeton-log.h"
#include "phaeton-worker.h"

#include <glib/gstdio.h>

#include <string.h>

/* What others call, and what is kept on disk; requests are in phaeton-http-exchange.c. */

G_DEFINE_FINAL_TYPE (PhaetonHttpClient, phaeton_http_client, G_TYPE_OBJECT)

/* what an answer needs to be kept */
typedef struct {
  char *path;            /* (owned) */
  PhaetonHttpKept *kept; /* (owned) */
} Keep;

static void
keep_free (Keep *self)
{
  g_free (self->path);
  phaeton_http_kept_free (self->kept);
  g_free (self);
}

void
phaeton_http_answer_free (PhaetonHttpAnswer *self)
{
  g_clear_pointer ((Keep **) &self->keep, keep_free);
  g_bytes_unref (self->body);
  g_free (self);
}

PhaetonHttpAnswer *
phaeton_http_answer_new (guint status, GBytes *body, gint64 fetched_at, gboolean is_unchanged)
{
  PhaetonHttpAnswer *answer = g_new0 (PhaetonHttpAnswer, 1);

  answer->status = status;
  answer->body = g_bytes_ref (body);
  answer->fetched_at = fetched_at;
  answer->is_unchanged = is_unchanged;
  return answer;
}

/* --- patience --- */

void
phaeton_http_client_note_failure (PhaetonHttpClient *self)
{
  g_return_if_fail (PHAETON_IS_HTTP_CLIENT (self));

  phaeton_http_patience_back_off (&self->patience, 0);
}

guint
phaeton_http_client_get_n_today (PhaetonHttpClient *self)
{
  g_return_val_if_fail (PHAETON_IS_HTTP_CLIENT (self), 0);

  return phaeton_http_patience_get_n_today (&self->patience);
}

gint64
phaeton_http_client_get_wait_ms (PhaetonHttpClient *self)
{
  g_return_val_if_fail (PHAETON_IS_HTTP_CLIENT (self), 0);

  return phaeton_http_patience_get_wait_ms (&self->patience);
}

/* --- kept answers --- */

static void
save_in_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GBytes *bytes = data;
  const char *path = g_object_get_data (G_OBJECT (task), "path");
  g_autofree char *directory = g_path_get_dirname (path);
  GError *error = NULL;

  if (g_mkdir_with_parents (directory, 0700) == 0 &&
      g_file_set_contents_full (
        path, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes),
        G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &error))
    g_task_return_boolean (task, TRUE);
  else if (error != NULL)
    g_task_return_new_error (task, PHAETON_ERROR, PHAETON_ERROR_STORAGE, "%s", error->message);
  else
    g_task_return_new_error (task, PHAETON_ERROR, PHAETON_ERROR_STORAGE, "cannot create %s",
                             directory);
  g_clear_error (&error);
}

static void
saved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  PhaetonHttpClient *self = PHAETON_HTTP_CLIENT (source);
  g_autoptr (GError) error = NULL;
  const gboolean ok = g_task_propagate_boolean (G_TASK (result), &error);

  if (!ok && !self->save_failed)
    phaeton_warning ("", "What %s answers is not kept: %s", self->name, error->message);
  self->save_failed = !ok;
}

void
phaeton_http_answer_make_keep (PhaetonHttpAnswer *answer, const PhaetonHttpExchange *exchange)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (exchange->message);
  const PhaetonHttpKept *before = answer->is_unchanged ? exchange->kept : NULL;
  Keep *keep = g_new0 (Keep, 1);

  keep->path = g_strdup (exchange->path);
  keep->kept = g_new0 (PhaetonHttpKept, 1);
  keep->kept->url_sum = g_strdup (exchange->url_sum);
  keep->kept->etag =
    g_strdup (before != NULL ? before->etag : soup_message_headers_get_one (headers, "ETag"));
  keep->kept->changed = g_strdup (
    before != NULL ? before->changed : soup_message_headers_get_one (headers, "Last-Modified"));
  keep->kept->fetched_at = answer->fetched_at;
  keep->kept->body = g_bytes_ref (answer->body);
  answer->keep = keep;
}

void
phaeton_http_client_note_success (PhaetonHttpClient *self)
{
  g_return_if_fail (PHAETON_IS_HTTP_CLIENT (self));

  self->patience.n_failures = 0;
}

void
phaeton_http_client_keep (PhaetonHttpClient *self, const PhaetonHttpAnswer *answer)
{
  Keep *keep = answer->keep;
  g_autoptr (GTask) task = NULL;

  phaeton_http_client_note_success (self);
  if (keep == NULL)
    return;
  keep->kept->day = self->patience.day;
  keep->kept->n_today = self->patience.n_today;
  task = g_task_new (self, NULL, saved_cb, NULL);
  g_task_set_task_data (task, phaeton_http_kept_pack (keep->kept), (GDestroyNotify) g_bytes_unref);
  g_object_set_data_full (G_OBJECT (task), "path", g_strdup (keep->path), g_free);
  phaeton_worker_push (task, save_in_worker);
}

static void
load_in_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const char *path = data;
  g_autoptr (GBytes) bytes = NULL;
  GStatBuf status;
  char *text;
  gsize size;

  /* what we wrote ourselves is no larger than an answer may be and its head */
  if (g_stat (path, &status) == 0 && S_ISREG (status.st_mode) &&
      status.st_size < 64 * 1024 * 1024 && g_file_get_contents (path, &text, &size, NULL))
    bytes = g_bytes_new_take (text, size);
  g_task_return_pointer (task, bytes != NULL ? phaeton_http_kept_unpack (bytes) : NULL,
                         (GDestroyNotify) phaeton_http_kept_free);
}

/* --- requests --- */

static void
adopt_kept (PhaetonHttpClient *self, PhaetonHttpExchange *exchange, PhaetonHttpKept *kept)
{
  if (kept == NULL)
    return;
  phaeton_http_patience_adopt (&self->patience, kept->day, kept->n_today);
  if (g_strcmp0 (kept->url_sum, exchange->url_sum) == 0)
    exchange->kept = kept;
  else
    phaeton_http_kept_free (kept);
}

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  PhaetonHttpClient *self = PHAETON_HTTP_CLIENT (source);
  PhaetonHttpExchange *exchange = g_task_get_task_data (task);

  adopt_kept (self, exchange, g_task_propagate_pointer (G_TASK (result), NULL));
  if (g_task_return_error_if_cancelled (task))
    return;
  if (exchange->ask)
    phaeton_http_exchange_begin (task);
  else if (exchange->kept != NULL)
    g_task_return_pointer (task,
                           phaeton_http_answer_new (SOUP_STATUS_OK, exchange->kept->body,
                                                    exchange->kept->fetched_at, TRUE),
                           (GDestroyNotify) phaeton_http_answer_free);
  else
    phaeton_http_exchange_fail (task, PHAETON_ERROR_UNKNOWN, "nothing is kept");
}

/* another token is another account, with other prices */
static char *
sum_request (const PhaetonHttpRequest *request)
{
  g_autofree char *all =
    g_strjoin ("\n", request->url, request->bearer != NULL ? request->bearer : "", NULL);

  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, all, -1);
}

static PhaetonHttpExchange *
make_exchange (PhaetonHttpClient *self, const PhaetonHttpRequest *request, gboolean ask)
{
  PhaetonHttpExchange *exchange = g_new0 (PhaetonHttpExchange, 1);

  exchange->url = g_strdup (request->url);
  exchange->url_sum = sum_request (request);
  exchange->bearer = g_strdup (request->bearer);
  exchange->content_type = g_strdup (request->content_type);
  exchange->body = request->body != NULL ? g_bytes_ref (request->body) : NULL;
  exchange->received = g_byte_array_new ();
  exchange->ask = ask;
  if (self->cache_dir != NULL && request->cache_key != NULL) {
    g_autofree char *name = g_strdup_printf ("%s-%s", self->name, request->cache_key);

    exchange->path = g_build_filename (self->cache_dir, name, NULL);
  }
  return exchange;
}

static void
begin (PhaetonHttpClient *self, GTask *task, const PhaetonHttpRequest *request, gboolean ask)
{
  PhaetonHttpExchange *exchange = make_exchange (self, request, ask);
  g_autoptr (GTask) load = NULL;

  g_task_set_task_data (task, exchange, phaeton_http_exchange_free);
  if (ask && phaeton_http_client_get_wait_ms (self) > 0) {
    phaeton_http_exchange_fail (task, PHAETON_ERROR_OFFLINE, "not asked again for %d s",
                                (int) (phaeton_http_client_get_wait_ms (self) / 1000) + 1);
    return;
  }
  if (exchange->path == NULL) {
    if (ask)
      phaeton_http_exchange_begin (task);
    else
      phaeton_http_exchange_fail (task, PHAETON_ERROR_UNKNOWN, "nothing is kept");
    return;
  }
  load = g_task_new (self, NULL, loaded_cb, g_object_ref (task));
  g_task_set_task_data (load, g_strdup (exchange->path), g_free);
  phaeton_worker_push (load, load_in_worker);
}

void
phaeton_http_client_send_async (PhaetonHttpClient *self, const PhaetonHttpRequest *request,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, phaeton_http_client_send_async);
  begin (self, task, request, TRUE);
}

PhaetonHttpAnswer *
phaeton_http_client_send_finish (PhaetonHttpClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

void
phaeton_http_client_load_async (PhaetonHttpClient *self, const PhaetonHttpRequest *request,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, phaeton_http_client_load_async);
  begin (self, task, request, FALSE);
}

PhaetonHttpAnswer *
phaeton_http_client_load_finish (PhaetonHttpClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
phaeton_http_client_finalize (GObject *object)
{
  PhaetonHttpClient *self = PHAETON_HTTP_CLIENT (object);

  g_clear_object (&self->session);
  g_clear_object (&self->clock);
  g_free (self->name);
  g_free (self->cache_dir);
  g_free (self->proxy);
  g_free (self->ca_file);
  G_OBJECT_CLASS (phaeton_http_client_parent_class)->finalize (object);
}

static void
phaeton_http_client_class_init (PhaetonHttpClientClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = phaeton_http_client_finalize;
}

static void
phaeton_http_client_init (PhaetonHttpClient *self)
{
}

PhaetonHttpClient *
phaeton_http_client_new (PhaetonClock *clock, const PhaetonHttpOptions *options)
{
  PhaetonHttpClient *self = g_object_new (PHAETON_TYPE_HTTP_CLIENT, NULL);

  self->clock = g_object_ref (clock);
  self->options = *options;
  self->patience =
    (PhaetonHttpPatience){ .clock = clock, .requests_per_day = options->requests_per_day };
  self->name = g_strdup (options->name);
  self->cache_dir = g_strdup (options->cache_dir);
  self->proxy = g_strdup (options->proxy != NULL ? options->proxy : "");
  self->ca_file = g_strdup (options->ca_file != NULL ? options->ca_file : "");
  self->options.name = self->options.cache_dir = self->options.proxy = self->options.ca_file =
    NULL; /* ours are the copies */
  return self;
}
