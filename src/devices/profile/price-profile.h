/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-price-source.h"

G_BEGIN_DECLS

/* A profile says in a file of JSON how a service is asked for prices and where they stand in its
 * answer: docs/prices.md has every key. Ours are in data/price-profiles. */

typedef enum { PRICE_TIME_RFC3339, PRICE_TIME_UTC, PRICE_TIME_UNIX, PRICE_TIME_UNIX_MS } PriceTime;
typedef enum { PRICE_TOKEN_NONE, PRICE_TOKEN_URL, PRICE_TOKEN_BEARER } PriceToken;

typedef struct {
  char *path;    /* of the member */
  char **values; /* (element-type utf8): of which it must be one ... */
  gboolean null; /* ... or null, or missing */
} PriceWhere;

/* texts with {words} in them are templates */
typedef struct {
  char *url, *zone;
  int published_min;
  guint requests_per_day;
  char **areas, **products; /* "" free, NULL-terminated; the first is the usual one */
  char **currencies;        /* one at least */
  PriceToken token;
  gboolean is_columns;       /* lists side by side instead of a list of objects */
  char *rows;                /* path of the list; "" the answer itself */
  char *start, *end, *price; /* paths; @end: "" not told */
  PriceTime time;
  double factor;   /* to units of the currency per kWh */
  GArray *pending; /* (element-type guint): statuses that mean: not published yet */
  GArray *where;   /* (element-type PriceWhere) */
} PriceProfile;

/* what people chose; the rest is the day's */
typedef struct {
  const char *area, *product, *currency, *token;
} PriceWords;

/* @name: of the file, for messages. Fails with PHAETON_ERROR_CONFIG, which names file and key */
PriceProfile *price_profile_parse (const char *name, const char *text, gsize size, GError **error);
void price_profile_free (PriceProfile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PriceProfile, price_profile_free)

/* [a-z0-9-], 32 at most: a name of a profile, and of files */
gboolean price_profile_is_name (const char *name);

/**
 * price_template_expand:
 * @zone, @day: (nullable): without them words of the day are unknown
 * @is_url: what is filled in is escaped
 *
 * Returns: (transfer full): %NULL: @bad, when not %NULL, is the word that nobody knows
 */
char *price_template_expand (const char *text, const PriceWords *words, GTimeZone *zone,
                             const PhaetonPriceDay *day, gboolean is_url, char **bad);

/* what the answer to a question for @day says; errors as of PhaetonPriceSource.decode */
gboolean price_profile_decode (const PriceProfile *self, const PriceWords *words,
                               const PhaetonPriceDay *day, guint status, GBytes *body,
                               PhaetonPriceAnswer *answer, GError **error);

/* reads the profile that the settings name */
PhaetonPriceSource *price_profile_source_new (const PhaetonConfig *config, GError **error);

G_END_DECLS
