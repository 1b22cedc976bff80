/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-stream.h"

#include "phaeton-loop-monitor.h"
#include "phaeton-web-head.h"

#include <string.h>

#define READ_BYTES 4096
#define TURNS_PER_POLL 16
#define HARMLESS_HEAD "GET / HTTP/1.1\r\nHost: none\r\nConnection: close\r\n\r\n"
#define STATUS_HEADERS_TOO_LARGE 431

/* the readable half */

#define PHAETON_TYPE_WEB_INPUT (phaeton_web_input_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonWebInput, phaeton_web_input, PHAETON, WEB_INPUT, GInputStream)

struct _PhaetonWebInput {
  GInputStream parent_instance;

  GPollableInputStream *base; /* (owned) */
  int fd;                     /* -1: @base is encrypted, and may hold more than can be polled for */
  GByteArray *bytes;          /* (owned) (nullable): read and not handed on ... */
  gsize n_free;               /* ... of which libsoup may have so many */
  gboolean expects_head;
  gboolean has_had_one;
  guint status; /* that refused the head; then there is nothing more */
  const char *problem;
};

static void phaeton_web_input_init_pollable (GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PhaetonWebInput, phaeton_web_input, G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      phaeton_web_input_init_pollable))

static gsize
get_n_bytes (PhaetonWebInput *self)
{
  return self->bytes != NULL ? self->bytes->len : 0;
}

/* most connections hold nothing most of the time */
static void
drop_bytes (PhaetonWebInput *self, gsize n)
{
  if (n == get_n_bytes (self))
    g_clear_pointer (&self->bytes, g_byte_array_unref);
  else if (n > 0)
    g_byte_array_remove_range (self->bytes, 0, (guint) n);
}

static void
refuse_head (PhaetonWebInput *self, guint status, const char *problem)
{
  self->status = status;
  self->problem = problem;
  drop_bytes (self, get_n_bytes (self));
  self->bytes = g_byte_array_new ();
  g_byte_array_append (self->bytes, (const guint8 *) HARMLESS_HEAD, strlen (HARMLESS_HEAD));
  self->n_free = self->bytes->len;
}

/* FALSE: the end of the head is still to come */
static gboolean
judge_head (PhaetonWebInput *self)
{
  const char *problem = "the headers are too large";
  const char *text;
  gsize size;
  guint status = 0;

  while (get_n_bytes (self) >= 2 && memcmp (self->bytes->data, "\r\n", 2) == 0)
    drop_bytes (self, 2); /* RFC 9112 2.2: empty lines before a request */
  if (get_n_bytes (self) == 0)
    return FALSE;
  text = (const char *) self->bytes->data;
  size = phaeton_web_head_find_end (text, self->bytes->len);
  if (size == 0 && self->bytes->len < PHAETON_WEB_MAX_HEAD_BYTES)
    return FALSE;
  status = size > 0 ? phaeton_web_head_check (text, size, &problem) : STATUS_HEADERS_TOO_LARGE;
  if (status != 0)
    refuse_head (self, status, problem);
  else
    self->n_free = size;
  self->expects_head = FALSE;
  self->has_had_one = TRUE;
  return TRUE;
}

/* Returns: as read(); 0: the end, also of a head that is not whole */
static gssize
read_more_head (PhaetonWebInput *self, GError **error)
{
  guint8 buffer[READ_BYTES];
  g_autoptr (GError) reason = NULL;
  const gssize n =
    g_pollable_input_stream_read_nonblocking (self->base, buffer, sizeof buffer, NULL, &reason);

  if (n > 0) {
    if (self->bytes == NULL)
      self->bytes = g_byte_array_new ();
    g_byte_array_append (self->bytes, buffer, (guint) n);
  } else if (self->has_had_one && !g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
    /* of a connection that ends between two requests libsoup would keep everything for ever */
    refuse_head (self, PHAETON_WEB_STATUS_GONE, "nobody is there any more");
    return 1;
  }
  if (reason != NULL)
    g_propagate_error (error, g_steal_pointer (&reason));
  return n;
}

static gssize
read_nonblocking (GPollableInputStream *stream, void *buffer, gsize size, GError **error)
{
  PhaetonWebInput *self = PHAETON_WEB_INPUT (stream);

  if (self->expects_head && phaeton_loop_monitor_is_turn_over ()) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "others come first");
    return -1;
  }
  while (self->expects_head && self->status == 0 && !judge_head (self)) {
    const gssize n = read_more_head (self, error);

    if (n <= 0)
      return n;
  }
  if (self->n_free == 0 && self->status != 0)
    return 0;
  if (self->n_free == 0)
    self->n_free = get_n_bytes (self); /* of a body */
  if (self->n_free == 0)
    return g_pollable_input_stream_read_nonblocking (self->base, buffer, size, NULL, error);
  size = MIN (size, self->n_free);
  memcpy (buffer, self->bytes->data, size);
  self->n_free -= size;
  drop_bytes (self, size);
  return (gssize) size;
}

/* libsoup never waits in here */
static gssize
phaeton_web_input_read (GInputStream *stream, void *buffer, gsize size, GCancellable *cancellable,
                        GError **error)
{
  return read_nonblocking (G_POLLABLE_INPUT_STREAM (stream), buffer, size, error);
}

/* something can be handed on without the connection */
static gboolean
has_something (PhaetonWebInput *self)
{
  return self->n_free > 0 || self->status != 0 ||
         (get_n_bytes (self) > 0 &&
          (!self->expects_head ||
           phaeton_web_head_find_end ((const char *) self->bytes->data, self->bytes->len) > 0));
}

/* Hundreds may send a request at the same time: some of them go on after each poll of the main
 * loop, and come last in its list of sources by that. Main thread only. */

typedef struct {
  GSource source;

  PhaetonWebInput *input; /* (owned) */
  GPollFD poll; /* not g_source_add_unix_fd(): there GLib does not heed what check() says */
} TurnSource;

static guint n_turns; /* given since the last poll */

/* before any check */
static gboolean
prepare_turn (GSource *source, int *timeout_ms)
{
  n_turns = 0;
  *timeout_ms = has_something (((TurnSource *) source)->input) ? 0 : -1;
  return FALSE;
}

static gboolean
check_turn (GSource *source)
{
  TurnSource *self = (TurnSource *) source;

  return n_turns < TURNS_PER_POLL && (self->poll.revents != 0 || has_something (self->input)) &&
         ++n_turns > 0;
}

/* the source that it is a child of calls back */
static gboolean
dispatch_turn (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
finalize_turn (GSource *source)
{
  g_object_unref (((TurnSource *) source)->input);
}

static GSourceFuncs turn_funcs = {
  .prepare = prepare_turn,
  .check = check_turn,
  .dispatch = dispatch_turn,
  .finalize = finalize_turn,
};

static GSource *
new_turn_source (PhaetonWebInput *input)
{
  TurnSource *self = (TurnSource *) g_source_new (&turn_funcs, sizeof *self);

  self->input = g_object_ref (input);
  self->poll = (GPollFD){ .fd = input->fd, .events = G_IO_IN | G_IO_HUP | G_IO_ERR };
  g_source_add_poll (&self->source, &self->poll);
  return &self->source;
}

static gboolean
is_readable (GPollableInputStream *stream)
{
  PhaetonWebInput *self = PHAETON_WEB_INPUT (stream);

  return has_something (self) || g_pollable_input_stream_is_readable (self->base);
}

static GSource *
create_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  PhaetonWebInput *self = PHAETON_WEB_INPUT (stream);
  g_autoptr (GSource) child = NULL;
  GSource *source;

  if (self->fd < 0) {
    child = has_something (self) ? g_timeout_source_new (0)
                                 : g_pollable_input_stream_create_source (self->base, NULL);
    return g_pollable_source_new_full (stream, child, cancellable);
  }
  source = g_pollable_source_new_full (stream, NULL, cancellable);
  child = new_turn_source (self);
  g_source_add_child_source (source, child);
  return source;
}

static void
phaeton_web_input_init_pollable (GPollableInputStreamInterface *iface)
{
  iface->is_readable = is_readable;
  iface->create_source = create_source;
  iface->read_nonblocking = read_nonblocking;
}

static void
phaeton_web_input_finalize (GObject *object)
{
  PhaetonWebInput *self = PHAETON_WEB_INPUT (object);

  g_object_unref (self->base);
  g_clear_pointer (&self->bytes, g_byte_array_unref);
  G_OBJECT_CLASS (phaeton_web_input_parent_class)->finalize (object);
}

static void
phaeton_web_input_class_init (PhaetonWebInputClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = phaeton_web_input_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = phaeton_web_input_read;
}

static void
phaeton_web_input_init (PhaetonWebInput *self)
{
  self->expects_head = TRUE;
}

/* the stream: what is written, and the end, go straight to the connection */

struct _PhaetonWebStream {
  GIOStream parent_instance;

  GIOStream *base;        /* (owned) */
  PhaetonWebInput *input; /* (owned) */
  gboolean has_left;
};

G_DEFINE_FINAL_TYPE (PhaetonWebStream, phaeton_web_stream, G_TYPE_IO_STREAM)

static GInputStream *
phaeton_web_stream_get_input_stream (GIOStream *stream)
{
  return G_INPUT_STREAM (PHAETON_WEB_STREAM (stream)->input);
}

static GOutputStream *
phaeton_web_stream_get_output_stream (GIOStream *stream)
{
  return g_io_stream_get_output_stream (PHAETON_WEB_STREAM (stream)->base);
}

static gboolean
phaeton_web_stream_close (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  PhaetonWebStream *self = PHAETON_WEB_STREAM (stream);

  return self->has_left || g_io_stream_close (self->base, cancellable, error);
}

static void
closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (g_io_stream_close_finish (G_IO_STREAM (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
phaeton_web_stream_close_async (GIOStream *stream, int priority, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data)
{
  PhaetonWebStream *self = PHAETON_WEB_STREAM (stream);
  g_autoptr (GTask) task = g_task_new (stream, cancellable, callback, user_data);

  if (self->has_left)
    g_task_return_boolean (task, TRUE);
  else
    g_io_stream_close_async (self->base, priority, cancellable, closed_cb, g_steal_pointer (&task));
}

static gboolean
phaeton_web_stream_close_finish (GIOStream *stream, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
phaeton_web_stream_finalize (GObject *object)
{
  PhaetonWebStream *self = PHAETON_WEB_STREAM (object);

  g_object_unref (self->input);
  g_object_unref (self->base);
  G_OBJECT_CLASS (phaeton_web_stream_parent_class)->finalize (object);
}

static void
phaeton_web_stream_class_init (PhaetonWebStreamClass *klass)
{
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = phaeton_web_stream_finalize;
  stream_class->get_input_stream = phaeton_web_stream_get_input_stream;
  stream_class->get_output_stream = phaeton_web_stream_get_output_stream;
  stream_class->close_fn = phaeton_web_stream_close;
  stream_class->close_async = phaeton_web_stream_close_async;
  stream_class->close_finish = phaeton_web_stream_close_finish;
}

static void
phaeton_web_stream_init (PhaetonWebStream *self)
{
  self->input = g_object_new (PHAETON_TYPE_WEB_INPUT, NULL);
}

PhaetonWebStream *
phaeton_web_stream_new (GIOStream *base)
{
  PhaetonWebStream *self = g_object_new (PHAETON_TYPE_WEB_STREAM, NULL);

  self->base = g_object_ref (base);
  self->input->fd =
    G_IS_SOCKET_CONNECTION (base)
      ? g_socket_get_fd (g_socket_connection_get_socket (G_SOCKET_CONNECTION (base)))
      : -1;
  self->input->base = G_POLLABLE_INPUT_STREAM (g_object_ref (g_io_stream_get_input_stream (base)));
  return self;
}

void
phaeton_web_stream_expect_head (PhaetonWebStream *self)
{
  self->input->expects_head = TRUE;
}

void
phaeton_web_stream_leave (PhaetonWebStream *self)
{
  self->has_left = TRUE;
}

guint
phaeton_web_stream_get_status (PhaetonWebStream *self, const char **problem)
{
  *problem = self->input->problem;
  return self->input->status;
}
