/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-core.h"
#include "phaeton-sim-car.h"
#include "phaeton-sim-noise.h"

#include <string.h>

/* The closed loop of the fuse: 25 A, two cars of 16 A on three phases that follow within seconds,
 * random appliances, a meter each second. Plant and decision in a plain loop of half seconds.
 * Counted is only what the cars cause: moments in which the house alone is below the fuse. Prints
 * name and number, a line each, for scripts/bench. */

#define FUSE_mA 25000
#define STEP_MS 500
#define STEPS_PER_S (1000 / STEP_MS)
#define HOURS 200
#define CARS 2
#define TAU_S 60.0
#define LATE 10 /* steps that a limit is remembered: 5 s */

typedef struct {
  PhaetonConfig *config;
  PhaetonState *state, *next;
  PhaetonDecision *decision;
  PhaetonInput input;
  PhaetonChargerInput cars[CARS];
  PhaetonSimCar plants[CARS];
  int limits_mA[CARS][LATE]; /* newest first: station and wire take a second */
  guint64 seed;
} Loop;

/* what was counted, in steps but for the first */
typedef struct {
  double hottest;
  double theta[PHAETON_PHASES];
  gint64 counted, over, deep, longest_deep, deep_now;
  double energy_wh;
} Count;

static void
init_loop (Loop *loop, guint64 seed)
{
  PhaetonCircuitConfig *circuit;

  memset (loop, 0, sizeof *loop);
  loop->seed = seed;
  loop->config = phaeton_config_new (CARS);
  phaeton_config_take_circuits (loop->config, 1);
  circuit = &loop->config->circuits[0];
  circuit->meter = PHAETON_METER_GRID;
  circuit->margin_percent = 5;
  loop->config->circuit_restart_ms = 300000;
  loop->state = phaeton_state_new (CARS);
  loop->next = phaeton_state_new (CARS);
  loop->decision = phaeton_decision_new (CARS);
  for (int f = 0; f < PHAETON_PHASES; f++)
    circuit->fuse_mA[f] = FUSE_mA;
  for (int i = 0; i < CARS; i++) {
    PhaetonChargerConfig *charger = &loop->config->chargers[i];
    PhaetonChargerInput *input = &loop->cars[i];

    charger->circuit = 1;
    charger->station_max_mA = charger->controls.max_set_mA = 16000;
    charger->controls.min_set_mA = 6000;
    for (guint8 f = 0; f < PHAETON_PHASES; f++)
      charger->phase_map[f] = f;
    input->online = TRUE;
    input->can = (PhaetonCapabilities){ .min_mA = 6000, .step_mA = 100 };
    input->command = (PhaetonCommand){ PHAETON_MODE_MANUAL, TRUE, 16000, 0 };
    input->sample.known =
      PHAETON_SAMPLE_PILOT | PHAETON_SAMPLE_PHASES | 7 * PHAETON_SAMPLE_CURRENT_L1;
    input->sample.phases = 3;
    phaeton_sim_car_init (&loop->plants[i]);
    loop->plants[i].plugged = TRUE;
    loop->plants[i].battery_wh = 1e9; /* never full */
  }
  loop->input.now_ms = 1000000;
  loop->input.n_chargers = CARS;
  loop->input.chargers = loop->cars;
}

static void
clear_loop (Loop *loop)
{
  phaeton_config_unref (loop->config);
  g_free (loop->state);
  g_free (loop->next);
  g_free (loop->decision);
}

/* base load, and on each phase up to four appliances of 2 to 12 A that run for minutes of their own
 */
static int
get_load_mA (const Loop *loop, int phase)
{
  double load_mA = 1500;

  for (guint64 k = 0; k < 4; k++) {
    const guint64 channel = 100 + 10 * (guint64) phase + k;
    const gint64 slot = loop->input.now_ms / (90000 + 70000 * (gint64) k);

    if (phaeton_sim_uniform (loop->seed, channel, slot) < 0.3)
      load_mA += 2000 + 10000 * phaeton_sim_uniform (loop->seed, channel + 50, slot);
  }
  return (int) load_mA;
}

static void
move_car (Loop *loop, int i)
{
  PhaetonChargerSample *sample = &loop->cars[i].sample;
  PhaetonSimCar *plant = &loop->plants[i];
  int offered_mA;

  memmove (loop->limits_mA[i] + 1, loop->limits_mA[i], sizeof (int) * (LATE - 1));
  loop->limits_mA[i][0] = loop->state->chargers[i].limit_mA;
  offered_mA = loop->limits_mA[i][STEPS_PER_S];
  phaeton_sim_car_step (plant, STEP_MS, offered_mA / 1000.0, offered_mA > 0);
  sample->pilot = plant->current_a > 0 ? PHAETON_PILOT_C2 : PHAETON_PILOT_B1;
  sample->at_ms = loop->input.now_ms;
  for (int f = 0; f < PHAETON_PHASES; f++)
    sample->current_mA[f] = (int) (plant->current_a * 1000);
}

static void
count (Count *counts, const int *load_mA, const int *total_mA)
{
  gboolean over = FALSE, deep = FALSE, alone = FALSE;

  for (int f = 0; f < PHAETON_PHASES; f++) {
    const double part = (double) total_mA[f] / FUSE_mA;

    alone |= load_mA[f] > FUSE_mA;
    over |= total_mA[f] > FUSE_mA;
    deep |= total_mA[f] > FUSE_mA * 145 / 100;
    /* where the house alone is above the fuse, no decision about cars can help it */
    counts->theta[f] +=
      (MIN (part * part, load_mA[f] > FUSE_mA ? 1.0 : part * part) - counts->theta[f]) / TAU_S /
      STEPS_PER_S;
    counts->hottest = MAX (counts->hottest, counts->theta[f]);
  }
  if (alone)
    return;
  counts->counted++;
  counts->over += over;
  counts->deep += deep;
  counts->deep_now = deep ? counts->deep_now + 1 : 0;
  counts->longest_deep = MAX (counts->longest_deep, counts->deep_now);
}

static void
step_loop (Loop *loop, int step, Count *counts)
{
  PhaetonState *before = loop->state;
  int load_mA[PHAETON_PHASES], total_mA[PHAETON_PHASES];

  loop->input.now_ms += STEP_MS;
  for (int i = 0; i < CARS; i++)
    move_car (loop, i);
  for (int f = 0; f < PHAETON_PHASES; f++) {
    total_mA[f] = load_mA[f] = get_load_mA (loop, f);
    for (int i = 0; i < CARS; i++) {
      total_mA[f] += (int) (loop->plants[i].current_a * 1000);
      counts->energy_wh += loop->plants[i].current_a * 230 / 3600 / STEPS_PER_S;
    }
    if (step % STEPS_PER_S == 0)
      loop->input.home.grid_current_mA[f] =
        (PhaetonReading){ TRUE, loop->input.now_ms, total_mA[f] };
  }
  phaeton_core_step (loop->config, &loop->input, before, loop->decision, loop->next);
  loop->state = loop->next;
  loop->next = before;
  count (counts, load_mA, total_mA);
}

int
main (void)
{
  Count counts = { 0 };
  Loop loop;

  init_loop (&loop, 20260);
  for (int step = 0; step < HOURS * 3600 * STEPS_PER_S; step++)
    step_loop (&loop, step, &counts);
  clear_loop (&loop);
  g_print ("deep_s %.1f\n", (double) counts.longest_deep / STEPS_PER_S);
  g_print ("theta %.3f\n", counts.hottest);
  g_print ("over_percent %.3f\n", 100.0 * (double) counts.over / (double) counts.counted);
  g_print ("deep_percent %.5f\n", 100.0 * (double) counts.deep / (double) counts.counted);
  g_print ("charged_kw %.2f\n", counts.energy_wh / 1000 / HOURS);
  return 0;
}
