/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-error.h"
#include "phaeton-modbus-bus.h"

#include <netdb.h>

#include "modbus-server.h"

#define LONGEST_MS 7000 /* a request must be answered by then, whatever happens */

typedef struct {
  gboolean done;
  GArray *words;
  gboolean written;
  GError *error;
  guint order; /* counts answers */
} Answer;

static guint answers;

static void
clear_answer (Answer *answer)
{
  g_clear_pointer (&answer->words, g_array_unref);
  g_clear_error (&answer->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, clear_answer)

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  answer->words =
    phaeton_modbus_bus_read_finish (PHAETON_MODBUS_BUS (source), result, &answer->error);
  answer->done = TRUE;
  answer->order = ++answers;
}

static void
write_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  answer->written =
    phaeton_modbus_bus_write_finish (PHAETON_MODBUS_BUS (source), result, &answer->error);
  answer->done = TRUE;
  answer->order = ++answers;
}

static gint64
wait_for (Answer *answer)
{
  const gint64 began_us = g_get_monotonic_time ();

  while (!answer->done)
    g_main_context_iteration (NULL, TRUE);
  return (g_get_monotonic_time () - began_us) / 1000;
}

/* reads two registers; clears @answer first. Returns: how long it took */
static gint64
read_once (PhaetonModbusBus *bus, Answer *answer)
{
  clear_answer (answer);
  *answer = (Answer){ 0 };
  phaeton_modbus_bus_read_async (bus, 1, 306, 2, NULL, read_cb, answer);
  return wait_for (answer);
}

/* until it answers again; the pauses between attempts are short in these tests */
static void
assert_recovers (PhaetonModbusBus *bus, Answer *answer)
{
  const gint64 until_us = g_get_monotonic_time () + 5 * G_USEC_PER_SEC;

  do {
    read_once (bus, answer);
    if (answer->error != NULL)
      g_usleep (10 * 1000);
  } while (answer->error != NULL && g_get_monotonic_time () < until_us);
  g_assert_no_error (answer->error);
  g_assert_cmpuint (answer->words->len, ==, 2);
  g_assert_cmphex (g_array_index (answer->words, guint16, 0), ==, 0x4366);
}

static PhaetonModbusBus *
new_bus (ModbusServer *server)
{
  const guint16 volts[] = { 0x4366, 0x0000 }; /* 230.0 */
  PhaetonModbusBus *bus = phaeton_modbus_bus_get ("127.0.0.1", modbus_server_get_port (server));

  modbus_server_set (server, 1, 306, volts, 2);
  phaeton_modbus_bus_set_retry (bus, 20);
  return bus;
}

static void
test_reads_and_writes (void)
{
  ModbusServer *server = modbus_server_new ();
  g_autoptr (PhaetonModbusBus) bus = new_bus (server);
  const guint16 ten_amps[] = { 0x4120, 0x0000 };
  g_auto (Answer) answer = { 0 };
  g_auto (Answer) write = { 0 };

  g_assert_false (phaeton_modbus_bus_is_connected (bus));
  assert_recovers (bus, &answer);
  g_assert_true (phaeton_modbus_bus_is_connected (bus));
  g_assert_cmpuint (phaeton_modbus_bus_get_generation (bus), ==, 1);
  phaeton_modbus_bus_write_async (bus, 1, 1210, ten_amps, 2, NULL, write_cb, &write);
  wait_for (&write);
  g_assert_no_error (write.error);
  g_assert_true (write.written);
  g_assert_cmphex (modbus_server_get (server, 1, 1210), ==, 0x4120);
  g_assert_cmpuint (modbus_server_get_connections (server), ==, 1);
  modbus_server_free (server);
}

typedef struct {
  const char *name;
  int lie;
  int code;          /* PhaetonError */
  gint64 longest_ms; /* until the error is there */
} Hostility;

static const Hostility hostilities[] = {
  { "silent", LIE_SILENT, PHAETON_ERROR_OFFLINE, 2500 },
  { "half-a-frame", LIE_HALF, PHAETON_ERROR_OFFLINE, 2500 },
  { "wrong-transaction", LIE_WRONG_ID, PHAETON_ERROR_PROTOCOL, 1000 },
  { "reset", LIE_RESET, PHAETON_ERROR_OFFLINE, 1000 },
  { "close", LIE_CLOSE, PHAETON_ERROR_OFFLINE, 1000 },
  { "length", LIE_LENGTH, PHAETON_ERROR_PROTOCOL, 2500 },
  { "trickle", LIE_TRICKLE, PHAETON_ERROR_OFFLINE, 2500 },
  { "twice", LIE_TWICE, PHAETON_ERROR_PROTOCOL, 1000 },
  { "late", LIE_LATE, PHAETON_ERROR_OFFLINE, 2500 },
  { "fewer-registers", LIE_FEWER, PHAETON_ERROR_PROTOCOL, 1000 },
  { "other-function", LIE_OTHER, PHAETON_ERROR_PROTOCOL, 2500 },
};

/* FIX 18, 66: what comes next is decided by the kind of the error, and every answer is looked at */
static void
test_survives (gconstpointer data)
{
  const Hostility *hostility = data;
  ModbusServer *server = modbus_server_new ();
  g_autoptr (PhaetonModbusBus) bus = new_bus (server);
  g_auto (Answer) answer = { 0 };
  guint generation;

  assert_recovers (bus, &answer);
  generation = phaeton_modbus_bus_get_generation (bus);
  modbus_server_set_lie (server, hostility->lie);
  for (int i = 0; i < 2; i++) { /* the second one meets a connection that never answered */
    gint64 took_ms;

    took_ms = read_once (bus, &answer);
    while (g_error_matches (answer.error, PHAETON_ERROR, PHAETON_ERROR_OFFLINE) &&
           g_str_has_prefix (answer.error->message, "no connection")) {
      g_usleep (5 * 1000); /* pausing: fails at once */
      took_ms = read_once (bus, &answer);
    }
    g_assert_error (answer.error, PHAETON_ERROR, hostility->code);
    g_assert_null (answer.words);
    g_assert_cmpint (took_ms, <, hostility->longest_ms);
  }
  modbus_server_set_lie (server, LIE_NONE);
  assert_recovers (bus, &answer);
  g_assert_cmpuint (phaeton_modbus_bus_get_generation (bus), >, generation);
  modbus_server_free (server);
}

static void
test_survives_garbage (void)
{
  ModbusServer *server = modbus_server_new ();
  g_autoptr (PhaetonModbusBus) bus = new_bus (server);
  g_auto (Answer) answer = { 0 };

  phaeton_modbus_bus_set_retry (bus, 10);
  modbus_server_set_lie (server, LIE_GARBAGE);
  for (int i = 0; i < 5; i++) {
    g_assert_cmpint (read_once (bus, &answer), <, LONGEST_MS);
    g_assert_nonnull (answer.error);
    g_assert_true (answer.error->domain == PHAETON_ERROR);
  }
  modbus_server_set_lie (server, LIE_NONE);
  assert_recovers (bus, &answer);
  modbus_server_free (server);
}

static void
test_exceptions_keep_the_connection (void)
{
  ModbusServer *server = modbus_server_new ();
  g_autoptr (PhaetonModbusBus) bus = new_bus (server);
  g_auto (Answer) answer = { 0 };

  for (int code = 1; code <= 4; code++) {
    g_autofree char *text = g_strdup_printf ("exception %d", code);

    modbus_server_set_lie (server, LIE_EXCEPTION + code);
    read_once (bus, &answer);
    g_assert_error (answer.error, PHAETON_ERROR, PHAETON_ERROR_REFUSED);
    g_assert_nonnull (strstr (answer.error->message, text));
  }
  modbus_server_set_lie (server, LIE_EXCEPTION + 6); /* busy: ask again */
  read_once (bus, &answer);
  g_assert_error (answer.error, PHAETON_ERROR, PHAETON_ERROR_OFFLINE);
  modbus_server_set_lie (server, LIE_NONE);
  read_once (bus, &answer);
  g_assert_no_error (answer.error);
  g_assert_cmpuint (modbus_server_get_connections (server), ==, 1);
  modbus_server_set_lie (server, LIE_EXCEPTION + 200); /* no such code */
  read_once (bus, &answer);
  g_assert_error (answer.error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL);
  modbus_server_free (server);
}

static void
test_answer_before_the_end_counts (void)
{
  ModbusServer *server = modbus_server_new ();
  g_autoptr (PhaetonModbusBus) bus = new_bus (server);
  g_auto (Answer) answer = { 0 };

  modbus_server_set_lie (server, LIE_CLOSE_AFTER);
  for (int i = 0; i < 5; i++) { /* and a connection closed while idle is replaced in silence */
    read_once (bus, &answer);
    g_assert_no_error (answer.error);
    g_usleep (20 * 1000);
  }
  g_assert_cmpuint (phaeton_modbus_bus_get_generation (bus), ==, 5);
  modbus_server_free (server);
}

/* FIX 65: nobody waits for a wire */
static void
test_cancel_returns_at_once (void)
{
  ModbusServer *server = modbus_server_new ();
  g_autoptr (PhaetonModbusBus) bus = new_bus (server);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (Answer) running = { 0 };
  g_auto (Answer) queued = { 0 };
  g_auto (Answer) after = { 0 };

  modbus_server_set_lie (server, LIE_SILENT);
  phaeton_modbus_bus_read_async (bus, 1, 306, 2, cancellable, read_cb, &running);
  phaeton_modbus_bus_read_async (bus, 1, 306, 2, cancellable, read_cb, &queued);
  for (int i = 0; i < 10; i++) {
    g_main_context_iteration (NULL, FALSE);
    g_usleep (5 * 1000);
  }
  g_cancellable_cancel (cancellable);
  g_assert_cmpint (wait_for (&running), <, 100);
  g_assert_cmpint (wait_for (&queued), <, 100);
  g_assert_error (running.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_error (queued.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  phaeton_modbus_bus_read_async (bus, 1, 306, 2, cancellable, read_cb, &after);
  wait_for (&after);
  g_assert_error (after.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  modbus_server_set_lie (server, LIE_NONE);
  assert_recovers (bus, &running);
  modbus_server_free (server);
}

static void
test_last_reference_does_not_wait (void)
{
  ModbusServer *server = modbus_server_new ();
  PhaetonModbusBus *bus = new_bus (server);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (Answer) answer = { 0 };
  gint64 began_us;

  modbus_server_set_lie (server, LIE_SILENT);
  phaeton_modbus_bus_read_async (bus, 1, 306, 2, cancellable, read_cb, &answer);
  g_usleep (50 * 1000);
  g_cancellable_cancel (cancellable);
  wait_for (&answer);
  g_object_add_weak_pointer (G_OBJECT (bus), (gpointer *) &bus);
  began_us = g_get_monotonic_time ();
  g_object_unref (bus);
  g_assert_null (bus);
  g_assert_cmpint (g_get_monotonic_time () - began_us, <, 100 * 1000);
  modbus_server_free (server);
}

static void
test_writes_overtake_reads (void)
{
  ModbusServer *server = modbus_server_new ();
  g_autoptr (PhaetonModbusBus) bus = new_bus (server);
  Answer reads[4] = { 0 }, writes[2] = { 0 };
  const guint16 words[] = { 1, 2 };
  g_autoptr (GArray) seen = NULL;
  const guint16 expected[] = { 400, 500, 501, 401, 402, 403 };

  modbus_server_set_delay (server, 100);
  phaeton_modbus_bus_read_async (bus, 1, 400, 1, NULL, read_cb, &reads[0]);
  g_usleep (50 * 1000); /* the wire is taken now */
  for (int i = 1; i < 4; i++)
    phaeton_modbus_bus_read_async (bus, 1, (guint16) (400 + i), 1, NULL, read_cb, &reads[i]);
  for (int i = 0; i < 2; i++)
    phaeton_modbus_bus_write_async (bus, 1, (guint16) (500 + i), &words[i], 1, NULL, write_cb,
                                    &writes[i]);
  wait_for (&reads[3]);
  seen = modbus_server_take_requests (server);
  g_assert_cmpuint (seen->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < seen->len; i++)
    g_assert_cmpuint (g_array_index (seen, ModbusRequest, i).address, ==, expected[i]);
  for (int i = 0; i < 4; i++)
    clear_answer (&reads[i]);
  for (int i = 0; i < 2; i++)
    g_assert_true (writes[i].written);
  modbus_server_free (server);
}

static void
test_queue_is_bounded (void)
{
  ModbusServer *server = modbus_server_new ();
  g_autoptr (PhaetonModbusBus) bus = new_bus (server);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Answer reads[100] = { 0 };
  guint refused = 0;

  modbus_server_set_lie (server, LIE_SILENT);
  for (guint i = 0; i < G_N_ELEMENTS (reads); i++)
    phaeton_modbus_bus_read_async (bus, 1, 306, 2, cancellable, read_cb, &reads[i]);
  for (guint i = 0; i < 10; i++)
    g_main_context_iteration (NULL, FALSE);
  g_cancellable_cancel (cancellable);
  for (guint i = 0; i < G_N_ELEMENTS (reads); i++) {
    wait_for (&reads[i]);
    refused += g_error_matches (reads[i].error, PHAETON_ERROR, PHAETON_ERROR_OFFLINE);
    clear_answer (&reads[i]);
  }
  g_assert_cmpuint (refused, >=, 50);
  modbus_server_free (server);
}

/* FIX 18: back-off, and while it lasts nobody waits in line */
static void
test_backs_off_and_fails_fast (void)
{
  ModbusServer *server = modbus_server_new ();
  g_autoptr (PhaetonModbusBus) bus = new_bus (server);
  g_auto (Answer) answer = { 0 };
  const gint64 until_us = g_get_monotonic_time () + 400 * 1000;
  guint connections, asked = 0;

  phaeton_modbus_bus_set_retry (bus, 50);
  modbus_server_set_lie (server, LIE_RESET);
  while (g_get_monotonic_time () < until_us) {
    g_assert_cmpint (read_once (bus, &answer), <, 300);
    g_assert_error (answer.error, PHAETON_ERROR, PHAETON_ERROR_OFFLINE);
    asked++;
    g_usleep (1000);
  }
  connections = modbus_server_get_connections (server);
  g_assert_cmpuint (asked, >, 20);
  g_assert_cmpuint (connections, >=, 2); /* at 0, about 45, 130, 300 ms */
  g_assert_cmpuint (connections, <=, 6);
  modbus_server_pause (server);
  read_once (bus, &answer);
  g_assert_error (answer.error, PHAETON_ERROR, PHAETON_ERROR_OFFLINE);
  modbus_server_set_lie (server, LIE_NONE);
  modbus_server_resume (server);
  assert_recovers (bus, &answer);
  modbus_server_free (server);
}

static void
test_connection_is_shared (void)
{
  ModbusServer *server = modbus_server_new ();
  g_autoptr (PhaetonModbusBus) bus = new_bus (server);
  g_autoptr (PhaetonModbusBus) same = new_bus (server);
  g_autoptr (PhaetonModbusBus) other = phaeton_modbus_bus_get ("127.0.0.1", 1);
  g_auto (Answer) answer = { 0 };

  g_assert_true (bus == same);
  g_assert_true (bus != other);
  read_once (bus, &answer);
  read_once (same, &answer);
  g_assert_no_error (answer.error);
  g_assert_cmpuint (modbus_server_get_connections (server), ==, 1);
  modbus_server_free (server);
}

/* a bare root directory has no /etc/hosts */
static gboolean
knows_localhost (void)
{
  struct addrinfo *addresses = NULL;

  if (getaddrinfo ("localhost", NULL, NULL, &addresses) != 0)
    return FALSE;
  freeaddrinfo (addresses);
  return TRUE;
}

static void
test_host_names (void)
{
  ModbusServer *server = modbus_server_new ();
  g_autoptr (PhaetonModbusBus) bus = phaeton_modbus_bus_get (
    knows_localhost () ? "localhost" : "127.1", modbus_server_get_port (server));
  g_autoptr (PhaetonModbusBus) nowhere = phaeton_modbus_bus_get ("no such host", 502);
  g_auto (Answer) answer = { 0 };

  read_once (bus, &answer);
  g_assert_no_error (answer.error);
  g_assert_cmpint (read_once (nowhere, &answer), <, LONGEST_MS);
  g_assert_error (answer.error, PHAETON_ERROR, PHAETON_ERROR_OFFLINE);
  modbus_server_free (server);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/modbus-bus/reads-and-writes", test_reads_and_writes);
  for (guint i = 0; i < G_N_ELEMENTS (hostilities); i++) {
    g_autofree char *path =
      g_strdup_printf ("/modbus-bus/fix-18-fix-66-survives/%s", hostilities[i].name);

    g_test_add_data_func (path, &hostilities[i], test_survives);
  }
  g_test_add_func ("/modbus-bus/survives-garbage", test_survives_garbage);
  g_test_add_func ("/modbus-bus/exceptions", test_exceptions_keep_the_connection);
  g_test_add_func ("/modbus-bus/answer-before-the-end", test_answer_before_the_end_counts);
  g_test_add_func ("/modbus-bus/fix-65-cancel-returns-at-once", test_cancel_returns_at_once);
  g_test_add_func ("/modbus-bus/last-reference", test_last_reference_does_not_wait);
  g_test_add_func ("/modbus-bus/writes-overtake-reads", test_writes_overtake_reads);
  g_test_add_func ("/modbus-bus/queue-is-bounded", test_queue_is_bounded);
  g_test_add_func ("/modbus-bus/fix-18-backs-off", test_backs_off_and_fails_fast);
  g_test_add_func ("/modbus-bus/shared", test_connection_is_shared);
  g_test_add_func ("/modbus-bus/host-names", test_host_names);
  return g_test_run ();
}
