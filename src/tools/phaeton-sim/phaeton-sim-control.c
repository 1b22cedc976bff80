/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-sim"
#include "config.h"

#include "phaeton-sim-control.h"

#include "phaeton-sim-command.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define LINE_MAX_BYTES 1024

struct _PhaetonSimControl {
  PhaetonSimWorld *world;
  GSocketService *service;   /* (owned) */
  GCancellable *cancellable; /* (owned) */
  char *path;                /* (owned) */
};

/* one person or test at the socket */
typedef struct {
  PhaetonSimWorld *world;    /* valid while cancellable is not cancelled */
  GSocketConnection *stream; /* (owned) */
  GCancellable *cancellable; /* (owned) */
  char line[LINE_MAX_BYTES + 1];
  gsize used;
  char *answer; /* (owned) */
} Visitor;

static void read_more (Visitor *visitor);

static void
visitor_free (Visitor *visitor)
{
  g_object_unref (visitor->stream);
  g_object_unref (visitor->cancellable);
  g_free (visitor->answer);
  g_free (visitor);
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Visitor *visitor = user_data;

  if (g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL))
    read_more (visitor);
  else
    visitor_free (visitor);
}

/* FALSE: no whole line there yet */
static gboolean
answer_line (Visitor *visitor)
{
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (visitor->stream));
  char *end = memchr (visitor->line, '\n', visitor->used);
  g_autofree char *answer = NULL;
  gsize length;

  if (end == NULL)
    return FALSE;
  *end = '\0';
  answer = phaeton_sim_command_run (visitor->world, visitor->line);
  length = end + 1 - visitor->line;
  memmove (visitor->line, end + 1, visitor->used - length);
  visitor->used -= length;
  g_free (visitor->answer);
  visitor->answer = g_strconcat (answer, "\n", NULL);
  g_output_stream_write_all_async (output, visitor->answer, strlen (visitor->answer),
                                   G_PRIORITY_DEFAULT, visitor->cancellable, answered_cb, visitor);
  return TRUE;
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Visitor *visitor = user_data;
  const gssize n = g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);

  if (n <= 0) {
    visitor_free (visitor);
    return;
  }
  visitor->used += n;
  read_more (visitor);
}

static void
read_more (Visitor *visitor)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (visitor->stream));

  if (answer_line (visitor))
    return;
  if (visitor->used >= LINE_MAX_BYTES) {
    visitor_free (visitor); /* not a line */
    return;
  }
  g_input_stream_read_async (input, visitor->line + visitor->used, LINE_MAX_BYTES - visitor->used,
                             G_PRIORITY_DEFAULT, visitor->cancellable, read_cb, visitor);
}

static gboolean
incoming_cb (GSocketService *service, GSocketConnection *stream, GObject *source,
             gpointer user_data)
{
  PhaetonSimControl *self = user_data;
  Visitor *visitor = g_new0 (Visitor, 1);

  visitor->world = self->world;
  visitor->stream = g_object_ref (stream);
  visitor->cancellable = g_object_ref (self->cancellable);
  read_more (visitor);
  return TRUE;
}

/* what a killed simulator left behind is in the way; anything else is not ours to delete */
static void
remove_stale_socket (const char *path)
{
  GStatBuf status;

  if (g_lstat (path, &status) == 0 && S_ISSOCK (status.st_mode))
    g_unlink (path);
}

PhaetonSimControl *
phaeton_sim_control_new (PhaetonSimWorld *world, const char *path, GError **error)
{
  PhaetonSimControl *self = g_new0 (PhaetonSimControl, 1);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  mode_t mask;
  gboolean is_ok;

  self->world = world;
  self->service = g_socket_service_new ();
  self->cancellable = g_cancellable_new ();
  self->path = g_strdup (path);
  remove_stale_socket (path);
  mask = umask (0177);
  is_ok =
    g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), address, G_SOCKET_TYPE_STREAM,
                                   G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, error);
  umask (mask);
  if (!is_ok) {
    g_prefix_error (error, "control socket %s: ", path);
    phaeton_sim_control_free (self);
    return NULL;
  }
  g_signal_connect (self->service, "incoming", G_CALLBACK (incoming_cb), self);
  return self;
}

void
phaeton_sim_control_free (PhaetonSimControl *self)
{
  g_cancellable_cancel (self->cancellable);
  g_signal_handlers_disconnect_by_data (self->service, self);
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  remove_stale_socket (self->path);
  g_object_unref (self->service);
  g_object_unref (self->cancellable);
  g_free (self->path);
  g_free (self);
}
