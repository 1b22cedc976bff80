/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decimal-comma.h"
#include "phaeton-web-history-documents.h"

#include <string.h>

/* Exports, read back by the letter of RFC 4180. */

/* Returns: (transfer full) (element-type GPtrArray): rows of cells; aborts on what is no CSV */
static GPtrArray *
parse (GBytes *bytes)
{
  gsize size;
  const char *text = g_bytes_get_data (bytes, &size), *end = text + size;
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);

  while (text < end) {
    GPtrArray *row = g_ptr_array_new_with_free_func (g_free);
    gboolean more = TRUE;

    g_ptr_array_add (rows, row);
    while (more) {
      GString *cell = g_string_new (NULL);

      if (text < end && *text == '"') {
        for (text++; *text != '"' || text[1] == '"'; text++) {
          g_assert_true (text + 1 < end);
          if (*text == '"')
            text++;
          g_string_append_c (cell, *text);
        }
        text++;
      } else {
        for (; text < end && strchr (",\r", *text) == NULL; text++) {
          g_assert_true (*text != '"' && *text != '\n');
          g_string_append_c (cell, *text);
        }
      }
      g_ptr_array_add (row, g_string_free (cell, FALSE));
      more = text < end && *text == ',';
      text += more;
    }
    g_assert_cmpmem (text, 2, "\r\n", 2);
    text += 2;
  }
  return rows;
}

static const char *
get_cell (const GPtrArray *rows, guint row, const char *column)
{
  const GPtrArray *head = rows->pdata[0], *cells = rows->pdata[row];

  g_assert_cmpuint (cells->len, ==, head->len);
  for (guint i = 0; i < head->len; i++)
    if (g_str_equal (head->pdata[i], column))
      return cells->pdata[i];
  g_error ("no column %s", column);
}

static PhaetonSessionPage *
make_page (void)
{
  PhaetonSessionPage *page = phaeton_session_page_new ();
  PhaetonSession *session = phaeton_session_new ("one", "garage");

  session->started_at = 1750000500;
  session->energy_wh = 12345;
  session->cost_known = TRUE;
  session->cost_micros = 1234567;
  session->currency = g_strdup ("€");
  session->car = g_strdup ("=cmd|' /C calc'!A0");
  session->tag = g_strdup ("Ada, \"the\" driver");
  session->note = g_strdup ("two\r\nlines, é, \"\"");
  g_ptr_array_add (page->sessions, session);
  g_ptr_array_add (page->sessions, phaeton_session_new ("", ""));
  return page;
}

static void
test_sessions (void)
{
  g_autoptr (PhaetonSessionPage) page = make_page ();
  g_autoptr (GBytes) bytes = phaeton_web_print_sessions (page);
  g_autoptr (GPtrArray) rows = parse (bytes);

  g_assert_cmpuint (rows->len, ==, 3);
  g_assert_cmpstr (get_cell (rows, 1, "id"), ==, "one");
  g_assert_cmpstr (get_cell (rows, 1, "started_at"), ==, "2025-06-15T15:15:00Z");
  g_assert_cmpstr (get_cell (rows, 1, "energy_wh"), ==, "12345");
  g_assert_cmpstr (get_cell (rows, 1, "cost"), ==, "1.234567");
  g_assert_cmpstr (get_cell (rows, 1, "currency"), ==, "€");
  g_assert_cmpstr (get_cell (rows, 1, "tag"), ==, "Ada, \"the\" driver");
  g_assert_cmpstr (get_cell (rows, 1, "note"), ==, "two\r\nlines, é, \"\"");
  g_assert_cmpstr (get_cell (rows, 1, "car"), ==, "'=cmd|' /C calc'!A0"); /* no formula */
  g_assert_cmpstr (get_cell (rows, 2, "id"), ==, "");
  g_assert_cmpstr (get_cell (rows, 2, "started_at"), ==, ""); /* unknown is empty, not 0 */
  g_assert_cmpstr (get_cell (rows, 2, "ended_at"), ==, "");
  g_assert_cmpstr (get_cell (rows, 2, "cost"), ==, "");
  g_assert_cmpstr (get_cell (rows, 2, "start_counter_wh"), ==, "");
  g_assert_cmpstr (get_cell (rows, 2, "measured_wh"), ==, "");
}

static void
test_totals (void)
{
  g_autoptr (GPtrArray) totals =
    g_ptr_array_new_with_free_func ((GDestroyNotify) phaeton_total_free);
  PhaetonTotal *total = g_new0 (PhaetonTotal, 1);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GPtrArray) rows = NULL;

  total->key = g_strdup ("");
  total->energy_wh = 7;
  total->saved_micros = -2500000; /* a number, not a formula: it stays a number */
  g_ptr_array_add (totals, total);
  bytes = phaeton_web_print_totals (totals);
  rows = parse (bytes);
  g_assert_cmpstr (get_cell (rows, 1, "key"), ==, "");
  g_assert_cmpstr (get_cell (rows, 1, "energy_wh"), ==, "7");
  g_assert_cmpstr (get_cell (rows, 1, "saved"), ==, "-2.500000");
}

static void
test_series (void)
{
  const char *const names[] = { "charger.a,b.energy_wh", "site.grid_power_w", NULL };
  g_autoptr (GArray) starts = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (PhaetonSeriesData) data = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GPtrArray) rows = NULL;

  for (gint64 at = 1750000500; at <= 1750000500 + 1800; at += 900)
    g_array_append_val (starts, at);
  data = phaeton_series_data_new ((GStrv) names, starts);
  phaeton_series_data_add (data, 0, 1750000500, &(PhaetonAmount){ 1234500, 900 });
  phaeton_series_data_add (data, 1, 1750001400, &(PhaetonAmount){ -900 * 5, 900 });
  bytes = phaeton_web_print_series (data);
  rows = parse (bytes);
  g_assert_cmpuint (rows->len, ==, 3);
  g_assert_cmpstr (get_cell (rows, 1, "charger.a,b.energy_wh"), ==, "1234.5");
  g_assert_cmpstr (get_cell (rows, 1, "site.grid_power_w"), ==, "");
  g_assert_cmpstr (get_cell (rows, 2, "charger.a,b.energy_wh"), ==, "");
  g_assert_cmpstr (get_cell (rows, 2, "site.grid_power_w"), ==, "-5.0");
}

/* the same numbers as JSON */
static void
test_numbers_have_a_point (void)
{
  const char *const names[] = { "site.grid_power_w", NULL };
  g_autoptr (GArray) starts = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (PhaetonSeriesData) data = NULL;
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *text = NULL;

  for (gint64 at = 900; at <= 1800; at += 900)
    g_array_append_val (starts, at);
  data = phaeton_series_data_new ((GStrv) names, starts);
  phaeton_series_data_add (data, 0, 900, &(PhaetonAmount){ -9 * 135, 900 });
  phaeton_web_write_series (&json, data);
  bytes = phaeton_json_steal_bytes (&json);
  text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_assert_cmpstr (text, ==,
                   "{\"starts_at\":[900,1800],\"series\":{\"site.grid_power_w\":[-1.4]}}");
}

/* whatever people write comes back as they wrote it, or with one quote in front */
static void
test_random_text (void)
{
  static const char *const parts[] = { ",", "\"", "\r", "\n", "a", "=", "-", "é", " ", "'", "\t" };

  for (int round = 0; round < 2000; round++) {
    g_autoptr (PhaetonSessionPage) page = make_page ();
    PhaetonSession *session = page->sessions->pdata[0];
    g_autoptr (GString) note = g_string_new (NULL);
    g_autoptr (GBytes) bytes = NULL;
    g_autoptr (GPtrArray) rows = NULL;
    const char *read;

    for (int i = g_test_rand_int_range (0, 8); i > 0; i--)
      g_string_append (note, parts[g_test_rand_int_range (0, G_N_ELEMENTS (parts))]);
    g_free (session->note);
    session->note = g_strdup (note->str);
    bytes = phaeton_web_print_sessions (page);
    rows = parse (bytes);
    read = get_cell (rows, 1, "note");
    if (note->len > 0 && strchr ("=+-@\t\r\n", note->str[0]) != NULL)
      g_assert_cmpint (*read++, ==, '\'');
    g_assert_cmpstr (read, ==, note->str);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  use_decimal_comma ();
  g_test_add_func ("/web-history/sessions-csv", test_sessions);
  g_test_add_func ("/web-history/totals-csv", test_totals);
  g_test_add_func ("/web-history/series-csv", test_series);
  g_test_add_func ("/web-history/numbers-have-a-point", test_numbers_have_a_point);
  g_test_add_func ("/web-history/random-text-csv", test_random_text);
  return g_test_run ();
}
