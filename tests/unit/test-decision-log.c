/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-decision-log.h"

#define SECOND ((gint64) G_USEC_PER_SEC)

static PhaetonDecisionEntry
make (guint charger, gint64 at_s, PhaetonWhyCode code, int limit_mA)
{
  PhaetonDecisionEntry entry = { .wall_us = at_s * SECOND,
                                 .charger = charger,
                                 .status = PHAETON_STATUS_CHARGING,
                                 .limit_mA = limit_mA };

  phaeton_chain_add (&entry.chain, PHAETON_STAGE_WISH, code, limit_mA, limit_mA, 0, 0);
  return entry;
}

static gboolean
note (PhaetonDecisionLog *log, PhaetonDecisionEntry entry)
{
  return phaeton_decision_log_note (log, &entry);
}

static void
test_only_news_is_kept (void)
{
  g_autoptr (PhaetonDecisionLog) log = phaeton_decision_log_new ();

  g_assert_true (note (log, make (0, 10, PHAETON_WHY_MANUAL, 10000)));
  g_assert_false (note (log, make (0, 11, PHAETON_WHY_MANUAL, 10000)));
  g_assert_false (note (log, make (0, 12, PHAETON_WHY_MANUAL, 11900)));
  g_assert_true (note (log, make (0, 13, PHAETON_WHY_MANUAL, 12000)));
  g_assert_true (note (log, make (1, 13, PHAETON_WHY_MANUAL, 12000)));
  g_assert_true (note (log, make (0, 14, PHAETON_WHY_STATION_MAX, 12000)));
  g_assert_true (note (log, make (0, 15, PHAETON_WHY_STOPPED, 0)));
}

/* "why did it stop at 14:03?" */
static void
test_what_held_then (void)
{
  g_autoptr (PhaetonDecisionLog) log = phaeton_decision_log_new ();
  g_autoptr (GArray) found = NULL;
  PhaetonDecisionEntry entry;

  note (log, make (0, 100, PHAETON_WHY_MANUAL, 16000));
  note (log, make (1, 150, PHAETON_WHY_NO_CAR, 16000));
  note (log, make (0, 200, PHAETON_WHY_STOPPED, 0));
  g_assert_false (phaeton_decision_log_find (log, 0, 99 * SECOND, &entry));
  g_assert_true (phaeton_decision_log_find (log, 0, 199 * SECOND, &entry));
  g_assert_cmpint (phaeton_chain_get_binding (&entry.chain)->code, ==, PHAETON_WHY_MANUAL);
  g_assert_cmpint (phaeton_chain_get_binding (&entry.chain)->values[0], ==, 16000);
  g_assert_true (phaeton_decision_log_find (log, 0, 200 * SECOND, &entry));
  g_assert_cmpint (phaeton_chain_get_binding (&entry.chain)->code, ==, PHAETON_WHY_STOPPED);
  found = phaeton_decision_log_collect (log, 0, 0, 1000 * SECOND, 10);
  g_assert_cmpuint (found->len, ==, 2);
  g_assert_cmpint (g_array_index (found, PhaetonDecisionEntry, 0).wall_us, ==, 100 * SECOND);
  g_assert_cmpint (g_array_index (found, PhaetonDecisionEntry, 1).wall_us, ==, 200 * SECOND);
}

static void
test_bounded (void)
{
  g_autoptr (PhaetonDecisionLog) log = phaeton_decision_log_new ();
  g_autoptr (GArray) all = NULL;
  PhaetonDecisionEntry entry;

  for (int i = 0; i < 100000; i++)
    note (log, make (0, 1000 + i / 10, i % 2 ? PHAETON_WHY_MANUAL : PHAETON_WHY_STEP, 6000));
  all = phaeton_decision_log_collect (log, 0, 0, G_MAXINT64, G_MAXUINT);
  g_assert_cmpuint (all->len * sizeof (PhaetonVerdict), <, PHAETON_DECISION_LOG_BYTES);
  g_assert_cmpuint (all->len, >, 1000);
  g_assert_false (phaeton_decision_log_find (log, 0, 1000 * SECOND, &entry));

  /* after a day nothing older is left */
  note (log, make (0, 1000 + 10000 + 25 * 3600, PHAETON_WHY_STOPPED, 0));
  g_assert_false (phaeton_decision_log_find (log, 0, 11000 * SECOND, &entry));
}

/* a clock that jumps back does not end the log */
static void
test_clock_jumps (void)
{
  g_autoptr (PhaetonDecisionLog) log = phaeton_decision_log_new ();

  note (log, make (0, G_GINT64_CONSTANT (1700000000), PHAETON_WHY_MANUAL, 6000));
  g_assert_true (note (log, make (0, 5, PHAETON_WHY_STOPPED, 0)));
  g_assert_true (note (log, make (0, 1700000100, PHAETON_WHY_MANUAL, 6000)));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/decision-log/only-news-is-kept", test_only_news_is_kept);
  g_test_add_func ("/decision-log/what-held-then", test_what_held_then);
  g_test_add_func ("/decision-log/bounded", test_bounded);
  g_test_add_func ("/decision-log/clock-jumps", test_clock_jumps);
  return g_test_run ();
}
