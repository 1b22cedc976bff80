/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-clock.h"
#include "phaeton-config.h"
#include "phaeton-price-provider.h"

G_BEGIN_DECLS

#define PHAETON_TYPE_PRICE_FILE (phaeton_price_file_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonPriceFile, phaeton_price_file, PHAETON, PRICE_FILE, GObject)

/**
 * phaeton_price_file_new:
 *
 * Prices of a CSV file that somebody else keeps: prices.file. It is looked at each minute, in the
 * worker, and read when it is another one. A file that is wrong changes nothing.
 */
PhaetonPriceProvider *phaeton_price_file_new (PhaetonConfig *config, PhaetonClock *clock);

/* for tests: the file is being looked at */
gboolean phaeton_price_file_is_busy (PhaetonPriceFile *self);

G_END_DECLS
