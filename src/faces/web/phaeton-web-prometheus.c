/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-prometheus.h"

#include "phaeton-modbus-bus.h"
#include "phaeton-web-api.h"

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

/* one series of its family; @labels: (nullable): name="value", and more of them */
static void
append_histogram (GString *text, const char *name, const char *labels,
                  const PhaetonHistogramBounds *bounds, const PhaetonHistogram *histogram)
{
  g_autofree char *series = labels != NULL ? g_strdup_printf ("{%s}", labels) : g_strdup ("");
  guint64 count = 0;

  for (guint i = 0; i <= PHAETON_HISTOGRAM_BOUNDS; i++) {
    char bound[G_ASCII_DTOSTR_BUF_SIZE] = "+Inf";

    count += histogram->counts[i];
    if (i < PHAETON_HISTOGRAM_BOUNDS)
      g_ascii_formatd (bound, sizeof bound, "%g", bounds->ms[i] / 1000.0);
    g_string_append_printf (text, PREFIX "%s_bucket{%s%sle=\"%s\"} %" G_GUINT64_FORMAT "\n", name,
                            labels != NULL ? labels : "", labels != NULL ? "," : "", bound, count);
  }
  g_string_append_printf (text, PREFIX "%s_sum%s ", name, series);
  append_number (text, (double) histogram->sum_us / G_USEC_PER_SEC);
  g_string_append_printf (text, PREFIX "%s_count%s %" G_GUINT64_FORMAT "\n", name, series, count);
}

static void
append_gauge (GString *text, const char *name, const char *help, double value)
{
  begin_family (text, name, "gauge", help);
  g_string_append_printf (text, PREFIX "%s ", name);
  append_number (text, value);
}

/* Routes are few, and only those that somebody asked for are told. */

typedef void (*AppendRouteFunc) (GString *text, const char *labels,
                                 const PhaetonWebRouteStats *stats);

static void
append_route_answers (GString *text, const char *labels, const PhaetonWebRouteStats *stats)
{
  for (guint i = 1; i < G_N_ELEMENTS (stats->answers); i++)
    if (stats->answers[i] > 0)
      g_string_append_printf (
        text, PREFIX "http_requests_total{%s,class=\"%uxx\"} %" G_GUINT64_FORMAT "\n", labels, i,
        stats->answers[i]);
}

static void
append_route_durations (GString *text, const char *labels, const PhaetonWebRouteStats *stats)
{
  append_histogram (text, "http_request_duration_seconds", labels, &phaeton_web_bounds,
                    &stats->took);
}

static gboolean
was_asked (const PhaetonWebRouteStats *stats)
{
  for (guint i = 0; i < G_N_ELEMENTS (stats->answers); i++)
    if (stats->answers[i] > 0)
      return TRUE;
  return FALSE;
}

static void
append_routes (GString *text, PhaetonWebServer *server, AppendRouteFunc append)
{
  const PhaetonWebRouteStats *none = phaeton_web_server_get_route_stats (server, NULL);

  for (const PhaetonWebRoute *at = phaeton_web_api_get_routes (); at->method != NULL; at++) {
    const PhaetonWebRouteStats *stats = phaeton_web_server_get_route_stats (server, at);
    g_autofree char *labels = NULL;

    if (!was_asked (stats))
      continue;
    labels = g_strdup_printf ("method=\"%s\",route=\"%s\"", at->method, at->path);
    append (text, labels, stats);
  }
  if (was_asked (none))
    append (text, "method=\"\",route=\"\"", none);
}

static void
append_web (GString *text, PhaetonWebServer *server)
{
  PhaetonWebStats stats;

  phaeton_web_server_get_stats (server, &stats);
  begin_family (text, "http_request_duration_seconds", "histogram",
                "From the headers of a request to the end of its answer");
  append_routes (text, server, append_route_durations);
  begin_family (text, "http_requests_total", "counter", "Answers by the class of their status");
  append_routes (text, server, append_route_answers);
  begin_family (text, "http_refused_total", "counter", "Requests that the door turned away");
  g_string_append_printf (text, PREFIX "http_refused_total %" G_GUINT64_FORMAT "\n", stats.refused);
  append_gauge (text, "http_connections", "Open HTTP connections, event streams left out",
                stats.connections);
}

/* Modbus: a series for each station */

static char *
make_station (const char *name)
{
  GString *labels = g_string_new ("station=\"");

  append_label (labels, name);
  g_string_append_c (labels, '"');
  return g_string_free (labels, FALSE);
}

static void
append_wire_durations (const char *name, const PhaetonModbusStats *stats, gpointer user_data)
{
  g_autofree char *station = make_station (name);
  g_autofree char *reads = g_strconcat (station, ",kind=\"read\"", NULL);
  g_autofree char *writes = g_strconcat (station, ",kind=\"write\"", NULL);

  append_histogram (user_data, "modbus_request_duration_seconds", reads, &phaeton_modbus_bounds,
                    &stats->reads);
  append_histogram (user_data, "modbus_request_duration_seconds", writes, &phaeton_modbus_bounds,
                    &stats->writes);
}

static void
append_wire_errors (const char *name, const PhaetonModbusStats *stats, gpointer user_data)
{
  g_autofree char *station = make_station (name);
  const struct {
    const char *kind;
    guint64 count;
  } errors[] = { { "no_answer", stats->silent },
                 { "garbled", stats->garbled },
                 { "exception", stats->refusals } };

  for (guint i = 0; i < G_N_ELEMENTS (errors); i++)
    g_string_append_printf (user_data,
                            PREFIX "modbus_errors_total{%s,kind=\"%s\"} %" G_GUINT64_FORMAT "\n",
                            station, errors[i].kind, errors[i].count);
}

static void
append_modbus (GString *text)
{
  begin_family (text, "modbus_request_duration_seconds", "histogram",
                "Of requests that a station answered, from the first byte to the last");
  phaeton_modbus_bus_foreach_stats (append_wire_durations, text);
  begin_family (text, "modbus_errors_total", "counter",
                "Requests without an answer, with one that is none, or that a station refused");
  phaeton_modbus_bus_foreach_stats (append_wire_errors, text);
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

  begin_family (text, "build_info", "gauge", "Always 1; says what runs");
  g_string_append (text, PREFIX "build_info{version=\"" PHAETON_VERSION "\"} 1\n");
  append_fields (text, measures->snapshot);
  begin_family (text, "loop_busy_seconds", "histogram",
                "CPU time of the main loop between two polls, in which nothing else could run");
  append_histogram (text, "loop_busy_seconds", NULL, &phaeton_loop_bounds, &measures->loop.busy);
  append_modbus (text);
  if (measures->server != NULL)
    append_web (text, measures->server);
  append_gauge (text, "event_streams", "Open event streams", measures->event_streams);
  append_history (text, &measures->history);
  return g_string_free_to_bytes (text);
}
