/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decimal-comma.h"
#include "phaeton-json.h"

#include "phaeton-error.h"

#include <math.h>
#include <string.h>

static const PhaetonJsonLimits limits = { .max_size = 4096, .max_depth = 16 };

static void
assert_text (PhaetonJson *json, const char *expected)
{
  g_assert_cmpstr (json->text->str, ==, expected);
}

static void
test_writer_nests (void)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_json_begin_object (&json, NULL);
  phaeton_json_begin_array (&json, "a");
  phaeton_json_int (&json, NULL, -1);
  phaeton_json_begin_object (&json, NULL);
  phaeton_json_end_object (&json);
  phaeton_json_null (&json, NULL);
  phaeton_json_end_array (&json);
  phaeton_json_boolean (&json, "b", TRUE);
  phaeton_json_text (&json, "c", NULL);
  phaeton_json_end_object (&json);
  assert_text (&json, "{\"a\":[-1,{},null],\"b\":true,\"c\":null}");
}

static void
test_writer_escapes (void)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_json_begin_array (&json, NULL);
  phaeton_json_text (&json, NULL, "a\"b\\c\nd\x01 €");
  phaeton_json_text (&json, NULL, "\xff");
  phaeton_json_end_array (&json);
  assert_text (&json, "[\"a\\\"b\\\\c\\nd\\u0001 €\",\"\xef\xbf\xbd\"]");
  g_assert_true (phaeton_json_check (json.text->str, json.text->len, &limits, NULL));
}

static void
test_writer_numbers (void)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_json_begin_array (&json, NULL);
  phaeton_json_double (&json, NULL, 16.0, 3);
  phaeton_json_double (&json, NULL, 9.25, 3);
  phaeton_json_double (&json, NULL, 100, 0);
  phaeton_json_double (&json, NULL, -0.0001, 1);
  phaeton_json_double (&json, NULL, NAN, 1);
  phaeton_json_double (&json, NULL, INFINITY, 1);
  phaeton_json_end_array (&json);
  assert_text (&json, "[16,9.25,100,0,null,null]");
}

static void
test_writer_times (void)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_json_begin_array (&json, NULL);
  phaeton_json_time (&json, NULL, G_GINT64_CONSTANT (1756548001000000));
  phaeton_json_time (&json, NULL, G_GINT64_CONSTANT (1756548001000123));
  phaeton_json_time (&json, NULL, G_MAXINT64);
  phaeton_json_time_with_offset (&json, NULL, G_GINT64_CONSTANT (1756548001000123));
  phaeton_json_end_array (&json);
  assert_text (&json, "[\"2025-08-30T10:00:01Z\",\"2025-08-30T10:00:01.000123Z\",null,"
                      "\"2025-08-30T10:00:01.000123+00:00\"]");
}

static void
test_good_documents_pass (void)
{
  static const char *const documents[] = {
    "{}",
    " [ ] ",
    "0",
    "-0.5e+3",
    "\"\\ud83d\\ude00\\n\"",
    "{\"a\":[true,false,null,{\"b\":1}]}",
    "9223372036854775807",
    "-9223372036854775808",
    "[1,2,3]\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (documents); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (JsonNode) node =
      phaeton_json_parse (documents[i], strlen (documents[i]), &limits, &error);

    g_assert_no_error (error);
    g_assert_nonnull (node);
  }
}

static void
test_bad_documents_fail (void)
{
  static const char *const documents[] = {
    "",
    "{",
    "}",
    "[1,]",
    "{\"a\"}",
    "{\"a\":}",
    "{a:1}",
    "{'a':1}",
    "01",
    "1.",
    ".5",
    "+1",
    "1e",
    "NaN",
    "Infinity",
    "-",
    "nul",
    "truex",
    "0x10",
    "\"abc",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\udc00\"",
    "\"\\ud800\\u0041\"",
    "\"a\nb\"",
    "\"\xff\"",
    "1 2",
    "[1 2]",
    "/* */ 1",
    "1 // x",
  };

  for (guint i = 0; i < G_N_ELEMENTS (documents); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (phaeton_json_check (documents[i], strlen (documents[i]), &limits, &error));
    g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_TYPE);
  }
  g_assert_false (phaeton_json_check ("1\0", 2, &limits, NULL));
  g_assert_false (phaeton_json_check (NULL, 0, &limits, NULL));
}

static void
test_limits_hold (void)
{
  static const char *const documents[] = { "9223372036854775808", "-9223372036854775809", "1e400",
                                           "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]" };
  g_autofree char *large = g_strnfill (limits.max_size + 1, ' ');
  g_autofree char *deep = g_strnfill (100000, '[');
  const PhaetonJsonLimits wide = { .max_size = 1000000, .max_depth = 16 };

  for (guint i = 0; i < G_N_ELEMENTS (documents); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (phaeton_json_check (documents[i], strlen (documents[i]), &limits, &error));
    g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_RANGE);
  }
  g_assert_false (phaeton_json_check (large, strlen (large), &limits, NULL));
  g_assert_false (phaeton_json_check (deep, strlen (deep), &wide, NULL));
}

static void
test_message_says_where (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (phaeton_json_check ("{\n  \"a\": x}", 11, &limits, &error));
  g_assert_cmpstr (error->message, ==, "line 2, column 8: a value was expected");
}

/* whatever the check lets pass, json-glib takes; and nothing else gets that far */
static void
test_random_bytes_do_no_harm (void)
{
  static const char alphabet[] = "{}[]\":,0123456789eE+-.\\u dDtrfalsn\n";

  for (int round = 0; round < 20000; round++) {
    const gsize size = (gsize) g_test_rand_int_range (0, 40);
    char text[40];

    for (gsize i = 0; i < size; i++)
      text[i] = alphabet[g_test_rand_int_range (0, sizeof alphabet - 1)];
    if (phaeton_json_check (text, size, &limits, NULL)) {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) node = phaeton_json_parse (text, size, &limits, &error);

      g_assert_no_error (error);
      g_assert_nonnull (node);
    }
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  use_decimal_comma ();
  g_test_add_func ("/json/writer-nests", test_writer_nests);
  g_test_add_func ("/json/writer-escapes", test_writer_escapes);
  g_test_add_func ("/json/writer-numbers", test_writer_numbers);
  g_test_add_func ("/json/writer-times", test_writer_times);
  g_test_add_func ("/json/good-documents-pass", test_good_documents_pass);
  g_test_add_func ("/json/bad-documents-fail", test_bad_documents_fail);
  g_test_add_func ("/json/limits-hold", test_limits_hold);
  g_test_add_func ("/json/message-says-where", test_message_says_where);
  g_test_add_func ("/json/random-bytes-do-no-harm", test_random_bytes_do_no_harm);
  return g_test_run ();
}
