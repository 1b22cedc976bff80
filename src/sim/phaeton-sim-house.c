/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-sim-house.h"

#include "phaeton-sim-noise.h"

#include <math.h>

#define DAY_S 86400.0
#define MS_PER_H 3600000.0
#define BASE_NOISE 0.15 /* share of the base load */

/* channels of the seed */
enum { CHANNEL_BASE = 100, CHANNEL_DAY, CHANNEL_CLOUD_SLOW, CHANNEL_CLOUD_FAST, CHANNEL_APPLIANCE };

/* each runs once in a slot of time, or not, and starts somewhere within it */
typedef struct {
  double power_w;
  int phase;
  gint64 slot_s;
  gint64 run_s;
  double night, morning, day, evening; /* chance to run in a slot that begins then */
} Appliance;

static const Appliance appliances[] = {
  { 90.0, 0, 2700, 900, 1.0, 1.0, 1.0, 1.0 },        /* fridge */
  { 2000.0, 0, 3600, 180, 0.02, 0.7, 0.2, 0.25 },    /* kettle */
  { 1000.0, 1, 3600, 240, 0.01, 0.25, 0.15, 0.3 },   /* microwave */
  { 1800.0, 1, 7200, 2100, 0.0, 0.05, 0.25, 0.5 },   /* hob */
  { 2500.0, 2, 10800, 2400, 0.0, 0.02, 0.15, 0.25 }, /* oven */
  { 2100.0, 2, 21600, 2700, 0.0, 0.25, 0.3, 0.1 },   /* washing machine */
  { 2000.0, 1, 43200, 3000, 0.1, 0.3, 0.3, 0.5 },    /* dishwasher */
  { 150.0, 0, 14400, 10800, 0.05, 0.2, 0.3, 0.95 },  /* television and lamps */
};

void
phaeton_sim_house_init (PhaetonSimHouse *self, guint64 seed)
{
  *self = (PhaetonSimHouse){
    .seed = seed,
    .base_load_w = 240.0,
    .has_appliances = TRUE,
    .pv_peak_w = 8000.0,
    .pv_phases = PHAETON_PHASES,
    .latitude_deg = 51.0,
    .longitude_deg = 10.0,
    .feed_in_limit_w = -1.0,
    .grid_setpoint_w = 50.0,
    .has_grid_meter = TRUE,
    .forced_load_w = NAN,
    .forced_pv_w = NAN,
    .battery = {
      .capacity_wh = 10000.0,
      .soc_percent = 50.0,
      .min_soc_percent = 10.0,
      .max_charge_w = 5000.0,
      .max_discharge_w = 5000.0,
      .efficiency = 0.95,
      .lag_ms = 1500,
    },
  };
}

static double
get_chance (const Appliance *it, double hour)
{
  if (hour < 6.0 || hour >= 23.0)
    return it->night;
  if (hour < 10.0)
    return it->morning;
  return hour < 17.0 ? it->day : it->evening;
}

static gboolean
is_running (const PhaetonSimHouse *self, guint index, gint64 local_s)
{
  const Appliance *it = &appliances[index];
  const gint64 slot = phaeton_sim_floor_div (local_s, it->slot_s);
  const gint64 in_slot_s = local_s - slot * it->slot_s;
  const guint64 channel = CHANNEL_APPLIANCE + 2 * index;
  const double hour = fmod ((double) (slot * it->slot_s), DAY_S) / 3600.0;
  const gint64 start_s =
    phaeton_sim_uniform (self->seed, channel + 1, slot) * (double) (it->slot_s - it->run_s);

  return in_slot_s >= start_s && in_slot_s < start_s + it->run_s &&
         phaeton_sim_uniform (self->seed, channel, slot) < get_chance (it, hour);
}

/* seconds of mean solar time: what people and sun both live by, nearly */
static gint64
to_solar_s (const PhaetonSimHouse *self, gint64 wall_ms)
{
  return phaeton_sim_floor_div (wall_ms, 1000) + (gint64) (self->longitude_deg * 240.0);
}

/* sine of the sun's height, 0 at night */
static double
get_sun_height (const PhaetonSimHouse *self, gint64 solar_s)
{
  const double days = (double) solar_s / DAY_S;
  const double year = 2.0 * G_PI * (days + 10.0) / 365.2425; /* winter solstice: 21 December */
  const double declination = -23.44 * G_PI / 180.0 * cos (year);
  const double hour_angle = 2.0 * G_PI * (days - floor (days) - 0.5);
  const double latitude = self->latitude_deg * G_PI / 180.0;

  return MAX (sin (latitude) * sin (declination) +
                cos (latitude) * cos (declination) * cos (hour_angle),
              0.0);
}

/* share of the sun that gets through: clear, changeable and dull days, in the order of chance */
static double
get_clearness (const PhaetonSimHouse *self, gint64 wall_ms, gint64 solar_s)
{
  const double day =
    phaeton_sim_uniform (self->seed, CHANNEL_DAY, phaeton_sim_floor_div (solar_s, (gint64) DAY_S));
  const double slow = phaeton_sim_noise (self->seed, CHANNEL_CLOUD_SLOW, wall_ms, 600 * 1000);
  const double fast = phaeton_sim_noise (self->seed, CHANNEL_CLOUD_FAST, wall_ms, 60 * 1000);

  if (day < 0.35)
    return 0.97 + 0.03 * slow;
  if (day < 0.75) /* clouds with sharp edges */
    return 0.6 + 0.4 * CLAMP (5.0 * (0.7 * slow + 0.3 * fast + 0.1), -1.0, 1.0);
  return 0.2 + 0.08 * slow + 0.02 * fast;
}

static double
get_seeded_pv_w (const PhaetonSimHouse *self, gint64 wall_ms)
{
  const gint64 solar_s = to_solar_s (self, wall_ms);
  const double height = get_sun_height (self, solar_s);

  if (height <= 0.0)
    return 0.0;
  return self->pv_peak_w * MIN (1.15 * height * sqrt (height), 1.0) *
         get_clearness (self, wall_ms, solar_s);
}

static void
update_load_and_pv (PhaetonSimHouse *self, gint64 wall_ms)
{
  const gint64 local_s = to_solar_s (self, wall_ms);
  double base_w = self->base_load_w;

  self->pv_available_w = 0.0;
  if (self->series != NULL)
    phaeton_sim_series_get (self->series, wall_ms, &base_w, &self->pv_available_w);
  else if (isnan (self->forced_pv_w))
    self->pv_available_w = get_seeded_pv_w (self, wall_ms);
  if (!isnan (self->forced_pv_w))
    self->pv_available_w = self->forced_pv_w;

  for (int i = 0; i < PHAETON_PHASES; i++) {
    const double noise = phaeton_sim_noise (self->seed, CHANNEL_BASE - 1 - i, wall_ms, 15 * 1000);

    self->load_w[i] =
      (isnan (self->forced_load_w) ? base_w * (1.0 + BASE_NOISE * noise) : self->forced_load_w) /
        PHAETON_PHASES +
      self->extra_load_w[i];
  }
  if (!self->has_appliances || self->series != NULL || !isnan (self->forced_load_w))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (appliances); i++)
    if (is_running (self, i, local_s))
      self->load_w[appliances[i].phase] += appliances[i].power_w;
}

/* @others_w: what the grid would see without the battery */
static void
step_battery (PhaetonSimHouse *self, gint64 dt_ms, double others_w)
{
  PhaetonSimBattery *it = &self->battery;
  const double most_w = it->soc_percent < 100.0 ? it->max_charge_w : 0.0;
  const double least_w = it->soc_percent > it->min_soc_percent ? -it->max_discharge_w : 0.0;
  const double wanted_w = CLAMP (self->grid_setpoint_w - others_w, least_w, most_w);
  const double share = (double) dt_ms / (double) (it->lag_ms + dt_ms);
  double stored_wh;

  if (!it->present) {
    it->power_w = 0.0;
    return;
  }
  it->power_w += (wanted_w - it->power_w) * share;
  it->power_w = CLAMP (it->power_w, least_w, most_w);
  stored_wh = it->power_w * (double) dt_ms / MS_PER_H;
  stored_wh = stored_wh > 0.0 ? stored_wh * it->efficiency : stored_wh / it->efficiency;
  it->soc_percent = CLAMP (it->soc_percent + 100.0 * stored_wh / it->capacity_wh, 0.0, 100.0);
}

/* holds PV back so far that no more than the limit is exported */
static double
curtail (PhaetonSimHouse *self, double others_w)
{
  double export_w, pv_w = self->pv_available_w;

  self->pv_is_curtailed = FALSE;
  if (self->feed_in_limit_w < 0.0)
    return pv_w;
  export_w = pv_w - others_w - self->battery.power_w;
  if (export_w > self->feed_in_limit_w) {
    pv_w = MAX (pv_w - (export_w - self->feed_in_limit_w), 0.0);
    self->pv_is_curtailed = TRUE;
  }
  return pv_w;
}

void
phaeton_sim_house_step (PhaetonSimHouse *self, gint64 wall_ms, gint64 dt_ms,
                        const double voltage_v[PHAETON_PHASES],
                        const double chargers_w[PHAETON_PHASES])
{
  double others_w = 0.0, total_w = 0.0, pv_w;

  update_load_and_pv (self, wall_ms);
  for (int i = 0; i < PHAETON_PHASES; i++)
    others_w += self->load_w[i] + chargers_w[i];
  step_battery (self, dt_ms, others_w - self->pv_available_w);
  pv_w = curtail (self, others_w);
  for (int i = 0; i < PHAETON_PHASES; i++) {
    self->pv_w[i] = i < self->pv_phases ? pv_w / self->pv_phases : 0.0;
    self->grid_w[i] =
      self->load_w[i] + chargers_w[i] - self->pv_w[i] + self->battery.power_w / PHAETON_PHASES;
    self->voltage_v[i] = voltage_v[i];
    self->grid_a[i] = self->grid_w[i] / voltage_v[i];
    total_w += self->grid_w[i];
  }
  if (total_w > 0.0)
    self->import_wh += total_w * (double) dt_ms / MS_PER_H;
  else
    self->export_wh -= total_w * (double) dt_ms / MS_PER_H;
}
