/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-wish.h"

static int
wish (PhaetonChain *chain, PhaetonWhyCode code, int limit_mA, gint64 value)
{
  phaeton_chain_add (chain, PHAETON_STAGE_WISH, code, limit_mA, value, 0, 0);
  return limit_mA;
}

int
phaeton_wish_step (const PhaetonChargerInput *input, PhaetonChain *chain)
{
  const PhaetonCommand *command = &input->command;

  if (!command->enabled)
    return wish (chain, PHAETON_WHY_STOPPED, 0, 0);
  switch (command->mode) {
  case PHAETON_MODE_MANUAL:
    return wish (chain, PHAETON_WHY_MANUAL, MAX (command->set_mA, 0), command->set_mA);
  case PHAETON_MODE_AUTO:
  case PHAETON_MODE_SCHEDULED:
    break;
  }
  return wish (chain, PHAETON_WHY_MODE_NOT_READY, 0, command->mode);
}
