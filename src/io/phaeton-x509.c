/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-x509.h"

#include "phaeton-error.h"

#include <gio/gio.h>
#include <gmodule.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/random.h>

#define LIBRARY "libgnutls.so.30"
#define SERIAL_BYTES 16
#define MAX_PEM_BYTES 16384
#define MAX_SUBJECT_BYTES 64 /* RFC 5280, ub-common-name */
#define SUBJECT_ELSE "phaeton"

/* everything that is used of the library; the headers tell the types */
#define SYMBOLS(X)                                                                                 \
  X (gnutls_strerror)                                                                              \
  X (gnutls_x509_privkey_init)                                                                     \
  X (gnutls_x509_privkey_import)                                                                   \
  X (gnutls_x509_privkey_generate)                                                                 \
  X (gnutls_x509_privkey_export)                                                                   \
  X (gnutls_x509_privkey_deinit)                                                                   \
  X (gnutls_x509_crt_init)                                                                         \
  X (gnutls_x509_crt_set_version)                                                                  \
  X (gnutls_x509_crt_set_serial)                                                                   \
  X (gnutls_x509_crt_set_dn_by_oid)                                                                \
  X (gnutls_x509_crt_set_activation_time)                                                          \
  X (gnutls_x509_crt_set_expiration_time)                                                          \
  X (gnutls_x509_crt_set_key)                                                                      \
  X (gnutls_x509_crt_set_subject_alt_name)                                                         \
  X (gnutls_x509_crt_set_basic_constraints)                                                        \
  X (gnutls_x509_crt_set_key_usage)                                                                \
  X (gnutls_x509_crt_set_key_purpose_oid)                                                          \
  X (gnutls_x509_crt_sign2)                                                                        \
  X (gnutls_x509_crt_export)                                                                       \
  X (gnutls_x509_crt_deinit)

typedef struct {
#define MEMBER(name) __typeof__ (&name) name;
  SYMBOLS (MEMBER)
#undef MEMBER
} Library;

static const char *const symbol_names[] = {
#define NAME(name) #name,
  SYMBOLS (NAME)
#undef NAME
};

G_STATIC_ASSERT (sizeof (Library) == G_N_ELEMENTS (symbol_names) * sizeof (gpointer));

/* (nullable): it stays loaded */
static const Library *
ensure_library (GError **error)
{
  static Library library;
  static GModule *module;
  gpointer *symbols = (gpointer *) &library;

  if (module == NULL)
    module = g_module_open (LIBRARY, G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL);
  for (guint i = 0; i < G_N_ELEMENTS (symbol_names); i++)
    if (module == NULL || !g_module_symbol (module, symbol_names[i], &symbols[i])) {
      g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, "cannot use " LIBRARY ": %s",
                   g_module_error ());
      return NULL;
    }
  return &library;
}

static gboolean
check (const Library *library, int code, const char *what, GError **error)
{
  if (code >= 0)
    return TRUE;
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, "%s: %s", what,
               library->gnutls_strerror (code));
  return FALSE;
}

static gboolean
load_or_make_key (const Library *library, gnutls_x509_privkey_t key, const char *pem,
                  GError **error)
{
  const gnutls_datum_t text = { (unsigned char *) pem, pem != NULL ? (guint) strlen (pem) : 0 };

  if (pem != NULL &&
      library->gnutls_x509_privkey_import (key, &text, GNUTLS_X509_FMT_PEM) == GNUTLS_E_SUCCESS)
    return TRUE;
  return check (library,
                library->gnutls_x509_privkey_generate (
                  key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0),
                "key", error);
}

static int
set_serial (const Library *library, gnutls_x509_crt_t crt)
{
  guchar serial[SERIAL_BYTES];

  if (getrandom (serial, sizeof serial, 0) != sizeof serial)
    g_error ("the kernel has no random numbers");
  serial[0] = (serial[0] & 0x7f) | 0x40; /* positive, and never shorter */
  return library->gnutls_x509_crt_set_serial (crt, serial, sizeof serial);
}

static int
add_name (const Library *library, gnutls_x509_crt_t crt, const char *name)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (name);

  if (address != NULL)
    return library->gnutls_x509_crt_set_subject_alt_name (
      crt, GNUTLS_SAN_IPADDRESS, g_inet_address_to_bytes (address),
      (guint) g_inet_address_get_native_size (address), GNUTLS_FSAN_APPEND);
  return library->gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_DNSNAME, name,
                                                        (guint) strlen (name), GNUTLS_FSAN_APPEND);
}

static int
add_names (const Library *library, gnutls_x509_crt_t crt, const char *const *names)
{
  int code = GNUTLS_E_SUCCESS;

  for (guint i = 0; names[i] != NULL && code >= 0; i++)
    code = add_name (library, crt, names[i]);
  return code;
}

static gboolean
fill_in (const Library *library, gnutls_x509_crt_t crt, gnutls_x509_privkey_t key,
         const char *const *names, gint64 from_at, gint64 until_at, GError **error)
{
  const char *subject = strlen (names[0]) <= MAX_SUBJECT_BYTES ? names[0] : SUBJECT_ELSE;

  return check (library, library->gnutls_x509_crt_set_version (crt, 3), "version", error) &&
         check (library, set_serial (library, crt), "serial", error) &&
         check (library,
                library->gnutls_x509_crt_set_dn_by_oid (crt, GNUTLS_OID_X520_COMMON_NAME, 0,
                                                        subject, (guint) strlen (subject)),
                "subject", error) &&
         check (library, library->gnutls_x509_crt_set_activation_time (crt, (time_t) from_at),
                "activation", error) &&
         check (library, library->gnutls_x509_crt_set_expiration_time (crt, (time_t) until_at),
                "expiration", error) &&
         check (library, add_names (library, crt, names), "names", error) &&
         check (library, library->gnutls_x509_crt_set_basic_constraints (crt, 0, -1), "constraints",
                error) &&
         check (library, library->gnutls_x509_crt_set_key_usage (crt, GNUTLS_KEY_DIGITAL_SIGNATURE),
                "usage", error) &&
         check (library,
                library->gnutls_x509_crt_set_key_purpose_oid (crt, GNUTLS_KP_TLS_WWW_SERVER, 0),
                "purpose", error) &&
         check (library, library->gnutls_x509_crt_set_key (crt, key), "key", error) &&
         check (library, library->gnutls_x509_crt_sign2 (crt, crt, key, GNUTLS_DIG_SHA256, 0),
                "signature", error);
}

static char *
print (const Library *library, gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, GError **error)
{
  g_autofree char *pem = g_malloc (MAX_PEM_BYTES);
  size_t key_bytes = MAX_PEM_BYTES, crt_bytes;

  if (!check (library,
              library->gnutls_x509_privkey_export (key, GNUTLS_X509_FMT_PEM, pem, &key_bytes),
              "key", error))
    return NULL;
  crt_bytes = MAX_PEM_BYTES - key_bytes;
  if (!check (
        library,
        library->gnutls_x509_crt_export (crt, GNUTLS_X509_FMT_PEM, pem + key_bytes, &crt_bytes),
        "certificate", error))
    return NULL;
  return g_strndup (pem, key_bytes + crt_bytes);
}

char *
phaeton_x509_make_self_signed (const char *const *names, gint64 from_at, gint64 until_at,
                               const char *key_pem, GError **error)
{
  const Library *library = ensure_library (error);
  gnutls_x509_privkey_t key = NULL;
  gnutls_x509_crt_t crt = NULL;
  char *pem = NULL;

  g_return_val_if_fail (names != NULL && names[0] != NULL, NULL);

  if (library == NULL)
    return NULL;
  if (check (library, library->gnutls_x509_privkey_init (&key), "key", error) &&
      check (library, library->gnutls_x509_crt_init (&crt), "certificate", error) &&
      load_or_make_key (library, key, key_pem, error) &&
      fill_in (library, crt, key, names, from_at, until_at, error))
    pem = print (library, crt, key, error);
  if (crt != NULL)
    library->gnutls_x509_crt_deinit (crt);
  if (key != NULL)
    library->gnutls_x509_privkey_deinit (key);
  return pem;
}
