/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"

G_BEGIN_DECLS

/**
 * PhaetonSimAncestor:
 *
 * How the older drivers followed the sun, for comparison only: PV minus consumption, smoothed; less
 * than the minimum stops after a grace; a phase rule whose two bands overlap. One charger.
 */
typedef struct {
  double smoothed_w;
  double written_a; /* last */
  gint64 written_ms;
  gint64 grace_since_ms; /* 0: no */
  gint64 switched_ms;    /* 0: never */
  gint64 settled_ms;     /* not before then is there current again */
} PhaetonSimAncestor;

/* one poll; @phases: (out): 0, or 1 or 3: switch now. Returns: the set-point in mA */
int phaeton_sim_ancestor_step (PhaetonSimAncestor *self, const PhaetonChargerConfig *config,
                               const PhaetonHomeSample *home, const PhaetonChargerInput *charger,
                               gint64 now_ms, int *phases);

G_END_DECLS
