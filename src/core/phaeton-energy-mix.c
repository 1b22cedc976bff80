/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-energy-mix.h"

#include "phaeton-balance.h"
#include "phaeton-draw.h"
#include "phaeton-home-reading.h"

#define DRAWING_W 100 /* below it no car charges, and no ratio means anything */

/* @unseen_w: the part of it that the house's meters do not see */
static int
sum_cars_w (const PhaetonInput *input, int *unseen_w)
{
  int sum_w = 0;

  *unseen_w = 0;
  for (guint i = 0; i < input->n_chargers; i++) {
    int power_w;

    if (!input->chargers[i].online ||
        !phaeton_draw_get_power_w (&input->chargers[i].sample, &power_w))
      continue;
    power_w = CLAMP (power_w, 0, PHAETON_HOME_SANE_W);
    sum_w += power_w;
    if (!phaeton_balance_contains (input, i))
      *unseen_w += power_w;
  }
  return sum_w;
}

void
phaeton_energy_mix_step (const PhaetonInput *input, gboolean battery_seen, PhaetonEnergyMix *mix)
{
  const PhaetonHomeSample *home = &input->home;
  const int battery_w = phaeton_reading_get_or_0_w (&home->battery_power_w, input->now_ms);
  int unseen_w, balance_w, setpoint_w = 0, lack_w, grid_w, discharge_w;
  const int cars_w = sum_cars_w (input, &unseen_w);
  gint64 at_ms;

  if (cars_w < DRAWING_W)
    return;
  *mix = (PhaetonEnergyMix){ 0 };
  if (!phaeton_balance_measure_w (home, battery_seen, input->now_ms, &at_ms, &balance_w))
    return;
  if (!phaeton_reading_is_set (&home->off_grid, input->now_ms)) /* as the balance has it */
    setpoint_w = phaeton_reading_get_or_0_w (&home->grid_setpoint_w, input->now_ms);
  balance_w = CLAMP (balance_w, -PHAETON_HOME_SANE_W, PHAETON_HOME_SANE_W);
  unseen_w = CLAMP (unseen_w, -PHAETON_HOME_SANE_W, PHAETON_HOME_SANE_W);
  lack_w = setpoint_w - balance_w + unseen_w; /* what the sun leaves open in house and cars */
  grid_w = lack_w + battery_w;                /* import is positive */
  discharge_w = MAX (-battery_w + MIN (grid_w, 0), 0);
  grid_w = MAX (grid_w, 0);
  lack_w = CLAMP (lack_w, 0, cars_w);
  mix->known = TRUE;
  mix->sun_permille = (cars_w - lack_w) * (gint64) 1000 / cars_w;
  if (discharge_w > 0)
    mix->battery_permille =
      (1000 - mix->sun_permille) * (gint64) discharge_w / ((gint64) discharge_w + grid_w);
}
