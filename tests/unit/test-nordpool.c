/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nordpool-decode.h"

#include "phaeton-error.h"

#include <string.h>

#define ENTRY(start, end, prices)                                                                  \
  "{\"deliveryStart\":\"2026-11-21T" start "\",\"deliveryEnd\":\"2026-11-21T" end                  \
  "\",\"entryPerArea\":{" prices "}}"
#define ANSWER(state, entries)                                                                     \
  "{\"currency\":\"SEK\",\"areaStates\":[" state "],\"multiAreaEntries\":[" entries "]}"
#define FINAL(area) "{\"state\":\"Final\",\"areas\":[\"" area "\"]}"
#define PRELIMINARY(area) "{\"state\":\"Preliminary\",\"areas\":[\"" area "\"]}"
#define GOOD ENTRY ("12:00:00Z", "12:15:00Z", "\"SE3\":402.17")

static gboolean
decode (guint status, const char *text, PhaetonPriceAnswer *answer, GError **error)
{
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));

  return nordpool_decode ("SE3", status, body, answer, error);
}

static void
test_reads (void)
{
  static const char text[] = ANSWER (
    FINAL ("FI") "," FINAL ("SE3"),
    GOOD "," ENTRY ("12:15:00.120Z", "12:30:00.1Z", "\"SE3\":-3,\"FI\":1") "," ENTRY (
      "12:30:00Z", "12:45:00Z", "\"SE3\":null") "," ENTRY ("12:45:00Z", "13:00:00Z", "\"FI\":7"));
  g_autoptr (GArray) slots = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
  PhaetonPriceAnswer answer = { .slots = slots };
  const PhaetonPriceSlot *slot = NULL;

  g_assert_true (decode (200, text, &answer, NULL));
  g_assert_cmpstr (answer.currency, ==, "SEK");
  g_assert_false (answer.is_preliminary);
  g_assert_cmpuint (slots->len, ==, 2); /* null and another area's are no price */
  slot = &g_array_index (slots, PhaetonPriceSlot, 0);
  g_assert_cmpint (slot->import_micros, ==, 402170);
  g_assert_cmpint (slot->end_at - slot->start_at, ==, 900);
  slot = &g_array_index (slots, PhaetonPriceSlot, 1);
  g_assert_cmpint (slot->import_micros, ==, -3000);
  g_assert_cmpint (slot->start_at % 900, ==, 0); /* fractions of a second */
}

/* only what is called final stops the asking */
static void
test_states (void)
{
  static const struct {
    const char *text;
    gboolean is_preliminary;
  } cases[] = {
    { ANSWER (PRELIMINARY ("SE3"), GOOD), TRUE },
    { ANSWER (PRELIMINARY ("FI") "," FINAL ("SE3"), GOOD), FALSE },
    { ANSWER (FINAL ("FI"), GOOD), TRUE },
    { ANSWER ("7,null,{\"areas\":[3]}", GOOD), TRUE },
    { "{\"multiAreaEntries\":[" GOOD "]}", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GArray) slots = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
    PhaetonPriceAnswer answer = { .slots = slots };

    g_assert_true (decode (200, cases[i].text, &answer, NULL));
    g_assert_cmpint (answer.is_preliminary, ==, cases[i].is_preliminary);
  }
}

static void
test_not_published (void)
{
  g_autoptr (GArray) slots = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
  PhaetonPriceAnswer answer = { .slots = slots };

  g_assert_true (decode (204, "", &answer, NULL));
  g_assert_cmpuint (slots->len, ==, 0);
}

static void
test_refusals (void)
{
  static const struct {
    guint status;
    const char *text;
    PhaetonError code;
  } cases[] = {
    { 200, "", PHAETON_ERROR_PROTOCOL },
    { 200, "<html>", PHAETON_ERROR_PROTOCOL },
    { 200, "[]", PHAETON_ERROR_PROTOCOL },
    { 200, "{\"multiAreaEntries\":{}}", PHAETON_ERROR_PROTOCOL },
    { 200, ANSWER ("", ""), PHAETON_ERROR_PROTOCOL },
    { 200, ANSWER ("", "1,null,{}"), PHAETON_ERROR_CONFIG },
    { 200, ANSWER ("", ENTRY ("12:00:00Z", "12:15:00Z", "\"FI\":1")), PHAETON_ERROR_CONFIG },
    { 200, ANSWER ("", ENTRY ("12:00:00", "12:15:00", "\"SE3\":1")), PHAETON_ERROR_PROTOCOL },
    { 200, ANSWER ("", ENTRY ("12:00:00Z", "12:15:00Z", "\"SE3\":\"1,5\"")),
      PHAETON_ERROR_PROTOCOL },
    { 400, "{}", PHAETON_ERROR_REFUSED },
    { 404, "<html>", PHAETON_ERROR_REFUSED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GArray) slots = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
    PhaetonPriceAnswer answer = { .slots = slots };
    g_autoptr (GError) error = NULL;

    g_assert_false (decode (cases[i].status, cases[i].text, &answer, &error));
    g_assert_error (error, PHAETON_ERROR, (int) cases[i].code);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nordpool/reads", test_reads);
  g_test_add_func ("/nordpool/states", test_states);
  g_test_add_func ("/nordpool/not-published", test_not_published);
  g_test_add_func ("/nordpool/refusals", test_refusals);
  return g_test_run ();
}
