/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-head.h"

#include <string.h>

#define MAX_TARGET_BYTES 2048
#define MAX_HEADER_BYTES 16384
#define MAX_HEADERS 64
#define MAX_LENGTH_DIGITS 15
#define END "\r\n\r\n"

enum {
  STATUS_BAD_REQUEST = 400,
  STATUS_TARGET_TOO_LONG = 414,
  STATUS_HEADERS_TOO_LARGE = 431,
};

/* of headers that say where the body ends, and for whom the request is */
typedef struct {
  guint n_headers;
  guint n_hosts, n_lengths, n_codings;
  gboolean is_clear;
} Seen;

gsize
phaeton_web_head_find_end (const char *bytes, gsize size)
{
  const char *end = memmem (bytes, size, END, strlen (END));

  return end != NULL ? (gsize) (end - bytes) + strlen (END) : 0;
}

/* RFC 9110 5.6.2 */
static gboolean
is_token (const char *text, gsize size)
{
  for (gsize i = 0; i < size; i++)
    if (!g_ascii_isalnum (text[i]) &&
        (text[i] == '\0' || strchr ("!#$%&'*+-.^_`|~", text[i]) == NULL))
      return FALSE;
  return size > 0;
}

static gboolean
has_controls (const char *text, gsize size)
{
  for (gsize i = 0; i < size; i++)
    if (((guchar) text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
      return TRUE;
  return FALSE;
}

static gboolean
is_word (const char *text, gsize size, const char *word)
{
  return size == strlen (word) && g_ascii_strncasecmp (text, word, size) == 0;
}

static gboolean
is_number (const char *text, gsize size)
{
  for (gsize i = 0; i < size; i++)
    if (!g_ascii_isdigit (text[i]))
      return FALSE;
  return size > 0 && size <= MAX_LENGTH_DIGITS;
}

/* METHOD SP target SP HTTP/1.x */
static guint
check_request_line (const char *line, gsize size, const char **problem)
{
  const char *target = memchr (line, ' ', size);
  const char *version = memrchr (line, ' ', size);

  *problem = "the request line makes no sense";
  if (target == NULL || version == target || !is_token (line, (gsize) (target - line)) ||
      has_controls (line, size) || memchr (line, '\t', size) != NULL)
    return STATUS_BAD_REQUEST;
  target++;
  if (version == target || memchr (target, ' ', (gsize) (version - target)) != NULL)
    return STATUS_BAD_REQUEST;
  if (version - target > MAX_TARGET_BYTES) {
    *problem = "the address is too long";
    return STATUS_TARGET_TOO_LONG;
  }
  return 0;
}

/* FALSE: no header, or continued on the next line as nobody does any more */
static gboolean
take_header (Seen *seen, const char *line, gsize size)
{
  const char *colon = memchr (line, ':', size);
  gsize name_size, value_size;
  const char *value;

  if (colon == NULL || has_controls (line, size))
    return FALSE;
  name_size = (gsize) (colon - line);
  value = colon + 1;
  value_size = size - name_size - 1;
  while (value_size > 0 && (*value == ' ' || *value == '\t')) {
    value++;
    value_size--;
  }
  while (value_size > 0 && (value[value_size - 1] == ' ' || value[value_size - 1] == '\t'))
    value_size--;
  if (is_word (line, name_size, "Host")) {
    seen->n_hosts++;
  } else if (is_word (line, name_size, "Content-Length")) {
    seen->n_lengths++;
    seen->is_clear &= is_number (value, value_size);
  } else if (is_word (line, name_size, "Transfer-Encoding")) {
    seen->n_codings++;
    seen->is_clear &= is_word (value, value_size, "chunked");
  }
  seen->n_headers++;
  return is_token (line, name_size);
}

static gsize
get_line_size (const char *line, const char *end)
{
  const char *stop = memmem (line, (gsize) (end - line), "\r\n", 2);

  return (gsize) ((stop != NULL ? stop : end) - line);
}

guint
phaeton_web_head_check (const char *bytes, gsize size, const char **problem)
{
  Seen seen = { .is_clear = TRUE };
  const char *end = bytes + size - strlen (END) + strlen ("\r\n"); /* of the last line */
  const char *line = bytes;
  gsize line_size = get_line_size (line, end);
  const guint status = check_request_line (line, line_size, problem);

  if (status != 0)
    return status;
  line += line_size + 2;
  *problem = "the headers are too large";
  if (end - line > MAX_HEADER_BYTES)
    return STATUS_HEADERS_TOO_LARGE;
  for (; line < end; line += line_size + 2) {
    line_size = get_line_size (line, end);
    if (!take_header (&seen, line, line_size)) {
      *problem = "a header makes no sense";
      return STATUS_BAD_REQUEST;
    }
  }
  if (seen.n_headers > MAX_HEADERS)
    return STATUS_HEADERS_TOO_LARGE;
  *problem = "it is not clear where the body ends"; /* RFC 9112 6.3 and 11.2 */
  if (!seen.is_clear || seen.n_lengths + seen.n_codings > 1)
    return STATUS_BAD_REQUEST;
  *problem = "there must be one Host";
  return seen.n_hosts > 1 ? STATUS_BAD_REQUEST : 0;
}
