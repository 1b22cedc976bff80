/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-web-accounts.h"
#include "phaeton-web-query.h"
#include "phaeton-web-server.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

#define MAX_BYTES 16384 /* what a socket takes without a reader */
#define MAX_TURNS 100000

static void
answer (PhaetonWebRequest *request, gpointer user_data)
{
  const char *parameter = phaeton_web_request_get_parameter (request);
  g_autoptr (GTimeZone) zone = g_time_zone_new_utc ();
  g_auto (PhaetonWebQuery) query = { 0 };
  g_autoptr (GBytes) body = g_bytes_new_static ("hello", 5);

  if (parameter != NULL && !g_utf8_validate (parameter, -1, NULL))
    __builtin_trap ();
  phaeton_web_query_init (&query, request);
  phaeton_web_query_get_int (&query, "q", 100, 0);
  phaeton_web_query_get_time_us (&query, "q", zone, 0);
  phaeton_web_reply_tagged (request, "text/plain", body, "\"tag\"");
}

static const PhaetonWebRoute routes[] = {
  { "GET", "/text", PHAETON_ROLE_NOBODY, 0, answer },
  { "GET", "/items/{id}", PHAETON_ROLE_NOBODY, 0, answer },
  { "PATCH", "/items/{id}/more", PHAETON_ROLE_NOBODY, 100, answer },
  { "GET", "/files/*", PHAETON_ROLE_NOBODY, 0, answer },
  { "POST", "/echo", PHAETON_ROLE_NOBODY, 1000, answer },
  { 0 },
};

static PhaetonWebServer *server;
static GSocketAddress *address;
static char *directory;

static void
end_server (void)
{
  phaeton_web_server_free (server);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_rmdir (directory);
  g_object_unref (address);
  g_free (directory);
}

static void
ensure_server (void)
{
  g_autofree char *path = NULL;

  if (server != NULL)
    return;
  directory = g_dir_make_tmp ("phaeton-fuzz-XXXXXX", NULL);
  path = g_build_filename (directory, "a.sock", NULL);
  address = g_unix_socket_address_new (path);
  server = phaeton_web_server_new (routes, NULL, NULL);
  if (server == NULL || !phaeton_web_server_listen_unix (server, path, NULL))
    g_error ("no server");
  atexit (end_server);
}

/* one connection: whatever came on it, it ends, and nothing of it stays */
static void
talk (const uint8_t *data, size_t size)
{
  g_autoptr (GSocket) socket =
    g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  guint turns = 0;
  char answers[65536];
  gssize n = 1;

  if (!g_socket_connect (socket, address, NULL, NULL))
    g_error ("not connected");
  g_socket_set_blocking (socket, FALSE);
  (void) send (g_socket_get_fd (socket), data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  (void) shutdown (g_socket_get_fd (socket), SHUT_WR);
  while (n != 0 && turns++ < MAX_TURNS) {
    while (g_main_context_iteration (NULL, FALSE))
      continue;
    n = recv (g_socket_get_fd (socket), answers, sizeof answers, MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN)
      n = 0; /* hung up on */
  }
  if (n != 0)
    __builtin_trap ();
}

/* what comes over a connection, through libsoup to a handler; routes; the file of accounts */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (PhaetonWebAccounts) accounts =
    phaeton_web_accounts_parse ((const char *) data, size, NULL);
  PhaetonWebMatch match;

  phaeton_web_match (routes, "GET", text, &match);
  if (match.parameter != NULL && !g_utf8_validate (match.parameter, -1, NULL))
    __builtin_trap ();
  phaeton_web_match_clear (&match);
  if (size > MAX_BYTES)
    return 0;
  ensure_server ();
  talk (data, size);
  return 0;
}
