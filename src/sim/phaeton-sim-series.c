/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-sim-series.h"

#include "phaeton-error.h"
#include "phaeton-sim-noise.h"

#include <math.h>
#include <string.h>

#define DAY_S 86400
#define MAX_ROWS (366 * 24 * 60) /* a year of minutes */
#define MAX_W 1e6
#define HEADER "time_utc,load_w,pv_w"

typedef struct {
  gint64 at;
  double load_w; /* NaN: missing */
  double pv_w;
} Row;

static gboolean
parse_watts (const char *text, double *watts)
{
  char *end = NULL;

  *watts = NAN;
  if (*text == '\0')
    return TRUE;
  *watts = g_ascii_strtod (text, &end);
  return end != text && *end == '\0' && isfinite (*watts) && fabs (*watts) <= MAX_W;
}

static gboolean
parse_row (const char *line, Row *row)
{
  g_auto (GStrv) cells = g_strsplit (line, ",", -1);
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) at = NULL;
  g_autofree char *stamp = NULL;

  if (g_strv_length (cells) < 3)
    return FALSE;
  /* "2024-02-28T21:00Z": GLib wants the seconds too */
  if (strlen (cells[0]) == strlen ("2024-02-28T21:00Z"))
    stamp = g_strdup_printf ("%.16s:00Z", cells[0]);
  at = g_date_time_new_from_iso8601 (stamp != NULL ? stamp : cells[0], utc);
  if (at == NULL)
    return FALSE;
  row->at = g_date_time_to_unix (at);
  return parse_watts (cells[1], &row->load_w) && parse_watts (cells[2], &row->pv_w);
}

/* a line between the known neighbours; level before the first and after the last */
static void
fill_gaps (double *values, guint n)
{
  guint last = n; /* index of the last known value; n: none yet */

  for (guint i = 0; i < n; i++) {
    if (isnan (values[i]))
      continue;
    for (guint j = last == n ? 0 : last + 1; j < i; j++)
      values[j] =
        last == n ? values[i] : values[last] + (values[i] - values[last]) * (j - last) / (i - last);
    last = i;
  }
  for (guint j = last == n ? 0 : last + 1; j < n; j++)
    values[j] = last == n ? 0.0 : values[last];
}

static PhaetonSimSeries *
new_from_rows (const GArray *rows)
{
  PhaetonSimSeries *self = g_new0 (PhaetonSimSeries, 1);

  self->n = rows->len;
  self->start_at = g_array_index (rows, Row, 0).at;
  self->step_s = g_array_index (rows, Row, 1).at - self->start_at;
  self->load_w = g_new (double, self->n);
  self->pv_w = g_new (double, self->n);
  for (guint i = 0; i < self->n; i++) {
    self->load_w[i] = g_array_index (rows, Row, i).load_w;
    self->pv_w[i] = g_array_index (rows, Row, i).pv_w;
  }
  fill_gaps (self->load_w, self->n);
  fill_gaps (self->pv_w, self->n);
  return self;
}

static gboolean
is_in_step (const GArray *rows)
{
  const Row *row = (const Row *) (gpointer) rows->data;
  const guint n = rows->len;

  return n < 2 || (row[1].at > row[0].at && row[n - 1].at - row[n - 2].at == row[1].at - row[0].at);
}

PhaetonSimSeries *
phaeton_sim_series_parse (const char *text, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", MAX_ROWS + 2);
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (Row));

  if (lines[0] == NULL || !g_str_has_prefix (lines[0], HEADER)) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, "line 1: must begin with %s", HEADER);
    return NULL;
  }
  for (guint i = 1; lines[i] != NULL; i++) {
    Row row;

    if (*g_strchomp (lines[i]) == '\0')
      continue;
    if (rows->len >= MAX_ROWS || !parse_row (lines[i], &row)) {
      g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                   "line %u: must be a UTC time and two powers in watts, at most %d rows", i + 1,
                   MAX_ROWS);
      return NULL;
    }
    g_array_append_val (rows, row);
    if (!is_in_step (rows)) {
      g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                   "line %u: rows must follow each other in equal steps", i + 1);
      return NULL;
    }
  }
  if (rows->len < 2) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, "must have at least two rows");
    return NULL;
  }
  return new_from_rows (rows);
}

void
phaeton_sim_series_free (PhaetonSimSeries *self)
{
  if (self == NULL)
    return;
  g_free (self->load_w);
  g_free (self->pv_w);
  g_free (self);
}

void
phaeton_sim_series_get (const PhaetonSimSeries *self, gint64 at_ms, double *load_w, double *pv_w)
{
  const gint64 length_s = self->n * self->step_s;
  const gint64 loop_ms = (length_s >= DAY_S ? length_s - length_s % DAY_S : length_s) * 1000;
  const gint64 past_ms = at_ms - self->start_at * 1000;
  const gint64 in_loop_ms = past_ms - phaeton_sim_floor_div (past_ms, loop_ms) * loop_ms;
  const guint index = in_loop_ms / (self->step_s * 1000);
  const guint next = (index + 1) % self->n;
  const double part =
    (double) (in_loop_ms - index * self->step_s * 1000) / (double) (self->step_s * 1000);

  *load_w = self->load_w[index] + (self->load_w[next] - self->load_w[index]) * part;
  *pv_w = self->pv_w[index] + (self->pv_w[next] - self->pv_w[index]) * part;
}
