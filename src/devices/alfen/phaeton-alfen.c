/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-alfen"
#include "config.h"

#include "phaeton-alfen.h"

#include "alfen-advice.h"
#include "alfen-decode.h"
#include "alfen-order.h"
#include "alfen-station.h"
#include "alfen-wire.h"
#include "phaeton-error.h"
#include "phaeton-log.h"
#include "phaeton-modbus-bus.h"

#include <string.h>

/**
 * PhaetonAlfen:
 *
 * One socket of an Alfen NG9xx over Modbus TCP. Main thread only.
 *
 * Polls the socket's unit with two requests; who the station is and what it may draw comes from
 * the station's unit, beside the polls: once for each connection, the latter every minute. A
 * station unit that does not answer costs no poll. Two failed polls in a row mean that the charger
 * is lost (the second comes after at most a second); the last sample stays, nothing becomes zero.
 */

#define LOST_AFTER_POLLS 2
#define CONFIRM_MS 1000 /* a slow poller asks again so soon before it calls a charger lost */
#define STEP_mA 100
#define VALIDITY_SLACK_S 2 /* readings of one validity time differ by less */

typedef enum { ORDER_LIMIT, ORDER_PHASES, N_ORDERS } OrderKind;

/* a set_limit or set_phases under way */
typedef struct {
  OrderKind kind;
  GCancellable *cancellable; /* (owned): of the bus requests */
  gulong link;               /* the caller's cancellable to ours */
  gboolean settings_changed; /* that is why it was cancelled: the caller is to ask again */
  gint64 began_ms;
} Order;

struct _PhaetonAlfen {
  GObject parent_instance;

  PhaetonClock *clock; /* (owned) */

  /* settings */
  char *id;
  PhaetonModbusConfig modbus; /* its host is owned */
  PhaetonRegisterConfig registers;
  PhaetonControlsConfig controls;
  gint64 poll_interval_ms;

  PhaetonModbusBus *bus;     /* (owned) */
  GCancellable *cancellable; /* (owned) (nullable): of polls and station reads; NULL: stopped */
  guint generation;          /* of the bus at the last good poll */

  guint poll_timer;
  guint confirm_timer;
  gboolean polling;
  gboolean merged; /* with as few requests as possible */
  gint64 poll_began_ms;
  guint failures; /* polls in a row */
  gboolean online;
  gboolean told_lost;
  PhaetonChargerSample sample;
  PhaetonPollStats stats;

  AlfenStation station;
  PhaetonIdentity identity; /* points into station */
  gboolean reading_station;
  gboolean reading_identity; /* with it */
  gboolean station_merged;

  GTask *orders[N_ORDERS]; /* (unowned) (nullable): the newest of each kind, while under way */
  gboolean phases_refused;
  int validity_s;           /* learned, 0 unknown */
  gint64 written_at_ms;     /* 0: nothing written since start */
  guint32 advice;           /* given already */
  int failsafe_mA;          /* what it should fall back to at most */
  PhaetonCapabilities told; /* the capabilities of the last "identified" */
};

static void phaeton_alfen_charger_init (PhaetonChargerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PhaetonAlfen, phaeton_alfen, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (PHAETON_TYPE_CHARGER,
                                                      phaeton_alfen_charger_init))

static gint64
now_ms (PhaetonAlfen *self)
{
  return phaeton_clock_get_monotonic_ms (self->clock);
}

static void
clear_timer (PhaetonAlfen *self, guint *timer)
{
  if (*timer != 0)
    phaeton_clock_remove_timer (self->clock, *timer);
  *timer = 0;
}

/* --- capabilities, advice --- */

static void
phaeton_alfen_get_capabilities (PhaetonCharger *charger, PhaetonCapabilities *can)
{
  PhaetonAlfen *self = PHAETON_ALFEN (charger);

  memset (can, 0, sizeof *can); /* padding too: they are compared */
  can->min_mA = PHAETON_MIN_OFFER_mA;
  can->step_mA = STEP_mA;
  can->can_set_phases =
    phaeton_sample_knows (&self->sample, PHAETON_SAMPLE_PHASES) && !self->phases_refused;
  can->needs_reassert = TRUE;
  can->reassert_ms = alfen_reassert_ms (self->validity_s);
}

static void
tell_capabilities (PhaetonAlfen *self)
{
  PhaetonCapabilities can;

  phaeton_alfen_get_capabilities (PHAETON_CHARGER (self), &can);
  if (memcmp (&can, &self->told, sizeof can) == 0)
    return;
  self->told = can;
  phaeton_charger_emit_identified (PHAETON_CHARGER (self));
}

/* once per change, not per poll */
static void
give_advice (PhaetonAlfen *self)
{
  const AlfenAdviceFacts facts = {
    self->validity_s,
    self->poll_interval_ms,
    self->written_at_ms == 0 ? -1 : now_ms (self) - self->written_at_ms,
    self->failsafe_mA,
  };
  const guint32 advice = alfen_advise (&self->sample, &facts);

  for (guint32 bit = 1; bit <= ALFEN_ADVICE_SAFE_FUSE; bit <<= 1)
    if (advice & ~self->advice & bit) {
      g_autofree char *text = alfen_advice_dup_text (bit, &self->sample, &facts);

      phaeton_warning (self->id, "charger %s: %s", self->id, text);
    }
  self->advice = advice;
}

/* registers for the safe current are read-only: compared with each reading */
static void
phaeton_alfen_set_failsafe (PhaetonCharger *charger, int limit_mA)
{
  PHAETON_ALFEN (charger)->failsafe_mA = limit_mA;
}

/* --- the station's unit --- */

static void
tell_restart (PhaetonAlfen *self)
{
  if (!alfen_station_take_restart (&self->station, now_ms (self)))
    return;
  phaeton_message (self->id, "charger %s may have restarted", self->id);
  phaeton_charger_emit_restarted (PHAETON_CHARGER (self));
}

static void
tell_identity (PhaetonAlfen *self)
{
  const PhaetonIdentity *is = &self->identity;

  self->identity = (PhaetonIdentity){ self->station.manufacturer, self->station.model,
                                      self->station.serial, self->station.firmware };
  phaeton_message (self->id, "charger %s: %s %s, serial %s, firmware %s", self->id,
                   is->manufacturer != NULL ? is->manufacturer : "unknown make",
                   is->model != NULL ? is->model : "", is->serial != NULL ? is->serial : "unknown",
                   is->firmware != NULL ? is->firmware : "unknown");
  phaeton_charger_emit_identified (PHAETON_CHARGER (self));
}

static void read_station (PhaetonAlfen *self);

static void
station_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (PhaetonAlfen) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree AlfenImage *image = alfen_read_finish (PHAETON_MODBUS_BUS (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self->reading_station = FALSE;
  if (self->station_merged && g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED)) {
    self->station_merged = FALSE;
    read_station (self);
    return;
  }
  if (image == NULL) {
    phaeton_info (self->id, "charger %s: reading the station: %s", self->id, error->message);
    alfen_station_take_failure (&self->station, now_ms (self));
  } else if (alfen_station_take (&self->station, &self->registers, image, self->reading_identity,
                                 now_ms (self))) {
    tell_identity (self);
  }
  tell_restart (self);
}

static void
read_station (PhaetonAlfen *self)
{
  AlfenImage plan;

  self->reading_station = TRUE;
  self->reading_identity = self->station.identity_due;
  alfen_plan_station (&self->registers, self->station_merged, self->reading_identity, &plan);
  alfen_read_async (self->bus, self->clock, self->modbus.station_unit, &plan, !self->station_merged,
                    self->cancellable, station_cb, g_object_ref (self));
}

static void
read_station_if_due (PhaetonAlfen *self)
{
  if (self->reading_station)
    return;
  tell_restart (self);
  if (!alfen_station_is_due (&self->station, now_ms (self)))
    return;
  self->station_merged = TRUE;
  self->merged = TRUE; /* what was refused once may have been a passing fault */
  read_station (self);
}

/* --- polls --- */

static void begin_poll (PhaetonAlfen *self);

static gboolean
confirm_cb (gpointer user_data)
{
  PhaetonAlfen *self = user_data;

  self->confirm_timer = 0;
  begin_poll (self);
  return G_SOURCE_REMOVE;
}

static void
set_online (PhaetonAlfen *self, gboolean online)
{
  if (self->online == online)
    return;
  self->online = online;
  phaeton_charger_emit_online_changed (PHAETON_CHARGER (self), online);
}

static void
take_failure (PhaetonAlfen *self, const GError *error)
{
  self->failures++;
  phaeton_info (self->id, "charger %s: poll failed: %s", self->id, error->message);
  phaeton_charger_emit_failed (PHAETON_CHARGER (self), error);
  if (self->failures < LOST_AFTER_POLLS) {
    if (self->poll_interval_ms > CONFIRM_MS && self->confirm_timer == 0)
      self->confirm_timer = phaeton_clock_add_timer (self->clock, CONFIRM_MS, confirm_cb, self);
    return;
  }
  if (!self->told_lost)
    phaeton_warning (self->id, "charger %s is lost, asking on: %s", self->id, error->message);
  self->told_lost = TRUE;
  set_online (self, FALSE);
}

static void
note_connection (PhaetonAlfen *self)
{
  const guint generation = phaeton_modbus_bus_get_generation (self->bus);

  if (generation == self->generation)
    return;
  alfen_station_note_connection (&self->station, self->generation == 0);
  self->generation = generation;
  self->phases_refused = FALSE;
}

static void
take_sample (PhaetonAlfen *self, const AlfenImage *image)
{
  PhaetonChargerSample sample = self->station.sample;

  sample.at_ms = now_ms (self);
  alfen_decode_socket (&self->registers, image, &sample);
  self->sample = sample;
  self->failures = 0;
  if (self->told_lost || !self->online)
    phaeton_message (self->id, "charger %s answers", self->id);
  self->told_lost = FALSE;
  note_connection (self);
  set_online (self, TRUE);
  phaeton_charger_emit_sampled (PHAETON_CHARGER (self), &sample);
  tell_capabilities (self);
  give_advice (self);
  if (self->cancellable != NULL) /* a handler may have stopped us */
    read_station_if_due (self);
}

static void
count_poll (PhaetonAlfen *self, const AlfenImage *image)
{
  PhaetonPollStats *stats = &self->stats;

  stats->total++;
  stats->duration_ms = (int) (now_ms (self) - self->poll_began_ms);
  if (stats->duration_ms > self->poll_interval_ms)
    stats->overruns++;
  if (image == NULL)
    return;
  stats->measure_ms = stats->status_ms = 0;
  for (guint i = 0; i < image->n_blocks; i++)
    if (image->blocks[i].address + image->blocks[i].count <= self->registers.status)
      stats->measure_ms += image->blocks[i].took_ms;
    else
      stats->status_ms += image->blocks[i].took_ms;
}

static void
poll_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (PhaetonAlfen) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree AlfenImage *image = alfen_read_finish (PHAETON_MODBUS_BUS (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self->polling = FALSE;
  if (self->merged && g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED)) {
    self->merged = FALSE;
    begin_poll (self);
    return;
  }
  count_poll (self, image);
  if (image == NULL)
    take_failure (self, error);
  else
    take_sample (self, image);
}

/* a tick that finds the last poll still under way is skipped */
static void
begin_poll (PhaetonAlfen *self)
{
  AlfenImage plan;

  if (self->polling)
    return;
  self->polling = TRUE;
  self->poll_began_ms = now_ms (self);
  alfen_plan_socket (&self->registers, self->merged, &plan);
  alfen_read_async (self->bus, self->clock, self->modbus.socket_unit, &plan, !self->merged,
                    self->cancellable, poll_cb, g_object_ref (self));
}

static gboolean
poll_timer_cb (gpointer user_data)
{
  begin_poll (user_data);
  return G_SOURCE_CONTINUE;
}

static void
begin_polling (PhaetonAlfen *self)
{
  self->poll_timer =
    phaeton_clock_add_timer (self->clock, self->poll_interval_ms, poll_timer_cb, self);
  begin_poll (self);
}

static void
cancel_reads (PhaetonAlfen *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  clear_timer (self, &self->poll_timer);
  clear_timer (self, &self->confirm_timer);
  self->polling = FALSE;
  self->reading_station = FALSE;
}

/* --- orders: set-point and phases --- */

static void
free_order (gpointer data)
{
  Order *order = data;

  g_object_unref (order->cancellable);
  g_free (order);
}

static void
cancel_orders (PhaetonAlfen *self, gboolean settings_changed)
{
  for (int kind = 0; kind < N_ORDERS; kind++)
    if (self->orders[kind] != NULL) {
      Order *order = g_task_get_task_data (g_steal_pointer (&self->orders[kind]));

      order->settings_changed = settings_changed;
      g_cancellable_cancel (order->cancellable);
    }
}

static void
learn_validity (PhaetonAlfen *self)
{
  const int seen_s = self->sample.setpoint_valid_s;

  if (phaeton_sample_knows (&self->sample, PHAETON_SAMPLE_SETPOINT_VALID) && seen_s > 0 &&
      ABS (seen_s - self->validity_s) > VALIDITY_SLACK_S)
    self->validity_s = seen_s;
}

static void
take_limit (PhaetonAlfen *self, const GArray *words)
{
  alfen_decode_control ((const guint16 *) (gpointer) words->data, &self->sample);
  self->written_at_ms = now_ms (self);
  learn_validity (self);
  tell_capabilities (self);
}

static void
take_phases_error (PhaetonAlfen *self, const GError *error)
{
  if (!g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED))
    return;
  self->phases_refused = TRUE; /* until reconnected or set otherwise: a person must allow it */
  phaeton_warning (self->id, "charger %s does not switch phases: %s", self->id, error->message);
  tell_capabilities (self);
}

static void
order_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  PhaetonAlfen *self = g_task_get_source_object (task);
  const Order *order = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GArray) words = alfen_write_finish (PHAETON_MODBUS_BUS (source), result, &error);

  g_cancellable_disconnect (g_task_get_cancellable (task), order->link);
  if (self->orders[order->kind] == task)
    self->orders[order->kind] = NULL;
  if (words == NULL) {
    if (order->settings_changed) {
      g_clear_error (&error);
      error = g_error_new_literal (PHAETON_ERROR, PHAETON_ERROR_OFFLINE, "the settings changed");
    } else if (order->kind == ORDER_PHASES) {
      take_phases_error (self, error);
    }
    g_task_return_error (task, error);
    return;
  }
  self->stats.write_ms = (int) (now_ms (self) - order->began_ms);
  if (order->kind == ORDER_LIMIT)
    take_limit (self, words);
  else
    self->sample.phases = g_array_index (words, guint16, 0);
  g_task_return_boolean (task, TRUE);
}

static void
link_cb (GCancellable *cancellable, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

/* @task: (transfer full) */
static void
begin_order (PhaetonAlfen *self, OrderKind kind, const AlfenWrite *write, GTask *task)
{
  GCancellable *callers = g_task_get_cancellable (task);
  Order *order;

  if (self->cancellable == NULL) {
    g_task_return_new_error (task, PHAETON_ERROR, PHAETON_ERROR_OFFLINE, "stopped");
    g_object_unref (task);
    return;
  }
  if (self->orders[kind] != NULL) { /* superseded */
    order = g_task_get_task_data (self->orders[kind]);
    g_cancellable_cancel (order->cancellable);
  }
  order = g_new0 (Order, 1);
  order->kind = kind;
  order->cancellable = g_cancellable_new ();
  order->began_ms = now_ms (self);
  g_task_set_task_data (task, order, free_order);
  if (callers != NULL)
    order->link = g_cancellable_connect (callers, G_CALLBACK (link_cb),
                                         g_object_ref (order->cancellable), g_object_unref);
  self->orders[kind] = task;
  alfen_write_async (self->bus, self->clock, write, order->cancellable, order_cb, task);
}

static void
phaeton_alfen_set_limit_async (PhaetonCharger *charger, int limit_mA, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
  PhaetonAlfen *self = PHAETON_ALFEN (charger);
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  AlfenWrite write;

  alfen_order_limit (&self->modbus, &self->registers, &self->controls, limit_mA, &write);
  g_task_set_source_tag (task, phaeton_alfen_set_limit_async);
  begin_order (self, ORDER_LIMIT, &write, task);
}

static gboolean
phaeton_alfen_set_limit_finish (PhaetonCharger *charger, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, charger), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, phaeton_alfen_set_limit_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
phaeton_alfen_set_phases_async (PhaetonCharger *charger, int phases, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data)
{
  PhaetonAlfen *self = PHAETON_ALFEN (charger);
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  AlfenWrite write;

  alfen_order_phases (&self->modbus, &self->registers, &self->controls, phases, &write);
  g_task_set_source_tag (task, phaeton_alfen_set_phases_async);
  begin_order (self, ORDER_PHASES, &write, task);
}

static gboolean
phaeton_alfen_set_phases_finish (PhaetonCharger *charger, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, charger), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, phaeton_alfen_set_phases_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- life and settings --- */

static void
phaeton_alfen_start (PhaetonCharger *charger)
{
  PhaetonAlfen *self = PHAETON_ALFEN (charger);

  if (self->cancellable != NULL)
    return;
  self->cancellable = g_cancellable_new ();
  begin_polling (self);
}

static void
phaeton_alfen_stop (PhaetonCharger *charger)
{
  PhaetonAlfen *self = PHAETON_ALFEN (charger);

  if (self->cancellable == NULL)
    return;
  cancel_reads (self);
  cancel_orders (self, FALSE);
  self->online = FALSE;
  self->failures = 0;
}

/* what was learned belongs to another charger */
static void
forget (PhaetonAlfen *self)
{
  memset (&self->sample, 0, sizeof self->sample);
  memset (&self->identity, 0, sizeof self->identity);
  alfen_station_clear (&self->station);
  self->generation = 0;
  self->validity_s = 0;
  self->written_at_ms = 0;
  self->advice = 0;
  self->failures = 0;
}

static gboolean
same_wire (const PhaetonModbusConfig *a, const PhaetonModbusConfig *b)
{
  return g_strcmp0 (a->host, b->host) == 0 && a->port == b->port &&
         a->socket_unit == b->socket_unit && a->station_unit == b->station_unit;
}

static void
take_config (PhaetonAlfen *self, const PhaetonChargerConfig *config)
{
  char *host = g_strdup (config->modbus.host);

  g_free (self->modbus.host);
  self->modbus = config->modbus;
  self->modbus.host = host;
  g_free (self->id);
  self->id = g_strdup (config->id);
  self->registers = config->registers;
  self->controls = config->controls;
  self->poll_interval_ms = MAX (config->poll_interval_ms, 1);
  self->merged = TRUE;
  self->phases_refused = FALSE;
  g_clear_object (&self->bus);
  self->bus = phaeton_modbus_bus_get (self->modbus.host, self->modbus.port);
  phaeton_modbus_bus_set_retry (self->bus, self->controls.retry_delay_ms);
}

static void
phaeton_alfen_set_config (PhaetonCharger *charger, const PhaetonChargerConfig *config)
{
  PhaetonAlfen *self = PHAETON_ALFEN (charger);
  g_autoptr (PhaetonModbusBus) old_bus = g_object_ref (self->bus); /* keeps the connection */
  const gboolean started = self->cancellable != NULL;
  const gboolean rewired = !same_wire (&self->modbus, &config->modbus);
  const gboolean remapped =
    memcmp (&self->registers, &config->registers, sizeof self->registers) != 0;
  const gboolean restart =
    rewired || remapped || self->poll_interval_ms != config->poll_interval_ms;

  if (restart && started)
    cancel_reads (self);
  if (rewired || remapped)
    cancel_orders (self, TRUE);
  take_config (self, config);
  if (rewired || remapped)
    forget (self);
  if (restart && started) {
    self->cancellable = g_cancellable_new ();
    begin_polling (self);
  }
  if (rewired)
    set_online (self, FALSE);
  if (rewired || remapped)
    phaeton_charger_emit_identified (charger);
  tell_capabilities (self);
}

static gboolean
phaeton_alfen_is_online (PhaetonCharger *charger)
{
  return PHAETON_ALFEN (charger)->online;
}

static const PhaetonIdentity *
phaeton_alfen_get_identity (PhaetonCharger *charger)
{
  return &PHAETON_ALFEN (charger)->identity;
}

static void
phaeton_alfen_get_poll_stats (PhaetonCharger *charger, PhaetonPollStats *stats)
{
  *stats = PHAETON_ALFEN (charger)->stats;
}

static char *
phaeton_alfen_dup_connection (PhaetonCharger *charger)
{
  const PhaetonAlfen *self = PHAETON_ALFEN (charger);

  return g_strdup_printf ("Modbus TCP %s:%u", self->modbus.host, self->modbus.port);
}

static void
phaeton_alfen_dispose (GObject *object)
{
  PhaetonAlfen *self = PHAETON_ALFEN (object);

  phaeton_alfen_stop (PHAETON_CHARGER (self));
  g_clear_object (&self->bus);
  G_OBJECT_CLASS (phaeton_alfen_parent_class)->dispose (object);
}

static void
phaeton_alfen_finalize (GObject *object)
{
  PhaetonAlfen *self = PHAETON_ALFEN (object);

  forget (self);
  g_free (self->modbus.host);
  g_free (self->id);
  g_object_unref (self->clock);
  G_OBJECT_CLASS (phaeton_alfen_parent_class)->finalize (object);
}

static void
phaeton_alfen_charger_init (PhaetonChargerInterface *iface)
{
  iface->start = phaeton_alfen_start;
  iface->stop = phaeton_alfen_stop;
  iface->set_config = phaeton_alfen_set_config;
  iface->is_online = phaeton_alfen_is_online;
  iface->get_identity = phaeton_alfen_get_identity;
  iface->get_capabilities = phaeton_alfen_get_capabilities;
  iface->get_poll_stats = phaeton_alfen_get_poll_stats;
  iface->dup_connection = phaeton_alfen_dup_connection;
  iface->set_failsafe = phaeton_alfen_set_failsafe;
  iface->set_limit_async = phaeton_alfen_set_limit_async;
  iface->set_limit_finish = phaeton_alfen_set_limit_finish;
  iface->set_phases_async = phaeton_alfen_set_phases_async;
  iface->set_phases_finish = phaeton_alfen_set_phases_finish;
}

static void
phaeton_alfen_class_init (PhaetonAlfenClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = phaeton_alfen_dispose;
  G_OBJECT_CLASS (klass)->finalize = phaeton_alfen_finalize;
}

static void
phaeton_alfen_init (PhaetonAlfen *self)
{
  self->failsafe_mA = G_MAXINT;
  self->stats =
    (PhaetonPollStats){ .duration_ms = -1, .measure_ms = -1, .status_ms = -1, .write_ms = -1 };
}

PhaetonCharger *
phaeton_alfen_new (const PhaetonChargerConfig *config, PhaetonClock *clock)
{
  PhaetonAlfen *self = g_object_new (PHAETON_TYPE_ALFEN, NULL);

  self->clock = g_object_ref (clock);
  take_config (self, config);
  phaeton_alfen_get_capabilities (PHAETON_CHARGER (self), &self->told);
  return PHAETON_CHARGER (self);
}
