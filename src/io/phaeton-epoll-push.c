/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-epoll-push"
#include "config.h"

#include "phaeton-epoll-push.h"

#include "phaeton-epoll-source.h"
#include "phaeton-log.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define READERS_PER_SLICE 64
#define STALLED_S 3
#define KEEP_ALIVE_S 15
#define MAX_AGE_S 3600         /* then it has to come again, and show that it still may */
#define VANISHED_MS 5000       /* the kernel gives up on a peer that confirms nothing for so long */
#define SEND_BUFFER_BYTES 8192 /* frames that wait in the kernel are old when they arrive */
#define DISCARD_BYTES 512      /* what a reader may send us at a time */
#define DISCARDS_PER_EVENT 8

typedef struct {
  PhaetonEpollWatch watch; /* first: the watch is the reader */
  PhaetonEpollPush *push;
  GSocketConnection *connection; /* (owned) */
  GList link;                    /* in push->readers */
  GBytes *frame;                 /* (owned) (nullable): being sent ... */
  gsize sent;                    /* ... and how much of it is */
  guint64 serial;                /* of the last frame that was begun */
  guint moved_tick;              /* when bytes last went out */
  guint begun_tick;
} Reader;

struct _PhaetonEpollPush {
  PhaetonEpollSource *source;
  guint max_readers;
  GBytes *keep_alive;
  GBytes *newest; /* (nullable) */
  GBytes *change; /* (nullable): what makes the newest of the frame before it */
  guint64 serial; /* of the newest */
  GQueue readers; /* (element-type Reader): those still to be served are in front */
  guint n_to_serve;
  guint slice_id;
  guint sweep_id;
  guint tick; /* seconds, while there are readers */
};

static void
drop_reader (Reader *reader, const char *reason)
{
  PhaetonEpollPush *self = reader->push;

  phaeton_debug ("", "Event stream closed: %s", reason);
  phaeton_epoll_source_remove (self->source, &reader->watch);
  g_queue_unlink (&self->readers, &reader->link);
  g_io_stream_close (G_IO_STREAM (reader->connection), NULL, NULL);
  g_object_unref (reader->connection);
  g_clear_pointer (&reader->frame, g_bytes_unref);
  g_free (reader);
  if (self->readers.length == 0)
    g_clear_handle_id (&self->sweep_id, g_source_remove);
}

static void
begin_frame (Reader *reader, GBytes *frame)
{
  reader->frame = g_bytes_ref (frame);
  reader->sent = 0;
}

/* sends what is begun and then, if it is newer, the newest; FALSE: the reader is gone */
static gboolean
serve (Reader *reader)
{
  PhaetonEpollPush *self = reader->push;

  while (TRUE) {
    gsize size;
    const char *bytes;
    gssize n;

    if (reader->frame == NULL) {
      if (reader->serial == self->serial)
        return TRUE;
      begin_frame (reader, self->change != NULL && reader->serial + 1 == self->serial
                             ? self->change
                             : self->newest);
      reader->serial = self->serial;
    }
    bytes = g_bytes_get_data (reader->frame, &size);
    n = send (reader->watch.fd, bytes + reader->sent, size - reader->sent,
              MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) {
      if (errno == EAGAIN || errno == EINTR)
        return TRUE; /* EPOLLOUT tells */
      drop_reader (reader, g_strerror (errno));
      return FALSE;
    }
    reader->moved_tick = self->tick;
    reader->sent += (gsize) n;
    if (reader->sent == size)
      g_clear_pointer (&reader->frame, g_bytes_unref);
  }
}

/* a reader has nothing to say; FALSE: it is gone */
static gboolean
discard_input (Reader *reader)
{
  char buffer[DISCARD_BYTES];

  for (int i = 0; i < DISCARDS_PER_EVENT; i++) {
    const gssize n = recv (reader->watch.fd, buffer, sizeof buffer, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
      return TRUE;
    if (n <= 0) {
      drop_reader (reader, "the reader went away");
      return FALSE;
    }
  }
  drop_reader (reader, "the reader talks");
  return FALSE;
}

static void
reader_ready (PhaetonEpollWatch *watch, guint32 events)
{
  Reader *reader = (Reader *) watch;

  if ((events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0) {
    drop_reader (reader, "the reader went away");
    return;
  }
  if ((events & EPOLLIN) != 0 && !discard_input (reader))
    return;
  if ((events & EPOLLOUT) != 0)
    serve (reader);
}

static gboolean
slice_cb (gpointer user_data)
{
  PhaetonEpollPush *self = user_data;

  for (int i = 0; i < READERS_PER_SLICE && self->n_to_serve > 0; i++) {
    GList *link = self->readers.head;

    self->n_to_serve--;
    if (link == NULL)
      continue; /* some went while they waited */
    g_queue_unlink (&self->readers, link);
    g_queue_push_tail_link (&self->readers, link);
    serve (link->data);
  }
  if (self->n_to_serve > 0)
    return G_SOURCE_CONTINUE;
  self->slice_id = 0;
  return G_SOURCE_REMOVE;
}

static gboolean
sweep_cb (gpointer user_data)
{
  PhaetonEpollPush *self = user_data;
  GList *next;

  self->tick++;
  for (GList *at = self->readers.head; at != NULL; at = next) {
    Reader *reader = at->data;
    const guint still_s = self->tick - reader->moved_tick;

    next = at->next;
    if (self->tick - reader->begun_tick > MAX_AGE_S) {
      drop_reader (reader, "it is an hour old");
    } else if (reader->frame != NULL && still_s > STALLED_S) {
      drop_reader (reader, "the reader stalled");
    } else if (reader->frame == NULL && still_s >= KEEP_ALIVE_S) {
      begin_frame (reader, self->keep_alive);
      serve (reader);
    }
  }
  if (self->readers.length > 0)
    return G_SOURCE_CONTINUE;
  self->sweep_id = 0;
  return G_SOURCE_REMOVE;
}

PhaetonEpollPush *
phaeton_epoll_push_new (guint max_readers, GBytes *keep_alive, GError **error)
{
  PhaetonEpollSource *source = phaeton_epoll_source_new (error);
  PhaetonEpollPush *self;

  if (source == NULL)
    return NULL;
  self = g_new0 (PhaetonEpollPush, 1);
  self->source = source;
  self->max_readers = max_readers;
  self->keep_alive = g_bytes_ref (keep_alive);
  g_queue_init (&self->readers);
  return self;
}

void
phaeton_epoll_push_close_all (PhaetonEpollPush *self)
{
  while (self->readers.head != NULL)
    drop_reader (self->readers.head->data, "the server stops");
}

void
phaeton_epoll_push_free (PhaetonEpollPush *self)
{
  phaeton_epoll_push_close_all (self);
  g_clear_handle_id (&self->slice_id, g_source_remove);
  g_clear_handle_id (&self->sweep_id, g_source_remove);
  phaeton_epoll_source_free (self->source);
  g_bytes_unref (self->keep_alive);
  g_clear_pointer (&self->newest, g_bytes_unref);
  g_clear_pointer (&self->change, g_bytes_unref);
  g_free (self);
}

void
phaeton_epoll_push_tune (GSocketConnection *connection)
{
  const int fd = g_socket_get_fd (g_socket_connection_get_socket (connection));
  const int vanished_ms = VANISHED_MS, buffer_bytes = SEND_BUFFER_BYTES;

  /* means nothing to a unix socket, whose peer cannot vanish unnoticed */
  (void) setsockopt (fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &vanished_ms, sizeof vanished_ms);
  (void) setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
}

gboolean
phaeton_epoll_push_add (PhaetonEpollPush *self, GSocketConnection *connection)
{
  return phaeton_epoll_push_add_with (self, connection, NULL);
}

gboolean
phaeton_epoll_push_add_with (PhaetonEpollPush *self, GSocketConnection *connection, GBytes *first)
{
  const int fd = g_socket_get_fd (g_socket_connection_get_socket (connection));
  g_autoptr (GError) error = NULL;
  Reader *reader;

  if (self->readers.length >= self->max_readers)
    return FALSE;
  reader = g_new0 (Reader, 1);
  reader->watch = (PhaetonEpollWatch){ fd, reader_ready };
  if (!phaeton_epoll_source_add (self->source, &reader->watch, EPOLLIN | EPOLLOUT | EPOLLRDHUP,
                                 &error)) {
    phaeton_info ("", "No event stream: %s", error->message);
    g_free (reader);
    return FALSE;
  }
  phaeton_epoll_push_tune (connection);
  reader->push = self;
  reader->connection = g_object_ref (connection);
  reader->link.data = reader;
  reader->moved_tick = reader->begun_tick = self->tick;
  if (first != NULL) {
    reader->serial = self->serial;
    begin_frame (reader, first);
  }
  g_queue_push_tail_link (&self->readers, &reader->link);
  if (self->sweep_id == 0)
    self->sweep_id = g_timeout_add_seconds (1, sweep_cb, self);
  serve (reader);
  return TRUE;
}

void
phaeton_epoll_push_publish (PhaetonEpollPush *self, GBytes *frame)
{
  phaeton_epoll_push_publish_change (self, frame, NULL);
}

void
phaeton_epoll_push_publish_change (PhaetonEpollPush *self, GBytes *frame, GBytes *change)
{
  g_bytes_ref (frame);
  g_clear_pointer (&self->newest, g_bytes_unref);
  g_clear_pointer (&self->change, g_bytes_unref);
  self->newest = frame;
  self->change = change != NULL ? g_bytes_ref (change) : NULL;
  self->serial++;
  self->n_to_serve = self->readers.length;
  if (self->n_to_serve > 0 && self->slice_id == 0)
    self->slice_id = g_idle_add_full (G_PRIORITY_DEFAULT, slice_cb, self, NULL);
}

gboolean
phaeton_epoll_push_is_idle (PhaetonEpollPush *self)
{
  for (GList *at = self->readers.head; at != NULL; at = at->next) {
    const Reader *reader = at->data;

    if (reader->frame != NULL || reader->serial != self->serial)
      return FALSE;
  }
  return TRUE;
}

gboolean
phaeton_epoll_push_has_room (PhaetonEpollPush *self)
{
  return self->readers.length < self->max_readers;
}

guint
phaeton_epoll_push_get_n_readers (PhaetonEpollPush *self)
{
  return self->readers.length;
}
