/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-json.h"
#include "phaeton-price-series.h"
#include "phaeton-tariff.h"

G_BEGIN_DECLS

/* What the API tells of prices, and of the hours in which they let a car charge. */

typedef struct {
  PhaetonPriceSeries series;
  const PhaetonPriceState *state; /* (nullable): NULL: the settings name no source */
  const PhaetonPriceParts *parts; /* one for each slot */
  gboolean is_fallback;           /* the fallback tariff's, since the source knows none for now */
  const PhaetonPriceRule *rule;
  gboolean by_rule; /* its Scheduled goes by it, not by windows */
  gint64 min_run_s;
  const PhaetonPlanState *plan; /* (nullable): of the charger, for its deadline */
  gint64 wall_at;
  const char *zone; /* (nullable): IANA name; NULL: UTC */
} PhaetonWebPrices;

/* GET /api/tibber/plan, the ancestors' document; FALSE: there is nothing but an error to tell */
gboolean phaeton_web_write_tibber_plan (PhaetonJson *json, const PhaetonWebPrices *prices);

/* GET /api/v1/prices */
void phaeton_web_write_prices (PhaetonJson *json, const PhaetonWebPrices *prices);

/* GET /api/v1/plan */
void phaeton_web_write_plan (PhaetonJson *json, const PhaetonWebPrices *prices);

G_END_DECLS
