/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The words that every room uses. Numbers that cross a wire are those of the wire. */

#define PHAETON_PHASES 3
#define PHAETON_MIN_OFFER_mA 6000 /* IEC 61851-1: the lowest current a control pilot can signal */
#define PHAETON_NOMINAL_V 230.0   /* only where nothing was measured */

/* as on D-Bus (/Mode) and in every API */
typedef enum {
  PHAETON_MODE_MANUAL = 0,
  PHAETON_MODE_AUTO = 1,
  PHAETON_MODE_SCHEDULED = 2,
} PhaetonMode;

/* as on D-Bus (/Status) and in every API: Victron's numbers */
typedef enum {
  PHAETON_STATUS_DISCONNECTED = 0,
  PHAETON_STATUS_CONNECTED = 1,
  PHAETON_STATUS_CHARGING = 2,
  PHAETON_STATUS_CHARGED = 3,
  PHAETON_STATUS_WAIT_SUN = 4,
  PHAETON_STATUS_WAIT_RFID = 5,
  PHAETON_STATUS_WAIT_START = 6,
  PHAETON_STATUS_LOW_SOC = 7,
  PHAETON_STATUS_GROUND_ERROR = 8,
  PHAETON_STATUS_WELDED_CONTACTS = 9,
  PHAETON_STATUS_CP_SHORTED = 10,
  PHAETON_STATUS_RESIDUAL_CURRENT = 11,
  PHAETON_STATUS_UNDERVOLTAGE = 12,
  PHAETON_STATUS_OVERVOLTAGE = 13,
  PHAETON_STATUS_OVERHEATING = 14,
  PHAETON_STATUS_CHARGING_LIMIT = 20,
  PHAETON_STATUS_START_CHARGING = 21,
  PHAETON_STATUS_SWITCH_TO_3P = 22,
  PHAETON_STATUS_SWITCH_TO_1P = 23,
  PHAETON_STATUS_STOP_CHARGING = 24,
} PhaetonStatus;

/* state of the control pilot, IEC 61851-1 annex A; x1: no PWM, x2: PWM */
typedef enum {
  PHAETON_PILOT_UNKNOWN = 0,
  PHAETON_PILOT_A,  /* no car */
  PHAETON_PILOT_B1, /* car, nothing offered */
  PHAETON_PILOT_B2, /* car, current offered, not asking for it */
  PHAETON_PILOT_C1, /* car asks, nothing offered */
  PHAETON_PILOT_C2, /* charging */
  PHAETON_PILOT_D1, /* as C1, with ventilation */
  PHAETON_PILOT_D2, /* as C2, with ventilation */
  PHAETON_PILOT_E,  /* no power on the pilot; some stations say this for A */
  PHAETON_PILOT_F,  /* the station is out of order */
} PhaetonPilot;

/* a fault that a charger reports; drivers map their own codes onto the nearest */
typedef enum {
  PHAETON_FAULT_NONE = 0,
  PHAETON_FAULT_OTHER, /* out of order, and no more is known */
  PHAETON_FAULT_GROUND,
  PHAETON_FAULT_WELDED_CONTACTS,
  PHAETON_FAULT_CP_SHORTED,
  PHAETON_FAULT_RESIDUAL_CURRENT,
  PHAETON_FAULT_UNDERVOLTAGE,
  PHAETON_FAULT_OVERVOLTAGE,
  PHAETON_FAULT_OVERHEATING,
} PhaetonFault;

static inline gboolean
phaeton_pilot_has_car (PhaetonPilot pilot)
{
  return pilot >= PHAETON_PILOT_B1 && pilot <= PHAETON_PILOT_D2;
}

static inline gboolean
phaeton_pilot_is_charging (PhaetonPilot pilot)
{
  return pilot == PHAETON_PILOT_C2 || pilot == PHAETON_PILOT_D2;
}

/* "A", "B1" ...; "" for unknown. The parser takes any case and padding. */
const char *phaeton_pilot_to_string (PhaetonPilot pilot);
PhaetonPilot phaeton_pilot_from_string (const char *text);

/* "manual", "auto", "scheduled" */
const char *phaeton_mode_to_string (PhaetonMode mode);

/* "welded contacts", for the middle of a sentence */
const char *phaeton_fault_to_string (PhaetonFault fault);

/* "Disconnected", "Waiting for sun" ...: English label, as the GX shows it */
const char *phaeton_status_to_string (PhaetonStatus status);

G_END_DECLS
