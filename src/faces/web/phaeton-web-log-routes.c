/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-log.h"
#include "phaeton-web-api-private.h"
#include "phaeton-web-query.h"

#include <string.h>

/* The log as it is in memory. */

#define DEFAULT_LINES 200
#define MAX_LINES 10000
#define MAX_READERS 16
#define BATCH_MS 100 /* what was written meanwhile goes out together */

/* ?level=WARN&area=web&charger=1 */
typedef struct {
  GLogLevelFlags level;
  char *area, *charger; /* (owned) (nullable) */
} Wanted;

static void
wanted_clear (Wanted *self)
{
  g_free (self->area);
  g_free (self->charger);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Wanted, wanted_clear)

/* FALSE: answered */
static gboolean
read_wanted (PhaetonWebRequest *request, PhaetonWebQuery *query, Wanted *wanted)
{
  const char *level = phaeton_web_query_get (query, "level");

  wanted->level = level != NULL ? phaeton_log_level_from_name (level) : 0;
  if (level != NULL && wanted->level == 0)
    phaeton_web_query_fail (query, "level", "ERROR, WARN, INFO, DEBUG or TRACE");
  wanted->area = g_strdup (phaeton_web_query_get (query, "area"));
  wanted->charger = g_strdup (phaeton_web_query_get (query, "charger"));
  if (query->error == NULL)
    return TRUE;
  phaeton_web_reply_error (request, STATUS_BAD_REQUEST, "%s", query->error->message);
  return FALSE;
}

static PhaetonLogFilter
make_filter (const Wanted *wanted)
{
  return (PhaetonLogFilter){ wanted->level, wanted->area, wanted->charger };
}

static void
reply_lines (PhaetonWebRequest *request, const PhaetonLogFilter *filter, guint n, gboolean newest,
             const char *type)
{
  char *text = phaeton_log_dup_lines (filter, n, newest);
  g_autoptr (GBytes) bytes = g_bytes_new_take (text, strlen (text));

  phaeton_web_request_set_header (request, "Cache-Control", "no-store");
  phaeton_web_reply (request, STATUS_OK, type, bytes);
}

static void
reply_part (PhaetonWebRequest *request, gboolean newest)
{
  g_auto (PhaetonWebQuery) query = { 0 };
  g_auto (Wanted) wanted = { 0 };
  PhaetonLogFilter filter;
  guint n;

  phaeton_web_query_init (&query, request);
  n = (guint) phaeton_web_query_get_int (&query, "lines", G_MAXUINT, DEFAULT_LINES);
  if (!read_wanted (request, &query, &wanted))
    return;
  filter = make_filter (&wanted);
  reply_lines (request, &filter, MIN (n, MAX_LINES), newest, "text/plain; charset=utf-8");
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
  const PhaetonLogFilter all = { 0 };

  phaeton_web_request_set_header (request, "Content-Disposition",
                                  "attachment; filename=\"phaeton.log\"");
  reply_lines (request, &all, G_MAXUINT, TRUE, "application/octet-stream");
}

/* streams: each reader has its own filter, and so its own row of frames */

typedef struct { /* reference-counted box */
  PhaetonWebApi *api;
  PhaetonEpollPush *push; /* (owned): to the one reader */
  Wanted wanted;
  guint64 serial;
} LogStream;

static void
clear_stream (gpointer data)
{
  LogStream *stream = data;

  phaeton_epoll_push_free (stream->push);
  wanted_clear (&stream->wanted);
}

static void
release_stream (gpointer data)
{
  g_rc_box_release_full (data, clear_stream);
}

static GBytes *
make_events (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  GString *events = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    if (lines[i][0] != '\0')
      g_string_append_printf (events, "event: log\ndata: %s\n\n", lines[i]);
  return g_string_free_to_bytes (events);
}

/* who still reads gets what came meanwhile next time: nothing is left out, as long as it is kept */
static void
serve_stream (LogStream *stream)
{
  const PhaetonLogFilter filter = make_filter (&stream->wanted);
  g_autofree char *text = NULL;
  g_autoptr (GBytes) events = NULL;

  if (!phaeton_epoll_push_is_idle (stream->push))
    return;
  text = phaeton_log_dup_since (&filter, &stream->serial);
  if (text == NULL)
    return;
  events = make_events (text);
  phaeton_epoll_push_publish (stream->push, events);
}

static gboolean
batch_cb (gpointer user_data)
{
  PhaetonWebApi *self = user_data;

  for (guint i = self->log_streams->len; i > 0; i--) {
    LogStream *stream = self->log_streams->pdata[i - 1];

    if (phaeton_epoll_push_get_n_readers (stream->push) > 0)
      serve_stream (stream);
    else
      g_ptr_array_remove_index_fast (self->log_streams, i - 1);
  }
  if (self->log_streams->len > 0)
    return G_SOURCE_CONTINUE;
  self->log_timer_id = 0;
  return G_SOURCE_REMOVE;
}

static void
take_log_reader (GSocketConnection *connection, gpointer user_data)
{
  LogStream *stream = user_data;
  PhaetonWebApi *self = stream->api;
  const PhaetonLogFilter filter = make_filter (&stream->wanted);
  g_autoptr (GBytes) hello = g_bytes_new_static (":\n\n", 3);

  if (!phaeton_epoll_push_add_with (stream->push, connection, hello)) {
    g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
    return;
  }
  g_free (phaeton_log_dup_since (&filter, &stream->serial)); /* from now on */
  if (self->log_streams == NULL)
    self->log_streams = g_ptr_array_new_with_free_func (release_stream);
  g_ptr_array_add (self->log_streams, g_rc_box_acquire (stream));
  if (self->log_timer_id == 0)
    self->log_timer_id = g_timeout_add (BATCH_MS, batch_cb, self);
}

void
phaeton_web_get_log_stream (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  g_autoptr (GBytes) keep_alive = g_bytes_new_static (":\n\n", 3);
  g_auto (PhaetonWebQuery) query = { 0 };
  g_auto (Wanted) wanted = { 0 };
  PhaetonEpollPush *push = NULL;
  LogStream *stream;

  phaeton_web_query_init (&query, request);
  if (!read_wanted (request, &query, &wanted))
    return;
  if (self->log_streams == NULL || self->log_streams->len < MAX_READERS)
    push = phaeton_epoll_push_new (1, keep_alive, NULL);
  if (push == NULL) {
    phaeton_web_reply_busy (request, 30, "there are too many event streams");
    return;
  }
  stream = g_rc_box_new0 (LogStream);
  stream->api = self;
  stream->push = push;
  stream->wanted = wanted;
  wanted = (Wanted){ 0 };
  phaeton_web_reply_stream_full (request, "text/event-stream", take_log_reader, stream,
                                 release_stream);
}

void
phaeton_web_stop_log_stream (PhaetonWebApi *self)
{
  g_clear_handle_id (&self->log_timer_id, g_source_remove);
  g_clear_pointer (&self->log_streams, g_ptr_array_unref);
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
  g_auto (PhaetonWebQuery) query = { 0 };
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;
  g_autofree char *problem = NULL;
  GLogLevelFlags level;
  const char *name;

  phaeton_web_query_init (&query, request);
  name = phaeton_web_query_get (&query, "level");
  level = phaeton_log_level_from_name (name);
  problem =
    g_strdup_printf ("Configuration error: Invalid log level: %.64s", name != NULL ? name : "");
  if (level != 0)
    phaeton_log_set_web_level (level);
  phaeton_json_begin_object (&json, NULL);
  phaeton_json_boolean (&json, "ok", level != 0);
  phaeton_json_text (&json, level != 0 ? "level" : "error", level != 0 ? name : problem);
  phaeton_json_end_object (&json);
  phaeton_web_reply_json (request, level != 0 ? STATUS_OK : STATUS_BAD_REQUEST, &json);
}
