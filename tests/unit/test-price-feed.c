/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-price-feed.h"
#include "phaeton-price-json.h"

/* When to ask again, and which hours are a day. What an answer does to the prices is held to in
 * tests/integration/test_providers.py, for every source. */

#define HOUR_S 3600
#define MINUTE_MS 60000
#define MIDNIGHT_AT 1795215600 /* 2026-11-21 in Berlin */
#define PUBLISHED_AT (MIDNIGHT_AT + 13 * HOUR_S)
#define TOMORROW_ENDS_AT (MIDNIGHT_AT + 48 * HOUR_S)

static gint64
get_pause_min (double hour, double known_until_hour, gboolean is_preliminary)
{
  const PhaetonPriceOutlook outlook = { MIDNIGHT_AT + (gint64) (hour * HOUR_S),
                                        MIDNIGHT_AT + (gint64) (known_until_hour * HOUR_S),
                                        PUBLISHED_AT, TOMORROW_ENDS_AT, is_preliminary };

  g_assert_cmpint (phaeton_price_outlook_get_pause_ms (&outlook, 1.0), ==,
                   phaeton_price_outlook_get_pause_ms (&outlook, 0.0) + 5 * MINUTE_MS);
  return phaeton_price_outlook_get_pause_ms (&outlook, 0.0) / MINUTE_MS;
}

static void
test_pauses (void)
{
  g_assert_cmpint (get_pause_min (8, 24, FALSE), ==, 60);
  g_assert_cmpint (get_pause_min (12.5, 24, FALSE), ==, 30); /* until it is published */
  g_assert_cmpint (get_pause_min (12.9, 24, FALSE), ==, 10); /* it may be early */
  g_assert_cmpint (get_pause_min (14, 24, FALSE), ==, 10);
  g_assert_cmpint (get_pause_min (16, 24, FALSE), ==, 30); /* it is late */
  g_assert_cmpint (get_pause_min (14, 48, FALSE), ==, 60);
  g_assert_cmpint (get_pause_min (14, 47, FALSE), ==, 60); /* days of some end at 23:00 */
  g_assert_cmpint (get_pause_min (14, 48, TRUE), ==, 10);
  g_assert_cmpint (get_pause_min (20, 48, TRUE), ==, 30);
  g_assert_cmpint (get_pause_min (8, 8, FALSE), ==, 10); /* nothing is known of now */
}

/* the days of specs: 92, 96 and 100 quarters */
static void
test_days (void)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier ("Europe/Brussels");
  const struct {
    const char *noon, *from, *to;
  } days[] = {
    { "2026-12-01T12:00:00Z", "2026-11-30T23:00:00Z", "2026-12-01T23:00:00Z" },
    { "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z" },
    { "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z" },
    { "2027-03-28T00:30:00Z", "2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z" },
    { "2027-10-31T01:30:00Z", "2027-10-30T22:00:00Z", "2027-10-31T23:00:00Z" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (days); i++) {
    PhaetonPriceDay day, next, before;
    gint64 noon_at, from_at, to_at;

    g_assert_true (phaeton_price_time_parse (days[i].noon, NULL, &noon_at));
    g_assert_true (phaeton_price_time_parse (days[i].from, NULL, &from_at));
    g_assert_true (phaeton_price_time_parse (days[i].to, NULL, &to_at));
    phaeton_price_day_find (zone, noon_at, 0, &day);
    g_assert_cmpint (day.from_at, ==, from_at);
    g_assert_cmpint (day.to_at, ==, to_at);
    phaeton_price_day_find (zone, noon_at, 1, &next);
    g_assert_cmpint (next.from_at, ==, to_at);
    phaeton_price_day_find (zone, noon_at, -1, &before);
    g_assert_cmpint (before.to_at, ==, from_at);
  }
}

static void
test_times (void)
{
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  static const char *const bad[] = {
    "",
    "2026-11-21",
    "2026-11-21T25:00:00Z",
    "2026-11-21T23:00",
    "2026-11-21T2",
    "x",
    "2026-11-21T23:00:00+99:99:99:99:99:99:99:99:99:99:99:99:99:99",
    "2026-11-21T23:00+99:99:99:99:99:99:99:99:99:99:99:99:99:99"
  };
  gint64 at;

  g_assert_true (phaeton_price_time_parse ("2026-11-21T23:00Z", NULL, &at)); /* without seconds */
  g_assert_cmpint (at, ==, MIDNIGHT_AT + 24 * HOUR_S);
  g_assert_true (phaeton_price_time_parse ("2026-11-22T00:00:00.000+01:00", NULL, &at));
  g_assert_cmpint (at, ==, MIDNIGHT_AT + 24 * HOUR_S);
  g_assert_true (phaeton_price_time_parse ("2026-11-21T23:00:00", utc, &at));
  g_assert_cmpint (at, ==, MIDNIGHT_AT + 24 * HOUR_S);
  g_assert_true (phaeton_price_time_parse ("2026-11-21T23:00:00.0000000Z", utc, &at));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (phaeton_price_time_parse (bad[i], NULL, &at));
}

static void
test_rebase (void)
{
  const struct {
    const char *url, *base, *result;
  } cases[] = {
    { "https://a.b/c?d={e}", "", "https://a.b/c?d={e}" },
    { "https://a.b/c?d={e}", "http://127.0.0.1:80", "http://127.0.0.1:80/c?d={e}" },
    { "https://a.{b}/c", "https://x/y/", "https://x/y/c" },
    { "https://a.b", "https://x", "https://x" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *result = phaeton_price_url_rebase (cases[i].url, cases[i].base);

    g_assert_cmpstr (result, ==, cases[i].result);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/price-feed/pauses", test_pauses);
  g_test_add_func ("/price-feed/days", test_days);
  g_test_add_func ("/price-feed/times", test_times);
  g_test_add_func ("/price-feed/rebase", test_rebase);
  return g_test_run ();
}
