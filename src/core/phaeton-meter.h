/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"

G_BEGIN_DECLS

#define PHAETON_METER_STALE_MS 15000 /* then fail-safe */
#define PHAETON_METER_LATE_MS 5000   /* then no raise */

/* a car may take 5 s to follow (IEC 61851-1): a sample sooner after a raise does not show it */
#define PHAETON_METER_SETTLE_MS 5000

/* seconds after which a fuse has warmed to two thirds */
#define PHAETON_FUSE_TAU_MS 60000

/* whether @circuit or one above it is @above; survives a loop */
gboolean phaeton_circuit_is_below (const PhaetonConfig *config, int circuit, int above);

/* what the phase may carry: the fuse, or what the system allows at its input if that is less */
int phaeton_circuit_get_fuse_mA (const PhaetonConfig *config, const PhaetonInput *input, guint k,
                                 int phase);

/**
 * phaeton_meter_step:
 * @next: (inout): circuits
 *
 * Takes one sample of each meter: refuses what cannot be true, keeps the load without the cars, and
 * warms the fuse.
 */
void phaeton_meter_step (const PhaetonConfig *config, const PhaetonInput *input,
                         const PhaetonState *before, PhaetonState *next);

gboolean phaeton_meter_is_stale (const PhaetonCircuitState *state, gint64 now_ms);

/* the largest of the last samples, never less than nothing */
int phaeton_meter_get_base_mA (const PhaetonCircuitState *state, int phase);

G_END_DECLS
