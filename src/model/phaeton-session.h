/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-decision.h"

G_BEGIN_DECLS

/* One car's stay as history keeps it, and what may be asked of history. */

typedef struct {
  char id[40];                 /* UUID */
  char *charger;               /* (owned): its id in the settings */
  gboolean running;            /* the car is still there */
  gint64 started_at, ended_at; /* wall seconds UTC; 0: the clock was not set, or it runs */
  gboolean counter_known;      /* start_wh and end_wh hold */
  gint64 start_wh, end_wh;     /* lifetime counter */
  gint64 energy_wh;
  gint64 charging_s; /* time in which energy flowed */
  int peak_w;        /* 0: never measured */
  int phases;        /* most that the car drew on; 0: never measured */
  gboolean cost_known;
  gint64 cost_micros;  /* all energy at the import price of its slot */
  gint64 saved_micros; /* what its sun would have cost from the grid, less what selling brings */
  char *currency;      /* (owned) (nullable) */
  gint64 sun_wh, battery_wh, grid_wh; /* where it came from; the rest of energy_wh: not known */
  gboolean measured_known;
  gint64 measured_wh; /* by its power, where the counter gained compared_wh: a check of it */
  gint64 compared_wh;
  PhaetonSessionEnd end;
  int interruptions; /* how often Phaeton was away during it */
  char *car;         /* (owned) (nullable) */
  char *tag;         /* (owned) (nullable): who charged */
  char *note;        /* (owned) (nullable) */
} PhaetonSession;

PhaetonSession *phaeton_session_new (const char *id, const char *charger);
/* what people write beside a session; NULL leaves, "" clears */
typedef struct {
  const char *car, *tag, *note;
} PhaetonSessionWords;

/* a UUID that is the same for the same text */
void phaeton_session_name_by (const char *text, char *id, gsize size);

PhaetonSession *phaeton_session_copy (const PhaetonSession *self);
void phaeton_session_free (PhaetonSession *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonSession, phaeton_session_free)

/* the mean over the time in which energy flowed; FALSE: there was none */
gboolean phaeton_session_get_average_w (const PhaetonSession *self, int *average_w);

/* the counter disagrees with the measured power by more than both may be wrong */
gboolean phaeton_session_is_doubtful (const PhaetonSession *self);

/* "unplugged", "interrupted"; NULL: it runs */
const char *phaeton_session_end_get_name (PhaetonSessionEnd end);

typedef enum {
  PHAETON_SESSIONS_BY_TIME, /* in the order in which they began, whatever the clock said */
  PHAETON_SESSIONS_BY_ENERGY,
  PHAETON_SESSIONS_BY_COST,
  PHAETON_SESSIONS_BY_CHARGING_TIME,
} PhaetonSessionOrder;

#define PHAETON_SESSIONS_MAX_PAGE 1000

/* zero: everything, oldest first, one page of the largest size */
typedef struct {
  char *id, *charger, *car, *tag; /* (owned) (nullable): NULL: any */
  gint64 from_at, to_at;          /* began at or after, began before; 0: no bound */
  PhaetonSessionOrder order;
  gboolean descending;
  guint offset, limit; /* limit 0: as many as a page may have */
} PhaetonSessionFilter;

PhaetonSessionFilter *phaeton_session_filter_copy (const PhaetonSessionFilter *self);
void phaeton_session_filter_free (PhaetonSessionFilter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonSessionFilter, phaeton_session_filter_free)

typedef struct {
  GPtrArray *sessions; /* (owned) (element-type PhaetonSession) */
  gint64 total;        /* how many there are in all pages */
} PhaetonSessionPage;

PhaetonSessionPage *phaeton_session_page_new (void);
void phaeton_session_page_free (PhaetonSessionPage *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonSessionPage, phaeton_session_page_free)

typedef enum {
  PHAETON_TOTALS_BY_DAY,
  PHAETON_TOTALS_BY_MONTH,
  PHAETON_TOTALS_BY_YEAR,
  PHAETON_TOTALS_BY_CHARGER,
  PHAETON_TOTALS_BY_CAR,
} PhaetonTotalsKey;

/* the sum of some sessions; each counts where it began */
typedef struct {
  char *key; /* (owned): "2026-11-21", "2026-11", "2026", a charger, a car; "": not known */
  gint64 n_sessions;
  gint64 energy_wh, charging_s;
  gint64 sun_wh, battery_wh, grid_wh;
  gint64 cost_micros, saved_micros;
  gint64 n_cost_unknown; /* sessions whose cost is not in the sum */
} PhaetonTotal;

void phaeton_total_free (PhaetonTotal *self);

G_END_DECLS
