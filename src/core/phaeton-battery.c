/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-battery.h"
#include "phaeton-home-reading.h"

#define FULL_PERCENT 98.0

/* over the threshold at once, back only below it by the hysteresis */
static gboolean
is_above (double value, double threshold, gboolean was)
{
  return value >= (was ? threshold - PHAETON_BATTERY_HYSTERESIS : threshold);
}

static void
step_thresholds (const PhaetonHomeConfig *config, const PhaetonHomeSample *home, gint64 now_ms,
                 PhaetonSiteState *site)
{
  double soc_percent;

  if (!phaeton_reading_get_double (&home->battery_soc_percent, now_ms, &soc_percent)) {
    site->battery_filled = FALSE;
    site->assist = FALSE;
    return;
  }
  site->battery_filled = is_above (soc_percent, config->target_soc_percent, site->battery_filled);
  site->assist =
    config->assist_w > 0 && is_above (soc_percent, config->assist_soc_percent, site->assist);
}

/* what the battery does not take although it could goes to the grid, so the car may have it */
static int
get_first_w (const PhaetonHomeConfig *config, const PhaetonHomeSample *home,
             const PhaetonBalance *balance, gint64 now_ms)
{
  int battery_w;

  if (balance->exporting && phaeton_reading_get (&home->battery_power_w, now_ms, &battery_w))
    return CLAMP (battery_w, 0, config->charge_w);
  return config->charge_w;
}

int
phaeton_battery_get_reserve_w (const PhaetonHomeConfig *config, const PhaetonHomeSample *home,
                               const PhaetonBalance *balance, gint64 now_ms, PhaetonSiteState *site)
{
  const int gross_w = MAX (balance->gross_w, 0);

  step_thresholds (config, home, now_ms, site);
  if (site->assist)
    return -config->assist_w;
  if (!site->battery_seen || site->battery_filled)
    return 0;
  switch (config->battery_policy) {
  case PHAETON_BATTERY_FIRST:
    return get_first_w (config, home, balance, now_ms);
  case PHAETON_BATTERY_SHARE:
    return (int) ((gint64) gross_w * (100 - CLAMP (config->car_share_percent, 0, 100)) / 100);
  case PHAETON_BATTERY_CAR_FIRST:
    break;
  }
  return 0;
}

gboolean
phaeton_battery_is_low (const PhaetonHomeConfig *config, const PhaetonHomeSample *home,
                        gint64 now_ms, PhaetonSiteState *site, double *soc_percent,
                        double *min_percent)
{
  if (!phaeton_reading_get_double (&home->min_soc_percent, now_ms, min_percent))
    *min_percent = config->low_soc_percent;
  if (phaeton_reading_get_double (&home->battery_soc_percent, now_ms, soc_percent))
    site->low_soc =
      *soc_percent < MIN (*min_percent + (site->low_soc ? PHAETON_BATTERY_HYSTERESIS : 0), 100.0);
  return site->low_soc;
}

gboolean
phaeton_battery_is_curtailed (const PhaetonHomeConfig *config, const PhaetonHomeSample *home,
                              gint64 now_ms)
{
  double soc_percent;
  int export_w;

  if (!config->probe_curtailed)
    return FALSE;
  if (phaeton_reading_is_set (&home->pv_curtailed, now_ms))
    return TRUE;
  return phaeton_reading_get (&home->export_limit_w, now_ms, &export_w) && export_w == 0 &&
         phaeton_reading_get_double (&home->battery_soc_percent, now_ms, &soc_percent) &&
         soc_percent >= FULL_PERCENT;
}
