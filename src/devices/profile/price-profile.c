/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "price-profile.h"

#include "phaeton-error.h"
#include "phaeton-json.h"
#include "phaeton-price-json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Reads and checks a profile. A file that a person wrote or fetched from somewhere: every key is
 * known or refused, every text bounded. */

#define FORMAT_VERSION 1
#define MAX_FILE_BYTES (64 * 1024)
#define MAX_TEXT 1000
#define MAX_ITEMS 200 /* of any list */
#define MAX_NAME 32
#define MAX_REQUESTS_PER_DAY 1000
#define DEFAULT_REQUESTS_PER_DAY 150

typedef struct {
  const char *name;
  JsonObject *root;
  GError **error;
} Reader;

static const char *const keys[] = { "format", "title", "about",    "url",        "zone",
                                    "areas",  "token", "products", "currencies", "published",
                                    "rows",   "start", "end",      "price",      "columns",
                                    "time",   "unit",  "where",    "pending",    "requests_per_day",
                                    NULL };

void
price_profile_free (PriceProfile *self)
{
  for (guint i = 0; i < self->where->len; i++) {
    PriceWhere *where = &g_array_index (self->where, PriceWhere, i);

    g_free (where->path);
    g_strfreev (where->values);
  }
  g_array_unref (self->where);
  g_array_unref (self->pending);
  g_free (self->url);
  g_free (self->zone);
  g_strfreev (self->areas);
  g_strfreev (self->products);
  g_strfreev (self->currencies);
  g_free (self->rows);
  g_free (self->start);
  g_free (self->end);
  g_free (self->price);
  g_free (self);
}

gboolean
price_profile_is_name (const char *name)
{
  const gsize length = strlen (name);

  return length > 0 && length <= MAX_NAME && name[0] != '-' &&
         strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static gboolean fail (const Reader *reader, const char *key, const char *format, ...)
  G_GNUC_PRINTF (3, 4);

static gboolean
fail (const Reader *reader, const char *key, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (reader->error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, "%s: \"%s\" %s", reader->name,
               key, text);
  return FALSE;
}

/* @fallback: (nullable): NULL: must be there */
static gboolean
read_text (const Reader *reader, const char *key, const char *fallback, char **text)
{
  JsonNode *node = json_object_get_member (reader->root, key);
  const char *found = phaeton_price_json_get_text (reader->root, key);

  if (node == NULL && fallback != NULL) {
    *text = g_strdup (fallback);
    return TRUE;
  }
  if (found == NULL)
    return fail (reader, key, node == NULL ? "is missing" : "is no text");
  if (strlen (found) > MAX_TEXT)
    return fail (reader, key, "is longer than %d bytes", MAX_TEXT);
  *text = g_strdup (found);
  return TRUE;
}

static gboolean
read_word (const Reader *reader, const char *key, const char *fallback, const char *const *words,
           int *index)
{
  g_autofree char *text = NULL;
  g_autofree char *all = g_strjoinv (", ", (char **) words);

  if (!read_text (reader, key, fallback, &text))
    return FALSE;
  for (*index = 0; words[*index] != NULL; (*index)++)
    if (g_str_equal (words[*index], text))
      return TRUE;
  return fail (reader, key, "is none of %s", all);
}

static gboolean
read_int (const Reader *reader, const char *key, gint64 min, gint64 max, gint64 fallback,
          gint64 *value)
{
  JsonNode *node = json_object_get_member (reader->root, key);

  *value = node == NULL                                      ? fallback
           : json_node_get_value_type (node) == G_TYPE_INT64 ? json_node_get_int (node)
                                                             : min - 1;
  if (*value >= min && *value <= max)
    return TRUE;
  return fail (reader, key, "is no whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
               min, max);
}

/* a list of texts, of which @null also allows null */
static char **
read_list (const Reader *reader, const char *key, JsonNode *node, gboolean *null)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  JsonArray *array =
    node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (node != NULL && (array == NULL || json_array_get_length (array) > MAX_ITEMS)) {
    fail (reader, key, "is no list of at most %d texts", MAX_ITEMS);
    return NULL;
  }
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
    JsonNode *item = json_array_get_element (array, i);

    if (null != NULL && JSON_NODE_HOLDS_NULL (item)) {
      *null = TRUE;
    } else if (json_node_get_value_type (item) == G_TYPE_STRING &&
               strlen (json_node_get_string (item)) <= MAX_TEXT) {
      g_ptr_array_add (texts, g_strdup (json_node_get_string (item)));
    } else {
      fail (reader, key, "has an entry that is no text");
      return NULL;
    }
  }
  g_ptr_array_add (texts, NULL);
  return (char **) g_ptr_array_steal (texts, NULL);
}

static gboolean
read_choices (const Reader *reader, PriceProfile *self)
{
  self->areas = read_list (reader, "areas", json_object_get_member (reader->root, "areas"), NULL);
  self->products =
    self->areas != NULL
      ? read_list (reader, "products", json_object_get_member (reader->root, "products"), NULL)
      : NULL;
  self->currencies =
    self->products != NULL
      ? read_list (reader, "currencies", json_object_get_member (reader->root, "currencies"), NULL)
      : NULL;
  if (self->currencies == NULL)
    return FALSE;
  if (self->currencies[0] == NULL)
    return fail (reader, "currencies", "names no currency");
  for (guint i = 0; self->currencies[i] != NULL; i++)
    if (strlen (self->currencies[i]) != 3)
      return fail (reader, "currencies", "has an entry that is no code of three letters");
  return TRUE;
}

static gboolean
read_pending (const Reader *reader, PriceProfile *self)
{
  static const guint usual[] = { 204, 404 };
  JsonNode *node = json_object_get_member (reader->root, "pending");
  JsonArray *array = phaeton_price_json_get_array (reader->root, "pending");

  if (node == NULL)
    g_array_append_vals (self->pending, usual, G_N_ELEMENTS (usual));
  else if (array == NULL)
    return fail (reader, "pending", "is no list of statuses");
  for (guint i = 0; array != NULL && i < MIN (json_array_get_length (array), MAX_ITEMS); i++) {
    JsonNode *item = json_array_get_element (array, i);
    const gint64 status =
      json_node_get_value_type (item) == G_TYPE_INT64 ? json_node_get_int (item) : 0;

    if (status < 200 || status > 499)
      return fail (reader, "pending", "has an entry that is no status from 200 to 499");
    g_array_append_vals (self->pending, &(guint){ (guint) status }, 1);
  }
  return TRUE;
}

static gboolean
read_where (const Reader *reader, PriceProfile *self)
{
  JsonNode *node = json_object_get_member (reader->root, "where");
  JsonObject *object = phaeton_price_json_get_object (reader->root, "where");
  g_autoptr (GList) names = object != NULL ? json_object_get_members (object) : NULL;

  if (node != NULL && object == NULL)
    return fail (reader, "where", "is no object");
  if (g_list_length (names) > MAX_ITEMS)
    return fail (reader, "where", "has more than %d members", MAX_ITEMS);
  for (GList *name = names; name != NULL; name = name->next) {
    PriceWhere where = { 0 };

    where.values =
      read_list (reader, "where", json_object_get_member (object, name->data), &where.null);
    if (where.values == NULL)
      return FALSE;
    where.path = g_strdup (name->data);
    g_array_append_val (self->where, where);
  }
  return TRUE;
}

static gboolean
read_time_and_unit (const Reader *reader, PriceProfile *self)
{
  static const char *const times[] = { "rfc3339", "utc", "unix", "unix-ms", NULL };
  static const char *const units[] = { "per-kwh", "per-mwh", "hundredths-per-kwh", NULL };
  static const double factors[] = { 1.0, 0.001, 0.01 };
  static const char *const tokens[] = { "none", "url", "bearer", NULL };
  int time = 0, unit = 0, token = 0;

  if (!read_word (reader, "time", NULL, times, &time) ||
      !read_word (reader, "unit", NULL, units, &unit) ||
      !read_word (reader, "token", "none", tokens, &token))
    return FALSE;
  self->time = (PriceTime) time;
  self->factor = factors[unit];
  self->token = (PriceToken) token;
  return TRUE;
}

static gboolean
read_day (const Reader *reader, PriceProfile *self)
{
  g_autofree char *published = NULL;
  g_autoptr (GTimeZone) zone = NULL;
  int hours, minutes, length = 0;

  if (!read_text (reader, "zone", NULL, &self->zone) ||
      !read_text (reader, "published", NULL, &published))
    return FALSE;
  zone = g_time_zone_new_identifier (self->zone);
  if (zone == NULL)
    return fail (reader, "zone", "is no time zone such as Europe/Amsterdam");
  if (sscanf (published, "%2d:%2d%n", &hours, &minutes, &length) != 2 || length != 5 ||
      published[length] != '\0' || hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
    return fail (reader, "published", "is no time such as 13:00");
  self->published_min = hours * 60 + minutes;
  return TRUE;
}

static gboolean
read_paths (const Reader *reader, PriceProfile *self)
{
  JsonNode *columns = json_object_get_member (reader->root, "columns");

  if (columns != NULL && json_node_get_value_type (columns) != G_TYPE_BOOLEAN)
    return fail (reader, "columns", "is neither true nor false");
  self->is_columns = columns != NULL && json_node_get_boolean (columns);
  if (!read_text (reader, "rows", self->is_columns ? "" : NULL, &self->rows) ||
      !read_text (reader, "start", NULL, &self->start) ||
      !read_text (reader, "end", "", &self->end) ||
      !read_text (reader, "price", NULL, &self->price))
    return FALSE;
  if (self->is_columns && (self->rows[0] != '\0' || self->end[0] != '\0' || self->where->len > 0))
    return fail (reader, "columns", "goes without rows, end and where");
  return TRUE;
}

/* every template with words that exist, the address one that may be asked */
static gboolean
check_templates (const Reader *reader, const PriceProfile *self)
{
  const PriceWords words = { "X", "X", "EUR", "X" };
  const PhaetonPriceDay day = { 1795215600, 1795302000 };
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier (self->zone);
  const struct {
    const char *key, *text;
  } paths[] = {
    { "rows", self->rows }, { "start", self->start }, { "price", self->price }, { "end", self->end }
  };
  g_autofree char *bad = NULL;
  g_autofree char *url = price_template_expand (self->url, &words, zone, &day, TRUE, &bad);
  g_autoptr (GUri) uri = url != NULL ? g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL) : NULL;

  if (url == NULL)
    return fail (reader, "url", "has the word {%.40s}, which is none", bad);
  if (uri == NULL || g_uri_get_host (uri) == NULL || g_uri_get_host (uri)[0] == '\0' ||
      strcmp (g_uri_get_scheme (uri), "https") != 0 || g_uri_get_userinfo (uri) != NULL)
    return fail (reader, "url", "is no address that begins with https:// and a host");
  if (strstr (self->url, "{token}") != NULL && self->token != PRICE_TOKEN_URL)
    return fail (reader, "token", "must be \"url\" where the address has {token}");
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autofree char *wrong = NULL;
    g_autofree char *path =
      price_template_expand (paths[i].text, &words, NULL, NULL, FALSE, &wrong);

    if (path == NULL)
      return fail (reader, paths[i].key, "has the word {%.40s}, which is none here", wrong);
  }
  return TRUE;
}

static gboolean
check_keys (const Reader *reader)
{
  g_autoptr (GList) names = json_object_get_members (reader->root);
  gint64 format = 0;

  for (GList *name = names; name != NULL; name = name->next)
    if (!g_strv_contains (keys, name->data)) {
      g_autofree char *shown = phaeton_price_json_quote (name->data);

      return fail (reader, shown, "is no key of a profile");
    }
  return read_int (reader, "format", FORMAT_VERSION, FORMAT_VERSION, 0, &format);
}

static gboolean
read_all (const Reader *reader, PriceProfile *self)
{
  gint64 requests;

  if (!check_keys (reader) || !read_text (reader, "url", NULL, &self->url) ||
      !read_day (reader, self) || !read_choices (reader, self) ||
      !read_time_and_unit (reader, self) || !read_pending (reader, self) ||
      !read_where (reader, self) || !read_paths (reader, self) ||
      !read_int (reader, "requests_per_day", 1, MAX_REQUESTS_PER_DAY, DEFAULT_REQUESTS_PER_DAY,
                 &requests))
    return FALSE;
  self->requests_per_day = (guint) requests;
  return check_templates (reader, self);
}

PriceProfile *
price_profile_parse (const char *name, const char *text, gsize size, GError **error)
{
  const PhaetonJsonLimits limits = { MAX_FILE_BYTES, 4 };
  g_autoptr (PriceProfile) self = g_new0 (PriceProfile, 1);
  g_autoptr (GError) own = NULL;
  g_autoptr (JsonNode) node = phaeton_json_parse (text, size, &limits, &own);
  Reader reader = { name, NULL, error };

  self->pending = g_array_new (FALSE, FALSE, sizeof (guint));
  self->where = g_array_new (FALSE, FALSE, sizeof (PriceWhere));
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node)) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, "%s: %s", name,
                 own != NULL ? own->message : "is no JSON object");
    return NULL;
  }
  reader.root = json_node_get_object (node);
  return read_all (&reader, self) ? g_steal_pointer (&self) : NULL;
}
