/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz-prices.h"

#include "price-file-decode.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static GTimeZone *zone;
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GArray) slots = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
  g_autoptr (GError) error = NULL;

  if (zone == NULL)
    zone = g_time_zone_new_identifier ("Europe/Berlin");
  if (!price_file_decode ("fuzz.csv", text, size, zone, slots, &error))
    g_assert_nonnull (error);
  check_slots (slots);
  return 0;
}
