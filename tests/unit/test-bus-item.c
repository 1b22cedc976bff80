/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-bus-item.h"

#include <math.h>

static GVariant *
parse (const char *text)
{
  GVariant *value = g_variant_parse (NULL, text, NULL, NULL, NULL);

  g_assert_nonnull (value);
  return value;
}

static void
test_numbers (void)
{
  static const char *const good[] = { "byte 7",  "int16 7",  "uint16 7", "7",   "uint32 7",
                                      "int64 7", "uint64 7", "7.0",      "<7>", "<<7.0>>" };
  static const char *const bad[] = { "@ai []", "@av []", "'7'", "[7]", "<@as []>", "(7,)" };
  double number = 1;

  for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autoptr (GVariant) value = parse (good[i]);

    g_test_message ("%s", good[i]);
    g_assert_true (phaeton_bus_item_get_number (value, &number));
    g_assert_cmpfloat (number, ==, 7);
  }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GVariant) value = parse (bad[i]);

    g_test_message ("%s", bad[i]);
    g_assert_false (phaeton_bus_item_get_number (value, &number));
    g_assert_cmpfloat (number, ==, 7);
  }
}

static void
test_not_finite_is_unknown (void)
{
  const double bad[] = { NAN, INFINITY, -INFINITY };
  double number = 1;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_double (bad[i]));

    g_assert_false (phaeton_bus_item_get_number (value, &number));
    g_assert_cmpfloat (number, ==, 1);
  }
}

static void
test_text_lives_with_its_value (void)
{
  g_autoptr (GVariant) plain = parse ("'Garage'");
  g_autoptr (GVariant) wrapped = parse ("<<'Garage'>>");
  g_autoptr (GVariant) number = parse ("<1>");
  const char *text = phaeton_bus_item_get_text (wrapped);
  g_autoptr (GVariant) again = g_variant_get_normal_form (wrapped);

  g_assert_cmpstr (phaeton_bus_item_get_text (plain), ==, "Garage");
  g_assert_cmpstr (text, ==, "Garage");
  g_assert_null (phaeton_bus_item_get_text (number));
}

static void
test_invalid (void)
{
  g_autoptr (GVariant) invalid = g_variant_ref_sink (phaeton_bus_item_new_invalid ());

  g_assert_cmpstr (g_variant_get_type_string (invalid), ==, "ai");
  g_assert_cmpuint (g_variant_n_children (invalid), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus-item/numbers", test_numbers);
  g_test_add_func ("/bus-item/not-finite-is-unknown", test_not_finite_is_unknown);
  g_test_add_func ("/bus-item/text-lives-with-its-value", test_text_lives_with_its_value);
  g_test_add_func ("/bus-item/invalid", test_invalid);
  return g_test_run ();
}
