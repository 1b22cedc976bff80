/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "alfen-decode.h"
#include "phaeton-clock.h"
#include "phaeton-modbus-bus.h"

G_BEGIN_DECLS

/* Requests that take more than one step on the bus. Main thread only. */

/**
 * alfen_read_async:
 * @plan: copied
 * @partial: blocks that the station refuses stay unknown, as long as it answers at least one
 *
 * Reads all blocks of @plan, one after the other. Fails with the errors of
 * phaeton_modbus_bus_read_async().
 */
void alfen_read_async (PhaetonModbusBus *bus, PhaetonClock *clock, guint8 unit,
                       const AlfenImage *plan, gboolean partial, GCancellable *cancellable,
                       GAsyncReadyCallback callback, gpointer user_data);

/* Returns: (transfer full): release with g_free() */
AlfenImage *alfen_read_finish (PhaetonModbusBus *bus, GAsyncResult *result, GError **error);

typedef struct {
  guint8 unit;
  guint16 address;
  guint16 words[2];
  int n_words;
  guint16 read_address; /* where the answer to "did you take it" stands ... */
  int n_read;           /* ... and its size */
  /* Returns: (nullable): %NULL: taken; else what was read instead, for people */
  char *(*verify) (const guint16 *read, int wanted, int tolerance);
  int wanted, tolerance; /* handed to verify() */
  gint64 verification_delay_ms, retry_delay_ms;
  int max_attempts;
} AlfenWrite;

/**
 * alfen_write_async:
 * @write: copied
 *
 * Writes, waits, reads back; and again while something else is read, but not for ever: then it
 * fails with PHAETON_ERROR_REFUSED and the figures. An error of the bus ends it at once.
 */
void alfen_write_async (PhaetonModbusBus *bus, PhaetonClock *clock, const AlfenWrite *write,
                        GCancellable *cancellable, GAsyncReadyCallback callback,
                        gpointer user_data);

/* Returns: (element-type guint16) (transfer full): what was read back */
GArray *alfen_write_finish (PhaetonModbusBus *bus, GAsyncResult *result, GError **error);

G_END_DECLS
