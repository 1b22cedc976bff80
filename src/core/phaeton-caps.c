/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-caps.h"

static int
get_station_max_mA (const PhaetonChargerConfig *config, const PhaetonChargerInput *input)
{
  const int station_mA = phaeton_sample_knows (&input->sample, PHAETON_SAMPLE_STATION_MAX)
                           ? input->sample.station_max_mA
                           : config->station_max_mA;

  return MAX (input->can.max_mA > 0 ? MIN (station_mA, input->can.max_mA) : station_mA, 0);
}

int
phaeton_caps_get_min_mA (const PhaetonChargerConfig *config, const PhaetonCapabilities *can)
{
  return MAX (PHAETON_MIN_OFFER_mA, MAX (config->controls.min_set_mA, can->min_mA));
}

int
phaeton_caps_get_max_mA (const PhaetonChargerConfig *config, const PhaetonChargerInput *input)
{
  return MAX (MIN (get_station_max_mA (config, input), config->controls.max_set_mA), 0);
}

static int
cap (PhaetonChain *chain, PhaetonWhyCode code, int limit_mA, int max_mA)
{
  if (limit_mA <= max_mA)
    return limit_mA;
  phaeton_chain_add (chain, PHAETON_STAGE_CAPS, code, max_mA, max_mA, 0, 0);
  return max_mA;
}

int
phaeton_caps_step (const PhaetonChargerConfig *config, const PhaetonChargerInput *input,
                   int limit_mA, PhaetonChain *chain)
{
  limit_mA = cap (chain, PHAETON_WHY_STATION_MAX, limit_mA, get_station_max_mA (config, input));
  return cap (chain, PHAETON_WHY_MAX_SET, limit_mA, MAX (config->controls.max_set_mA, 0));
}

int
phaeton_quantise_step (const PhaetonChargerConfig *config, const PhaetonCapabilities *can,
                       int limit_mA, PhaetonChain *chain)
{
  const int min_mA = phaeton_caps_get_min_mA (config, can);
  const int rest_mA = can->step_mA > 0 ? limit_mA % can->step_mA : 0;

  if (rest_mA > 0) {
    limit_mA -= rest_mA;
    phaeton_chain_add (chain, PHAETON_STAGE_QUANTISE, PHAETON_WHY_STEP, limit_mA, can->step_mA, 0,
                       0);
  }
  if (limit_mA > 0 && limit_mA < min_mA) {
    phaeton_chain_add (chain, PHAETON_STAGE_QUANTISE, PHAETON_WHY_BELOW_MIN, 0, limit_mA, min_mA,
                       0);
    limit_mA = 0;
  }
  return limit_mA;
}
