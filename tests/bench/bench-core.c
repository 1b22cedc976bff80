/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core-world.h"

/* How long one decision takes for 8 chargers on 3 circuits, half of them by the sun, with a meter
 * and a sun that change each second: the best of several rounds, since whatever else the machine
 * does only adds. Prints "core_step_us NUMBER" for scripts/bench. */

#define CHARGERS 8
#define CIRCUITS 3
#define ROUNDS 5
#define STEPS 40000

static World *
make_site (void)
{
  World *world = world_new (CHARGERS);

  phaeton_config_take_circuits (world->config, CIRCUITS);
  for (int k = 0; k < CIRCUITS; k++) {
    PhaetonCircuitConfig *circuit = &world->config->circuits[k];

    circuit->parent = k > 0 ? 1 : 0;
    circuit->meter = k > 0 ? PHAETON_METER_NONE : PHAETON_METER_GRID;
    circuit->base_known = TRUE;
    circuit->margin_percent = 5;
    for (int f = 0; f < PHAETON_PHASES; f++)
      circuit->fuse_mA[f] = k > 0 ? 40000 : 63000;
  }
  for (guint i = 0; i < CHARGERS; i++) {
    world->config->chargers[i].circuit = 2 + (int) (i % 2);
    world->config->chargers[i].priority = (int) (i % 3);
    world->config->chargers[i].controls.auto_phase_switch = TRUE;
    world->cars[i].command.mode = i % 2 == 0 ? PHAETON_MODE_AUTO : PHAETON_MODE_MANUAL;
    world->cars[i].sample.pilot = PHAETON_PILOT_C2;
    world->cars[i].sample.known |= PHAETON_SAMPLE_POWER | PHAETON_SAMPLE_ENERGY |
                                   7 * PHAETON_SAMPLE_CURRENT_L1 | 7 * PHAETON_SAMPLE_VOLTAGE_L1;
    for (int f = 0; f < PHAETON_PHASES; f++)
      world->cars[i].sample.voltage_v[f] = 231;
  }
  return world;
}

static void
move_world (World *world, int step)
{
  PhaetonHomeSample *home = &world->input.home;
  const gint64 at_ms = world->input.now_ms + 1000;

  for (int f = 0; f < PHAETON_PHASES; f++) {
    const int load_mA = (step * 37 + f * 5000) % 20000;

    home->grid_current_mA[f] = (PhaetonReading){ TRUE, at_ms, load_mA };
    home->grid_power_w[f] = (PhaetonReading){ TRUE, at_ms, load_mA / 4 - 6000 };
  }
  home->battery_power_w = (PhaetonReading){ TRUE, at_ms, step % 3000 };
  home->battery_soc_percent = (PhaetonReadingD){ TRUE, at_ms, 60 };
  home->changed_at_ms = at_ms;
  for (guint i = 0; i < CHARGERS; i++) {
    world->cars[i].sample.energy_wh += 3;
    world->cars[i].sample.power_total_w = 5000;
    for (int f = 0; f < PHAETON_PHASES; f++)
      world->cars[i].sample.current_mA[f] = 7000;
  }
}

int
main (void)
{
  double best_us = G_MAXDOUBLE;

  for (int round = 0; round < ROUNDS; round++) {
    g_autoptr (World) world = make_site ();
    const gint64 begin_us = g_get_monotonic_time ();

    for (int step = 0; step < STEPS; step++) {
      move_world (world, step);
      world_step (world, 1);
    }
    best_us = MIN (best_us, (double) (g_get_monotonic_time () - begin_us) / STEPS);
  }
  g_print ("core_step_us %.2f\n", best_us);
  return 0;
}
