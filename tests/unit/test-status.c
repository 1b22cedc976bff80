/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-status.h"

#define MANUAL PHAETON_MODE_MANUAL
#define AUTO PHAETON_MODE_AUTO
#define SCHEDULED PHAETON_MODE_SCHEDULED

typedef struct {
  const char *name;
  PhaetonStatusInput input;
  PhaetonStatus status;
} Line;

/* fault, pilot, car, finished, enabled, mode, switching to, limit */
static const Line lines[] = {
  { "no-car", { 0, PHAETON_PILOT_A, 0, 0, 1, MANUAL, 0, 16000 }, 0 },
  { "no-car-stopped", { 0, PHAETON_PILOT_A, 0, 0, 0, AUTO, 0, 0 }, 0 },
  { "no-car-switching", { 0, PHAETON_PILOT_A, 0, 0, 1, MANUAL, 3, 0 }, 0 },
  { "idle-station-says-e", { 0, PHAETON_PILOT_E, 0, 0, 1, MANUAL, 0, 16000 }, 0 },
  { "unknown-pilot-without-car", { 0, PHAETON_PILOT_UNKNOWN, 0, 0, 1, MANUAL, 0, 16000 }, 0 },
  { "unknown-pilot-with-car", { 0, PHAETON_PILOT_UNKNOWN, 1, 0, 1, MANUAL, 0, 16000 }, 1 },
  { "connected-b1", { 0, PHAETON_PILOT_B1, 1, 0, 1, MANUAL, 0, 16000 }, 1 },
  { "connected-c1", { 0, PHAETON_PILOT_C1, 1, 0, 1, MANUAL, 0, 16000 }, 1 },
  { "connected-no-current", { 0, PHAETON_PILOT_B1, 1, 0, 1, MANUAL, 0, 0 }, 1 },
  { "charging", { 0, PHAETON_PILOT_C2, 1, 0, 1, MANUAL, 0, 16000 }, 2 },
  { "charging-ventilated", { 0, PHAETON_PILOT_D2, 1, 0, 1, AUTO, 0, 16000 }, 2 },
  { "charged", { 0, PHAETON_PILOT_B2, 1, 1, 1, MANUAL, 0, 16000 }, 3 },
  { "charged-but-nothing-offered", { 0, PHAETON_PILOT_B1, 1, 1, 1, MANUAL, 0, 0 }, 1 },
  { "wait-sun", { 0, PHAETON_PILOT_B1, 1, 0, 1, AUTO, 0, 0 }, 4 },
  { "stopped", { 0, PHAETON_PILOT_B1, 1, 0, 0, MANUAL, 0, 0 }, 6 },
  { "stopped-in-auto", { 0, PHAETON_PILOT_C2, 1, 0, 0, AUTO, 0, 0 }, 6 },
  { "schedule-inactive", { 0, PHAETON_PILOT_B1, 1, 0, 1, SCHEDULED, 0, 0 }, 6 },
  { "schedule-charging", { 0, PHAETON_PILOT_C2, 1, 0, 1, SCHEDULED, 0, 16000 }, 2 },
  { "to-three-phases", { 0, PHAETON_PILOT_B1, 1, 0, 1, MANUAL, 3, 0 }, 22 },
  { "to-one-phase", { 0, PHAETON_PILOT_B1, 1, 0, 1, AUTO, 1, 0 }, 23 },
  { "fix-21-pilot-f", { 0, PHAETON_PILOT_F, 1, 0, 1, MANUAL, 0, 16000 }, 10 },
  { "fix-21-pilot-f-without-car", { 0, PHAETON_PILOT_F, 0, 0, 1, MANUAL, 0, 16000 }, 10 },
  { "fault-other", { PHAETON_FAULT_OTHER, PHAETON_PILOT_A, 0, 0, 1, MANUAL, 0, 16000 }, 10 },
  { "fault-ground", { PHAETON_FAULT_GROUND, PHAETON_PILOT_F, 1, 0, 0, AUTO, 3, 0 }, 8 },
  { "fault-welded", { PHAETON_FAULT_WELDED_CONTACTS, PHAETON_PILOT_A, 0, 0, 1, 0, 0, 0 }, 9 },
  { "fault-cp", { PHAETON_FAULT_CP_SHORTED, PHAETON_PILOT_E, 1, 0, 1, 0, 0, 0 }, 10 },
  { "fault-residual", { PHAETON_FAULT_RESIDUAL_CURRENT, PHAETON_PILOT_F, 1, 0, 1, 0, 0, 0 }, 11 },
  { "fault-undervoltage", { PHAETON_FAULT_UNDERVOLTAGE, PHAETON_PILOT_B1, 1, 0, 1, 0, 0, 0 }, 12 },
  { "fault-overvoltage", { PHAETON_FAULT_OVERVOLTAGE, PHAETON_PILOT_B1, 1, 0, 1, 0, 0, 0 }, 13 },
  { "fault-overheating", { PHAETON_FAULT_OVERHEATING, PHAETON_PILOT_C2, 1, 0, 1, 0, 0, 0 }, 14 },
};

static void
test_line (gconstpointer data)
{
  const Line *line = data;

  g_assert_cmpint (phaeton_status_derive (&line->input), ==, line->status);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autofree char *path = g_strdup_printf ("/status/%s", lines[i].name);

    g_test_add_data_func (path, &lines[i], test_line);
  }
  return g_test_run ();
}
