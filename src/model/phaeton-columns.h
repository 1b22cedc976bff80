/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The structs that go into core and come out of it, as rows of 64-bit words: each member by name,
 * place and range, so that recordings hold no padding and no layout of one machine, and a
 * difference has a name. Pointers and counts of entries are left to whoever writes the rows.
 * A member that is added to one of these structs is added to the table too; a test finds the gap.
 */

typedef enum {
  PHAETON_SHAPE_CONFIG,         /* PhaetonConfig, as far as core reads it */
  PHAETON_SHAPE_CIRCUIT_CONFIG, /* PhaetonCircuitConfig without its id */
  PHAETON_SHAPE_CHARGER_CONFIG, /* PhaetonChargerConfig, as far as core reads it */
  PHAETON_SHAPE_WINDOW,         /* PhaetonWindow */
  PHAETON_SHAPE_SITE_STATE,     /* PhaetonSiteState */
  PHAETON_SHAPE_CHARGER_STATE,  /* PhaetonChargerState */
  PHAETON_SHAPE_PRICE,          /* PhaetonPriceSlot */
  PHAETON_SHAPE_INPUT,          /* PhaetonInput without prices and chargers */
  PHAETON_SHAPE_CHARGER_INPUT,  /* PhaetonChargerInput */
  PHAETON_SHAPE_DECISION,       /* PhaetonDecision without its chargers */
  PHAETON_SHAPE_CHARGER_DECISION,
  PHAETON_N_SHAPES
} PhaetonShape;

/* what a word holds: the numbers are those of the file */
typedef enum {
  PHAETON_COLUMN_INT = 0,    /* any whole number, sign extended */
  PHAETON_COLUMN_TIME = 1,   /* the same, and near other times of its row */
  PHAETON_COLUMN_DOUBLE = 2, /* its bits */
  PHAETON_COLUMN_TEXT = 3,   /* eight bytes of it */
} PhaetonColumnKind;

typedef struct {
  char *name; /* "grid_power_w[1].value" */
  PhaetonColumnKind kind;
  guint8 size; /* of the member in bytes: 1, 4 or 8 */
  gboolean is_signed;
  gboolean is_last;   /* text: the word that ends with NUL */
  gsize offset;       /* in the struct */
  gint64 least, most; /* whole numbers: what may be read into the struct */
} PhaetonColumn;

typedef struct {
  const char *name;
  gsize size; /* of the struct */
  guint n;
  const PhaetonColumn *columns;
} PhaetonColumns;

/* made when first asked for; never freed */
const PhaetonColumns *phaeton_columns_get (PhaetonShape shape);

/* columns of the shape that has most of them: how long a row may be */
guint phaeton_columns_get_widest (void);

/* @words: (out) (array length=self->n) */
void phaeton_columns_read (const PhaetonColumns *self, gconstpointer base, guint64 *words);

/* Returns: -1, or the index of the first column whose word is out of range; then the member is left
 * alone */
int phaeton_columns_write (const PhaetonColumns *self, gpointer base, const guint64 *words);

/* "16000", "0.25", "C2.." as people read it; free with g_free() */
char *phaeton_column_to_text (const PhaetonColumn *self, guint64 word);

G_END_DECLS
