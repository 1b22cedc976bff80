/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-state-events.h"

#include "phaeton-epoll-push.h"
#include "phaeton-web-documents.h"

#include <string.h>

#define MAX_KEPT 64 /* changes that somebody who comes back may have missed: about a minute */
#define KEEP_S 60   /* and for how long they are made although nobody listens */

struct _PhaetonWebStateEvents {
  PhaetonEpollPush *push;
  char *run_id;              /* (owned): of other runs we know nothing */
  PhaetonSnapshot *snapshot; /* (owned) (nullable): that the last event shows */
  guint64 serial;            /* of the last event */
  GQueue kept;               /* (element-type GBytes): the changes up to it, oldest first */
  guint idle;                /* snapshots without a reader */
};

static GBytes *
make_event (PhaetonWebStateEvents *self, const char *name, PhaetonJson *json)
{
  g_autoptr (GBytes) data = phaeton_json_steal_bytes (json);
  GString *frame = g_string_sized_new (g_bytes_get_size (data) + 64);

  g_string_append_printf (frame, "event: %s\nid: %s-%" G_GUINT64_FORMAT "\ndata: ", name,
                          self->run_id, self->serial);
  g_string_append_len (frame, g_bytes_get_data (data, NULL), (gssize) g_bytes_get_size (data));
  g_string_append (frame, "\n\n");
  return g_string_free_to_bytes (frame);
}

static GBytes *
make_state (PhaetonWebStateEvents *self)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_json_begin_object (&json, NULL);
  phaeton_json_time (&json, "timestamp", self->snapshot->wall_us);
  phaeton_json_begin_object (&json, "site");
  phaeton_web_write_fields (&json, self->snapshot, PHAETON_SCOPE_SITE, 0);
  phaeton_json_end_object (&json);
  phaeton_json_begin_object (&json, "chargers");
  for (guint i = 0; i < self->snapshot->n_chargers; i++) {
    phaeton_json_begin_object (&json, self->snapshot->chargers[i].id);
    phaeton_web_write_fields (&json, self->snapshot, PHAETON_SCOPE_CHARGER, i);
    phaeton_json_end_object (&json);
  }
  phaeton_json_end_object (&json);
  phaeton_json_end_object (&json);
  return make_event (self, "state", &json);
}

/* FALSE: nothing is different */
static gboolean
write_change (PhaetonJson *json, const PhaetonSnapshot *now, const PhaetonSnapshot *before)
{
  gboolean changed;

  phaeton_json_begin_object (json, NULL);
  phaeton_json_time (json, "timestamp", now->wall_us);
  phaeton_json_begin_object (json, "site");
  changed = phaeton_web_write_changes (json, now, before, PHAETON_SCOPE_SITE, 0);
  phaeton_json_end_object (json);
  phaeton_json_begin_object (json, "chargers");
  for (guint i = 0; i < now->n_chargers; i++) {
    phaeton_json_begin_object (json, now->chargers[i].id);
    changed |= phaeton_web_write_changes (json, now, before, PHAETON_SCOPE_CHARGER, i);
    phaeton_json_end_object (json);
  }
  phaeton_json_end_object (json);
  phaeton_json_end_object (json);
  return changed;
}

static gboolean
has_same_chargers (const PhaetonSnapshot *a, const PhaetonSnapshot *b)
{
  if (a->n_chargers != b->n_chargers)
    return FALSE;
  for (guint i = 0; i < a->n_chargers; i++)
    if (g_strcmp0 (a->chargers[i].id, b->chargers[i].id) != 0)
      return FALSE;
  return TRUE;
}

static void
forget (PhaetonWebStateEvents *self)
{
  g_queue_clear_full (&self->kept, (GDestroyNotify) g_bytes_unref);
  g_clear_pointer (&self->snapshot, phaeton_snapshot_unref);
}

static void
keep (PhaetonWebStateEvents *self, GBytes *change)
{
  g_queue_push_tail (&self->kept, g_bytes_ref (change));
  if (self->kept.length > MAX_KEPT)
    g_bytes_unref (g_queue_pop_head (&self->kept));
}

void
phaeton_web_state_events_publish (PhaetonWebStateEvents *self, PhaetonSnapshot *snapshot)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;
  g_autoptr (GBytes) state = NULL;
  g_autoptr (GBytes) change = NULL;
  gboolean can_follow;

  if (self->snapshot == NULL)
    return; /* nobody was here yet */
  self->idle = phaeton_web_state_events_get_n_readers (self) > 0 ? 0 : self->idle + 1;
  if (self->idle > KEEP_S) {
    forget (self);
    return;
  }
  can_follow = has_same_chargers (snapshot, self->snapshot);
  if (can_follow && !write_change (&json, snapshot, self->snapshot))
    return;
  phaeton_snapshot_unref (self->snapshot);
  self->snapshot = phaeton_snapshot_ref (snapshot);
  self->serial++;
  if (can_follow) {
    change = make_event (self, "change", &json);
    keep (self, change);
  } else {
    g_queue_clear_full (&self->kept, (GDestroyNotify) g_bytes_unref);
  }
  if (self->idle > 0)
    return;
  state = make_state (self);
  phaeton_epoll_push_publish_change (self->push, state, change);
}

/* Returns: (transfer full) (nullable): all changes after the event with that id */
static GBytes *
make_missed (PhaetonWebStateEvents *self, const char *id)
{
  const gsize length = strlen (self->run_id);
  GString *missed;
  guint64 serial;

  if (id == NULL || strncmp (id, self->run_id, length) != 0 || id[length] != '-' ||
      !g_ascii_string_to_unsigned (id + length + 1, 10, 0, G_MAXUINT64, &serial, NULL) ||
      serial > self->serial || self->serial - serial > self->kept.length)
    return NULL;
  missed = g_string_new (":\n\n");
  for (guint i = self->kept.length - (guint) (self->serial - serial); i < self->kept.length; i++) {
    GBytes *change = g_queue_peek_nth (&self->kept, i);

    g_string_append_len (missed, g_bytes_get_data (change, NULL),
                         (gssize) g_bytes_get_size (change));
  }
  return g_string_free_to_bytes (missed);
}

void
phaeton_web_state_events_add (PhaetonWebStateEvents *self, GSocketConnection *connection,
                              const char *last_id, PhaetonSnapshot *snapshot)
{
  g_autoptr (GBytes) first = NULL;

  if (self->snapshot == NULL) {
    self->snapshot = phaeton_snapshot_ref (snapshot);
    self->serial++;
  } else {
    phaeton_web_state_events_publish (self, snapshot);
  }
  self->idle = 0;
  first = make_missed (self, last_id);
  if (first == NULL)
    first = make_state (self);
  if (!phaeton_epoll_push_add_with (self->push, connection, first))
    g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
}

gboolean
phaeton_web_state_events_has_room (PhaetonWebStateEvents *self)
{
  return phaeton_epoll_push_has_room (self->push);
}

guint
phaeton_web_state_events_get_n_readers (PhaetonWebStateEvents *self)
{
  return phaeton_epoll_push_get_n_readers (self->push);
}

void
phaeton_web_state_events_close_all (PhaetonWebStateEvents *self)
{
  phaeton_epoll_push_close_all (self->push);
}

PhaetonWebStateEvents *
phaeton_web_state_events_new (guint max_readers, GError **error)
{
  g_autoptr (GBytes) keep_alive = g_bytes_new_static (":\n\n", 3);
  PhaetonEpollPush *push = phaeton_epoll_push_new (max_readers, keep_alive, error);
  PhaetonWebStateEvents *self;

  if (push == NULL)
    return NULL;
  self = g_new0 (PhaetonWebStateEvents, 1);
  self->push = push;
  self->run_id = g_strdup_printf ("%08x", g_random_int ());
  g_queue_init (&self->kept);
  return self;
}

void
phaeton_web_state_events_free (PhaetonWebStateEvents *self)
{
  phaeton_epoll_push_free (self->push);
  forget (self);
  g_free (self->run_id);
  g_free (self);
}
