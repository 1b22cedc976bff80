/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-sun-share.h"

#include "phaeton-config.h"

int
phaeton_sun_share_w (int left_w, int own_min_w, const PhaetonSunShare *others, guint n_others)
{
  gboolean settled[PHAETON_MAX_CHARGERS] = { FALSE };
  gint64 pool_w = left_w;
  guint n = n_others + 1;
  gboolean changed = TRUE;

  while (changed) { /* each round settles at least one */
    const gint64 part_w = pool_w / n;

    changed = FALSE;
    for (guint i = 0; i < n_others; i++) {
      const int fixed_w = part_w < others[i].min_w ? others[i].min_w : others[i].cap_w;

      if (settled[i] || (part_w >= others[i].min_w && part_w <= others[i].cap_w))
        continue;
      settled[i] = TRUE;
      changed = TRUE;
      pool_w -= fixed_w;
      n--;
    }
  }
  return (int) MAX (pool_w / n, MIN (left_w, own_min_w));
}
