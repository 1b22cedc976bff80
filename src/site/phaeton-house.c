/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-house.h"

#define STALE_MS 15000 /* older is not known any more */

static gboolean
is_fresh (gboolean known, gint64 at_ms, gint64 now_ms)
{
  return known && now_ms - at_ms <= STALE_MS;
}

/* the sum of those that are known */
static PhaetonHouseValue
sum_readings (const PhaetonReading *readings, guint n, gint64 now_ms)
{
  PhaetonHouseValue sum = { FALSE, 0 };

  for (guint i = 0; i < n; i++)
    if (is_fresh (readings[i].known, readings[i].at_ms, now_ms)) {
      sum.value += readings[i].value;
      sum.known = TRUE;
    }
  return sum;
}

void
phaeton_house_sum (const PhaetonHomeSample *home, gint64 now_ms, PhaetonHouse *house)
{
  const PhaetonReading pv_w[] = { home->pv_dc_power_w, home->pv_on_grid_power_w,
                                  home->pv_on_output_power_w, home->pv_on_genset_power_w };
  const PhaetonReadingD *soc = &home->battery_soc_percent;

  house->grid_w = sum_readings (home->grid_power_w, PHAETON_PHASES, now_ms);
  house->pv_w = sum_readings (pv_w, G_N_ELEMENTS (pv_w), now_ms);
  house->battery_w = sum_readings (&home->battery_power_w, 1, now_ms);
  house->consumption_w = sum_readings (&home->consumption_power_w, 1, now_ms);
  house->battery_soc_percent.known = is_fresh (soc->known, soc->at_ms, now_ms);
  house->battery_soc_percent.value = soc->value;
}
