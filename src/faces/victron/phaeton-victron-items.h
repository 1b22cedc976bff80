/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-victron-tree.h"

G_BEGIN_DECLS

/**
 * PhaetonVictronItems:
 *
 * The values of one service as they were last announced, at the resolution of the bus, and the
 * answers made from them. A value that differs less than its resolution has not changed.
 */
typedef struct _PhaetonVictronItems PhaetonVictronItems;

/* everything unknown */
PhaetonVictronItems *phaeton_victron_items_new (void);
void phaeton_victron_items_free (PhaetonVictronItems *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonVictronItems, phaeton_victron_items_free)

typedef enum {
  PHAETON_VICTRON_PROMPT, /* what people set and wait for; all, if the charger came or went */
  PHAETON_VICTRON_ALL,
} PhaetonVictronExtent;

/**
 * phaeton_victron_items_update:
 * @charger: index in @snapshot
 * @measured: (out): a value was among the changes that PHAETON_VICTRON_PROMPT would have left out
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

/* bodies of answers, each a floating tuple with one member */
GVariant *phaeton_victron_items_get_items (PhaetonVictronItems *self);
GVariant *phaeton_victron_items_get_value (PhaetonVictronItems *self,
                                           const PhaetonVictronNode *node);
GVariant *phaeton_victron_items_get_text (PhaetonVictronItems *self,
                                          const PhaetonVictronNode *node);
GVariant *phaeton_victron_items_get_limit (PhaetonVictronItems *self,
                                           const PhaetonVictronNode *leaf, gboolean max);

/* body of an ItemsChanged that repeats @leaf */
GVariant *phaeton_victron_items_repeat (PhaetonVictronItems *self, const PhaetonVictronNode *leaf);

G_END_DECLS
