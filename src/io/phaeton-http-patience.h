/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-clock.h"

G_BEGIN_DECLS

/* When a service may be asked again: waits that grow with each failure, the wait that it asked for
 * itself, and the requests of a day. */

typedef struct {
  PhaetonClock *clock; /* borrowed */
  guint requests_per_day;

  guint n_failures;  /* in a row */
  gint64 allowed_ms; /* monotonic: no request before */
  gint64 day;        /* since 1970 in UTC, of ... */
  guint n_today;
} PhaetonHttpPatience;

/* after a failure: twice as long as after the last, by chance, at least as said */
void phaeton_http_patience_back_off (PhaetonHttpPatience *self, gint64 at_least_ms);

/* after 401, 403 or a bad certificate. @is_open: of a service that knows no tokens, where it is a
 * block that may be over soon: three are borne as any failure */
void phaeton_http_patience_note_refusal (PhaetonHttpPatience *self, gboolean is_open);

/* what the service says of it itself: seconds or a date, @text is (nullable); @is_limit: 429 */
void phaeton_http_patience_note_later (PhaetonHttpPatience *self, const char *text,
                                       gboolean is_limit);

/* requests that went out today; until the next is allowed, 0: now */
guint phaeton_http_patience_get_n_today (const PhaetonHttpPatience *self);
gint64 phaeton_http_patience_get_wait_ms (const PhaetonHttpPatience *self);

/* one goes out. FALSE: none is left today */
gboolean phaeton_http_patience_spend (PhaetonHttpPatience *self);

/* what the run before had spent */
void phaeton_http_patience_adopt (PhaetonHttpPatience *self, gint64 day, guint n_today);

G_END_DECLS
