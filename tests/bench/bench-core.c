/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core-world.h"

#include <time.h>

/* How long one decision takes for 8 chargers on 3 circuits, half of them by the sun and the others
 * by prices before a deadline, with a meter and a sun that change each second: the best of several
 * rounds, since whatever else the machine does only adds. Prints "core_step_us NUMBER" for
 * scripts/bench, and the longest single step, which is one in which all plans are made anew. */

#define CHARGERS 8
#define CIRCUITS 3
#define ROUNDS 5
#define STEPS 40000
#define SLOTS 192 /* two days of quarters */
#define SLOT_S 900

static PhaetonPriceSlot slots[SLOTS];

/* 22 kWh by each morning, and prices that are known for the next two days */
static void
sell (World *world)
{
  for (int i = 0; i < SLOTS; i++)
    slots[i] = (PhaetonPriceSlot){ .start_at = world->input.wall_at + i * SLOT_S,
                                   .end_at = world->input.wall_at + (i + 1) * SLOT_S,
                                   .import_micros = (i * 7919 % 400) * 1000 };
  world->input.prices = (PhaetonPriceSeries){ SLOTS, slots };
  world->input.wall_known = world->input.zone.known = TRUE;
  for (guint i = 1; i < CHARGERS; i += 2)
    world->config->chargers[i].deadline = (PhaetonDeadline){
      .active = TRUE, .by_min = 7 * 60, .energy_wh = 22000, .plan = PHAETON_PLAN_CHEAP
    };
}

/* of this thread alone: others may run too */
static gint64
get_cpu_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

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
    world->cars[i].command.mode = i % 2 == 0 ? PHAETON_MODE_AUTO : PHAETON_MODE_SCHEDULED;
    world->cars[i].sample.pilot = PHAETON_PILOT_C2;
    world->cars[i].sample.known |= PHAETON_SAMPLE_POWER | PHAETON_SAMPLE_ENERGY |
                                   7 * PHAETON_SAMPLE_CURRENT_L1 | 7 * PHAETON_SAMPLE_VOLTAGE_L1;
    for (int f = 0; f < PHAETON_PHASES; f++)
      world->cars[i].sample.voltage_v[f] = 231;
  }
  sell (world);
  return world;
}

static void
move_world (World *world, int step)
{
  PhaetonHomeSample *home = &world->input.home;
  const gint64 at_ms = world->input.now_ms + 1000;

  if (step % (SLOTS / 2 * SLOT_S) == 0)
    sell (world);
  for (int f = 0; f < PHAETON_PHASES; f++) {
    const int load_mA = (step * 37 + f * 5000) % 20000;

    home->grid_current_mA[f] = (PhaetonReading){ TRUE, at_ms, load_mA };
    home->grid_power_w[f] = (PhaetonReading){ TRUE, at_ms, load_mA / 4 - 6000 };
  }
  home->battery_power_w = (PhaetonReading){ TRUE, at_ms, step % 3000 };
  home->battery_soc_percent = (PhaetonReadingD){ TRUE, at_ms, 60 };
  home->changed_at_ms = at_ms;
  for (guint i = 0; i < CHARGERS; i++) {
    world->cars[i].sample.energy_wh += world->decision->chargers[i].limit_mA > 0 ? 3 : 0;
    world->cars[i].sample.power_total_w = 5000;
    for (int f = 0; f < PHAETON_PHASES; f++)
      world->cars[i].sample.current_mA[f] = 7000;
  }
}

int
main (void)
{
  double best_us = G_MAXDOUBLE;
  gint64 longest_us = G_MAXINT64;

  for (int round = 0; round < ROUNDS; round++) {
    g_autoptr (World) world = make_site ();
    const gint64 begin_us = get_cpu_us ();
    gint64 its_us = 0, last_us = begin_us;

    for (int step = 0; step < STEPS; step++) {
      move_world (world, step);
      world_step (world, 1);
      its_us = MAX (its_us, get_cpu_us () - last_us);
      last_us = get_cpu_us ();
    }
    longest_us = MIN (longest_us, its_us);
    best_us = MIN (best_us, (double) (get_cpu_us () - begin_us) / STEPS);
  }
  g_print ("core_step_us %.2f\n", best_us);
  g_print ("core_step_longest_us %" G_GINT64_FORMAT "\n", longest_us);
  return 0;
}
