/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-ancestor.h"
#include "phaeton-config.h"
#include "phaeton-history.h"
#include "phaeton-state-file.h"

#include <glib/gstdio.h>
#include <string.h>

#define LAST_ID "0b9f6a52-0000-4000-8000-000000000002"
#define LAST                                                                                       \
  "\"id\":\"" LAST_ID "\",\"start_time\":\"2025-08-30T08:12:03.512Z\","                            \
  "\"end_time\":\"2025-08-30T10:36:34.020Z\",\"start_energy_kwh\":2485.08,"                        \
  "\"end_energy_kwh\":2509.45,\"energy_delivered_kwh\":24.37,\"peak_power_w\":10950.0,"            \
  "\"average_power_w\":10118.0,\"status\":\"Completed\","

/* the Rust ancestor's file: oldest first, the cost is with the last one alone */
#define RUST                                                                                       \
  "{\"mode\":1,\"start_stop\":1,\"set_current\":13.5,\"insufficient_solar_start\":0.0,"            \
  "\"session\":{\"current_session\":null,\"last_session\":{" LAST "\"cost\":6.0925},"              \
  "\"history\":[{\"id\":\"0b9f6a52-0000-4000-8000-000000000001\","                                 \
  "\"start_time\":\"2025-08-29T18:00:00Z\",\"end_time\":\"2025-08-29T19:00:00Z\","                 \
  "\"start_energy_kwh\":2480.08,\"end_energy_kwh\":0.0,\"energy_delivered_kwh\":-2480.08,"         \
  "\"peak_power_w\":7000.5,\"average_power_w\":-1.0,\"cost\":null,\"status\":\"Completed\"},"      \
  "{" LAST "\"cost\":null}]}}"

/* the Python one's: sums, and perhaps a session that runs, in local time without a zone */
#define PYTHON                                                                                     \
  "{\"mode\":2,\"start_stop\":0,\"set_current\":8.0,\"insufficient_solar_start\":0,"               \
  "\"session\":{\"total_sessions\":42,\"total_energy_kwh\":512.5,\"last_energy_kwh\":7.25,"        \
  "\"active_session\":{\"start_time\":\"2025-08-30T10:12:03.512345\","                             \
  "\"start_energy_kwh\":100.0,\"current_energy_kwh\":101.5}}}"

static GPtrArray *
read_text (const char *text)
{
  return phaeton_ancestor_read_sessions (text, strlen (text));
}

/* FIX 25, FIX 26: one session is one, with its cost; a counter that was lost made no energy */
static void
test_history (void)
{
  g_autoptr (GPtrArray) sessions = read_text (RUST), again = read_text (RUST);
  const PhaetonSession *first = sessions->pdata[0], *last = sessions->pdata[1];

  g_assert_cmpuint (sessions->len, ==, 2);
  g_assert_cmpint (first->energy_wh, ==, 0);
  g_assert_cmpint (first->started_at, ==, 1756490400);
  g_assert_cmpint (first->peak_w, ==, 7000);
  g_assert_false (first->cost_known);
  g_assert_cmpstr (last->id, ==, LAST_ID);
  g_assert_cmpint (last->energy_wh, ==, 24370);
  g_assert_cmpint (last->start_wh, ==, 2485080);
  g_assert_cmpint (last->end_wh, ==, 2509450);
  g_assert_cmpint (last->started_at, ==, 1756541523);
  g_assert_cmpint (last->ended_at, ==, 1756550194);
  g_assert_cmpint (last->charging_s, ==, 1756550194 - 1756541523);
  g_assert_cmpint (last->peak_w, ==, 10950);
  g_assert_cmpint (last->end, ==, PHAETON_END_UNPLUGGED);
  g_assert_true (last->cost_known);
  g_assert_cmpint (last->cost_micros, ==, 6092500);
  g_assert_cmpstr (first->id, ==, ((PhaetonSession *) again->pdata[0])->id);
}

/* without an id, with words that the spec has but nobody used, and entries that are none */
static void
test_odd_entries (void)
{
  g_autoptr (GPtrArray) sessions = read_text (
    "{\"session\":{\"history\":[7,null,{},{\"energy_delivered_kwh\":3},"
    "{\"start_time\":\"2025-08-31T08:00:00Z\",\"end_time\":\"2025-08-31T09:00:00Z\","
    "\"energy_delivered_kwh\":1.5,\"status\":\"Interrupted\"},"
    "{\"id\":\"../etc\",\"start_time\":\"2025-09-01T08:00:00Z\",\"energy_delivered_kwh\":null}]}}");
  const PhaetonSession *first = sessions->pdata[0], *second = sessions->pdata[1];

  g_assert_cmpuint (sessions->len, ==, 2);
  g_assert_cmpint (first->energy_wh, ==, 1500);
  g_assert_false (first->counter_known);
  g_assert_cmpint (first->end, ==, PHAETON_END_INTERRUPTED);
  g_assert_true (g_uuid_string_is_valid (first->id));
  g_assert_true (g_uuid_string_is_valid (second->id));
  g_assert_cmpstr (first->id, !=, second->id);
  g_assert_false (second->running); /* what runs is not in a history */
  g_assert_cmpint (second->ended_at, ==, 0);
}

static void
test_sums (void)
{
  g_autoptr (GPtrArray) sessions = read_text (PYTHON);
  const PhaetonSession *all = sessions->pdata[0];

  g_assert_cmpuint (sessions->len, ==, 1); /* the one that runs is the state file's */
  g_assert_cmpint (all->energy_wh, ==, 512500);
  g_assert_cmpint (all->started_at, ==, 0); /* nobody knows */
  g_assert_nonnull (strstr (all->note, "42"));
}

static void
test_hostile (void)
{
  static const char *const texts[] = {
    "",
    "{",
    "[]",
    "{\"session\":7}",
    "{\"session\":null}",
    "{\"session\":{\"history\":{}}}",
    "{\"session\":{\"history\":[[[]]]}}",
    "{\"session\":{\"last_session\":[],\"current_session\":{\"start_time\":5}}}",
    "{\"session\":{\"total_energy_kwh\":\"many\"}}"
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GPtrArray) sessions = read_text (texts[i]);

    g_assert_cmpuint (sessions->len, ==, 0);
  }
}

/* --- the first start: both files beside each other --- */

static void
finished_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static GAsyncResult *
wait_for (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

static PhaetonSessionPage *
find_all (PhaetonHistory *history)
{
  const PhaetonSessionFilter all = { 0 };
  g_autoptr (GAsyncResult) result = NULL;

  phaeton_history_find_sessions_async (history, &all, NULL, finished_cb, &result);
  return phaeton_history_find_sessions_finish (history, wait_for (&result), NULL);
}

/* a start with what the ancestors left in @folder, and its end; the sessions then in history */
static PhaetonSessionPage *
start_once (const char *folder, const char *const *ancestors)
{
  g_autoptr (PhaetonConfig) config = phaeton_config_new (1);
  g_autoptr (GHashTable) saved = phaeton_state_file_load (folder, ancestors);
  const PhaetonSavedCharger *charger = g_hash_table_lookup (saved, "1");
  g_autofree PhaetonState *state = g_malloc0 (phaeton_state_size (1));
  PhaetonHistory *history = phaeton_history_new (folder);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) again = NULL;
  PhaetonSessionPage *page;

  g_free (config->chargers[0].id);
  config->chargers[0].id = g_strdup ("1");
  g_free (config->currency);
  config->currency = g_strdup ("€");
  state->n_chargers = 1;
  if (charger != NULL)
    state->chargers[0].session = charger->session;
  phaeton_history_resume (history, config, state, ancestors, 1000);
  phaeton_history_close_async (history, finished_cb, &result);
  g_assert_true (phaeton_history_finish (history, wait_for (&result), NULL));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  phaeton_history_free (history);
  history = phaeton_history_new (folder);
  page = find_all (history);
  phaeton_history_close_async (history, finished_cb, &again);
  wait_for (&again);
  phaeton_history_free (history);
  return page;
}

static void
check_first_start (const PhaetonSessionPage *page, const char *const ids[4])
{
  gint64 energy_wh = 0;

  g_assert_cmpint (page->total, ==, 3);
  for (guint i = 0; i < 3; i++) {
    const PhaetonSession *session = page->sessions->pdata[i];

    g_assert_true (g_strv_contains (ids, session->id));
    g_assert_false (session->running);
    energy_wh += session->energy_wh;
    if (g_str_equal (session->id, LAST_ID)) {
      g_assert_true (session->cost_known);
      g_assert_cmpint (session->cost_micros, ==, 6092500);
      g_assert_cmpstr (session->currency, ==, "€");
      g_assert_cmpint (session->charging_s, ==, 1756550194 - 1756541523);
    }
  }
  g_assert_cmpint (energy_wh, ==, 24370 + 512500); /* nothing twice, nothing lost */
}

static void
test_first_start (void)
{
  g_autofree char *folder = g_dir_make_tmp ("phaeton-ancestor-XXXXXX", NULL);
  g_autofree char *rust = g_build_filename (folder, "rust.json", NULL);
  g_autofree char *python = g_build_filename (folder, "python.json", NULL);
  const char *const ancestors[] = { rust, python, NULL };
  g_autoptr (PhaetonSessionPage) page = NULL;
  g_autoptr (PhaetonSessionPage) again = NULL;
  g_autoptr (GDir) dir = NULL;
  char sums[40];
  const char *const ids[] = { "0b9f6a52-0000-4000-8000-000000000001", LAST_ID, sums, NULL };

  phaeton_session_name_by ("ancestor:sums", sums, sizeof sums);
  g_assert_true (g_file_set_contents (rust, RUST, -1, NULL));
  g_assert_true (g_file_set_contents (python, PYTHON, -1, NULL));
  page = start_once (folder, ancestors);
  check_first_start (page, ids);
  again = start_once (folder, ancestors); /* and once only */
  check_first_start (again, ids);
  dir = g_dir_open (folder, 0, NULL);
  for (const char *name = g_dir_read_name (dir); name != NULL; name = g_dir_read_name (dir)) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    g_unlink (path);
  }
  g_rmdir (folder);
}

static GLogWriterOutput
swallow (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  return G_LOG_WRITER_HANDLED;
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (swallow, NULL, NULL);
  g_test_add_func ("/ancestor/fix-25-fix-26-history", test_history);
  g_test_add_func ("/ancestor/odd-entries", test_odd_entries);
  g_test_add_func ("/ancestor/sums", test_sums);
  g_test_add_func ("/ancestor/hostile", test_hostile);
  g_test_add_func ("/ancestor/first-start", test_first_start);
  return g_test_run ();
}
