/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-clock.h"
#include "phaeton-http-client.h"
#include "phaeton-price-provider.h"
#include "phaeton-price-source.h"

G_BEGIN_DECLS

#define PHAETON_TYPE_PRICE_FEED (phaeton_price_feed_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonPriceFeed, phaeton_price_feed, PHAETON, PRICE_FEED, GObject)

/**
 * phaeton_price_feed_new:
 * @id: [a-z0-9-]: in messages, documents and names of files
 * @make: static
 * @cache_dir: (nullable)
 *
 * Keeps the series of one source: from the kept answers at once, asked for again each hour, more
 * often from the time at which tomorrow is published until it is known. Files and answers are read
 * in the worker.
 */
PhaetonPriceProvider *phaeton_price_feed_new (const char *id, PhaetonPriceSourceNew make,
                                              PhaetonConfig *config, PhaetonClock *clock,
                                              const char *cache_dir);

/* when to ask again after a round that went well */
typedef struct {
  gint64 now_at;
  gint64 known_until_at;   /* without a gap from now on; now_at: nothing is known */
  gint64 published_at;     /* today's time of publication ... */
  gint64 tomorrow_ends_at; /* ... of what lasts until then */
  gboolean is_preliminary; /* something will be said again */
} PhaetonPriceOutlook;

/* @chance: 0 to 1, keeps houses from asking in step */
gint64 phaeton_price_outlook_get_pause_ms (const PhaetonPriceOutlook *self, double chance);

/* for tests: something is on its way, or being read */
gboolean phaeton_price_feed_is_busy (PhaetonPriceFeed *self);

/* for tests, before start(): how long an answer may take */
void phaeton_price_feed_set_timeout (PhaetonPriceFeed *self, guint timeout_ms);

G_END_DECLS
