/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-ramp.h"

int
phaeton_ramp_step (int limit_mA, int before_mA, int min_mA, int step_mA, gint64 now_ms,
                   gint64 *raised_ms, PhaetonChain *chain)
{
  const gboolean waited = *raised_ms == 0 || now_ms - *raised_ms >= PHAETON_RAMP_MS;
  int allowed_mA = before_mA;

  if (limit_mA <= before_mA)
    return limit_mA;
  if (before_mA < min_mA)
    allowed_mA = min_mA; /* a start waits for nothing: what paused it has its own hysteresis */
  else if (waited)
    allowed_mA = before_mA + MAX (PHAETON_RAMP_mA, step_mA);
  if (step_mA > 0)
    allowed_mA = (before_mA < min_mA ? (allowed_mA + step_mA - 1) : allowed_mA) / step_mA * step_mA;
  if (allowed_mA < limit_mA) {
    phaeton_chain_add (chain, PHAETON_STAGE_RAMP, PHAETON_WHY_RAMP, allowed_mA, limit_mA, 0, 0);
    limit_mA = allowed_mA;
  }
  if (limit_mA > before_mA)
    *raised_ms = MAX (now_ms, 1);
  return limit_mA;
}
