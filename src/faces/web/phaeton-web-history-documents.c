/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-history-documents.h"

#include <string.h>

#define OLD_HISTORY 10 /* the ancestors showed so many */
#define MILLION 1000000.0

/* --- JSON --- */

static void
write_time (PhaetonJson *json, const char *name, gint64 at)
{
  if (at > 0)
    phaeton_json_time (json, name, at * G_USEC_PER_SEC);
  else
    phaeton_json_null (json, name);
}

static const char *
get_old_status (const PhaetonSession *session)
{
  if (session->running)
    return "Active";
  return session->end == PHAETON_END_INTERRUPTED ? "Interrupted" : "Completed";
}

static void
write_old_session (PhaetonJson *json, const char *name, const PhaetonSession *session)
{
  int average_w = 0;
  const gboolean has_average = phaeton_session_get_average_w (session, &average_w);

  phaeton_json_begin_object (json, name);
  phaeton_json_text (json, "id", session->id);
  write_time (json, "start_time", session->started_at);
  write_time (json, "end_time", session->ended_at);
  phaeton_json_double_if (json, "start_energy_kwh", session->counter_known,
                          session->start_wh / 1000.0, 3);
  phaeton_json_double_if (json, "end_energy_kwh", session->counter_known && !session->running,
                          session->end_wh / 1000.0, 3);
  phaeton_json_double (json, "energy_delivered_kwh", session->energy_wh / 1000.0, 3);
  phaeton_json_int_if (json, "peak_power_w", session->peak_w > 0, session->peak_w);
  phaeton_json_int_if (json, "average_power_w", has_average, average_w);
  phaeton_json_double_if (json, "cost", session->cost_known, session->cost_micros / MILLION, 6);
  phaeton_json_text (json, "status", get_old_status (session));
  phaeton_json_end_object (json);
}

void
phaeton_web_write_old_sessions (PhaetonJson *json, const PhaetonSessionPage *page)
{
  const PhaetonSession *current = NULL, *last = NULL;
  guint n_ended = 0;

  for (guint i = 0; i < page->sessions->len; i++) {
    const PhaetonSession *session = page->sessions->pdata[i];

    if (session->running && current == NULL && last == NULL)
      current = session;
    if (!session->running && last == NULL)
      last = session;
  }
  phaeton_json_begin_object (json, NULL);
  if (current != NULL)
    write_old_session (json, "current_session", current);
  else
    phaeton_json_null (json, "current_session");
  if (last != NULL)
    write_old_session (json, "last_session", last);
  else
    phaeton_json_null (json, "last_session");
  phaeton_json_begin_array (json, "history");
  for (guint i = 0; i < page->sessions->len && n_ended < OLD_HISTORY; i++)
    n_ended += !((PhaetonSession *) page->sessions->pdata[i])->running;
  for (guint i = page->sessions->len; i > 0; i--) { /* oldest first, the newest ten */
    const PhaetonSession *session = page->sessions->pdata[i - 1];
    guint newer = 0;

    for (guint j = 0; j + 1 < i; j++)
      newer += !((PhaetonSession *) page->sessions->pdata[j])->running;
    if (!session->running && newer < n_ended)
      write_old_session (json, NULL, session);
  }
  phaeton_json_end_array (json);
  phaeton_json_end_object (json);
}

void
phaeton_web_write_session (PhaetonJson *json, const PhaetonSession *session)
{
  int average_w = 0;
  const gboolean has_average = phaeton_session_get_average_w (session, &average_w);

  phaeton_json_begin_object (json, NULL);
  phaeton_json_text (json, "id", session->id);
  phaeton_json_text (json, "charger", session->charger);
  phaeton_json_boolean (json, "running", session->running);
  write_time (json, "started_at", session->started_at);
  write_time (json, "ended_at", session->ended_at);
  phaeton_json_text (json, "end_reason", phaeton_session_end_get_name (session->end));
  phaeton_json_int (json, "interruptions", session->interruptions);
  phaeton_json_int (json, "energy_wh", session->energy_wh);
  phaeton_json_int_if (json, "measured_wh", session->measured_known, session->measured_wh);
  phaeton_json_int_if (json, "compared_wh", session->measured_known, session->compared_wh);
  phaeton_json_int_if (json, "start_counter_wh", session->counter_known, session->start_wh);
  phaeton_json_int_if (json, "end_counter_wh", session->counter_known, session->end_wh);
  phaeton_json_int (json, "charging_time_s", session->charging_s);
  phaeton_json_int_if (json, "peak_power_w", session->peak_w > 0, session->peak_w);
  phaeton_json_int_if (json, "average_power_w", has_average, average_w);
  phaeton_json_int_if (json, "phases", session->phases > 0, session->phases);
  phaeton_json_int (json, "sun_wh", session->sun_wh);
  phaeton_json_int (json, "battery_wh", session->battery_wh);
  phaeton_json_int (json, "grid_wh", session->grid_wh);
  phaeton_json_double_if (json, "cost", session->cost_known, session->cost_micros / MILLION, 6);
  phaeton_json_double (json, "saved", session->saved_micros / MILLION, 6);
  phaeton_json_text (json, "currency", session->currency);
  phaeton_json_text (json, "car", session->car);
  phaeton_json_text (json, "tag", session->tag);
  phaeton_json_text (json, "note", session->note);
  phaeton_json_end_object (json);
}

void
phaeton_web_write_session_page (PhaetonJson *json, const PhaetonSessionPage *page, guint offset)
{
  phaeton_json_begin_object (json, NULL);
  phaeton_json_int (json, "total", page->total);
  phaeton_json_int (json, "offset", offset);
  phaeton_json_begin_array (json, "sessions");
  for (guint i = 0; i < page->sessions->len; i++)
    phaeton_web_write_session (json, page->sessions->pdata[i]);
  phaeton_json_end_array (json);
  phaeton_json_end_object (json);
}

void
phaeton_web_write_totals (PhaetonJson *json, const GPtrArray *totals)
{
  phaeton_json_begin_object (json, NULL);
  phaeton_json_begin_array (json, "totals");
  for (guint i = 0; i < totals->len; i++) {
    const PhaetonTotal *total = totals->pdata[i];

    phaeton_json_begin_object (json, NULL);
    phaeton_json_text (json, "key", total->key[0] != '\0' ? total->key : NULL);
    phaeton_json_int (json, "sessions", total->n_sessions);
    phaeton_json_int (json, "energy_wh", total->energy_wh);
    phaeton_json_int (json, "charging_time_s", total->charging_s);
    phaeton_json_int (json, "sun_wh", total->sun_wh);
    phaeton_json_int (json, "battery_wh", total->battery_wh);
    phaeton_json_int (json, "grid_wh", total->grid_wh);
    phaeton_json_double (json, "cost", total->cost_micros / MILLION, 6);
    phaeton_json_int (json, "sessions_without_cost", total->n_cost_unknown);
    phaeton_json_double (json, "saved", total->saved_micros / MILLION, 6);
    phaeton_json_end_object (json);
  }
  phaeton_json_end_array (json);
  phaeton_json_end_object (json);
}

/* a mean, or the energy of the step in Wh; FALSE: it was never known in that step */
static gboolean
get_value (const char *name, const PhaetonAmount *amount, double *value)
{
  if (amount->seconds <= 0)
    return FALSE;
  *value = g_str_has_suffix (name, "energy_wh") ? amount->sum / 1000.0
                                                : (double) amount->sum / amount->seconds;
  return TRUE;
}

static const PhaetonAmount *
get_amount (const PhaetonSeriesData *data, guint series, guint step)
{
  return &data->amounts[series * phaeton_series_data_get_n_steps (data) + step];
}

void
phaeton_web_write_series (PhaetonJson *json, const PhaetonSeriesData *data)
{
  const guint n_steps = phaeton_series_data_get_n_steps (data);

  phaeton_json_begin_object (json, NULL);
  phaeton_json_begin_array (json, "starts_at"); /* one more: the end of the last step */
  for (guint i = 0; i <= n_steps; i++)
    phaeton_json_int (json, NULL, g_array_index (data->starts, gint64, i));
  phaeton_json_end_array (json);
  phaeton_json_begin_object (json, "series");
  for (guint i = 0; data->names[i] != NULL; i++) {
    phaeton_json_begin_array (json, data->names[i]);
    for (guint j = 0; j < n_steps; j++) {
      double value = 0;
      const gboolean known = get_value (data->names[i], get_amount (data, i, j), &value);

      phaeton_json_double_if (json, NULL, known, value, 1);
    }
    phaeton_json_end_array (json);
  }
  phaeton_json_end_object (json);
  phaeton_json_end_object (json);
}

/* --- CSV --- */

static void
add_cell (GString *text, const char *cell)
{
  if (text->len > 0 && text->str[text->len - 1] != '\n')
    g_string_append_c (text, ',');
  if (cell == NULL)
    return;
  if (strpbrk (cell, ",\"\r\n") == NULL) {
    g_string_append (text, cell);
    return;
  }
  g_string_append_c (text, '"');
  for (const char *c = cell; *c != '\0'; c++) {
    if (*c == '"')
      g_string_append_c (text, '"');
    g_string_append_c (text, *c);
  }
  g_string_append_c (text, '"');
}

/* what people wrote must not become a formula in a spreadsheet */
static void
add_text (GString *text, const char *cell)
{
  g_autofree char *safe = NULL;

  if (cell != NULL && cell[0] != '\0' && strchr ("=+-@\t\r\n", cell[0]) != NULL)
    safe = g_strconcat ("'", cell, NULL);
  add_cell (text, safe != NULL ? safe : cell);
}

static void
add_int (GString *text, gboolean known, gint64 value)
{
  char number[32];

  g_snprintf (number, sizeof number, "%" G_GINT64_FORMAT, value);
  add_cell (text, known ? number : NULL);
}

static void
add_double (GString *text, gboolean known, double value, const char *format)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (number, sizeof number, format, value);
  add_cell (text, known ? number : NULL);
}

static void
add_time (GString *text, gint64 at)
{
  g_autoptr (GDateTime) time = at > 0 ? g_date_time_new_from_unix_utc (at) : NULL;
  g_autofree char *cell = time != NULL ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ") : NULL;

  add_cell (text, cell);
}

static GString *
begin_table (const char *head)
{
  GString *text = g_string_new (head);

  return g_string_append (text, "\r\n");
}

/* a first cell that is empty looks like none yet: its comma is missing then */
static void
begin_row (GString *text, const char *first)
{
  add_text (text, first);
  if (first == NULL || first[0] == '\0')
    g_string_append (text, "\"\"");
}

GBytes *
phaeton_web_print_sessions (const PhaetonSessionPage *page)
{
  GString *text = begin_table (
    "id,charger,started_at,ended_at,end_reason,interruptions,energy_wh,start_counter_wh,"
    "end_counter_wh,charging_time_s,peak_power_w,phases,sun_wh,battery_wh,grid_wh,cost,saved,"
    "currency,car,tag,note,measured_wh,compared_wh");

  for (guint i = 0; i < page->sessions->len; i++) {
    const PhaetonSession *session = page->sessions->pdata[i];

    begin_row (text, session->id);
    add_text (text, session->charger);
    add_time (text, session->started_at);
    add_time (text, session->ended_at);
    add_cell (text, phaeton_session_end_get_name (session->end));
    add_int (text, TRUE, session->interruptions);
    add_int (text, TRUE, session->energy_wh);
    add_int (text, session->counter_known, session->start_wh);
    add_int (text, session->counter_known, session->end_wh);
    add_int (text, TRUE, session->charging_s);
    add_int (text, session->peak_w > 0, session->peak_w);
    add_int (text, session->phases > 0, session->phases);
    add_int (text, TRUE, session->sun_wh);
    add_int (text, TRUE, session->battery_wh);
    add_int (text, TRUE, session->grid_wh);
    add_double (text, session->cost_known, session->cost_micros / MILLION, "%.6f");
    add_double (text, TRUE, session->saved_micros / MILLION, "%.6f");
    add_text (text, session->currency);
    add_text (text, session->car);
    add_text (text, session->tag);
    add_text (text, session->note);
    add_int (text, session->measured_known, session->measured_wh);
    add_int (text, session->measured_known, session->compared_wh);
    g_string_append (text, "\r\n");
  }
  return g_string_free_to_bytes (text);
}

GBytes *
phaeton_web_print_totals (const GPtrArray *totals)
{
  GString *text = begin_table ("key,sessions,energy_wh,charging_time_s,sun_wh,battery_wh,grid_wh,"
                               "cost,sessions_without_cost,saved");

  for (guint i = 0; i < totals->len; i++) {
    const PhaetonTotal *total = totals->pdata[i];

    begin_row (text, total->key);
    add_int (text, TRUE, total->n_sessions);
    add_int (text, TRUE, total->energy_wh);
    add_int (text, TRUE, total->charging_s);
    add_int (text, TRUE, total->sun_wh);
    add_int (text, TRUE, total->battery_wh);
    add_int (text, TRUE, total->grid_wh);
    add_double (text, TRUE, total->cost_micros / MILLION, "%.6f");
    add_int (text, TRUE, total->n_cost_unknown);
    add_double (text, TRUE, total->saved_micros / MILLION, "%.6f");
    g_string_append (text, "\r\n");
  }
  return g_string_free_to_bytes (text);
}

GBytes *
phaeton_web_print_series (const PhaetonSeriesData *data)
{
  GString *text = g_string_new ("starts_at");

  for (guint i = 0; data->names[i] != NULL; i++)
    add_text (text, data->names[i]);
  g_string_append (text, "\r\n");
  for (guint j = 0; j < phaeton_series_data_get_n_steps (data); j++) {
    add_time (text, g_array_index (data->starts, gint64, j));
    for (guint i = 0; data->names[i] != NULL; i++) {
      double value = 0;
      const gboolean known = get_value (data->names[i], get_amount (data, i, j), &value);

      add_double (text, known, value, "%.1f");
    }
    g_string_append (text, "\r\n");
  }
  return g_string_free_to_bytes (text);
}
