/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "victron-values.h"

#include "phaeton-bus-item.h"

#include <string.h>

#define NAME_PREFIX "com.victronenergy."
#define MAX_TEXT_BYTES 128
#define MAX_SERVICES 64 /* a GX has some tens; more is an attack on our memory */

static const char *const kind_names[VICTRON_N_KINDS] = {
  [VICTRON_SYSTEM] = "system", [VICTRON_SETTINGS] = "settings", [VICTRON_GRID] = "grid",
  [VICTRON_VEBUS] = "vebus",   [VICTRON_ACSYSTEM] = "acsystem", [VICTRON_MULTI] = "multi",
  [VICTRON_HUB4] = "hub4",
};

#define LINES(prefix, suffix) prefix "/L1" suffix, prefix "/L2" suffix, prefix "/L3" suffix

/* every path that victron-sample.c reads */
static const char *const system_paths[] = { LINES ("/Ac/Grid", "/Power"),
                                            LINES ("/Ac/Grid", "/Current"),
                                            LINES ("/Ac/Genset", "/Power"),
                                            LINES ("/Ac/PvOnGrid", "/Power"),
                                            LINES ("/Ac/PvOnOutput", "/Power"),
                                            LINES ("/Ac/PvOnGenset", "/Power"),
                                            LINES ("/Ac/Consumption", "/Power"),
                                            "/Ac/Grid/NumberOfPhases",
                                            "/Ac/Consumption/NumberOfPhases",
                                            "/Ac/ActiveIn/Source",
                                            "/Dc/Pv/Power",
                                            "/Dc/Battery/Power",
                                            "/Dc/Battery/Soc",
                                            "/Control/ActiveSocLimit",
                                            NULL };
static const char *const settings_paths[] = { "/Settings/CGwacs/AcPowerSetPoint",
                                              "/Settings/CGwacs/AcInputLimit",
                                              "/Settings/CGwacs/MaxFeedInPower",
                                              "/Settings/CGwacs/PreventFeedback",
                                              "/Settings/CGwacs/OvervoltageFeedIn",
                                              "/Settings/CGwacs/RunWithoutGridMeter",
                                              "/Settings/CGwacs/BatteryLife/MinimumSocLimit",
                                              "/Settings/CGwacs/BatteryLife/SocLimit",
                                              "/Settings/CGwacs/BatteryLife/State",
                                              "/Settings/System/TimeZone",
                                              NULL };
static const char *const grid_paths[] = { LINES ("/Ac", "/Voltage"), NULL };
static const char *const vebus_paths[] = { LINES ("/Ac/ActiveIn", "/V"), "/Ac/ActiveIn/ActiveInput",
                                           "/Ac/In/1/CurrentLimit", "/Ac/In/2/CurrentLimit", NULL };
static const char *const rs_paths[] = { "/Settings/Ess/MinimumSocLimit", "/Ac/In/1/CurrentLimit",
                                        NULL };
static const char *const hub4_paths[] = { "/PvPowerLimiterActive", NULL };

static const char *const *const paths_by_kind[VICTRON_N_KINDS] = {
  [VICTRON_SYSTEM] = system_paths, [VICTRON_SETTINGS] = settings_paths, [VICTRON_GRID] = grid_paths,
  [VICTRON_VEBUS] = vebus_paths,   [VICTRON_ACSYSTEM] = rs_paths,       [VICTRON_MULTI] = rs_paths,
  [VICTRON_HUB4] = hub4_paths,
};

typedef struct {
  gboolean is_number;
  double number;
  char *text; /* (owned) (nullable) */
  guint64 serial;
} Value;

typedef struct {
  VictronKind kind;
  GHashTable *values; /* (owned) (element-type utf8 Value): keys are the static paths above */
  gint64 heard_ms;
} Service;

struct _VictronValues {
  GHashTable *services; /* (owned) (element-type utf8 Service): by bus name */
  gint64 changed_ms;
};

int
victron_kind_from_name (const char *bus_name)
{
  const char *type;
  gsize length;

  if (!g_str_has_prefix (bus_name, NAME_PREFIX))
    return -1;
  type = bus_name + strlen (NAME_PREFIX);
  length = strcspn (type, ".");
  for (int kind = 0; kind < VICTRON_N_KINDS; kind++)
    if (strlen (kind_names[kind]) == length && strncmp (kind_names[kind], type, length) == 0)
      return kind;
  return -1;
}

static void
free_value (Value *value)
{
  g_free (value->text);
  g_free (value);
}

static void
free_service (Service *service)
{
  g_hash_table_unref (service->values);
  g_free (service);
}

VictronValues *
victron_values_new (void)
{
  VictronValues *self = g_new0 (VictronValues, 1);

  self->services =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) free_service);
  return self;
}

void
victron_values_free (VictronValues *self)
{
  g_hash_table_unref (self->services);
  g_free (self);
}

/* NULL: not one of ours, or too many */
static Service *
ensure_service (VictronValues *self, const char *bus_name)
{
  const int kind = victron_kind_from_name (bus_name);
  Service *service = g_hash_table_lookup (self->services, bus_name);

  if (service != NULL || kind < 0 || g_hash_table_size (self->services) >= MAX_SERVICES)
    return service;
  service = g_new0 (Service, 1);
  service->kind = (VictronKind) kind;
  service->values =
    g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) free_value);
  g_hash_table_insert (self->services, g_strdup (bus_name), service);
  return service;
}

static const char *
find_path (VictronKind kind, const char *path)
{
  for (guint i = 0; paths_by_kind[kind][i] != NULL; i++)
    if (strcmp (paths_by_kind[kind][i], path) == 0)
      return paths_by_kind[kind][i];
  return NULL;
}

static gboolean
store_value (Value *to, GVariant *from)
{
  const char *text = phaeton_bus_item_get_text (from);
  double number = 0;
  const gboolean is_number = phaeton_bus_item_get_number (from, &number);
  gboolean changed;

  if (text != NULL && strlen (text) > MAX_TEXT_BYTES)
    text = NULL;
  changed = to->is_number != is_number || g_strcmp0 (to->text, text) != 0 ||
            (is_number && memcmp (&to->number, &number, sizeof number) != 0);
  to->is_number = is_number;
  to->number = number;
  if (changed) {
    g_free (to->text);
    to->text = g_strdup (text);
  }
  return changed;
}

gboolean
victron_values_set (VictronValues *self, const char *bus_name, const char *path, GVariant *value,
                    guint64 serial, gint64 now_ms)
{
  const int kind = victron_kind_from_name (bus_name);
  const char *known = kind >= 0 ? find_path ((VictronKind) kind, path) : NULL;
  Service *service = known != NULL ? ensure_service (self, bus_name) : NULL;
  Value *stored;

  if (service == NULL)
    return FALSE;
  stored = g_hash_table_lookup (service->values, known);
  if (stored == NULL) {
    stored = g_new0 (Value, 1);
    g_hash_table_insert (service->values, (char *) known, stored);
  }
  if (stored->serial > serial)
    return FALSE;
  stored->serial = serial;
  if (!store_value (stored, value))
    return FALSE;
  if (service->kind == VICTRON_SYSTEM)
    self->changed_ms = now_ms;
  return TRUE;
}

void
victron_values_touch (VictronValues *self, const char *bus_name, gint64 now_ms)
{
  Service *service = ensure_service (self, bus_name);

  if (service != NULL)
    service->heard_ms = now_ms;
}

gboolean
victron_kind_is_measurement (VictronKind kind)
{
  return kind == VICTRON_SYSTEM || kind == VICTRON_GRID;
}

void
victron_values_confirm_settings (VictronValues *self, gint64 now_ms)
{
  GHashTableIter iter;
  Service *service;

  g_hash_table_iter_init (&iter, self->services);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &service))
    if (!victron_kind_is_measurement (service->kind))
      service->heard_ms = now_ms;
}

void
victron_values_drop (VictronValues *self, const char *bus_name)
{
  g_hash_table_remove (self->services, bus_name);
}

void
victron_values_clear (VictronValues *self)
{
  g_hash_table_remove_all (self->services);
}

gint64
victron_values_get_heard_ms (VictronValues *self, const char *bus_name)
{
  const Service *service = g_hash_table_lookup (self->services, bus_name);

  return service != NULL ? service->heard_ms : 0;
}

gint64
victron_values_get_changed_ms (VictronValues *self)
{
  return self->changed_ms;
}

gboolean
victron_values_has_kind (VictronValues *self, VictronKind kind)
{
  GHashTableIter iter;
  Service *service;

  g_hash_table_iter_init (&iter, self->services);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &service))
    if (service->kind == kind)
      return TRUE;
  return FALSE;
}

/* several services of a kind: the one first in the alphabet, so that the answer is stable */
static const Value *
find_value (VictronValues *self, VictronKind kind, const char *path, gboolean number, gint64 *at_ms)
{
  GHashTableIter iter;
  const char *name, *first = NULL;
  Service *service;
  const Value *found = NULL;

  g_hash_table_iter_init (&iter, self->services);
  while (g_hash_table_iter_next (&iter, (gpointer *) &name, (gpointer *) &service)) {
    const Value *value = service->kind == kind ? g_hash_table_lookup (service->values, path) : NULL;

    if (value == NULL || (number ? !value->is_number : value->text == NULL) ||
        (first != NULL && strcmp (first, name) < 0))
      continue;
    first = name;
    found = value;
    *at_ms = service->heard_ms;
  }
  return found;
}

gboolean
victron_values_get (VictronValues *self, VictronKind kind, const char *path, double *number,
                    gint64 *at_ms)
{
  const Value *value = find_value (self, kind, path, TRUE, at_ms);

  if (value == NULL)
    return FALSE;
  *number = value->number;
  return TRUE;
}

const char *
victron_values_get_text (VictronValues *self, VictronKind kind, const char *path)
{
  gint64 at_ms;
  const Value *value = find_value (self, kind, path, FALSE, &at_ms);

  return value != NULL ? value->text : NULL;
}
