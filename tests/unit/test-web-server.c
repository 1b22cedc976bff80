/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-loop-monitor.h"
#include "phaeton-web-server-private.h"
#include "phaeton-x509.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>

/* a server in this thread, and clients in another that send bytes and read to the end */

typedef struct {
  PhaetonWebServer *server;
  GSocketConnection *taken; /* by the stream */
  PhaetonWebRequest *held;
  guint n_handled;
} World;

static void
get_text (PhaetonWebRequest *request, gpointer user_data)
{
  World *world = user_data;
  g_autoptr (GBytes) body = g_bytes_new_static ("hello", 5);

  world->n_handled++;
  phaeton_web_reply_tagged (request, "text/plain", body, "\"tag\"");
}

static void
get_item (PhaetonWebRequest *request, gpointer user_data)
{
  const char *id = phaeton_web_request_get_parameter (request);
  g_autoptr (GBytes) body = g_bytes_new (id, strlen (id));

  phaeton_web_reply (request, 200, "text/plain", body);
}

static void
post_echo (PhaetonWebRequest *request, gpointer user_data)
{
  g_autofree char *text = json_to_string (phaeton_web_request_get_body (request), FALSE);
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));

  ((World *) user_data)->n_handled++;
  phaeton_web_reply (request, 200, "application/json", body);
}

static void
get_nothing (PhaetonWebRequest *request, gpointer user_data)
{
  g_autoptr (GBytes) body = g_bytes_new (NULL, 0);

  phaeton_web_reply (request, 200, "text/plain", body);
}

/* takes all of a turn */
static void
get_slow (PhaetonWebRequest *request, gpointer user_data)
{
  while (!phaeton_loop_monitor_is_turn_over ())
    continue;
  get_text (request, user_data);
}

static void
get_held (PhaetonWebRequest *request, gpointer user_data)
{
  ((World *) user_data)->held = phaeton_web_request_hold (request);
}

#define LONG_BYTES (32 * 1024 * 1024) /* more than kernels keep for both ends */

static void
get_long (PhaetonWebRequest *request, gpointer user_data)
{
  g_autoptr (GBytes) body = g_bytes_new_take (g_malloc0 (LONG_BYTES), LONG_BYTES);

  phaeton_web_reply (request, 200, "application/octet-stream", body);
}

static void
take_stream (GSocketConnection *connection, gpointer user_data)
{
  World *world = user_data;

  world->taken = g_object_ref (connection);
  g_assert_cmpint (
    g_socket_send (g_socket_connection_get_socket (connection), "first\n", 6, NULL, NULL), ==, 6);
}

static void
get_stream (PhaetonWebRequest *request, gpointer user_data)
{
  phaeton_web_reply_stream (request, "text/event-stream", take_stream, user_data);
}

static const PhaetonWebRoute routes[] = {
  { "GET", "/text", PHAETON_ROLE_NOBODY, 0, get_text },
  { "GET", "/nothing", PHAETON_ROLE_NOBODY, 0, get_nothing },
  { "GET", "/slow", PHAETON_ROLE_NOBODY, 0, get_slow },
  { "GET", "/items/{id}", PHAETON_ROLE_NOBODY, 0, get_item },
  { "POST", "/echo", PHAETON_ROLE_NOBODY, 1000, post_echo },
  { "GET", "/api/v1/held", PHAETON_ROLE_NOBODY, 0, get_held },
  { "GET", "/stream", PHAETON_ROLE_NOBODY, 0, get_stream },
  { "GET", "/long", PHAETON_ROLE_NOBODY, 0, get_long },
  { 0 },
};

static void
set_up (World *world)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GError) error = NULL;

  memset (world, 0, sizeof *world);
  world->server = phaeton_web_server_new (routes, world, &error);
  g_assert_no_error (error);
  phaeton_web_server_listen_tcp (world->server, loopback, 0, &error);
  g_assert_no_error (error);
}

static void
tear_down (World *world)
{
  g_clear_object (&world->taken);
  phaeton_web_server_free (world->server);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

typedef struct {
  GSocketAddress *address;
  GString *bytes;  /* to send */
  GString *answer; /* until the end, or until @enough came */
  const char *enough;
  int done;
} Client;

static gpointer
run_client (gpointer data)
{
  Client *client = data;
  g_autoptr (GSocket) socket = g_socket_new (g_socket_address_get_family (client->address),
                                             G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  char buffer[4096];
  gssize n;

  g_socket_set_timeout (socket, 60);
  g_socket_connect (socket, client->address, NULL, NULL);
  for (gsize sent = 0; sent < client->bytes->len; sent += (gsize) n) {
    n = g_socket_send (socket, client->bytes->str + sent, client->bytes->len - sent, NULL, NULL);
    if (n <= 0)
      break;
  }
  while ((n = g_socket_receive (socket, buffer, sizeof buffer, NULL, NULL)) > 0) {
    g_string_append_len (client->answer, buffer, n);
    if (client->enough != NULL && strstr (client->answer->str, client->enough) != NULL)
      break;
  }
  g_atomic_int_set (&client->done, 1);
  g_main_context_wakeup (NULL);
  return NULL;
}

static char *
ask_at (GSocketAddress *address, const char *bytes, gsize size, const char *enough, World *world)
{
  Client client = { .address = address,
                    .bytes = g_string_new_len (bytes, (gssize) size),
                    .answer = g_string_new (NULL),
                    .enough = enough };
  GThread *thread = g_thread_new ("client", run_client, &client);

  while (!g_atomic_int_get (&client.done)) {
    g_main_context_iteration (NULL, TRUE);
    if (world->held != NULL) {
      phaeton_web_reply_error (world->held, 422, "too %s", "late");
      phaeton_web_request_release (g_steal_pointer (&world->held));
    }
  }
  g_thread_join (thread);
  g_string_free (client.bytes, TRUE);
  return g_string_free (client.answer, FALSE);
}

static char *
ask (World *world, const char *bytes)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (
    "127.0.0.1", phaeton_web_server_get_port (world->server));

  return ask_at (address, bytes, strlen (bytes), NULL, world);
}

#define HOST "Host: x\r\nConnection: close\r\n"
#define JSON "Content-Type: application/json\r\n"

static void
assert_answer (World *world, const char *request, const char *status, const char *text)
{
  g_autofree char *answer = ask (world, request);
  g_autofree char *line = g_strconcat ("HTTP/1.1 ", status, NULL);

  if (!g_str_has_prefix (answer, line) || strstr (answer, text) == NULL)
    g_error ("%s\nanswered %s", request, answer);
}

static void
test_routes_answer (void)
{
  World world;

  set_up (&world);
  assert_answer (&world, "GET /text HTTP/1.1\r\n" HOST "\r\n", "200", "\r\n\r\nhello");
  assert_answer (&world, "GET /text?a=b HTTP/1.1\r\n" HOST "\r\n", "200", "hello");
  assert_answer (&world, "GET /items/a%20b HTTP/1.1\r\n" HOST "\r\n", "200", "\r\n\r\na b");
  assert_answer (&world, "GET /text HTTP/1.1\r\n" HOST "If-None-Match: \"x\", \"tag\"\r\n\r\n",
                 "304", "ETag: \"tag\"");
  assert_answer (&world, "GET /none HTTP/1.1\r\n" HOST "\r\n", "404", "{\"error\":");
  assert_answer (&world, "PUT /text HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", "405",
                 "Allow: GET, HEAD");
  assert_answer (&world, "GET /api/v1/held HTTP/1.1\r\n" HOST "\r\n", "422",
                 "\"detail\":\"too late\"");
  assert_answer (&world, "GET /api/v1/none HTTP/1.1\r\n" HOST "\r\n", "404",
                 "application/problem+json");
  tear_down (&world);
}

/* libsoup has a critical message for a body of no bytes */
static void
test_bodies_may_be_empty (void)
{
  World world;

  set_up (&world);
  assert_answer (&world, "GET /nothing HTTP/1.1\r\n" HOST "\r\n", "200", "Content-Length: 0\r\n");
  tear_down (&world);
}

static void
test_head_has_no_body (void)
{
  World world;
  g_autofree char *answer = NULL;

  set_up (&world);
  answer = ask (&world, "HEAD /text HTTP/1.1\r\n" HOST "\r\n");
  g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 200"));
  g_assert_true (strstr (answer, "Content-Length: 5") != NULL);
  g_assert_true (g_str_has_suffix (answer, "\r\n\r\n"));
  tear_down (&world);
}

static void
test_connection_is_kept (void)
{
  World world;
  g_autofree char *answer = NULL;

  set_up (&world);
  answer = ask (&world, "GET /text HTTP/1.1\r\nHost: x\r\n\r\n"
                        "GET /text HTTP/1.1\r\n" HOST "\r\n");
  g_assert_cmpuint (world.n_handled, ==, 2);
  tear_down (&world);
}

/* whoever goes after an answer takes everything along that was kept for him */
static void
test_connections_end_with_their_peers (void)
{
  World world;
  g_autoptr (GSocketAddress) address = NULL;
  PhaetonWebStats stats;

  set_up (&world);
  address =
    g_inet_socket_address_new_from_string ("127.0.0.1", phaeton_web_server_get_port (world.server));
  for (int i = 0; i < 50; i++) {
    const char *request = "GET /text HTTP/1.1\r\nHost: x\r\n\r\n";

    g_free (ask_at (address, request, strlen (request), "hello", &world));
  }
  for (phaeton_web_server_get_stats (world.server, &stats); stats.connections > 0;
       phaeton_web_server_get_stats (world.server, &stats))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (stats.all.answers[2], ==, 50);
  g_assert_cmpuint (stats.all.answers[4], ==, 0);
  tear_down (&world);
}

static void
test_bodies_are_checked (void)
{
  World world;
  g_autoptr (GString) large =
    g_string_new ("POST /echo HTTP/1.1\r\n" HOST JSON "Content-Length: 1001\r\n\r\n");
  g_autoptr (GString) deep =
    g_string_new ("POST /echo HTTP/1.1\r\n" HOST JSON "Content-Length: 900\r\n\r\n");

  for (int i = 0; i < 900; i++)
    g_string_append_c (deep, '[');
  for (int i = 0; i < 1001; i++)
    g_string_append_c (large, '1');
  set_up (&world);
  assert_answer (&world, "POST /echo HTTP/1.1\r\n" HOST JSON "Content-Length: 7\r\n\r\n{\"a\":1}",
                 "200", "{\"a\":1}");
  assert_answer (&world,
                 "POST /echo HTTP/1.1\r\n" HOST JSON
                 "Transfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n",
                 "200", "[1,2]");
  g_assert_cmpuint (world.n_handled, ==, 2);
  assert_answer (&world, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", "415", "");
  assert_answer (&world, "POST /echo HTTP/1.1\r\n" HOST JSON "Content-Length: 2\r\n\r\n{,", "400",
                 "line 1, column 2");
  assert_answer (&world, "POST /echo HTTP/1.1\r\n" HOST JSON "Content-Length: 0\r\n\r\n", "400",
                 "");
  assert_answer (&world, deep->str, "400", "nested too deeply");
  assert_answer (&world, large->str, "413", "error");
  g_assert_cmpuint (world.n_handled, ==, 2);
  tear_down (&world);
}

static void
test_chunks_do_not_pass_the_limit (void)
{
  World world;
  g_autoptr (GString) request =
    g_string_new ("POST /echo HTTP/1.1\r\n" HOST JSON "Transfer-Encoding: chunked\r\n\r\n");

  for (int i = 0; i < 200; i++)
    g_string_append (request, "a\r\n          \r\n");
  g_string_append (request, "0\r\n\r\n");
  set_up (&world);
  assert_answer (&world, request->str, "413", "error");
  tear_down (&world);
}

static void
test_endless_body_is_cut (void)
{
  World world;
  g_autoptr (GString) request =
    g_string_new ("POST /echo HTTP/1.1\r\n" HOST JSON "Transfer-Encoding: chunked\r\n\r\n");
  g_autofree char *blanks = g_strnfill (65536, ' ');
  g_autofree char *answer = NULL;

  for (int i = 0; i < 64; i++)
    g_string_append_printf (request, "10000\r\n%s\r\n", blanks);
  set_up (&world);
  answer = ask (&world, request->str); /* comes back at all: somebody hung up */
  g_assert_cmpuint (world.n_handled, ==, 0);
  tear_down (&world);
}

static void
test_large_heads_are_refused (void)
{
  World world;
  g_autofree char *filler = g_strnfill (20000, 'x');
  g_autofree char *target = g_strdup_printf ("GET /%.3000s HTTP/1.1\r\n" HOST "\r\n", filler);
  g_autofree char *header = g_strdup_printf ("GET /text HTTP/1.1\r\n" HOST "A: %s\r\n\r\n", filler);
  g_autoptr (GString) many = g_string_new ("GET /text HTTP/1.1\r\n" HOST);
  g_autoptr (GString) flood = g_string_new ("GET /text HTTP/1.1\r\n" HOST);
  g_autofree char *answer = NULL;

  for (int i = 0; i < 100; i++)
    g_string_append_printf (many, "A%d: b\r\n", i);
  g_string_append (many, "\r\n");
  for (int i = 0; i < 200; i++)
    g_string_append_printf (flood, "A%d: %s\r\n", i, filler);
  set_up (&world);
  assert_answer (&world, target, "414", "error");
  assert_answer (&world, header, "431", "error");
  assert_answer (&world, many->str, "431", "error");
  answer = ask (&world, flood->str); /* libsoup's own limit */
  g_assert_cmpuint (world.n_handled, ==, 0);
  tear_down (&world);
}

static void
test_garbage_is_refused (void)
{
  static const char *const requests[] = {
    "\r\n\r\n\r\n",
    "GET\r\n\r\n",
    "GET /text\r\n\r\n",
    "GET /%zz HTTP/1.1\r\n" HOST "\r\n",
    "GET /items/%ff HTTP/1.1\r\n" HOST "\r\n",
    "GET /items/%00 HTTP/1.1\r\n" HOST "\r\n",
    "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n" HOST "\r\n",
    "GET http://[::1/text HTTP/1.1\r\n" HOST "\r\n",
    "GET * HTTP/1.1\r\n" HOST "\r\n",
    "OPTIONS * HTTP/1.1\r\n" HOST "\r\n",
    "CONNECT /text HTTP/1.1\r\n" HOST "\r\n",
    "GET /text HTTP/9.9\r\n" HOST "\r\n",
    "GET /text HTTP/1.1\r\nConnection: close\r\n\r\n",
    "\x16\x03\x01\x02\x01\x01",
    "POST /echo HTTP/1.1\r\n" HOST JSON "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
  };
  World world;

  set_up (&world);
  world.server->request_s = 1; /* those that are no whole request are waited for */
  for (guint i = 0; i < G_N_ELEMENTS (requests); i++) {
    g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (
      "127.0.0.1", phaeton_web_server_get_port (world.server));
    g_autofree char *answer =
      ask_at (address, requests[i], strlen (requests[i]), "HTTP/1.", &world);

    g_test_message ("%s: %.40s", requests[i], answer);
    g_assert_cmpuint (world.n_handled, ==, 0);
  }
  world.server->request_s = 60;
  assert_answer (&world, "GET /text HTTP/1.1\r\n" HOST "\r\n", "200", "hello");
  tear_down (&world);
}

/* no proxy in front may see another request than we do */
static void
test_unclear_framing_is_refused (void)
{
  static const char *const headers[] = {
    "Content-Length: -5\r\n",
    "Content-Length: +2\r\n",
    "Content-Length: 0x2\r\n",
    "Content-Length: 2, 2\r\n",
    "Content-Length: 2\r\nContent-Length: 40\r\n",
    "Content-Length: 18446744073709551618\r\n",
    "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Transfer-Encoding: chunked, identity\r\n",
    "Transfer-Encoding: xchunked\r\n",
  };
  World world;

  set_up (&world);
  world.server->request_s = 1;
  for (guint i = 0; i < G_N_ELEMENTS (headers); i++) {
    g_autofree char *request = g_strconcat ("POST /echo HTTP/1.1\r\n", HOST JSON, headers[i],
                                            "\r\n{}GET /text HTTP/1.1\r\nHost: x\r\n\r\n", NULL);
    g_autofree char *answer = ask (&world, request);

    if (!g_str_has_prefix (answer, "HTTP/1.1 400") || strstr (answer, "error") == NULL ||
        strstr (answer + 1, "HTTP/1.1") != NULL)
      g_error ("%s answered %s", headers[i], answer);
    g_assert_cmpuint (world.n_handled, ==, 0);
  }
  tear_down (&world);
}

static void
test_strange_heads_are_refused (void)
{
  static const char *const heads[] = {
    "GET  /text HTTP/1.1\r\n" HOST "\r\n",
    "GET /text  HTTP/1.1\r\n" HOST "\r\n",
    "GET\t/text HTTP/1.1\r\n" HOST "\r\n",
    "G@T /text HTTP/1.1\r\n" HOST "\r\n",
    "GET /te\x01xt HTTP/1.1\r\n" HOST "\r\n",
    "GET /text HTTP/1.1\r\n" HOST "A : b\r\n\r\n",
    "GET /text HTTP/1.1\r\n" HOST " A: b\r\n\r\n",
    "GET /text HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n",
    "GET /text HTTP/1.1\r\n" HOST "A: b\nC: d\r\n\r\n",
    "GET /text HTTP/1.1\r\n" HOST "A: b\rC: d\r\n\r\n",
    "GET /text HTTP/1.1\r\n" HOST ": b\r\n\r\n",
    "GET /text HTTP/1.1\r\n" HOST "nothing\r\n\r\n",
    "GET /text HTTP/1.1\r\n" HOST "Host: y\r\n\r\n",
  };
  World world;

  set_up (&world);
  for (guint i = 0; i < G_N_ELEMENTS (heads); i++)
    assert_answer (&world, heads[i], "400", "error");
  g_assert_cmpuint (world.n_handled, ==, 0);
  tear_down (&world);
}

/* many heads and bodies in one packet */
static void
test_requests_come_in_any_pieces (void)
{
  World world;
  g_autofree char *answer = NULL;
  g_autoptr (GString) large = g_string_new (NULL);

  set_up (&world);
  for (int i = 0; i < 50; i++)
    g_string_append (large,
                     "\r\nPOST /echo HTTP/1.1\r\nHost: x\r\n" JSON "Content-Length: 3\r\n\r\n[1]");
  g_string_append (large, "GET /text HTTP/1.1\r\n" HOST "\r\n");
  answer = ask (&world, large->str);
  g_assert_cmpuint (world.n_handled, ==, 51);
  g_assert_true (g_str_has_suffix (answer, "hello"));
  /* what follows a body in chunks is not read: its end is libsoup's to know */
  g_free (answer);
  answer = ask (&world, "POST /echo HTTP/1.1\r\nHost: x\r\n" JSON
                        "Transfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n"
                        "GET /text HTTP/1.1\r\n" HOST "\r\n");
  g_assert_cmpuint (world.n_handled, ==, 52);
  tear_down (&world);
}

static void
test_stream_is_taken (void)
{
  World world;
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree char *answer = NULL;

  set_up (&world);
  address =
    g_inet_socket_address_new_from_string ("127.0.0.1", phaeton_web_server_get_port (world.server));
  answer = ask_at (address, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n", 33, "first\n", &world);
  g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 200"));
  g_assert_true (strstr (answer, "Content-Type: text/event-stream") != NULL);
  g_assert_true (g_str_has_suffix (answer, "\r\n\r\nfirst\n"));
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_false (g_io_stream_is_closed (G_IO_STREAM (world.taken)));
  tear_down (&world);
}

/* reads in its own time: a first part, then nothing until it may go on */
typedef struct {
  guint16 port;
  const char *bytes; /* to send */
  int begun;         /* atomic, as the others */
  int may_go_on;
  int ended;
  gsize received;
} SlowReader;

static gpointer
run_slow_reader (gpointer data)
{
  SlowReader *reader = data;
  g_autoptr (GSocketAddress) address =
    g_inet_socket_address_new_from_string ("127.0.0.1", reader->port);
  g_autoptr (GSocket) socket =
    g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_autofree char *buffer = g_malloc (64 * 1024);
  gssize n;

  g_socket_set_timeout (socket, 60);
  g_socket_connect (socket, address, NULL, NULL);
  g_socket_send (socket, reader->bytes, strlen (reader->bytes), NULL, NULL);
  while ((n = g_socket_receive (socket, buffer, 64 * 1024, NULL, NULL)) > 0) {
    reader->received += (gsize) n;
    g_atomic_int_set (&reader->begun, 1);
    do
      g_usleep (200); /* slower than the server */
    while (!g_atomic_int_get (&reader->may_go_on));
  }
  g_atomic_int_set (&reader->ended, 1);
  g_main_context_wakeup (NULL);
  return NULL;
}

static gboolean
drained_cb (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

static GThread *
begin_slowly (SlowReader *reader, World *world, const char *bytes)
{
  GThread *thread;

  *reader = (SlowReader){ .port = phaeton_web_server_get_port (world->server), .bytes = bytes };
  thread = g_thread_new ("slow", run_slow_reader, reader);
  while (!g_atomic_int_get (&reader->begun))
    g_main_context_iteration (NULL, FALSE);
  return thread;
}

static void
test_drain_waits_for_a_slow_reader (void)
{
  World world;
  SlowReader reader;
  GThread *thread;
  gboolean drained = FALSE;

  set_up (&world);
  world.server->drain_ms = 60000;
  thread = begin_slowly (&reader, &world, "GET /long HTTP/1.1\r\n" HOST "\r\n");
  phaeton_web_server_drain (world.server, drained_cb, &drained);
  for (int i = 0; i < 10; i++) /* its timer looks again and again */
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (drained);
  g_atomic_int_set (&reader.may_go_on, 1);
  while (!drained)
    g_main_context_iteration (NULL, TRUE);
  tear_down (&world); /* as the daemon: at once */
  g_thread_join (thread);
  g_assert_cmpuint (reader.received, >, LONG_BYTES);
}

static void
test_drain_ends_without_who_stalls (void)
{
  World world;
  SlowReader reader;
  GThread *thread;
  gboolean drained = FALSE;

  set_up (&world);
  g_assert_cmpint (world.server->drain_ms, <=, 1000);
  world.server->drain_ms = 100;
  thread = begin_slowly (&reader, &world, "GET /long HTTP/1.1\r\n" HOST "\r\n");
  phaeton_web_server_drain (world.server, drained_cb, &drained);
  while (!drained)
    g_main_context_iteration (NULL, TRUE);
  tear_down (&world);
  g_atomic_int_set (&reader.may_go_on, 1);
  g_thread_join (thread);
  g_assert_cmpuint (reader.received, <, LONG_BYTES);
}

/* neither what streams nor what only is connected */
static void
test_drain_waits_for_nothing_else (void)
{
  World world;
  SlowReader stream, idle;
  GThread *stream_thread, *idle_thread;
  gboolean drained = FALSE;

  set_up (&world);
  world.server->drain_ms = 60000;
  stream_thread = begin_slowly (&stream, &world, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  idle_thread = begin_slowly (&idle, &world, "GET /text HTTP/1.1\r\nHost: x\r\n\r\n");
  while (world.taken == NULL || world.server->n_open_requests > 0)
    g_main_context_iteration (NULL, FALSE);
  phaeton_web_server_drain (world.server, drained_cb, &drained);
  while (!drained)
    g_main_context_iteration (NULL, TRUE);
  g_atomic_int_set (&stream.may_go_on, 1);
  g_atomic_int_set (&idle.may_go_on, 1);
  tear_down (&world);
  g_thread_join (stream_thread);
  g_thread_join (idle_thread);
}

static void
test_slow_request_is_cut (void)
{
  World world;
  const gint64 begun = g_get_monotonic_time ();
  g_autofree char *answer = NULL;

  set_up (&world);
  g_assert_cmpint (world.server->request_s, <=, 20);
  world.server->request_s = 1;
  answer = ask (&world, "GET /text HTTP/1.1\r\nHost: x\r\nA:");
  g_assert_cmpuint (world.n_handled, ==, 0);
  g_assert_cmpint (g_get_monotonic_time () - begun, <, 20 * G_USEC_PER_SEC);
  tear_down (&world);
}

static void
test_unix_socket_serves_the_same (void)
{
  g_autofree char *directory = g_dir_make_tmp ("phaeton-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "a.sock", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GError) error = NULL;
  g_autofree char *answer = NULL;
  World world;

  set_up (&world);
  phaeton_web_server_listen_unix (world.server, path, &error);
  g_assert_no_error (error);
  answer = ask_at (address, "GET /text HTTP/1.0\r\n\r\n", 22, NULL, &world);
  g_assert_true (strstr (answer, " 200 ") != NULL);
  g_assert_true (g_str_has_suffix (answer, "hello"));
  tear_down (&world);
  g_assert_cmpint (g_rmdir (directory), ==, 0); /* the socket went with the server */
}

/* whoever does not begin as TLS does, or ends before its first message is whole, costs no thread
 * and is let go at once */
static void
test_handshakes_begin_with_a_message (void)
{
  static const struct {
    const char *bytes;
    gsize size;
  } beginnings[] = { { "GET /text HTTP/1.1\r\n\r\n", 22 },
                     { "\x16\x03\x01\x00\x00", 5 },
                     { "\x16\x03\x01\xff\xff too long", 14 },
                     { "\x16\x03\x01\x00\x20half", 9 },
                     { "\x16", 1 },
                     { "", 0 } };
  const char *const names[] = { "localhost", NULL };
  const gint64 now_at = g_get_real_time () / G_USEC_PER_SEC;
  g_autofree char *pem = phaeton_x509_make_self_signed (names, now_at, now_at + 60, NULL, NULL);
  g_autoptr (GTlsCertificate) certificate = g_tls_certificate_new_from_pem (pem, -1, NULL);
  g_autoptr (GSocketAddress) address = NULL;
  World world;

  set_up (&world);
  phaeton_web_server_set_certificate (world.server, certificate);
  address =
    g_inet_socket_address_new_from_string ("127.0.0.1", phaeton_web_server_get_port (world.server));
  for (guint i = 0; i < G_N_ELEMENTS (beginnings); i++) {
    g_autoptr (GSocket) socket =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
    guint n_turns = 0;

    g_assert_true (g_socket_connect (socket, address, NULL, NULL));
    g_socket_send (socket, beginnings[i].bytes, beginnings[i].size, NULL, NULL);
    while (phaeton_acceptor_get_n_connections (world.server->tcp) == 0)
      g_main_context_iteration (NULL, TRUE);
    g_socket_shutdown (socket, FALSE, TRUE, NULL);
    for (; phaeton_acceptor_get_n_connections (world.server->tcp) > 0; n_turns++)
      g_main_context_iteration (NULL, TRUE);
    g_assert_cmpuint (n_turns, <, 20);
    g_assert_true (phaeton_web_handshakes_are_over (world.server->handshakes));
  }
  tear_down (&world);
}

#define CROWD 40

/* whoever sends at the same time as many others waits, so that nothing else has to */
static void
test_a_crowd_takes_turns (void)
{
  const char request[] = "GET /slow HTTP/1.1\r\n" HOST "\r\n";
  g_autoptr (GSocketAddress) address = NULL;
  GSocket *sockets[CROWD];
  World world;
  PhaetonWebStats stats = { 0 };
  guint n_turns = 0;

  phaeton_loop_monitor_install ();
  set_up (&world);
  address =
    g_inet_socket_address_new_from_string ("127.0.0.1", phaeton_web_server_get_port (world.server));
  for (guint i = 0; i < CROWD; i++) {
    sockets[i] =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
    g_assert_true (g_socket_connect (sockets[i], address, NULL, NULL));
  }
  for (; stats.connections < CROWD; phaeton_web_server_get_stats (world.server, &stats))
    g_main_context_iteration (NULL, TRUE);
  for (guint i = 0; i < CROWD; i++)
    g_assert_cmpint (g_socket_send (sockets[i], request, strlen (request), NULL, NULL), >, 0);
  for (guint before = 0; world.n_handled < CROWD; before = world.n_handled) {
    g_main_context_iteration (NULL, TRUE);
    n_turns++;
    g_assert_cmpuint (world.n_handled - before, <=, 1);
  }
  g_assert_cmpuint (n_turns, <, 4 * CROWD); /* those who wait do not ask all the time */
  for (guint i = 0; i < CROWD; i++)
    g_object_unref (sockets[i]);
  tear_down (&world);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/web-server/routes-answer", test_routes_answer);
  g_test_add_func ("/web-server/bodies-may-be-empty", test_bodies_may_be_empty);
  g_test_add_func ("/web-server/head-has-no-body", test_head_has_no_body);
  g_test_add_func ("/web-server/connection-is-kept", test_connection_is_kept);
  g_test_add_func ("/web-server/connections-end-with-their-peers",
                   test_connections_end_with_their_peers);
  g_test_add_func ("/web-server/bodies-are-checked", test_bodies_are_checked);
  g_test_add_func ("/web-server/chunks-do-not-pass-the-limit", test_chunks_do_not_pass_the_limit);
  g_test_add_func ("/web-server/endless-body-is-cut", test_endless_body_is_cut);
  g_test_add_func ("/web-server/large-heads-are-refused", test_large_heads_are_refused);
  g_test_add_func ("/web-server/garbage-is-refused", test_garbage_is_refused);
  g_test_add_func ("/web-server/unclear-framing-is-refused", test_unclear_framing_is_refused);
  g_test_add_func ("/web-server/strange-heads-are-refused", test_strange_heads_are_refused);
  g_test_add_func ("/web-server/requests-come-in-any-pieces", test_requests_come_in_any_pieces);
  g_test_add_func ("/web-server/stream-is-taken", test_stream_is_taken);
  g_test_add_func ("/web-server/drain-waits-for-a-slow-reader", test_drain_waits_for_a_slow_reader);
  g_test_add_func ("/web-server/drain-ends-without-who-stalls", test_drain_ends_without_who_stalls);
  g_test_add_func ("/web-server/drain-waits-for-nothing-else", test_drain_waits_for_nothing_else);
  g_test_add_func ("/web-server/slow-request-is-cut", test_slow_request_is_cut);
  g_test_add_func ("/web-server/unix-socket-serves-the-same", test_unix_socket_serves_the_same);
  g_test_add_func ("/web-server/handshakes-begin-with-a-message",
                   test_handshakes_begin_with_a_message);
  g_test_add_func ("/web-server/a-crowd-takes-turns", test_a_crowd_takes_turns);
  return g_test_run ();
}
