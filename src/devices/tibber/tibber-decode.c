/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "tibber-decode.h"

#include "phaeton-error.h"
#include "phaeton-price-json.h"

#include <string.h>

#define REQUESTS_PER_DAY 300 /* of 100 in five minutes that are allowed */
#define MAX_ENTRIES 600      /* three days of quarters in each list */
#define PUBLISHED_MIN (13 * 60)

static const char query[] =
  "{\"query\":\"{viewer{homes{id currentSubscription{priceInfo(resolution:QUARTER_HOURLY){"
  "current{currency}today{total level startsAt}tomorrow{total level startsAt}}}}}}\","
  "\"variables\":{}}";

/* what GraphQL says in place of data: a token is mended by a person, the rest by time */
static void
fail_without_homes (JsonArray *errors, GError **error)
{
  JsonObject *first = errors != NULL && json_array_get_length (errors) > 0
                        ? phaeton_price_json_get_element (errors, 0)
                        : NULL;
  const char *code =
    phaeton_price_json_get_text (phaeton_price_json_get_object (first, "extensions"), "code");
  g_autofree char *words =
    phaeton_price_json_quote (phaeton_price_json_get_text (first, "message"));

  if (errors == NULL)
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL,
                         "the answer is no list of homes");
  else if (g_strcmp0 (code, "UNAUTHENTICATED") == 0)
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED,
                 "tibber.access_token is not accepted: %s", words);
  else
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_OFFLINE, "the service says: %s", words);
}

static JsonObject *
get_price_info (JsonObject *home)
{
  return phaeton_price_json_get_object (phaeton_price_json_get_object (home, "currentSubscription"),
                                        "priceInfo");
}

/* FIX 42: never the prices of another home than the one that was asked for */
static JsonObject *
find_price_info (JsonArray *homes, const char *home_id, GError **error)
{
  for (guint i = 0; i < json_array_get_length (homes); i++) {
    JsonObject *home = phaeton_price_json_get_element (homes, i);
    const char *id = phaeton_price_json_get_text (home, "id");

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
read_entries (JsonArray *array, GArray *slots, GArray *starts)
{
  for (guint i = 0; array != NULL && i < MIN (json_array_get_length (array), MAX_ENTRIES); i++) {
    JsonObject *object = phaeton_price_json_get_element (array, i);
    const char *text = phaeton_price_json_get_text (object, "startsAt");
    PhaetonPriceSlot slot = { 0 };

    if (text == NULL || !phaeton_price_time_parse (text, NULL, &slot.start_at))
      continue;
    g_array_append_val (starts, slot.start_at);
    slot.level = phaeton_price_level_from_string (phaeton_price_json_get_text (object, "level"));
    if (phaeton_price_json_get_micros (json_object_get_member (object, "total"), 1.0, FALSE,
                                       &slot.import_micros))
      g_array_append_val (slots, slot);
  }
}

gboolean
tibber_decode (const char *home_id, GBytes *body, PhaetonPriceAnswer *answer, GError **error)
{
  g_autoptr (GArray) starts = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (JsonNode) node = phaeton_price_json_parse (body, error);
  JsonObject *root, *info;
  JsonArray *homes;
  const char *currency;

  if (node == NULL)
    return FALSE;
  root = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  homes = phaeton_price_json_get_array (
    phaeton_price_json_get_object (phaeton_price_json_get_object (root, "data"), "viewer"),
    "homes");
  if (homes == NULL) {
    fail_without_homes (phaeton_price_json_get_array (root, "errors"), error);
    return FALSE;
  }
  info = find_price_info (homes, home_id, error);
  if (info == NULL)
    return FALSE;
  read_entries (phaeton_price_json_get_array (info, "today"), answer->slots, starts);
  read_entries (phaeton_price_json_get_array (info, "tomorrow"), answer->slots, starts);
  phaeton_price_slots_close (answer->slots, starts); /* the answer has no ends */
  currency =
    phaeton_price_json_get_text (phaeton_price_json_get_object (info, "current"), "currency");
  if (currency != NULL && strlen (currency) == 3)
    g_strlcpy (answer->currency, currency, sizeof answer->currency);
  if (answer->slots->len > 0)
    return TRUE;
  g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL, "the answer has no price");
  return FALSE;
}

/* --- the source --- */

typedef struct {
  char *url, *home_id; /* (owned) */
} Account;

static void
account_free (gpointer data)
{
  Account *self = data;

  g_free (self->url);
  g_free (self->home_id);
  g_free (self);
}

static gboolean
decode (const PhaetonPriceSource *self, const PhaetonPriceDay *day, guint status, GBytes *body,
        PhaetonPriceAnswer *answer, GError **error)
{
  return tibber_decode (((const Account *) self->data)->home_id, body, answer, error);
}

static char *
dup_url (const PhaetonPriceSource *self, const PhaetonPriceDay *day)
{
  return g_strdup (((const Account *) self->data)->url);
}

PhaetonPriceSource *
tibber_source_new (const PhaetonConfig *config, GError **error)
{
  PhaetonPriceSource *self;
  Account *account;

  if (config->tibber.token[0] == '\0') {
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                         "tibber.access_token is not set");
    return NULL;
  }
  account = g_new0 (Account, 1);
  account->url = g_strdup (config->tibber.url);
  account->home_id = g_strdup (config->tibber.home_id);
  self = phaeton_price_source_new ("Europe/Berlin", PUBLISHED_MIN);
  self->requests_per_day = REQUESTS_PER_DAY;
  self->bearer = g_strdup (config->tibber.token);
  self->body = g_bytes_new_static (query, sizeof query - 1);
  self->data = account;
  self->free = account_free;
  self->dup_url = dup_url;
  self->decode = decode;
  return self;
}
