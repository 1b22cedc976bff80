/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define PHAETON_WEB_MAX_HEAD_BYTES 32768 /* with no end in so many it is none */

/**
 * phaeton_web_head_find_end:
 *
 * Returns: how many of @bytes are the head of a request, with the empty line that ends it; 0: there
 *   is more to come
 */
gsize phaeton_web_head_find_end (const char *bytes, gsize size);

/**
 * phaeton_web_head_check:
 * @bytes: a whole head
 * @problem: (out): what is wrong, for people
 *
 * Stricter than libsoup, which parses it afterwards: one spelling for everything, so that nobody on
 * the way can read another request than we do, and bounded.
 *
 * Returns: 0, or the status that refuses it
 */
guint phaeton_web_head_check (const char *bytes, gsize size, const char **problem);

G_END_DECLS
