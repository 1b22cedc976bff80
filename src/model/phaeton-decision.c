/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-decision.h"

gsize
phaeton_state_size (guint n_chargers)
{
  return sizeof (PhaetonState) + n_chargers * sizeof (PhaetonChargerState);
}

gsize
phaeton_decision_size (guint n_chargers)
{
  return sizeof (PhaetonDecision) + n_chargers * sizeof (PhaetonChargerDecision);
}

PhaetonState *
phaeton_state_new (guint n_chargers)
{
  PhaetonState *state = g_malloc0 (phaeton_state_size (n_chargers));

  state->n_chargers = n_chargers;
  return state;
}

PhaetonDecision *
phaeton_decision_new (guint n_chargers)
{
  PhaetonDecision *decision = g_malloc0 (phaeton_decision_size (n_chargers));

  decision->n_chargers = n_chargers;
  return decision;
}

gboolean
phaeton_state_has_session (const PhaetonState *self)
{
  for (guint i = 0; i < self->n_chargers; i++)
    if (self->chargers[i].session.running)
      return TRUE;
  return FALSE;
}
