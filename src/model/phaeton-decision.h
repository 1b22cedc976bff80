/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-sample.h"
#include "phaeton-why.h"

G_BEGIN_DECLS

/* What goes into core and what comes out: plain values without a pointer inside a charger's part,
 * so that they can be compared, recorded and replayed to the bit. */

/* what people asked of one charger; kept over restarts */
typedef struct {
  PhaetonMode mode;
  gboolean enabled; /* start/stop */
  int set_mA;       /* wanted current in Manual */
  int phases;       /* 1 or 3: wanted; 0: never asked, leave as the charger is */
} PhaetonCommand;

/* how the last order to switch phases ended */
typedef enum {
  PHAETON_PHASES_IDLE,
  PHAETON_PHASES_BUSY,
  PHAETON_PHASES_DONE,
  PHAETON_PHASES_REFUSED, /* by the charger: do not ask again until settings or connection change */
  PHAETON_PHASES_FAILED,  /* no answer: may be asked again later */
} PhaetonPhasesResult;

typedef struct {
  gboolean online;             /* the last poll was answered */
  PhaetonChargerSample sample; /* the last good one, however old; see sample.at_ms */
  PhaetonCapabilities can;
  PhaetonCommand command;
  PhaetonPhasesResult phases_result;
} PhaetonChargerInput;

typedef struct {
  gint64 now_ms;       /* monotonic */
  gint64 wall_at;      /* seconds UTC */
  gboolean wall_known; /* false before the clock was set (a GX starts in 1970) */
  PhaetonHomeSample home;
  guint n_chargers;
  const PhaetonChargerInput *chargers; /* as many and in the order of PhaetonConfig */
} PhaetonInput;

/* why a session ended */
typedef enum {
  PHAETON_END_NONE,
  PHAETON_END_UNPLUGGED,
  PHAETON_END_INTERRUPTED, /* the car changed while nobody looked */
} PhaetonSessionEnd;

/* one car's stay, from plug to unplug; the last one stays until the next begins */
typedef struct {
  gboolean exists;             /* there was one */
  gboolean running;            /* the car is still there */
  char id[40];                 /* UUID, given by the site */
  gint64 started_at, ended_at; /* wall seconds UTC */
  gint64 start_wh;             /* lifetime counter at the begin ... */
  gint64 last_wh;              /* ... and the last one seen, which never goes down */
  gint64 gained_wh;            /* delivered; survives a counter that was reset */
  gint64 charging_ms;          /* time in which energy flowed */
  int peak_w;
  gint64 cost_micros;
  gboolean cost_known;
  PhaetonSessionEnd end;
} PhaetonSessionState;

typedef enum {
  PHAETON_SWITCH_NONE,
  PHAETON_SWITCH_STOPPING,  /* 0 A, until the car draws nothing */
  PHAETON_SWITCH_SWITCHING, /* the charger was told */
  PHAETON_SWITCH_SETTLING,  /* 0 A for phase_settle_ms */
} PhaetonSwitchStep;

/* what core remembers of one charger from step to step */
typedef struct {
  PhaetonSwitchStep switch_step;
  int switch_target;      /* 1 or 3 */
  gint64 switch_since_ms; /* of the step */
  int refused_phases;     /* the wish that the charger refused; 0: none */
  gboolean had_car;
  gboolean was_charging;
  gboolean car_finished; /* was charging, then stopped by itself while current was offered */
  gint64 last_step_ms;   /* 0: first step */
  PhaetonSessionState session;
} PhaetonChargerState;

typedef struct {
  guint n_chargers;
  PhaetonChargerState chargers[];
} PhaetonState;

/* what one charger shall do now */
typedef struct {
  int limit_mA; /* 0 pauses */
  int phases;   /* 0: leave; 1 or 3: switch now (the limit is 0 meanwhile) */
  PhaetonStatus status;
  PhaetonChain chain;
  gboolean session_began, session_ended; /* in this step */
} PhaetonChargerDecision;

typedef struct {
  guint n_chargers;
  PhaetonChargerDecision chargers[];
} PhaetonDecision;

PhaetonState *phaeton_state_new (guint n_chargers);
PhaetonDecision *phaeton_decision_new (guint n_chargers);

/* sizes for copies: memcpy (to, from, phaeton_state_size (n)) */
gsize phaeton_state_size (guint n_chargers);
gsize phaeton_decision_size (guint n_chargers);

G_END_DECLS
