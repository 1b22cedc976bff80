/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-core.h"
#include "phaeton-core-digest-generated.h"

const char *
phaeton_core_get_version (void)
{
  return PHAETON_VERSION "+" PHAETON_CORE_DIGEST;
}
