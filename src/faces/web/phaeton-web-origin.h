/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the headers Host and Origin say of who asks: pure, for hostile input. */

/* the name in a Host header: lower case, without port, brackets and a last dot; NULL: it is none.
 * Returns: (transfer full) (nullable) */
char *phaeton_web_host_dup_name (const char *header);

/* "localhost" or a literal of this machine's loopback */
gboolean phaeton_web_host_is_loopback (const char *name);

/**
 * phaeton_web_host_is_ours:
 * @trusted: (array zero-terminated=1) (nullable): more names of this machine
 *
 * A literal address, localhost, the host's name, with .local, or one of @trusted. Any other name
 * may be a stranger's, pointed at us so that the browser takes our pages for his (rebinding).
 */
gboolean phaeton_web_host_is_ours (const char *name, const char *const *trusted);

/* @name is one of @names, whatever their case */
gboolean phaeton_web_host_is_listed (const char *name, const char *const *names);

/* "http://box:8088" with Host "box:8088"; @is_tls: we were asked over https */
gboolean phaeton_web_origin_is_same (const char *origin, const char *host, gboolean is_tls);

G_END_DECLS
