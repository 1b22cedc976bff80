/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-sim-station.h"

G_BEGIN_DECLS

/* The Modbus face of a station: register map and rules of "Implementation of Modbus Slave TCP/IP
 * for Alfen NG9xx platform", version 2.3. Written from that document alone, never from our driver:
 * a wrong register must not hide on both sides. */

#define PHAETON_SIM_ALFEN_STATION_UNIT 200
#define PHAETON_SIM_ALFEN_READ_MAX 125
#define PHAETON_SIM_ALFEN_WRITE_MAX 123

/* exception codes of the Modbus application protocol; 0 is success */
typedef enum {
  PHAETON_SIM_MODBUS_OK = 0,
  PHAETON_SIM_MODBUS_ILLEGAL_FUNCTION = 1,
  PHAETON_SIM_MODBUS_ILLEGAL_ADDRESS = 2,
  PHAETON_SIM_MODBUS_ILLEGAL_VALUE = 3,
  PHAETON_SIM_MODBUS_DEVICE_FAILURE = 4,
  PHAETON_SIM_MODBUS_BUSY = 6,
  PHAETON_SIM_MODBUS_NO_TARGET = 11,
} PhaetonSimModbusCode;

/* @wall_at: the station's date and time; @words: (out): @count of them, in host order */
PhaetonSimModbusCode phaeton_sim_alfen_read (const PhaetonSimStation *self, gint64 wall_at,
                                             guint8 unit, guint16 address, guint16 count,
                                             guint16 *words);

/* either everything is written or nothing */
PhaetonSimModbusCode phaeton_sim_alfen_write (PhaetonSimStation *self, guint8 unit, guint16 address,
                                              guint16 count, const guint16 *words);

G_END_DECLS
