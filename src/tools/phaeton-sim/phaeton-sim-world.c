/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-sim"
#include "config.h"

#include "phaeton-sim-world.h"

#include "phaeton-sim-server.h"
#include "phaeton-sim-victron.h"

#define STEP_MS 100
#define STEPS_MAX 500 /* in one go; after that they get longer, not more */

PhaetonSimWorld *
phaeton_sim_world_new (guint64 seed, guint n_stations, const char *memory_path, GError **error)
{
  g_autoptr (PhaetonClock) clock = phaeton_clock_new_real ();
  const gint64 wall_ms = phaeton_clock_get_wall_us (clock) / 1000;
  PhaetonSimMemory *memory = NULL;
  gboolean is_fresh = TRUE;
  PhaetonSimWorld *self;

  if (memory_path != NULL) {
    memory = phaeton_sim_memory_open (memory_path, seed, wall_ms, n_stations, &is_fresh, error);
    if (memory == NULL)
      return NULL;
  }
  self = g_new0 (PhaetonSimWorld, 1);
  self->clock = g_steal_pointer (&clock);
  self->stepped_ms = phaeton_clock_get_monotonic_ms (self->clock);
  self->memory = memory;
  self->is_fresh = is_fresh;
  self->home = memory != NULL ? phaeton_sim_memory_get_home (memory)
                              : phaeton_sim_home_new (seed, wall_ms, n_stations);
  self->servers = g_new0 (PhaetonSimServer *, n_stations);
  return self;
}

void
phaeton_sim_world_free (PhaetonSimWorld *self)
{
  g_clear_pointer (&self->victron, phaeton_sim_victron_free);
  for (guint i = 0; i < self->home->n_stations; i++)
    g_clear_pointer (&self->servers[i], phaeton_sim_server_free);
  g_free (self->servers);
  if (self->memory != NULL)
    phaeton_sim_memory_free (self->memory);
  else
    g_free (self->home);
  g_object_unref (self->clock);
  g_free (self);
}

void
phaeton_sim_world_catch_up (PhaetonSimWorld *self)
{
  const gint64 now_ms = phaeton_clock_get_monotonic_ms (self->clock);
  const gint64 step_ms = CLAMP ((now_ms - self->stepped_ms) / STEPS_MAX, STEP_MS, 60000);

  while (self->stepped_ms + step_ms <= now_ms) {
    phaeton_sim_home_step (self->home, step_ms);
    self->stepped_ms += step_ms;
  }
}
