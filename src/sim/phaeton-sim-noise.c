/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-sim-noise.h"

/* finaliser of SplitMix64: every bit of the input changes half of the output */
static guint64
mix (guint64 x)
{
  x ^= x >> 30;
  x *= G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  x ^= x >> 27;
  x *= G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return x ^ (x >> 31);
}

guint64
phaeton_sim_hash (guint64 seed, guint64 channel, gint64 index)
{
  const guint64 golden = G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  return mix (mix (mix (seed + golden) + channel * golden) + (guint64) index * golden);
}

double
phaeton_sim_uniform (guint64 seed, guint64 channel, gint64 index)
{
  return (double) (phaeton_sim_hash (seed, channel, index) >> 11) * 0x1.0p-53;
}

double
phaeton_sim_noise (guint64 seed, guint64 channel, gint64 at_ms, gint64 period_ms)
{
  const gint64 index = phaeton_sim_floor_div (at_ms, period_ms);
  const double part = (double) (at_ms - index * period_ms) / (double) period_ms;
  const double smooth = part * part * (3.0 - 2.0 * part);
  const double from = phaeton_sim_uniform (seed, channel, index);
  const double to = phaeton_sim_uniform (seed, channel, index + 1);

  return 2.0 * (from + (to - from) * smooth) - 1.0;
}
