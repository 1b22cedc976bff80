/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-decision.h"
#include "phaeton-fields.h"

G_BEGIN_DECLS

/* A limit from outside on what all chargers draw together, as an operator of the grid may ask for
 * through the energy system. In force until it is taken back; not kept over a restart, whoever
 * limits has to repeat it then. */
typedef struct {
  gboolean active;
  int power_w; /* PHAETON_GUARD_NONE_W: none */
  int line_mA[PHAETON_PHASES];
} PhaetonGuard;

/* limits nothing */
void phaeton_guard_init (PhaetonGuard *self);

/* Returns: whether anything changed */
gboolean phaeton_guard_apply (PhaetonGuard *self, const PhaetonWrite *write);

void phaeton_guard_fill_record (const PhaetonGuard *self, PhaetonSiteRecord *record);

/* the stricter of both holds, and the strictest of the phases for each of them */
void phaeton_guard_tighten_order (const PhaetonGuard *self, gint64 now_ms, PhaetonOrder *order);

G_END_DECLS
