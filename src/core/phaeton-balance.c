/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-balance.h"
#include "phaeton-draw.h"
#include "phaeton-home-reading.h"
#include "phaeton-ring.h"

#define EXPORTING_W 100 /* less is noise of the house's own regulation */
#define SANE_W 10000000 /* ten megawatts: a home's meter that says more is broken */

/* the smoothing of the first charger is the site's: there is one sun */
#define SITE_CONTROLS(config) (&(config)->chargers[0].controls)

static gboolean
sum_grid_w (const PhaetonHomeSample *home, gint64 now_ms, gint64 *at_ms, int *sum_w)
{
  int n_phases, n_known = 0;

  if (!phaeton_reading_get (&home->grid_phases, now_ms, &n_phases))
    n_phases = 0;
  *sum_w = 0;
  *at_ms = G_MININT64;
  for (int i = 0; i < PHAETON_PHASES; i++) {
    int power_w;

    if (!phaeton_reading_get (&home->grid_power_w[i], now_ms, &power_w)) {
      if (i < n_phases)
        return FALSE; /* there is such a phase: without it the sum is a lie */
      continue;
    }
    *sum_w += CLAMP (power_w, -SANE_W, SANE_W);
    *at_ms = MAX (*at_ms, home->grid_power_w[i].at_ms);
    n_known++;
  }
  return n_known > 0;
}

static int
get_or_0_w (const PhaetonReading *reading, gint64 now_ms)
{
  int value_w;

  return phaeton_reading_get (reading, now_ms, &value_w) ? CLAMP (value_w, -SANE_W, SANE_W) : 0;
}

/* a PV position that is not known counts as none: the surplus is smaller, never larger */
static gboolean
measure_by_parts (const PhaetonHomeSample *home, gint64 now_ms, gint64 *at_ms, int *balance_w)
{
  const PhaetonReading *pv_w[] = { &home->pv_dc_power_w, &home->pv_on_grid_power_w,
                                   &home->pv_on_output_power_w, &home->pv_on_genset_power_w };
  int consumption_w, n_known = 0;

  if (!phaeton_reading_get (&home->consumption_power_w, now_ms, &consumption_w))
    return FALSE;
  *balance_w = -CLAMP (consumption_w, 0, SANE_W);
  *at_ms = home->consumption_power_w.at_ms;
  for (guint i = 0; i < G_N_ELEMENTS (pv_w); i++) {
    int value_w;

    n_known += phaeton_reading_get (pv_w[i], now_ms, &value_w);
    *balance_w += MAX (get_or_0_w (pv_w[i], now_ms), 0);
  }
  return n_known > 0;
}

gboolean
phaeton_balance_measure_w (const PhaetonHomeSample *home, gboolean battery_seen, gint64 now_ms,
                           gint64 *at_ms, int *balance_w)
{
  const gboolean off_grid = phaeton_reading_is_set (&home->off_grid, now_ms);
  int grid_w = 0, battery_w;
  const gboolean battery_known = phaeton_reading_get (&home->battery_power_w, now_ms, &battery_w);

  if (off_grid)
    *at_ms = home->battery_power_w.at_ms;
  else if (!sum_grid_w (home, now_ms, at_ms, &grid_w))
    return measure_by_parts (home, now_ms, at_ms, balance_w);
  if (!battery_known && (battery_seen || off_grid))
    return FALSE;
  *balance_w = -grid_w - MAX (get_or_0_w (&home->genset_power_w, now_ms), 0) +
               get_or_0_w (&home->battery_power_w, now_ms);
  if (!off_grid)
    *balance_w += get_or_0_w (&home->grid_setpoint_w, now_ms);
  return TRUE;
}

static gboolean
is_exporting (const PhaetonHomeSample *home, gint64 now_ms)
{
  gint64 at_ms;
  int grid_w;

  return sum_grid_w (home, now_ms, &at_ms, &grid_w) &&
         grid_w < get_or_0_w (&home->grid_setpoint_w, now_ms) - EXPORTING_W;
}

gboolean
phaeton_balance_contains (const PhaetonInput *input, guint i)
{
  return !input->chargers[i].on_input ||
         phaeton_reading_is_set (&input->home.has_grid_meter, input->now_ms);
}

static gint64
get_lag_ms (const PhaetonConfig *config, guint i)
{
  return CLAMP (config->chargers[i].controls.ev_lag_ms, 0, PHAETON_BALANCE_MAX_LAG_MS);
}

static gboolean
takes_part (const PhaetonInput *input, guint i)
{
  return input->chargers[i].command.mode == PHAETON_MODE_AUTO &&
         phaeton_balance_contains (input, i) && input->chargers[i].online &&
         input->now_ms - input->chargers[i].sample.at_ms <= PHAETON_HOME_STALE_MS;
}

static void
remember_cars (const PhaetonInput *input, PhaetonState *next)
{
  for (guint i = 0; i < input->n_chargers; i++) {
    const PhaetonChargerSample *sample = &input->chargers[i].sample;
    int power_w;

    if (input->chargers[i].online && phaeton_draw_get_power_w (sample, &power_w))
      phaeton_ring_push (&next->chargers[i].power, sample->at_ms, CLAMP (power_w, 0, SANE_W));
  }
}

/* every car has reported what it drew at @at_ms */
static gboolean
all_cars_reached (const PhaetonConfig *config, const PhaetonInput *input, const PhaetonState *next,
                  gint64 at_ms)
{
  for (guint i = 0; i < input->n_chargers; i++) {
    gint64 newest_ms;
    int power_w;

    if (!takes_part (input, i) || phaeton_ring_count (&next->chargers[i].power) == 0)
      continue;
    phaeton_ring_get (&next->chargers[i].power, 0, &newest_ms, &power_w);
    if (newest_ms < at_ms + get_lag_ms (config, i))
      return FALSE;
  }
  return TRUE;
}

static int
add_cars_w (const PhaetonConfig *config, const PhaetonInput *input, const PhaetonState *next,
            gint64 at_ms)
{
  int sum_w = 0;

  for (guint i = 0; i < input->n_chargers; i++)
    if (takes_part (input, i))
      sum_w += phaeton_ring_find (&next->chargers[i].power, at_ms + get_lag_ms (config, i));
  return sum_w;
}

void
phaeton_balance_step (const PhaetonConfig *config, const PhaetonInput *input, PhaetonState *next,
                      PhaetonBalance *balance)
{
  PhaetonRing *ring = &next->site.balance;
  gint64 at_ms = 0;
  int balance_w = 0;

  *balance = (PhaetonBalance){ 0 };
  remember_cars (input, next);
  next->site.battery_seen |= input->home.battery_power_w.known;
  balance->known = phaeton_balance_measure_w (&input->home, next->site.battery_seen, input->now_ms,
                                              &at_ms, &balance_w);
  if (!balance->known) {
    *ring = (PhaetonRing){ 0 };
    return;
  }
  balance->exporting = is_exporting (&input->home, input->now_ms);
  phaeton_ring_push (ring, at_ms, balance_w);
  for (guint age = 0; age < phaeton_ring_count (ring); age++) {
    phaeton_ring_get (ring, age, &at_ms, &balance_w);
    if (all_cars_reached (config, input, next, at_ms))
      break;
  }
  balance->gross_w = balance_w + add_cars_w (config, input, next, at_ms);
}

int
phaeton_balance_smooth_w (const PhaetonConfig *config, const PhaetonBalance *balance, int surplus_w,
                          PhaetonSiteState *site)
{
  const double alpha = SITE_CONTROLS (config)->pv_ema_alpha;
  gint64 at_ms;
  int balance_w;

  if (!balance->known) {
    site->smoothed_at_ms = 0;
    return 0;
  }
  phaeton_ring_get (&site->balance, 0, &at_ms, &balance_w);
  if (!(alpha > 0 && alpha < 1) || site->smoothed_at_ms == 0)
    site->smoothed_w = surplus_w;
  else if (at_ms > site->smoothed_at_ms)
    site->smoothed_w = alpha * surplus_w + (1 - alpha) * site->smoothed_w;
  site->smoothed_at_ms = MAX (at_ms, 1);
  return (int) site->smoothed_w;
}
