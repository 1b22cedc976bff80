/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"
#include "phaeton-sim-home.h"

G_BEGIN_DECLS

/* one car's stay at a charger */
typedef struct {
  gint64 from_at, to_at; /* wall seconds UTC */
  double energy_wh;      /* that it wants, at the socket */
} PhaetonSimStay;

/**
 * PhaetonSimSite:
 *
 * A site to be simulated: the settings of the daemon, and what its section simulation: says of
 * house, cars, people and prices. See docs/simulator.md.
 */
typedef struct {
  PhaetonConfig *config; /* (owned) */
  gint64 start_at;       /* of the first day, local midnight */
  GTimeZone *zone;       /* (owned) */
  char *zone_name;       /* (owned) */
  guint64 seed;

  PhaetonSimHouse house;     /* as it is at the start */
  PhaetonSimStation station; /* each of them; its first socket has the car */
  PhaetonCommand command;    /* of every charger */
  gint64 meter_lag_ms;       /* how late the charger's meter shows what flows */
  int fuse_mA;               /* of the house connection: overload counts above it */

  PhaetonSimSeries *series; /* (owned) (nullable) */
  GArray *prices;           /* (owned) (element-type PhaetonPriceSlot) */
  gint64 prices_at_s;       /* of the local day: when those of the next day are published */
  gint64 export_micros;     /* per kWh fed in */
  GArray **stays; /* (owned) (element-type PhaetonSimStay): each charger's, in order; NULL:
                   * a stay a day */
  gint64 stay_from_s, stay_to_s; /* of the local day; to <= from: the next day */
  gint64 stay_jitter_s;
  double stay_wh;
  gboolean deadline_by_stay; /* who plugs in tells when he leaves, and how much he wants */
} PhaetonSimSite;

/**
 * phaeton_sim_site_load:
 * @start: (nullable): YYYY-MM-DD instead of the file's
 *
 * Returns: (nullable): %NULL with PHAETON_ERROR_CONFIG, which names file and line
 */
PhaetonSimSite *phaeton_sim_site_load (const char *path, const char *start, guint64 seed,
                                       GError **error);
void phaeton_sim_site_free (PhaetonSimSite *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonSimSite, phaeton_sim_site_free)

/* the stay of @charger that has not ended at @at; FALSE: none comes */
gboolean phaeton_sim_site_get_stay (const PhaetonSimSite *self, guint charger, gint64 at,
                                    PhaetonSimStay *stay);

/* what is published at @at: today, and the next day from prices_at_s on; @until_at: (out): when
 * that changes */
PhaetonPriceSeries phaeton_sim_site_get_prices (const PhaetonSimSite *self, gint64 at,
                                                gint64 *until_at);

/* @stay as a deadline of the settings; one that is more than a week away is met a week early */
PhaetonDeadline phaeton_sim_site_make_deadline (const PhaetonSimSite *self,
                                                const PhaetonSimStay *stay, PhaetonPlan plan);

/* local midnight that begins the day of @at, @days later; right on days of 23 and 25 hours */
gint64 phaeton_sim_site_get_midnight (const PhaetonSimSite *self, gint64 at, int days);

G_END_DECLS
