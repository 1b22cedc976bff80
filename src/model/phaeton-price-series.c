/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-price-series.h"

#include <stdlib.h>
#include <string.h>

gboolean
phaeton_price_series_is_valid (const PhaetonPriceSeries *self)
{
  for (guint i = 0; i < self->n; i++)
    if (self->slots[i].end_at <= self->slots[i].start_at ||
        (i > 0 && self->slots[i].start_at < self->slots[i - 1].end_at))
      return FALSE;
  return TRUE;
}

const PhaetonPriceSlot *
phaeton_price_series_find (const PhaetonPriceSeries *self, gint64 at)
{
  guint low = 0, high = self->n;

  while (low < high) { /* first slot that ends after @at */
    const guint middle = low + (high - low) / 2;

    if (self->slots[middle].end_at <= at)
      low = middle + 1;
    else
      high = middle;
  }
  return low < self->n && self->slots[low].start_at <= at ? &self->slots[low] : NULL;
}

gint64
phaeton_price_series_get_end_at (const PhaetonPriceSeries *self, gint64 at)
{
  const PhaetonPriceSlot *slot = phaeton_price_series_find (self, at);

  if (slot == NULL)
    return at;
  while (slot + 1 < self->slots + self->n && slot[1].start_at == slot->end_at)
    slot++;
  return slot->end_at;
}

gboolean
phaeton_price_series_is_flat (const PhaetonPriceSeries *self, gint64 from_at, gint64 to_at)
{
  const PhaetonPriceSlot *first = phaeton_price_series_find (self, from_at);
  const PhaetonPriceSlot *slot = first;

  while (slot != NULL && slot->import_micros == first->import_micros && slot->end_at < to_at)
    slot = phaeton_price_series_find (self, slot->end_at);
  return slot != NULL && slot->import_micros == first->import_micros;
}

/* how much of the slot lies between the two */
static gint64
get_share_s (const PhaetonPriceSlot *slot, gint64 from_at, gint64 to_at)
{
  return MAX (MIN (slot->end_at, to_at) - MAX (slot->start_at, from_at), 0);
}

gint64
phaeton_price_series_get_mean (const PhaetonPriceSeries *self, gint64 from_at, gint64 to_at,
                               gint64 *mean_micros)
{
  gint64 known_s = 0;
  double sum = 0.0;

  for (guint i = 0; i < self->n; i++) {
    const gint64 share_s = get_share_s (&self->slots[i], from_at, to_at);

    known_s += share_s;
    sum += (double) self->slots[i].import_micros * (double) share_s;
  }
  if (known_s > 0) {
    const double mean = sum / (double) known_s;

    *mean_micros = (gint64) (mean < 0 ? mean - 0.5 : mean + 0.5);
  }
  return known_s;
}

typedef struct {
  gint64 price_micros, share_s;
} Share;

static int
compare_prices (gconstpointer a, gconstpointer b)
{
  const gint64 one = ((const Share *) a)->price_micros, other = ((const Share *) b)->price_micros;

  return (one > other) - (one < other);
}

/* on the stack of the caller's time: called once a decision, for a few hundred slots */
gboolean
phaeton_price_series_get_quantile (const PhaetonPriceSeries *self, gint64 from_at, gint64 to_at,
                                   double part, gint64 *price_micros)
{
  g_autofree Share *shares = g_new (Share, self->n + 1);
  gint64 known_s = 0, sum_s = 0;
  guint n = 0;

  for (guint i = 0; i < self->n; i++) {
    const gint64 share_s = get_share_s (&self->slots[i], from_at, to_at);

    if (share_s > 0)
      shares[n++] = (Share){ self->slots[i].import_micros, share_s };
    known_s += share_s;
  }
  if (n == 0)
    return FALSE;
  qsort (shares, n, sizeof shares[0], compare_prices);
  for (guint i = 0; i < n; i++) {
    sum_s += shares[i].share_s;
    *price_micros = shares[i].price_micros;
    if ((double) sum_s >= part * (double) known_s)
      break;
  }
  return TRUE;
}

static const char *const level_names[] = {
  [PHAETON_PRICE_LEVEL_UNKNOWN] = "NORMAL", [PHAETON_PRICE_VERY_CHEAP] = "VERY_CHEAP",
  [PHAETON_PRICE_CHEAP] = "CHEAP",          [PHAETON_PRICE_NORMAL] = "NORMAL",
  [PHAETON_PRICE_EXPENSIVE] = "EXPENSIVE",  [PHAETON_PRICE_VERY_EXPENSIVE] = "VERY_EXPENSIVE",
};

const char *
phaeton_price_level_to_string (PhaetonPriceLevel level)
{
  return level_names[level];
}

PhaetonPriceLevel
phaeton_price_level_from_string (const char *name)
{
  for (guint i = PHAETON_PRICE_VERY_CHEAP; i < G_N_ELEMENTS (level_names); i++)
    if (name != NULL && g_ascii_strcasecmp (name, level_names[i]) == 0)
      return (PhaetonPriceLevel) i;
  return PHAETON_PRICE_LEVEL_UNKNOWN;
}

static gboolean
is_possible (const PhaetonPriceSlot *slot)
{
  return slot->end_at > slot->start_at && slot->start_at >= 0 &&
         ABS (slot->import_micros) <= PHAETON_MAX_PRICE_MICROS &&
         (!slot->has_export || ABS (slot->export_micros) <= PHAETON_MAX_PRICE_MICROS);
}

static int
compare_starts (gconstpointer a, gconstpointer b)
{
  const gint64 one = ((const PhaetonPriceSlot *) a)->start_at;
  const gint64 other = ((const PhaetonPriceSlot *) b)->start_at;

  return (one > other) - (one < other);
}

void
phaeton_price_slots_settle (GArray *slots)
{
  PhaetonPriceSlot *all = (PhaetonPriceSlot *) (void *) slots->data;
  guint n = 0;

  g_array_sort (slots, compare_starts); /* stable: the order in which equals came stays */
  for (guint i = 0; i < slots->len; i++) {
    if (!is_possible (&all[i]))
      continue;
    if (n > 0 && all[n - 1].start_at == all[i].start_at)
      all[n - 1] = all[i];
    else if ((n == 0 || all[n - 1].end_at <= all[i].start_at) && n < PHAETON_MAX_PRICE_SLOTS)
      all[n++] = all[i];
  }
  g_array_set_size (slots, n);
}

void
phaeton_price_slots_merge (GArray *known, const GArray *fresh, gint64 keep_from_at)
{
  g_autoptr (GArray) old = g_array_copy (known);
  const PhaetonPriceSlot *news = (const PhaetonPriceSlot *) (void *) fresh->data;
  guint j = 0;

  g_array_set_size (known, 0);
  for (guint i = 0; i < old->len; i++) {
    const PhaetonPriceSlot *slot = &g_array_index (old, PhaetonPriceSlot, i);

    while (j < fresh->len && news[j].end_at <= slot->start_at)
      j++;
    if (slot->end_at > keep_from_at && (j == fresh->len || slot->end_at <= news[j].start_at))
      g_array_append_vals (known, slot, 1);
  }
  g_array_append_vals (known, fresh->data, fresh->len);
  phaeton_price_slots_settle (known);
}
