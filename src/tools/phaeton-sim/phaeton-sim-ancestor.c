/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-sim-ancestor.h"

#include <math.h>

#define VOLT 230.0
#define CHARGING_SLACK_A 0.05

static double
get_excess_w (const PhaetonSimAncestor *self, const PhaetonChargerConfig *config,
              const PhaetonHomeSample *home, const PhaetonChargerSample *sample, int phases,
              gint64 now_ms)
{
  const gboolean is_lagging = now_ms - self->written_ms < config->controls.ev_lag_ms;
  const double car_w =
    is_lagging ? MAX (self->written_a * VOLT * phases, 0.0) : sample->power_total_w;
  const double pv_w = home->pv_dc_power_w.value + home->pv_on_output_power_w.value;

  return MAX (pv_w - MAX (home->consumption_power_w.value - car_w, 0.0), 0.0);
}

static int
choose_phases (const PhaetonSimAncestor *self, const PhaetonControlsConfig *controls, int phases,
               gint64 now_ms)
{
  const double min_a = controls->min_set_mA / 1000.0;
  const double three_min_w = min_a * VOLT * 3;
  const double one_max_w = MAX (controls->max_set_mA / 1000.0, min_a) * VOLT;

  if (self->switched_ms != 0 && now_ms - self->switched_ms < controls->phase_grace_ms)
    return phases;
  if (phases == 1 && self->smoothed_w > three_min_w + controls->phase_hysteresis_w)
    return 3;
  if (phases == 3 && self->smoothed_w < one_max_w - controls->phase_hysteresis_w)
    return 1;
  return phases;
}

/* below the minimum a charging car is held for a while; one that stands gets nothing */
static double
apply_grace (PhaetonSimAncestor *self, const PhaetonControlsConfig *controls, double wanted_a,
             gint64 now_ms)
{
  const double min_a = controls->min_set_mA / 1000.0;

  if (wanted_a >= min_a || self->written_a < min_a - CHARGING_SLACK_A) {
    self->grace_since_ms = 0;
    return wanted_a >= min_a ? wanted_a : 0.0;
  }
  if (self->grace_since_ms == 0)
    self->grace_since_ms = now_ms;
  if (now_ms - self->grace_since_ms < controls->min_charge_ms)
    return min_a;
  self->grace_since_ms = 0;
  return 0.0;
}

static int
write_limit (PhaetonSimAncestor *self, const PhaetonControlsConfig *controls, double limit_a,
             gint64 now_ms)
{
  if (fabs (limit_a - self->written_a) > controls->update_threshold_mA / 1000.0 ||
      now_ms - self->written_ms >= controls->reassert_ms) {
    self->written_a = limit_a;
    self->written_ms = now_ms;
  }
  return (int) (self->written_a * 1000.0);
}

int
phaeton_sim_ancestor_step (PhaetonSimAncestor *self, const PhaetonChargerConfig *config,
                           const PhaetonHomeSample *home, const PhaetonChargerInput *charger,
                           gint64 now_ms, int *phases)
{
  const PhaetonControlsConfig *controls = &config->controls;
  const int now_phases = charger->sample.phases == 1 ? 1 : 3;
  const double raw_w = get_excess_w (self, config, home, &charger->sample, now_phases, now_ms);
  const double alpha = CLAMP (controls->pv_ema_alpha, 0.0, 1.0);
  double wanted_a;

  *phases = 0;
  self->smoothed_w = alpha > 0.0 ? alpha * raw_w + (1.0 - alpha) * self->smoothed_w : raw_w;
  if (now_ms < self->settled_ms)
    return write_limit (self, controls, 0.0, now_ms);
  if (controls->auto_phase_switch &&
      choose_phases (self, controls, now_phases, now_ms) != now_phases) {
    *phases = now_phases == 1 ? 3 : 1;
    self->switched_ms = now_ms;
    self->settled_ms = now_ms + controls->phase_settle_ms;
    self->written_a = 0.0;
    self->written_ms = now_ms;
    return 0;
  }
  wanted_a = MIN (self->smoothed_w / (now_phases * VOLT), charger->sample.station_max_mA / 1000.0);
  return write_limit (self, controls, apply_grace (self, controls, wanted_a, now_ms), now_ms);
}
