/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-sim"
#include "config.h"

#include "phaeton-error.h"
#include "phaeton-sim-command.h"
#include "phaeton-sim-control.h"

#include <math.h>
#include <string.h>

#define TICK_MS 100
#define TICK_REAL_MS 20 /* at least, at any rate of the clock */
#define SECONDS_MAX 1e9

typedef struct {
  gint64 at_ms;
  char *command;
} Line;

struct _PhaetonSimScenario {
  PhaetonSimWorld *world;
  gint64 start_ms;
  GArray *lines; /* (owned) (element-type Line) */
  guint next;
  guint timer_id;
};

static void
clear_line (gpointer data)
{
  g_free (((Line *) data)->command);
}

static gboolean
parse_line (const char *text, Line *line)
{
  char *end = NULL;
  const double at_s = g_ascii_strtod (text, &end);

  if (end == text || !g_ascii_isspace (*end) || !(at_s >= 0.0 && at_s <= SECONDS_MAX))
    return FALSE;
  line->at_ms = (gint64) floor (at_s * 1000.0);
  line->command = g_strstrip (g_strdup (end));
  return TRUE;
}

static gboolean
parse_lines (PhaetonSimScenario *self, const char *text, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gint64 last_ms = 0;

  for (guint i = 0; lines[i] != NULL; i++) {
    Line line;
    char *comment = strchr (lines[i], '#');

    if (comment != NULL)
      *comment = '\0';
    if (*g_strstrip (lines[i]) == '\0')
      continue;
    if (!parse_line (lines[i], &line)) {
      g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                   "line %u: must be SECONDS COMMAND, not \"%s\"", i + 1, lines[i]);
      return FALSE;
    }
    g_array_append_val (self->lines, line);
    if (line.at_ms < last_ms) {
      g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, "line %u: seconds must not go back",
                   i + 1);
      return FALSE;
    }
    last_ms = line.at_ms;
  }
  return TRUE;
}

static gboolean
tick_cb (gpointer user_data)
{
  PhaetonSimScenario *self = user_data;
  const gint64 past_ms = phaeton_clock_get_monotonic_ms (self->world->clock) - self->start_ms;

  while (self->next < self->lines->len &&
         g_array_index (self->lines, Line, self->next).at_ms <= past_ms) {
    const char *command = g_array_index (self->lines, Line, self->next++).command;
    g_autofree char *answer = phaeton_sim_command_run (self->world, command);

    if (!g_str_has_prefix (answer, "ok"))
      g_printerr ("scenario: %s: %s\n", command, answer);
  }
  if (self->next < self->lines->len)
    return G_SOURCE_CONTINUE;
  self->timer_id = 0;
  return G_SOURCE_REMOVE;
}

PhaetonSimScenario *
phaeton_sim_scenario_new (PhaetonSimWorld *world, const char *text, GError **error)
{
  PhaetonSimScenario *self = g_new0 (PhaetonSimScenario, 1);
  gint64 tick_ms;

  self->world = world;
  self->start_ms = phaeton_clock_get_monotonic_ms (world->clock);
  self->lines = g_array_new (FALSE, FALSE, sizeof (Line));
  g_array_set_clear_func (self->lines, clear_line);
  if (!parse_lines (self, text, error)) {
    phaeton_sim_scenario_free (self);
    return NULL;
  }
  tick_ms = MAX (TICK_MS, (gint64) (TICK_REAL_MS * phaeton_clock_get_rate (world->clock)));
  self->timer_id = phaeton_clock_add_timer (world->clock, tick_ms, tick_cb, self);
  return self;
}

void
phaeton_sim_scenario_free (PhaetonSimScenario *self)
{
  if (self->timer_id != 0)
    phaeton_clock_remove_timer (self->world->clock, self->timer_id);
  g_array_unref (self->lines);
  g_free (self);
}
