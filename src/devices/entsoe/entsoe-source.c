/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "entsoe-decode.h"

#include "phaeton-error.h"

#include <string.h>

#define REQUESTS_PER_DAY 150
#define PUBLISHED_MIN (13 * 60)
#define HOST "https://web-api.tp.entsoe.eu"
#define CODE_LENGTH 16

static const struct {
  const char *name, *code;
} zones[] = {
  { "AT", "10YAT-APG------L" },       { "BE", "10YBE----------2" },
  { "CH", "10YCH-SWISSGRIDZ" },       { "CZ", "10YCZ-CEPS-----N" },
  { "DE-LU", "10Y1001A1001A82H" },    { "DK1", "10YDK-1--------W" },
  { "DK2", "10YDK-2--------M" },      { "EE", "10Y1001A1001A39I" },
  { "ES", "10YES-REE------0" },       { "FI", "10YFI-1--------U" },
  { "FR", "10YFR-RTE------C" },       { "IE", "10Y1001A1001A59C" },
  { "IT-NORTH", "10Y1001A1001A73I" }, { "NL", "10YNL----------L" },
  { "NO1", "10YNO-1--------2" },      { "NO2", "10YNO-2--------T" },
  { "NO3", "10YNO-3--------J" },      { "NO4", "10YNO-4--------9" },
  { "NO5", "10Y1001A1001A48H" },      { "PL", "10YPL-AREA-----S" },
  { "SE1", "10Y1001A1001A44P" },      { "SE2", "10Y1001A1001A45N" },
  { "SE3", "10Y1001A1001A46L" },      { "SE4", "10Y1001A1001A47J" },
};

const char *
entsoe_find_zone (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (zones); i++)
    if (g_ascii_strcasecmp (zones[i].name, name) == 0)
      return zones[i].code;
  if (strlen (name) == CODE_LENGTH && g_str_has_prefix (name, "10Y") &&
      strspn (name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == CODE_LENGTH)
    return name;
  return NULL;
}

typedef struct {
  char *code, *token, *base; /* (owned) */
  gboolean by_hour;
} Zone;

static void
zone_free (gpointer data)
{
  Zone *self = data;

  g_free (self->code);
  g_free (self->token);
  g_free (self->base);
  g_free (self);
}

/* the sequence is not asked for: platforms without the one that was named answered with nothing */
static char *
dup_url (const PhaetonPriceSource *self, const PhaetonPriceDay *day)
{
  const Zone *zone = self->data;
  g_autofree char *from = phaeton_price_day_format (NULL, day->from_at, "%Y%m%d%H%M");
  g_autofree char *to = phaeton_price_day_format (NULL, day->to_at, "%Y%m%d%H%M");
  g_autofree char *token = g_uri_escape_string (zone->token, NULL, FALSE);
  g_autofree char *url = g_strdup_printf (
    HOST "/api?documentType=A44&in_Domain=%s&out_Domain=%s&periodStart=%s&periodEnd=%s"
         "&securityToken=%s",
    zone->code, zone->code, from, to, token);

  return phaeton_price_url_rebase (url, zone->base);
}

static gboolean
decode (const PhaetonPriceSource *self, const PhaetonPriceDay *day, guint status, GBytes *body,
        PhaetonPriceAnswer *answer, GError **error)
{
  return entsoe_decode (((const Zone *) self->data)->by_hour, status, body, answer, error);
}

static gboolean
check (const PhaetonPricesConfig *config, GError **error)
{
  if (config->token[0] == '\0')
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                         "prices.token is not set: the platform gives one to its users");
  else if (entsoe_find_zone (config->area) == NULL)
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                 "prices.area \"%.40s\" is no bidding zone such as DE-LU, nor the code of one",
                 config->area);
  else if (config->product[0] != '\0' && !g_str_equal (config->product, "hour") &&
           !g_str_equal (config->product, "quarter"))
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                         "prices.product is none of quarter, hour");
  else
    return TRUE;
  return FALSE;
}

PhaetonPriceSource *
entsoe_source_new (const PhaetonConfig *config, GError **error)
{
  PhaetonPriceSource *self;
  Zone *zone;

  if (!check (&config->prices, error))
    return NULL;
  zone = g_new0 (Zone, 1);
  zone->code = g_strdup (entsoe_find_zone (config->prices.area));
  zone->token = g_strdup (config->prices.token);
  zone->base = g_strdup (config->prices.url);
  zone->by_hour = g_str_equal (config->prices.product, "hour");
  self = phaeton_price_source_new ("Europe/Brussels", PUBLISHED_MIN);
  self->requests_per_day = REQUESTS_PER_DAY;
  self->by_day = TRUE;
  self->data = zone;
  self->free = zone_free;
  self->dup_url = dup_url;
  self->decode = decode;
  return self;
}
