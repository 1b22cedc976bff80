/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-series.h"

/* midnight at which the local day, month or year of @at begins */
static GDateTime *
find_begin (const PhaetonStep *step, gint64 at, GTimeZone *zone)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (at);
  g_autoptr (GDateTime) local = utc != NULL ? g_date_time_to_timezone (utc, zone) : NULL;

  if (local == NULL)
    return NULL;
  return g_date_time_new (zone, g_date_time_get_year (local),
                          step->kind == PHAETON_STEP_YEAR ? 1 : g_date_time_get_month (local),
                          step->kind == PHAETON_STEP_DAY ? g_date_time_get_day_of_month (local) : 1,
                          0, 0, 0);
}

static GDateTime *
find_next (const PhaetonStep *step, GDateTime *begin)
{
  if (step->kind == PHAETON_STEP_DAY)
    return g_date_time_add_days (begin, 1);
  if (step->kind == PHAETON_STEP_MONTH)
    return g_date_time_add_months (begin, 1);
  return g_date_time_add_years (begin, 1);
}

static gboolean
list_local (const PhaetonStep *step, gint64 from_at, gint64 to_at, GTimeZone *zone, guint max_steps,
            GArray *starts)
{
  g_autoptr (GDateTime) begin = find_begin (step, from_at, zone);

  while (begin != NULL) {
    const gint64 at = g_date_time_to_unix (begin);
    GDateTime *next;

    g_array_append_val (starts, at);
    if (at >= to_at)
      return TRUE;
    if (starts->len > max_steps)
      return FALSE;
    next = find_next (step, begin);
    g_date_time_unref (begin);
    begin = next;
  }
  return FALSE;
}

GArray *
phaeton_step_list (const PhaetonStep *step, gint64 from_at, gint64 to_at, GTimeZone *zone,
                   guint max_steps)
{
  g_autoptr (GArray) starts = g_array_new (FALSE, FALSE, sizeof (gint64));

  g_return_val_if_fail (from_at >= 0 && to_at > from_at, NULL);

  if (step->kind != PHAETON_STEP_SECONDS) {
    if (!list_local (step, from_at, to_at, zone, max_steps, starts))
      return NULL;
    return g_steal_pointer (&starts);
  }
  g_return_val_if_fail (step->step_s > 0, NULL);
  if ((to_at - from_at) / step->step_s > max_steps)
    return NULL;
  for (gint64 at = from_at - from_at % step->step_s;; at += step->step_s) {
    g_array_append_val (starts, at);
    if (at >= to_at)
      return g_steal_pointer (&starts);
  }
}

PhaetonSeriesQuery *
phaeton_series_query_copy (const PhaetonSeriesQuery *self)
{
  PhaetonSeriesQuery *copy = g_memdup2 (self, sizeof *self);

  copy->names = g_strdupv (self->names);
  return copy;
}

void
phaeton_series_query_free (PhaetonSeriesQuery *self)
{
  g_strfreev (self->names);
  g_free (self);
}

PhaetonSeriesData *
phaeton_series_data_new (GStrv names, GArray *starts)
{
  PhaetonSeriesData *self = g_new0 (PhaetonSeriesData, 1);

  self->names = g_strdupv (names);
  self->starts = g_array_ref (starts);
  self->amounts = g_new0 (PhaetonAmount, (gsize) g_strv_length (names) * starts->len);
  return self;
}

void
phaeton_series_data_free (PhaetonSeriesData *self)
{
  g_strfreev (self->names);
  g_array_unref (self->starts);
  g_free (self->amounts);
  g_free (self);
}

guint
phaeton_series_data_get_n_steps (const PhaetonSeriesData *self)
{
  return self->starts->len - 1;
}

void
phaeton_series_data_add (PhaetonSeriesData *self, guint index, gint64 at,
                         const PhaetonAmount *amount)
{
  const gint64 *starts = (const gint64 *) (gpointer) self->starts->data;
  const guint n_steps = phaeton_series_data_get_n_steps (self);
  guint low = 0, high = n_steps;
  PhaetonAmount *to;

  if (at < starts[0] || at >= starts[n_steps])
    return;
  while (high - low > 1) { /* starts[low] <= at < starts[high] */
    const guint middle = low + (high - low) / 2;

    if (starts[middle] <= at)
      low = middle;
    else
      high = middle;
  }
  to = &self->amounts[index * n_steps + low];
  to->sum += amount->sum;
  to->seconds += amount->seconds;
}
