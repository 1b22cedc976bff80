/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#include "phaeton-node.h"

G_BEGIN_DECLS

/* Secrets that are not in the file: systemd credentials (phaeton.tibber.access_token in
 * $CREDENTIALS_DIRECTORY) and the 0600 file "secrets" of the state folder. */

/* blocking; (element-type utf8 utf8), by "tibber.access_token" */
GHashTable *phaeton_secrets_load (const char *state_dir);

/* blocking: worker only */
gboolean phaeton_secrets_save (const char *state_dir, GHashTable *secrets, GError **error);

/* fills in what the file leaves empty */
void phaeton_secrets_apply (GHashTable *secrets, PhaetonNode *root);

G_END_DECLS
