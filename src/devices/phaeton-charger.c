/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-charger"
#include "config.h"

#include "phaeton-charger.h"

#include "phaeton-error.h"

#define MAX_LIMIT_mA 1000000 /* more than any cable: a caller that mixed up its units */

G_DEFINE_INTERFACE (PhaetonCharger, phaeton_charger, G_TYPE_OBJECT)

enum { SAMPLED, ONLINE_CHANGED, IDENTIFIED, FAILED, RESTARTED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
phaeton_charger_default_init (PhaetonChargerInterface *iface)
{
  signals[SAMPLED] = g_signal_new ("sampled", PHAETON_TYPE_CHARGER, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[ONLINE_CHANGED] = g_signal_new ("online-changed", PHAETON_TYPE_CHARGER, G_SIGNAL_RUN_LAST,
                                          0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
  signals[IDENTIFIED] = g_signal_new ("identified", PHAETON_TYPE_CHARGER, G_SIGNAL_RUN_LAST, 0,
                                      NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[FAILED] = g_signal_new ("failed", PHAETON_TYPE_CHARGER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[RESTARTED] = g_signal_new ("restarted", PHAETON_TYPE_CHARGER, G_SIGNAL_RUN_LAST, 0, NULL,
                                     NULL, NULL, G_TYPE_NONE, 0);
}

void
phaeton_charger_start (PhaetonCharger *self)
{
  g_return_if_fail (PHAETON_IS_CHARGER (self));

  PHAETON_CHARGER_GET_IFACE (self)->start (self);
}

void
phaeton_charger_stop (PhaetonCharger *self)
{
  g_return_if_fail (PHAETON_IS_CHARGER (self));

  PHAETON_CHARGER_GET_IFACE (self)->stop (self);
}

void
phaeton_charger_set_config (PhaetonCharger *self, const PhaetonChargerConfig *config)
{
  g_return_if_fail (PHAETON_IS_CHARGER (self) && config != NULL);

  PHAETON_CHARGER_GET_IFACE (self)->set_config (self, config);
}

gboolean
phaeton_charger_is_online (PhaetonCharger *self)
{
  g_return_val_if_fail (PHAETON_IS_CHARGER (self), FALSE);

  return PHAETON_CHARGER_GET_IFACE (self)->is_online (self);
}

const PhaetonIdentity *
phaeton_charger_get_identity (PhaetonCharger *self)
{
  g_return_val_if_fail (PHAETON_IS_CHARGER (self), NULL);

  return PHAETON_CHARGER_GET_IFACE (self)->get_identity (self);
}

void
phaeton_charger_get_capabilities (PhaetonCharger *self, PhaetonCapabilities *can)
{
  g_return_if_fail (PHAETON_IS_CHARGER (self) && can != NULL);

  PHAETON_CHARGER_GET_IFACE (self)->get_capabilities (self, can);
}

void
phaeton_charger_get_poll_stats (PhaetonCharger *self, PhaetonPollStats *stats)
{
  g_return_if_fail (PHAETON_IS_CHARGER (self) && stats != NULL);

  PHAETON_CHARGER_GET_IFACE (self)->get_poll_stats (self, stats);
}

char *
phaeton_charger_dup_connection (PhaetonCharger *self)
{
  g_return_val_if_fail (PHAETON_IS_CHARGER (self), NULL);

  return PHAETON_CHARGER_GET_IFACE (self)->dup_connection (self);
}

void
phaeton_charger_set_failsafe (PhaetonCharger *self, int limit_mA)
{
  g_return_if_fail (PHAETON_IS_CHARGER (self) && limit_mA >= 0);

  PHAETON_CHARGER_GET_IFACE (self)->set_failsafe (self, limit_mA);
}

void
phaeton_charger_set_limit_async (PhaetonCharger *self, int limit_mA, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (PHAETON_IS_CHARGER (self));

  /* a control pilot cannot say these, and a car that was told so may stop for good */
  if (limit_mA != 0 && (limit_mA < PHAETON_MIN_OFFER_mA || limit_mA > MAX_LIMIT_mA)) {
    g_task_report_new_error (self, callback, user_data, phaeton_charger_set_limit_async,
                             PHAETON_ERROR, PHAETON_ERROR_RANGE,
                             "a limit is 0 mA or %d to %d mA, not %d mA", PHAETON_MIN_OFFER_mA,
                             MAX_LIMIT_mA, limit_mA);
    return;
  }
  PHAETON_CHARGER_GET_IFACE (self)->set_limit_async (self, limit_mA, cancellable, callback,
                                                     user_data);
}

gboolean
phaeton_charger_set_limit_finish (PhaetonCharger *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (PHAETON_IS_CHARGER (self), FALSE);

  if (g_async_result_is_tagged (result, phaeton_charger_set_limit_async))
    return g_task_propagate_boolean (G_TASK (result), error);
  return PHAETON_CHARGER_GET_IFACE (self)->set_limit_finish (self, result, error);
}

void
phaeton_charger_set_phases_async (PhaetonCharger *self, int phases, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (PHAETON_IS_CHARGER (self));

  if (phases != 1 && phases != 3) {
    g_task_report_new_error (self, callback, user_data, phaeton_charger_set_phases_async,
                             PHAETON_ERROR, PHAETON_ERROR_RANGE,
                             "a car charges on 1 or 3 phases, not on %d", phases);
    return;
  }
  PHAETON_CHARGER_GET_IFACE (self)->set_phases_async (self, phases, cancellable, callback,
                                                      user_data);
}

gboolean
phaeton_charger_set_phases_finish (PhaetonCharger *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (PHAETON_IS_CHARGER (self), FALSE);

  if (g_async_result_is_tagged (result, phaeton_charger_set_phases_async))
    return g_task_propagate_boolean (G_TASK (result), error);
  return PHAETON_CHARGER_GET_IFACE (self)->set_phases_finish (self, result, error);
}

void
phaeton_charger_emit_sampled (PhaetonCharger *self, const PhaetonChargerSample *sample)
{
  g_signal_emit (self, signals[SAMPLED], 0, sample);
}

void
phaeton_charger_emit_online_changed (PhaetonCharger *self, gboolean online)
{
  g_signal_emit (self, signals[ONLINE_CHANGED], 0, online);
}

void
phaeton_charger_emit_identified (PhaetonCharger *self)
{
  g_signal_emit (self, signals[IDENTIFIED], 0);
}

void
phaeton_charger_emit_failed (PhaetonCharger *self, const GError *error)
{
  g_signal_emit (self, signals[FAILED], 0, error);
}

void
phaeton_charger_emit_restarted (PhaetonCharger *self)
{
  g_signal_emit (self, signals[RESTARTED], 0);
}
