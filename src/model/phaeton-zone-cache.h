/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-decision.h"

G_BEGIN_DECLS

/* The local time around now as core wants it: plain numbers from the machine's zone files. */

typedef struct {
  char *name;      /* (owned): IANA name that zone was made of */
  GTimeZone *zone; /* (owned) (nullable): NULL: there is no such zone */
  PhaetonZone table;
} PhaetonZoneCache;

void phaeton_zone_cache_clear (PhaetonZoneCache *self);

/**
 * phaeton_zone_cache_get:
 * @name: (nullable): IANA name; %NULL, "" or a name that the machine does not know: unknown
 *
 * Reads a zone file of some kilobytes when @name changes, and nothing else.
 */
void phaeton_zone_cache_get (PhaetonZoneCache *self, const char *name, gint64 wall_at,
                             PhaetonZone *zone);

G_END_DECLS
