/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-types.h"

#include <string.h>

static const char *const pilot_names[] = {
  [PHAETON_PILOT_UNKNOWN] = "", [PHAETON_PILOT_A] = "A",   [PHAETON_PILOT_B1] = "B1",
  [PHAETON_PILOT_B2] = "B2",    [PHAETON_PILOT_C1] = "C1", [PHAETON_PILOT_C2] = "C2",
  [PHAETON_PILOT_D1] = "D1",    [PHAETON_PILOT_D2] = "D2", [PHAETON_PILOT_E] = "E",
  [PHAETON_PILOT_F] = "F",
};

const char *
phaeton_pilot_to_string (PhaetonPilot pilot)
{
  return (guint) pilot < G_N_ELEMENTS (pilot_names) ? pilot_names[pilot] : "";
}

PhaetonPilot
phaeton_pilot_from_string (const char *text)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (text));

  for (guint i = PHAETON_PILOT_A; i < G_N_ELEMENTS (pilot_names); i++)
    if (g_ascii_strcasecmp (trimmed, pilot_names[i]) == 0)
      return (PhaetonPilot) i;
  return PHAETON_PILOT_UNKNOWN;
}

const char *
phaeton_mode_to_string (PhaetonMode mode)
{
  static const char *const names[] = { "manual", "auto", "scheduled" };

  return (guint) mode < G_N_ELEMENTS (names) ? names[mode] : "unknown";
}

const char *
phaeton_fault_to_string (PhaetonFault fault)
{
  static const char *const names[] = {
    [PHAETON_FAULT_NONE] = "none",
    [PHAETON_FAULT_OTHER] = "unknown",
    [PHAETON_FAULT_GROUND] = "protective earth missing",
    [PHAETON_FAULT_WELDED_CONTACTS] = "welded contacts",
    [PHAETON_FAULT_CP_SHORTED] = "control pilot shorted",
    [PHAETON_FAULT_RESIDUAL_CURRENT] = "residual current",
    [PHAETON_FAULT_UNDERVOLTAGE] = "undervoltage",
    [PHAETON_FAULT_OVERVOLTAGE] = "overvoltage",
    [PHAETON_FAULT_OVERHEATING] = "overheating",
  };

  return (guint) fault < G_N_ELEMENTS (names) ? names[fault] : "unknown";
}

const char *
phaeton_status_to_string (PhaetonStatus status)
{
  switch (status) {
  case PHAETON_STATUS_DISCONNECTED:
    return "Disconnected";
  case PHAETON_STATUS_CONNECTED:
    return "Connected";
  case PHAETON_STATUS_CHARGING:
    return "Charging";
  case PHAETON_STATUS_CHARGED:
    return "Charged";
  case PHAETON_STATUS_WAIT_SUN:
    return "Waiting for sun";
  case PHAETON_STATUS_WAIT_RFID:
    return "Waiting for RFID";
  case PHAETON_STATUS_WAIT_START:
    return "Waiting for start";
  case PHAETON_STATUS_LOW_SOC:
    return "Low SOC";
  case PHAETON_STATUS_GROUND_ERROR:
    return "Ground test error";
  case PHAETON_STATUS_WELDED_CONTACTS:
    return "Welded contacts";
  case PHAETON_STATUS_CP_SHORTED:
    return "Charger fault"; /* the system shows a short of the pilot, see phaeton-status.c */
  case PHAETON_STATUS_RESIDUAL_CURRENT:
    return "Residual current detected";
  case PHAETON_STATUS_UNDERVOLTAGE:
    return "Undervoltage detected";
  case PHAETON_STATUS_OVERVOLTAGE:
    return "Overvoltage detected";
  case PHAETON_STATUS_OVERHEATING:
    return "Overheating detected";
  case PHAETON_STATUS_CHARGING_LIMIT:
    return "Charging limit";
  case PHAETON_STATUS_START_CHARGING:
    return "Start charging";
  case PHAETON_STATUS_SWITCH_TO_3P:
    return "Switching to 3 phases";
  case PHAETON_STATUS_SWITCH_TO_1P:
    return "Switching to 1 phase";
  case PHAETON_STATUS_STOP_CHARGING:
    return "Stop charging";
  }
  return "Unknown";
}
