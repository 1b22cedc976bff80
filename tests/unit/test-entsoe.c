/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "entsoe-decode.h"

#include "phaeton-error.h"

#include <string.h>

/* What the platform's documents say, curve by curve; the wire is in test_providers.py. */

#define HOUR_S 3600
#define MIDNIGHT_AT 1795302000 /* 2026-11-21T23:00Z */
#define DOCUMENT(series)                                                                           \
  "<?xml version=\"1.0\"?><p:Publication_MarketDocument xmlns:p=\"urn:x:7:3\"><mRID>1</mRID>"      \
  "<period.timeInterval><start>1999-01-01T00:00Z</start><end>1999-01-02T00:00Z</end>"              \
  "</period.timeInterval>" series "</p:Publication_MarketDocument>"
#define SERIES(head, periods)                                                                      \
  "<TimeSeries><currency_Unit.name>EUR</currency_Unit.name>"                                       \
  "<price_Measure_Unit.name>MWH</price_Measure_Unit.name>" head periods "</TimeSeries>"
#define CURVE(name) "<curveType>" name "</curveType>"
#define SEQUENCE(number)                                                                           \
  "<classificationSequence_AttributeInstanceComponent.position>" number                            \
  "</classificationSequence_AttributeInstanceComponent.position>"
#define PERIOD(start, end, resolution, points)                                                     \
  "<Period><timeInterval><start>2026-11-" start "Z</start><end>2026-11-" end "Z</end>"             \
  "</timeInterval><resolution>" resolution "</resolution>" points "</Period>"
#define POINT(position, amount)                                                                    \
  "<Point><position>" position "</position><price.amount>" amount "</price.amount></Point>"

static GArray *
read_with (const char *text, gboolean by_hour, gboolean *is_preliminary, GError **error)
{
  g_autoptr (GArray) slots = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));
  PhaetonPriceAnswer answer = { .slots = slots };

  if (!entsoe_decode (by_hour, 200, body, &answer, error))
    return NULL;
  phaeton_price_slots_settle (slots);
  if (is_preliminary != NULL)
    *is_preliminary = answer.is_preliminary;
  g_assert_cmpstr (answer.currency, ==, "EUR");
  return g_steal_pointer (&slots);
}

static GArray *
read_text (const char *text)
{
  g_autoptr (GError) error = NULL;
  GArray *slots = read_with (text, FALSE, NULL, &error);

  g_assert_no_error (error);
  return slots;
}

static void
check_slot (const GArray *slots, guint i, gint64 start_at, gint64 length_s, gint64 micros)
{
  const PhaetonPriceSlot *slot = &g_array_index (slots, PhaetonPriceSlot, i);

  g_assert_cmpuint (i, <, slots->len);
  g_assert_cmpint (slot->start_at, ==, start_at);
  g_assert_cmpint (slot->end_at - slot->start_at, ==, length_s);
  g_assert_cmpint (slot->import_micros, ==, micros);
}

/* what repeats is left out, within one period and never on into the next */
static void
test_curve_a03 (void)
{
  g_autoptr (GArray) slots = read_text (DOCUMENT (
    SERIES (CURVE ("A03"),
            PERIOD ("21T23:00", "22T00:00", "PT15M", POINT ("1", "88.41") POINT ("3", "1,091.02"))
              PERIOD ("22T00:00", "22T01:00", "PT30M", POINT ("2", "-5")))));

  g_assert_cmpuint (slots->len, ==, 5);
  check_slot (slots, 0, MIDNIGHT_AT, 900, 88410);
  check_slot (slots, 1, MIDNIGHT_AT + 900, 900, 88410);
  check_slot (slots, 2, MIDNIGHT_AT + 1800, 900, 1091020);
  check_slot (slots, 3, MIDNIGHT_AT + 2700, 900, 1091020);
  check_slot (slots, 4, MIDNIGHT_AT + HOUR_S + 1800, 1800, -5000); /* nothing before it is known */
}

/* nothing is left out, so that a hole is unknown; so is an amount that is none */
static void
test_curve_a01 (void)
{
  g_autoptr (GArray) slots = read_text (DOCUMENT (
    SERIES (CURVE ("A01"), PERIOD ("21T23:00", "22T03:00", "PT60M",
                                   POINT ("4", "4") POINT ("1", "1") POINT ("2", "much")))));
  g_autoptr (GArray) filled = read_text (DOCUMENT (
    SERIES (CURVE ("A03"), PERIOD ("21T23:00", "22T03:00", "PT60M",
                                   POINT ("1", "1") POINT ("2", "much") POINT ("4", "4")))));

  g_assert_cmpuint (slots->len, ==, 2);
  check_slot (slots, 0, MIDNIGHT_AT, HOUR_S, 1000);
  check_slot (slots, 1, MIDNIGHT_AT + 3 * HOUR_S, HOUR_S, 4000);
  g_assert_cmpuint (filled->len, ==, 2); /* and what is unknown does not repeat what was before */
}

#define QUARTERS PERIOD ("21T23:00", "22T00:00", "PT15M", POINT ("1", "10"))
#define HOURS PERIOD ("21T23:00", "22T01:00", "PT60M", POINT ("1", "20"))

static void
test_which_series (void)
{
  static const char both[] = DOCUMENT (
    SERIES (SEQUENCE ("2") CURVE ("A03"),
            PERIOD ("21T23:00", "22T02:00", "PT60M", POINT ("1", "99")))
      SERIES (SEQUENCE ("1") CURVE ("A03"), HOURS) SERIES (SEQUENCE ("1") CURVE ("A03"), QUARTERS));
  static const char second[] = DOCUMENT (SERIES (SEQUENCE ("2") CURVE ("A03"), QUARTERS));
  gboolean is_preliminary = TRUE;
  g_autoptr (GArray) quarters = read_with (both, FALSE, &is_preliminary, NULL);
  g_autoptr (GArray) hours = read_with (both, TRUE, NULL, NULL);
  g_autoptr (GArray) early = NULL;

  g_assert_false (is_preliminary);
  g_assert_cmpuint (quarters->len, ==, 4 + 1 + 1); /* the other auction where the first is silent */
  check_slot (quarters, 3, MIDNIGHT_AT + 2700, 900, 10000);
  check_slot (quarters, 4, MIDNIGHT_AT + HOUR_S, HOUR_S, 20000);
  check_slot (quarters, 5, MIDNIGHT_AT + 2 * HOUR_S, HOUR_S, 99000);
  g_assert_cmpuint (hours->len, ==, 3);
  check_slot (hours, 0, MIDNIGHT_AT, HOUR_S, 20000);
  early = read_with (second, FALSE, &is_preliminary, NULL);
  g_assert_cmpuint (early->len, ==, 4);
  g_assert_true (is_preliminary);
}

static void
test_days_of_the_clock_change (void)
{
  g_autoptr (GArray) spring = read_text (DOCUMENT (
    SERIES (CURVE ("A03"),
            "<Period><timeInterval><start>2026-03-28T23:00Z</start>"
            "<end>2026-03-29T22:00Z</end></timeInterval><resolution>PT15M</resolution>" POINT (
              "1", "1") "</Period>")));
  g_autoptr (GArray) autumn = read_text (DOCUMENT (SERIES (
    CURVE ("A03"),
    "<Period><timeInterval><start>2026-10-24T22:00Z</start>"
    "<end>2026-10-25T23:00Z</end></timeInterval><resolution>PT15M</resolution>" POINT ("1", "1")
      POINT ("100", "2") POINT ("101", "3") "</Period>")));

  g_assert_cmpuint (spring->len, ==, 92);
  g_assert_cmpuint (autumn->len, ==, 100);
  g_assert_cmpint (g_array_index (autumn, PhaetonPriceSlot, 99).import_micros, ==, 2000);
}

#define REFUSAL(code, text)                                                                        \
  "<Acknowledgement_MarketDocument><Reason><code>" code "</code><text>" text                       \
  "</text></Reason></Acknowledgement_MarketDocument>"

static void
test_refusals (void)
{
  const struct {
    const char *text;
    PhaetonError code;
  } cases[] = {
    { "", PHAETON_ERROR_PROTOCOL },
    { "{}", PHAETON_ERROR_PROTOCOL },
    { "<html><body>Maintenance</body></html>", PHAETON_ERROR_PROTOCOL },
    { "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", PHAETON_ERROR_PROTOCOL },
    { "<a><a><a><a><a><a><a><a><a>", PHAETON_ERROR_PROTOCOL },
    { DOCUMENT (""), PHAETON_ERROR_PROTOCOL },
    { DOCUMENT ("") "<x", PHAETON_ERROR_PROTOCOL },
    { DOCUMENT ("<TimeSeries><price_Measure_Unit.name>KWT</price_Measure_Unit.name>" HOURS
                "</TimeSeries>"),
      PHAETON_ERROR_PROTOCOL },
    { DOCUMENT (SERIES (CURVE ("A03"), PERIOD ("22T23:00", "21T23:00", "PT15M", POINT ("1", "1")))),
      PHAETON_ERROR_PROTOCOL },
    { DOCUMENT (SERIES (CURVE ("A03"), PERIOD ("21T23:00", "22T00:00", "P1D", POINT ("1", "1")))),
      PHAETON_ERROR_PROTOCOL },
    { DOCUMENT (SERIES (CURVE ("A03"), PERIOD ("21T23:00", "22T00:00", "PT15M", POINT ("0", "1")))),
      PHAETON_ERROR_PROTOCOL },
    { REFUSAL ("999", "Delivered time interval is not valid"), PHAETON_ERROR_REFUSED },
    { REFUSAL ("401", "No matching data found"), PHAETON_ERROR_REFUSED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (read_with (cases[i].text, FALSE, NULL, &error));
    g_assert_error (error, PHAETON_ERROR, (int) cases[i].code);
  }
}

/* nothing yet: the same code as a bad parameter, other words; it comes under 200 and 400 */
static void
test_not_published (void)
{
  static const char text[] = REFUSAL ("999", "No matching data found for Data item X");
  g_autoptr (GBytes) body = g_bytes_new_static (text, strlen (text));

  for (guint status = 200; status <= 400; status += 200) {
    g_autoptr (GArray) slots = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
    PhaetonPriceAnswer answer = { .slots = slots };

    g_assert_true (entsoe_decode (FALSE, status, body, &answer, NULL));
    g_assert_cmpuint (slots->len, ==, 0);
  }
}

static void
test_zones (void)
{
  g_assert_cmpstr (entsoe_find_zone ("de-lu"), ==, "10Y1001A1001A82H");
  g_assert_cmpstr (entsoe_find_zone ("10YNL----------L"), ==, "10YNL----------L");
  g_assert_null (entsoe_find_zone ("Mars"));
  g_assert_null (entsoe_find_zone (""));
  g_assert_null (entsoe_find_zone ("10YNL------&x=--"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/entsoe/curve-a03", test_curve_a03);
  g_test_add_func ("/entsoe/curve-a01", test_curve_a01);
  g_test_add_func ("/entsoe/which-series", test_which_series);
  g_test_add_func ("/entsoe/days-of-the-clock-change", test_days_of_the_clock_change);
  g_test_add_func ("/entsoe/refusals", test_refusals);
  g_test_add_func ("/entsoe/not-published", test_not_published);
  g_test_add_func ("/entsoe/zones", test_zones);
  return g_test_run ();
}
