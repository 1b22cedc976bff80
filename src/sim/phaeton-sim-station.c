/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-sim-station.h"

#include <math.h>

#define MIN_OFFER_A 6.0
#define IDLE_A 0.05 /* a contactor may open on less */

/* how long each way of the state machine takes */
#define PLUG_MS 500
#define OFFER_MS 1500
#define WITHDRAW_MS 1000
#define STOP_MS 5000 /* IEC 61851-1: then the contactor opens under load */
#define SWITCH_MS 2000

#define MS_PER_H 3600000.0

static const char NAME[] = "ALF_1000";
static const char FIRMWARE[] = "7.2.0-4362";
static const char PLATFORM[] = "NG910";
static const char SERIAL[] = "ACE0402633";

static void
init_socket (PhaetonSimSocket *self)
{
  *self = (PhaetonSimSocket){
    .max_a = 32.0,
    .cable_a = 32.0,
    .enabled = TRUE,
    .authorised = TRUE,
    .operative = TRUE,
    .phases_register = 3,
    .pilot = PHAETON_PILOT_A,
  };
  phaeton_sim_car_init (&self->car);
}

void
phaeton_sim_station_init (PhaetonSimStation *self)
{
  *self = (PhaetonSimStation){
    .n_sockets = 1,
    .wired_phases = PHAETON_PHASES,
    .meter_phases = PHAETON_PHASES,
    .phase_map = { 0, 1, 2 },
    .max_a = 16.0,
    .safe_a = MIN_OFFER_A,
    .safe_configured = TRUE,
    .validity_ms = 60000,
    .processing_ms = 300,
    .allow_reading = TRUE,
    .allow_writing = TRUE,
    .allow_phase_switch = TRUE,
    .ocpp_connected = TRUE,
    .power_factor = 0.99,
    .voltage_drop_v_per_a = 0.2,
    .temperature_c = 30.0,
    .scn = { .safe_a = MIN_OFFER_A },
  };
  g_strlcpy (self->name, NAME, sizeof self->name);
  g_strlcpy (self->firmware, FIRMWARE, sizeof self->firmware);
  g_strlcpy (self->platform, PLATFORM, sizeof self->platform);
  g_strlcpy (self->serial, SERIAL, sizeof self->serial);
  for (guint i = 0; i < PHAETON_SIM_SOCKETS; i++) {
    init_socket (&self->sockets[i]);
    self->sockets[i].wanted_a = self->safe_a;
  }
}

double
phaeton_sim_sum (const double values[PHAETON_PHASES])
{
  return values[0] + values[1] + values[2];
}

gboolean
phaeton_sim_station_is_setpoint_in_force (const PhaetonSimStation *self, guint socket)
{
  const PhaetonSimSocket *it = &self->sockets[socket];

  return it->setpoint_written && it->valid_ms > 0 && it->enabled && !self->scn.enabled &&
         self->safe_configured;
}

double
phaeton_sim_station_get_setpoint_a (const PhaetonSimStation *self, guint socket)
{
  const PhaetonSimSocket *it = &self->sockets[socket];

  if (it->setpoint_written && it->valid_ms > 0)
    return it->setpoint_a;
  if (self->expired == PHAETON_SIM_EXPIRED_NAN)
    return NAN;
  if (self->expired == PHAETON_SIM_EXPIRED_LAST && it->setpoint_written)
    return it->setpoint_a;
  return self->safe_a;
}

PhaetonPilot
phaeton_sim_station_get_pilot (const PhaetonSimStation *self, guint socket)
{
  const PhaetonPilot pilot = self->sockets[socket].pilot;

  return pilot == PHAETON_PILOT_A && self->idle_is_e ? PHAETON_PILOT_E : pilot;
}

/* the smallest of the three; a phase whose set-point ran out counts with the safe current */
static double
get_scn_limit_a (const PhaetonSimScn *scn)
{
  double limit_a = G_MAXDOUBLE;

  for (int i = 0; i < PHAETON_PHASES; i++)
    limit_a = MIN (limit_a, scn->valid_ms[i] > 0 ? scn->setpoint_a[i] : scn->safe_a);
  return limit_a;
}

static double
get_wanted_a (const PhaetonSimStation *self, guint socket)
{
  if (self->scn.enabled)
    return get_scn_limit_a (&self->scn);
  if (phaeton_sim_station_is_setpoint_in_force (self, socket))
    return self->sockets[socket].setpoint_a;
  return self->safe_a;
}

/* sockets with a car share what the station may draw, in equal parts */
static double
get_share_a (const PhaetonSimStation *self)
{
  int cars = 0;

  for (int i = 0; i < self->n_sockets; i++)
    cars += phaeton_sim_car_wants_energy (&self->sockets[i].car);
  return self->max_a / MAX (cars, 1);
}

static void
step_limit (PhaetonSimStation *self, guint socket, gint64 dt_ms)
{
  PhaetonSimSocket *it = &self->sockets[socket];
  const double wanted_a = get_wanted_a (self, socket);
  double limit_a;

  if (it->wanted_a == wanted_a)
    it->processing_left_ms = self->processing_ms;
  else if (it->processing_left_ms > dt_ms)
    it->processing_left_ms -= dt_ms;
  else
    it->wanted_a = wanted_a;
  limit_a = MIN (MIN (it->wanted_a, get_share_a (self)), MIN (it->max_a, it->cable_a));
  it->offered_a = limit_a >= MIN_OFFER_A ? limit_a : 0.0;
}

static void
enter (PhaetonSimSocket *self, PhaetonPilot pilot)
{
  self->pilot = pilot;
  self->waited_ms = 0;
  self->withdrawn_ms = 0;
  self->contactor_closed =
    phaeton_pilot_is_charging (pilot) || pilot == PHAETON_PILOT_C1 || pilot == PHAETON_PILOT_D1;
}

/* counts while a way is open; TRUE: it has been open for @needed_ms */
static gboolean
has_waited (PhaetonSimSocket *self, gboolean is_open, gint64 dt_ms, gint64 needed_ms)
{
  self->waited_ms = is_open ? self->waited_ms + dt_ms : 0;
  return is_open && self->waited_ms >= needed_ms;
}

static void
start_charging (PhaetonSimStation *self, PhaetonSimSocket *it)
{
  it->phases_closed = MIN (it->phases_register, self->wired_phases);
  it->car.followed_a = it->offered_a;
  enter (it, it->car.needs_ventilation ? PHAETON_PILOT_D2 : PHAETON_PILOT_C2);
}

static void
step_charging (PhaetonSimStation *self, PhaetonSimSocket *it, gboolean may_offer)
{
  const gboolean must_switch = MIN (it->phases_register, self->wired_phases) != it->phases_closed;

  if (!may_offer || must_switch) {
    it->switch_left_ms = must_switch ? SWITCH_MS : 0;
    enter (it, it->pilot == PHAETON_PILOT_D2 ? PHAETON_PILOT_D1 : PHAETON_PILOT_C1);
  } else if (!phaeton_sim_car_wants_energy (&it->car) && it->car.current_a <= IDLE_A) {
    enter (it, PHAETON_PILOT_B2);
  }
}

static void
step_pilot (PhaetonSimStation *self, PhaetonSimSocket *it, gint64 dt_ms)
{
  const gboolean may_offer = it->authorised && it->operative && it->offered_a > 0.0;

  if (it->fault != PHAETON_SIM_FAULT_NONE) {
    enter (it, it->fault == PHAETON_SIM_FAULT_PILOT ? PHAETON_PILOT_E : PHAETON_PILOT_F);
    return;
  }
  if (!it->car.plugged) {
    if (it->pilot != PHAETON_PILOT_A)
      enter (it, PHAETON_PILOT_A);
    it->waited_ms = 0;
    it->switch_left_ms = 0;
    return;
  }
  switch (it->pilot) {
  case PHAETON_PILOT_A:
    if (has_waited (it, TRUE, dt_ms, PLUG_MS))
      enter (it, PHAETON_PILOT_B1);
    break;
  case PHAETON_PILOT_B1:
    it->switch_left_ms = MAX (it->switch_left_ms - dt_ms, 0);
    if (has_waited (it, may_offer && it->switch_left_ms == 0, dt_ms, OFFER_MS))
      enter (it, PHAETON_PILOT_B2);
    break;
  case PHAETON_PILOT_B2:
    it->withdrawn_ms = may_offer ? 0 : it->withdrawn_ms + dt_ms;
    if (it->withdrawn_ms >= WITHDRAW_MS)
      enter (it, PHAETON_PILOT_B1);
    else if (has_waited (it, may_offer && phaeton_sim_car_wants_energy (&it->car), dt_ms,
                         it->car.start_ms))
      start_charging (self, it);
    break;
  case PHAETON_PILOT_C2:
  case PHAETON_PILOT_D2:
    step_charging (self, it, may_offer);
    break;
  case PHAETON_PILOT_C1:
  case PHAETON_PILOT_D1:
    it->waited_ms += dt_ms;
    if (it->car.current_a <= IDLE_A || it->waited_ms >= STOP_MS)
      enter (it, PHAETON_PILOT_B1);
    break;
  default: /* E and F: the fault is gone */
    enter (it, PHAETON_PILOT_B1);
    break;
  }
}

static void
measure (const PhaetonSimStation *self, PhaetonSimSocket *it, gint64 dt_ms,
         const double voltage_v[PHAETON_PHASES], double frequency_hz)
{
  PhaetonSimMeter *meter = &it->truth;
  const int used = it->contactor_closed ? MIN (it->phases_closed, it->car.phases) : 0;
  const double dt_h = (double) dt_ms / MS_PER_H;

  meter->frequency_hz = frequency_hz;
  for (int i = 0; i < PHAETON_PHASES; i++) {
    const double current_a = i < used ? it->car.current_a : 0.0;
    const double volt = voltage_v[i] - self->voltage_drop_v_per_a * current_a;
    const double apparent_va = volt * current_a;
    const double power_w = apparent_va * self->power_factor;

    meter->voltage_v[i] = volt;
    meter->current_a[i] = current_a;
    meter->apparent_va[i] = apparent_va;
    meter->power_w[i] = power_w;
    meter->reactive_var[i] = sqrt (MAX (apparent_va * apparent_va - power_w * power_w, 0.0));
    meter->energy_wh[i] += power_w * dt_h;
    meter->apparent_vah[i] += apparent_va * dt_h;
    meter->reactive_varh[i] += meter->reactive_var[i] * dt_h;
  }
  phaeton_sim_car_add_energy (&it->car, phaeton_sim_sum (meter->power_w) * dt_h);
  if (it->meter_health == PHAETON_SIM_METER_OK && it->fault != PHAETON_SIM_FAULT_METER) {
    it->shown = *meter;
    it->meter_age_ms = 0;
  } else {
    it->meter_age_ms += dt_ms;
  }
}

static void
step_socket (PhaetonSimStation *self, guint socket, gint64 dt_ms,
             const double voltage_v[PHAETON_PHASES], double frequency_hz)
{
  PhaetonSimSocket *it = &self->sockets[socket];

  it->valid_ms = MAX (it->valid_ms - dt_ms, 0);
  step_limit (self, socket, dt_ms);
  step_pilot (self, it, dt_ms);
  phaeton_sim_car_step (&it->car, dt_ms,
                        phaeton_pilot_is_charging (it->pilot) ? it->offered_a : 0.0,
                        it->contactor_closed);
  measure (self, it, dt_ms, voltage_v, frequency_hz);
}

void
phaeton_sim_station_step (PhaetonSimStation *self, gint64 dt_ms,
                          const double voltage_v[PHAETON_PHASES], double frequency_hz)
{
  double load_a = 0.0;

  self->uptime_ms += dt_ms;
  for (int i = 0; i < PHAETON_PHASES; i++)
    self->scn.valid_ms[i] = MAX (self->scn.valid_ms[i] - dt_ms, 0);
  for (int i = 0; i < self->n_sockets; i++) {
    step_socket (self, i, dt_ms, voltage_v, frequency_hz);
    load_a += phaeton_sim_sum (self->sockets[i].truth.current_a);
  }
  /* the board warms with the current, within some ten minutes */
  self->temperature_c +=
    (30.0 + 0.25 * load_a - self->temperature_c) * (double) dt_ms / (600000.0 + (double) dt_ms);
}

void
phaeton_sim_station_reboot (PhaetonSimStation *self)
{
  self->uptime_ms = 0;
  for (int i = 0; i < PHAETON_PHASES; i++)
    self->scn.valid_ms[i] = 0;
  for (int i = 0; i < self->n_sockets; i++) {
    PhaetonSimSocket *it = &self->sockets[i];

    it->setpoint_written = FALSE;
    it->valid_ms = 0;
    it->wanted_a = get_wanted_a (self, i);
    it->switch_left_ms = 0;
    enter (it, PHAETON_PILOT_A);
    it->car.current_a = 0.0;
  }
}

void
phaeton_sim_station_set_setpoint (PhaetonSimStation *self, guint socket, double setpoint_a)
{
  PhaetonSimSocket *it = &self->sockets[socket];

  it->setpoint_a = setpoint_a;
  it->setpoint_written = TRUE;
  it->valid_ms = self->validity_ms;
}

void
phaeton_sim_station_set_scn_setpoint (PhaetonSimStation *self, guint phase, double setpoint_a)
{
  self->scn.setpoint_a[phase] = setpoint_a;
  self->scn.valid_ms[phase] = self->validity_ms;
}

void
phaeton_sim_station_set_phases (PhaetonSimStation *self, guint socket, int phases)
{
  self->sockets[socket].phases_register = phases;
}
