/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-web"
#include "config.h"

#include "phaeton-web-tunnel.h"

#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES 8192 /* of the pair: who does not read is noticed soon */

typedef struct {      /* reference-counted box, one reference per direction */
  GIOStream *outside; /* (owned): encrypted */
  GIOStream *inside;  /* (owned): our end of the pair */
  GCancellable *cancellable;
} Tunnel;

static void
clear_tunnel (gpointer data)
{
  Tunnel *self = data;

  g_object_unref (self->outside);
  g_object_unref (self->inside);
  g_object_unref (self->cancellable);
}

/* one direction ended: the other has nothing left to do */
static void
spliced_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Tunnel *self = user_data;

  g_output_stream_splice_finish (G_OUTPUT_STREAM (source), result, NULL);
  g_cancellable_cancel (self->cancellable);
  g_io_stream_close_async (self->inside, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  g_io_stream_close_async (self->outside, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  g_rc_box_release_full (self, clear_tunnel);
}

static void
splice (Tunnel *self, GIOStream *from, GIOStream *to)
{
  g_output_stream_splice_async (g_io_stream_get_output_stream (to),
                                g_io_stream_get_input_stream (from), G_OUTPUT_STREAM_SPLICE_NONE,
                                G_PRIORITY_DEFAULT, self->cancellable, spliced_cb, self);
}

/* takes @fd */
static GSocketConnection *
wrap (int fd)
{
  g_autoptr (GSocket) socket = NULL;
  const int size = BUFFER_BYTES;

  (void) setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  socket = g_socket_new_from_fd (fd, NULL);
  if (socket == NULL) {
    close (fd);
    return NULL;
  }
  return g_socket_connection_factory_create_connection (socket);
}

GSocketConnection *
phaeton_web_tunnel_new (GIOStream *stream)
{
  g_autoptr (GSocketConnection) near_end = NULL;
  g_autoptr (GSocketConnection) far_end = NULL;
  Tunnel *self;
  int fds[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0)
    return NULL;
  near_end = wrap (fds[0]);
  far_end = wrap (fds[1]);
  if (near_end == NULL || far_end == NULL)
    return NULL;
  self = g_rc_box_new (Tunnel);
  self->outside = g_object_ref (stream);
  self->inside = g_object_ref (G_IO_STREAM (far_end));
  self->cancellable = g_cancellable_new ();
  splice (self, self->inside, self->outside);
  splice (g_rc_box_acquire (self), self->outside, self->inside);
  return g_steal_pointer (&near_end);
}
