/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * phaeton_log:
 * @level: debug: frames; info: decisions; message: changes of state; warning: a person should
 *   look, once per change and not per poll; critical: our bug
 * @device: id of the charger or device that the line is about, or "" for the whole daemon
 *
 * Every line of the daemon goes through here. Secrets never do, at any level.
 */
#define phaeton_log(level, device, ...)                                                            \
  g_log_structured (G_LOG_DOMAIN, (level), "PHAETON_DEVICE", (device), "CODE_FILE", __FILE__,      \
                    "CODE_LINE", G_STRINGIFY (__LINE__), "CODE_FUNC", G_STRFUNC, "MESSAGE",        \
                    __VA_ARGS__)

#define phaeton_debug(device, ...) phaeton_log (G_LOG_LEVEL_DEBUG, device, __VA_ARGS__)
#define phaeton_info(device, ...) phaeton_log (G_LOG_LEVEL_INFO, device, __VA_ARGS__)
#define phaeton_message(device, ...) phaeton_log (G_LOG_LEVEL_MESSAGE, device, __VA_ARGS__)
#define phaeton_warning(device, ...) phaeton_log (G_LOG_LEVEL_WARNING, device, __VA_ARGS__)

G_END_DECLS
