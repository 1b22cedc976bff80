/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-victron"
#include "config.h"

#include "phaeton-victron-service-private.h"

#include "phaeton-bus-gate.h"
#include "phaeton-bus-item.h"
#include "phaeton-error.h"
#include "phaeton-log.h"
#include "phaeton-victron-items.h"

#define NAME_PREFIX "com.victronenergy.evcharger.phaeton_"

/* return codes of SetValue, as Victron's own drivers give them */
#define CODE_OK 0
#define CODE_NOT_WRITABLE 1 /* or of the wrong type */
#define CODE_REFUSED 2

#define REQUEST_DO_NOT_QUEUE 4
#define REPLY_PRIMARY_OWNER 1
#define REPLY_ALREADY_OWNER 4

/* measurements go out once a second, whatever the rhythm of the site; those that nobody watches
 * every fourth time, as Victron's own driver does */
#define MEASURE_PAUSE_MS 900
#define ROUNDS_OF_SLOW 4

struct _PhaetonVictronService {
  GObject parent_instance;

  PhaetonBusConnection *bus; /* (owned) */
  PhaetonVictronWriteFunc write;
  gpointer write_data;

  PhaetonSnapshot *snapshot;  /* (owned) (nullable): the newest */
  guint charger;              /* in it */
  PhaetonVictronItems *items; /* (owned) */

  gboolean wanted;             /* appear() was called */
  GDBusConnection *connection; /* (owned) (nullable): the one that the objects are on */
  GArray *exported;            /* (owned) (element-type guint): their registrations */
  PhaetonBusGate *gate;        /* (owned) (nullable) */
  guint filter_id;
  char *name;                /* (owned) (nullable): requested or owned */
  gboolean is_named;         /* owned */
  int instance;              /* in it */
  GCancellable *cancellable; /* (owned): of calls on the present connection */

  guint pause_ms; /* between measurements */
  guint pause_id; /* runs while they have to wait */
  guint round;    /* of measurements */
  guint rounds_of_slow;
};

G_DEFINE_FINAL_TYPE (PhaetonVictronService, phaeton_victron_service, G_TYPE_OBJECT)

enum { SIGNAL_APPEARED, SIGNAL_FAILED, N_SIGNALS };
static guint signals[N_SIGNALS];

static const char *
get_charger_id (PhaetonVictronService *self)
{
  const char *id = self->snapshot != NULL ? self->snapshot->chargers[self->charger].id : NULL;

  return id != NULL ? id : "";
}

/* --- signals --- */

static gboolean
can_emit (PhaetonVictronService *self)
{
  return self->gate != NULL && phaeton_bus_gate_can_emit (self->gate);
}

static void
emit_changes (PhaetonVictronService *self, GVariant *changes)
{
  phaeton_bus_gate_emit (self->gate, "/", PHAETON_BUS_ITEM_INTERFACE, "ItemsChanged", changes);
}

static gboolean
pause_over_cb (gpointer user_data)
{
  PhaetonVictronService *self = user_data;

  self->pause_id = 0;
  return G_SOURCE_REMOVE;
}

static PhaetonVictronExtent
next_extent (PhaetonVictronService *self)
{
  if (self->pause_id != 0)
    return PHAETON_VICTRON_PROMPT;
  return self->round++ % self->rounds_of_slow == 0 ? PHAETON_VICTRON_ALL : PHAETON_VICTRON_MEASURED;
}

static void
announce (PhaetonVictronService *self)
{
  gboolean measured;
  GVariant *changes;

  if (!can_emit (self))
    return;
  phaeton_victron_items_lock (self->items);
  changes = phaeton_victron_items_update (self->items, self->snapshot, self->charger,
                                          next_extent (self), &measured);
  if (changes != NULL)
    emit_changes (self, changes);
  phaeton_victron_items_unlock (self->items);
  if (measured && self->pause_id == 0 && self->pause_ms > 0)
    self->pause_id = g_timeout_add (self->pause_ms, pause_over_cb, self);
}

/* --- writes --- */

static int
code_from_error (const GError *error)
{
  return g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_TYPE) ||
             g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_READ_ONLY)
           ? CODE_NOT_WRITABLE
           : CODE_REFUSED;
}

/* the write asks for what is already so */
static gboolean
is_already (const PhaetonField *field, const PhaetonWrite *write, gconstpointer record)
{
  double number;

  if (write->text != NULL)
    return g_strcmp0 (write->text, phaeton_field_get_text (field, record)) == 0;
  return phaeton_field_get_number (field, record, &number) && !(number < (double) write->number) &&
         !(number > (double) write->number);
}

static gboolean
carry_out (PhaetonVictronService *self, const PhaetonField *field, GVariant *value, GError **error)
{
  const PhaetonChargerRecord *record = &self->snapshot->chargers[self->charger];
  gconstpointer own = phaeton_field_get_record (field, self->snapshot, self->charger);
  g_auto (PhaetonWrite) write = { 0 };

  /* the instance is given by the settings service, clients change it there */
  if (field->parse == PHAETON_PARSE_INSTANCE) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_READ_ONLY, "%s cannot be written here",
                 field->name);
    return FALSE;
  }
  if (!phaeton_field_parse (field, value, record, &write, error))
    return FALSE;
  return is_already (field, &write, own) || self->write (field->id, value, error, self->write_data);
}

static int
set_value (PhaetonVictronService *self, const PhaetonVictronNode *leaf, GVariant *wrapped)
{
  g_autoptr (GVariant) value = phaeton_bus_item_unwrap (wrapped);
  const guint changes = phaeton_victron_items_get_changes (self->items, leaf);
  g_autoptr (GError) error = NULL;
  const gboolean accepted = carry_out (self, leaf->field, value, &error);

  if (!accepted)
    phaeton_info (get_charger_id (self), "write to %s refused: %s", leaf->path, error->message);
  /* the GUI ignores what is written again until it has heard of the path: who does not get what
   * he asked for is told what is true, also when nothing changed */
  if (can_emit (self) && leaf->field->parse != PHAETON_PARSE_NONE &&
      phaeton_victron_items_get_changes (self->items, leaf) == changes &&
      !phaeton_victron_items_matches (self->items, leaf, value))
    emit_changes (self, phaeton_victron_items_repeat (self->items, leaf));
  return accepted ? CODE_OK : code_from_error (error);
}

/* --- methods --- */

static void
method_call_cb (GDBusConnection *connection, const char *sender, const char *path,
                const char *interface, const char *method, GVariant *parameters,
                GDBusMethodInvocation *invocation, gpointer user_data)
{
  PhaetonVictronService *self = user_data;
  const PhaetonVictronNode *node = phaeton_victron_tree_find (path);
  GVariant *answer;

  phaeton_victron_items_lock (self->items);
  answer = phaeton_victron_items_answer (self->items, node, method);
  phaeton_victron_items_unlock (self->items);
  if (answer == NULL) { /* SetValue: the interfaces name no other */
    g_autoptr (GVariant) value = g_variant_get_child_value (parameters, 0);

    answer = g_variant_new ("(i)", set_value (self, node, value));
  }
  g_dbus_method_invocation_return_value (invocation, answer);
}

/* readers get their answer in the thread of the connection: on a small machine the way to the main
 * loop and back costs more than the answer */
static gboolean
answer_reader (PhaetonBusGate *gate, GDBusMessage *call, gpointer items)
{
  const char *path = g_dbus_message_get_path (call);
  const char *method = g_dbus_message_get_member (call);
  const PhaetonVictronNode *node = path != NULL ? phaeton_victron_tree_find (path) : NULL;

  GVariant *answer;

  if (node == NULL || method == NULL || g_dbus_message_get_body (call) != NULL ||
      g_strcmp0 (g_dbus_message_get_interface (call), PHAETON_BUS_ITEM_INTERFACE) != 0)
    return FALSE;
  phaeton_victron_items_lock (items);
  answer = phaeton_victron_items_answer (items, node, method);
  if (answer != NULL)
    phaeton_bus_gate_reply (gate, call, answer);
  phaeton_victron_items_unlock (items);
  return answer != NULL;
}

/* Victron's own drivers take a SetValue whose argument is not wrapped in a variant, as people send
 * with dbus-send; GDBus refuses it before we are asked. Runs in the thread of the connection. */
static GDBusMessage *
wrap_argument_cb (GDBusConnection *connection, GDBusMessage *message, gboolean incoming,
                  gpointer user_data)
{
  GDBusMessage *copy;
  GVariant *body;

  if (!incoming || g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL ||
      g_strcmp0 (g_dbus_message_get_member (message), "SetValue") != 0 ||
      g_strcmp0 (g_dbus_message_get_interface (message), PHAETON_BUS_ITEM_INTERFACE) != 0)
    return message;
  body = g_dbus_message_get_body (message);
  if (body == NULL || g_variant_n_children (body) != 1 ||
      g_variant_is_of_type (body, G_VARIANT_TYPE ("(v)")))
    return message;
  copy = g_dbus_message_copy (message, NULL); /* the one that came is locked */
  if (copy == NULL)
    return message;
  body = g_variant_get_child_value (body, 0);
  g_dbus_message_set_body (copy, g_variant_new ("(v)", body));
  g_variant_unref (body);
  g_object_unref (message);
  return copy;
}

/* --- on and off the bus --- */

static void
fail (PhaetonVictronService *self, GError *error)
{
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

static void
withdraw (PhaetonVictronService *self)
{
  if (self->connection == NULL)
    return;
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  for (guint i = 0; i < self->exported->len; i++)
    g_dbus_connection_unregister_object (self->connection,
                                         g_array_index (self->exported, guint, i));
  g_array_set_size (self->exported, 0);
  g_dbus_connection_remove_filter (self->connection, self->filter_id);
  g_clear_pointer (&self->gate, phaeton_bus_gate_free);
  g_clear_object (&self->connection);
  g_clear_pointer (&self->name, g_free);
  self->is_named = FALSE;
}

static void
leave (PhaetonVictronService *self)
{
  if (self->connection == NULL)
    return;
  phaeton_message (get_charger_id (self), "leaving the bus as %s", self->name);
  g_dbus_connection_call (self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus", "ReleaseName", g_variant_new ("(s)", self->name),
                          NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
  withdraw (self);
}

static void
named_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (PhaetonVictronService) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
    g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  guint32 code;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (reply == NULL) {
    g_prefix_error (&error, "requesting the name %s: ", self->name);
    fail (self, error);
    phaeton_bus_connection_reset (self->bus);
    return;
  }
  g_variant_get (reply, "(u)", &code);
  if (code != REPLY_PRIMARY_OWNER && code != REPLY_ALREADY_OWNER) {
    g_set_error (&error, G_IO_ERROR, G_IO_ERROR_EXISTS, "%s is taken", self->name);
    self->wanted = FALSE;
    withdraw (self);
    fail (self, error);
    return;
  }
  self->is_named = TRUE;
  phaeton_message (get_charger_id (self), "on the bus as %s", self->name);
  g_signal_emit (self, signals[SIGNAL_APPEARED], 0);
}

static void
export_objects (PhaetonVictronService *self)
{
  static const GDBusInterfaceVTable vtable = { .method_call = method_call_cb };
  guint n;
  const PhaetonVictronNode *nodes = phaeton_victron_tree_get_nodes (&n);

  for (guint i = 0; i < n; i++) {
    const guint id = g_dbus_connection_register_object (
      self->connection, nodes[i].path, phaeton_victron_tree_get_interface (nodes[i].kind), &vtable,
      self, NULL, NULL);

    g_array_append_val (self->exported, id);
  }
  self->gate =
    phaeton_bus_gate_new (self->connection, answer_reader, phaeton_victron_items_ref (self->items),
                          (GDestroyNotify) phaeton_victron_items_unref);
  self->filter_id = g_dbus_connection_add_filter (self->connection, wrap_argument_cb, NULL, NULL);
}

/* all objects first, the name last: readers ask for everything as soon as they see the name */
static void
join (PhaetonVictronService *self)
{
  GDBusConnection *connection = phaeton_bus_connection_get (self->bus);
  GVariant *unannounced;
  gboolean measured;

  if (connection == NULL || self->connection != NULL || !self->wanted || self->snapshot == NULL)
    return;
  phaeton_victron_items_lock (self->items);
  unannounced = phaeton_victron_items_update (self->items, self->snapshot, self->charger,
                                              PHAETON_VICTRON_ALL, &measured);
  phaeton_victron_items_unlock (self->items);
  if (unannounced != NULL)
    g_variant_unref (g_variant_ref_sink (unannounced));
  self->connection = g_object_ref (connection);
  self->cancellable = g_cancellable_new ();
  export_objects (self);
  self->instance = self->snapshot->chargers[self->charger].device_instance;
  self->name = g_strdup_printf (NAME_PREFIX "%d", self->instance);
  g_dbus_connection_call (
    connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
    "RequestName", g_variant_new ("(su)", self->name, REQUEST_DO_NOT_QUEUE), G_VARIANT_TYPE ("(u)"),
    G_DBUS_CALL_FLAGS_NONE, -1, self->cancellable, named_cb, g_object_ref (self));
}

static void
opened_cb (PhaetonBusConnection *bus, gpointer user_data)
{
  join (user_data);
}

static void
closed_cb (PhaetonBusConnection *bus, gpointer user_data)
{
  withdraw (user_data);
}

/* --- the object --- */

const char *
phaeton_victron_service_get_name (PhaetonVictronService *self)
{
  g_return_val_if_fail (PHAETON_IS_VICTRON_SERVICE (self), NULL);

  return self->is_named ? self->name : NULL;
}

static void
phaeton_victron_service_dispose (GObject *object)
{
  PhaetonVictronService *self = PHAETON_VICTRON_SERVICE (object);

  if (self->bus != NULL)
    phaeton_victron_service_stop (self);
  g_clear_object (&self->bus);
  g_clear_pointer (&self->snapshot, phaeton_snapshot_unref);
  g_clear_pointer (&self->items, phaeton_victron_items_unref);
  g_clear_pointer (&self->exported, g_array_unref);
  G_OBJECT_CLASS (phaeton_victron_service_parent_class)->dispose (object);
}

static void
phaeton_victron_service_class_init (PhaetonVictronServiceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = phaeton_victron_service_dispose;
  signals[SIGNAL_APPEARED] = g_signal_new ("appeared", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                           0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_FAILED] = g_signal_new ("failed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
phaeton_victron_service_init (PhaetonVictronService *self)
{
  self->items = phaeton_victron_items_new ();
  self->pause_ms = MEASURE_PAUSE_MS;
  self->rounds_of_slow = ROUNDS_OF_SLOW;
  self->exported = g_array_new (FALSE, FALSE, sizeof (guint));
}

PhaetonVictronService *
phaeton_victron_service_new (PhaetonBusConnection *bus, PhaetonVictronWriteFunc write,
                             gpointer user_data)
{
  PhaetonVictronService *self = g_object_new (PHAETON_TYPE_VICTRON_SERVICE, NULL);

  self->bus = g_object_ref (bus);
  self->write = write;
  self->write_data = user_data;
  g_signal_connect_object (bus, "opened", G_CALLBACK (opened_cb), self, 0);
  g_signal_connect_object (bus, "closed", G_CALLBACK (closed_cb), self, 0);
  return self;
}

void
phaeton_victron_service_set_rhythm (PhaetonVictronService *self, guint pause_ms,
                                    guint rounds_of_slow)
{
  g_return_if_fail (PHAETON_IS_VICTRON_SERVICE (self));
  g_return_if_fail (rounds_of_slow > 0);

  self->pause_ms = pause_ms;
  self->rounds_of_slow = rounds_of_slow;
}

void
phaeton_victron_service_show (PhaetonVictronService *self, PhaetonSnapshot *snapshot, guint charger)
{
  g_return_if_fail (PHAETON_IS_VICTRON_SERVICE (self));
  g_return_if_fail (charger < snapshot->n_chargers);

  phaeton_snapshot_ref (snapshot);
  g_clear_pointer (&self->snapshot, phaeton_snapshot_unref);
  self->snapshot = snapshot;
  self->charger = charger;
  if (self->connection != NULL && snapshot->chargers[charger].device_instance != self->instance)
    leave (self);
  if (self->connection != NULL)
    announce (self);
  else
    join (self);
}

void
phaeton_victron_service_appear (PhaetonVictronService *self)
{
  g_return_if_fail (PHAETON_IS_VICTRON_SERVICE (self));

  self->wanted = TRUE;
  join (self);
}

void
phaeton_victron_service_stop (PhaetonVictronService *self)
{
  g_return_if_fail (PHAETON_IS_VICTRON_SERVICE (self));

  self->wanted = FALSE;
  g_clear_handle_id (&self->pause_id, g_source_remove);
  leave (self);
}
