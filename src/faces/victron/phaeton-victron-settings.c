/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-victron"
#include "config.h"

#include "phaeton-victron-settings.h"

#include "phaeton-bus-item.h"
#include "phaeton-log.h"
#include "phaeton-paths.h"

#include <string.h>

#define SERVICE "com.victronenergy.settings"
#define PATH_PREFIX "/Settings/Devices/phaeton_"
#define CLASS_PREFIX "evcharger:"
#define MAX_INSTANCE 255
#define CALL_TIMEOUT_MS 3000
#define RETRY_MS 10000

/* what the service keeps, as a field of ours */
static const struct {
  const char *name; /* below the path of the charger */
  PhaetonFieldId field;
} kept[] = {
  { "ClassAndVrmInstance", PHAETON_FIELD_DEVICE_INSTANCE },
  { "CustomName", PHAETON_FIELD_CUSTOM_NAME },
  { "Position", PHAETON_FIELD_POSITION },
  { "AutoStart", PHAETON_FIELD_AUTO_START },
};
#define N_KEPT G_N_ELEMENTS (kept)

struct _PhaetonVictronSettings {
  GObject parent_instance;

  PhaetonBusConnection *bus; /* (owned) */
  guint socket;
  PhaetonVictronWriteFunc write;
  gpointer write_data;

  PhaetonSnapshot *snapshot; /* (owned) (nullable): the newest */
  guint charger;             /* in it */
  char *serial;              /* (owned) (nullable): of the charger whose path it is */
  char *path;                /* (owned) (nullable): below it are the settings */

  GDBusConnection *connection; /* (owned) (nullable) */
  GCancellable *cancellable;   /* (owned): of calls on it */
  guint watch_id, subscription_id, retry_id;
  gboolean is_there; /* the service is on the bus */
  gboolean claiming; /* it was asked for our path */
  gboolean claimed;  /* and answered */
  gboolean applying; /* a value of the service is on its way to the site */

  GVariant *known[N_KEPT]; /* (owned) (nullable): what the service has, as far as we know */
};

G_DEFINE_FINAL_TYPE (PhaetonVictronSettings, phaeton_victron_settings, G_TYPE_OBJECT)

enum { SIGNAL_CLAIMED, SIGNAL_ABSENT, N_SIGNALS };
static guint signals[N_SIGNALS];

static void claim (PhaetonVictronSettings *self);

/* --- values --- */

char *
phaeton_victron_settings_dup_path (const char *serial, guint socket)
{
  char *path = socket > 1 ? g_strdup_printf (PATH_PREFIX "%s_%u", serial, socket)
                          : g_strconcat (PATH_PREFIX, serial, NULL);

  for (char *at = path + strlen (PATH_PREFIX); *at != '\0'; at++)
    if (!g_ascii_isalnum (*at))
      *at = '_';
  return path;
}

int
phaeton_victron_settings_parse_instance (const char *text)
{
  guint64 number;

  if (text == NULL || !g_str_has_prefix (text, CLASS_PREFIX) ||
      !g_ascii_string_to_unsigned (text + strlen (CLASS_PREFIX), 10, 0, MAX_INSTANCE, &number,
                                   NULL))
    return -1;
  return (int) number;
}

/* Returns: (transfer full): our value in the form of the service */
static GVariant *
dup_ours (PhaetonVictronSettings *self, guint i)
{
  const PhaetonField *field = phaeton_field (kept[i].field);
  const PhaetonChargerRecord *record = &self->snapshot->chargers[self->charger];
  const char *text;
  double number = 0;
  GVariant *value;

  if (field->type == PHAETON_TYPE_TEXT) {
    text = phaeton_field_get_text (field, record);
    value = g_variant_new_string (text != NULL ? text : "");
  } else {
    phaeton_field_get_number (field, record, &number);
    value = field->id == PHAETON_FIELD_DEVICE_INSTANCE
              ? g_variant_new_printf (CLASS_PREFIX "%d", (int) number)
              : g_variant_new_int32 ((gint32) number);
  }
  return g_variant_ref_sink (value);
}

/* what came from the service as we would have sent it, so that equal values are equal; NULL: it
 * makes no sense */
static GVariant *
normalise (guint i, GVariant *value)
{
  const char *text = phaeton_bus_item_get_text (value);
  double number;

  if (kept[i].field == PHAETON_FIELD_DEVICE_INSTANCE &&
      phaeton_victron_settings_parse_instance (text) < 0)
    return NULL;
  if (phaeton_field (kept[i].field)->type == PHAETON_TYPE_TEXT ||
      kept[i].field == PHAETON_FIELD_DEVICE_INSTANCE)
    return text != NULL ? g_variant_ref_sink (g_variant_new_string (text)) : NULL;
  if (!phaeton_bus_item_get_number (value, &number))
    return NULL;
  return g_variant_ref_sink (g_variant_new_int32 ((gint32) CLAMP (number, G_MININT32, G_MAXINT32)));
}

/* the known value in the form of our field */
static GVariant *
dup_for_field (PhaetonVictronSettings *self, guint i)
{
  if (kept[i].field != PHAETON_FIELD_DEVICE_INSTANCE)
    return g_variant_ref (self->known[i]);
  return g_variant_ref_sink (g_variant_new_int32 (
    phaeton_victron_settings_parse_instance (g_variant_get_string (self->known[i], NULL))));
}

static void
take_known (PhaetonVictronSettings *self, guint i, GVariant *value)
{
  g_variant_ref (value);
  g_clear_pointer (&self->known[i], g_variant_unref);
  self->known[i] = value;
}

static gboolean
is_ours (PhaetonVictronSettings *self, guint i, GVariant *value)
{
  g_autoptr (GVariant) ours = dup_ours (self, i);

  return g_variant_equal (ours, value);
}

static void
apply (PhaetonVictronSettings *self, guint i)
{
  g_autoptr (GVariant) value = dup_for_field (self, i);
  g_autoptr (GError) error = NULL;

  if (is_ours (self, i, self->known[i]))
    return;
  self->applying = TRUE;
  if (!self->write (kept[i].field, value, &error, self->write_data))
    phaeton_warning (self->snapshot->chargers[self->charger].id, "setting %s/%s: %s", self->path,
                     kept[i].name, error->message);
  self->applying = FALSE;
}

/* --- from us to the service --- */

static char *
dup_setting_path (PhaetonVictronSettings *self, guint i)
{
  return g_strconcat (self->path, "/", kept[i].name, NULL);
}

static void
call (PhaetonVictronSettings *self, const char *path, const char *interface, const char *method,
      GVariant *parameters, const char *reply_type, GAsyncReadyCallback callback)
{
  g_dbus_connection_call (self->connection, SERVICE, path, interface, method, parameters,
                          G_VARIANT_TYPE (reply_type), G_DBUS_CALL_FLAGS_NO_AUTO_START,
                          CALL_TIMEOUT_MS, self->cancellable, callback, g_object_ref (self));
}

static gboolean
retry_cb (gpointer user_data)
{
  PhaetonVictronSettings *self = user_data;

  self->retry_id = 0;
  claim (self);
  return G_SOURCE_REMOVE;
}

/* begins anew, as what the service has is uncertain */
static void
start_over (PhaetonVictronSettings *self)
{
  self->claimed = FALSE;
  if (self->retry_id == 0)
    self->retry_id = g_timeout_add (RETRY_MS, retry_cb, self);
}

static void
pushed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (PhaetonVictronSettings) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
    g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  int code = 0;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (reply != NULL)
    g_variant_get (reply, "(i)", &code);
  if (reply != NULL && code == 0)
    return;
  phaeton_warning ("", "settings service: %s not stored: %s", self->path,
                   error != NULL ? error->message : "refused");
  start_over (self);
}

static void
push (PhaetonVictronSettings *self, guint i)
{
  g_autofree char *path = dup_setting_path (self, i);
  g_autoptr (GVariant) ours = dup_ours (self, i);

  take_known (self, i, ours);
  call (self, path, PHAETON_BUS_ITEM_INTERFACE, "SetValue", g_variant_new ("(v)", ours), "(i)",
        pushed_cb);
}

/* --- from the service to us --- */

/* what changed here while the service was away is the newer one; else it is the service's word */
static void
adopt (PhaetonVictronSettings *self, guint i, GVariant *value)
{
  const gboolean is_instance = kept[i].field == PHAETON_FIELD_DEVICE_INSTANCE;
  const gboolean is_newer =
    !is_instance && self->known[i] != NULL && !is_ours (self, i, self->known[i]);
  g_autoptr (GVariant) theirs = normalise (i, value);

  if (theirs == NULL || is_newer) {
    push (self, i);
    return;
  }
  take_known (self, i, theirs);
  apply (self, i);
}

static int
find_kept (PhaetonVictronSettings *self, const char *path)
{
  const gsize length = strlen (self->path);

  if (strncmp (path, self->path, length) != 0 || path[length] != '/')
    return -1;
  for (guint i = 0; i < N_KEPT; i++)
    if (g_str_equal (path + length + 1, kept[i].name))
      return (int) i;
  return -1;
}

static void
changed_cb (GDBusConnection *connection, const char *sender, const char *path,
            const char *interface, const char *signal, GVariant *body, gpointer user_data)
{
  PhaetonVictronSettings *self = user_data;
  g_autoptr (GVariant) changes = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GVariant) theirs = NULL;
  int i;

  if (!self->claimed || !g_variant_is_of_type (body, G_VARIANT_TYPE ("(a{sv})")))
    return;
  i = find_kept (self, path);
  changes = g_variant_get_child_value (body, 0);
  value = i >= 0 ? g_variant_lookup_value (changes, "Value", NULL) : NULL;
  theirs = value != NULL ? normalise ((guint) i, value) : NULL;
  if (theirs == NULL || (self->known[i] != NULL && g_variant_equal (theirs, self->known[i])))
    return;
  phaeton_message (self->snapshot->chargers[self->charger].id, "%s changed", path);
  take_known (self, (guint) i, theirs);
  apply (self, (guint) i);
}

/* --- the claim --- */

static void
adopt_reply (PhaetonVictronSettings *self, GVariant *reply)
{
  GVariantIter iter;
  GVariant *entry;
  g_autoptr (GVariant) list = g_variant_get_child_value (reply, 0);

  g_variant_iter_init (&iter, list);
  while ((entry = g_variant_iter_next_value (&iter)) != NULL) {
    g_autoptr (GVariant) dict = entry;
    g_autoptr (GVariant) value = g_variant_lookup_value (dict, "value", NULL);
    const char *path = NULL;
    int error = -1, i;

    g_variant_lookup (dict, "path", "&s", &path);
    g_variant_lookup (dict, "error", "i", &error);
    i = path != NULL ? find_kept (self, path) : -1;
    if (i < 0)
      continue;
    if (error == 0 && value != NULL)
      adopt (self, (guint) i, value);
    else
      phaeton_warning ("", "settings service: cannot keep %s (error %d)", path, error);
  }
}

static void
claimed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (PhaetonVictronSettings) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
    g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self->claiming = FALSE;
  if (reply == NULL) {
    phaeton_warning ("", "settings service: %s; trying again", error->message);
    start_over (self);
    return;
  }
  self->claimed = TRUE;
  adopt_reply (self, reply);
  g_signal_emit (self, signals[SIGNAL_CLAIMED], 0);
}

static GVariant *
new_wish (PhaetonVictronSettings *self, guint i)
{
  const PhaetonField *field = phaeton_field (kept[i].field);
  g_autofree char *path = dup_setting_path (self, i);
  g_autoptr (GVariant) ours = dup_ours (self, i);
  GVariantDict dict;
  double min, max;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "path", "s", path);
  g_variant_dict_insert_value (&dict, "default", ours);
  if (phaeton_field_get_limits (field, &self->snapshot->chargers[self->charger], &min, &max)) {
    g_variant_dict_insert (&dict, "min", "i", (int) min);
    g_variant_dict_insert (&dict, "max", "i", (int) max);
  }
  return g_variant_dict_end (&dict);
}

static void
claim (PhaetonVictronSettings *self)
{
  GVariant *wishes[N_KEPT], *list;

  if (!self->is_there || self->claiming || self->claimed || self->path == NULL)
    return;
  self->claiming = TRUE;
  for (guint i = 0; i < N_KEPT; i++)
    wishes[i] = new_wish (self, i);
  list = g_variant_new_array (G_VARIANT_TYPE_VARDICT, wishes, N_KEPT);
  call (self, "/", "com.victronenergy.Settings", "AddSettings", g_variant_new_tuple (&list, 1),
        "(aa{sv})", claimed_cb);
}

/* --- the bus --- */

static void
appeared_cb (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  PhaetonVictronSettings *self = user_data;

  self->is_there = TRUE;
  claim (self);
}

/* whatever was asked is no longer of interest */
static void
forget_calls (PhaetonVictronSettings *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  self->claiming = FALSE;
  self->claimed = FALSE;
}

static void
activatable_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (PhaetonVictronSettings) self = user_data;
  g_autoptr (GVariant) reply =
    g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  g_autofree const char **names = NULL;

  if (reply == NULL || self->is_there)
    return;
  g_variant_get (reply, "(^a&s)", &names);
  if (!g_strv_contains (names, SERVICE))
    g_signal_emit (self, signals[SIGNAL_ABSENT], 0);
}

/* on a GX it is only late, elsewhere it may be started on demand */
static void
ask_whether_it_may_come (PhaetonVictronSettings *self)
{
  if (phaeton_paths_is_venus ())
    return;
  g_dbus_connection_call (self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus", "ListActivatableNames", NULL,
                          G_VARIANT_TYPE ("(as)"), G_DBUS_CALL_FLAGS_NONE, CALL_TIMEOUT_MS,
                          self->cancellable, activatable_cb, g_object_ref (self));
}

static void
vanished_cb (GDBusConnection *connection, const char *name, gpointer user_data)
{
  PhaetonVictronSettings *self = user_data;

  self->is_there = FALSE;
  forget_calls (self);
  if (connection != NULL)
    ask_whether_it_may_come (self);
}

static void
detach (PhaetonVictronSettings *self)
{
  if (self->connection == NULL)
    return;
  forget_calls (self);
  g_clear_handle_id (&self->watch_id, g_bus_unwatch_name);
  g_clear_handle_id (&self->retry_id, g_source_remove);
  g_dbus_connection_signal_unsubscribe (self->connection, self->subscription_id);
  g_clear_object (&self->connection);
  self->is_there = FALSE;
}

static void
opened_cb (PhaetonBusConnection *bus, gpointer user_data)
{
  PhaetonVictronSettings *self = user_data;

  self->connection = g_object_ref (phaeton_bus_connection_get (bus));
  self->subscription_id = g_dbus_connection_signal_subscribe (
    self->connection, SERVICE, PHAETON_BUS_ITEM_INTERFACE, "PropertiesChanged", NULL, NULL,
    G_DBUS_SIGNAL_FLAGS_NONE, changed_cb, self, NULL);
  self->watch_id = g_bus_watch_name_on_connection (
    self->connection, SERVICE, G_BUS_NAME_WATCHER_FLAGS_NONE, appeared_cb, vanished_cb, self, NULL);
}

static void
closed_cb (PhaetonBusConnection *bus, gpointer user_data)
{
  detach (user_data);
}

/* --- the object --- */

static void
phaeton_victron_settings_dispose (GObject *object)
{
  PhaetonVictronSettings *self = PHAETON_VICTRON_SETTINGS (object);

  detach (self);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->bus);
  g_clear_pointer (&self->snapshot, phaeton_snapshot_unref);
  for (guint i = 0; i < N_KEPT; i++)
    g_clear_pointer (&self->known[i], g_variant_unref);
  g_clear_pointer (&self->serial, g_free);
  g_clear_pointer (&self->path, g_free);
  G_OBJECT_CLASS (phaeton_victron_settings_parent_class)->dispose (object);
}

static void
phaeton_victron_settings_class_init (PhaetonVictronSettingsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = phaeton_victron_settings_dispose;
  signals[SIGNAL_CLAIMED] = g_signal_new ("claimed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                          0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_ABSENT] = g_signal_new ("absent", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
phaeton_victron_settings_init (PhaetonVictronSettings *self)
{
  self->cancellable = g_cancellable_new ();
}

PhaetonVictronSettings *
phaeton_victron_settings_new (PhaetonBusConnection *bus, guint socket,
                              PhaetonVictronWriteFunc write, gpointer user_data)
{
  PhaetonVictronSettings *self = g_object_new (PHAETON_TYPE_VICTRON_SETTINGS, NULL);

  self->bus = g_object_ref (bus);
  self->socket = socket;
  self->write = write;
  self->write_data = user_data;
  g_signal_connect_object (bus, "opened", G_CALLBACK (opened_cb), self, 0);
  g_signal_connect_object (bus, "closed", G_CALLBACK (closed_cb), self, 0);
  return self;
}

/* another serial number is another charger: the service knows it by another path */
static void
follow_serial (PhaetonVictronSettings *self)
{
  const char *serial = phaeton_field_get_text (phaeton_field (PHAETON_FIELD_SERIAL),
                                               &self->snapshot->chargers[self->charger]);

  if (serial == NULL || serial[0] == '\0' || g_strcmp0 (serial, self->serial) == 0)
    return;
  g_free (self->serial);
  self->serial = g_strdup (serial);
  g_free (self->path);
  self->path = phaeton_victron_settings_dup_path (serial, self->socket);
  for (guint i = 0; i < N_KEPT; i++)
    g_clear_pointer (&self->known[i], g_variant_unref);
  forget_calls (self);
  claim (self);
}

void
phaeton_victron_settings_show (PhaetonVictronSettings *self, PhaetonSnapshot *snapshot,
                               guint charger)
{
  g_return_if_fail (PHAETON_IS_VICTRON_SETTINGS (self));
  g_return_if_fail (charger < snapshot->n_chargers);

  phaeton_snapshot_ref (snapshot);
  g_clear_pointer (&self->snapshot, phaeton_snapshot_unref);
  self->snapshot = snapshot;
  self->charger = charger;
  follow_serial (self);
  if (!self->claimed || self->applying)
    return;
  for (guint i = 0; i < N_KEPT; i++) {
    if (self->known[i] == NULL || is_ours (self, i, self->known[i]))
      continue;
    if (kept[i].field == PHAETON_FIELD_DEVICE_INSTANCE)
      apply (self, i); /* given out by the service alone: a changed file does not move a charger */
    else
      push (self, i);
  }
}

void
phaeton_victron_settings_stop (PhaetonVictronSettings *self)
{
  g_return_if_fail (PHAETON_IS_VICTRON_SETTINGS (self));

  detach (self);
}
