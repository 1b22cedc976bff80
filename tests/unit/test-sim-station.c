/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-sim-station.h"

#include <math.h>

#define STEP_MS 100

static const double volts[PHAETON_PHASES] = { 230.0, 231.0, 229.0 };

static void
run_s (PhaetonSimStation *station, double seconds)
{
  for (gint64 left_ms = (gint64) (seconds * 1000.0); left_ms > 0; left_ms -= STEP_MS)
    phaeton_sim_station_step (station, STEP_MS, volts, 50.0);
}

/* steps until the pilot says @pilot; answers after how many seconds */
static double
run_until (PhaetonSimStation *station, PhaetonPilot pilot, double deadline_s)
{
  double past_s = 0.0;

  while (phaeton_sim_station_get_pilot (station, 0) != pilot) {
    g_assert_cmpfloat (past_s, <, deadline_s);
    run_s (station, 0.1);
    past_s += 0.1;
  }
  return past_s;
}

/* a car that charges at @setpoint_a */
static void
init_charging (PhaetonSimStation *station, double setpoint_a)
{
  phaeton_sim_station_init (station);
  station->sockets[0].car.plugged = TRUE;
  phaeton_sim_station_set_setpoint (station, 0, setpoint_a);
  run_s (station, 30.0);
  g_assert_cmpint (station->sockets[0].pilot, ==, PHAETON_PILOT_C2);
}

static void
test_plug_to_charge (void)
{
  PhaetonSimStation station;
  PhaetonSimSocket *socket = &station.sockets[0];

  phaeton_sim_station_init (&station);
  run_s (&station, 1.0);
  g_assert_cmpint (socket->pilot, ==, PHAETON_PILOT_A);
  socket->car.plugged = TRUE;
  phaeton_sim_station_set_setpoint (&station, 0, 10.0);
  g_assert_cmpfloat_with_epsilon (run_until (&station, PHAETON_PILOT_B1, 1.0), 0.5, 0.01);
  g_assert_cmpfloat_with_epsilon (run_until (&station, PHAETON_PILOT_B2, 2.0), 1.5, 0.01);
  g_assert_cmpfloat_with_epsilon (socket->truth.current_a[0], 0.0, 1e-9);
  g_assert_cmpfloat_with_epsilon (run_until (&station, PHAETON_PILOT_C2, 5.0), 3.0, 0.01);
  run_s (&station, 10.0);
  for (int i = 0; i < PHAETON_PHASES; i++)
    g_assert_cmpfloat_with_epsilon (socket->truth.current_a[i], 9.8, 1e-9);
  g_assert_cmpfloat_with_epsilon (socket->truth.power_w[1], (231.0 - 0.2 * 9.8) * 9.8 * 0.99, 1e-6);
}

static void
test_ramps_and_reaction (void)
{
  PhaetonSimStation station;
  PhaetonSimSocket *socket = &station.sockets[0];

  init_charging (&station, 8.0);
  phaeton_sim_station_set_setpoint (&station, 0, 16.0);
  run_s (&station, 2.1); /* 0.3 s in the station and 2 s in the car are not over */
  g_assert_cmpfloat_with_epsilon (socket->car.current_a, 7.8, 1e-9);
  run_s (&station, 1.1);
  g_assert_cmpfloat (socket->car.current_a, >, 8.5);
  g_assert_cmpfloat (socket->car.current_a, <, 11.0); /* 2 A/s */
  run_s (&station, 5.0);
  g_assert_cmpfloat_with_epsilon (socket->car.current_a, 15.8, 1e-9);
}

/* offers that change faster than the car reacts delay it, they do not stop it */
static void
test_restless_offer_is_followed (void)
{
  PhaetonSimStation station;

  init_charging (&station, 8.0);
  for (int i = 0; i < 20; i++) {
    phaeton_sim_station_set_setpoint (&station, 0, 10.0 + 0.2 * i);
    run_s (&station, 1.0);
  }
  g_assert_cmpfloat (station.sockets[0].car.current_a, >, 11.0);
}

static void
test_energy_is_the_integral_of_power (void)
{
  PhaetonSimStation station;
  PhaetonSimSocket *socket = &station.sockets[0];
  double sum_wh[PHAETON_PHASES] = { 0.0, 0.0, 0.0 }, soc_percent, total_wh;

  phaeton_sim_station_init (&station);
  soc_percent = socket->car.soc_percent;
  socket->car.plugged = TRUE;
  for (int i = 0; i < 36000; i++) {
    if (i % 300 == 0)
      phaeton_sim_station_set_setpoint (&station, 0, g_test_rand_double_range (0.0, 16.0));
    phaeton_sim_station_step (&station, STEP_MS, volts, 50.0);
    for (int phase = 0; phase < PHAETON_PHASES; phase++)
      sum_wh[phase] += socket->truth.power_w[phase] * STEP_MS / 3600000.0;
  }
  for (int phase = 0; phase < PHAETON_PHASES; phase++)
    g_assert_cmpfloat_with_epsilon (socket->truth.energy_wh[phase], sum_wh[phase], 1e-6);
  total_wh = phaeton_sim_sum (sum_wh);
  g_assert_cmpfloat (total_wh, >, 1000.0);
  g_assert_cmpfloat_with_epsilon (socket->car.soc_percent - soc_percent,
                                  total_wh * 0.9 / 60000.0 * 100.0, 1e-6);
}

static void
test_validity_counts_down_to_the_safe_current (void)
{
  PhaetonSimStation station;
  PhaetonSimSocket *socket = &station.sockets[0];

  init_charging (&station, 12.0);
  g_assert_cmpint (socket->valid_ms, ==, 30000);
  g_assert_true (phaeton_sim_station_is_setpoint_in_force (&station, 0));
  phaeton_sim_station_set_setpoint (&station, 0, 12.0);
  g_assert_cmpint (socket->valid_ms, ==, 60000);
  run_s (&station, 59.9);
  g_assert_true (phaeton_sim_station_is_setpoint_in_force (&station, 0));
  run_s (&station, 0.1);
  g_assert_false (phaeton_sim_station_is_setpoint_in_force (&station, 0));
  g_assert_cmpfloat_with_epsilon (phaeton_sim_station_get_setpoint_a (&station, 0), 6.0, 1e-9);
  run_s (&station, 10.0);
  g_assert_cmpfloat_with_epsilon (socket->offered_a, 6.0, 1e-9);
  g_assert_cmpfloat_with_epsilon (socket->car.current_a, 5.8, 1e-9);

  /* the master returns */
  phaeton_sim_station_set_setpoint (&station, 0, 12.0);
  run_s (&station, 10.0);
  g_assert_cmpfloat_with_epsilon (socket->car.current_a, 11.8, 1e-9);
}

static void
test_safe_current_zero_pauses (void)
{
  PhaetonSimStation station;

  init_charging (&station, 12.0);
  station.safe_a = 0.0;
  run_s (&station, 45.0);
  g_assert_cmpint (station.sockets[0].pilot, ==, PHAETON_PILOT_B1);
  g_assert_cmpfloat_with_epsilon (station.sockets[0].truth.current_a[0], 0.0, 1e-9);
}

static void
test_expired_setpoint_reads_as_configured (void)
{
  PhaetonSimStation station;

  init_charging (&station, 12.0);
  station.sockets[0].valid_ms = 0;
  station.expired = PHAETON_SIM_EXPIRED_LAST;
  g_assert_cmpfloat_with_epsilon (phaeton_sim_station_get_setpoint_a (&station, 0), 12.0, 1e-9);
  station.expired = PHAETON_SIM_EXPIRED_NAN;
  g_assert_true (isnan (phaeton_sim_station_get_setpoint_a (&station, 0)));
}

static void
test_below_six_amperes_pauses_through_c1 (void)
{
  PhaetonSimStation station;
  PhaetonSimSocket *socket = &station.sockets[0];

  init_charging (&station, 12.0);
  phaeton_sim_station_set_setpoint (&station, 0, 5.0);
  run_until (&station, PHAETON_PILOT_C1, 1.0);
  g_assert_true (socket->contactor_closed);
  g_assert_cmpfloat (run_until (&station, PHAETON_PILOT_B1, 5.1), >, 2.0);
  g_assert_false (socket->contactor_closed);
  g_assert_cmpfloat_with_epsilon (socket->offered_a, 0.0, 1e-9);
  phaeton_sim_station_set_setpoint (&station, 0, 12.0);
  run_until (&station, PHAETON_PILOT_C2, 10.0);
}

static void
test_limits_are_the_smallest (void)
{
  PhaetonSimStation station;

  init_charging (&station, 32.0);
  g_assert_cmpfloat_with_epsilon (station.sockets[0].offered_a, 16.0, 1e-9);
  station.sockets[0].cable_a = 13.0;
  run_s (&station, 0.1);
  g_assert_cmpfloat_with_epsilon (station.sockets[0].offered_a, 13.0, 1e-9);
  station.sockets[0].enabled = FALSE;
  run_s (&station, 1.0);
  g_assert_cmpfloat_with_epsilon (station.sockets[0].offered_a, 6.0, 1e-9);
}

static void
test_two_sockets_share_the_station (void)
{
  PhaetonSimStation station;

  phaeton_sim_station_init (&station);
  station.n_sockets = 2;
  for (guint i = 0; i < 2; i++) {
    station.sockets[i].car.plugged = TRUE;
    phaeton_sim_station_set_setpoint (&station, i, 16.0);
  }
  run_s (&station, 30.0);
  g_assert_cmpfloat_with_epsilon (station.sockets[0].truth.current_a[0], 7.8, 1e-9);
  g_assert_cmpfloat_with_epsilon (station.sockets[1].truth.current_a[0], 7.8, 1e-9);
  station.sockets[1].car.plugged = FALSE;
  run_s (&station, 10.0);
  g_assert_cmpfloat_with_epsilon (station.sockets[0].truth.current_a[0], 15.8, 1e-9);
}

static void
test_phase_switch_interrupts (void)
{
  PhaetonSimStation station;
  PhaetonSimSocket *socket = &station.sockets[0];

  init_charging (&station, 10.0);
  phaeton_sim_station_set_phases (&station, 0, 1);
  run_until (&station, PHAETON_PILOT_C1, 0.2);
  run_until (&station, PHAETON_PILOT_B1, 5.1);
  g_assert_cmpfloat (run_until (&station, PHAETON_PILOT_C2, 10.0), >, 2.0);
  run_s (&station, 10.0);
  g_assert_cmpfloat_with_epsilon (socket->truth.current_a[0], 9.8, 1e-9);
  g_assert_cmpfloat_with_epsilon (socket->truth.current_a[1], 0.0, 1e-9);
  g_assert_cmpfloat_with_epsilon (socket->truth.current_a[2], 0.0, 1e-9);
  phaeton_sim_station_set_setpoint (&station, 0, 10.0);
  phaeton_sim_station_set_phases (&station, 0, 3);
  run_s (&station, 20.0);
  g_assert_cmpfloat_with_epsilon (socket->truth.current_a[2], 9.8, 1e-9);
}

static void
test_one_phase_car_at_three_phases (void)
{
  PhaetonSimStation station;

  phaeton_sim_station_init (&station);
  station.sockets[0].car.phases = 1;
  station.sockets[0].car.plugged = TRUE;
  run_s (&station, 20.0);
  g_assert_cmpfloat_with_epsilon (station.sockets[0].truth.current_a[0], 5.8, 1e-9);
  g_assert_cmpfloat_with_epsilon (station.sockets[0].truth.current_a[1], 0.0, 1e-9);
}

static void
test_cars_that_do_not_want (void)
{
  PhaetonSimStation station;
  PhaetonSimCar *car = &station.sockets[0].car;

  init_charging (&station, 10.0);
  car->soc_percent = car->target_percent;
  run_until (&station, PHAETON_PILOT_B2, 4.0); /* full: ramp down, contactor open */
  g_assert_false (station.sockets[0].contactor_closed);
  car->soc_percent = 50.0;
  car->asleep = TRUE;
  run_s (&station, 20.0);
  g_assert_cmpint (station.sockets[0].pilot, ==, PHAETON_PILOT_B2);
  car->asleep = FALSE;
  car->refusing = TRUE;
  run_s (&station, 20.0);
  g_assert_cmpint (station.sockets[0].pilot, ==, PHAETON_PILOT_B2);
  car->refusing = FALSE;
  run_until (&station, PHAETON_PILOT_C2, 4.0);
}

static void
test_taper (void)
{
  PhaetonSimStation station;
  PhaetonSimCar *car = &station.sockets[0].car;

  init_charging (&station, 16.0);
  car->target_percent = 100.0;
  car->taper_from_percent = 80.0;
  car->soc_percent = 90.0;
  run_s (&station, 10.0);
  g_assert_cmpfloat_with_epsilon (car->current_a, 16.0 * 0.55, 0.05);
}

static void
test_ventilation_charges_in_d2 (void)
{
  PhaetonSimStation station;

  phaeton_sim_station_init (&station);
  station.sockets[0].car.needs_ventilation = TRUE;
  station.sockets[0].car.plugged = TRUE;
  run_until (&station, PHAETON_PILOT_D2, 10.0);
  run_s (&station, 5.0);
  g_assert_cmpfloat_with_epsilon (station.sockets[0].truth.current_a[0], 5.8, 1e-9);
}

static void
test_unplug_is_at_once (void)
{
  PhaetonSimStation station;

  init_charging (&station, 16.0);
  station.sockets[0].car.plugged = FALSE;
  run_s (&station, 0.1);
  g_assert_cmpint (phaeton_sim_station_get_pilot (&station, 0), ==, PHAETON_PILOT_A);
  g_assert_cmpfloat_with_epsilon (station.sockets[0].truth.current_a[0], 0.0, 1e-9);
  station.idle_is_e = TRUE;
  g_assert_cmpint (phaeton_sim_station_get_pilot (&station, 0), ==, PHAETON_PILOT_E);
}

static void
test_faults (void)
{
  PhaetonSimStation station;
  PhaetonSimSocket *socket = &station.sockets[0];

  init_charging (&station, 16.0);
  socket->fault = PHAETON_SIM_FAULT_RESIDUAL_CURRENT;
  run_s (&station, 0.1);
  g_assert_cmpint (socket->pilot, ==, PHAETON_PILOT_F);
  g_assert_cmpfloat_with_epsilon (socket->truth.current_a[0], 0.0, 1e-9);
  socket->fault = PHAETON_SIM_FAULT_PILOT;
  run_s (&station, 0.1);
  g_assert_cmpint (socket->pilot, ==, PHAETON_PILOT_E);
  socket->fault = PHAETON_SIM_FAULT_NONE;
  run_s (&station, 0.1);
  g_assert_cmpint (socket->pilot, ==, PHAETON_PILOT_B1);
  run_until (&station, PHAETON_PILOT_C2, 10.0);
  socket->fault = PHAETON_SIM_FAULT_OVERCURRENT;
  socket->car.plugged = FALSE;
  run_s (&station, 0.1);
  socket->fault = PHAETON_SIM_FAULT_NONE;
  run_s (&station, 0.1);
  g_assert_cmpint (socket->pilot, ==, PHAETON_PILOT_A);
}

static void
test_frozen_meter_keeps_what_it_showed (void)
{
  PhaetonSimStation station;
  PhaetonSimSocket *socket = &station.sockets[0];
  double shown_wh;

  init_charging (&station, 16.0);
  shown_wh = socket->shown.energy_wh[0];
  socket->meter_health = PHAETON_SIM_METER_FROZEN;
  run_s (&station, 10.0);
  g_assert_cmpfloat_with_epsilon (socket->shown.energy_wh[0], shown_wh, 1e-12);
  g_assert_cmpfloat (socket->truth.energy_wh[0], >, shown_wh + 1.0);
  g_assert_cmpint (socket->meter_age_ms, ==, 10000);
  socket->meter_health = PHAETON_SIM_METER_OK;
  run_s (&station, 0.1);
  g_assert_cmpfloat_with_epsilon (socket->shown.energy_wh[0], socket->truth.energy_wh[0], 1e-12);
  g_assert_cmpint (socket->meter_age_ms, ==, 0);
}

static void
test_reboot_forgets_the_setpoint_and_keeps_the_counter (void)
{
  PhaetonSimStation station;
  PhaetonSimSocket *socket = &station.sockets[0];
  double energy_wh;

  init_charging (&station, 16.0);
  energy_wh = phaeton_sim_sum (socket->truth.energy_wh);
  phaeton_sim_station_reboot (&station);
  g_assert_cmpint (station.uptime_ms, ==, 0);
  g_assert_false (phaeton_sim_station_is_setpoint_in_force (&station, 0));
  run_s (&station, 0.1);
  g_assert_cmpfloat_with_epsilon (phaeton_sim_sum (socket->truth.energy_wh), energy_wh, 1e-9);
  run_until (&station, PHAETON_PILOT_C2, 10.0);
  run_s (&station, 10.0);
  g_assert_cmpfloat_with_epsilon (socket->truth.current_a[0], 5.8, 1e-9);
}

static void
test_scn_counts_the_smallest_phase (void)
{
  PhaetonSimStation station;

  init_charging (&station, 16.0);
  station.scn.enabled = TRUE;
  for (guint i = 0; i < PHAETON_PHASES; i++)
    phaeton_sim_station_set_scn_setpoint (&station, i, 14.0 - i);
  run_s (&station, 1.0);
  g_assert_cmpfloat_with_epsilon (station.sockets[0].offered_a, 12.0, 1e-9);
  g_assert_false (phaeton_sim_station_is_setpoint_in_force (&station, 0));
  run_s (&station, 61.0);
  g_assert_cmpfloat_with_epsilon (station.sockets[0].offered_a, 6.0, 1e-9);
}

/* whatever happens in whatever order: currents are finite, bounded, and flow only when they may */
static void
test_nothing_flows_that_may_not (void)
{
  PhaetonSimStation station;
  PhaetonSimSocket *socket = &station.sockets[0];
  double last_wh = 0.0;

  phaeton_sim_station_init (&station);
  for (int i = 0; i < 50000; i++) {
    const gint64 dt_ms = g_test_rand_int_range (1, 2000);

    switch (g_test_rand_int_range (0, 40)) {
    case 0:
      socket->car.plugged = !socket->car.plugged;
      break;
    case 1:
      phaeton_sim_station_set_setpoint (&station, 0, g_test_rand_double_range (0.0, 40.0));
      break;
    case 2:
      phaeton_sim_station_set_phases (&station, 0, g_test_rand_bit () ? 1 : 3);
      break;
    case 3:
      socket->fault = g_test_rand_int_range (0, 6);
      break;
    case 4:
      socket->car.soc_percent = g_test_rand_double_range (0.0, 100.0);
      break;
    default:
      break;
    }
    phaeton_sim_station_step (&station, dt_ms, volts, 50.0);
    for (int phase = 0; phase < PHAETON_PHASES; phase++) {
      const double current_a = socket->truth.current_a[phase];

      g_assert_cmpfloat (current_a, >=, 0.0);
      g_assert_cmpfloat (current_a, <=, station.max_a);
      if (!socket->car.plugged || !socket->contactor_closed || phase >= socket->phases_closed)
        g_assert_cmpfloat (current_a, <=, 0.0);
    }
    g_assert_true (phaeton_sim_sum (socket->truth.energy_wh) >= last_wh);
    last_wh = phaeton_sim_sum (socket->truth.energy_wh);
    g_assert_cmpfloat (socket->car.soc_percent, <=, 100.0);
    if (socket->fault != PHAETON_SIM_FAULT_NONE)
      g_assert_false (socket->contactor_closed);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add_func ("/sim-station/" name, function)
  ADD ("plug-to-charge", test_plug_to_charge);
  ADD ("ramps-and-reaction", test_ramps_and_reaction);
  ADD ("restless-offer-is-followed", test_restless_offer_is_followed);
  ADD ("energy-is-the-integral-of-power", test_energy_is_the_integral_of_power);
  ADD ("validity-counts-down", test_validity_counts_down_to_the_safe_current);
  ADD ("safe-current-zero-pauses", test_safe_current_zero_pauses);
  ADD ("expired-setpoint-reads-as-configured", test_expired_setpoint_reads_as_configured);
  ADD ("below-six-amperes-pauses", test_below_six_amperes_pauses_through_c1);
  ADD ("limits-are-the-smallest", test_limits_are_the_smallest);
  ADD ("two-sockets-share", test_two_sockets_share_the_station);
  ADD ("phase-switch-interrupts", test_phase_switch_interrupts);
  ADD ("one-phase-car", test_one_phase_car_at_three_phases);
  ADD ("cars-that-do-not-want", test_cars_that_do_not_want);
  ADD ("taper", test_taper);
  ADD ("ventilation", test_ventilation_charges_in_d2);
  ADD ("unplug-is-at-once", test_unplug_is_at_once);
  ADD ("faults", test_faults);
  ADD ("frozen-meter", test_frozen_meter_keeps_what_it_showed);
  ADD ("reboot", test_reboot_forgets_the_setpoint_and_keeps_the_counter);
  ADD ("scn", test_scn_counts_the_smallest_phase);
  ADD ("nothing-flows-that-may-not", test_nothing_flows_that_may_not);
  return g_test_run ();
}
