/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-web"
#include "config.h"

#include "phaeton-web-server-private.h"

#include "phaeton-clock.h"
#include "phaeton-log.h"

#include <gio/gunixsocketaddress.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CONNECTIONS 2048
#define MAX_PER_PEER 256
#define MAX_LOCAL_CONNECTIONS 64
#define MAX_BODIES_BYTES (4 * 1024 * 1024) /* of all requests that are being read */
#define MAX_DRAIN_BYTES (1024 * 1024)      /* read of a body that was refused, before we hang up */
#define MAX_DEPTH 16
#define REQUEST_S 20
#define ANSWER_S 30
#define DRAIN_MS 1000 /* to finish running answers at the end: all of the stop has 2 s */
#define DRAIN_STEP_MS 20

const PhaetonHistogramBounds phaeton_web_bounds = { { 0.5, 1, 2.5, 5, 25, 100, 1000, 10000 } };

/* connections */

static GQuark
get_quark (void)
{
  static GQuark quark;

  if (quark == 0)
    quark = g_quark_from_static_string ("phaeton-web");
  return quark;
}

void
phaeton_web_connection_forget (PhaetonWebConnection *self)
{
  if (self->server == NULL)
    return;
  g_queue_unlink (&self->server->connections, &self->link);
  self->server = NULL;
}

static void
clear_connection (gpointer data)
{
  g_clear_weak_pointer (&((PhaetonWebConnection *) data)->filter);
}

static void
release_connection (gpointer data)
{
  g_rc_box_release_full (data, clear_connection);
}

static void
connection_gone_cb (gpointer data, GObject *where_it_was)
{
  PhaetonWebConnection *self = data;

  self->connection = NULL;
  phaeton_web_connection_forget (self);
  release_connection (self);
}

void
phaeton_web_hang_up (GSocketConnection *connection)
{
  const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
  GSocket *socket = g_socket_connection_get_socket (connection);

  (void) setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  g_socket_shutdown (socket, TRUE, TRUE, NULL);
}

/* libsoup sees the end of the stream and cleans up */
static void
hang_up (PhaetonWebConnection *self)
{
  if (self->connection != NULL)
    phaeton_web_hang_up (self->connection);
}

static gboolean
sweep_cb (gpointer user_data)
{
  PhaetonWebServer *self = user_data;
  GList *next;

  for (GList *at = self->connections.head; at != NULL; at = next) {
    PhaetonWebConnection *connection = at->data;

    next = at->next;
    if (--connection->seconds_left == 0)
      hang_up (connection);
  }
  if (self->connections.length > 0)
    return G_SOURCE_CONTINUE;
  self->sweep_id = 0;
  return G_SOURCE_REMOVE;
}

/* who counts as one peer: an IPv4 address or an IPv6 /64 */
static guint64
make_peer (GInetAddress *address)
{
  const gboolean is_ipv4 = g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4;
  const guint8 *bytes = g_inet_address_to_bytes (address);
  guint64 peer = 0;

  for (gsize i = 0; i < (is_ipv4 ? 4 : 8); i++)
    peer = peer << 8 | bytes[i];
  return peer;
}

/* (nullable): of the other end, an IPv4 address that came mapped as what it is */
static GInetAddress *
dup_address (GSocketAddress *remote)
{
  GInetAddress *address;
  const guint8 *bytes;

  if (!G_IS_INET_SOCKET_ADDRESS (remote))
    return NULL;
  address = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote));
  bytes = g_inet_address_to_bytes (address);
  if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6 &&
      IN6_IS_ADDR_V4MAPPED ((const struct in6_addr *) bytes))
    return g_inet_address_new_from_bytes (bytes + 12, G_SOCKET_FAMILY_IPV4);
  return g_object_ref (address);
}

static void
watch_over (PhaetonWebServer *self, GSocketConnection *socket_connection, GIOStream *stream,
            PhaetonWebStream *filter, GSocketAddress *remote, gboolean is_local)
{
  PhaetonWebConnection *connection = g_rc_box_new0 (PhaetonWebConnection);
  g_autoptr (GInetAddress) address = dup_address (remote);

  connection->server = self;
  connection->connection = socket_connection;
  connection->stream = stream;
  g_set_weak_pointer (&connection->filter, filter);
  connection->is_local = is_local;
  connection->is_tls = stream != G_IO_STREAM (socket_connection);
  connection->is_loopback = address != NULL && g_inet_address_get_is_loopback (address);
  connection->peer = address != NULL ? make_peer (address) : 0;
  connection->seconds_left = self->request_s;
  connection->link.data = connection;
  g_queue_push_tail_link (&self->connections, &connection->link);
  g_object_weak_ref (G_OBJECT (socket_connection), connection_gone_cb, connection);
  g_object_set_qdata_full (G_OBJECT (remote), get_quark (), g_rc_box_acquire (connection),
                           release_connection);
  if (self->sweep_id == 0)
    self->sweep_id = g_timeout_add_seconds (1, sweep_cb, self);
}

/* @stream: @connection, or TLS over it */
static void
serve (PhaetonWebServer *self, GSocketConnection *connection, GIOStream *stream,
       GSocketAddress *remote, gboolean is_local)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) local = NULL;
  g_autoptr (PhaetonWebStream) filter = phaeton_web_stream_new (stream);

  /* libsoup takes it for the host of requests that name none, and must have an internet one */
  local = g_inet_socket_address_new_from_string ("127.0.0.1", 80);
  watch_over (self, connection, stream, filter, remote, is_local);
  if (!soup_server_accept_iostream (self->soup, G_IO_STREAM (filter), local, remote, &error))
    phaeton_info ("", "A connection was not taken: %s", error->message);
}

/* Returns: (transfer full) (nullable): NULL: it is gone already */
static GSocketAddress *
dup_remote (GSocketConnection *connection)
{
  g_autoptr (GError) error = NULL;
  GSocketAddress *remote = g_socket_connection_get_remote_address (connection, &error);

  if (remote == NULL)
    phaeton_debug ("", "A connection ended at once: %s", error->message);
  return remote;
}

static void
shaken_cb (GSocketConnection *connection, GIOStream *stream, gpointer user_data)
{
  g_autoptr (GSocketAddress) remote = dup_remote (connection);

  if (remote != NULL)
    serve (user_data, connection, stream, remote, FALSE);
}

static void
accepted_cb (PhaetonAcceptor *acceptor, GSocketConnection *connection, PhaetonWebServer *self)
{
  g_autoptr (GSocketAddress) remote = dup_remote (connection);
  g_autoptr (GInetAddress) address = NULL;
  const gboolean is_local = acceptor == self->local;

  if (remote == NULL)
    return;
  if (is_local || self->certificate == NULL) {
    serve (self, connection, G_IO_STREAM (connection), remote, is_local);
    return;
  }
  address = dup_address (remote);
  phaeton_web_handshakes_begin (self->handshakes, connection,
                                address != NULL ? make_peer (address) : 0, self->certificate);
}

/* requests */

static void
clear_request (gpointer data)
{
  PhaetonWebRequest *self = data;

  phaeton_web_match_clear (&self->match);
  g_clear_pointer (&self->body, json_node_unref);
  g_clear_pointer (&self->actor, g_free);
  if (self->take_destroy != NULL)
    self->take_destroy (self->take_data);
  release_connection (self->connection);
}

void
phaeton_web_request_unref (gpointer data)
{
  g_rc_box_release_full (data, clear_request);
}

static PhaetonWebRouteStats *
get_route_stats (PhaetonWebServer *self, const PhaetonWebRoute *route)
{
  return &self->route_stats[route != NULL ? route - self->routes : self->n_routes];
}

static void
count_answer (PhaetonWebRequest *self, guint status)
{
  PhaetonWebRouteStats *both[] = { &self->server->stats.all,
                                   get_route_stats (self->server, self->match.route) };
  const gint64 took_us = phaeton_clock_get_machine_us () - self->begun_us;

  self->server->n_open_requests--;
  if (status == PHAETON_WEB_STATUS_GONE)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (both); i++) {
    both[i]->answers[status / 100 < G_N_ELEMENTS (both[i]->answers) ? status / 100 : 0]++;
    if (self->begun_us != 0) /* else its headers never came */
      phaeton_histogram_add (&both[i]->took, &phaeton_web_bounds, took_us);
  }
}

void
phaeton_web_request_end (PhaetonWebRequest *self)
{
  if (self->message == NULL)
    return;
  count_answer (self, soup_server_message_get_status (self->message));
  self->message = NULL;
  self->server->bodies_bytes -= self->body_bytes;
  self->body_bytes = 0;
}

static void
finished_cb (SoupServerMessage *message, PhaetonWebRequest *self)
{
  phaeton_web_request_end (self);
  self->connection->seconds_left = self->server->request_s;
  if (self->connection->filter != NULL)
    phaeton_web_stream_expect_head (self->connection->filter);
}

/* what is still to come of the body is read without being kept, and only so much of it */
static void
refuse (PhaetonWebRequest *self, guint status, const char *text)
{
  soup_message_body_set_accumulate (soup_server_message_get_request_body (self->message), FALSE);
  soup_message_body_truncate (soup_server_message_get_request_body (self->message));
  phaeton_web_request_set_header (self, "Connection", "close");
  phaeton_web_reply_error (self, status, "%s", text);
}

void
phaeton_web_request_refuse (PhaetonWebRequest *self, guint status, const char *text)
{
  self->server->stats.refused++;
  refuse (self, status, text);
}

static gboolean
has_json_type (SoupMessageHeaders *headers)
{
  const char *type = soup_message_headers_get_content_type (headers, NULL);

  return type != NULL && g_ascii_strncasecmp (type, "application/", 12) == 0 &&
         (g_ascii_strcasecmp (type + 12, "json") == 0 || g_str_has_suffix (type, "+json"));
}

/* what can be refused before the body came */
static void
got_headers_cb (SoupServerMessage *message, PhaetonWebRequest *self)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *method = soup_server_message_get_method (message);
  GUri *uri = soup_server_message_get_uri (message);
  const char *problem;
  guint head_status;
  goffset length;

  self->begun_us = phaeton_clock_get_machine_us ();
  if (uri == NULL || soup_server_message_get_status (message) != 0)
    return; /* libsoup refuses it */
  head_status = phaeton_web_stream_get_status (self->connection->filter, &problem);
  if (head_status != 0) {
    refuse (self, head_status, problem);
    return;
  }
  /* libsoup reads beyond the end of such a body, past the check of the next head */
  if (soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CHUNKED)
    phaeton_web_request_set_header (self, "Connection", "close");
  length = soup_message_headers_get_content_length (headers);
  phaeton_web_match (self->server->routes, method, g_uri_get_path (uri), &self->match);
  if (self->server->gate != NULL)
    self->server->gate (self, self->match.route, self->server->gate_data);
  if (soup_server_message_get_status (message) != 0)
    return; /* the gate answered */
  if (self->match.route == NULL && self->match.allowed != NULL) {
    phaeton_web_request_set_header (self, "Allow", self->match.allowed);
    refuse (self, SOUP_STATUS_METHOD_NOT_ALLOWED, "not with this method");
  } else if (self->match.route == NULL) {
    refuse (self, SOUP_STATUS_NOT_FOUND, "there is nothing here");
  } else if (length > (goffset) self->match.route->max_body) {
    refuse (self, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "the body is too large");
  } else if (self->match.route->max_body > 0 && !has_json_type (headers)) {
    refuse (self, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, "Content-Type must be application/json");
  }
}

static void
got_chunk_cb (SoupServerMessage *message, GBytes *chunk, PhaetonWebRequest *self)
{
  const gsize size = g_bytes_get_size (chunk);

  if (soup_server_message_get_status (message) != 0) {
    self->drained_bytes += size;
    if (self->drained_bytes > MAX_DRAIN_BYTES)
      hang_up (self->connection);
    return;
  }
  self->body_bytes += size;
  self->server->bodies_bytes += size;
  if (self->match.route == NULL || self->body_bytes > self->match.route->max_body)
    refuse (self, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "the body is too large");
  else if (self->server->bodies_bytes > MAX_BODIES_BYTES)
    refuse (self, SOUP_STATUS_SERVICE_UNAVAILABLE, "too many requests at once");
}

static void
request_started_cb (SoupServer *soup, SoupServerMessage *message, PhaetonWebServer *self)
{
  GSocketAddress *remote = soup_server_message_get_remote_address (message);
  PhaetonWebConnection *connection =
    remote != NULL ? g_object_get_qdata (G_OBJECT (remote), get_quark ()) : NULL;
  PhaetonWebRequest *request;

  if (connection == NULL) { /* nobody comes through the door that only keeps libsoup in mood */
    GSocket *socket = soup_server_message_get_socket (message);

    if (socket != NULL)
      g_socket_shutdown (socket, TRUE, TRUE, NULL);
    return;
  }
  request = g_rc_box_new0 (PhaetonWebRequest);
  request->message = message;
  request->server = self;
  request->connection = g_rc_box_acquire (connection);
  request->role = PHAETON_ROLE_ADMIN;
  self->n_open_requests++;
  g_object_set_qdata_full (G_OBJECT (message), get_quark (), request, phaeton_web_request_unref);
  g_signal_connect (message, "got-headers", G_CALLBACK (got_headers_cb), request);
  g_signal_connect (message, "got-chunk", G_CALLBACK (got_chunk_cb), request);
  g_signal_connect (message, "finished", G_CALLBACK (finished_cb), request);
}

/* FALSE: refused */
static gboolean
read_body (PhaetonWebRequest *self)
{
  const PhaetonJsonLimits limits = { self->match.route->max_body, MAX_DEPTH };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes =
    soup_message_body_flatten (soup_server_message_get_request_body (self->message));
  gsize size;
  const char *text = g_bytes_get_data (bytes, &size);

  self->body = phaeton_json_parse (text != NULL ? text : "", size, &limits, &error);
  if (self->body != NULL)
    return TRUE;
  phaeton_web_reply_error (self, SOUP_STATUS_BAD_REQUEST, "the body is not JSON: %s",
                           error->message);
  return FALSE;
}

static void
handle_cb (SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query,
           gpointer user_data)
{
  PhaetonWebServer *self = user_data;
  PhaetonWebRequest *request = g_object_get_qdata (G_OBJECT (message), get_quark ());

  if (request == NULL || soup_server_message_get_status (message) != 0)
    return;
  request->connection->seconds_left = self->answer_s;
  if (self->drained != NULL) /* this one still; the next one asks another daemon */
    phaeton_web_request_set_header (request, "Connection", "close");
  if (request->match.route == NULL) /* "*" and the like */
    refuse (request, SOUP_STATUS_NOT_FOUND, "there is nothing here");
  else if (request->match.route->max_body == 0 || read_body (request))
    request->match.route->handle (request, self->user_data);
}

/* life */

/* libsoup keeps connections open only while it listens itself; this door nobody finds open */
static gboolean
listen_for_libsoup (SoupServer *soup, GError **error)
{
  g_autofree char *uuid = g_uuid_string_random ();
  g_autofree char *name = g_strdup_printf ("phaeton-%d-%s", (int) getpid (), uuid);
  g_autoptr (GSocketAddress) address =
    g_unix_socket_address_new_with_type (name, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT);

  return soup_server_listen (soup, address, 0, error);
}

PhaetonWebServer *
phaeton_web_server_new (const PhaetonWebRoute *routes, gpointer user_data, GError **error)
{
  g_autoptr (SoupServer) soup = soup_server_new ("raw-paths", TRUE, NULL);
  PhaetonWebServer *self;

  if (!listen_for_libsoup (soup, error))
    return NULL;
  self = g_new0 (PhaetonWebServer, 1);
  self->soup = g_steal_pointer (&soup);
  self->routes = routes;
  while (routes[self->n_routes].method != NULL)
    self->n_routes++;
  self->route_stats = g_new0 (PhaetonWebRouteStats, self->n_routes + 1);
  self->user_data = user_data;
  self->handshakes = phaeton_web_handshakes_new (shaken_cb, self);
  self->request_s = REQUEST_S;
  self->answer_s = ANSWER_S;
  self->drain_ms = DRAIN_MS;
  g_queue_init (&self->connections);
  g_signal_connect (self->soup, "request-started", G_CALLBACK (request_started_cb), self);
  soup_server_add_handler (self->soup, NULL, handle_cb, self, NULL);
  return self;
}

static void
drop_acceptor (PhaetonAcceptor **acceptor)
{
  if (*acceptor == NULL)
    return;
  phaeton_acceptor_stop (*acceptor);
  g_signal_handlers_disconnect_matched (*acceptor, G_SIGNAL_MATCH_FUNC, 0, 0, NULL, accepted_cb,
                                        NULL);
  g_clear_object (acceptor);
}

void
phaeton_web_server_free (PhaetonWebServer *self)
{
  drop_acceptor (&self->tcp);
  drop_acceptor (&self->local);
  soup_server_disconnect (self->soup);
  g_signal_handlers_disconnect_by_data (self->soup, self);
  soup_server_remove_handler (self->soup, NULL);
  phaeton_web_handshakes_free (self->handshakes); /* lets the main loop turn: nobody may ask now */
  while (self->connections.head != NULL)
    phaeton_web_connection_forget (self->connections.head->data);
  g_clear_handle_id (&self->sweep_id, g_source_remove);
  g_clear_handle_id (&self->drain_id, g_source_remove);
  g_clear_object (&self->certificate);
  g_object_unref (self->soup);
  g_free (self->route_stats);
  g_free (self);
}

gboolean
phaeton_web_server_listen_tcp (PhaetonWebServer *self, GInetAddress *address, guint16 port,
                               GError **error)
{
  const PhaetonAcceptorLimits limits = { MAX_CONNECTIONS, MAX_PER_PEER };
  g_autoptr (PhaetonAcceptor) acceptor = phaeton_acceptor_new (&limits);

  if (!phaeton_acceptor_listen_tcp (acceptor, address, port, error))
    return FALSE;
  drop_acceptor (&self->tcp);
  self->tcp = g_steal_pointer (&acceptor);
  g_signal_connect (self->tcp, "accepted", G_CALLBACK (accepted_cb), self);
  return TRUE;
}

void
phaeton_web_server_close_tcp (PhaetonWebServer *self)
{
  drop_acceptor (&self->tcp);
}

gboolean
phaeton_web_server_listen_unix (PhaetonWebServer *self, const char *path, GError **error)
{
  const PhaetonAcceptorLimits limits = { MAX_LOCAL_CONNECTIONS, MAX_LOCAL_CONNECTIONS };
  g_autoptr (PhaetonAcceptor) acceptor = phaeton_acceptor_new (&limits);

  if (!phaeton_acceptor_listen_unix (acceptor, path, error))
    return FALSE;
  drop_acceptor (&self->local);
  self->local = g_steal_pointer (&acceptor);
  g_signal_connect (self->local, "accepted", G_CALLBACK (accepted_cb), self);
  return TRUE;
}

static gboolean
drain_cb (gpointer user_data)
{
  PhaetonWebServer *self = user_data;

  if ((self->n_open_requests > 0 || !phaeton_web_handshakes_are_over (self->handshakes)) &&
      phaeton_clock_get_machine_us () < self->drain_until_us)
    return G_SOURCE_CONTINUE;
  self->drain_id = 0;
  self->drained (self->drained_data);
  return G_SOURCE_REMOVE;
}

void
phaeton_web_server_drain (PhaetonWebServer *self, GSourceFunc done, gpointer user_data)
{
  drop_acceptor (&self->tcp);
  drop_acceptor (&self->local);
  phaeton_web_handshakes_stop (self->handshakes);
  self->drained = done;
  self->drained_data = user_data;
  self->drain_until_us = phaeton_clock_get_machine_us () + self->drain_ms * 1000;
  self->drain_id = g_timeout_add (DRAIN_STEP_MS, drain_cb, self);
}

void
phaeton_web_server_set_gate (PhaetonWebServer *self, PhaetonWebGate gate, gpointer user_data)
{
  self->gate = gate;
  self->gate_data = user_data;
}

void
phaeton_web_server_set_certificate (PhaetonWebServer *self, GTlsCertificate *certificate)
{
  g_set_object (&self->certificate, certificate);
}

GTlsCertificate *
phaeton_web_server_get_certificate (PhaetonWebServer *self)
{
  return self->certificate;
}

const PhaetonWebRouteStats *
phaeton_web_server_get_route_stats (PhaetonWebServer *self, const PhaetonWebRoute *route)
{
  return get_route_stats (self, route);
}

void
phaeton_web_server_get_stats (PhaetonWebServer *self, PhaetonWebStats *stats)
{
  *stats = self->stats;
  stats->connections = self->connections.length;
}

guint16
phaeton_web_server_get_port (PhaetonWebServer *self)
{
  return self->tcp != NULL ? phaeton_acceptor_get_port (self->tcp) : 0;
}
