/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-site"
#include "config.h"

#include "phaeton-guard.h"

#include "phaeton-log.h"

void
phaeton_guard_init (PhaetonGuard *self)
{
  self->active = FALSE;
  self->power_w = PHAETON_GUARD_NONE_W;
  for (int i = 0; i < PHAETON_PHASES; i++)
    self->line_mA[i] = PHAETON_GUARD_NONE_mA;
}

static gboolean
apply_active (PhaetonGuard *self, gboolean active)
{
  if (self->active == active)
    return FALSE;
  self->active = active;
  phaeton_message ("", "Limit from outside: %s", active ? "in force" : "taken back");
  return TRUE;
}

gboolean
phaeton_guard_apply (PhaetonGuard *self, const PhaetonWrite *write)
{
  const PhaetonFieldId field = write->field->id;
  int *member;
  gboolean changed;

  if (field == PHAETON_FIELD_GUARD_ACTIVE)
    return apply_active (self, write->number != 0);
  member = field == PHAETON_FIELD_GUARD_POWER ? &self->power_w
                                              : &self->line_mA[field - PHAETON_FIELD_GUARD_LINE];
  changed = *member != (int) write->number;
  *member = (int) write->number;
  return changed;
}

void
phaeton_guard_fill_record (const PhaetonGuard *self, PhaetonSiteRecord *record)
{
  record->guard_active = self->active ? 1 : 0;
  phaeton_field_set_present (PHAETON_FIELD_GUARD_ACTIVE, record);
  record->guard_w = self->power_w;
  phaeton_field_set_present (PHAETON_FIELD_GUARD_POWER, record);
  for (int i = 0; i < PHAETON_PHASES; i++) {
    record->guard_line_mA[i] = self->line_mA[i];
    phaeton_field_set_present (PHAETON_FIELD_GUARD_LINE + i, record);
  }
}

/* negative: none */
static int
get_stricter (int a, int b)
{
  return a < 0 || b < 0 ? MAX (a, b) : MIN (a, b);
}

void
phaeton_guard_tighten_order (const PhaetonGuard *self, gint64 now_ms, PhaetonOrder *order)
{
  const gboolean ordered = order->active && now_ms < order->expires_ms;
  int line_mA = PHAETON_GUARD_NONE_mA;

  if (!self->active)
    return;
  for (int i = 0; i < PHAETON_PHASES; i++)
    line_mA = MIN (line_mA, self->line_mA[i]);
  line_mA = line_mA < PHAETON_GUARD_NONE_mA ? line_mA : -1;
  order->limit_w = get_stricter (ordered ? order->limit_w : -1,
                                 self->power_w < PHAETON_GUARD_NONE_W ? self->power_w : -1);
  order->limit_mA = get_stricter (ordered ? order->limit_mA : -1, line_mA);
  order->active = TRUE;
  order->expires_ms = G_MAXINT64;
}
