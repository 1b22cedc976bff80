/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "alfen-wire.h"

G_BEGIN_DECLS

/* The two things that a charger can be told, as verified writes on the socket's unit. */

void alfen_order_limit (const PhaetonModbusConfig *modbus, const PhaetonRegisterConfig *registers,
                        const PhaetonControlsConfig *controls, int limit_mA, AlfenWrite *write);

void alfen_order_phases (const PhaetonModbusConfig *modbus, const PhaetonRegisterConfig *registers,
                         const PhaetonControlsConfig *controls, int phases, AlfenWrite *write);

G_END_DECLS
