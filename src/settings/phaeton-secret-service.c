/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-secret-service.h"

#include <gmodule.h>
#include <libsecret/secret.h>

#include "phaeton-error.h"

#define LIBRARY "libsecret-1.so.0"
#define BUS_NAME "org.freedesktop.secrets"
#define CALL_MS 5000

typedef struct {
  gboolean (*store) (const SecretSchema *schema, GHashTable *attributes, const char *collection,
                     const char *label, const char *password, GCancellable *cancellable,
                     GError **error);
  char *(*lookup) (const SecretSchema *schema, GHashTable *attributes, GCancellable *cancellable,
                   GError **error);
  gboolean (*clear) (const SecretSchema *schema, GHashTable *attributes, GCancellable *cancellable,
                     GError **error);
  void (*free) (char *password);
} Library;

static const SecretSchema schema = { "de.phaeton.Secret",
                                     SECRET_SCHEMA_NONE,
                                     { { "owner", SECRET_SCHEMA_ATTRIBUTE_STRING },
                                       { "name", SECRET_SCHEMA_ATTRIBUTE_STRING } } };

/* (nullable): it stays loaded */
static const Library *
ensure_library (GError **error)
{
  static Library library;
  static GModule *module;

  if (module == NULL)
    module = g_module_open (LIBRARY, G_MODULE_BIND_LAZY);
  if (module != NULL &&
      g_module_symbol (module, "secret_password_storev_sync", (gpointer *) &library.store) &&
      g_module_symbol (module, "secret_password_lookupv_sync", (gpointer *) &library.lookup) &&
      g_module_symbol (module, "secret_password_clearv_sync", (gpointer *) &library.clear) &&
      g_module_symbol (module, "secret_password_free", (gpointer *) &library.free))
    return &library;
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_STORAGE, "cannot use " LIBRARY ": %s",
               g_module_error ());
  return NULL;
}

/* (nullable) (transfer full): the connection that libsecret uses as well */
static GDBusConnection *
open_bus (void)
{
  GDBusConnection *bus = NULL;

  if (g_getenv ("DBUS_SESSION_BUS_ADDRESS") != NULL) /* else GLib would start a bus */
    bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  if (bus != NULL)
    g_dbus_connection_set_exit_on_close (bus, FALSE);
  return bus;
}

static GVariant *
call_bus (GDBusConnection *bus, const char *method, GVariant *parameters, const char *type)
{
  return g_dbus_connection_call_sync (
    bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", method,
    parameters, G_VARIANT_TYPE (type), G_DBUS_CALL_FLAGS_NONE, CALL_MS, NULL, NULL);
}

gboolean
phaeton_secret_service_is_there (void)
{
  g_autoptr (GDBusConnection) bus = open_bus ();
  g_autoptr (GVariant) owned = NULL, activatable = NULL;
  g_autofree const char **names = NULL;
  gboolean has_owner = FALSE;

  if (bus == NULL)
    return FALSE;
  owned = call_bus (bus, "NameHasOwner", g_variant_new ("(s)", BUS_NAME), "(b)");
  if (owned != NULL)
    g_variant_get (owned, "(b)", &has_owner);
  if (has_owner)
    return TRUE;
  activatable = call_bus (bus, "ListActivatableNames", NULL, "(as)");
  if (activatable != NULL)
    g_variant_get (activatable, "(^a&s)", &names);
  return names != NULL && g_strv_contains (names, BUS_NAME);
}

static GHashTable *
make_attributes (const char *owner, const char *name)
{
  GHashTable *attributes = g_hash_table_new (g_str_hash, g_str_equal);

  g_hash_table_insert (attributes, (gpointer) "owner", (gpointer) owner);
  g_hash_table_insert (attributes, (gpointer) "name", (gpointer) name);
  return attributes;
}

static void
take_error (GError *reason, GError **error)
{
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_STORAGE, "Secret Service: %s",
               reason != NULL ? reason->message : "no answer");
}

gboolean
phaeton_secret_service_store (const char *owner, const char *name, const char *value,
                              GCancellable *cancellable, GError **error)
{
  const Library *library = ensure_library (error);
  g_autoptr (GHashTable) attributes = make_attributes (owner, name);
  g_autofree char *label = g_strconcat ("Phaeton ", name, NULL);
  g_autoptr (GError) reason = NULL;

  if (library == NULL)
    return FALSE;
  if (value == NULL)
    library->clear (&schema, attributes, cancellable, &reason);
  else if (library->store (&schema, attributes, SECRET_COLLECTION_DEFAULT, label, value,
                           cancellable, &reason))
    return TRUE;
  if (value != NULL || reason != NULL)
    take_error (reason, error);
  return value == NULL && reason == NULL;
}

char *
phaeton_secret_service_lookup (const char *owner, const char *name, GCancellable *cancellable,
                               GError **error)
{
  const Library *library = ensure_library (error);
  g_autoptr (GHashTable) attributes = make_attributes (owner, name);
  g_autoptr (GError) reason = NULL;
  char *password, *value = NULL;

  if (library == NULL)
    return NULL;
  password = library->lookup (&schema, attributes, cancellable, &reason);
  if (password != NULL) {
    value = g_strdup (password);
    library->free (password); /* which overwrites it first */
  } else {
    take_error (reason, error);
  }
  return value;
}
