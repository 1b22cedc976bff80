/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"

G_BEGIN_DECLS

typedef enum {
  PHAETON_CIRCUITS_OK,
  PHAETON_CIRCUITS_FUSE_TOO_SMALL,  /* circuits.ID.fuse-milliamps: less than 6 A */
  PHAETON_CIRCUITS_UNKNOWN_PARENT,  /* circuits.ID.parent */
  PHAETON_CIRCUITS_LOOP,            /* circuits.ID.parent: leads back to itself */
  PHAETON_CIRCUITS_BASE_TOO_LARGE,  /* circuits.ID.failsafe-base-milliamps: more than the fuse */
  PHAETON_CIRCUITS_UNKNOWN_CIRCUIT, /* chargers.ID.circuit */
  PHAETON_CIRCUITS_PHASE_MAP,       /* chargers.ID.phase-map: not three different phases */
} PhaetonCircuitsProblem;

/**
 * phaeton_circuits_check:
 * @index: (out): of the circuit, or of the charger for the last two problems
 *
 * What no site can run with; settings refuse it with the path of the key.
 */
PhaetonCircuitsProblem phaeton_circuits_check (const PhaetonConfig *config, guint *index);

G_END_DECLS
