/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-types.h"

G_BEGIN_DECLS

/* What is: one immutable picture of everything that faces show, made by the site after each step.
 * A record is plain values plus one presence bit per field (phaeton-fields.h says which); a value
 * whose bit is clear is unknown and must not be read. Strings belong to the snapshot. */

/* a limit from outside that is as high as this limits nothing */
#define PHAETON_GUARD_NONE_W 172500
#define PHAETON_GUARD_NONE_mA 250000

#define PHAETON_PRESENT_WORDS 2 /* room for 128 fields in a scope */

typedef struct {
  guint64 present[PHAETON_PRESENT_WORDS]; /* by phaeton_field_set_present() */

  /* what people asked */
  int mode;       /* PhaetonMode */
  int start_stop; /* 0, 1 */
  int set_mA;
  int position;   /* 0 AC output, 1 AC input */
  int auto_start; /* 0, 1 */
  const char *custom_name;

  /* what is */
  int status;     /* PhaetonStatus */
  int connected;  /* 0, 1: the charger answers */
  int applied_mA; /* what we last told the charger and it confirmed */
  int limit_mA;   /* what the decision allows now */
  int max_mA;     /* highest current that may be set: station and settings */
  int min_mA;     /* lowest current that may be set apart from 0 */
  int station_max_mA;
  int phases;     /* active phases: 1 or 3 */
  int phases_set; /* 1 or 3, as the charger is configured */
  int power_w;
  int current_mA; /* largest phase */
  double line_voltage_v[PHAETON_PHASES];
  int line_current_mA[PHAETON_PHASES];
  int line_power_w[PHAETON_PHASES];
  gint64 energy_wh;       /* lifetime */
  gint64 forward_wh;      /* what /Ac/Energy/Forward shows: lifetime, or the session's by setting */
  const char *pilot;      /* "C2" */
  const char *why;        /* English sentence */
  const char *why_code;   /* "station-max" */
  const char *why_values; /* "max_mA=16000" */
  gint64 sample_age_ms;

  /* who it is */
  const char *id;
  int device_instance;
  int product_id;
  const char *product_name;
  const char *model;
  const char *serial;
  const char *firmware;
  const char *connection;  /* "Modbus TCP 192.0.2.1" */
  const char *bus_service; /* "com.victronenergy.evcharger.phaeton_40" */

  /* what a person should look at: 0 none, 1 warning, 2 alarm */
  int alarm_ground, alarm_welded, alarm_pilot, alarm_residual, alarm_heat;
  int alarm_setup;     /* the charger does not use what we tell it */
  const char *problem; /* the same and more in words; "": nothing */

  /* the session: the running one, else the last one */
  int session_running;
  const char *session_id;
  gint64 session_started_at;
  gint64 session_ended_at;
  gint64 session_energy_wh;
  gint64 session_time_s; /* charging time */
  gint64 session_cost_micros, session_saved_micros;
  int session_peak_w;
  gint64 session_start_wh;
  gint64 session_sun_wh, session_battery_wh, session_grid_wh; /* where it came from */

  /* the poll */
  gint64 total_polls;
  gint64 overruns;
  int poll_duration_ms;
  int poll_interval_ms;
  int step_voltages_ms, step_status_ms, step_write_ms; /* of the last poll */
} PhaetonChargerRecord;

typedef struct {
  guint64 present[PHAETON_PRESENT_WORDS];

  const char *version;
  int gx_auto;                       /* 1: Auto is decided here, not in the charger */
  int guard_active;                  /* a limit from outside is in force */
  int guard_w;                       /* of all chargers together */
  int guard_line_mA[PHAETON_PHASES]; /* likewise, per phase of the grid */
  const char *driver_state;          /* Initializing, Running, Error, ShuttingDown */
  int uptime_s;
  const char *currency;
  gint64 energy_rate_micros; /* per kWh, now */
  const char *pricing_source;
  int excess_pv_w;
  int grid_w; /* import is positive */
  int pv_w;
  int battery_w; /* charging is positive */
  double battery_soc_percent;
  int consumption_w; /* all loads, cars among them */
  const char *time_zone;
  int longest_dispatch_us; /* of the main loop, CPU time of its thread, since the start */
  int step_compute_ms, step_snapshot_ms;
} PhaetonSiteRecord;

typedef struct {
  gatomicrefcount refs;
  guint64 serial;        /* counts snapshots */
  gint64 wall_us;        /* when it was made */
  GStringChunk *strings; /* (owned): where the records' strings live */
  PhaetonSiteRecord site;
  const char *circuits[PHAETON_MAX_CIRCUITS + 1]; /* their names, NULL after the last */
  guint n_chargers;
  PhaetonChargerRecord chargers[];
} PhaetonSnapshot;

/* zeroed records: every field unknown */
PhaetonSnapshot *phaeton_snapshot_new (guint n_chargers);
PhaetonSnapshot *phaeton_snapshot_ref (PhaetonSnapshot *self);
void phaeton_snapshot_unref (PhaetonSnapshot *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonSnapshot, phaeton_snapshot_unref)

/* copies @text into the snapshot; NULL stays NULL */
const char *phaeton_snapshot_take_text (PhaetonSnapshot *self, const char *text);

/* index of the charger with @id, or -1 */
int phaeton_snapshot_find_charger (const PhaetonSnapshot *self, const char *id);

G_END_DECLS
