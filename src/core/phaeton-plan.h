/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"

G_BEGIN_DECLS

/* What Scheduled goes by from step to step: a plan is made when something changed or a slot begins,
 * and followed until then. A run that began goes on for the time that no run may be shorter than.
 */

/* one charger's view */
typedef struct {
  const PhaetonChargerConfig *config;
  const PhaetonInput *input;
  const PhaetonVehicleInput *vehicle;
  const PhaetonSessionState *session;
  int power_w; /* what the car could get */
  int usual_w; /* what most cars take of it, until this one was seen */
} PhaetonPlanInput;

/* what the car does with what it is offered */
typedef struct {
  gint64 now_ms;
  gint64 session_at;
  gboolean charging;
  int draws_w, offered_w;
} PhaetonPlanDraw;

/* a deadline in figures */
typedef struct {
  gboolean wanted; /* there is one, with something left to charge */
  gint64 at;       /* wall seconds UTC */
  int clock_min;   /* ... on the local clock */
  gint64 left_wh;
  int power_w;       /* to be counted on */
  gint64 left_s;     /* until @at */
  gint64 work_s;     /* of charging */
  gint64 needed_s;   /* the same with a margin */
  gboolean urgent;   /* it no longer fits */
  gboolean is_short; /* ... not even without a margin: so much of left_wh does */
  gint64 fits_wh;
} PhaetonDue;

/* the car's own draw, once it is steady, counts instead of what it could get; that of the stay
 * before until then */
void phaeton_plan_watch_draw (PhaetonPlanState *plan, const PhaetonPlanDraw *draw);

void phaeton_plan_find_due (const PhaetonPlanInput *in, const PhaetonPlanState *plan,
                            PhaetonDue *due);

/* the deadline says how full the car is to be and nothing else, and it is not known how full it is
 */
gboolean phaeton_plan_lacks_soc (const PhaetonPlanInput *in);

/* whether the plan for @due charges now */
gboolean phaeton_plan_follow_due (const PhaetonPlanInput *in, const PhaetonDue *due,
                                  PhaetonPlanState *plan);

/* whether the rule of prices does, for @slot, which is in force */
gboolean phaeton_plan_follow_price (const PhaetonPlanInput *in, const PhaetonPriceSlot *slot,
                                    PhaetonPlanState *plan);

/* Auto: the price is so low that the grid may help */
gboolean phaeton_plan_is_grid_cheap (const PhaetonControlsConfig *controls,
                                     const PhaetonInput *input, gint64 *price_micros);

/* forgets it: nothing goes by a plan now */
void phaeton_plan_drop (PhaetonPlanState *plan);

G_END_DECLS
