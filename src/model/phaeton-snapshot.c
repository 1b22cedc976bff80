/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-snapshot.h"

PhaetonSnapshot *
phaeton_snapshot_new (guint n_chargers)
{
  PhaetonSnapshot *self =
    g_malloc0 (sizeof (PhaetonSnapshot) + n_chargers * sizeof (PhaetonChargerRecord));

  g_atomic_ref_count_init (&self->refs);
  self->strings = g_string_chunk_new (512);
  self->n_chargers = n_chargers;
  return self;
}

PhaetonSnapshot *
phaeton_snapshot_ref (PhaetonSnapshot *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
phaeton_snapshot_unref (PhaetonSnapshot *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_string_chunk_free (self->strings);
  g_free (self);
}

const char *
phaeton_snapshot_take_text (PhaetonSnapshot *self, const char *text)
{
  return text != NULL ? g_string_chunk_insert (self->strings, text) : NULL;
}

int
phaeton_snapshot_find_charger (const PhaetonSnapshot *self, const char *id)
{
  for (guint i = 0; i < self->n_chargers; i++)
    if (g_strcmp0 (self->chargers[i].id, id) == 0)
      return (int) i;
  return -1;
}
