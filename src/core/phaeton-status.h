/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-decision.h"

G_BEGIN_DECLS

/* what the status follows from, and nothing else */
typedef struct {
  PhaetonFault fault;
  PhaetonPilot pilot; /* UNKNOWN when not known */
  gboolean car;       /* as believed; decides where the pilot says nothing */
  gboolean car_finished;
  gboolean enabled;
  PhaetonMode mode;
  int switching_to; /* 1 or 3 while a phase switch runs, else 0 */
  int limit_mA;
  gboolean kept_out; /* a fuse or an order leaves no room */
  gboolean low_soc;  /* of the home battery: stops every mode but Manual */
} PhaetonStatusInput;

/* pure table: see docs/decisions.md; first match wins */
PhaetonStatus phaeton_status_derive (const PhaetonStatusInput *input);

G_END_DECLS
