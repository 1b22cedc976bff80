/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-balance.h"
#include "phaeton-draw.h"
#include "phaeton-home-reading.h"
#include "phaeton-ring.h"

#define EXPORTING_W 100 /* less is noise of the house's own regulation */

/* what the cars drew at some moment, together */
typedef struct {
  gboolean matched;    /* all have reported it */
  int told_w;          /* by the nearest samples */
  int least_w, most_w; /* what may be true; told_w when matched */
} CarBounds;

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
    *sum_w += CLAMP (power_w, -PHAETON_HOME_SANE_W, PHAETON_HOME_SANE_W);
    *at_ms = MAX (*at_ms, home->grid_power_w[i].at_ms);
    n_known++;
  }
  return n_known > 0;
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
  *balance_w = -CLAMP (consumption_w, 0, PHAETON_HOME_SANE_W);
  *at_ms = home->consumption_power_w.at_ms;
  for (guint i = 0; i < G_N_ELEMENTS (pv_w); i++) {
    int value_w;

    n_known += phaeton_reading_get (pv_w[i], now_ms, &value_w);
    *balance_w += MAX (phaeton_reading_get_or_0_w (pv_w[i], now_ms), 0);
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
  *balance_w = -grid_w - MAX (phaeton_reading_get_or_0_w (&home->genset_power_w, now_ms), 0) +
               phaeton_reading_get_or_0_w (&home->battery_power_w, now_ms);
  if (!off_grid)
    *balance_w += phaeton_reading_get_or_0_w (&home->grid_setpoint_w, now_ms);
  return TRUE;
}

static gboolean
is_exporting (const PhaetonHomeSample *home, gint64 now_ms)
{
  gint64 at_ms;
  int grid_w;

  return sum_grid_w (home, now_ms, &at_ms, &grid_w) &&
         grid_w < phaeton_reading_get_or_0_w (&home->grid_setpoint_w, now_ms) - EXPORTING_W;
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
      phaeton_ring_push (&next->chargers[i].power, sample->at_ms,
                         CLAMP (power_w, 0, PHAETON_HOME_SANE_W));
  }
}

static int
get_offered_w (const PhaetonChargerInput *input, const PhaetonChargerState *state)
{
  const guint8 mask = phaeton_draw_get_mask (input, &state->draw);

  return (int) (state->limit_mA / 1000.0 * phaeton_draw_get_v (&input->sample, mask));
}

/* what the car of charger @i drew at @at_ms: before its meter told, anything between nothing and
 * what it may have risen to since its newest sample */
static void
bound_car_w (const PhaetonConfig *config, const PhaetonInput *input, const PhaetonState *next,
             guint i, gint64 at_ms, CarBounds *bounds)
{
  const PhaetonChargerState *state = &next->chargers[i];
  const gint64 lag_ms = get_lag_ms (config, i);
  const int told_w = phaeton_ring_find (&state->power, at_ms + lag_ms);
  gint64 newest_ms;
  int newest_w;

  phaeton_ring_get (&state->power, 0, &newest_ms, &newest_w);
  bounds->told_w += told_w;
  if (newest_ms >= at_ms + lag_ms) {
    bounds->least_w += told_w;
    bounds->most_w += told_w;
    return;
  }
  bounds->matched = FALSE;
  if (state->car.charging && newest_ms - lag_ms >= state->raised_ms + PHAETON_BALANCE_RESPONSE_MS)
    bounds->most_w += newest_w; /* it had time to follow its last raise */
  else
    bounds->most_w += MAX (newest_w, get_offered_w (&input->chargers[i], state));
}

static CarBounds
bound_cars_w (const PhaetonConfig *config, const PhaetonInput *input, const PhaetonState *next,
              gint64 at_ms)
{
  CarBounds bounds = { .matched = TRUE };

  for (guint i = 0; i < input->n_chargers; i++)
    if (takes_part (input, i) && phaeton_ring_count (&next->chargers[i].power) > 0)
      bound_car_w (config, input, next, i, at_ms, &bounds);
  return bounds;
}

/* the newest sum that is certain, moved as far as each balance since then proves another: what is
 * less counts at once, what is more waits for the cars' own samples */
static int
add_cars_w (const PhaetonConfig *config, const PhaetonInput *input, const PhaetonState *next)
{
  const PhaetonRing *ring = &next->site.balance;
  CarBounds bounds[PHAETON_RING];
  int balance_w[PHAETON_RING], gross_w;
  guint age = 0;

  for (;; age++) {
    gint64 at_ms;

    phaeton_ring_get (ring, age, &at_ms, &balance_w[age]);
    bounds[age] = bound_cars_w (config, input, next, at_ms);
    if (bounds[age].matched || age + 1 == phaeton_ring_count (ring))
      break;
  }
  gross_w = balance_w[age] + bounds[age].told_w;
  while (age-- > 0)
    gross_w =
      CLAMP (gross_w, balance_w[age] + bounds[age].least_w, balance_w[age] + bounds[age].most_w);
  return gross_w;
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
  balance->gross_w = add_cars_w (config, input, next);
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
