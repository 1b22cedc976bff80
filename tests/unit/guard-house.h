/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core-world.h"

/* A house on one fuse: its meter, a load without cars, two cars that follow late. */

#define FUSE_mA 25000
#define MAX_RESPONSE 10 /* steps */

typedef struct {
  World *world;
  int step_ms;  /* from one decision to the next */
  int response; /* steps from the limit to the car's current */
  int load_mA[PHAETON_PHASES];
  int limits_mA[2][MAX_RESPONSE + 1]; /* newest first */
  int drawn_mA[2];
  int total_mA[PHAETON_PHASES];
  gboolean silent;
} House;

static inline House *
house_new (void)
{
  House *house = g_new0 (House, 1);
  World *world = world_new (2);
  PhaetonCircuitConfig *circuit;

  house->world = world;
  house->step_ms = 1000;
  house->response = 2;
  phaeton_config_take_circuits (world->config, 1);
  circuit = &world->config->circuits[0];
  circuit->meter = PHAETON_METER_GRID;
  circuit->margin_percent = 5;
  world->config->circuit_restart_ms = 300000;
  for (int f = 0; f < PHAETON_PHASES; f++)
    circuit->fuse_mA[f] = FUSE_mA;
  for (int i = 0; i < 2; i++) {
    world->config->chargers[i].circuit = 1;
    world->config->chargers[i].station_max_mA = 16000;
    world->cars[i].sample.pilot = PHAETON_PILOT_B1;
    world->cars[i].sample.known |= 7 * PHAETON_SAMPLE_CURRENT_L1;
  }
  return house;
}

static inline void
house_free (House *house)
{
  world_free (house->world);
  g_free (house);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (House, house_free)

static inline gboolean
house_uses (const House *house, int car, int phase)
{
  return house->world->cars[car].sample.phases == 3 ||
         house->world->config->chargers[car].phase_map[0] == phase;
}

static inline void
house_move_cars (House *house)
{
  World *world = house->world;

  for (int i = 0; i < 2; i++) {
    PhaetonChargerSample *sample = &world->cars[i].sample;

    memmove (house->limits_mA[i] + 1, house->limits_mA[i], sizeof (int) * MAX_RESPONSE);
    house->limits_mA[i][0] = world->state->chargers[i].limit_mA;
    if (sample->pilot == PHAETON_PILOT_A)
      house->drawn_mA[i] = 0;
    else if (world->cars[i].online)
      house->drawn_mA[i] = house->limits_mA[i][house->response];
    if (!world->cars[i].online)
      continue;
    if (sample->pilot != PHAETON_PILOT_A)
      sample->pilot = house->drawn_mA[i] > 0 ? PHAETON_PILOT_C2 : PHAETON_PILOT_B1;
    for (int f = 0; f < PHAETON_PHASES; f++)
      sample->current_mA[f] = f == 0 || sample->phases == 3 ? house->drawn_mA[i] : 0;
  }
}

/* the world of the next decision: the meter says what flows then, unless it is silent */
static inline void
house_measure (House *house)
{
  World *world = house->world;

  for (int f = 0; f < PHAETON_PHASES; f++) {
    house->total_mA[f] = house->load_mA[f];
    for (int i = 0; i < 2; i++)
      if (house_uses (house, i, f))
        house->total_mA[f] += house->drawn_mA[i];
    if (!house->silent)
      world->input.home.grid_current_mA[f] =
        (PhaetonReading){ TRUE, world->input.now_ms + house->step_ms, house->total_mA[f] };
  }
}

static inline void
house_decide (House *house)
{
  house->world->input.now_ms += house->step_ms;
  world_step (house->world, 0);
}

static inline void
house_step (House *house)
{
  house_move_cars (house);
  house_measure (house);
  house_decide (house);
}

static inline void
house_run (House *house, int steps)
{
  for (int i = 0; i < steps; i++)
    house_step (house);
}

static inline int
get_limit_mA (const House *house, guint i)
{
  return house->world->decision->chargers[i].limit_mA;
}

static inline void
set_load (House *house, int mA)
{
  for (int f = 0; f < PHAETON_PHASES; f++)
    house->load_mA[f] = mA;
}
