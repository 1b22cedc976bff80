/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tibber-decode.h"

#include "phaeton-error.h"

#include <string.h>

static gboolean
decode (const char *text, const char *home_id, GArray *slots, GError **error)
{
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));
  PhaetonPriceAnswer answer = { .slots = slots };
  const gboolean ok = tibber_decode (home_id, body, &answer, error);

  phaeton_price_slots_settle (slots);
  return ok;
}

static GArray *
make_slots (void)
{
  return g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
}

#define HOME(id, today, tomorrow)                                                                  \
  "{\"id\":\"" id "\",\"currentSubscription\":{\"priceInfo\":{\"current\":{\"currency\":"          \
  "\"SEK\"},\"today\":[" today "],\"tomorrow\":[" tomorrow "]}}}"
#define HOMES(homes) "{\"data\":{\"viewer\":{\"homes\":[" homes "]}}}"
#define ENTRY(at, total) "{\"startsAt\":\"" at "\",\"total\":" total ",\"level\":\"CHEAP\"}"

static void
test_reads (void)
{
  g_autoptr (GArray) slots = make_slots ();
  const PhaetonPriceSlot *slot;

  g_assert_true (decode (HOMES ("null,{\"id\":\"a\",\"currentSubscription\":null}," HOME (
                           "b", ENTRY ("2026-11-21T00:00:00.000+01:00", "0.1234"),
                           ENTRY ("2026-11-21T00:15:00.000+01:00", "-1"))),
                         "", slots, NULL));
  g_assert_cmpuint (slots->len, ==, 2);
  slot = &g_array_index (slots, PhaetonPriceSlot, 0);
  g_assert_cmpint (slot->start_at, ==, 1795215600);
  g_assert_cmpint (slot->end_at - slot->start_at, ==, 900);
  g_assert_cmpint (slot->import_micros, ==, 123400);
  g_assert_cmpint (slot->level, ==, PHAETON_PRICE_CHEAP);
  g_assert_cmpint (slot[1].import_micros, ==, -1000000);
}

/* FIX 40: a price that is missing is not the cheapest, and its neighbour does not cover its time */
static void
test_fix_40 (void)
{
  g_autoptr (GArray) slots = make_slots ();
  const char *const none[] = { "null", "\"0.1\"", "{}", "[]", "true", "1e300" };

  for (guint i = 0; i < G_N_ELEMENTS (none); i++) {
    g_autoptr (GString) text = g_string_new (
      "{\"data\":{\"viewer\":{\"homes\":[{\"id\":\"b\",\"currentSubscription\":{\"priceInfo\":{"
      "\"today\":[" ENTRY ("2026-11-21T00:00:00+01:00",
                           "0.2") ",{\"startsAt\":"
                                  "\"2026-11-21T01:00:00+01:00\",\"total\":");

    g_string_append_printf (text, "%s}," ENTRY ("2026-11-21T02:00:00+01:00", "0.3") "]}}}]}}}",
                            none[i]);
    g_array_set_size (slots, 0);
    g_assert_true (decode (text->str, "", slots, NULL));
    g_assert_cmpuint (slots->len, ==, 2);
    g_assert_cmpint (g_array_index (slots, PhaetonPriceSlot, 0).end_at, ==, 1795219200);
    g_assert_cmpint (g_array_index (slots, PhaetonPriceSlot, 1).start_at, ==, 1795222800);
  }
}

/* FIX 42: an unknown home is an error, not the neighbour's prices */
static void
test_fix_42 (void)
{
  g_autoptr (GArray) slots = make_slots ();
  g_autoptr (GError) error = NULL;
  static const char text[] =
    HOMES (HOME ("a", ENTRY ("2026-11-21T00:00:00+01:00", "1"),
                 "") "," HOME ("b", ENTRY ("2026-11-21T00:00:00+01:00", "2"), ""));

  g_assert_true (decode (text, "B", slots, NULL));
  g_assert_cmpint (g_array_index (slots, PhaetonPriceSlot, 0).import_micros, ==, 2000000);
  g_assert_false (decode (text, "c", slots, &error));
  g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG);
}

/* FIX 44: quarters, and the two equal wall times of an autumn night are two hours */
static void
test_fix_44 (void)
{
  const int days[][2] = { { 1774652400, 92 }, { 1795215600, 96 }, { 1792879200, 100 } };

  for (guint d = 0; d < G_N_ELEMENTS (days); d++) {
    g_autoptr (GTimeZone) zone = g_time_zone_new_identifier ("Europe/Berlin");
    g_autoptr (GString) text = g_string_new (
      "{\"data\":{\"viewer\":{\"homes\":[{\"id\":\"b\",\"currentSubscription\":{\"priceInfo\":{"
      "\"today\":[");
    g_autoptr (GArray) slots = make_slots ();
    PhaetonPriceSeries series;

    for (int i = 0; i < days[d][1]; i++) {
      g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (days[d][0] + i * 900);
      g_autoptr (GDateTime) local = g_date_time_to_timezone (utc, zone);
      g_autofree char *at = g_date_time_format (local, "%Y-%m-%dT%H:%M:%S.000%:z");

      g_string_append_printf (text, "%s" ENTRY ("%s", "0.%d"), i > 0 ? "," : "", at, i + 1);
    }
    g_string_append (text, "]}}}]}}}");
    g_assert_true (decode (text->str, "", slots, NULL));
    series = (PhaetonPriceSeries){ slots->len, (const PhaetonPriceSlot *) (void *) slots->data };
    g_assert_cmpuint (series.n, ==, (guint) days[d][1]);
    g_assert_cmpint (phaeton_price_series_get_end_at (&series, days[d][0]), ==,
                     days[d][0] + days[d][1] * 900);
  }
}

static void
test_refusals (void)
{
  const struct {
    const char *text;
    PhaetonError code;
  } cases[] = {
    { "", PHAETON_ERROR_PROTOCOL },
    { "<html>", PHAETON_ERROR_PROTOCOL },
    { "[]", PHAETON_ERROR_PROTOCOL },
    { "{\"data\":null}", PHAETON_ERROR_PROTOCOL },
    { "{\"errors\":[]}", PHAETON_ERROR_OFFLINE },
    { "{\"errors\":[7]}", PHAETON_ERROR_OFFLINE },
    { "{\"data\":null,\"errors\":[{\"message\":\"x\"}]}", PHAETON_ERROR_OFFLINE },
    { "{\"errors\":[{\"message\":7,\"extensions\":{\"code\":\"INTERNAL_SERVER_ERROR\"}}]}",
      PHAETON_ERROR_OFFLINE },
    { "{\"errors\":[{\"extensions\":{\"code\":\"UNAUTHENTICATED\"}}]}", PHAETON_ERROR_REFUSED },
    { HOMES (""), PHAETON_ERROR_CONFIG },
    { HOMES ("1,null,[]"), PHAETON_ERROR_CONFIG },
    { HOMES (HOME ("a", "", "")), PHAETON_ERROR_PROTOCOL },
    { HOMES (HOME ("a", "{\"startsAt\":\"2026-11-21T00:00:00\",\"total\":1}", "")),
      PHAETON_ERROR_PROTOCOL }, /* of no zone: unknown */
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GArray) slots = make_slots ();
    g_autoptr (GError) error = NULL;

    g_assert_false (decode (cases[i].text, "", slots, &error));
    g_assert_error (error, PHAETON_ERROR, (int) cases[i].code);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tibber/reads", test_reads);
  g_test_add_func ("/tibber/fix-40", test_fix_40);
  g_test_add_func ("/tibber/fix-42", test_fix_42);
  g_test_add_func ("/tibber/fix-44", test_fix_44);
  g_test_add_func ("/tibber/refusals", test_refusals);
  return g_test_run ();
}
