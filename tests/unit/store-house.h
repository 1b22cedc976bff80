/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-error.h"
#include "phaeton-store.h"

#include <glib/gstdio.h>
#include <string.h>

/* A store on a folder of its own, and short words for what its tests do with it. */

#define AT G_GINT64_CONSTANT (1750000500) /* 2025-06-15, begin of a quarter of an hour */

static int n_warnings;

G_GNUC_UNUSED static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  if (level & G_LOG_LEVEL_WARNING)
    g_atomic_int_inc (&n_warnings);
  return level & G_LOG_LEVEL_CRITICAL ? g_log_writer_default (level, fields, n_fields, NULL)
                                      : G_LOG_WRITER_HANDLED;
}

typedef struct {
  const PhaetonStoreBackend *backend;
  char *place; /* (owned) */
  PhaetonStore *store;
  gint64 now_ms;
  GAsyncResult *result; /* (owned) */
} House;

G_GNUC_UNUSED static void
open_store (House *house)
{
  house->store = phaeton_store_new (house->backend, house->place);
  house->now_ms = 1000;
  phaeton_store_tick (house->store, house->now_ms);
}

G_GNUC_UNUSED static void
set_up (House *house, gconstpointer data)
{
  house->backend = data;
  n_warnings = 0;
  house->place = g_dir_make_tmp ("phaeton-store-XXXXXX", NULL);
  open_store (house);
}

G_GNUC_UNUSED static void
answer_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  House *house = user_data;

  g_set_object (&house->result, result);
}

G_GNUC_UNUSED static GAsyncResult *
wait_answer (House *house)
{
  while (house->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return house->result;
}

G_GNUC_UNUSED static gboolean
wait_done (House *house, GError **error)
{
  const gboolean done = phaeton_store_finish (house->store, wait_answer (house), error);

  g_clear_object (&house->result);
  return done;
}

G_GNUC_UNUSED static void
close_store (House *house)
{
  phaeton_store_close_async (house->store, answer_cb, house);
  g_assert_true (wait_done (house, NULL));
  g_clear_object (&house->store);
}

G_GNUC_UNUSED static void
remove_folder (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  g_chmod (path, 0700);
  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL) {
    g_autofree char *file = g_build_filename (path, name, NULL);

    g_unlink (file);
  }
  g_rmdir (path);
}

G_GNUC_UNUSED static void
tear_down (House *house, gconstpointer data)
{
  if (house->store != NULL)
    close_store (house);
  remove_folder (house->place);
  g_free (house->place);
}

/* what is pending is written by now, or has failed */
G_GNUC_UNUSED static void
settle (House *house)
{
  PhaetonSessionFilter none = { 0 };

  phaeton_store_find_sessions_async (house->store, &none, NULL, answer_cb, house);
  wait_answer (house);
  g_clear_object (&house->result);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

G_GNUC_UNUSED static void
pass_minute (House *house)
{
  settle (house);
  house->now_ms += PHAETON_STORE_COMMIT_EVERY_MS;
  phaeton_store_tick (house->store, house->now_ms);
  settle (house);
}

G_GNUC_UNUSED static PhaetonSessionPage *
find (House *house, const PhaetonSessionFilter *filter)
{
  g_autoptr (GError) error = NULL;
  PhaetonSessionPage *page;

  phaeton_store_find_sessions_async (house->store, filter, NULL, answer_cb, house);
  page = phaeton_store_find_sessions_finish (house->store, wait_answer (house), &error);
  g_assert_no_error (error);
  g_clear_object (&house->result);
  return page;
}

G_GNUC_UNUSED static PhaetonSessionPage *
find_all (House *house)
{
  const PhaetonSessionFilter all = { 0 };

  return find (house, &all);
}

G_GNUC_UNUSED static PhaetonSession *
make_session (const char *id, const char *charger, gint64 started_at, gint64 energy_wh)
{
  PhaetonSession *session = phaeton_session_new (id, charger);

  session->started_at = started_at;
  session->ended_at = started_at > 0 ? started_at + 7200 : 0;
  session->counter_known = TRUE;
  session->start_wh = 1000000;
  session->end_wh = 1000000 + energy_wh;
  session->energy_wh = energy_wh;
  session->charging_s = 3600;
  session->peak_w = 11000;
  session->phases = 3;
  session->cost_known = TRUE;
  session->cost_micros = energy_wh * 300;
  session->saved_micros = 77;
  session->currency = g_strdup ("EUR");
  session->sun_wh = energy_wh / 2;
  session->grid_wh = energy_wh / 4;
  session->end = PHAETON_END_UNPLUGGED;
  session->interruptions = 2;
  session->measured_known = TRUE;
  session->measured_wh = energy_wh + 3;
  session->compared_wh = energy_wh - 1;
  return session;
}

G_GNUC_UNUSED static void
put (House *house, const char *id, const char *charger, gint64 started_at, gint64 energy_wh)
{
  g_autoptr (PhaetonSession) session = make_session (id, charger, started_at, energy_wh);

  phaeton_store_put_session (house->store, session, house->now_ms, TRUE);
}

G_GNUC_UNUSED static const PhaetonSession *
get (PhaetonSessionPage *page, guint index)
{
  g_assert_cmpuint (index, <, page->sessions->len);
  return page->sessions->pdata[index];
}

G_GNUC_UNUSED static void
put_point (House *house, const char *series, gint64 at, gint64 sum, gint64 seconds)
{
  const PhaetonPoint point = { g_intern_string (series), at, { sum, seconds } };

  phaeton_store_put_point (house->store, &point);
}

G_GNUC_UNUSED static PhaetonSeriesData *
read_series (House *house, const char *names, gint64 from_at, gint64 to_at, PhaetonStep step,
             const char *zone)
{
  g_auto (GStrv) list = g_strsplit (names, ",", -1);
  g_autoptr (GTimeZone) local = g_time_zone_new_identifier (zone);
  const PhaetonSeriesQuery query = { list, from_at, to_at, step };
  g_autoptr (GError) error = NULL;
  PhaetonSeriesData *data;

  phaeton_store_read_series_async (house->store, &query, local, NULL, answer_cb, house);
  data = phaeton_store_read_series_finish (house->store, wait_answer (house), &error);
  g_clear_object (&house->result);
  g_assert_no_error (error);
  return data;
}

G_GNUC_UNUSED static PhaetonSeriesData *
read_seconds (House *house, const char *names, gint64 from_at, gint64 to_at, gint64 step_s)
{
  return read_series (house, names, from_at, to_at, (PhaetonStep){ PHAETON_STEP_SECONDS, step_s },
                      "UTC");
}

G_GNUC_UNUSED static gint64
sum_all (PhaetonSeriesData *data)
{
  const guint n = phaeton_series_data_get_n_steps (data) * g_strv_length (data->names);
  gint64 sum = 0;

  for (guint i = 0; i < n; i++)
    sum += data->amounts[i].sum;
  return sum;
}

G_GNUC_UNUSED static void
get_health (House *house, PhaetonStoreHealth *health)
{
  phaeton_store_get_health (house->store, health);
}

typedef struct {
  const char *name;
  void (*run) (House *house, gconstpointer data);
} Test;

static void
add_tests (const PhaetonStoreBackend *backend, const Test *tests, guint n_tests)
{
  for (guint i = 0; i < n_tests; i++) {
    g_autofree char *path = g_strdup_printf ("/store/%s/%s", backend->name, tests[i].name);

    g_test_add (path, House, backend, set_up, tests[i].run, tear_down);
  }
}
