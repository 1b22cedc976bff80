/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-core.h"

/* A small world for tests of decisions: chargers that answer, a clock that is a number. */

#define WORLD_T0_MS 1000000

typedef struct {
  PhaetonConfig *config;     /* (owned) */
  PhaetonChargerInput *cars; /* (owned) */
  PhaetonInput input;
  PhaetonState *state, *next; /* (owned) */
  PhaetonDecision *decision;  /* (owned) */
} World;

static inline void
world_init_charger (PhaetonChargerConfig *config, PhaetonChargerInput *input)
{
  config->station_max_mA = 32000;
  config->controls.max_set_mA = 64000;
  config->controls.min_set_mA = 6000;
  config->controls.min_charge_ms = 300000;
  config->controls.phase_grace_ms = 60000;
  config->controls.phase_settle_ms = 5000;
  for (guint8 i = 0; i < PHAETON_PHASES; i++)
    config->phase_map[i] = i;
  input->online = TRUE;
  input->can =
    (PhaetonCapabilities){ .min_mA = 6000, .max_mA = 0, .step_mA = 100, .can_set_phases = TRUE };
  input->command = (PhaetonCommand){ PHAETON_MODE_MANUAL, TRUE, 16000, 0 };
  input->sample.known = PHAETON_SAMPLE_PILOT | PHAETON_SAMPLE_PHASES;
  input->sample.pilot = PHAETON_PILOT_A;
  input->sample.phases = 3;
}

static inline World *
world_new (guint n)
{
  World *world = g_new0 (World, 1);

  world->config = phaeton_config_new (n);
  world->cars = g_new0 (PhaetonChargerInput, n);
  world->state = phaeton_state_new (n);
  world->next = phaeton_state_new (n);
  world->decision = phaeton_decision_new (n);
  world->input.now_ms = WORLD_T0_MS;
  world->input.wall_at = 1750000000;
  world->input.wall_known = TRUE;
  world->input.n_chargers = n;
  world->input.chargers = world->cars;
  for (guint i = 0; i < n; i++)
    world_init_charger (&world->config->chargers[i], &world->cars[i]);
  return world;
}

static inline void
world_free (World *world)
{
  phaeton_config_unref (world->config);
  g_free (world->cars);
  g_free (world->state);
  g_free (world->next);
  g_free (world->decision);
  g_free (world);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (World, world_free)

/* one decision @seconds later, each charger with a fresh sample */
static inline PhaetonChargerDecision *
world_step (World *world, int seconds)
{
  PhaetonState *before = world->state;

  world->input.now_ms += seconds * 1000;
  world->input.wall_at += seconds;
  for (guint i = 0; i < world->config->n_chargers; i++)
    if (world->cars[i].online)
      world->cars[i].sample.at_ms = world->input.now_ms;
  phaeton_core_step (world->config, &world->input, before, world->decision, world->next);
  world->state = world->next;
  world->next = before;
  return &world->decision->chargers[0];
}

/* @count decisions, a second apart */
static inline PhaetonChargerDecision *
world_run (World *world, int count)
{
  for (int i = 1; i < count; i++)
    world_step (world, 1);
  return world_step (world, 1);
}

static inline PhaetonWhyCode
world_why (const World *world, guint i)
{
  return phaeton_chain_get_binding (&world->decision->chargers[i].chain)->code;
}
