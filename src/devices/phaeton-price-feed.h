/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "phaeton-clock.h"
#include "phaeton-config.h"
#include "phaeton-http-client.h"
#include "phaeton-price-provider.h"

G_BEGIN_DECLS

#define PHAETON_TYPE_PRICE_FEED (phaeton_price_feed_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonPriceFeed, phaeton_price_feed, PHAETON, PRICE_FEED, GObject)

/* what a source said */
typedef struct {
  GArray *slots;    /* (element-type PhaetonPriceSlot): in any order; the feed settles them */
  char currency[4]; /* ISO 4217; "": not said */
} PhaetonPriceAnswer;

/* a source of prices in the internet, as pure functions; the feed does the waiting */
typedef struct {
  const char *id;
  guint requests_per_day;
  /* @request->body is the feed's to release */
  void (*make_request) (const PhaetonConfig *config, PhaetonHttpRequest *request);
  /* FALSE: PHAETON_ERROR_REFUSED or _CONFIG when a person must look, _OFFLINE when it says later,
   * _PROTOCOL for what nobody can decode */
  gboolean (*decode) (const PhaetonConfig *config, GBytes *body, PhaetonPriceAnswer *answer,
                      GError **error);
} PhaetonPriceSource;

/**
 * phaeton_price_feed_new:
 * @source: static
 * @cache_dir: (nullable)
 *
 * Keeps the series of one source: from the kept answer at once, asked for again each hour, more
 * often while less than twelve hours are known.
 */
PhaetonPriceProvider *phaeton_price_feed_new (const PhaetonPriceSource *source,
                                              PhaetonConfig *config, PhaetonClock *clock,
                                              const char *cache_dir);

/* until the next question after a good answer, with @known_s of prices ahead; @chance: 0 to 1 */
gint64 phaeton_price_feed_get_pause_ms (gint64 known_s, double chance);

G_END_DECLS
