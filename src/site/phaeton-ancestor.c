/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-ancestor.h"

#include "phaeton-json.h"

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

static const char *
get_text (JsonObject *from, const char *name)
{
  JsonNode *node = json_object_get_member (from, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
           ? json_node_get_string (node)
           : "";
}

static JsonObject *
get_object (JsonObject *from, const char *name)
{
  JsonNode *node = json_object_get_member (from, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

/* 0: none. The Python ancestor wrote local time without a zone */
static gint64
get_time (JsonObject *from, const char *name)
{
  g_autoptr (GTimeZone) local = g_time_zone_new_local ();
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (get_text (from, name), local);

  return time != NULL ? MAX (g_date_time_to_unix (time), 0) : 0;
}

/* its own id, so that one that stands in two places of the file is one; else one of its own making
 */
static void
name_session (JsonObject *from, PhaetonSession *session)
{
  g_autofree char *text = g_strdup_printf ("ancestor:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT,
                                           session->started_at, session->start_wh);

  if (g_uuid_string_is_valid (get_text (from, "id")))
    g_strlcpy (session->id, get_text (from, "id"), sizeof session->id);
  else
    phaeton_session_name_by (text, session->id, sizeof session->id);
}

/* FIX 25: what it delivered is known by its counter or not at all: a counter that was lost made it
 * negative, or no number */
static void
read_energy (JsonObject *from, PhaetonSession *session)
{
  double number;

  if (get_number (from, "energy_delivered_kwh", MAX_KWH, &number))
    session->energy_wh = (gint64) round (number * 1000);
  session->counter_known = get_number (from, "start_energy_kwh", MAX_KWH, &number);
  if (!session->counter_known)
    return;
  session->start_wh = (gint64) round (number * 1000);
  session->end_wh = session->start_wh + session->energy_wh;
}

/* @from: (nullable). Returns: (nullable): %NULL: nothing tells when it was */
static PhaetonSession *
read_session (JsonObject *from)
{
  PhaetonSession *session;
  double number;

  if (from == NULL || get_time (from, "start_time") == 0)
    return NULL;
  session = phaeton_session_new ("", "1");
  session->started_at = get_time (from, "start_time");
  session->ended_at = get_time (from, "end_time");
  session->running = session->ended_at == 0;
  read_energy (from, session);
  if (get_number (from, "peak_power_w", 1e6, &number))
    session->peak_w = (int) number;
  session->cost_known = get_number (from, "cost", 1e6, &number);
  if (session->cost_known)
    session->cost_micros = (gint64) round (number * 1000000);
  if (!session->running) /* it knew no charging time but the whole stay */
    session->charging_s = MAX (session->ended_at - session->started_at, 0);
  session->end = session->running ? PHAETON_END_NONE
                 : g_str_equal (get_text (from, "status"), "Interrupted") ||
                     g_str_equal (get_text (from, "status"), "Failed")
                   ? PHAETON_END_INTERRUPTED
                   : PHAETON_END_UNPLUGGED;
  name_session (from, session);
  return session;
}

PhaetonSession *
phaeton_ancestor_read_newest (JsonObject *from)
{
  static const char *const places[] = { "active_session", "current_session", "last_session" };
  PhaetonSession *session = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (places) && session == NULL; i++)
    session = read_session (get_object (from, places[i]));
  return session != NULL ? session : read_session (from); /* some versions wrote it alone */
}

/* (transfer full) (nullable); one that is there already tells what the other does not */
static void
add_session (GPtrArray *sessions, PhaetonSession *session)
{
  if (session == NULL)
    return;
  for (guint i = 0; i < sessions->len; i++) {
    PhaetonSession *known = sessions->pdata[i];

    if (!g_str_equal (known->id, session->id))
      continue;
    if (!known->cost_known) {
      known->cost_known = session->cost_known;
      known->cost_micros = session->cost_micros;
    }
    phaeton_session_free (session);
    return;
  }
  g_ptr_array_add (sessions, session);
}

/* one that runs is the state file's */
static void
add_ended (GPtrArray *sessions, PhaetonSession *session)
{
  if (session != NULL && session->running)
    g_clear_pointer (&session, phaeton_session_free);
  add_session (sessions, session);
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
      session->running = FALSE;
    add_session (sessions, session);
  }
  add_ended (sessions, read_session (get_object (from, "last_session")));
  add_ended (sessions, read_session (from));
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
  JsonObject *session = root != NULL && JSON_NODE_HOLDS_OBJECT (root)
                          ? get_object (json_node_get_object (root), "session")
                          : NULL;

  if (session == NULL)
    return sessions;
  read_history (session, sessions);
  read_sums (session, sessions);
  return sessions;
}
