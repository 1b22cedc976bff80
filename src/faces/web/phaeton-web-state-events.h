/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "phaeton-snapshot.h"

G_BEGIN_DECLS

/**
 * PhaetonWebStateEvents:
 *
 * GET /api/v1/events: "state" with everything, then "change" with what is different, each with an
 * id. Who comes back with the id of his last event gets what he missed, when it is not too much.
 */
typedef struct _PhaetonWebStateEvents PhaetonWebStateEvents;

PhaetonWebStateEvents *phaeton_web_state_events_new (guint max_readers, GError **error);
void phaeton_web_state_events_free (PhaetonWebStateEvents *self);
void phaeton_web_state_events_close_all (PhaetonWebStateEvents *self);

gboolean phaeton_web_state_events_has_room (PhaetonWebStateEvents *self);
guint phaeton_web_state_events_get_n_readers (PhaetonWebStateEvents *self);

/* @last_id: (nullable): of the last event that this reader saw */
void phaeton_web_state_events_add (PhaetonWebStateEvents *self, GSocketConnection *connection,
                                   const char *last_id, PhaetonSnapshot *snapshot);

void phaeton_web_state_events_publish (PhaetonWebStateEvents *self, PhaetonSnapshot *snapshot);

G_END_DECLS
