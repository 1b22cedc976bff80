/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-circuit-check.h"

static PhaetonCircuitsProblem
check_circuit (const PhaetonConfig *config, guint k)
{
  const PhaetonCircuitConfig *circuit = &config->circuits[k];
  int parent = circuit->parent;

  for (int f = 0; f < PHAETON_PHASES; f++) {
    if (circuit->fuse_mA[f] < PHAETON_MIN_OFFER_mA)
      return PHAETON_CIRCUITS_FUSE_TOO_SMALL;
    if (circuit->failsafe_base_mA[f] < 0 || circuit->failsafe_base_mA[f] > circuit->fuse_mA[f])
      return PHAETON_CIRCUITS_BASE_TOO_LARGE;
  }
  for (guint i = 0; parent != 0; i++) {
    if (parent < 0 || parent > (int) config->n_circuits)
      return PHAETON_CIRCUITS_UNKNOWN_PARENT;
    if (i >= config->n_circuits)
      return PHAETON_CIRCUITS_LOOP;
    parent = config->circuits[parent - 1].parent;
  }
  return PHAETON_CIRCUITS_OK;
}

PhaetonCircuitsProblem
phaeton_circuits_check (const PhaetonConfig *config, guint *index)
{
  for (*index = 0; *index < config->n_circuits; (*index)++) {
    const PhaetonCircuitsProblem problem = check_circuit (config, *index);

    if (problem != PHAETON_CIRCUITS_OK)
      return problem;
  }
  for (*index = 0; *index < config->n_chargers; (*index)++) {
    const PhaetonChargerConfig *charger = &config->chargers[*index];
    int seen = 0;

    if (charger->circuit < 0 || charger->circuit > (int) config->n_circuits)
      return PHAETON_CIRCUITS_UNKNOWN_CIRCUIT;
    for (int i = 0; i < PHAETON_PHASES; i++)
      seen |= charger->phase_map[i] < PHAETON_PHASES ? 1 << charger->phase_map[i] : 0;
    if (seen != 7)
      return PHAETON_CIRCUITS_PHASE_MAP;
  }
  return PHAETON_CIRCUITS_OK;
}
