/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* what whoever sells the power calls the price */
typedef enum {
  PHAETON_PRICE_LEVEL_UNKNOWN,
  PHAETON_PRICE_VERY_CHEAP,
  PHAETON_PRICE_CHEAP,
  PHAETON_PRICE_NORMAL,
  PHAETON_PRICE_EXPENSIVE,
  PHAETON_PRICE_VERY_EXPENSIVE,
} PhaetonPriceLevel;

/* one slot of any length with its prices, millionths of the currency unit per kWh */
typedef struct {
  gint64 start_at, end_at; /* wall seconds UTC; the end does not belong to it */
  gint64 import_micros;
  gint64 export_micros; /* holds when has_export */
  PhaetonPriceLevel level;
  gboolean has_export;
} PhaetonPriceSlot;

/* what a source's price has in it */
typedef enum {
  PHAETON_PRICE_KIND_TOTAL, /* all that people pay for a kWh, as far as the source knows */
  PHAETON_PRICE_KIND_SPOT,  /* the market's: neither fees nor tax */
  PHAETON_PRICE_KIND_FIXED, /* nobody's but the settings' */
} PhaetonPriceKind;

/* where the prices stand */
typedef struct {
  const char *source;   /* id of the driver, "tibber" */
  const char *currency; /* (nullable): ISO 4217 */
  gint64 fetched_at;    /* wall seconds UTC at which the source last vouched for them; 0: never */
  const char *error;    /* (nullable): why the last attempt failed */
  PhaetonPriceKind kind;
} PhaetonPriceState;

#define PHAETON_MAX_PRICE_SLOTS 2000 /* five days in slots of five minutes */
#define PHAETON_MAX_PRICE_MICROS                                                                   \
  (100000 * (gint64) 1000000) /* per kWh, either sign: more is wrong */

/* slots in order of time, which may have gaps but never overlap; borrowed */
typedef struct {
  guint n;
  const PhaetonPriceSlot *slots;
} PhaetonPriceSeries;

/* sorted, without overlap, each with a length: what makers must hold to */
gboolean phaeton_price_series_is_valid (const PhaetonPriceSeries *self);

/* the slot in force at @at; NULL: no price is known */
const PhaetonPriceSlot *phaeton_price_series_find (const PhaetonPriceSeries *self, gint64 at);

/* until when prices are known from @at on without a gap; @at: none is */
gint64 phaeton_price_series_get_end_at (const PhaetonPriceSeries *self, gint64 at);

/* whether the import price between two instants is known without a gap and is one price */
gboolean phaeton_price_series_is_flat (const PhaetonPriceSeries *self, gint64 from_at,
                                       gint64 to_at);

/**
 * phaeton_price_series_get_mean:
 *
 * The mean over time of the import price of what is known between two instants.
 *
 * Returns: seconds that are known; 0: there is no mean
 */
gint64 phaeton_price_series_get_mean (const PhaetonPriceSeries *self, gint64 from_at, gint64 to_at,
                                      gint64 *mean_micros);

/**
 * phaeton_price_series_get_quantile:
 * @part: 0 to 1
 *
 * The smallest import price that at least @part of the known time between two instants does not
 * exceed; the lowest of all for 0.
 *
 * Returns: %FALSE: nothing is known
 */
gboolean phaeton_price_series_get_quantile (const PhaetonPriceSeries *self, gint64 from_at,
                                            gint64 to_at, double part, gint64 *price_micros);

/* "VERY_CHEAP"; the unknown one is "NORMAL" */
const char *phaeton_price_level_to_string (PhaetonPriceLevel level);
PhaetonPriceLevel phaeton_price_level_from_string (const char *name);

/**
 * phaeton_price_slots_settle:
 * @slots: (element-type PhaetonPriceSlot): in any order
 *
 * Sorts, drops slots without length or with a price that cannot be, and of slots that overlap the
 * one that starts later; of two that start at once the one that came later wins. Valid afterwards,
 * PHAETON_MAX_PRICE_SLOTS at most.
 */
void phaeton_price_slots_settle (GArray *slots);

/**
 * phaeton_price_slots_merge:
 * @known: (inout) (element-type PhaetonPriceSlot): valid
 * @fresh: (element-type PhaetonPriceSlot): valid
 *
 * What @fresh has replaces what @known had for that time; the rest stays as far as it ends after
 * @keep_from_at.
 */
void phaeton_price_slots_merge (GArray *known, const GArray *fresh, gint64 keep_from_at);

G_END_DECLS
