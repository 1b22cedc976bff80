/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-http-patience.h"

#include <libsoup/soup.h>

#define DAY_S 86400
#define FIRST_WAIT_MS 15000
#define LONGEST_WAIT_MS (30 * 60 * 1000)
#define REFUSED_WAIT_MS (60 * 60 * 1000) /* a token does not mend itself */
#define BLOCKS_BORNE 3
#define LIMITED_WAIT_MS (60 * 60 * 1000) /* 429 that does not say how long */
#define MAX_RETRY_AFTER_S (24 * 60 * 60)

/* doubles from 15 s to 30 min; the second half of it by chance, so that houses do not ask in step
 */
void
phaeton_http_patience_back_off (PhaetonHttpPatience *self, gint64 at_least_ms)
{
  const gint64 full_ms =
    MAX (MIN (FIRST_WAIT_MS << MIN (self->n_failures, 16), LONGEST_WAIT_MS), at_least_ms);
  const gint64 wait_ms = full_ms / 2 + g_random_int_range (0, (int) (full_ms / 2) + 1);

  self->n_failures++;
  self->allowed_ms = phaeton_clock_get_monotonic_ms (self->clock) + MAX (wait_ms, at_least_ms);
}

void
phaeton_http_patience_note_refusal (PhaetonHttpPatience *self, gboolean is_open)
{
  phaeton_http_patience_back_off (self,
                                  is_open && self->n_failures < BLOCKS_BORNE ? 0 : REFUSED_WAIT_MS);
}

/* -1: neither seconds nor a date */
static gint64
parse_retry_after_s (const PhaetonHttpPatience *self, const char *text)
{
  g_autoptr (GDateTime) date = NULL;
  guint64 seconds;

  if (text == NULL)
    return -1;
  if (g_ascii_string_to_unsigned (text, 10, 0, MAX_RETRY_AFTER_S, &seconds, NULL))
    return (gint64) seconds;
  date = soup_date_time_new_from_http_string (text);
  if (date == NULL)
    return -1;
  return CLAMP (g_date_time_to_unix (date) - phaeton_clock_get_wall_at (self->clock), 0,
                MAX_RETRY_AFTER_S);
}

void
phaeton_http_patience_note_later (PhaetonHttpPatience *self, const char *text, gboolean is_limit)
{
  const gint64 retry_s = parse_retry_after_s (self, text);

  phaeton_http_patience_back_off (self, retry_s >= 0 ? retry_s * 1000
                                        : is_limit   ? LIMITED_WAIT_MS
                                                     : 0);
}

static gint64
get_day (const PhaetonHttpPatience *self)
{
  return phaeton_clock_get_wall_at (self->clock) / DAY_S;
}

guint
phaeton_http_patience_get_n_today (const PhaetonHttpPatience *self)
{
  return self->day == get_day (self) ? self->n_today : 0;
}

gint64
phaeton_http_patience_get_wait_ms (const PhaetonHttpPatience *self)
{
  const gint64 wait_ms = MAX (self->allowed_ms - phaeton_clock_get_monotonic_ms (self->clock), 0);
  const gint64 tomorrow_ms =
    ((get_day (self) + 1) * DAY_S - phaeton_clock_get_wall_at (self->clock)) * 1000;

  return phaeton_http_patience_get_n_today (self) >= self->requests_per_day
           ? MAX (wait_ms, tomorrow_ms)
           : wait_ms;
}

gboolean
phaeton_http_patience_spend (PhaetonHttpPatience *self)
{
  const guint n_today = phaeton_http_patience_get_n_today (self);

  if (n_today >= self->requests_per_day)
    return FALSE;
  self->n_today = n_today + 1;
  self->day = get_day (self);
  return TRUE;
}

void
phaeton_http_patience_adopt (PhaetonHttpPatience *self, gint64 day, guint n_today)
{
  if (day != get_day (self) || phaeton_http_patience_get_n_today (self) >= n_today)
    return;
  self->day = day;
  self->n_today = n_today;
}
