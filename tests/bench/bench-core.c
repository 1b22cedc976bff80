/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core-world.h"

/* How long one decision for 8 cars that charge takes: the best of several rounds, since whatever
 * else the machine does only adds. Prints "core_step_us NUMBER" for scripts/bench. */

#define CARS 8
#define ROUNDS 20
#define STEPS 2000

int
main (void)
{
  g_autoptr (World) world = world_new (CARS);
  double best_us = G_MAXDOUBLE;

  for (int i = 0; i < CARS; i++)
    world->cars[i].sample.pilot = PHAETON_PILOT_C2;
  for (int round = 0; round < ROUNDS; round++) {
    const gint64 begun_us = g_get_monotonic_time ();

    for (int step = 0; step < STEPS; step++)
      world_step (world, 1);
    best_us = MIN (best_us, (double) (g_get_monotonic_time () - begun_us) / STEPS);
  }
  g_print ("core_step_us %.2f\n", best_us);
  return 0;
}
