/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-ancestor.h"

#include "phaeton-json.h"
#include "phaeton-session.h"

#include <math.h>

#define MAX_FILE_BYTES (1024 * 1024)
#define MAX_NESTING 16
#define MAX_KWH 1e9

/* FALSE: missing, or absurd */
static gboolean
get_number (JsonObject *from, const char *name, double most, double *value)
{
  JsonNode *node = json_object_get_member (from, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) == G_TYPE_STRING)
    return FALSE;
  *value = json_node_get_double (node);
  return isfinite (*value) && *value >= 0 && *value <= most;
}

static gint64
get_time (JsonObject *from, const char *name)
{
  JsonNode *node = json_object_get_member (from, name);
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) time = NULL;

  if (node != NULL && json_node_get_value_type (node) == G_TYPE_STRING)
    time = g_date_time_new_from_iso8601 (json_node_get_string (node), utc);
  return time != NULL ? MAX (g_date_time_to_unix (time), 0) : 0;
}

static PhaetonSession *
read_session (JsonObject *from)
{
  PhaetonSession *session;
  double number = 0;
  g_autofree char *text = NULL;

  if (!get_number (from, "energy_delivered_kwh", MAX_KWH, &number))
    return NULL;
  session = phaeton_session_new ("", "1");
  session->energy_wh = (gint64) round (number * 1000);
  session->started_at = get_time (from, "start_time");
  session->ended_at = get_time (from, "end_time");
  session->end = PHAETON_END_UNPLUGGED;
  if (get_number (from, "start_energy_kwh", MAX_KWH, &number)) {
    session->counter_known = TRUE;
    session->start_wh = (gint64) round (number * 1000);
    session->end_wh = session->start_wh + session->energy_wh;
  }
  if (get_number (from, "peak_power_w", 1e6, &number))
    session->peak_w = (int) number;
  session->cost_known = get_number (from, "cost", 1e6, &number);
  if (session->cost_known)
    session->cost_micros = (gint64) round (number * 1000000);
  /* it knew no charging time but the whole stay */
  session->charging_s = MAX (session->ended_at - session->started_at, 0);
  text = g_strdup_printf ("ancestor:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT, session->started_at,
                          session->start_wh);
  phaeton_session_name_by (text, session->id, sizeof session->id);
  return session;
}

static void
read_history (JsonObject *from, GPtrArray *sessions)
{
  JsonNode *node = json_object_get_member (from, "history");
  JsonArray *list =
    node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  for (guint i = 0; list != NULL && i < json_array_get_length (list); i++) {
    JsonNode *element = json_array_get_element (list, i);
    PhaetonSession *session =
      JSON_NODE_HOLDS_OBJECT (element) ? read_session (json_node_get_object (element)) : NULL;

    if (session != NULL)
      g_ptr_array_add (sessions, session);
  }
}

static void
read_sums (JsonObject *from, GPtrArray *sessions)
{
  double kwh = 0, n = 0;
  PhaetonSession *session;

  if (!get_number (from, "total_energy_kwh", MAX_KWH, &kwh) || kwh <= 0)
    return;
  get_number (from, "total_sessions", 1e9, &n);
  session = phaeton_session_new ("", "1");
  phaeton_session_name_by ("ancestor:sums", session->id, sizeof session->id);
  session->energy_wh = (gint64) round (kwh * 1000);
  session->end = PHAETON_END_UNPLUGGED;
  session->note = g_strdup_printf ("All %.0f sessions before Phaeton", n);
  g_ptr_array_add (sessions, session);
}

GPtrArray *
phaeton_ancestor_read_sessions (const char *text, gsize length)
{
  const PhaetonJsonLimits limits = { MAX_FILE_BYTES, MAX_NESTING };
  GPtrArray *sessions = g_ptr_array_new_with_free_func ((GDestroyNotify) phaeton_session_free);
  g_autoptr (JsonNode) root = phaeton_json_parse (text, length, &limits, NULL);
  JsonNode *node = root != NULL && JSON_NODE_HOLDS_OBJECT (root)
                     ? json_object_get_member (json_node_get_object (root), "session")
                     : NULL;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return sessions;
  read_history (json_node_get_object (node), sessions);
  read_sums (json_node_get_object (node), sessions);
  return sessions;
}
