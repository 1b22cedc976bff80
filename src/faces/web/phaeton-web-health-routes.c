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
  if (phaeton_settings_get_problems (self->settings)->len > 0)
    phaeton_json_text (json, NULL, "the settings have problems, see the log");
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
