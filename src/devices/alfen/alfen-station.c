/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-alfen"
#include "config.h"

#include "alfen-station.h"

#include <string.h>

#define INTERVAL_MS 60000       /* also the pause after a failure */
#define BOOT_SLACK_MS 10000     /* two reads of one boot instant differ by less ... */
#define BOOT_DRIFT_DIVISOR 1000 /* ... and by what the station's clock may drift meanwhile */

void
alfen_station_clear (AlfenStation *self)
{
  g_free (self->manufacturer);
  g_free (self->model);
  g_free (self->serial);
  g_free (self->firmware);
  memset (self, 0, sizeof *self);
}

void
alfen_station_note_connection (AlfenStation *self, gboolean first)
{
  self->identity_due = TRUE;
  self->restart_due = !first;
}

gboolean
alfen_station_is_due (const AlfenStation *self, gint64 now_ms)
{
  return now_ms >= self->hold_ms && (self->identity_due || now_ms >= self->next_ms);
}

/* The instant at which the station booted tells more than "the uptime went down": that misses a
 * boot long after a first look at a freshly booted station. */
static void
judge_uptime (AlfenStation *self, gint64 uptime_ms, gint64 now_ms)
{
  const gint64 boot_at_ms = now_ms - uptime_ms;
  const gint64 slack_ms = BOOT_SLACK_MS + (now_ms - self->boot_read_at_ms) / BOOT_DRIFT_DIVISOR;

  if (self->boot_known && boot_at_ms - self->boot_at_ms <= slack_ms)
    self->restart_due = FALSE;
  self->boot_known = TRUE;
  self->boot_at_ms = boot_at_ms;
  self->boot_read_at_ms = now_ms;
}

static gboolean
take_text (char **text, const AlfenImage *image, guint16 address, guint16 count)
{
  g_autofree char *found = alfen_decode_text (image, address, count);

  if (found == NULL || g_strcmp0 (found, *text) == 0)
    return FALSE;
  g_free (*text);
  *text = g_steal_pointer (&found);
  return TRUE;
}

gboolean
alfen_station_take (AlfenStation *self, const PhaetonRegisterConfig *at, const AlfenImage *image,
                    gboolean with_identity, gint64 now_ms)
{
  gint64 uptime_ms;
  gboolean changed;

  self->next_ms = now_ms + INTERVAL_MS;
  alfen_decode_station (at, image, &self->sample);
  if (!with_identity)
    return FALSE;
  self->identity_due = FALSE;
  if (alfen_decode_uptime (image, &uptime_ms))
    judge_uptime (self, uptime_ms, now_ms);
  changed = take_text (&self->manufacturer, image, at->manufacturer, at->manufacturer_count);
  changed |= take_text (&self->model, image, at->platform_type, at->platform_type_count);
  changed |= take_text (&self->serial, image, at->station_serial, at->station_serial_count);
  changed |= take_text (&self->firmware, image, at->firmware_version, at->firmware_version_count);
  return changed;
}

void
alfen_station_take_failure (AlfenStation *self, gint64 now_ms)
{
  self->next_ms = self->hold_ms = now_ms + INTERVAL_MS;
}

gboolean
alfen_station_take_restart (AlfenStation *self, gint64 now_ms)
{
  const gboolean asking = self->identity_due && now_ms >= self->hold_ms;

  if (!self->restart_due || asking)
    return FALSE;
  self->restart_due = FALSE;
  return TRUE;
}
