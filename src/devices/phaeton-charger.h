/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "phaeton-clock.h"
#include "phaeton-config.h"
#include "phaeton-sample.h"

G_BEGIN_DECLS

typedef struct {
  gint64 total;    /* polls done, answered or not */
  gint64 overruns; /* polls that took longer than the interval */
  int duration_ms; /* of the last one; -1: none yet */
  int measure_ms;  /* part of it: the measurements, -1 none */
  int status_ms;   /* part of it: state and control, -1 none */
  int write_ms;    /* the last write with its read-back, -1 none */
} PhaetonPollStats;

#define PHAETON_TYPE_CHARGER (phaeton_charger_get_type ())
G_DECLARE_INTERFACE (PhaetonCharger, phaeton_charger, PHAETON, CHARGER, GObject)

/**
 * PhaetonCharger:
 *
 * One charging point, whatever it is and however it is reached. Main thread only; nothing may
 * block. A driver polls on its own rhythm between start() and stop(), for ever: a charger that
 * does not answer is retried, never given up.
 *
 * Signals:
 * - "sampled" (const PhaetonChargerSample *): a complete new reading
 * - "online-changed" (gboolean online): the first answer, the loss. A lost charger keeps its last
 *   sample; whoever shows it must look at the flag.
 * - "identified": identity or capabilities changed
 * - "failed" (const GError *): a poll ended without an answer, and why
 * - "restarted": it may have forgotten what it was told: tell it again at once
 */
struct _PhaetonChargerInterface { /* all mandatory */
  GTypeInterface g_iface;

  void (*start) (PhaetonCharger *self);
  void (*stop) (PhaetonCharger *self);
  void (*set_config) (PhaetonCharger *self, const PhaetonChargerConfig *config);
  gboolean (*is_online) (PhaetonCharger *self);
  const PhaetonIdentity *(*get_identity) (PhaetonCharger *self);
  void (*get_capabilities) (PhaetonCharger *self, PhaetonCapabilities *can);
  void (*get_poll_stats) (PhaetonCharger *self, PhaetonPollStats *stats);
  char *(*dup_connection) (PhaetonCharger *self);
  void (*set_failsafe) (PhaetonCharger *self, int limit_mA);
  void (*set_limit_async) (PhaetonCharger *self, int limit_mA, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*set_limit_finish) (PhaetonCharger *self, GAsyncResult *result, GError **error);
  void (*set_phases_async) (PhaetonCharger *self, int phases, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*set_phases_finish) (PhaetonCharger *self, GAsyncResult *result, GError **error);
};

void phaeton_charger_start (PhaetonCharger *self);

/* cancels everything; no callback of a pending operation runs with success afterwards */
void phaeton_charger_stop (PhaetonCharger *self);

/**
 * phaeton_charger_set_config:
 * @config: copied as far as the driver needs it
 *
 * Applies live, also another wire (the charger is then lost until the new one answers). What did
 * not change keeps running. Only another driver needs another object.
 */
void phaeton_charger_set_config (PhaetonCharger *self, const PhaetonChargerConfig *config);

gboolean phaeton_charger_is_online (PhaetonCharger *self);

/* members are NULL until read; valid until the next "identified" */
const PhaetonIdentity *phaeton_charger_get_identity (PhaetonCharger *self);
void phaeton_charger_get_capabilities (PhaetonCharger *self, PhaetonCapabilities *can);
void phaeton_charger_get_poll_stats (PhaetonCharger *self, PhaetonPollStats *stats);

/* for people: "Modbus TCP 192.0.2.1:502"; VRM opens a tunnel where it ends in a bare address */
char *phaeton_charger_dup_connection (PhaetonCharger *self);

/**
 * phaeton_charger_set_failsafe:
 * @limit_mA: G_MAXINT: no matter
 *
 * What the charger may offer at most once nobody tells it anything any more. A driver writes it
 * where the charger has a watchdog of its own that takes it; else it compares and says what to set.
 */
void phaeton_charger_set_failsafe (PhaetonCharger *self, int limit_mA);

/**
 * phaeton_charger_set_limit_async:
 * @limit_mA: 0 pauses; else at least PHAETON_MIN_OFFER_mA
 *
 * Offers @limit_mA to the car and verifies by reading back that the charger took it.
 * A newer call supersedes one that is under way, which then ends with G_IO_ERROR_CANCELLED.
 * Fails with PHAETON_ERROR_OFFLINE (ask again later), PHAETON_ERROR_REFUSED (the charger said no,
 * or read back another value), PHAETON_ERROR_RANGE or G_IO_ERROR_CANCELLED.
 */
void phaeton_charger_set_limit_async (PhaetonCharger *self, int limit_mA, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data);
gboolean phaeton_charger_set_limit_finish (PhaetonCharger *self, GAsyncResult *result,
                                           GError **error);

/* 1 or 3; verified by reading back. The caller pauses the car first. Errors as above; after
 * PHAETON_ERROR_REFUSED capabilities say can_set_phases = FALSE until the charger reconnects or the
 * settings change. */
void phaeton_charger_set_phases_async (PhaetonCharger *self, int phases, GCancellable *cancellable,
                                       GAsyncReadyCallback callback, gpointer user_data);
gboolean phaeton_charger_set_phases_finish (PhaetonCharger *self, GAsyncResult *result,
                                            GError **error);

/* for drivers: emit the interface's signals */
void phaeton_charger_emit_sampled (PhaetonCharger *self, const PhaetonChargerSample *sample);
void phaeton_charger_emit_online_changed (PhaetonCharger *self, gboolean online);
void phaeton_charger_emit_identified (PhaetonCharger *self);
void phaeton_charger_emit_failed (PhaetonCharger *self, const GError *error);
void phaeton_charger_emit_restarted (PhaetonCharger *self);

G_END_DECLS
