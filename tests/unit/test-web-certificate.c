/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-certificate.h"
#include "phaeton-x509.h"

#include <glib/gstdio.h>
#include <string.h>

#define NOW_AT G_GINT64_CONSTANT (1800000000)
#define DAY_S 86400

static char *directory;

static void
got_result_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static GTlsCertificate *
ensure (const char *const *names, gint64 now_at)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GTlsCertificate *certificate;

  phaeton_web_certificate_ensure_async (directory, names, now_at, NULL, got_result_cb, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  certificate = phaeton_web_certificate_ensure_finish (result, &error);
  g_assert_no_error (error);
  return certificate;
}

static char *
dup_path (void)
{
  return g_build_filename (directory, "web-certificate.pem", NULL);
}

static char *
read_key (void)
{
  g_autofree char *path = dup_path ();
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return g_strndup (text, (gsize) (strstr (text, "-----BEGIN CERTIFICATE") - text));
}

static void
test_kept_and_renewed (void)
{
  g_autoptr (GTlsCertificate) first = ensure (NULL, NOW_AT);
  g_autoptr (GTlsCertificate) again = ensure (NULL, NOW_AT + 700 * DAY_S);
  g_autofree char *key = read_key ();
  g_autoptr (GTlsCertificate) renewed = ensure (NULL, NOW_AT + 800 * DAY_S);
  g_autofree char *same_key = read_key ();
  g_autoptr (GTlsCertificate) earlier = ensure (NULL, NOW_AT - 30 * DAY_S);

  g_assert_true (g_tls_certificate_is_same (first, again));
  g_assert_cmpint (phaeton_web_certificate_get_end_at (first), ==, NOW_AT + 820 * DAY_S);
  g_assert_false (g_tls_certificate_is_same (first, renewed));
  g_assert_cmpstr (key, ==, same_key);
  g_assert_false (g_tls_certificate_is_same (renewed, earlier)); /* the clock was wrong before */
}

static void
test_names (void)
{
  const char *const names[] = { "Charger.example", "192.0.2.7", "2001:db8::7", "b\xc3\xbc.example",
                                "evil\nname",      "",          NULL };
  g_autoptr (GTlsCertificate) plain = ensure (NULL, NOW_AT);
  g_autoptr (GTlsCertificate) named = ensure (names, NOW_AT);
  g_autoptr (GTlsCertificate) again = ensure (names, NOW_AT);
  g_autoptr (GPtrArray) addresses = g_tls_certificate_get_ip_addresses (named);
  g_autoptr (GSocketConnectable) identity = g_network_address_new ("charger.example", 443);
  g_autoptr (GSocketConnectable) stranger = g_network_address_new ("other.example", 443);

  g_assert_false (g_tls_certificate_is_same (plain, named));
  g_assert_true (g_tls_certificate_is_same (named, again)); /* what it cannot hold is left out */
  g_assert_cmpuint (addresses->len, >=, 4);
  g_assert_cmpuint (
    g_tls_certificate_verify (named, identity, named) & G_TLS_CERTIFICATE_BAD_IDENTITY, ==, 0);
  g_assert_cmpuint (
    g_tls_certificate_verify (named, stranger, named) & G_TLS_CERTIFICATE_BAD_IDENTITY, !=, 0);
}

static void
test_file_is_private (void)
{
  g_autofree char *path = dup_path ();
  g_autoptr (GTlsCertificate) first = NULL;
  GStatBuf info;

  g_assert_true (g_file_set_contents (path, "no certificate", -1, NULL));
  g_assert_cmpint (g_chmod (path, 0644), ==, 0);
  first = ensure (NULL, NOW_AT);
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
}

static void
test_fingerprint (void)
{
  g_autoptr (GTlsCertificate) certificate = ensure (NULL, NOW_AT);
  g_autofree char *text = phaeton_web_certificate_dup_fingerprint (certificate);

  g_assert_cmpuint (strlen (text), ==, 32 * 3 - 1);
  g_assert_true (g_regex_match_simple ("^([0-9A-F]{2}:){31}[0-9A-F]{2}$", text, 0, 0));
}

static void
test_long_name (void)
{
  g_autofree char *name = g_strnfill (80, 'a');
  const char *const names[] = { name, NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *pem = phaeton_x509_make_self_signed (names, NOW_AT, NOW_AT + 1, NULL, &error);
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autofree char *subject = NULL;

  g_assert_no_error (error);
  certificate = g_tls_certificate_new_from_pem (pem, -1, &error);
  g_assert_no_error (error);
  subject = g_tls_certificate_get_subject_name (certificate);
  g_assert_cmpstr (subject, ==, "CN=phaeton");
}

int
main (int argc, char *argv[])
{
  int status;
  g_autofree char *path = NULL;

  g_test_init (&argc, &argv, NULL);
  directory = g_dir_make_tmp ("phaeton-certificate-XXXXXX", NULL);
  g_test_add_func ("/web-certificate/kept-and-renewed", test_kept_and_renewed);
  g_test_add_func ("/web-certificate/names", test_names);
  g_test_add_func ("/web-certificate/file-is-private", test_file_is_private);
  g_test_add_func ("/web-certificate/fingerprint", test_fingerprint);
  g_test_add_func ("/web-certificate/long-name", test_long_name);
  status = g_test_run ();
  path = dup_path ();
  g_unlink (path);
  g_rmdir (directory);
  g_free (directory);
  return status;
}
