/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-price-source.h"

#include <string.h>

PhaetonPriceSource *
phaeton_price_source_new (const char *zone, int published_min)
{
  PhaetonPriceSource *self = g_atomic_rc_box_new0 (PhaetonPriceSource);

  self->zone = g_time_zone_new_identifier (zone);
  if (self->zone == NULL) /* a system without zones */
    self->zone = g_time_zone_new_utc ();
  self->published_min = published_min;
  return self;
}

PhaetonPriceSource *
phaeton_price_source_ref (PhaetonPriceSource *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  PhaetonPriceSource *self = data;

  g_time_zone_unref (self->zone);
  g_free (self->bearer);
  g_clear_pointer (&self->body, g_bytes_unref);
  if (self->free != NULL)
    self->free (self->data);
}

void
phaeton_price_source_unref (PhaetonPriceSource *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

/* by the calendar, never by adding 24 hours */
void
phaeton_price_day_find (GTimeZone *zone, gint64 at, int later, PhaetonPriceDay *day)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (at);
  g_autoptr (GDateTime) local = g_date_time_to_timezone (utc, zone);
  gint64 ends[2];

  for (int i = 0; i < 2; i++) {
    g_autoptr (GDateTime) date = g_date_time_add_days (local, later + i);
    g_autoptr (GDateTime) midnight =
      g_date_time_new (zone, g_date_time_get_year (date), g_date_time_get_month (date),
                       g_date_time_get_day_of_month (date), 0, 0, 0);

    ends[i] = g_date_time_to_unix (midnight);
  }
  *day = (PhaetonPriceDay){ ends[0], ends[1] };
}

char *
phaeton_price_day_format (GTimeZone *zone, gint64 at, const char *format)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (at);
  g_autoptr (GDateTime) local = zone != NULL ? g_date_time_to_timezone (utc, zone) : NULL;

  return g_date_time_format (local != NULL ? local : utc, format);
}

char *
phaeton_price_url_rebase (const char *url, const char *base)
{
  const char *host = strstr (url, "://");
  const char *path = host != NULL ? strchr (host + 3, '/') : NULL;
  gsize length = strlen (base);

  if (length == 0)
    return g_strdup (url);
  while (length > 0 && base[length - 1] == '/')
    length--;
  return g_strdup_printf ("%.*s%s", (int) length, base, path != NULL ? path : "");
}
