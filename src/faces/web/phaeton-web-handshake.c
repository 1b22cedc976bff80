/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-web"
#include "config.h"

#include "phaeton-web-handshake.h"

#include "phaeton-log.h"
#include "phaeton-web-server-private.h"

#include <errno.h>
#include <sys/socket.h>

#define MAX_RUNNING 6 /* of the ten threads that the pool has at first */
#define MAX_RUNNING_PER_PEER 2
#define FIRST_MESSAGE_S 10 /* also waits for its turn */
#define HANDSHAKE_S 5
#define RECORD_HEADER_BYTES 5 /* RFC 8446 5.1: type, version, length */
#define RECORD_HANDSHAKE 22
#define MAX_RECORD_BYTES 16384

struct _PhaetonWebHandshakes {
  PhaetonWebShakenFunc shaken; /* NULL: stopped */
  gpointer user_data;
  GQueue waiting; /* (element-type Handshake): for the first message, or for their turn */
  GQueue running; /* (element-type Handshake) */
};

typedef struct {
  PhaetonWebHandshakes *owner;
  GSocketConnection *connection; /* (owned) */
  GTlsCertificate *certificate;  /* (owned) */
  guint64 peer;
  GSource *readable; /* (owned) (nullable): NULL: the first message is there */
  int wanted;        /* bytes of it, as far as one can tell */
  gboolean is_running;
  guint deadline_id;
  GCancellable *cancellable; /* (owned) */
  GList link;                /* in one of the queues */
} Handshake;

/* not to be woken for less */
static void
set_wanted (Handshake *self, int n_bytes)
{
  self->wanted = n_bytes;
  (void) setsockopt (g_socket_get_fd (g_socket_connection_get_socket (self->connection)),
                     SOL_SOCKET, SO_RCVLOWAT, &n_bytes, sizeof n_bytes);
}

static void
stop_waiting (Handshake *self)
{
  if (self->readable == NULL)
    return;
  g_source_destroy (self->readable);
  g_clear_pointer (&self->readable, g_source_unref);
}

/* of one that is in no queue any more */
static void
free_handshake (Handshake *self)
{
  stop_waiting (self);
  g_clear_handle_id (&self->deadline_id, g_source_remove);
  g_object_unref (self->connection);
  g_object_unref (self->certificate);
  g_object_unref (self->cancellable);
  g_free (self);
}

/* of one that waits */
static void
drop (Handshake *self, const char *reason)
{
  phaeton_debug ("", "No encrypted connection: %s", reason);
  g_queue_unlink (&self->owner->waiting, &self->link);
  free_handshake (self);
}

static gboolean
deadline_cb (gpointer user_data)
{
  Handshake *self = user_data;

  self->deadline_id = 0;
  phaeton_web_hang_up (self->connection);
  if (self->is_running)
    g_cancellable_cancel (self->cancellable);
  else
    drop (self, "it takes too long");
  return G_SOURCE_REMOVE;
}

static void
set_deadline (Handshake *self, guint seconds)
{
  g_clear_handle_id (&self->deadline_id, g_source_remove);
  self->deadline_id = g_timeout_add_seconds (seconds, deadline_cb, self);
}

static void start_some (PhaetonWebHandshakes *self);

static void
shaken_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Handshake *self = user_data;
  PhaetonWebHandshakes *owner = self->owner;
  g_autoptr (GError) error = NULL;

  if (!g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, &error))
    phaeton_debug ("", "No encrypted connection: %s", error->message);
  else if (owner->shaken != NULL)
    owner->shaken (self->connection, G_IO_STREAM (source), owner->user_data);
  g_queue_unlink (&owner->running, &self->link);
  free_handshake (self);
  start_some (owner);
}

static void
start (Handshake *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GIOStream) stream =
    g_tls_server_connection_new (G_IO_STREAM (self->connection), self->certificate, &error);

  if (stream == NULL) {
    drop (self, error->message);
    return;
  }
  /* many clients just go away */
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (stream), FALSE);
  g_queue_unlink (&self->owner->waiting, &self->link);
  g_queue_push_tail_link (&self->owner->running, &self->link);
  self->is_running = TRUE;
  set_deadline (self, HANDSHAKE_S);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (stream), G_PRIORITY_DEFAULT,
                                    self->cancellable, shaken_cb, self);
}

static guint
count_running (PhaetonWebHandshakes *self, guint64 peer)
{
  guint n = 0;

  for (const GList *at = self->running.head; at != NULL; at = at->next)
    n += ((const Handshake *) at->data)->peer == peer;
  return n;
}

static void
start_some (PhaetonWebHandshakes *self)
{
  GList *next;

  for (GList *at = self->waiting.head; at != NULL && self->running.length < MAX_RUNNING;
       at = next) {
    Handshake *handshake = at->data;

    next = at->next;
    if (handshake->readable == NULL && count_running (self, handshake->peer) < MAX_RUNNING_PER_PEER)
      start (handshake);
  }
}

/* Returns: how many bytes the first record has, as far as one can tell; 0: it is none */
static int
judge_record (const guint8 *header, gssize n)
{
  const int length = n >= RECORD_HEADER_BYTES ? header[3] << 8 | header[4] : 1;

  if (n <= 0 || header[0] != RECORD_HANDSHAKE || length == 0 || length > MAX_RECORD_BYTES)
    return 0;
  return RECORD_HEADER_BYTES + length;
}

static gboolean
readable_cb (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  Handshake *self = user_data;
  guint8 bytes[RECORD_HEADER_BYTES + MAX_RECORD_BYTES];
  const gssize n = recv (g_socket_get_fd (socket), bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
  int wanted;

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return G_SOURCE_CONTINUE;
  wanted = judge_record (bytes, n);
  if (wanted == 0 || n < self->wanted) { /* woken for less: it is the end */
    drop (self, "it began with something else, or ended");
    return G_SOURCE_REMOVE;
  }
  if (n < wanted) {
    set_wanted (self, wanted);
    return G_SOURCE_CONTINUE;
  }
  set_wanted (self, 1);
  stop_waiting (self);
  start_some (self->owner);
  return G_SOURCE_REMOVE;
}

void
phaeton_web_handshakes_begin (PhaetonWebHandshakes *self, GSocketConnection *connection,
                              guint64 peer, GTlsCertificate *certificate)
{
  Handshake *handshake = g_new0 (Handshake, 1);

  handshake->owner = self;
  handshake->connection = g_object_ref (connection);
  handshake->certificate = g_object_ref (certificate);
  handshake->peer = peer;
  handshake->cancellable = g_cancellable_new ();
  handshake->link.data = handshake;
  handshake->readable =
    g_socket_create_source (g_socket_connection_get_socket (connection), G_IO_IN, NULL);
  g_source_set_callback (handshake->readable, G_SOURCE_FUNC (readable_cb), handshake, NULL);
  g_source_attach (handshake->readable, NULL);
  g_queue_push_tail_link (&self->waiting, &handshake->link);
  set_deadline (handshake, FIRST_MESSAGE_S);
}

void
phaeton_web_handshakes_stop (PhaetonWebHandshakes *self)
{
  self->shaken = NULL;
  while (self->waiting.head != NULL)
    drop (self->waiting.head->data, "the server stops");
  for (GList *at = self->running.head; at != NULL; at = at->next) {
    Handshake *handshake = at->data;

    phaeton_web_hang_up (handshake->connection);
    g_cancellable_cancel (handshake->cancellable);
  }
}

gboolean
phaeton_web_handshakes_are_over (PhaetonWebHandshakes *self)
{
  return self->waiting.length + self->running.length == 0;
}

PhaetonWebHandshakes *
phaeton_web_handshakes_new (PhaetonWebShakenFunc shaken, gpointer user_data)
{
  PhaetonWebHandshakes *self = g_new0 (PhaetonWebHandshakes, 1);

  self->shaken = shaken;
  self->user_data = user_data;
  g_queue_init (&self->waiting);
  g_queue_init (&self->running);
  return self;
}

void
phaeton_web_handshakes_free (PhaetonWebHandshakes *self)
{
  phaeton_web_handshakes_stop (self);
  while (!phaeton_web_handshakes_are_over (self)) /* moments: their connections are shut down */
    g_main_context_iteration (NULL, TRUE);
  g_free (self);
}
