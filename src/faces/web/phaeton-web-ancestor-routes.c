/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-answers.h"
#include "phaeton-web-api-private.h"
#include "phaeton-web-commands.h"
#include "phaeton-web-documents.h"

/* The API of the ancestors, which shows and commands the first charger. */

static PhaetonSnapshot *
get_snapshot (PhaetonWebApi *self)
{
  return phaeton_site_get_snapshot (self->site);
}

static GBytes *
ensure_status (PhaetonWebApi *self)
{
  PhaetonSnapshot *snapshot = get_snapshot (self); /* newer than the published one after a write */
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  if (self->status != NULL && self->status_serial == snapshot->serial)
    return self->status;
  g_clear_pointer (&self->status, g_bytes_unref);
  g_clear_pointer (&self->status_etag, g_free);
  phaeton_web_write_status (&json, snapshot);
  self->status = phaeton_json_steal_bytes (&json);
  self->status_serial = snapshot->serial;
  self->status_etag =
    g_strdup_printf ("\"%s-%" G_GUINT64_FORMAT "\"", self->run_id, snapshot->serial);
  return self->status;
}

void
phaeton_web_publish_status (PhaetonWebApi *self)
{
  GBytes *status = ensure_status (self);
  gsize size;
  const char *text = g_bytes_get_data (status, &size);
  GString *frame = g_string_sized_new (size + 32);
  g_autoptr (GBytes) bytes = NULL;

  g_string_append (frame, "event: status\ndata: ");
  g_string_append_len (frame, text, (gssize) size);
  g_string_append (frame, "\n\n");
  bytes = g_string_free_to_bytes (frame);
  phaeton_epoll_push_publish (self->events, bytes);
}

void
phaeton_web_get_status (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  GBytes *status = ensure_status (self);

  phaeton_web_reply_tagged (request, "application/json", status, self->status_etag);
}

static void
take_reader (GSocketConnection *connection, gpointer user_data)
{
  PhaetonWebApi *self = user_data;

  phaeton_web_publish_status (self); /* nobody made one while nobody listened */
  if (!phaeton_epoll_push_add (self->events, connection))
    g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
}

void
phaeton_web_get_events (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;

  if (phaeton_epoll_push_get_n_readers (self->events) >= PHAETON_WEB_MAX_STREAMS) {
    phaeton_web_reply_busy (request, 30, "there are too many event streams");
    return;
  }
  phaeton_web_reply_stream (request, "text/event-stream", take_reader, self);
}

void
phaeton_web_get_metrics (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_web_write_metrics (&json, get_snapshot (self),
                             phaeton_clock_get_monotonic_ms (self->clock) - self->published_ms);
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

void
phaeton_web_get_dbus (PhaetonWebRequest *request, gpointer user_data)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_web_write_dbus (&json, get_snapshot (user_data));
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

/* {"ok":true}; where the value was clamped also the field as it is now */
static void
reply_done (PhaetonWebApi *self, PhaetonWebRequest *request, PhaetonFieldId id, gboolean altered)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_json_begin_object (&json, NULL);
  phaeton_json_boolean (&json, "ok", TRUE);
  if (altered)
    phaeton_web_write_field (&json, get_snapshot (self), 0, id);
  phaeton_json_end_object (&json);
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

typedef gboolean (*ParseFunc) (JsonNode *body, PhaetonWebCommand *command, GError **error);

/* the ancestors' API commands the first charger */
static void
post_command (PhaetonWebApi *self, PhaetonWebRequest *request, ParseFunc parse)
{
  PhaetonWebCommand command = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean altered = FALSE;

  if (parse (phaeton_web_request_get_body (request), &command, &error) &&
      phaeton_web_write_command (self, request, 0, &command, &altered, &error))
    reply_done (self, request, command.field, altered);
  else
    phaeton_web_reply_failure (request, error);
  phaeton_web_command_clear (&command);
}

void
phaeton_web_post_mode (PhaetonWebRequest *request, gpointer user_data)
{
  post_command (user_data, request, phaeton_web_parse_mode);
}

void
phaeton_web_post_start_stop (PhaetonWebRequest *request, gpointer user_data)
{
  post_command (user_data, request, phaeton_web_parse_start_stop);
}

void
phaeton_web_post_set_current (PhaetonWebRequest *request, gpointer user_data)
{
  post_command (user_data, request, phaeton_web_parse_set_current);
}

void
phaeton_web_post_phases (PhaetonWebRequest *request, gpointer user_data)
{
  post_command (user_data, request, phaeton_web_parse_phases);
}
