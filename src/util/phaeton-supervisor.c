/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-supervisor.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int notify_fd = -1;
static guint feed_id;

/* a path, or a name of the abstract space that begins with @ */
static int
open_socket (const char *name)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  const gsize length = strlen (name);
  int fd;

  if ((name[0] != '/' && name[0] != '@') || length >= sizeof address.sun_path)
    return -1;
  memcpy (address.sun_path, name, length);
  if (name[0] == '@')
    address.sun_path[0] = '\0';
  fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && connect (fd, (struct sockaddr *) &address,
                          (socklen_t) (offsetof (struct sockaddr_un, sun_path) + length)) != 0) {
    close (fd);
    return -1;
  }
  return fd;
}

void
phaeton_supervisor_tell (const char *state)
{
  if (notify_fd >= 0 && send (notify_fd, state, strlen (state), MSG_NOSIGNAL) < 0)
    g_debug ("supervisor did not hear %s: %s", state, g_strerror (errno));
}

static gboolean
feed_cb (gpointer user_data)
{
  phaeton_supervisor_tell ("WATCHDOG=1");
  return G_SOURCE_CONTINUE;
}

static guint64
get_number (const char *variable)
{
  const char *text = g_getenv (variable);
  guint64 number;

  return text != NULL && g_ascii_string_to_unsigned (text, 10, 1, G_MAXUINT64, &number, NULL)
           ? number
           : 0;
}

/* 0: nobody waits for this process */
static guint64
get_watchdog_us (void)
{
  const guint64 pid = get_number ("WATCHDOG_PID");

  return pid == 0 || pid == (guint64) getpid () ? get_number ("WATCHDOG_USEC") : 0;
}

void
phaeton_supervisor_start (void)
{
  const char *name = g_getenv ("NOTIFY_SOCKET");
  const guint64 watchdog_us = get_watchdog_us ();

  g_return_if_fail (notify_fd < 0);

  if (name != NULL)
    notify_fd = open_socket (name);
  if (notify_fd >= 0 && watchdog_us > 0)
    feed_id = g_timeout_add ((guint) CLAMP (watchdog_us / 2000, 1, G_MAXUINT), feed_cb, NULL);
  g_unsetenv ("NOTIFY_SOCKET");
  g_unsetenv ("WATCHDOG_USEC");
  g_unsetenv ("WATCHDOG_PID");
}

void
phaeton_supervisor_stop (void)
{
  g_clear_handle_id (&feed_id, g_source_remove);
  if (notify_fd >= 0)
    close (notify_fd);
  notify_fd = -1;
}
