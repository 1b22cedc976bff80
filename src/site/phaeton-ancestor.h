/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "phaeton-session.h"

G_BEGIN_DECLS

/* The state files of the older programs. Both were for one charger, which is "1" here; every member
 * may be missing, of a wrong type, or absurd. */

/**
 * phaeton_ancestor_read_sessions:
 * What it remembers of sessions that ended: the Rust ancestor's history, in which the cost is with
 * the last one only, and of the Python one, which kept no more than sums, one session that stands
 * for all.
 *
 * Returns: (transfer full) (element-type PhaetonSession): empty when there is nothing, or @text is
 *   no such file. The ids are the same each time.
 */
GPtrArray *phaeton_ancestor_read_sessions (const char *text, gsize length);

/* the newest session of the member "session" of such a file, which may still run. (nullable): there
 * is none */
PhaetonSession *phaeton_ancestor_read_newest (JsonObject *from);

G_END_DECLS
