/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "phaeton-fields.h"

G_BEGIN_DECLS

/* The objects of a charger's service, the same for each: made once from the field table, immutable
 * afterwards, so any thread may read them. */

typedef enum {
  PHAETON_VICTRON_ROOT,
  PHAETON_VICTRON_INNER,
  PHAETON_VICTRON_LEAF,
  PHAETON_VICTRON_N_KINDS
} PhaetonVictronKind;

typedef struct {
  PhaetonVictronKind kind;
  const char *path;
  const PhaetonField *field; /* of a leaf, else NULL */
  guint item;                /* of a leaf: index among all leaves */
} PhaetonVictronNode;

/* root first, parents before children */
const PhaetonVictronNode *phaeton_victron_tree_get_nodes (guint *n_nodes);
guint phaeton_victron_tree_get_n_items (void);

/* Returns: (nullable): NULL: no such object */
const PhaetonVictronNode *phaeton_victron_tree_find (const char *path);

/* com.victronenergy.BusItem in the shape that this kind of object has */
GDBusInterfaceInfo *phaeton_victron_tree_get_interface (PhaetonVictronKind kind);

G_END_DECLS
