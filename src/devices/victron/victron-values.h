/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What services on the Victron bus say: the values of those paths that we read, by service. Plain
 * bookkeeping without a bus, so that tests reach it. Paths and what they mean: Victron's
 * dbus-systemcalc-py, localsettings and dbus-flashmq, as of Venus OS 3.80. */

/* kinds of services that we read; the third part of a bus name */
typedef enum {
  VICTRON_SYSTEM,
  VICTRON_SETTINGS,
  VICTRON_GRID,
  VICTRON_VEBUS,
  VICTRON_ACSYSTEM,
  VICTRON_MULTI,
  VICTRON_HUB4,
  VICTRON_N_KINDS,
} VictronKind;

/* -1: a service that we do not read */
int victron_kind_from_name (const char *bus_name);

typedef struct _VictronValues VictronValues;

VictronValues *victron_values_new (void);
void victron_values_free (VictronValues *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VictronValues, victron_values_free)

/**
 * victron_values_set:
 * @value: as it came, in variants or not
 * @serial: of the question that @value answers, or of the signal; a value that a later serial
 *   brought is kept: signals win over an answer that was on its way
 *
 * Paths that nobody reads are dropped here, so that no service can make us grow.
 *
 * Returns: whether the value changed
 */
gboolean victron_values_set (VictronValues *self, const char *bus_name, const char *path,
                             GVariant *value, guint64 serial, gint64 now_ms);

/* the service answered or signalled: all its values are confirmed */
void victron_values_touch (VictronValues *self, const char *bus_name, gint64 now_ms);

/**
 * victron_values_confirm_settings:
 *
 * Settings and limits change when a person changes them, and then there is a signal: as long as
 * their service has its owner they hold. Only measurements (of system and grid) grow old.
 */
void victron_values_confirm_settings (VictronValues *self, gint64 now_ms);

/* measurements: asked again when they were silent */
gboolean victron_kind_is_measurement (VictronKind kind);

/* its owner is gone: nothing of it is known any more, at once */
void victron_values_drop (VictronValues *self, const char *bus_name);
void victron_values_clear (VictronValues *self);

/* when @bus_name was last heard; 0: never */
gint64 victron_values_get_heard_ms (VictronValues *self, const char *bus_name);

/* when a measurement of the system last changed */
gint64 victron_values_get_changed_ms (VictronValues *self);

gboolean victron_values_has_kind (VictronValues *self, VictronKind kind);

/* of the first service of @kind that knows it; @at_ms: when that service was last heard */
gboolean victron_values_get (VictronValues *self, VictronKind kind, const char *path,
                             double *number, gint64 *at_ms);
const char *victron_values_get_text (VictronValues *self, VictronKind kind, const char *path);

G_END_DECLS
