/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-sim-car.h"

#define TAPER_REST 0.1 /* share of its maximum that a car still takes just before 100 % */

void
phaeton_sim_car_init (PhaetonSimCar *self)
{
  *self = (PhaetonSimCar){
    .phases = 3,
    .max_a = 16.0,
    .battery_wh = 60000.0,
    .efficiency = 0.9,
    .offset_a = 0.2,
    .ramp_up_a_per_s = 2.0,
    .ramp_down_a_per_s = 4.0,
    .taper_from_percent = 100.0,
    .reaction_ms = 2000,
    .start_ms = 3000,
    .target_percent = 80.0,
    .soc_percent = 40.0,
  };
}

gboolean
phaeton_sim_car_wants_energy (const PhaetonSimCar *self)
{
  return self->plugged && !self->asleep && !self->refusing &&
         self->soc_percent < self->target_percent;
}

/* a car in the middle of its reaction takes what is offered at the end of it: offers that change
 * faster than it reacts delay it, they do not stop it */
static void
follow_offer (PhaetonSimCar *self, gint64 dt_ms, double offered_a)
{
  if (self->followed_a == offered_a) {
    self->reaction_left_ms = 0;
    return;
  }
  if (self->reaction_left_ms == 0)
    self->reaction_left_ms = self->reaction_ms;
  if (self->reaction_left_ms > dt_ms) {
    self->reaction_left_ms -= dt_ms;
    return;
  }
  self->reaction_left_ms = 0;
  self->followed_a = offered_a;
}

static double
get_taper_a (const PhaetonSimCar *self)
{
  const double from = self->taper_from_percent;

  if (from >= 100.0 || self->soc_percent <= from)
    return self->max_a;
  return self->max_a *
         (1.0 - (1.0 - TAPER_REST) * MIN ((self->soc_percent - from) / (100.0 - from), 1.0));
}

void
phaeton_sim_car_step (PhaetonSimCar *self, gint64 dt_ms, double offered_a, gboolean is_powered)
{
  const double dt_s = (double) dt_ms / 1000.0;
  double target_a = 0.0;

  if (!self->plugged || !is_powered) {
    self->current_a = 0.0;
    self->followed_a = self->plugged ? offered_a : 0.0;
    self->reaction_left_ms = 0;
    return;
  }
  /* a pilot without PWM is an order to stop, not a wish: no thinking about it */
  if (offered_a <= 0.0)
    self->followed_a = 0.0;
  follow_offer (self, dt_ms, offered_a);
  if (phaeton_sim_car_wants_energy (self) && self->followed_a > 0.0)
    target_a = MAX (MIN (self->followed_a - self->offset_a, get_taper_a (self)), 0.0);
  if (target_a > self->current_a)
    self->current_a = MIN (self->current_a + self->ramp_up_a_per_s * dt_s, target_a);
  else
    self->current_a = MAX (self->current_a - self->ramp_down_a_per_s * dt_s, target_a);
}

void
phaeton_sim_car_add_energy (PhaetonSimCar *self, double energy_wh)
{
  self->soc_percent += 100.0 * energy_wh * self->efficiency / self->battery_wh;
  self->soc_percent = MIN (self->soc_percent, 100.0);
}
