/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-status.h"

/* the system knows no general fault; what has no number of its own becomes the test of the pilot,
 * the line over which a station says that it is out of order */
static PhaetonStatus
status_of_fault (PhaetonFault fault)
{
  switch (fault) {
  case PHAETON_FAULT_GROUND:
    return PHAETON_STATUS_GROUND_ERROR;
  case PHAETON_FAULT_WELDED_CONTACTS:
    return PHAETON_STATUS_WELDED_CONTACTS;
  case PHAETON_FAULT_RESIDUAL_CURRENT:
    return PHAETON_STATUS_RESIDUAL_CURRENT;
  case PHAETON_FAULT_UNDERVOLTAGE:
    return PHAETON_STATUS_UNDERVOLTAGE;
  case PHAETON_FAULT_OVERVOLTAGE:
    return PHAETON_STATUS_OVERVOLTAGE;
  case PHAETON_FAULT_OVERHEATING:
    return PHAETON_STATUS_OVERHEATING;
  case PHAETON_FAULT_CP_SHORTED:
  case PHAETON_FAULT_OTHER:
  case PHAETON_FAULT_NONE:
    break;
  }
  return PHAETON_STATUS_CP_SHORTED;
}

PhaetonStatus
phaeton_status_derive (const PhaetonStatusInput *input)
{
  if (input->fault != PHAETON_FAULT_NONE || input->pilot == PHAETON_PILOT_F)
    return status_of_fault (input->fault);
  if (!input->car)
    return PHAETON_STATUS_DISCONNECTED;
  if (input->switching_to != 0)
    return input->switching_to == 3 ? PHAETON_STATUS_SWITCH_TO_3P : PHAETON_STATUS_SWITCH_TO_1P;
  if (!input->enabled)
    return PHAETON_STATUS_WAIT_START;
  if (input->limit_mA == 0 && input->kept_out)
    return PHAETON_STATUS_CHARGING_LIMIT;
  if (input->limit_mA == 0 && input->low_soc && input->mode != PHAETON_MODE_MANUAL)
    return PHAETON_STATUS_LOW_SOC;
  if (input->limit_mA == 0 && input->mode == PHAETON_MODE_AUTO)
    return PHAETON_STATUS_WAIT_SUN;
  if (input->limit_mA == 0 && input->mode == PHAETON_MODE_SCHEDULED)
    return PHAETON_STATUS_WAIT_START;
  if (phaeton_pilot_is_charging (input->pilot))
    return PHAETON_STATUS_CHARGING;
  return input->car_finished && input->limit_mA > 0 ? PHAETON_STATUS_CHARGED
                                                    : PHAETON_STATUS_CONNECTED;
}
