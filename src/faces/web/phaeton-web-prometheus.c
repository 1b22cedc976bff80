/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-prometheus.h"

#define PREFIX "phaeton_"

static void
begin_family (GString *text, const char *name, const char *kind, const char *help)
{
  g_string_append_printf (text, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help,
                          name, kind);
}

/* never in the locale's way of writing numbers */
static void
append_number (GString *text, double value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (text, g_ascii_formatd (buffer, sizeof buffer, "%.15g", value));
  g_string_append_c (text, '\n');
}

/* of a label: the format's three escapes */
static void
append_label (GString *text, const char *value)
{
  for (const char *at = value != NULL ? value : ""; *at != '\0'; at++)
    if (*at == '\n')
      g_string_append (text, "\\n");
    else if (*at == '"' || *at == '\\')
      g_string_append_printf (text, "\\%c", *at);
    else
      g_string_append_c (text, *at);
}

static void
append_sample (GString *text, const PhaetonField *field, const PhaetonSnapshot *snapshot,
               guint charger)
{
  double shown;

  if (!phaeton_field_get_shown (field, phaeton_field_get_record (field, snapshot, charger),
                                &field->metric_format, &shown))
    return;
  g_string_append_printf (text, PREFIX "%s", field->metric);
  if (field->scope == PHAETON_SCOPE_CHARGER) {
    g_string_append (text, "{charger=\"");
    append_label (text, snapshot->chargers[charger].id);
    g_string_append (text, "\"}");
  }
  g_string_append_c (text, ' ');
  append_number (text, shown);
}

static void
append_fields (GString *text, const PhaetonSnapshot *snapshot)
{
  guint n_fields;
  const PhaetonField *fields = phaeton_fields_get (&n_fields);

  for (guint i = 0; i < n_fields; i++) {
    const guint n = fields[i].scope == PHAETON_SCOPE_CHARGER ? snapshot->n_chargers : 1;

    if (fields[i].metric == NULL)
      continue;
    begin_family (text, fields[i].metric,
                  g_str_has_suffix (fields[i].metric, "_total") ? "counter" : "gauge",
                  fields[i].help);
    for (guint charger = 0; charger < n; charger++)
      append_sample (text, &fields[i], snapshot, charger);
  }
}

static void
append_histogram (GString *text, const char *name, const char *help, const double *bounds_ms,
                  const guint64 *buckets, guint n_buckets, gint64 sum_us)
{
  guint64 count = 0;

  begin_family (text, name, "histogram", help);
  for (guint i = 0; i < n_buckets; i++) {
    char bound[G_ASCII_DTOSTR_BUF_SIZE] = "+Inf";

    count += buckets[i];
    if (i < n_buckets - 1)
      g_ascii_formatd (bound, sizeof bound, "%g", bounds_ms[i] / 1000.0);
    g_string_append_printf (text, PREFIX "%s_bucket{le=\"%s\"} %" G_GUINT64_FORMAT "\n", name,
                            bound, count);
  }
  g_string_append_printf (text, PREFIX "%s_sum ", name);
  append_number (text, (double) sum_us / G_USEC_PER_SEC);
  g_string_append_printf (text, PREFIX "%s_count %" G_GUINT64_FORMAT "\n", name, count);
}

static void
append_gauge (GString *text, const char *name, const char *help, double value)
{
  begin_family (text, name, "gauge", help);
  g_string_append_printf (text, PREFIX "%s ", name);
  append_number (text, value);
}

static void
append_answers (GString *text, const PhaetonWebStats *web)
{
  begin_family (text, "http_requests_total", "counter", "Answers by the class of their status");
  for (guint i = 1; i < G_N_ELEMENTS (web->answers); i++)
    g_string_append_printf (text,
                            PREFIX "http_requests_total{class=\"%uxx\"} %" G_GUINT64_FORMAT "\n", i,
                            web->answers[i]);
  begin_family (text, "http_refused_total", "counter", "Requests that the door turned away");
  g_string_append_printf (text, PREFIX "http_refused_total %" G_GUINT64_FORMAT "\n", web->refused);
}

static void
append_history (GString *text, const PhaetonHistoryHealth *history)
{
  append_gauge (text, "history_failing", "1 while history cannot be written",
                history->problem != NULL);
  append_gauge (text, "history_pending_points", "Points that wait in memory to be written",
                history->pending_points);
  append_gauge (text, "history_pending_sessions", "Sessions that wait in memory to be written",
                history->pending_sessions);
  begin_family (text, "history_commits_total", "counter", "Writes of history to the disk");
  g_string_append_printf (text, PREFIX "history_commits_total %" G_GUINT64_FORMAT "\n",
                          history->commits);
  begin_family (text, "history_lost_total", "counter", "What could not be written for too long");
  g_string_append_printf (text,
                          PREFIX "history_lost_total{kind=\"points\"} %" G_GUINT64_FORMAT
                                 "\n" PREFIX
                                 "history_lost_total{kind=\"sessions\"} %" G_GUINT64_FORMAT "\n",
                          history->lost_points, history->lost_sessions);
}

GBytes *
phaeton_web_print_prometheus (const PhaetonWebMeasures *measures)
{
  GString *text = g_string_sized_new (8192);
  const PhaetonLoopStats *loop = &measures->loop;
  const PhaetonWebStats *web = &measures->web;

  begin_family (text, "build_info", "gauge", "Always 1; says what runs");
  g_string_append (text, PREFIX "build_info{version=\"" PHAETON_VERSION "\"} 1\n");
  append_fields (text, measures->snapshot);
  append_histogram (text, "loop_busy_seconds",
                    "CPU time of the main loop between two polls, in which nothing else could run",
                    phaeton_loop_bounds_ms, loop->buckets, PHAETON_LOOP_BUCKETS, loop->cpu_us);
  append_histogram (text, "http_request_duration_seconds",
                    "From the headers of a request to the end of its answer", phaeton_web_bounds_ms,
                    web->buckets, PHAETON_WEB_BUCKETS, web->sum_us);
  append_answers (text, web);
  append_gauge (text, "http_connections", "Open HTTP connections, event streams left out",
                web->connections);
  append_gauge (text, "event_streams", "Open event streams", measures->event_streams);
  append_history (text, &measures->history);
  return g_string_free_to_bytes (text);
}
