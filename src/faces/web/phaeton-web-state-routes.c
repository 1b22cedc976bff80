/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-answers.h"
#include "phaeton-web-api-private.h"
#include "phaeton-web-commands.h"
#include "phaeton-web-documents.h"

/* What is, and commands: site, chargers and their events in /api/v1. */

#define MAX_ORDER_W 10000000
#define MAX_ORDER_mA 1000000
#define MAX_ORDER_S 86400

static PhaetonSnapshot *
get_snapshot (PhaetonWebApi *self)
{
  return phaeton_site_get_snapshot (self->site);
}

typedef struct {
  PhaetonWebApi *api;
  char *last_id; /* (owned) (nullable) */
} StateReader;

static void
free_state_reader (gpointer data)
{
  g_free (((StateReader *) data)->last_id);
  g_free (data);
}

static void
take_state_reader (GSocketConnection *connection, gpointer user_data)
{
  StateReader *reader = user_data;

  phaeton_web_state_events_add (reader->api->state_events, connection, reader->last_id,
                                get_snapshot (reader->api));
}

void
phaeton_web_get_state_events (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  StateReader *reader;

  if (!phaeton_web_state_events_has_room (self->state_events)) {
    phaeton_web_reply_busy (request, 30, "there are too many event streams");
    return;
  }
  reader = g_new (StateReader, 1);
  reader->api = self;
  reader->last_id = g_strdup (phaeton_web_request_get_header (request, "Last-Event-ID"));
  phaeton_web_reply_stream_full (request, "text/event-stream", take_state_reader, reader,
                                 free_state_reader);
}

void
phaeton_web_get_site (PhaetonWebRequest *request, gpointer user_data)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_web_write_site (&json, get_snapshot (user_data));
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

void
phaeton_web_get_chargers (PhaetonWebRequest *request, gpointer user_data)
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

int
phaeton_web_find_charger (PhaetonWebApi *self, PhaetonWebRequest *request, const char *id)
{
  const int charger = phaeton_snapshot_find_charger (get_snapshot (self), id);

  if (charger < 0)
    phaeton_web_reply_error (request, STATUS_NOT_FOUND, "there is no charger %s", id);
  return charger;
}

/* the charger that the address names */
static int
find_charger (PhaetonWebApi *self, PhaetonWebRequest *request)
{
  return phaeton_web_find_charger (self, request, phaeton_web_request_get_parameter (request));
}

static void
reply_charger (PhaetonWebApi *self, PhaetonWebRequest *request, guint charger)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_web_write_charger (&json, get_snapshot (self), charger,
                             phaeton_site_get_chain (self->site, charger));
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

void
phaeton_web_get_charger (PhaetonWebRequest *request, gpointer user_data)
{
  const int charger = find_charger (user_data, request);

  if (charger >= 0)
    reply_charger (user_data, request, (guint) charger);
}

void
phaeton_web_get_charger_why (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  const int charger = find_charger (self, request);
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  if (charger < 0)
    return;
  phaeton_web_write_explanation (&json, get_snapshot (self), (guint) charger,
                                 phaeton_site_get_chain (self->site, (guint) charger));
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

gboolean
phaeton_web_write_command (PhaetonWebApi *self, PhaetonWebRequest *request, guint charger,
                           const PhaetonWebCommand *command, gboolean *altered, GError **error)
{
  return phaeton_site_write (
    self->site, charger, command->field, command->value,
    phaeton_web_request_is_local (request) ? PHAETON_ACTOR_CTL : PHAETON_ACTOR_WEB, altered, error);
}

void
phaeton_web_patch_charger (PhaetonWebRequest *request, gpointer user_data)
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
    phaeton_web_write_command (self, request, (guint) charger,
                               &g_array_index (commands, PhaetonWebCommand, i), NULL, &error);
  if (error != NULL)
    phaeton_web_reply_failure (request, error);
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

void
phaeton_web_patch_site (PhaetonWebRequest *request, gpointer user_data)
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
  phaeton_web_get_site (request, self);
}
