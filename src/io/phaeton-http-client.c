/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-http"
#include "config.h"

#include "phaeton-http-client.h"

#include "phaeton-error.h"
#include "phaeton-http-cache.h"
#include "phaeton-log.h"
#include "phaeton-worker.h"

#include <glib/gstdio.h>
#include <libsoup/soup.h>

#include <string.h>

#define DAY_S 86400
#define FIRST_WAIT_MS 15000
#define LONGEST_WAIT_MS (30 * 60 * 1000)
#define REFUSED_WAIT_MS (60 * 60 * 1000) /* a token does not mend itself */
#define BLOCKS_BORNE 3                   /* of a service that knows no tokens */
#define LIMITED_WAIT_MS (60 * 60 * 1000) /* 429 that does not say how long */
#define MAX_RETRY_AFTER_S (24 * 60 * 60)
#define MAX_REDIRECTS 3
#define CHUNK_BYTES 16384

struct _PhaetonHttpClient {
  GObject parent_instance;

  PhaetonClock *clock;                      /* (owned) */
  char *name, *cache_dir, *proxy, *ca_file; /* (owned) */
  PhaetonHttpOptions options;
  SoupSession *session; /* (owned) (nullable): made by the first request */

  guint n_failures;  /* in a row */
  gint64 allowed_ms; /* monotonic: no request before */
  gint64 day;        /* since 1970 in UTC, of ... */
  guint n_today;
  gboolean save_failed;
};

G_DEFINE_FINAL_TYPE (PhaetonHttpClient, phaeton_http_client, G_TYPE_OBJECT)

/* one request on its way; owned by its task */
typedef struct {
  char *url;                   /* (owned): the one being asked, after redirects */
  char *url_sum;               /* (owned): of the first */
  char *path;                  /* (owned) (nullable): of the kept answer */
  char *bearer, *content_type; /* (owned) (nullable) */
  GBytes *body;                /* (owned) (nullable) */
  PhaetonHttpKept *kept;       /* (owned) (nullable) */
  gboolean ask;                /* FALSE: only what was kept */
  guint n_redirects;
  SoupMessage *message;      /* (owned) (nullable) */
  GInputStream *stream;      /* (owned) (nullable) */
  GByteArray *received;      /* (owned) */
  GCancellable *cancellable; /* (owned): the caller's, or the time that is up */
  GCancellable *outer;       /* (owned) (nullable): the caller's */
  gulong outer_id;
  guint timeout_id;
  gboolean timed_out;
} Exchange;

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

static void
exchange_free (gpointer data)
{
  Exchange *self = data;

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

/* --- patience --- */

static void
wait_for_ms (PhaetonHttpClient *self, gint64 wait_ms)
{
  self->allowed_ms = phaeton_clock_get_monotonic_ms (self->clock) + wait_ms;
}

/* doubles from 15 s to 30 min; the second half of it by chance, so that houses do not ask in step
 */
static void
back_off (PhaetonHttpClient *self, gint64 at_least_ms)
{
  const gint64 full_ms =
    MAX (MIN (FIRST_WAIT_MS << MIN (self->n_failures, 16), LONGEST_WAIT_MS), at_least_ms);

  self->n_failures++;
  wait_for_ms (self,
               MAX (full_ms / 2 + g_random_int_range (0, (int) (full_ms / 2) + 1), at_least_ms));
}

void
phaeton_http_client_note_failure (PhaetonHttpClient *self)
{
  g_return_if_fail (PHAETON_IS_HTTP_CLIENT (self));

  back_off (self, 0);
}

static gint64
get_day (PhaetonHttpClient *self)
{
  return phaeton_clock_get_wall_at (self->clock) / DAY_S;
}

guint
phaeton_http_client_get_n_today (PhaetonHttpClient *self)
{
  g_return_val_if_fail (PHAETON_IS_HTTP_CLIENT (self), 0);

  return self->day == get_day (self) ? self->n_today : 0;
}

gint64
phaeton_http_client_get_wait_ms (PhaetonHttpClient *self)
{
  gint64 wait_ms;

  g_return_val_if_fail (PHAETON_IS_HTTP_CLIENT (self), 0);

  wait_ms = MAX (self->allowed_ms - phaeton_clock_get_monotonic_ms (self->clock), 0);
  if (phaeton_http_client_get_n_today (self) >= self->options.requests_per_day)
    wait_ms =
      MAX (wait_ms, ((self->day + 1) * DAY_S - phaeton_clock_get_wall_at (self->clock)) * 1000);
  return wait_ms;
}

static void
count_request (PhaetonHttpClient *self)
{
  self->n_today = phaeton_http_client_get_n_today (self) + 1;
  self->day = get_day (self);
}

/* seconds or a date; -1: neither */
static gint64
get_retry_after_s (PhaetonHttpClient *self, SoupMessage *message)
{
  const char *text =
    soup_message_headers_get_one (soup_message_get_response_headers (message), "Retry-After");
  g_autoptr (GDateTime) date = NULL;
  guint64 seconds;

  if (text == NULL)
    return -1;
  if (g_ascii_string_to_unsigned (text, 10, 0, MAX_RETRY_AFTER_S, &seconds, NULL))
    return (gint64) seconds;
  date = soup_date_time_new_from_http_string (text);
  if (date == NULL)
    return -1;
  return CLAMP (g_date_time_to_unix (date) - phaeton_clock_get_wall_at (self->clock), 0,
                MAX_RETRY_AFTER_S);
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

static Keep *
make_keep (const Exchange *exchange, const PhaetonHttpAnswer *answer)
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
  return keep;
}

void
phaeton_http_client_note_success (PhaetonHttpClient *self)
{
  g_return_if_fail (PHAETON_IS_HTTP_CLIENT (self));

  self->n_failures = 0;
}

void
phaeton_http_client_keep (PhaetonHttpClient *self, const PhaetonHttpAnswer *answer)
{
  Keep *keep = answer->keep;
  g_autoptr (GTask) task = NULL;

  phaeton_http_client_note_success (self);
  if (keep == NULL)
    return;
  keep->kept->day = self->day;
  keep->kept->n_today = self->n_today;
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

/* --- the answer --- */

static void fail (GTask *task, PhaetonError code, const char *format, ...) G_GNUC_PRINTF (3, 4);

static void
fail (GTask *task, PhaetonError code, const char *format, ...)
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
  const Exchange *exchange = g_task_get_task_data (task);

  if (exchange->outer != NULL && g_cancellable_is_cancelled (exchange->outer)) {
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s: cancelled", self->name);
    return;
  }
  if (error->domain == G_TLS_ERROR) {
    back_off (self, REFUSED_WAIT_MS);
    fail (task, PHAETON_ERROR_REFUSED, "the connection is not safe: %s", error->message);
    return;
  }
  back_off (self, 0);
  if (exchange->timed_out)
    fail (task, PHAETON_ERROR_OFFLINE, "no answer within %d s",
          (int) (self->options.timeout_ms / 1000));
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT) ||
           error->domain == SOUP_SESSION_ERROR)
    fail (task, PHAETON_ERROR_PROTOCOL, "%s", error->message);
  else
    fail (task, PHAETON_ERROR_OFFLINE, "%s", error->message);
}

static PhaetonHttpAnswer *
make_answer (guint status, GBytes *body, gint64 fetched_at, gboolean is_unchanged)
{
  PhaetonHttpAnswer *answer = g_new0 (PhaetonHttpAnswer, 1);

  answer->status = status;
  answer->body = g_bytes_ref (body);
  answer->fetched_at = fetched_at;
  answer->is_unchanged = is_unchanged;
  return answer;
}

static void
return_answer (GTask *task, guint status)
{
  PhaetonHttpClient *self = g_task_get_source_object (task);
  Exchange *exchange = g_task_get_task_data (task);
  const gboolean unchanged = status == SOUP_STATUS_NOT_MODIFIED;
  const gint64 now_at = phaeton_clock_get_wall_at (self->clock);
  g_autoptr (GBytes) body = g_byte_array_free_to_bytes (g_steal_pointer (&exchange->received));
  g_autoptr (PhaetonHttpAnswer) answer = NULL;

  exchange->received = g_byte_array_new ();
  answer = make_answer (unchanged ? SOUP_STATUS_OK : status,
                        unchanged ? exchange->kept->body : body, now_at, unchanged);
  if (answer->status < 300 && exchange->path != NULL)
    answer->keep = make_keep (exchange, answer);
  g_task_return_pointer (task, g_steal_pointer (&answer),
                         (GDestroyNotify) phaeton_http_answer_free);
}

static void read_cb (GObject *source, GAsyncResult *result, gpointer user_data);

static void
read_more (GTask *task)
{
  Exchange *exchange = g_task_get_task_data (task);

  g_input_stream_read_bytes_async (exchange->stream, CHUNK_BYTES, G_PRIORITY_DEFAULT,
                                   exchange->cancellable, read_cb, task);
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  PhaetonHttpClient *self = g_task_get_source_object (task);
  Exchange *exchange = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes =
    g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);

  if (bytes == NULL) {
    fail_on_wire (task, error);
  } else if (g_bytes_get_size (bytes) == 0) {
    return_answer (task, soup_message_get_status (exchange->message));
  } else if (exchange->received->len + g_bytes_get_size (bytes) > self->options.max_bytes) {
    back_off (self, 0);
    fail (task, PHAETON_ERROR_PROTOCOL, "the answer is larger than %" G_GSIZE_FORMAT " bytes",
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

/* to another place; never on to one that is less safe, and never with our token */
static void
follow (GTask *task)
{
  PhaetonHttpClient *self = g_task_get_source_object (task);
  Exchange *exchange = g_task_get_task_data (task);
  SoupMessageHeaders *headers = soup_message_get_response_headers (exchange->message);
  const char *location = soup_message_headers_get_one (headers, "Location");
  GUri *from = soup_message_get_uri (exchange->message);
  g_autoptr (GUri) to = NULL;
  g_autoptr (GUri) parsed =
    location != NULL ? g_uri_parse_relative (from, location, SOUP_HTTP_URI_FLAGS, NULL) : NULL;
  g_autofree char *url = parsed != NULL ? g_uri_to_string (parsed) : NULL;

  if (url == NULL || exchange->body != NULL || exchange->n_redirects++ == MAX_REDIRECTS ||
      !may_ask (url, &to)) {
    back_off (self, 0);
    fail (task, PHAETON_ERROR_PROTOCOL, "sends us elsewhere in a way that we do not follow");
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
  Exchange *exchange = g_task_get_task_data (task);
  const gint64 retry_s = get_retry_after_s (self, exchange->message);

  if (is_redirect (status)) {
    follow (task);
  } else if (status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_FORBIDDEN) {
    back_off (self, self->options.is_open && self->n_failures < BLOCKS_BORNE ? 0 : REFUSED_WAIT_MS);
    fail (task, PHAETON_ERROR_REFUSED, "refuses us (%u)%s", status,
          self->options.is_open ? "" : ": is the token right?");
  } else if (status >= 500 || status == 408 || status == 425 || status == 428 || status == 429) {
    back_off (self, retry_s >= 0 ? retry_s * 1000 : status == 429 ? LIMITED_WAIT_MS : 0);
    fail (task, PHAETON_ERROR_OFFLINE, "answers %u, asks us to come again later", status);
  } else if ((status >= 200 && status < 300) || (status >= 400 && status < 500) ||
             (status == SOUP_STATUS_NOT_MODIFIED && exchange->kept != NULL)) {
    read_more (g_object_ref (task));
  } else {
    back_off (self, 0);
    fail (task, PHAETON_ERROR_PROTOCOL, "answers %u", status);
  }
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Exchange *exchange = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  g_clear_object (&exchange->stream);
  exchange->stream = soup_session_send_finish (SOUP_SESSION (source), result, &error);
  if (exchange->stream == NULL)
    fail_on_wire (task, error);
  else
    answer_status (task, soup_message_get_status (exchange->message));
}

static void
add_headers (const Exchange *exchange)
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
  Exchange *exchange = g_task_get_task_data (task);
  g_autoptr (GUri) uri = NULL;
  g_autoptr (GError) error = NULL;

  if (!may_ask (exchange->url, &uri)) {
    fail (task, PHAETON_ERROR_CONFIG, "the address is no https URL");
    return;
  }
  if (ensure_session (self, &error) == NULL) {
    fail (task, PHAETON_ERROR_CONFIG, "network.ca_file: %s", error->message);
    return;
  }
  if (phaeton_http_client_get_n_today (self) >= self->options.requests_per_day) {
    fail (task, PHAETON_ERROR_OFFLINE, "the %u requests of today are used up",
          self->options.requests_per_day);
    return;
  }
  count_request (self);
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
  Exchange *exchange = user_data;

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
static void
begin_exchange (GTask *task)
{
  PhaetonHttpClient *self = g_task_get_source_object (task);
  Exchange *exchange = g_task_get_task_data (task);

  exchange->cancellable = g_cancellable_new ();
  g_set_object (&exchange->outer, g_task_get_cancellable (task));
  if (exchange->outer != NULL)
    exchange->outer_id =
      g_cancellable_connect (exchange->outer, G_CALLBACK (outer_cancelled_cb),
                             g_object_ref (exchange->cancellable), g_object_unref);
  exchange->timeout_id = g_timeout_add ((guint) self->options.timeout_ms, timeout_cb, exchange);
  begin_message (task);
}

static void
adopt_kept (PhaetonHttpClient *self, Exchange *exchange, PhaetonHttpKept *kept)
{
  if (kept == NULL)
    return;
  if (kept->day == get_day (self) && phaeton_http_client_get_n_today (self) < kept->n_today) {
    self->day = kept->day; /* of the run before */
    self->n_today = kept->n_today;
  }
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
  Exchange *exchange = g_task_get_task_data (task);

  adopt_kept (self, exchange, g_task_propagate_pointer (G_TASK (result), NULL));
  if (g_task_return_error_if_cancelled (task))
    return;
  if (exchange->ask)
    begin_exchange (task);
  else if (exchange->kept != NULL)
    g_task_return_pointer (
      task, make_answer (SOUP_STATUS_OK, exchange->kept->body, exchange->kept->fetched_at, TRUE),
      (GDestroyNotify) phaeton_http_answer_free);
  else
    fail (task, PHAETON_ERROR_UNKNOWN, "nothing is kept");
}

/* another token is another account, with other prices */
static char *
sum_request (const PhaetonHttpRequest *request)
{
  g_autofree char *all =
    g_strjoin ("\n", request->url, request->bearer != NULL ? request->bearer : "", NULL);

  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, all, -1);
}

static Exchange *
make_exchange (PhaetonHttpClient *self, const PhaetonHttpRequest *request, gboolean ask)
{
  Exchange *exchange = g_new0 (Exchange, 1);

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
  Exchange *exchange = make_exchange (self, request, ask);
  g_autoptr (GTask) load = NULL;

  g_task_set_task_data (task, exchange, exchange_free);
  if (ask && phaeton_http_client_get_wait_ms (self) > 0) {
    fail (task, PHAETON_ERROR_OFFLINE, "not asked again for %d s",
          (int) (phaeton_http_client_get_wait_ms (self) / 1000) + 1);
    return;
  }
  if (exchange->path == NULL) {
    if (ask)
      begin_exchange (task);
    else
      fail (task, PHAETON_ERROR_UNKNOWN, "nothing is kept");
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
  self->name = g_strdup (options->name);
  self->cache_dir = g_strdup (options->cache_dir);
  self->proxy = g_strdup (options->proxy != NULL ? options->proxy : "");
  self->ca_file = g_strdup (options->ca_file != NULL ? options->ca_file : "");
  self->options.name = self->options.cache_dir = self->options.proxy = self->options.ca_file =
    NULL; /* ours are the copies */
  return self;
}
