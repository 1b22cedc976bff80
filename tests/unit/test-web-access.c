/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-web-accounts.h"
#include "phaeton-web-guard.h"
#include "phaeton-web-origin.h"

#include "phaeton-error.h"

#include <glib/gstdio.h>
#include <string.h>

static void
test_hosts_are_told_apart (void)
{
  static const struct {
    const char *header;
    const char *name; /* NULL: none */
    gboolean is_loopback, is_ours;
  } cases[] = {
    { "localhost", "localhost", TRUE, TRUE },
    { "LocalHost:8088", "localhost", TRUE, TRUE },
    { "localhost.", "localhost", TRUE, TRUE },
    { "127.0.0.1:8088", "127.0.0.1", TRUE, TRUE },
    { "127.9.9.9", "127.9.9.9", TRUE, TRUE },
    { "[::1]:8088", "::1", TRUE, TRUE },
    { "192.168.1.2", "192.168.1.2", FALSE, TRUE },
    { "charger.example", "charger.example", FALSE, TRUE },
    { "evil.example", "evil.example", FALSE, FALSE },
    { "localhost.evil.example", "localhost.evil.example", FALSE, FALSE },
    { "127.0.0.1.evil.example", "127.0.0.1.evil.example", FALSE, FALSE },
    { "", NULL },
    { ":80", NULL },
    { "[::1", NULL },
    { "localhost:x", NULL },
    { "localhost@evil.example", NULL },
    { "localhost, evil.example", NULL },
    { ".", NULL },
  };
  static const char *const trusted[] = { "Charger.Example", NULL };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *name = phaeton_web_host_dup_name (cases[i].header);

    g_test_message ("%s", cases[i].header);
    g_assert_cmpstr (name, ==, cases[i].name);
    if (name == NULL)
      continue;
    g_assert_cmpint (phaeton_web_host_is_loopback (name), ==, cases[i].is_loopback);
    g_assert_cmpint (phaeton_web_host_is_ours (name, trusted), ==, cases[i].is_ours);
  }
  g_assert_null (phaeton_web_host_dup_name (NULL));
}

static void
test_origins_are_compared (void)
{
  g_assert_true (phaeton_web_origin_is_same ("http://box:8088", "box:8088", FALSE));
  g_assert_true (phaeton_web_origin_is_same ("https://box", "BOX", TRUE));
  g_assert_false (phaeton_web_origin_is_same ("http://box:8088", "box", FALSE));
  g_assert_false (phaeton_web_origin_is_same ("http://box", "box", TRUE));
  g_assert_false (phaeton_web_origin_is_same ("http://evil", "box", FALSE));
  g_assert_false (phaeton_web_origin_is_same ("null", "box", FALSE));
  g_assert_false (phaeton_web_origin_is_same ("http://box", NULL, FALSE));
}

static void
test_bucket_empties_and_fills (void)
{
  g_autoptr (PhaetonWebGuard) guard = phaeton_web_guard_new ();
  guint passed = 0;

  while (phaeton_web_guard_take (guard, 1, 1000) == 0)
    passed++;
  g_assert_cmpuint (passed, ==, 200);
  g_assert_cmpint (phaeton_web_guard_take (guard, 2, 1000), ==, 0); /* another one */
  g_assert_cmpint (phaeton_web_guard_take (guard, 1, 1000), >, 0);
  g_assert_cmpint (phaeton_web_guard_take (guard, 1, 1000 + 20), ==, 0);
  g_assert_cmpint (phaeton_web_guard_take (guard, 1, 1000 + 20), >, 0);
  for (passed = 0; phaeton_web_guard_take (guard, 1, 1000000) == 0;)
    passed++;
  g_assert_cmpuint (passed, ==, 200);
}

static void
test_guard_is_bounded (void)
{
  g_autoptr (PhaetonWebGuard) guard = phaeton_web_guard_new ();
  guint passed = 0;

  for (guint64 peer = 1; peer < 100000; peer++)
    passed += phaeton_web_guard_take (guard, peer, 1000) == 0;
  g_assert_cmpuint (passed, <, 2000); /* a crowd shares one account */
  g_assert_cmpint (phaeton_web_guard_take (guard, 1, 100000), ==, 0);
}

static void
test_wrong_passwords_wait (void)
{
  g_autoptr (PhaetonWebGuard) guard = phaeton_web_guard_new ();
  gint64 before = 0;

  for (int i = 0; i < 3; i++) {
    g_assert_cmpint (phaeton_web_guard_get_delay (guard, 1, 1000), ==, 0);
    phaeton_web_guard_fail (guard, 1, 1000);
  }
  for (int i = 0; i < 100; i++) {
    const gint64 delay = phaeton_web_guard_get_delay (guard, 1, 1000);

    g_assert_cmpint (delay, >=, before);
    g_assert_cmpint (delay, >, 0);
    g_assert_cmpint (delay, <=, 300000);
    before = delay;
    phaeton_web_guard_fail (guard, 1, 1000);
  }
  g_assert_cmpint (phaeton_web_guard_get_delay (guard, 2, 1000), ==, 0);
  g_assert_cmpint (phaeton_web_guard_get_delay (guard, 1, 1000 + 300000), ==, 0);
  phaeton_web_guard_succeed (guard, 1);
  g_assert_cmpint (phaeton_web_guard_get_delay (guard, 1, 1000), ==, 0);
}

static void
test_accounts_survive_a_trip (void)
{
  g_autoptr (PhaetonWebAccounts) accounts = phaeton_web_accounts_new ();
  g_autoptr (PhaetonWebAccounts) read = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *secret = NULL;
  g_autofree char *brief = NULL;
  const PhaetonWebToken *token;

  phaeton_web_accounts_put_user (accounts, "ann", PHAETON_ROLE_ADMIN, "$y$hash");
  phaeton_web_accounts_add_token (accounts, "meter", PHAETON_ROLE_VIEWER, 100, 0, &secret);
  phaeton_web_accounts_add_token (accounts, "brief", PHAETON_ROLE_DRIVER, 100, 200, &brief);
  bytes = phaeton_web_accounts_print (accounts);
  g_assert_null (
    g_strstr_len (g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes), secret));
  read =
    phaeton_web_accounts_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &error);
  g_assert_no_error (error);
  g_assert_cmpint (phaeton_web_accounts_find_user (read, "ann")->role, ==, PHAETON_ROLE_ADMIN);
  token = phaeton_web_accounts_find_token (read, secret, 1000000);
  g_assert_cmpint (token->role, ==, PHAETON_ROLE_VIEWER);
  g_assert_nonnull (phaeton_web_accounts_find_token (read, brief, 199));
  g_assert_null (phaeton_web_accounts_find_token (read, brief, 200));
  g_assert_null (phaeton_web_accounts_find_token (read, "pht_", 100));
  g_assert_true (phaeton_web_accounts_remove_token (read, token->id));
  g_assert_null (phaeton_web_accounts_find_token (read, secret, 100));
}

static void
test_bad_accounts_are_refused (void)
{
  static const char *const texts[] = {
    "",
    "[]",
    "{\"users\":[1]}",
    "{\"users\":[{\"name\":\"a\",\"role\":\"root\",\"password\":\"\"}]}",
    "{\"users\":[{\"name\":\"../a\",\"role\":\"admin\",\"password\":\"\"}]}",
    "{\"tokens\":[{\"id\":\"1\",\"name\":\"a\",\"role\":\"admin\"}]}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (phaeton_web_accounts_parse (texts[i], strlen (texts[i]), &error));
    g_assert_nonnull (error);
  }
  g_assert_false (phaeton_web_user_name_is_valid (""));
  g_assert_false (phaeton_web_user_name_is_valid ("a b"));
  g_assert_true (phaeton_web_user_name_is_valid ("ann@home.example"));
}

typedef struct {
  char *hash;
  gboolean is_right, done;
} Result;

static void
hashed_cb (GObject *source, GAsyncResult *async, gpointer user_data)
{
  Result *result = user_data;
  g_autoptr (GError) error = NULL;

  result->hash = phaeton_web_password_hash_finish (async, &error);
  g_assert_no_error (error);
  result->done = TRUE;
}

static void
checked_cb (GObject *source, GAsyncResult *async, gpointer user_data)
{
  Result *result = user_data;
  g_autoptr (GError) error = NULL;

  phaeton_web_password_check_finish (async, &result->is_right, &error);
  g_assert_no_error (error);
  result->done = TRUE;
}

static gboolean
is_right (const char *password, const char *hash)
{
  Result result = { 0 };

  phaeton_web_password_check_async (password, hash, NULL, checked_cb, &result);
  while (!result.done)
    g_main_context_iteration (NULL, TRUE);
  return result.is_right;
}

static void
test_passwords_are_yescrypt (void)
{
  Result result = { 0 };

  phaeton_web_password_hash_async ("correct horse", NULL, hashed_cb, &result);
  while (!result.done)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (g_str_has_prefix (result.hash, "$y$"));
  g_assert_true (is_right ("correct horse", result.hash));
  g_assert_false (is_right ("correct hors", result.hash));
  g_assert_false (is_right ("correct horse", NULL));
  g_assert_false (is_right ("correct horse", "*0"));
  g_free (result.hash);
}

#define CROWD 4

static guint
count_threads (void)
{
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (folder) != NULL)
    n++;
  return n;
}

/* each takes a core and megabytes: a crowd of them waits in line, for one thread */
static void
test_passwords_are_hashed_one_at_a_time (void)
{
  Result results[CROWD] = { 0 };
  const guint before = count_threads ();

  for (guint i = 0; i < CROWD; i++)
    phaeton_web_password_hash_async ("correct horse", NULL, hashed_cb, &results[i]);
  g_assert_cmpuint (count_threads (), <=, before + 1);
  for (guint i = 0; i < CROWD; i++) {
    while (!results[i].done)
      g_main_context_iteration (NULL, TRUE);
    g_free (results[i].hash);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/web-access/hosts-are-told-apart", test_hosts_are_told_apart);
  g_test_add_func ("/web-access/origins-are-compared", test_origins_are_compared);
  g_test_add_func ("/web-access/bucket-empties-and-fills", test_bucket_empties_and_fills);
  g_test_add_func ("/web-access/guard-is-bounded", test_guard_is_bounded);
  g_test_add_func ("/web-access/wrong-passwords-wait", test_wrong_passwords_wait);
  g_test_add_func ("/web-access/accounts-survive-a-trip", test_accounts_survive_a_trip);
  g_test_add_func ("/web-access/bad-accounts-are-refused", test_bad_accounts_are_refused);
  g_test_add_func ("/web-access/passwords-are-yescrypt", test_passwords_are_yescrypt);
  g_test_add_func ("/web-access/passwords-are-hashed-one-at-a-time",
                   test_passwords_are_hashed_one_at_a_time);
  return g_test_run ();
}
