/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* one car of several that follow the same sun */
typedef struct {
  int min_w; /* what it takes at least */
  int cap_w; /* what it can take */
} PhaetonSunShare;

/**
 * phaeton_sun_share_w:
 * @left_w: what the sun leaves for this car and for @others together
 * @own_min_w: what this car needs at least; it comes before the others
 * @others: (array length=n_others): equals that run too
 *
 * Returns: the part of this car: as much as each other gets, and what others cannot take. As long
 * as it suffices for the minimum of this car, it is at least that.
 */
int phaeton_sun_share_w (int left_w, int own_min_w, const PhaetonSunShare *others, guint n_others);

G_END_DECLS
