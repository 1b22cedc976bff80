/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "price-file-decode.h"

#include "phaeton-error.h"
#include "phaeton-price-json.h"

#include <stdarg.h>
#include <string.h>

#define MAX_LINES 40000 /* more than a year of quarters */
#define MAX_COLUMNS 32
#define MAX_LINE_BYTES 2000
#define DAY_S 86400
#define PER_MWH 0.001

typedef struct {
  const char *name;
  guint line;
  GError **error;
  GTimeZone *zone;
  const char *separator;                /* one character */
  int start, end, price, export_column; /* index; -1: none */
  double factor;
  gint64 last_start_at;
  GArray *starts, *slots;
} Reading;

static gboolean fail (const Reading *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
fail (const Reading *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *valid = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  valid = g_utf8_make_valid (text, -1);
  g_set_error (self->error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, "%s:%u: %s", self->name,
               self->line, valid);
  return FALSE;
}

/* fields without the spaces and quotes around them */
static char **
split (const Reading *self, const char *line)
{
  char **fields = g_strsplit (line, self->separator, MAX_COLUMNS);

  for (guint i = 0; fields[i] != NULL; i++) {
    char *field = g_strstrip (fields[i]);
    const gsize length = strlen (field);

    if (length >= 2 && field[0] == '"' && field[length - 1] == '"') {
      memmove (field, field + 1, length - 2);
      field[length - 2] = '\0';
    }
  }
  return fields;
}

static gboolean
read_header (Reading *self, const char *line)
{
  static const char *const separators[] = { ";", "\t", "," };
  g_auto (GStrv) names = NULL;

  self->separator = ",";
  for (guint i = 0; i < G_N_ELEMENTS (separators); i++)
    if (strstr (line, separators[i]) != NULL) {
      self->separator = separators[i];
      break;
    }
  names = split (self, line);
  self->start = self->end = self->price = self->export_column = -1;
  self->factor = 1.0;
  for (int i = 0; names[i] != NULL; i++) {
    if (g_ascii_strcasecmp (names[i], "start") == 0)
      self->start = i;
    else if (g_ascii_strcasecmp (names[i], "end") == 0)
      self->end = i;
    else if (g_ascii_strcasecmp (names[i], "export") == 0)
      self->export_column = i;
    else if (g_ascii_strcasecmp (names[i], "price") == 0)
      self->price = i;
    else if (g_ascii_strcasecmp (names[i], "price_per_mwh") == 0) {
      self->price = i;
      self->factor = PER_MWH;
    }
  }
  if (self->start < 0 || self->price < 0)
    return fail (self, "the first line must name the columns start and price");
  return TRUE;
}

static int
get_offset_s (GTimeZone *zone, gint64 at)
{
  return g_time_zone_get_offset (zone, g_time_zone_find_interval (zone, G_TIME_TYPE_UNIVERSAL, at));
}

/* the instants that a wall clock calls @wall_at: none, one or two, the earlier first */
static guint
find_instants (GTimeZone *zone, gint64 wall_at, gint64 instants[2])
{
  guint n = 0;

  for (int i = 0; i < 2; i++) { /* with the offset of the day before, then of the day after */
    const gint64 at = wall_at - get_offset_s (zone, wall_at + (i == 0 ? -DAY_S : DAY_S));

    if (at + get_offset_s (zone, at) == wall_at && (n == 0 || instants[0] != at))
      instants[n++] = at;
  }
  return n;
}

/* @after_at: of the two hours with one name the one after it */
static gboolean
read_time (const Reading *self, const char *text, gint64 after_at, gint64 *at)
{
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  gint64 instants[2], wall_at;
  guint n;

  if (phaeton_price_time_parse (text, NULL, at))
    return TRUE;
  if (!phaeton_price_time_parse (text, utc, &wall_at))
    return fail (self, "\"%.40s\" is no time such as 2026-11-21T00:15:00+01:00", text);
  if (self->zone == NULL)
    return fail (self, "\"%.40s\" has no offset such as +01:00, and timezone is not set", text);
  n = find_instants (self->zone, wall_at, instants);
  if (n == 0)
    return fail (self, "\"%.40s\" does not exist: the clock jumps over it", text);
  *at = n == 2 && instants[0] <= after_at ? instants[1] : instants[0];
  return TRUE;
}

static gboolean
read_price (const Reading *self, const char *text, gint64 *micros)
{
  g_autofree char *plain = g_strdup (text);
  char *end;
  double price;

  if (self->separator[0] != ',')
    g_strdelimit (plain, ",", '.');
  price = g_ascii_strtod (plain, &end);
  if (end == plain || *end != '\0' || strspn (plain, "+-.0123456789eE") != strlen (plain) ||
      !phaeton_price_to_micros (price * self->factor, micros))
    return fail (self, "\"%.40s\" is no price", text);
  return TRUE;
}

/* (nullable): NULL: none, or nothing in it */
static const char *
get_field (char **fields, int index)
{
  const gboolean is_there = index >= 0 && index < (int) g_strv_length (fields);

  return is_there && fields[index][0] != '\0' ? fields[index] : NULL;
}

static gboolean
read_line (Reading *self, const char *line)
{
  g_auto (GStrv) fields = split (self, line);
  const char *start = get_field (fields, self->start), *price = get_field (fields, self->price);
  const char *end = get_field (fields, self->end);
  const char *export_price = get_field (fields, self->export_column);
  PhaetonPriceSlot slot = { .has_export = export_price != NULL };

  if (start == NULL || price == NULL)
    return fail (self, "the line has no start or no price");
  if (!read_time (self, start, self->last_start_at, &slot.start_at) ||
      !read_price (self, price, &slot.import_micros) ||
      (end != NULL && !read_time (self, end, slot.start_at, &slot.end_at)) ||
      (export_price != NULL && !read_price (self, export_price, &slot.export_micros)))
    return FALSE;
  if (end != NULL && slot.end_at <= slot.start_at)
    return fail (self, "the slot ends before it starts");
  self->last_start_at = slot.start_at;
  g_array_append_val (self->starts, slot.start_at);
  g_array_append_val (self->slots, slot);
  return TRUE;
}

static gboolean
read_lines (Reading *self, const char *text, gsize size)
{
  const char *at = text, *const end = text + size;
  gboolean has_header = FALSE;

  while (at < end) {
    const char *stop = memchr (at, '\n', (gsize) (end - at));
    const gsize length = (gsize) ((stop != NULL ? stop : end) - at);
    g_autofree char *line = NULL;

    if (++self->line > MAX_LINES || length > MAX_LINE_BYTES)
      return fail (self, "at most %d lines of %d bytes are read", MAX_LINES, MAX_LINE_BYTES);
    line = g_strndup (at, length);
    at += length + 1;
    if (g_strstrip (line)[0] == '\0' || line[0] == '#')
      continue;
    if (!(has_header ? read_line (self, line) : read_header (self, line)))
      return FALSE;
    has_header = TRUE;
  }
  return has_header || fail (self, "the file has no line");
}

gboolean
price_file_decode (const char *name, const char *text, gsize size, GTimeZone *zone, GArray *slots,
                   GError **error)
{
  g_autoptr (GArray) starts = g_array_new (FALSE, FALSE, sizeof (gint64));
  const gsize mark = size >= 3 && memcmp (text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
  Reading reading = { .name = name,
                      .error = error,
                      .zone = zone,
                      .last_start_at = G_MININT64,
                      .starts = starts,
                      .slots = slots };

  if (!read_lines (&reading, text + mark, size - mark))
    return FALSE;
  phaeton_price_slots_close (slots, starts);
  return TRUE;
}
