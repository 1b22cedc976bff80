/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-site"
#include "config.h"

#include "phaeton-load-note.h"

#include "phaeton-log.h"

void
phaeton_load_note (const PhaetonConfig *config, const PhaetonSiteState *before,
                   const PhaetonSiteState *now)
{
  for (guint k = 0; k < config->n_circuits; k++)
    for (int f = 0; f < PHAETON_PHASES; f++) {
      const PhaetonCircuitConfig *circuit = &config->circuits[k];
      const int said_mA = circuit->failsafe_base_mA[f];
      const int seen_mA = now->circuits[k].load.expected_mA[f];

      if (seen_mA > said_mA && seen_mA > before->circuits[k].load.expected_mA[f])
        phaeton_warning ("",
                         "Other loads on L%d of circuit %s reach %.1f A, the settings expect "
                         "%.1f A (failsafe_base_milliamps): the larger one counts while its "
                         "meter is silent",
                         f + 1, circuit->id, seen_mA / 1000.0, said_mA / 1000.0);
    }
}
