/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-victron-tree.h"

G_BEGIN_DECLS

/**
 * PhaetonVictronItems:
 *
 * The values of one service as they were last announced, at the resolution of the bus, and the
 * answers made from them. A value that differs less than its resolution has not changed. Any
 * thread may ask for answers, under the lock; all else is for the main thread.
 */
typedef struct _PhaetonVictronItems PhaetonVictronItems;

/* everything unknown */
PhaetonVictronItems *phaeton_victron_items_new (void);
PhaetonVictronItems *phaeton_victron_items_ref (PhaetonVictronItems *self);
void phaeton_victron_items_unref (PhaetonVictronItems *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonVictronItems, phaeton_victron_items_unref)

/* held while something changes until that is announced, and while answers are made until they are
 * sent: nobody gets an answer with old values after the announcement of the new ones */
void phaeton_victron_items_lock (PhaetonVictronItems *self);
void phaeton_victron_items_unlock (PhaetonVictronItems *self);

typedef enum {
  PHAETON_VICTRON_PROMPT,   /* what people set and wait for; all, if the charger came or went */
  PHAETON_VICTRON_MEASURED, /* and what moves on a page: powers, currents, the session */
  PHAETON_VICTRON_ALL,      /* and what nobody watches: voltages, counters of a lifetime */
} PhaetonVictronExtent;

/**
 * phaeton_victron_items_update:
 * @charger: index in @snapshot
 * @measured: (out): among the changes was one that PHAETON_VICTRON_PROMPT would have left out
 *
 * Takes over what changed.
 *
 * Returns: (transfer floating) (nullable): body of ItemsChanged, (a{sa{sv}}); NULL: no change
 */
GVariant *phaeton_victron_items_update (PhaetonVictronItems *self, const PhaetonSnapshot *snapshot,
                                        guint charger, PhaetonVictronExtent extent,
                                        gboolean *measured);

/* how often the item was among the changes; by its difference one sees whether it was */
guint phaeton_victron_items_get_changes (PhaetonVictronItems *self, const PhaetonVictronNode *leaf);

/* what is announced for @leaf is just what @value asks for */
gboolean phaeton_victron_items_matches (PhaetonVictronItems *self, const PhaetonVictronNode *leaf,
                                        GVariant *value);

/* the body of the answer to GetValue, GetText, GetItems, GetMin or GetMax of @node.
 * Returns: (nullable): floating or of its own; NULL: no such method of such a node */
GVariant *phaeton_victron_items_answer (PhaetonVictronItems *self, const PhaetonVictronNode *node,
                                        const char *method);

/* body of an ItemsChanged that repeats @leaf */
GVariant *phaeton_victron_items_repeat (PhaetonVictronItems *self, const PhaetonVictronNode *leaf);

G_END_DECLS
