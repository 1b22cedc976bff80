/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-sim"
#include "config.h"

#include "phaeton-sim-settings.h"

#include "phaeton-variant.h"

#include <math.h>
#include <string.h>

#define ROOT "/Settings/"
#define DEVICES "/Settings/Devices/"
#define INSTANCE "/ClassAndVrmInstance"

/* error codes of AddSettings */
enum {
  ADDED = 0,
  BAD_UNDERSCORE = -2,
  BAD_TYPE = -3,
  NO_PATH = -4,
  OTHER_TYPE = -5,
  BAD_DEFAULT = -6,
  OUT_OF_RANGE = -7,
  IS_GROUP = -8,
  NOT_BELOW_SETTINGS = -9,
};

struct _PhaetonSimSettings {
  PhaetonSimItems *items; /* (owned) */
  PhaetonSimItemsHooks hooks;
  PhaetonSimSettingsFunc changed;
  gpointer user_data;
};

static const char XML[] =
  "<node>"
  " <interface name='com.victronenergy.Settings'>"
  "  <method name='AddSettings'>"
  "   <arg type='aa{sv}' direction='in'/><arg type='aa{sv}' direction='out'/>"
  "  </method>"
  "  <method name='AddSetting'>"
  "   <arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='v' direction='in'/>"
  "   <arg type='s' direction='in'/><arg type='v' direction='in'/><arg type='v' direction='in'/>"
  "   <arg type='i' direction='out'/>"
  "  </method>"
  "  <method name='AddSilentSetting'>"
  "   <arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='v' direction='in'/>"
  "   <arg type='s' direction='in'/><arg type='v' direction='in'/><arg type='v' direction='in'/>"
  "   <arg type='i' direction='out'/>"
  "  </method>"
  "  <method name='RemoveSettings'>"
  "   <arg type='as' direction='in'/><arg type='ai' direction='out'/>"
  "  </method>"
  " </interface>"
  " <interface name='com.victronenergy.Settings'>"
  "  <method name='GetAttributes'>"
  "   <arg type='v' direction='out'/><arg type='v' direction='out'/><arg type='v' direction='out'/>"
  "   <arg type='i' direction='out'/>"
  "  </method>"
  "  <method name='GetSilent'><arg type='b' direction='out'/></method>"
  " </interface>"
  "</node>";

static gboolean
is_supported (GVariant *value)
{
  return g_variant_is_of_type (value, G_VARIANT_TYPE_INT32) ||
         g_variant_is_of_type (value, G_VARIANT_TYPE_INT64) ||
         g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE) ||
         g_variant_is_of_type (value, G_VARIANT_TYPE_STRING);
}

/* the value as the setting's own type; NULL: it cannot be */
static GVariant *
coerce (GVariant *value, const GVariantType *type)
{
  double number;

  if (g_variant_type_equal (type, G_VARIANT_TYPE_STRING))
    return g_variant_is_of_type (value, type) ? g_variant_ref (value) : NULL;
  if (!phaeton_variant_get_number (value, &number) || !isfinite (number))
    return NULL;
  if (g_variant_type_equal (type, G_VARIANT_TYPE_DOUBLE))
    return g_variant_ref_sink (g_variant_new_double (number));
  if (floor (number) < number || fabs (number) > 9e15)
    return NULL;
  if (g_variant_type_equal (type, G_VARIANT_TYPE_INT64))
    return g_variant_ref_sink (g_variant_new_int64 (number));
  return fabs (number) > G_MAXINT32 ? NULL : g_variant_ref_sink (g_variant_new_int32 (number));
}

/* limits that are both 0 are none */
static gboolean
is_in_range (const PhaetonSimAttributes *attributes, GVariant *value)
{
  double number, minimum = 0.0, maximum = 0.0;

  if (attributes->minimum == NULL || attributes->maximum == NULL ||
      !phaeton_variant_get_number (value, &number))
    return TRUE;
  phaeton_variant_get_number (attributes->minimum, &minimum);
  phaeton_variant_get_number (attributes->maximum, &maximum);
  return (fabs (minimum) <= 0.0 && fabs (maximum) <= 0.0) ||
         (number >= minimum && number <= maximum);
}

static gboolean
is_instance_path (const char *path)
{
  return g_str_has_prefix (path, DEVICES) && g_str_has_suffix (path, INSTANCE);
}

/* "evcharger:40" */
static gboolean
parse_instance (const char *text, char **class, int *instance)
{
  const char *colon = strchr (text, ':');
  gint64 number;

  if (colon == NULL || colon == text ||
      !g_ascii_string_to_signed (colon + 1, 10, 0, G_MAXINT32, &number, NULL))
    return FALSE;
  *class = g_strndup (text, colon - text);
  *instance = number;
  return TRUE;
}

static gboolean
is_taken (PhaetonSimSettings *self, const char *path, const char *claim)
{
  g_autoptr (GList) paths = phaeton_sim_items_list (self->items);

  for (GList *it = paths; it != NULL; it = it->next)
    if (is_instance_path (it->data) && strcmp (it->data, path) != 0 &&
        strcmp (g_variant_get_string (phaeton_sim_items_get (self->items, it->data), NULL),
                claim) == 0)
      return TRUE;
  return FALSE;
}

/* the wanted number of the class or the next one that is free; NULL: not a claim */
static GVariant *
claim_instance (PhaetonSimSettings *self, const char *path, const char *wanted)
{
  g_autofree char *class = NULL;
  g_autofree char *claim = NULL;
  int instance;

  if (!parse_instance (wanted, &class, &instance))
    return NULL;
  claim = g_strdup_printf ("%s:%d", class, instance);
  while (is_taken (self, path, claim)) {
    g_free (claim);
    claim = g_strdup_printf ("%s:%d", class, ++instance);
  }
  return g_variant_ref_sink (g_variant_new_string (claim));
}

static void
store (PhaetonSimSettings *self, const char *path, GVariant *value)
{
  GVariant *present = phaeton_sim_items_get (self->items, path);

  if (present != NULL && g_variant_equal (present, value))
    return;
  phaeton_sim_items_set (self->items, path, value, PHAETON_SIM_SIGNAL_SINGLE);
  self->changed (path, value, self->user_data);
}

int
phaeton_sim_settings_write (PhaetonSimSettings *self, const char *path, GVariant *value)
{
  const PhaetonSimAttributes *attributes = phaeton_sim_items_get_attributes (self->items, path);
  GVariant *present = phaeton_sim_items_get (self->items, path);
  g_autoptr (GVariant) wanted = NULL, claimed = NULL;

  if (present == NULL)
    return -1;
  wanted = coerce (value, g_variant_get_type (present));
  if (wanted == NULL || !is_in_range (attributes, wanted))
    return -1;
  if (is_instance_path (path)) {
    claimed = claim_instance (self, path, g_variant_get_string (wanted, NULL));
    if (claimed == NULL)
      return -1;
  }
  store (self, path, claimed != NULL ? claimed : wanted);
  return 0;
}

static int
write_cb (PhaetonSimItems *items, const char *path, GVariant *value, gpointer user_data)
{
  return phaeton_sim_settings_write (user_data, path, value);
}

static gboolean
has_only_legal_characters (const char *path)
{
  for (const char *it = path; *it != '\0'; it++)
    if (!g_ascii_isalnum (*it) && *it != '_' && *it != '/')
      return FALSE;
  return g_variant_is_object_path (path);
}

static int
check_new (PhaetonSimSettings *self, const char *path, GVariant *standard)
{
  GVariant *present = phaeton_sim_items_get (self->items, path);
  g_autofree char *class = NULL;
  int instance;

  if (strstr (path, "/_") != NULL)
    return BAD_UNDERSCORE;
  if (standard == NULL || !is_supported (standard))
    return BAD_TYPE;
  if (phaeton_sim_items_is_group (self->items, path))
    return IS_GROUP;
  if (present != NULL &&
      !g_variant_type_equal (g_variant_get_type (present), g_variant_get_type (standard)))
    return OTHER_TYPE;
  if (is_instance_path (path) &&
      (!g_variant_is_of_type (standard, G_VARIANT_TYPE_STRING) ||
       !parse_instance (g_variant_get_string (standard, NULL), &class, &instance)))
    return BAD_DEFAULT;
  return ADDED;
}

static void
replace (GVariant **place, GVariant *value)
{
  g_clear_pointer (place, g_variant_unref);
  *place = value != NULL ? g_variant_ref (value) : NULL;
}

/* a limit in the setting's type; strings have none */
static GVariant *
coerce_limit (GVariant *limit, GVariant *standard)
{
  if (limit == NULL || g_variant_is_of_type (standard, G_VARIANT_TYPE_STRING))
    return NULL;
  return coerce (limit, g_variant_get_type (standard));
}

int
phaeton_sim_settings_add (PhaetonSimSettings *self, const char *path, GVariant *standard,
                          GVariant *minimum, GVariant *maximum, gboolean is_silent)
{
  g_autoptr (GVariant) owned = standard != NULL ? g_variant_ref_sink (standard) : NULL;
  PhaetonSimAttributes wanted = { .standard = owned, .is_silent = is_silent };
  g_autoptr (GVariant) low = NULL, high = NULL, claimed = NULL;
  PhaetonSimAttributes *attributes;
  const int code = check_new (self, path, owned);

  if (code != ADDED)
    return code;
  wanted.minimum = low = coerce_limit (minimum, owned);
  wanted.maximum = high = coerce_limit (maximum, owned);
  if (!is_in_range (&wanted, owned))
    return OUT_OF_RANGE;
  if (phaeton_sim_items_get (self->items, path) == NULL) {
    if (is_instance_path (path))
      claimed = claim_instance (self, path, g_variant_get_string (owned, NULL));
    store (self, path, claimed != NULL ? claimed : owned);
  }
  attributes = phaeton_sim_items_get_attributes (self->items, path);
  replace (&attributes->standard, owned);
  replace (&attributes->minimum, low);
  replace (&attributes->maximum, high);
  attributes->is_silent = is_silent;
  phaeton_sim_items_announce (self->items, path);
  return ADDED;
}

/* @base: the group that was called; an absolute path counts at the root only */
static char *
make_path (const char *base, const char *path)
{
  if (strcmp (base, "/") == 0)
    return g_strdup (path);
  return g_strconcat (base, *path == '/' ? "" : "/", path, NULL);
}

/* FALSE: the whole call fails with the D-Bus error that @invocation got */
static gboolean
add_one (PhaetonSimSettings *self, const char *base, GVariant *wish, GVariantBuilder *answers,
         GDBusMethodInvocation *invocation)
{
  g_autoptr (GVariant) path_value = g_variant_lookup_value (wish, "path", G_VARIANT_TYPE_STRING);
  g_autoptr (GVariant) standard = g_variant_lookup_value (wish, "default", NULL);
  g_autoptr (GVariant) minimum = g_variant_lookup_value (wish, "min", NULL);
  g_autoptr (GVariant) maximum = g_variant_lookup_value (wish, "max", NULL);
  g_autoptr (GVariant) silent = g_variant_lookup_value (wish, "silent", NULL);
  const char *relative = path_value != NULL ? g_variant_get_string (path_value, NULL) : "";
  g_autofree char *path = make_path (base, relative);
  double is_silent = 0.0;
  int code = NO_PATH;

  if (path_value != NULL && !g_str_has_prefix (path, ROOT)) {
    code = NOT_BELOW_SETTINGS;
  } else if (path_value != NULL) {
    if (!has_only_legal_characters (path)) {
      g_dbus_method_invocation_return_dbus_error (
        invocation, "org.freedesktop.DBus.Python.ValueError", "Invalid object path");
      return FALSE;
    }
    if (silent != NULL)
      phaeton_variant_get_number (silent, &is_silent);
    code = phaeton_sim_settings_add (self, path, standard, minimum, maximum, is_silent > 0.0);
  }
  g_variant_builder_open (answers, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (answers, "{sv}", "error", g_variant_new_int32 (code));
  g_variant_builder_add (answers, "{sv}", "path", g_variant_new_string (relative));
  if (code == ADDED)
    g_variant_builder_add (answers, "{sv}", "value", phaeton_sim_items_get (self->items, path));
  g_variant_builder_close (answers);
  return TRUE;
}

static void
call_add_settings (PhaetonSimSettings *self, const char *base, GVariant *parameters,
                   GDBusMethodInvocation *invocation)
{
  g_autoptr (GVariant) wishes = g_variant_get_child_value (parameters, 0);
  GVariantBuilder answers;

  g_variant_builder_init (&answers, G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = 0; i < g_variant_n_children (wishes); i++) {
    g_autoptr (GVariant) wish = g_variant_get_child_value (wishes, i);

    if (!add_one (self, base, wish, &answers, invocation)) {
      g_variant_builder_clear (&answers);
      return;
    }
  }
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(aa{sv})", &answers));
}

static void
call_add_setting (PhaetonSimSettings *self, const char *base, GVariant *parameters,
                  gboolean is_silent, GDBusMethodInvocation *invocation)
{
  const char *group, *name, *type;
  g_autoptr (GVariant) standard = NULL, minimum = NULL, maximum = NULL, typed = NULL;
  g_autofree char *relative = NULL;
  g_autofree char *path = NULL;
  int code = BAD_TYPE;

  g_variant_get (parameters, "(&s&sv&svv)", &group, &name, &standard, &type, &minimum, &maximum);
  relative = *group == '\0' ? g_strdup (name) : g_strconcat (group, "/", name, NULL);
  path = g_strconcat (strcmp (base, "/") == 0 ? "/Settings" : base, *relative == '/' ? "" : "/",
                      relative, NULL);
  if (strlen (type) == 1 && strchr ("ifs", *type) != NULL)
    typed = coerce (standard, *type == 'i'   ? G_VARIANT_TYPE_INT32
                              : *type == 'f' ? G_VARIANT_TYPE_DOUBLE
                                             : G_VARIANT_TYPE_STRING);
  if (typed != NULL && has_only_legal_characters (path))
    code = phaeton_sim_settings_add (self, path, typed, minimum, maximum, is_silent);
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(i)", code));
}

static void
call_remove (PhaetonSimSettings *self, const char *base, GVariant *parameters,
             GDBusMethodInvocation *invocation)
{
  g_autofree const char **relatives = NULL;
  GVariantBuilder codes;

  g_variant_get (parameters, "(^a&s)", &relatives);
  g_variant_builder_init (&codes, G_VARIANT_TYPE ("ai"));
  for (guint i = 0; relatives[i] != NULL; i++) {
    g_autofree char *path =
      g_strconcat (strcmp (base, "/") == 0 ? "" : base, "/", relatives[i], NULL);
    const gboolean is_there = phaeton_sim_items_get (self->items, path) != NULL;

    phaeton_sim_items_remove (self->items, path);
    g_variant_builder_add (&codes, "i", is_there ? 0 : -1);
  }
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(ai)", &codes));
}

static void
call_attributes (PhaetonSimSettings *self, const char *path, GDBusMethodInvocation *invocation)
{
  const PhaetonSimAttributes *it = phaeton_sim_items_get_attributes (self->items, path);

  g_dbus_method_invocation_return_value (
    invocation,
    g_variant_new ("(vvvi)", it->standard,
                   it->minimum != NULL ? it->minimum : g_variant_new_int32 (0),
                   it->maximum != NULL ? it->maximum : g_variant_new_int32 (0), it->is_silent));
}

static void
call_cb (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
         const char *method, GVariant *parameters, GDBusMethodInvocation *invocation,
         gpointer user_data)
{
  PhaetonSimSettings *self = user_data;

  if (strcmp (method, "AddSettings") == 0)
    call_add_settings (self, path, parameters, invocation);
  else if (strcmp (method, "AddSetting") == 0 || strcmp (method, "AddSilentSetting") == 0)
    call_add_setting (self, path, parameters, strcmp (method, "AddSetting") != 0, invocation);
  else if (strcmp (method, "RemoveSettings") == 0)
    call_remove (self, path, parameters, invocation);
  else if (strcmp (method, "GetAttributes") == 0)
    call_attributes (self, path, invocation);
  else /* GetSilent */
    g_dbus_method_invocation_return_value (
      invocation,
      g_variant_new ("(b)", phaeton_sim_items_get_attributes (self->items, path)->is_silent));
}

PhaetonSimSettings *
phaeton_sim_settings_new (PhaetonSimSettingsFunc changed, gpointer user_data)
{
  PhaetonSimSettings *self = g_new0 (PhaetonSimSettings, 1);
  g_autoptr (GDBusNodeInfo) info = g_dbus_node_info_new_for_xml (XML, NULL);

  g_assert (info != NULL);
  self->changed = changed;
  self->user_data = user_data;
  self->hooks = (PhaetonSimItemsHooks){
    .write = write_cb,
    .call = call_cb,
    .group_info = g_dbus_interface_info_ref (info->interfaces[0]),
    .leaf_info = g_dbus_interface_info_ref (info->interfaces[1]),
    .has_attributes = TRUE,
  };
  self->items = phaeton_sim_items_new ("com.victronenergy.settings", &self->hooks, self);
  return self;
}

void
phaeton_sim_settings_free (PhaetonSimSettings *self)
{
  phaeton_sim_items_free (self->items);
  g_dbus_interface_info_unref (self->hooks.group_info);
  g_dbus_interface_info_unref (self->hooks.leaf_info);
  g_free (self);
}

PhaetonSimItems *
phaeton_sim_settings_get_items (PhaetonSimSettings *self)
{
  return self->items;
}
