/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-sim-series.h"
#include "phaeton-types.h"

G_BEGIN_DECLS

/* where the PV inverter sits, seen from the battery inverter */
typedef enum {
  PHAETON_SIM_PV_ON_GRID,
  PHAETON_SIM_PV_ON_OUTPUT,
  PHAETON_SIM_PV_DC,
} PhaetonSimPvPosition;

typedef struct {
  gboolean present;
  double capacity_wh;
  double soc_percent;
  double min_soc_percent;
  double max_charge_w;
  double max_discharge_w;
  double efficiency; /* each way */
  gint64 lag_ms;     /* of the regulation */
  double power_w;    /* + charging; AC side */
} PhaetonSimBattery;

/**
 * PhaetonSimHouse:
 *
 * Everything behind the meter except the chargers: loads, sun, and a battery that regulates the
 * grid to its set-point as an ESS does. Loads and weather are functions of seed and time.
 */
typedef struct {
  /* what it is */
  guint64 seed;
  const PhaetonSimSeries *series; /* (nullable): shared, outlives the house */
  double base_load_w;
  gboolean has_appliances;
  double pv_peak_w;
  int pv_phases; /* 1 or 3 */
  PhaetonSimPvPosition pv_position;
  double latitude_deg;
  double longitude_deg;
  double feed_in_limit_w; /* negative: none */
  double grid_setpoint_w;
  gboolean has_grid_meter;
  PhaetonSimBattery battery;

  /* said by hand; NaN: seed or series decide */
  double forced_load_w; /* in equal parts on the three phases */
  double forced_pv_w;
  double extra_load_w[PHAETON_PHASES]; /* on top of everything, one phase at a time */

  /* what is */
  double load_w[PHAETON_PHASES];
  double pv_w[PHAETON_PHASES];
  double pv_available_w;
  gboolean pv_is_curtailed;
  double grid_w[PHAETON_PHASES]; /* + import */
  double grid_a[PHAETON_PHASES];
  double voltage_v[PHAETON_PHASES];
  double import_wh;
  double export_wh;
} PhaetonSimHouse;

void phaeton_sim_house_init (PhaetonSimHouse *self, guint64 seed);

/* @voltage_v: at the grid; @chargers_w: what all chargers together draw on each phase */
void phaeton_sim_house_step (PhaetonSimHouse *self, gint64 wall_ms, gint64 dt_ms,
                             const double voltage_v[PHAETON_PHASES],
                             const double chargers_w[PHAETON_PHASES]);

G_END_DECLS
