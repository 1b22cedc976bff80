/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-zone-cache.h"

#define SPAN_S (400 * 24 * 3600) /* no zone with summer time goes longer without a change */

void
phaeton_zone_cache_clear (PhaetonZoneCache *self)
{
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->zone, g_time_zone_unref);
  self->table = (PhaetonZone){ 0 };
}

static int
find_interval (GTimeZone *zone, gint64 at)
{
  return g_time_zone_find_interval (zone, G_TIME_TYPE_UNIVERSAL, at);
}

/* the first second of another interval than that of @from, towards @to; @to when there is none */
static gint64
find_change (GTimeZone *zone, gint64 from, gint64 to)
{
  const int interval = find_interval (zone, from);

  if (find_interval (zone, to) == interval)
    return to > from ? G_MAXINT64 : G_MININT64;
  while (ABS (to - from) > 1) {
    const gint64 middle = from + (to - from) / 2;

    if (find_interval (zone, middle) == interval)
      from = middle;
    else
      to = middle;
  }
  return MAX (from, to); /* an interval begins with its first second, from either side */
}

static int
get_offset_s (GTimeZone *zone, gint64 at)
{
  return g_time_zone_get_offset (zone, find_interval (zone, at));
}

static void
fill_table (PhaetonZoneCache *self, gint64 wall_at)
{
  PhaetonZone *table = &self->table;

  table->known = TRUE;
  table->until_at[0] = find_change (self->zone, wall_at, wall_at - SPAN_S);
  table->until_at[1] = find_change (self->zone, wall_at, wall_at + SPAN_S);
  table->offset_s[1] = get_offset_s (self->zone, wall_at);
  table->offset_s[0] = table->until_at[0] == G_MININT64
                         ? table->offset_s[1]
                         : get_offset_s (self->zone, table->until_at[0] - 1);
  table->offset_s[2] = table->until_at[1] == G_MAXINT64
                         ? table->offset_s[1]
                         : get_offset_s (self->zone, table->until_at[1]);
}

void
phaeton_zone_cache_get (PhaetonZoneCache *self, const char *name, gint64 wall_at, PhaetonZone *zone)
{
  if (g_strcmp0 (self->name, name) != 0) {
    phaeton_zone_cache_clear (self);
    self->name = g_strdup (name);
    self->zone = name != NULL && name[0] != '\0' ? g_time_zone_new_identifier (name) : NULL;
  }
  if (self->zone != NULL && (!self->table.known || wall_at < self->table.until_at[0] ||
                             wall_at >= self->table.until_at[1]))
    fill_table (self, wall_at);
  *zone = self->table;
}
