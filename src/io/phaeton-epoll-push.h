/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * PhaetonEpollPush:
 *
 * Pushes the newest of a row of frames to many readers, each at its own pace: who is slow skips
 * frames, never half of one; who takes nothing for 3 s is closed. A frame is shared by all, so a
 * reader costs a few hundred bytes, whatever it does. Sent in slices, so that a thousand readers
 * do not hold up the main loop. Main thread only.
 */
typedef struct _PhaetonEpollPush PhaetonEpollPush;

/* @keep_alive: sent to a reader who got nothing for 15 s */
PhaetonEpollPush *phaeton_epoll_push_new (guint max_readers, GBytes *keep_alive, GError **error);
void phaeton_epoll_push_free (PhaetonEpollPush *self);

/**
 * phaeton_epoll_push_add:
 * @connection: (transfer none): kept until the reader goes; what it sends is discarded
 *
 * Begins with the newest frame at once.
 *
 * Returns: %FALSE when there are max_readers already, or with no descriptor left
 */
gboolean phaeton_epoll_push_add (PhaetonEpollPush *self, GSocketConnection *connection);

/* @first: (nullable): instead of the newest frame, to somebody who knows what it leaves out */
gboolean phaeton_epoll_push_add_with (PhaetonEpollPush *self, GSocketConnection *connection,
                                      GBytes *first);

/* @frame is the newest now */
void phaeton_epoll_push_publish (PhaetonEpollPush *self, GBytes *frame);

/* @change: (nullable): enough for those who got the frame before; who skipped it gets @frame */
void phaeton_epoll_push_publish_change (PhaetonEpollPush *self, GBytes *frame, GBytes *change);

/* what the socket of a reader gets: little room for old frames, and an end when the peer vanishes.
 * For those whose reader is the near end of a tunnel */
void phaeton_epoll_push_tune (GSocketConnection *connection);

/* lets every reader go */
void phaeton_epoll_push_close_all (PhaetonEpollPush *self);

/* every reader has all of the newest frame */
gboolean phaeton_epoll_push_is_idle (PhaetonEpollPush *self);

gboolean phaeton_epoll_push_has_room (PhaetonEpollPush *self);
guint phaeton_epoll_push_get_n_readers (PhaetonEpollPush *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonEpollPush, phaeton_epoll_push_free)

G_END_DECLS
