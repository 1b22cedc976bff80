/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-ancestor.h"
#include "phaeton-session.h"

#include <string.h>

static GPtrArray *
read_text (const char *text)
{
  return phaeton_ancestor_read_sessions (text, strlen (text));
}

static void
test_history (void)
{
  const char *text =
    "{\"mode\":1,\"session\":{\"current_session\":null,\"history\":["
    "{\"start_time\":\"2025-08-30T08:12:03.512Z\",\"end_time\":\"2025-08-30T10:36:34.020Z\","
    "\"start_energy_kwh\":2485.08,\"energy_delivered_kwh\":24.37,\"peak_power_w\":10950.0,"
    "\"cost\":6.0925},{\"energy_delivered_kwh\":-3},7,null,{},"
    "{\"start_time\":\"2025-08-31T08:00:00Z\",\"energy_delivered_kwh\":1.5,\"cost\":null}]}}";
  g_autoptr (GPtrArray) sessions = read_text (text), again = read_text (text);
  const PhaetonSession *first = sessions->pdata[0], *second = sessions->pdata[1];

  g_assert_cmpuint (sessions->len, ==, 2);
  g_assert_cmpint (first->energy_wh, ==, 24370);
  g_assert_cmpint (first->start_wh, ==, 2485080);
  g_assert_cmpint (first->started_at, ==, 1756541523);
  g_assert_cmpint (first->cost_micros, ==, 6092500);
  g_assert_false (second->cost_known);
  g_assert_false (second->counter_known);
  g_assert_cmpstr (first->id, !=, second->id);
  g_assert_cmpstr (first->id, ==, ((PhaetonSession *) again->pdata[0])->id);
}

static void
test_sums (void)
{
  g_autoptr (GPtrArray) sessions =
    read_text ("{\"session\":{\"total_sessions\":42,\"total_energy_kwh\":512.5}}");
  const PhaetonSession *all = sessions->pdata[0];

  g_assert_cmpuint (sessions->len, ==, 1);
  g_assert_cmpint (all->energy_wh, ==, 512500);
  g_assert_cmpint (all->started_at, ==, 0); /* nobody knows */
  g_assert_nonnull (strstr (all->note, "42"));
}

static void
test_hostile (void)
{
  static const char *const texts[] = { "",
                                       "{",
                                       "[]",
                                       "{\"session\":7}",
                                       "{\"session\":{\"history\":{}}}",
                                       "{\"session\":{\"history\":[[[]]]}}",
                                       "{\"session\":{\"total_energy_kwh\":\"many\"}}" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GPtrArray) sessions = read_text (texts[i]);

    g_assert_cmpuint (sessions->len, ==, 0);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ancestor/history", test_history);
  g_test_add_func ("/ancestor/sums", test_sums);
  g_test_add_func ("/ancestor/hostile", test_hostile);
  return g_test_run ();
}
