/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core-world.h"

#include "phaeton-tally.h"

/* A world whose steps are tallied, and the minutes that come out. */

typedef struct {
  World *world; /* (owned) */
  PhaetonTally *tally;
  GArray *points; /* (owned) (element-type PhaetonPoint) */
} House;

static void
point_cb (const PhaetonPoint *point, gpointer user_data)
{
  House *house = user_data;

  g_array_append_vals (house->points, point, 1);
}

static void
set_up (House *house, gconstpointer data)
{
  PhaetonChargerSample *sample;

  house->world = world_new (1);
  house->world->config->chargers[0].id = g_strdup ("1");
  sample = &house->world->cars[0].sample;
  sample->known |= PHAETON_SAMPLE_ENERGY | PHAETON_SAMPLE_POWER | PHAETON_SAMPLE_CURRENT_L1;
  sample->energy_wh = 1000000;
  sample->pilot = PHAETON_PILOT_C2;
  house->points = g_array_new (FALSE, FALSE, sizeof (PhaetonPoint));
  house->tally = phaeton_tally_new (point_cb, house);
}

static void
tear_down (House *house, gconstpointer data)
{
  phaeton_tally_free (house->tally);
  g_array_unref (house->points);
  world_free (house->world);
}

static PhaetonChargerSample *
get_sample (House *house)
{
  return &house->world->cars[0].sample;
}

static void
step (House *house, int seconds)
{
  World *world = house->world;

  world_step (world, seconds);
  phaeton_tally_step (house->tally, world->config, &world->input, world->state, world->decision);
}

/* the counter gains @wh in each of @seconds */
static void
run (House *house, int seconds, int wh)
{
  for (int i = 0; i < seconds; i++) {
    get_sample (house)->energy_wh += wh;
    step (house, 1);
  }
}

static PhaetonAmount
sum (House *house, const char *series)
{
  PhaetonAmount all = { 0 };

  for (guint i = 0; i < house->points->len; i++) {
    const PhaetonPoint *point = &g_array_index (house->points, PhaetonPoint, i);

    if (!g_str_equal (point->series, series))
      continue;
    all.sum += point->amount.sum;
    all.seconds += point->amount.seconds;
  }
  return all;
}

static gint64
get_energy_wh (House *house)
{
  phaeton_tally_flush (house->tally);
  return sum (house, "charger.1.energy_wh").sum / 1000;
}

/* what the minutes say is what the counter gained, and a mean is a mean */
static void
test_minutes_add_up (House *house, gconstpointer data)
{
  PhaetonAmount power;

  get_sample (house)->power_total_w = 3600;
  run (house, 3600, 1);
  g_assert_cmpint (get_energy_wh (house), ==, 3599); /* the first look only says where it stands */
  power = sum (house, "charger.1.power_w");
  g_assert_cmpint (power.seconds, ==, 3599);
  g_assert_cmpint (power.sum, ==, 3599 * 3600);
  for (guint i = 0; i < house->points->len; i++)
    g_assert_cmpint (g_array_index (house->points, PhaetonPoint, i).at % 60, ==, 0);
}

/* charges for so long, with so much from the grid */
static void
run_on_grid (House *house, int seconds, gboolean known, int grid_w)
{
  for (int i = 0; i < seconds; i++) {
    house->world->input.home.grid_power_w[0] =
      (PhaetonReading){ known, house->world->input.now_ms + 1000, grid_w };
    run (house, 1, 2);
  }
}

static void
check_source (House *house, const char *name, gint64 wh, gint64 seconds)
{
  g_autofree char *series = g_strdup_printf ("charger.1.%s_energy_wh", name);

  g_assert_cmpint (sum (house, series).sum, ==, wh * 1000);
  g_assert_cmpint (sum (house, series).seconds, ==, seconds);
}

/* all from the sun, then two fifths from the grid, then nobody knows; and a second car at night */
static void
test_sources (House *house, gconstpointer data)
{
  PhaetonChargerSample *sample = get_sample (house);

  sample->power_total_w = 10000;
  run_on_grid (house, 1, TRUE, -2000);
  run_on_grid (house, 500, TRUE, -2000);
  run_on_grid (house, 500, TRUE, 4000);
  run_on_grid (house, 500, FALSE, 0);
  sample->pilot = PHAETON_PILOT_A;
  run (house, 100, 0); /* nobody draws: nothing to be said */
  sample->pilot = PHAETON_PILOT_C2;
  run_on_grid (house, 500, TRUE, 15000);
  g_assert_cmpint (get_energy_wh (house), ==, 4000);
  check_source (house, "sun", 1000 + 600, 1500);
  check_source (house, "battery", 0, 1500);
  check_source (house, "grid", 400 + 1000, 1500);
}

/* it begins anew at 0, or was exchanged: that gained nothing, and what comes then counts */
static void
test_fix_25_counter_reset (House *house, gconstpointer data)
{
  run (house, 61, 2);
  get_sample (house)->energy_wh = 5;
  run (house, 120, 2); /* half a minute is doubted, then believed; its gains come with it */
  get_sample (house)->energy_wh = 70000000;
  run (house, 120, 2);
  g_assert_cmpint (get_energy_wh (house), <=, 2 * 300);
  g_assert_cmpint (get_energy_wh (house), >=, 2 * (60 + 88 + 88));
}

/* 32 bits of Wh, or 9999.99 kWh of a display: over the end it goes on from 0 */
static void
test_counter_rollover (House *house, gconstpointer data)
{
  get_sample (house)->energy_wh = 9999990;
  step (house, 1);
  run (house, 9, 1);
  get_sample (house)->energy_wh = 0;
  run (house, 100, 1);
  g_assert_cmpint (get_energy_wh (house), >=, 9 + 100 - 32);
  g_assert_cmpint (get_energy_wh (house), <=, 9 + 100);
}

/* read garbage for a moment: neither there nor back is energy */
static void
test_counter_jump (House *house, gconstpointer data)
{
  gint64 true_wh;

  run (house, 60, 1);
  true_wh = get_sample (house)->energy_wh;
  get_sample (house)->energy_wh = G_GINT64_CONSTANT (4294967295);
  step (house, 1);
  get_sample (house)->energy_wh = true_wh;
  run (house, 60, 1);
  g_assert_cmpint (get_energy_wh (house), ==, 119);
}

/* offline is not 0: nothing is said about that time, and what came meanwhile is not lost */
static void
test_offline_is_unknown (House *house, gconstpointer data)
{
  get_sample (house)->power_total_w = 3600;
  run (house, 61, 1);
  house->world->cars[0].online = FALSE;
  for (int i = 0; i < 300; i++)
    step (house, 1);
  house->world->cars[0].online = TRUE;
  get_sample (house)->energy_wh += 300;
  run (house, 60, 1);
  g_assert_cmpint (get_energy_wh (house), ==, 60 + 300 + 60);
  g_assert_cmpint (sum (house, "charger.1.power_w").seconds, ==, 60 + 60);
  g_assert_cmpint (sum (house, "charger.1.limit_mA").seconds, ==, 60 + 300 + 60);
}

/* the clock is set after ten minutes: they are dated backwards, and none is of 1970 */
static void
test_clock_is_set_late (House *house, gconstpointer data)
{
  const gint64 begun_at = house->world->input.wall_at;

  house->world->input.wall_known = FALSE;
  run (house, 600, 1);
  g_assert_cmpuint (house->points->len, ==, 0);
  house->world->input.wall_known = TRUE;
  run (house, 120, 1);
  g_assert_cmpint (get_energy_wh (house), ==, 719);
  for (guint i = 0; i < house->points->len; i++) {
    const gint64 at = g_array_index (house->points, PhaetonPoint, i).at;

    g_assert_cmpint (at, >=, begun_at - 60);
    g_assert_cmpint (at, <=, house->world->input.wall_at);
  }
}

/* forwards, backwards, by hours: sums stay */
static void
test_clock_jumps (House *house, gconstpointer data)
{
  static const int jumps_s[] = { 3600, -7200, 61, -59, 86400 * 365, -86400 };

  run (house, 30, 1);
  for (guint i = 0; i < G_N_ELEMENTS (jumps_s); i++) {
    house->world->input.wall_at += jumps_s[i];
    run (house, 100, 1);
  }
  g_assert_cmpint (get_energy_wh (house), ==, 629);
  g_assert_cmpint (sum (house, "charger.1.power_w").seconds, ==, 629);
}

/* what the sky sends is not kept */
static void
test_nonsense (House *house, gconstpointer data)
{
  static const double values[] = { 1e300, -1e300, 0.0 / 0.0 };
  PhaetonReading *grid_w = house->world->input.home.grid_power_w;

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    for (int j = 0; j < 90; j++) {
      grid_w[0] = (PhaetonReading){ .known = TRUE, .value = values[i] };
      grid_w[0].at_ms = house->world->input.now_ms + 1000;
      step (house, 1);
    }
  phaeton_tally_flush (house->tally);
  g_assert_cmpint (sum (house, "site.grid_power_w").seconds, ==, 0);
}

static void
assert_live (const PhaetonSeriesData *data, guint series, guint from_end, gboolean known,
             gint64 value)
{
  const guint n = phaeton_series_data_get_n_steps (data);
  const PhaetonAmount *amount = &data->amounts[series * n + n - 1 - from_end];

  g_assert_cmpint (amount->seconds, ==, known);
  if (known)
    g_assert_cmpint (amount->sum, ==, value);
}

/* an hour of seconds, for the plots after a reload: what flows, what may, what could */
static void
test_live (House *house, gconstpointer data)
{
  const char *const names[] = { "charger.1.current_mA", "charger.1.limit_mA", "charger.1.max_mA",
                                "charger.1.power_w",    "nobody's",           NULL };
  g_autoptr (PhaetonSeriesData) hour = NULL, last = NULL;

  get_sample (house)->power_total_w = 3600;
  get_sample (house)->current_mA[0] = 15800;
  run (house, PHAETON_TALLY_RING_S + 500, 1);
  step (house, 3); /* two seconds that nobody looked at */
  hour = phaeton_tally_read_live (house->tally, (GStrv) names, 0, house->world->input.wall_at);
  g_assert_cmpint (phaeton_series_data_get_n_steps (hour), ==, PHAETON_TALLY_RING_S);
  for (guint i = 0; i < 6; i++) {
    const gboolean known = i != 1 && i != 2;

    assert_live (hour, 0, i, known, 15800);
    assert_live (hour, 1, i, known, 16000);
    assert_live (hour, 2, i, known, 32000);
    assert_live (hour, 3, i, known, 3600);
    assert_live (hour, 4, i, FALSE, 0);
  }
  last = phaeton_tally_read_live (house->tally, (GStrv) names, house->world->input.wall_at - 9,
                                  house->world->input.wall_at);
  g_assert_cmpint (phaeton_series_data_get_n_steps (last), ==, 10);
  assert_live (last, 0, 0, TRUE, 15800);
}

/* however many are asked for, an answer is bounded */
static void
test_live_is_bounded (House *house, gconstpointer data)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) names = NULL;
  g_autoptr (PhaetonSeriesData) all = NULL;

  for (int i = 0; i < 32; i++)
    g_strv_builder_add (builder, "charger.1.power_w");
  names = g_strv_builder_end (builder);
  run (house, PHAETON_TALLY_RING_S, 0);
  all = phaeton_tally_read_live (house->tally, names, 0, house->world->input.wall_at);
  g_assert_cmpint (phaeton_series_data_get_n_steps (all), ==, PHAETON_SERIES_MAX_POINTS / 32);
}

static void
add (const char *path, void (*test) (House *house, gconstpointer data))
{
  g_test_add (path, House, NULL, set_up, test, tear_down);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("/tally/minutes-add-up", test_minutes_add_up);
  add ("/tally/sources", test_sources);
  add ("/tally/fix-25-counter-reset", test_fix_25_counter_reset);
  add ("/tally/counter-rollover", test_counter_rollover);
  add ("/tally/counter-jump", test_counter_jump);
  add ("/tally/offline-is-unknown", test_offline_is_unknown);
  add ("/tally/clock-is-set-late", test_clock_is_set_late);
  add ("/tally/clock-jumps", test_clock_jumps);
  add ("/tally/nonsense", test_nonsense);
  add ("/tally/live", test_live);
  add ("/tally/live-is-bounded", test_live_is_bounded);
  return g_test_run ();
}
