/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-http-client.h"

#include "phaeton-error.h"

#include <glib/gstdio.h>
#include <libsoup/soup.h>

/* Who is believed: a certificate that holds, and nobody else. The authorities are made here. */

#ifdef __SANITIZE_ADDRESS__
/* the search for leaks falls over thread-local memory of the libraries that TLS loads */
const char *__asan_default_options (void) __attribute__ ((visibility ("default")));

const char *
__asan_default_options (void)
{
  return "intercept_tls_get_addr=0";
}
#endif

#define NOON_AT 1795219200
#define SELF_SIGNED "self"
#define CURVE "ec -pkeyopt ec_paramgen_curve:P-256 -nodes"

typedef struct {
  char *folder;
  SoupServer *server;
  char *base;
  char *asked; /* of the last request */
  guint n_requests;
} Fixture;

/* @format: of openssl's arguments, in the folder */
static void
openssl (Fixture *f, const char *arguments)
{
  g_autofree char *line = g_strconcat ("openssl ", arguments, NULL);
  g_auto (GStrv) argv = g_strsplit (line, " ", -1);
  g_autoptr (GError) error = NULL;
  int status;

  g_spawn_sync (f->folder, argv, NULL,
                G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
                NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
}

static void
serve_cb (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
          gpointer user_data)
{
  Fixture *f = user_data;

  f->n_requests++;
  g_free (f->asked);
  f->asked = g_uri_to_string (soup_server_message_get_uri (message));
  soup_server_message_set_status (message, 200, NULL);
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_STATIC, "{}", 2);
}

static void
sign (Fixture *f, const char *name, const char *days)
{
  g_autofree char *extensions = g_build_filename (f->folder, "name", NULL);
  g_autofree char *text = g_strconcat ("subjectAltName=", name, NULL);
  g_autofree char *arguments = g_strconcat ("x509 -req -in server.csr -CA ca.pem -CAkey ca.key "
                                            "-CAcreateserial -extfile name -out server.pem -days ",
                                            days, NULL);

  g_assert_true (g_file_set_contents (extensions, text, -1, NULL));
  openssl (f, "req -x509 -newkey " CURVE " -keyout ca.key -out ca.pem -subj /CN=test -days 2");
  openssl (f, "req -newkey " CURVE " -keyout server.key -out server.csr -subj /CN=server");
  openssl (f, arguments);
}

/* @name: what the certificate is for; @days: for how long, -1: until yesterday; NULL: no TLS */
static void
begin (Fixture *f, const char *name, const char *days)
{
  g_autofree char *pem = g_build_filename (f->folder, "server.pem", NULL);
  g_autofree char *key = g_build_filename (f->folder, "server.key", NULL);
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GError) error = NULL;
  GSList *uris;

  f->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (f->server, NULL, serve_cb, f, NULL);
  if (name != NULL) {
    if (g_str_equal (name, SELF_SIGNED))
      openssl (f, "req -x509 -newkey " CURVE " -keyout server.key -out server.pem -days 2 "
                  "-subj /CN=own -addext subjectAltName=IP:127.0.0.1");
    else
      sign (f, name, days);
    certificate = g_tls_certificate_new_from_files (pem, key, &error);
    g_assert_no_error (error);
    soup_server_set_tls_certificate (f->server, certificate);
  }
  soup_server_listen_local (
    f->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY | (name != NULL ? SOUP_SERVER_LISTEN_HTTPS : 0),
    &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (f->server);
  f->base = g_strdup_printf ("%s://127.0.0.1:%d", name != NULL ? "https" : "http",
                             g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = g_dir_make_tmp ("phaeton-tls-XXXXXX", NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (f->folder, 0, NULL);

  soup_server_disconnect (f->server);
  g_object_unref (f->server);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  for (const char *name = g_dir_read_name (dir); name != NULL; name = g_dir_read_name (dir)) {
    g_autofree char *path = g_build_filename (f->folder, name, NULL);

    g_unlink (path);
  }
  g_assert_cmpint (g_rmdir (f->folder), ==, 0);
  g_free (f->folder);
  g_free (f->base);
  g_free (f->asked);
}

static void
finished_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/* (nullable): the status, or 0 and why not */
static guint
ask (const char *url, const char *ca_file, const char *proxy, GError **error)
{
  g_autoptr (PhaetonClock) clock = phaeton_clock_new_virtual (NOON_AT);
  const PhaetonHttpOptions options = { .name = "fake",
                                       .ca_file = ca_file,
                                       .proxy = proxy,
                                       .timeout_ms = 10000,
                                       .max_bytes = 1000,
                                       .requests_per_day = 10 };
  g_autoptr (PhaetonHttpClient) client = phaeton_http_client_new (clock, &options);
  const PhaetonHttpRequest request = { .url = url, .bearer = "s3cret" };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (PhaetonHttpAnswer) answer = NULL;

  phaeton_http_client_send_async (client, &request, NULL, finished_cb, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  answer = phaeton_http_client_send_finish (client, result, error);
  if (answer == NULL && g_error_matches (*error, PHAETON_ERROR, PHAETON_ERROR_REFUSED))
    g_assert_cmpint (phaeton_http_client_get_wait_ms (client), >=, 3600 * 1000);
  return answer != NULL ? answer->status : 0;
}

static void
expect_refusal (Fixture *f, const char *ca_file)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (ask (f->base, ca_file, NULL, &error), ==, 0);
  g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED);
  g_assert_nonnull (strstr (error->message, "not safe"));
  g_assert_cmpuint (f->n_requests, ==, 0); /* our token did not go out */
}

static char *
dup_ca (Fixture *f)
{
  return g_build_filename (f->folder, "ca.pem", NULL);
}

static void
test_own_authority (Fixture *f, gconstpointer data)
{
  g_autofree char *ca = NULL;
  g_autoptr (GError) error = NULL;

  begin (f, "IP:127.0.0.1", "2");
  ca = dup_ca (f);
  g_assert_cmpuint (ask (f->base, ca, NULL, &error), ==, 200);
  g_assert_no_error (error);
}

static void
test_unknown_authority (Fixture *f, gconstpointer data)
{
  begin (f, "IP:127.0.0.1", "2");
  expect_refusal (f, NULL);
}

/* by nobody but itself, until a person says that it is the one */
static void
test_self_signed (Fixture *f, gconstpointer data)
{
  g_autofree char *own = NULL;
  g_autoptr (GError) error = NULL;

  begin (f, SELF_SIGNED, "2");
  expect_refusal (f, NULL);
  own = g_build_filename (f->folder, "server.pem", NULL);
  g_assert_cmpuint (ask (f->base, own, NULL, &error), ==, 200);
  g_assert_no_error (error);
}

static void
test_wrong_host (Fixture *f, gconstpointer data)
{
  g_autofree char *ca = NULL;

  begin (f, "DNS:prices.example", "2");
  ca = dup_ca (f);
  expect_refusal (f, ca);
}

static void
test_expired (Fixture *f, gconstpointer data)
{
  g_autofree char *ca = NULL;

  begin (f, "IP:127.0.0.1", "-1");
  ca = dup_ca (f);
  expect_refusal (f, ca);
}

/* authorities that are not there are no reason to trust others */
static void
test_no_authorities (Fixture *f, gconstpointer data)
{
  g_autofree char *missing = g_build_filename (f->folder, "missing.pem", NULL);
  g_autofree char *empty = g_build_filename (f->folder, "empty.pem", NULL);
  const char *const files[] = { missing, empty };

  begin (f, "IP:127.0.0.1", "2");
  g_assert_true (g_file_set_contents (empty, "", 0, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_cmpuint (ask (f->base, files[i], NULL, &error), ==, 0);
    g_assert_true (error->code == PHAETON_ERROR_CONFIG || error->code == PHAETON_ERROR_REFUSED);
  }
  g_assert_cmpuint (f->n_requests, ==, 0);
}

static void
test_proxy (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  begin (f, NULL, NULL);
  g_assert_cmpuint (ask ("http://127.0.0.1:9/beyond", NULL, f->base, &error), ==, 200);
  g_assert_no_error (error);
  g_assert_cmpstr (f->asked, ==, "http://127.0.0.1:9/beyond");
  g_assert_cmpuint (ask (f->base, NULL, "http://127.0.0.1:9", &error), ==, 0); /* no way around */
  g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_OFFLINE);
  g_assert_cmpuint (f->n_requests, ==, 1);
}

#define ADD(name, test) g_test_add ("/http-tls/" name, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("own-authority", test_own_authority);
  ADD ("unknown-authority", test_unknown_authority);
  ADD ("self-signed", test_self_signed);
  ADD ("wrong-host", test_wrong_host);
  ADD ("expired", test_expired);
  ADD ("no-authorities", test_no_authorities);
  ADD ("proxy", test_proxy);
  return g_test_run ();
}
