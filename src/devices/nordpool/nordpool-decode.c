/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "nordpool-decode.h"

#include "phaeton-error.h"
#include "phaeton-price-json.h"

#include <string.h>

#define NOT_PUBLISHED 204
#define REQUESTS_PER_DAY 150
#define MAX_ENTRIES 2000
#define PUBLISHED_MIN (12 * 60 + 50)
#define PER_MWH 0.001
#define HOST "https://dataportal-api.nordpoolgroup.com"

static gboolean
lists_area (JsonArray *areas, const char *area)
{
  for (guint i = 0; areas != NULL && i < json_array_get_length (areas); i++) {
    JsonNode *node = json_array_get_element (areas, i);

    if (json_node_get_value_type (node) == G_TYPE_STRING &&
        g_ascii_strcasecmp (json_node_get_string (node), area) == 0)
      return TRUE;
  }
  return FALSE;
}

/* only what is called final is; a state of which nobody speaks is not */
static gboolean
is_final (JsonObject *root, const char *area)
{
  JsonArray *states = phaeton_price_json_get_array (root, "areaStates");

  for (guint i = 0; states != NULL && i < json_array_get_length (states); i++) {
    JsonObject *state = phaeton_price_json_get_element (states, i);

    if (lists_area (phaeton_price_json_get_array (state, "areas"), area))
      return g_strcmp0 (phaeton_price_json_get_text (state, "state"), "Final") == 0;
  }
  return FALSE;
}

/* FALSE: the entry does not speak of the area at all */
static gboolean
read_entry (JsonObject *entry, const char *area, GArray *slots)
{
  const char *start = phaeton_price_json_get_text (entry, "deliveryStart");
  const char *end = phaeton_price_json_get_text (entry, "deliveryEnd");
  JsonObject *prices = phaeton_price_json_get_object (entry, "entryPerArea");
  JsonNode *price = prices != NULL ? json_object_get_member (prices, area) : NULL;
  PhaetonPriceSlot slot = { 0 };

  if (price == NULL)
    return FALSE;
  if (start != NULL && end != NULL && phaeton_price_time_parse (start, NULL, &slot.start_at) &&
      phaeton_price_time_parse (end, NULL, &slot.end_at) &&
      phaeton_price_json_get_micros (price, PER_MWH, FALSE, &slot.import_micros))
    g_array_append_val (slots, slot);
  return TRUE;
}

static gboolean
read_entries (JsonArray *entries, const char *area, GArray *slots, GError **error)
{
  const guint n = MIN (json_array_get_length (entries), MAX_ENTRIES);
  guint n_of_area = 0;

  for (guint i = 0; i < n; i++)
    n_of_area += read_entry (phaeton_price_json_get_element (entries, i), area, slots) ? 1 : 0;
  if (n_of_area == 0 && n > 0)
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                 "the answer has no area %s, see prices.area", area);
  else if (slots->len == 0)
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL, "the answer has no price");
  return slots->len > 0;
}

gboolean
nordpool_decode (const char *area, guint status, GBytes *body, PhaetonPriceAnswer *answer,
                 GError **error)
{
  g_autoptr (JsonNode) node = NULL;
  JsonObject *root;
  JsonArray *entries;
  const char *currency;

  if (status == NOT_PUBLISHED)
    return TRUE;
  if (status >= 400) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED,
                 "the portal answers %u: are prices.area and prices.currency right?", status);
    return FALSE;
  }
  node = phaeton_price_json_parse (body, error);
  if (node == NULL)
    return FALSE;
  root = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  entries = phaeton_price_json_get_array (root, "multiAreaEntries");
  if (entries == NULL) {
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL,
                         "the answer is no list of multiAreaEntries");
    return FALSE;
  }
  currency = phaeton_price_json_get_text (root, "currency");
  if (currency != NULL && strlen (currency) == 3)
    g_strlcpy (answer->currency, currency, sizeof answer->currency);
  answer->is_preliminary = !is_final (root, area);
  return read_entries (entries, area, answer->slots, error);
}

/* --- the source --- */

typedef struct {
  char *area, *currency, *base; /* (owned) */
} Market;

static void
market_free (gpointer data)
{
  Market *self = data;

  g_free (self->area);
  g_free (self->currency);
  g_free (self->base);
  g_free (self);
}

static char *
dup_url (const PhaetonPriceSource *self, const PhaetonPriceDay *day)
{
  const Market *market = self->data;
  g_autofree char *date = phaeton_price_day_format (self->zone, day->from_at, "%Y-%m-%d");
  g_autofree char *area = g_uri_escape_string (market->area, NULL, FALSE);
  g_autofree char *currency = g_uri_escape_string (market->currency, NULL, FALSE);
  g_autofree char *url =
    g_strdup_printf (HOST "/api/DayAheadPrices?market=DayAhead&date=%s&deliveryArea=%s&currency=%s",
                     date, area, currency);

  return phaeton_price_url_rebase (url, market->base);
}

static gboolean
decode (const PhaetonPriceSource *self, const PhaetonPriceDay *day, guint status, GBytes *body,
        PhaetonPriceAnswer *answer, GError **error)
{
  return nordpool_decode (((const Market *) self->data)->area, status, body, answer, error);
}

PhaetonPriceSource *
nordpool_source_new (const PhaetonConfig *config, GError **error)
{
  PhaetonPriceSource *self;
  Market *market;

  if (config->prices.area[0] == '\0') {
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                         "prices.area is not set: it is an area of Nord Pool such as SE3 or GER");
    return NULL;
  }
  market = g_new0 (Market, 1);
  market->area = g_strdup (config->prices.area);
  market->currency =
    g_strdup (config->prices.currency[0] != '\0' ? config->prices.currency : "EUR");
  market->base = g_strdup (config->prices.url);
  self = phaeton_price_source_new ("Europe/Brussels", PUBLISHED_MIN);
  self->requests_per_day = REQUESTS_PER_DAY;
  self->is_open = TRUE;
  self->by_day = TRUE;
  self->data = market;
  self->free = market_free;
  self->dup_url = dup_url;
  self->decode = decode;
  return self;
}
