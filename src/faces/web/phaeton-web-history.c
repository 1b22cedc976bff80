/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-history.h"

#include "phaeton-error.h"
#include "phaeton-web-answers.h"
#include "phaeton-web-documents.h"
#include "phaeton-web-history-documents.h"
#include "phaeton-web-query.h"
#include "phaeton-worker.h"

#include <string.h>

#define DEFAULT_PAGE 100
#define OLD_PAGE 12 /* ten of history, the running one, and one more */
#define MAX_SERIES 32
#define MAX_TEXT 200 /* characters of tag and note */
#define DAY_S 86400

/* --- what is asked --- */

static gint64
get_at (PhaetonWebQuery *query, const char *name, GTimeZone *zone, gint64 fallback_at)
{
  return phaeton_web_query_get_time_us (query, name, zone, fallback_at * G_USEC_PER_SEC) /
         G_USEC_PER_SEC;
}

static const char *const formats[] = { "json", "csv", NULL };

static void
read_filter (PhaetonWebQuery *self, GTimeZone *zone, PhaetonSessionFilter *filter)
{
  static const char *const orders[] = { "time", "energy", "cost", "charging-time", NULL };
  static const char *const directions[] = { "asc", "desc", NULL };

  filter->charger = g_strdup (phaeton_web_query_get (self, "charger"));
  filter->car = g_strdup (phaeton_web_query_get (self, "car"));
  filter->tag = g_strdup (phaeton_web_query_get (self, "tag"));
  filter->from_at = get_at (self, "from", zone, 0);
  filter->to_at = get_at (self, "to", zone, 0);
  if (filter->from_at > 0 && filter->to_at > 0 && filter->from_at > filter->to_at)
    phaeton_web_query_fail (self, "from", "before to");
  filter->order = (PhaetonSessionOrder) phaeton_web_query_get_choice (self, "sort", orders, 0);
  filter->descending = phaeton_web_query_get_choice (self, "order", directions, 1) == 1;
  filter->offset = (guint) phaeton_web_query_get_int (self, "offset", G_MAXINT32, 0);
  filter->limit =
    (guint) phaeton_web_query_get_int (self, "limit", PHAETON_SESSIONS_MAX_PAGE, DEFAULT_PAGE);
  if (filter->limit == 0)
    phaeton_web_query_fail (self, "limit", "1 or more");
}

/* --- answers that come later --- */

typedef struct {
  PhaetonWebRequest *request; /* (owned): held */
  PhaetonSite *site;          /* (owned): its history lives with it */
  gboolean csv;
  gboolean is_recorded; /* one of the series at least, in this run */
  guint offset;
} Answer;

static PhaetonHistory *
get_history (Answer *self)
{
  return phaeton_site_get_history (self->site);
}

static Answer *
hold (PhaetonWebRequest *request, PhaetonWebApi *api)
{
  Answer *self = g_new0 (Answer, 1);

  self->request = phaeton_web_request_hold (request);
  self->site = g_object_ref (phaeton_web_api_get_site (api));
  return self;
}

static void
finish_answer (Answer *self)
{
  phaeton_web_request_release (self->request);
  g_object_unref (self->site);
  g_free (self);
}

static void
reply_csv (PhaetonWebRequest *request, const char *name, GBytes *bytes)
{
  g_autofree char *disposition = g_strdup_printf ("attachment; filename=\"phaeton-%s.csv\"", name);

  phaeton_web_request_set_header (request, "Content-Disposition", disposition);
  phaeton_web_reply (request, STATUS_OK, "text/csv; charset=utf-8; header=present", bytes);
}

/* --- sessions --- */

static void
old_sessions_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;
  g_autoptr (PhaetonSessionPage) page =
    phaeton_history_find_sessions_finish (get_history (answer), result, NULL);

  if (page != NULL)
    phaeton_web_write_old_sessions (&json, page);
  else /* the running one is known without a data base */
    phaeton_web_write_sessions (&json, phaeton_site_get_snapshot (answer->site));
  phaeton_web_reply_json (answer->request, STATUS_OK, &json);
  finish_answer (answer);
}

/* the ancestors' API shows the first charger */
void
phaeton_web_history_get_old_sessions (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonSite *site = phaeton_web_api_get_site (user_data);
  PhaetonConfig *config = phaeton_site_get_config (site);
  const PhaetonSessionFilter filter = {
    .charger = config->n_chargers > 0 ? config->chargers[0].id : (char *) "",
    .descending = TRUE,
    .limit = OLD_PAGE,
  };

  phaeton_history_find_sessions_async (phaeton_site_get_history (site), &filter,
                                       phaeton_web_api_get_cancellable (user_data), old_sessions_cb,
                                       hold (request, user_data));
}

static void
sessions_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (PhaetonSessionPage) page =
    phaeton_history_find_sessions_finish (get_history (answer), result, &error);

  if (page == NULL) {
    phaeton_web_reply_failure (answer->request, error);
  } else if (answer->csv) {
    g_autoptr (GBytes) csv = phaeton_web_print_sessions (page);

    reply_csv (answer->request, "sessions", csv);
  } else {
    g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

    phaeton_web_write_session_page (&json, page, answer->offset);
    phaeton_web_reply_json (answer->request, STATUS_OK, &json);
  }
  finish_answer (answer);
}

void
phaeton_web_history_get_sessions (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonHistory *history = phaeton_site_get_history (phaeton_web_api_get_site (user_data));
  g_autoptr (PhaetonSessionFilter) filter = g_new0 (PhaetonSessionFilter, 1);
  g_auto (PhaetonWebQuery) query = { 0 };
  gboolean csv;
  Answer *answer;

  phaeton_web_query_init (&query, request);
  read_filter (&query, phaeton_history_get_zone (history), filter);
  csv = phaeton_web_query_get_choice (&query, "format", formats, 0) == 1;
  if (query.error != NULL) {
    phaeton_web_reply_failure (request, query.error);
    return;
  }
  answer = hold (request, user_data);
  answer->csv = csv;
  answer->offset = filter->offset;
  phaeton_history_find_sessions_async (history, filter, phaeton_web_api_get_cancellable (user_data),
                                       sessions_cb, answer);
}

static void
session_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (PhaetonSessionPage) page =
    phaeton_history_find_sessions_finish (get_history (answer), result, &error);

  if (page == NULL) {
    phaeton_web_reply_failure (answer->request, error);
  } else if (page->sessions->len == 0) {
    phaeton_web_reply_error (answer->request, STATUS_NOT_FOUND, "there is no such session");
  } else {
    g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

    phaeton_web_write_session (&json, page->sessions->pdata[0]);
    phaeton_web_reply_json (answer->request, STATUS_OK, &json);
  }
  finish_answer (answer);
}

static void
answer_session (Answer *answer)
{
  const PhaetonSessionFilter filter = {
    .id = (char *) phaeton_web_request_get_parameter (answer->request),
  };

  phaeton_history_find_sessions_async (get_history (answer), &filter, NULL, session_cb, answer);
}

void
phaeton_web_history_get_session (PhaetonWebRequest *request, gpointer user_data)
{
  answer_session (hold (request, user_data));
}

static void
edited_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;
  g_autoptr (GError) error = NULL;

  if (phaeton_history_finish (get_history (answer), result, &error)) {
    answer_session (answer);
    return;
  }
  phaeton_web_reply_failure (answer->request, error);
  finish_answer (answer);
}

/* FALSE: not what may be written there. @text: NULL: not in the body; "": clear */
static gboolean
read_text (JsonObject *body, const char *name, const char **text, GError **error)
{
  JsonNode *node = json_object_get_member (body, name);

  *text = NULL;
  if (node == NULL)
    return TRUE;
  if (JSON_NODE_HOLDS_NULL (node))
    *text = "";
  else if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    *text = json_node_get_string (node);
  if (*text != NULL && g_utf8_strlen (*text, -1) <= MAX_TEXT)
    return TRUE;
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_RANGE,
               "%s must be a text of at most %d characters, or null", name, MAX_TEXT);
  return FALSE;
}

static gboolean
read_edit (JsonNode *node, PhaetonSessionWords *words, GError **error)
{
  static const char *const known[] = { "car", "tag", "note", NULL };
  JsonObject *body = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  g_autoptr (GList) names = body != NULL ? json_object_get_members (body) : NULL;

  if (body == NULL || names == NULL) {
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_TYPE,
                         "the body must be an object with car, tag or note");
    return FALSE;
  }
  for (GList *l = names; l != NULL; l = l->next)
    if (!g_strv_contains (known, l->data)) {
      g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_RANGE,
                   "%s cannot be changed: car, tag and note can", (const char *) l->data);
      return FALSE;
    }
  return read_text (body, "car", &words->car, error) &&
         read_text (body, "tag", &words->tag, error) &&
         read_text (body, "note", &words->note, error);
}

void
phaeton_web_history_patch_session (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonSessionWords words;
  g_autoptr (GError) error = NULL;
  Answer *answer;

  if (!read_edit (phaeton_web_request_get_body (request), &words, &error)) {
    phaeton_web_reply_failure (request, error);
    return;
  }
  answer = hold (request, user_data);
  phaeton_history_edit_session_async (get_history (answer),
                                      phaeton_web_request_get_parameter (request), &words, NULL,
                                      edited_cb, answer);
}

static void
done_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;
  g_autoptr (GError) error = NULL;

  if (phaeton_history_finish (get_history (answer), result, &error)) {
    phaeton_json_begin_object (&json, NULL);
    phaeton_json_boolean (&json, "ok", TRUE);
    phaeton_json_end_object (&json);
    phaeton_web_reply_json (answer->request, STATUS_OK, &json);
  } else {
    phaeton_web_reply_failure (answer->request, error);
  }
  finish_answer (answer);
}

void
phaeton_web_history_delete_session (PhaetonWebRequest *request, gpointer user_data)
{
  Answer *answer = hold (request, user_data);

  phaeton_history_delete_session_async (
    get_history (answer), phaeton_web_request_get_parameter (request), NULL, done_cb, answer);
}

static void
totals_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) totals =
    phaeton_history_get_totals_finish (get_history (answer), result, &error);

  if (totals == NULL) {
    phaeton_web_reply_failure (answer->request, error);
  } else if (answer->csv) {
    g_autoptr (GBytes) csv = phaeton_web_print_totals (totals);

    reply_csv (answer->request, "totals", csv);
  } else {
    g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

    phaeton_web_write_totals (&json, totals);
    phaeton_web_reply_json (answer->request, STATUS_OK, &json);
  }
  finish_answer (answer);
}

void
phaeton_web_history_get_totals (PhaetonWebRequest *request, gpointer user_data)
{
  static const char *const keys[] = { "day", "month", "year", "charger", "car", NULL };
  PhaetonHistory *history = phaeton_site_get_history (phaeton_web_api_get_site (user_data));
  g_autoptr (PhaetonSessionFilter) filter = g_new0 (PhaetonSessionFilter, 1);
  g_auto (PhaetonWebQuery) query = { 0 };
  PhaetonTotalsKey key;
  gboolean csv;
  Answer *answer;

  phaeton_web_query_init (&query, request);
  read_filter (&query, phaeton_history_get_zone (history), filter);
  key =
    (PhaetonTotalsKey) phaeton_web_query_get_choice (&query, "by", keys, PHAETON_TOTALS_BY_MONTH);
  csv = phaeton_web_query_get_choice (&query, "format", formats, 0) == 1;
  if (query.error != NULL) {
    phaeton_web_reply_failure (request, query.error);
    return;
  }
  answer = hold (request, user_data);
  answer->csv = csv;
  phaeton_history_get_totals_async (history, filter, key,
                                    phaeton_web_api_get_cancellable (user_data), totals_cb, answer);
}

/* --- time series --- */

typedef struct {
  PhaetonSeriesData *data; /* (owned) */
  gboolean csv;
} SeriesText;

static void
free_series_text (gpointer data)
{
  SeriesText *text = data;

  phaeton_series_data_free (text->data);
  g_free (text);
}

static void
print_in_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const SeriesText *text = data;
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  if (!text->csv)
    phaeton_web_write_series (&json, text->data);
  g_task_return_pointer (
    task, text->csv ? phaeton_web_print_series (text->data) : phaeton_json_steal_bytes (&json),
    (GDestroyNotify) g_bytes_unref);
}

static void
printed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;
  g_autoptr (GBytes) bytes = g_task_propagate_pointer (G_TASK (result), NULL);

  if (answer->csv)
    reply_csv (answer->request, "history", bytes);
  else
    phaeton_web_reply (answer->request, STATUS_OK, "application/json", bytes);
  finish_answer (answer);
}

/* thousands of numbers take longer to print than the main loop may stand still.
 * @answer, @data: (transfer full) */
static void
reply_series (Answer *answer, PhaetonSeriesData *data)
{
  const SeriesText text = { data, answer->csv };
  g_autoptr (GTask) task = g_task_new (NULL, NULL, printed_cb, answer);

  g_task_set_source_tag (task, reply_series);
  g_task_set_task_data (task, g_memdup2 (&text, sizeof text), free_series_text);
  phaeton_worker_push (task, print_in_worker);
}

static void
series_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;
  g_autoptr (GError) error = NULL;
  PhaetonSeriesData *data =
    phaeton_history_read_series_finish (get_history (answer), result, &error);

  if (data != NULL && (answer->is_recorded || data->n_known > 0)) {
    reply_series (answer, data);
    return;
  }
  if (data != NULL)
    phaeton_web_reply_error (answer->request, STATUS_NOT_FOUND,
                             "no such series was ever recorded; /api/v1/history/series has their "
                             "names");
  else
    phaeton_web_reply_failure (answer->request, error);
  g_clear_pointer (&data, phaeton_series_data_free);
  finish_answer (answer);
}

/* "minute", "quarter", "hour", "day", "month", "year", or seconds; "second": from memory */
static gboolean
read_step (PhaetonWebQuery *query, PhaetonStep *step)
{
  const char *value = phaeton_web_query_get (query, "step");
  guint64 seconds;

  *step = (PhaetonStep){ PHAETON_STEP_SECONDS, PHAETON_QUARTER_S };
  if (value == NULL || strcmp (value, "quarter") == 0)
    return TRUE;
  if (strcmp (value, "minute") == 0)
    step->step_s = PHAETON_MINUTE_S;
  else if (strcmp (value, "hour") == 0)
    step->step_s = 3600;
  else if (strcmp (value, "day") == 0)
    step->kind = PHAETON_STEP_DAY;
  else if (strcmp (value, "month") == 0)
    step->kind = PHAETON_STEP_MONTH;
  else if (strcmp (value, "year") == 0)
    step->kind = PHAETON_STEP_YEAR;
  else if (g_ascii_string_to_unsigned (value, 10, PHAETON_MINUTE_S, DAY_S, &seconds, NULL) &&
           seconds % PHAETON_MINUTE_S == 0)
    step->step_s = (gint64) seconds;
  else
    phaeton_web_query_fail (
      query, "step",
      "second, minute, quarter, hour, day, month, year, or whole minutes in seconds");
  return query->error == NULL;
}

static GStrv
read_names (PhaetonWebQuery *query)
{
  const char *value = phaeton_web_query_get (query, "series");
  GStrv names = value != NULL ? g_strsplit (value, ",", MAX_SERIES + 1) : NULL;

  if (names == NULL || g_strv_length (names) > MAX_SERIES)
    phaeton_web_query_fail (query, "series",
                            "one to 32 names of /api/v1/history/series, with commas");
  return names;
}

static gboolean
is_one_recorded (PhaetonHistory *history, GStrv names)
{
  g_auto (GStrv) recorded = phaeton_history_list_series (history);

  for (guint i = 0; names[i] != NULL; i++)
    if (g_strv_contains ((const char *const *) recorded, names[i]))
      return TRUE;
  return FALSE;
}

void
phaeton_web_history_get_past (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonSite *site = phaeton_web_api_get_site (user_data);
  PhaetonHistory *history = phaeton_site_get_history (site);
  const gint64 now_at = phaeton_site_get_snapshot (site)->wall_us / G_USEC_PER_SEC;
  g_auto (GStrv) names = NULL;
  g_auto (PhaetonWebQuery) query = { 0 };
  PhaetonSeriesQuery wanted = { 0 };
  gboolean csv, live;
  Answer *answer;

  phaeton_web_query_init (&query, request);
  names = read_names (&query);
  csv = phaeton_web_query_get_choice (&query, "format", formats, 0) == 1;
  live = g_strcmp0 (phaeton_web_query_get (&query, "step"), "second") == 0;
  wanted.names = names;
  wanted.to_at = get_at (&query, "to", phaeton_history_get_zone (history), now_at);
  wanted.from_at =
    get_at (&query, "from", phaeton_history_get_zone (history), MAX (wanted.to_at - DAY_S, 0));
  if (!live && wanted.from_at >= wanted.to_at)
    phaeton_web_query_fail (&query, "from", "before to");
  if (!live)
    read_step (&query, &wanted.step);
  if (query.error != NULL) {
    phaeton_web_reply_failure (request, query.error);
    return;
  }
  answer = hold (request, user_data);
  answer->csv = csv;
  answer->is_recorded = is_one_recorded (history, names);
  if (live)
    reply_series (answer, phaeton_history_read_live (history, names, wanted.from_at, now_at));
  else
    phaeton_history_read_series_async (
      history, &wanted, phaeton_web_api_get_cancellable (user_data), series_cb, answer);
}

void
phaeton_web_history_get_series (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonHistory *history = phaeton_site_get_history (phaeton_web_api_get_site (user_data));
  g_auto (GStrv) names = phaeton_history_list_series (history);
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;
  PhaetonHistoryHealth health;

  phaeton_history_get_health (history, &health);
  phaeton_json_begin_object (&json, NULL);
  phaeton_json_begin_array (&json, "series");
  for (guint i = 0; names[i] != NULL; i++)
    phaeton_json_text (&json, NULL, names[i]);
  phaeton_json_end_array (&json);
  phaeton_json_text (&json, "problem", health.problem);
  phaeton_json_int (&json, "pending_sessions", health.pending_sessions);
  phaeton_json_int (&json, "pending_points", health.pending_points);
  phaeton_json_int (&json, "lost_sessions", (gint64) health.lost_sessions);
  phaeton_json_int (&json, "lost_points", (gint64) health.lost_points);
  phaeton_json_end_object (&json);
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

/* --- copies: names of files are fixed, no request chooses one --- */

static void
reply_path (Answer *answer, GAsyncResult *result, const char *name)
{
  g_autofree char *path = phaeton_history_dup_path (get_history (answer), name);
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;
  g_autoptr (GError) error = NULL;

  if (phaeton_history_finish (get_history (answer), result, &error)) {
    phaeton_json_begin_object (&json, NULL);
    phaeton_json_boolean (&json, "ok", TRUE);
    phaeton_json_text (&json, "path", path);
    phaeton_json_end_object (&json);
    phaeton_web_reply_json (answer->request, STATUS_OK, &json);
  } else {
    phaeton_web_reply_failure (answer->request, error);
  }
  finish_answer (answer);
}

static void
backup_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  reply_path (user_data, result, PHAETON_HISTORY_BACKUP);
}

void
phaeton_web_history_post_backup (PhaetonWebRequest *request, gpointer user_data)
{
  Answer *answer = hold (request, user_data);

  phaeton_history_backup_async (get_history (answer), backup_cb, answer);
}

static void
restore_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  reply_path (user_data, result, PHAETON_HISTORY_RESTORE);
}

void
phaeton_web_history_post_restore (PhaetonWebRequest *request, gpointer user_data)
{
  Answer *answer = hold (request, user_data);

  phaeton_history_restore_async (get_history (answer), restore_cb, answer);
}
