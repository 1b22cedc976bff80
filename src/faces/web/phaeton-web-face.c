/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-web"
#include "config.h"

#include "phaeton-web-face.h"

#include "phaeton-acceptor.h"
#include "phaeton-error.h"
#include "phaeton-log.h"
#include "phaeton-web-api.h"
#include "phaeton-web-certificate.h"
#include "phaeton-web-server.h"

#define RETRY_S 5
/* how often we look whether our certificate ends, or we have a new address */
#define RENEW_S 3600

/**
 * PhaetonWebFace:
 *
 * Listens where the settings say and follows them when they change. What is answered is the
 * business of PhaetonWebApi, how, that of PhaetonWebServer.
 */

struct _PhaetonWebFace {
  GObject parent_instance;

  PhaetonSite *site;         /* (owned) */
  PhaetonSettings *settings; /* (owned) */
  PhaetonWebApi *api;        /* (owned) (nullable): while started */
  PhaetonWebServer *server;  /* (owned) (nullable): while started */
  char *socket_path;         /* (owned) (nullable) */
  gboolean has_socket;
  char *host;   /* (owned) (nullable): where TCP listens ... */
  guint16 port; /* ... as the settings said, which may be 0 */
  guint retry_id;
  char *state_dir;           /* (owned) (nullable) */
  GTlsCertificate *own;      /* (owned) (nullable): made here, while the settings want it */
  GCancellable *cancellable; /* (owned) (nullable): of the worker that makes it */
  guint renew_id;
};

G_DEFINE_FINAL_TYPE (PhaetonWebFace, phaeton_web_face, G_TYPE_OBJECT)

/* names are not resolved: where the server listens must not depend on who answers for a name */
static GInetAddress *
get_address (const char *host)
{
  GInetAddress *address = g_inet_address_new_from_string (host);

  if (address != NULL)
    return address;
  if (g_ascii_strcasecmp (host, "localhost") != 0)
    phaeton_warning ("", "web.host: %s is no address, listening at 127.0.0.1", host);
  return g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
}

/* for connections from now on. Without the certificate that people want there is no port at all:
 * passwords must not go in the clear because a file is missing. Two small files of this machine. */
static gboolean
load_certificate (PhaetonWebFace *self, const PhaetonWebConfig *web, GError **error)
{
  g_autoptr (GTlsCertificate) certificate = NULL;

  if (web->tls == PHAETON_TLS_SELF_SIGNED)
    g_set_object (&certificate, self->own);
  if (web->tls == PHAETON_TLS_FILES) {
    certificate = g_tls_certificate_new_from_files (web->tls_certificate, web->tls_key, error);
    if (certificate == NULL) {
      g_prefix_error (error, "web.tls_certificate %s, web.tls_key %s: ", web->tls_certificate,
                      web->tls_key);
      return FALSE;
    }
  }
  phaeton_web_server_set_certificate (self->server, certificate);
  return TRUE;
}

static void
close_tcp (PhaetonWebFace *self)
{
  phaeton_web_server_close_tcp (self->server);
  g_clear_pointer (&self->host, g_free);
}

static gboolean
listen_tcp (PhaetonWebFace *self, GError **error)
{
  PhaetonConfig *config = phaeton_settings_get_config (self->settings);
  g_autoptr (GInetAddress) address = NULL;
  g_autofree char *host = NULL;
  gboolean is_ipv6;

  if (config->web.tls == PHAETON_TLS_SELF_SIGNED && self->own == NULL) {
    close_tcp (self); /* until the worker has made it */
    return TRUE;
  }
  if (!load_certificate (self, &config->web, error)) {
    close_tcp (self);
    return FALSE;
  }
  if (g_strcmp0 (self->host, config->web.host) == 0 && self->port == config->web.port)
    return TRUE;
  address = get_address (config->web.host);
  is_ipv6 = g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6;
  host = g_inet_address_to_string (address);
  if (!phaeton_web_server_listen_tcp (self->server, address, config->web.port, error)) {
    g_prefix_error (error, "%s port %u: ", host, config->web.port);
    return FALSE;
  }
  g_free (self->host);
  self->host = g_strdup (config->web.host);
  self->port = config->web.port;
  phaeton_message ("", "Web server listening at %s://%s%s%s:%u",
                   config->web.tls != PHAETON_TLS_OFF ? "https" : "http", is_ipv6 ? "[" : "", host,
                   is_ipv6 ? "]" : "", phaeton_web_server_get_port (self->server));
  return TRUE;
}

static gboolean
listen_socket (PhaetonWebFace *self, GError **error)
{
  if (self->socket_path == NULL || self->has_socket)
    return TRUE;
  self->has_socket = phaeton_web_server_listen_unix (self->server, self->socket_path, error);
  return self->has_socket;
}

/* one that fails does not keep the other from trying; @error is the first */
static gboolean
listen_all (PhaetonWebFace *self, GError **error)
{
  const gboolean has_tcp = listen_tcp (self, error);

  return listen_socket (self, has_tcp ? error : NULL) && has_tcp;
}

static gboolean
retry_cb (gpointer user_data)
{
  PhaetonWebFace *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!listen_all (self, &error)) {
    phaeton_debug ("", "Web server: %s", error->message);
    return G_SOURCE_CONTINUE;
  }
  self->retry_id = 0;
  return G_SOURCE_REMOVE;
}

static gboolean
listen_or_retry (PhaetonWebFace *self, GError **error)
{
  if (listen_all (self, error)) {
    g_clear_handle_id (&self->retry_id, g_source_remove);
    return TRUE;
  }
  if (self->retry_id == 0)
    self->retry_id = g_timeout_add_seconds (RETRY_S, retry_cb, self);
  return FALSE;
}

/* our own certificate */

static void
take_own (PhaetonWebFace *self, GTlsCertificate *certificate)
{
  g_autofree char *fingerprint = NULL;
  g_autofree char *end = NULL;
  g_autoptr (GDateTime) end_time = NULL;

  if (self->own != NULL && g_tls_certificate_is_same (self->own, certificate))
    return;
  g_set_object (&self->own, certificate);
  fingerprint = phaeton_web_certificate_dup_fingerprint (certificate);
  end_time = g_date_time_new_from_unix_utc (phaeton_web_certificate_get_end_at (certificate));
  end = g_date_time_format (end_time, "%Y-%m-%d");
  phaeton_message ("", "Own certificate, good until %s, SHA-256 fingerprint %s", end, fingerprint);
}

static void
ensured_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (PhaetonWebFace) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsCertificate) certificate = phaeton_web_certificate_ensure_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->cancellable);
  if (certificate != NULL)
    take_own (self, certificate);
  if (certificate == NULL || !listen_or_retry (self, &error))
    phaeton_warning ("", "Web server: %s", error->message);
}

static void
ensure_own (PhaetonWebFace *self)
{
  const PhaetonConfig *config = phaeton_settings_get_config (self->settings);
  g_autoptr (PhaetonClock) clock = phaeton_clock_new_real ();

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  phaeton_web_certificate_ensure_async (
    self->state_dir, (const char *const *) config->web.trusted_hosts,
    phaeton_clock_get_wall_at (clock), self->cancellable, ensured_cb, g_object_ref (self));
}

static gboolean
renew_cb (gpointer user_data)
{
  ensure_own (user_data);
  return G_SOURCE_CONTINUE;
}

/* begins or ends to have a certificate of our own, as the settings want it */
static void
follow_tls (PhaetonWebFace *self)
{
  if (phaeton_settings_get_config (self->settings)->web.tls == PHAETON_TLS_SELF_SIGNED) {
    if (self->renew_id == 0)
      self->renew_id = g_timeout_add_seconds (RENEW_S, renew_cb, self);
    ensure_own (self);
    return;
  }
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->renew_id, g_source_remove);
  g_clear_object (&self->own);
}

static void
config_changed_cb (PhaetonSettings *settings, PhaetonWebFace *self)
{
  g_autoptr (GError) error = NULL;

  follow_tls (self);
  phaeton_web_api_set_config (self->api, phaeton_settings_get_config (settings));
  if (!listen_or_retry (self, &error))
    phaeton_warning ("", "Web server: %s", error->message);
}

gboolean
phaeton_web_face_start (PhaetonWebFace *self, const char *state_dir, const char *socket_path,
                        GError **error)
{
  g_return_val_if_fail (PHAETON_IS_WEB_FACE (self) && self->server == NULL, FALSE);

  phaeton_acceptor_raise_fd_limit ();
  self->api = phaeton_web_api_new (self->site, self->settings, state_dir, error);
  if (self->api == NULL)
    return FALSE;
  self->server = phaeton_web_server_new (phaeton_web_api_get_routes (), self->api, error);
  if (self->server == NULL) {
    g_clear_pointer (&self->api, phaeton_web_api_free);
    return FALSE;
  }
  phaeton_web_api_attach (self->api, self->server);
  self->socket_path = g_strdup (socket_path);
  self->state_dir = g_strdup (state_dir);
  follow_tls (self);
  g_signal_connect_object (self->settings, "config-changed", G_CALLBACK (config_changed_cb), self,
                           0);
  return listen_or_retry (self, error);
}

static void
stop_timers (PhaetonWebFace *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->renew_id, g_source_remove);
  g_clear_handle_id (&self->retry_id, g_source_remove);
}

void
phaeton_web_face_drain (PhaetonWebFace *self, GSourceFunc done, gpointer user_data)
{
  g_return_if_fail (PHAETON_IS_WEB_FACE (self));

  g_signal_handlers_disconnect_by_func (self->settings, config_changed_cb, self);
  stop_timers (self);
  if (self->server == NULL) {
    done (user_data);
    return;
  }
  phaeton_web_api_end_streams (self->api);
  phaeton_web_server_drain (self->server, done, user_data);
}

static void
stop (PhaetonWebFace *self)
{
  g_signal_handlers_disconnect_by_func (self->settings, config_changed_cb, self);
  stop_timers (self);
  g_clear_object (&self->own);
  g_clear_pointer (&self->state_dir, g_free);
  g_clear_pointer (&self->api, phaeton_web_api_free);
  g_clear_pointer (&self->server, phaeton_web_server_free);
  g_clear_pointer (&self->socket_path, g_free);
  g_clear_pointer (&self->host, g_free);
  self->has_socket = FALSE;
}

static void
phaeton_web_face_dispose (GObject *object)
{
  PhaetonWebFace *self = PHAETON_WEB_FACE (object);

  if (self->settings != NULL)
    stop (self);
  g_clear_object (&self->settings);
  g_clear_object (&self->site);
  G_OBJECT_CLASS (phaeton_web_face_parent_class)->dispose (object);
}

static void
phaeton_web_face_class_init (PhaetonWebFaceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = phaeton_web_face_dispose;
}

static void
phaeton_web_face_init (PhaetonWebFace *self)
{
}

PhaetonWebFace *
phaeton_web_face_new (PhaetonSite *site, PhaetonSettings *settings)
{
  PhaetonWebFace *self = g_object_new (PHAETON_TYPE_WEB_FACE, NULL);

  self->site = g_object_ref (site);
  self->settings = g_object_ref (settings);
  return self;
}
