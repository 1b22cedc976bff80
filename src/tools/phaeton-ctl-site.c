/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaetonctl"
#include "config.h"

#include "phaeton-ctl.h"

#include "phaeton-error.h"

/* Time and money as the daemon's settings have them: this shell may be in another country. */

gint64
phaeton_ctl_get_at (JsonObject *object, const char *name)
{
  const char *text = phaeton_ctl_get_text (object, name);
  g_autoptr (GDateTime) time = text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;

  return time != NULL ? g_date_time_to_unix (time) : 0;
}

gboolean
phaeton_ctl_site_read (PhaetonCtlSite *self, PhaetonCtl *ctl, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (JsonNode) answer =
    phaeton_ctl_client_call (ctl->client, "GET", "/api/v1/site", NULL, &reason);
  JsonObject *site =
    answer != NULL && JSON_NODE_HOLDS_OBJECT (answer) ? json_node_get_object (answer) : NULL;
  const char *zone = site != NULL ? phaeton_ctl_get_text (site, "time_zone") : NULL;

  *self = (PhaetonCtlSite){ 0 };
  if (reason != NULL) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return FALSE;
  }
  if (site == NULL) {
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL,
                         "the daemon's answer has no site");
    return FALSE;
  }
  self->wall_at = phaeton_ctl_get_at (site, "timestamp");
  self->currency = g_strdup (phaeton_ctl_get_text (site, "currency"));
  self->zone = zone != NULL ? g_time_zone_new_identifier (zone) : NULL;
  if (self->zone == NULL)
    self->zone = g_time_zone_new_utc ();
  return TRUE;
}

void
phaeton_ctl_site_clear (PhaetonCtlSite *self)
{
  g_clear_pointer (&self->zone, g_time_zone_unref);
  g_clear_pointer (&self->currency, g_free);
}

char *
phaeton_ctl_site_format (const PhaetonCtlSite *self, gint64 at, const char *format)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (at);
  g_autoptr (GDateTime) local = utc != NULL ? g_date_time_to_timezone (utc, self->zone) : NULL;

  return local != NULL ? g_date_time_format (local, format) : g_strdup ("-");
}
