/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-session.h"

/* a class B meter is right within 2 %; the rest is for power that changes between two looks */
#define DOUBT_PERCENT 10
#define DOUBT_WH 200 /* coarse counters, and cars that come and go */

PhaetonSession *
phaeton_session_new (const char *id, const char *charger)
{
  PhaetonSession *self = g_new0 (PhaetonSession, 1);

  g_strlcpy (self->id, id, sizeof self->id);
  self->charger = g_strdup (charger);
  return self;
}

void
phaeton_session_name_by (const char *text, char *id, gsize size)
{
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);

  /* RFC 9562, version 8 */
  g_snprintf (id, size, "%.8s-%.4s-8%.3s-a%.3s-%.12s", hash, hash + 8, hash + 12, hash + 15,
              hash + 18);
}

PhaetonSession *
phaeton_session_copy (const PhaetonSession *self)
{
  PhaetonSession *copy = g_memdup2 (self, sizeof *self);

  copy->charger = g_strdup (self->charger);
  copy->currency = g_strdup (self->currency);
  copy->car = g_strdup (self->car);
  copy->tag = g_strdup (self->tag);
  copy->note = g_strdup (self->note);
  return copy;
}

void
phaeton_session_free (PhaetonSession *self)
{
  if (self == NULL)
    return;
  g_free (self->charger);
  g_free (self->currency);
  g_free (self->car);
  g_free (self->tag);
  g_free (self->note);
  g_free (self);
}

gboolean
phaeton_session_get_average_w (const PhaetonSession *self, int *average_w)
{
  if (self->charging_s <= 0)
    return FALSE;
  *average_w = (int) MIN (self->energy_wh * 3600 / self->charging_s, G_MAXINT);
  return TRUE;
}

gboolean
phaeton_session_is_doubtful (const PhaetonSession *self)
{
  const gint64 least_wh = MIN (self->measured_wh, self->compared_wh);

  return self->measured_known && ABS (self->measured_wh - self->compared_wh) >
                                   MAX (DOUBT_WH, least_wh * DOUBT_PERCENT / 100);
}

const char *
phaeton_session_end_get_name (PhaetonSessionEnd end)
{
  switch (end) {
  case PHAETON_END_NONE:
    break;
  case PHAETON_END_UNPLUGGED:
    return "unplugged";
  case PHAETON_END_INTERRUPTED:
    return "interrupted";
  }
  return NULL;
}

PhaetonSessionFilter *
phaeton_session_filter_copy (const PhaetonSessionFilter *self)
{
  PhaetonSessionFilter *copy = g_memdup2 (self, sizeof *self);

  copy->id = g_strdup (self->id);
  copy->charger = g_strdup (self->charger);
  copy->car = g_strdup (self->car);
  copy->tag = g_strdup (self->tag);
  return copy;
}

void
phaeton_session_filter_free (PhaetonSessionFilter *self)
{
  g_free (self->id);
  g_free (self->charger);
  g_free (self->car);
  g_free (self->tag);
  g_free (self);
}

PhaetonSessionPage *
phaeton_session_page_new (void)
{
  PhaetonSessionPage *self = g_new0 (PhaetonSessionPage, 1);

  self->sessions = g_ptr_array_new_with_free_func ((GDestroyNotify) phaeton_session_free);
  return self;
}

void
phaeton_session_page_free (PhaetonSessionPage *self)
{
  g_ptr_array_unref (self->sessions);
  g_free (self);
}

void
phaeton_total_free (PhaetonTotal *self)
{
  g_free (self->key);
  g_free (self);
}
