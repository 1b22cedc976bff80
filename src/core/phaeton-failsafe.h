/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"

G_BEGIN_DECLS

/**
 * phaeton_failsafe_compute:
 * @site: (nullable): where other loads turned out to be larger than the settings expect, that
 * counts
 * @limits_mA: (out) (array): one for each charger
 *
 * What each charger may take while the meters are silent: so little that the sum on each phase of
 * each circuit and the load to be expected there fit the fuse; 0 where that leaves less than a car
 * can use. A charger on no circuit has no fail-safe limit: G_MAXINT. Whoever writes a charger's own
 * watchdog writes this.
 */
void phaeton_failsafe_compute (const PhaetonConfig *config, const PhaetonSiteState *site,
                               int *limits_mA);

G_END_DECLS
