/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-decision.h"

G_BEGIN_DECLS

/* takes @power_w unless a newer one is there; of the same time the last counts */
void phaeton_ring_push (PhaetonRing *ring, gint64 at_ms, int power_w);

guint phaeton_ring_count (const PhaetonRing *ring);

/* @age 0: the newest; below phaeton_ring_count() */
void phaeton_ring_get (const PhaetonRing *ring, guint age, gint64 *at_ms, int *power_w);

/* power at the time nearest to @at_ms; 0 for an empty ring */
int phaeton_ring_find (const PhaetonRing *ring, gint64 at_ms);

G_END_DECLS
