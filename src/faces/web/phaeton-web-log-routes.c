/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-log.h"
#include "phaeton-web-api-private.h"

#include <string.h>

/* The log as it is in memory. */

#define DEFAULT_LINES 200
#define MAX_LINES 10000
#define MAX_READERS 16
#define BATCH_MS 100 /* what was written meanwhile goes out together */

static void
reply_lines (PhaetonWebRequest *request, guint n, gboolean newest, const char *type)
{
  char *text = phaeton_log_dup_lines (n, newest);
  g_autoptr (GBytes) bytes = g_bytes_new_take (text, strlen (text));

  phaeton_web_request_set_header (request, "Cache-Control", "no-store");
  phaeton_web_reply (request, STATUS_OK, type, bytes);
}

static void
reply_part (PhaetonWebRequest *request, gboolean newest)
{
  g_autofree char *text = phaeton_web_request_dup_query (request, "lines");
  guint64 n = DEFAULT_LINES;

  if (text != NULL && !g_ascii_string_to_unsigned (text, 10, 1, MAX_LINES, &n, NULL))
    phaeton_web_reply_error (request, STATUS_BAD_REQUEST, "lines must be 1 to %d", MAX_LINES);
  else
    reply_lines (request, (guint) n, newest, "text/plain; charset=utf-8");
}

void
phaeton_web_get_log_head (PhaetonWebRequest *request, gpointer user_data)
{
  reply_part (request, FALSE);
}

void
phaeton_web_get_log_tail (PhaetonWebRequest *request, gpointer user_data)
{
  reply_part (request, TRUE);
}

void
phaeton_web_get_log_download (PhaetonWebRequest *request, gpointer user_data)
{
  phaeton_web_request_set_header (request, "Content-Disposition",
                                  "attachment; filename=\"phaeton.log\"");
  reply_lines (request, G_MAXUINT, TRUE, "application/octet-stream");
}

static gboolean
batch_cb (gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  g_autofree char *text = phaeton_log_dup_since (&self->log_serial);
  g_auto (GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;
  g_autoptr (GBytes) frame = NULL;
  GString *events;

  if (phaeton_epoll_push_get_n_readers (self->log_readers) == 0) {
    self->log_timer_id = 0;
    return G_SOURCE_REMOVE;
  }
  if (lines == NULL)
    return G_SOURCE_CONTINUE;
  events = g_string_new (NULL);
  for (guint i = 0; lines[i] != NULL; i++)
    if (lines[i][0] != '\0')
      g_string_append_printf (events, "event: log\ndata: %s\n\n", lines[i]);
  frame = g_string_free_to_bytes (events);
  phaeton_epoll_push_publish (self->log_readers, frame);
  return G_SOURCE_CONTINUE;
}

static void
take_log_reader (GSocketConnection *connection, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  g_autoptr (GBytes) hello = g_bytes_new_static (":\n\n", 3);

  if (!phaeton_epoll_push_add_with (self->log_readers, connection, hello)) {
    g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
    return;
  }
  if (self->log_timer_id != 0)
    return;
  self->log_serial = 0;
  g_free (phaeton_log_dup_since (&self->log_serial)); /* from now on */
  self->log_timer_id = g_timeout_add (BATCH_MS, batch_cb, self);
}

void
phaeton_web_get_log_stream (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  g_autoptr (GBytes) keep_alive = g_bytes_new_static (":\n\n", 3);

  if (self->log_readers == NULL)
    self->log_readers = phaeton_epoll_push_new (MAX_READERS, keep_alive, NULL);
  if (self->log_readers == NULL || !phaeton_epoll_push_has_room (self->log_readers)) {
    phaeton_web_request_set_header (request, "Retry-After", "30");
    phaeton_web_reply_error (request, STATUS_UNAVAILABLE, "there are too many event streams");
    return;
  }
  phaeton_web_reply_stream (request, "text/event-stream", take_log_reader, self);
}

void
phaeton_web_stop_log_stream (PhaetonWebApi *self)
{
  g_clear_handle_id (&self->log_timer_id, g_source_remove);
  g_clear_pointer (&self->log_readers, phaeton_epoll_push_free);
}

void
phaeton_web_get_log_level (PhaetonWebRequest *request, gpointer user_data)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_json_begin_object (&json, NULL);
  phaeton_json_text (&json, "level", phaeton_log_level_to_name (phaeton_log_get_web_level ()));
  phaeton_json_end_object (&json);
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

void
phaeton_web_post_log_level (PhaetonWebRequest *request, gpointer user_data)
{
  g_autofree char *name = phaeton_web_request_dup_query (request, "level");
  const GLogLevelFlags level = phaeton_log_level_from_name (name);
  g_autofree char *problem =
    g_strdup_printf ("Configuration error: Invalid log level: %.64s", name != NULL ? name : "");
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  if (level != 0)
    phaeton_log_set_web_level (level);
  phaeton_json_begin_object (&json, NULL);
  phaeton_json_boolean (&json, "ok", level != 0);
  phaeton_json_text (&json, level != 0 ? "level" : "error", level != 0 ? name : problem);
  phaeton_json_end_object (&json);
  phaeton_web_reply_json (request, level != 0 ? STATUS_OK : STATUS_BAD_REQUEST, &json);
}
