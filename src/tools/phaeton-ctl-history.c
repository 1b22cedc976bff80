/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaetonctl"
#include "config.h"

#include "phaeton-ctl.h"

#include "phaeton-error.h"

#include <string.h>

/* phaetonctl sessions, totals, history, backup, restore: the past. */

/* Returns: (transfer full): the answer, an object; or %NULL with @error */
static JsonNode *
ask (PhaetonCtl *ctl, const char *method, const char *path, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (JsonNode) answer = phaeton_ctl_client_call (ctl->client, method, path, NULL, &reason);

  if (answer != NULL && JSON_NODE_HOLDS_OBJECT (answer))
    return g_steal_pointer (&answer);
  if (reason == NULL)
    reason = g_error_new_literal (PHAETON_ERROR, PHAETON_ERROR_PROTOCOL,
                                  "the daemon's answer is no object");
  g_propagate_error (error, g_steal_pointer (&reason));
  return NULL;
}

/* Returns: (transfer none) (nullable) */
static JsonArray *
get_array (JsonNode *node, const char *name)
{
  JsonNode *member = json_object_get_member (json_node_get_object (node), name);

  return member != NULL && JSON_NODE_HOLDS_ARRAY (member) ? json_node_get_array (member) : NULL;
}

/* "12.34", or "-" where it is not known */
static char *
dup_scaled (JsonObject *row, const char *name, double scale, int decimals)
{
  double value;

  if (!phaeton_ctl_get_number (row, name, &value))
    return g_strdup ("-");
  return g_strdup_printf ("%.*f", decimals, value * scale);
}

/* "1.23 EUR"; "-" where it is not known */
static char *
dup_cost (JsonObject *row, const char *currency)
{
  double cost;

  if (!phaeton_ctl_get_number (row, "cost", &cost))
    return g_strdup ("-");
  return g_strdup_printf ("%.2f%s%s", cost, currency != NULL ? " " : "",
                          currency != NULL ? currency : "");
}

static void
print_sum (JsonObject *row, const char *first, const char *currency, const char *last)
{
  g_autofree char *energy = dup_scaled (row, "energy_wh", 0.001, 2);
  g_autofree char *sun = dup_scaled (row, "sun_wh", 0.001, 2);
  g_autofree char *cost = dup_cost (row, currency);

  g_print ("%-17s %9s %9s %11s  %s\n", first, energy, sun, cost, last != NULL ? last : "");
}

static void
print_heads (const char *first)
{
  g_print ("%-17s %9s %9s %11s\n", first, "kWh", "sun kWh", "cost");
}

static void
print_session (const PhaetonCtlSite *site, JsonObject *row)
{
  const gint64 started_at = phaeton_ctl_get_at (row, "started_at");
  const char *currency = phaeton_ctl_get_text (row, "currency");
  const char *end = phaeton_ctl_get_text (row, "end_reason");
  const char *tag = phaeton_ctl_get_text (row, "tag");
  g_autofree char *started =
    started_at > 0 ? phaeton_ctl_site_format (site, started_at, "%Y-%m-%d %H:%M") : g_strdup ("-");
  g_autofree char *rest =
    g_strconcat (end != NULL ? end : "running", tag != NULL ? ", " : NULL, tag, NULL);

  print_sum (row, started, currency != NULL ? currency : site->currency, rest);
}

gboolean
phaeton_ctl_sessions (PhaetonCtl *ctl, char **arguments, GError **error)
{
  g_autofree char *limit =
    g_uri_escape_string (arguments[0] != NULL ? arguments[0] : "20", NULL, FALSE);
  g_autofree char *charger =
    g_uri_escape_string (ctl->charger != NULL ? ctl->charger : "", NULL, FALSE);
  g_autofree char *path = g_strdup_printf ("/api/v1/sessions?limit=%s&charger=%s", limit, charger);
  g_autoptr (JsonNode) answer = ask (ctl, "GET", path, error);
  JsonArray *rows = answer != NULL ? get_array (answer, "sessions") : NULL;
  g_auto (PhaetonCtlSite) site = { 0 };

  if (answer == NULL)
    return FALSE;
  if (ctl->json) {
    phaeton_ctl_print_json (answer);
    return TRUE;
  }
  if (!phaeton_ctl_site_read (&site, ctl, error))
    return FALSE;
  print_heads ("began");
  for (guint i = rows != NULL ? json_array_get_length (rows) : 0; i > 0; i--)
    if (JSON_NODE_HOLDS_OBJECT (json_array_get_element (rows, i - 1)))
      print_session (&site, json_array_get_object_element (rows, i - 1));
  return TRUE;
}

static void
print_total (const PhaetonCtlSite *site, JsonObject *row)
{
  const char *key = phaeton_ctl_get_text (row, "key");

  print_sum (row, key != NULL ? key : "not known", site->currency, NULL);
}

gboolean
phaeton_ctl_totals (PhaetonCtl *ctl, char **arguments, GError **error)
{
  const char *by = arguments[0] != NULL ? arguments[0] : "month";
  g_autofree char *escaped = g_uri_escape_string (by, NULL, FALSE);
  g_autofree char *path = g_strdup_printf ("/api/v1/totals?by=%s", escaped);
  g_autoptr (JsonNode) answer = ask (ctl, "GET", path, error);
  JsonArray *rows = answer != NULL ? get_array (answer, "totals") : NULL;
  g_auto (PhaetonCtlSite) site = { 0 };

  if (answer == NULL)
    return FALSE;
  if (ctl->json) {
    phaeton_ctl_print_json (answer);
    return TRUE;
  }
  if (!phaeton_ctl_site_read (&site, ctl, error))
    return FALSE;
  print_heads (by);
  for (guint i = 0; rows != NULL && i < json_array_get_length (rows); i++)
    if (JSON_NODE_HOLDS_OBJECT (json_array_get_element (rows, i)))
      print_total (&site, json_array_get_object_element (rows, i));
  return TRUE;
}

/* a table for people and programs alike: that is what JSON is for here */
gboolean
phaeton_ctl_history (PhaetonCtl *ctl, char **arguments, GError **error)
{
  g_autofree char *series =
    g_uri_escape_string (arguments[0] != NULL ? arguments[0] : "", NULL, FALSE);
  g_autofree char *step = g_uri_escape_string (
    arguments[0] != NULL && arguments[1] != NULL ? arguments[1] : "hour", NULL, FALSE);
  g_autofree char *path = g_strdup_printf ("/api/v1/history?series=%s&step=%s", series, step);
  g_autoptr (JsonNode) answer =
    ask (ctl, "GET", arguments[0] != NULL ? path : "/api/v1/history/series", error);

  if (answer != NULL)
    phaeton_ctl_print_json (answer);
  return answer != NULL;
}

static gboolean
copy_file (const char *from, const char *to, GError **error)
{
  g_autoptr (GFile) source = g_file_new_for_path (from);
  g_autoptr (GFile) target = g_file_new_for_path (to);

  return g_file_copy (source, target, G_FILE_COPY_OVERWRITE | G_FILE_COPY_TARGET_DEFAULT_PERMS,
                      NULL, NULL, NULL, error);
}

gboolean
phaeton_ctl_backup (PhaetonCtl *ctl, char **arguments, GError **error)
{
  g_autoptr (JsonNode) answer = ask (ctl, "POST", "/api/v1/history/backup", error);
  const char *path;

  if (answer == NULL)
    return FALSE;
  path = phaeton_ctl_get_text (json_node_get_object (answer), "path");
  if (path == NULL || (arguments[0] != NULL && !copy_file (path, arguments[0], error)))
    return FALSE;
  g_print ("History is copied to %s\n", arguments[0] != NULL ? arguments[0] : path);
  return TRUE;
}

/* the daemon takes it from its own folder, the one of its socket */
gboolean
phaeton_ctl_restore (PhaetonCtl *ctl, char **arguments, GError **error)
{
  const char *socket = phaeton_ctl_client_get_socket (ctl->client);
  g_autofree char *folder = socket != NULL ? g_path_get_dirname (socket) : NULL;
  g_autofree char *path =
    folder != NULL ? g_build_filename (folder, "history-restore.db", NULL) : NULL;
  g_autoptr (JsonNode) answer = NULL;

  if (path == NULL) {
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED,
                         "history is restored on the machine of the daemon, without --url");
    return FALSE;
  }
  if (!copy_file (arguments[0], path, error))
    return FALSE;
  answer = ask (ctl, "POST", "/api/v1/history/restore", error);
  if (answer == NULL)
    return FALSE;
  g_print ("History is that of %s; the one before is kept beside it\n", arguments[0]);
  return TRUE;
}
