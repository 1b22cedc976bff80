/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-sim-home.h"

G_BEGIN_DECLS

/**
 * PhaetonSimMemory:
 *
 * A home that lives in a file mapped into memory: what a real station keeps over a power cut
 * (counters, settings, the car at its cable) survives even SIGKILL, to the last watt-second. Only
 * the program that wrote the file can read it again.
 */
typedef struct _PhaetonSimMemory PhaetonSimMemory;

/* @is_fresh: (out): nothing usable was there; else the stations have booted anew.
 * Returns: NULL with an error: not a file of ours, or of another size */
PhaetonSimMemory *phaeton_sim_memory_open (const char *path, guint64 seed, gint64 wall_ms,
                                           guint n_stations, gboolean *is_fresh, GError **error);
void phaeton_sim_memory_free (PhaetonSimMemory *self);

PhaetonSimHome *phaeton_sim_memory_get_home (PhaetonSimMemory *self);

G_END_DECLS
