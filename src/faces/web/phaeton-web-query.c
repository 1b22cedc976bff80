/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-query.h"

#include "phaeton-error.h"

#include <string.h>

#define MAX_AT G_GINT64_CONSTANT (4102444800) /* year 2100 */

void
phaeton_web_query_init (PhaetonWebQuery *self, PhaetonWebRequest *request)
{
  const char *text = phaeton_web_request_get_query (request);

  *self = (PhaetonWebQuery){ 0 };
  if (text != NULL)
    self->values = g_uri_parse_params (text, -1, "&", G_URI_PARAMS_WWW_FORM, &self->error);
}

void
phaeton_web_query_clear (PhaetonWebQuery *self)
{
  g_clear_pointer (&self->values, g_hash_table_unref);
  g_clear_error (&self->error);
}

void
phaeton_web_query_fail (PhaetonWebQuery *self, const char *name, const char *wanted)
{
  if (self->error == NULL)
    self->error = g_error_new (PHAETON_ERROR, PHAETON_ERROR_RANGE, "%s must be %s", name, wanted);
}

const char *
phaeton_web_query_get (PhaetonWebQuery *self, const char *name)
{
  const char *value = self->values != NULL ? g_hash_table_lookup (self->values, name) : NULL;

  if (value == NULL || value[0] == '\0')
    return NULL;
  if (g_utf8_validate (value, -1, NULL))
    return value;
  phaeton_web_query_fail (self, name, "UTF-8");
  return NULL;
}

gint64
phaeton_web_query_get_int (PhaetonWebQuery *self, const char *name, gint64 most, gint64 fallback)
{
  const char *value = phaeton_web_query_get (self, name);
  guint64 number;

  if (value == NULL)
    return fallback;
  if (g_ascii_string_to_unsigned (value, 10, 0, (guint64) most, &number, NULL))
    return (gint64) number;
  phaeton_web_query_fail (self, name, "a number in range");
  return fallback;
}

gint64
phaeton_web_query_get_time_us (PhaetonWebQuery *self, const char *name, GTimeZone *zone,
                               gint64 fallback_us)
{
  const char *value = phaeton_web_query_get (self, name);
  g_autofree char *midnight = NULL;
  g_autoptr (GDateTime) time = NULL;
  guint64 seconds;

  if (value == NULL)
    return fallback_us;
  if (g_ascii_string_to_unsigned (value, 10, 0, MAX_AT, &seconds, NULL))
    return (gint64) seconds * G_USEC_PER_SEC;
  if (strlen (value) == strlen ("2026-11-21"))
    midnight = g_strconcat (value, "T00:00:00", NULL);
  time = g_date_time_new_from_iso8601 (midnight != NULL ? midnight : value, zone);
  if (time != NULL && g_date_time_to_unix (time) >= 0 && g_date_time_to_unix (time) <= MAX_AT)
    return g_date_time_to_unix (time) * G_USEC_PER_SEC + g_date_time_get_microsecond (time);
  phaeton_web_query_fail (self, name,
                          "a date, a time as 2026-11-21T12:00:00Z, or seconds since 1970");
  return fallback_us;
}

int
phaeton_web_query_get_choice (PhaetonWebQuery *self, const char *name, const char *const *choices,
                              int fallback)
{
  const char *value = phaeton_web_query_get (self, name);
  g_autofree char *wanted = NULL;

  if (value == NULL)
    return fallback;
  for (int i = 0; choices[i] != NULL; i++)
    if (strcmp (choices[i], value) == 0)
      return i;
  wanted = g_strjoinv (", ", (GStrv) choices);
  phaeton_web_query_fail (self, name, wanted);
  return fallback;
}
