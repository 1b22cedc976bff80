/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-sim-home.h"

#include "phaeton-error.h"
#include "phaeton-sim-noise.h"

#include <math.h>
#include <string.h>

#define NOON_MS (G_GINT64_CONSTANT (1718971200) * 1000) /* 2024-06-21 12:00 UTC */
#define DAY_MS 86400000

static gsize
size_of (const PhaetonSimHome *home)
{
  return sizeof *home + home->n_stations * sizeof home->stations[0];
}

/* a day with a car, in steps of a second */
static void
run_day (PhaetonSimHome *home)
{
  home->stations[0].sockets[0].car.plugged = TRUE;
  for (int i = 0; i < 86400; i++) {
    if (i % 30 == 0)
      phaeton_sim_station_set_setpoint (&home->stations[0], 0, 6.0 + (i / 3600) % 10);
    phaeton_sim_home_step (home, 1000);
  }
}

static void
test_same_seed_same_bits (void)
{
  g_autofree PhaetonSimHome *one = phaeton_sim_home_new (7, NOON_MS, 2);
  g_autofree PhaetonSimHome *two = phaeton_sim_home_copy (one);
  g_autofree PhaetonSimHome *other = phaeton_sim_home_new (8, NOON_MS, 2);

  run_day (one);
  run_day (two);
  run_day (other);
  g_assert_cmpmem (one, size_of (one), two, size_of (two));
  g_assert_true (fabs (one->house.import_wh - other->house.import_wh) > 1.0);
}

/* the weather does not depend on how time is cut */
static void
test_weather_is_a_function_of_time (void)
{
  g_autofree PhaetonSimHome *fine = phaeton_sim_home_new (7, NOON_MS, 0);
  g_autofree PhaetonSimHome *coarse = phaeton_sim_home_copy (fine);

  for (int i = 0; i < 600; i++)
    phaeton_sim_home_step (fine, 100);
  phaeton_sim_home_step (coarse, 60000);
  for (int i = 0; i < PHAETON_PHASES; i++) {
    g_assert_cmpfloat_with_epsilon (fine->house.pv_w[i], coarse->house.pv_w[i], 1e-12);
    g_assert_cmpfloat_with_epsilon (fine->house.load_w[i], coarse->house.load_w[i], 1e-12);
  }
}

static void
test_sun_and_appliances_are_plausible (void)
{
  g_autofree PhaetonSimHome *home = phaeton_sim_home_new (3, NOON_MS, 0);
  double pv_wh = 0.0, load_wh = 0.0, most_w = 0.0, night_pv_wh = 0.0;

  for (int i = 0; i < 10 * 1440; i++) {
    phaeton_sim_home_step (home, 60000);
    pv_wh += phaeton_sim_sum (home->house.pv_w) / 60.0;
    load_wh += phaeton_sim_sum (home->house.load_w) / 60.0;
    most_w = MAX (most_w, phaeton_sim_sum (home->house.load_w));
    if (home->wall_ms % DAY_MS < 2 * 3600000)
      night_pv_wh += phaeton_sim_sum (home->house.pv_w);
  }
  g_assert_cmpfloat (pv_wh / 10.0, >, 15000.0); /* 8 kWp in June */
  g_assert_cmpfloat (pv_wh / 10.0, <, 70000.0);
  g_assert_cmpfloat (load_wh / 10.0, >, 6000.0);
  g_assert_cmpfloat (load_wh / 10.0, <, 20000.0);
  g_assert_cmpfloat (most_w, >, 2000.0);
  g_assert_cmpfloat_with_epsilon (night_pv_wh, 0.0, 1e-9);
}

static void
test_grid_is_the_sum_of_its_phases (void)
{
  g_autofree PhaetonSimHome *home = phaeton_sim_home_new (3, NOON_MS, 1);
  PhaetonSimStation *station = &home->stations[0];
  PhaetonSimHouse *house = &home->house;
  const PhaetonSimMeter *meter = &station->sockets[0].truth;

  station->phase_map[0] = 1; /* wired L2-L3-L1 */
  station->phase_map[1] = 2;
  station->phase_map[2] = 0;
  station->sockets[0].car.phases = 1;
  station->sockets[0].car.plugged = TRUE;
  house->forced_load_w = 900.0;
  house->forced_pv_w = 3000.0;
  house->extra_load_w[2] = 500.0;
  for (int i = 0; i < 300; i++)
    phaeton_sim_home_step (home, 100);
  g_assert_cmpfloat (meter->power_w[0], >, 1000.0);
  g_assert_cmpfloat_with_epsilon (house->grid_w[0], 300.0 - 1000.0, 1e-9);
  g_assert_cmpfloat_with_epsilon (house->grid_w[1], 300.0 - 1000.0 + meter->power_w[0], 1e-9);
  g_assert_cmpfloat_with_epsilon (house->grid_w[2], 300.0 + 500.0 - 1000.0, 1e-9);
}

static void
test_battery_regulates_the_grid (void)
{
  g_autofree PhaetonSimHome *home = phaeton_sim_home_new (3, NOON_MS, 0);
  PhaetonSimHouse *house = &home->house;
  double soc_percent;

  house->battery.present = TRUE;
  house->forced_load_w = 1000.0;
  house->forced_pv_w = 3000.0;
  for (int i = 0; i < 300; i++)
    phaeton_sim_home_step (home, 100);
  g_assert_cmpfloat_with_epsilon (phaeton_sim_sum (house->grid_w), 50.0, 1.0);
  g_assert_cmpfloat_with_epsilon (house->battery.power_w, 2050.0, 1.0);
  house->forced_pv_w = 0.0;
  for (int i = 0; i < 300; i++)
    phaeton_sim_home_step (home, 100);
  g_assert_cmpfloat_with_epsilon (phaeton_sim_sum (house->grid_w), 50.0, 1.0);
  g_assert_cmpfloat_with_epsilon (house->battery.power_w, -950.0, 1.0);

  /* not below its minimum, not above its power */
  soc_percent = house->battery.soc_percent;
  house->battery.min_soc_percent = soc_percent;
  for (int i = 0; i < 10; i++)
    phaeton_sim_home_step (home, 100);
  g_assert_cmpfloat_with_epsilon (house->battery.power_w, 0.0, 1e-9);
  g_assert_cmpfloat_with_epsilon (phaeton_sim_sum (house->grid_w), 1000.0, 1e-6);
  house->forced_pv_w = 20000.0;
  for (int i = 0; i < 300; i++)
    phaeton_sim_home_step (home, 100);
  g_assert_cmpfloat_with_epsilon (house->battery.power_w, 5000.0, 1.0);
}

static void
test_battery_stores_what_it_takes (void)
{
  g_autofree PhaetonSimHome *home = phaeton_sim_home_new (3, NOON_MS, 0);
  PhaetonSimBattery *battery = &home->house.battery;
  double stored_wh = 0.0;

  battery->present = TRUE;
  home->house.forced_load_w = 0.0;
  home->house.forced_pv_w = 4000.0;
  for (int i = 0; i < 3600; i++) {
    phaeton_sim_home_step (home, 1000);
    stored_wh += battery->power_w / 3600.0 * battery->efficiency;
  }
  g_assert_cmpfloat_with_epsilon (battery->soc_percent, 50.0 + stored_wh / 100.0, 1e-6);
  battery->soc_percent = 100.0;
  phaeton_sim_home_step (home, 1000);
  g_assert_cmpfloat (battery->power_w, <=, 0.0);
}

static void
test_feed_in_limit_curtails (void)
{
  g_autofree PhaetonSimHome *home = phaeton_sim_home_new (3, NOON_MS, 0);
  PhaetonSimHouse *house = &home->house;

  house->forced_load_w = 600.0;
  house->forced_pv_w = 6000.0;
  house->feed_in_limit_w = 0.0;
  phaeton_sim_home_step (home, 1000);
  g_assert_true (house->pv_is_curtailed);
  g_assert_cmpfloat_with_epsilon (phaeton_sim_sum (house->pv_w), 600.0, 1e-6);
  g_assert_cmpfloat_with_epsilon (phaeton_sim_sum (house->grid_w), 0.0, 1e-6);
  house->forced_load_w = 7000.0;
  phaeton_sim_home_step (home, 1000);
  g_assert_false (house->pv_is_curtailed);
  g_assert_cmpfloat_with_epsilon (phaeton_sim_sum (house->pv_w), 6000.0, 1e-6);
}

static void
test_meters_count_each_way (void)
{
  g_autofree PhaetonSimHome *home = phaeton_sim_home_new (3, NOON_MS, 0);
  PhaetonSimHouse *house = &home->house;

  house->forced_pv_w = 0.0;
  house->forced_load_w = 3600.0;
  for (int i = 0; i < 100; i++)
    phaeton_sim_home_step (home, 1000);
  g_assert_cmpfloat_with_epsilon (house->import_wh, 100.0, 1e-6);
  house->forced_pv_w = 7200.0;
  for (int i = 0; i < 50; i++)
    phaeton_sim_home_step (home, 1000);
  g_assert_cmpfloat_with_epsilon (house->import_wh, 100.0, 1e-6);
  g_assert_cmpfloat_with_epsilon (house->export_wh, 50.0, 1e-6);
}

static const char SERIES[] = "time_utc,load_w,pv_w,pv_forecast_w\n"
                             "2024-06-21T12:00Z,100,1000,\n"
                             "2024-06-21T12:30Z,,2000,5\r\n"
                             "2024-06-21T13:00Z,300,0,\n";

static void
test_series (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PhaetonSimSeries) series = phaeton_sim_series_parse (SERIES, &error);
  double load_w, pv_w;

  g_assert_no_error (error);
  g_assert_cmpint (series->n, ==, 3);
  phaeton_sim_series_get (series, NOON_MS, &load_w, &pv_w);
  g_assert_cmpfloat_with_epsilon (load_w, 100.0, 1e-9);
  phaeton_sim_series_get (series, NOON_MS + 900000, &load_w, &pv_w);
  g_assert_cmpfloat_with_epsilon (load_w, 150.0, 1e-9); /* the gap is bridged */
  g_assert_cmpfloat_with_epsilon (pv_w, 1500.0, 1e-9);
  phaeton_sim_series_get (series, NOON_MS - 1800000, &load_w, &pv_w); /* the loop goes both ways */
  g_assert_cmpfloat_with_epsilon (load_w, 300.0, 1e-9);
}

static void
test_series_drives_the_house (void)
{
  g_autoptr (PhaetonSimSeries) series = phaeton_sim_series_parse (SERIES, NULL);
  g_autofree PhaetonSimHome *home = phaeton_sim_home_new (3, NOON_MS, 0);

  home->house.series = series;
  phaeton_sim_home_step (home, 1000);
  g_assert_cmpfloat_with_epsilon (phaeton_sim_sum (home->house.pv_w), 1000.0, 2.0);
  g_assert_cmpfloat_with_epsilon (phaeton_sim_sum (home->house.load_w), 100.0, 20.0);
}

static void
test_bad_series_name_the_line (void)
{
  static const struct {
    const char *text;
    const char *line;
  } bad[] = {
    { "", "line 1" },
    { "time,load\n", "line 1" },
    { "time_utc,load_w,pv_w\n2024-06-21T12:00Z,1\n", "line 2" },
    { "time_utc,load_w,pv_w\n2024-06-21T12:00Z,1,nan\n", "line 2" },
    { "time_utc,load_w,pv_w\nyesterday,1,2\n", "line 2" },
    { "time_utc,load_w,pv_w\n2024-06-21T12:00Z,1,2\n", "two rows" },
    { "time_utc,load_w,pv_w\n2024-06-21T12:00Z,1,2\n2024-06-21T12:00Z,1,2\n", "line 3" },
    { "time_utc,load_w,pv_w\n2024-06-21T12:00Z,1,2\n2024-06-21T12:30Z,1,2\n2024-06-21T14:00Z,1,2\n",
      "line 4" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (phaeton_sim_series_parse (bad[i].text, &error));
    g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG);
    g_assert_nonnull (strstr (error->message, bad[i].line));
  }
}

static void
test_noise_is_bounded_and_continuous (void)
{
  const guint64 seed = g_test_rand_int ();
  double last = phaeton_sim_noise (seed, 1, -500000, 1000);

  for (gint64 at_ms = -500000; at_ms < 500000; at_ms += 10) {
    const double value = phaeton_sim_noise (seed, 1, at_ms, 1000);

    g_assert_cmpfloat (fabs (value), <=, 1.0);
    g_assert_cmpfloat (fabs (value - last), <, 0.05);
    last = value;
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim-home/same-seed-same-bits", test_same_seed_same_bits);
  g_test_add_func ("/sim-home/weather-is-a-function-of-time", test_weather_is_a_function_of_time);
  g_test_add_func ("/sim-home/plausible", test_sun_and_appliances_are_plausible);
  g_test_add_func ("/sim-home/grid-is-the-sum", test_grid_is_the_sum_of_its_phases);
  g_test_add_func ("/sim-home/battery-regulates", test_battery_regulates_the_grid);
  g_test_add_func ("/sim-home/battery-stores", test_battery_stores_what_it_takes);
  g_test_add_func ("/sim-home/feed-in-limit", test_feed_in_limit_curtails);
  g_test_add_func ("/sim-home/meters-count-each-way", test_meters_count_each_way);
  g_test_add_func ("/sim-home/series", test_series);
  g_test_add_func ("/sim-home/series-drives-the-house", test_series_drives_the_house);
  g_test_add_func ("/sim-home/bad-series", test_bad_series_name_the_line);
  g_test_add_func ("/sim-home/noise", test_noise_is_bounded_and_continuous);
  return g_test_run ();
}
