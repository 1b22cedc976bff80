/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "phaeton-histogram.h"

G_BEGIN_DECLS

#define PHAETON_TYPE_MODBUS_BUS (phaeton_modbus_bus_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonModbusBus, phaeton_modbus_bus, PHAETON, MODBUS_BUS, GObject)

/**
 * phaeton_modbus_bus_get:
 *
 * One TCP connection to one station, shared by everybody who asks for the same @host and @port
 * (a station accepts two masters; two sockets of ours must not use both). Connects when first
 * used, reconnects by itself with exponential back-off and jitter. The last reference closes it.
 * Main thread only; the wire is used by one worker thread of its own.
 *
 * Returns: (transfer full)
 */
PhaetonModbusBus *phaeton_modbus_bus_get (const char *host, guint16 port);

/* The first attempt after a connection that worked is immediate; then the pauses between attempts
 * grow from @retry_ms to at most 30 s. While one is due, requests fail with PHAETON_ERROR_OFFLINE
 * at once. */
void phaeton_modbus_bus_set_retry (PhaetonModbusBus *self, gint64 retry_ms);

/* as the worker saw it last */
gboolean phaeton_modbus_bus_is_connected (PhaetonModbusBus *self);

/* counts new connections; a changed number means that the station may have been restarted */
guint phaeton_modbus_bus_get_generation (PhaetonModbusBus *self);

/* what became of the requests of one bus */
typedef struct {
  PhaetonHistogram reads, writes;    /* of those that were answered: time on the wire */
  guint64 silent, garbled, refusals; /* no answer, or no connection; one that is none; exceptions */
} PhaetonModbusStats;

extern const PhaetonHistogramBounds phaeton_modbus_bounds;

/* of all buses that there are; @name: host:port */
typedef void (*PhaetonModbusStatsFunc) (const char *name, const PhaetonModbusStats *stats,
                                        gpointer user_data);
void phaeton_modbus_bus_foreach_stats (PhaetonModbusStatsFunc function, gpointer user_data);

/**
 * phaeton_modbus_bus_read_async:
 *
 * Reads @count (1 to 125) holding registers from @address of @unit. Writes overtake reads.
 * Fails with PHAETON_ERROR_OFFLINE (no connection, no answer in time, the station is busy, too
 * many requests wait), PHAETON_ERROR_PROTOCOL (an answer that is none), PHAETON_ERROR_REFUSED (a
 * Modbus exception other than busy; its code stands in the message) or G_IO_ERROR_CANCELLED, at
 * once. Nothing stays unanswered for more than 6 s.
 */
void phaeton_modbus_bus_read_async (PhaetonModbusBus *self, guint8 unit, guint16 address, int count,
                                    GCancellable *cancellable, GAsyncReadyCallback callback,
                                    gpointer user_data);

/* Returns: (element-type guint16) (transfer full): exactly as many as asked for */
GArray *phaeton_modbus_bus_read_finish (PhaetonModbusBus *self, GAsyncResult *result,
                                        GError **error);

/* function 0x10, all words in one request, also for one word */
void phaeton_modbus_bus_write_async (PhaetonModbusBus *self, guint8 unit, guint16 address,
                                     const guint16 *words, int count, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data);
gboolean phaeton_modbus_bus_write_finish (PhaetonModbusBus *self, GAsyncResult *result,
                                          GError **error);

G_END_DECLS
