/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-draw.h"

#define ALL_PHASES 7
#define SANE_mA 1000000 /* no charging point has a kiloampere: beyond it a reading is noise */
#define SANE_W 1000000

/* a phase that is not used still shows a few hundred mA of a large current */
static guint8
measure_mask (const PhaetonChargerSample *sample)
{
  int most_mA = 0;
  guint8 mask = 0;

  for (int i = 0; i < PHAETON_PHASES; i++)
    if (phaeton_sample_knows (sample, PHAETON_SAMPLE_CURRENT_L1 << i))
      most_mA = MAX (most_mA, sample->current_mA[i]);
  if (most_mA < PHAETON_DRAW_CLEAR_mA)
    return 0;
  for (int i = 0; i < PHAETON_PHASES; i++)
    if (phaeton_sample_knows (sample, PHAETON_SAMPLE_CURRENT_L1 << i) &&
        sample->current_mA[i] >= most_mA / 4)
      mask |= (guint8) (1 << i);
  return mask;
}

void
phaeton_draw_step (const PhaetonChargerInput *input, const PhaetonCarState *car, gboolean switching,
                   gint64 now_ms, PhaetonDrawState *state)
{
  const gboolean known = input->online && car->charging;
  const guint8 mask = known ? measure_mask (&input->sample) : 0;

  if (!car->present) {
    *state = (PhaetonDrawState){ 0 };
    return;
  }
  if (switching) {
    *state = (PhaetonDrawState){ .one_phase_car = state->one_phase_car };
    return;
  }
  if (mask == 0 || mask == state->mask) {
    state->candidate = 0;
    return;
  }
  if (mask != state->candidate) {
    state->candidate = mask;
    state->since_ms = now_ms;
  } else if (now_ms - state->since_ms >= PHAETON_DRAW_SETTLED_MS) {
    state->mask = mask;
    state->candidate = 0;
    if (phaeton_sample_knows (&input->sample, PHAETON_SAMPLE_PHASES) && input->sample.phases == 3)
      state->one_phase_car = phaeton_draw_count_phases (mask) == 1;
  }
}

guint8
phaeton_draw_get_mask (const PhaetonChargerInput *input, const PhaetonDrawState *state)
{
  if (state->mask != 0)
    return state->mask;
  return phaeton_sample_knows (&input->sample, PHAETON_SAMPLE_PHASES) && input->sample.phases == 1
           ? 1
           : ALL_PHASES;
}

double
phaeton_draw_get_v (const PhaetonChargerSample *sample, guint8 mask)
{
  double sum_v = 0;

  for (int i = 0; i < PHAETON_PHASES; i++) {
    const double voltage_v = sample->voltage_v[i];

    if ((mask & (1 << i)) == 0)
      continue;
    sum_v += phaeton_sample_knows (sample, PHAETON_SAMPLE_VOLTAGE_L1 << i) && voltage_v > 100 &&
                 voltage_v < 300
               ? voltage_v
               : PHAETON_NOMINAL_V;
  }
  return sum_v;
}

gboolean
phaeton_draw_get_power_w (const PhaetonChargerSample *sample, int *power_w)
{
  *power_w = CLAMP (sample->power_total_w, 0, SANE_W);
  if (phaeton_sample_knows (sample, PHAETON_SAMPLE_POWER))
    return TRUE;
  *power_w = 0;
  for (int i = 0; i < PHAETON_PHASES; i++)
    if (phaeton_sample_knows (sample, PHAETON_SAMPLE_CURRENT_L1 << i))
      *power_w += (int) (CLAMP (sample->current_mA[i], 0, SANE_mA) / 1000.0 *
                         phaeton_draw_get_v (sample, (guint8) (1 << i)));
  return (sample->known & (7 * PHAETON_SAMPLE_CURRENT_L1)) != 0;
}
