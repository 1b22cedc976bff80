/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-histogram.h"

void
phaeton_histogram_add (PhaetonHistogram *self, const PhaetonHistogramBounds *bounds, gint64 took_us)
{
  guint i = 0;

  while (i < PHAETON_HISTOGRAM_BOUNDS && (double) took_us > bounds->ms[i] * 1000.0)
    i++;
  self->counts[i]++;
  self->sum_us += took_us;
}
