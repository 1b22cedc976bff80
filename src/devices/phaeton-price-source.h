/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "phaeton-config.h"
#include "phaeton-price-series.h"

G_BEGIN_DECLS

/* Where prices come from, as pure functions: what to ask and what the answer means. The feed does
 * the waiting. A source does not change once it was made, so that it may be read in any thread. */

/* a day of the market, 23 to 25 hours from midnight to midnight in its zone */
typedef struct {
  gint64 from_at, to_at;
} PhaetonPriceDay;

/* what a source said */
typedef struct {
  GArray *slots;           /* (element-type PhaetonPriceSlot): in any order, from any day; the feed
                              settles them. None: the day is not published yet */
  char currency[4];        /* ISO 4217; "": not said */
  gboolean is_preliminary; /* will be said again with other figures */
} PhaetonPriceAnswer;

typedef struct _PhaetonPriceSource PhaetonPriceSource;

struct _PhaetonPriceSource {
  guint requests_per_day;
  gboolean is_open;    /* asks for no account: who is refused is blocked for a while */
  gboolean by_day;     /* a request for each day; else one tells all there is */
  GTimeZone *zone;     /* (owned): of the market's days */
  int published_min;   /* minute of a day from which prices of the next one are there */
  char *bearer;        /* (owned) (nullable) */
  GBytes *body;        /* (owned) (nullable): JSON to post */
  gpointer data;       /* (owned) (nullable): the source's own */
  GDestroyNotify free; /* ... */

  /* all mandatory; @day holds 0 where the source is not asked by day */
  char *(*dup_url) (const PhaetonPriceSource *self, const PhaetonPriceDay *day);

  /* in the worker. @status is 2xx or 4xx. FALSE: PHAETON_ERROR_REFUSED or _CONFIG when a person
   * must look, _OFFLINE when it says later, _PROTOCOL for what nobody can decode */
  gboolean (*decode) (const PhaetonPriceSource *self, const PhaetonPriceDay *day, guint status,
                      GBytes *body, PhaetonPriceAnswer *answer, GError **error);
};

/* in the worker, may read files; fails with PHAETON_ERROR_CONFIG */
typedef PhaetonPriceSource *(*PhaetonPriceSourceNew) (const PhaetonConfig *config, GError **error);

/* for sources: zeroed, with the zone of that name, which must exist */
PhaetonPriceSource *phaeton_price_source_new (const char *zone, int published_min);

PhaetonPriceSource *phaeton_price_source_ref (PhaetonPriceSource *self);
void phaeton_price_source_unref (PhaetonPriceSource *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonPriceSource, phaeton_price_source_unref)

/* the day in @zone that @at falls on, @later days on */
void phaeton_price_day_find (GTimeZone *zone, gint64 at, int later, PhaetonPriceDay *day);

/* @at as text in @zone (nullable: UTC), by the words of g_date_time_format(); free with g_free() */
char *phaeton_price_day_format (GTimeZone *zone, gint64 at, const char *format);

/* what @base, "https://host" or "", puts in place of scheme and host of @url */
char *phaeton_price_url_rebase (const char *url, const char *base);

G_END_DECLS
