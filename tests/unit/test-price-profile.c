/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "price-profile.h"

#include "phaeton-error.h"

#include <string.h>

/* A profile is a file from anywhere; what is wrong with it is said by its key. */

#define GOOD                                                                                       \
  "\"format\":1,\"url\":\"https://a.example/{date:%Y-%m-%d}?a={area}\",\"zone\":\"Europe/"         \
  "Berlin\","                                                                                      \
  "\"published\":\"13:00\",\"currencies\":[\"EUR\"],\"rows\":\"data\",\"start\":\"at\","           \
  "\"time\":\"unix\",\"price\":\"p\",\"unit\":\"per-mwh\""
#define MIDNIGHT_AT 1795215600

static const PhaetonPriceDay day = { MIDNIGHT_AT, MIDNIGHT_AT + 86400 };
static const PriceWords words = { "DE", "all", "EUR", "" };

static PriceProfile *
parse (const char *text, GError **error)
{
  return price_profile_parse ("file.json", text, strlen (text), error);
}

static void
test_ours (void)
{
  g_autofree char *folder =
    g_test_build_filename (G_TEST_DIST, "..", "data", "price-profiles", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  for (const char *name = g_dir_read_name (dir); name != NULL; name = g_dir_read_name (dir)) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_autofree char *stem = g_strndup (name, strlen (name) - strlen (".json"));
    g_autoptr (GError) error = NULL;
    g_autoptr (PriceProfile) profile = NULL;
    g_autofree char *text = NULL;
    gsize size;

    g_assert_true (g_str_has_suffix (name, ".json"));
    g_assert_true (price_profile_is_name (stem));
    g_assert_true (g_file_get_contents (path, &text, &size, NULL));
    profile = price_profile_parse (name, text, size, &error);
    g_assert_no_error (error);
    g_assert_nonnull (profile);
    n++;
  }
  g_assert_cmpuint (n, >=, 4);
}

static void
test_refusals (void)
{
  const struct {
    const char *text, *says;
  } cases[] = {
    { "", "file.json: " },
    { "[]", "file.json: is no JSON object" },
    { "{", "line 1" },
    { "{}", "\"format\"" },
    { "{" GOOD ",\"formatt\":1}", "\"formatt\" is no key" },
    { "{\"format\":2}", "\"format\" is no whole number from 1 to 1" },
    { "{\"format\":1}", "\"url\" is missing" },
    { "{" GOOD ",\"published\":\"25:00\"}", "\"published\"" },
    { "{" GOOD ",\"published\":\"1:00\"}", "\"published\"" },
    { "{" GOOD ",\"zone\":\"Mars\"}", "\"zone\"" },
    { "{" GOOD ",\"currencies\":[]}", "\"currencies\"" },
    { "{" GOOD ",\"currencies\":[\"EURO\"]}", "\"currencies\"" },
    { "{" GOOD ",\"currencies\":\"EUR\"}", "\"currencies\"" },
    { "{" GOOD ",\"areas\":[7]}", "\"areas\" has an entry that is no text" },
    { "{" GOOD ",\"unit\":\"eur\"}", "\"unit\" is none of per-kwh" },
    { "{" GOOD ",\"time\":7}", "\"time\" is no text" },
    { "{" GOOD ",\"url\":\"http://a.example/\"}", "\"url\"" },
    { "{" GOOD ",\"url\":\"https://u:p@a.example/\"}", "\"url\"" },
    { "{" GOOD ",\"url\":\"https:///x\"}", "\"url\"" },
    { "{" GOOD ",\"url\":\"https://a.example/{day}\"}", "{day}" },
    { "{" GOOD ",\"url\":\"https://a.example/{date:%c}\"}", "{date:%c}" },
    { "{" GOOD ",\"url\":\"https://a.example/{date:}\"}", "{date:}" },
    { "{" GOOD ",\"url\":\"https://a.example/{area\"}", "{area" },
    { "{" GOOD ",\"url\":\"https://a.example/{token}\"}", "\"token\"" },
    { "{" GOOD ",\"price\":\"{from}\"}", "\"price\" has the word {from}" },
    { "{" GOOD ",\"columns\":1}", "\"columns\"" },
    { "{" GOOD ",\"columns\":true}", "\"columns\" goes without" },
    { "{" GOOD ",\"pending\":[500]}", "\"pending\"" },
    { "{" GOOD ",\"pending\":404}", "\"pending\"" },
    { "{" GOOD ",\"where\":[]}", "\"where\"" },
    { "{" GOOD ",\"where\":{\"a\":\"b\"}}", "\"where\"" },
    { "{" GOOD ",\"requests_per_day\":0}", "\"requests_per_day\"" },
    { "{" GOOD ",\"requests_per_day\":\"9\"}", "\"requests_per_day\"" },
  };
  g_autoptr (PriceProfile) good = parse ("{" GOOD "}", NULL);

  g_assert_nonnull (good);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (parse (cases[i].text, &error));
    g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG);
    g_assert_nonnull (strstr (error->message, "file.json"));
    if (strstr (error->message, cases[i].says) == NULL)
      g_error ("%s: %s", cases[i].text, error->message);
  }
}

/* what people choose cannot leave its place in the address */
static void
test_templates (void)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier ("Europe/Berlin");
  const PriceWords evil = { "a/../b?c=d&e#f@g {date:%Y}", "", "EUR", "" };
  const PhaetonPriceDay spring = { 1774652400, 1774735200 }; /* 23 hours */
  g_autofree char *path =
    price_template_expand ("{date:%Y/%m-%d}_{area}", &evil, zone, &spring, TRUE, NULL);
  g_autofree char *times = price_template_expand ("{from} {to} {next:%d.%m.%Y} {from_unix} "
                                                  "{to_unix} {from_unix_ms} {to_unix_ms}",
                                                  &evil, zone, &spring, FALSE, NULL);

  g_assert_cmpstr (path, ==, "2026/03-28_a%2F..%2Fb%3Fc%3Dd%26e%23f%40g%20%7Bdate%3A%25Y%7D");
  g_assert_cmpstr (times, ==,
                   "2026-03-27T23:00:00Z 2026-03-28T22:00:00Z 28.03.2026 1774652400 1774735200 "
                   "1774652400000 1774735200000");
}

static gboolean
decode (const char *keys, guint status, const char *text, GArray *slots, GError **error)
{
  g_autofree char *file = g_strconcat ("{" GOOD, keys, "}", NULL);
  g_autoptr (PriceProfile) profile = parse (file, error);
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));
  PhaetonPriceAnswer answer = { .slots = slots };
  gboolean ok;

  g_assert_nonnull (profile);
  g_array_set_size (slots, 0);
  ok = price_profile_decode (profile, &words, &day, status, body, &answer, error);
  phaeton_price_slots_settle (slots);
  return ok;
}

static void
test_decode (void)
{
  g_autoptr (GArray) slots = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
  const PhaetonPriceSlot *slot;
  const struct {
    const char *keys;
    guint status;
    const char *text;
    int n; /* slots, or less than 0: this error */
    int code;
  } cases[] = {
    { "", 204, "", 0, 0 },
    { "", 404, "<html>", 0, 0 },
    { ",\"pending\":[]", 404, "{}", -1, PHAETON_ERROR_REFUSED },
    { "", 400, "{\"message\":\"no\"}", -1, PHAETON_ERROR_REFUSED },
    { "", 200, "<html>", -1, PHAETON_ERROR_PROTOCOL },
    { "", 200, "{\"error\":\"come back\"}", -1, PHAETON_ERROR_OFFLINE },
    { "", 200, "{\"data\":{}}", -1, PHAETON_ERROR_PROTOCOL },
    { "", 200, "{\"data\":[]}", 0, 0 },
    { "", 200, "{\"data\":[1,null,[],{},{\"at\":\"x\",\"p\":1}]}", -1, PHAETON_ERROR_PROTOCOL },
    { "", 200, "{\"data\":[{\"at\":99999999999999,\"p\":1}]}", -1, PHAETON_ERROR_PROTOCOL },
    { "", 200, "{\"data\":[{\"at\":1795215600,\"p\":\"8.5\"}]}", 1, 0 },
    { "", 200, "{\"data\":[{\"at\":1795215600,\"p\":\"8,5\"}]}", -1, PHAETON_ERROR_PROTOCOL },
    { "", 200, "{\"data\":[{\"at\":1795215600,\"p\":\"inf\"}]}", -1, PHAETON_ERROR_PROTOCOL },
    { ",\"rows\":\"\"", 200, "[{\"at\":1795215600,\"p\":8}]", 1, 0 },
    { ",\"rows\":\"a.{area}\"", 200, "{\"a\":{\"DE\":[{\"at\":1795215600,\"p\":8}]}}", 1, 0 },
    { ",\"where\":{\"z\":[\"{area}\",null]}", 200,
      "{\"data\":[{\"at\":1795215600,\"p\":8,\"z\":\"FR\"},{\"at\":1795216500,\"p\":8,\"z\":\"DE\"}"
      ",{\"at\":1795217400,\"p\":8,\"z\":null},{\"at\":1795218300,\"p\":8},"
      "{\"at\":1795219200,\"p\":8,\"z\":7}]}",
      3, 0 },
    { ",\"end\":\"e\"", 200, "{\"data\":[{\"at\":1795215600,\"p\":8,\"e\":null}]}", 1, 0 },
    { ",\"end\":\"e\"", 200, "{\"data\":[{\"at\":1795215600,\"p\":8}]}", -1,
      PHAETON_ERROR_PROTOCOL },
    { ",\"rows\":\"\",\"columns\":true", 200, "{\"at\":[1795215600,1795219200],\"p\":[1,null]}", 1,
      0 },
    { ",\"rows\":\"\",\"columns\":true", 200, "{\"at\":[1795215600,1795219200]}", -1,
      PHAETON_ERROR_PROTOCOL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    const gboolean ok = decode (cases[i].keys, cases[i].status, cases[i].text, slots, &error);

    g_test_message ("%s: %s", cases[i].text, error != NULL ? error->message : "");
    g_assert_cmpint (ok, ==, cases[i].n >= 0);
    if (ok)
      g_assert_cmpint ((int) slots->len, ==, cases[i].n);
    else
      g_assert_error (error, PHAETON_ERROR, cases[i].code);
  }
  g_assert_true (decode ("", 200,
                         "{\"data\":[{\"at\":1795215600,\"p\":-85.126},"
                         "{\"at\":1795216500,\"p\":null},{\"at\":1795217400,\"p\":1}]}",
                         slots, NULL));
  slot = &g_array_index (slots, PhaetonPriceSlot, 0);
  g_assert_cmpint (slot->import_micros, ==, -85126);
  g_assert_cmpint (slot->end_at - slot->start_at, ==, 900); /* the unknown one is not covered */
  g_assert_cmpuint (slots->len, ==, 2);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/price-profile/ours", test_ours);
  g_test_add_func ("/price-profile/refusals", test_refusals);
  g_test_add_func ("/price-profile/templates", test_templates);
  g_test_add_func ("/price-profile/decode", test_decode);
  return g_test_run ();
}
