/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sys/epoll.h>

G_BEGIN_DECLS

/**
 * PhaetonEpollSource:
 *
 * One GSource over an epoll set. The main context polls with poll(2), whose cost grows with each
 * descriptor it holds; so sockets that live long (event streams, OCPP) go into one of these.
 * Edge-triggered: a watch is called once per change and reads or writes until EAGAIN.
 * At most 64 events per dispatch, the rest in the next.
 */
typedef struct _PhaetonEpollSource PhaetonEpollSource;

/* embedded in what is watched; lives until phaeton_epoll_source_remove() or the source's end */
typedef struct _PhaetonEpollWatch PhaetonEpollWatch;
struct _PhaetonEpollWatch {
  int fd;
  void (*ready) (PhaetonEpollWatch *self, guint32 events); /* EPOLLIN, EPOLLOUT, EPOLLRDHUP ... */
};

/* attached to the thread-default main context; NULL with @error when descriptors ran out */
PhaetonEpollSource *phaeton_epoll_source_new (GError **error);
void phaeton_epoll_source_free (PhaetonEpollSource *self);

gboolean phaeton_epoll_source_add (PhaetonEpollSource *self, PhaetonEpollWatch *watch,
                                   guint32 events, GError **error);

/* before the descriptor is closed; may be called from ready() of any watch */
void phaeton_epoll_source_remove (PhaetonEpollSource *self, PhaetonEpollWatch *watch);

G_END_DECLS
