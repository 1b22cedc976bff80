/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "alfen-decode.h"

G_BEGIN_DECLS

/* What the station's unit tells beside the polls, and when to ask it: once for each connection who
 * it is and since when it runs, every minute what it may draw. Times are monotonic milliseconds. */

typedef struct {
  PhaetonChargerSample sample;                    /* only what the station's unit tells */
  char *manufacturer, *model, *serial, *firmware; /* (owned) (nullable) */

  gboolean identity_due;
  gboolean restart_due; /* a new connection: it restarted unless its uptime says otherwise */
  gint64 next_ms;       /* the next read ... */
  gint64 hold_ms;       /* ... and none before, also for a new connection: the last one failed */

  gboolean boot_known;
  gint64 boot_at_ms; /* may be negative */
  gint64 boot_read_at_ms;
} AlfenStation;

/* knows nothing, asks at once */
void alfen_station_clear (AlfenStation *self);

/* @first: the first one, after which nothing can have been forgotten */
void alfen_station_note_connection (AlfenStation *self, gboolean first);

gboolean alfen_station_is_due (const AlfenStation *self, gint64 now_ms);

/* Returns: the identity changed; what cannot be read stays as it was */
gboolean alfen_station_take (AlfenStation *self, const PhaetonRegisterConfig *registers,
                             const AlfenImage *image, gboolean with_identity, gint64 now_ms);

void alfen_station_take_failure (AlfenStation *self, gint64 now_ms);

/* Returns: it may have forgotten its set-point; says so once for each connection, and not before
 * the station told its uptime or cannot be asked */
gboolean alfen_station_take_restart (AlfenStation *self, gint64 now_ms);

G_END_DECLS
