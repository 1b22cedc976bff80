/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The values of com.victronenergy.BusItem: int32, double, string; invalid is an empty array of
 * int32. Readers accept any number type and any empty array. */

#define PHAETON_BUS_ITEM_INTERFACE "com.victronenergy.BusItem"

/* Returns: (transfer floating): the invalid value, "ai" with no elements */
GVariant *phaeton_bus_item_new_invalid (void);

/* Returns: (transfer full): what is inside all variants around @value */
GVariant *phaeton_bus_item_unwrap (GVariant *value);

/* @value may be wrapped in variants; FALSE: invalid, not a number, or not finite */
gboolean phaeton_bus_item_get_number (GVariant *value, double *number);

/* Returns: (transfer none) (nullable): NULL: invalid or not a string; lives as long as @value */
const char *phaeton_bus_item_get_text (GVariant *value);

G_END_DECLS
