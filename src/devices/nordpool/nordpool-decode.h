/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-price-source.h"

G_BEGIN_DECLS

/* day-ahead prices from the data portal of Nord Pool; prices.area, prices.currency */
PhaetonPriceSource *nordpool_source_new (const PhaetonConfig *config, GError **error);

/**
 * nordpool_decode:
 * @area: as the portal calls it, "SE3"
 *
 * 204 is a day that is not published yet. An answer without @area is PHAETON_ERROR_CONFIG.
 */
gboolean nordpool_decode (const char *area, guint status, GBytes *body, PhaetonPriceAnswer *answer,
                          GError **error);

G_END_DECLS
