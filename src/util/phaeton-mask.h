/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* No secret leaves by a text that was made of somebody else's words: an error of a library, an
 * answer of a service, an address. Any thread. */

/* @secrets: the values that are secret now, in the place of those before; shorter ones than 6 bytes
 * would mask half of everything, and are left out */
void phaeton_mask_set_secrets (const char *const *secrets);

/**
 * phaeton_mask_dup:
 * @text: UTF-8
 *
 * Returns: (transfer full): @text with *** for the secrets above, the user and password of an
 *   address, bearer tokens, tokens of ours, and what follows password=, token: and the like
 */
char *phaeton_mask_dup (const char *text);

G_END_DECLS
