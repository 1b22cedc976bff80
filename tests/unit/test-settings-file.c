/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "phaeton-error.h"
#include "phaeton-file.h"
#include "phaeton-settings-private.h"
#include "settings-problems.h"
#include "phaeton-worker.h"

#include <gio/gio.h>

static void
test_search_order (void)
{
  g_auto (GStrv) paths = phaeton_file_list_candidates ("/here", "/r");

  g_assert_cmpstr (paths[0], ==, "/here/phaeton_config.yaml");
  g_assert_cmpstr (paths[1], ==, "/r/data/phaeton_config.yaml");
  g_assert_cmpstr (paths[2], ==, "/r/etc/phaeton/config.yaml");
  g_assert_cmpstr (paths[3], ==, "/here/alfen_driver_config.yaml");
}

typedef struct {
  char *folder, *path;
  PhaetonSettings *settings;
  GMainLoop *loop;
  gboolean ok;
  GError *error;
  GPtrArray *problems;
  guint n_changes;
} Fixture;

static void
start (Fixture *self, const char *yaml)
{
  g_autoptr (GError) error = NULL;

  self->folder = g_dir_make_tmp ("phaeton-settings-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "config.yaml", NULL);
  self->loop = g_main_loop_new (NULL, FALSE);
  g_assert_true (g_file_set_contents (self->path, yaml, -1, NULL));
  self->settings = phaeton_settings_load (self->path, self->folder, &error);
  g_assert_no_error (error);
}

static void
stop (Fixture *self)
{
  g_autofree char *secrets = g_build_filename (self->folder, "secrets", NULL);

  phaeton_worker_drain ();
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_clear_object (&self->settings);
  g_clear_error (&self->error);
  g_clear_pointer (&self->problems, g_ptr_array_unref);
  g_main_loop_unref (self->loop);
  g_unlink (self->path);
  g_unlink (secrets);
  g_rmdir (self->folder);
  g_free (self->folder);
  g_free (self->path);
}

static void
patched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *self = user_data;

  self->ok = phaeton_settings_patch_finish (self->settings, result, &self->problems, &self->error);
  g_main_loop_quit (self->loop);
}

static gboolean
patch (Fixture *self, const char *json)
{
  g_autoptr (JsonNode) node = json_from_string (json, NULL);

  g_clear_error (&self->error);
  g_clear_pointer (&self->problems, g_ptr_array_unref);
  phaeton_settings_patch_async (self->settings, node, NULL, patched_cb, self);
  g_main_loop_run (self->loop);
  return self->ok;
}

static void
assert_file (Fixture *self, const char *expected)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (self->path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
}

/* FIX 36, 37: the file in use is the one that is changed, and only what was asked for */
static void
test_fix_36_37_save_keeps_the_file (void)
{
  Fixture f = { 0 };

  start (&f, "# mine\nmodbus:\n  ip: 10.0.0.5   # the box\n  port: 502\n\n# cars\n"
             "vehicles:\n  tesla: {provider: tesla}\ncontrols: {max_set_current: 32}\n"
             "schedule:\n  items:\n    - active: true\n      start_time: \"01:00\"\n"
             "      end_time: \"02:00\"\n# end\n");
  g_assert_true (patch (&f, "{\"modbus\":{\"ip\":\"10.0.0.6\",\"port\":null,"
                            "\"socket_slave_id\":2},\"controls\":{\"max_set_current\":16.5},"
                            "\"web\":{\"port\":9000},\"schedule\":{\"items\":[{\"active\":true,"
                            "\"days\":[0,6],\"start_time\":\"03:00\",\"end_time\":\"04:00\"}]},"
                            "\"poll_interval_ms\":2000}"));
  assert_file (&f, "# mine\nmodbus:\n  ip: 10.0.0.6   # the box\n  socket_slave_id: 2\n\n# cars\n"
                   "vehicles:\n  tesla: {provider: tesla}\ncontrols: {max_set_current: 16.5}\n"
                   "schedule:\n  items:\n    - active: true\n      days: [0, 6]\n"
                   "      start_time: \"03:00\"\n      end_time: \"04:00\"\n\nweb:\n  port: 9000\n"
                   "poll_interval_ms: 2000\n# end\n");
  g_assert_cmpint (phaeton_settings_get_config (f.settings)->chargers[0].modbus.port, ==, 502);
  g_assert_cmpint (phaeton_settings_get_config (f.settings)->chargers[0].controls.max_set_mA, ==,
                   16500);
  stop (&f);
}

static void
test_bad_patch_changes_nothing (void)
{
  const char *yaml = "modbus:\n  ip: 10.0.0.5\n";
  Fixture f = { 0 };

  start (&f, yaml);
  g_assert_false (patch (&f, "{\"modbus\":{\"port\":0}}"));
  g_assert_error (f.error, PHAETON_ERROR, PHAETON_ERROR_CONFIG);
  assert_problem (f.problems, "modbus.port");
  assert_file (&f, yaml);
  g_assert_cmpint (phaeton_settings_get_config (f.settings)->chargers[0].modbus.port, ==, 502);
  stop (&f);
}

/* the whole document sent back, as the form does, changes nothing */
static void
test_fix_38_document_round_trip (void)
{
  const char *yaml = "modbus:\n  ip: 10.0.0.5\ndefaults:\n  intended_set_current: 6.10\n"
                     "circuits:\n  house: {fuse_milliamps: 25000, meter: grid}\n"
                     "web: {cors_origins: [\"http://a.b\"]}\n"
                     "chargers:\n  x:\n    modbus: {ip: h}\n    circuit: house\n"
                     "    schedule: {deadline: {by: \"07:00\"}}\n";
  Fixture f = { 0 };
  g_autoptr (JsonNode) document = NULL;
  g_autofree char *json = NULL, *text = NULL;
  JsonObject *controls;

  start (&f, yaml);
  document = phaeton_settings_dup_document (f.settings);
  json = json_to_string (document, FALSE);
  controls = json_object_get_object_member (json_node_get_object (document), "controls");
  text = phaeton_number_to_text (
    json_object_get_double_member (controls, "update_difference_threshold"));
  g_assert_cmpstr (text, ==, "0.1"); /* not 0.10000000149 */
  g_assert_true (patch (&f, json));
  assert_file (&f, yaml);
  stop (&f);
}

static void
test_fix_53_secrets_are_masked_and_kept (void)
{
  Fixture f = { 0 };
  g_autofree char *secrets = NULL, *stored = NULL, *json = NULL;
  g_autoptr (JsonNode) document = NULL;
  GStatBuf info;

  start (&f, "modbus:\n  ip: 10.0.0.5\n");
  g_assert_true (patch (&f, "{\"tibber\":{\"access_token\":\"s3cret\"}}"));
  assert_file (&f, "modbus:\n  ip: 10.0.0.5\n");
  secrets = g_build_filename (f.folder, "secrets", NULL);
  g_assert_true (g_file_get_contents (secrets, &stored, NULL, NULL));
  g_assert_nonnull (strstr (stored, "s3cret"));
  g_assert_cmpint (g_stat (secrets, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
  document = phaeton_settings_dup_document (f.settings);
  json = json_to_string (document, FALSE);
  g_assert_null (strstr (json, "s3cret"));
  g_assert_nonnull (strstr (json, "\"access_token\":\"********\""));
  g_assert_true (patch (&f, json)); /* masked: keep */
  g_clear_object (&f.settings);
  f.settings = phaeton_settings_load (f.path, f.folder, NULL);
  json_node_unref (document);
  document = phaeton_settings_dup_document (f.settings);
  g_free (json);
  json = json_to_string (document, FALSE);
  g_assert_nonnull (strstr (json, "\"access_token\":\"********\""));
  stop (&f);
}

/* a map by name becomes a list: never both shapes in one file */
static void
test_patch_of_vehicles_leaves_one_shape (void)
{
  Fixture f = { 0 };

  start (&f, "modbus:\n  ip: 10.0.0.5\nvehicle: {provider: kia}\nvehicles:\n"
             "  one: {provider: tesla, tesla_access_token: s3cret}\n  two: {provider: kia}\n");
  g_assert_true (patch (&f, "{\"vehicles\":{\"items\":[{\"name\":\"one\",\"provider\":\"tesla\","
                            "\"tesla_access_token\":\"********\"}]}}"));
  assert_file (&f, "modbus:\n  ip: 10.0.0.5\nvehicles:\n  - name: one\n    provider: tesla\n"
                   "    tesla_access_token: s3cret\n");
  g_assert_true (patch (&f, "{\"vehicles\":null}"));
  assert_file (&f, "modbus:\n  ip: 10.0.0.5\n");
  stop (&f);
}

static void
test_places_after_a_save (void)
{
  Fixture f = { 0 };
  PhaetonConfig *config;

  start (&f, "modbus:\n  port: 502\n  ip: 10.0.0.5\n\npoll_interval_ms: 300\n");
  assert_problem (phaeton_settings_get_problems (f.settings), "f:5: poll_interval_ms");
  g_assert_true (patch (&f, "{\"modbus\":{\"port\":null},\"timezone\":\"UTC\"}"));
  assert_problem (phaeton_settings_get_problems (f.settings), "f:4: poll_interval_ms");
  config = phaeton_settings_get_config (f.settings);
  g_assert_cmpstr (config->timezone, ==, "UTC");
  stop (&f);
}

/* a person edits while we save: both changes stay, and both are in force */
static void
test_edit_beside_a_save (void)
{
  Fixture f = { 0 };

  start (&f, "modbus:\n  ip: 10.0.0.5\n");
  g_assert_true (g_file_set_contents (f.path, "modbus:\n  ip: 10.0.0.9\n", -1, NULL));
  g_assert_true (patch (&f, "{\"timezone\":\"UTC\"}"));
  assert_file (&f, "modbus:\n  ip: 10.0.0.9\ntimezone: UTC\n");
  g_assert_cmpstr (phaeton_settings_get_config (f.settings)->chargers[0].modbus.host, ==,
                   "10.0.0.9");
  g_assert_cmpstr (phaeton_settings_get_config (f.settings)->timezone, ==, "UTC");
  stop (&f);
}

static void
wait_until_saved (Fixture *self)
{
  while (self->settings->is_saving)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_failed_save_is_tried_again (void)
{
  Fixture f = { 0 };
  g_autofree char *real = NULL;

  start (&f, "modbus:\n  ip: 10.0.0.5\n");
  real = g_strconcat (f.path, ".away", NULL);
  g_assert_cmpint (g_rename (f.path, real), ==, 0);
  g_assert_cmpint (g_mkdir (f.path, 0700), ==, 0); /* no file can be written here */
  g_assert_false (patch (&f, "{\"timezone\":\"UTC\"}"));
  g_assert_error (f.error, PHAETON_ERROR, PHAETON_ERROR_STORAGE);
  g_assert_cmpstr (phaeton_settings_get_config (f.settings)->timezone, ==, "UTC");
  g_assert_false (patch (&f, "{\"timezone\":\"Europe/Amsterdam\",\"poll_interval_ms\":2000}"));
  g_assert_cmpuint (f.settings->unsaved->len, ==,
                    2); /* the newer zone took the place of the older */
  g_assert_cmpuint (f.settings->retry_id, !=, 0);
  g_assert_cmpint (g_rmdir (f.path), ==, 0);
  g_assert_cmpint (g_rename (real, f.path), ==, 0);
  phaeton_settings_save (f.settings); /* what the timer does */
  wait_until_saved (&f);
  assert_file (&f, "modbus:\n  ip: 10.0.0.5\ntimezone: Europe/Amsterdam\n"
                   "poll_interval_ms: 2000\n");
  g_assert_cmpuint (f.settings->unsaved->len, ==, 0);
  g_assert_cmpuint (f.settings->retry_id, ==, 0);
  stop (&f);
}

static void
write_and_wait (Fixture *self, const char *text, gboolean refused)
{
  g_assert_true (g_file_set_contents (self->path, text, -1, NULL));
  while ((self->settings->refused != NULL) != refused)
    g_main_context_iteration (NULL, TRUE);
}

/* the file cannot be taken: a change applies and waits, and the problems of the file stay told */
static void
test_change_beside_a_broken_file (void)
{
  Fixture f = { 0 };

  start (&f, "modbus:\n  ip: 10.0.0.5\n");
  phaeton_settings_watch (f.settings);
  write_and_wait (&f, "modbus:\n  ip: [\n", TRUE);
  g_assert_cmpuint (phaeton_settings_get_problems (f.settings)->len, >, 0);
  g_assert_false (patch (&f, "{\"timezone\":\"Europe/Amsterdam\"}"));
  g_assert_error (f.error, PHAETON_ERROR, PHAETON_ERROR_STORAGE);
  g_assert_cmpuint (phaeton_settings_get_problems (f.settings)->len, >, 0);
  write_and_wait (&f, "modbus:\n  ip: 10.0.0.9\n", FALSE);
  g_assert_cmpuint (phaeton_settings_get_problems (f.settings)->len, ==, 0);
  wait_until_saved (&f);
  assert_file (&f, "modbus:\n  ip: 10.0.0.9\ntimezone: Europe/Amsterdam\n");
  g_assert_cmpstr (phaeton_settings_get_config (f.settings)->timezone, ==, "Europe/Amsterdam");
  stop (&f);
}

static void
test_save_path (void)
{
  g_autofree char *root = g_dir_make_tmp ("phaeton-root-XXXXXX", NULL);
  g_autofree char *etc = g_build_filename (root, "etc", "phaeton", NULL);
  g_autofree char *data = g_build_filename (root, "data", NULL);
  g_autofree char *here = g_build_filename (root, "here", NULL);
  g_autofree char *none = phaeton_file_find_save_path (here, root);
  g_autofree char *in_etc = NULL, *in_data = NULL, *in_here = NULL;

  g_assert_null (none);
  g_assert_cmpint (g_mkdir_with_parents (etc, 0700), ==, 0);
  in_etc = phaeton_file_find_save_path (here, root);
  g_assert_true (g_str_has_suffix (in_etc, "/etc/phaeton/config.yaml"));
  g_assert_cmpint (g_mkdir (data, 0700), ==, 0);
  in_data = phaeton_file_find_save_path (here, root);
  g_assert_true (g_str_has_suffix (in_data, "/data/phaeton_config.yaml"));
  g_assert_cmpint (g_mkdir (here, 0700), ==, 0);
  in_here = phaeton_file_find_save_path (here, root);
  g_assert_true (g_str_has_suffix (in_here, "/here/phaeton_config.yaml"));
  g_rmdir (here);
  g_rmdir (data);
  g_rmdir (etc);
  g_clear_pointer (&in_etc, g_free);
  in_etc = g_build_filename (root, "etc", NULL);
  g_rmdir (in_etc);
  g_rmdir (root);
}

static void
test_credentials (void)
{
  Fixture f = { 0 };
  g_autofree char *folder = g_dir_make_tmp ("phaeton-credentials-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "phaeton.tibber.access_token", NULL);
  g_autofree char *json = NULL;
  g_autoptr (JsonNode) document = NULL;
  const PhaetonNode *token;

  g_assert_true (g_file_set_contents (path, "s3cret\n", -1, NULL));
  g_setenv ("CREDENTIALS_DIRECTORY", folder, TRUE);
  start (&f, "modbus:\n  ip: 10.0.0.5\n");
  g_unsetenv ("CREDENTIALS_DIRECTORY");
  token = phaeton_node_get (phaeton_node_get (f.settings->reading->root, "tibber"), "access_token");
  g_assert_cmpstr (token->text, ==, "s3cret");
  document = phaeton_settings_dup_document (f.settings);
  json = json_to_string (document, FALSE);
  g_assert_null (strstr (json, "s3cret"));
  g_assert_true (patch (&f, "{\"timezone\":\"UTC\"}"));
  assert_file (&f, "modbus:\n  ip: 10.0.0.5\ntimezone: UTC\n");
  stop (&f);
  g_unlink (path);
  g_rmdir (folder);
}

static void
changed_cb (PhaetonSettings *settings, gpointer user_data)
{
  Fixture *self = user_data;

  self->n_changes++;
  g_main_loop_quit (self->loop);
}

static gboolean
give_up_cb (gpointer user_data)
{
  g_error ("nothing happened in time");
  return G_SOURCE_REMOVE;
}

static void
wait_for_change (Fixture *self)
{
  const guint id = g_timeout_add_seconds (20, give_up_cb, NULL);

  g_main_loop_run (self->loop);
  g_source_remove (id);
}

static GLogWriterOutput
swallow (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  return G_LOG_WRITER_HANDLED;
}

static void
test_hot_reload (void)
{
  Fixture f = { 0 };

  start (&f, "modbus:\n  ip: 10.0.0.5\n");
  phaeton_settings_watch (f.settings);
  g_signal_connect (f.settings, "config-changed", G_CALLBACK (changed_cb), &f);
  g_signal_connect (f.settings, "problems-changed", G_CALLBACK (changed_cb), &f);
  g_assert_true (g_file_set_contents (f.path, "modbus:\n  ip: 10.0.0.7\n", -1, NULL));
  wait_for_change (&f);
  g_assert_cmpstr (phaeton_settings_get_config (f.settings)->chargers[0].modbus.host, ==,
                   "10.0.0.7");
  g_assert_true (g_file_set_contents (f.path, "modbus:\n  port: 0\n", -1, NULL));
  wait_for_change (&f);
  g_assert_cmpstr (phaeton_settings_get_config (f.settings)->chargers[0].modbus.host, ==,
                   "10.0.0.7");
  assert_problem (phaeton_settings_get_problems (f.settings), "f:2: modbus.port");
  g_assert_true (g_file_set_contents (f.path, "modbus:\n  ip: 10.0.0.8\n", -1, NULL));
  wait_for_change (&f);
  g_assert_cmpstr (phaeton_settings_get_config (f.settings)->chargers[0].modbus.host, ==,
                   "10.0.0.8");
  stop (&f);
}

/* neither a file at the start nor a folder named: the first save makes one, and it is watched */
static void
test_new_file_is_watched (void)
{
  Fixture f = { 0 };
  g_autofree char *before = g_get_current_dir ();
  g_autoptr (GError) error = NULL;

  f.folder = g_dir_make_tmp ("phaeton-settings-XXXXXX", NULL);
  f.path = g_build_filename (f.folder, "phaeton_config.yaml", NULL);
  f.loop = g_main_loop_new (NULL, FALSE);
  g_assert_cmpint (g_chdir (f.folder), ==, 0);
  f.settings = phaeton_settings_load (NULL, f.folder, &error);
  g_assert_cmpint (g_chdir (before), ==, 0);
  g_assert_no_error (error);
  if (phaeton_settings_get_path (f.settings) != NULL) {
    g_test_skip ("this machine has a file of settings");
    stop (&f);
    return;
  }
  phaeton_settings_watch (f.settings);
  g_assert_true (patch (&f, "{\"modbus\":{\"ip\":\"10.0.0.5\"}}"));
  assert_file (&f, "modbus:\n  ip: 10.0.0.5\n");
  g_assert_cmpstr (phaeton_settings_get_path (f.settings), ==, f.path);
  g_signal_connect (f.settings, "config-changed", G_CALLBACK (changed_cb), &f);
  g_assert_true (g_file_set_contents (f.path, "modbus:\n  ip: 10.0.0.6\n", -1, NULL));
  wait_for_change (&f);
  g_assert_cmpstr (phaeton_settings_get_config (f.settings)->chargers[0].modbus.host, ==,
                   "10.0.0.6");
  stop (&f);
}

static void
test_fix_69_environment (void)
{
  Fixture f = { 0 };

  g_setenv ("ALFEN_WEB_HOST", "0.0.0.0", TRUE);
  g_setenv ("PHAETON_MODBUS__PORT", "1502", TRUE);
  g_setenv ("PHAETON_CHARGERS__MY_BOX__MODBUS__IP", "10.9.9.9", TRUE);
  g_setenv ("PHAETON_SCHEDULE__DEADLINE__BY", "07:15", TRUE);
  g_setenv ("PHAETON_CIRCUITS__HOUSE__FUSE_MILLIAMPS", "16000", TRUE);
  start (&f, "modbus:\n  ip: 10.0.0.5\nchargers:\n  My-Box:\n    modbus: {ip: x}\n");
  g_unsetenv ("PHAETON_SCHEDULE__DEADLINE__BY");
  g_unsetenv ("PHAETON_CIRCUITS__HOUSE__FUSE_MILLIAMPS");
  g_assert_cmpint (phaeton_settings_get_config (f.settings)->circuits[0].fuse_mA[2], ==, 16000);
  g_assert_cmpuint (phaeton_settings_get_problems (f.settings)->len, ==, 0);
  g_unsetenv ("PHAETON_CHARGERS__MY_BOX__MODBUS__IP");
  g_assert_cmpstr (phaeton_settings_get_config (f.settings)->web.host, ==, "0.0.0.0");
  g_assert_cmpint (phaeton_settings_get_config (f.settings)->chargers[0].modbus.port, ==, 1502);
  g_assert_cmpstr (phaeton_settings_get_config (f.settings)->chargers[1].modbus.host, ==,
                   "10.9.9.9");
  g_assert_true (patch (&f, "{\"timezone\":\"UTC\",\"modbus\":{\"port\":1502}}"));
  assert_file (&f, "modbus:\n  ip: 10.0.0.5\nchargers:\n  My-Box:\n    modbus: {ip: x}\n"
                   "timezone: UTC\n");
  g_unsetenv ("ALFEN_WEB_HOST");
  g_unsetenv ("PHAETON_MODBUS__PORT");
  stop (&f);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (swallow, NULL, NULL);
  g_test_add_func ("/settings-file/search-order", test_search_order);
  g_test_add_func ("/settings-file/fix-36-fix-37-save-keeps-the-file",
                   test_fix_36_37_save_keeps_the_file);
  g_test_add_func ("/settings-file/bad-patch-changes-nothing", test_bad_patch_changes_nothing);
  g_test_add_func ("/settings-file/fix-38-document-round-trip", test_fix_38_document_round_trip);
  g_test_add_func ("/settings-file/fix-53-secrets", test_fix_53_secrets_are_masked_and_kept);
  g_test_add_func ("/settings-file/one-shape-of-vehicles", test_patch_of_vehicles_leaves_one_shape);
  g_test_add_func ("/settings-file/places-after-a-save", test_places_after_a_save);
  g_test_add_func ("/settings-file/edit-beside-a-save", test_edit_beside_a_save);
  g_test_add_func ("/settings-file/failed-save-is-tried-again", test_failed_save_is_tried_again);
  g_test_add_func ("/settings-file/change-beside-a-broken-file", test_change_beside_a_broken_file);
  g_test_add_func ("/settings-file/save-path", test_save_path);
  g_test_add_func ("/settings-file/credentials", test_credentials);
  g_test_add_func ("/settings-file/new-file-is-watched", test_new_file_is_watched);
  g_test_add_func ("/settings-file/hot-reload", test_hot_reload);
  g_test_add_func ("/settings-file/fix-69-environment", test_fix_69_environment);
  return g_test_run ();
}
