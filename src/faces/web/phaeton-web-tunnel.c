/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-web"
#include "config.h"

#include "phaeton-web-tunnel.h"

#include "phaeton-epoll-push.h"
#include "phaeton-web-server-private.h"

#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES 4096 /* of the pair: who does not read is noticed soon */
#define GRACE_S 2         /* for the peer to take what is left, and to say good-bye */

typedef struct {             /* reference-counted box, one reference for each that is under way */
  GIOStream *outside;        /* (owned): encrypted ... */
  GSocketConnection *socket; /* (owned): ... over that */
  GIOStream *inside;         /* (owned): our end of the pair */
  GCancellable *cancellable;
  GSource *near_end; /* (owned): tells that it was closed, even while nobody can read from it */
  guint grace_id;
} Tunnel;

static void
clear_tunnel (gpointer data)
{
  Tunnel *self = data;

  g_source_destroy (self->near_end);
  g_source_unref (self->near_end);
  g_clear_handle_id (&self->grace_id, g_source_remove);
  g_object_unref (self->outside);
  g_object_unref (self->socket);
  g_object_unref (self->inside);
  g_object_unref (self->cancellable);
}

static void
release (Tunnel *self)
{
  g_rc_box_release_full (self, clear_tunnel);
}

/* whatever waits for the peer fails now */
static gboolean
grace_over_cb (gpointer user_data)
{
  Tunnel *self = user_data;

  self->grace_id = 0;
  phaeton_web_hang_up (self->socket);
  return G_SOURCE_REMOVE;
}

static void
begin_grace (Tunnel *self)
{
  if (self->grace_id == 0)
    self->grace_id = g_timeout_add_seconds (GRACE_S, grace_over_cb, self);
}

static gboolean
near_end_closed_cb (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  begin_grace (user_data);
  return G_SOURCE_REMOVE;
}

static void
closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_io_stream_close_finish (G_IO_STREAM (source), result, NULL);
  release (user_data);
}

/* one direction ended: the other has nothing left to do */
static void
spliced_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Tunnel *self = user_data;

  g_output_stream_splice_finish (G_OUTPUT_STREAM (source), result, NULL);
  begin_grace (self);
  g_cancellable_cancel (self->cancellable);
  g_io_stream_close_async (self->inside, G_PRIORITY_DEFAULT, NULL, closed_cb,
                           g_rc_box_acquire (self));
  g_io_stream_close_async (self->outside, G_PRIORITY_DEFAULT, NULL, closed_cb,
                           g_rc_box_acquire (self));
  release (self);
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
phaeton_web_tunnel_new (GIOStream *stream, GSocketConnection *socket)
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
  self = g_rc_box_new0 (Tunnel);
  self->outside = g_object_ref (stream);
  self->socket = g_object_ref (socket);
  self->inside = g_object_ref (G_IO_STREAM (far_end));
  self->cancellable = g_cancellable_new ();
  self->near_end =
    g_socket_create_source (g_socket_connection_get_socket (far_end), G_IO_HUP, NULL);
  g_source_set_callback (self->near_end, G_SOURCE_FUNC (near_end_closed_cb), self, NULL);
  g_source_attach (self->near_end, NULL);
  phaeton_epoll_push_tune (socket);
  splice (self, self->inside, self->outside);
  splice (g_rc_box_acquire (self), self->outside, self->inside);
  return g_steal_pointer (&near_end);
}
