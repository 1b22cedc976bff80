/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-web"
#include "config.h"

#include "phaeton-web-api-private.h"

#include "phaeton-paths.h"
#include "phaeton-web-history.h"

#define MAX_SETTINGS_BYTES (256 * 1024)

static void
published_cb (PhaetonSite *site, PhaetonSnapshot *snapshot, PhaetonWebApi *self)
{
  self->published_ms = phaeton_clock_get_monotonic_ms (self->clock);
  if (phaeton_epoll_push_get_n_readers (self->events) > 0)
    phaeton_web_publish_status (self);
  phaeton_web_state_events_publish (self->state_events, snapshot);
}

static const PhaetonWebRoute routes[] = {
  { "GET", "/api/health", PHAETON_ROLE_NOBODY, 0, phaeton_web_get_livez },
  { "GET", "/livez", PHAETON_ROLE_NOBODY, 0, phaeton_web_get_livez },
  { "GET", "/readyz", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_readyz },
  { "GET", "/metrics", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_prometheus },
  { "GET", "/api/status", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_status },
  { "GET", "/api/metrics", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_metrics },
  { "GET", "/api/events", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_events },
  { "GET", "/api/sessions", PHAETON_ROLE_VIEWER, 0, phaeton_web_history_get_old_sessions },
  { "GET", "/api/dbus", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_dbus },
  { "GET", "/api/explain", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_explain },
  { "POST", "/api/mode", PHAETON_ROLE_DRIVER, MAX_COMMAND_BYTES, phaeton_web_post_mode },
  { "POST", "/api/startstop", PHAETON_ROLE_DRIVER, MAX_COMMAND_BYTES, phaeton_web_post_start_stop },
  { "POST", "/api/set_current", PHAETON_ROLE_DRIVER, MAX_COMMAND_BYTES,
    phaeton_web_post_set_current },
  { "POST", "/api/phases", PHAETON_ROLE_DRIVER, MAX_COMMAND_BYTES, phaeton_web_post_phases },
  { "GET", "/api/config", PHAETON_ROLE_ADMIN, 0, phaeton_web_get_settings },
  { "PUT", "/api/config", PHAETON_ROLE_ADMIN, MAX_SETTINGS_BYTES, phaeton_web_put_config },
  { "GET", "/api/config/schema", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_form },

  { "GET", "/api/logs/head", PHAETON_ROLE_ADMIN, 0, phaeton_web_get_log_head },
  { "GET", "/api/logs/tail", PHAETON_ROLE_ADMIN, 0, phaeton_web_get_log_tail },
  { "GET", "/api/logs/download", PHAETON_ROLE_ADMIN, 0, phaeton_web_get_log_download },
  { "GET", "/api/logs/stream", PHAETON_ROLE_ADMIN, 0, phaeton_web_get_log_stream },
  { "GET", "/api/logs/web_level", PHAETON_ROLE_ADMIN, 0, phaeton_web_get_log_level },
  { "POST", "/api/logs/web_level", PHAETON_ROLE_ADMIN, 0, phaeton_web_post_log_level },
  { "GET", "/api/update/status", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_update_status },
  { "POST", "/api/update/check", PHAETON_ROLE_ADMIN, 0, phaeton_web_refuse_update },
  { "GET", "/api/update/releases", PHAETON_ROLE_VIEWER, 0, phaeton_web_refuse_update },
  { "POST", "/api/update/apply", PHAETON_ROLE_ADMIN, MAX_COMMAND_BYTES, phaeton_web_refuse_update },

  { "GET", "/api/v1/events", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_state_events },
  { "GET", "/api/v1/settings/schema", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_json_schema },
  { "PATCH", "/api/v1/site", PHAETON_ROLE_ADMIN, MAX_COMMAND_BYTES, phaeton_web_patch_site },
  { "GET", "/api/tibber/plan", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_tibber_plan },

  { "GET", "/api/v1/prices", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_prices },
  { "GET", "/api/v1/plan", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_plan },
  { "GET", "/api/v1/site", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_site },
  { "GET", "/api/v1/chargers", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_chargers },
  { "POST", "/api/v1/chargers/test", PHAETON_ROLE_ADMIN, MAX_SETTINGS_BYTES,
    phaeton_web_post_charger_test },
  { "GET", "/api/v1/chargers/{id}", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_charger },
  { "PATCH", "/api/v1/chargers/{id}", PHAETON_ROLE_DRIVER, MAX_COMMAND_BYTES,
    phaeton_web_patch_charger },
  { "GET", "/api/v1/devices", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_devices },
  { "GET", "/api/v1/chargers/{id}/why", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_charger_why },
  { "GET", "/api/v1/explain", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_explain },
  { "GET", "/api/v1/sessions", PHAETON_ROLE_VIEWER, 0, phaeton_web_history_get_sessions },
  { "GET", "/api/v1/sessions/{id}", PHAETON_ROLE_VIEWER, 0, phaeton_web_history_get_session },
  { "PATCH", "/api/v1/sessions/{id}", PHAETON_ROLE_DRIVER, MAX_COMMAND_BYTES,
    phaeton_web_history_patch_session },
  { "DELETE", "/api/v1/sessions/{id}", PHAETON_ROLE_ADMIN, 0, phaeton_web_history_delete_session },
  { "GET", "/api/v1/totals", PHAETON_ROLE_VIEWER, 0, phaeton_web_history_get_totals },
  { "GET", "/api/v1/history", PHAETON_ROLE_VIEWER, 0, phaeton_web_history_get_past },
  { "GET", "/api/v1/history/series", PHAETON_ROLE_VIEWER, 0, phaeton_web_history_get_series },
  { "POST", "/api/v1/history/backup", PHAETON_ROLE_ADMIN, 0, phaeton_web_history_post_backup },
  { "POST", "/api/v1/history/restore", PHAETON_ROLE_ADMIN, 0, phaeton_web_history_post_restore },
  { "GET", "/api/v1/settings", PHAETON_ROLE_ADMIN, 0, phaeton_web_get_settings },
  { "PATCH", "/api/v1/settings", PHAETON_ROLE_ADMIN, MAX_SETTINGS_BYTES,
    phaeton_web_patch_settings },

  { "GET", "/api/v1/session", PHAETON_ROLE_NOBODY, 0, phaeton_web_get_session },
  { "POST", "/api/v1/login", PHAETON_ROLE_NOBODY, MAX_COMMAND_BYTES, phaeton_web_post_login },
  { "POST", "/api/v1/logout", PHAETON_ROLE_NOBODY, 0, phaeton_web_post_logout },
  { "GET", "/api/v1/setup", PHAETON_ROLE_ADMIN, 0, phaeton_web_get_setup },
  { "POST", "/api/v1/setup", PHAETON_ROLE_NOBODY, MAX_COMMAND_BYTES, phaeton_web_post_setup },
  { "GET", "/api/v1/users", PHAETON_ROLE_ADMIN, 0, phaeton_web_get_users },
  { "POST", "/api/v1/users", PHAETON_ROLE_ADMIN, MAX_COMMAND_BYTES, phaeton_web_post_user },
  { "PATCH", "/api/v1/users/{id}", PHAETON_ROLE_ADMIN, MAX_COMMAND_BYTES, phaeton_web_patch_user },
  { "DELETE", "/api/v1/users/{id}", PHAETON_ROLE_ADMIN, 0, phaeton_web_delete_user },
  { "GET", "/api/v1/tokens", PHAETON_ROLE_ADMIN, 0, phaeton_web_get_tokens },
  { "POST", "/api/v1/tokens", PHAETON_ROLE_ADMIN, MAX_COMMAND_BYTES, phaeton_web_post_token },
  { "DELETE", "/api/v1/tokens/{id}", PHAETON_ROLE_ADMIN, 0, phaeton_web_delete_token },

  { "GET", "/", PHAETON_ROLE_NOBODY, 0, phaeton_web_get_root },
  { "GET", "/openapi.json", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_docs },
  { "GET", "/docs", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_docs },
  { "GET", "/docs/start.js", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_docs },
  { "GET", "/docs/*", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_docs_file },
  /* the page asks who looks at it; its files are the same for everybody */
  { "GET", "/ui", PHAETON_ROLE_NOBODY, 0, phaeton_web_get_file },
  { "GET", "/ui/*", PHAETON_ROLE_NOBODY, 0, phaeton_web_get_file },
  { "GET", "/app", PHAETON_ROLE_NOBODY, 0, phaeton_web_get_file },
  { "GET", "/app/*", PHAETON_ROLE_NOBODY, 0, phaeton_web_get_file },
  { 0 },
};

const PhaetonWebRoute *
phaeton_web_api_get_routes (void)
{
  return routes;
}

PhaetonSite *
phaeton_web_api_get_site (PhaetonWebApi *self)
{
  return self->site;
}

GCancellable *
phaeton_web_api_get_cancellable (PhaetonWebApi *self)
{
  return self->cancellable;
}

PhaetonWebApi *
phaeton_web_api_new (PhaetonSite *site, PhaetonSettings *settings, const char *state_dir,
                     GError **error)
{
  g_autofree char *directory = phaeton_paths_dup_data ("webui");
  g_autoptr (GBytes) keep_alive = g_bytes_new_static (":\n\n", 3);
  PhaetonEpollPush *events = phaeton_epoll_push_new (PHAETON_WEB_MAX_STREAMS, keep_alive, error);
  PhaetonWebStateEvents *state_events;
  PhaetonWebApi *self;

  if (events == NULL)
    return NULL;
  state_events = phaeton_web_state_events_new (PHAETON_WEB_MAX_STREAMS, error);
  if (state_events == NULL) {
    phaeton_epoll_push_free (events);
    return NULL;
  }
  self = g_new0 (PhaetonWebApi, 1);
  self->site = g_object_ref (site);
  self->settings = g_object_ref (settings);
  self->clock = phaeton_clock_new_real ();
  self->access =
    phaeton_web_access_new (phaeton_settings_get_config (settings), self->clock, state_dir);
  self->published_ms = phaeton_clock_get_monotonic_ms (self->clock);
  self->files = phaeton_web_files_load (directory);
  self->events = events;
  self->cancellable = g_cancellable_new ();
  self->waits = g_cancellable_new ();
  self->state_events = state_events;
  self->run_id = g_strdup_printf ("%08x", g_random_int ());
  g_signal_connect (site, "published", G_CALLBACK (published_cb), self);
  return self;
}

void
phaeton_web_api_attach (PhaetonWebApi *self, PhaetonWebServer *server)
{
  self->server = server;
  phaeton_web_server_set_gate (server, phaeton_web_access_admit, self->access);
}

void
phaeton_web_api_set_config (PhaetonWebApi *self, PhaetonConfig *config)
{
  if (phaeton_web_access_set_config (self->access, config))
    phaeton_web_close_streams (self);
}

void
phaeton_web_close_streams (PhaetonWebApi *self)
{
  phaeton_epoll_push_close_all (self->events);
  phaeton_web_state_events_close_all (self->state_events);
  phaeton_web_stop_log_stream (self);
}

void
phaeton_web_api_end_streams (PhaetonWebApi *self)
{
  self->is_stopping = TRUE;
  g_cancellable_cancel (self->waits);
  phaeton_web_close_streams (self);
}

void
phaeton_web_api_free (PhaetonWebApi *self)
{
  g_cancellable_cancel (self->cancellable);
  g_cancellable_cancel (self->waits);
  g_signal_handlers_disconnect_by_data (self->site, self);
  phaeton_epoll_push_free (self->events);
  phaeton_web_state_events_free (self->state_events);
  phaeton_web_stop_log_stream (self);
  phaeton_web_files_free (self->files);
  phaeton_web_access_free (self->access);
  g_clear_pointer (&self->status, g_bytes_unref);
  g_clear_pointer (&self->status_etag, g_free);
  g_free (self->run_id);
  g_object_unref (self->cancellable);
  g_object_unref (self->waits);
  g_object_unref (self->clock);
  g_object_unref (self->settings);
  g_object_unref (self->site);
  g_free (self);
}
