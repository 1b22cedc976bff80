/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-sim-home.h"

#include "phaeton-sim-noise.h"

#define VOLTAGE_V 230.0
#define VOLTAGE_NOISE 0.01
#define FREQUENCY_HZ 50.0
#define FREQUENCY_NOISE_HZ 0.02

/* channels of the seed; the house uses those from 97 on */
enum { CHANNEL_VOLTAGE = 1, CHANNEL_FREQUENCY = CHANNEL_VOLTAGE + PHAETON_PHASES };

PhaetonSimHome *
phaeton_sim_home_new (guint64 seed, gint64 wall_ms, guint n_stations)
{
  PhaetonSimHome *self;

  g_return_val_if_fail (n_stations <= PHAETON_SIM_MAX_STATIONS, NULL);

  self = g_malloc0 (sizeof *self + n_stations * sizeof self->stations[0]);
  self->seed = seed;
  self->wall_ms = wall_ms;
  self->n_stations = n_stations;
  phaeton_sim_house_init (&self->house, seed);
  for (guint i = 0; i < n_stations; i++)
    phaeton_sim_station_init (&self->stations[i]);
  return self;
}

PhaetonSimHome *
phaeton_sim_home_copy (const PhaetonSimHome *self)
{
  return g_memdup2 (self, sizeof *self + self->n_stations * sizeof self->stations[0]);
}

static void
step_station (PhaetonSimStation *self, gint64 dt_ms, const double voltage_v[PHAETON_PHASES],
              double frequency_hz, double chargers_w[PHAETON_PHASES])
{
  double own_v[PHAETON_PHASES];

  for (int i = 0; i < PHAETON_PHASES; i++)
    own_v[i] = voltage_v[self->phase_map[i]];
  phaeton_sim_station_step (self, dt_ms, own_v, frequency_hz);
  for (int i = 0; i < self->n_sockets; i++)
    for (int phase = 0; phase < PHAETON_PHASES; phase++)
      chargers_w[self->phase_map[phase]] += self->sockets[i].truth.power_w[phase];
}

void
phaeton_sim_home_step (PhaetonSimHome *self, gint64 dt_ms)
{
  double voltage_v[PHAETON_PHASES], chargers_w[PHAETON_PHASES] = { 0.0, 0.0, 0.0 };
  double frequency_hz;

  g_return_if_fail (dt_ms >= 1 && dt_ms <= 60000);

  self->wall_ms += dt_ms;
  for (int i = 0; i < PHAETON_PHASES; i++)
    voltage_v[i] =
      VOLTAGE_V * (1.0 + VOLTAGE_NOISE * phaeton_sim_noise (self->seed, CHANNEL_VOLTAGE + i,
                                                            self->wall_ms, 10000));
  frequency_hz =
    FREQUENCY_HZ +
    FREQUENCY_NOISE_HZ * phaeton_sim_noise (self->seed, CHANNEL_FREQUENCY, self->wall_ms, 5000);
  for (guint i = 0; i < self->n_stations; i++)
    step_station (&self->stations[i], dt_ms, voltage_v, frequency_hz, chargers_w);
  phaeton_sim_house_step (&self->house, self->wall_ms, dt_ms, voltage_v, chargers_w);
}
