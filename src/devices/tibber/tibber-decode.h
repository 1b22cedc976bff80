/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-price-source.h"

G_BEGIN_DECLS

PhaetonPriceSource *tibber_source_new (const PhaetonConfig *config, GError **error);

/**
 * tibber_decode:
 * @home_id: "" the first home that has a contract; else that one and no other
 *
 * A price that is missing or no number is unknown: its slot is left out, and no other covers it.
 */
gboolean tibber_decode (const char *home_id, GBytes *body, PhaetonPriceAnswer *answer,
                        GError **error);

G_END_DECLS
