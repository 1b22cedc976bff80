/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-json.h"

#include "phaeton-error.h"

#include <math.h>
#include <string.h>

#define MAX_DECIMALS 9
#define MAX_INT64_DIGITS 18 /* any number of so many digits fits */

void
phaeton_json_clear (PhaetonJson *self)
{
  if (self->text != NULL)
    g_string_free (g_steal_pointer (&self->text), TRUE);
  self->needs_comma = FALSE;
}

static void
append_quoted (GString *text, const char *value)
{
  g_string_append_c (text, '"');
  for (const char *at = value; *at != '\0'; at++) {
    const guchar c = (guchar) *at;

    if (c == '"' || c == '\\') {
      g_string_append_c (text, '\\');
      g_string_append_c (text, (char) c);
    } else if (c == '\n') {
      g_string_append (text, "\\n");
    } else if (c < 0x20 || c == 0x7f) {
      g_string_append_printf (text, "\\u%04x", c);
    } else {
      g_string_append_c (text, (char) c);
    }
  }
  g_string_append_c (text, '"');
}

/* the comma and the name before a value */
static void
begin_value (PhaetonJson *self, const char *name)
{
  if (self->needs_comma)
    g_string_append_c (self->text, ',');
  self->needs_comma = TRUE;
  if (name != NULL) {
    append_quoted (self->text, name);
    g_string_append_c (self->text, ':');
  }
}

static void
open_bracket (PhaetonJson *self, const char *name, char bracket)
{
  begin_value (self, name);
  g_string_append_c (self->text, bracket);
  self->needs_comma = FALSE;
}

static void
close_bracket (PhaetonJson *self, char bracket)
{
  g_string_append_c (self->text, bracket);
  self->needs_comma = TRUE;
}

void
phaeton_json_begin_object (PhaetonJson *self, const char *name)
{
  open_bracket (self, name, '{');
}

void
phaeton_json_end_object (PhaetonJson *self)
{
  close_bracket (self, '}');
}

void
phaeton_json_begin_array (PhaetonJson *self, const char *name)
{
  open_bracket (self, name, '[');
}

void
phaeton_json_end_array (PhaetonJson *self)
{
  close_bracket (self, ']');
}

void
phaeton_json_null (PhaetonJson *self, const char *name)
{
  begin_value (self, name);
  g_string_append (self->text, "null");
}

void
phaeton_json_boolean (PhaetonJson *self, const char *name, gboolean value)
{
  begin_value (self, name);
  g_string_append (self->text, value ? "true" : "false");
}

void
phaeton_json_int (PhaetonJson *self, const char *name, gint64 value)
{
  begin_value (self, name);
  g_string_append_printf (self->text, "%" G_GINT64_FORMAT, value);
}

void
phaeton_json_double (PhaetonJson *self, const char *name, double value, int decimals)
{
  static const char *const formats[MAX_DECIMALS + 1] = { "%.0f", "%.1f", "%.2f", "%.3f", "%.4f",
                                                         "%.5f", "%.6f", "%.7f", "%.8f", "%.9f" };
  char buffer[G_ASCII_DTOSTR_BUF_SIZE + 310]; /* %f of the largest double has 309 digits */
  gsize length;

  if (!isfinite (value)) {
    phaeton_json_null (self, name);
    return;
  }
  begin_value (self, name);
  /* unlike printf: a point in every locale */
  g_ascii_formatd (buffer, sizeof buffer, formats[CLAMP (decimals, 0, MAX_DECIMALS)], value);
  length = strlen (buffer);
  if (strchr (buffer, '.') != NULL) {
    while (buffer[length - 1] == '0')
      length--;
    if (buffer[length - 1] == '.')
      length--;
  }
  buffer[length] = '\0';
  g_string_append (self->text, strcmp (buffer, "-0") == 0 ? "0" : buffer);
}

void
phaeton_json_int_if (PhaetonJson *self, const char *name, gboolean known, gint64 value)
{
  if (known)
    phaeton_json_int (self, name, value);
  else
    phaeton_json_null (self, name);
}

void
phaeton_json_double_if (PhaetonJson *self, const char *name, gboolean known, double value,
                        int decimals)
{
  phaeton_json_double (self, name, known ? value : NAN, decimals);
}

void
phaeton_json_text (PhaetonJson *self, const char *name, const char *value)
{
  if (value == NULL) {
    phaeton_json_null (self, name);
    return;
  }
  begin_value (self, name);
  if (g_utf8_validate (value, -1, NULL)) {
    append_quoted (self->text, value);
  } else {
    g_autofree char *valid = g_utf8_make_valid (value, -1);

    append_quoted (self->text, valid);
  }
}

static void
add_time (PhaetonJson *self, const char *name, gint64 value_us, const char *zone)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (value_us / G_USEC_PER_SEC);
  g_autofree char *seconds = time != NULL ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%S") : NULL;
  const int us = (int) (value_us % G_USEC_PER_SEC);

  if (seconds == NULL || value_us < 0) {
    phaeton_json_null (self, name);
    return;
  }
  begin_value (self, name);
  if (us != 0)
    g_string_append_printf (self->text, "\"%s.%06d%s\"", seconds, us, zone);
  else
    g_string_append_printf (self->text, "\"%s%s\"", seconds, zone);
}

void
phaeton_json_time (PhaetonJson *self, const char *name, gint64 value_us)
{
  add_time (self, name, value_us, "Z");
}

void
phaeton_json_time_with_offset (PhaetonJson *self, const char *name, gint64 value_us)
{
  add_time (self, name, value_us, "+00:00");
}

GBytes *
phaeton_json_steal_bytes (PhaetonJson *self)
{
  self->needs_comma = FALSE;
  return g_string_free_to_bytes (g_steal_pointer (&self->text));
}

/* a place in the text that is checked */
typedef struct {
  const char *start, *at, *end;
  guint depth, max_depth;
  PhaetonError code;
  const char *problem; /* what is wrong at @at */
} Scanner;

static gboolean
fail (Scanner *scanner, PhaetonError code, const char *problem)
{
  scanner->code = code;
  scanner->problem = problem;
  return FALSE;
}

static char
peek (const Scanner *scanner)
{
  return scanner->at < scanner->end ? *scanner->at : '\0';
}

static gboolean
take (Scanner *scanner, char c)
{
  if (peek (scanner) != c || scanner->at >= scanner->end)
    return FALSE;
  scanner->at++;
  return TRUE;
}

static void
skip_space (Scanner *scanner)
{
  while (scanner->at < scanner->end && strchr (" \t\r\n", *scanner->at) != NULL &&
         *scanner->at != '\0')
    scanner->at++;
}

static gsize
skip_digits (Scanner *scanner)
{
  const char *from = scanner->at;

  while (g_ascii_isdigit (peek (scanner)))
    scanner->at++;
  return (gsize) (scanner->at - from);
}

static gboolean
is_in_range (const char *from, gsize length, gboolean is_integer)
{
  g_autofree char *number = NULL;

  if (is_integer && length <= MAX_INT64_DIGITS)
    return TRUE;
  number = g_strndup (from, length);
  if (is_integer)
    return g_ascii_string_to_signed (number, 10, G_MININT64, G_MAXINT64, NULL, NULL);
  return isfinite (g_ascii_strtod (number, NULL));
}

static gboolean
check_number (Scanner *scanner)
{
  const char *from = scanner->at;
  gboolean is_integer = TRUE;

  take (scanner, '-');
  if (!take (scanner, '0') && skip_digits (scanner) == 0)
    return fail (scanner, PHAETON_ERROR_TYPE, "a value was expected");
  if (take (scanner, '.')) {
    is_integer = FALSE;
    if (skip_digits (scanner) == 0)
      return fail (scanner, PHAETON_ERROR_TYPE, "a digit was expected");
  }
  if (take (scanner, 'e') || take (scanner, 'E')) {
    is_integer = FALSE;
    if (!take (scanner, '+'))
      take (scanner, '-');
    if (skip_digits (scanner) == 0)
      return fail (scanner, PHAETON_ERROR_TYPE, "a digit was expected");
  }
  if (g_ascii_isalnum (peek (scanner)))
    return fail (scanner, PHAETON_ERROR_TYPE, "not a number");
  if (!is_in_range (from, (gsize) (scanner->at - from), is_integer))
    return fail (scanner, PHAETON_ERROR_RANGE, "the number is out of range");
  return TRUE;
}

/* the four digits after \u; -1: they are not */
static int
take_unit (Scanner *scanner)
{
  int unit = 0;

  for (int i = 0; i < 4; i++) {
    const int digit = g_ascii_xdigit_value (peek (scanner));

    if (digit < 0)
      return -1;
    unit = unit * 16 + digit;
    scanner->at++;
  }
  return unit;
}

static gboolean
check_unicode_escape (Scanner *scanner)
{
  const int unit = take_unit (scanner);

  if (unit <= 0)
    return fail (scanner, PHAETON_ERROR_TYPE, "not an escape that a text may have");
  if (unit >= 0xdc00 && unit <= 0xdfff)
    return fail (scanner, PHAETON_ERROR_TYPE, "half of a surrogate pair");
  if (unit >= 0xd800 && unit <= 0xdbff) {
    const gboolean has_more = take (scanner, '\\') && take (scanner, 'u');
    const int low = has_more ? take_unit (scanner) : -1;

    if (low < 0xdc00 || low > 0xdfff)
      return fail (scanner, PHAETON_ERROR_TYPE, "half of a surrogate pair");
  }
  return TRUE;
}

static gboolean
check_string (Scanner *scanner)
{
  if (!take (scanner, '"'))
    return fail (scanner, PHAETON_ERROR_TYPE, "a string was expected");
  while (scanner->at < scanner->end) {
    const char c = *scanner->at++;

    if (c == '"')
      return TRUE;
    if ((guchar) c < 0x20)
      break;
    if (c != '\\')
      continue;
    if (take (scanner, 'u')) {
      if (!check_unicode_escape (scanner))
        return FALSE;
    } else if (peek (scanner) == '\0' || strchr ("\"\\/bfnrt", peek (scanner)) == NULL) {
      return fail (scanner, PHAETON_ERROR_TYPE, "not an escape");
    } else {
      scanner->at++;
    }
  }
  return fail (scanner, PHAETON_ERROR_TYPE, "the string does not end");
}

static gboolean
check_word (Scanner *scanner, const char *word)
{
  const gsize length = strlen (word);

  if ((gsize) (scanner->end - scanner->at) < length || strncmp (scanner->at, word, length) != 0)
    return fail (scanner, PHAETON_ERROR_TYPE, "a value was expected");
  scanner->at += length;
  return TRUE;
}

static gboolean check_value (Scanner *scanner);

static gboolean
check_members (Scanner *scanner, char closing)
{
  if (++scanner->depth > scanner->max_depth)
    return fail (scanner, PHAETON_ERROR_RANGE, "nested too deeply");
  skip_space (scanner);
  if (!take (scanner, closing)) {
    do {
      skip_space (scanner);
      if (closing == '}') {
        if (!check_string (scanner))
          return FALSE;
        skip_space (scanner);
        if (!take (scanner, ':'))
          return fail (scanner, PHAETON_ERROR_TYPE, "a colon was expected");
      }
      if (!check_value (scanner))
        return FALSE;
      skip_space (scanner);
    } while (take (scanner, ','));
    if (!take (scanner, closing))
      return fail (scanner, PHAETON_ERROR_TYPE, "a comma or the closing bracket was expected");
  }
  scanner->depth--;
  return TRUE;
}

/* recursion is bounded by max_depth */
static gboolean
check_value (Scanner *scanner)
{
  skip_space (scanner);
  switch (peek (scanner)) {
  case '{':
    scanner->at++;
    return check_members (scanner, '}');
  case '[':
    scanner->at++;
    return check_members (scanner, ']');
  case '"':
    return check_string (scanner);
  case 't':
    return check_word (scanner, "true");
  case 'f':
    return check_word (scanner, "false");
  case 'n':
    return check_word (scanner, "null");
  default:
    return check_number (scanner);
  }
}

static gboolean
check_document (Scanner *scanner)
{
  if (!check_value (scanner))
    return FALSE;
  skip_space (scanner);
  if (scanner->at < scanner->end)
    return fail (scanner, PHAETON_ERROR_TYPE, "text after the end");
  return TRUE;
}

static void
set_place_error (const Scanner *scanner, GError **error)
{
  int line = 1, column = 1;

  for (const char *at = scanner->start; at < scanner->at; at++) {
    column++;
    if (*at == '\n') {
      line++;
      column = 1;
    }
  }
  g_set_error (error, PHAETON_ERROR, (int) scanner->code, "line %d, column %d: %s", line, column,
               scanner->problem);
}

gboolean
phaeton_json_check (const char *text, gsize size, const PhaetonJsonLimits *limits, GError **error)
{
  const char *const start = size > 0 ? text : ""; /* what is empty may be nowhere */
  Scanner scanner = { .start = start, .at = start, .end = start + size };

  if (size > limits->max_size) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_RANGE,
                 "the document is larger than %" G_GSIZE_FORMAT " bytes", limits->max_size);
    return FALSE;
  }
  scanner.max_depth = limits->max_depth;
  if (!g_utf8_validate_len (start, size, &scanner.at)) {
    fail (&scanner, PHAETON_ERROR_TYPE, "not UTF-8 text");
    set_place_error (&scanner, error);
    return FALSE;
  }
  scanner.at = start;
  if (check_document (&scanner))
    return TRUE;
  set_place_error (&scanner, error);
  return FALSE;
}

JsonNode *
phaeton_json_parse (const char *text, gsize size, const PhaetonJsonLimits *limits, GError **error)
{
  g_autoptr (JsonParser) parser = NULL;

  if (!phaeton_json_check (text, size, limits, error))
    return NULL;
  parser = json_parser_new_immutable ();
  if (!json_parser_load_from_data (parser, text, (gssize) size, error))
    return NULL;
  return json_parser_steal_root (parser);
}
