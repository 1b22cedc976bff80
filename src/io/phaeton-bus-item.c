/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-bus-item.h"

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

static gboolean
read_number (GVariant *value, double *number)
{
  switch (g_variant_classify (value)) {
  case G_VARIANT_CLASS_BOOLEAN:
    *number = g_variant_get_boolean (value) ? 1 : 0;
    return TRUE;
  case G_VARIANT_CLASS_BYTE:
    *number = g_variant_get_byte (value);
    return TRUE;
  case G_VARIANT_CLASS_INT16:
    *number = g_variant_get_int16 (value);
    return TRUE;
  case G_VARIANT_CLASS_UINT16:
    *number = g_variant_get_uint16 (value);
    return TRUE;
  case G_VARIANT_CLASS_INT32:
    *number = g_variant_get_int32 (value);
    return TRUE;
  case G_VARIANT_CLASS_UINT32:
    *number = g_variant_get_uint32 (value);
    return TRUE;
  case G_VARIANT_CLASS_INT64:
    *number = (double) g_variant_get_int64 (value);
    return TRUE;
  case G_VARIANT_CLASS_UINT64:
    *number = (double) g_variant_get_uint64 (value);
    return TRUE;
  case G_VARIANT_CLASS_DOUBLE:
    *number = g_variant_get_double (value);
    return isfinite (*number);
  default:
    return FALSE;
  }
}

gboolean
phaeton_bus_item_get_number (GVariant *value, double *number)
{
  g_autoptr (GVariant) inner = phaeton_bus_item_unwrap (value);
  double read = 0;

  if (!read_number (inner, &read))
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
