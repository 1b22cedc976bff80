/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-paths.h"
#include "phaeton-web-api-private.h"
#include "phaeton-web-prometheus.h"

#include <string.h>

/* Is it alive, is it ready, how is it, how old is it. */

#define STALE_MS 5000 /* a step a second; without one for so long the site stands still */

void
phaeton_web_get_livez (PhaetonWebRequest *request, gpointer user_data)
{
  g_autoptr (GBytes) text = g_bytes_new_static ("ok", 2);

  phaeton_web_reply (request, STATUS_OK, "text/plain; charset=utf-8", text);
}

static void
write_history_remark (PhaetonJson *json, PhaetonHistory *history)
{
  PhaetonHistoryHealth health;
  g_autofree char *text = NULL;

  phaeton_history_get_health (history, &health);
  if (health.problem != NULL)
    text = g_strdup_printf ("history is kept in memory: %s", health.problem);
  else if (health.lost_points + health.lost_sessions > 0)
    text = g_strdup_printf ("history lost %" G_GUINT64_FORMAT " sessions and %" G_GUINT64_FORMAT
                            " points",
                            health.lost_sessions, health.lost_points);
  if (text != NULL)
    phaeton_json_text (json, NULL, text);
}

/* "line 12: modbus.port, and 2 more": values are not for everybody who may ask how we are */
static char *
dup_places (GPtrArray *problems)
{
  const PhaetonProblem *first = problems->pdata[0];
  const gboolean has_key = first->key != NULL && first->key[0] != '\0';
  GString *text = g_string_new (NULL);

  if (first->line > 0)
    g_string_append_printf (text, "line %d%s", first->line, has_key ? ": " : "");
  if (has_key)
    g_string_append (text, first->key);
  if (problems->len > 1)
    g_string_append_printf (text, ", and %u more", problems->len - 1);
  return g_string_free (text, FALSE);
}

/* Returns: (transfer full) (nullable): NULL: the settings are as their file */
static char *
dup_settings_problem (PhaetonSettings *settings, gboolean *is_error)
{
  GPtrArray *problems = phaeton_settings_get_problems (settings);
  g_autofree char *places = problems->len > 0 ? dup_places (problems) : NULL;

  *is_error = FALSE;
  for (guint i = 0; i < problems->len; i++)
    *is_error |= ((const PhaetonProblem *) problems->pdata[i])->is_error;
  if (*is_error)
    return g_strdup_printf ("their file is refused, the last good ones stay in force: %s", places);
  if (!phaeton_settings_is_saved (settings)) {
    *is_error = TRUE;
    return g_strdup ("they apply but cannot be saved, see the log");
  }
  return places != NULL ? g_strdup_printf ("their file has warnings, see the log: %s", places)
                        : NULL;
}

static void
write_settings_health (PhaetonJson *json, PhaetonSettings *settings)
{
  gboolean is_error;
  g_autofree char *problem = dup_settings_problem (settings, &is_error);

  phaeton_json_begin_object (json, "settings");
  phaeton_json_boolean (json, "ok", !is_error);
  phaeton_json_text (json, "problem", problem);
  phaeton_json_end_object (json);
}

static void
write_settings_remark (PhaetonJson *json, PhaetonSettings *settings)
{
  gboolean is_error;
  g_autofree char *problem = dup_settings_problem (settings, &is_error);
  g_autofree char *text = problem != NULL ? g_strdup_printf ("settings: %s", problem) : NULL;

  if (text != NULL)
    phaeton_json_text (json, NULL, text);
}

/* what is not as it should be, but no reason to ask another server */
static void
write_remarks (PhaetonJson *json, PhaetonWebApi *self)
{
  const PhaetonSnapshot *snapshot = phaeton_site_get_snapshot (self->site);

  phaeton_json_begin_array (json, "remarks");
  for (guint i = 0; i < snapshot->n_chargers; i++) {
    const PhaetonChargerRecord *record = &snapshot->chargers[i];
    g_autofree char *text = NULL;

    if (phaeton_field_is_present (phaeton_field (PHAETON_FIELD_CONNECTED), record) &&
        record->connected)
      continue;
    text = g_strdup_printf ("charger %s does not answer", record->id);
    phaeton_json_text (json, NULL, text);
  }
  write_settings_remark (json, self->settings);
  write_history_remark (json, phaeton_site_get_history (self->site));
  phaeton_json_end_array (json);
}

void
phaeton_web_get_readyz (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  const gboolean is_stale =
    phaeton_clock_get_monotonic_ms (self->clock) - self->published_ms > STALE_MS;
  const gboolean has_stepped = phaeton_site_get_snapshot (self->site)->serial > 0;
  const gboolean is_ready = has_stepped && !is_stale && !self->is_stopping;
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_json_begin_object (&json, NULL);
  phaeton_json_boolean (&json, "ready", is_ready);
  phaeton_json_begin_array (&json, "reasons");
  if (!has_stepped)
    phaeton_json_text (&json, NULL, "the first step is still to come");
  if (is_stale)
    phaeton_json_text (&json, NULL, "the site stands still");
  if (self->is_stopping)
    phaeton_json_text (&json, NULL, "the daemon stops");
  phaeton_json_end_array (&json);
  write_remarks (&json, self);
  write_settings_health (&json, self->settings);
  phaeton_json_end_object (&json);
  phaeton_web_reply_json (request, is_ready ? STATUS_OK : STATUS_UNAVAILABLE, &json);
}

void
phaeton_web_get_prometheus (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  PhaetonWebMeasures measures = {
    .server = self->server,
    .snapshot = phaeton_site_get_snapshot (self->site),
    .event_streams = phaeton_epoll_push_get_n_readers (self->events) +
                     phaeton_web_state_events_get_n_readers (self->state_events),
  };
  g_autoptr (GBytes) text = NULL;

  phaeton_loop_monitor_get (&measures.loop);
  phaeton_history_get_health (phaeton_site_get_history (self->site), &measures.history);
  text = phaeton_web_print_prometheus (&measures);
  phaeton_web_reply (request, STATUS_OK, "text/plain; version=0.0.4; charset=utf-8", text);
}

/* updates: what runs here; the rest comes with the updater */

static const char *
get_installation (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);

  if (phaeton_paths_is_venus ())
    return "venus";
  if (program != NULL && g_str_has_prefix (program, PHAETON_BUILD_ROOT))
    return "source";
  return program != NULL && g_str_has_prefix (program, "/usr/bin/") ? "package" : "local";
}

void
phaeton_web_get_update_status (PhaetonWebRequest *request, gpointer user_data)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_json_begin_object (&json, NULL);
  phaeton_json_text (&json, "current_version", PHAETON_VERSION);
  phaeton_json_null (&json, "latest_version");
  phaeton_json_boolean (&json, "update_available", FALSE);
  phaeton_json_null (&json, "last_check");
  phaeton_json_null (&json, "error");
  phaeton_json_text (&json, "installation", get_installation ());
  phaeton_json_end_object (&json);
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

void
phaeton_web_refuse_update (PhaetonWebRequest *request, gpointer user_data)
{
  phaeton_web_reply_error (request, STATUS_NOT_IMPLEMENTED,
                           "this version has no updater: update a %s installation the way it was "
                           "installed",
                           get_installation ());
}
