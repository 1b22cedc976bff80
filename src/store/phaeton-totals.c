/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-totals.h"

#include <string.h>

struct _PhaetonTotals {
  PhaetonTotalsKey key;
  GTimeZone *zone;  /* (owned) */
  GHashTable *sums; /* (owned) (element-type utf8 PhaetonTotal): keys belong to the sums */
};

PhaetonTotals *
phaeton_totals_new (PhaetonTotalsKey key, GTimeZone *zone)
{
  PhaetonTotals *self = g_new (PhaetonTotals, 1);

  self->key = key;
  self->zone = g_time_zone_ref (zone);
  self->sums =
    g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) phaeton_total_free);
  return self;
}

void
phaeton_totals_free (PhaetonTotals *self)
{
  g_time_zone_unref (self->zone);
  g_hash_table_unref (self->sums);
  g_free (self);
}

static char *
format_time (const PhaetonTotals *self, gint64 at)
{
  static const char *const formats[] = { "%Y-%m-%d", "%Y-%m", "%Y" };
  g_autoptr (GDateTime) utc = at > 0 ? g_date_time_new_from_unix_utc (at) : NULL;
  g_autoptr (GDateTime) local = utc != NULL ? g_date_time_to_timezone (utc, self->zone) : NULL;

  return local != NULL ? g_date_time_format (local, formats[self->key]) : g_strdup ("");
}

static char *
dup_key (const PhaetonTotals *self, const PhaetonSession *session)
{
  if (self->key == PHAETON_TOTALS_BY_CHARGER)
    return g_strdup (session->charger);
  if (self->key == PHAETON_TOTALS_BY_CAR)
    return g_strdup (session->car != NULL ? session->car : "");
  return format_time (self, session->started_at > 0 ? session->started_at : session->ended_at);
}

static PhaetonTotal *
ensure_sum (PhaetonTotals *self, const PhaetonSession *session)
{
  g_autofree char *key = dup_key (self, session);
  PhaetonTotal *sum = g_hash_table_lookup (self->sums, key);

  if (sum != NULL)
    return sum;
  sum = g_new0 (PhaetonTotal, 1);
  sum->key = g_steal_pointer (&key);
  g_hash_table_insert (self->sums, sum->key, sum);
  return sum;
}

void
phaeton_totals_add_cb (const PhaetonSession *session, gpointer user_data)
{
  PhaetonTotal *sum = ensure_sum (user_data, session);

  sum->n_sessions++;
  sum->energy_wh += session->energy_wh;
  sum->charging_s += session->charging_s;
  sum->sun_wh += session->sun_wh;
  sum->battery_wh += session->battery_wh;
  sum->grid_wh += session->grid_wh;
  sum->saved_micros += session->saved_micros;
  if (session->cost_known)
    sum->cost_micros += session->cost_micros;
  else
    sum->n_cost_unknown++;
}

static int
compare_keys (gconstpointer a, gconstpointer b)
{
  const PhaetonTotal *const *first = a, *const *second = b;

  return strcmp ((*first)->key, (*second)->key);
}

GPtrArray *
phaeton_totals_list (PhaetonTotals *self)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) phaeton_total_free);
  GHashTableIter iter;
  gpointer sum;

  g_hash_table_iter_init (&iter, self->sums);
  while (g_hash_table_iter_next (&iter, NULL, &sum)) {
    g_hash_table_iter_steal (&iter);
    g_ptr_array_add (list, sum);
  }
  g_ptr_array_sort (list, compare_keys);
  return list;
}
