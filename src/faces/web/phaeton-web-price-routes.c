/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-api-private.h"
#include "phaeton-web-prices.h"
#include "phaeton-web-query.h"

static void
look (PhaetonWebApi *self, guint charger, PhaetonWebPrices *prices, PhaetonPriceState *state)
{
  static const PhaetonPriceRule none = { PHAETON_PRICE_BY_LEVEL, G_MININT64, 0, FALSE, FALSE };
  const PhaetonConfig *config = phaeton_site_get_config (self->site);
  const PhaetonChargerConfig *its =
    charger < config->n_chargers ? &config->chargers[charger] : NULL; /* NULL: there is none */
  PhaetonPriceDesk *desk = phaeton_site_get_price_desk (self->site);

  prices->wall_at = phaeton_clock_get_wall_at (self->clock);
  prices->is_fallback = phaeton_price_desk_get_series (desk, prices->wall_at, &prices->series);
  prices->parts = phaeton_price_desk_get_parts (desk, prices->is_fallback);
  prices->state = phaeton_price_desk_get_state (desk, state) ? state : NULL;
  prices->rule = its != NULL ? &its->price_rule : &none;
  prices->plan = its != NULL ? phaeton_site_get_plan (self->site, charger) : NULL;
  prices->min_run_s = its != NULL ? its->min_run_ms / 1000 : 0;
  prices->by_rule = its == NULL || its->schedule_source == PHAETON_SCHEDULE_TIBBER;
  prices->zone = phaeton_site_get_time_zone (self->site);
}

void
phaeton_web_get_tibber_plan (PhaetonWebRequest *request, gpointer user_data)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;
  PhaetonPriceState state;
  PhaetonWebPrices prices;

  look (user_data, 0, &prices, &state);
  phaeton_web_reply_json (
    request, phaeton_web_write_tibber_plan (&json, &prices) ? STATUS_OK : STATUS_FAILED, &json);
}

void
phaeton_web_get_prices (PhaetonWebRequest *request, gpointer user_data)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;
  PhaetonPriceState state;
  PhaetonWebPrices prices;

  look (user_data, 0, &prices, &state);
  phaeton_web_write_prices (&json, &prices);
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

void
phaeton_web_get_plan (PhaetonWebRequest *request, gpointer user_data)
{
  g_auto (PhaetonWebQuery) query = { 0 };
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;
  PhaetonPriceState state;
  PhaetonWebPrices prices;
  const char *id;
  int charger = 0;

  phaeton_web_query_init (&query, request);
  id = phaeton_web_query_get (&query, "charger");
  if (query.error != NULL) {
    phaeton_web_reply_failure (request, query.error);
    return;
  }
  if (id != NULL)
    charger = phaeton_web_find_charger (user_data, request, id);
  if (charger < 0)
    return;
  look (user_data, (guint) charger, &prices, &state);
  phaeton_web_write_plan (&json, &prices);
  phaeton_web_reply_json (request, STATUS_OK, &json);
}
