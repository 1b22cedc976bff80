/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-web-commands.h"

#include "phaeton-error.h"

typedef gboolean (*ParseFunc) (JsonNode *body, PhaetonWebCommand *command, GError **error);

/* NULL: refused, with @code */
static char *
parse (ParseFunc function, const char *body, int *code)
{
  g_autoptr (JsonNode) node = json_from_string (body, NULL);
  g_autoptr (GError) error = NULL;
  PhaetonWebCommand command = { 0 };
  char *text;

  if (!function (node, &command, &error)) {
    g_assert_true (error->domain == PHAETON_ERROR);
    *code = error->code;
    phaeton_web_command_clear (&command);
    return NULL;
  }
  text = g_variant_print (command.value, FALSE);
  phaeton_web_command_clear (&command);
  return text;
}

static void
assert_parsed (ParseFunc function, const char *body, const char *expected)
{
  int code = -1;
  g_autofree char *value = parse (function, body, &code);

  g_assert_cmpstr (value, ==, expected);
}

static void
assert_refused (ParseFunc function, const char *body, int expected)
{
  int code = -1;
  g_autofree char *value = parse (function, body, &code);

  g_assert_null (value);
  g_assert_cmpint (code, ==, expected);
}

/* FIX 24: a number that means nothing is refused and does not become Manual or stop */
static void
test_fix_24_unknown_numbers_are_refused (void)
{
  assert_parsed (phaeton_web_parse_mode, "{\"mode\":2}", "2");
  assert_refused (phaeton_web_parse_mode, "{\"mode\":3}", PHAETON_ERROR_RANGE);
  assert_refused (phaeton_web_parse_mode, "{\"mode\":-1}", PHAETON_ERROR_RANGE);
  assert_refused (phaeton_web_parse_mode, "{\"mode\":256}", PHAETON_ERROR_RANGE);
  assert_refused (phaeton_web_parse_start_stop, "{\"value\":2}", PHAETON_ERROR_RANGE);
  assert_refused (phaeton_web_parse_phases, "{\"phases\":256}", PHAETON_ERROR_RANGE);
}

static void
test_types_are_those_of_the_ancestors (void)
{
  assert_refused (phaeton_web_parse_mode, "{\"mode\":\"1\"}", PHAETON_ERROR_TYPE);
  assert_refused (phaeton_web_parse_mode, "{\"mode\":1.5}", PHAETON_ERROR_TYPE);
  assert_refused (phaeton_web_parse_mode, "{\"mode\":null}", PHAETON_ERROR_TYPE);
  assert_refused (phaeton_web_parse_mode, "{\"mode\":[1]}", PHAETON_ERROR_TYPE);
  assert_refused (phaeton_web_parse_mode, "{}", PHAETON_ERROR_TYPE);
  assert_refused (phaeton_web_parse_mode, "[]", PHAETON_ERROR_TYPE);
  assert_refused (phaeton_web_parse_mode, "7", PHAETON_ERROR_TYPE);
  assert_refused (phaeton_web_parse_set_current, "{\"amps\":\"6\"}", PHAETON_ERROR_TYPE);
  assert_refused (phaeton_web_parse_set_current, "{\"amps\":true}", PHAETON_ERROR_TYPE);
  assert_refused (phaeton_web_parse_start_stop, "{\"enabled\":1}", PHAETON_ERROR_TYPE);
  assert_refused (phaeton_web_parse_start_stop, "\"on\"", PHAETON_ERROR_TYPE);
}

static void
test_start_stop_has_two_names (void)
{
  assert_parsed (phaeton_web_parse_start_stop, "{\"value\":1}", "1");
  assert_parsed (phaeton_web_parse_start_stop, "{\"value\":0,\"enabled\":true}", "0");
  assert_parsed (phaeton_web_parse_start_stop, "{\"enabled\":true}", "true");
  assert_parsed (phaeton_web_parse_start_stop, "{\"enabled\":false}", "false");
  assert_parsed (phaeton_web_parse_start_stop, "{}", "false");
}

static void
test_amperes_are_numbers (void)
{
  assert_parsed (phaeton_web_parse_set_current, "{\"amps\":10}", "10.0");
  assert_parsed (phaeton_web_parse_set_current, "{\"amps\":9.5}", "9.5");
  assert_parsed (phaeton_web_parse_set_current, "{\"amps\":-4}", "0.0");
}

static GArray *
parse_patch (const char *body, GError **error)
{
  g_autoptr (JsonNode) node = json_from_string (body, NULL);
  g_autoptr (PhaetonSnapshot) snapshot = phaeton_snapshot_new (1);

  return phaeton_web_parse_patch (node, &snapshot->chargers[0], error);
}

static void
test_patch_takes_writable_fields (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) commands =
    parse_patch ("{\"mode\":\"auto\",\"set_current_mA\":9500,\"custom_name\":\"x\"}", &error);
  PhaetonWebCommand *command;

  g_assert_no_error (error);
  g_assert_cmpuint (commands->len, ==, 3);
  command = &g_array_index (commands, PhaetonWebCommand, 1);
  g_assert_cmpint (command->field, ==, PHAETON_FIELD_SET_CURRENT);
  g_assert_cmpfloat_with_epsilon (g_variant_get_double (command->value), 9.5, 1e-9);
}

static void
test_patch_is_all_or_nothing (void)
{
  static const struct {
    const char *body;
    int code;
  } lines[] = {
    { "{\"mode\":1,\"start_stop\":{}}", PHAETON_ERROR_TYPE },
    { "{\"mode\":1,\"nothing\":1}", PHAETON_ERROR_RANGE },
    { "{\"mode\":1,\"power_w\":1}", PHAETON_ERROR_READ_ONLY },
    { "{\"device_instance\":3}", PHAETON_ERROR_READ_ONLY },
    { "{\"mode\":9}", PHAETON_ERROR_RANGE },
    { "{\"mode\":null}", PHAETON_ERROR_TYPE },
    { "{\"set_current_mA\":\"6000\"}", PHAETON_ERROR_TYPE },
    { "{\"set_current_mA\":-1}", PHAETON_ERROR_RANGE },
    { "[1]", PHAETON_ERROR_TYPE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GArray) commands = parse_patch (lines[i].body, &error);

    g_assert_null (commands);
    g_assert_error (error, PHAETON_ERROR, lines[i].code);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/web-commands/fix-24-unknown-numbers-are-refused",
                   test_fix_24_unknown_numbers_are_refused);
  g_test_add_func ("/web-commands/types-are-those-of-the-ancestors",
                   test_types_are_those_of_the_ancestors);
  g_test_add_func ("/web-commands/start-stop-has-two-names", test_start_stop_has_two_names);
  g_test_add_func ("/web-commands/amperes-are-numbers", test_amperes_are_numbers);
  g_test_add_func ("/web-commands/patch-takes-writable-fields", test_patch_takes_writable_fields);
  g_test_add_func ("/web-commands/patch-is-all-or-nothing", test_patch_is_all_or_nothing);
  return g_test_run ();
}
