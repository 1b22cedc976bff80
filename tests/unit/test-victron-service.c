/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-victron-service-private.h"

#include "phaeton-bus-item.h"
#include "phaeton-error.h"
#include "phaeton-victron-tree.h"
#include "wait-for.h"

#include <math.h>
#include <string.h>

/* A service on a private bus, fed with hand-made snapshots; writes change the next snapshot at
 * once, as the site does it. */

typedef struct {
  GTestDBus *daemon;
  PhaetonBusConnection *bus;
  PhaetonVictronService *service;
  GDBusConnection *client;
  PhaetonChargerRecord record;
  guint n_writes;
  GError *failure;
  GPtrArray *signals; /* (element-type GVariant): bodies of ItemsChanged */
} Fixture;

static void
show (Fixture *fixture)
{
  g_autoptr (PhaetonSnapshot) snapshot = phaeton_snapshot_new (1);

  snapshot->chargers[0] = fixture->record;
  snapshot->site.version = phaeton_snapshot_take_text (snapshot, "1.2.3");
  phaeton_field_set_present (PHAETON_FIELD_VERSION, &snapshot->site);
  phaeton_victron_service_show (fixture->service, snapshot, 0);
}

#define SET(fixture, field, member, value)                                                         \
  G_STMT_START                                                                                     \
  {                                                                                                \
    (fixture)->record.member = (value);                                                            \
    phaeton_field_set_present (PHAETON_FIELD_##field, &(fixture)->record);                         \
  }                                                                                                \
  G_STMT_END

static gboolean
write_cb (PhaetonFieldId field, GVariant *value, GError **error, gpointer user_data)
{
  Fixture *fixture = user_data;
  g_auto (PhaetonWrite) write = { 0 };

  fixture->n_writes++;
  if (!phaeton_field_parse (phaeton_field (field), value, &fixture->record, &write, error))
    return FALSE;
  if (field == PHAETON_FIELD_MODE)
    fixture->record.mode = (int) write.number;
  else if (field == PHAETON_FIELD_START_STOP)
    fixture->record.start_stop = (int) write.number;
  else if (field == PHAETON_FIELD_SET_CURRENT)
    fixture->record.set_mA = (int) write.number;
  else
    g_assert_not_reached ();
  show (fixture);
  return TRUE;
}

static void
failed_cb (PhaetonVictronService *service, const GError *error, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_clear_error (&fixture->failure);
  fixture->failure = g_error_copy (error);
}

static void
changed_cb (GDBusConnection *connection, const char *sender, const char *path,
            const char *interface, const char *name, GVariant *body, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_cmpstr (path, ==, "/");
  g_ptr_array_add (fixture->signals, g_variant_ref (body));
}

static GDBusConnection *
connect_client (GTestDBus *daemon)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *client = g_dbus_connection_new_for_address_sync (
    g_test_dbus_get_bus_address (daemon),
    G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
    NULL, NULL, &error);

  g_assert_no_error (error);
  g_dbus_connection_set_exit_on_close (client, FALSE);
  return client;
}

static void
finished_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/* the answer, or NULL with @error; meanwhile the service runs */
static GVariant *
call_to (Fixture *fixture, const char *destination, const char *path, const char *method,
         GVariant *parameters, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  const gboolean to_bus = g_str_equal (destination, "org.freedesktop.DBus");

  g_dbus_connection_call (fixture->client, destination, path,
                          to_bus ? "org.freedesktop.DBus" : PHAETON_BUS_ITEM_INTERFACE, method,
                          parameters, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, finished_cb,
                          &result);
  WAIT_FOR (result != NULL);
  return g_dbus_connection_call_finish (fixture->client, result, error);
}

static GVariant *
call (Fixture *fixture, const char *path, const char *method, GVariant *parameters)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name =
    g_strdup_printf ("com.victronenergy.evcharger.phaeton_%d", fixture->record.device_instance);
  GVariant *answer = call_to (fixture, name, path, method, parameters, &error);

  g_assert_no_error (error);
  return answer;
}

static gboolean
has_owner (Fixture *fixture, const char *name)
{
  g_autoptr (GVariant) answer = call_to (fixture, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                         "NameHasOwner", g_variant_new ("(s)", name), NULL);
  gboolean has;

  g_variant_get (answer, "(b)", &has);
  return has;
}

/* what has been sent before has arrived afterwards */
static void
settle (Fixture *fixture)
{
  g_autoptr (GVariant) answer = call (fixture, "/Mode", "GetValue", NULL);
}

static void
assert_printed (GVariant *value, const char *expected)
{
  g_autofree char *printed = g_variant_print (value, TRUE);

  g_assert_cmpstr (printed, ==, expected);
}

static void
assert_answer (Fixture *fixture, const char *path, const char *method, const char *expected)
{
  g_autoptr (GVariant) answer = call (fixture, path, method, NULL);

  assert_printed (answer, expected);
}

static int
write_value (Fixture *fixture, const char *path, GVariant *value)
{
  g_autoptr (GVariant) answer = call (fixture, path, "SetValue", g_variant_new ("(v)", value));
  int code;

  g_variant_get (answer, "(i)", &code);
  return code;
}

static int
write_text (Fixture *fixture, const char *path, const char *text)
{
  g_autoptr (GVariant) value = g_variant_parse (NULL, text, NULL, NULL, NULL);

  g_assert_nonnull (value);
  return write_value (fixture, path, value);
}

static void
fill_record (Fixture *fixture)
{
  SET (fixture, MODE, mode, 0);
  SET (fixture, START_STOP, start_stop, 1);
  SET (fixture, SET_CURRENT, set_mA, 16000);
  SET (fixture, MAX, max_mA, 32000);
  SET (fixture, MIN, min_mA, 6000);
  SET (fixture, POSITION, position, 1);
  SET (fixture, DEVICE_INSTANCE, device_instance, 40);
  SET (fixture, STATUS, status, 2);
  SET (fixture, CONNECTED, connected, 1);
  SET (fixture, PRODUCT_ID, product_id, 0xC024);
  SET (fixture, PRODUCT_NAME, product_name, "Alfen EV Charger");
  SET (fixture, SERIAL, serial, "ACE0123456");
  SET (fixture, POWER, power_w, 3680);
  SET (fixture, CURRENT, current_mA, 16040);
  SET (fixture, LINE_POWER, line_power_w[0], 3680);
  SET (fixture, SESSION_TIME, session_time_s, 90);
  SET (fixture, SESSION_ENERGY, session_energy_wh, 12345);
  SET (fixture, SESSION_COST, session_cost_micros, -4000);
  SET (fixture, SESSION_SAVED, session_saved_micros, -12300000);
  SET (fixture, LINE_VOLTAGE, line_voltage_v[0], 230.46);
}

static void
set_up (Fixture *fixture, gconstpointer user_data)
{
  memset (fixture, 0, sizeof *fixture);
  fixture->daemon = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (fixture->daemon);
  fixture->signals = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  fixture->client = connect_client (fixture->daemon);
  g_dbus_connection_signal_subscribe (fixture->client, NULL, PHAETON_BUS_ITEM_INTERFACE, NULL, NULL,
                                      NULL, G_DBUS_SIGNAL_FLAGS_NONE, changed_cb, fixture, NULL);
  fixture->bus = phaeton_bus_connection_new ();
  fixture->service = phaeton_victron_service_new (fixture->bus, write_cb, fixture);
  g_signal_connect (fixture->service, "failed", G_CALLBACK (failed_cb), fixture);
  fill_record (fixture);
}

static void
appear (Fixture *fixture)
{
  phaeton_bus_connection_start (fixture->bus);
  phaeton_victron_service_appear (fixture->service);
  show (fixture);
  WAIT_FOR (fixture->failure != NULL ||
            has_owner (fixture, "com.victronenergy.evcharger.phaeton_40"));
}

static void
tear_down (Fixture *fixture, gconstpointer user_data)
{
  phaeton_victron_service_stop (fixture->service);
  phaeton_bus_connection_stop (fixture->bus);
  g_assert_finalize_object (fixture->service);
  g_object_unref (fixture->bus);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_dbus_connection_close_sync (fixture->client, NULL, NULL);
  g_object_unref (fixture->client);
  g_clear_error (&fixture->failure);
  g_ptr_array_unref (fixture->signals);
  g_test_dbus_down (fixture->daemon);
  g_object_unref (fixture->daemon);
}

/* --- tests --- */

typedef struct {
  Fixture *fixture;
  GVariant *items;
} Seen;

static void
seen_items_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Seen *seen = user_data;
  g_autoptr (GError) error = NULL;

  seen->items = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_assert_no_error (error);
}

static void
owner_changed_cb (GDBusConnection *connection, const char *sender, const char *path,
                  const char *interface, const char *signal, GVariant *body, gpointer user_data)
{
  const char *name, *old, *new;

  g_variant_get (body, "(&s&s&s)", &name, &old, &new);
  if (g_str_has_prefix (name, "com.victronenergy.") && new[0] != '\0')
    g_dbus_connection_call (connection, new, "/", PHAETON_BUS_ITEM_INTERFACE, "GetItems", NULL,
                            NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, seen_items_cb, user_data);
}

static void
test_objects_before_name (Fixture *fixture, gconstpointer user_data)
{
  Seen seen = { fixture, NULL };
  g_autoptr (GVariant) dict = NULL;
  guint n;
  const PhaetonVictronNode *nodes = phaeton_victron_tree_get_nodes (&n);

  g_dbus_connection_signal_subscribe (fixture->client, "org.freedesktop.DBus", NULL,
                                      "NameOwnerChanged", NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                      owner_changed_cb, &seen, NULL);
  appear (fixture);
  WAIT_FOR (seen.items != NULL);
  g_assert_cmpstr (g_variant_get_type_string (seen.items), ==, "(a{sa{sv}})");
  dict = g_variant_get_child_value (seen.items, 0);
  for (guint i = 0; i < n; i++) {
    g_autoptr (GVariant) item =
      g_variant_lookup_value (dict, nodes[i].path, G_VARIANT_TYPE_VARDICT);

    g_assert_true ((item != NULL) == (nodes[i].kind == PHAETON_VICTRON_LEAF));
  }
  g_assert_cmpuint (g_variant_n_children (dict), ==, phaeton_victron_tree_get_n_items ());
  g_assert_cmpuint (fixture->signals->len, ==, 0);
  g_variant_unref (seen.items);
}

static void
test_values_and_texts (Fixture *fixture, gconstpointer user_data)
{
  appear (fixture);
  assert_answer (fixture, "/Mode", "GetValue", "(<0>,)");
  assert_answer (fixture, "/Mode", "GetText", "('0',)");
  assert_answer (fixture, "/SetCurrent", "GetValue", "(<16.0>,)");
  assert_answer (fixture, "/SetCurrent", "GetText", "('16 A',)");
  assert_answer (fixture, "/SetCurrent", "GetMin", "(<6.0>,)");
  assert_answer (fixture, "/SetCurrent", "GetMax", "(<32.0>,)");
  assert_answer (fixture, "/Current", "GetText", "('16.0 A',)");
  assert_answer (fixture, "/Ac/Current", "GetValue", "(<16.0>,)");
  assert_answer (fixture, "/Ac/Power", "GetText", "('3680 W',)");
  assert_answer (fixture, "/Session/Energy", "GetText", "('12.35 kWh',)");
  assert_answer (fixture, "/Session/SavedCost", "GetText", "('-12.30',)");
  assert_answer (fixture, "/Session/Cost", "GetText", "('0.00',)"); /* no minus before nothing */
  assert_answer (fixture, "/Ac/L1/Voltage", "GetText", "('230.5 V',)");
  assert_answer (fixture, "/Session/Time", "GetValue", "(<90>,)");
  assert_answer (fixture, "/ChargingTime", "GetText", "('90 s',)");
  assert_answer (fixture, "/ProductId", "GetText", "('0xC024',)");
  assert_answer (fixture, "/Ac/L2/Power", "GetValue", "(<@ai []>,)");
  assert_answer (fixture, "/Ac/L2/Power", "GetText", "('---',)");
  assert_answer (fixture, "/Status", "GetMax", "(<@ai []>,)");
  assert_answer (fixture, "/CustomName", "GetValue", "(<''>,)");
  assert_answer (fixture, "/Mgmt/ProcessName", "GetValue", "(<'phaeton'>,)");
  assert_answer (fixture, "/Mgmt/ProcessVersion", "GetValue", "(<'1.2.3'>,)");
  assert_answer (fixture, "/Role", "GetValue", "(<'evcharger'>,)");
  assert_answer (fixture, "/Ac/L1", "GetValue",
                 "(<{'Voltage': <230.5>, 'Current': <@ai []>, 'Power': <3680.0>}>,)");
  assert_answer (fixture, "/Ac/L1", "GetText",
                 "(<{'Voltage': '230.5 V', 'Current': '---', 'Power': '3680 W'}>,)");
}

static void
test_only_changes_are_sent (Fixture *fixture, gconstpointer user_data)
{
  appear (fixture);
  SET (fixture, CURRENT, current_mA, 16010); /* 16.0 A as before */
  show (fixture);
  show (fixture);
  settle (fixture);
  g_assert_cmpuint (fixture->signals->len, ==, 0);
  SET (fixture, POWER, power_w, 3700);
  SET (fixture, STATUS, status, 6);
  show (fixture);
  settle (fixture);
  g_assert_cmpuint (fixture->signals->len, ==, 1);
  assert_printed (g_ptr_array_index (fixture->signals, 0),
                  "({'/Status': {'Value': <6>, 'Text': <'6'>}, "
                  "'/Ac/Power': {'Value': <3700.0>, 'Text': <'3700 W'>}},)");
}

static void
test_measurements_once_a_second (Fixture *fixture, gconstpointer user_data)
{
  appear (fixture);
  for (int i = 1; i <= 20; i++) {
    SET (fixture, POWER, power_w, 3680 + i);
    show (fixture);
  }
  SET (fixture, STATUS, status, 6); /* what people see first does not wait */
  show (fixture);
  settle (fixture);
  g_assert_cmpuint (fixture->signals->len, ==, 2);
  assert_printed (g_ptr_array_index (fixture->signals, 1),
                  "({'/Status': {'Value': <6>, 'Text': <'6'>}},)");
  /* loss of the charger takes everything with it */
  SET (fixture, CONNECTED, connected, 0);
  memset (fixture->record.present, 0, sizeof fixture->record.present);
  phaeton_field_set_present (PHAETON_FIELD_CONNECTED, &fixture->record);
  phaeton_field_set_present (PHAETON_FIELD_DEVICE_INSTANCE, &fixture->record);
  show (fixture);
  settle (fixture);
  g_assert_cmpuint (fixture->signals->len, ==, 3);
  assert_answer (fixture, "/Ac/Power", "GetValue", "(<@ai []>,)");
  assert_answer (fixture, "/ProductName", "GetValue", "(<'EV charger'>,)");
}

static void
test_voltages_every_fourth_time (Fixture *fixture, gconstpointer user_data)
{
  guint n_voltages = 0;

  phaeton_victron_service_set_rhythm (fixture->service, 0, 4);
  appear (fixture);
  for (int i = 1; i <= 8; i++) {
    SET (fixture, POWER, power_w, 3680 + i);
    SET (fixture, LINE_VOLTAGE, line_voltage_v[0], 230 + i);
    show (fixture);
  }
  settle (fixture);
  g_assert_cmpuint (fixture->signals->len, ==, 8);
  for (guint i = 0; i < 8; i++) {
    g_autoptr (GVariant) items =
      g_variant_get_child_value (g_ptr_array_index (fixture->signals, i), 0);

    g_assert_true (g_variant_lookup (items, "/Ac/Power", "@a{sv}", NULL));
    n_voltages += g_variant_lookup (items, "/Ac/L1/Voltage", "@a{sv}", NULL);
  }
  g_assert_cmpuint (n_voltages, ==, 2);
}

static void
test_write_every_type (Fixture *fixture, gconstpointer user_data)
{
  static const char *const ones[] = { "byte 1",  "int16 1",  "uint16 1", "1",    "uint32 1",
                                      "int64 1", "uint64 1", "1.0",      "true", "<1>" };

  appear (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (ones); i++) {
    g_test_message ("%s", ones[i]);
    g_assert_cmpint (write_text (fixture, "/Mode", ones[i]), ==, 0);
    assert_answer (fixture, "/Mode", "GetValue", "(<1>,)");
    g_assert_cmpint (write_text (fixture, "/Mode", "0"), ==, 0);
    g_assert_cmpint (write_text (fixture, "/StartStop", "false"), ==, 0);
    g_assert_cmpint (write_text (fixture, "/StartStop", ones[i]), ==, 0);
    assert_answer (fixture, "/StartStop", "GetValue", "(<1>,)");
  }
  g_assert_cmpint (write_text (fixture, "/SetCurrent", "13"), ==, 0);
  assert_answer (fixture, "/SetCurrent", "GetValue", "(<13.0>,)");
}

static void
test_write_refused (Fixture *fixture, gconstpointer user_data)
{
  static const struct {
    const char *path, *value;
    int code;
    gboolean repeated;
  } cases[] = {
    { "/Mode", "3", 2, TRUE },
    { "/Mode", "258", 2, TRUE },
    { "/Mode", "-1", 2, TRUE },
    { "/Mode", "1.5", 2, TRUE },
    { "/Mode", "'x'", 1, TRUE },
    { "/Mode", "@ai []", 1, TRUE },
    { "/Mode", "[1, 2]", 1, TRUE },
    { "/SetCurrent", "-1.0", 2, TRUE },
    { "/SetCurrent", "'abc'", 1, TRUE },
    { "/Position", "2", 2, TRUE },
    { "/Status", "1", 1, FALSE },
    { "/Ac/Power", "1.0", 1, FALSE },
    { "/DeviceInstance", "41", 1, TRUE },
    { "/Mgmt/ProcessName", "'x'", 1, FALSE },
  };

  appear (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const guint before = fixture->signals->len;

    g_test_message ("%s = %s", cases[i].path, cases[i].value);
    g_assert_cmpint (write_text (fixture, cases[i].path, cases[i].value), ==, cases[i].code);
    settle (fixture);
    g_assert_cmpuint (fixture->signals->len - before, ==, cases[i].repeated ? 1 : 0);
  }
  g_assert_cmpint (write_value (fixture, "/SetCurrent", g_variant_new_double (NAN)), ==, 2);
  g_assert_cmpint (write_value (fixture, "/SetCurrent", g_variant_new_double (INFINITY)), ==, 2);
  g_assert_cmpuint (fixture->n_writes, ==, 0);
  assert_answer (fixture, "/Mode", "GetValue", "(<0>,)");
  assert_answer (fixture, "/SetCurrent", "GetValue", "(<16.0>,)");
}

static void
test_write_clamped (Fixture *fixture, gconstpointer user_data)
{
  appear (fixture);
  g_assert_cmpint (write_text (fixture, "/SetCurrent", "80.0"), ==, 0);
  settle (fixture);
  g_assert_cmpuint (fixture->signals->len, ==, 1);
  assert_printed (g_ptr_array_index (fixture->signals, 0),
                  "({'/SetCurrent': {'Value': <32.0>, 'Text': <'32 A'>, 'Min': <6.0>, "
                  "'Max': <32.0>}},)");
  /* nothing changes, but the writer has to hear */
  g_assert_cmpint (write_text (fixture, "/SetCurrent", "80.0"), ==, 0);
  settle (fixture);
  g_assert_cmpuint (fixture->signals->len, ==, 2);
  g_assert_true (g_variant_equal (g_ptr_array_index (fixture->signals, 0),
                                  g_ptr_array_index (fixture->signals, 1)));
  g_assert_cmpuint (fixture->n_writes, ==, 1);
}

static void
test_write_equal (Fixture *fixture, gconstpointer user_data)
{
  appear (fixture);
  g_assert_cmpint (write_text (fixture, "/Mode", "0"), ==, 0);
  g_assert_cmpint (write_text (fixture, "/SetCurrent", "16"), ==, 0);
  g_assert_cmpint (write_text (fixture, "/StartStop", "true"), ==, 0);
  settle (fixture);
  g_assert_cmpuint (fixture->signals->len, ==, 0);
  g_assert_cmpuint (fixture->n_writes, ==, 0);
}

static void
test_write_bare_argument (Fixture *fixture, gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) bare = NULL, invalid = NULL, two = NULL;

  appear (fixture);
  bare = call (fixture, "/SetCurrent", "SetValue", g_variant_new ("(i)", 10));
  assert_printed (bare, "(0,)");
  assert_answer (fixture, "/SetCurrent", "GetValue", "(<10.0>,)");
  invalid = call (fixture, "/Mode", "SetValue", g_variant_new ("(ai)", NULL));
  assert_printed (invalid, "(1,)");
  two = call_to (fixture, "com.victronenergy.evcharger.phaeton_40", "/Mode", "SetValue",
                 g_variant_new ("(ii)", 1, 1), &error);
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
}

static void
test_unknown_calls (Fixture *fixture, gconstpointer user_data)
{
  static const char *const calls[][2] = {
    { "/Nothing", "GetValue" }, { "/Ac", "SetValue" }, { "/Mode", "GetItems" }, { "/", "Explode" }
  };

  appear (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) answer = call_to (
      fixture, "com.victronenergy.evcharger.phaeton_40", calls[i][0], calls[i][1],
      g_str_equal (calls[i][1], "SetValue") ? g_variant_new ("(v)", g_variant_new_int32 (1)) : NULL,
      &error);

    g_assert_null (answer);
    g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD);
  }
}

static void
test_name_taken (Fixture *fixture, gconstpointer user_data)
{
  g_autoptr (GVariant) answer =
    call_to (fixture, "org.freedesktop.DBus", "/org/freedesktop/DBus", "RequestName",
             g_variant_new ("(su)", "com.victronenergy.evcharger.phaeton_40", 4), NULL);

  assert_printed (answer, "(uint32 1,)");
  phaeton_bus_connection_start (fixture->bus);
  phaeton_victron_service_appear (fixture->service);
  show (fixture);
  WAIT_FOR (fixture->failure != NULL);
  g_assert_error (fixture->failure, G_IO_ERROR, G_IO_ERROR_EXISTS);
}

static void
test_new_instance (Fixture *fixture, gconstpointer user_data)
{
  appear (fixture);
  SET (fixture, DEVICE_INSTANCE, device_instance, 77);
  show (fixture);
  WAIT_FOR (has_owner (fixture, "com.victronenergy.evcharger.phaeton_77"));
  g_assert_false (has_owner (fixture, "com.victronenergy.evcharger.phaeton_40"));
  assert_answer (fixture, "/DeviceInstance", "GetValue", "(<77>,)");
  g_assert_cmpint (write_text (fixture, "/Mode", "1"), ==, 0);
}

static void
test_bus_restarts (Fixture *fixture, gconstpointer user_data)
{
  appear (fixture);
  g_dbus_connection_close_sync (fixture->client, NULL, NULL);
  g_object_unref (fixture->client);
  g_test_dbus_down (fixture->daemon);
  WAIT_FOR (phaeton_bus_connection_get (fixture->bus) == NULL);
  SET (fixture, POWER, power_w, 1000);
  show (fixture);
  g_test_dbus_up (fixture->daemon);
  fixture->client = connect_client (fixture->daemon);
  WAIT_FOR (has_owner (fixture, "com.victronenergy.evcharger.phaeton_40"));
  assert_answer (fixture, "/Ac/Power", "GetValue", "(<1000.0>,)");
  g_assert_cmpint (write_text (fixture, "/Mode", "1"), ==, 0);
  g_assert_no_error (fixture->failure);
}

#define ADD(name, function)                                                                        \
  g_test_add ("/victron-service/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_unsetenv ("DBUS_SYSTEM_BUS_ADDRESS");
  g_test_init (&argc, &argv, NULL);
  ADD ("fix-54-objects-before-name", test_objects_before_name);
  ADD ("fix-55-values-and-texts", test_values_and_texts);
  ADD ("fix-55-only-changes-are-sent", test_only_changes_are_sent);
  ADD ("measurements-once-a-second", test_measurements_once_a_second);
  ADD ("voltages-every-fourth-time", test_voltages_every_fourth_time);
  ADD ("fix-56-write-every-type", test_write_every_type);
  ADD ("fix-56-write-refused", test_write_refused);
  ADD ("fix-57-write-clamped", test_write_clamped);
  ADD ("write-equal", test_write_equal);
  ADD ("write-bare-argument", test_write_bare_argument);
  ADD ("unknown-calls", test_unknown_calls);
  ADD ("fix-58-name-taken", test_name_taken);
  ADD ("new-instance", test_new_instance);
  ADD ("fix-58-bus-restarts", test_bus_restarts);
  return g_test_run ();
}
