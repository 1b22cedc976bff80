/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-sample.h"

G_BEGIN_DECLS

/* older than this a value of the house is not known any more */
#define PHAETON_HOME_STALE_MS 15000

/* the house's values still come, but none has changed for so long: its meter may hang */
#define PHAETON_HOME_FROZEN_MS 30000

/* ten megawatts: a home's meter that says more is broken */
#define PHAETON_HOME_SANE_W 10000000

static inline gboolean
phaeton_reading_get (const PhaetonReading *reading, gint64 now_ms, int *value)
{
  *value = reading->value;
  return reading->known && now_ms - reading->at_ms <= PHAETON_HOME_STALE_MS;
}

/* power, none where it is not known */
static inline int
phaeton_reading_get_or_0_w (const PhaetonReading *reading, gint64 now_ms)
{
  int value_w;

  return phaeton_reading_get (reading, now_ms, &value_w)
           ? CLAMP (value_w, -PHAETON_HOME_SANE_W, PHAETON_HOME_SANE_W)
           : 0;
}

/* a flag that must be known to be true */
static inline gboolean
phaeton_reading_is_set (const PhaetonReading *reading, gint64 now_ms)
{
  int value;

  return phaeton_reading_get (reading, now_ms, &value) && value != 0;
}

static inline gboolean
phaeton_reading_get_double (const PhaetonReadingD *reading, gint64 now_ms, double *value)
{
  *value = reading->value;
  return reading->known && now_ms - reading->at_ms <= PHAETON_HOME_STALE_MS &&
         reading->value > -1e9 && reading->value < 1e9;
}

G_END_DECLS
