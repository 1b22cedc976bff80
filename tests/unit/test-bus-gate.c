/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-bus-gate.h"
#include "wait-for.h"

#include <signal.h>

/* A server behind a gate, which answers when the main loop turns, and clients that flood it. */

#define NAME "com.victronenergy.test.gate"
#define OVER 10 /* so many calls too many */
#define N_CALLS (PHAETON_BUS_GATE_CALLS + OVER)

enum { AT_ONCE = 1, IN_MAIN_LOOP };

typedef struct {
  GTestDBus *daemon;
  GDBusConnection *server, *client;
  PhaetonBusGate *gate;
  guint n_handled;
  guint n_answers, n_turned_away;
} Fixture;

static GDBusConnection *
connect_to (GTestDBus *daemon)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection = g_dbus_connection_new_for_address_sync (
    g_test_dbus_get_bus_address (daemon),
    G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
    NULL, NULL, &error);

  g_assert_no_error (error);
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  return connection;
}

static void
handle_cb (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
           const char *method, GVariant *parameters, GDBusMethodInvocation *invocation,
           gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_handled++;
  g_dbus_method_invocation_return_value (
    invocation, g_str_equal (method, "Look") ? g_variant_new ("(i)", IN_MAIN_LOOP) : NULL);
}

/* thread of the connection */
static gboolean
answer_look (PhaetonBusGate *gate, GDBusMessage *call, gpointer user_data)
{
  if (g_strcmp0 (g_dbus_message_get_member (call), "Look") != 0)
    return FALSE;
  phaeton_bus_gate_reply (gate, call, g_variant_new ("(i)", AT_ONCE));
  return TRUE;
}

static void
set_up (Fixture *fixture, gconstpointer user_data)
{
  static const GDBusInterfaceVTable vtable = { .method_call = handle_cb };
  g_autoptr (GDBusNodeInfo) info =
    g_dbus_node_info_new_for_xml ("<node><interface name='test.Gate'><method name='Take'>"
                                  "<arg direction='in' type='ay'/></method><method name='Look'>"
                                  "<arg direction='out' type='i'/></method></interface></node>",
                                  NULL);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  fixture->daemon = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (fixture->daemon);
  fixture->server = connect_to (fixture->daemon);
  fixture->client = connect_to (fixture->daemon);
  g_dbus_connection_register_object (fixture->server, "/", info->interfaces[0], &vtable, fixture,
                                     NULL, &error);
  g_assert_no_error (error);
  fixture->gate = phaeton_bus_gate_new (fixture->server, answer_look, NULL, NULL);
  reply = g_dbus_connection_call_sync (
    fixture->server, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
    "RequestName", g_variant_new ("(su)", NAME, 0), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer user_data)
{
  phaeton_bus_gate_free (fixture->gate);
  g_dbus_connection_close_sync (fixture->client, NULL, NULL);
  g_dbus_connection_close_sync (fixture->server, NULL, NULL);
  g_object_unref (fixture->client);
  g_object_unref (fixture->server);
  g_test_dbus_down (fixture->daemon);
  g_object_unref (fixture->daemon);
}

/* what @connection was sent before has arrived in its thread; no main loop turns meanwhile */
static void
catch_up (GDBusConnection *connection)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
    connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId",
    NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);

  g_assert_no_error (error);
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
    g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  fixture->n_answers++;
  if (reply == NULL) {
    g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED);
    fixture->n_turned_away++;
  }
}

static void
send_call (Fixture *fixture, GDBusConnection *client, const char *path, gsize size)
{
  g_autofree guint8 *bytes = g_malloc0 (size);

  g_dbus_connection_call (
    client, NAME, path, "test.Gate", "Take",
    g_variant_new ("(@ay)", g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes, size, 1)), NULL,
    G_DBUS_CALL_FLAGS_NONE, -1, NULL, answered_cb, fixture);
}

static void
flood (Fixture *fixture, const char *path)
{
  for (int i = 0; i < N_CALLS; i++)
    send_call (fixture, fixture->client, path, 1);
  catch_up (fixture->client);
  catch_up (fixture->server);
}

static void
test_too_many (Fixture *fixture, gconstpointer user_data)
{
  g_autoptr (GDBusConnection) other = connect_to (fixture->daemon);

  for (guint round = 1; round <= 3; round++) {
    flood (fixture, "/");
    send_call (fixture, other, "/", 1); /* has an allowance of its own */
    WAIT_FOR (fixture->n_answers == round * (N_CALLS + 1));
    g_assert_cmpuint (fixture->n_handled, ==, round * (PHAETON_BUS_GATE_CALLS + 1));
    g_assert_cmpuint (fixture->n_turned_away, ==, round * OVER);
  }
  g_dbus_connection_close_sync (other, NULL, NULL);
}

static void
send_silent (Fixture *fixture)
{
  g_autoptr (GDBusMessage) call = g_dbus_message_new_method_call (NAME, "/", "test.Gate", "Take");
  g_autoptr (GError) error = NULL;

  g_dbus_message_set_flags (call, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
  g_dbus_message_set_body (call, g_variant_new_parsed ("([byte 1],)"));
  g_dbus_connection_send_message (fixture->client, call, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL,
                                  &error);
  g_assert_no_error (error);
}

static GDBusMessage *
count_answers_cb (GDBusConnection *connection, GDBusMessage *message, gboolean incoming,
                  gpointer user_data)
{
  const GDBusMessageType type = g_dbus_message_get_message_type (message);

  if (incoming && (type == G_DBUS_MESSAGE_TYPE_ERROR || type == G_DBUS_MESSAGE_TYPE_METHOD_RETURN))
    g_atomic_int_inc ((int *) user_data);
  return message;
}

/* those who want no answer are counted too, and get none */
static void
test_no_answer_wanted (Fixture *fixture, gconstpointer user_data)
{
  int n_answers = 0;

  g_dbus_connection_add_filter (fixture->client, count_answers_cb, &n_answers, NULL);
  for (guint round = 1; round <= 2; round++) {
    for (int i = 0; i < N_CALLS; i++)
      send_silent (fixture);
    catch_up (fixture->client);
    catch_up (fixture->server);
    WAIT_FOR (fixture->n_handled == round * PHAETON_BUS_GATE_CALLS);
    catch_up (fixture->server);
    while (g_main_context_iteration (NULL, FALSE))
      continue;
    g_assert_cmpuint (fixture->n_handled, ==, round * PHAETON_BUS_GATE_CALLS);
  }
  catch_up (fixture->client);
  g_assert_cmpint (g_atomic_int_get (&n_answers), ==, 3); /* of the bus itself */
}

static void
test_too_large (Fixture *fixture, gconstpointer user_data)
{
  send_call (fixture, fixture->client, "/", PHAETON_BUS_GATE_BYTES + 1);
  send_call (fixture, fixture->client, "/", PHAETON_BUS_GATE_BYTES / 2);
  WAIT_FOR (fixture->n_answers == 2);
  g_assert_cmpuint (fixture->n_handled, ==, 1);
  g_assert_cmpuint (fixture->n_turned_away, ==, 1);
}

static void
looked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
    g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  g_assert_no_error (error);
  g_variant_get (reply, "(i)", user_data);
}

static void
look (Fixture *fixture, int *by)
{
  *by = 0;
  g_dbus_connection_call (fixture->client, NAME, "/", "test.Gate", "Look", NULL,
                          G_VARIANT_TYPE ("(i)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, looked_cb, by);
}

static void
test_answered_at_once (Fixture *fixture, gconstpointer user_data)
{
  int alone, behind, after;

  look (fixture, &alone);
  WAIT_FOR (alone == AT_ONCE);
  /* but not before what the same sender asked earlier */
  send_call (fixture, fixture->client, "/", 1);
  look (fixture, &behind);
  catch_up (fixture->client);
  catch_up (fixture->server);
  WAIT_FOR (behind != 0);
  g_assert_cmpint (behind, ==, IN_MAIN_LOOP);
  g_assert_cmpuint (fixture->n_answers, ==, 1);
  catch_up (fixture->server); /* the answers have left */
  look (fixture, &after);
  WAIT_FOR (after == AT_ONCE);
}

static GPid
get_pid_of_daemon (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
    fixture->client, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
    "GetConnectionUnixProcessID", g_variant_new ("(s)", "org.freedesktop.DBus"),
    G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  guint32 pid;

  g_assert_no_error (error);
  g_variant_get (reply, "(u)", &pid);
  return (GPid) pid;
}

/* a bus that does not read gets no more signals than may wait for it */
static void
test_signals_held_back (Fixture *fixture, gconstpointer user_data)
{
  const GPid pid = get_pid_of_daemon (fixture);
  g_autofree char *text = g_strnfill (10000, 'x');
  guint n = 0;

  kill (pid, SIGSTOP);
  while (phaeton_bus_gate_can_emit (fixture->gate)) {
    phaeton_bus_gate_emit (fixture->gate, "/", "test.Gate", "Big", g_variant_new ("(s)", text));
    g_assert_cmpuint (++n, <, 10000);
  }
  kill (pid, SIGCONT);
  catch_up (fixture->server);
  g_assert_true (phaeton_bus_gate_can_emit (fixture->gate));
}

#define ADD(name, function)                                                                        \
  g_test_add ("/bus-gate/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("too-many", test_too_many);
  ADD ("no-answer-wanted", test_no_answer_wanted);
  ADD ("too-large", test_too_large);
  ADD ("answered-at-once", test_answered_at_once);
  ADD ("signals-held-back", test_signals_held_back);
  return g_test_run ();
}
