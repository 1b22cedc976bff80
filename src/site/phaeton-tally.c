/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-tally.h"

#include "phaeton-caps.h"
#include "phaeton-house.h"

#include <string.h>

#define VALUE_MS 60000       /* a value holds no longer than this without a new step */
#define MAX_UNDATED 4000     /* minutes of series that wait for a clock */
#define PLAUSIBLE_W 70000    /* no AC charging point gives more */
#define COUNTER_SLACK_WH 100 /* resolution of coarse counters */
#define LONG_AGO_MS 86400000 /* what a counter may have gained before this run */
#define SANE 1e9             /* what measures more is broken */
#define HOUR_MS 3600000.0
#define UNKNOWN G_MAXFLOAT

typedef struct {
  const char *name; /* interned */
  gboolean is_energy;
  gint64 sum;      /* of the running minute: value times ms; energy: mWh times 3600 */
  gint64 known_ms; /* part of it in which the value was known */
  float *ring;     /* (owned) (nullable): the seconds of what is shown live */
} Series;

static void
free_series (gpointer data)
{
  Series *series = data;

  g_free (series->ring);
  g_free (series);
}

/* where a charger's energy comes from */
enum { SUN, BATTERY, GRID, N_SOURCES };

/* what a charger's counter said last, and its session of the sources */
typedef struct {
  gboolean known;
  gint64 wh;
  gint64 at_ms; /* when it last moved; 0: not in this run */
  gint64 mWh[N_SOURCES];
} Counter;

struct _PhaetonTally {
  PhaetonPointFunc function;
  gpointer user_data;
  GHashTable *series;   /* (owned) (element-type utf8 Series): by interned name */
  GHashTable *counters; /* (owned) (element-type utf8 Counter): by interned id of the charger */
  GArray *undated;      /* (owned) (element-type PhaetonPoint): at is monotonic here, in seconds */
  gint64 last_ms;       /* of the last step; 0: none yet */
  gint64 minute_at;     /* the running minute; 0: the clock is not set */
  gint64 minute_ms;     /* when it began */
  guint second;         /* of the ring: the newest */
  guint n_seconds;      /* that are in the ring */
};

PhaetonTally *
phaeton_tally_new (PhaetonPointFunc function, gpointer user_data)
{
  PhaetonTally *self = g_new0 (PhaetonTally, 1);

  self->function = function;
  self->user_data = user_data;
  self->series = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, free_series);
  self->counters = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, g_free);
  self->undated = g_array_new (FALSE, FALSE, sizeof (PhaetonPoint));
  return self;
}

void
phaeton_tally_free (PhaetonTally *self)
{
  g_hash_table_unref (self->series);
  g_hash_table_unref (self->counters);
  g_array_unref (self->undated);
  g_free (self);
}

static Series *
ensure_series (PhaetonTally *self, const char *text)
{
  const char *name = g_intern_string (text);
  Series *series = g_hash_table_lookup (self->series, name);

  if (series != NULL)
    return series;
  series = g_new0 (Series, 1);
  series->name = name;
  series->is_energy = g_str_has_suffix (name, "energy_wh");
  g_hash_table_insert (self->series, (gpointer) name, series);
  return series;
}

/* --- minutes --- */

static void
hold_undated (PhaetonTally *self, const PhaetonPoint *point)
{
  if (self->undated->len >= MAX_UNDATED)
    g_array_remove_range (self->undated, 0, self->undated->len - MAX_UNDATED + 1);
  g_array_append_vals (self->undated, point, 1);
}

/* what rounding leaves over goes on in the next minute: sums stay right */
static void
end_minute (PhaetonTally *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->series);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Series *series = value;
    const gint64 unit = series->is_energy ? 3600 : 1000;
    const PhaetonPoint point = {
      .series = series->name,
      .at = self->minute_at != 0 ? self->minute_at : self->minute_ms / 1000,
      .amount = { series->sum / unit, (series->known_ms + 500) / 1000 },
    };

    if (point.amount.seconds == 0)
      continue;
    series->sum -= point.amount.sum * unit;
    series->known_ms = 0;
    if (self->minute_at != 0)
      self->function (&point, self->user_data);
    else
      hold_undated (self, &point);
  }
}

/* the clock was set: what waited happened so long before now */
static void
date_minutes (PhaetonTally *self, gint64 now_ms, gint64 wall_at)
{
  for (guint i = 0; i < self->undated->len; i++) {
    PhaetonPoint point = g_array_index (self->undated, PhaetonPoint, i);

    point.at += wall_at - now_ms / 1000;
    point.at -= point.at % PHAETON_MINUTE_S;
    self->function (&point, self->user_data);
  }
  g_array_set_size (self->undated, 0);
}

static void
turn_minute (PhaetonTally *self, gint64 now_ms, gint64 wall_at)
{
  const gint64 minute_at = wall_at - wall_at % PHAETON_MINUTE_S;

  if (self->last_ms != 0 &&
      (minute_at != self->minute_at || now_ms - self->minute_ms >= PHAETON_MINUTE_S * 1000))
    end_minute (self);
  else if (self->last_ms != 0)
    return;
  self->minute_at = minute_at;
  self->minute_ms = now_ms;
  if (wall_at != 0 && self->undated->len > 0)
    date_minutes (self, now_ms, wall_at);
}

/* --- values --- */

typedef struct {
  PhaetonTally *tally;
  const PhaetonInput *input;
  gint64 elapsed_ms;
} Step;

static void
set_live (PhaetonTally *self, Series *series, double value)
{
  if (series->ring == NULL) {
    series->ring = g_new (float, PHAETON_TALLY_RING_S);
    for (guint i = 0; i < PHAETON_TALLY_RING_S; i++)
      series->ring[i] = UNKNOWN;
  }
  series->ring[self->second] = (float) value;
}

/* what only live plots show */
static void
show (const Step *step, const char *name, double value)
{
  set_live (step->tally, ensure_series (step->tally, name), value);
}

/* power for an energy */
static void
record (const Step *step, const char *name, double value)
{
  Series *series = ensure_series (step->tally, name);

  if (!(value > -SANE && value < SANE)) /* not a number either */
    return;
  if (!series->is_energy)
    set_live (step->tally, series, value);
  series->sum += (gint64) (value * step->elapsed_ms);
  series->known_ms += step->elapsed_ms;
}

static void
record_value (const Step *step, const char *name, const PhaetonHouseValue *value)
{
  if (value->known)
    record (step, name, value->value);
}

static void
record_site (const Step *step)
{
  PhaetonHouse house;

  phaeton_house_sum (&step->input->home, step->input->now_ms, &house);
  record_value (step, "site.grid_power_w", &house.grid_w);
  if (house.grid_w.known) {
    record (step, "site.import_energy_wh", MAX (house.grid_w.value, 0));
    record (step, "site.export_energy_wh", MAX (-house.grid_w.value, 0));
  }
  record_value (step, "site.pv_power_w", &house.pv_w);
  if (house.pv_w.known)
    record (step, "site.pv_energy_wh", MAX (house.pv_w.value, 0));
  record_value (step, "site.battery_power_w", &house.battery_w);
  record_value (step, "site.consumption_power_w", &house.consumption_w);
  if (house.battery_soc_percent.known)
    record (step, "site.battery_soc_permille", house.battery_soc_percent.value * 10);
}

static Counter *
ensure_counter (PhaetonTally *self, const char *id)
{
  const char *name = g_intern_string (id);
  Counter *counter = g_hash_table_lookup (self->counters, name);

  if (counter != NULL)
    return counter;
  counter = g_new0 (Counter, 1);
  g_hash_table_insert (self->counters, (gpointer) name, counter);
  return counter;
}

/* what the believed counter gained; a counter that was exchanged gained nothing */
static gint64
get_gained_wh (const Step *step, const char *id, const PhaetonSessionState *session)
{
  Counter *counter = ensure_counter (step->tally, id);
  const gint64 since_ms = counter->at_ms != 0 ? step->input->now_ms - counter->at_ms : LONG_AGO_MS;
  const gint64 gained_wh = session->last_wh - counter->wh;
  const gint64 most_wh =
    CLAMP (since_ms, 0, LONG_AGO_MS) * PLAUSIBLE_W / (3600 * 1000) + COUNTER_SLACK_WH;
  const gboolean counts = counter->known && gained_wh > 0 && gained_wh <= most_wh;

  if (!counter->known || gained_wh != 0) {
    counter->known = session->counter_known;
    counter->wh = session->last_wh;
    counter->at_ms = step->input->now_ms;
  }
  return counts ? gained_wh : 0;
}

/* what the session got from each since the last step; a new one began at nothing. Most of the time
 * no energy flows, and nothing is said about where it comes from */
static void
record_sources (const Step *step, const char *id, const PhaetonSessionState *session)
{
  static const char *const names[N_SOURCES] = { "sun", "battery", "grid" };
  const gint64 mWh[N_SOURCES] = { session->sun_mWh, session->battery_mWh, session->grid_mWh };
  Counter *counter = ensure_counter (step->tally, id);
  gint64 gained_mWh[N_SOURCES], all_mWh = 0;

  for (guint i = 0; i < N_SOURCES; i++) {
    gained_mWh[i] = mWh[i] - (mWh[i] >= counter->mWh[i] ? counter->mWh[i] : 0);
    all_mWh += gained_mWh[i];
    counter->mWh[i] = mWh[i];
  }
  for (guint i = 0; counter->known && all_mWh > 0 && i < N_SOURCES; i++) {
    g_autofree char *name = g_strdup_printf ("charger.%s.%s_energy_wh", id, names[i]);
    Series *series = ensure_series (step->tally, name);

    series->sum += gained_mWh[i] * 3600;
    series->known_ms += step->elapsed_ms;
  }
}

static void
record_energy (const Step *step, const char *id, const PhaetonSessionState *session)
{
  g_autofree char *name = g_strdup_printf ("charger.%s.energy_wh", id);
  Series *series = ensure_series (step->tally, name);
  gint64 gained_wh;

  record_sources (step, id, session);
  gained_wh = get_gained_wh (step, id, session);
  series->sum += gained_wh * 3600 * 1000;
  series->known_ms += step->elapsed_ms;
}

static void
show_currents (const Step *step, const PhaetonChargerConfig *config,
               const PhaetonChargerInput *input)
{
  g_autofree char *current = g_strdup_printf ("charger.%s.current_mA", config->id);
  g_autofree char *max = g_strdup_printf ("charger.%s.max_mA", config->id);
  int most_mA = -1;

  for (guint i = 0; i < PHAETON_PHASES && input->online; i++)
    if (phaeton_sample_knows (&input->sample, PHAETON_SAMPLE_CURRENT_L1 << i))
      most_mA = MAX (most_mA, input->sample.current_mA[i]);
  if (most_mA >= 0)
    show (step, current, most_mA);
  show (step, max, phaeton_caps_get_max_mA (config, input));
}

static void
record_charger (const Step *step, const PhaetonChargerConfig *config,
                const PhaetonChargerInput *input, const PhaetonSessionState *session,
                const PhaetonChargerDecision *decision)
{
  const char *id = config->id;
  g_autofree char *power = g_strdup_printf ("charger.%s.power_w", id);
  g_autofree char *limit = g_strdup_printf ("charger.%s.limit_mA", id);

  record (step, limit, decision->limit_mA);
  show_currents (step, config, input);
  if (input->online && phaeton_sample_knows (&input->sample, PHAETON_SAMPLE_POWER))
    record (step, power, input->sample.power_total_w);
  if (input->online && session->counter_known)
    record_energy (step, id, session);
}

/* the ring has a place for each second, also for those that nobody stepped in */
static void
turn_ring (PhaetonTally *self, gint64 now_ms)
{
  const gint64 n =
    self->last_ms == 0 ? 1 : CLAMP (now_ms / 1000 - self->last_ms / 1000, 0, PHAETON_TALLY_RING_S);

  for (gint64 i = 0; i < n; i++) {
    GHashTableIter iter;
    gpointer series;

    self->second = (self->second + 1) % PHAETON_TALLY_RING_S;
    self->n_seconds = MIN (self->n_seconds + 1, PHAETON_TALLY_RING_S);
    g_hash_table_iter_init (&iter, self->series);
    while (g_hash_table_iter_next (&iter, NULL, &series))
      if (((Series *) series)->ring != NULL)
        ((Series *) series)->ring[self->second] = UNKNOWN;
  }
}

void
phaeton_tally_step (PhaetonTally *self, const PhaetonConfig *config, const PhaetonInput *input,
                    const PhaetonState *state, const PhaetonDecision *decision)
{
  const Step step = {
    .tally = self,
    .input = input,
    .elapsed_ms = self->last_ms == 0 ? 0 : CLAMP (input->now_ms - self->last_ms, 0, VALUE_MS),
  };

  turn_minute (self, input->now_ms, input->wall_known ? input->wall_at : 0);
  turn_ring (self, input->now_ms);
  self->last_ms = input->now_ms;
  record_site (&step);
  for (guint i = 0; i < config->n_chargers; i++)
    record_charger (&step, &config->chargers[i], &input->chargers[i], &state->chargers[i].session,
                    &decision->chargers[i]);
}

void
phaeton_tally_flush (PhaetonTally *self)
{
  if (self->last_ms != 0 && self->minute_at != 0)
    end_minute (self);
}

PhaetonSeriesData *
phaeton_tally_read_live (PhaetonTally *self, GStrv names, gint64 from_at, gint64 wall_at)
{
  g_autoptr (GArray) starts = g_array_new (FALSE, FALSE, sizeof (gint64));
  const guint fit =
    MIN (self->n_seconds, PHAETON_SERIES_MAX_POINTS / MAX (g_strv_length (names), 1));
  const guint n = (guint) CLAMP (wall_at + 1 - from_at, 0, fit);
  PhaetonSeriesData *data;

  for (guint i = 0; i <= n; i++) {
    const gint64 at = wall_at - n + 1 + i;

    g_array_append_val (starts, at);
  }
  data = phaeton_series_data_new (names, starts);
  for (guint i = 0; names[i] != NULL; i++) {
    const GQuark known = g_quark_try_string (names[i]); /* hostile names are not kept */
    const Series *series =
      known != 0 ? g_hash_table_lookup (self->series, g_quark_to_string (known)) : NULL;

    for (guint j = 0; series != NULL && series->ring != NULL && j < n; j++) {
      const guint place = (self->second + PHAETON_TALLY_RING_S - n + 1 + j) % PHAETON_TALLY_RING_S;
      const float value = series->ring[place];

      if (value != UNKNOWN)
        data->amounts[i * n + j] = (PhaetonAmount){ (gint64) value, 1 };
    }
  }
  return data;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

GStrv
phaeton_tally_list (PhaetonTally *self)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, self->series);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return (GStrv) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}
