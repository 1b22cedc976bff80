/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-bus-item.h"

#include "phaeton-variant.h"

#include <math.h>

GVariant *
phaeton_bus_item_new_invalid (void)
{
  return g_variant_new_array (G_VARIANT_TYPE_INT32, NULL, 0);
}

GVariant *
phaeton_bus_item_unwrap (GVariant *value)
{
  g_autoptr (GVariant) inner = g_variant_ref (value);

  while (g_variant_is_of_type (inner, G_VARIANT_TYPE_VARIANT)) {
    GVariant *next = g_variant_get_variant (inner);

    g_variant_unref (inner);
    inner = next;
  }
  return g_steal_pointer (&inner);
}

gboolean
phaeton_bus_item_get_number (GVariant *value, double *number)
{
  g_autoptr (GVariant) inner = phaeton_bus_item_unwrap (value);
  double read;

  if (!phaeton_variant_get_number (inner, &read) || !isfinite (read))
    return FALSE;
  *number = read;
  return TRUE;
}

const char *
phaeton_bus_item_get_text (GVariant *value)
{
  g_autoptr (GVariant) inner = NULL;

  /* once serialised, content shares the bytes of its wrapping: the text outlives @inner */
  g_variant_get_data (value);
  inner = phaeton_bus_item_unwrap (value);
  return g_variant_is_of_type (inner, G_VARIANT_TYPE_STRING) ? g_variant_get_string (inner, NULL)
                                                             : NULL;
}
