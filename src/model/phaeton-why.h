/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-types.h"

G_BEGIN_DECLS

/**
 * PhaetonWhyCode:
 *
 * Why a current is what it is. Codes are stable: recordings, the API and translations use their
 * names, so new ones go to the end. The table in phaeton-why.c gives each its name, its values
 * and its English sentence; docs/decisions.md an example.
 */
typedef enum {
  PHAETON_WHY_NONE = 0,
  PHAETON_WHY_OFFLINE,        /* the charger does not answer */
  PHAETON_WHY_NO_CAR,         /* nothing plugged in; the limit stands ready */
  PHAETON_WHY_STOPPED,        /* a person stopped it */
  PHAETON_WHY_MANUAL,         /* a person's current: wanted_mA */
  PHAETON_WHY_STATION_MAX,    /* the station's own limit: max_mA */
  PHAETON_WHY_MAX_SET,        /* controls.max_set_current: max_mA */
  PHAETON_WHY_BELOW_MIN,      /* less than the car can use: allowed_mA, min_mA */
  PHAETON_WHY_STEP,           /* rounded down to the charger's step: step_mA */
  PHAETON_WHY_PHASE_SWITCH,   /* waiting for a phase switch: phases, step */
  PHAETON_WHY_PHASES_REFUSED, /* the charger does not let us switch phases */
  PHAETON_WHY_FAULT,          /* the charger is out of order: fault */
  PHAETON_WHY_UNKNOWN_STATE,  /* online, but the state of the car is not known */
  PHAETON_WHY_NO_HOUSE_GUARD, /* no circuit is configured: only station and settings limit */
  PHAETON_WHY_MODE_NOT_READY, /* the mode has no source to decide by: does not charge */
  PHAETON_WHY_SUN,            /* what the sun leaves over: available_w */
  PHAETON_WHY_WAIT_SUN,       /* too little of it: available_w, needed_w */
  PHAETON_WHY_SUN_START,      /* enough, but not yet for long enough: left_s */
  PHAETON_WHY_SUN_GRACE,      /* too little, a charging car is held for a while: left_s */
  PHAETON_WHY_SUN_PROBE,      /* PV is held back: trying whether there is more */
  PHAETON_WHY_SUN_UNKNOWN,    /* what the house leaves over cannot be known */
  PHAETON_WHY_LOW_SOC,        /* the home battery is low: soc_percent, min_percent */
  PHAETON_WHY_HOME_FROZEN,    /* the house's values stand still: no raise */
  PHAETON_WHY_RAMP,           /* rising slowly: wanted_mA */
  PHAETON_WHY_WINDOW,         /* in a window of the schedule: limit of the window */
  PHAETON_WHY_WAIT_WINDOW,    /* outside of all: left_min, -1 none is coming */
  PHAETON_WHY_DEADLINE,       /* charges to be ready in time: left_wh, left_min */
  PHAETON_WHY_WAIT_DEADLINE,  /* there is still a better time for it: left_wh, left_min */
  PHAETON_WHY_PRICE,          /* cheap enough: price_micros, max_micros */
  PHAETON_WHY_WAIT_PRICE,     /* too dear: price_micros, max_micros */
  PHAETON_WHY_PRICE_LEVEL,    /* it is called cheap: price_micros */
  PHAETON_WHY_WAIT_LEVEL,     /* it is not: price_micros */
  PHAETON_WHY_FALLBACK,       /* no price is known, the fallback tariff's is right: price_micros */
  PHAETON_WHY_WAIT_FALLBACK,  /* ... is not: price_micros */
  PHAETON_WHY_PRICE_UNKNOWN,  /* no price is known for now */
  PHAETON_WHY_CLOCK_UNKNOWN,  /* neither the time nor the zone: no schedule */
  PHAETON_WHY_FUSE,           /* what a fuse leaves: circuit (index), phase (1..3), room_mA */
  PHAETON_WHY_FUSE_FULL,      /* less than a start needs: circuit, phase, room_mA */
  PHAETON_WHY_FUSE_WAIT,      /* a fuse paused it, not yet for long enough: left_s */
  PHAETON_WHY_FUSE_HOT,       /* a fuse was overloaded and cools down: circuit */
  PHAETON_WHY_METER_STALE,    /* fail-safe: the meter is silent: circuit */
  PHAETON_WHY_METER_MISSING,  /* nothing is known of the other loads on a circuit: circuit */
  PHAETON_WHY_ORDER,          /* an order from outside, of power: limit_w */
  PHAETON_WHY_RAISE_WAITS,    /* the meter has not yet shown the last raise */
  PHAETON_WHY_UNBALANCE,      /* one phase would carry too much more: circuit, phase, room_mA */
  PHAETON_WHY_CHEAPEST,       /* in a cheapest part of the time: chosen_min, open_min, by_clock */
  PHAETON_WHY_WAIT_CHEAPEST,  /* for them */
  PHAETON_WHY_BLOCK,          /* the same in a row: chosen_min, open_min, by_clock */
  PHAETON_WHY_WAIT_BLOCK,     /* for it */
  PHAETON_WHY_GRID_PRICE,     /* so cheap that Auto takes from the grid: price_micros, max_micros */
  PHAETON_WHY_ORDER_CURRENT,  /* an order from outside, of current: order_mA */
  PHAETON_WHY_DEADLINE_SHORT, /* charges, more does not fit: fits_wh, left_wh, by_clock */
  PHAETON_WHY_CAR_SOC_UNKNOWN, /* of a deadline that asks for nothing else */
  PHAETON_N_WHY
} PhaetonWhyCode;

/* where in the chain a verdict was given; nothing after WISH raises a current */
typedef enum {
  PHAETON_STAGE_WISH,
  PHAETON_STAGE_CAPS,
  PHAETON_STAGE_QUANTISE,
  PHAETON_STAGE_RAMP,
} PhaetonStage;

#define PHAETON_WHY_VALUES 3

typedef struct {
  PhaetonStage stage;
  PhaetonWhyCode code;
  int limit_mA;                      /* what is allowed after this verdict */
  gint64 values[PHAETON_WHY_VALUES]; /* meaning: phaeton_why_get_value_name() */
} PhaetonVerdict;

#define PHAETON_CHAIN_MAX 12

/* verdicts in the order in which they were given; the last that lowered is the binding one */
typedef struct {
  guint n;
  PhaetonVerdict verdicts[PHAETON_CHAIN_MAX];
} PhaetonChain;

/* appends; when full the last is replaced, so that the final word is never lost */
void phaeton_chain_add (PhaetonChain *chain, PhaetonStage stage, PhaetonWhyCode code, int limit_mA,
                        gint64 value0, gint64 value1, gint64 value2);

/* whether it holds a verdict of @code */
gboolean phaeton_chain_has (const PhaetonChain *chain, PhaetonWhyCode code);

/* the verdict that explains the result: the circumstance under which nobody draws (offline, no car,
 * fault), else the last that lowered, rounding apart; NULL for an empty chain */
const PhaetonVerdict *phaeton_chain_get_binding (const PhaetonChain *chain);

/* "station-max"; stable */
const char *phaeton_why_get_name (PhaetonWhyCode code);
const char *phaeton_stage_get_name (PhaetonStage stage);

/* "max_mA"; NULL: this code has no such value */
const char *phaeton_why_get_value_name (PhaetonWhyCode code, guint index);

/* the sentence with {name} placeholders, as translators see it */
const char *phaeton_why_get_template (PhaetonWhyCode code);

/* (nullable): the name that value @index is, not a number: of a circuit in @circuits */
const char *phaeton_verdict_find_name (const PhaetonVerdict *verdict, guint index,
                                       const char *const *circuits);

/* the English sentence with its values filled in, for people: amperes, watts, per cent. @circuits:
 * (nullable) (array zero-terminated): their names, else numbers are told */
char *phaeton_verdict_to_text (const PhaetonVerdict *verdict, const char *const *circuits);

/* Returns: (transfer full): "allowed_mA=4500 min_mA=6000", for who writes the sentence itself */
char *phaeton_verdict_list_values (const PhaetonVerdict *verdict, const char *const *circuits);

G_END_DECLS
