/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-site"
#include "config.h"

#include "phaeton-saved-charger.h"

#include "phaeton-log.h"

void
phaeton_saved_charger_free (PhaetonSavedCharger *self)
{
  g_free (self->custom_name);
  g_free (self);
}

PhaetonSavedCharger *
phaeton_saved_charger_new (int set_mA)
{
  PhaetonSavedCharger *self = g_new0 (PhaetonSavedCharger, 1);

  self->command.set_mA = set_mA;
  self->device_instance = -1;
  self->custom_name = g_strdup ("");
  return self;
}

static gboolean
set_int (int *member, gint64 value)
{
  const gboolean changed = *member != (int) value;

  *member = (int) value;
  return changed;
}

static const char *
get_mode_label (PhaetonMode mode)
{
  static const char *const labels[] = { "Manual", "Auto", "Scheduled" };

  return labels[MIN ((guint) mode, G_N_ELEMENTS (labels) - 1)];
}

static gboolean
apply_mode (PhaetonSavedCharger *saved, const char *id, PhaetonMode mode)
{
  const PhaetonMode was = saved->command.mode;

  if (was == mode)
    return FALSE;
  saved->command.mode = mode;
  phaeton_message (id, "Mode changed: %d (%s) -> %d (%s)", was, get_mode_label (was), mode,
                   get_mode_label (mode));
  return TRUE;
}

static gboolean
apply_enabled (PhaetonSavedCharger *saved, const char *id, gboolean enabled)
{
  if (saved->command.enabled == enabled)
    return FALSE;
  saved->command.enabled = enabled;
  phaeton_message (id, "StartStop changed: %s", enabled ? "enabled" : "stopped");
  return TRUE;
}

gboolean
phaeton_saved_charger_apply (PhaetonSavedCharger *saved, const char *id, const PhaetonWrite *write)
{
  switch ((int) write->field->id) {
  case PHAETON_FIELD_MODE:
    return apply_mode (saved, id, (PhaetonMode) write->number);
  case PHAETON_FIELD_START_STOP:
    return apply_enabled (saved, id, write->number != 0);
  case PHAETON_FIELD_SET_CURRENT:
    return set_int (&saved->command.set_mA, write->number);
  case PHAETON_FIELD_PHASES_SET:
    return set_int (&saved->command.phases, write->number);
  case PHAETON_FIELD_POSITION:
    return set_int (&saved->position, write->number);
  case PHAETON_FIELD_AUTO_START:
    return set_int (&saved->auto_start, write->number);
  case PHAETON_FIELD_DEVICE_INSTANCE:
    return set_int (&saved->device_instance, write->number);
  case PHAETON_FIELD_CUSTOM_NAME:
    if (g_strcmp0 (saved->custom_name, write->text) == 0)
      return FALSE;
    g_free (saved->custom_name);
    saved->custom_name = g_strdup (write->text);
    return TRUE;
  default:
    g_return_val_if_reached (FALSE);
  }
}
