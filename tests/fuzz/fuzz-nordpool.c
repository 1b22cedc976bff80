/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz-prices.h"

#include "nordpool-decode.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) body = g_bytes_new (data, size);
  g_autoptr (GArray) slots = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
  PhaetonPriceAnswer answer = { .slots = slots };
  g_autoptr (GError) error = NULL;

  if (nordpool_decode ("SE3", 200, body, &answer, &error))
    g_assert_cmpuint (slots->len, >, 0);
  else
    g_assert_nonnull (error);
  check_slots (slots);
  return 0;
}
