/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-variant.h"

gboolean
phaeton_variant_get_number (GVariant *value, double *number)
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
    return TRUE;
  default:
    return FALSE;
  }
}
