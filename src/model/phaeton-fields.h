/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-snapshot.h"

G_BEGIN_DECLS

/* A field is declared once: one line of the table in phaeton-fields.c. Every face is a loop over
 * that table; adding a field is adding a line here, a member to a record, and what measures it.
 *
 * A line with a % in its names stands for L1 to L3: phaeton_fields_get() answers it three times,
 * with the digit in place. */

typedef enum { PHAETON_SCOPE_SITE, PHAETON_SCOPE_CHARGER, PHAETON_N_SCOPES } PhaetonScope;

typedef enum {
  PHAETON_TYPE_INT,    /* int */
  PHAETON_TYPE_INT64,  /* gint64 */
  PHAETON_TYPE_DOUBLE, /* double */
  PHAETON_TYPE_TEXT,   /* const char *, never NULL when present */
  PHAETON_TYPE_TIME,   /* gint64, wall seconds UTC */
} PhaetonFieldType;

/* how a written value is understood; each accepts what old clients send (see the parser) */
typedef enum {
  PHAETON_PARSE_NONE,     /* read-only */
  PHAETON_PARSE_MODE,     /* 0..2 or its name */
  PHAETON_PARSE_SWITCH,   /* 0/1 of any type, boolean, on/off words */
  PHAETON_PARSE_CHOICE,   /* 0 or 1 exactly */
  PHAETON_PARSE_CURRENT,  /* amperes: finite, 0 or more, clamped to the record's maximum */
  PHAETON_PARSE_PHASES,   /* 1 or 3; 2 and above mean 3 */
  PHAETON_PARSE_TEXT,     /* valid UTF-8, trimmed, at most 32 characters */
  PHAETON_PARSE_INSTANCE, /* 0..255, by faces only */
  PHAETON_PARSE_GUARD_W,  /* watts, 0 to PHAETON_GUARD_NONE_W, which means none */
  PHAETON_PARSE_GUARD_mA, /* amperes, 0 to PHAETON_GUARD_NONE_mA, which means none */
} PhaetonParse;

/* every field's identity in C; the order of the table and of the Victron tree */
typedef enum {
  PHAETON_FIELD_NONE = -1,
  /* charger */
  PHAETON_FIELD_MODE,
  PHAETON_FIELD_START_STOP,
  PHAETON_FIELD_SET_CURRENT,
  PHAETON_FIELD_PHASES_SET,
  PHAETON_FIELD_POSITION,
  PHAETON_FIELD_AUTO_START,
  PHAETON_FIELD_CUSTOM_NAME,
  PHAETON_FIELD_DEVICE_INSTANCE,
  PHAETON_FIELD_STATUS,
  PHAETON_FIELD_CONNECTED,
  PHAETON_FIELD_APPLIED,
  PHAETON_FIELD_LIMIT,
  PHAETON_FIELD_MAX,
  PHAETON_FIELD_MIN,
  PHAETON_FIELD_STATION_MAX,
  PHAETON_FIELD_PHASES,
  PHAETON_FIELD_POWER,
  PHAETON_FIELD_CURRENT,
  PHAETON_FIELD_LINE_VOLTAGE, /* L1; + 1, + 2 */
  PHAETON_FIELD_LINE_CURRENT = PHAETON_FIELD_LINE_VOLTAGE + PHAETON_PHASES,
  PHAETON_FIELD_LINE_POWER = PHAETON_FIELD_LINE_CURRENT + PHAETON_PHASES,
  PHAETON_FIELD_ENERGY = PHAETON_FIELD_LINE_POWER + PHAETON_PHASES,
  PHAETON_FIELD_FORWARD,
  PHAETON_FIELD_PILOT,
  PHAETON_FIELD_WHY,
  PHAETON_FIELD_WHY_CODE,
  PHAETON_FIELD_WHY_VALUES,
  PHAETON_FIELD_SAMPLE_AGE,
  PHAETON_FIELD_ID,
  PHAETON_FIELD_PRODUCT_ID,
  PHAETON_FIELD_PRODUCT_NAME,
  PHAETON_FIELD_MODEL,
  PHAETON_FIELD_SERIAL,
  PHAETON_FIELD_FIRMWARE,
  PHAETON_FIELD_CONNECTION,
  PHAETON_FIELD_BUS_SERVICE,
  PHAETON_FIELD_ROLE,
  PHAETON_FIELD_ALARM_GROUND,
  PHAETON_FIELD_ALARM_WELDED,
  PHAETON_FIELD_ALARM_PILOT,
  PHAETON_FIELD_ALARM_RESIDUAL,
  PHAETON_FIELD_ALARM_HEAT,
  PHAETON_FIELD_ALARM_SETUP,
  PHAETON_FIELD_PROBLEM,
  PHAETON_FIELD_SESSION_RUNNING,
  PHAETON_FIELD_SESSION_ID,
  PHAETON_FIELD_SESSION_STARTED,
  PHAETON_FIELD_SESSION_ENDED,
  PHAETON_FIELD_SESSION_ENERGY,
  PHAETON_FIELD_SESSION_TIME,
  PHAETON_FIELD_SESSION_COST,
  PHAETON_FIELD_SESSION_SAVED,
  PHAETON_FIELD_SESSION_PEAK,
  PHAETON_FIELD_SESSION_START_ENERGY,
  PHAETON_FIELD_SESSION_SUN,
  PHAETON_FIELD_SESSION_BATTERY,
  PHAETON_FIELD_SESSION_GRID,
  PHAETON_FIELD_TOTAL_POLLS,
  PHAETON_FIELD_OVERRUNS,
  PHAETON_FIELD_POLL_DURATION,
  PHAETON_FIELD_POLL_INTERVAL,
  PHAETON_FIELD_STEP_VOLTAGES,
  PHAETON_FIELD_STEP_STATUS,
  PHAETON_FIELD_STEP_WRITE,
  /* site */
  PHAETON_FIELD_VERSION,
  PHAETON_FIELD_DRIVER_STATE,
  PHAETON_FIELD_GX_AUTO,
  PHAETON_FIELD_GX_AUTO_SOURCE,
  PHAETON_FIELD_GUARD_ACTIVE,
  PHAETON_FIELD_GUARD_POWER,
  PHAETON_FIELD_GUARD_LINE, /* L1; + 1, + 2 */
  PHAETON_FIELD_GUARD_LINE_LAST = PHAETON_FIELD_GUARD_LINE + PHAETON_PHASES - 1,
  PHAETON_FIELD_UPTIME,
  PHAETON_FIELD_CURRENCY,
  PHAETON_FIELD_ENERGY_RATE,
  PHAETON_FIELD_PRICING_SOURCE,
  PHAETON_FIELD_EXCESS_PV,
  PHAETON_FIELD_SITE_GRID,
  PHAETON_FIELD_SITE_PV,
  PHAETON_FIELD_SITE_BATTERY,
  PHAETON_FIELD_SITE_BATTERY_SOC,
  PHAETON_FIELD_SITE_CONSUMPTION,
  PHAETON_FIELD_TIME_ZONE,
  PHAETON_FIELD_LONGEST_DISPATCH,
  PHAETON_FIELD_STEP_COMPUTE,
  PHAETON_FIELD_STEP_SNAPSHOT,
  PHAETON_FIELD_PROCESS_NAME,
  PHAETON_N_FIELDS
} PhaetonFieldId;

/* a number on a face: shown = inside * scale, rounded to decimals; 0 scale counts as 1 */
typedef struct {
  double scale;
  int decimals;
} PhaetonFormat;

typedef struct {
  PhaetonFieldId id;
  PhaetonScope scope;
  PhaetonFieldType type;
  guint16 offset; /* of the member in the scope's record */
  guint8 bit;     /* of .present */
  PhaetonParse parse;

  const char *name; /* key in /api/v1: unit in the name */
  PhaetonFormat v1; /* as the name's unit wants it */
  const char *help; /* one sentence: metrics, openapi, docs */

  /* paths in the ancestors' /api/status, e.g. "session.cost"; NULL: not there. A field may have
   * stood in several places. Unknown is null. */
  const char *status[3];
  PhaetonFormat status_format;

  const char *constant; /* the text of a field that never changes; it has no member */

  const char *dbus;          /* "/Ac/Power"; NULL: not on the Victron bus */
  const char *dbus_alias;    /* a second path with the same value, for older readers; or NULL */
  const char *dbus_unknown;  /* text shown while unknown, where readers need one; NULL: invalid */
  char dbus_type;            /* 'i', 'd' or 's' */
  PhaetonFormat dbus_format; /* decimals also are the resolution: no signal below it */
  const char *dbus_text;     /* printf format of the text with its unit, "%.0f W"; NULL: plain */

  const char *metric; /* Prometheus name without prefix; NULL: none */
  PhaetonFormat metric_format;
} PhaetonField;

/* the table in the order of PhaetonFieldId, templates expanded */
const PhaetonField *phaeton_fields_get (guint *n_fields);
const PhaetonField *phaeton_field (PhaetonFieldId id);

/* by path or alias */
const PhaetonField *phaeton_field_find_by_dbus_path (const char *path);
const PhaetonField *phaeton_field_find_by_name (PhaetonScope scope, const char *name);

/* the scope's record of a snapshot: the charger's with @charger, or the site's */
gconstpointer phaeton_field_get_record (const PhaetonField *field, const PhaetonSnapshot *snapshot,
                                        guint charger);

gboolean phaeton_field_is_present (const PhaetonField *field, gconstpointer record);

/* for the maker of snapshots: the member of @record has been filled */
void phaeton_field_set_present (PhaetonFieldId id, gpointer record);

/* FALSE: unknown. @value in the unit of the record; for PHAETON_TYPE_TEXT use get_text. */
gboolean phaeton_field_get_number (const PhaetonField *field, gconstpointer record, double *value);
const char *phaeton_field_get_text (const PhaetonField *field, gconstpointer record);

/* number on a face: scaled and rounded to the format's decimals; never NaN, FALSE: unknown */
gboolean phaeton_field_get_shown (const PhaetonField *field, gconstpointer record,
                                  const PhaetonFormat *format, double *shown);

/* what a write may set, in the unit of the record; FALSE: no limits, or not known yet */
gboolean phaeton_field_get_limits (const PhaetonField *field, gconstpointer record, double *min,
                                   double *max);

/* equal on a face: both unknown, or the same when rounded to the format's decimals */
gboolean phaeton_field_is_equal (const PhaetonField *field, gconstpointer a, gconstpointer b,
                                 const PhaetonFormat *format);

/**
 * PhaetonWrite:
 *
 * A validated write, in units of the record.
 */
typedef struct {
  const PhaetonField *field;
  gint64 number;    /* modes, switches, mA, phases, instance */
  char *text;       /* (owned) (nullable): PHAETON_PARSE_TEXT */
  gboolean altered; /* the value was clamped or trimmed: tell the writer the true one */
} PhaetonWrite;

void phaeton_write_clear (PhaetonWrite *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PhaetonWrite, phaeton_write_clear)

/**
 * phaeton_field_parse:
 * @value: what came over the wire: boolean, any number, string; anything else is refused
 * @record: of the charger, for its limits
 *
 * Returns: %FALSE with %PHAETON_ERROR_READ_ONLY, %PHAETON_ERROR_TYPE or %PHAETON_ERROR_RANGE, whose
 *   message names field, value and range
 */
gboolean phaeton_field_parse (const PhaetonField *field, GVariant *value,
                              const PhaetonChargerRecord *record, PhaetonWrite *write,
                              GError **error);

G_END_DECLS
