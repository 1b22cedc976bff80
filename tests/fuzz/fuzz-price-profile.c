/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz-prices.h"

#include "price-profile.h"

#include <string.h>

/* A profile is a file from anywhere, and so is what its service answers: up to a line of "%%" the
 * profile, then the answer. */

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const PhaetonPriceDay day = { 1795215600, 1795302000 };
  static const PriceWords words = { "DK1", "base", "EUR", "t" };
  const guint8 *mark = size > 4 ? memmem (data, size, "\n%%\n", 4) : NULL;
  const gsize n = mark != NULL ? (gsize) (mark - data) : size;
  g_autofree char *text = g_strndup ((const char *) data, n);
  g_autoptr (GError) error = NULL;
  g_autoptr (PriceProfile) profile = price_profile_parse ("fuzz", text, n, &error);
  g_autoptr (GBytes) body =
    mark != NULL ? g_bytes_new (mark + 4, size - n - 4) : g_bytes_new (NULL, 0);
  g_autoptr (GArray) slots = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
  PhaetonPriceAnswer answer = { .slots = slots };
  g_autoptr (GError) refusal = NULL;

  if (profile == NULL) {
    g_assert_nonnull (error);
    return 0;
  }
  if (!price_profile_decode (profile, &words, &day, 200, body, &answer, &refusal))
    g_assert_nonnull (refusal);
  check_slots (slots);
  return 0;
}
