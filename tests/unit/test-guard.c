/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-guard.h"

static void
write_guard (PhaetonGuard *guard, PhaetonFieldId field, gint64 number, gboolean changes)
{
  const PhaetonWrite write = { .field = phaeton_field (field), .number = number };

  g_assert_cmpint (phaeton_guard_apply (guard, &write), ==, changes);
}

static void
assert_order (const PhaetonGuard *guard, PhaetonOrder order, int limit_w, int limit_mA)
{
  phaeton_guard_tighten_order (guard, 1000, &order);
  g_assert_true (order.active && order.expires_ms > 1000);
  g_assert_cmpint (order.limit_w, ==, limit_w);
  g_assert_cmpint (order.limit_mA, ==, limit_mA);
}

static void
test_stricter_holds (void)
{
  const PhaetonOrder none = { FALSE, 0, 0, 0 };
  const PhaetonOrder expired = { TRUE, 1000, 0, 0 };
  const PhaetonOrder watts = { TRUE, 2000, 5000, -1 };
  const PhaetonOrder amps = { TRUE, 2000, -1, 10000 };
  PhaetonGuard guard;
  PhaetonOrder order = watts;

  phaeton_guard_init (&guard);
  phaeton_guard_tighten_order (&guard, 1000, &order);
  g_assert_cmpint (order.limit_w, ==, 5000); /* not active: nothing changes */
  g_assert_cmpint (order.expires_ms, ==, 2000);

  write_guard (&guard, PHAETON_FIELD_GUARD_ACTIVE, 1, TRUE);
  write_guard (&guard, PHAETON_FIELD_GUARD_ACTIVE, 1, FALSE);
  assert_order (&guard, none, -1, -1);
  write_guard (&guard, PHAETON_FIELD_GUARD_POWER, 4200, TRUE);
  assert_order (&guard, none, 4200, -1);
  assert_order (&guard, expired, 4200, -1);
  assert_order (&guard, watts, 4200, -1);
  assert_order (&guard, amps, 4200, 10000);
  write_guard (&guard, PHAETON_FIELD_GUARD_LINE + 1, 6000, TRUE);
  write_guard (&guard, PHAETON_FIELD_GUARD_LINE + 2, 16000, TRUE);
  assert_order (&guard, amps, 4200, 6000);
  write_guard (&guard, PHAETON_FIELD_GUARD_POWER, 0, TRUE);
  assert_order (&guard, watts, 0, 6000);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/guard/stricter-holds", test_stricter_holds);
  return g_test_run ();
}
