/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "phaeton-price-series.h"

G_BEGIN_DECLS

/**
 * price_file_decode:
 * @name: of the file, for messages
 * @zone: (nullable): of times without an offset; NULL: such times are refused
 * @slots: (inout) (element-type PhaetonPriceSlot): gets what the file says, in any order
 *
 * CSV with a first line that names its columns: start, price or price_per_mwh, and maybe end and
 * export; others are ignored. Separated by comma, semicolon or tab. Of the hour that autumn has
 * twice the first of two equal lines is the first.
 *
 * Returns: %FALSE with PHAETON_ERROR_CONFIG, which names the line
 */
gboolean price_file_decode (const char *name, const char *text, gsize size, GTimeZone *zone,
                            GArray *slots, GError **error);

G_END_DECLS
