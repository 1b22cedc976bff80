/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-sim-loop.h"

#include "phaeton-core.h"
#include "phaeton-sim-ancestor.h"
#include "phaeton-zone-cache.h"

#include <math.h>
#include <string.h>

#define BEGIN_MS 1000000 /* of the monotonic clock: nothing is at 0 */
#define FAST_MS 1000
#define SLOW_MS                                                                                    \
  30000 /* as often as the daemon repeats a set-point, which a station forgets after 60 s */
#define SETTLE_S 10  /* after a car came: that it is there is seen in steps */
#define SUN_W 1000.0 /* less does not start a car */
#define DRAWS_W 50.0
#define STEP_mA 100
#define LAG_MAX 8 /* samples */
#define S_PER_H 3600.0

/* one charger and who comes to it */
typedef struct {
  PhaetonSimAncestor ancestor;
  PhaetonSimStay stay; /* the running one, or the next */
  gboolean has_stay;   /* there is one */
  PhaetonSimVisit visit;
  gboolean was_drawing;
  PhaetonSimMeter shown[LAG_MAX + 1]; /* the meter's last seconds, a ring */
  gboolean phases_told;
} Place;

typedef struct {
  const PhaetonSimSite *site;
  PhaetonConfig config; /* the site's; where people set deadlines anew its chargers are our own */
  PhaetonSimRule rule;
  const PhaetonSimWatch *watch;
  PhaetonSimHome *home;
  Place *places;
  gint64 now_ms;
  gint64 n_steps;

  PhaetonInput input;
  PhaetonChargerInput *chargers;
  PhaetonZoneCache zone;
  gint64 prices_until_at; /* no more are published before */
  PhaetonState *state, *next;
  PhaetonDecision *decision;
  PhaetonSimTotals *totals;
} Loop;

static gint64
get_wall_at (const Loop *self)
{
  return self->home->wall_ms / 1000;
}

static PhaetonSimSocket *
get_socket (const Loop *self, guint i)
{
  return &self->home->stations[i].sockets[0];
}

/* --- who comes and goes --- */

static double
get_missing_wh (const PhaetonSimCar *car)
{
  return MAX (car->target_percent - car->soc_percent, 0.0) / 100.0 * car->battery_wh /
         car->efficiency;
}

static void
plug (Loop *self, guint i)
{
  PhaetonSimCar *car = &get_socket (self, i)->car;
  const double most_wh = car->battery_wh / car->efficiency;
  const double wanted_wh = MIN (self->places[i].stay.energy_wh, most_wh);

  car->plugged = TRUE;
  car->target_percent = 100.0;
  car->soc_percent = 100.0 * (1.0 - wanted_wh / most_wh);
  self->totals->wanted_wh += wanted_wh;
  self->totals->n_stays++;
  self->places[i].visit =
    (PhaetonSimVisit){ .charger = i, .stay = self->places[i].stay, .wanted_wh = wanted_wh };
  if (self->site->deadline_by_stay)
    self->config.chargers[i].deadline = phaeton_sim_site_make_deadline (
      self->site, &self->places[i].stay, self->site->config->chargers[i].deadline.plan);
}

static void
unplug (Loop *self, guint i)
{
  PhaetonSimCar *car = &get_socket (self, i)->car;
  PhaetonSimVisit *visit = &self->places[i].visit;
  const double missing_wh = get_missing_wh (car);

  visit->got_wh = visit->wanted_wh - missing_wh;
  self->totals->unmet_wh += missing_wh;
  car->plugged = FALSE;
  if (self->watch != NULL && self->watch->visit != NULL)
    self->watch->visit (visit, self->watch->user_data);
}

static void
move_cars (Loop *self)
{
  const gint64 at = get_wall_at (self);

  for (guint i = 0; i < self->site->config->n_chargers; i++) {
    Place *place = &self->places[i];
    PhaetonSimCar *car = &get_socket (self, i)->car;

    if (car->plugged && at >= place->stay.to_at) {
      unplug (self, i);
      place->has_stay = phaeton_sim_site_get_stay (self->site, i, place->stay.to_at, &place->stay);
    }
    if (!car->plugged && place->has_stay && at >= place->stay.from_at && at < place->stay.to_at)
      plug (self, i);
  }
}

/* --- what the devices would tell --- */

static PhaetonReading
know (const Loop *self, double value)
{
  return (PhaetonReading){ TRUE, self->now_ms, (int) lrint (value) };
}

static PhaetonReadingD
know_d (const Loop *self, double value)
{
  return (PhaetonReadingD){ TRUE, self->now_ms, value };
}

static void
fill_home (const Loop *self, PhaetonHomeSample *sample)
{
  const PhaetonSimHouse *house = &self->home->house;
  const double pv_w = phaeton_sim_sum (house->pv_w);
  const PhaetonSimBattery *battery = &house->battery;
  PhaetonReading *const pv[] = { [PHAETON_SIM_PV_ON_GRID] = &sample->pv_on_grid_power_w,
                                 [PHAETON_SIM_PV_ON_OUTPUT] = &sample->pv_on_output_power_w,
                                 [PHAETON_SIM_PV_DC] = &sample->pv_dc_power_w };

  memset (sample, 0, sizeof *sample);
  sample->grid_phases = know (self, PHAETON_PHASES);
  for (int i = 0; i < PHAETON_PHASES; i++) {
    sample->grid_power_w[i] = know (self, house->grid_w[i]);
    sample->grid_current_mA[i] = know (self, house->grid_a[i] * 1000.0);
    sample->grid_voltage_v[i] = know_d (self, house->voltage_v[i]);
  }
  *pv[house->pv_position] = know (self, pv_w);
  sample->consumption_power_w =
    know (self, phaeton_sim_sum (house->grid_w) + pv_w - battery->power_w);
  if (battery->present) {
    sample->battery_power_w = know (self, battery->power_w);
    sample->battery_soc_percent = know_d (self, battery->soc_percent);
    sample->min_soc_percent = know_d (self, battery->min_soc_percent);
    sample->grid_setpoint_w = know (self, house->grid_setpoint_w);
  }
  if (house->feed_in_limit_w >= 0.0)
    sample->export_limit_w = know (self, house->feed_in_limit_w);
  sample->pv_curtailed = know (self, house->pv_is_curtailed);
  sample->has_grid_meter = know (self, house->has_grid_meter);
  sample->changed_at_ms = self->now_ms;
}

static void
fill_meter (const PhaetonSimMeter *meter, PhaetonChargerSample *sample)
{
  sample->power_total_w = 0;
  for (int i = 0; i < PHAETON_PHASES; i++) {
    sample->voltage_v[i] = meter->voltage_v[i];
    sample->current_mA[i] = (int) lrint (meter->current_a[i] * 1000.0);
    sample->power_w[i] = (int) lrint (meter->power_w[i]);
    sample->power_total_w += sample->power_w[i];
  }
  sample->energy_wh = (gint64) phaeton_sim_sum (meter->energy_wh);
}

static void
fill_charger (Loop *self, guint i, PhaetonChargerInput *input)
{
  const PhaetonSimStation *station = &self->home->stations[i];
  const PhaetonSimSocket *socket = &station->sockets[0];
  const gint64 lag = MIN (self->site->meter_lag_ms / FAST_MS, LAG_MAX);
  Place *place = &self->places[i];
  PhaetonChargerSample *sample = &input->sample;

  place->shown[self->n_steps % (LAG_MAX + 1)] = socket->shown;
  input->online = TRUE;
  input->can = (PhaetonCapabilities){ .min_mA = PHAETON_MIN_OFFER_mA,
                                      .step_mA = STEP_mA,
                                      .can_set_phases = station->allow_phase_switch };
  input->command = self->site->command;
  sample->at_ms = self->now_ms;
  sample->known = (1 << 20) - 1;
  sample->pilot = phaeton_sim_station_get_pilot (station, 0);
  fill_meter (&place->shown[MAX (self->n_steps - lag, 0) % (LAG_MAX + 1)], sample);
  sample->station_max_mA = (int) (station->max_a * 1000.0);
  sample->applied_mA = (int) (socket->offered_a * 1000.0);
  sample->setpoint_mA = (int) (socket->setpoint_a * 1000.0);
  sample->setpoint_valid_s = (int) (socket->valid_ms / 1000);
  sample->safe_mA = (int) (station->safe_a * 1000.0);
  sample->accounted = TRUE;
  sample->phases = socket->phases_register;
  sample->temperature_c = station->temperature_c;
}

static void
gather (Loop *self)
{
  PhaetonInput *input = &self->input;

  input->now_ms = self->now_ms;
  input->wall_at = get_wall_at (self);
  input->wall_known = TRUE;
  phaeton_zone_cache_get (&self->zone, self->site->zone_name, input->wall_at, &input->zone);
  if (input->wall_at >= self->prices_until_at)
    input->prices =
      phaeton_sim_site_get_prices (self->site, input->wall_at, &self->prices_until_at);
  fill_home (self, &input->home);
  for (guint i = 0; i < input->n_chargers; i++)
    fill_charger (self, i, &self->chargers[i]);
}

/* --- decide and carry out --- */

static void
switch_phases (Loop *self, guint i, int phases)
{
  PhaetonSimSocket *socket = get_socket (self, i);
  PhaetonPhasesResult *result = &self->chargers[i].phases_result;

  if (phases == 0) {
    *result = PHAETON_PHASES_IDLE;
    return;
  }
  *result = PHAETON_PHASES_DONE;
  if (phases == socket->phases_register)
    return;
  phaeton_sim_station_set_phases (&self->home->stations[i], 0, phases);
  self->totals->n_switches += socket->car.plugged;
}

static void
decide (Loop *self)
{
  const PhaetonConfig *config = &self->config;
  PhaetonState *before = self->state;

  if (self->rule == PHAETON_SIM_RULE_CORE) {
    phaeton_core_step (config, &self->input, self->state, self->decision, self->next);
    self->state = self->next;
    self->next = before;
  }
  for (guint i = 0; i < config->n_chargers; i++) {
    int limit_mA = self->decision->chargers[i].limit_mA;
    int phases = self->decision->chargers[i].phases;

    if (self->rule == PHAETON_SIM_RULE_ANCESTOR)
      limit_mA = self->decision->chargers[i].limit_mA =
        phaeton_sim_ancestor_step (&self->places[i].ancestor, &config->chargers[i],
                                   &self->input.home, &self->chargers[i], self->now_ms, &phases);
    phaeton_sim_station_set_setpoint (&self->home->stations[i], 0, limit_mA / 1000.0);
    switch_phases (self, i, phases);
  }
}

/* --- time --- */

/* nothing that a second would show happens at this charger */
static gboolean
is_calm (const Loop *self, guint i)
{
  const PhaetonSimSocket *socket = get_socket (self, i);
  const PhaetonSimHouse *house = &self->home->house;

  if (!socket->car.plugged)
    return TRUE;
  if (get_wall_at (self) < self->places[i].stay.from_at + SETTLE_S)
    return FALSE;
  if (socket->car.current_a > 0.0 || self->state->chargers[i].phases.step != PHAETON_SWITCH_NONE)
    return FALSE;
  if (!phaeton_sim_car_wants_energy (&socket->car))
    return TRUE;
  return self->decision->chargers[i].limit_mA == 0 &&
         (self->site->command.mode != PHAETON_MODE_AUTO ||
          (house->pv_available_w < SUN_W && !house->pv_is_curtailed));
}

static gint64
choose_step_ms (const Loop *self, gint64 end_at)
{
  const gint64 at = get_wall_at (self);
  gint64 step_ms = MIN (SLOW_MS, (end_at - at) * 1000);

  for (guint i = 0; i < self->site->config->n_chargers; i++) {
    const Place *place = &self->places[i];
    const gint64 event_at =
      get_socket (self, i)->car.plugged ? place->stay.to_at : place->stay.from_at;

    if (!is_calm (self, i))
      return FAST_MS;
    if (place->has_stay && event_at > at)
      step_ms = MIN (step_ms, (event_at - at) * 1000);
  }
  return MAX (step_ms, FAST_MS);
}

static double
get_price (const Loop *self, double net_w)
{
  const PhaetonPriceSlot *slot =
    phaeton_price_series_find (&self->input.prices, get_wall_at (self));
  const gint64 import_micros =
    slot != NULL ? slot->import_micros : self->site->config->static_rate_micros_per_kwh;

  return (double) (net_w > 0.0 ? import_micros : self->site->export_micros) / 1e9; /* per Wh */
}

static void
account (Loop *self, gint64 step_ms)
{
  const PhaetonSimHouse *house = &self->home->house;
  const double dt_h = (double) step_ms / 1000.0 / S_PER_H;
  const double net_w = phaeton_sim_sum (house->grid_w);
  PhaetonSimTotals *totals = self->totals;
  double cars_w = 0.0;

  for (guint i = 0; i < self->site->config->n_chargers; i++) {
    const double car_w = phaeton_sim_sum (get_socket (self, i)->truth.power_w);
    Place *place = &self->places[i];
    const gboolean is_start = car_w > DRAWS_W && !place->was_drawing;

    cars_w += car_w;
    totals->n_starts += is_start;
    place->was_drawing = car_w > DRAWS_W;
    place->visit.n_starts += is_start;
    place->visit.drawing_s += place->was_drawing ? step_ms / 1000 : 0;
    place->visit.cost += car_w * dt_h * get_price (self, car_w);
  }
  totals->length_s += step_ms / 1000;
  totals->n_steps++;
  totals->pv_wh += phaeton_sim_sum (house->pv_w) * dt_h;
  totals->load_wh += phaeton_sim_sum (house->load_w) * dt_h;
  totals->battery_wh += house->battery.power_w * dt_h;
  totals->import_wh += MAX (net_w, 0.0) * dt_h;
  totals->export_wh += MAX (-net_w, 0.0) * dt_h;
  totals->car_wh += cars_w * dt_h;
  totals->car_import_wh += CLAMP (net_w, 0.0, cars_w) * dt_h;
  totals->cost += net_w * dt_h * get_price (self, net_w);
  for (int i = 0; i < PHAETON_PHASES; i++)
    if (house->grid_a[i] * 1000.0 > self->site->fuse_mA)
      totals->overload_s[i] += (double) step_ms / 1000.0;
}

static void
run_until (Loop *self, gint64 end_at)
{
  while (get_wall_at (self) < end_at) {
    gint64 step_ms;

    move_cars (self);
    gather (self);
    decide (self);
    step_ms = choose_step_ms (self, end_at);
    phaeton_sim_home_step (self->home, step_ms);
    self->now_ms += step_ms;
    self->n_steps++;
    account (self, step_ms);
  }
}

static void
add_totals (PhaetonSimTotals *sum, const PhaetonSimTotals *day)
{
  sum->length_s += day->length_s;
  sum->n_steps += day->n_steps;
  sum->pv_wh += day->pv_wh;
  sum->load_wh += day->load_wh;
  sum->battery_wh += day->battery_wh;
  sum->import_wh += day->import_wh;
  sum->export_wh += day->export_wh;
  sum->car_wh += day->car_wh;
  sum->car_import_wh += day->car_import_wh;
  sum->wanted_wh += day->wanted_wh;
  sum->unmet_wh += day->unmet_wh;
  sum->cost += day->cost;
  sum->n_stays += day->n_stays;
  sum->n_starts += day->n_starts;
  sum->n_switches += day->n_switches;
  for (int i = 0; i < PHAETON_PHASES; i++)
    sum->overload_s[i] += day->overload_s[i];
}

static void
begin (Loop *self, const PhaetonSimSite *site)
{
  const guint n = site->config->n_chargers;

  self->home = phaeton_sim_home_new (site->seed, site->start_at * 1000, n);
  self->home->house = site->house;
  self->config = *site->config;
  self->config.chargers = g_memdup2 (site->config->chargers, n * sizeof site->config->chargers[0]);
  self->places = g_new0 (Place, n);
  self->chargers = g_new0 (PhaetonChargerInput, n);
  self->input.n_chargers = n;
  self->input.chargers = self->chargers;
  self->state = phaeton_state_new (n);
  self->next = phaeton_state_new (n);
  self->decision = phaeton_decision_new (n);
  for (guint i = 0; i < n; i++) {
    self->home->stations[i] = site->station;
    memcpy (self->home->stations[i].phase_map, site->config->chargers[i].phase_map,
            sizeof self->home->stations[i].phase_map);
    self->places[i].has_stay =
      phaeton_sim_site_get_stay (site, i, site->start_at, &self->places[i].stay);
  }
}

static void
end (Loop *self)
{
  g_free (self->home);
  g_free (self->config.chargers);
  g_free (self->places);
  g_free (self->chargers);
  g_free (self->state);
  g_free (self->next);
  g_free (self->decision);
  phaeton_zone_cache_clear (&self->zone);
}

void
phaeton_sim_loop_run (const PhaetonSimSite *site, PhaetonSimRule rule, int days,
                      const PhaetonSimWatch *watch, PhaetonSimTotals *totals)
{
  Loop self = { .site = site, .rule = rule, .watch = watch, .now_ms = BEGIN_MS };

  *totals = (PhaetonSimTotals){ 0 };
  begin (&self, site);
  for (int i = 0; i < days; i++) {
    const gint64 day_at = get_wall_at (&self);
    PhaetonSimTotals today = { 0 };

    self.totals = &today;
    run_until (&self, phaeton_sim_site_get_midnight (site, day_at, 1));
    add_totals (totals, &today);
    if (watch != NULL && watch->day != NULL)
      watch->day (day_at, &today, watch->user_data);
  }
  end (&self);
}
