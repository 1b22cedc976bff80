/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#include "phaeton-histogram.h"

G_BEGIN_DECLS

/* How long the main loop was busy between two polls: the time in which nothing else could run. */

typedef struct {
  guint64 wakes;
  PhaetonHistogram busy;          /* CPU time of the thread */
  gint64 wall_us;                 /* sum */
  gint64 max_cpu_us, max_wall_us; /* since the last reset */
} PhaetonLoopStats;

extern const PhaetonHistogramBounds phaeton_loop_bounds;

/* measures the default main context from now on; main thread, once, before the loop runs */
void phaeton_loop_monitor_install (void);
void phaeton_loop_monitor_get (PhaetonLoopStats *stats);
void phaeton_loop_monitor_reset_max (void);

/* since it last polled the loop was busy for so long that whoever finds more to do than one thing
 * leaves the rest until it polled again: timers and other sources have waited */
gboolean phaeton_loop_monitor_is_turn_over (void);

G_END_DECLS
