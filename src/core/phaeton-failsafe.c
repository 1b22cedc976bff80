/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-failsafe.h"
#include "phaeton-allocate.h"
#include "phaeton-load.h"
#include "phaeton-meter.h"

#include <string.h>

void
phaeton_failsafe_compute (const PhaetonConfig *config, const PhaetonSiteState *site, int *limits_mA)
{
  PhaetonClaim claims[PHAETON_MAX_CHARGERS];
  PhaetonRow rows[PHAETON_MAX_ROWS];
  guint n_rows = 0;

  for (guint i = 0; i < config->n_chargers; i++) {
    const PhaetonChargerConfig *charger = &config->chargers[i];

    claims[i] = (PhaetonClaim){
      .asks = charger->circuit > 0,
      .running = TRUE, /* no start to leave room for */
      .min_mA = MAX (PHAETON_MIN_OFFER_mA, charger->controls.min_set_mA),
      .max_mA = MIN (charger->controls.max_set_mA, charger->station_max_mA),
      .step_mA = 1000, /* every charger can do whole amperes */
      .klass = charger->priority,
      .weight = charger->weight,
    };
    claims[i].min_mA = (claims[i].min_mA + 999) / 1000 * 1000;
  }
  for (guint k = 0; k < config->n_circuits; k++)
    for (int f = 0; f < PHAETON_PHASES; f++) {
      PhaetonRow *row = &rows[n_rows++];

      row->capacity = (gint64) config->circuits[k].fuse_mA[f] -
                      phaeton_load_get_failsafe_base_mA (
                        &config->circuits[k], site != NULL ? &site->circuits[k].load : NULL, f);
      for (guint i = 0; i < config->n_chargers; i++) /* a car may use every phase */
        row->coefficient[i] =
          phaeton_circuit_is_below (config, config->chargers[i].circuit - 1, (int) k);
    }
  phaeton_allocate (claims, config->n_chargers, rows, n_rows);
  for (guint i = 0; i < config->n_chargers; i++)
    limits_mA[i] = config->chargers[i].circuit > 0 ? claims[i].given_mA : G_MAXINT;
}
