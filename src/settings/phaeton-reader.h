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

/* (nullable): what the file says for @key; @inherited: (optional): it stands at the top level */
const PhaetonNode *phaeton_scope_find (const PhaetonScope *self, const PhaetonSection *section,
                                       const PhaetonKey *key, gboolean *inherited);

/* "chargers.garage.modbus.ip"; free with g_free() */
char *phaeton_scope_dup_path (const PhaetonScope *self, const PhaetonSection *section,
                              const char *key);

PhaetonScope phaeton_scope_of_charger (const PhaetonNode *root, const char *id);

/* (transfer full): the value in force, or the default where it is bad */
GVariant *phaeton_scope_read_key (const PhaetonScope *self, const PhaetonSection *section,
                                  const PhaetonKey *key, GPtrArray *problems);

/* whether the top level is charger "1", or only what the map of chargers inherits from */
gboolean phaeton_reader_has_top_charger (const PhaetonNode *root);

/**
 * phaeton_reader_make_config:
 * @root: in today's shape, see phaeton-legacy.h, with the environment applied
 *
 * Returns: (nullable): %NULL when @problems got an error
 */
PhaetonConfig *phaeton_reader_make_config (const PhaetonNode *root, GPtrArray *problems);

/* phaeton-rules.c: what values must be to each other; @line_of a scope's keys */
void phaeton_rules_check_charger (const PhaetonScope *scope, PhaetonChargerConfig *charger,
                                  GPtrArray *problems);
void phaeton_rules_check_site (const PhaetonNode *root, PhaetonConfig *config, GPtrArray *problems);
/* warns of keys that nobody knows, refuses sections that are none */
void phaeton_rules_check_keys (const PhaetonNode *root, GPtrArray *problems);

/* phaeton-circuits.c: the map, and which of them each charger hangs on */
void phaeton_circuits_read (const PhaetonNode *root, PhaetonConfig *config, GPtrArray *problems);

/* whether an entry of a map by id has an id and is a map itself */
gboolean phaeton_reader_check_id (const char *section, const PhaetonNode *key,
                                  const PhaetonNode *item, GPtrArray *problems);

/* phaeton-windows.c: schedule.items and what in schedule.deadline takes two keys */
void phaeton_windows_read (const PhaetonScope *scope, PhaetonChargerConfig *charger,
                           GPtrArray *problems);

/* phaeton-tariff-reader.c: pricing.rules, and the days that are holidays */
void phaeton_tariff_read (const PhaetonScope *top, PhaetonTariffConfig *tariff,
                          GPtrArray *problems);

/* (transfer full): of an item of a list that was checked before; the default where it is bad */
GVariant *phaeton_reader_read_item (const PhaetonSection *section, const PhaetonNode *item,
                                    const char *name);

/* bits from a list of days; none: every day */
guint8 phaeton_reader_get_days (GVariant *days);

/* of "HH:MM"; FALSE: not set */
gboolean phaeton_reader_get_minutes (GVariant *time, int *minutes);

/* checks each map of a list section; NULL @problems entries are not made for inherited ones */
void phaeton_reader_check_list (const PhaetonSection *section, const PhaetonNode *list,
                                const char *path, GPtrArray *problems);

G_END_DECLS
