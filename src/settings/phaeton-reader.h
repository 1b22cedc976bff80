/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-scope.h"

G_BEGIN_DECLS

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

/* phaeton-windows.c: schedule.items and what in schedule.deadline takes two keys */
void phaeton_windows_read (const PhaetonScope *scope, PhaetonChargerConfig *charger,
                           GPtrArray *problems);

/* phaeton-tariff-reader.c: pricing.rules, and the days that are holidays */
void phaeton_tariff_read (const PhaetonScope *top, PhaetonTariffConfig *tariff,
                          GPtrArray *problems);

G_END_DECLS
