/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"

G_BEGIN_DECLS

/* a start needs so much more room than its minimum, or it would be paused again at once */
#define PHAETON_START_ROOM_mA 2000

/* three phases of each circuit by fuse, by the inverter in it and by unbalance, and an order: three
 * phases and power */
#define PHAETON_MAX_ROWS (9 * PHAETON_MAX_CIRCUITS + 4)

/* what one charger asks for */
typedef struct {
  gboolean asks; /* wants at least its minimum, and may start if it does not run */
  gboolean running;
  gboolean yields; /* its turn is over: last of its class */
  int min_mA;      /* a multiple of the step */
  int max_mA;      /* its wish */
  int step_mA;
  int klass;       /* larger is served first */
  int weight;      /* share among equals */
  gint64 laxity_s; /* time to spare before its deadline; less comes first */
  int given_mA;    /* (out) 0 or min_mA..max_mA in steps */
} PhaetonClaim;

/* something that is shared: sum of coefficient times current of each claim <= capacity */
typedef struct {
  gint64 capacity;
  gint64 slack; /* (out) what is left of it */
  gint16 coefficient[PHAETON_MAX_CHARGERS];
} PhaetonRow;

/**
 * phaeton_allocate:
 * @claims: (inout) (array length=n_claims)
 * @rows: (inout) (array length=n_rows)
 *
 * Divides the room: admission in order (class, running, laxity, index), then per class weighted
 * max-min filling, then steps, with what rounding freed handed out again. Never more than any row
 * holds; a row that is over by itself gets none. The same set is admitted again when the result is
 * fed back. Pure integers, no allocation.
 */
void phaeton_allocate (PhaetonClaim *claims, guint n_claims, PhaetonRow *rows, guint n_rows);

/* the row that has the least room for claim @i; -1: none concerns it */
int phaeton_allocate_find_tightest (const PhaetonRow *rows, guint n_rows, guint i);

G_END_DECLS
