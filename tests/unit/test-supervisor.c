/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-supervisor.h"

#include <glib/gstdio.h>

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* a supervisor that listens at @name; a leading @ is the abstract space */
static int
listen_at (const char *name)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  const int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  memcpy (address.sun_path, name, strlen (name));
  if (name[0] == '@')
    address.sun_path[0] = '\0';
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address,
                         (socklen_t) (offsetof (struct sockaddr_un, sun_path) + strlen (name))),
                   ==, 0);
  return fd;
}

static char *
hear (int fd)
{
  char buffer[256];
  const gssize n = recv (fd, buffer, sizeof buffer, 0);

  return n < 0 ? NULL : g_strndup (buffer, (gsize) n);
}

static void
assert_hears (int fd, const char *expected)
{
  g_autofree char *heard = hear (fd);

  g_assert_cmpstr (heard, ==, expected);
}

static void
forget_heard (int fd)
{
  for (char *heard = hear (fd); heard != NULL; heard = hear (fd))
    g_free (heard);
}

static gboolean
quit_cb (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

static void
turn_for (guint ms)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  g_timeout_add (ms, quit_cb, loop);
  g_main_loop_run (loop);
}

static void
test_told (gconstpointer user_data)
{
  g_autofree char *directory = g_dir_make_tmp ("supervisor-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "socket", NULL);
  g_autofree char *abstract = g_strdup_printf ("@phaeton-test-%d", getpid ());
  const char *name = user_data != NULL ? abstract : path;
  const int fd = listen_at (name);

  g_setenv ("NOTIFY_SOCKET", name, TRUE);
  phaeton_supervisor_start ();
  g_assert_null (g_getenv ("NOTIFY_SOCKET"));
  phaeton_supervisor_tell ("READY=1");
  assert_hears (fd, "READY=1");
  turn_for (20);
  assert_hears (fd, NULL); /* no watchdog was asked for */
  phaeton_supervisor_stop ();
  close (fd);
  g_remove (path);
  g_rmdir (directory);
}

static void
start_with_watchdog (const char *name, int pid)
{
  g_autofree char *text = g_strdup_printf ("%d", pid);

  g_setenv ("NOTIFY_SOCKET", name, TRUE);
  g_setenv ("WATCHDOG_USEC", "100000", TRUE);
  g_setenv ("WATCHDOG_PID", text, TRUE);
  phaeton_supervisor_start ();
}

static void
test_watchdog (void)
{
  g_autofree char *name = g_strdup_printf ("@phaeton-test-%d", getpid ());
  const int fd = listen_at (name);

  start_with_watchdog (name, getpid ());
  g_usleep (120000); /* a stuck main loop */
  assert_hears (fd, NULL);
  turn_for (60);
  assert_hears (fd, "WATCHDOG=1");
  phaeton_supervisor_stop ();
  forget_heard (fd);

  start_with_watchdog (name, getpid () + 1);
  turn_for (120);
  assert_hears (fd, NULL); /* it waits for another process */
  phaeton_supervisor_stop ();
  close (fd);
}

static void
test_nobody_listens (void)
{
  static const char *const names[] = { "/nonexistent/socket", "relative", "" };

  phaeton_supervisor_start ();
  phaeton_supervisor_tell ("READY=1");
  phaeton_supervisor_stop ();
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_setenv ("NOTIFY_SOCKET", names[i], TRUE);
    phaeton_supervisor_start ();
    phaeton_supervisor_tell ("READY=1");
    phaeton_supervisor_stop ();
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/supervisor/told-by-path", NULL, test_told);
  g_test_add_data_func ("/supervisor/told-by-abstract-name", "", test_told);
  g_test_add_func ("/supervisor/watchdog", test_watchdog);
  g_test_add_func ("/supervisor/nobody-listens", test_nobody_listens);
  return g_test_run ();
}
