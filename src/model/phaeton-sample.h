/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-types.h"

G_BEGIN_DECLS

/* Samples: what devices saw. Plain values, copied; unknown is a cleared bit or flag, never 0. */

typedef enum {
  PHAETON_SAMPLE_PILOT = 1 << 0,
  PHAETON_SAMPLE_VOLTAGE_L1 = 1 << 1, /* L2, L3: the next two bits, likewise below */
  PHAETON_SAMPLE_CURRENT_L1 = 1 << 4,
  PHAETON_SAMPLE_POWER_L1 = 1 << 7,
  PHAETON_SAMPLE_POWER = 1 << 10,
  PHAETON_SAMPLE_ENERGY = 1 << 11,
  PHAETON_SAMPLE_STATION_MAX = 1 << 12,
  PHAETON_SAMPLE_APPLIED = 1 << 13,
  PHAETON_SAMPLE_SETPOINT = 1 << 14,
  PHAETON_SAMPLE_SETPOINT_VALID = 1 << 15,
  PHAETON_SAMPLE_SAFE = 1 << 16,
  PHAETON_SAMPLE_ACCOUNTED = 1 << 17,
  PHAETON_SAMPLE_PHASES = 1 << 18,
  PHAETON_SAMPLE_TEMPERATURE = 1 << 19,
} PhaetonSampleBit;

/**
 * PhaetonChargerSample:
 *
 * One reading of one charging point. Phases are the charger's own; the site maps them to the
 * grid's with the phase rotation of the settings.
 */
typedef struct {
  gint64 at_ms;  /* monotonic: when the answer arrived */
  guint32 known; /* PhaetonSampleBit */
  PhaetonPilot pilot;
  PhaetonFault fault; /* NONE unless the charger says otherwise */
  double voltage_v[PHAETON_PHASES];
  int current_mA[PHAETON_PHASES];
  int power_w[PHAETON_PHASES];
  int power_total_w;
  gint64 energy_wh;     /* lifetime counter */
  int station_max_mA;   /* what the station as a whole may draw now */
  int applied_mA;       /* the limit in force at the socket, 0: none offered */
  int setpoint_mA;      /* the limit that a master set */
  int setpoint_valid_s; /* until the charger forgets it */
  int safe_mA;          /* what the charger falls back to then */
  gboolean accounted;   /* the set-point takes part in applied_mA */
  int phases;           /* 1 or 3, as the charger is configured */
  double temperature_c; /* of the station's board */
} PhaetonChargerSample;

static inline gboolean
phaeton_sample_knows (const PhaetonChargerSample *sample, guint32 bits)
{
  return (sample->known & bits) == bits;
}

/* what a charger is; strings may be NULL while unknown */
typedef struct {
  const char *manufacturer;
  const char *model;
  const char *serial;
  const char *firmware;
} PhaetonIdentity;

/* what a charger can do */
typedef struct {
  int min_mA;              /* lowest limit it can offer, PHAETON_MIN_OFFER_mA or more */
  int max_mA;              /* what its hardware can, 0 unknown */
  int step_mA;             /* resolution of the limit */
  gboolean can_set_phases; /* false also after it refused */
  gboolean needs_reassert; /* forgets its limit when nobody repeats it */
  gint64 reassert_ms;      /* repeat it at least this often; learned, 0: not known yet */
} PhaetonCapabilities;

/* one value of the home with the time of its sample */
typedef struct {
  gboolean known;
  gint64 at_ms; /* monotonic: when it was last confirmed, see docs/architecture.md, ages */
  int value;    /* unit: in the name of the member that has this type */
} PhaetonReading;

typedef struct {
  gboolean known;
  gint64 at_ms;
  double value;
} PhaetonReadingD;

/**
 * PhaetonHomeSample:
 *
 * The house as its energy system measures it. Signs as on the Victron bus: grid + import,
 * PV + production, battery + charging.
 */
typedef struct {
  PhaetonReading grid_phases; /* how many there are; unknown: those that are known */
  PhaetonReading grid_power_w[PHAETON_PHASES];
  PhaetonReading grid_current_mA[PHAETON_PHASES]; /* + import; from power and voltage if need be */
  PhaetonReadingD grid_voltage_v[PHAETON_PHASES];
  PhaetonReading genset_power_w;
  PhaetonReading pv_dc_power_w;
  PhaetonReading pv_on_grid_power_w;
  PhaetonReading pv_on_output_power_w;
  PhaetonReading pv_on_genset_power_w;
  PhaetonReading consumption_power_w; /* all loads that the meters see */
  PhaetonReading battery_power_w;
  PhaetonReadingD battery_soc_percent;
  PhaetonReadingD min_soc_percent;  /* below it the house no longer discharges, now */
  PhaetonReading grid_setpoint_w;   /* where the house regulates the grid to */
  PhaetonReading input_limit_mA;    /* per phase: limit of the system's AC input */
  PhaetonReading inverter_limit_mA; /* per phase: of the inverter in front of cars on its output */
  PhaetonReading export_limit_w;    /* known 0: zero feed-in */
  PhaetonReading pv_curtailed;      /* 1: the inverter holds PV back now */
  PhaetonReading off_grid;          /* 1: no grid, the inverter makes the phases */
  PhaetonReading has_grid_meter;    /* 1: a meter upstream of everything */
  gint64 changed_at_ms;             /* when any item last changed: 30 s of silence freezes raises */
} PhaetonHomeSample;

G_END_DECLS
