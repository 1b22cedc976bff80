/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-load.h"

#define DAY_MS (24 * 3600 * (gint64) 1000)
#define BINS_PER_FUSE 16
#define TAIL_PER_MILLE 1
#define ENOUGH_SAMPLES 3600 /* fewer say nothing about a day */

static int
get_bin (const PhaetonCircuitConfig *circuit, int phase, int base_mA)
{
  const gint64 bin = (gint64) MAX (base_mA, 0) * BINS_PER_FUSE / MAX (circuit->fuse_mA[phase], 1);

  return (int) MIN (bin, PHAETON_LOAD_BINS - 1);
}

/* the upper end of the bin that holds the quantile */
static int
find_quantile_mA (const PhaetonCircuitConfig *circuit, const PhaetonLoadState *state, int phase)
{
  const guint64 tail = (guint64) state->n * TAIL_PER_MILLE / 1000;
  guint64 above = 0;
  int bin = PHAETON_LOAD_BINS - 1;

  for (; bin > 0 && above + state->bins[phase][bin] <= tail; bin--)
    above += state->bins[phase][bin];
  return (int) ((gint64) circuit->fuse_mA[phase] * (bin + 1) / BINS_PER_FUSE);
}

static void
end_day (const PhaetonCircuitConfig *circuit, PhaetonLoadState *state)
{
  PhaetonLoadState next = { 0 };

  for (int f = 0; f < PHAETON_PHASES; f++)
    next.expected_mA[f] =
      state->n >= ENOUGH_SAMPLES ? find_quantile_mA (circuit, state, f) : state->expected_mA[f];
  *state = next;
}

void
phaeton_load_step (const PhaetonCircuitConfig *circuit, const int *base_mA, const gboolean *exists,
                   gint64 at_ms, PhaetonLoadState *state)
{
  if (state->since_ms != 0 && at_ms - state->since_ms >= DAY_MS)
    end_day (circuit, state);
  if (state->since_ms == 0)
    state->since_ms = MAX (at_ms, 1);
  state->n++;
  for (int f = 0; f < PHAETON_PHASES; f++)
    if (exists[f])
      state->bins[f][get_bin (circuit, f, base_mA[f])]++;
}

int
phaeton_load_get_failsafe_base_mA (const PhaetonCircuitConfig *circuit,
                                   const PhaetonLoadState *state, int phase)
{
  return state != NULL ? MAX (circuit->failsafe_base_mA[phase], state->expected_mA[phase])
                       : circuit->failsafe_base_mA[phase];
}
