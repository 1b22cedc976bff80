/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-alfen"
#include "config.h"

#include "alfen-advice.h"

#define PROCESSING_MS 5000 /* the station may need it before it uses what it took */

gint64
alfen_reassert_ms (int validity_s)
{
  return validity_s <= 0 ? 0 : MAX ((gint64) validity_s * 1000 / 2, ALFEN_MIN_REASSERT_MS);
}

static gboolean
is_ignored (const PhaetonChargerSample *sample, const AlfenAdviceFacts *facts)
{
  const guint32 needed = PHAETON_SAMPLE_ACCOUNTED | PHAETON_SAMPLE_SETPOINT_VALID;

  return facts->written_ago_ms >= PROCESSING_MS && phaeton_sample_knows (sample, needed) &&
         sample->setpoint_valid_s > 0 && !sample->accounted;
}

guint32
alfen_advise (const PhaetonChargerSample *sample, const AlfenAdviceFacts *facts)
{
  const gint64 validity_ms = (gint64) facts->validity_s * 1000;
  guint32 advice = 0;

  if (is_ignored (sample, facts))
    advice |= ALFEN_ADVICE_NOT_ACCOUNTED;
  /* half of it must leave room for one poll and for our own fastest pace */
  if (validity_ms > 0 && validity_ms / 2 < MAX (facts->poll_interval_ms, ALFEN_MIN_REASSERT_MS))
    advice |= ALFEN_ADVICE_VALIDITY;
  if (phaeton_sample_knows (sample, PHAETON_SAMPLE_SAFE) && sample->safe_mA == 0)
    advice |= ALFEN_ADVICE_SAFE_ZERO;
  if (phaeton_sample_knows (sample, PHAETON_SAMPLE_SAFE | PHAETON_SAMPLE_STATION_MAX) &&
      sample->safe_mA > sample->station_max_mA)
    advice |= ALFEN_ADVICE_SAFE_HIGH;
  if (phaeton_sample_knows (sample, PHAETON_SAMPLE_SAFE) && sample->safe_mA > facts->failsafe_mA)
    advice |= ALFEN_ADVICE_SAFE_FUSE;
  return advice;
}

char *
alfen_advice_dup_text (AlfenAdvice advice, const PhaetonChargerSample *sample,
                       const AlfenAdviceFacts *facts)
{
  switch (advice) {
  case ALFEN_ADVICE_NOT_ACCOUNTED:
    return g_strdup_printf ("the station keeps our limit of %.1f A but does not use it: set active "
                            "load balancing to the energy management system, with sockets enabled",
                            sample->setpoint_mA / 1000.0);
  case ALFEN_ADVICE_VALIDITY:
    return g_strdup_printf ("limits are valid for %d s only, too short to repeat them in time at a "
                            "poll interval of %.1f s: set a longer validity time in the station",
                            facts->validity_s, (double) facts->poll_interval_ms / 1000.0);
  case ALFEN_ADVICE_SAFE_ZERO:
    return g_strdup ("the station's safe current is 0 A: cars stop when nobody sets a limit, and "
                     "the station may refuse limits");
  case ALFEN_ADVICE_SAFE_HIGH:
    return g_strdup_printf ("the station's safe current of %.1f A is above its maximum of %.1f A",
                            sample->safe_mA / 1000.0, sample->station_max_mA / 1000.0);
  case ALFEN_ADVICE_SAFE_FUSE:
    return g_strdup_printf ("the station's safe current of %.1f A is more than the %.1f A that its "
                            "circuit bears when nobody guards it: set a smaller one in the station",
                            sample->safe_mA / 1000.0, facts->failsafe_mA / 1000.0);
  }
  return g_strdup ("");
}
