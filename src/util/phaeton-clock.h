/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define PHAETON_TYPE_CLOCK (phaeton_clock_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonClock, phaeton_clock, PHAETON, CLOCK, GObject)

/**
 * phaeton_clock_new_real:
 *
 * The clock of the machine. In test builds (-Dtest_hooks=true) the environment may speed it up:
 * PHAETON_CLOCK_RATE (1 to 100000) and PHAETON_CLOCK_ORIGIN ("monotonic-us:wall-s", the instant
 * at which the rate began), so that the daemon and the simulated home share one time.
 * Protocol time-outs are never sped up: they belong to the wire.
 */
PhaetonClock *phaeton_clock_new_real (void);

/* stands still until phaeton_clock_advance(); for unit tests */
PhaetonClock *phaeton_clock_new_virtual (gint64 wall_at);

/* control uses this one only: never jumps, starts anywhere above zero */
gint64 phaeton_clock_get_monotonic_ms (PhaetonClock *self);

/* for people, prices and schedules: seconds, microseconds since 1970 in UTC; may jump */
gint64 phaeton_clock_get_wall_at (PhaetonClock *self);
gint64 phaeton_clock_get_wall_us (PhaetonClock *self);

/* wall time of the machine for log lines, from any thread, without a clock at hand */
gint64 phaeton_clock_stamp_us (void);

/* the machine's monotonic time, never sped up, from any thread: for time-outs of a wire only */
gint64 phaeton_clock_get_machine_us (void);

/* CPU time of the calling thread, for measuring ourselves */
gint64 phaeton_clock_cpu_us (void);

/* how many seconds of this clock pass in one of the machine's */
double phaeton_clock_get_rate (PhaetonClock *self);

/**
 * phaeton_clock_add_timer:
 * @interval_ms: at least 1, in this clock's time
 * @function: answers %G_SOURCE_CONTINUE to be called again, one @interval_ms after the time at
 *   which it was due; ticks that were missed are skipped, not made up in a burst
 *
 * Runs in the thread-default main context of the caller.
 *
 * Returns: an id for phaeton_clock_remove_timer(), never 0
 */
guint phaeton_clock_add_timer (PhaetonClock *self, gint64 interval_ms, GSourceFunc function,
                               gpointer user_data);
void phaeton_clock_remove_timer (PhaetonClock *self, guint id);

/* virtual clocks only: runs every timer that falls due on the way, in order */
void phaeton_clock_advance (PhaetonClock *self, gint64 interval_ms);

/* virtual clocks only: what NTP does to a GX that started in 1970 */
void phaeton_clock_set_wall (PhaetonClock *self, gint64 wall_at);

G_END_DECLS
