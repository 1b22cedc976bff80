/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The Secret Service of a desktop session. Blocking, worker only. libsecret is loaded when it is
 * used for the first time: most machines have no such service and need not pay for it. Errors are
 * PHAETON_ERROR_STORAGE. */

/* whether one runs or would be started on the session bus; starts none and loads nothing */
gboolean phaeton_secret_service_is_there (void);

/**
 * phaeton_secret_service_store:
 * @owner: tells the daemons of one user apart
 * @value: (nullable): %NULL removes it
 */
gboolean phaeton_secret_service_store (const char *owner, const char *name, const char *value,
                                       GCancellable *cancellable, GError **error);

/* (nullable): NULL: failed, or there is none; free with g_free() */
char *phaeton_secret_service_lookup (const char *owner, const char *name, GCancellable *cancellable,
                                     GError **error);

G_END_DECLS
