/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "phaeton-clock.h"
#include "phaeton-config.h"
#include "phaeton-sample.h"

G_BEGIN_DECLS

/**
 * PhaetonProbe:
 *
 * What came of asking a charger once, with settings that are not in force: who it is and what it
 * measures, or why not.
 */
typedef struct {
  gboolean answers;
  char *error;      /* (nullable): why it does not */
  char *connection; /* for people */
  int took_ms;
  char *manufacturer, *model, *serial, *firmware; /* (nullable) */
  PhaetonCapabilities can;
  PhaetonChargerSample sample;
} PhaetonProbe;

void phaeton_probe_free (PhaetonProbe *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonProbe, phaeton_probe_free)

/**
 * phaeton_probe_async:
 * @config: copied as far as the driver needs it
 *
 * Only reads, over the connection of a charger that runs at the same station if there is one. Ends
 * with the first answer or the first failure, after ten seconds at the latest.
 */
void phaeton_probe_async (const PhaetonChargerConfig *config, PhaetonClock *clock,
                          GCancellable *cancellable, GAsyncReadyCallback callback,
                          gpointer user_data);

/* Returns: (transfer full): %NULL when cancelled, or with PHAETON_ERROR_CONFIG: no such driver */
PhaetonProbe *phaeton_probe_finish (GAsyncResult *result, GError **error);

G_END_DECLS
