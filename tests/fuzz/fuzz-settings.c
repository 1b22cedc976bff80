/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-keys.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* any bytes as a file of settings: good or refused with a reason, nothing else */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (PhaetonConfig) config =
    phaeton_settings_parse (text, (gssize) size, &problems, &error);

  g_assert_true (phaeton_keys_ensure (NULL)); /* else everything would be refused */
  g_assert_true ((config == NULL) == (error != NULL));
  g_assert_true (config == NULL || config->n_chargers <= PHAETON_MAX_CHARGERS);
  return 0;
}
