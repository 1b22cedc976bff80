/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-zone-cache.h"

#define SPRING_2024 G_GINT64_CONSTANT (1711846800) /* 2024-03-31 01:00 UTC: 02:00 CET -> 03:00 */
#define AUTUMN_2024 G_GINT64_CONSTANT (1729990800) /* 2024-10-27 01:00 UTC: 03:00 CEST -> 02:00 */

static void
test_changes_are_found (void)
{
  PhaetonZoneCache cache = { 0 };
  PhaetonZone zone;

  phaeton_zone_cache_get (&cache, "Europe/Amsterdam", SPRING_2024 - 1, &zone);
  g_assert_true (zone.known);
  g_assert_cmpint (zone.offset_s[1], ==, 3600);
  g_assert_cmpint (zone.until_at[1], ==, SPRING_2024);
  g_assert_cmpint (zone.offset_s[2], ==, 7200);

  phaeton_zone_cache_get (&cache, "Europe/Amsterdam", SPRING_2024, &zone);
  g_assert_cmpint (zone.offset_s[0], ==, 3600);
  g_assert_cmpint (zone.until_at[0], ==, SPRING_2024);
  g_assert_cmpint (zone.offset_s[1], ==, 7200);
  g_assert_cmpint (zone.until_at[1], ==, AUTUMN_2024);
  g_assert_cmpint (zone.offset_s[2], ==, 3600);
  phaeton_zone_cache_clear (&cache);
}

/* every hour of two years agrees with the zone itself */
static void
test_agrees_with_the_zone (void)
{
  const char *const names[] = { "Europe/Berlin", "America/New_York", "Asia/Tokyo",
                                "Australia/Lord_Howe", "UTC" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GTimeZone) zone = g_time_zone_new_identifier (names[i]);
    PhaetonZoneCache cache = { 0 };

    g_assert_nonnull (zone);
    for (gint64 at = 1704067200; at < 1704067200 + 2 * 366 * 86400; at += 3600) {
      PhaetonZone table;

      phaeton_zone_cache_get (&cache, names[i], at, &table);
      g_assert_cmpint (
        table.offset_s[1], ==,
        g_time_zone_get_offset (zone, g_time_zone_find_interval (zone, G_TIME_TYPE_UNIVERSAL, at)));
      g_assert_cmpint (table.until_at[0], <=, at);
      g_assert_cmpint (table.until_at[1], >, at);
    }
    phaeton_zone_cache_clear (&cache);
  }
}

static void
test_unknown (void)
{
  PhaetonZoneCache cache = { 0 };
  PhaetonZone zone = { .known = TRUE };

  phaeton_zone_cache_get (&cache, "Invalid/Zone", 1704067200, &zone);
  g_assert_false (zone.known);
  phaeton_zone_cache_get (&cache, NULL, 1704067200, &zone);
  g_assert_false (zone.known);
  phaeton_zone_cache_get (&cache, "", 1704067200, &zone);
  g_assert_false (zone.known);
  phaeton_zone_cache_clear (&cache);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/zone-cache/changes-are-found", test_changes_are_found);
  g_test_add_func ("/zone-cache/agrees-with-the-zone", test_agrees_with_the_zone);
  g_test_add_func ("/zone-cache/unknown", test_unknown);
  return g_test_run ();
}
