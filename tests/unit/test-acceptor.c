/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-acceptor.h"

#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <glib/gstdio.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

typedef struct {
  PhaetonAcceptor *acceptor;
  GPtrArray *accepted; /* (element-type GSocketConnection) */
} Fixture;

static void
accepted_cb (PhaetonAcceptor *acceptor, GSocketConnection *connection, Fixture *fixture)
{
  g_ptr_array_add (fixture->accepted, g_object_ref (connection));
}

static void
set_up (Fixture *fixture, const PhaetonAcceptorLimits *limits)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GError) error = NULL;

  fixture->acceptor = phaeton_acceptor_new (limits);
  fixture->accepted = g_ptr_array_new_with_free_func (g_object_unref);
  g_signal_connect (fixture->acceptor, "accepted", G_CALLBACK (accepted_cb), fixture);
  phaeton_acceptor_listen_tcp (fixture->acceptor, loopback, 0, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture)
{
  g_ptr_array_unref (fixture->accepted);
  phaeton_acceptor_stop (fixture->acceptor);
  g_assert_cmpuint (phaeton_acceptor_get_n_connections (fixture->acceptor), ==, 0);
  g_assert_finalize_object (fixture->acceptor);
}

static GSocket *
connect_to (GSocketAddress *address)
{
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM,
                                  G_SOCKET_PROTOCOL_DEFAULT, &error);

  g_assert_no_error (error);
  g_socket_connect (socket, address, NULL, &error);
  g_assert_no_error (error);
  return socket;
}

static GSocket *
connect_client (Fixture *fixture)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (
    "127.0.0.1", phaeton_acceptor_get_port (fixture->acceptor));

  return connect_to (address);
}

/* lets the loop run until it has nothing more to do */
static void
run_pending (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

static gboolean
wake_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE; /* lets a blocking iteration look again */
}

static void
run_until_accepted (Fixture *fixture, guint n)
{
  const guint wake_id = g_timeout_add (20, wake_cb, NULL);

  for (int i = 0; i < 500 && fixture->accepted->len < n; i++)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (wake_id);
  g_assert_cmpuint (fixture->accepted->len, ==, n);
}

static const PhaetonAcceptorLimits wide = { .max_connections = 1000, .max_per_peer = 1000 };

static void
test_connections_are_counted (void)
{
  Fixture fixture;
  g_autoptr (GSocket) a = NULL;
  g_autoptr (GSocket) b = NULL;

  set_up (&fixture, &wide);
  g_assert_cmpuint (phaeton_acceptor_get_port (fixture.acceptor), >, 0);
  a = connect_client (&fixture);
  b = connect_client (&fixture);
  run_until_accepted (&fixture, 2);
  g_assert_cmpuint (phaeton_acceptor_get_n_connections (fixture.acceptor), ==, 2);
  g_ptr_array_set_size (fixture.accepted, 1);
  g_assert_cmpuint (phaeton_acceptor_get_n_connections (fixture.acceptor), ==, 1);
  tear_down (&fixture);
}

static void
test_cap_closes_the_rest (void)
{
  const PhaetonAcceptorLimits narrow = { .max_connections = 2, .max_per_peer = 1 };
  Fixture fixture;
  GSocket *clients[4];
  g_autoptr (GError) error = NULL;
  char byte;

  set_up (&fixture, &narrow); /* loopback is exempt from the cap per peer */
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    clients[i] = connect_client (&fixture);
  run_until_accepted (&fixture, 2);
  run_pending ();
  g_assert_cmpuint (fixture.accepted->len, ==, 2);
  for (guint i = 2; i < G_N_ELEMENTS (clients); i++)
    g_assert_cmpint (g_socket_receive (clients[i], &byte, 1, NULL, NULL), <=, 0);

  g_ptr_array_set_size (fixture.accepted, 0); /* places become free again */
  g_object_unref (clients[3]);
  clients[3] = connect_client (&fixture);
  run_until_accepted (&fixture, 1);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    g_object_unref (clients[i]);
  tear_down (&fixture);
}

static void
test_descriptors_move_above_select (void)
{
  Fixture fixture;
  g_autoptr (GSocket) client = NULL;
  struct rlimit limit;
  int fd;

  phaeton_acceptor_raise_fd_limit ();
  getrlimit (RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur <= FD_SETSIZE + 16) {
    g_test_skip ("the machine does not allow so many descriptors");
    return;
  }
  set_up (&fixture, &wide);
  client = connect_client (&fixture);
  run_until_accepted (&fixture, 1);
  fd = g_socket_get_fd (g_socket_connection_get_socket (fixture.accepted->pdata[0]));
  g_assert_cmpint (fd, >=, FD_SETSIZE);
  g_assert_true ((fcntl (fd, F_GETFD) & FD_CLOEXEC) != 0);
  tear_down (&fixture);
}

static void
test_accepts_again_after_emfile (void)
{
  Fixture fixture;
  g_autoptr (GSocket) client = NULL;
  struct rlimit before, few;
  g_autoptr (GArray) taken = g_array_new (FALSE, FALSE, sizeof (int));

  if (g_getenv ("LD_PRELOAD") != NULL && strstr (g_getenv ("LD_PRELOAD"), "vgpreload") != NULL) {
    g_test_skip ("valgrind keeps the upper descriptors for itself");
    return;
  }
  set_up (&fixture, &wide);
  client = connect_client (&fixture);
  getrlimit (RLIMIT_NOFILE, &before);
  few = before;
  few.rlim_cur = 64;
  setrlimit (RLIMIT_NOFILE, &few);
  for (int fd; (fd = dup (0)) >= 0;)
    g_array_append_val (taken, fd);
  for (int i = 0; i < 10; i++)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (fixture.accepted->len, ==, 0);
  g_assert_false (g_main_context_pending (NULL)); /* it waits and does not spin */

  for (guint i = 0; i < taken->len; i++)
    close (g_array_index (taken, int, i));
  setrlimit (RLIMIT_NOFILE, &before);
  run_until_accepted (&fixture, 1);
  tear_down (&fixture);
}

/* whoever comes first, the wires and files of the daemon find descriptors too */
static void
test_cap_leaves_descriptors (void)
{
  Fixture fixture;
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);
  struct rlimit before, few;

  getrlimit (RLIMIT_NOFILE, &before);
  few = before;
  few.rlim_cur = 256;
  setrlimit (RLIMIT_NOFILE, &few);
  set_up (&fixture, &wide);
  for (int i = 0; i < 60; i++)
    g_ptr_array_add (clients, connect_client (&fixture));
  run_until_accepted (&fixture, 42);
  run_pending ();
  g_assert_cmpuint (fixture.accepted->len, ==, (256 - 128) / 3);
  tear_down (&fixture);
  setrlimit (RLIMIT_NOFILE, &before);
}

static void
test_taken_port_is_an_error (void)
{
  Fixture fixture;
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (PhaetonAcceptor) second = phaeton_acceptor_new (&wide);
  g_autoptr (GError) error = NULL;
  guint16 port;

  set_up (&fixture, &wide);
  port = phaeton_acceptor_get_port (fixture.acceptor);
  g_assert_false (phaeton_acceptor_listen_tcp (second, loopback, port, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  phaeton_acceptor_stop (fixture.acceptor);
  g_clear_error (&error);
  g_assert_true (phaeton_acceptor_listen_tcp (second, loopback, port, &error));
  g_assert_no_error (error);
  tear_down (&fixture);
}

static void
test_unix_socket_is_private (void)
{
  g_autofree char *directory = g_dir_make_tmp ("phaeton-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "a.sock", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (PhaetonAcceptor) first = phaeton_acceptor_new (&wide);
  g_autoptr (PhaetonAcceptor) second = phaeton_acceptor_new (&wide);
  g_autoptr (GSocket) stale = NULL;
  g_autoptr (GError) error = NULL;
  GStatBuf info;

  stale =
    g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_assert_true (g_socket_bind (stale, address, TRUE, NULL));
  g_socket_close (stale, NULL); /* as a process that was killed leaves it */

  g_assert_true (phaeton_acceptor_listen_unix (first, path, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);

  g_assert_false (phaeton_acceptor_listen_unix (second, path, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  run_pending ();
  phaeton_acceptor_stop (first);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));

  g_clear_error (&error);
  g_assert_true (g_file_set_contents (path, "precious", -1, NULL));
  g_assert_false (phaeton_acceptor_listen_unix (second, path, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_unlink (path);
  g_rmdir (directory);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/acceptor/connections-are-counted", test_connections_are_counted);
  g_test_add_func ("/acceptor/cap-closes-the-rest", test_cap_closes_the_rest);
  g_test_add_func ("/acceptor/descriptors-move-above-select", test_descriptors_move_above_select);
  g_test_add_func ("/acceptor/accepts-again-after-emfile", test_accepts_again_after_emfile);
  g_test_add_func ("/acceptor/cap-leaves-descriptors", test_cap_leaves_descriptors);
  g_test_add_func ("/acceptor/taken-port-is-an-error", test_taken_port_is_an_error);
  g_test_add_func ("/acceptor/unix-socket-is-private", test_unix_socket_is_private);
  return g_test_run ();
}
