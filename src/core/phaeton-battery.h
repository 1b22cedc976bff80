/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-balance.h"

G_BEGIN_DECLS

/* a battery that recovered so much from its limit may stop to be spared, per cent */
#define PHAETON_BATTERY_HYSTERESIS 3.0

/**
 * phaeton_battery_get_reserve_w:
 * @site: (inout): which side of its thresholds the battery is on
 *
 * What of the balance is kept for the home battery; negative where it helps the car.
 */
int phaeton_battery_get_reserve_w (const PhaetonHomeConfig *config, const PhaetonHomeSample *home,
                                   const PhaetonBalance *balance, gint64 now_ms,
                                   PhaetonSiteState *site);

/**
 * phaeton_battery_is_low:
 * @site: (inout): remembers, for the hysteresis
 * @soc_percent: (out): for the reason
 * @min_percent: (out): likewise
 *
 * Below the limit at once, above it again only with the hysteresis. While the state of charge is
 * not known the last verdict stands; without a battery there is none.
 */
gboolean phaeton_battery_is_low (const PhaetonHomeConfig *config, const PhaetonHomeSample *home,
                                 gint64 now_ms, PhaetonSiteState *site, double *soc_percent,
                                 double *min_percent);

/* PV is held back, now: the meters cannot tell how much more there is */
gboolean phaeton_battery_is_curtailed (const PhaetonHomeConfig *config,
                                       const PhaetonHomeSample *home, gint64 now_ms);

G_END_DECLS
