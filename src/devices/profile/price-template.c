/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "price-profile.h"

#include <string.h>

#define DAY_FORMATS "%YmdjH-/._" /* letters that a format of a date may have */

static char *
format_unix (gint64 at, gint64 times)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT, at * times);
}

/* "date:%Y-%m-%d" of the day, "next:..." of the one after it */
static char *
format_date (const char *word, GTimeZone *zone, const PhaetonPriceDay *day)
{
  const gboolean is_next = g_str_has_prefix (word, "next:");
  const char *format = strchr (word, ':');

  if ((!is_next && !g_str_has_prefix (word, "date:")) || format[1] == '\0' ||
      strspn (format + 1, DAY_FORMATS) != strlen (format + 1))
    return NULL;
  return phaeton_price_day_format (zone, is_next ? day->to_at : day->from_at, format + 1);
}

static char *
fill_day (const char *word, GTimeZone *zone, const PhaetonPriceDay *day)
{
  static const char rfc3339[] = "%Y-%m-%dT%H:%M:%SZ";

  if (g_str_equal (word, "from"))
    return phaeton_price_day_format (NULL, day->from_at, rfc3339);
  if (g_str_equal (word, "to"))
    return phaeton_price_day_format (NULL, day->to_at, rfc3339);
  if (g_str_equal (word, "from_unix"))
    return format_unix (day->from_at, 1);
  if (g_str_equal (word, "to_unix"))
    return format_unix (day->to_at, 1);
  if (g_str_equal (word, "from_unix_ms"))
    return format_unix (day->from_at, 1000);
  if (g_str_equal (word, "to_unix_ms"))
    return format_unix (day->to_at, 1000);
  return format_date (word, zone, day);
}

static char *
fill (const char *word, const PriceWords *words, GTimeZone *zone, const PhaetonPriceDay *day)
{
  if (g_str_equal (word, "area"))
    return g_strdup (words->area);
  if (g_str_equal (word, "product"))
    return g_strdup (words->product);
  if (g_str_equal (word, "currency"))
    return g_strdup (words->currency);
  if (g_str_equal (word, "token"))
    return g_strdup (words->token);
  return day != NULL ? fill_day (word, zone, day) : NULL;
}

char *
price_template_expand (const char *text, const PriceWords *words, GTimeZone *zone,
                       const PhaetonPriceDay *day, gboolean is_url, char **bad)
{
  g_autoptr (GString) out = g_string_new (NULL);

  for (const char *at = text; *at != '\0';) {
    const char *end = *at == '{' ? strchr (at, '}') : NULL;
    g_autofree char *word = NULL;
    g_autofree char *value = NULL;

    if (*at != '{') {
      g_string_append_c (out, *at++);
      continue;
    }
    word = end != NULL ? g_strndup (at + 1, (gsize) (end - at - 1)) : g_strdup (at + 1);
    value = end != NULL ? fill (word, words, zone, day) : NULL;
    if (value == NULL) {
      if (bad != NULL)
        *bad = g_steal_pointer (&word);
      return NULL;
    }
    if (is_url)
      g_string_append_uri_escaped (out, value, g_str_has_prefix (word, "date:") ? "/" : NULL,
                                   FALSE);
    else
      g_string_append (out, value);
    at = end + 1;
  }
  return g_string_free (g_steal_pointer (&out), FALSE);
}
