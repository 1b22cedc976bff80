/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-http-client-private.h"

#include <stdarg.h>
#include <string.h>

/* One request from the question to the last byte of the answer, redirects included. */

#define MAX_REDIRECTS 3
#define CHUNK_BYTES 16384

void
phaeton_http_exchange_free (gpointer data)
{
  PhaetonHttpExchange *self = data;

  g_clear_handle_id (&self->timeout_id, g_source_remove);
  if (self->outer_id != 0)
    g_cancellable_disconnect (self->outer, self->outer_id);
  g_clear_object (&self->outer);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->stream);
  g_clear_object (&self->message);
  g_clear_pointer (&self->kept, phaeton_http_kept_free);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_byte_array_unref (self->received);
  g_free (self->url);
  g_free (self->url_sum);
  g_free (self->path);
  g_free (self->bearer);
  g_free (self->content_type);
  g_free (self);
}

/* --- the answer --- */

void
phaeton_http_exchange_fail (GTask *task, PhaetonError code, const char *format, ...)
{
  PhaetonHttpClient *self = g_task_get_source_object (task);
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_task_return_new_error (task, PHAETON_ERROR, code, "%s: %s", self->name, text);
}

/* what libsoup and GIO report, in our words; the caller's own cancelling is no failure */
static void
fail_on_wire (GTask *task, const GError *error)
{
  PhaetonHttpClient *self = g_task_get_source_object (task);
  const PhaetonHttpExchange *exchange = g_task_get_task_data (task);

  if (exchange->outer != NULL && g_cancellable_is_cancelled (exchange->outer)) {
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s: cancelled", self->name);
    return;
  }
  if (error->domain == G_TLS_ERROR) {
    phaeton_http_patience_note_refusal (&self->patience, FALSE);
    phaeton_http_exchange_fail (task, PHAETON_ERROR_REFUSED, "the connection is not safe: %s",
                                error->message);
    return;
  }
  phaeton_http_patience_back_off (&self->patience, 0);
  if (exchange->timed_out)
    phaeton_http_exchange_fail (task, PHAETON_ERROR_OFFLINE, "no answer within %d s",
                                (int) (self->options.timeout_ms / 1000));
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT) ||
           error->domain == SOUP_SESSION_ERROR)
    phaeton_http_exchange_fail (task, PHAETON_ERROR_PROTOCOL, "%s", error->message);
  else
    phaeton_http_exchange_fail (task, PHAETON_ERROR_OFFLINE, "%s", error->message);
}

static void
return_answer (GTask *task, guint status)
{
  PhaetonHttpClient *self = g_task_get_source_object (task);
  PhaetonHttpExchange *exchange = g_task_get_task_data (task);
  const gboolean unchanged = status == SOUP_STATUS_NOT_MODIFIED;
  const gint64 now_at = phaeton_clock_get_wall_at (self->clock);
  g_autoptr (GBytes) body = g_byte_array_free_to_bytes (g_steal_pointer (&exchange->received));
  g_autoptr (PhaetonHttpAnswer) answer = NULL;

  exchange->received = g_byte_array_new ();
  answer = phaeton_http_answer_new (unchanged ? SOUP_STATUS_OK : status,
                                    unchanged ? exchange->kept->body : body, now_at, unchanged);
  if (answer->status < 300 && exchange->path != NULL)
    phaeton_http_answer_make_keep (answer, exchange);
  g_task_return_pointer (task, g_steal_pointer (&answer),
                         (GDestroyNotify) phaeton_http_answer_free);
}

static void read_cb (GObject *source, GAsyncResult *result, gpointer user_data);

static void
read_more (GTask *task)
{
  PhaetonHttpExchange *exchange = g_task_get_task_data (task);

  g_input_stream_read_bytes_async (exchange->stream, CHUNK_BYTES, G_PRIORITY_DEFAULT,
                                   exchange->cancellable, read_cb, task);
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  PhaetonHttpClient *self = g_task_get_source_object (task);
  PhaetonHttpExchange *exchange = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes =
    g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);

  if (bytes == NULL) {
    fail_on_wire (task, error);
  } else if (g_bytes_get_size (bytes) == 0) {
    return_answer (task, soup_message_get_status (exchange->message));
  } else if (exchange->received->len + g_bytes_get_size (bytes) > self->options.max_bytes) {
    phaeton_http_patience_back_off (&self->patience, 0);
    phaeton_http_exchange_fail (task, PHAETON_ERROR_PROTOCOL,
                                "the answer is larger than %" G_GSIZE_FORMAT " bytes",
                                self->options.max_bytes);
  } else {
    g_byte_array_append (exchange->received, g_bytes_get_data (bytes, NULL),
                         (guint) g_bytes_get_size (bytes));
    read_more (g_steal_pointer (&task));
  }
}

/* --- the question --- */

static gboolean
may_ask (const char *url, GUri **uri)
{
  g_autoptr (GUri) parsed = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);
  const char *host = parsed != NULL ? g_uri_get_host (parsed) : NULL;

  if (host == NULL || host[0] == '\0' || g_uri_get_userinfo (parsed) != NULL)
    return FALSE;
  if (strcmp (g_uri_get_scheme (parsed), "https") != 0) {
    const gboolean here = strcmp (host, "127.0.0.1") == 0 || strcmp (host, "::1") == 0;

    if (!PHAETON_TEST_HOOKS || !here || strcmp (g_uri_get_scheme (parsed), "http") != 0)
      return FALSE;
  }
  *uri = g_steal_pointer (&parsed);
  return TRUE;
}

/* authorities that cannot be read are no reason to trust others */
static SoupSession *
ensure_session (PhaetonHttpClient *self, GError **error)
{
  g_autoptr (GProxyResolver) resolver = NULL;
  g_autoptr (GTlsDatabase) authorities = NULL;

  if (self->session != NULL)
    return self->session;
  if (self->ca_file[0] != '\0') {
    authorities = g_tls_file_database_new (self->ca_file, error);
    if (authorities == NULL)
      return NULL;
  }
  self->session = soup_session_new_with_options (
    "user-agent", "Phaeton/" PHAETON_VERSION " (EV charging daemon)", "max-conns", 2,
    "max-conns-per-host", 2, "timeout", (guint) (self->options.timeout_ms / 1000 + 1),
    "idle-timeout", 15, NULL);
  if (self->proxy[0] != '\0') {
    resolver = g_simple_proxy_resolver_new (self->proxy, NULL);
    soup_session_set_proxy_resolver (self->session, resolver);
  }
  if (authorities != NULL)
    soup_session_set_tls_database (self->session, authorities);
  return self->session;
}

static void begin_message (GTask *task);

static const char *
get_header (const PhaetonHttpExchange *exchange, const char *name)
{
  return soup_message_headers_get_one (soup_message_get_response_headers (exchange->message), name);
}

/* to another place; never on to one that is less safe, and never with our token */
static void
follow (GTask *task)
{
  PhaetonHttpClient *self = g_task_get_source_object (task);
  PhaetonHttpExchange *exchange = g_task_get_task_data (task);
  const char *location = get_header (exchange, "Location");
  GUri *from = soup_message_get_uri (exchange->message);
  g_autoptr (GUri) to = NULL;
  g_autoptr (GUri) parsed =
    location != NULL ? g_uri_parse_relative (from, location, SOUP_HTTP_URI_FLAGS, NULL) : NULL;
  g_autofree char *url = parsed != NULL ? g_uri_to_string (parsed) : NULL;

  if (url == NULL || exchange->body != NULL || exchange->n_redirects++ == MAX_REDIRECTS ||
      !may_ask (url, &to)) {
    phaeton_http_patience_back_off (&self->patience, 0);
    phaeton_http_exchange_fail (task, PHAETON_ERROR_PROTOCOL,
                                "sends us elsewhere in a way that we do not follow");
    return;
  }
  if (g_strcmp0 (g_uri_get_host (from), g_uri_get_host (to)) != 0 ||
      g_uri_get_port (from) != g_uri_get_port (to))
    g_clear_pointer (&exchange->bearer, g_free);
  g_free (exchange->url);
  exchange->url = g_steal_pointer (&url);
  begin_message (task);
}

static gboolean
is_redirect (guint status)
{
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static void
answer_status (GTask *task, guint status)
{
  PhaetonHttpClient *self = g_task_get_source_object (task);
  PhaetonHttpExchange *exchange = g_task_get_task_data (task);

  if (is_redirect (status)) {
    follow (task);
  } else if (status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_FORBIDDEN) {
    phaeton_http_patience_note_refusal (&self->patience, self->options.is_open);
    phaeton_http_exchange_fail (task, PHAETON_ERROR_REFUSED, "refuses us (%u)%s", status,
                                self->options.is_open ? "" : ": is the token right?");
  } else if (status >= 500 || status == 408 || status == 425 || status == 428 || status == 429) {
    phaeton_http_patience_note_later (&self->patience, get_header (exchange, "Retry-After"),
                                      status == 429);
    phaeton_http_exchange_fail (task, PHAETON_ERROR_OFFLINE,
                                "answers %u, asks us to come again later", status);
  } else if ((status >= 200 && status < 300) || (status >= 400 && status < 500) ||
             (status == SOUP_STATUS_NOT_MODIFIED && exchange->kept != NULL)) {
    read_more (g_object_ref (task));
  } else {
    phaeton_http_patience_back_off (&self->patience, 0);
    phaeton_http_exchange_fail (task, PHAETON_ERROR_PROTOCOL, "answers %u", status);
  }
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  PhaetonHttpExchange *exchange = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  g_clear_object (&exchange->stream);
  exchange->stream = soup_session_send_finish (SOUP_SESSION (source), result, &error);
  if (exchange->stream == NULL)
    fail_on_wire (task, error);
  else
    answer_status (task, soup_message_get_status (exchange->message));
}

static void
add_headers (const PhaetonHttpExchange *exchange)
{
  SoupMessageHeaders *headers = soup_message_get_request_headers (exchange->message);

  soup_message_headers_append (headers, "Accept", "application/json, */*;q=0.5");
  if (exchange->bearer != NULL) {
    g_autofree char *value = g_strconcat ("Bearer ", exchange->bearer, NULL);

    soup_message_headers_append (headers, "Authorization", value);
  }
  if (exchange->kept == NULL)
    return;
  if (exchange->kept->etag != NULL)
    soup_message_headers_append (headers, "If-None-Match", exchange->kept->etag);
  if (exchange->kept->changed != NULL)
    soup_message_headers_append (headers, "If-Modified-Since", exchange->kept->changed);
}

static void
begin_message (GTask *task)
{
  PhaetonHttpClient *self = g_task_get_source_object (task);
  PhaetonHttpExchange *exchange = g_task_get_task_data (task);
  g_autoptr (GUri) uri = NULL;
  g_autoptr (GError) error = NULL;

  if (!may_ask (exchange->url, &uri)) {
    phaeton_http_exchange_fail (task, PHAETON_ERROR_CONFIG, "the address is no https URL");
    return;
  }
  if (ensure_session (self, &error) == NULL) {
    phaeton_http_exchange_fail (task, PHAETON_ERROR_CONFIG, "network.ca_file: %s", error->message);
    return;
  }
  if (!phaeton_http_patience_spend (&self->patience)) {
    phaeton_http_exchange_fail (task, PHAETON_ERROR_OFFLINE, "the %u requests of today are used up",
                                self->options.requests_per_day);
    return;
  }
  g_clear_object (&exchange->message);
  exchange->message = soup_message_new_from_uri (exchange->body != NULL ? "POST" : "GET", uri);
  soup_message_add_flags (exchange->message, SOUP_MESSAGE_NO_REDIRECT);
  if (exchange->body != NULL)
    soup_message_set_request_body_from_bytes (exchange->message, exchange->content_type,
                                              exchange->body);
  add_headers (exchange);
  soup_session_send_async (self->session, exchange->message, G_PRIORITY_DEFAULT,
                           exchange->cancellable, sent_cb, g_object_ref (task));
}

static gboolean
timeout_cb (gpointer user_data)
{
  PhaetonHttpExchange *exchange = user_data;

  exchange->timeout_id = 0;
  exchange->timed_out = TRUE;
  g_cancellable_cancel (exchange->cancellable);
  return G_SOURCE_REMOVE;
}

static void
outer_cancelled_cb (GCancellable *outer, GCancellable *inner)
{
  g_cancellable_cancel (inner);
}

/* protocol time: never sped up by a clock */
void
phaeton_http_exchange_begin (GTask *task)
{
  PhaetonHttpClient *self = g_task_get_source_object (task);
  PhaetonHttpExchange *exchange = g_task_get_task_data (task);

  exchange->cancellable = g_cancellable_new ();
  g_set_object (&exchange->outer, g_task_get_cancellable (task));
  if (exchange->outer != NULL)
    exchange->outer_id =
      g_cancellable_connect (exchange->outer, G_CALLBACK (outer_cancelled_cb),
                             g_object_ref (exchange->cancellable), g_object_unref);
  exchange->timeout_id = g_timeout_add ((guint) self->options.timeout_ms, timeout_cb, exchange);
  begin_message (task);
}
