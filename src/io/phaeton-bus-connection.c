/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-bus-connection.h"

#define CONNECT_TIMEOUT_MS 5000 /* a forwarded bus may accept and then say nothing */
#define FIRST_PAUSE_MS 500
#define LAST_PAUSE_MS 15000

struct _PhaetonBusConnection {
  GObject parent_instance;

  GDBusConnection *connection; /* (owned) (nullable) */
  GCancellable *cancellable;   /* (owned) (nullable): of the attempt that runs */
  guint timeout_id;            /* ends an attempt that hangs */
  guint retry_id;
  guint settle_id; /* a connection that lasts makes the pauses short again */
  guint pause_ms;  /* before the next attempt */
  gboolean started;
};

G_DEFINE_FINAL_TYPE (PhaetonBusConnection, phaeton_bus_connection, G_TYPE_OBJECT)

enum { SIGNAL_OPENED, SIGNAL_CLOSED, SIGNAL_FAILED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void begin_connect (PhaetonBusConnection *self);
static void schedule_retry (PhaetonBusConnection *self);

static gboolean
retry_cb (gpointer user_data)
{
  PhaetonBusConnection *self = user_data;

  self->retry_id = 0;
  if (self->cancellable == NULL)
    begin_connect (self);
  else /* an attempt of before stop() still winds up: it must not meet a second one */
    schedule_retry (self);
  return G_SOURCE_REMOVE;
}

static void
schedule_retry (PhaetonBusConnection *self)
{
  if (!self->started || self->retry_id != 0)
    return;
  /* many daemons must not return to a restarted bus in the same instant */
  self->retry_id =
    g_timeout_add (self->pause_ms + (guint) g_random_int_range (0, (gint32) self->pause_ms / 4 + 1),
                   retry_cb, self);
  self->pause_ms = MIN (self->pause_ms * 2, LAST_PAUSE_MS);
}

static void
drop_connection (PhaetonBusConnection *self)
{
  g_clear_handle_id (&self->settle_id, g_source_remove);
  if (self->connection == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->connection, self);
  if (!g_dbus_connection_is_closed (self->connection))
    g_dbus_connection_close (self->connection, NULL, NULL, NULL);
  g_clear_object (&self->connection);
}

static void
closed_cb (GDBusConnection *connection, gboolean remote_peer_vanished, GError *error,
           gpointer user_data)
{
  PhaetonBusConnection *self = user_data;

  phaeton_bus_connection_reset (self);
}

static gboolean
settle_cb (gpointer user_data)
{
  PhaetonBusConnection *self = user_data;

  self->settle_id = 0;
  self->pause_ms = FIRST_PAUSE_MS;
  return G_SOURCE_REMOVE;
}

static void
connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (PhaetonBusConnection) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection =
    g_dbus_connection_new_for_address_finish (result, &error);

  g_clear_handle_id (&self->timeout_id, g_source_remove);
  g_clear_object (&self->cancellable);
  if (connection == NULL) {
    if (self->started) {
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_clear_error (&error);
        g_set_error (&error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "no answer within %d s",
                     CONNECT_TIMEOUT_MS / 1000);
      }
      g_prefix_error (&error, "connecting to the bus: ");
      schedule_retry (self);
      g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
    }
    return;
  }
  if (!self->started) {
    g_dbus_connection_close (connection, NULL, NULL, NULL);
    return;
  }
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  self->connection = g_steal_pointer (&connection);
  g_signal_connect (self->connection, "closed", G_CALLBACK (closed_cb), self);
  self->settle_id = g_timeout_add (LAST_PAUSE_MS, settle_cb, self);
  g_signal_emit (self, signals[SIGNAL_OPENED], 0);
}

static gboolean
timeout_cb (gpointer user_data)
{
  PhaetonBusConnection *self = user_data;

  self->timeout_id = 0;
  g_cancellable_cancel (self->cancellable);
  return G_SOURCE_REMOVE;
}

static void
begin_connect (PhaetonBusConnection *self)
{
  g_autofree char *address = phaeton_bus_connection_dup_address ();

  self->cancellable = g_cancellable_new ();
  self->timeout_id = g_timeout_add (CONNECT_TIMEOUT_MS, timeout_cb, self);
  g_dbus_connection_new_for_address (address,
                                     G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                       G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                     NULL, self->cancellable, connected_cb, g_object_ref (self));
}

static void
phaeton_bus_connection_dispose (GObject *object)
{
  PhaetonBusConnection *self = PHAETON_BUS_CONNECTION (object);

  phaeton_bus_connection_stop (self);
  G_OBJECT_CLASS (phaeton_bus_connection_parent_class)->dispose (object);
}

static void
phaeton_bus_connection_class_init (PhaetonBusConnectionClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = phaeton_bus_connection_dispose;
  signals[SIGNAL_OPENED] = g_signal_new ("opened", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_CLOSED] = g_signal_new ("closed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_FAILED] = g_signal_new ("failed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
phaeton_bus_connection_init (PhaetonBusConnection *self)
{
  self->pause_ms = FIRST_PAUSE_MS;
}

PhaetonBusConnection *
phaeton_bus_connection_new (void)
{
  return g_object_new (PHAETON_TYPE_BUS_CONNECTION, NULL);
}

void
phaeton_bus_connection_start (PhaetonBusConnection *self)
{
  g_return_if_fail (PHAETON_IS_BUS_CONNECTION (self));

  if (self->started)
    return;
  self->started = TRUE;
  self->pause_ms = FIRST_PAUSE_MS;
  if (self->cancellable == NULL)
    begin_connect (self);
  else
    schedule_retry (self);
}

void
phaeton_bus_connection_stop (PhaetonBusConnection *self)
{
  g_return_if_fail (PHAETON_IS_BUS_CONNECTION (self));

  self->started = FALSE;
  g_clear_handle_id (&self->retry_id, g_source_remove);
  g_clear_handle_id (&self->timeout_id, g_source_remove);
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  drop_connection (self);
}

void
phaeton_bus_connection_reset (PhaetonBusConnection *self)
{
  g_return_if_fail (PHAETON_IS_BUS_CONNECTION (self));

  if (self->connection == NULL)
    return;
  drop_connection (self);
  schedule_retry (self);
  g_signal_emit (self, signals[SIGNAL_CLOSED], 0);
}

GDBusConnection *
phaeton_bus_connection_get (PhaetonBusConnection *self)
{
  g_return_val_if_fail (PHAETON_IS_BUS_CONNECTION (self), NULL);

  return self->connection;
}

char *
phaeton_bus_connection_dup_address (void)
{
  static const char *const variables[] = { "DBUS_SYSTEM_BUS_ADDRESS", "DBUS_SESSION_BUS_ADDRESS" };

  for (guint i = 0; i < G_N_ELEMENTS (variables); i++) {
    const char *address = g_getenv (variables[i]);

    if (address != NULL && address[0] != '\0')
      return g_strdup (address);
  }
  return g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);
}
