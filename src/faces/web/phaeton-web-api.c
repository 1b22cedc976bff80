/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-web"
#include "config.h"

#include "phaeton-web-api-private.h"

#include "phaeton-error.h"
#include "phaeton-paths.h"
#include "phaeton-web-commands.h"
#include "phaeton-web-documents.h"
#include "phaeton-web-history.h"

#include <string.h>

#define MAX_SETTINGS_BYTES (256 * 1024)
#define MAX_EVENT_STREAMS 1024
#define MAX_ORDER_W 10000000
#define MAX_ORDER_mA 1000000
#define MAX_ORDER_S 86400

static PhaetonSnapshot *
get_snapshot (PhaetonWebApi *self)
{
  return phaeton_site_get_snapshot (self->site);
}

/* status and events */

static GBytes *
ensure_status (PhaetonWebApi *self)
{
  PhaetonSnapshot *snapshot = get_snapshot (self); /* newer than the published one after a write */
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  if (self->status != NULL && self->status_serial == snapshot->serial)
    return self->status;
  g_clear_pointer (&self->status, g_bytes_unref);
  g_clear_pointer (&self->status_etag, g_free);
  phaeton_web_write_status (&json, snapshot);
  self->status = phaeton_json_steal_bytes (&json);
  self->status_serial = snapshot->serial;
  self->status_etag =
    g_strdup_printf ("\"%s-%" G_GUINT64_FORMAT "\"", self->run_id, snapshot->serial);
  return self->status;
}

static void
publish_event (PhaetonWebApi *self)
{
  GBytes *status = ensure_status (self);
  gsize size;
  const char *text = g_bytes_get_data (status, &size);
  GString *frame = g_string_sized_new (size + 32);
  g_autoptr (GBytes) bytes = NULL;

  g_string_append (frame, "event: status\ndata: ");
  g_string_append_len (frame, text, (gssize) size);
  g_string_append (frame, "\n\n");
  bytes = g_string_free_to_bytes (frame);
  phaeton_epoll_push_publish (self->events, bytes);
}

static void
published_cb (PhaetonSite *site, PhaetonSnapshot *snapshot, PhaetonWebApi *self)
{
  self->published_ms = phaeton_clock_get_monotonic_ms (self->clock);
  if (phaeton_epoll_push_get_n_readers (self->events) > 0)
    publish_event (self);
  phaeton_web_state_events_publish (self->state_events, snapshot);
}

static void
get_status (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  GBytes *status = ensure_status (self);

  phaeton_web_reply_tagged (request, "application/json", status, self->status_etag);
}

static void
take_reader (GSocketConnection *connection, gpointer user_data)
{
  PhaetonWebApi *self = user_data;

  publish_event (self); /* nobody made one while nobody listened */
  if (!phaeton_epoll_push_add (self->events, connection))
    g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
}

static void
get_events (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;

  if (phaeton_epoll_push_get_n_readers (self->events) >= MAX_EVENT_STREAMS) {
    phaeton_web_request_set_header (request, "Retry-After", "30");
    phaeton_web_reply_error (request, STATUS_UNAVAILABLE, "there are %d event streams already",
                             MAX_EVENT_STREAMS);
    return;
  }
  phaeton_web_reply_stream (request, "text/event-stream", take_reader, self);
}

static void
take_state_reader (GSocketConnection *connection, gpointer user_data)
{
  PhaetonWebApi *self = user_data;

  phaeton_web_state_events_add (self->state_events, connection, get_snapshot (self));
}

static void
get_state_events (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;

  if (!phaeton_web_state_events_has_room (self->state_events)) {
    phaeton_web_request_set_header (request, "Retry-After", "30");
    phaeton_web_reply_error (request, STATUS_UNAVAILABLE, "there are too many event streams");
    return;
  }
  phaeton_web_state_events_expect (self->state_events,
                                   phaeton_web_request_get_header (request, "Last-Event-ID"));
  phaeton_web_reply_stream (request, "text/event-stream", take_state_reader, self);
}

/* documents made from the snapshot on request */

static void
get_health (PhaetonWebRequest *request, gpointer user_data)
{
  g_autoptr (GBytes) text = g_bytes_new_static ("ok", 2);

  phaeton_web_reply (request, STATUS_OK, "text/plain; charset=utf-8", text);
}

static void
get_metrics (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_web_write_metrics (&json, get_snapshot (self),
                             phaeton_clock_get_monotonic_ms (self->clock) - self->published_ms);
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

static void
get_dbus (PhaetonWebRequest *request, gpointer user_data)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_web_write_dbus (&json, get_snapshot (user_data));
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

static void
get_site (PhaetonWebRequest *request, gpointer user_data)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_web_write_site (&json, get_snapshot (user_data));
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

static void
get_chargers (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  PhaetonSnapshot *snapshot = get_snapshot (self);
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_json_begin_object (&json, NULL);
  phaeton_json_time (&json, "timestamp", snapshot->wall_us);
  phaeton_json_begin_array (&json, "chargers");
  for (guint i = 0; i < snapshot->n_chargers; i++)
    phaeton_web_write_charger (&json, snapshot, i, phaeton_site_get_chain (self->site, i));
  phaeton_json_end_array (&json);
  phaeton_json_end_object (&json);
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

/* the index of the charger that the address names; -1: there is none, and that was answered */
static int
find_charger (PhaetonWebApi *self, PhaetonWebRequest *request)
{
  const char *id = phaeton_web_request_get_parameter (request);
  const int charger = phaeton_snapshot_find_charger (get_snapshot (self), id);

  if (charger < 0)
    phaeton_web_reply_error (request, STATUS_NOT_FOUND, "there is no charger %s", id);
  return charger;
}

static void
reply_charger (PhaetonWebApi *self, PhaetonWebRequest *request, guint charger)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_web_write_charger (&json, get_snapshot (self), charger,
                             phaeton_site_get_chain (self->site, charger));
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

static void
get_charger (PhaetonWebRequest *request, gpointer user_data)
{
  const int charger = find_charger (user_data, request);

  if (charger >= 0)
    reply_charger (user_data, request, (guint) charger);
}

/* commands */

static void
reply_refusal (PhaetonWebRequest *request, const GError *error)
{
  guint status = STATUS_FAILED;

  if (g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_TYPE) ||
      g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_RANGE) ||
      g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_READ_ONLY) ||
      g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_UNKNOWN))
    status = STATUS_UNPROCESSABLE;
  else if (g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_OFFLINE))
    status = STATUS_UNAVAILABLE;
  phaeton_web_reply_error (request, status, "%s", error->message);
}

static gboolean
write_command (PhaetonWebApi *self, PhaetonWebRequest *request, guint charger,
               const PhaetonWebCommand *command, gboolean *altered, GError **error)
{
  return phaeton_site_write (
    self->site, charger, command->field, command->value,
    phaeton_web_request_is_local (request) ? PHAETON_ACTOR_CTL : PHAETON_ACTOR_WEB, altered, error);
}

/* {"ok":true}; where the value was clamped also the field as it is now */
static void
reply_done (PhaetonWebApi *self, PhaetonWebRequest *request, PhaetonFieldId id, gboolean altered)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_json_begin_object (&json, NULL);
  phaeton_json_boolean (&json, "ok", TRUE);
  if (altered)
    phaeton_web_write_field (&json, get_snapshot (self), 0, id);
  phaeton_json_end_object (&json);
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

typedef gboolean (*ParseFunc) (JsonNode *body, PhaetonWebCommand *command, GError **error);

/* the ancestors' API commands the first charger */
static void
post_command (PhaetonWebApi *self, PhaetonWebRequest *request, ParseFunc parse)
{
  PhaetonWebCommand command = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean altered = FALSE;

  if (parse (phaeton_web_request_get_body (request), &command, &error) &&
      write_command (self, request, 0, &command, &altered, &error))
    reply_done (self, request, command.field, altered);
  else
    reply_refusal (request, error);
  phaeton_web_command_clear (&command);
}

static void
post_mode (PhaetonWebRequest *request, gpointer user_data)
{
  post_command (user_data, request, phaeton_web_parse_mode);
}

static void
post_start_stop (PhaetonWebRequest *request, gpointer user_data)
{
  post_command (user_data, request, phaeton_web_parse_start_stop);
}

static void
post_set_current (PhaetonWebRequest *request, gpointer user_data)
{
  post_command (user_data, request, phaeton_web_parse_set_current);
}

static void
post_phases (PhaetonWebRequest *request, gpointer user_data)
{
  post_command (user_data, request, phaeton_web_parse_phases);
}

static void
patch_charger (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  const int charger = find_charger (self, request);
  g_autoptr (GArray) commands = NULL;
  g_autoptr (GError) error = NULL;

  if (charger < 0)
    return;
  commands = phaeton_web_parse_patch (phaeton_web_request_get_body (request),
                                      &get_snapshot (self)->chargers[charger], &error);
  for (guint i = 0; commands != NULL && error == NULL && i < commands->len; i++)
    write_command (self, request, (guint) charger, &g_array_index (commands, PhaetonWebCommand, i),
                   NULL, &error);
  if (error != NULL)
    reply_refusal (request, error);
  else
    reply_charger (self, request, (guint) charger);
}

/* an order from outside; NULL: answered */
static JsonObject *
get_order_object (PhaetonWebRequest *request)
{
  JsonNode *body = phaeton_web_request_get_body (request);
  JsonNode *order = JSON_NODE_HOLDS_OBJECT (body)
                      ? json_object_get_member (json_node_get_object (body), "order")
                      : NULL;

  if (order != NULL && JSON_NODE_HOLDS_OBJECT (order) &&
      json_object_get_size (json_node_get_object (body)) == 1)
    return json_node_get_object (order);
  phaeton_web_reply_error (request, STATUS_UNPROCESSABLE,
                           "the body must be an object with order, an object, alone");
  return NULL;
}

/* FALSE: answered */
static gboolean
get_order_number (PhaetonWebRequest *request, JsonObject *order, const char *name, gint64 max,
                  gint64 *value)
{
  JsonNode *node = json_object_get_member (order, name);

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  if (json_node_get_value_type (node) == G_TYPE_INT64 && json_node_get_int (node) >= 0 &&
      json_node_get_int (node) <= max) {
    *value = json_node_get_int (node);
    return TRUE;
  }
  phaeton_web_reply_error (request, STATUS_UNPROCESSABLE,
                           "order.%s must be a whole number from 0 to %" G_GINT64_FORMAT, name,
                           max);
  return FALSE;
}

static void
patch_site (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  JsonObject *order = get_order_object (request);
  gint64 limit_w = -1, limit_mA = -1, duration_s = -1;

  if (order == NULL || !get_order_number (request, order, "limit_w", MAX_ORDER_W, &limit_w) ||
      !get_order_number (request, order, "limit_mA", MAX_ORDER_mA, &limit_mA) ||
      !get_order_number (request, order, "duration_s", MAX_ORDER_S, &duration_s))
    return;
  if (duration_s < 0 || (duration_s > 0 && limit_w < 0 && limit_mA < 0)) {
    phaeton_web_reply_error (request, STATUS_UNPROCESSABLE,
                             "order needs duration_s, and limit_w or limit_mA; a duration_s of 0 "
                             "ends the order");
    return;
  }
  phaeton_site_set_order (self->site, (int) limit_w, (int) limit_mA, duration_s,
                          phaeton_web_request_is_local (request) ? PHAETON_ACTOR_CTL
                                                                 : PHAETON_ACTOR_WEB);
  get_site (request, self);
}

/* settings */

static char *
make_etag (GBytes *bytes)
{
  g_autofree char *hash = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);

  return g_strdup_printf ("\"%.32s\"", hash);
}

static GBytes *
print_node (JsonNode *node)
{
  char *text = json_to_string (node, FALSE);

  return g_bytes_new_take (text, strlen (text));
}

static void
reply_node (PhaetonWebRequest *request, JsonNode *node)
{
  g_autoptr (GBytes) bytes = print_node (node);
  g_autofree char *etag = make_etag (bytes);

  phaeton_web_reply_tagged (request, "application/json", bytes, etag);
}

static void
get_settings (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  g_autoptr (JsonNode) document = phaeton_settings_dup_document (self->settings);

  reply_node (request, document);
}

static void
get_settings_schema (PhaetonWebRequest *request, gpointer user_data)
{
  g_autoptr (JsonNode) schema = phaeton_settings_dup_ui_schema ();

  reply_node (request, schema);
}

static void
get_json_schema (PhaetonWebRequest *request, gpointer user_data)
{
  g_autoptr (JsonNode) schema = phaeton_settings_dup_json_schema ();

  if (schema != NULL)
    reply_node (request, schema);
  else
    phaeton_web_reply_error (request, STATUS_FAILED, "the settings schema is not installed");
}

static void
write_problems (PhaetonJson *json, gpointer user_data)
{
  GPtrArray *problems = user_data;

  phaeton_json_begin_array (json, "problems");
  for (guint i = 0; i < problems->len; i++) {
    const PhaetonProblem *problem = problems->pdata[i];

    phaeton_json_begin_object (json, NULL);
    phaeton_json_text (json, "severity", problem->is_error ? "error" : "warning");
    phaeton_json_text (json, "key", problem->key);
    phaeton_json_text (json, "message", problem->message);
    phaeton_json_text (json, "allowed", problem->allowed);
    phaeton_json_end_object (json);
  }
  phaeton_json_end_array (json);
}

static void
reply_saved (PhaetonWebRequest *request, PhaetonSettings *settings, GPtrArray *problems,
             const GError *not_saved)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_json_begin_object (&json, NULL);
  phaeton_json_boolean (&json, "ok", TRUE);
  phaeton_json_boolean (&json, "saved", not_saved == NULL);
  if (not_saved != NULL)
    phaeton_json_text (&json, "error", not_saved->message);
  else
    phaeton_json_text (&json, "path", phaeton_settings_get_path (settings));
  write_problems (&json, problems);
  phaeton_json_end_object (&json);
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

/* the api may be gone when it ends */
typedef struct {
  PhaetonWebRequest *request;
  guint bad_status; /* for values that are refused */
} Save;

static void
patched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Save *save = user_data;
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (GError) error = NULL;
  PhaetonSettings *settings = PHAETON_SETTINGS (source);
  const gboolean done = phaeton_settings_patch_finish (settings, result, &problems, &error);

  if (problems == NULL)
    problems = g_ptr_array_new ();
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    phaeton_web_reply_error (save->request, STATUS_UNAVAILABLE, "the server stops");
  else if (done || g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_STORAGE))
    reply_saved (save->request, settings, problems, error);
  else
    phaeton_web_reply_error_with (save->request, save->bad_status, error->message, write_problems,
                                  problems);
  phaeton_web_request_release (save->request);
}

static void
patch_settings_with (PhaetonWebApi *self, PhaetonWebRequest *request, guint bad_status)
{
  JsonNode *body = phaeton_web_request_get_body (request);
  Save *save;

  if (!JSON_NODE_HOLDS_OBJECT (body)) {
    phaeton_web_reply_error (request, bad_status, "the body must be an object");
    return;
  }
  save = g_new (Save, 1);
  save->request = phaeton_web_request_hold (request);
  save->bad_status = bad_status;
  phaeton_settings_patch_async (self->settings, body, self->cancellable, patched_cb, save);
}

/* the ancestors' clients send the whole document, and know 400 */
static void
put_config (PhaetonWebRequest *request, gpointer user_data)
{
  patch_settings_with (user_data, request, STATUS_BAD_REQUEST);
}

/* If-Match: the settings are still those that the client saw */
static gboolean
is_up_to_date (PhaetonWebApi *self, PhaetonWebRequest *request)
{
  const char *wanted = phaeton_web_request_get_header (request, "If-Match");
  g_autoptr (JsonNode) document = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *etag = NULL;

  if (wanted == NULL)
    return TRUE;
  document = phaeton_settings_dup_document (self->settings);
  bytes = print_node (document);
  etag = make_etag (bytes);
  return strcmp (wanted, "*") == 0 || strstr (wanted, etag) != NULL;
}

static void
patch_settings (PhaetonWebRequest *request, gpointer user_data)
{
  if (!is_up_to_date (user_data, request)) {
    phaeton_web_reply_error (request, STATUS_PRECONDITION_FAILED,
                             "somebody else changed the settings meanwhile");
    return;
  }
  patch_settings_with (user_data, request, STATUS_UNPROCESSABLE);
}

static const PhaetonWebRoute routes[] = {
  { "GET", "/api/health", PHAETON_ROLE_NOBODY, 0, get_health },
  { "GET", "/livez", PHAETON_ROLE_NOBODY, 0, phaeton_web_get_livez },
  { "GET", "/readyz", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_readyz },
  { "GET", "/metrics", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_prometheus },
  { "GET", "/api/status", PHAETON_ROLE_VIEWER, 0, get_status },
  { "GET", "/api/metrics", PHAETON_ROLE_VIEWER, 0, get_metrics },
  { "GET", "/api/events", PHAETON_ROLE_VIEWER, 0, get_events },
  { "GET", "/api/sessions", PHAETON_ROLE_VIEWER, 0, phaeton_web_history_get_old_sessions },
  { "GET", "/api/dbus", PHAETON_ROLE_VIEWER, 0, get_dbus },
  { "GET", "/api/explain", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_explain },
  { "POST", "/api/mode", PHAETON_ROLE_DRIVER, MAX_COMMAND_BYTES, post_mode },
  { "POST", "/api/startstop", PHAETON_ROLE_DRIVER, MAX_COMMAND_BYTES, post_start_stop },
  { "POST", "/api/set_current", PHAETON_ROLE_DRIVER, MAX_COMMAND_BYTES, post_set_current },
  { "POST", "/api/phases", PHAETON_ROLE_DRIVER, MAX_COMMAND_BYTES, post_phases },
  { "GET", "/api/config", PHAETON_ROLE_ADMIN, 0, get_settings },
  { "PUT", "/api/config", PHAETON_ROLE_ADMIN, MAX_SETTINGS_BYTES, put_config },
  { "GET", "/api/config/schema", PHAETON_ROLE_VIEWER, 0, get_settings_schema },

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

  { "GET", "/api/v1/events", PHAETON_ROLE_VIEWER, 0, get_state_events },
  { "GET", "/api/v1/settings/schema", PHAETON_ROLE_VIEWER, 0, get_json_schema },
  { "PATCH", "/api/v1/site", PHAETON_ROLE_ADMIN, MAX_COMMAND_BYTES, patch_site },
  { "GET", "/api/tibber/plan", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_tibber_plan },

  { "GET", "/api/v1/prices", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_prices },
  { "GET", "/api/v1/plan", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_plan },
  { "GET", "/api/v1/site", PHAETON_ROLE_VIEWER, 0, get_site },
  { "GET", "/api/v1/chargers", PHAETON_ROLE_VIEWER, 0, get_chargers },
  { "GET", "/api/v1/chargers/{id}", PHAETON_ROLE_VIEWER, 0, get_charger },
  { "PATCH", "/api/v1/chargers/{id}", PHAETON_ROLE_DRIVER, MAX_COMMAND_BYTES, patch_charger },
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
  { "GET", "/api/v1/settings", PHAETON_ROLE_ADMIN, 0, get_settings },
  { "PATCH", "/api/v1/settings", PHAETON_ROLE_ADMIN, MAX_SETTINGS_BYTES, patch_settings },

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
  { "GET", "/docs/browser.css", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_docs },
  { "GET", "/docs/browser.js", PHAETON_ROLE_VIEWER, 0, phaeton_web_get_docs },
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
  PhaetonEpollPush *events = phaeton_epoll_push_new (MAX_EVENT_STREAMS, keep_alive, error);
  PhaetonWebStateEvents *state_events;
  PhaetonWebApi *self;

  if (events == NULL)
    return NULL;
  state_events = phaeton_web_state_events_new (MAX_EVENT_STREAMS, error);
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
  phaeton_web_access_set_config (self->access, config);
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
  phaeton_web_close_streams (self);
}

void
phaeton_web_api_free (PhaetonWebApi *self)
{
  g_cancellable_cancel (self->cancellable);
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
  g_object_unref (self->clock);
  g_object_unref (self->settings);
  g_object_unref (self->site);
  g_free (self);
}
