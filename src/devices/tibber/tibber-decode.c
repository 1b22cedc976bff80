/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tibber-decode.h"

#include "phaeton-error.h"
#include "phaeton-json.h"

#include <string.h>

#define REQUESTS_PER_DAY 300 /* of 100 in five minutes that are allowed */
#define MAX_ENTRIES 600      /* three days of quarters in each list */
#define QUARTER_S 900
#define HOUR_S 3600
#define MAX_WORDS_SHOWN 200

static const char query[] =
  "{\"query\":\"{viewer{homes{id currentSubscription{priceInfo(resolution:QUARTER_HOURLY){"
  "current{currency}today{total level startsAt}tomorrow{total level startsAt}}}}}}\","
  "\"variables\":{}}";

typedef struct {
  gint64 start_at;
  gboolean known;
  gint64 price_micros;
  PhaetonPriceLevel level;
} Entry;

/* the member when it is an object, and so on; NULL: is not there or is something else */
static JsonObject *
get_object (JsonObject *object, const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static JsonArray *
get_array (JsonObject *object, const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

static JsonObject *
get_element (JsonArray *array, guint index)
{
  JsonNode *node = json_array_get_element (array, index);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static const char *
get_text (JsonObject *object, const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
           ? json_node_get_string (node)
           : NULL;
}

/* FIX 40: what is no number is not 0 */
static gboolean
get_price (JsonObject *object, const char *name, gint64 *micros)
{
  JsonNode *node = json_object_get_member (object, name);
  double price;

  if (node == NULL || (json_node_get_value_type (node) != G_TYPE_DOUBLE &&
                       json_node_get_value_type (node) != G_TYPE_INT64))
    return FALSE;
  price = json_node_get_double (node) * 1e6;
  if (!(price >= -(double) PHAETON_MAX_PRICE_MICROS && price <= (double) PHAETON_MAX_PRICE_MICROS))
    return FALSE;
  *micros = (gint64) (price < 0 ? price - 0.5 : price + 0.5);
  return TRUE;
}

/* what GraphQL says in place of data: a token is mended by a person, the rest by time */
static void
fail_with_errors (JsonArray *errors, GError **error)
{
  JsonObject *first = json_array_get_length (errors) > 0 ? get_element (errors, 0) : NULL;
  const char *code = get_text (get_object (first, "extensions"), "code");
  const char *words = get_text (first, "message");
  g_autofree char *shown =
    g_utf8_substring (words != NULL ? words : "an error without words", 0,
                      MIN (words != NULL ? g_utf8_strlen (words, -1) : 22, MAX_WORDS_SHOWN));

  if (g_strcmp0 (code, "UNAUTHENTICATED") == 0)
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED,
                 "tibber.access_token is not accepted: %s", shown);
  else
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_OFFLINE, "the service says: %s", shown);
}

static JsonObject *
get_price_info (JsonObject *home)
{
  return get_object (get_object (home, "currentSubscription"), "priceInfo");
}

/* FIX 42: never the prices of another home than the one that was asked for */
static JsonObject *
find_price_info (JsonArray *homes, const char *home_id, GError **error)
{
  for (guint i = 0; i < json_array_get_length (homes); i++) {
    JsonObject *home = get_element (homes, i);
    const char *id = get_text (home, "id");

    if (home_id[0] != '\0' && (id == NULL || g_ascii_strcasecmp (id, home_id) != 0))
      continue;
    if (get_price_info (home) != NULL)
      return get_price_info (home);
    if (home_id[0] != '\0') {
      g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                   "the home %s of tibber.home_id has no running contract", home_id);
      return NULL;
    }
  }
  if (home_id[0] != '\0')
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                 "the account has no home %s, see tibber.home_id", home_id);
  else
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                         "no home of the account has a running contract");
  return NULL;
}

static void
read_entries (JsonArray *array, GArray *entries)
{
  for (guint i = 0; array != NULL && i < MIN (json_array_get_length (array), MAX_ENTRIES); i++) {
    JsonObject *object = get_element (array, i);
    const char *text = get_text (object, "startsAt");
    g_autoptr (GDateTime) start = text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;
    Entry entry = { 0 };

    if (start == NULL)
      continue;
    entry.start_at = g_date_time_to_unix (start);
    entry.known = get_price (object, "total", &entry.price_micros);
    entry.level = phaeton_price_level_from_string (get_text (object, "level"));
    g_array_append_val (entries, entry);
  }
}

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const gint64 one = ((const Entry *) a)->start_at, other = ((const Entry *) b)->start_at;

  return (one > other) - (one < other);
}

/* there is no end in the answer: slots are as long as the shortest step, an hour at most */
static gint64
get_length_s (const GArray *entries)
{
  gint64 length_s = G_MAXINT64;

  for (guint i = 1; i < entries->len; i++) {
    const gint64 step_s =
      g_array_index (entries, Entry, i).start_at - g_array_index (entries, Entry, i - 1).start_at;

    if (step_s > 0)
      length_s = MIN (length_s, step_s);
  }
  return length_s == G_MAXINT64 ? QUARTER_S : MIN (length_s, HOUR_S);
}

static void
make_slots (GArray *entries, GArray *slots)
{
  gint64 length_s;

  g_array_sort (entries, compare_entries);
  length_s = get_length_s (entries);
  for (guint i = 0; i < entries->len; i++) {
    const Entry *entry = &g_array_index (entries, Entry, i);
    const PhaetonPriceSlot slot = { .start_at = entry->start_at,
                                    .end_at = entry->start_at + length_s,
                                    .import_micros = entry->price_micros,
                                    .level = entry->level };

    if (entry->known)
      g_array_append_val (slots, slot);
  }
}

gboolean
tibber_decode (const char *home_id, GBytes *body, PhaetonPriceAnswer *answer, GError **error)
{
  const PhaetonJsonLimits limits = { 1024 * 1024, 12 };
  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_autoptr (GError) own = NULL;
  g_autoptr (JsonNode) node =
    phaeton_json_parse (g_bytes_get_data (body, NULL), g_bytes_get_size (body), &limits, &own);
  JsonObject *root =
    node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonArray *homes = get_array (get_object (get_object (root, "data"), "viewer"), "homes");
  JsonArray *errors = get_array (root, "errors");
  const char *currency;
  JsonObject *info;

  if (homes == NULL && errors != NULL) {
    fail_with_errors (errors, error);
    return FALSE;
  }
  if (homes == NULL) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL, "the answer is no list of homes%s%s",
                 own != NULL ? ": " : "", own != NULL ? own->message : "");
    return FALSE;
  }
  info = find_price_info (homes, home_id, error);
  if (info == NULL)
    return FALSE;
  read_entries (get_array (info, "today"), entries);
  read_entries (get_array (info, "tomorrow"), entries);
  make_slots (entries, answer->slots);
  currency = get_text (get_object (info, "current"), "currency");
  if (currency != NULL && strlen (currency) == 3)
    g_strlcpy (answer->currency, currency, sizeof answer->currency);
  if (answer->slots->len > 0)
    return TRUE;
  g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL, "the answer has no price");
  return FALSE;
}

static gboolean
decode (const PhaetonConfig *config, GBytes *body, PhaetonPriceAnswer *answer, GError **error)
{
  return tibber_decode (config->tibber.home_id, body, answer, error);
}

static void
make_request (const PhaetonConfig *config, PhaetonHttpRequest *request)
{
  *request = (PhaetonHttpRequest){ .url = config->tibber.url,
                                   .bearer = config->tibber.token,
                                   .content_type = "application/json",
                                   .body = g_bytes_new_static (query, sizeof query - 1),
                                   .cache_key = "prices" };
}

const PhaetonPriceSource tibber_source = { "tibber", REQUESTS_PER_DAY, make_request, decode };
