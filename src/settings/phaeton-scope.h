/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-keys.h"

G_BEGIN_DECLS

/**
 * PhaetonScope:
 *
 * Where keys are looked up: the top level, or one charger of the map with what it inherits.
 */
typedef struct {
  const PhaetonNode *root;
  const PhaetonNode *charger; /* (nullable): NULL: the top level */
  const char *id;             /* of the charger */
} PhaetonScope;

PhaetonScope phaeton_scope_of_charger (const PhaetonNode *root, const char *id);

/* (nullable): what the file says for @key; @inherited: (optional): it stands at the top level */
const PhaetonNode *phaeton_scope_find (const PhaetonScope *self, const PhaetonSection *section,
                                       const PhaetonKey *key, gboolean *inherited);

/* "chargers.garage.modbus.ip"; free with g_free() */
char *phaeton_scope_dup_path (const PhaetonScope *self, const PhaetonSection *section,
                              const char *key);

/* (transfer full): the value in force, or the default where it is bad */
GVariant *phaeton_scope_read_key (const PhaetonScope *self, const PhaetonSection *section,
                                  const PhaetonKey *key, GPtrArray *problems);

/* whether the top level is charger "1", or only what the map of chargers inherits from */
gboolean phaeton_scope_has_top_charger (const PhaetonNode *root);

/* whether an entry of a map by id has an id and is a map itself */
gboolean phaeton_scope_check_id (const char *section, const PhaetonNode *key,
                                 const PhaetonNode *item, GPtrArray *problems);

G_END_DECLS
