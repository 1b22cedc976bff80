/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-state-file.h"

#include "phaeton-error.h"

#include <glib/gstdio.h>

#include <string.h>

static GHashTable *
parse (const char *text, GError **error)
{
  return phaeton_state_file_parse (text, -1, error);
}

static void
test_round_trip (void)
{
  g_autoptr (GHashTable) table = g_hash_table_new_full (
    g_str_hash, g_str_equal, NULL, (GDestroyNotify) phaeton_saved_charger_free);
  PhaetonSavedCharger *saved = phaeton_saved_charger_new (7250);
  g_autoptr (GBytes) text = NULL;
  g_autoptr (GHashTable) again = NULL;
  const PhaetonSavedCharger *read;

  saved->command.mode = PHAETON_MODE_SCHEDULED;
  saved->command.enabled = TRUE;
  saved->command.phases = 1;
  saved->position = 1;
  saved->auto_start = 1;
  saved->device_instance = 41;
  g_free (saved->custom_name);
  saved->custom_name = g_strdup ("Garage \"\xc3\xbc\"");
  saved->session = (PhaetonSessionState){ .exists = TRUE,
                                          .running = TRUE,
                                          .id = "0b9f6a52-0000-4000-8000-000000000001",
                                          .started_at = 1756540800,
                                          .start_wh = 2485080,
                                          .last_wh = 2509450,
                                          .gained_wh = 24370,
                                          .charging_ms = 8671000,
                                          .peak_w = 10950,
                                          .cost_micros = 6092500,
                                          .cost_known = TRUE };
  g_hash_table_insert (table, (char *) "garage", saved);
  text = phaeton_state_file_print (table);
  again = phaeton_state_file_parse (g_bytes_get_data (text, NULL), (gssize) g_bytes_get_size (text),
                                    NULL);
  g_assert_nonnull (again);
  g_assert_cmpuint (g_hash_table_size (again), ==, 1);
  read = g_hash_table_lookup (again, "garage");
  g_assert_nonnull (read);
  g_assert_cmpmem (&read->command, sizeof read->command, &saved->command, sizeof saved->command);
  g_assert_cmpmem (&read->session, sizeof read->session, &saved->session, sizeof saved->session);
  g_assert_cmpstr (read->custom_name, ==, saved->custom_name);
  g_assert_cmpint (read->device_instance, ==, 41);
  g_assert_cmpint (read->position, ==, 1);
  g_assert_cmpint (read->auto_start, ==, 1);
}

/* FIX 14: what a person set survives; both ancestors' files are read */
static void
test_ancestors (void)
{
  g_autoptr (GHashTable) rust = parse (
    "{\"mode\": 1, \"start_stop\": 1, \"set_current\": 13.5, \"insufficient_solar_start\": 0.0,"
    " \"session\": {\"id\": \"0b9f6a52-0000-4000-8000-000000000002\","
    " \"start_time\": \"2025-08-30T08:12:03.512Z\", \"end_time\": null,"
    " \"start_energy_kwh\": 2485.08, \"end_energy_kwh\": null, \"energy_delivered_kwh\": 4.37,"
    " \"peak_power_w\": 10950.0, \"average_power_w\": 1.0, \"cost\": null,"
    " \"status\": \"Active\"}}",
    NULL);
  g_autoptr (GHashTable) python =
    parse ("{\"mode\": 2, \"start_stop\": 0, \"set_current\": 8.0,"
           " \"session\": {\"total_sessions\": 3, \"total_energy_kwh\": 10.5,"
           " \"last_energy_kwh\": 1.5, \"active_session\": {\"start_time\":"
           " \"2025-08-30T10:12:03\", \"start_energy_kwh\": 100.0,"
           " \"current_energy_kwh\": 101.0}}}",
           NULL);
  const PhaetonSavedCharger *saved;

  g_assert_nonnull (rust);
  saved = g_hash_table_lookup (rust, "1");
  g_assert_cmpint (saved->command.mode, ==, PHAETON_MODE_AUTO);
  g_assert_true (saved->command.enabled);
  g_assert_cmpint (saved->command.set_mA, ==, 13500);
  g_assert_true (saved->session.running);
  g_assert_cmpint (saved->session.started_at, ==, 1756541523);
  g_assert_cmpint (saved->session.start_wh, ==, 2485080);
  g_assert_cmpint (saved->session.gained_wh, ==, 4370);

  g_assert_nonnull (python);
  saved = g_hash_table_lookup (python, "1");
  g_assert_cmpint (saved->command.mode, ==, PHAETON_MODE_SCHEDULED);
  g_assert_false (saved->command.enabled);
  g_assert_true (saved->session.running);
  g_assert_cmpint (saved->session.start_wh, ==, 100000);
}

static void
test_bad_files (void)
{
  g_autofree char *deep = g_strnfill (100000, '[');
  const char *const bad[] = { "", "{", "[]", "3", "{}", "{\"chargers\": 3}", "\xff\xfe", deep };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GHashTable) table = parse (bad[i], &error);

    g_assert_null (table);
    g_assert_nonnull (error);
  }
}

static void
test_absurd_values_become_safe_ones (void)
{
  g_autoptr (GHashTable) table =
    parse ("{\"chargers\": {\"1\": {\"mode\": 99, \"start_stop\": \"yes\", \"set_current_mA\": -5,"
           " \"phases\": 1e300, \"position\": [], \"device_instance\": 70000, \"custom_name\": 5,"
           " \"session\": {\"start_wh\": -3, \"gained_wh\": -10, \"last_wh\": -1, \"id\": null}},"
           " \"2\": 5}}",
           NULL);
  const PhaetonSavedCharger *saved = g_hash_table_lookup (table, "1");

  g_assert_nonnull (saved);
  g_assert_null (g_hash_table_lookup (table, "2"));
  g_assert_cmpint (saved->command.mode, ==, PHAETON_MODE_MANUAL);
  g_assert_false (saved->command.enabled);
  g_assert_cmpint (saved->command.set_mA, ==, PHAETON_MIN_OFFER_mA);
  g_assert_cmpint (saved->command.phases, ==, 0);
  g_assert_cmpint (saved->device_instance, ==, -1);
  g_assert_cmpint (saved->session.gained_wh, ==, 0);
  g_assert_cmpint (saved->session.start_wh, ==, 0);
  g_assert_cmpstr (saved->custom_name, ==, "");
}

static guint n_warnings;

static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  n_warnings += (level & G_LOG_LEVEL_WARNING) != 0;
  return G_LOG_WRITER_HANDLED;
}

/* a torn or foreign file is kept aside, and the daemon begins anew */
static void
test_broken_file_is_kept_aside (void)
{
  g_autofree char *dir = g_dir_make_tmp ("phaeton-state-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "state.json", NULL);
  g_autofree char *aside = g_build_filename (dir, "state.json.broken", NULL);
  g_autoptr (GHashTable) table = NULL;

  g_assert_true (g_file_set_contents (path, "{\"chargers\": {\"1\": {\"mo", -1, NULL));
  table = phaeton_state_file_load (dir, NULL);
  g_assert_cmpuint (n_warnings, ==, 1);
  g_assert_cmpuint (g_hash_table_size (table), ==, 0);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (aside, G_FILE_TEST_EXISTS));
  g_unlink (aside);
  g_rmdir (dir);
}

static void
saved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **out = user_data;

  *out = g_object_ref (result);
}

/* FIX 29: replaced whole, and an error is told */
static void
test_save (void)
{
  g_autofree char *dir = g_dir_make_tmp ("phaeton-state-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "state.json", NULL);
  g_autoptr (GHashTable) table = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) again = NULL;
  g_autoptr (GAsyncResult) result = NULL, bad = NULL;
  g_autoptr (GError) error = NULL;
  PhaetonSavedCharger *saved = phaeton_saved_charger_new (16000);

  g_hash_table_insert (table, (char *) "1", saved);
  phaeton_state_file_save_async (dir, table, saved_cb, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (phaeton_state_file_save_finish (result, &error));
  g_assert_no_error (error);
  again = phaeton_state_file_load (dir, NULL);
  g_assert_nonnull (g_hash_table_lookup (again, "1"));

  phaeton_state_file_save_async ("/proc/nowhere", table, saved_cb, &bad);
  while (bad == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (phaeton_state_file_save_finish (bad, &error));
  g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_STORAGE);
  phaeton_saved_charger_free (saved);
  g_unlink (path);
  g_rmdir (dir);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_warnings, NULL, NULL);
  g_test_add_func ("/state-file/round-trip", test_round_trip);
  g_test_add_func ("/state-file/fix-14-ancestors", test_ancestors);
  g_test_add_func ("/state-file/bad-files", test_bad_files);
  g_test_add_func ("/state-file/absurd-values", test_absurd_values_become_safe_ones);
  g_test_add_func ("/state-file/broken-file-is-kept-aside", test_broken_file_is_kept_aside);
  g_test_add_func ("/state-file/fix-29-save", test_save);
  return g_test_run ();
}
