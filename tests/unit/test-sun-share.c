/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core-world.h"
#include "phaeton-sun-share.h"

/* Several cars on one sun: pure shares, and two cars of equal rank in one house. */

static void
test_shares (void)
{
  const PhaetonSunShare equal = { 1380, 7360 }, weak = { 1380, 2000 }, big = { 4140, 11040 };

  g_assert_cmpint (phaeton_sun_share_w (5000, 1380, NULL, 0), ==, 5000);
  g_assert_cmpint (phaeton_sun_share_w (6000, 1380, &equal, 1), ==, 3000);
  g_assert_cmpint (phaeton_sun_share_w (20000, 1380, &equal, 1), ==, 12640);
  g_assert_cmpint (phaeton_sun_share_w (6000, 1380, &weak, 1), ==, 4000);
  g_assert_cmpint (phaeton_sun_share_w (6000, 1380, &big, 1), ==, 1860);
  g_assert_cmpint (phaeton_sun_share_w (5000, 1380, &big, 1), ==, 1380); /* the first is kept */
  g_assert_cmpint (phaeton_sun_share_w (1000, 1380, &big, 1), ==, 1000);
  g_assert_cmpint (phaeton_sun_share_w (-500, 1380, &big, 1), ==, -500);
}

/* nobody is promised more than there is, and the shares of all together use all of it */
static void
test_random (void)
{
  for (int n = 0; n < 20000; n++) {
    PhaetonSunShare cars[4];
    const int left_w = g_test_rand_int_range (-5000, 60000);
    int rest_w = left_w;

    for (int i = 0; i < 4; i++) {
      cars[i].min_w = g_test_rand_bit () ? 1380 : 4140;
      cars[i].cap_w = cars[i].min_w + g_test_rand_int_range (0, 8000);
    }
    for (guint i = 0; i < 4; i++) { /* in turn, as the lanes do */
      const int share_w = phaeton_sun_share_w (rest_w, cars[i].min_w, cars + i + 1, 3 - i);

      g_assert_cmpint (share_w, <=, MAX (rest_w, 0) + MAX (-rest_w, 0));
      g_assert_cmpint (share_w, >=, MIN (rest_w, cars[i].min_w));
      rest_w -= CLAMP (share_w, 0, cars[i].cap_w);
    }
    g_assert_true (left_w < 0 || rest_w >= 0);
  }
}

typedef struct {
  World *world;
  int sun_w;      /* what is there for cars */
  int most_mA[2]; /* what each car can take */
} Roof;

static void
roof_step (Roof *roof)
{
  World *world = roof->world;
  int cars_w = 0;

  for (int i = 0; i < 2; i++) {
    PhaetonChargerSample *sample = &world->cars[i].sample;
    const int drawn_mA = MIN (world->state->chargers[i].limit_mA, roof->most_mA[i]);

    sample->pilot = drawn_mA > 0 ? PHAETON_PILOT_C2 : PHAETON_PILOT_B1;
    sample->power_total_w = drawn_mA * 230 / 1000;
    cars_w += sample->power_total_w;
  }
  world->input.home.grid_power_w[0] =
    (PhaetonReading){ TRUE, world->input.now_ms + 1000, cars_w - roof->sun_w };
  world->input.home.changed_at_ms = world->input.now_ms + 1000;
  world_step (world, 1);
}

static World *
make_world (Roof *roof)
{
  World *world = world_new (2);

  *roof = (Roof){ world, 0, { 32000, 32000 } };
  for (int i = 0; i < 2; i++) {
    world->config->chargers[i].controls.sun_start_margin_w = 200;
    world->config->chargers[i].controls.sun_start_delay_ms = 60000;
    world->cars[i].command.mode = PHAETON_MODE_AUTO;
    world->cars[i].sample.known |= PHAETON_SAMPLE_POWER;
    world->cars[i].sample.phases = 1;
    world->cars[i].sample.pilot = PHAETON_PILOT_B1;
  }
  return world;
}

static void
run (Roof *roof, int sun_w, int seconds)
{
  roof->sun_w = sun_w;
  for (int i = 0; i < seconds; i++)
    roof_step (roof);
}

static int
get_mA (const Roof *roof, guint i)
{
  return roof->world->decision->chargers[i].limit_mA;
}

/* the first one makes room for the second, they share evenly, what one does not take is the
 * other's, and when it is too little for both the second stops and the first goes on */
static void
test_equals (void)
{
  Roof roof;
  g_autoptr (World) world = make_world (&roof);

  run (&roof, 2700, 300); /* 1380 and 1380 and a margin of 200 do not fit */
  g_assert_cmpint (get_mA (&roof, 0), ==, 11700);
  g_assert_cmpint (get_mA (&roof, 1), ==, 0);
  run (&roof, 4600, 400);
  g_assert_cmpint (get_mA (&roof, 0), ==, 10000);
  g_assert_cmpint (get_mA (&roof, 1), ==, 10000);
  roof.most_mA[1] = 6000;
  run (&roof, 4600, 400);
  g_assert_cmpint (get_mA (&roof, 0), >=, 11000);
  roof.most_mA[1] = 32000;
  run (&roof, 4600, 400);
  g_assert_cmpint (ABS (get_mA (&roof, 0) - get_mA (&roof, 1)), <=, 200);
  run (&roof, 2500, 100);
  g_assert_cmpint (world_why (world, 1), ==, PHAETON_WHY_SUN_GRACE);
  g_assert_cmpint (get_mA (&roof, 0), ==, 6000); /* makes up for what the grace takes */
  run (&roof, 2500, 400);
  g_assert_cmpint (get_mA (&roof, 1), ==, 0);
  g_assert_cmpint (get_mA (&roof, 0), ==, 10800);
}

/* of different rank the first takes what it can */
static void
test_ranks (void)
{
  Roof roof;
  g_autoptr (World) world = make_world (&roof);

  world->config->chargers[1].priority = 1;
  run (&roof, 4600, 600);
  g_assert_cmpint (get_mA (&roof, 1), ==, 20000);
  g_assert_cmpint (get_mA (&roof, 0), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sun-share/shares", test_shares);
  g_test_add_func ("/sun-share/random", test_random);
  g_test_add_func ("/sun-share/equals", test_equals);
  g_test_add_func ("/sun-share/ranks", test_ranks);
  return g_test_run ();
}
