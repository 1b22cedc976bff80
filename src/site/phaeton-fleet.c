/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-site"
#include "config.h"

#include "phaeton-fleet.h"

#include "phaeton-log.h"

struct _PhaetonFleet {
  PhaetonClock *clock;    /* (owned) */
  PhaetonConfig *config;  /* (owned) (nullable): none before the first */
  GPtrArray *controllers; /* (owned) (element-type PhaetonController): as in the config */
  GHashTable *idle_saved; /* (owned) (element-type utf8 PhaetonSavedCharger): of chargers that are
                           * not in the settings now */
  GCallback urgent;
  GObject *owner; /* who hears it */
  gboolean started;
};

static void
free_controller (gpointer controller)
{
  if (controller != NULL)
    g_object_unref (controller);
}

PhaetonFleet *
phaeton_fleet_new (PhaetonClock *clock, GHashTable *saved, GCallback urgent, GObject *owner)
{
  PhaetonFleet *self = g_new0 (PhaetonFleet, 1);

  self->clock = g_object_ref (clock);
  self->controllers = g_ptr_array_new_with_free_func (free_controller);
  self->idle_saved = saved;
  self->urgent = urgent;
  self->owner = owner;
  return self;
}

void
phaeton_fleet_free (PhaetonFleet *self)
{
  g_ptr_array_unref (self->controllers);
  g_hash_table_unref (self->idle_saved);
  g_clear_pointer (&self->config, phaeton_config_unref);
  g_object_unref (self->clock);
  g_free (self);
}

PhaetonController *
phaeton_fleet_get (PhaetonFleet *self, guint index)
{
  return g_ptr_array_index (self->controllers, index);
}

static PhaetonSavedCharger *
take_saved (PhaetonFleet *self, const PhaetonChargerConfig *config)
{
  gpointer id, saved;

  if (g_hash_table_steal_extended (self->idle_saved, config->id, &id, &saved)) {
    g_free (id);
    return saved;
  }
  return phaeton_saved_charger_new (config->intended_set_mA);
}

static PhaetonController *
make_controller (PhaetonFleet *self, guint index)
{
  const PhaetonChargerConfig *config = &self->config->chargers[index];
  g_autoptr (GError) error = NULL;
  PhaetonController *controller =
    phaeton_controller_new (self->config, index, self->clock, take_saved (self, config), &error);

  if (controller == NULL) /* settings let no unknown driver pass */
    g_error ("charger %s: %s", config->id, error->message);
  g_signal_connect_object (controller, "urgent", self->urgent, self->owner, 0);
  return controller;
}

/* puts the parts of chargers that are no longer set aside, for when they come back */
static void
retire_controllers (PhaetonFleet *self, GPtrArray *old, PhaetonConfig *old_config,
                    const PhaetonState *old_state)
{
  for (guint i = 0; i < old->len; i++) {
    PhaetonController *controller = g_ptr_array_index (old, i);
    PhaetonSavedCharger *saved;

    if (controller == NULL)
      continue;
    phaeton_controller_stop (controller);
    saved = phaeton_controller_steal_saved (controller);
    saved->session = old_state->chargers[i].session;
    g_hash_table_replace (self->idle_saved, g_strdup (old_config->chargers[i].id), saved);
  }
}

/* the old controller of the same charger, when it can go on with the new settings */
static PhaetonController *
keep_controller (PhaetonFleet *self, GPtrArray *old, PhaetonConfig *old_config, guint index,
                 const PhaetonState *old_state, PhaetonState *state)
{
  PhaetonController *controller;
  int was;

  if (old_config == NULL)
    return NULL;
  was = phaeton_config_find_charger (old_config, self->config->chargers[index].id);
  if (was < 0)
    return NULL;
  state->chargers[index] = old_state->chargers[was];
  controller = old->pdata[was];
  if (controller == NULL || !phaeton_controller_set_config (controller, self->config, index))
    return NULL;
  old->pdata[was] = NULL;
  return controller;
}

PhaetonState *
phaeton_fleet_set_config (PhaetonFleet *self, PhaetonConfig *config, const PhaetonState *old_state)
{
  g_autoptr (PhaetonConfig) old_config = g_steal_pointer (&self->config);
  g_autoptr (GPtrArray) old = g_steal_pointer (&self->controllers);
  PhaetonState *state = phaeton_state_new (config->n_chargers);

  self->config = phaeton_config_ref (config);
  self->controllers = g_ptr_array_new_with_free_func (free_controller);
  for (guint i = 0; i < config->n_chargers; i++)
    g_ptr_array_add (self->controllers,
                     keep_controller (self, old, old_config, i, old_state, state));
  /* before new ones are made: one of them may follow on the same wire */
  retire_controllers (self, old, old_config, old_state);
  for (guint i = 0; i < config->n_chargers; i++) {
    PhaetonController *controller = phaeton_fleet_get (self, i);

    if (controller != NULL)
      continue;
    controller = make_controller (self, i);
    self->controllers->pdata[i] = controller;
    state->chargers[i].session = phaeton_controller_get_saved (controller)->session;
    if (self->started)
      phaeton_controller_start (controller);
  }
  return state;
}

GHashTable *
phaeton_fleet_collect_saved (PhaetonFleet *self, const PhaetonState *state)
{
  GHashTable *table = g_hash_table_new (g_str_hash, g_str_equal);
  GHashTableIter iter;
  gpointer id, saved;

  g_hash_table_iter_init (&iter, self->idle_saved);
  while (g_hash_table_iter_next (&iter, &id, &saved))
    g_hash_table_insert (table, id, saved);
  for (guint i = 0; i < self->config->n_chargers; i++) {
    PhaetonSavedCharger *own = phaeton_controller_get_saved (phaeton_fleet_get (self, i));

    own->session = state->chargers[i].session;
    g_hash_table_insert (table, self->config->chargers[i].id, own);
  }
  return table;
}

void
phaeton_fleet_start (PhaetonFleet *self)
{
  self->started = TRUE;
  for (guint i = 0; i < self->controllers->len; i++)
    phaeton_controller_start (phaeton_fleet_get (self, i));
}

/* --- leaving --- */

typedef struct {
  PhaetonFleet *fleet;
  guint pending;  /* controllers that still leave, plus 1 while we start them */
  guint deadline; /* source */
} LeaveData;

static void
finish_leaving (GTask *task)
{
  LeaveData *data = g_task_get_task_data (task);

  g_clear_handle_id (&data->deadline, g_source_remove);
  for (guint i = 0; i < data->fleet->controllers->len; i++)
    phaeton_controller_stop (phaeton_fleet_get (data->fleet, i));
  g_task_return_boolean (task, TRUE);
}

/* answers that come after the deadline find none pending */
static void
count_down (GTask *task)
{
  LeaveData *data = g_task_get_task_data (task);

  if (data->pending > 0 && --data->pending == 0)
    finish_leaving (task);
}

static void
left_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (!phaeton_controller_leave_finish (PHAETON_CONTROLLER (source), result, &error) &&
      !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    phaeton_warning ("", "Charger was not told how to go on: %s", error->message);
  count_down (task);
}

static gboolean
deadline_cb (gpointer user_data)
{
  GTask *task = user_data;
  LeaveData *data = g_task_get_task_data (task);

  data->deadline = 0;
  data->pending = 0;
  finish_leaving (task);
  return G_SOURCE_REMOVE;
}

void
phaeton_fleet_leave_async (PhaetonFleet *self, guint deadline_ms, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  LeaveData *data = g_new0 (LeaveData, 1);

  g_task_set_source_tag (task, phaeton_fleet_leave_async);
  g_task_set_task_data (task, data, g_free);
  data->fleet = self;
  data->pending = 1;
  data->deadline = g_timeout_add_full (G_PRIORITY_DEFAULT, deadline_ms, deadline_cb,
                                       g_object_ref (task), g_object_unref);
  for (guint i = 0; i < self->controllers->len; i++) {
    data->pending++;
    phaeton_controller_leave_async (phaeton_fleet_get (self, i), left_cb, g_object_ref (task));
  }
  count_down (task);
}
