/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-price-series.h"
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

/* how the order to switch phases goes that decision.phases gave; IDLE again once that is 0 */
typedef enum {
  PHAETON_PHASES_IDLE,
  PHAETON_PHASES_BUSY,
  PHAETON_PHASES_DONE,
  PHAETON_PHASES_REFUSED, /* by the charger: do not ask again until settings or connection change */
  PHAETON_PHASES_FAILED,  /* no answer: may be asked again later */
} PhaetonPhasesResult;

/* what the car itself told; unknown without a vehicle */
typedef struct {
  gboolean soc_known;
  double soc_percent;
  int capacity_wh; /* 0: not known */
} PhaetonVehicleInput;

/* the zone's offsets around now, as plain numbers: offset_s[0] before until_at[0], offset_s[1]
 * before until_at[1], offset_s[2] after it */
typedef struct {
  gboolean known;
  int offset_s[3]; /* east of UTC */
  gint64 until_at[2];
} PhaetonZone;

typedef struct {
  gboolean online;             /* the last poll was answered */
  PhaetonChargerSample sample; /* the last good one, however old; see sample.at_ms */
  PhaetonCapabilities can;
  PhaetonCommand command;
  PhaetonPhasesResult phases_result;
  PhaetonVehicleInput vehicle;
  gboolean on_input; /* /Position 1: on the side of the grid, not behind the inverter */
} PhaetonChargerInput;

/* a limit from outside on all chargers together, as the grid's operator may dim them */
typedef struct {
  gboolean active;
  gint64 expires_ms; /* monotonic; from then on it is void */
  int limit_w;       /* of all chargers together; -1: none */
  int limit_mA;      /* per phase of the grid, all chargers together; -1: none */
} PhaetonOrder;

typedef struct {
  gint64 now_ms;       /* monotonic */
  gint64 wall_at;      /* seconds UTC */
  gboolean wall_known; /* false before the clock was set (a GX starts in 1970) */
  PhaetonOrder order;
  PhaetonZone zone;
  PhaetonPriceSeries prices; /* borrowed; empty: none known */
  gboolean prices_fallback;  /* none are known for now: these are the fallback tariff's */
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
  gint64 started_at, ended_at; /* wall seconds UTC, 0: the clock was not set */
  gboolean counter_known;      /* start_wh and last_wh hold: the counter was read */
  gint64 start_wh;             /* lifetime counter at the begin ... */
  gint64 last_wh;              /* ... and the last one believed, moved back only by a reset */
  gint64 last_at;              /* when last_wh was read: wall seconds UTC, 0: not known */
  gint64 gained_wh;            /* delivered; survives a counter that was reset, never goes down */
  gint64 charging_ms;          /* time in which energy flowed */
  int peak_w;
  int phases; /* most that the car drew on; 0: not measured */
  gint64 cost_micros;
  gboolean cost_known;                   /* every Wh so far had a price */
  gint64 saved_micros;                   /* by the sun: its import price less its export price */
  gint64 sun_mWh, battery_mWh, grid_mWh; /* where gained_wh came from, as far as it was seen */
  gint64 cost_rest;                      /* what is less than a millionth: thousandths of it ... */
  gint64 saved_rest;   /* ... and here millionths: a thousand small steps are one large one */
  gint64 measured_mWh; /* by its power, while that and the counter were both seen ... */
  gint64 compared_wh;  /* ... and what the counter gained meanwhile: a check of it */
  int interruptions;   /* how often Phaeton was away during it */
  PhaetonSessionEnd end;
} PhaetonSessionState;

typedef enum {
  PHAETON_SWITCH_NONE,
  PHAETON_SWITCH_STOPPING,  /* 0 A, until the car draws nothing */
  PHAETON_SWITCH_SWITCHING, /* the charger was told */
  PHAETON_SWITCH_SETTLING,  /* 0 A for phase_settle_ms */
} PhaetonSwitchStep;

typedef struct {
  PhaetonSwitchStep step;
  int target;         /* 1 or 3 */
  gint64 since_ms;    /* when the step began */
  int refused_phases; /* the wish that the charger refused; 0: none */
  gint64 retry_at_ms; /* after a failure: not before; 0: at once */
} PhaetonSwitchState;

/* a time of charging, wall seconds UTC */
typedef struct {
  gint64 from_at, to_at;
} PhaetonRun;

#define PHAETON_MAX_RUNS 12 /* more lie too far ahead to matter yet */

/* when Scheduled charges, until something changes */
typedef struct {
  gint64 until_at;     /* it is made anew then; 0: there is none */
  gint64 made_at;      /* when it was */
  guint64 basis;       /* of what it was made */
  guint64 errand;      /* for which car and deadline its run goes on */
  gboolean charge;     /* now */
  gint64 since_at;     /* of charging as planned; 0: it does not */
  gint64 limit_micros; /* the price up to which it charges, where it goes by one */
  int chosen_min;      /* of open_min, for the reason */
  int open_min;
  int power_w;            /* that the plan counts on */
  gint64 session_at;      /* the stay in which it was seen that the car drew ... */
  int most_w;             /* ... at most; 0: not seen */
  int draw_w;             /* that it draws now, or drew in the stay before; 0: not seen */
  gint64 lost_ms;         /* by drawing less towards the end of this stay, ... */
  gint64 tail_ms;         /* ... and of those before: cars take less when nearly full */
  gint64 watched_ms;      /* last look at what it draws */
  gint64 steady_since_ms; /* of drawing; 0: it does not */
  guint n_runs;
  PhaetonRun runs[PHAETON_MAX_RUNS];
} PhaetonPlanState;

/* whether a car is there, as one should believe it: the pilot with its gaps bridged */
typedef struct {
  gboolean present;
  gboolean charging;       /* in the step before, and seen by a charger that answered */
  gboolean finished;       /* was charging, then stopped by itself while current was offered */
  gint64 stopped_since_ms; /* it stopped while offered, not yet long enough to be finished; 0: no */
  gint64 unclear_since_ms; /* pilot E with a car before: gone when it lasts; 0: no */
  gint64 seen_ms;          /* when it was last seen, present or not; 0: never */
} PhaetonCarState;

/* a counter reading that cannot follow the one before: believed when it lasts */
typedef struct {
  gint64 since_ms; /* 0: none */
  gint64 wh;
} PhaetonCounterDoubt;

/* which of the charger's phases the car draws on, as measured; bit 0: L1 */
typedef struct {
  guint8 mask;            /* 0: not yet known for this car */
  guint8 candidate;       /* another one, not yet long enough */
  gint64 since_ms;        /* of the candidate */
  gboolean one_phase_car; /* draws on one although three are offered */
} PhaetonDrawState;

#define PHAETON_RING 16 /* a sample a second, longer than any lag */

/* power over the last seconds, newest at (n - 1) % PHAETON_RING */
typedef struct {
  guint n;
  struct {
    gint64 at_ms;
    int power_w;
  } samples[PHAETON_RING];
} PhaetonRing;

/* following the sun, one charger */
typedef struct {
  gboolean on;            /* the sun's current is offered */
  gboolean probing;       /* started on a guess that curtailed PV has more; not yet confirmed */
  gint64 enough_since_ms; /* off: sun for a start since then; 0: no */
  gint64 short_since_ms;  /* on: less than the minimum since then; 0: no */
  gint64 next_probe_ms;   /* a failed guess is not repeated before */
} PhaetonSunState;

/* switching phases by the sun, one charger */
typedef struct {
  int wish;             /* 1 or 3; 0: none yet */
  gint64 up_since_ms;   /* enough for three phases since then; 0: no */
  gint64 down_since_ms; /* too little for three phases since then; 0: no */
  gint64 switched_ms;   /* when the last switch ended; 0: none */
  gboolean was_switching;
  gboolean watch_resume; /* the car charged before the switch: does it again? */
  gboolean banned;       /* it did not: no more switching during this stay */
  int switches_in_stay;
  int switches_in_day;
  gint64 day_since_ms;
} PhaetonAutoPhasesState;

/* what core remembers of one charger from step to step. All times are of this run's monotonic
 * clock: after a restart only session is given back, everything else starts at zero. */
typedef struct {
  gint64 last_step_ms; /* 0: first step */
  int limit_mA;        /* the decision of the step before */
  PhaetonSwitchState phases;
  PhaetonCarState car;
  gint64 counter_ms; /* when session.last_wh was read; 0: before this run */
  PhaetonCounterDoubt doubt;
  PhaetonDrawState draw;
  PhaetonRing power; /* the car's, by the time of its samples */
  PhaetonSunState sun;
  PhaetonAutoPhasesState auto_phases;
  int sent_mA;                 /* the limit of the last step in which the charger answered */
  gint64 fuse_paused_ms;       /* when a fuse last paused it; 0: not */
  gint64 running_ms;           /* since when it has a limit; 0: not */
  gint64 waiting_ms;           /* since when it wants one and gets none for want of room; 0: not */
  gint64 raised_ms;            /* when the limit was last raised; 0: never */
  PhaetonPlanState plan;       /* before a deadline */
  PhaetonPlanState price_plan; /* by the rule of prices */
  PhaetonSessionState session;
} PhaetonChargerState;

#define PHAETON_LOAD_BINS 24

/* how large the other loads on a circuit get, over a day */
typedef struct {
  gint64 since_ms;                                 /* when the day began; 0: none did */
  guint32 n;                                       /* samples of it */
  guint32 bins[PHAETON_PHASES][PHAETON_LOAD_BINS]; /* each as wide as a sixteenth of the fuse */
  int expected_mA[PHAETON_PHASES]; /* 99.9 % of the day before stayed below; 0: not known yet */
} PhaetonLoadState;

/* when a meter last showed something new, and what the cars' own meters told then */
typedef struct {
  gint64 at_ms; /* 0: never */
  int mA[PHAETON_PHASES], told_mA[PHAETON_PHASES];
  int n_telling;  /* chargers whose meters told */
  gboolean stuck; /* the cars moved since, it did not */
} PhaetonMeterMove;

#define PHAETON_BASE_SAMPLES 3

/* one circuit and its meter */
typedef struct {
  gboolean seen;
  gint64 at_ms; /* the last accepted sample */
  guint n;      /* samples so far; the base is the largest of the last three */
  int base_mA[PHAETON_BASE_SAMPLES][PHAETON_PHASES];
  double theta[PHAETON_PHASES]; /* warmth of the fuse, 1: as at its rating for ever */
  gboolean hot;                 /* it was too warm and has not cooled down */
  PhaetonLoadState load;
  PhaetonMeterMove move;
} PhaetonCircuitState;

/* where power came from, in thousandths; the rest came from the grid */
typedef struct {
  gboolean known;
  int sun_permille, battery_permille;
} PhaetonEnergyMix;

/* what core remembers of the house */
typedef struct {
  PhaetonRing balance;   /* what the house leaves over, the cars not counted */
  gint64 smoothed_at_ms; /* time of the last balance in the mean; 0: none yet */
  double smoothed_w;
  gboolean battery_seen; /* there is one: from now on unknown is not none */
  gboolean low_soc;
  PhaetonEnergyMix mix;    /* of the cars' power, when any last drew */
  gboolean battery_filled; /* battery first: its target was reached */
  gboolean assist;         /* it may help the car */
  gint64 raised_ms;        /* when any charger on a circuit was last raised; 0: never */
  gint64 rotated_ms;       /* when chargers last took turns; 0: never */
  PhaetonCircuitState circuits[PHAETON_MAX_CIRCUITS];
} PhaetonSiteState;

typedef struct {
  guint n_chargers;
  PhaetonSiteState site;
  PhaetonChargerState chargers[];
} PhaetonState;

/* what one charger shall do now */
typedef struct {
  int limit_mA; /* 0 pauses */
  int phases;   /* 0: leave; 1 or 3: switch now (the limit is 0 meanwhile) */
  PhaetonStatus status;
  gint64 laxity_s;   /* time to spare before its deadline, below 0: it no longer fits; G_MAXINT64:
                        there is none */
  gboolean kept_out; /* wants current and gets none for want of room */
  PhaetonChain chain;
  gboolean session_began, session_ended; /* in this step */
  gboolean session_missed; /* the one that ended came and went while nobody looked: it has no id */
} PhaetonChargerDecision;

typedef struct {
  guint n_chargers;
  gboolean surplus_known;
  int surplus_w; /* what the sun leaves for all cars in Auto together, their own power included */
  PhaetonChargerDecision chargers[];
} PhaetonDecision;

PhaetonState *phaeton_state_new (guint n_chargers);
PhaetonDecision *phaeton_decision_new (guint n_chargers);

/* whether any session runs */
gboolean phaeton_state_has_session (const PhaetonState *self);

/* sizes for copies: memcpy (to, from, phaeton_state_size (n)) */
gsize phaeton_state_size (guint n_chargers);
gsize phaeton_decision_size (guint n_chargers);

G_END_DECLS
