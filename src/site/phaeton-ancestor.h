/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * phaeton_ancestor_read_sessions:
 * @text: of an older program's state file
 *
 * What it remembers of sessions that ended, as those of charger "1": the Rust ancestor's history,
 * and of the Python one, which kept no more than sums, one session that stands for all.
 *
 * Returns: (transfer full) (element-type PhaetonSession): empty when there is nothing, or @text is
 *   no such file. The ids are the same each time.
 */
GPtrArray *phaeton_ancestor_read_sessions (const char *text, gsize length);

G_END_DECLS
