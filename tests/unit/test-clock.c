/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-clock.h"

static gboolean
count_cb (gpointer user_data)
{
  int *count = user_data;

  ++*count;
  return G_SOURCE_CONTINUE;
}

static gboolean
once_cb (gpointer user_data)
{
  int *count = user_data;

  ++*count;
  return G_SOURCE_REMOVE;
}

static void
test_virtual_timers_run_on_their_grid (void)
{
  g_autoptr (PhaetonClock) clock = phaeton_clock_new_virtual (1000);
  int ticks = 0, once = 0;
  const guint id = phaeton_clock_add_timer (clock, 100, count_cb, &ticks);

  phaeton_clock_add_timer (clock, 250, once_cb, &once);
  phaeton_clock_advance (clock, 1000);
  g_assert_cmpint (ticks, ==, 10);
  g_assert_cmpint (once, ==, 1);
  g_assert_cmpint (phaeton_clock_get_wall_at (clock), ==, 1001);
  phaeton_clock_remove_timer (clock, id);
  phaeton_clock_advance (clock, 1000);
  g_assert_cmpint (ticks, ==, 10);
}

/* FIX 23: a late loop does not make up for what it missed */
static void
test_missed_ticks_are_skipped (void)
{
  g_autoptr (PhaetonClock) clock = phaeton_clock_new_real ();
  int ticks = 0;
  const guint id = phaeton_clock_add_timer (clock, 20, count_cb, &ticks);

  g_usleep (110 * 1000);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpint (ticks, >=, 1);
  g_assert_cmpint (ticks, <=, 2);
  phaeton_clock_remove_timer (clock, id);
}

static void
test_wall_may_jump (void)
{
  g_autoptr (PhaetonClock) clock = phaeton_clock_new_virtual (0);
  const gint64 before_ms = phaeton_clock_get_monotonic_ms (clock);

  phaeton_clock_set_wall (clock, 1700000000);
  g_assert_cmpint (phaeton_clock_get_wall_at (clock), ==, 1700000000);
  g_assert_cmpint (phaeton_clock_get_monotonic_ms (clock), ==, before_ms);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/clock/virtual-timers", test_virtual_timers_run_on_their_grid);
  g_test_add_func ("/clock/fix-23-missed-ticks-are-skipped", test_missed_ticks_are_skipped);
  g_test_add_func ("/clock/wall-may-jump", test_wall_may_jump);
  return g_test_run ();
}
