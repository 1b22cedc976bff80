/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-alfen"
#include "config.h"

#include "alfen-wire.h"

#include "phaeton-error.h"

#include <string.h>

#define MAX_WRITE_MS 10000 /* a write that is not taken by then is not going to be */

/* --- read --- */

typedef struct {
  AlfenImage *image;   /* (owned) (nullable) */
  PhaetonClock *clock; /* (owned) */
  guint8 unit;
  gboolean partial;
  guint next; /* block */
  gint64 asked_at_ms;
  GError *refusal; /* (owned) (nullable): the first one */
} Read;

static void
free_read (gpointer data)
{
  Read *read = data;

  g_free (read->image);
  g_object_unref (read->clock);
  g_clear_error (&read->refusal);
  g_free (read);
}

static void
end_read (GTask *task, Read *read)
{
  for (guint i = 0; i < read->image->n_blocks; i++)
    if (read->image->blocks[i].known) {
      g_task_return_pointer (task, g_steal_pointer (&read->image), g_free);
      return;
    }
  if (read->refusal == NULL)
    g_set_error (&read->refusal, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                 "none of the configured registers can be read");
  g_task_return_error (task, g_steal_pointer (&read->refusal));
}

/* Returns: %FALSE: the whole read failed with @error, which is taken */
static gboolean
take_block (Read *read, AlfenBlock *block, const GArray *words, GError *error)
{
  block->took_ms = (int) (phaeton_clock_get_monotonic_ms (read->clock) - read->asked_at_ms);
  if (words != NULL) {
    memcpy (block->words, words->data, block->count * sizeof (guint16));
    block->known = TRUE;
    return TRUE;
  }
  if (!read->partial || !g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED))
    return FALSE;
  if (read->refusal == NULL)
    read->refusal = error;
  else
    g_error_free (error);
  return TRUE;
}

static void read_next (GTask *task);

static void
read_block_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Read *read = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GArray) words =
    phaeton_modbus_bus_read_finish (PHAETON_MODBUS_BUS (source), result, &error);

  if (!take_block (read, &read->image->blocks[read->next], words, error)) {
    g_task_return_error (task, error);
    return;
  }
  read->next++;
  read_next (g_steal_pointer (&task));
}

/* @task: (transfer full) */
static void
read_next (GTask *task)
{
  Read *read = g_task_get_task_data (task);
  const AlfenBlock *block = &read->image->blocks[read->next];

  if (read->next == read->image->n_blocks) {
    end_read (task, read);
    g_object_unref (task);
    return;
  }
  read->asked_at_ms = phaeton_clock_get_monotonic_ms (read->clock);
  phaeton_modbus_bus_read_async (g_task_get_source_object (task), read->unit, block->address,
                                 block->count, g_task_get_cancellable (task), read_block_cb, task);
}

void
alfen_read_async (PhaetonModbusBus *bus, PhaetonClock *clock, guint8 unit, const AlfenImage *plan,
                  gboolean partial, GCancellable *cancellable, GAsyncReadyCallback callback,
                  gpointer user_data)
{
  GTask *task = g_task_new (bus, cancellable, callback, user_data);
  Read *read = g_new0 (Read, 1);

  read->image = g_memdup2 (plan, sizeof *plan);
  read->clock = g_object_ref (clock);
  read->unit = unit;
  read->partial = partial;
  g_task_set_source_tag (task, alfen_read_async);
  g_task_set_task_data (task, read, free_read);
  read_next (task);
}

AlfenImage *
alfen_read_finish (PhaetonModbusBus *bus, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, bus), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, alfen_read_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- write, verify, repeat --- */

typedef struct {
  AlfenWrite what;
  PhaetonClock *clock; /* (owned) */
  gint64 began_ms;
  int attempts;
  guint timer;            /* 0: not waiting, the bus has a request of ours */
  void (*next) (GTask *); /* after the wait; (transfer full) */
  GSource *cancel_source; /* (owned) (nullable) */
} Write;

static void
free_write (gpointer data)
{
  Write *write = data;

  if (write->cancel_source != NULL) {
    g_source_destroy (write->cancel_source);
    g_source_unref (write->cancel_source);
  }
  g_object_unref (write->clock);
  g_free (write);
}

static gboolean
waited_cb (gpointer user_data)
{
  GTask *task = user_data;
  Write *write = g_task_get_task_data (task);

  write->timer = 0;
  write->next (task);
  return G_SOURCE_REMOVE;
}

/* while the bus has our request, the bus answers the cancellation */
static gboolean
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  GTask *task = user_data;
  Write *write = g_task_get_task_data (task);

  if (write->timer != 0) {
    phaeton_clock_remove_timer (write->clock, write->timer);
    write->timer = 0;
    g_task_return_error_if_cancelled (task);
    g_object_unref (task);
  }
  return G_SOURCE_REMOVE;
}

/* @task: (transfer full): goes to @next */
static void
wait_then (GTask *task, gint64 delay_ms, void (*next) (GTask *))
{
  Write *write = g_task_get_task_data (task);

  write->next = next;
  write->timer = phaeton_clock_add_timer (write->clock, MAX (delay_ms, 1), waited_cb, task);
}

static void write_once (GTask *task);

static gboolean
may_repeat (const Write *write)
{
  return write->attempts < write->what.max_attempts &&
         phaeton_clock_get_monotonic_ms (write->clock) - write->began_ms < MAX_WRITE_MS;
}

static void
read_back_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Write *write = g_task_get_task_data (task);
  GError *error = NULL;
  g_autofree char *found = NULL;
  g_autoptr (GArray) words =
    phaeton_modbus_bus_read_finish (PHAETON_MODBUS_BUS (source), result, &error);

  if (words == NULL) {
    g_prefix_error (&error, "reading back: ");
    g_task_return_error (task, error);
    return;
  }
  found = write->what.verify ((const guint16 *) (gpointer) words->data, write->what.wanted,
                              write->what.tolerance);
  if (found == NULL)
    g_task_return_pointer (task, g_steal_pointer (&words), (GDestroyNotify) g_array_unref);
  else if (may_repeat (write))
    wait_then (g_steal_pointer (&task), write->what.retry_delay_ms, write_once);
  else
    g_task_return_new_error (task, PHAETON_ERROR, PHAETON_ERROR_REFUSED, "%s, after %d attempts",
                             found, write->attempts);
}

/* @task: (transfer full) */
static void
read_back (GTask *task)
{
  const Write *write = g_task_get_task_data (task);

  phaeton_modbus_bus_read_async (g_task_get_source_object (task), write->what.unit,
                                 write->what.read_address, write->what.n_read,
                                 g_task_get_cancellable (task), read_back_cb, task);
}

static void
written_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Write *write = g_task_get_task_data (task);
  GError *error = NULL;

  if (!phaeton_modbus_bus_write_finish (PHAETON_MODBUS_BUS (source), result, &error)) {
    g_task_return_error (task, error);
    return;
  }
  wait_then (g_steal_pointer (&task), write->what.verification_delay_ms, read_back);
}

/* @task: (transfer full) */
static void
write_once (GTask *task)
{
  Write *write = g_task_get_task_data (task);

  write->attempts++;
  phaeton_modbus_bus_write_async (g_task_get_source_object (task), write->what.unit,
                                  write->what.address, write->what.words, write->what.n_words,
                                  g_task_get_cancellable (task), written_cb, task);
}

void
alfen_write_async (PhaetonModbusBus *bus, PhaetonClock *clock, const AlfenWrite *what,
                   GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (bus, cancellable, callback, user_data);
  Write *write = g_new0 (Write, 1);

  write->what = *what;
  write->clock = g_object_ref (clock);
  write->began_ms = phaeton_clock_get_monotonic_ms (clock);
  g_task_set_source_tag (task, alfen_write_async);
  g_task_set_task_data (task, write, free_write);
  if (cancellable != NULL) {
    write->cancel_source = g_cancellable_source_new (cancellable);
    g_source_set_callback (write->cancel_source, G_SOURCE_FUNC (cancelled_cb), task, NULL);
    g_source_attach (write->cancel_source, g_main_context_get_thread_default ());
  }
  write_once (task);
}

GArray *
alfen_write_finish (PhaetonModbusBus *bus, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, bus), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, alfen_write_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
