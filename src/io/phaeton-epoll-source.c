/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-epoll-source.h"

#include <errno.h>
#include <gio/gio.h>
#include <unistd.h>

#define EVENTS_PER_DISPATCH 64

struct _PhaetonEpollSource {
  GSource source;

  int fd;
  gpointer tag;
  /* of the dispatch that runs; a watch that is removed meanwhile is struck out */
  struct epoll_event events[EVENTS_PER_DISPATCH];
  int n_events;
};

static gboolean
check_source (GSource *source)
{
  PhaetonEpollSource *self = (PhaetonEpollSource *) source;

  return g_source_query_unix_fd (source, self->tag) != 0;
}

static gboolean
dispatch_source (GSource *source, GSourceFunc callback, gpointer user_data)
{
  PhaetonEpollSource *self = (PhaetonEpollSource *) source;

  self->n_events = epoll_wait (self->fd, self->events, EVENTS_PER_DISPATCH, 0);
  for (int i = 0; i < self->n_events; i++) {
    PhaetonEpollWatch *watch = self->events[i].data.ptr;

    if (watch != NULL)
      watch->ready (watch, self->events[i].events);
    if (g_source_is_destroyed (source))
      return G_SOURCE_REMOVE;
  }
  self->n_events = 0;
  return G_SOURCE_CONTINUE;
}

static void
finalize_source (GSource *source)
{
  close (((PhaetonEpollSource *) source)->fd);
}

static GSourceFuncs source_funcs = {
  .check = check_source,
  .dispatch = dispatch_source,
  .finalize = finalize_source,
};

PhaetonEpollSource *
phaeton_epoll_source_new (GError **error)
{
  const int fd = epoll_create1 (EPOLL_CLOEXEC);
  PhaetonEpollSource *self;

  if (fd < 0) {
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "epoll: %s", g_strerror (errno));
    return NULL;
  }
  self = (PhaetonEpollSource *) g_source_new (&source_funcs, sizeof *self);
  g_source_set_static_name (&self->source, "phaeton-epoll");
  /* else GLib takes the descriptor out of its set and puts it back around each dispatch */
  g_source_set_can_recurse (&self->source, TRUE);
  self->fd = fd;
  self->tag = g_source_add_unix_fd (&self->source, fd, G_IO_IN);
  g_source_attach (&self->source, g_main_context_get_thread_default ());
  return self;
}

void
phaeton_epoll_source_free (PhaetonEpollSource *self)
{
  g_source_destroy (&self->source);
  g_source_unref (&self->source);
}

gboolean
phaeton_epoll_source_add (PhaetonEpollSource *self, PhaetonEpollWatch *watch, guint32 events,
                          GError **error)
{
  struct epoll_event event = { .events = events | EPOLLET, .data.ptr = watch };

  if (epoll_ctl (self->fd, EPOLL_CTL_ADD, watch->fd, &event) == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "epoll: %s", g_strerror (errno));
  return FALSE;
}

void
phaeton_epoll_source_remove (PhaetonEpollSource *self, PhaetonEpollWatch *watch)
{
  epoll_ctl (self->fd, EPOLL_CTL_DEL, watch->fd, NULL);
  for (int i = 0; i < self->n_events; i++)
    if (self->events[i].data.ptr == watch)
      self->events[i].data.ptr = NULL;
}
