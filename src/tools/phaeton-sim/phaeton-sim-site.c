/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-sim"
#include "config.h"

#include "phaeton-sim-site.h"

#include "phaeton-error.h"
#include "phaeton-settings.h"
#include "phaeton-sim-noise.h"
#include "phaeton-sim-param.h"
#include "phaeton-yaml.h"

#include <stdio.h>
#include <string.h>

#define HOUR_S 3600
#define DAY_S 86400
#define WEEK_S (7 * DAY_S)
#define PRICES_AT_S (13 * HOUR_S)
#define MAX_STAYS 100000
#define STAYS_HEADER "session,user,user_type,plugin_local,plugout_local,energy_kwh"
#define PRICES_HEADER "start_utc,price_ct_per_kwh"

/* channels of the seed, apart from those of home and house */
enum { CHANNEL_STAY = 1000 };

/* what the section simulation: has beside the tables of the plant */
typedef struct {
  int mode;
  int deadline;
  double current_a;
  gint64 meter_lag_ms;
  double fuse_a;
  double export_rate;
  double price_surcharge;
  double stay_kwh;
  double stay_jitter_min;
} Numbers;

static const PhaetonSimParam number_params[] = {
  { "mode", PHAETON_SIM_CHOICE, G_STRUCT_OFFSET (Numbers, mode), 0, 0, "manual|auto|scheduled" },
  { "deadline", PHAETON_SIM_CHOICE, G_STRUCT_OFFSET (Numbers, deadline), 0, 0, "settings|stay" },
  { "current_a", PHAETON_SIM_DOUBLE, G_STRUCT_OFFSET (Numbers, current_a), 0, 80 },
  { "meter_lag_ms", PHAETON_SIM_MS, G_STRUCT_OFFSET (Numbers, meter_lag_ms), 0, 8000 },
  { "fuse_a", PHAETON_SIM_DOUBLE, G_STRUCT_OFFSET (Numbers, fuse_a), 6, 1000 },
  { "export_rate", PHAETON_SIM_DOUBLE, G_STRUCT_OFFSET (Numbers, export_rate), -10, 10 },
  { "price_surcharge", PHAETON_SIM_DOUBLE, G_STRUCT_OFFSET (Numbers, price_surcharge), -10, 10 },
  { "stay_kwh", PHAETON_SIM_DOUBLE, G_STRUCT_OFFSET (Numbers, stay_kwh), 0, 500 },
  { "stay_jitter_min", PHAETON_SIM_DOUBLE, G_STRUCT_OFFSET (Numbers, stay_jitter_min), 0, 240 },
  { NULL },
};

typedef struct {
  PhaetonSimSite *site;
  const char *path;
  const PhaetonNode *section;
  Numbers numbers;
} Load;

static gboolean
fail (const Load *load, const PhaetonNode *node, GError **error, const char *what)
{
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, "%s:%d: simulation: %s", load->path,
               node != NULL ? node->place.line : 0, what);
  return FALSE;
}

/* --- sections that are a table of the plant --- */

static gboolean
apply_table (const Load *load, const char *name, const PhaetonSimParam *table, gpointer base,
             GError **error)
{
  const PhaetonNode *map = name != NULL ? phaeton_node_get (load->section, name) : load->section;

  for (guint i = 0; map != NULL && map->kind == PHAETON_NODE_MAP && i < map->keys->len; i++) {
    const PhaetonNode *key = g_ptr_array_index (map->keys, i);
    const PhaetonNode *value = g_ptr_array_index (map->items, i);
    const PhaetonSimParam *param = phaeton_sim_param_find (table, key->text);
    g_autoptr (GError) why = NULL;

    if (param == NULL && name == NULL)
      continue; /* another part's */
    if (param == NULL)
      return fail (load, key, error, "there is no such key");
    if (value->kind != PHAETON_NODE_SCALAR)
      return fail (load, value, error, "must be one value");
    if (!phaeton_sim_param_set (param, base, value->text, &why))
      return fail (load, value, error, why->message);
  }
  return map == NULL || map->kind == PHAETON_NODE_MAP ? TRUE
                                                      : fail (load, map, error, "must be a map");
}

static gboolean
check_names (const Load *load, GError **error)
{
  static const char *const others[] = { "house",     "station",   "car",      "series",
                                        "prices",    "start",     "sessions", "stay_to",
                                        "stay_from", "prices_at", NULL };

  for (guint i = 0; i < load->section->keys->len; i++) {
    const PhaetonNode *key = g_ptr_array_index (load->section->keys, i);

    if (!g_strv_contains (others, key->text) &&
        phaeton_sim_param_find (number_params, key->text) == NULL)
      return fail (load, key, error, "there is no such key");
  }
  return TRUE;
}

/* --- times --- */

static GDateTime *
parse_local (const PhaetonSimSite *self, const char *text)
{
  int year, month, day, hour = 0, minute = 0;

  if (sscanf (text, "%4d-%2d-%2dT%2d:%2d", &year, &month, &day, &hour, &minute) != 5 &&
      (strlen (text) != strlen ("2024-06-01") ||
       sscanf (text, "%4d-%2d-%2d", &year, &month, &day) != 3))
    return NULL;
  return g_date_time_new (self->zone, year, month, day, hour, minute, 0);
}

gint64
phaeton_sim_site_get_midnight (const PhaetonSimSite *self, gint64 at, int days)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (at);
  g_autoptr (GDateTime) local = g_date_time_to_timezone (utc, self->zone);
  g_autoptr (GDateTime) later = g_date_time_add_days (local, days);
  g_autoptr (GDateTime) midnight =
    g_date_time_new (self->zone, g_date_time_get_year (later), g_date_time_get_month (later),
                     g_date_time_get_day_of_month (later), 0, 0, 0);

  return g_date_time_to_unix (midnight);
}

static gboolean
read_start (const Load *load, const char *start, GError **error)
{
  const PhaetonNode *node = phaeton_node_get (load->section, "start");
  const char *text = start != NULL ? start : node != NULL ? node->text : "2024-06-01";
  g_autoptr (GDateTime) at = text != NULL ? parse_local (load->site, text) : NULL;

  if (at == NULL)
    return fail (load, node, error, "start must be a day such as 2024-06-01");
  load->site->start_at = phaeton_sim_site_get_midnight (load->site, g_date_time_to_unix (at), 0);
  return TRUE;
}

static gboolean
read_clock (const Load *load, const char *name, gint64 *second, GError **error)
{
  const PhaetonNode *node = phaeton_node_get (load->section, name);
  int hour, minute;

  if (node == NULL)
    return TRUE;
  if (node->text == NULL || sscanf (node->text, "%2d:%2d", &hour, &minute) != 2 || hour < 0 ||
      hour > 23 || minute < 0 || minute > 59)
    return fail (load, node, error, "must be a time such as 17:30");
  *second = (hour * 60 + minute) * 60;
  return TRUE;
}

/* --- files beside the site's own --- */

/* (nullable): NULL without an error: it is not set */
static char *
load_file (const Load *load, const char *name, GError **error)
{
  const PhaetonNode *node = phaeton_node_get (load->section, name);
  g_autofree char *whole = g_canonicalize_filename (load->path, NULL);
  g_autofree char *folder = g_path_get_dirname (whole);
  g_autofree char *path = NULL;
  char *text = NULL;

  if (node == NULL)
    return NULL;
  if (node->text == NULL) {
    fail (load, node, error, "must be the name of a file");
    return NULL;
  }
  path = g_canonicalize_filename (node->text, folder);
  g_file_get_contents (path, &text, NULL, error);
  return text;
}

typedef gboolean (*RowFunc) (Load *load, char **cells);

/* calls @take for each row; the error names the line */
static gboolean
read_csv (Load *load, const char *name, const char *text, const char *header, RowFunc take,
          GError **error)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", MAX_STAYS);
  const guint n_columns = g_strv_length (lines) > 0 ? 1 : 0;

  if (n_columns == 0 || strcmp (g_strchomp (lines[0]), header) != 0) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, "%s: line 1: must be %s", name,
                 header);
    return FALSE;
  }
  for (guint i = 1; lines[i] != NULL; i++) {
    g_auto (GStrv) cells = g_strsplit (g_strchomp (lines[i]), ",", -1);
    g_auto (GStrv) names = g_strsplit (header, ",", -1);

    if (lines[i][0] == '\0')
      continue;
    if (g_strv_length (cells) != g_strv_length (names) || !take (load, cells)) {
      g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                   "%s: line %u: must be %s in order of time", name, i + 1, header);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
take_price (Load *load, char **cells)
{
  GArray *prices = load->site->prices;
  g_autofree char *stamp = g_strdup_printf ("%.16s:00Z", cells[0]);
  g_autoptr (GDateTime) at = g_date_time_new_from_iso8601 (stamp, NULL);
  char *end = NULL;
  const double ct = g_ascii_strtod (cells[1], &end);
  PhaetonPriceSlot slot = { .has_export = TRUE };

  if (at == NULL || end == cells[1] || *end != '\0' || !(ct > -1e6 && ct < 1e6))
    return FALSE;
  slot.start_at = g_date_time_to_unix (at);
  slot.end_at = slot.start_at + HOUR_S;
  slot.import_micros = (gint64) (ct * 1e4 + load->numbers.price_surcharge * 1e6);
  slot.export_micros = load->site->export_micros;
  if (prices->len > 0 &&
      g_array_index (prices, PhaetonPriceSlot, prices->len - 1).end_at > slot.start_at)
    return FALSE;
  g_array_append_val (prices, slot);
  return TRUE;
}

/* one user's stays belong to one charger: people keep to their place */
static gboolean
take_stay (Load *load, char **cells)
{
  GArray *stays = load->site->stays[g_str_hash (cells[1]) % load->site->config->n_chargers];
  g_autoptr (GDateTime) from = parse_local (load->site, cells[3]);
  g_autoptr (GDateTime) to = parse_local (load->site, cells[4]);
  char *end = NULL;
  const double kwh = g_ascii_strtod (cells[5], &end);
  PhaetonSimStay stay;

  if (from == NULL || to == NULL || end == cells[5] || *end != '\0' || !(kwh >= 0 && kwh < 1000))
    return FALSE;
  stay = (PhaetonSimStay){ g_date_time_to_unix (from), g_date_time_to_unix (to), kwh * 1000.0 };
  if (stays->len > 0) /* a car that came before the other had left came right after */
    stay.from_at =
      MAX (stay.from_at, g_array_index (stays, PhaetonSimStay, stays->len - 1).to_at + 60);
  if (stay.to_at > stay.from_at)
    g_array_append_val (stays, stay);
  return TRUE;
}

static gboolean
read_files (Load *load, GError **error)
{
  PhaetonSimSite *self = load->site;
  g_autoptr (GError) why = NULL;
  g_autofree char *series = load_file (load, "series", &why);
  g_autofree char *prices = why == NULL ? load_file (load, "prices", &why) : NULL;
  g_autofree char *stays = why == NULL ? load_file (load, "sessions", &why) : NULL;

  if (why == NULL && series != NULL)
    self->series = phaeton_sim_series_parse (series, &why);
  self->house.series = self->series;
  if (why == NULL && prices != NULL)
    read_csv (load, "prices", prices, PRICES_HEADER, take_price, &why);
  if (why == NULL && stays != NULL) {
    self->stays = g_new0 (GArray *, self->config->n_chargers);
    for (guint i = 0; i < self->config->n_chargers; i++)
      self->stays[i] = g_array_new (FALSE, FALSE, sizeof (PhaetonSimStay));
    read_csv (load, "sessions", stays, STAYS_HEADER, take_stay, &why);
  }
  if (why == NULL)
    return TRUE;
  g_propagate_prefixed_error (error, g_steal_pointer (&why), "%s: ", load->path);
  return FALSE;
}

/* --- all --- */

static gboolean
read_section (Load *load, const char *start, GError **error)
{
  PhaetonSimSite *self = load->site;
  PhaetonSimSocket *socket = &self->station.sockets[0];

  if (load->section->kind != PHAETON_NODE_MAP)
    return fail (load, load->section, error, "must be a map");
  if (!check_names (load, error) ||
      !apply_table (load, NULL, number_params, &load->numbers, error) ||
      !apply_table (load, "house", phaeton_sim_house_params, &self->house, error) ||
      !apply_table (load, "station", phaeton_sim_station_params, &self->station, error) ||
      !apply_table (load, "car", phaeton_sim_car_params, &socket->car, error) ||
      !read_start (load, start, error) ||
      !read_clock (load, "stay_from", &self->stay_from_s, error) ||
      !read_clock (load, "stay_to", &self->stay_to_s, error) ||
      !read_clock (load, "prices_at", &self->prices_at_s, error))
    return FALSE;
  self->deadline_by_stay = load->numbers.deadline != 0;
  self->command =
    (PhaetonCommand){ load->numbers.mode, TRUE, (int) (load->numbers.current_a * 1000.0), 0 };
  self->meter_lag_ms = load->numbers.meter_lag_ms;
  self->fuse_mA = (int) (load->numbers.fuse_a * 1000.0);
  self->export_micros = (gint64) (load->numbers.export_rate * 1e6);
  self->stay_wh = load->numbers.stay_kwh * 1000.0;
  self->stay_jitter_s = (gint64) (load->numbers.stay_jitter_min * 60.0);
  return read_files (load, error);
}

static PhaetonSimSite *
new_site (PhaetonConfig *config, guint64 seed)
{
  PhaetonSimSite *self = g_new0 (PhaetonSimSite, 1);

  self->config = config;
  self->zone_name = g_strdup (config->timezone[0] != '\0' ? config->timezone : "Europe/Berlin");
  self->zone = g_time_zone_new_identifier (self->zone_name);
  if (self->zone == NULL)
    self->zone = g_time_zone_new_utc ();
  self->seed = seed;
  self->prices = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
  self->stay_from_s = 17 * HOUR_S + 30 * 60;
  self->stay_to_s = 7 * HOUR_S + 30 * 60;
  self->prices_at_s = PRICES_AT_S;
  phaeton_sim_house_init (&self->house, seed);
  phaeton_sim_station_init (&self->station);
  return self;
}

PhaetonSimSite *
phaeton_sim_site_load (const char *path, const char *start, guint64 seed, GError **error)
{
  g_autofree char *text = NULL;
  gsize length;
  g_autoptr (GPtrArray) problems = phaeton_problems_new ();
  g_autoptr (PhaetonNode) root = NULL;
  g_autoptr (PhaetonNode) none = phaeton_node_new_map ();
  PhaetonConfig *config;
  g_autoptr (PhaetonSimSite) self = NULL;
  Load load = { .path = path,
                .numbers = { PHAETON_MODE_AUTO, 0, 16.0, 2000, 25.0, 0.08, 0.0, 9.0, 45.0 } };

  if (!g_file_get_contents (path, &text, &length, error))
    return NULL;
  config = phaeton_settings_parse (text, (gssize) length, NULL, error);
  if (config == NULL) {
    g_prefix_error (error, "%s: ", path);
    return NULL;
  }
  load.site = self = new_site (config, seed);
  root = phaeton_yaml_parse (text, length, problems);
  load.section = root != NULL ? phaeton_node_get (root, "simulation") : NULL;
  if (load.section == NULL)
    load.section = none;
  return read_section (&load, start, error) ? g_steal_pointer (&self) : NULL;
}

void
phaeton_sim_site_free (PhaetonSimSite *self)
{
  for (guint i = 0; self->stays != NULL && i < self->config->n_chargers; i++)
    g_array_unref (self->stays[i]);
  g_free (self->stays);
  phaeton_config_unref (self->config);
  g_time_zone_unref (self->zone);
  g_free (self->zone_name);
  g_clear_pointer (&self->series, phaeton_sim_series_free);
  g_array_unref (self->prices);
  g_free (self);
}

/* -jitter to +jitter, the same for the same day whoever asks */
static gint64
get_jitter_s (const PhaetonSimSite *self, guint charger, guint which, gint64 day_at)
{
  return (gint64) ((2.0 * phaeton_sim_uniform (self->seed, CHANNEL_STAY + 3 * charger + which,
                                               day_at / HOUR_S) -
                    1.0) *
                   (double) self->stay_jitter_s);
}

static PhaetonSimStay
make_daily_stay (const PhaetonSimSite *self, guint charger, gint64 day_at)
{
  const gint64 next_at = phaeton_sim_site_get_midnight (self, day_at, 1);
  const double share =
    0.4 + 1.2 * phaeton_sim_uniform (self->seed, CHANNEL_STAY + 3 * charger + 2, day_at / HOUR_S);
  PhaetonSimStay stay = {
    .from_at = day_at + self->stay_from_s + get_jitter_s (self, charger, 0, day_at),
    .to_at = (self->stay_to_s > self->stay_from_s ? day_at : next_at) + self->stay_to_s +
             get_jitter_s (self, charger, 1, day_at),
    .energy_wh = self->stay_jitter_s > 0 ? self->stay_wh * share : self->stay_wh,
  };

  stay.to_at = MAX (stay.to_at, stay.from_at + 60);
  return stay;
}

/* @stays played in a loop of whole weeks, so that a Monday stays one */
static gboolean
find_stay (const GArray *stays, gint64 at, PhaetonSimStay *stay)
{
  const PhaetonSimStay *all = (const PhaetonSimStay *) (gconstpointer) stays->data;
  gint64 length_s, base_at, shift_s;

  if (stays->len == 0)
    return FALSE;
  base_at = all[0].from_at;
  length_s = (all[stays->len - 1].to_at - base_at + WEEK_S) / WEEK_S * WEEK_S;
  shift_s = phaeton_sim_floor_div (at - base_at, length_s) * length_s;
  for (int turn = 0; turn < 2; turn++, shift_s += length_s) {
    guint low = 0, high = stays->len;

    while (low < high) { /* the first that ends after @at */
      const guint middle = low + (high - low) / 2;

      if (all[middle].to_at + shift_s <= at)
        low = middle + 1;
      else
        high = middle;
    }
    if (low < stays->len) {
      *stay = (PhaetonSimStay){ all[low].from_at + shift_s, all[low].to_at + shift_s,
                                all[low].energy_wh };
      return TRUE;
    }
  }
  return FALSE;
}

gboolean
phaeton_sim_site_get_stay (const PhaetonSimSite *self, guint charger, gint64 at,
                           PhaetonSimStay *stay)
{
  if (self->stays != NULL)
    return find_stay (self->stays[charger], at, stay);
  if (self->stay_wh <= 0.0)
    return FALSE;
  for (int day = -1; day < 3; day++) {
    *stay = make_daily_stay (self, charger, phaeton_sim_site_get_midnight (self, at, day));
    if (stay->to_at > at)
      return TRUE;
  }
  return FALSE;
}

/* index of the first slot that ends after @at */
static guint
find_slot (const PhaetonSimSite *self, gint64 at)
{
  const PhaetonPriceSlot *slots = (const PhaetonPriceSlot *) (gconstpointer) self->prices->data;
  guint low = 0, high = self->prices->len;

  while (low < high) {
    const guint middle = low + (high - low) / 2;

    if (slots[middle].end_at <= at)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

PhaetonPriceSeries
phaeton_sim_site_get_prices (const PhaetonSimSite *self, gint64 at, gint64 *until_at)
{
  const PhaetonPriceSlot *slots = (const PhaetonPriceSlot *) (gconstpointer) self->prices->data;
  const gint64 next_at = phaeton_sim_site_get_midnight (self, at, 1);
  const gint64 published_at = next_at - DAY_S + self->prices_at_s; /* clocks change at night */
  const gboolean is_out = at >= published_at;
  const guint first = find_slot (self, phaeton_sim_site_get_midnight (self, at, 0));
  const guint end =
    find_slot (self, is_out ? phaeton_sim_site_get_midnight (self, at, 2) : next_at);

  *until_at = is_out ? next_at : published_at;
  return (PhaetonPriceSeries){ end - first, end > first ? slots + first : NULL };
}

PhaetonDeadline
phaeton_sim_site_make_deadline (const PhaetonSimSite *self, const PhaetonSimStay *stay,
                                PhaetonPlan plan)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (stay->to_at);
  g_autoptr (GDateTime) local = g_date_time_to_timezone (utc, self->zone);

  return (PhaetonDeadline){
    .active = TRUE,
    .days = (guint8) (1 << (g_date_time_get_day_of_week (local) - 1)),
    .by_min = g_date_time_get_hour (local) * 60 + g_date_time_get_minute (local),
    .energy_wh = (int) (stay->energy_wh + 0.5),
    .plan = plan,
  };
}
