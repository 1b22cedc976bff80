/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-price-source.h"

G_BEGIN_DECLS

/* day-ahead prices (A44) from the transparency platform of ENTSO-E; prices.area, prices.token */
PhaetonPriceSource *entsoe_source_new (const PhaetonConfig *config, GError **error);

/**
 * entsoe_decode:
 * @by_hour: prefer series of hours, for a contract that is billed by them
 *
 * Of series that tell the same time the one of the smallest sequence holds, then the one with the
 * shortest slots, or the longest. Without a series of the first sequence all is preliminary: what
 * there is comes from another auction.
 */
gboolean entsoe_decode (gboolean by_hour, guint status, GBytes *body, PhaetonPriceAnswer *answer,
                        GError **error);

/* (nullable): the code of a bidding zone by its name, "DE-LU"; what looks like a code is one */
const char *entsoe_find_zone (const char *name);

G_END_DECLS
