/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"

G_BEGIN_DECLS

/* ev_reporting_lag_ms beyond this is longer than what is remembered */
#define PHAETON_BALANCE_MAX_LAG_MS 5000

/* within this a car follows what it is offered (IEC 61851-1), our own latency apart */
#define PHAETON_BALANCE_RESPONSE_MS 5000

typedef struct {
  gboolean known;
  int gross_w;        /* what cars in Auto and the home battery may have together, now */
  gboolean exporting; /* more goes to the grid than the house wants there */
} PhaetonBalance;

/**
 * phaeton_balance_measure_w:
 * @at_ms: (out): when it was measured
 * @balance_w: (out): what goes to grid and battery beyond what the house regulates to
 *
 * The house's balance without any formula of its parts: losses, direct current loads and PV at
 * every position are contained in what grid and battery show. Where the grid is not measured: all
 * PV less all consumption. Pure; unknown is unknown.
 */
gboolean phaeton_balance_measure_w (const PhaetonHomeSample *home, gboolean battery_seen,
                                    gint64 now_ms, gint64 *at_ms, int *balance_w);

/**
 * phaeton_balance_step:
 * @next: (inout): rings of house and cars
 *
 * Adds to the balance what cars in Auto drew at the time of the measurement, by their own meters:
 * samples are matched in time, so nothing is counted twice and no command is taken for a fact.
 * Until a car's sample of that moment is there, the newest balance bounds what may be true: less
 * sun than any draw of the car explains counts at once, more waits.
 */
void phaeton_balance_step (const PhaetonConfig *config, const PhaetonInput *input,
                           PhaetonState *next, PhaetonBalance *balance);

/* mean over the time of measurements with pv_excess_ema_alpha of the first charger; an unknown
 * balance forgets */
int phaeton_balance_smooth_w (const PhaetonConfig *config, const PhaetonBalance *balance,
                              int surplus_w, PhaetonSiteState *site);

/* on the grid's side of an inverter whose own meter is the only one, the house does not see a
 * charger: then it is not in the balance */
gboolean phaeton_balance_contains (const PhaetonInput *input, guint charger);

G_END_DECLS
