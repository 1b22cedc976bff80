/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-victron"
#include "config.h"

#include "phaeton-victron-face.h"

#include "phaeton-bus-connection.h"
#include "phaeton-log.h"
#include "phaeton-victron-service.h"
#include "phaeton-victron-settings.h"

/* readers keep what they saw first, so a charger is shown when it told who it is and the settings
 * service, if there is one, gave it its instance; but at the latest after this */
#define APPEAR_TIMEOUT_MS 10000

/* somebody has the name: it is asked for again, as people mend that live */
#define RETRY_MS 2000

/* one charger on the bus */
typedef struct {
  PhaetonVictronFace *face; /* (unowned): outlives it */
  char *id;
  guint charger;                    /* index in the snapshot */
  PhaetonBusConnection *bus;        /* (owned) */
  PhaetonVictronService *service;   /* (owned) */
  PhaetonVictronSettings *settings; /* (owned) */
  guint wait_id;                    /* runs until it is shown, or asks for its name again */
  gboolean no_settings;             /* no settings service is to be expected */
  gboolean was_shown;               /* it was on the bus at least once */
  gboolean complained;              /* since it was last on the bus */
} Post;

struct _PhaetonVictronFace {
  GObject parent_instance;

  PhaetonSite *site; /* (owned) */
  GPtrArray *posts;  /* (owned) (element-type Post) */
  gboolean started;
  gboolean was_open; /* there was a bus at least once */
  gboolean complained;
};

G_DEFINE_FINAL_TYPE (PhaetonVictronFace, phaeton_victron_face, G_TYPE_OBJECT)

enum { SIGNAL_FAILED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
fail (PhaetonVictronFace *self, const GError *error)
{
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

static void
opened_cb (PhaetonBusConnection *bus, gpointer user_data)
{
  PhaetonVictronFace *self = ((Post *) user_data)->face;

  if (self->complained)
    phaeton_message ("", "connected to the bus");
  self->was_open = TRUE;
  self->complained = FALSE;
}

static void
closed_cb (PhaetonBusConnection *bus, gpointer user_data)
{
  phaeton_warning (((Post *) user_data)->id, "lost the bus; trying to reconnect");
}

/* no bus: fatal at start if one is required, else a matter of time */
static void
bus_failed_cb (PhaetonBusConnection *bus, const GError *error, gpointer user_data)
{
  PhaetonVictronFace *self = ((Post *) user_data)->face;
  g_autoptr (GError) fatal = NULL;

  if (!self->was_open && phaeton_site_get_config (self->site)->require_dbus) {
    fatal = g_error_copy (error);
    g_prefix_error (&fatal, "the Victron bus is required (require_dbus): ");
    fail (self, fatal);
  } else if (!self->complained) {
    self->complained = TRUE;
    phaeton_warning ("", "%s; going on without, trying again", error->message);
  }
}

/* Returns: (nullable): another charger of ours with the same instance */
static const char *
find_twin (const Post *post)
{
  const PhaetonSnapshot *snapshot = phaeton_site_get_snapshot (post->face->site);
  const int instance = snapshot->chargers[post->charger].device_instance;

  for (guint i = 0; i < snapshot->n_chargers; i++)
    if (i != post->charger && snapshot->chargers[i].device_instance == instance)
      return snapshot->chargers[i].id;
  return NULL;
}

static void
appear (Post *post)
{
  g_clear_handle_id (&post->wait_id, g_source_remove);
  phaeton_victron_service_appear (post->service);
}

static gboolean
ask_again_cb (gpointer user_data)
{
  Post *post = user_data;

  post->wait_id = 0;
  appear (post);
  return G_SOURCE_REMOVE;
}

static void
complain (Post *post, const GError *error)
{
  const char *twin =
    g_error_matches (error, G_IO_ERROR, G_IO_ERROR_EXISTS) ? find_twin (post) : NULL;

  if (!post->complained && twin != NULL)
    phaeton_warning (post->id,
                     "not on the bus: charger %s has the same device instance; give one of them "
                     "another device_instance",
                     twin);
  else if (!post->complained)
    phaeton_warning (post->id, "not on the bus: %s", error->message);
  post->complained = TRUE;
}

/* a name that is taken at the start means that another daemon runs; whoever runs already goes on:
 * charging does not end because of a name */
static void
service_failed_cb (PhaetonVictronService *service, const GError *error, gpointer user_data)
{
  Post *post = user_data;
  const gboolean is_taken = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  const gboolean is_ours = is_taken && find_twin (post) != NULL;

  if (!post->was_shown && !is_ours &&
      (is_taken || phaeton_site_get_config (post->face->site)->require_dbus)) {
    fail (post->face, error);
    return;
  }
  complain (post, error);
  if (is_taken && post->wait_id == 0)
    post->wait_id = g_timeout_add (RETRY_MS, ask_again_cb, post);
}

static void
appeared_cb (PhaetonVictronService *service, gpointer user_data)
{
  Post *post = user_data;

  post->was_shown = TRUE;
  post->complained = FALSE;
}

static gboolean
knows_who_it_is (Post *post)
{
  const PhaetonSnapshot *snapshot = phaeton_site_get_snapshot (post->face->site);

  return phaeton_field_is_present (phaeton_field (PHAETON_FIELD_SERIAL),
                                   &snapshot->chargers[post->charger]);
}

/* first what the settings service says, as it may change what there is to show */
static void
show (Post *post, guint charger)
{
  PhaetonSite *site = post->face->site;

  post->charger = charger;
  phaeton_victron_settings_show (post->settings, phaeton_site_get_snapshot (site), charger);
  phaeton_victron_service_show (post->service, phaeton_site_get_snapshot (site), charger);
  phaeton_site_note_service (site, charger, phaeton_victron_service_get_name (post->service));
  if (post->no_settings && !post->was_shown && !post->complained && knows_who_it_is (post))
    appear (post);
}

/* whoever wrote hears of it before his answer comes, so this does not wait for the next step */
static gboolean
write_field (Post *post, PhaetonFieldId field, GVariant *value, PhaetonActor actor, GError **error)
{
  PhaetonSite *site = post->face->site;

  if (!phaeton_site_write (site, post->charger, field, value, actor, NULL, error))
    return FALSE;
  show (post, post->charger);
  return TRUE;
}

static gboolean
write_from_bus_cb (PhaetonFieldId field, GVariant *value, GError **error, gpointer user_data)
{
  return write_field (user_data, field, value, PHAETON_ACTOR_DBUS, error);
}

static gboolean
write_from_settings_cb (PhaetonFieldId field, GVariant *value, GError **error, gpointer user_data)
{
  return write_field (user_data, field, value, PHAETON_ACTOR_SETTINGS, error);
}

static gboolean
appear_timeout_cb (gpointer user_data)
{
  Post *post = user_data;

  post->wait_id = 0;
  phaeton_info (post->id, "no instance from a settings service yet; the configured one is used");
  appear (post);
  return G_SOURCE_REMOVE;
}

static void
claimed_cb (PhaetonVictronSettings *settings, gpointer user_data)
{
  appear (user_data);
}

static void
absent_cb (PhaetonVictronSettings *settings, gpointer user_data)
{
  Post *post = user_data;

  post->no_settings = TRUE;
  show (post, post->charger);
}

static Post *
post_new (PhaetonVictronFace *face, const char *id, guint charger)
{
  const PhaetonChargerConfig *config = &phaeton_site_get_config (face->site)->chargers[charger];
  Post *post = g_new0 (Post, 1);

  post->face = face;
  post->id = g_strdup (id);
  post->charger = charger;
  post->bus = phaeton_bus_connection_new ();
  g_signal_connect (post->bus, "opened", G_CALLBACK (opened_cb), post);
  g_signal_connect (post->bus, "closed", G_CALLBACK (closed_cb), post);
  g_signal_connect (post->bus, "failed", G_CALLBACK (bus_failed_cb), post);
  post->service = phaeton_victron_service_new (post->bus, write_from_bus_cb, post);
  g_signal_connect (post->service, "failed", G_CALLBACK (service_failed_cb), post);
  g_signal_connect (post->service, "appeared", G_CALLBACK (appeared_cb), post);
  post->settings = phaeton_victron_settings_new (post->bus, config->modbus.socket_unit,
                                                 write_from_settings_cb, post);
  g_signal_connect (post->settings, "claimed", G_CALLBACK (claimed_cb), post);
  g_signal_connect (post->settings, "absent", G_CALLBACK (absent_cb), post);
  post->wait_id = g_timeout_add (APPEAR_TIMEOUT_MS, appear_timeout_cb, post);
  phaeton_bus_connection_start (post->bus);
  return post;
}

static void
post_free (gpointer data)
{
  Post *post = data;

  g_clear_handle_id (&post->wait_id, g_source_remove);
  g_signal_handlers_disconnect_by_data (post->bus, post);
  g_signal_handlers_disconnect_by_data (post->service, post);
  g_signal_handlers_disconnect_by_data (post->settings, post);
  phaeton_victron_settings_stop (post->settings);
  phaeton_victron_service_stop (post->service);
  phaeton_bus_connection_stop (post->bus);
  g_object_unref (post->settings);
  g_object_unref (post->service);
  g_object_unref (post->bus);
  g_free (post->id);
  g_free (post);
}

static Post *
find_post (PhaetonVictronFace *self, const char *id)
{
  for (guint i = 0; i < self->posts->len; i++) {
    Post *post = g_ptr_array_index (self->posts, i);

    if (g_str_equal (post->id, id))
      return post;
  }
  return NULL;
}

static void
drop_removed_chargers (PhaetonVictronFace *self, const PhaetonSnapshot *snapshot)
{
  for (guint i = self->posts->len; i > 0; i--) {
    const Post *post = g_ptr_array_index (self->posts, i - 1);

    if (phaeton_snapshot_find_charger (snapshot, post->id) < 0)
      g_ptr_array_remove_index (self->posts, i - 1);
  }
}

static void
published_cb (PhaetonSite *site, PhaetonSnapshot *snapshot, gpointer user_data)
{
  PhaetonVictronFace *self = user_data;

  if (!self->started)
    return;
  drop_removed_chargers (self, snapshot);
  for (guint i = 0; i < snapshot->n_chargers; i++) {
    const char *id = snapshot->chargers[i].id;
    Post *post;

    if (id == NULL)
      continue;
    post = find_post (self, id);
    if (post == NULL) {
      post = post_new (self, id, i);
      g_ptr_array_add (self->posts, post);
    }
    show (post, i);
  }
}

static void
phaeton_victron_face_dispose (GObject *object)
{
  PhaetonVictronFace *self = PHAETON_VICTRON_FACE (object);

  phaeton_victron_face_stop (self);
  g_clear_object (&self->site);
  G_OBJECT_CLASS (phaeton_victron_face_parent_class)->dispose (object);
}

static void
phaeton_victron_face_finalize (GObject *object)
{
  g_ptr_array_unref (PHAETON_VICTRON_FACE (object)->posts);
  G_OBJECT_CLASS (phaeton_victron_face_parent_class)->finalize (object);
}

static void
phaeton_victron_face_class_init (PhaetonVictronFaceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = phaeton_victron_face_dispose;
  G_OBJECT_CLASS (klass)->finalize = phaeton_victron_face_finalize;
  signals[SIGNAL_FAILED] = g_signal_new ("failed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
phaeton_victron_face_init (PhaetonVictronFace *self)
{
  self->posts = g_ptr_array_new_with_free_func (post_free);
}

PhaetonVictronFace *
phaeton_victron_face_new (PhaetonSite *site)
{
  PhaetonVictronFace *self = g_object_new (PHAETON_TYPE_VICTRON_FACE, NULL);

  self->site = g_object_ref (site);
  return self;
}

void
phaeton_victron_face_start (PhaetonVictronFace *self)
{
  g_return_if_fail (PHAETON_IS_VICTRON_FACE (self));

  if (self->started)
    return;
  self->started = TRUE;
  g_signal_connect_object (self->site, "published", G_CALLBACK (published_cb), self, 0);
  published_cb (self->site, phaeton_site_get_snapshot (self->site), self);
}

void
phaeton_victron_face_stop (PhaetonVictronFace *self)
{
  g_return_if_fail (PHAETON_IS_VICTRON_FACE (self));

  self->started = FALSE;
  if (self->site != NULL)
    g_signal_handlers_disconnect_by_data (self->site, self);
  g_ptr_array_set_size (self->posts, 0);
}
