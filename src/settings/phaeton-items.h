/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-keys.h"

G_BEGIN_DECLS

/* Sections that are lists of maps: windows, rules of a tariff. */

/* checks each map of @list, which may be missing */
void phaeton_items_check (const PhaetonSection *section, const PhaetonNode *list, const char *path,
                          GPtrArray *problems);

/* (transfer full): of an item of a list that was checked before; the default where it is bad */
GVariant *phaeton_items_read (const PhaetonSection *section, const PhaetonNode *item,
                              const char *name);

/* bits from a list of days; none: every day */
guint8 phaeton_items_get_days (GVariant *days);

/* of "HH:MM"; FALSE: not set */
gboolean phaeton_items_get_minutes (GVariant *time, int *minutes);

G_END_DECLS
