/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Chance that depends on a seed and on time alone, never on how time is cut into steps: two
 * strategies that are compared live under the same clouds and beside the same kettle. A channel
 * keeps two uses of one seed apart. */

guint64 phaeton_sim_hash (guint64 seed, guint64 channel, gint64 index);

/* 0 to below 1 */
double phaeton_sim_uniform (guint64 seed, guint64 channel, gint64 index);

/* -1 to 1, continuous in @at_ms, a new value each @period_ms */
double phaeton_sim_noise (guint64 seed, guint64 channel, gint64 at_ms, gint64 period_ms);

/* division that rounds down for negative numbers too */
static inline gint64
phaeton_sim_floor_div (gint64 value, gint64 by)
{
  return value / by - (value % by < 0);
}

G_END_DECLS
