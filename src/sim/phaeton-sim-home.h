/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-sim-house.h"
#include "phaeton-sim-station.h"

G_BEGIN_DECLS

#define PHAETON_SIM_MAX_STATIONS 128

/**
 * PhaetonSimHome:
 *
 * The whole plant: a house and its charging stations behind one grid connection. One block of
 * plain memory: copy it, step the copies apart, compare. The same seed, inputs and steps give the
 * same bits.
 */
typedef struct {
  guint64 seed;
  gint64 wall_ms;
  PhaetonSimHouse house;
  guint n_stations;
  PhaetonSimStation stations[];
} PhaetonSimHome;

/* Returns: (transfer full): free with g_free() */
PhaetonSimHome *phaeton_sim_home_new (guint64 seed, gint64 wall_ms, guint n_stations);
PhaetonSimHome *phaeton_sim_home_copy (const PhaetonSimHome *self);

/**
 * phaeton_sim_home_step:
 * @dt_ms: 1 to 60000. What happens faster than one step (a ramp, a countdown) ends with it.
 */
void phaeton_sim_home_step (PhaetonSimHome *self, gint64 dt_ms);

G_END_DECLS
