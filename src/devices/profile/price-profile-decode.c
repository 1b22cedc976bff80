/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "price-profile.h"

#include "phaeton-error.h"
#include "phaeton-price-json.h"

#include <string.h>

#define MAX_ROWS 4000
#define UNIX_MAX G_GINT64_CONSTANT (253402300799) /* the year 9999 */

/* the templates of a profile, filled in */
typedef struct {
  char *rows, *start, *end, *price; /* (owned) */
  const PriceProfile *profile;
  const PriceWords *words;
  const PhaetonPriceDay *day;
  GTimeZone *utc; /* (owned) */
  GArray *starts; /* (owned) (element-type gint64): also of what has no price */
  GArray *slots;
} Reading;

static void
reading_clear (Reading *self)
{
  g_free (self->rows);
  g_free (self->start);
  g_free (self->end);
  g_free (self->price);
  g_time_zone_unref (self->utc);
  g_array_unref (self->starts);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reading, reading_clear)

static char *
expand (const char *text, const PriceWords *words)
{
  return price_template_expand (text, words, NULL, NULL, FALSE, NULL);
}

/* "data.price": the member of a member; "" the node itself; NULL: is not there */
static JsonNode *
find (JsonNode *node, const char *path)
{
  g_auto (GStrv) names = path[0] != '\0' ? g_strsplit (path, ".", 8) : NULL;

  for (guint i = 0; names != NULL && names[i] != NULL && node != NULL; i++)
    node = JSON_NODE_HOLDS_OBJECT (node)
             ? json_object_get_member (json_node_get_object (node), names[i])
             : NULL;
  return node;
}

static JsonArray *
find_array (JsonNode *node, const char *path)
{
  JsonNode *found = find (node, path);

  return found != NULL && JSON_NODE_HOLDS_ARRAY (found) ? json_node_get_array (found) : NULL;
}

static gboolean
get_time (const Reading *self, JsonNode *node, gint64 *at)
{
  const GType type = node != NULL ? json_node_get_value_type (node) : G_TYPE_INVALID;

  switch (self->profile->time) {
  case PRICE_TIME_RFC3339:
    return type == G_TYPE_STRING &&
           phaeton_price_time_parse (json_node_get_string (node), NULL, at);
  case PRICE_TIME_UTC:
    return type == G_TYPE_STRING &&
           phaeton_price_time_parse (json_node_get_string (node), self->utc, at);
  case PRICE_TIME_UNIX:
  case PRICE_TIME_UNIX_MS:
  default:
    if (type != G_TYPE_INT64)
      return FALSE;
    *at = json_node_get_int (node) / (self->profile->time == PRICE_TIME_UNIX_MS ? 1000 : 1);
    return *at >= 0 && *at <= UNIX_MAX;
  }
}

static gboolean
holds (const Reading *self, const PriceWhere *where, JsonNode *row)
{
  JsonNode *node = find (row, where->path);

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return where->null;
  for (guint i = 0; where->values[i] != NULL; i++) {
    g_autofree char *value = expand (where->values[i], self->words);

    if (json_node_get_value_type (node) == G_TYPE_STRING &&
        g_strcmp0 (json_node_get_string (node), value) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_wanted (const Reading *self, JsonNode *row)
{
  for (guint i = 0; i < self->profile->where->len; i++)
    if (!holds (self, &g_array_index (self->profile->where, PriceWhere, i), row))
      return FALSE;
  return TRUE;
}

/* a start or a price that makes no sense is unknown, and no other covers its time */
static void
add_slot (Reading *self, JsonNode *start, JsonNode *price, gint64 end_at)
{
  PhaetonPriceSlot slot = { .end_at = end_at };

  if (!get_time (self, start, &slot.start_at))
    return;
  g_array_append_val (self->starts, slot.start_at);
  if (phaeton_price_json_get_micros (price, self->profile->factor, TRUE, &slot.import_micros))
    g_array_append_val (self->slots, slot);
}

/* 0: not told; null: open-ended, so as far as we asked */
static gboolean
get_end (const Reading *self, JsonNode *row, gint64 *end_at)
{
  JsonNode *node = self->end[0] != '\0' ? find (row, self->end) : NULL;

  *end_at = 0;
  if (self->end[0] == '\0')
    return TRUE;
  if (node != NULL && JSON_NODE_HOLDS_NULL (node)) {
    *end_at = self->day->to_at;
    return TRUE;
  }
  return get_time (self, node, end_at);
}

static guint
read_rows (Reading *self, JsonArray *rows)
{
  const guint n = MIN (json_array_get_length (rows), MAX_ROWS);
  guint n_wanted = 0;

  for (guint i = 0; i < n; i++) {
    JsonNode *row = json_array_get_element (rows, i);
    gint64 end_at;

    if (!is_wanted (self, row))
      continue;
    n_wanted++;
    if (get_end (self, row, &end_at))
      add_slot (self, find (row, self->start), find (row, self->price), end_at);
  }
  return n_wanted;
}

static guint
read_columns (Reading *self, JsonArray *starts, JsonArray *prices)
{
  const guint n = MIN (json_array_get_length (starts), MAX_ROWS);

  for (guint i = 0; i < n && i < json_array_get_length (prices); i++)
    add_slot (self, json_array_get_element (starts, i), json_array_get_element (prices, i), 0);
  return n;
}

/* what services say in place of prices */
static void
fail_without_rows (JsonNode *root, guint status, GError **error)
{
  static const char *const names[] = { "message", "error", "detail", "reason" };
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  const char *found = NULL;
  g_autofree char *words = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names) && found == NULL; i++)
    found = phaeton_price_json_get_text (object, names[i]);
  words = phaeton_price_json_quote (found);
  if (status >= 400)
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED, "the service answers %u: %s", status,
                 words);
  else if (found != NULL)
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_OFFLINE, "the service says: %s", words);
  else
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL,
                         "the answer has no list of prices where the profile looks for it");
}

static gboolean
is_pending (const PriceProfile *self, guint status)
{
  for (guint i = 0; i < self->pending->len; i++)
    if (g_array_index (self->pending, guint, i) == status)
      return TRUE;
  return FALSE;
}

static gboolean
read_root (Reading *self, JsonNode *root, guint status, GError **error)
{
  JsonArray *rows = self->profile->is_columns ? NULL : find_array (root, self->rows);
  JsonArray *starts = self->profile->is_columns ? find_array (root, self->start) : NULL;
  JsonArray *prices = self->profile->is_columns ? find_array (root, self->price) : NULL;
  guint n;

  if (status >= 400 || (rows == NULL && (starts == NULL || prices == NULL))) {
    fail_without_rows (root, status, error);
    return FALSE;
  }
  n = rows != NULL ? read_rows (self, rows) : read_columns (self, starts, prices);
  if (n > 0 && self->slots->len == 0) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL,
                 "none of %u entries has a time and a price where the profile looks for them", n);
    return FALSE;
  }
  phaeton_price_slots_close (self->slots, self->starts);
  return TRUE;
}

gboolean
price_profile_decode (const PriceProfile *self, const PriceWords *words, const PhaetonPriceDay *day,
                      guint status, GBytes *body, PhaetonPriceAnswer *answer, GError **error)
{
  g_auto (Reading) reading = { expand (self->rows, words),
                               expand (self->start, words),
                               expand (self->end, words),
                               expand (self->price, words),
                               self,
                               words,
                               day,
                               g_time_zone_new_utc (),
                               g_array_new (FALSE, FALSE, sizeof (gint64)),
                               answer->slots };
  g_autoptr (JsonNode) root = NULL;

  g_strlcpy (answer->currency, words->currency, sizeof answer->currency);
  if (is_pending (self, status))
    return TRUE;
  root = phaeton_price_json_parse (body, error);
  return root != NULL && read_root (&reading, root, status, error);
}
