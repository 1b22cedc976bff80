/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "phaeton-node.h"

G_BEGIN_DECLS

/* Secrets that are not in the file: systemd credentials (phaeton.tibber.access_token in
 * $CREDENTIALS_DIRECTORY), the Secret Service of the session, and the 0600 file "secrets" of the
 * state folder. That file has a null for each that is in the Secret Service. */

/* blocking; (element-type utf8 utf8), by "tibber.access_token"; a NULL is in the Secret Service and
 * was not fetched */
GHashTable *phaeton_secrets_load (const char *state_dir);

/* blocking: worker only. Into the Secret Service where there is one, else into the file */
gboolean phaeton_secrets_save (const char *state_dir, GHashTable *secrets,
                               GCancellable *cancellable, GError **error);

gboolean phaeton_secrets_are_complete (GHashTable *secrets);
/* (transfer full): independent of @secrets */
GHashTable *phaeton_secrets_copy (GHashTable *secrets);
/* blocking: worker only; fetches what is NULL. FALSE: something still is */
gboolean phaeton_secrets_fetch (const char *state_dir, GHashTable *secrets,
                                GCancellable *cancellable, GError **error);

/* no line of the log shows those in @root from now on */
void phaeton_secrets_mask (const PhaetonNode *root);

/* fills in what the file leaves empty */
void phaeton_secrets_apply (GHashTable *secrets, PhaetonNode *root);

G_END_DECLS
