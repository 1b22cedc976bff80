/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * phaeton_web_tunnel_new:
 * @stream: encrypted, over @socket; both kept until either end closes
 *
 * For those who write to sockets themselves: a socket whose bytes go to the peer of @stream. When
 * it is closed, the peer has 2 s to take what is left.
 *
 * Returns: (transfer full) (nullable): NULL without a descriptor left
 */
GSocketConnection *phaeton_web_tunnel_new (GIOStream *stream, GSocketConnection *socket);

G_END_DECLS
