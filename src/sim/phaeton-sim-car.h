/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * PhaetonSimCar:
 *
 * A car at a socket: how much current it takes of what is offered, and when. Physics is in double
 * and SI units throughout the plant; nothing here reads a clock.
 */
typedef struct {
  /* what it is */
  int phases;
  double max_a;
  double battery_wh;
  double efficiency; /* share of the energy that reaches the battery */
  double offset_a;   /* it draws this much less than offered */
  double ramp_up_a_per_s;
  double ramp_down_a_per_s;
  double taper_from_percent; /* above it the battery takes less and less; 100: never */
  gint64 reaction_ms;        /* from a changed pilot to a changed current */
  gint64 start_ms;           /* from the first offer to closing its relays */
  gboolean needs_ventilation;

  /* what its owner wants */
  gboolean plugged;
  gboolean asleep;   /* does not notice the offer */
  gboolean refusing; /* does not want this charger's energy */
  double target_percent;

  /* what it does */
  double soc_percent;
  double current_a;  /* in each phase that it uses */
  double followed_a; /* the offer that it has noticed */
  gint64 reaction_left_ms;
} PhaetonSimCar;

/* three phases, 16 A, 60 kWh at 40 % on the way to 80 %; not plugged in */
void phaeton_sim_car_init (PhaetonSimCar *self);

gboolean phaeton_sim_car_wants_energy (const PhaetonSimCar *self);

/* @offered_a: by the pilot, 0 none; @is_powered: the station's contactor is closed */
void phaeton_sim_car_step (PhaetonSimCar *self, gint64 dt_ms, double offered_a,
                           gboolean is_powered);

/* what flowed through the socket while the car drew */
void phaeton_sim_car_add_energy (PhaetonSimCar *self, double energy_wh);

G_END_DECLS
