/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-site"
#include "config.h"

#include "phaeton-site.h"

#include "phaeton-core.h"
#include "phaeton-error.h"
#include "phaeton-fleet.h"
#include "phaeton-guard.h"
#include "phaeton-load-note.h"
#include "phaeton-log.h"
#include "phaeton-loop-monitor.h"
#include "phaeton-record-fill.h"
#include "phaeton-recorder.h"
#include "phaeton-registry.h"
#include "phaeton-state-file.h"
#include "phaeton-zone-cache.h"

#include <string.h>

#define TICK_MS 1000
#define SAVE_EVERY_MS 60000        /* steady state: a running session, kind to flash */
#define STOP_DEADLINE_MS 1200      /* real time: a supervisor waits 2 s for all of us */
#define FIRST_ANSWER_MS 10000      /* until then a silent charger is "Initializing" */
#define CLOCK_IS_SET_AT 1577836800 /* 2020-01-01: before it, a GX has not heard of NTP yet */

/* where the ancestors kept their state; read on the first start only */
static const char *const ancestor_states[] = { "/data/phaeton_state.json",
                                               "/data/alfen_driver_config.json", NULL };

struct _PhaetonSite {
  GObject parent_instance;

  PhaetonConfig *config;    /* (owned) */
  PhaetonClock *clock;      /* (owned) */
  char *state_dir;          /* (owned) */
  PhaetonHome *home;        /* (owned) */
  PhaetonPriceDesk *prices; /* (owned) */
  PhaetonZoneCache zone;

  PhaetonFleet *fleet;         /* (owned) */
  PhaetonChargerInput *inputs; /* (owned): one each, filled for every step */
  PhaetonState *state, *next;  /* (owned): swapped by every step */
  PhaetonDecision *decision;   /* (owned): of the last step */
  PhaetonDecisionLog *log;     /* (owned) */
  PhaetonOrder order;          /* from outside */
  PhaetonRecorder *recorder;   /* (owned) (nullable) */
  PhaetonHistory *history;     /* (owned) */

  PhaetonSnapshot *snapshot; /* (owned) */
  gboolean stale;            /* something changed since the snapshot was built */
  guint64 n_snapshots;
  gint64 step_us, build_us;

  guint tick_id;     /* timer of the clock */
  guint step_source; /* a step is due before the tick */
  gint64 started_at_ms;
  gboolean stopping;

  PhaetonGuard guard; /* from outside, until it is taken back or we end */

  gboolean save_due, saving, save_failed;
  gint64 saved_at_ms;
};

G_DEFINE_FINAL_TYPE (PhaetonSite, phaeton_site, G_TYPE_OBJECT)

enum { PUBLISHED, CONFIG_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* --- state file --- */

static void begin_save (PhaetonSite *self);

static void
saved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (PhaetonSite) self = user_data;
  g_autoptr (GError) error = NULL;
  const gboolean ok = phaeton_state_file_save_finish (result, &error);

  self->saving = FALSE;
  if (!ok && !self->save_failed)
    phaeton_warning ("", "State is not saved, trying again every minute: %s", error->message);
  if (ok && self->save_failed)
    phaeton_message ("", "State is saved again");
  self->save_failed = !ok;
  if (self->stopping)
    return; /* one more save is on its way */
  phaeton_history_state_saved (self->history, ok, self->saved_at_ms);
  if (self->save_due && ok)
    begin_save (self);
}

static void
begin_save (PhaetonSite *self)
{
  g_autoptr (GHashTable) table = NULL;

  if (self->saving) {
    self->save_due = TRUE;
    return;
  }
  table = phaeton_fleet_collect_saved (self->fleet, self->state);
  self->save_due = FALSE;
  self->saving = TRUE;
  self->saved_at_ms = phaeton_clock_get_monotonic_ms (self->clock);
  phaeton_history_state_saving (self->history, self->config, self->state, table);
  phaeton_state_file_save_async (self->state_dir, table, saved_cb, g_object_ref (self));
}

static void
save_if_due (PhaetonSite *self)
{
  const gint64 age_ms = phaeton_clock_get_monotonic_ms (self->clock) - self->saved_at_ms;

  if (self->save_due ? (!self->save_failed || age_ms >= SAVE_EVERY_MS)
                     : (age_ms >= SAVE_EVERY_MS &&
                        (phaeton_state_has_session (self->state) || self->save_failed)))
    begin_save (self);
}

/* --- snapshot --- */

static const char *
get_driver_state (PhaetonSite *self)
{
  if (self->stopping)
    return "ShuttingDown";
  for (guint i = 0; i < self->config->n_chargers; i++)
    if (self->inputs[i].online)
      return "Running";
  if (phaeton_clock_get_monotonic_ms (self->clock) - self->started_at_ms < FIRST_ANSWER_MS)
    return "Initializing";
  return "Error";
}

/* "static" is the contract's word for a price of the settings */
static void
fill_price (PhaetonSite *self, PhaetonSnapshot *snapshot)
{
  PhaetonSiteRecord *record = &snapshot->site;
  const gint64 wall_at = phaeton_clock_get_wall_at (self->clock);
  PhaetonPriceSeries series;
  PhaetonPriceState state = { .kind = PHAETON_PRICE_KIND_FIXED };
  const gboolean is_fallback = phaeton_price_desk_get_series (self->prices, wall_at, &series);
  const PhaetonPriceSlot *slot = phaeton_price_series_find (&series, wall_at);

  if (slot == NULL && !self->config->pricing.is_fallback)
    return;
  phaeton_price_desk_get_state (self->prices, &state);
  SET (ENERGY_RATE, energy_rate_micros,
       slot != NULL ? slot->import_micros : self->config->static_rate_micros_per_kwh);
  if (slot == NULL || is_fallback || state.kind == PHAETON_PRICE_KIND_FIXED)
    SET (PRICING_SOURCE, pricing_source, "static");
  else
    SET (PRICING_SOURCE, pricing_source, phaeton_snapshot_take_text (snapshot, state.source));
}

static void
fill_site (PhaetonSite *self, PhaetonSnapshot *snapshot)
{
  PhaetonSiteRecord *record = &snapshot->site;
  const gint64 now_ms = phaeton_clock_get_monotonic_ms (self->clock);
  PhaetonLoopStats loop;
  PhaetonHomeSample home;

  SET (VERSION, version, PHAETON_VERSION);
  SET (GX_AUTO, gx_auto, 1);
  phaeton_guard_fill_record (&self->guard, record);
  SET (DRIVER_STATE, driver_state, get_driver_state (self));
  SET (UPTIME, uptime_s, (int) ((now_ms - self->started_at_ms) / 1000));
  if (self->config->currency[0] != '\0')
    SET (CURRENCY, currency, phaeton_snapshot_take_text (snapshot, self->config->currency));
  fill_price (self, snapshot);
  phaeton_loop_monitor_get (&loop);
  SET (LONGEST_DISPATCH, longest_dispatch_us, (int) MIN (loop.max_cpu_us, G_MAXINT));
  if (self->decision->surplus_known)
    SET (EXCESS_PV, excess_pv_w, self->decision->surplus_w);
  phaeton_home_get_sample (self->home, &home);
  phaeton_record_fill_house (record, &home, now_ms);
  SET_TEXT (TIME_ZONE, time_zone, phaeton_site_get_time_zone (self));
  SET (STEP_COMPUTE, step_compute_ms, (int) (self->step_us / 1000));
  SET (STEP_SNAPSHOT, step_snapshot_ms, (int) (self->build_us / 1000));
}

static void
build_snapshot (PhaetonSite *self)
{
  PhaetonSnapshot *snapshot = phaeton_snapshot_new (self->config->n_chargers);
  const gint64 began_us = phaeton_clock_cpu_us ();

  snapshot->serial = ++self->n_snapshots;
  snapshot->wall_us = phaeton_clock_get_wall_us (self->clock);
  phaeton_config_list_circuits (self->config, snapshot->circuits);
  for (guint k = 0; snapshot->circuits[k] != NULL; k++)
    snapshot->circuits[k] = phaeton_snapshot_take_text (snapshot, snapshot->circuits[k]);
  for (guint i = 0; i < self->config->n_chargers; i++) {
    phaeton_controller_fill_record (phaeton_fleet_get (self->fleet, i), snapshot, i);
    phaeton_record_fill_decided (snapshot, i, &self->config->chargers[i], self->inputs[i].online,
                                 &self->decision->chargers[i], &self->state->chargers[i].session);
  }
  fill_site (self, snapshot);
  g_clear_pointer (&self->snapshot, phaeton_snapshot_unref);
  self->snapshot = snapshot;
  self->stale = FALSE;
  self->build_us = phaeton_clock_cpu_us () - began_us;
}

PhaetonSnapshot *
phaeton_site_get_snapshot (PhaetonSite *self)
{
  g_return_val_if_fail (PHAETON_IS_SITE (self), NULL);

  if (self->stale)
    build_snapshot (self);
  return self->snapshot;
}

static void
publish (PhaetonSite *self)
{
  self->stale = TRUE;
  g_signal_emit (self, signals[PUBLISHED], 0, phaeton_site_get_snapshot (self));
}

/* --- the step --- */

const char *
phaeton_site_get_time_zone (PhaetonSite *self)
{
  return self->config->timezone[0] != '\0' ? self->config->timezone
                                           : phaeton_home_get_time_zone (self->home);
}

static void
gather_input (PhaetonSite *self, PhaetonInput *input)
{
  memset (input, 0, sizeof *input);
  input->now_ms = phaeton_clock_get_monotonic_ms (self->clock);
  input->wall_at = phaeton_clock_get_wall_at (self->clock);
  input->wall_known = input->wall_at >= CLOCK_IS_SET_AT;
  phaeton_zone_cache_get (&self->zone, phaeton_site_get_time_zone (self), input->wall_at,
                          &input->zone);
  phaeton_home_get_sample (self->home, &input->home);
  phaeton_price_desk_set_zone (self->prices, &input->zone);
  input->prices_fallback =
    phaeton_price_desk_get_series (self->prices, input->wall_at, &input->prices);
  input->order = self->order;
  phaeton_guard_tighten_order (&self->guard, input->now_ms, &input->order);
  input->n_chargers = self->config->n_chargers;
  input->chargers = self->inputs;
  for (guint i = 0; i < self->config->n_chargers; i++)
    phaeton_controller_fill_input (phaeton_fleet_get (self->fleet, i), &self->inputs[i]);
}

static void
note_session_began (PhaetonSite *self, guint index)
{
  PhaetonSessionState *session = &self->state->chargers[index].session;
  PhaetonSavedCharger *saved =
    phaeton_controller_get_saved (phaeton_fleet_get (self->fleet, index));
  g_autofree char *id = g_uuid_string_random ();

  g_strlcpy (session->id, id, sizeof session->id);
  phaeton_message (self->config->chargers[index].id, "Started charging session %s", id);
  if (saved->auto_start && !saved->command.enabled) {
    saved->command.enabled = TRUE;
    phaeton_message (self->config->chargers[index].id, "StartStop changed: enabled by auto start");
  }
  self->save_due = TRUE;
}

static void
note_decision (PhaetonSite *self, guint index)
{
  const PhaetonChargerDecision *decision = &self->decision->chargers[index];
  const PhaetonVerdict *binding = phaeton_chain_get_binding (&decision->chain);
  const PhaetonCommand *command = &self->inputs[index].command;
  const PhaetonDecisionEntry entry = { .wall_us = phaeton_clock_get_wall_us (self->clock),
                                       .charger = index,
                                       .mode = command->mode,
                                       .enabled = command->enabled,
                                       .status = decision->status,
                                       .limit_mA = decision->limit_mA,
                                       .chain = decision->chain };
  const char *circuits[PHAETON_MAX_CIRCUITS + 1];
  g_autofree char *text = NULL;

  if (!phaeton_decision_log_note (self->log, &entry) || binding == NULL)
    return;
  phaeton_config_list_circuits (self->config, circuits);
  text = phaeton_verdict_to_text (binding, circuits);
  phaeton_info (self->config->chargers[index].id, "Limit %.1f A: %s", decision->limit_mA / 1000.0,
                text);
}

static void
swap_states (PhaetonSite *self)
{
  PhaetonState *old = self->state;

  self->state = self->next;
  self->next = old;
}

static void
step (PhaetonSite *self)
{
  const gint64 began_us = phaeton_clock_cpu_us ();
  PhaetonInput input;

  gather_input (self, &input);
  phaeton_core_step (self->config, &input, self->state, self->decision, self->next);
  if (self->recorder != NULL)
    phaeton_recorder_add (self->recorder, self->config, &input, self->state, self->decision);
  phaeton_load_note (self->config, &self->state->site, &self->next->site);
  swap_states (self);
  self->step_us = phaeton_clock_cpu_us () - began_us;
  for (guint i = 0; i < self->config->n_chargers; i++) {
    const PhaetonChargerDecision *decision = &self->decision->chargers[i];

    self->save_due |= decision->session_ended;
    if (decision->session_began)
      note_session_began (self, i);
    note_decision (self, i);
    phaeton_controller_carry_out (phaeton_fleet_get (self->fleet, i), decision);
  }
  self->save_due |= phaeton_history_step (self->history, self->config, &input, self->state,
                                          self->decision, phaeton_site_get_time_zone (self));
  save_if_due (self);
  publish (self);
}

static gboolean
tick_cb (gpointer user_data)
{
  step (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
step_soon_cb (gpointer user_data)
{
  PhaetonSite *self = user_data;

  self->step_source = 0;
  step (self);
  return G_SOURCE_REMOVE;
}

/* however many events come before the loop turns, one step answers them all */
static void
step_soon (PhaetonSite *self)
{
  if (self->step_source == 0 && self->tick_id != 0 && !self->stopping)
    self->step_source = g_idle_add_full (G_PRIORITY_DEFAULT, step_soon_cb, self, NULL);
}

static void
urgent_cb (PhaetonController *controller, PhaetonSite *self)
{
  step_soon (self);
}

/* a guarded fuse does not wait for the tick when its meter has news, nor does who follows the sun
 */
static void
home_sampled_cb (PhaetonHome *home, PhaetonSite *self)
{
  gboolean follows = self->config->n_circuits > 0;

  for (guint i = 0; !follows && i < self->config->n_chargers; i++)
    follows = self->inputs[i].command.mode == PHAETON_MODE_AUTO && self->inputs[i].command.enabled;
  if (follows)
    step_soon (self);
}

void
phaeton_site_set_order (PhaetonSite *self, int limit_w, int limit_mA, gint64 duration_s,
                        PhaetonActor actor)
{
  const gint64 now_ms = phaeton_clock_get_monotonic_ms (self->clock);
  const gboolean active = duration_s > 0 && (limit_w >= 0 || limit_mA >= 0);

  g_return_if_fail (PHAETON_IS_SITE (self));

  if (active != self->order.active || limit_w != self->order.limit_w ||
      limit_mA != self->order.limit_mA)
    phaeton_message ("",
                     active ? "Limited from outside to %d W, %d mA a phase"
                            : "No limit from outside any more (was %d W, %d mA)",
                     active ? limit_w : self->order.limit_w,
                     active ? limit_mA : self->order.limit_mA);
  self->order =
    (PhaetonOrder){ active, now_ms + MIN (duration_s, G_MAXINT32) * 1000, limit_w, limit_mA };
  step_soon (self);
}

void
phaeton_site_get_order (PhaetonSite *self, PhaetonOrder *order)
{
  g_return_if_fail (PHAETON_IS_SITE (self));

  *order = self->order;
}

const PhaetonPlanState *
phaeton_site_get_plan (PhaetonSite *self, guint charger)
{
  return &self->state->chargers[charger].plan;
}

void
phaeton_site_note_service (PhaetonSite *self, guint charger, const char *name)
{
  g_return_if_fail (PHAETON_IS_SITE (self) && charger < self->config->n_chargers);

  phaeton_controller_note_service (phaeton_fleet_get (self->fleet, charger), name);
}

const char *
phaeton_site_get_trouble (PhaetonSite *self, guint charger, gint64 *at)
{
  g_return_val_if_fail (PHAETON_IS_SITE (self) && charger < self->config->n_chargers, NULL);

  return phaeton_controller_get_trouble (phaeton_fleet_get (self->fleet, charger), at);
}

void
phaeton_site_get_home_sample (PhaetonSite *self, PhaetonHomeSample *sample)
{
  g_return_if_fail (PHAETON_IS_SITE (self));

  phaeton_home_get_sample (self->home, sample);
}

PhaetonPriceDesk *
phaeton_site_get_price_desk (PhaetonSite *self)
{
  return self->prices;
}

PhaetonDecisionLog *
phaeton_site_get_decision_log (PhaetonSite *self)
{
  g_return_val_if_fail (PHAETON_IS_SITE (self), NULL);

  return self->log;
}

/* --- writes --- */

gboolean
phaeton_site_write (PhaetonSite *self, guint charger, PhaetonFieldId field, GVariant *value,
                    PhaetonActor actor, gboolean *altered, GError **error)
{
  g_auto (PhaetonWrite) write = { 0 };
  const PhaetonSnapshot *snapshot;

  g_return_val_if_fail (PHAETON_IS_SITE (self) && value != NULL, FALSE);

  if (charger >= self->config->n_chargers || field < 0 || field >= PHAETON_N_FIELDS) {
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_UNKNOWN, "No such charger or field");
    return FALSE;
  }
  snapshot = phaeton_site_get_snapshot (self);
  if (!phaeton_field_parse (phaeton_field (field), value, &snapshot->chargers[charger], &write,
                            error))
    return FALSE;
  if (altered != NULL)
    *altered = write.altered;
  if (phaeton_field (field)->scope == PHAETON_SCOPE_SITE) {
    if (phaeton_guard_apply (&self->guard, &write)) {
      self->stale = TRUE;
      step_soon (self);
    }
    return TRUE;
  }
  if (phaeton_saved_charger_apply (
        phaeton_controller_get_saved (phaeton_fleet_get (self->fleet, charger)),
        self->config->chargers[charger].id, &write)) {
    self->stale = TRUE;
    self->save_due = TRUE;
    step_soon (self);
  }
  return TRUE;
}

const PhaetonChain *
phaeton_site_get_chain (PhaetonSite *self, guint charger)
{
  g_return_val_if_fail (PHAETON_IS_SITE (self), NULL);
  g_return_val_if_fail (charger < self->config->n_chargers, NULL);

  return &self->decision->chargers[charger].chain;
}

PhaetonHistory *
phaeton_site_get_history (PhaetonSite *self)
{
  g_return_val_if_fail (PHAETON_IS_SITE (self), NULL);

  return self->history;
}

PhaetonConfig *
phaeton_site_get_config (PhaetonSite *self)
{
  g_return_val_if_fail (PHAETON_IS_SITE (self), NULL);

  return self->config;
}

/* --- life --- */

static void
make_room (PhaetonSite *self, guint n_chargers)
{
  g_free (self->inputs);
  g_free (self->next);
  g_free (self->decision);
  self->inputs = g_new0 (PhaetonChargerInput, n_chargers);
  self->next = phaeton_state_new (n_chargers);
  self->decision = phaeton_decision_new (n_chargers);
}

void
phaeton_site_set_config (PhaetonSite *self, PhaetonConfig *config)
{
  g_autofree PhaetonState *old_state = NULL;

  g_return_if_fail (PHAETON_IS_SITE (self) && config != NULL);

  old_state = g_steal_pointer (&self->state);
  phaeton_config_ref (config);
  phaeton_config_unref (self->config);
  self->config = config;
  self->state = phaeton_fleet_set_config (self->fleet, config, old_state);
  make_room (self, config->n_chargers);
  phaeton_price_desk_set_config (self->prices, config);
  phaeton_decision_log_clear (self->log);
  self->stale = TRUE;
  g_signal_emit (self, signals[CONFIG_CHANGED], 0);
  step_soon (self);
}

void
phaeton_site_record (PhaetonSite *self, const char *path)
{
  g_return_if_fail (PHAETON_IS_SITE (self) && self->recorder == NULL);

  self->recorder = phaeton_recorder_new (path, PHAETON_RECORDER_MAX_BYTES, PHAETON_RECORDER_KEPT);
}

void
phaeton_site_start (PhaetonSite *self)
{
  g_return_if_fail (PHAETON_IS_SITE (self) && self->tick_id == 0);

  phaeton_fleet_start (self->fleet);
  phaeton_history_resume (self->history, self->config, self->state, ancestor_states,
                          self->started_at_ms);
  phaeton_home_start (self->home);
  phaeton_price_desk_start (self->prices);
  self->tick_id = phaeton_clock_add_timer (self->clock, TICK_MS, tick_cb, self);
  step_soon (self);
}

static void
history_closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = g_task_get_task_data (task); /* of the last save */

  if (error != NULL)
    g_task_return_error (task, g_error_copy (error));
  else
    g_task_return_boolean (task, TRUE);
}

static void
stopped_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  PhaetonSite *self = g_task_get_source_object (task);
  GError *error = NULL;
  const gboolean ok = phaeton_state_file_save_finish (result, &error);

  if (!ok)
    g_task_set_task_data (task, error, (GDestroyNotify) g_error_free);
  phaeton_history_state_saved (self->history, ok, self->saved_at_ms);
  phaeton_history_close_async (self->history, history_closed_cb, g_steal_pointer (&task));
}

static void
fleet_left_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  PhaetonSite *self = g_task_get_source_object (task);
  g_autoptr (GHashTable) table = phaeton_fleet_collect_saved (self->fleet, self->state);

  phaeton_history_state_saving (self->history, self->config, self->state, table);
  phaeton_state_file_save_async (self->state_dir, table, stopped_cb, task);
}

void
phaeton_site_stop_async (PhaetonSite *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_return_if_fail (PHAETON_IS_SITE (self) && !self->stopping);

  g_task_set_source_tag (task, phaeton_site_stop_async);
  self->stopping = TRUE;
  phaeton_clock_remove_timer (self->clock, self->tick_id);
  self->tick_id = 0;
  g_clear_handle_id (&self->step_source, g_source_remove);
  phaeton_home_stop (self->home);
  phaeton_price_desk_stop (self->prices);
  publish (self);
  phaeton_fleet_leave_async (self->fleet, STOP_DEADLINE_MS, fleet_left_cb, g_steal_pointer (&task));
}

gboolean
phaeton_site_stop_finish (PhaetonSite *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
phaeton_site_dispose (GObject *object)
{
  PhaetonSite *self = PHAETON_SITE (object);

  if (self->tick_id != 0)
    phaeton_clock_remove_timer (self->clock, self->tick_id);
  self->tick_id = 0;
  g_clear_handle_id (&self->step_source, g_source_remove);
  g_clear_pointer (&self->fleet, phaeton_fleet_free);
  g_clear_pointer (&self->snapshot, phaeton_snapshot_unref);
  G_OBJECT_CLASS (phaeton_site_parent_class)->dispose (object);
}

static void
phaeton_site_finalize (GObject *object)
{
  PhaetonSite *self = PHAETON_SITE (object);

  g_free (self->inputs);
  g_free (self->state);
  g_free (self->next);
  g_free (self->decision);
  phaeton_decision_log_free (self->log);
  g_clear_pointer (&self->recorder, phaeton_recorder_free);
  phaeton_history_free (self->history);
  phaeton_price_desk_free (self->prices);
  g_free (self->state_dir);
  g_clear_pointer (&self->config, phaeton_config_unref);
  g_clear_object (&self->home);
  g_clear_object (&self->clock);
  phaeton_zone_cache_clear (&self->zone);
  G_OBJECT_CLASS (phaeton_site_parent_class)->finalize (object);
}

static void
phaeton_site_class_init (PhaetonSiteClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = phaeton_site_dispose;
  G_OBJECT_CLASS (klass)->finalize = phaeton_site_finalize;
  signals[PUBLISHED] = g_signal_new ("published", PHAETON_TYPE_SITE, G_SIGNAL_RUN_LAST, 0, NULL,
                                     NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[CONFIG_CHANGED] = g_signal_new ("config-changed", PHAETON_TYPE_SITE, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
phaeton_site_init (PhaetonSite *self)
{
  self->log = phaeton_decision_log_new ();
}

PhaetonSite *
phaeton_site_new (PhaetonConfig *config, PhaetonClock *clock, const char *state_dir)
{
  PhaetonSite *self = g_object_new (PHAETON_TYPE_SITE, NULL);

  self->config = phaeton_config_ref (config);
  phaeton_guard_init (&self->guard);
  self->clock = g_object_ref (clock);
  self->state_dir = g_strdup (state_dir);
  self->started_at_ms = phaeton_clock_get_monotonic_ms (clock);
  self->saved_at_ms = self->started_at_ms;
  self->home = phaeton_registry_new_home (clock);
  self->history = phaeton_history_new (state_dir);
  self->prices = phaeton_price_desk_new (config, clock, state_dir);
  g_signal_connect_object (self->home, "sampled", G_CALLBACK (home_sampled_cb), self, 0);
  self->fleet = phaeton_fleet_new (clock, phaeton_state_file_load (state_dir, ancestor_states),
                                   G_CALLBACK (urgent_cb), G_OBJECT (self));
  self->state = phaeton_fleet_set_config (self->fleet, config, NULL);
  make_room (self, config->n_chargers);
  self->stale = TRUE;
  return self;
}
