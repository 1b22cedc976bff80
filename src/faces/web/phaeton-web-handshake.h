/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * PhaetonWebHandshakes:
 *
 * Takes connections through the beginning of TLS. GLib does that in threads of a pool that all of
 * it shares, name servers too, and a peer that falls silent keeps its thread: so only a few are
 * under way at once, fewer of one peer, none before its first message is there, and not for long.
 * Main thread only.
 */
typedef struct _PhaetonWebHandshakes PhaetonWebHandshakes;

/* @stream: encrypted, over @connection */
typedef void (*PhaetonWebShakenFunc) (GSocketConnection *connection, GIOStream *stream,
                                      gpointer user_data);

PhaetonWebHandshakes *phaeton_web_handshakes_new (PhaetonWebShakenFunc shaken, gpointer user_data);
void phaeton_web_handshakes_free (PhaetonWebHandshakes *self);

/* one that fails ends its connection and says nothing */
void phaeton_web_handshakes_begin (PhaetonWebHandshakes *self, GSocketConnection *connection,
                                   guint64 peer, GTlsCertificate *certificate);

/* ends them all; some of their threads still find out, see phaeton_web_handshakes_are_over() */
void phaeton_web_handshakes_stop (PhaetonWebHandshakes *self);
gboolean phaeton_web_handshakes_are_over (PhaetonWebHandshakes *self);

G_END_DECLS
