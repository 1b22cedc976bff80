/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-format.h"

#include <gio/gio.h>
#include <string.h>

#include "phaeton-types.h"

/* What texts must look like. */

static const char *const format_words[] = {
  [PHAETON_FORMAT_HOST] = "an address or a host name, such as 192.168.1.100",
  [PHAETON_FORMAT_TIME] = "a time from 00:00 to 23:59 with two digits each, such as 08:30",
  [PHAETON_FORMAT_DAYS] = "a list of days from 0 (Monday) to 6 (Sunday), such as [0, 1, 2, 3, 4]",
  [PHAETON_FORMAT_TIMEZONE] = "a zone of the IANA database, such as Europe/Amsterdam, or nothing",
  [PHAETON_FORMAT_ROTATION] = "L1L2L3 or its rotations, such as L2L3L1 or STR",
  [PHAETON_FORMAT_DRIVER] = "1 to 32 of a-z, 0-9, _ and -",
  [PHAETON_FORMAT_DATE] = "a date such as 2027-03-28",
  [PHAETON_FORMAT_MONTH_DAY] = "a day of the year such as 10-01",
  [PHAETON_FORMAT_HOLIDAY] =
    "a list of days such as 12-25, 2027-04-27, easter, easter+1 and easter-2",
  [PHAETON_FORMAT_CURRENCY] = "three capital letters, such as EUR",
  [PHAETON_FORMAT_ORIGIN] = "origins such as https://home.example:8443",
  [PHAETON_FORMAT_PROXY] = "a proxy such as http://192.168.1.2:3128, without user and password",
  [PHAETON_FORMAT_PHASES] = "a number of mA up to 1000000, or a list of three",
  [PHAETON_FORMAT_FUSE] = "a number of mA from 6000 to 1000000, or a list of three",
  [PHAETON_FORMAT_REFERENCE] = "the id of one of the circuits",
};

static gboolean
is_host (const char *text)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);
  gboolean has_letter = FALSE;
  guint label = 0;

  if (address != NULL)
    return TRUE;
  if (strlen (text) > 253)
    return FALSE;
  for (const char *p = text; *p != '\0'; p++) {
    if (*p == '.') {
      if (label == 0 || p[-1] == '-')
        return FALSE;
      label = 0;
      continue;
    }
    if ((!g_ascii_isalnum (*p) && *p != '-' && *p != '_') || (*p == '-' && label == 0) ||
        ++label > 63)
      return FALSE;
    has_letter |= g_ascii_isalpha (*p);
  }
  /* "256.1.1.1" and "192.168.1" are broken addresses, not names */
  return has_letter && label > 0 && text[strlen (text) - 1] != '-';
}

static gboolean
is_time (const char *text)
{
  return text[0] == '\0' ||
         (strlen (text) == 5 && g_ascii_isdigit (text[0]) && g_ascii_isdigit (text[1]) &&
          text[2] == ':' && g_ascii_isdigit (text[3]) && g_ascii_isdigit (text[4]) &&
          strncmp (text, "24", 2) < 0 && text[3] < '6');
}

static gboolean
is_timezone (const char *text)
{
  g_autoptr (GTimeZone) zone = NULL;

  if (text[0] == '\0')
    return TRUE;
  if (!g_ascii_isalpha (text[0]) || strstr (text, "..") != NULL || strlen (text) > 64)
    return FALSE;
  /* GLib also takes rules such as "GMT+1", which mean the opposite of what people think */
  if (strchr (text, '/') == NULL && strpbrk (text, "0123456789,+-") != NULL) {
    const char *folder = g_getenv ("TZDIR");
    g_autofree char *file =
      g_build_filename (folder != NULL ? folder : "/usr/share/zoneinfo", text, NULL);

    if (!g_file_test (file, G_FILE_TEST_IS_REGULAR))
      return FALSE;
  }
  zone = g_time_zone_new_identifier (text);
  return zone != NULL;
}

gboolean
phaeton_format_parse_rotation (const char *text, guint8 *map)
{
  g_autofree char *upper = g_ascii_strup (text, -1);
  guint seen = 0, n = 0;

  for (const char *p = upper; *p != '\0'; p++) {
    int phase;

    if (*p == 'L' || *p == ' ' || *p == ',' || *p == '-')
      continue;
    phase = g_ascii_isdigit (*p) ? *p - '1' : *p - 'R';
    if (phase < 0 || phase > 2 || n >= PHAETON_PHASES)
      return FALSE;
    seen |= 1u << phase;
    map[n++] = (guint8) phase;
  }
  return n == PHAETON_PHASES && seen == 7;
}

static gboolean
is_id (const char *text)
{
  const gsize length = strlen (text);

  return length >= 1 && length <= 32 &&
         strspn (text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

gboolean
phaeton_format_parse_date (const char *text, gint64 *day)
{
  g_autoptr (GDate) epoch = g_date_new_dmy (1, G_DATE_JANUARY, 1970);
  g_autoptr (GDate) date = NULL;
  int parts[3];

  if (strlen (text) != 10 || text[4] != '-' || text[7] != '-')
    return FALSE;
  for (int i = 0; i < 3; i++) {
    const char *digits = text + (const int[]){ 0, 5, 8 }[i];
    const gsize n = i == 0 ? 4 : 2;

    if (strspn (digits, "0123456789") < n)
      return FALSE;
    parts[i] = (int) g_ascii_strtoll (digits, NULL, 10);
  }
  if (parts[0] < 1971 ||
      !g_date_valid_dmy ((GDateDay) parts[2], (GDateMonth) parts[1], (GDateYear) parts[0]))
    return FALSE;
  date = g_date_new_dmy ((GDateDay) parts[2], (GDateMonth) parts[1], (GDateYear) parts[0]);
  *day = g_date_days_between (epoch, date);
  return TRUE;
}

gboolean
phaeton_format_parse_month_day (const char *text, int *month_day)
{
  g_autofree char *date = g_strconcat ("2000-", text, NULL); /* a leap year: 02-29 is one */
  gint64 day;

  *month_day = 0;
  if (!phaeton_format_parse_date (date, &day))
    return FALSE;
  *month_day =
    (int) (g_ascii_strtoll (text, NULL, 10) * 100 + g_ascii_strtoll (text + 3, NULL, 10));
  return TRUE;
}

gboolean
phaeton_format_parse_holiday (const char *text, PhaetonHoliday *holiday)
{
  gint64 offset = 0, day;

  *holiday = (PhaetonHoliday){ 0 };
  if (g_str_has_prefix (text, "easter")) {
    const char *rest = text + strlen ("easter");

    if (rest[0] != '\0' && ((rest[0] != '+' && rest[0] != '-') ||
                            !g_ascii_string_to_signed (rest, 10, -100, 100, &offset, NULL)))
      return FALSE;
    holiday->easter_days = (int) offset;
    return TRUE;
  }
  if (phaeton_format_parse_month_day (text, &holiday->month_day))
    return TRUE;
  if (!phaeton_format_parse_date (text, &day))
    return FALSE;
  holiday->year = (int) g_ascii_strtoll (text, NULL, 10);
  return phaeton_format_parse_month_day (text + 5, &holiday->month_day);
}

static gboolean
is_currency (const char *text)
{
  return text[0] == '\0' ||
         (strlen (text) == 3 && strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3);
}

/* scheme, host, and the port where it is not the scheme's own */
static gboolean
is_place (const char *text, const char *const *schemes)
{
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);
  const char *host = strstr (text, "://");

  return uri != NULL && host != NULL && g_strv_contains (schemes, g_uri_get_scheme (uri)) &&
         strpbrk (host + strlen ("://"), "/?#@ ") == NULL && g_uri_get_host (uri) != NULL &&
         is_host (g_uri_get_host (uri));
}

/* what a browser sends as Origin */
static gboolean
is_origin (const char *text)
{
  return is_place (text, (const char *const[]){ "http", "https", NULL });
}

static gboolean
is_proxy (const char *text)
{
  return text[0] == '\0' ||
         is_place (text, (const char *const[]){ "http", "https", "socks4", "socks5", NULL });
}

gboolean
phaeton_format_matches (PhaetonFormat format, const char *text)
{
  guint8 map[PHAETON_PHASES];
  PhaetonHoliday holiday;
  int month_day;
  gint64 day;

  switch (format) {
  case PHAETON_FORMAT_HOST:
    return is_host (text);
  case PHAETON_FORMAT_TIME:
    return is_time (text);
  case PHAETON_FORMAT_TIMEZONE:
    return is_timezone (text);
  case PHAETON_FORMAT_ROTATION:
    return phaeton_format_parse_rotation (text, map);
  case PHAETON_FORMAT_DRIVER:
    return is_id (text);
  case PHAETON_FORMAT_DATE:
    return text[0] == '\0' || phaeton_format_parse_date (text, &day);
  case PHAETON_FORMAT_MONTH_DAY:
    return text[0] == '\0' || phaeton_format_parse_month_day (text, &month_day);
  case PHAETON_FORMAT_HOLIDAY:
    return phaeton_format_parse_holiday (text, &holiday);
  case PHAETON_FORMAT_CURRENCY:
    return is_currency (text);
  case PHAETON_FORMAT_ORIGIN:
    return is_origin (text);
  case PHAETON_FORMAT_PROXY:
    return is_proxy (text);
  default:
    return TRUE;
  }
}

const char *
phaeton_format_describe (PhaetonFormat format)
{
  return format < G_N_ELEMENTS (format_words) ? format_words[format] : NULL;
}
