/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz-prices.h"

#include "entsoe-decode.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) body = g_bytes_new (data, size);

  for (int by_hour = 0; by_hour < 2; by_hour++) {
    g_autoptr (GArray) slots = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
    PhaetonPriceAnswer answer = { .slots = slots };
    g_autoptr (GError) error = NULL;

    if (!entsoe_decode (by_hour, 200, body, &answer, &error))
      g_assert_nonnull (error);
    check_slots (slots);
  }
  return 0;
}
