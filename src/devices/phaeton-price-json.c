/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-price-json.h"

#include "phaeton-error.h"
#include "phaeton-json.h"

#include <string.h>

#define MAX_ANSWER_BYTES (1024 * 1024)
#define MAX_DEPTH 12
#define MAX_WORDS_SHOWN 200
#define QUARTER_S 900
#define HOUR_S 3600

static gboolean
is_page (const char *data, gsize size)
{
  gsize i = 0;

  while (i < size && g_ascii_isspace (data[i]))
    i++;
  return i < size && data[i] == '<';
}

JsonNode *
phaeton_price_json_parse (GBytes *body, GError **error)
{
  const PhaetonJsonLimits limits = { MAX_ANSWER_BYTES, MAX_DEPTH };
  g_autoptr (GError) own = NULL;
  gsize size;
  const char *data = g_bytes_get_data (body, &size);
  JsonNode *node = phaeton_json_parse (data, size, &limits, &own);

  if (node == NULL)
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL, "the answer is %s: %s",
                 size == 0              ? "empty"
                 : is_page (data, size) ? "a web page"
                                        : "no JSON",
                 own->message);
  return node;
}

static JsonNode *
get_member (JsonObject *object, const char *name)
{
  return object != NULL ? json_object_get_member (object, name) : NULL;
}

JsonObject *
phaeton_price_json_get_object (JsonObject *object, const char *name)
{
  JsonNode *node = get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

JsonArray *
phaeton_price_json_get_array (JsonObject *object, const char *name)
{
  JsonNode *node = get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

JsonObject *
phaeton_price_json_get_element (JsonArray *array, guint index)
{
  JsonNode *node = json_array_get_element (array, index);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

const char *
phaeton_price_json_get_text (JsonObject *object, const char *name)
{
  JsonNode *node = get_member (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
           ? json_node_get_string (node)
           : NULL;
}

gboolean
phaeton_price_to_micros (double price, gint64 *micros)
{
  const double all = price * 1e6;

  if (!(all >= -(double) PHAETON_MAX_PRICE_MICROS && all <= (double) PHAETON_MAX_PRICE_MICROS))
    return FALSE;
  *micros = (gint64) (all < 0 ? all - 0.5 : all + 0.5);
  return TRUE;
}

gboolean
phaeton_price_json_get_micros (JsonNode *node, double factor, gboolean text_too, gint64 *micros)
{
  const GType type = node != NULL ? json_node_get_value_type (node) : G_TYPE_INVALID;

  if (type == G_TYPE_DOUBLE || type == G_TYPE_INT64)
    return phaeton_price_to_micros (json_node_get_double (node) * factor, micros);
  if (type == G_TYPE_STRING && text_too) {
    const char *text = json_node_get_string (node);
    char *end;
    const double price = g_ascii_strtod (text, &end);

    return end != text && *end == '\0' && strspn (text, "+-.0123456789eE") == strlen (text) &&
           phaeton_price_to_micros (price * factor, micros);
  }
  return FALSE;
}

gboolean
phaeton_price_time_parse (const char *text, GTimeZone *zone, gint64 *at)
{
  char whole[48];
  g_autoptr (GDateTime) time = NULL;

  /* "2026-11-21T23:00" and a zone or none: the seconds are missing */
  if (strlen (text) >= 16 && strlen (text) < sizeof whole - 4 && text[13] == ':' &&
      text[16] != ':') {
    g_snprintf (whole, sizeof whole, "%.16s:00%s", text, text + 16);
    text = whole;
  }
  time = g_date_time_new_from_iso8601 (text, zone);
  if (time == NULL)
    return FALSE;
  *at = g_date_time_to_unix (time);
  return TRUE;
}

char *
phaeton_price_json_quote (const char *words)
{
  return words == NULL
           ? g_strdup ("an error without words")
           : g_utf8_substring (words, 0, MIN (g_utf8_strlen (words, -1), MAX_WORDS_SHOWN));
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  const gint64 one = *(const gint64 *) a, other = *(const gint64 *) b;

  return (one > other) - (one < other);
}

void
phaeton_price_slots_close (GArray *slots, GArray *starts)
{
  gint64 length_s = G_MAXINT64;

  g_array_sort (starts, compare_times);
  for (guint i = 1; i < starts->len; i++) {
    const gint64 step_s = g_array_index (starts, gint64, i) - g_array_index (starts, gint64, i - 1);

    if (step_s > 0)
      length_s = MIN (length_s, step_s);
  }
  length_s = length_s == G_MAXINT64 ? QUARTER_S : MIN (length_s, HOUR_S);
  for (guint i = 0; i < slots->len; i++) {
    PhaetonPriceSlot *slot = &g_array_index (slots, PhaetonPriceSlot, i);

    if (slot->end_at == 0)
      slot->end_at = slot->start_at + length_s;
  }
}
