/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-victron-settings.h"

#include "phaeton-bus-item.h"
#include "wait-for.h"

#include <glib/gstdio.h>
#include <string.h>

/* Against a settings service in a process of its own, tests/fakes/victron-settings.py. */

#define SERVICE "com.victronenergy.settings"
#define DEVICE "/Settings/Devices/phaeton_ACE_1"

typedef struct {
  GTestDBus *daemon;
  GSubprocess *fake; /* (nullable): the settings service */
  char *file;        /* where it keeps its values */
  PhaetonBusConnection *bus;
  PhaetonVictronSettings *settings;
  PhaetonChargerRecord record;
  char *name; /* of record.custom_name */
  guint n_claimed;
} Fixture;

static void
show (Fixture *fixture)
{
  g_autoptr (PhaetonSnapshot) snapshot = phaeton_snapshot_new (1);

  snapshot->chargers[0] = fixture->record;
  phaeton_victron_settings_show (fixture->settings, snapshot, 0);
}

static void
set_name (Fixture *fixture, const char *name)
{
  g_free (fixture->name);
  fixture->name = g_strdup (name);
  fixture->record.custom_name = fixture->name;
}

static gboolean
write_cb (PhaetonFieldId field, GVariant *value, GError **error, gpointer user_data)
{
  Fixture *fixture = user_data;
  g_auto (PhaetonWrite) write = { 0 };

  if (!phaeton_field_parse (phaeton_field (field), value, &fixture->record, &write, error))
    return FALSE;
  if (field == PHAETON_FIELD_DEVICE_INSTANCE)
    fixture->record.device_instance = (int) write.number;
  else if (field == PHAETON_FIELD_POSITION)
    fixture->record.position = (int) write.number;
  else if (field == PHAETON_FIELD_AUTO_START)
    fixture->record.auto_start = (int) write.number;
  else
    set_name (fixture, write.text);
  show (fixture);
  return TRUE;
}

static void
claimed_cb (PhaetonVictronSettings *settings, gpointer user_data)
{
  ((Fixture *) user_data)->n_claimed++;
}

static void
start_service (Fixture *fixture)
{
  g_autofree char *program =
    g_build_filename (g_getenv ("PHAETON_SRCDIR"), "tests/fakes/victron-settings.py", NULL);
  g_autoptr (GError) error = NULL;

  fixture->fake =
    g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error,
                      program, fixture->file, NULL);
  g_assert_no_error (error);
}

static void
stop_service (Fixture *fixture)
{
  if (fixture->fake == NULL)
    return;
  g_output_stream_close (g_subprocess_get_stdin_pipe (fixture->fake), NULL, NULL);
  g_assert_true (g_subprocess_wait (fixture->fake, NULL, NULL));
  g_clear_object (&fixture->fake);
}

static void
set_up (Fixture *fixture, gconstpointer user_data)
{
  int fd;

  memset (fixture, 0, sizeof *fixture);
  fixture->daemon = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (fixture->daemon);
  fd = g_file_open_tmp ("phaeton-settings-XXXXXX", &fixture->file, NULL);
  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_unlink (fixture->file);
  fixture->bus = phaeton_bus_connection_new ();
  fixture->settings = phaeton_victron_settings_new (fixture->bus, 1, write_cb, fixture);
  g_signal_connect (fixture->settings, "claimed", G_CALLBACK (claimed_cb), fixture);
  fixture->record.serial = "ACE-1";
  fixture->record.device_instance = 40;
  set_name (fixture, "");
  phaeton_field_set_present (PHAETON_FIELD_SERIAL, &fixture->record);
  phaeton_field_set_present (PHAETON_FIELD_DEVICE_INSTANCE, &fixture->record);
  phaeton_field_set_present (PHAETON_FIELD_CUSTOM_NAME, &fixture->record);
  phaeton_field_set_present (PHAETON_FIELD_POSITION, &fixture->record);
  phaeton_field_set_present (PHAETON_FIELD_AUTO_START, &fixture->record);
  phaeton_bus_connection_start (fixture->bus);
}

static void
tear_down (Fixture *fixture, gconstpointer user_data)
{
  phaeton_victron_settings_stop (fixture->settings);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (fixture->settings);
  phaeton_bus_connection_stop (fixture->bus);
  g_object_unref (fixture->bus);
  stop_service (fixture);
  g_test_dbus_down (fixture->daemon);
  g_object_unref (fixture->daemon);
  g_unlink (fixture->file);
  g_free (fixture->file);
  g_free (fixture->name);
}

static void
finished_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static GVariant *
call (Fixture *fixture, const char *path, const char *interface, const char *method,
      GVariant *parameters)
{
  GDBusConnection *connection = phaeton_bus_connection_get (fixture->bus);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GVariant *answer;

  g_dbus_connection_call (connection, SERVICE, path, interface, method, parameters, NULL,
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, finished_cb, &result);
  WAIT_FOR (result != NULL);
  answer = g_dbus_connection_call_finish (connection, result, &error);
  g_assert_no_error (error);
  return answer;
}

/* the stored values below our device, printed */
static char *
dup_stored (Fixture *fixture, const char *name)
{
  g_autofree char *path = g_strconcat (DEVICE "/", name, NULL);
  g_autoptr (GVariant) answer = call (fixture, path, PHAETON_BUS_ITEM_INTERFACE, "GetValue", NULL);

  return g_variant_print (answer, FALSE);
}

static void
assert_stored (Fixture *fixture, const char *name, const char *expected)
{
  g_autofree char *stored = dup_stored (fixture, name);

  g_assert_cmpstr (stored, ==, expected);
}

static void
store (Fixture *fixture, const char *name, GVariant *value)
{
  g_autofree char *path = g_strconcat (DEVICE "/", name, NULL);
  g_autoptr (GVariant) answer =
    call (fixture, path, PHAETON_BUS_ITEM_INTERFACE, "SetValue", g_variant_new ("(v)", value));
  int code;

  g_variant_get (answer, "(i)", &code);
  g_assert_cmpint (code, ==, 0);
}

static void
claim (Fixture *fixture)
{
  const guint n = fixture->n_claimed;

  if (fixture->fake == NULL)
    start_service (fixture);
  show (fixture);
  WAIT_FOR (fixture->n_claimed == n + 1);
}

/* --- tests --- */

static void
test_path (void)
{
  g_autofree char *path = phaeton_victron_settings_dup_path ("AC-E_1 x\xc3\xbc/y", 1);
  g_autofree char *second = phaeton_victron_settings_dup_path ("ACE1", 2);

  g_assert_cmpstr (second, ==, "/Settings/Devices/phaeton_ACE1_2");
  g_assert_cmpstr (path, ==, "/Settings/Devices/phaeton_AC_E_1_x___y");
}

static void
test_parse_instance (void)
{
  static const char *const bad[] = { "",
                                     "40",
                                     "evcharger:",
                                     "evcharger:x",
                                     "evcharger:-1",
                                     "grid:40",
                                     "evcharger:256",
                                     "evcharger:4 ",
                                     "evcharger:99999999999999999999" };

  g_assert_cmpint (phaeton_victron_settings_parse_instance ("evcharger:40"), ==, 40);
  g_assert_cmpint (phaeton_victron_settings_parse_instance ("evcharger:0"), ==, 0);
  g_assert_cmpint (phaeton_victron_settings_parse_instance (NULL), ==, -1);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_cmpint (phaeton_victron_settings_parse_instance (bad[i]), ==, -1);
}

static void
test_claim_keeps_what_is_ours (Fixture *fixture, gconstpointer user_data)
{
  fixture->record.position = 1;
  set_name (fixture, "Garage");
  claim (fixture);
  assert_stored (fixture, "ClassAndVrmInstance", "(<'evcharger:40'>,)");
  assert_stored (fixture, "Position", "(<1>,)");
  assert_stored (fixture, "CustomName", "(<'Garage'>,)");
  assert_stored (fixture, "AutoStart", "(<0>,)");
  g_assert_cmpint (fixture->record.device_instance, ==, 40);
}

static void
test_instance_is_taken (Fixture *fixture, gconstpointer user_data)
{
  g_autoptr (GVariant) answer = NULL;

  start_service (fixture);
  WAIT_FOR (phaeton_bus_connection_get (fixture->bus) != NULL);
  claim (fixture);
  answer = call (fixture, "/", "com.victronenergy.Settings", "AddSettings",
                 g_variant_new_parsed ("([{'path': <'/Settings/Devices/x/ClassAndVrmInstance'>, "
                                       "'default': <'evcharger:41'>}],)"));
  /* the user wants what another device has: the service gives the next one */
  store (fixture, "ClassAndVrmInstance", g_variant_new_string ("evcharger:41"));
  WAIT_FOR (fixture->record.device_instance == 42);
}

static void
test_user_changes (Fixture *fixture, gconstpointer user_data)
{
  claim (fixture);
  store (fixture, "ClassAndVrmInstance", g_variant_new_string ("evcharger:77"));
  store (fixture, "CustomName", g_variant_new_string ("Carport"));
  store (fixture, "Position", g_variant_new_int32 (1));
  store (fixture, "AutoStart", g_variant_new_int32 (1));
  WAIT_FOR (fixture->record.auto_start == 1);
  g_assert_cmpint (fixture->record.device_instance, ==, 77);
  g_assert_cmpstr (fixture->record.custom_name, ==, "Carport");
  g_assert_cmpint (fixture->record.position, ==, 1);
}

static void
test_our_changes (Fixture *fixture, gconstpointer user_data)
{
  claim (fixture);
  set_name (fixture, "Yard");
  fixture->record.position = 1;
  show (fixture);
  assert_stored (fixture, "CustomName", "(<'Yard'>,)");
  assert_stored (fixture, "Position", "(<1>,)");
  /* the settings file says another number: the one that was given out stays */
  fixture->record.device_instance = 3;
  show (fixture);
  g_assert_cmpint (fixture->record.device_instance, ==, 40);
  assert_stored (fixture, "ClassAndVrmInstance", "(<'evcharger:40'>,)");
}

static void
test_service_restarts (Fixture *fixture, gconstpointer user_data)
{
  claim (fixture);
  store (fixture, "ClassAndVrmInstance", g_variant_new_string ("evcharger:50"));
  WAIT_FOR (fixture->record.device_instance == 50);
  stop_service (fixture);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  set_name (fixture, "While away");
  show (fixture);
  claim (fixture);
  assert_stored (fixture, "CustomName", "(<'While away'>,)");
  g_assert_cmpstr (fixture->record.custom_name, ==, "While away");
  g_assert_cmpint (fixture->record.device_instance, ==, 50);
}

static void
test_late_service_and_serial (Fixture *fixture, gconstpointer user_data)
{
  fixture->record.serial = NULL;
  memset (fixture->record.present, 0, sizeof fixture->record.present);
  phaeton_field_set_present (PHAETON_FIELD_DEVICE_INSTANCE, &fixture->record);
  phaeton_field_set_present (PHAETON_FIELD_CUSTOM_NAME, &fixture->record);
  phaeton_field_set_present (PHAETON_FIELD_POSITION, &fixture->record);
  phaeton_field_set_present (PHAETON_FIELD_AUTO_START, &fixture->record);
  show (fixture);
  WAIT_FOR (phaeton_bus_connection_get (fixture->bus) != NULL);
  start_service (fixture);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (fixture->n_claimed, ==, 0);
  fixture->record.serial = "ACE-1";
  phaeton_field_set_present (PHAETON_FIELD_SERIAL, &fixture->record);
  claim (fixture);
  assert_stored (fixture, "ClassAndVrmInstance", "(<'evcharger:40'>,)");
}

#define ADD(name, function)                                                                        \
  g_test_add ("/victron-settings/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_unsetenv ("DBUS_SYSTEM_BUS_ADDRESS");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/victron-settings/path", test_path);
  g_test_add_func ("/victron-settings/parse-instance", test_parse_instance);
  ADD ("claim-keeps-what-is-ours", test_claim_keeps_what_is_ours);
  ADD ("instance-is-taken", test_instance_is_taken);
  ADD ("user-changes", test_user_changes);
  ADD ("our-changes", test_our_changes);
  ADD ("service-restarts", test_service_restarts);
  ADD ("late-service-and-serial", test_late_service_and_serial);
  return g_test_run ();
}
