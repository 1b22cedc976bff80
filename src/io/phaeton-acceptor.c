/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-acceptor"
#include "config.h"

#include "phaeton-acceptor.h"

#include "phaeton-log.h"
#include "phaeton-loop-monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024
#define ACCEPTS_PER_DISPATCH 16
#define REARM_MS 100            /* after descriptors or memory ran out */
#define SEND_BUFFER_BYTES 65536 /* else a stalled reader costs the kernel up to 4 MB */
#define MAX_DESCRIPTORS 65536
#define OTHER_DESCRIPTORS 128        /* of the daemon: wires, buses, files */
#define DESCRIPTORS_PER_CONNECTION 3 /* of an encrypted event stream */
#define LOOPBACK_SHARE 8             /* one place of so many is for this machine alone */

struct _PhaetonAcceptor {
  GObject parent_instance;

  PhaetonAcceptorLimits limits;
  GSocket *socket; /* (owned) (nullable): listening */
  char *path;      /* (owned) (nullable): of the unix socket */
  guint source_id; /* of the listening socket, or of the timer that re-arms it */
  guint n_connections;
  GHashTable *peers;     /* (owned) (element-type gint64 guint): connections of each */
  gboolean is_exhausted; /* said so already */
};

G_DEFINE_FINAL_TYPE (PhaetonAcceptor, phaeton_acceptor, G_TYPE_OBJECT)

enum { ACCEPTED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* a connection's place; goes with the last reference to the connection */
typedef struct {
  PhaetonAcceptor *acceptor; /* (owned) */
  guint64 peer;              /* 0: exempt */
} Place;

static guint64
make_key (const guint8 *bytes, gsize size)
{
  guint64 key = 0;

  for (gsize i = 0; i < size; i++)
    key = key << 8 | bytes[i];
  return key;
}

/* who counts as one peer; 0: nobody counts */
static guint64
get_peer_key (const struct sockaddr_storage *address)
{
  if (address->ss_family == AF_INET) {
    const guint8 *bytes = (const guint8 *) &((const struct sockaddr_in *) address)->sin_addr;

    return bytes[0] == 127 ? 0 : make_key (bytes, 4);
  }
  if (address->ss_family == AF_INET6) {
    const struct in6_addr *in6 = &((const struct sockaddr_in6 *) address)->sin6_addr;

    if (IN6_IS_ADDR_LOOPBACK (in6))
      return 0;
    if (IN6_IS_ADDR_V4MAPPED (in6))
      return in6->s6_addr[12] == 127 ? 0 : make_key (in6->s6_addr + 12, 4);
    return make_key (in6->s6_addr, 8);
  }
  return 0;
}

static guint
count_peer (PhaetonAcceptor *self, guint64 peer)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->peers, &peer));
}

static void
set_peer_count (PhaetonAcceptor *self, guint64 peer, guint count)
{
  if (count == 0)
    g_hash_table_remove (self->peers, &peer);
  else
    g_hash_table_insert (self->peers, g_memdup2 (&peer, sizeof peer), GUINT_TO_POINTER (count));
}

static void
release_place (gpointer data)
{
  Place *place = data;
  PhaetonAcceptor *self = place->acceptor;

  self->n_connections--;
  if (place->peer != 0)
    set_peer_count (self, place->peer, count_peer (self, place->peer) - 1);
  g_object_unref (self);
  g_free (place);
}

static void
take_place (PhaetonAcceptor *self, GSocketConnection *connection, guint64 peer)
{
  static GQuark quark;
  Place *place = g_new (Place, 1);

  if (quark == 0)
    quark = g_quark_from_static_string ("phaeton-acceptor-place");
  place->acceptor = g_object_ref (self);
  place->peer = peer;
  self->n_connections++;
  if (peer != 0)
    set_peer_count (self, peer, count_peer (self, peer) + 1);
  g_object_set_qdata_full (G_OBJECT (connection), quark, place, release_place);
}

/* where select() cannot reach; stays where it is when the process may not have so many */
static int
move_up (int fd)
{
  const int moved = fcntl (fd, F_DUPFD_CLOEXEC, FD_SETSIZE);

  if (moved < 0)
    return fd;
  close (fd);
  return moved;
}

static void
hand_over (PhaetonAcceptor *self, int fd, guint64 peer)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, &error);
  g_autoptr (GSocketConnection) connection = NULL;

  if (socket == NULL) {
    phaeton_info ("", "A connection ended while it was accepted: %s", error->message);
    close (fd);
    return;
  }
  connection = g_socket_connection_factory_create_connection (socket);
  take_place (self, connection, peer);
  g_signal_emit (self, signals[ACCEPTED], 0, connection);
}

/* of the peers beyond this machine, who leave some places to it */
static guint
get_max_connections (PhaetonAcceptor *self, guint64 peer)
{
  const guint max = self->limits.max_connections;

  return peer == 0 ? max : max - max / LOOPBACK_SHARE;
}

/* FALSE: nothing more now; errno says why */
static gboolean
accept_one (PhaetonAcceptor *self)
{
  struct sockaddr_storage address = { 0 };
  socklen_t length = sizeof address;
  const int fd = accept4 (g_socket_get_fd (self->socket), (struct sockaddr *) &address, &length,
                          SOCK_NONBLOCK | SOCK_CLOEXEC);
  guint64 peer;

  if (fd < 0) /* a peer that gave up while it waited is no reason to stop */
    return errno == ECONNABORTED || errno == EINTR || errno == EPERM || errno == EPROTO;
  peer = get_peer_key (&address);
  if (self->n_connections >= get_max_connections (self, peer) ||
      (peer != 0 && count_peer (self, peer) >= self->limits.max_per_peer)) {
    phaeton_debug ("", "Connection refused: %u are open", self->n_connections);
    close (fd);
    return TRUE;
  }
  hand_over (self, move_up (fd), peer);
  return TRUE;
}

static void arm (PhaetonAcceptor *self);

static gboolean
rearm_cb (gpointer user_data)
{
  PhaetonAcceptor *self = user_data;

  self->source_id = 0;
  arm (self);
  return G_SOURCE_REMOVE;
}

static gboolean
is_exhaustion (int problem)
{
  return problem == EMFILE || problem == ENFILE || problem == ENOBUFS || problem == ENOMEM;
}

static gboolean
incoming_cb (int fd, GIOCondition condition, gpointer user_data)
{
  g_autoptr (PhaetonAcceptor) self = g_object_ref (user_data);

  for (int i = 0; i < ACCEPTS_PER_DISPATCH; i++) {
    if (accept_one (self)) {
      if (self->socket == NULL)
        return G_SOURCE_REMOVE; /* stopped by whom we handed a connection to */
      self->is_exhausted = FALSE;
      if (phaeton_loop_monitor_is_turn_over ())
        break;
      continue;
    }
    if (!is_exhaustion (errno))
      return G_SOURCE_CONTINUE;
    if (!self->is_exhausted)
      phaeton_message ("", "Cannot accept connections for now: %s", g_strerror (errno));
    self->is_exhausted = TRUE;
    self->source_id = g_timeout_add (REARM_MS, rearm_cb, self);
    return G_SOURCE_REMOVE;
  }
  return G_SOURCE_CONTINUE;
}

static void
arm (PhaetonAcceptor *self)
{
  self->source_id = g_unix_fd_add (g_socket_get_fd (self->socket), G_IO_IN, incoming_cb, self);
}

static gboolean
start_listening (PhaetonAcceptor *self, GSocket *socket, GSocketAddress *address, GError **error)
{
  g_socket_set_listen_backlog (socket, BACKLOG);
  if (!g_socket_set_option (socket, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER_BYTES, error) ||
      !g_socket_bind (socket, address, TRUE, error) || !g_socket_listen (socket, error))
    return FALSE;
  self->socket = g_object_ref (socket);
  arm (self);
  return TRUE;
}

gboolean
phaeton_acceptor_listen_tcp (PhaetonAcceptor *self, GInetAddress *address, guint16 port,
                             GError **error)
{
  g_autoptr (GSocketAddress) where = NULL;
  g_autoptr (GSocket) socket = NULL;

  g_return_val_if_fail (PHAETON_IS_ACCEPTOR (self) && self->socket == NULL, FALSE);

  where = g_inet_socket_address_new (address, port);
  socket = g_socket_new (g_inet_address_get_family (address), G_SOCKET_TYPE_STREAM,
                         G_SOCKET_PROTOCOL_TCP, error);
  if (socket == NULL)
    return FALSE;
  g_socket_set_blocking (socket, FALSE);
  /* connections inherit it; else an answer in two writes waits 40 ms for the peer's delayed ACK */
  if (!g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, error))
    return FALSE;
  return start_listening (self, socket, where, error);
}

/* a connection to a unix socket succeeds or fails at once */
static gboolean
is_answered (GSocketAddress *address)
{
  g_autoptr (GSocket) probe =
    g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_autoptr (GError) error = NULL;

  if (probe == NULL)
    return FALSE;
  g_socket_set_blocking (probe, FALSE);
  return g_socket_connect (probe, address, NULL, &error) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PENDING);
}

static gboolean
make_room (const char *path, GSocketAddress *address, GError **error)
{
  GStatBuf info;

  if (g_lstat (path, &info) != 0)
    return TRUE;
  if (!S_ISSOCK (info.st_mode)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "%s exists and is not a socket", path);
    return FALSE;
  }
  if (is_answered (address)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE, "another process answers at %s",
                 path);
    return FALSE;
  }
  g_unlink (path);
  return TRUE;
}

gboolean
phaeton_acceptor_listen_unix (PhaetonAcceptor *self, const char *path, GError **error)
{
  g_autoptr (GSocketAddress) where = NULL;
  g_autoptr (GSocket) socket = NULL;

  g_return_val_if_fail (PHAETON_IS_ACCEPTOR (self) && self->socket == NULL, FALSE);

  if (strlen (path) >= sizeof ((struct sockaddr_un *) NULL)->sun_path) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG,
                 "%s is too long for the address of a unix socket", path);
    return FALSE;
  }
  where = g_unix_socket_address_new (path);
  if (!make_room (path, where, error))
    return FALSE;
  socket =
    g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);
  if (socket == NULL)
    return FALSE;
  g_socket_set_blocking (socket, FALSE);
  /* Linux gives the path the mode that the socket has before bind(): never open to others */
  if (fchmod (g_socket_get_fd (socket), S_IRUSR | S_IWUSR) != 0 ||
      !start_listening (self, socket, where, error)) {
    if (error != NULL && *error == NULL)
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s", path,
                   g_strerror (errno));
    return FALSE;
  }
  self->path = g_strdup (path);
  return TRUE;
}

guint16
phaeton_acceptor_get_port (PhaetonAcceptor *self)
{
  g_autoptr (GSocketAddress) address = NULL;

  g_return_val_if_fail (PHAETON_IS_ACCEPTOR (self), 0);

  if (self->socket != NULL)
    address = g_socket_get_local_address (self->socket, NULL);
  if (!G_IS_INET_SOCKET_ADDRESS (address))
    return 0;
  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

guint
phaeton_acceptor_get_n_connections (PhaetonAcceptor *self)
{
  g_return_val_if_fail (PHAETON_IS_ACCEPTOR (self), 0);

  return self->n_connections;
}

void
phaeton_acceptor_stop (PhaetonAcceptor *self)
{
  g_return_if_fail (PHAETON_IS_ACCEPTOR (self));

  g_clear_handle_id (&self->source_id, g_source_remove);
  if (self->socket != NULL)
    g_socket_close (self->socket, NULL);
  g_clear_object (&self->socket);
  if (self->path != NULL)
    g_unlink (self->path);
  g_clear_pointer (&self->path, g_free);
}

void
phaeton_acceptor_raise_fd_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= MAX_DESCRIPTORS)
    return;
  limit.rlim_cur = MIN (limit.rlim_max, MAX_DESCRIPTORS);
  if (setrlimit (RLIMIT_NOFILE, &limit) != 0)
    phaeton_info ("", "Cannot raise the limit of file descriptors: %s", g_strerror (errno));
}

static void
phaeton_acceptor_dispose (GObject *object)
{
  PhaetonAcceptor *self = PHAETON_ACCEPTOR (object);

  phaeton_acceptor_stop (self);
  G_OBJECT_CLASS (phaeton_acceptor_parent_class)->dispose (object);
}

static void
phaeton_acceptor_finalize (GObject *object)
{
  PhaetonAcceptor *self = PHAETON_ACCEPTOR (object);

  g_hash_table_unref (self->peers);
  G_OBJECT_CLASS (phaeton_acceptor_parent_class)->finalize (object);
}

static void
phaeton_acceptor_class_init (PhaetonAcceptorClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = phaeton_acceptor_dispose;
  G_OBJECT_CLASS (klass)->finalize = phaeton_acceptor_finalize;
  signals[ACCEPTED] = g_signal_new ("accepted", PHAETON_TYPE_ACCEPTOR, G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 1, G_TYPE_SOCKET_CONNECTION);
}

static void
phaeton_acceptor_init (PhaetonAcceptor *self)
{
  self->peers = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
}

/* so that however many come, the rest of the daemon finds descriptors */
static guint
get_room (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= MAX_DESCRIPTORS)
    return MAX_DESCRIPTORS;
  return (guint) MAX ((gint64) limit.rlim_cur - OTHER_DESCRIPTORS, DESCRIPTORS_PER_CONNECTION) /
         DESCRIPTORS_PER_CONNECTION;
}

PhaetonAcceptor *
phaeton_acceptor_new (const PhaetonAcceptorLimits *limits)
{
  PhaetonAcceptor *self = g_object_new (PHAETON_TYPE_ACCEPTOR, NULL);

  self->limits = *limits;
  self->limits.max_connections = MIN (limits->max_connections, get_room ());
  return self;
}
