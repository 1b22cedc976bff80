/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define PHAETON_TYPE_WEB_STREAM (phaeton_web_stream_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonWebStream, phaeton_web_stream, PHAETON, WEB_STREAM, GIOStream)

#define PHAETON_WEB_STATUS_GONE 499 /* for us only: there is nobody to answer */

/**
 * PhaetonWebStream:
 *
 * Stands between a connection and libsoup, and hands on one whole head of a request at a time, when
 * phaeton_web_head_check() finds nothing wrong with it: libsoup keeps for ever what it read of some
 * that it refuses, and takes others in more than one way. Bodies pass as they are.
 *
 * In the place of a head that is refused libsoup reads a harmless one, and then the end.
 */
PhaetonWebStream *phaeton_web_stream_new (GIOStream *base);

/* the request before is answered: what comes next is a head, as at the beginning */
void phaeton_web_stream_expect_head (PhaetonWebStream *self);

/* the connection goes on without it: the end of this stream is not its end */
void phaeton_web_stream_leave (PhaetonWebStream *self);

/* 0: nothing is wrong; else the status that refuses the head, @problem says why */
guint phaeton_web_stream_get_status (PhaetonWebStream *self, const char **problem);

G_END_DECLS
