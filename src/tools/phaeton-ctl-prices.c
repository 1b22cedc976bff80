/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaetonctl"
#include "config.h"

#include "phaeton-ctl.h"

#include "phaeton-error.h"

/* phaetonctl prices, phaetonctl plan: one line an hour in the zone of the settings, whatever the
 * slots are; from the hour that runs on. */

#define HOUR_S 3600
#define MAX_AHEAD_S (48 * HOUR_S) /* a tariff of the house has no end */

typedef struct {
  gint64 from_at; /* the full hour */
  gint64 known_s, charge_s;
  double sum; /* micros times seconds */
  const char *level;
} Hour;

typedef struct {
  PhaetonCtlSite site;
  JsonArray *slots;
  JsonArray *runs; /* (nullable): before a deadline, to the minute */
  gboolean with_plan;
} Table;

static JsonArray *
find_array (JsonObject *root, const char *name)
{
  JsonNode *node = json_object_get_member (root, name);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

/* Returns: (transfer none) (nullable) */
static JsonObject *
get_object (JsonArray *array, guint i)
{
  JsonNode *node = json_array_get_element (array, i);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static gint64
get_hour_at (gint64 at)
{
  return at - at % HOUR_S;
}

static void
print_hour (const Table *table, const Hour *hour)
{
  const gboolean is_now = hour->from_at == get_hour_at (table->site.wall_at);
  g_autofree char *text = NULL;

  if (hour->known_s == 0)
    return;
  text = phaeton_ctl_site_format (&table->site, hour->from_at, "%a %d %H:%M %Z");
  g_print ("%s %s  %8.4f  %-14s", is_now ? "->" : "  ", text,
           hour->sum / (double) hour->known_s / 1e6, hour->level);
  if (table->with_plan && hour->charge_s > 0)
    g_print (" charges %d min", (int) ((hour->charge_s + 59) / 60));
  g_print ("\n");
}

/* of a slot in which it charges: what the runs take of it; where there are none, all of it */
static gint64
get_charge_s (const Table *table, gint64 start_at, gint64 end_at)
{
  gint64 charge_s = 0;

  for (guint i = 0; table->runs != NULL && i < json_array_get_length (table->runs); i++) {
    JsonObject *run = get_object (table->runs, i);

    if (run != NULL)
      charge_s += MAX (MIN (phaeton_ctl_get_at (run, "end_at"), end_at) -
                         MAX (phaeton_ctl_get_at (run, "start_at"), start_at),
                       0);
  }
  return charge_s > 0 ? MIN (charge_s, end_at - start_at) : end_at - start_at;
}

static gboolean
is_shown (const Table *table, gint64 at)
{
  return at >= get_hour_at (table->site.wall_at) &&
         at < get_hour_at (table->site.wall_at) + MAX_AHEAD_S;
}

static void
print_slots (const Table *table)
{
  Hour hour = { 0 };

  for (guint i = 0; i < json_array_get_length (table->slots); i++) {
    JsonObject *slot = get_object (table->slots, i);
    const gint64 start_at = slot != NULL ? phaeton_ctl_get_at (slot, "start_at") : 0;
    const gint64 end_at = slot != NULL ? phaeton_ctl_get_at (slot, "end_at") : 0;
    const char *level = slot != NULL ? phaeton_ctl_get_text (slot, "level") : NULL;
    double micros, charge = 0;

    if (end_at <= start_at || !is_shown (table, start_at) ||
        !phaeton_ctl_get_number (slot, "import_micros_per_kwh", &micros))
      continue;
    phaeton_ctl_get_number (slot, "charge", &charge);
    if (hour.from_at != get_hour_at (start_at)) {
      print_hour (table, &hour);
      hour = (Hour){ .from_at = get_hour_at (start_at), .level = level != NULL ? level : "" };
    }
    hour.known_s += end_at - start_at;
    hour.sum += micros * (double) (end_at - start_at);
    hour.charge_s += charge > 0 ? get_charge_s (table, start_at, end_at) : 0;
  }
  print_hour (table, &hour);
}

static void
print_runs (const Table *table)
{
  for (guint i = 0; table->runs != NULL && i < json_array_get_length (table->runs); i++) {
    JsonObject *run = get_object (table->runs, i);
    g_autofree char *from = NULL, *to = NULL;

    if (run == NULL)
      continue;
    from =
      phaeton_ctl_site_format (&table->site, phaeton_ctl_get_at (run, "start_at"), "%a %d %H:%M");
    to = phaeton_ctl_site_format (&table->site, phaeton_ctl_get_at (run, "end_at"), "%H:%M %Z");
    g_print ("Planned %s to %s\n", from, to);
  }
}

static void
print_head (const Table *table, JsonObject *root)
{
  const char *source = phaeton_ctl_get_text (root, "source");
  const char *currency = phaeton_ctl_get_text (root, "currency");
  const char *strategy = phaeton_ctl_get_text (root, "strategy");
  const char *trouble = phaeton_ctl_get_text (root, "error");
  double age_s, limit_micros;

  if (currency == NULL)
    currency = table->site.currency;
  g_print ("Prices of %s, %s%sper kWh",
           source != NULL ? source : "the fixed tariff (no source is set, see prices.provider)",
           currency != NULL ? currency : "", currency != NULL ? " " : "");
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
print_table (PhaetonCtl *ctl, JsonObject *root, gboolean with_plan, GError **error)
{
  Table table = { .slots = find_array (root, "slots"),
                  .runs = find_array (root, "runs"),
                  .with_plan = with_plan };

  if (!phaeton_ctl_site_read (&table.site, ctl, error))
    return FALSE;
  print_head (&table, root);
  print_runs (&table);
  print_slots (&table);
  phaeton_ctl_site_clear (&table.site);
  return TRUE;
}

static gboolean
show (PhaetonCtl *ctl, const char *path, gboolean with_plan, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (JsonNode) node = phaeton_ctl_client_call (ctl->client, "GET", path, NULL, &reason);
  JsonObject *root =
    node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

  if (reason != NULL) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return FALSE;
  }
  if (root == NULL || find_array (root, "slots") == NULL) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL, "%s has no list of slots", path);
    return FALSE;
  }
  if (!ctl->json)
    return print_table (ctl, root, with_plan, error);
  phaeton_ctl_print_json (node);
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
