/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How often something took how long. */

#define PHAETON_HISTOGRAM_BOUNDS 8

typedef struct {
  double ms[PHAETON_HISTOGRAM_BOUNDS]; /* upper bounds, each above the one before */
} PhaetonHistogramBounds;

typedef struct {
  guint64 counts[PHAETON_HISTOGRAM_BOUNDS + 1]; /* of each bound alone; last: above all of them */
  gint64 sum_us;
} PhaetonHistogram;

void phaeton_histogram_add (PhaetonHistogram *self, const PhaetonHistogramBounds *bounds,
                            gint64 took_us);

G_END_DECLS
