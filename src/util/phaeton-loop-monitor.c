/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-loop-monitor.h"

#include "phaeton-clock.h"

#define TURN_US 3000 /* what began before its end has the rest of the 5 ms */

const PhaetonHistogramBounds phaeton_loop_bounds = { { 0.1, 0.25, 0.5, 1, 2.5, 5, 25, 100 } };

static PhaetonLoopStats stats; /* main thread only */
static GPollFunc next_poll;
static gint64 busy_since_cpu_us, busy_since_wall_us;

static void
account_busy (void)
{
  const gint64 cpu_us = phaeton_clock_cpu_us () - busy_since_cpu_us;
  const gint64 wall_us = phaeton_clock_get_machine_us () - busy_since_wall_us;

  phaeton_histogram_add (&stats.busy, &phaeton_loop_bounds, cpu_us);
  stats.wakes++;
  stats.wall_us += wall_us;
  stats.max_cpu_us = MAX (stats.max_cpu_us, cpu_us);
  stats.max_wall_us = MAX (stats.max_wall_us, wall_us);
}

static int
monitored_poll (GPollFD *fds, guint n_fds, int timeout_ms)
{
  int result;

  if (busy_since_wall_us != 0)
    account_busy ();
  result = next_poll (fds, n_fds, timeout_ms);
  busy_since_cpu_us = phaeton_clock_cpu_us ();
  busy_since_wall_us = phaeton_clock_get_machine_us ();
  return result;
}

void
phaeton_loop_monitor_install (void)
{
  GMainContext *context = g_main_context_default ();

  g_return_if_fail (next_poll == NULL);

  next_poll = g_main_context_get_poll_func (context);
  g_main_context_set_poll_func (context, monitored_poll);
}

void
phaeton_loop_monitor_get (PhaetonLoopStats *copy)
{
  *copy = stats;
}

void
phaeton_loop_monitor_reset_max (void)
{
  stats.max_cpu_us = 0;
  stats.max_wall_us = 0;
}

gboolean
phaeton_loop_monitor_is_turn_over (void)
{
  return busy_since_wall_us != 0 && phaeton_clock_cpu_us () - busy_since_cpu_us > TURN_US;
}
