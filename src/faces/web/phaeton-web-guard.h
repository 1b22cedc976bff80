/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * PhaetonWebGuard:
 *
 * How often a peer may ask, and how long it waits after wrong passwords. Remembers a bounded
 * number of peers; when more come than it can tell apart, the rest share one account.
 */
typedef struct _PhaetonWebGuard PhaetonWebGuard;

PhaetonWebGuard *phaeton_web_guard_new (void);
void phaeton_web_guard_free (PhaetonWebGuard *self);

/* takes one request from the peer's bucket. Returns: 0, or how many ms it has to wait */
gint64 phaeton_web_guard_take (PhaetonWebGuard *self, guint64 peer, gint64 now_ms);

/* 0, or for how many ms the peer may not try a password */
gint64 phaeton_web_guard_get_delay (PhaetonWebGuard *self, guint64 peer, gint64 now_ms);

/* a wrong password doubles the delay, a right one ends it */
void phaeton_web_guard_fail (PhaetonWebGuard *self, guint64 peer, gint64 now_ms);
void phaeton_web_guard_succeed (PhaetonWebGuard *self, guint64 peer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonWebGuard, phaeton_web_guard_free)

G_END_DECLS
