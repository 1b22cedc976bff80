/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-bus-gate.h"

/* what a sender has waiting. Everything here belongs to the thread of the connection. */
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

static GDBusMessage *
admit (GDBusConnection *connection, GDBusMessage *call, GHashTable *senders)
{
  Sender *sender = ensure_sender (senders, g_dbus_message_get_sender (call));

  if (sender->n_calls >= PHAETON_BUS_GATE_CALLS || get_size (call) > PHAETON_BUS_GATE_BYTES) {
    turn_away (connection, call);
    g_object_unref (call);
    return NULL;
  }
  sender->n_calls++;
  return wants_no_answer (call) ? make_answered (sender, call) : call;
}

static GDBusMessage *
let_out (GDBusMessage *answer, GHashTable *senders)
{
  const char *name = g_dbus_message_get_destination (answer);
  Sender *sender = name != NULL ? g_hash_table_lookup (senders, name) : NULL;
  gboolean silent;

  /* our own refusals were never counted */
  if (sender == NULL || g_strcmp0 (g_dbus_message_get_error_name (answer),
                                   "org.freedesktop.DBus.Error.LimitsExceeded") == 0)
    return answer;
  silent = sender->silent != NULL &&
           g_hash_table_remove (sender->silent,
                                GUINT_TO_POINTER (g_dbus_message_get_reply_serial (answer)));
  if (--sender->n_calls == 0)
    g_hash_table_remove (senders, name);
  if (!silent)
    return answer;
  g_object_unref (answer);
  return NULL;
}

/* thread of the connection */
static GDBusMessage *
filter_cb (GDBusConnection *connection, GDBusMessage *message, gboolean incoming,
           gpointer user_data)
{
  const GDBusMessageType type = g_dbus_message_get_message_type (message);

  if (incoming && type == G_DBUS_MESSAGE_TYPE_METHOD_CALL &&
      g_dbus_message_get_sender (message) != NULL)
    return admit (connection, message, user_data);
  if (!incoming && (type == G_DBUS_MESSAGE_TYPE_METHOD_RETURN || type == G_DBUS_MESSAGE_TYPE_ERROR))
    return let_out (message, user_data);
  return message;
}

guint
phaeton_bus_gate_add (GDBusConnection *connection)
{
  GHashTable *senders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, sender_free);

  return g_dbus_connection_add_filter (connection, filter_cb, senders,
                                       (GDestroyNotify) g_hash_table_unref);
}
