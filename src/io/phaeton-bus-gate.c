/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-bus-gate.h"

struct _PhaetonBusGate {       /* shared by its owner and the filter */
  GDBusConnection *connection; /* outlives the filter */
  guint filter_id;
  int n_signals; /* atomic: emitted, not yet taken by the bus */

  /* the thread of the connection only */
  GHashTable *senders; /* (owned) (element-type utf8 Sender): by unique name, while they wait */
  GQueue at_once;      /* (element-type GDBusMessage): answers not yet taken by the bus */
  PhaetonBusAnswerFunc answer;
  gpointer user_data;
  GDestroyNotify free_user_data;
};

/* what a sender has waiting */
typedef struct {
  guint n_calls;
  GHashTable *silent; /* (owned) (nullable): serials of those that want no answer */
} Sender;

static void
sender_free (gpointer data)
{
  Sender *sender = data;

  g_clear_pointer (&sender->silent, g_hash_table_unref);
  g_free (sender);
}

static void
clear (gpointer data)
{
  PhaetonBusGate *gate = data;

  g_queue_clear (&gate->at_once);
  g_hash_table_unref (gate->senders);
  if (gate->free_user_data != NULL)
    gate->free_user_data (gate->user_data);
}

static void
unref (gpointer gate)
{
  g_atomic_rc_box_release_full (gate, clear);
}

static Sender *
ensure_sender (GHashTable *senders, const char *name)
{
  Sender *sender = g_hash_table_lookup (senders, name);

  if (sender == NULL) {
    sender = g_new0 (Sender, 1);
    g_hash_table_insert (senders, g_strdup (name), sender);
  }
  return sender;
}

static gsize
get_size (GDBusMessage *message)
{
  GVariant *body = g_dbus_message_get_body (message);

  return body != NULL ? g_variant_get_size (body) : 0;
}

static gboolean
wants_no_answer (GDBusMessage *message)
{
  return (g_dbus_message_get_flags (message) & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED) != 0;
}

static void
turn_away (GDBusConnection *connection, GDBusMessage *call)
{
  g_autoptr (GDBusMessage) answer = NULL;

  if (wants_no_answer (call))
    return;
  answer = g_dbus_message_new_method_error_literal (
    call, "org.freedesktop.DBus.Error.LimitsExceeded", "too much at once: wait for the answers");
  g_dbus_connection_send_message (connection, answer, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
}

/* a call is over when its answer leaves; so one that wants none gets one that does not leave */
static GDBusMessage *
make_answered (Sender *sender, GDBusMessage *call)
{
  GDBusMessage *copy = g_dbus_message_copy (call, NULL); /* the one that came is locked */

  if (copy == NULL)
    return call;
  g_dbus_message_set_flags (copy, g_dbus_message_get_flags (call) &
                                    ~G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
  if (sender->silent == NULL)
    sender->silent = g_hash_table_new (NULL, NULL);
  g_hash_table_add (sender->silent, GUINT_TO_POINTER (g_dbus_message_get_serial (call)));
  g_object_unref (call);
  return copy;
}

static gboolean
answer_at_once (PhaetonBusGate *gate, GDBusMessage *call)
{
  return gate->answer != NULL && !wants_no_answer (call) &&
         gate->at_once.length < PHAETON_BUS_GATE_CALLS &&
         !g_hash_table_contains (gate->senders, g_dbus_message_get_sender (call)) &&
         gate->answer (gate, call, gate->user_data);
}

static GDBusMessage *
admit (PhaetonBusGate *gate, GDBusMessage *call)
{
  Sender *sender;

  if (answer_at_once (gate, call)) {
    g_object_unref (call);
    return NULL;
  }
  sender = ensure_sender (gate->senders, g_dbus_message_get_sender (call));
  if (sender->n_calls >= PHAETON_BUS_GATE_CALLS || get_size (call) > PHAETON_BUS_GATE_BYTES) {
    turn_away (gate->connection, call);
    g_object_unref (call);
    return NULL;
  }
  sender->n_calls++;
  return wants_no_answer (call) ? make_answered (sender, call) : call;
}

static GDBusMessage *
let_out (PhaetonBusGate *gate, GDBusMessage *answer)
{
  const char *name = g_dbus_message_get_destination (answer);
  Sender *sender;
  gboolean silent;

  if (g_queue_peek_head (&gate->at_once) == answer) { /* they leave in their order */
    g_queue_pop_head (&gate->at_once);
    return answer;
  }
  sender = name != NULL ? g_hash_table_lookup (gate->senders, name) : NULL;
  /* our own refusals were never counted */
  if (sender == NULL || g_strcmp0 (g_dbus_message_get_error_name (answer),
                                   "org.freedesktop.DBus.Error.LimitsExceeded") == 0)
    return answer;
  silent = sender->silent != NULL &&
           g_hash_table_remove (sender->silent,
                                GUINT_TO_POINTER (g_dbus_message_get_reply_serial (answer)));
  if (--sender->n_calls == 0)
    g_hash_table_remove (gate->senders, name);
  if (!silent)
    return answer;
  g_object_unref (answer);
  return NULL;
}

/* thread of the connection; what goes out comes by when the bus is about to take it */
static GDBusMessage *
filter_cb (GDBusConnection *connection, GDBusMessage *message, gboolean incoming,
           gpointer user_data)
{
  const GDBusMessageType type = g_dbus_message_get_message_type (message);
  PhaetonBusGate *gate = user_data;

  if (incoming && type == G_DBUS_MESSAGE_TYPE_METHOD_CALL &&
      g_dbus_message_get_sender (message) != NULL)
    return admit (gate, message);
  if (!incoming && (type == G_DBUS_MESSAGE_TYPE_METHOD_RETURN || type == G_DBUS_MESSAGE_TYPE_ERROR))
    return let_out (gate, message);
  if (!incoming && type == G_DBUS_MESSAGE_TYPE_SIGNAL)
    g_atomic_int_add (&gate->n_signals, -1);
  return message;
}

PhaetonBusGate *
phaeton_bus_gate_new (GDBusConnection *connection, PhaetonBusAnswerFunc answer, gpointer user_data,
                      GDestroyNotify free_user_data)
{
  PhaetonBusGate *gate = g_atomic_rc_box_new0 (PhaetonBusGate);

  gate->connection = connection;
  gate->senders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, sender_free);
  g_queue_init (&gate->at_once);
  gate->answer = answer;
  gate->user_data = user_data;
  gate->free_user_data = free_user_data;
  gate->filter_id =
    g_dbus_connection_add_filter (connection, filter_cb, g_atomic_rc_box_acquire (gate), unref);
  return gate;
}

void
phaeton_bus_gate_free (PhaetonBusGate *gate)
{
  g_dbus_connection_remove_filter (gate->connection, gate->filter_id);
  unref (gate);
}

void
phaeton_bus_gate_reply (PhaetonBusGate *gate, GDBusMessage *call, GVariant *body)
{
  g_autoptr (GDBusMessage) answer = g_dbus_message_new_method_reply (call);

  g_dbus_message_set_body (answer, body);
  if (g_dbus_connection_send_message (gate->connection, answer, G_DBUS_SEND_MESSAGE_FLAGS_NONE,
                                      NULL, NULL))
    g_queue_push_tail (&gate->at_once, answer);
}

gboolean
phaeton_bus_gate_can_emit (PhaetonBusGate *gate)
{
  return g_atomic_int_get (&gate->n_signals) < PHAETON_BUS_GATE_SIGNALS;
}

void
phaeton_bus_gate_emit (PhaetonBusGate *gate, const char *path, const char *interface,
                       const char *name, GVariant *body)
{
  g_atomic_int_inc (&gate->n_signals);
  if (!g_dbus_connection_emit_signal (gate->connection, NULL, path, interface, name, body, NULL))
    g_atomic_int_add (&gate->n_signals, -1);
}
