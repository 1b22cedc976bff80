/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-clock.h"
#include "phaeton-sim-memory.h"

G_BEGIN_DECLS

typedef struct _PhaetonSimServer PhaetonSimServer;
typedef struct _PhaetonSimVictron PhaetonSimVictron;

/* the plant and everything that shows it to the outside; main thread only */
typedef struct {
  PhaetonClock *clock;        /* (owned) */
  PhaetonSimHome *home;       /* (owned): by memory, if that is there */
  PhaetonSimMemory *memory;   /* (owned) (nullable) */
  gboolean is_fresh;          /* the home was not taken from a file */
  gint64 stepped_ms;          /* of the clock: how far the plant has come */
  PhaetonSimServer **servers; /* (owned) (array): one a station */
  PhaetonSimVictron *victron; /* (owned) (nullable) */
} PhaetonSimWorld;

/* @memory_path: (nullable): file that keeps the home over restarts */
PhaetonSimWorld *phaeton_sim_world_new (guint64 seed, guint n_stations, const char *memory_path,
                                        GError **error);
void phaeton_sim_world_free (PhaetonSimWorld *self);

/* steps the plant to now; whoever reads or writes it calls this first */
void phaeton_sim_world_catch_up (PhaetonSimWorld *self);

G_END_DECLS
