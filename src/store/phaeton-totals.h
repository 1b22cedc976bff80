/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-session.h"

G_BEGIN_DECLS

/* Sums of sessions by a key; days, months and years are those of a zone. */
typedef struct _PhaetonTotals PhaetonTotals;

PhaetonTotals *phaeton_totals_new (PhaetonTotalsKey key, GTimeZone *zone);
void phaeton_totals_free (PhaetonTotals *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonTotals, phaeton_totals_free)

/* @user_data: the PhaetonTotals */
void phaeton_totals_add_cb (const PhaetonSession *session, gpointer user_data);

/* Returns: (transfer full) (element-type PhaetonTotal): in order of key; nothing is left */
GPtrArray *phaeton_totals_list (PhaetonTotals *self);

G_END_DECLS
