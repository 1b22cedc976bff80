/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-allocate.h"

#include <string.h>

#define MAX_CLAIMS 8

typedef struct {
  guint n_claims, n_rows;
  PhaetonClaim claims[MAX_CLAIMS];
  PhaetonRow rows[12];
} Site;

static guint
get_cases (void)
{
  return g_getenv ("PHAETON_TEST_LONG") != NULL ? 1000000 : 100000;
}

static void
allocate (Site *site)
{
  phaeton_allocate (site->claims, site->n_claims, site->rows, site->n_rows);
}

static PhaetonClaim
make_random_claim (void)
{
  const int steps_mA[] = { 100, 500, 1000 };
  PhaetonClaim claim = {
    .asks = g_test_rand_int_range (0, 8) != 0,
    .running = g_test_rand_bit (),
    .step_mA = steps_mA[g_test_rand_int_range (0, 3)],
    .klass = g_test_rand_int_range (0, 3),
    .weight = g_test_rand_int_range (0, 4),
    .laxity_s = g_test_rand_int_range (-10000, 10000),
  };

  claim.min_mA = g_test_rand_bit () ? 6000 : 8000;
  claim.max_mA = g_test_rand_int_range (0, 33) * 1000;
  return claim;
}

/* a tree of one to three circuits, one to eight chargers with mixed phases, PV and overload */
static void
make_random_site (Site *site)
{
  const guint n_circuits = (guint) g_test_rand_int_range (1, 4);

  memset (site, 0, sizeof *site);
  site->n_claims = (guint) g_test_rand_int_range (1, MAX_CLAIMS + 1);
  site->n_rows = 3 * n_circuits;
  for (guint r = 0; r < site->n_rows; r++)
    site->rows[r].capacity = g_test_rand_int_range (-10000, 80000);
  for (guint i = 0; i < site->n_claims; i++) {
    const int masks[] = { 1, 2, 4, 7 };
    const int mask = masks[g_test_rand_int_range (0, 4)];
    const guint circuit = (guint) g_test_rand_int_range (0, (int) n_circuits);

    site->claims[i] = make_random_claim ();
    for (guint r = 0; r < site->n_rows; r++) /* the first circuit is above the others */
      site->rows[r].coefficient[i] =
        (mask & (1 << (r % 3))) != 0 && (r / 3 == circuit || r / 3 == 0);
  }
}

static gboolean
has_room (const Site *site, guint i, int more_mA)
{
  for (guint r = 0; r < site->n_rows; r++)
    if (site->rows[r].coefficient[i] * (gint64) more_mA > site->rows[r].slack &&
        site->rows[r].coefficient[i] != 0)
      return FALSE;
  return TRUE;
}

/* I1: every row holds, or nobody on it draws */
static void
check_rows (const Site *site)
{
  for (guint r = 0; r < site->n_rows; r++) {
    gint64 sum = 0;

    for (guint i = 0; i < site->n_claims; i++)
      sum += (gint64) site->rows[r].coefficient[i] * site->claims[i].given_mA;
    g_assert_true (sum == 0 || sum <= site->rows[r].capacity);
    g_assert_cmpint (site->rows[r].slack, ==, site->rows[r].capacity - sum);
  }
}

/* I2 and I3: 0, or between minimum and wish in steps; who may not start stays at 0 */
static void
check_claims (const Site *site)
{
  for (guint i = 0; i < site->n_claims; i++) {
    const PhaetonClaim *claim = &site->claims[i];

    if (claim->given_mA == 0)
      continue;
    g_assert_true (claim->asks);
    g_assert_cmpint (claim->given_mA, >=, claim->min_mA);
    g_assert_cmpint (claim->given_mA, <=, claim->max_mA);
    g_assert_cmpint (claim->given_mA % claim->step_mA, ==, 0);
  }
}

/* I4: nobody who was admitted could take one more step */
static void
check_work_conserving (const Site *site)
{
  for (guint i = 0; i < site->n_claims; i++) {
    const PhaetonClaim *claim = &site->claims[i];

    if (claim->given_mA > 0 && claim->given_mA + claim->step_mA <= claim->max_mA)
      g_assert_false (has_room (site, i, claim->step_mA));
  }
}

/* nobody is kept out who would have fitted, with the room that a start needs */
static void
check_admission (const Site *site)
{
  for (guint i = 0; i < site->n_claims; i++) {
    const PhaetonClaim *claim = &site->claims[i];
    Site other = *site;

    if (!claim->asks || claim->given_mA > 0 || claim->max_mA < claim->min_mA)
      continue;
    for (guint j = 0; j < other.n_claims; j++) { /* all others at their least */
      const int over_mA = MAX (other.claims[j].given_mA - other.claims[j].min_mA, 0);

      for (guint r = 0; r < other.n_rows; r++)
        other.rows[r].slack += (gint64) other.rows[r].coefficient[j] * over_mA;
    }
    g_assert_false (
      has_room (&other, i, claim->min_mA + (claim->running ? 0 : PHAETON_START_ROOM_mA)));
  }
}

/* I5: fed back as running, the same set is admitted and the same currents given */
static void
check_idempotent (const Site *site)
{
  Site again = *site;

  for (guint i = 0; i < again.n_claims; i++)
    again.claims[i].running = site->claims[i].given_mA > 0;
  allocate (&again);
  for (guint i = 0; i < again.n_claims; i++)
    g_assert_cmpint (again.claims[i].given_mA > 0, ==, site->claims[i].given_mA > 0);
}

static void
check_all (const Site *site)
{
  check_rows (site);
  check_claims (site);
  check_work_conserving (site);
  check_admission (site);
  check_idempotent (site);
}

static void
test_random_sites (void)
{
  for (guint n = 0; n < get_cases (); n++) {
    Site site;

    make_random_site (&site);
    allocate (&site);
    check_all (&site);
  }
}

/* I3: an overload of one phase leaves the chargers of others as they were */
static void
test_other_phases (void)
{
  for (guint n = 0; n < get_cases (); n++) {
    Site site, over;
    const guint phase = (guint) g_test_rand_int_range (0, 3);

    make_random_site (&site);
    for (guint i = 0; i < site.n_claims; i++) /* one phase each: nothing couples them */
      for (guint r = 0; r < site.n_rows; r++)
        site.rows[r].coefficient[i] = r % 3 == i % 3 && r < 3;
    over = site;
    over.rows[phase].capacity = -20000;
    allocate (&site);
    allocate (&over);
    for (guint i = 0; i < site.n_claims; i++)
      g_assert_cmpint (over.claims[i].given_mA, ==, i % 3 == phase ? 0 : site.claims[i].given_mA);
  }
}

/* nobody has less who could have @gain_mA more at the cost of one who has more */
static void
check_max_min (const Site *site, int gain_mA)
{
  for (guint a = 0; a < site->n_claims; a++)
    for (guint b = 0; b < site->n_claims; b++) {
      const PhaetonClaim *poor = &site->claims[a], *rich = &site->claims[b];
      Site other = *site;

      if (poor->given_mA == 0 || poor->given_mA + gain_mA > poor->max_mA ||
          rich->given_mA - rich->min_mA <= poor->given_mA - poor->min_mA + 2 * gain_mA)
        continue;
      for (guint r = 0; r < other.n_rows; r++)
        other.rows[r].slack += (gint64) other.rows[r].coefficient[b] * gain_mA;
      g_assert_false (has_room (&other, a, gain_mA));
    }
}

/* I6 among equals, above their minimum: to the milliampere where steps are that small; else what
 * rounding frees on a full row is one step of each at most */
static void
test_max_min (void)
{
  for (guint n = 0; n < get_cases (); n++) {
    const int step_mA = n % 2 == 0 ? 1 : 100;
    Site site;

    make_random_site (&site);
    for (guint i = 0; i < site.n_claims; i++) {
      site.claims[i].klass = 0;
      site.claims[i].weight = 1;
      site.claims[i].step_mA = step_mA;
    }
    allocate (&site);
    check_max_min (&site, (int) site.n_claims * step_mA);
  }
}

/* weights: room that is short is divided in their ratio */
static void
test_weights (void)
{
  Site site = { .n_claims = 2, .n_rows = 1 };

  for (int i = 0; i < 2; i++) {
    site.claims[i] = (PhaetonClaim){ .asks = TRUE,
                                     .running = TRUE,
                                     .min_mA = 6000,
                                     .max_mA = 32000,
                                     .step_mA = 100,
                                     .weight = 1 + 2 * i };
    site.rows[0].coefficient[i] = 1;
  }
  site.rows[0].capacity = 20000; /* 6 + 6, and 8 left as 2 to 6 */
  allocate (&site);
  g_assert_cmpint (site.claims[0].given_mA, ==, 8000);
  g_assert_cmpint (site.claims[1].given_mA, ==, 12000);
}

/* who runs goes on in what it needs, a start needs 2 A more */
static void
test_start_room (void)
{
  Site site = { .n_claims = 1, .n_rows = 1 };

  site.claims[0] =
    (PhaetonClaim){ .asks = TRUE, .min_mA = 6000, .max_mA = 32000, .step_mA = 100, .weight = 1 };
  site.rows[0].coefficient[0] = 1;
  for (int capacity_mA = 5900; capacity_mA <= 8100; capacity_mA += 100) {
    site.rows[0].capacity = capacity_mA;
    site.claims[0].running = FALSE;
    allocate (&site);
    g_assert_cmpint (site.claims[0].given_mA, ==, capacity_mA >= 8000 ? capacity_mA : 0);
    site.claims[0].running = TRUE;
    allocate (&site);
    g_assert_cmpint (site.claims[0].given_mA, ==, capacity_mA >= 6000 ? capacity_mA : 0);
  }
}

/* I7: more load on a phase never raises the sum there while the same are admitted */
static void
test_anti_monotone (void)
{
  for (guint n = 0; n < get_cases (); n++) {
    Site site, less;
    guint r;
    gint64 sum = 0, sum_less = 0, tolerance = 0;
    gboolean same = TRUE;

    make_random_site (&site);
    r = (guint) g_test_rand_int_range (0, (int) site.n_rows);
    less = site;
    less.rows[r].capacity -= g_test_rand_int_range (0, 10000);
    allocate (&site);
    allocate (&less);
    for (guint i = 0; i < site.n_claims; i++) {
      same &= (site.claims[i].given_mA > 0) == (less.claims[i].given_mA > 0);
      sum += (gint64) site.rows[r].coefficient[i] * site.claims[i].given_mA;
      sum_less += (gint64) less.rows[r].coefficient[i] * less.claims[i].given_mA;
      tolerance += site.claims[i].step_mA;
    }
    if (same)
      g_assert_cmpint (sum_less, <=, sum + tolerance);
  }
}

/* I10: a lower class gets more than its minimum only where no higher one could use it */
static void
test_priority (void)
{
  for (guint n = 0; n < get_cases (); n++) {
    Site site;

    make_random_site (&site);
    allocate (&site);
    for (guint high = 0; high < site.n_claims; high++) {
      const PhaetonClaim *claim = &site.claims[high];
      Site other = site;

      if (claim->given_mA == 0 || claim->given_mA + claim->step_mA > claim->max_mA)
        continue;
      for (guint low = 0; low < site.n_claims; low++)
        for (guint r = 0; site.claims[low].klass < claim->klass && r < other.n_rows; r++)
          other.rows[r].slack += (gint64) other.rows[r].coefficient[low] *
                                 MAX (site.claims[low].given_mA - site.claims[low].min_mA, 0);
      g_assert_false (has_room (&other, high, claim->step_mA));
    }
  }
}

/* I11: another order of the chargers gives each the same */
static void
test_order_independent (void)
{
  for (guint n = 0; n < get_cases (); n++) {
    Site site, turned;
    guint shift;

    make_random_site (&site);
    for (guint i = 0; i < site.n_claims; i++)
      site.claims[i].laxity_s = (gint64) i * 7 % 11 * 1000 + i; /* no ties */
    turned = site;
    shift = (guint) g_test_rand_int_range (0, (int) site.n_claims);
    for (guint i = 0; i < site.n_claims; i++) {
      const guint to = (i + shift) % site.n_claims;

      turned.claims[to] = site.claims[i];
      for (guint r = 0; r < site.n_rows; r++)
        turned.rows[r].coefficient[to] = site.rows[r].coefficient[i];
    }
    allocate (&site);
    allocate (&turned);
    for (guint i = 0; i < site.n_claims; i++)
      g_assert_cmpint (turned.claims[(i + shift) % site.n_claims].given_mA, ==,
                       site.claims[i].given_mA);
  }
}

/* every case of a small scope: two circuits, one below the other, two chargers, three phases */
static void
test_exhaustive (void)
{
  const int capacities_mA[] = { 3000, 9000, 20000 }, maxima_mA[] = { 6000, 10000, 16000 };
  const int masks[] = { 1, 2, 7 };
  Site site = { .n_claims = 2, .n_rows = 6 };

  for (int c = 0; c < 36 * 36; c++) {
    for (int i = 0, rest = c; i < 2; i++, rest /= 36) {
      const int mask = masks[rest % 3];

      site.claims[i] = (PhaetonClaim){ .asks = TRUE,
                                       .running = rest / 3 % 2,
                                       .min_mA = 6000,
                                       .max_mA = maxima_mA[rest / 6 % 3],
                                       .step_mA = 1000,
                                       .klass = rest / 18 % 2 };
      for (int r = 0; r < 6; r++)
        site.rows[r].coefficient[i] = (mask & (1 << (r % 3))) != 0 && (r < 3 || i == 1);
    }
    for (int rows = 0; rows < 729; rows++) {
      for (int r = 0, rest = rows; r < 6; r++, rest /= 3)
        site.rows[r].capacity = capacities_mA[rest % 3];
      allocate (&site);
      check_all (&site);
    }
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/allocate/i1-i2-i4-i5-random-sites", test_random_sites);
  g_test_add_func ("/allocate/i3-other-phases", test_other_phases);
  g_test_add_func ("/allocate/i6-max-min", test_max_min);
  g_test_add_func ("/allocate/weights", test_weights);
  g_test_add_func ("/allocate/start-room", test_start_room);
  g_test_add_func ("/allocate/i7-anti-monotone", test_anti_monotone);
  g_test_add_func ("/allocate/i10-priority", test_priority);
  g_test_add_func ("/allocate/i11-order-independent", test_order_independent);
  g_test_add_func ("/allocate/exhaustive", test_exhaustive);
  return g_test_run ();
}
