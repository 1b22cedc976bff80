/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-test"
#include "phaeton-log-private.h"
#include "phaeton-mask.h"

#include <glib/gstdio.h>
#include <string.h>

static char *directory, *path;

static char *
dup_file (const char *suffix)
{
  g_autofree char *name = g_strconcat (path, suffix, NULL);
  char *text = NULL;

  g_file_get_contents (name, &text, NULL, NULL);
  return text;
}

/* what was queued is written when the thread ends */
static void
begin (guint64 max_file_bytes, guint backup_count, gboolean json)
{
  const PhaetonLogOptions options = { .console_level = G_LOG_LEVEL_DEBUG,
                                      .file_level = G_LOG_LEVEL_INFO,
                                      .json = json,
                                      .file = path,
                                      .max_file_bytes = max_file_bytes,
                                      .backup_count = backup_count };

  phaeton_log_start (&options);
}

static void
test_masks (void)
{
  static const char *const secrets[] = { "correct horse", "short", "tibber-5K4MVS", NULL };
  static const char *const texts[][2] = {
    { "login of ann with correct horse failed", "login of ann with *** failed" },
    { "api answered 400: tibber-5K4MVS", "api answered 400: ***" },
    { "short words stay", "short words stay" },
    { "cannot reach https://ann:hunter2@example.org:443/a",
      "cannot reach https://***@example.org:443/a" },
    { "Authorization: Bearer eyJ.a-b_c/d+e=", "Authorization: Bearer ***" },
    { "token pht_aB-3_x was used", "token pht_*** was used" },
    { "GET /x?access_token=abc&b=1", "GET /x?access_token=***&b=1" },
    { "{\"password\": \"abc def\"}", "{\"password\": \"*** def\"}" },
    { "plain http://example.org/a@b", "plain http://example.org/a@b" },
    { "Token 5 was made for a viewer", "Token 5 was made for a viewer" },
  };

  phaeton_mask_set_secrets (secrets);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autofree char *masked = phaeton_mask_dup (texts[i][0]);

    g_assert_cmpstr (masked, ==, texts[i][1]);
  }
}

/* password, tokens, the price account's token, an address with credentials: in no sink */
static void
test_fix_53_no_secret_in_any_sink (void)
{
  static const char *const secrets[] = { "tibber-5K4MVS", NULL };
  const PhaetonLogFilter all = { 0 };
  g_autofree char *text = NULL;
  g_autofree char *kept = NULL;

  phaeton_mask_set_secrets (secrets);
  phaeton_log_set_web_level (G_LOG_LEVEL_DEBUG);
  begin (0, 0, FALSE);
  phaeton_message ("1", "tibber-5K4MVS refused, http://ann:hunter2@host/ too, Bearer abcdef");
  phaeton_message ("", "password=hunter2 pht_secretsecret");
  phaeton_log_stop ();
  text = dup_file ("");
  kept = phaeton_log_dup_lines (&all, 100, TRUE);
  for (guint i = 0; i < 4; i++) {
    const char *const words[] = { "5K4MVS", "hunter2", "abcdef", "secretsecret" };

    g_assert_null (strstr (text, words[i]));
    g_assert_null (strstr (kept, words[i]));
  }
  g_assert_nonnull (strstr (text, "test[1]: *** refused, http://***@host/ too, Bearer ***"));
}

static void
test_fix_59_rotated_by_size (void)
{
  g_autofree char *now = NULL, *first = NULL, *second = NULL, *third = NULL;

  begin (2000, 2, FALSE);
  for (int i = 0; i < 100; i++)
    phaeton_message ("", "line %d \x1b[31mwithout colours", i);
  phaeton_log_stop ();
  now = dup_file ("");
  first = dup_file (".1");
  second = dup_file (".2");
  third = dup_file (".3");
  g_assert_nonnull (strstr (now, "line 99 "));
  g_assert_null (strchr (now, '\x1b'));
  g_assert_cmpuint (strlen (now), <=, 2000);
  g_assert_cmpuint (strlen (first), <=, 2000);
  g_assert_cmpuint (strlen (second), <=, 2000);
  g_assert_null (third);
}

static void
test_reopened (void)
{
  g_autofree char *moved = g_strconcat (path, ".moved", NULL);
  g_autofree char *before = NULL, *after = NULL;

  begin (0, 0, FALSE);
  phaeton_message ("", "before");
  phaeton_log_stop ();
  begin (0, 0, FALSE);
  g_assert_cmpint (g_rename (path, moved), ==, 0);
  phaeton_log_reopen ();
  phaeton_message ("", "after");
  phaeton_log_stop ();
  before = dup_file (".moved");
  after = dup_file ("");
  g_assert_nonnull (strstr (before, "before"));
  g_assert_null (strstr (before, "after"));
  g_assert_nonnull (strstr (after, "after"));
  g_unlink (moved);
}

static void
test_json_lines (void)
{
  g_autofree char *text = NULL;

  begin (0, 0, TRUE);
  phaeton_message ("7", "a \"quoted\" word\nand a line");
  phaeton_log_stop ();
  text = dup_file ("");
  g_assert_nonnull (strstr (text, "\"level\":\"INFO\",\"area\":\"test\",\"device\":\"7\","
                                  "\"message\":\"a \\\"quoted\\\" word\\u000aand a line\"}\n"));
}

static GString *journal; /* what the thread of the log wrote; read when it has ended */
static GThread *journal_thread;

static GLogWriterOutput
keep_fields (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  journal_thread = g_thread_self ();
  for (gsize i = 0; i < n_fields; i++)
    g_string_append_printf (journal, "%s=%s\n", fields[i].key, (const char *) fields[i].value);
  return G_LOG_WRITER_HANDLED;
}

/* fields that journalctl can ask for, written by the thread that may wait; the file as ever */
static void
test_journal_gets_fields (void)
{
  static const char *const wanted[] = { "MESSAGE=car is plugged, password=***\n",
                                        "PHAETON_DEVICE=3\n", "GLIB_DOMAIN=phaeton-test\n",
                                        "PRIORITY=5\n", "CODE_FUNC=test_journal_gets_fields\n" };
  PhaetonLogOptions options = { .console = TRUE,
                                .console_level = G_LOG_LEVEL_MESSAGE,
                                .file_level = G_LOG_LEVEL_INFO,
                                .file = path };
  g_autofree char *text = NULL;

  journal = g_string_new (NULL);
  g_unlink (path);
  phaeton_log_set_journal (keep_fields);
  phaeton_log_start (&options);
  phaeton_info ("3", "below the level of the journal");
  phaeton_message ("3", "car is plugged, password=%s", "hunter2");
  phaeton_log_stop ();
  phaeton_log_set_journal (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
    if (strstr (journal->str, wanted[i]) == NULL)
      g_error ("%s is missing in %s", wanted[i], journal->str);
  g_assert_null (strstr (journal->str, "below"));
  g_assert_true (journal_thread != g_thread_self ());
  text = dup_file ("");
  g_assert_nonnull (strstr (text, "below the level"));
  g_assert_nonnull (strstr (text, "test[3]: car is plugged, password=***"));
  g_string_free (journal, TRUE);
}

/* each sink has a level of its own, and so have the lines in memory */
static void
test_levels_of_sinks (void)
{
  const PhaetonLogFilter all = { 0 };
  g_autofree char *text = NULL, *kept = NULL;

  g_unlink (path);
  phaeton_log_set_web_level (G_LOG_LEVEL_WARNING);
  begin (0, 0, FALSE);
  phaeton_debug ("", "level-debug");
  phaeton_info ("", "level-info");
  phaeton_log_set_web_level (G_LOG_LEVEL_DEBUG); /* beyond the file's, FIX 59 */
  phaeton_debug ("", "level-deeper");
  phaeton_log_stop ();
  text = dup_file ("");
  kept = phaeton_log_dup_lines (&all, 1000, TRUE);
  g_assert_null (strstr (text, "level-debug"));
  g_assert_nonnull (strstr (text, "level-info"));
  g_assert_null (strstr (text, "level-deeper"));
  g_assert_null (strstr (kept, "level-info"));
  g_assert_nonnull (strstr (kept, "level-deeper"));
}

static void
test_filters (void)
{
  const PhaetonLogFilter warnings = { .level = G_LOG_LEVEL_MESSAGE };
  const PhaetonLogFilter charger = { .device = "9" };
  const PhaetonLogFilter area = { .area = "elsewhere" };
  g_autofree char *first = NULL, *second = NULL, *third = NULL, *last = NULL, *since = NULL;
  guint64 serial = 0;

  phaeton_log_set_web_level (G_LOG_LEVEL_DEBUG);
  begin (0, 0, FALSE);
  g_free (phaeton_log_dup_since (&charger, &serial));
  phaeton_debug ("9", "small");
  phaeton_message ("8", "other");
  phaeton_message ("9", "large");
  g_log_structured ("phaeton-elsewhere", G_LOG_LEVEL_INFO, "PHAETON_DEVICE", "9", "MESSAGE",
                    "away");
  since = phaeton_log_dup_since (&charger, &serial);
  first = phaeton_log_dup_lines (&charger, 10, FALSE);
  second = phaeton_log_dup_lines (&area, 10, TRUE);
  third = phaeton_log_dup_lines (&warnings, 2, TRUE);
  last = phaeton_log_dup_lines (&charger, 1, TRUE);
  phaeton_log_stop ();
  g_assert_cmpstr (since, ==, first);
  g_assert_true (strstr (first, "small") != NULL && strstr (first, "large") != NULL);
  g_assert_null (strstr (first, "other"));
  g_assert_true (strstr (second, "away") != NULL && strstr (second, "large") == NULL);
  g_assert_true (strstr (third, "other") != NULL && strstr (third, "small") == NULL);
  g_assert_true (strstr (last, "away") != NULL && strstr (last, "large") == NULL);
  g_assert_null (phaeton_log_dup_since (&charger, &serial));
}

int
main (int argc, char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  directory = g_dir_make_tmp ("phaeton-log-XXXXXX", NULL);
  path = g_build_filename (directory, "phaeton.log", NULL);
  g_test_add_func ("/log/masks", test_masks);
  g_test_add_func ("/log/fix-53-no-secret-in-any-sink", test_fix_53_no_secret_in_any_sink);
  g_test_add_func ("/log/fix-59-rotated-by-size", test_fix_59_rotated_by_size);
  g_test_add_func ("/log/reopened", test_reopened);
  g_test_add_func ("/log/json-lines", test_json_lines);
  g_test_add_func ("/log/journal-gets-fields", test_journal_gets_fields);
  g_test_add_func ("/log/fix-59-levels-of-sinks", test_levels_of_sinks);
  g_test_add_func ("/log/filters", test_filters);
  status = g_test_run ();
  for (int i = 0; i < 3; i++) {
    g_autofree char *name = i > 0 ? g_strdup_printf ("%s.%d", path, i) : g_strdup (path);

    g_unlink (name);
  }
  g_rmdir (directory);
  g_free (directory);
  g_free (path);
  return status;
}
