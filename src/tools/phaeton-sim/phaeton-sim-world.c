/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-sim"
#include "config.h"

#include "phaeton-sim-world.h"

#include "phaeton-sim-server.h"
#include "phaeton-sim-victron.h"

#define STEP_MS 100
#define STEPS_MAX 500 /* in one go; after that they get longer, not more */

PhaetonSimWorld *
phaeton_sim_world_new (guint64 seed, guint n_stations)
{
  PhaetonSimWorld *self = g_new0 (PhaetonSimWorld, 1);

  self->clock = phaeton_clock_new_real ();
  self->stepped_ms = phaeton_clock_get_monotonic_ms (self->clock);
  self->home =
    phaeton_sim_home_new (seed, phaeton_clock_get_wall_us (self->clock) / 1000, n_stations);
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
