/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaetonctl"
#include "config.h"

#include "phaeton-ctl.h"

#include "phaeton-error.h"

/* phaetonctl prices, phaetonctl plan: one line an hour in local time, whatever the slots are. */

#define HOUR_S 3600

typedef struct {
  gint64 from_at; /* the full hour */
  gint64 known_s, charge_s;
  double sum; /* micros times seconds */
  const char *level;
} Hour;

static gint64
get_at (JsonObject *object, const char *name)
{
  const char *text = phaeton_ctl_get_text (object, name);
  g_autoptr (GDateTime) time = text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;

  return time != NULL ? g_date_time_to_unix (time) : 0;
}

static void
print_hour (const Hour *hour, gboolean with_plan)
{
  g_autoptr (GDateTime) start = g_date_time_new_from_unix_local (hour->from_at);
  g_autofree char *text = g_date_time_format (start, "%a %d %H:%M %Z");

  g_print ("%s  %8.4f  %-14s", text, hour->sum / (double) hour->known_s / 1e6, hour->level);
  if (with_plan && hour->charge_s > 0)
    g_print (" charges %d min", (int) (hour->charge_s / 60));
  g_print ("\n");
}

static void
print_slots (JsonArray *slots, gboolean with_plan)
{
  Hour hour = { 0 };

  for (guint i = 0; i < json_array_get_length (slots); i++) {
    JsonObject *slot = json_array_get_object_element (slots, i);
    const gint64 start_at = get_at (slot, "start_at");
    const gint64 length_s = get_at (slot, "end_at") - start_at;
    const char *level = phaeton_ctl_get_text (slot, "level");
    double micros, charge = 0;

    if (!phaeton_ctl_get_number (slot, "import_micros_per_kwh", &micros) || length_s <= 0)
      continue;
    phaeton_ctl_get_number (slot, "charge", &charge);
    if (hour.known_s > 0 && hour.from_at != start_at - start_at % HOUR_S)
      print_hour (&hour, with_plan);
    if (hour.from_at != start_at - start_at % HOUR_S)
      hour = (Hour){ .from_at = start_at - start_at % HOUR_S, .level = level != NULL ? level : "" };
    hour.known_s += length_s;
    hour.sum += micros * (double) length_s;
    hour.charge_s += charge > 0 ? length_s : 0;
  }
  if (hour.known_s > 0)
    print_hour (&hour, with_plan);
}

/* the runs before a deadline, to the minute */
static void
print_runs (JsonObject *root)
{
  JsonNode *node = json_object_get_member (root, "runs");
  JsonArray *runs =
    node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  for (guint i = 0; runs != NULL && i < json_array_get_length (runs); i++) {
    JsonObject *run = json_array_get_object_element (runs, i);
    g_autoptr (GDateTime) start = g_date_time_new_from_unix_local (get_at (run, "start_at"));
    g_autoptr (GDateTime) end = g_date_time_new_from_unix_local (get_at (run, "end_at"));
    g_autofree char *from = g_date_time_format (start, "%a %d %H:%M");
    g_autofree char *to = g_date_time_format (end, "%H:%M");

    g_print ("Planned %s to %s\n", from, to);
  }
}

static void
print_head (JsonObject *root)
{
  const char *source = phaeton_ctl_get_text (root, "source");
  const char *currency = phaeton_ctl_get_text (root, "currency");
  const char *strategy = phaeton_ctl_get_text (root, "strategy");
  const char *trouble = phaeton_ctl_get_text (root, "error");
  double age_s, limit_micros;

  if (source == NULL) {
    g_print ("No source of prices is set, see tibber.access_token\n");
    return;
  }
  g_print ("Prices of %s, %s per kWh", source, currency != NULL ? currency : "currency");
  if (phaeton_ctl_get_number (root, "age_s", &age_s))
    g_print (", %d min old", (int) (age_s / 60));
  g_print ("\n");
  if (strategy != NULL)
    g_print ("Strategy %s", strategy);
  if (strategy != NULL && phaeton_ctl_get_number (root, "limit_micros_per_kwh", &limit_micros))
    g_print (", up to %.4f", limit_micros / 1e6);
  if (strategy != NULL)
    g_print ("\n");
  if (trouble != NULL)
    g_print ("No new ones: %s\n", trouble);
}

static gboolean
show (PhaetonCtl *ctl, const char *path, gboolean with_plan, GError **error)
{
  g_autoptr (JsonNode) node = phaeton_ctl_client_call (ctl->client, "GET", path, NULL, error);
  JsonNode *slots;

  if (node == NULL)
    return FALSE;
  slots = JSON_NODE_HOLDS_OBJECT (node)
            ? json_object_get_member (json_node_get_object (node), "slots")
            : NULL;
  if (slots == NULL || !JSON_NODE_HOLDS_ARRAY (slots)) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL, "%s has no list of slots", path);
    return FALSE;
  }
  if (ctl->json) {
    phaeton_ctl_print_json (node);
    return TRUE;
  }
  print_head (json_node_get_object (node));
  print_runs (json_node_get_object (node));
  print_slots (json_node_get_array (slots), with_plan);
  return TRUE;
}

gboolean
phaeton_ctl_prices (PhaetonCtl *ctl, char **arguments, GError **error)
{
  return show (ctl, "/api/v1/prices", FALSE, error);
}

gboolean
phaeton_ctl_plan (PhaetonCtl *ctl, char **arguments, GError **error)
{
  g_autofree char *charger =
    g_uri_escape_string (ctl->charger != NULL ? ctl->charger : "", NULL, FALSE);
  g_autofree char *path = g_strdup_printf ("/api/v1/plan?charger=%s", charger);

  return show (ctl, path, TRUE, error);
}
