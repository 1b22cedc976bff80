/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-server-private.h"
#include "phaeton-web-tunnel.h"

#include <string.h>

/* What handlers see of a request, and how they answer it. */

const char *
phaeton_web_request_get_path (PhaetonWebRequest *self)
{
  return g_uri_get_path (soup_server_message_get_uri (self->message));
}

const char *
phaeton_web_request_get_query (PhaetonWebRequest *self)
{
  return g_uri_get_query (soup_server_message_get_uri (self->message));
}

const char *
phaeton_web_request_get_parameter (PhaetonWebRequest *self)
{
  return self->match.parameter;
}

JsonNode *
phaeton_web_request_get_body (PhaetonWebRequest *self)
{
  return self->body;
}

const char *
phaeton_web_request_get_header (PhaetonWebRequest *self, const char *name)
{
  if (self->message == NULL)
    return NULL;
  return soup_message_headers_get_list (soup_server_message_get_request_headers (self->message),
                                        name);
}

const char *
phaeton_web_request_get_method (PhaetonWebRequest *self)
{
  return soup_server_message_get_method (self->message);
}

guint64
phaeton_web_request_get_peer (PhaetonWebRequest *self)
{
  return self->connection->peer;
}

gboolean
phaeton_web_request_is_loopback (PhaetonWebRequest *self)
{
  return self->connection->is_loopback;
}

gboolean
phaeton_web_request_is_tls (PhaetonWebRequest *self)
{
  return self->connection->is_tls;
}

void
phaeton_web_request_set_actor (PhaetonWebRequest *self, PhaetonRole role, const char *name)
{
  self->role = role;
  g_free (self->actor);
  self->actor = g_strdup (name);
}

PhaetonRole
phaeton_web_request_get_role (PhaetonWebRequest *self)
{
  return self->role;
}

const char *
phaeton_web_request_get_actor (PhaetonWebRequest *self)
{
  return self->actor;
}

gboolean
phaeton_web_request_is_local (PhaetonWebRequest *self)
{
  return self->connection->is_local;
}

void
phaeton_web_request_set_header (PhaetonWebRequest *self, const char *name, const char *value)
{
  if (self->message != NULL)
    soup_message_headers_replace (soup_server_message_get_response_headers (self->message), name,
                                  value);
}

PhaetonWebRequest *
phaeton_web_request_hold (PhaetonWebRequest *self)
{
  soup_server_message_pause (self->message);
  return g_rc_box_acquire (self);
}

void
phaeton_web_request_release (PhaetonWebRequest *self)
{
  if (self->message != NULL)
    soup_server_message_unpause (self->message);
  phaeton_web_request_unref (self);
}

/* answers */

void
phaeton_web_reply (PhaetonWebRequest *self, guint status, const char *content_type, GBytes *body)
{
  SoupMessageHeaders *headers;

  if (self->message == NULL)
    return;
  headers = soup_server_message_get_response_headers (self->message);
  soup_server_message_set_status (self->message, status, NULL);
  soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
  soup_message_headers_replace (headers, "X-Frame-Options", "SAMEORIGIN");
  soup_message_headers_replace (headers, "Referrer-Policy", "no-referrer");
  soup_message_headers_replace (headers, "Cross-Origin-Opener-Policy", "same-origin");
  soup_message_headers_replace (headers, "Cross-Origin-Resource-Policy", "same-origin");
  if (self->connection->is_tls)
    soup_message_headers_replace (headers, "Strict-Transport-Security", "max-age=31536000");
  if (soup_message_headers_get_one (headers, "Content-Security-Policy") == NULL)
    soup_message_headers_replace (headers, "Content-Security-Policy",
                                  "default-src 'none'; frame-ancestors 'none'");
  if (soup_message_headers_get_one (headers, "Cache-Control") == NULL)
    soup_message_headers_replace (headers, "Cache-Control", "no-cache");
  if (body == NULL)
    return;
  soup_message_headers_replace (headers, "Content-Type", content_type);
  if (g_bytes_get_size (body) > 0)
    soup_message_body_append_bytes (soup_server_message_get_response_body (self->message), body);
}

void
phaeton_web_reply_json (PhaetonWebRequest *self, guint status, PhaetonJson *json)
{
  g_autoptr (GBytes) body = phaeton_json_steal_bytes (json);

  phaeton_web_reply (self, status, "application/json", body);
}

static gboolean
is_v1 (PhaetonWebRequest *self)
{
  return g_str_has_prefix (phaeton_web_request_get_path (self), "/api/v1/");
}

void
phaeton_web_reply_error_with (PhaetonWebRequest *self, guint status, const char *text,
                              PhaetonWebWriteFunc write_more, gpointer user_data)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;
  g_autoptr (GBytes) body = NULL;
  gboolean is_problem;

  if (self->message == NULL)
    return;
  is_problem = is_v1 (self);
  phaeton_json_begin_object (&json, NULL);
  if (is_problem) {
    phaeton_json_text (&json, "type", "about:blank");
    phaeton_json_text (&json, "title", soup_status_get_phrase (status));
    phaeton_json_int (&json, "status", status);
    phaeton_json_text (&json, "detail", text);
  } else {
    phaeton_json_text (&json, "error", text);
  }
  if (write_more != NULL)
    write_more (&json, user_data);
  phaeton_json_end_object (&json);
  body = phaeton_json_steal_bytes (&json);
  phaeton_web_reply (self, status, is_problem ? "application/problem+json" : "application/json",
                     body);
}

void
phaeton_web_reply_error (PhaetonWebRequest *self, guint status, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  phaeton_web_reply_error_with (self, status, text, NULL, NULL);
}

/* the lists of If-None-Match and If-Match, RFC 9110 13.1; a weak comparison takes weak tags too */
static gboolean
is_tag_in_list (const char *list, const char *etag, gboolean weakly)
{
  g_auto (GStrv) tags = g_strsplit (list, ",", 16);

  for (guint i = 0; tags[i] != NULL; i++) {
    const char *tag = g_strstrip (tags[i]);

    if (weakly && g_str_has_prefix (tag, "W/"))
      tag += 2;
    if (strcmp (tag, etag) == 0 || strcmp (tag, "*") == 0)
      return TRUE;
  }
  return FALSE;
}

gboolean
phaeton_web_request_is_for (PhaetonWebRequest *self, const char *etag)
{
  const char *wanted = phaeton_web_request_get_header (self, "If-Match");

  return wanted == NULL || is_tag_in_list (wanted, etag, FALSE);
}

void
phaeton_web_reply_tagged (PhaetonWebRequest *self, const char *content_type, GBytes *body,
                          const char *etag)
{
  const char *known = phaeton_web_request_get_header (self, "If-None-Match");

  phaeton_web_request_set_header (self, "ETag", etag);
  if (known != NULL && is_tag_in_list (known, etag, TRUE))
    phaeton_web_reply (self, SOUP_STATUS_NOT_MODIFIED, NULL, NULL);
  else
    phaeton_web_reply (self, SOUP_STATUS_OK, content_type, body);
}

static void
wrote_headers_cb (SoupServerMessage *message, PhaetonWebRequest *self)
{
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GIOStream) stream = NULL;

  if (self->connection->connection == NULL)
    return;
  phaeton_web_connection_forget (self->connection);
  phaeton_web_stream_leave (self->connection->filter);
  stream = soup_server_message_steal_connection (message);
  phaeton_web_request_end (self); /* libsoup does not say so of what was taken */
  connection = self->connection->is_tls
                 ? phaeton_web_tunnel_new (self->connection->stream, self->connection->connection)
                 : g_object_ref (self->connection->connection);
  if (connection != NULL)
    self->take (connection, self->take_data);
}

void
phaeton_web_reply_stream (PhaetonWebRequest *self, const char *content_type,
                          PhaetonWebTakeFunc take, gpointer user_data)
{
  phaeton_web_reply_stream_full (self, content_type, take, user_data, NULL);
}

void
phaeton_web_reply_stream_full (PhaetonWebRequest *self, const char *content_type,
                               PhaetonWebTakeFunc take, gpointer user_data, GDestroyNotify destroy)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (self->message);

  self->take = take;
  self->take_data = user_data;
  self->take_destroy = destroy;
  phaeton_web_reply (self, SOUP_STATUS_OK, NULL, NULL);
  soup_message_headers_set_encoding (headers, SOUP_ENCODING_EOF);
  soup_message_headers_replace (headers, "Content-Type", content_type);
  soup_message_headers_replace (headers, "Connection", "close");
  if (strcmp (phaeton_web_request_get_method (self), "HEAD") == 0)
    return;
  g_signal_connect (self->message, "wrote-headers", G_CALLBACK (wrote_headers_cb), self);
}
