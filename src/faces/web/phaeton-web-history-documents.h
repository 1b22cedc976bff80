/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-json.h"
#include "phaeton-series.h"
#include "phaeton-session.h"

G_BEGIN_DECLS

/* What the API shows of history: JSON, and CSV as RFC 4180 has it, with points as decimal
 * separators whatever the locale. Unknown is null, and empty in CSV. */

/* GET /api/sessions, in the ancestors' shape; @page: newest first */
void phaeton_web_write_old_sessions (PhaetonJson *json, const PhaetonSessionPage *page);

/* GET /api/v1/sessions */
void phaeton_web_write_session (PhaetonJson *json, const PhaetonSession *session);
void phaeton_web_write_session_page (PhaetonJson *json, const PhaetonSessionPage *page,
                                     guint offset);
GBytes *phaeton_web_print_sessions (const PhaetonSessionPage *page);

/* GET /api/v1/totals; (element-type PhaetonTotal) */
void phaeton_web_write_totals (PhaetonJson *json, const GPtrArray *totals);
GBytes *phaeton_web_print_totals (const GPtrArray *totals);

/* GET /api/v1/history: columns */
void phaeton_web_write_series (PhaetonJson *json, const PhaetonSeriesData *data);
GBytes *phaeton_web_print_series (const PhaetonSeriesData *data);

G_END_DECLS
