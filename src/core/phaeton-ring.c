/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-ring.h"

guint
phaeton_ring_count (const PhaetonRing *ring)
{
  return MIN (ring->n, PHAETON_RING);
}

void
phaeton_ring_get (const PhaetonRing *ring, guint age, gint64 *at_ms, int *power_w)
{
  const guint i = (ring->n - 1 - age) % PHAETON_RING;

  *at_ms = ring->samples[i].at_ms;
  *power_w = ring->samples[i].power_w;
}

void
phaeton_ring_push (PhaetonRing *ring, gint64 at_ms, int power_w)
{
  if (ring->n > 0) {
    const guint newest = (ring->n - 1) % PHAETON_RING;

    if (at_ms == ring->samples[newest].at_ms)
      ring->samples[newest].power_w = power_w;
    if (at_ms <= ring->samples[newest].at_ms)
      return;
  }
  ring->samples[ring->n % PHAETON_RING].at_ms = at_ms;
  ring->samples[ring->n % PHAETON_RING].power_w = power_w;
  ring->n = ring->n + 1 < 2 * PHAETON_RING ? ring->n + 1 : PHAETON_RING; /* same place, bounded */
}

int
phaeton_ring_find (const PhaetonRing *ring, gint64 at_ms)
{
  gint64 best_ms = G_MAXINT64;
  int best_w = 0;

  for (guint age = 0; age < phaeton_ring_count (ring); age++) {
    gint64 sample_ms;
    int power_w;

    phaeton_ring_get (ring, age, &sample_ms, &power_w);
    if (ABS (sample_ms - at_ms) < best_ms) {
      best_ms = ABS (sample_ms - at_ms);
      best_w = power_w;
    }
  }
  return best_w;
}
