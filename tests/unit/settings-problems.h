/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <string.h>

#include "phaeton-settings-private.h"

/* one of them, told of a file called "f", says so */
static inline void
assert_problem (GPtrArray *problems, const char *part)
{
  for (guint i = 0; i < problems->len; i++) {
    g_autofree char *text = phaeton_problem_to_text (problems->pdata[i], "f");

    if (strstr (text, part) != NULL)
      return;
  }
  g_error ("no problem says \"%s\"", part);
}
