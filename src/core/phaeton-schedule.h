/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"
#include "phaeton-plan.h"

G_BEGIN_DECLS

#define PHAETON_SCHEDULE_NEVER (-1)

/* bit 0 Monday ... bit 6 Sunday of a day that counts from 1970-01-01 */
guint8 phaeton_schedule_get_weekday_bit (gint64 day);

/* seconds east of UTC at @at */
int phaeton_zone_get_offset_s (const PhaetonZone *zone, gint64 at);

/**
 * phaeton_window_is_active:
 * @local_at: local wall clock, as seconds from 1970-01-01 00:00
 *
 * The clock on the wall decides: an hour that is skipped has no window, an hour that comes twice
 * has it twice. What lies after midnight belongs to the day on which the window started; start =
 * end is a whole day.
 */
gboolean phaeton_window_is_active (const PhaetonWindow *window, gint64 local_at);

/* minutes of the wall clock until it starts next within eight days; PHAETON_SCHEDULE_NEVER */
int phaeton_window_get_wait_min (const PhaetonWindow *window, gint64 local_at);

/* the next time the wall clock shows it on one of its days */
gint64 phaeton_deadline_find_at (const PhaetonDeadline *deadline, const PhaetonInput *input);

/**
 * phaeton_schedule_step:
 * @max_mA: what "as much as allowed" means
 * @plan, @price_plan: (inout)
 * @laxity_s: (out): time to spare before the deadline; G_MAXINT64: there is none
 *
 * What Scheduled wants: the windows, or the price, and the deadline beside either.
 *
 * Returns: the wanted limit in mA
 */
int phaeton_schedule_step (const PhaetonPlanInput *in, int max_mA, PhaetonPlanState *plan,
                           PhaetonPlanState *price_plan, gint64 *laxity_s, PhaetonChain *chain);

G_END_DECLS
