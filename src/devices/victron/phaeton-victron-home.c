/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-home"
#include "config.h"

#include "phaeton-victron-home.h"

#include "phaeton-bus-connection.h"
#include "phaeton-bus-item.h"
#include "phaeton-log.h"
#include "victron-sample.h"
#include "victron-values.h"

#define NAMESPACE "com.victronenergy"
#define SILENCE_MS 3000     /* then a measuring service is asked */
#define ASK_TIMEOUT_MS 3000 /* of the wire: real time */
#define WATCH_MS 1000
#define MAX_TRACKED 64

/**
 * PhaetonVictronHome:
 *
 * Subscribes before it asks: what a signal brought meanwhile wins over the answer. One match rule
 * for the owners of names, two for each service that we read. Main thread only; no call blocks.
 */

typedef struct {
  PhaetonVictronHome *home; /* not owned: ends with it */
  char *name;
  char *owner; /* unique name */
  guint items_id, properties_id;
  GCancellable *cancellable; /* (owned): of the question under way */
  gboolean asking;
  guint64 asked_serial;
} Tracked;

struct _PhaetonVictronHome {
  GObject parent_instance;

  PhaetonClock *clock;              /* (owned) */
  PhaetonBusConnection *connection; /* (owned) */
  GDBusConnection *bus;             /* (owned) (nullable): the one that is subscribed to */
  VictronValues *values;            /* (owned) */
  GHashTable *tracked;              /* (owned) (element-type utf8 Tracked): by bus name */
  GCancellable *cancellable;        /* (owned): of questions about names */
  guint owners_id;                  /* subscription */
  guint watch_id;                   /* timer of the clock */
  guint64 serial;                   /* counts questions and signals */
};

static void phaeton_victron_home_iface_init (PhaetonHomeInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PhaetonVictronHome, phaeton_victron_home, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (PHAETON_TYPE_HOME,
                                                      phaeton_victron_home_iface_init))

static gint64
get_now_ms (PhaetonVictronHome *self)
{
  return phaeton_clock_get_monotonic_ms (self->clock);
}

static void
free_tracked (Tracked *tracked)
{
  /* of a closed connection too: what it received before may still be on its way to us */
  g_dbus_connection_signal_unsubscribe (tracked->home->bus, tracked->items_id);
  g_dbus_connection_signal_unsubscribe (tracked->home->bus, tracked->properties_id);
  g_cancellable_cancel (tracked->cancellable);
  g_object_unref (tracked->cancellable);
  g_free (tracked->name);
  g_free (tracked->owner);
  g_free (tracked);
}

/* --- what services say --- */

/* a{sa{sv}}: path -> { Value, Text } */
static void
take_items (PhaetonVictronHome *self, const char *name, GVariant *items, guint64 serial)
{
  const gint64 now_ms = get_now_ms (self);
  gboolean changed = FALSE;
  GVariantIter iter;
  const char *path;
  GVariant *item;

  g_variant_iter_init (&iter, items);
  while (g_variant_iter_next (&iter, "{&s@a{sv}}", &path, &item)) {
    g_autoptr (GVariant) value = g_variant_lookup_value (item, "Value", NULL);

    if (value != NULL)
      changed |= victron_values_set (self->values, name, path, value, serial, now_ms);
    g_variant_unref (item);
  }
  victron_values_touch (self->values, name, now_ms);
  if (changed)
    phaeton_home_emit_sampled (PHAETON_HOME (self));
}

/* a{sv}: relative path -> value, as services without GetItems answer */
static void
take_tree (PhaetonVictronHome *self, const char *name, GVariant *tree, guint64 serial)
{
  const gint64 now_ms = get_now_ms (self);
  GVariantIter iter;
  const char *path;
  GVariant *value;

  g_variant_iter_init (&iter, tree);
  while (g_variant_iter_next (&iter, "{&sv}", &path, &value)) {
    g_autofree char *absolute = g_strconcat ("/", path, NULL);

    victron_values_set (self->values, name, absolute, value, serial, now_ms);
    g_variant_unref (value);
  }
  victron_values_touch (self->values, name, now_ms);
  phaeton_home_emit_sampled (PHAETON_HOME (self));
}

static void
items_changed_cb (GDBusConnection *bus, const char *sender, const char *path, const char *interface,
                  const char *signal, GVariant *parameters, gpointer user_data)
{
  Tracked *tracked = user_data;
  g_autoptr (GVariant) items = NULL;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(a{sa{sv}})")))
    return;
  items = g_variant_get_child_value (parameters, 0);
  take_items (tracked->home, tracked->name, items, ++tracked->home->serial);
}

static void
properties_changed_cb (GDBusConnection *bus, const char *sender, const char *path,
                       const char *interface, const char *signal, GVariant *parameters,
                       gpointer user_data)
{
  Tracked *tracked = user_data;
  PhaetonVictronHome *self = tracked->home;
  g_autoptr (GVariant) properties = NULL;
  g_autoptr (GVariant) value = NULL;
  gboolean changed;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(a{sv})")))
    return;
  properties = g_variant_get_child_value (parameters, 0);
  value = g_variant_lookup_value (properties, "Value", NULL);
  if (value == NULL)
    return;
  changed = victron_values_set (self->values, tracked->name, path, value, ++self->serial,
                                get_now_ms (self));
  victron_values_touch (self->values, tracked->name, get_now_ms (self));
  if (changed)
    phaeton_home_emit_sampled (PHAETON_HOME (self));
}

/* --- asking --- */

static void
tree_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
    g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) wrapped = NULL;
  g_autoptr (GVariant) tree = NULL;
  Tracked *tracked = user_data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* @tracked is gone */
  tracked->asking = FALSE;
  if (reply == NULL || !g_variant_is_of_type (reply, G_VARIANT_TYPE ("(v)")))
    return;
  wrapped = g_variant_get_child_value (reply, 0);
  tree = phaeton_bus_item_unwrap (wrapped);
  if (g_variant_is_of_type (tree, G_VARIANT_TYPE_VARDICT))
    take_tree (tracked->home, tracked->name, tree, tracked->asked_serial);
}

static void
call (Tracked *tracked, const char *method, GAsyncReadyCallback callback)
{
  tracked->asking = TRUE;
  tracked->asked_serial = ++tracked->home->serial;
  g_dbus_connection_call (tracked->home->bus, tracked->owner, "/", PHAETON_BUS_ITEM_INTERFACE,
                          method, NULL, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, ASK_TIMEOUT_MS,
                          tracked->cancellable, callback, tracked);
}

static void
items_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
    g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) items = NULL;
  Tracked *tracked = user_data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* @tracked is gone */
  tracked->asking = FALSE;
  if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD) ||
      g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT)) {
    call (tracked, "GetValue", tree_cb);
    return;
  }
  if (reply == NULL || !g_variant_is_of_type (reply, G_VARIANT_TYPE ("(a{sa{sv}})")))
    return; /* the values grow old; the next second asks again */
  items = g_variant_get_child_value (reply, 0);
  take_items (tracked->home, tracked->name, items, tracked->asked_serial);
}

/* --- who is there --- */

static void
lose_service (PhaetonVictronHome *self, const char *name)
{
  if (!g_hash_table_remove (self->tracked, name))
    return;
  victron_values_drop (self->values, name);
  phaeton_home_emit_sampled (PHAETON_HOME (self));
}

static void
find_service (PhaetonVictronHome *self, const char *name, const char *owner)
{
  Tracked *tracked;

  lose_service (self, name);
  if (victron_kind_from_name (name) < 0 || owner[0] == '\0' ||
      g_hash_table_size (self->tracked) >= MAX_TRACKED)
    return;
  tracked = g_new0 (Tracked, 1);
  tracked->home = self;
  tracked->name = g_strdup (name);
  tracked->owner = g_strdup (owner);
  tracked->cancellable = g_cancellable_new ();
  tracked->items_id = g_dbus_connection_signal_subscribe (
    self->bus, owner, PHAETON_BUS_ITEM_INTERFACE, "ItemsChanged", "/", NULL,
    G_DBUS_SIGNAL_FLAGS_NONE, items_changed_cb, tracked, NULL);
  tracked->properties_id = g_dbus_connection_signal_subscribe (
    self->bus, owner, PHAETON_BUS_ITEM_INTERFACE, "PropertiesChanged", NULL, NULL,
    G_DBUS_SIGNAL_FLAGS_NONE, properties_changed_cb, tracked, NULL);
  g_hash_table_insert (self->tracked, tracked->name, tracked);
  phaeton_debug ("", "Reading %s", name);
  call (tracked, "GetItems", items_cb);
}

static void
owner_changed_cb (GDBusConnection *bus, const char *sender, const char *path, const char *interface,
                  const char *signal, GVariant *parameters, gpointer user_data)
{
  const char *name, *old_owner, *new_owner;

  g_variant_get (parameters, "(&s&s&s)", &name, &old_owner, &new_owner);
  find_service (user_data, name, new_owner);
}

typedef struct {
  PhaetonVictronHome *home; /* (owned) */
  char *name;
} OwnerQuestion;

static void
owner_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OwnerQuestion *question = user_data;
  g_autoptr (PhaetonVictronHome) self = question->home;
  g_autofree char *name = question->name;
  g_autoptr (GVariant) reply =
    g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  const char *owner;

  g_free (question);
  if (reply == NULL || G_DBUS_CONNECTION (source) != self->bus)
    return;
  g_variant_get (reply, "(&s)", &owner);
  if (g_hash_table_lookup (self->tracked, name) == NULL)
    find_service (self, name, owner);
}

static void
ask_owner (PhaetonVictronHome *self, const char *name)
{
  OwnerQuestion *question = g_new (OwnerQuestion, 1);

  *question = (OwnerQuestion){ g_object_ref (self), g_strdup (name) };
  g_dbus_connection_call (self->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus", "GetNameOwner", g_variant_new ("(s)", name),
                          G_VARIANT_TYPE ("(s)"), G_DBUS_CALL_FLAGS_NONE, ASK_TIMEOUT_MS,
                          self->cancellable, owner_cb, question);
}

static void
names_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (PhaetonVictronHome) self = user_data;
  g_autoptr (GVariant) reply =
    g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  g_autofree const char **names = NULL;

  if (reply == NULL || G_DBUS_CONNECTION (source) != self->bus)
    return;
  g_variant_get (reply, "(^a&s)", &names);
  for (guint i = 0; names[i] != NULL; i++)
    if (victron_kind_from_name (names[i]) >= 0)
      ask_owner (self, names[i]);
}

static void
opened_cb (PhaetonBusConnection *connection, PhaetonVictronHome *self)
{
  self->bus = g_object_ref (phaeton_bus_connection_get (connection));
  self->owners_id = g_dbus_connection_signal_subscribe (
    self->bus, "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged",
    "/org/freedesktop/DBus", NAMESPACE, G_DBUS_SIGNAL_FLAGS_MATCH_ARG0_NAMESPACE, owner_changed_cb,
    self, NULL);
  g_dbus_connection_call (self->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus", "ListNames", NULL, G_VARIANT_TYPE ("(as)"),
                          G_DBUS_CALL_FLAGS_NONE, ASK_TIMEOUT_MS, self->cancellable, names_cb,
                          g_object_ref (self));
}

static void
forget_bus (PhaetonVictronHome *self)
{
  if (self->bus == NULL)
    return;
  g_hash_table_remove_all (self->tracked);
  victron_values_clear (self->values);
  g_dbus_connection_signal_unsubscribe (self->bus, self->owners_id);
  g_clear_object (&self->bus);
}

static void
closed_cb (PhaetonBusConnection *connection, PhaetonVictronHome *self)
{
  forget_bus (self);
  phaeton_home_emit_sampled (PHAETON_HOME (self));
}

/* signals come only when something changes: silence is no proof of life */
static gboolean
watch_cb (gpointer user_data)
{
  PhaetonVictronHome *self = user_data;
  const gint64 now_ms = get_now_ms (self);
  GHashTableIter iter;
  Tracked *tracked;

  victron_values_confirm_settings (self->values, now_ms);
  g_hash_table_iter_init (&iter, self->tracked);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &tracked)) {
    const VictronKind kind = (VictronKind) victron_kind_from_name (tracked->name);
    const gint64 heard_ms = victron_values_get_heard_ms (self->values, tracked->name);

    if (!tracked->asking &&
        (heard_ms == 0 || (victron_kind_is_measurement (kind) && now_ms - heard_ms >= SILENCE_MS)))
      call (tracked, "GetItems", items_cb);
  }
  return G_SOURCE_CONTINUE;
}

/* --- the interface --- */

static void
phaeton_victron_home_start (PhaetonHome *home)
{
  PhaetonVictronHome *self = PHAETON_VICTRON_HOME (home);

  g_return_if_fail (self->watch_id == 0);

  self->watch_id = phaeton_clock_add_timer (self->clock, WATCH_MS, watch_cb, self);
  phaeton_bus_connection_start (self->connection);
}

static void
phaeton_victron_home_stop (PhaetonHome *home)
{
  PhaetonVictronHome *self = PHAETON_VICTRON_HOME (home);

  if (self->watch_id != 0)
    phaeton_clock_remove_timer (self->clock, self->watch_id);
  self->watch_id = 0;
  g_cancellable_cancel (self->cancellable);
  forget_bus (self);
  phaeton_bus_connection_stop (self->connection);
}

static void
phaeton_victron_home_get_sample (PhaetonHome *home, PhaetonHomeSample *sample)
{
  victron_sample_make (PHAETON_VICTRON_HOME (home)->values, sample);
}

static const char *
phaeton_victron_home_get_time_zone (PhaetonHome *home)
{
  return victron_values_get_text (PHAETON_VICTRON_HOME (home)->values, VICTRON_SETTINGS,
                                  "/Settings/System/TimeZone");
}

static void
phaeton_victron_home_iface_init (PhaetonHomeInterface *iface)
{
  iface->start = phaeton_victron_home_start;
  iface->stop = phaeton_victron_home_stop;
  iface->get_sample = phaeton_victron_home_get_sample;
  iface->get_time_zone = phaeton_victron_home_get_time_zone;
}

static void
phaeton_victron_home_finalize (GObject *object)
{
  PhaetonVictronHome *self = PHAETON_VICTRON_HOME (object);

  if (self->watch_id != 0)
    phaeton_victron_home_stop (PHAETON_HOME (self));
  g_hash_table_unref (self->tracked);
  victron_values_free (self->values);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->connection);
  g_clear_object (&self->clock);
  G_OBJECT_CLASS (phaeton_victron_home_parent_class)->finalize (object);
}

static void
phaeton_victron_home_class_init (PhaetonVictronHomeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = phaeton_victron_home_finalize;
}

static void
phaeton_victron_home_init (PhaetonVictronHome *self)
{
  self->values = victron_values_new ();
  self->tracked =
    g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) free_tracked);
  self->cancellable = g_cancellable_new ();
  self->connection = phaeton_bus_connection_new ();
  g_signal_connect_object (self->connection, "opened", G_CALLBACK (opened_cb), self, 0);
  g_signal_connect_object (self->connection, "closed", G_CALLBACK (closed_cb), self, 0);
}

PhaetonHome *
phaeton_victron_home_new (PhaetonClock *clock)
{
  PhaetonVictronHome *self = g_object_new (PHAETON_TYPE_VICTRON_HOME, NULL);

  self->clock = g_object_ref (clock);
  return PHAETON_HOME (self);
}
