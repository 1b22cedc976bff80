/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-alfen"
#include "config.h"

#include "alfen-order.h"

static char *
verify_limit (const guint16 *words, int wanted_mA, int tolerance_mA)
{
  PhaetonChargerSample found = { 0 };

  alfen_decode_control (words, &found);
  if (!phaeton_sample_knows (&found, PHAETON_SAMPLE_SETPOINT))
    return g_strdup_printf ("told %.1f A, the charger reads back no number", wanted_mA / 1000.0);
  if (ABS (found.setpoint_mA - wanted_mA) <= tolerance_mA)
    return NULL;
  return g_strdup_printf ("told %.1f A, the charger reads back %.1f A", wanted_mA / 1000.0,
                          found.setpoint_mA / 1000.0);
}

void
alfen_order_limit (const PhaetonModbusConfig *modbus, const PhaetonRegisterConfig *registers,
                   const PhaetonControlsConfig *controls, int limit_mA, AlfenWrite *write)
{
  *write = (AlfenWrite){
    .unit = modbus->socket_unit,
    .address = registers->amps_config,
    .n_words = 2, /* half a value is refused */
    .read_address = alfen_control_address (registers),
    .n_read = ALFEN_CONTROL_WORDS,
    .verify = verify_limit,
    .wanted = limit_mA,
    .tolerance = controls->current_tolerance_mA,
    .verification_delay_ms = controls->verification_delay_ms,
    .retry_delay_ms = controls->retry_delay_ms,
    .max_attempts = controls->max_retries,
  };
  alfen_encode_current (limit_mA, write->words);
}

static char *
verify_phases (const guint16 *words, int wanted, int tolerance)
{
  if (words[0] == wanted)
    return NULL;
  return g_strdup_printf ("told %d, the charger reads back %u phases", wanted, words[0]);
}

void
alfen_order_phases (const PhaetonModbusConfig *modbus, const PhaetonRegisterConfig *registers,
                    const PhaetonControlsConfig *controls, int phases, AlfenWrite *write)
{
  *write = (AlfenWrite){
    .unit = modbus->socket_unit, /* the station's unit has no such register */
    .address = registers->phases,
    .words = { (guint16) phases },
    .n_words = 1,
    .read_address = registers->phases,
    .n_read = 1,
    .verify = verify_phases,
    .wanted = phases,
    .verification_delay_ms = controls->verification_delay_ms,
    .retry_delay_ms = controls->retry_delay_ms,
    .max_attempts = controls->max_retries,
  };
}
