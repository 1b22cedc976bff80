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
 * Every line of the daemon goes through here. Secrets never do, at any level; what a library or a
 * service put into its words is masked before any sink sees it, see phaeton_mask_dup().
 */
#define phaeton_log(level, device, ...)                                                            \
  g_log_structured (G_LOG_DOMAIN, (level), "PHAETON_DEVICE", (device), "CODE_FILE", __FILE__,      \
                    "CODE_LINE", G_STRINGIFY (__LINE__), "CODE_FUNC", G_STRFUNC, "MESSAGE",        \
                    __VA_ARGS__)

#define phaeton_debug(device, ...) phaeton_log (G_LOG_LEVEL_DEBUG, device, __VA_ARGS__)
#define phaeton_info(device, ...) phaeton_log (G_LOG_LEVEL_INFO, device, __VA_ARGS__)
#define phaeton_message(device, ...) phaeton_log (G_LOG_LEVEL_MESSAGE, device, __VA_ARGS__)
#define phaeton_warning(device, ...) phaeton_log (G_LOG_LEVEL_WARNING, device, __VA_ARGS__)

/* what the sinks show; a line passes when its level is at or above the sink's */
typedef struct {
  GLogLevelFlags console_level;
  GLogLevelFlags file_level;
  gboolean console;       /* lines on stdout; under systemd the journal, with fields */
  gboolean json;          /* one JSON object a line instead of text */
  const char *file;       /* NULL or "": none */
  guint64 max_file_bytes; /* the file is rotated to .1 above it; 0: never */
  guint backup_count;     /* rotated files that are kept: .1 (newest) to .N */
} PhaetonLogOptions;

/* "TRACE", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "CRITICAL" in any case; 0: none of them */
GLogLevelFlags phaeton_log_level_from_name (const char *name);
const char *phaeton_log_level_to_name (GLogLevelFlags level);

/**
 * phaeton_log_start:
 *
 * Becomes GLib's log writer. Lines are written by a thread of their own, so that a full disk or
 * a stuck terminal never holds up the main loop; when it falls behind by 4096 lines the newest
 * are dropped and counted. Call again to change the options while running.
 */
void phaeton_log_start (const PhaetonLogOptions *options);

/* closes and opens the file again, for an outside logrotate */
void phaeton_log_reopen (void);

/* writes what is queued and ends the thread */
void phaeton_log_stop (void);

/* The newest lines are kept in memory, 512 kB of them, for the web page: so no file is opened for
 * anybody who asks over a network. Their level is their own, whatever the other sinks show. */
void phaeton_log_set_web_level (GLogLevelFlags level);
GLogLevelFlags phaeton_log_get_web_level (void);

/* which of them; 0 and NULL: all */
typedef struct {
  GLogLevelFlags level; /* at or above it */
  const char *area;     /* "web", "modbus" */
  const char *device;   /* id of a charger */
} PhaetonLogFilter;

/* Returns: (transfer full): at most @n lines, the newest or the oldest that are kept */
char *phaeton_log_dup_lines (const PhaetonLogFilter *filter, guint n, gboolean newest);

/* Returns: (transfer full) (nullable): the lines after @serial, which is set to the last; NULL:
 * none. A @serial of 0: none, only what comes from now on */
char *phaeton_log_dup_since (const PhaetonLogFilter *filter, guint64 *serial);

G_END_DECLS
