/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-why.h"

static void
test_every_code_has_its_words (void)
{
  for (int code = 0; code < PHAETON_N_WHY; code++) {
    const char *template = phaeton_why_get_template (code);

    g_assert_nonnull (phaeton_why_get_name (code));
    g_assert_nonnull (template);
    for (int other = 0; other < code; other++)
      g_assert_cmpstr (phaeton_why_get_name (code), !=, phaeton_why_get_name (other));
  }
}

static void
test_values_are_filled_in (void)
{
  const PhaetonVerdict verdict = { PHAETON_STAGE_CAPS, PHAETON_WHY_BELOW_MIN, 0, { 4500, 6000 } };
  g_autofree char *text = phaeton_verdict_to_text (&verdict, NULL);

  g_assert_cmpstr (text, ==, "4.5 A allowed, less than the 6 A that a car needs");
}

static void
test_values_are_listed (void)
{
  const PhaetonVerdict two = { PHAETON_STAGE_CAPS, PHAETON_WHY_BELOW_MIN, 0, { 4500, 6000 } };
  const PhaetonVerdict none = { PHAETON_STAGE_WISH, PHAETON_WHY_STOPPED, 0, { 1, 2 } };
  g_autofree char *list = phaeton_verdict_list_values (&two, NULL);
  g_autofree char *empty = phaeton_verdict_list_values (&none, NULL);

  g_assert_cmpstr (list, ==, "allowed_mA=4500 min_mA=6000");
  g_assert_cmpstr (empty, ==, "");
}

static void
test_circuits_have_names (void)
{
  const char *const circuits[] = { "house", "garage", NULL };
  const PhaetonVerdict verdict = { PHAETON_STAGE_CAPS, PHAETON_WHY_FUSE_FULL, 0, { 1, 2, 3500 } };
  const PhaetonVerdict gone = { PHAETON_STAGE_CAPS, PHAETON_WHY_FUSE_HOT, 0, { 2 } };
  g_autofree char *text = phaeton_verdict_to_text (&verdict, circuits);
  g_autofree char *list = phaeton_verdict_list_values (&verdict, circuits);
  g_autofree char *number = phaeton_verdict_list_values (&gone, circuits);

  g_assert_cmpstr (text, ==, "Circuit garage is full on L2: 3.5 A left");
  g_assert_cmpstr (list, ==, "circuit=garage phase=2 room_mA=3500");
  g_assert_cmpstr (number, ==, "circuit=2");
  g_assert_null (phaeton_verdict_find_name (&verdict, 1, circuits));
}

/* each reason has its line with an example in docs/decisions.md */
static void
test_every_code_is_documented (void)
{
  g_autofree char *path =
    g_build_filename (g_getenv ("PHAETON_SRCDIR"), "docs", "decisions.md", NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  for (int code = 0; code < PHAETON_N_WHY; code++) {
    g_autofree char *line = g_strdup_printf ("\n| %s | ", phaeton_why_get_name (code));

    if (strstr (text, line) == NULL)
      g_error ("docs/decisions.md has no line for %s", phaeton_why_get_name (code));
  }
}

static void
test_binding_is_the_last_that_lowered (void)
{
  PhaetonChain chain = { 0 };

  g_assert_null (phaeton_chain_get_binding (&chain));
  phaeton_chain_add (&chain, PHAETON_STAGE_WISH, PHAETON_WHY_MANUAL, 20000, 20000, 0, 0);
  phaeton_chain_add (&chain, PHAETON_STAGE_CAPS, PHAETON_WHY_STATION_MAX, 16000, 16000, 0, 0);
  phaeton_chain_add (&chain, PHAETON_STAGE_QUANTISE, PHAETON_WHY_STEP, 15900, 1000, 0, 0);
  g_assert_cmpint (phaeton_chain_get_binding (&chain)->code, ==, PHAETON_WHY_STATION_MAX);
  for (int i = 0; i < 2 * PHAETON_CHAIN_MAX; i++)
    phaeton_chain_add (&chain, PHAETON_STAGE_RAMP, PHAETON_WHY_RAMP, 15000 - i, 0, 0, 0);
  g_assert_cmpint (chain.n, ==, PHAETON_CHAIN_MAX);
  g_assert_cmpint (phaeton_chain_get_binding (&chain)->limit_mA, ==,
                   15000 - 2 * PHAETON_CHAIN_MAX + 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/why/every-code-has-its-words", test_every_code_has_its_words);
  g_test_add_func ("/why/values-are-filled-in", test_values_are_filled_in);
  g_test_add_func ("/why/values-are-listed", test_values_are_listed);
  g_test_add_func ("/why/circuits-have-names", test_circuits_have_names);
  g_test_add_func ("/why/every-code-is-documented", test_every_code_is_documented);
  g_test_add_func ("/why/binding-is-the-last-that-lowered", test_binding_is_the_last_that_lowered);
  return g_test_run ();
}
