/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-sim-car.h"
#include "phaeton-types.h"

G_BEGIN_DECLS

/* An Alfen NG9xx station as its document and the field describe it: set-points with a countdown,
 * the state machine of the control pilot, the energy meter. Wires and register numbers are
 * elsewhere (phaeton-sim-alfen.h). */

#define PHAETON_SIM_SOCKETS 2
#define PHAETON_SIM_HIDDEN 4
#define PHAETON_SIM_SETPOINT_MAX_A 80.0

typedef enum {
  PHAETON_SIM_FAULT_NONE,
  PHAETON_SIM_FAULT_OVERCURRENT,
  PHAETON_SIM_FAULT_RESIDUAL_CURRENT,
  PHAETON_SIM_FAULT_METER,
  PHAETON_SIM_FAULT_TEMPERATURE,
  PHAETON_SIM_FAULT_PILOT, /* shorted control pilot: state E, all others F */
} PhaetonSimFault;

typedef enum {
  PHAETON_SIM_METER_OK,
  PHAETON_SIM_METER_FROZEN,
  PHAETON_SIM_METER_NAN,
} PhaetonSimMeterHealth;

/* what register 1210 reads when the set-point has expired */
typedef enum {
  PHAETON_SIM_EXPIRED_SAFE,
  PHAETON_SIM_EXPIRED_LAST,
  PHAETON_SIM_EXPIRED_NAN,
} PhaetonSimExpired;

typedef struct {
  double voltage_v[PHAETON_PHASES];
  double current_a[PHAETON_PHASES];
  double power_w[PHAETON_PHASES];
  double apparent_va[PHAETON_PHASES];
  double reactive_var[PHAETON_PHASES];
  double energy_wh[PHAETON_PHASES]; /* lifetime; survives a reboot */
  double apparent_vah[PHAETON_PHASES];
  double reactive_varh[PHAETON_PHASES];
  double frequency_hz;
} PhaetonSimMeter;

typedef struct {
  /* settings */
  double max_a;
  double cable_a;
  gboolean enabled; /* installer setting "Enable sockets": 1210 takes part in the limit */
  gboolean authorised;
  gboolean operative;
  PhaetonSimMeterHealth meter_health;

  PhaetonSimCar car;
  PhaetonSimFault fault;

  /* the master's word */
  double setpoint_a;
  gboolean setpoint_written; /* since boot */
  gint64 valid_ms;           /* until it is forgotten */
  int phases_register;       /* 1215 */

  /* what comes of it */
  double wanted_a;  /* the set-point or the safe current, after processing */
  double offered_a; /* 0: no PWM */
  gint64 processing_left_ms;
  PhaetonPilot pilot;
  gint64 waited_ms;      /* how long the way into the next state has been open */
  gint64 withdrawn_ms;   /* how long nothing has been offered to a waiting car */
  gint64 switch_left_ms; /* pause of a phase switch */
  gboolean contactor_closed;
  int phases_closed;     /* the contactor closed this many */
  PhaetonSimMeter truth; /* what flows */
  PhaetonSimMeter shown; /* what the meter tells */
  gint64 meter_age_ms;
} PhaetonSimSocket;

typedef struct {
  gboolean enabled;
  double safe_a;
  double setpoint_a[PHAETON_PHASES];
  gint64 valid_ms[PHAETON_PHASES];
} PhaetonSimScn;

typedef struct {
  guint16 start;
  guint16 count;
} PhaetonSimRange;

typedef struct {
  /* what it is */
  char name[33];
  char firmware[33];
  char platform[33];
  char serial[21];
  int n_sockets;
  int wired_phases;
  int meter_phases;
  guint8 phase_map[PHAETON_PHASES]; /* grid phase (0..2) of its L1, L2, L3 */

  /* settings */
  double max_a;
  double safe_a;
  gboolean safe_configured;
  gint64 validity_ms;
  gint64 processing_ms; /* from an accepted write to the new limit */
  gboolean allow_reading;
  gboolean allow_writing;
  gboolean allow_phase_switch;
  PhaetonSimExpired expired;
  gboolean idle_is_e;       /* reports E instead of A while no car is there */
  gboolean phases_always_3; /* firmware whose 1215 always reads 3 */
  gboolean ocpp_connected;
  double power_factor;
  double voltage_drop_v_per_a;
  PhaetonSimRange hidden[PHAETON_SIM_HIDDEN]; /* registers that read as unavailable */

  gint64 uptime_ms;
  double temperature_c;
  PhaetonSimScn scn;
  PhaetonSimSocket sockets[PHAETON_SIM_SOCKETS];
} PhaetonSimStation;

void phaeton_sim_station_init (PhaetonSimStation *self);

/* @voltage_v, @frequency_hz: of the grid, in the order of the station's own phases */
void phaeton_sim_station_step (PhaetonSimStation *self, gint64 dt_ms,
                               const double voltage_v[PHAETON_PHASES], double frequency_hz);

/* loses set-points and state, keeps settings, counters and the cars */
void phaeton_sim_station_reboot (PhaetonSimStation *self);

/* a master's accepted write: starts the countdown anew */
void phaeton_sim_station_set_setpoint (PhaetonSimStation *self, guint socket, double setpoint_a);
void phaeton_sim_station_set_scn_setpoint (PhaetonSimStation *self, guint phase, double setpoint_a);
void phaeton_sim_station_set_phases (PhaetonSimStation *self, guint socket, int phases);

/* 1214: the set-point takes part in the limit */
gboolean phaeton_sim_station_is_setpoint_in_force (const PhaetonSimStation *self, guint socket);

/* 1210 as it reads now; may be NaN */
double phaeton_sim_station_get_setpoint_a (const PhaetonSimStation *self, guint socket);

/* state as it is reported: A may read E */
PhaetonPilot phaeton_sim_station_get_pilot (const PhaetonSimStation *self, guint socket);

/* meter values summed over the phases */
double phaeton_sim_sum (const double values[PHAETON_PHASES]);

G_END_DECLS
