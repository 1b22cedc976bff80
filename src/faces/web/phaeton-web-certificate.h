/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The certificate that this machine makes for itself: key and certificate in one file of the state
 * directory, 0600. The key stays when the certificate is renewed. */

/**
 * phaeton_web_certificate_ensure_async:
 * @names: (nullable): host names beside those of this machine
 * @now_at: seconds since 1970
 *
 * Loads it. Makes it, and saves it, when there is none, when it ends within 30 days, or when this
 * machine has another name or IPv4 address meanwhile.
 */
void phaeton_web_certificate_ensure_async (const char *state_dir, const char *const *names,
                                           gint64 now_at, GCancellable *cancellable,
                                           GAsyncReadyCallback callback, gpointer user_data);
GTlsCertificate *phaeton_web_certificate_ensure_finish (GAsyncResult *result, GError **error);

/* SHA-256 as browsers and openssl show it, "AB:CD:..." */
char *phaeton_web_certificate_dup_fingerprint (GTlsCertificate *certificate);

/* seconds since 1970; 0: it does not tell */
gint64 phaeton_web_certificate_get_end_at (GTlsCertificate *certificate);

G_END_DECLS
