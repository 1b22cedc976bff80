/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-sample.h"

G_BEGIN_DECLS

typedef struct {
  gboolean known;
  double value;
} PhaetonHouseValue;

/* the house in sums, for people: import, production, charging and consumption are positive */
typedef struct {
  PhaetonHouseValue grid_w, pv_w, battery_w, consumption_w, battery_soc_percent;
} PhaetonHouse;

/* what is not older than a few seconds at @now_ms */
void phaeton_house_sum (const PhaetonHomeSample *home, gint64 now_ms, PhaetonHouse *house);

G_END_DECLS
