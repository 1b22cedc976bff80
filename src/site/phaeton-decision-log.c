/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-decision-log.h"

#include <string.h>

#define MOVED_mA 2000

/* an entry without the unused end of its chain */
typedef struct {
  gsize size;
  PhaetonDecisionEntry entry; /* cut off after chain.verdicts[chain.n - 1] */
} Packed;

struct _PhaetonDecisionLog {
  GQueue entries; /* (owned) (element-type Packed): oldest first */
  gsize bytes;
};

PhaetonDecisionLog *
phaeton_decision_log_new (void)
{
  PhaetonDecisionLog *self = g_new0 (PhaetonDecisionLog, 1);

  g_queue_init (&self->entries);
  return self;
}

void
phaeton_decision_log_clear (PhaetonDecisionLog *self)
{
  g_queue_clear_full (&self->entries, g_free);
  self->bytes = 0;
}

void
phaeton_decision_log_free (PhaetonDecisionLog *self)
{
  phaeton_decision_log_clear (self);
  g_free (self);
}

static Packed *
pack (const PhaetonDecisionEntry *entry)
{
  const gsize size = G_STRUCT_OFFSET (Packed, entry.chain.verdicts) +
                     MIN (entry->chain.n, PHAETON_CHAIN_MAX) * sizeof (PhaetonVerdict);
  Packed *packed = g_malloc (size);

  packed->size = size;
  memcpy (&packed->entry, entry, size - G_STRUCT_OFFSET (Packed, entry));
  return packed;
}

static void
unpack (const Packed *packed, PhaetonDecisionEntry *entry)
{
  memset (entry, 0, sizeof *entry);
  memcpy (entry, &packed->entry, packed->size - G_STRUCT_OFFSET (Packed, entry));
}

static void
drop_oldest (PhaetonDecisionLog *self)
{
  Packed *oldest = g_queue_pop_head (&self->entries);

  self->bytes -= oldest->size;
  g_free (oldest);
}

static const Packed *
find_last (PhaetonDecisionLog *self, guint charger, gint64 until_us)
{
  for (GList *l = self->entries.tail; l != NULL; l = l->prev) {
    const Packed *packed = l->data;

    if (packed->entry.charger == charger && packed->entry.wall_us <= until_us)
      return packed;
  }
  return NULL;
}

static PhaetonWhyCode
get_code (const PhaetonChain *chain)
{
  const PhaetonVerdict *binding = phaeton_chain_get_binding (chain);

  return binding != NULL ? binding->code : PHAETON_WHY_NONE;
}

static gboolean
is_news (const PhaetonDecisionEntry *was, const PhaetonDecisionEntry *is)
{
  return get_code (&was->chain) != get_code (&is->chain) || was->status != is->status ||
         was->mode != is->mode || was->enabled != is->enabled ||
         (was->limit_mA == 0) != (is->limit_mA == 0) ||
         ABS (was->limit_mA - is->limit_mA) >= MOVED_mA;
}

gboolean
phaeton_decision_log_note (PhaetonDecisionLog *self, const PhaetonDecisionEntry *entry)
{
  const Packed *before = find_last (self, entry->charger, G_MAXINT64);
  Packed *packed;

  if (before != NULL && !is_news (&before->entry, entry))
    return FALSE;
  packed = pack (entry);
  g_queue_push_tail (&self->entries, packed);
  self->bytes += packed->size;
  while (self->bytes > PHAETON_DECISION_LOG_BYTES ||
         ((const Packed *) self->entries.head->data)->entry.wall_us <
           entry->wall_us - PHAETON_DECISION_LOG_SPAN_US)
    drop_oldest (self);
  return TRUE;
}

gboolean
phaeton_decision_log_find (PhaetonDecisionLog *self, guint charger, gint64 wall_us,
                           PhaetonDecisionEntry *entry)
{
  const Packed *packed = find_last (self, charger, wall_us);

  if (packed == NULL)
    return FALSE;
  unpack (packed, entry);
  return TRUE;
}

GArray *
phaeton_decision_log_collect (PhaetonDecisionLog *self, guint charger, gint64 from_us, gint64 to_us,
                              guint max)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (PhaetonDecisionEntry));

  for (GList *l = self->entries.tail; l != NULL && found->len < max; l = l->prev) {
    const Packed *packed = l->data;
    PhaetonDecisionEntry entry;

    if (packed->entry.charger != charger || packed->entry.wall_us > to_us ||
        packed->entry.wall_us < from_us)
      continue;
    unpack (packed, &entry);
    g_array_append_val (found, entry);
  }
  for (guint i = 0; i < found->len / 2; i++) { /* collected backwards */
    PhaetonDecisionEntry *a = &g_array_index (found, PhaetonDecisionEntry, i);
    PhaetonDecisionEntry *b = &g_array_index (found, PhaetonDecisionEntry, found->len - 1 - i);
    const PhaetonDecisionEntry swap = *a;

    *a = *b;
    *b = swap;
  }
  return found;
}
