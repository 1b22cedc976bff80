/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-epoll-push.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* the push end of a socket pair; @peer: the reader's end, not blocking */
static GSocketConnection *
make_connection (int *peer)
{
  int ends[2];
  g_autoptr (GSocket) socket = NULL;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), ==,
                   0);
  socket = g_socket_new_from_fd (ends[0], NULL);
  *peer = ends[1];
  return g_socket_connection_factory_create_connection (socket);
}

static PhaetonEpollPush *
make_push (guint max_readers)
{
  g_autoptr (GBytes) keep_alive = g_bytes_new_static (":\n\n", 3);
  g_autoptr (GError) error = NULL;
  PhaetonEpollPush *push = phaeton_epoll_push_new (max_readers, keep_alive, &error);

  g_assert_no_error (error);
  return push;
}

static void
publish (PhaetonEpollPush *push, const char *text)
{
  g_autoptr (GBytes) frame = g_bytes_new (text, strlen (text));

  phaeton_epoll_push_publish (push, frame);
}

static void
publish_filled (PhaetonEpollPush *push, char fill, gsize size)
{
  g_autofree char *text = g_strnfill (size, fill);

  publish (push, text);
}

static void
run_pending (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

static void
assert_received (int peer, const char *expected)
{
  char buffer[256] = "";
  const gssize n = recv (peer, buffer, sizeof buffer - 1, 0);

  g_assert_cmpint (n, ==, (gssize) strlen (expected));
  g_assert_cmpstr (buffer, ==, expected);
}

static void
test_newest_comes_first (void)
{
  g_autoptr (PhaetonEpollPush) push = make_push (4);
  int peer;
  g_autoptr (GSocketConnection) connection = make_connection (&peer);

  publish (push, "old");
  publish (push, "new");
  g_assert_true (phaeton_epoll_push_add (push, connection));
  assert_received (peer, "new");
  publish (push, "next");
  run_pending ();
  assert_received (peer, "next");
  close (peer);
}

static void
test_all_are_served (void)
{
  g_autoptr (PhaetonEpollPush) push = make_push (300);
  int peers[300];

  for (guint i = 0; i < G_N_ELEMENTS (peers); i++) {
    g_autoptr (GSocketConnection) connection = make_connection (&peers[i]);

    g_assert_true (phaeton_epoll_push_add (push, connection));
  }
  publish (push, "one");
  g_main_context_iteration (NULL, FALSE);
  publish (push, "two"); /* in the middle of the first round */
  run_pending ();
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++) {
    char buffer[16] = "";
    const gssize n = recv (peers[i], buffer, sizeof buffer - 1, 0);

    g_assert_cmpint (n, >=, 3);
    g_assert_cmpstr (buffer + n - 3, ==, "two");
    close (peers[i]);
  }
  run_pending ();
  g_assert_cmpuint (phaeton_epoll_push_get_n_readers (push), ==, 0);
}

static void
test_places_are_limited (void)
{
  g_autoptr (PhaetonEpollPush) push = make_push (1);
  int peers[3];
  g_autoptr (GSocketConnection) a = make_connection (&peers[0]);
  g_autoptr (GSocketConnection) b = make_connection (&peers[1]);

  g_assert_true (phaeton_epoll_push_add (push, a));
  g_assert_false (phaeton_epoll_push_add (push, b));
  close (peers[0]);
  run_pending ();
  g_assert_true (phaeton_epoll_push_add (push, b));
  close (peers[1]);
}

/* whatever was skipped, each frame that came is whole and the last is the newest */
static void
test_slow_reader_skips_whole_frames (void)
{
  const gsize size = 40000;
  g_autoptr (PhaetonEpollPush) push = make_push (1);
  g_autoptr (GString) received = g_string_new (NULL);
  int peer;
  g_autoptr (GSocketConnection) connection = make_connection (&peer);
  char buffer[8192];

  g_assert_true (phaeton_epoll_push_add (push, connection));
  for (char fill = 'a'; fill <= 'z'; fill++) {
    publish_filled (push, fill, size);
    run_pending ();
  }
  for (int i = 0; i < 1000; i++) {
    const gssize n = recv (peer, buffer, sizeof buffer, 0);

    if (n > 0)
      g_string_append_len (received, buffer, n);
    run_pending ();
  }
  g_assert_cmpuint (received->len % size, ==, 0);
  g_assert_cmpuint (received->len, <, 10 * size); /* far from all of them */
  for (gsize at = 0; at < received->len; at += size)
    for (gsize i = 0; i < size; i += 997)
      g_assert_cmpint (received->str[at + i], ==, received->str[at]);
  g_assert_cmpint (received->str[received->len - 1], ==, 'z');
  close (peer);
}

static gboolean
give_up_cb (gpointer user_data)
{
  g_assert_not_reached ();
}

static void
test_stalled_reader_is_closed (void)
{
  g_autoptr (PhaetonEpollPush) push = make_push (1);
  int peer;
  g_autoptr (GSocketConnection) connection = make_connection (&peer);
  const guint deadline_id = g_timeout_add_seconds (30, give_up_cb, NULL);

  g_assert_true (phaeton_epoll_push_add (push, connection));
  publish_filled (push, 'x', 1000000);
  while (phaeton_epoll_push_get_n_readers (push) > 0)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (deadline_id);
  close (peer);
}

static void
test_talking_reader_is_closed (void)
{
  g_autoptr (PhaetonEpollPush) push = make_push (1);
  int peer;
  g_autoptr (GSocketConnection) connection = make_connection (&peer);
  char noise[16384] = { 0 };

  g_assert_true (phaeton_epoll_push_add (push, connection));
  g_assert_cmpint (send (peer, noise, 16, 0), ==, 16);
  run_pending ();
  g_assert_cmpuint (phaeton_epoll_push_get_n_readers (push), ==, 1);
  g_assert_cmpint (send (peer, noise, sizeof noise, 0), >, 8192);
  run_pending ();
  g_assert_cmpuint (phaeton_epoll_push_get_n_readers (push), ==, 0);
  close (peer);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/epoll-push/newest-comes-first", test_newest_comes_first);
  g_test_add_func ("/epoll-push/all-are-served", test_all_are_served);
  g_test_add_func ("/epoll-push/places-are-limited", test_places_are_limited);
  g_test_add_func ("/epoll-push/slow-reader-skips-whole-frames",
                   test_slow_reader_skips_whole_frames);
  g_test_add_func ("/epoll-push/stalled-reader-is-closed", test_stalled_reader_is_closed);
  g_test_add_func ("/epoll-push/talking-reader-is-closed", test_talking_reader_is_closed);
  return g_test_run ();
}
