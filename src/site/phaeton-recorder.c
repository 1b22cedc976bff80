/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-site"
#include "config.h"

#include "phaeton-recorder.h"

#include "phaeton-core.h"
#include "phaeton-log.h"
#include "phaeton-recording.h"
#include "phaeton-worker.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define FLUSH_BYTES 16384
#define FLUSH_MS 10000
#define QUEUE_MAX_BYTES (1024 * 1024) /* given to the worker and not yet written */

/* what outlives the recorder while the worker still writes */
typedef struct {
  gatomicrefcount refs;
  char *path; /* set once */
  guint n_kept;
  int fd;            /* worker only; -1: no file is open */
  gint queued_bytes; /* atomic */
  gint has_failed;   /* atomic: nothing more is written */
} Output;

struct _PhaetonRecorder {
  Output *output;
  PhaetonRecordingWriter *writer;
  PhaetonConfig *config; /* (owned) (nullable): of the last key */
  GByteArray *pending;   /* (owned): not yet given to the worker */
  gboolean is_new_file;  /* pending begins one */
  gboolean needs_key;
  gboolean is_dropping;
  gsize max_bytes;
  gsize file_bytes; /* of the current file, pending included */
  gint64 flushed_ms;
};

typedef struct {
  Output *output;
  GByteArray *bytes;
  gboolean is_new_file;
} Job;

static void
unref_output (Output *output)
{
  if (!g_atomic_ref_count_dec (&output->refs))
    return;
  if (output->fd >= 0)
    close (output->fd);
  g_free (output->path);
  g_free (output);
}

static void
free_job (gpointer data)
{
  Job *job = data;

  g_byte_array_unref (job->bytes);
  unref_output (job->output);
  g_free (job);
}

/* PATH.3 -> PATH.4, ... PATH -> PATH.1 */
static void
rotate (const Output *output) /* worker only */
{
  if (!g_file_test (output->path, G_FILE_TEST_IS_REGULAR))
    return; /* none yet, or a pipe */
  for (guint i = output->n_kept; i > 0; i--) {
    g_autofree char *to = g_strdup_printf ("%s.%u", output->path, i);
    g_autofree char *from =
      i > 1 ? g_strdup_printf ("%s.%u", output->path, i - 1) : g_strdup (output->path);

    if (g_rename (from, to) != 0 && errno != ENOENT)
      return; /* the open below tells what is wrong */
  }
}

static gboolean
write_all (int fd, const guint8 *bytes, gsize length)
{
  while (length > 0) {
    const gssize done = write (fd, bytes, length);

    if (done < 0 && errno == EINTR)
      continue;
    if (done <= 0)
      return FALSE;
    bytes += done;
    length -= (gsize) done;
  }
  return TRUE;
}

static gboolean
write_job (const Job *job) /* worker only */
{
  Output *output = job->output;

  if (job->is_new_file) {
    if (output->fd >= 0)
      close (output->fd);
    rotate (output);
    output->fd = g_open (output->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  }
  return output->fd >= 0 && write_all (output->fd, job->bytes->data, job->bytes->len);
}

static void
run_job (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Job *job = data;

  if (!g_atomic_int_get (&job->output->has_failed) && !write_job (job)) {
    phaeton_warning ("", "Recording to %s has stopped: %s", job->output->path, g_strerror (errno));
    g_atomic_int_set (&job->output->has_failed, TRUE);
  }
  g_atomic_int_add (&job->output->queued_bytes, -(gint) job->bytes->len);
  g_task_return_boolean (task, TRUE);
}

static void
flush (PhaetonRecorder *self)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);
  Job *job;

  if (self->pending->len == 0)
    return;
  job = g_new (Job, 1);
  *job = (Job){ self->output, self->pending, self->is_new_file };
  g_atomic_ref_count_inc (&self->output->refs);
  g_atomic_int_add (&self->output->queued_bytes, (gint) self->pending->len);
  self->pending = g_byte_array_new ();
  self->is_new_file = FALSE;
  g_task_set_task_data (task, job, free_job);
  phaeton_worker_push (task, run_job);
}

PhaetonRecorder *
phaeton_recorder_new (const char *path, gsize max_bytes, guint n_kept)
{
  PhaetonRecorder *self = g_new0 (PhaetonRecorder, 1);

  self->output = g_new0 (Output, 1);
  g_atomic_ref_count_init (&self->output->refs);
  self->output->path = g_strdup (path);
  self->output->n_kept = n_kept;
  self->output->fd = -1;
  self->writer = phaeton_recording_writer_new ();
  self->pending = g_byte_array_new ();
  self->max_bytes = max_bytes;
  self->file_bytes = max_bytes; /* full: the first step begins a file */
  return self;
}

void
phaeton_recorder_free (PhaetonRecorder *self)
{
  flush (self);
  unref_output (self->output);
  phaeton_recording_writer_free (self->writer);
  g_clear_pointer (&self->config, phaeton_config_unref);
  g_byte_array_unref (self->pending);
  g_free (self);
}

/* whole steps only: after a gap a new file begins */
static gboolean
has_room (PhaetonRecorder *self)
{
  const gboolean is_full = g_atomic_int_get (&self->output->queued_bytes) > QUEUE_MAX_BYTES;

  if (is_full && !self->is_dropping)
    phaeton_warning ("", "Recording leaves steps out: %s is too slow", self->output->path);
  if (self->is_dropping && !is_full)
    self->file_bytes = self->max_bytes;
  self->is_dropping = is_full;
  return !is_full && !g_atomic_int_get (&self->output->has_failed);
}

static void
begin_file (PhaetonRecorder *self)
{
  flush (self);
  self->is_new_file = TRUE;
  self->needs_key = TRUE;
  phaeton_recording_writer_add_head (self->writer, phaeton_core_get_version (), self->pending);
  self->file_bytes = self->pending->len;
}

void
phaeton_recorder_add (PhaetonRecorder *self, PhaetonConfig *config, const PhaetonInput *input,
                      const PhaetonState *state, const PhaetonDecision *decision)
{
  gsize before;

  if (!has_room (self))
    return;
  if (self->file_bytes >= self->max_bytes)
    begin_file (self);
  before = self->pending->len;
  if (self->needs_key || self->config != config) {
    g_clear_pointer (&self->config, phaeton_config_unref);
    self->config = phaeton_config_ref (config);
    self->needs_key = FALSE;
    phaeton_recording_writer_add_key (self->writer, config, state, self->pending);
  }
  phaeton_recording_writer_add_step (self->writer, input, decision, self->pending);
  self->file_bytes += self->pending->len - before;
  if (self->pending->len < FLUSH_BYTES && input->now_ms - self->flushed_ms < FLUSH_MS)
    return;
  self->flushed_ms = input->now_ms;
  flush (self);
}
