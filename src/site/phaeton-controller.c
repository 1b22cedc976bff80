/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-controller"
#include "config.h"

#include "phaeton-controller.h"

#include "phaeton-error.h"
#include "phaeton-failsafe.h"
#include "phaeton-fields.h"
#include "phaeton-log.h"
#include "phaeton-record-fill.h"
#include "phaeton-registry.h"

#include <math.h>
#include <string.h>

#define RETRY_REFUSED_MS 5000  /* a charger that said no is asked again, but not every second */
#define FLOWING_mA 1000        /* a phase that carries this much is in use */
#define IGNORED_AFTER_MS 10000 /* a charger may need so long to use what it took */

/* as alarms of the Victron system count */
#define WARNING 1
#define ALARM 2

struct _PhaetonController {
  GObject parent_instance;

  PhaetonConfig *config;      /* (owned) */
  guint index;                /* of our part in it */
  PhaetonClock *clock;        /* (owned) */
  PhaetonCharger *charger;    /* (owned) */
  PhaetonSavedCharger *saved; /* (owned) */
  char *connection;           /* (owned) */
  char *service;     /* (owned) (nullable): its name on the Victron bus, while it is there */
  char *trouble;     /* (owned) (nullable): what went wrong last, for people */
  gint64 trouble_at; /* wall seconds UTC */

  PhaetonChargerSample sample;
  gboolean has_sample;

  gboolean confirmed; /* confirmed_mA is what the charger read back to us */
  int confirmed_mA;
  gboolean sending;
  int sending_mA;
  guint generation;        /* of the write under way: an older one that ends late says nothing */
  gint64 next_write_at_ms; /* when the limit is due again though nothing changed */
  char *refusal;           /* (owned) (nullable): what it said when it refused the last limit */
  gint64 confirmed_at_ms;  /* since then without a break */

  PhaetonPhasesResult phases_result;
  char *phases_refusal; /* (owned) (nullable): likewise; for as long as core remembers it */
};

G_DEFINE_FINAL_TYPE (PhaetonController, phaeton_controller, G_TYPE_OBJECT)

enum { URGENT, N_SIGNALS };
static guint signals[N_SIGNALS];

static const PhaetonChargerConfig *
get_config (PhaetonController *self)
{
  return &self->config->chargers[self->index];
}

static void
note_trouble (PhaetonController *self, const GError *error)
{
  g_free (self->trouble);
  self->trouble = g_strdup (error->message);
  self->trouble_at = phaeton_clock_get_wall_at (self->clock);
}

/* --- what the charger says --- */

static void
sampled_cb (PhaetonCharger *charger, const PhaetonChargerSample *sample, PhaetonController *self)
{
  const gboolean urgent =
    !self->has_sample || sample->pilot != self->sample.pilot || sample->fault != self->sample.fault;

  self->sample = *sample;
  self->has_sample = TRUE;
  if (urgent)
    g_signal_emit (self, signals[URGENT], 0);
}

static void
online_changed_cb (PhaetonCharger *charger, gboolean online, PhaetonController *self)
{
  self->confirmed = FALSE; /* it may have been restarted, or told otherwise by somebody else */
  g_clear_pointer (&self->refusal, g_free);
  g_clear_pointer (&self->phases_refusal, g_free);
  if (self->phases_result == PHAETON_PHASES_REFUSED)
    self->phases_result = PHAETON_PHASES_IDLE;
  g_signal_emit (self, signals[URGENT], 0);
}

static void
identified_cb (PhaetonCharger *charger, PhaetonController *self)
{
  g_signal_emit (self, signals[URGENT], 0); /* faces wait for a name before they show it */
}

static void
failed_cb (PhaetonCharger *charger, const GError *error, PhaetonController *self)
{
  note_trouble (self, error);
}

static void
restarted_cb (PhaetonCharger *charger, PhaetonController *self)
{
  self->confirmed = FALSE;
  g_signal_emit (self, signals[URGENT], 0);
}

/* --- what we tell it --- */

typedef struct {
  PhaetonController *self; /* (owned) */
  guint generation;
  int limit_mA;
} LimitWrite;

static void
free_limit_write (LimitWrite *write)
{
  g_object_unref (write->self);
  g_free (write);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LimitWrite, free_limit_write)

static gint64
get_reassert_ms (PhaetonController *self)
{
  PhaetonCapabilities can = { 0 };
  const gint64 wanted_ms = get_config (self)->controls.reassert_ms;

  phaeton_charger_get_capabilities (self->charger, &can);
  return can.reassert_ms > 0 ? MIN (can.reassert_ms, wanted_ms) : wanted_ms;
}

static void
note_failure (PhaetonController *self, int limit_mA, const GError *error)
{
  const gboolean refused = g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED);
  const gint64 now_ms = phaeton_clock_get_monotonic_ms (self->clock);

  note_trouble (self, error);
  self->confirmed = FALSE;
  /* no answer: the next tick tries again, and the wire itself backs off */
  self->next_write_at_ms = refused ? now_ms + RETRY_REFUSED_MS : now_ms;
  if (refused && self->refusal == NULL) /* said once */
    phaeton_warning (get_config (self)->id, "Charger did not take a limit of %.1f A: %s",
                     limit_mA / 1000.0, error->message);
  g_free (self->refusal);
  self->refusal = refused ? g_strdup (error->message) : NULL;
}

static void
note_success (PhaetonController *self, int limit_mA)
{
  if (!self->confirmed || self->confirmed_mA != limit_mA)
    phaeton_info (get_config (self)->id, "Charger confirmed a limit of %.1f A", limit_mA / 1000.0);
  if (!self->confirmed)
    self->confirmed_at_ms = phaeton_clock_get_monotonic_ms (self->clock);
  self->confirmed = TRUE;
  self->confirmed_mA = limit_mA;
  g_clear_pointer (&self->refusal, g_free);
  self->next_write_at_ms = phaeton_clock_get_monotonic_ms (self->clock) + get_reassert_ms (self);
}

static void
limit_written_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (LimitWrite) write = user_data;
  PhaetonController *self = write->self;
  g_autoptr (GError) error = NULL;
  const gboolean ok = phaeton_charger_set_limit_finish (PHAETON_CHARGER (source), result, &error);

  if (write->generation != self->generation)
    return; /* a newer write took its place */
  self->sending = FALSE;
  if (ok)
    note_success (self, write->limit_mA);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    note_failure (self, write->limit_mA, error);
}

static void
send_limit (PhaetonController *self, int limit_mA)
{
  LimitWrite *write = g_new (LimitWrite, 1);

  self->sending = TRUE;
  self->sending_mA = limit_mA;
  *write = (LimitWrite){ g_object_ref (self), ++self->generation, limit_mA };
  phaeton_charger_set_limit_async (self->charger, limit_mA, NULL, limit_written_cb, write);
}

static gboolean
is_limit_due (PhaetonController *self, int limit_mA)
{
  const gint64 now_ms = phaeton_clock_get_monotonic_ms (self->clock);

  if (self->sending)
    return limit_mA != self->sending_mA;
  if (now_ms >= self->next_write_at_ms)
    return TRUE;
  if (!self->confirmed)
    return self->refusal == NULL;
  return limit_mA != self->confirmed_mA &&
         (limit_mA == 0 || self->confirmed_mA == 0 ||
          ABS (limit_mA - self->confirmed_mA) > get_config (self)->controls.update_threshold_mA);
}

static void
phases_written_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (PhaetonController) self = user_data;
  g_autoptr (GError) error = NULL;

  if (phaeton_charger_set_phases_finish (PHAETON_CHARGER (source), result, &error)) {
    self->phases_result = PHAETON_PHASES_DONE;
    phaeton_message (get_config (self)->id, "Charger switched its phases");
  } else if (g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED)) {
    note_trouble (self, error);
    g_free (self->phases_refusal);
    self->phases_refusal = g_strdup (error->message);
    self->phases_result = PHAETON_PHASES_REFUSED;
    phaeton_warning (get_config (self)->id, "Charger refused to switch phases: %s", error->message);
  } else {
    self->phases_result = PHAETON_PHASES_FAILED;
  }
  g_signal_emit (self, signals[URGENT], 0);
}

void
phaeton_controller_carry_out (PhaetonController *self, const PhaetonChargerDecision *decision)
{
  g_return_if_fail (PHAETON_IS_CONTROLLER (self));

  if (!phaeton_charger_is_online (self->charger))
    return;
  if (!phaeton_chain_has (&decision->chain, PHAETON_WHY_PHASES_REFUSED))
    g_clear_pointer (&self->phases_refusal, g_free); /* nobody wants those phases any more */
  if (is_limit_due (self, decision->limit_mA))
    send_limit (self, decision->limit_mA);
  if (decision->phases == 0) {
    if (self->phases_result != PHAETON_PHASES_BUSY)
      self->phases_result = PHAETON_PHASES_IDLE;
  } else if (self->phases_result == PHAETON_PHASES_IDLE) {
    self->phases_result = PHAETON_PHASES_BUSY;
    phaeton_charger_set_phases_async (self->charger, decision->phases, NULL, phases_written_cb,
                                      g_object_ref (self));
  }
}

/* --- what the site asks --- */

void
phaeton_controller_fill_input (PhaetonController *self, PhaetonChargerInput *input)
{
  input->online = self->has_sample && phaeton_charger_is_online (self->charger);
  input->sample = self->sample;
  phaeton_charger_get_capabilities (self->charger, &input->can);
  input->command = self->saved->command;
  input->phases_result = self->phases_result;
  input->on_input = self->saved->position == 1;
}

PhaetonSavedCharger *
phaeton_controller_get_saved (PhaetonController *self)
{
  return self->saved;
}

PhaetonSavedCharger *
phaeton_controller_steal_saved (PhaetonController *self)
{
  return g_steal_pointer (&self->saved);
}

static int
get_station_max_mA (PhaetonController *self)
{
  if (phaeton_sample_knows (&self->sample, PHAETON_SAMPLE_STATION_MAX))
    return self->sample.station_max_mA;
  return get_config (self)->station_max_mA;
}

static void
fill_asked (PhaetonController *self, PhaetonSnapshot *snapshot, PhaetonChargerRecord *record)
{
  const PhaetonChargerConfig *config = get_config (self);
  const PhaetonSavedCharger *saved = self->saved;

  SET (MODE, mode, (int) saved->command.mode);
  SET (START_STOP, start_stop, saved->command.enabled ? 1 : 0);
  SET (SET_CURRENT, set_mA, saved->command.set_mA);
  SET (POSITION, position, saved->position);
  SET (AUTO_START, auto_start, saved->auto_start);
  SET_TEXT (CUSTOM_NAME, custom_name,
            saved->custom_name[0] != '\0' ? saved->custom_name : config->name);
  SET (DEVICE_INSTANCE, device_instance,
       saved->device_instance >= 0 ? saved->device_instance : config->device_instance);
  SET (MAX, max_mA, MIN (get_station_max_mA (self), config->controls.max_set_mA));
  SET (MIN, min_mA, MAX (config->controls.min_set_mA, PHAETON_MIN_OFFER_mA));
  SET (STATION_MAX, station_max_mA, get_station_max_mA (self));
}

static void
fill_identity (PhaetonController *self, PhaetonSnapshot *snapshot, PhaetonChargerRecord *record)
{
  const PhaetonChargerConfig *config = get_config (self);
  const PhaetonIdentity *identity = phaeton_charger_get_identity (self->charger);

  SET_TEXT (ID, id, config->id);
  SET (PRODUCT_ID, product_id, config->product_id);
  SET_TEXT (CONNECTION, connection, self->connection);
  if (self->service != NULL)
    SET_TEXT (BUS_SERVICE, bus_service, self->service);
  SET_TEXT (MODEL, model, identity->model);
  SET_TEXT (SERIAL, serial, identity->serial);
  SET_TEXT (FIRMWARE, firmware, identity->firmware);
  if (identity->manufacturer != NULL) {
    g_autofree char *name = g_strdup_printf ("%s EV Charger", identity->manufacturer);

    SET_TEXT (PRODUCT_NAME, product_name, name);
  }
}

/* phases that carry current now, else those that the charger is set to */
static int
count_phases (const PhaetonChargerSample *sample)
{
  int flowing = 0;

  for (int i = 0; i < PHAETON_PHASES; i++)
    if (phaeton_sample_knows (sample, PHAETON_SAMPLE_CURRENT_L1 << i) &&
        sample->current_mA[i] >= FLOWING_mA)
      flowing++;
  if (flowing > 0)
    return flowing >= 2 ? 3 : 1;
  return phaeton_sample_knows (sample, PHAETON_SAMPLE_PHASES) ? sample->phases : 0;
}

static void
fill_lines (const PhaetonChargerSample *sample, PhaetonChargerRecord *record)
{
  gboolean knows_current = FALSE;
  int largest_mA = 0;

  for (int i = 0; i < PHAETON_PHASES; i++) {
    if (phaeton_sample_knows (sample, PHAETON_SAMPLE_VOLTAGE_L1 << i)) {
      record->line_voltage_v[i] = sample->voltage_v[i];
      phaeton_field_set_present (PHAETON_FIELD_LINE_VOLTAGE + i, record);
    }
    if (phaeton_sample_knows (sample, PHAETON_SAMPLE_POWER_L1 << i)) {
      record->line_power_w[i] = sample->power_w[i];
      phaeton_field_set_present (PHAETON_FIELD_LINE_POWER + i, record);
    }
    if (phaeton_sample_knows (sample, PHAETON_SAMPLE_CURRENT_L1 << i)) {
      record->line_current_mA[i] = sample->current_mA[i];
      phaeton_field_set_present (PHAETON_FIELD_LINE_CURRENT + i, record);
      largest_mA = MAX (largest_mA, sample->current_mA[i]);
      knows_current = TRUE;
    }
  }
  if (knows_current)
    SET (CURRENT, current_mA, largest_mA);
}

/* it takes limits and does not use them */
static gboolean
is_ignored (PhaetonController *self)
{
  const gint64 now_ms = phaeton_clock_get_monotonic_ms (self->clock);

  return self->confirmed && now_ms - self->confirmed_at_ms >= IGNORED_AFTER_MS &&
         phaeton_sample_knows (&self->sample,
                               PHAETON_SAMPLE_ACCOUNTED | PHAETON_SAMPLE_SETPOINT_VALID) &&
         self->sample.setpoint_valid_s > 0 && !self->sample.accounted;
}

static PhaetonFault
get_fault (PhaetonController *self)
{
  const PhaetonChargerSample *sample = &self->sample;

  return sample->fault == PHAETON_FAULT_NONE &&
             phaeton_sample_knows (sample, PHAETON_SAMPLE_PILOT) && sample->pilot == PHAETON_PILOT_F
           ? PHAETON_FAULT_OTHER
           : sample->fault;
}

/* for people: what keeps it from doing what it is told; "" for nothing */
static char *
dup_problem (PhaetonController *self)
{
  const PhaetonFault fault = get_fault (self);
  GString *text = g_string_new (NULL);

  if (fault == PHAETON_FAULT_OTHER)
    g_string_append (text, "it reports a fault and does not say which; ");
  else if (fault != PHAETON_FAULT_NONE)
    g_string_append_printf (text, "it reports a fault, %s; ", phaeton_fault_to_string (fault));
  if (self->refusal != NULL)
    g_string_append_printf (text, "it refuses limits (%s): allow writing in its settings; ",
                            self->refusal);
  else if (is_ignored (self))
    g_string_append (text, "it takes limits and does not use them: it must follow an energy "
                           "management system; ");
  if (self->phases_refusal != NULL)
    g_string_append_printf (text,
                            "it refuses to switch its phases (%s): allow that in its settings; ",
                            self->phases_refusal);
  g_string_truncate (text, text->len > 0 ? text->len - strlen ("; ") : 0);
  return g_string_free (text, FALSE);
}

static void
fill_alarms (PhaetonController *self, PhaetonChargerRecord *record)
{
  const PhaetonFault fault = get_fault (self);
  const int ground = fault == PHAETON_FAULT_GROUND ? ALARM : 0;
  const int welded = fault == PHAETON_FAULT_WELDED_CONTACTS ? ALARM : 0;
  const int residual = fault == PHAETON_FAULT_RESIDUAL_CURRENT ? ALARM : 0;
  const int heat = fault == PHAETON_FAULT_OVERHEATING ? ALARM : 0;
  const gboolean has_own = ground + welded + residual + heat > 0;

  SET (ALARM_GROUND, alarm_ground, ground);
  SET (ALARM_WELDED, alarm_welded, welded);
  SET (ALARM_RESIDUAL, alarm_residual, residual);
  SET (ALARM_HEAT, alarm_heat, heat);
  SET (ALARM_PILOT, alarm_pilot, fault != PHAETON_FAULT_NONE && !has_own ? ALARM : 0);
  SET (ALARM_SETUP, alarm_setup, self->refusal != NULL || is_ignored (self) ? WARNING : 0);
}

/* only of a charger that answers: old measurements are never shown as new ones */
static void
fill_measured (PhaetonController *self, PhaetonSnapshot *snapshot, PhaetonChargerRecord *record)
{
  const PhaetonChargerSample *sample = &self->sample;
  g_autofree char *problem = dup_problem (self);

  fill_lines (sample, record);
  SET_TEXT (PROBLEM, problem, problem);
  fill_alarms (self, record);
  if (phaeton_sample_knows (sample, PHAETON_SAMPLE_POWER))
    SET (POWER, power_w, sample->power_total_w);
  if (phaeton_sample_knows (sample, PHAETON_SAMPLE_ENERGY))
    SET (ENERGY, energy_wh, sample->energy_wh);
  if (phaeton_sample_knows (sample, PHAETON_SAMPLE_PHASES))
    SET (PHASES_SET, phases_set, sample->phases);
  if (count_phases (sample) > 0)
    SET (PHASES, phases, count_phases (sample));
  if (phaeton_sample_knows (sample, PHAETON_SAMPLE_PILOT))
    SET_TEXT (PILOT, pilot, phaeton_pilot_to_string (sample->pilot));
  if (self->confirmed)
    SET (APPLIED, applied_mA, self->confirmed_mA);
  else if (phaeton_sample_knows (sample, PHAETON_SAMPLE_APPLIED))
    SET (APPLIED, applied_mA, sample->applied_mA); /* not ours, but what holds */
}

static void
fill_poll (PhaetonController *self, PhaetonChargerRecord *record)
{
  PhaetonPollStats stats = { 0 };

  phaeton_charger_get_poll_stats (self->charger, &stats);
  SET (TOTAL_POLLS, total_polls, stats.total);
  SET (OVERRUNS, overruns, stats.overruns);
  SET (POLL_INTERVAL, poll_interval_ms, (int) get_config (self)->poll_interval_ms);
  if (stats.duration_ms >= 0)
    SET (POLL_DURATION, poll_duration_ms, stats.duration_ms);
  if (stats.measure_ms >= 0)
    SET (STEP_VOLTAGES, step_voltages_ms, stats.measure_ms);
  if (stats.status_ms >= 0)
    SET (STEP_STATUS, step_status_ms, stats.status_ms);
  if (stats.write_ms >= 0)
    SET (STEP_WRITE, step_write_ms, stats.write_ms);
}

void
phaeton_controller_fill_record (PhaetonController *self, PhaetonSnapshot *snapshot, guint index)
{
  PhaetonChargerRecord *record = &snapshot->chargers[index];
  const gboolean online = self->has_sample && phaeton_charger_is_online (self->charger);

  fill_asked (self, snapshot, record);
  fill_identity (self, snapshot, record);
  SET (CONNECTED, connected, online ? 1 : 0);
  if (online)
    fill_measured (self, snapshot, record);
  if (self->has_sample)
    SET (SAMPLE_AGE, sample_age_ms,
         phaeton_clock_get_monotonic_ms (self->clock) - self->sample.at_ms);
  fill_poll (self, record);
}

/* --- life --- */

/* VRM opens a tunnel to what ends in a bare address: only where people asked for it */
static char *
dup_connection (PhaetonController *self)
{
  char *connection = phaeton_charger_dup_connection (self->charger);
  char *colon = strrchr (connection, ':');

  if (get_config (self)->vrm_tunnel && colon != NULL)
    *colon = '\0';
  return connection;
}

void
phaeton_controller_start (PhaetonController *self)
{
  g_return_if_fail (PHAETON_IS_CONTROLLER (self));

  phaeton_charger_start (self->charger);
}

void
phaeton_controller_stop (PhaetonController *self)
{
  g_return_if_fail (PHAETON_IS_CONTROLLER (self));

  phaeton_charger_stop (self->charger);
}

static void
leave_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (phaeton_charger_set_limit_finish (PHAETON_CHARGER (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
phaeton_controller_leave_async (PhaetonController *self, GAsyncReadyCallback callback,
                                gpointer user_data)
{
  const PhaetonControlsConfig *controls = &get_config (self)->controls;
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_return_if_fail (PHAETON_IS_CONTROLLER (self));

  g_task_set_source_tag (task, phaeton_controller_leave_async);
  self->generation++;
  if (controls->on_stop == PHAETON_ON_STOP_EXPIRE || !phaeton_charger_is_online (self->charger))
    g_task_return_boolean (task, TRUE);
  else
    phaeton_charger_set_limit_async (
      self->charger, controls->on_stop == PHAETON_ON_STOP_CURRENT ? controls->on_stop_mA : 0, NULL,
      leave_cb, g_steal_pointer (&task));
}

gboolean
phaeton_controller_leave_finish (PhaetonController *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* what is left for it when neither we nor its meter say anything: the charger's own watchdog must
 * not give more */
static void
tell_failsafe (PhaetonController *self)
{
  int limits_mA[PHAETON_MAX_CHARGERS];

  phaeton_failsafe_compute (self->config, NULL, limits_mA);
  phaeton_charger_set_failsafe (self->charger, limits_mA[self->index]);
}

gboolean
phaeton_controller_set_config (PhaetonController *self, PhaetonConfig *config, guint index)
{
  g_return_val_if_fail (PHAETON_IS_CONTROLLER (self), FALSE);

  if (g_strcmp0 (get_config (self)->driver, config->chargers[index].driver) != 0)
    return FALSE;
  if (get_config (self)->device_instance != config->chargers[index].device_instance)
    self->saved->device_instance = -1; /* a settings service says it again, if there is one */
  phaeton_charger_set_config (self->charger, &config->chargers[index]);
  phaeton_config_ref (config);
  phaeton_config_unref (self->config);
  self->config = config;
  self->index = index;
  tell_failsafe (self);
  g_free (self->connection);
  self->connection = dup_connection (self);
  self->next_write_at_ms = 0; /* tolerances may have changed: assert and verify anew */
  if (self->phases_result == PHAETON_PHASES_REFUSED)
    self->phases_result = PHAETON_PHASES_IDLE;
  return TRUE;
}

void
phaeton_controller_note_service (PhaetonController *self, const char *name)
{
  g_return_if_fail (PHAETON_IS_CONTROLLER (self));

  if (g_strcmp0 (name, self->service) == 0)
    return;
  g_free (self->service);
  self->service = g_strdup (name);
}

const char *
phaeton_controller_get_trouble (PhaetonController *self, gint64 *at)
{
  g_return_val_if_fail (PHAETON_IS_CONTROLLER (self), NULL);

  *at = self->trouble_at;
  return self->trouble;
}

static void
phaeton_controller_finalize (GObject *object)
{
  PhaetonController *self = PHAETON_CONTROLLER (object);

  g_clear_object (&self->charger);
  g_clear_object (&self->clock);
  g_clear_pointer (&self->saved, phaeton_saved_charger_free);
  g_clear_pointer (&self->config, phaeton_config_unref);
  g_free (self->connection);
  g_free (self->service);
  g_free (self->trouble);
  g_free (self->refusal);
  g_free (self->phases_refusal);
  G_OBJECT_CLASS (phaeton_controller_parent_class)->finalize (object);
}

static void
phaeton_controller_class_init (PhaetonControllerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = phaeton_controller_finalize;
  signals[URGENT] = g_signal_new ("urgent", PHAETON_TYPE_CONTROLLER, G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 0);
}

static void
phaeton_controller_init (PhaetonController *self)
{
}

PhaetonController *
phaeton_controller_new (PhaetonConfig *config, guint index, PhaetonClock *clock,
                        PhaetonSavedCharger *saved, GError **error)
{
  PhaetonController *self = g_object_new (PHAETON_TYPE_CONTROLLER, NULL);

  self->config = phaeton_config_ref (config);
  self->index = index;
  self->clock = g_object_ref (clock);
  self->saved = saved;
  self->charger = phaeton_registry_new_charger (&config->chargers[index], clock, error);
  if (self->charger == NULL) {
    g_object_unref (self);
    return NULL;
  }
  tell_failsafe (self);
  self->connection = dup_connection (self);
  g_signal_connect_object (self->charger, "sampled", G_CALLBACK (sampled_cb), self, 0);
  g_signal_connect_object (self->charger, "online-changed", G_CALLBACK (online_changed_cb), self,
                           0);
  g_signal_connect_object (self->charger, "identified", G_CALLBACK (identified_cb), self, 0);
  g_signal_connect_object (self->charger, "failed", G_CALLBACK (failed_cb), self, 0);
  g_signal_connect_object (self->charger, "restarted", G_CALLBACK (restarted_cb), self, 0);
  return self;
}
