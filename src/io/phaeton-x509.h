/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * phaeton_x509_make_self_signed:
 * @names: what the certificate is for, the first is its subject: host names and addresses as text
 * @from_at: seconds since 1970, when it begins to be good
 * @until_at: and when it ends
 * @key_pem: (nullable): text with the key to sign, a new one is made if there is none in it
 *
 * A key of P-256 and a certificate of a server that signs itself. Loads GnuTLS, which is what
 * makes TLS work at all here (glib-networking is built on it); a process without TLS never pays
 * for it. Blocking, a few milliseconds: for the worker.
 *
 * Returns: (transfer full) (nullable): PEM of key and certificate; it is a secret
 */
char *phaeton_x509_make_self_signed (const char *const *names, gint64 from_at, gint64 until_at,
                                     const char *key_pem, GError **error);

G_END_DECLS
