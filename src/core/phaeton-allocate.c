/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-allocate.h"

typedef struct {
  PhaetonClaim *claims;
  guint n_claims;
  PhaetonRow *rows;
  guint n_rows;
  guint8 order[PHAETON_MAX_CHARGERS];
} Table;

static gboolean
comes_before (const PhaetonClaim *a, const PhaetonClaim *b)
{
  if (a->klass != b->klass)
    return a->klass > b->klass;
  if (a->yields != b->yields)
    return b->yields;
  if (a->running != b->running)
    return a->running;
  return a->laxity_s < b->laxity_s;
}

static void
sort (Table *table)
{
  for (guint i = 0; i < table->n_claims; i++) {
    guint at = i;

    for (; at > 0 && comes_before (&table->claims[i], &table->claims[table->order[at - 1]]); at--)
      table->order[at] = table->order[at - 1];
    table->order[at] = (guint8) i;
  }
}

static gboolean
fits (const Table *table, guint i, int more_mA)
{
  for (guint r = 0; r < table->n_rows; r++)
    if (table->rows[r].coefficient[i] != 0 &&
        (gint64) table->rows[r].coefficient[i] * more_mA > table->rows[r].slack)
      return FALSE;
  return TRUE;
}

static void
give (Table *table, guint i, int more_mA)
{
  table->claims[i].given_mA += more_mA;
  for (guint r = 0; r < table->n_rows; r++)
    table->rows[r].slack -= (gint64) table->rows[r].coefficient[i] * more_mA;
}

static void
admit (Table *table)
{
  for (guint at = 0; at < table->n_claims; at++) {
    const guint i = table->order[at];
    const PhaetonClaim *claim = &table->claims[i];
    const int room_mA = claim->min_mA + (claim->running ? 0 : PHAETON_START_ROOM_mA);

    if (claim->asks && claim->max_mA >= claim->min_mA && fits (table, i, room_mA))
      give (table, i, claim->min_mA);
  }
}

static int
get_weight (const PhaetonClaim *claim)
{
  return CLAMP (claim->weight, 1, 100);
}

/* how far all that can still rise may rise together, per unit of weight; 0: somebody is stuck */
static gint64
find_common_raise (const Table *table, const gboolean *rises)
{
  gint64 raise = G_MAXINT32;

  for (guint i = 0; i < table->n_claims; i++)
    if (rises[i])
      raise = MIN (raise, (table->claims[i].max_mA - table->claims[i].given_mA) /
                            get_weight (&table->claims[i]));
  for (guint r = 0; r < table->n_rows; r++) {
    gint64 sum = 0;

    for (guint i = 0; i < table->n_claims; i++)
      if (rises[i])
        sum += (gint64) table->rows[r].coefficient[i] * get_weight (&table->claims[i]);
    if (sum > 0)
      raise = MIN (raise, MAX (table->rows[r].slack, 0) / sum);
  }
  return raise;
}

/* who could not rise by one more together with the others stays where it is */
static gboolean
freeze_saturated (const Table *table, gboolean *rises)
{
  gboolean frozen[PHAETON_MAX_CHARGERS] = { FALSE };
  gboolean any_left = FALSE;

  for (guint i = 0; i < table->n_claims; i++)
    frozen[i] = rises[i] && table->claims[i].max_mA - table->claims[i].given_mA <
                              get_weight (&table->claims[i]);
  for (guint r = 0; r < table->n_rows; r++) {
    gint64 sum = 0;

    for (guint i = 0; i < table->n_claims; i++)
      if (rises[i])
        sum += (gint64) table->rows[r].coefficient[i] * get_weight (&table->claims[i]);
    for (guint i = 0; sum > table->rows[r].slack && i < table->n_claims; i++)
      frozen[i] |= rises[i] && table->rows[r].coefficient[i] != 0;
  }
  for (guint i = 0; i < table->n_claims; i++) {
    rises[i] = rises[i] && !frozen[i];
    any_left |= rises[i];
  }
  return any_left;
}

static void
fill_class (Table *table, int klass)
{
  gboolean rises[PHAETON_MAX_CHARGERS];
  gboolean any_left = FALSE;

  for (guint i = 0; i < table->n_claims; i++) {
    rises[i] = table->claims[i].klass == klass && table->claims[i].given_mA > 0;
    any_left |= rises[i];
  }
  while (any_left) { /* each round freezes at least one */
    const gint64 raise = find_common_raise (table, rises);

    for (guint i = 0; raise > 0 && i < table->n_claims; i++)
      if (rises[i])
        give (table, i, (int) raise * get_weight (&table->claims[i]));
    any_left = freeze_saturated (table, rises);
  }
}

/* down to steps, then what that freed, a step at a time in order */
static void
quantise_class (Table *table, int klass)
{
  gboolean given = TRUE;

  for (guint i = 0; i < table->n_claims; i++) {
    const PhaetonClaim *claim = &table->claims[i];

    if (claim->klass == klass && claim->given_mA > 0 && claim->step_mA > 0)
      give (table, i, -(claim->given_mA % claim->step_mA));
  }
  while (given) {
    given = FALSE;
    for (guint at = 0; at < table->n_claims; at++) {
      const guint i = table->order[at];
      const PhaetonClaim *claim = &table->claims[i];
      const int step_mA = MAX (claim->step_mA, 1);

      if (claim->klass != klass || claim->given_mA == 0 ||
          claim->given_mA + step_mA > claim->max_mA || !fits (table, i, step_mA))
        continue;
      give (table, i, step_mA);
      given = TRUE;
    }
  }
}

void
phaeton_allocate (PhaetonClaim *claims, guint n_claims, PhaetonRow *rows, guint n_rows)
{
  Table table = { claims, n_claims, rows, n_rows, { 0 } };

  for (guint i = 0; i < n_claims; i++)
    claims[i].given_mA = 0;
  for (guint r = 0; r < n_rows; r++)
    rows[r].slack = rows[r].capacity;
  sort (&table);
  admit (&table);
  for (guint at = 0; at < n_claims; at++) {
    const int klass = claims[table.order[at]].klass;

    if (at > 0 && klass == claims[table.order[at - 1]].klass)
      continue;
    fill_class (&table, klass);
    quantise_class (&table, klass);
  }
}

int
phaeton_allocate_find_tightest (const PhaetonRow *rows, guint n_rows, guint i)
{
  gint64 least = G_MAXINT64;
  int tightest = -1;

  for (guint r = 0; r < n_rows; r++)
    if (rows[r].coefficient[i] != 0 && rows[r].slack / rows[r].coefficient[i] < least) {
      least = rows[r].slack / rows[r].coefficient[i];
      tightest = (int) r;
    }
  return tightest;
}
