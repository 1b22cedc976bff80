/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Time series: what history keeps of measured values, and how it is asked for. */

#define PHAETON_MINUTE_S 60
#define PHAETON_QUARTER_S 900
#define PHAETON_SERIES_MAX_POINTS 20000 /* of one answer, all series together */

/* what a value of a slot adds up to: both members add, so that slots can be joined in any order
 * and a clock that was set back cannot spoil a sum */
typedef struct {
  gint64 sum;     /* mean: value times seconds; energy: mWh */
  gint64 seconds; /* of the slot in which the value was known; 0: never */
} PhaetonAmount;

/* one minute of one series */
typedef struct {
  const char *series; /* interned */
  gint64 at;          /* wall seconds UTC at which the slot begins */
  PhaetonAmount amount;
} PhaetonPoint;

/* how long a step of an answer is; days and longer are those of the zone, 23 h and 25 h included */
typedef enum {
  PHAETON_STEP_SECONDS, /* step_s, counted from 1970 */
  PHAETON_STEP_DAY,
  PHAETON_STEP_MONTH,
  PHAETON_STEP_YEAR,
} PhaetonStepKind;

typedef struct {
  PhaetonStepKind kind;
  gint64 step_s; /* of PHAETON_STEP_SECONDS: whole minutes */
} PhaetonStep;

/* begins of the steps that cover [@from_at, @to_at), and one more: the end of the last.
 * @zone: of days and longer. Returns: (transfer full) (element-type gint64): NULL: more than
 * @max_steps */
GArray *phaeton_step_list (const PhaetonStep *step, gint64 from_at, gint64 to_at, GTimeZone *zone,
                           guint max_steps);

typedef struct {
  GStrv names;
  gint64 from_at, to_at;
  PhaetonStep step;
} PhaetonSeriesQuery;

PhaetonSeriesQuery *phaeton_series_query_copy (const PhaetonSeriesQuery *self);
void phaeton_series_query_free (PhaetonSeriesQuery *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonSeriesQuery, phaeton_series_query_free)

/* columns of an answer */
typedef struct {
  GStrv names;
  GArray *starts;         /* (owned) (element-type gint64): one more than there are steps */
  PhaetonAmount *amounts; /* (owned): names x steps */
  guint n_known;          /* of the names, those that were ever stored */
} PhaetonSeriesData;

PhaetonSeriesData *phaeton_series_data_new (GStrv names, GArray *starts);
void phaeton_series_data_free (PhaetonSeriesData *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonSeriesData, phaeton_series_data_free)

guint phaeton_series_data_get_n_steps (const PhaetonSeriesData *self);

/* adds @amount to the step of series number @index that @at falls in; elsewhere: not at all */
void phaeton_series_data_add (PhaetonSeriesData *self, guint index, gint64 at,
                              const PhaetonAmount *amount);

G_END_DECLS
