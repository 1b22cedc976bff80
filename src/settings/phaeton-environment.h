/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-node.h"

G_BEGIN_DECLS

/**
 * phaeton_environment_apply:
 * @environment: "NAME=value" strings, as g_get_environ() answers them
 *
 * PHAETON_MODBUS__IP, PHAETON_CHARGERS__GARAGE__MODBUS__PORT, PHAETON_TIMEZONE and the older
 * ALFEN_WEB_HOST, ALFEN_WEB_PORT go over what the file says.
 */
void phaeton_environment_apply (PhaetonNode *root, const char *const *environment,
                                GPtrArray *problems);

G_END_DECLS
