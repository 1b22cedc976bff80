/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-modbus"
#include "config.h"

#include "phaeton-modbus-bus.h"

#include "phaeton-clock.h"
#include "phaeton-error.h"
#include "phaeton-log.h"

#include <errno.h>
#include <modbus.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

/**
 * PhaetonModbusBus:
 *
 * The object lives in the main thread; the wire belongs to one worker thread. Between them: a
 * queue under a lock on the way out, idle sources on the way back. A task never leaves the main
 * thread, so whoever gives up is answered at once and the worker's late result finds nobody.
 *
 * The worker connects when there is something to ask and no pause is due. Any doubt about what
 * stands on the wire (time-out, garbage, stray bytes) ends the connection: a late answer on a new
 * one is impossible. The first attempt after a connection that worked is immediate, then pauses
 * grow; while one is due, requests fail at once instead of piling up.
 *
 * Time-outs are the machine's time, whatever clock the daemon runs at: they belong to the wire.
 */

#define MAX_WORDS MODBUS_MAX_READ_REGISTERS
#define MAX_QUEUED 32            /* far more than the drivers of one station ever have open */
#define RESPONSE_TIMEOUT_MS 1500 /* from the request to the last byte of the answer */
#define CONNECT_TIMEOUT_MS 1500  /* for each address of a name */
#define MAX_ADDRESSES 2          /* a name may have IPv6 and IPv4 */
#define REQUEST_DEADLINE_MS 6000 /* also covers a name server that hangs */
#define DEFAULT_RETRY_MS 1000
#define MAX_PAUSE_MS 30000

const PhaetonHistogramBounds phaeton_modbus_bounds = { { 2, 5, 10, 25, 50, 100, 250, 1000 } };

typedef enum { KIND_WRITE, KIND_READ, N_KINDS } RequestKind; /* in order of priority */

typedef struct {
  char *host;
  char *name; /* host:port, for people */
  guint16 port;
  GMainContext *context; /* (owned): where results go */

  GMutex lock; /* guards the five below */
  GCond wake;
  GQueue queues[N_KINDS]; /* (element-type Request) */
  gboolean quit;
  int fd; /* -1: no connection; changed by the worker only */
  gint64 retry_ms;

  gint connected;   /* atomic */
  guint generation; /* atomic */

  /* worker thread only */
  modbus_t *modbus;       /* (owned) (nullable): framing; its socket is fd */
  gboolean answered;      /* something sensible came over this connection */
  guint failures;         /* attempts in a row that led nowhere */
  gint64 next_attempt_us; /* no connection attempt before */
  char *reason;           /* (owned) (nullable): why there is no connection */
} Wire;

typedef struct {
  RequestKind kind;
  guint8 unit;
  guint16 address;
  int count;
  guint16 words[MAX_WORDS]; /* to write, or (worker thread, until posted) what was read */
  GError *error;            /* (owned) (nullable): set by the worker before it posts, ... */
  gint64 took_us;           /* ... and so is this */

  /* main thread only */
  Wire *wire;               /* (owned) */
  GTask *task;              /* (owned) (nullable): NULL once answered */
  GSource *cancel_source;   /* (owned) (nullable) */
  GSource *deadline_source; /* (owned) (nullable) */
} Request;

struct _PhaetonModbusBus {
  GObject parent_instance;

  Wire *wire; /* (owned) */
  gboolean started;
  PhaetonModbusStats stats;
};

G_DEFINE_FINAL_TYPE (PhaetonModbusBus, phaeton_modbus_bus, G_TYPE_OBJECT)

/* (element-type utf8 PhaetonModbusBus): borrowed both; a bus leaves it when it is finalized */
static GHashTable *buses;

static void
clear_wire (gpointer data)
{
  Wire *wire = data;

  g_clear_pointer (&wire->modbus, modbus_free);
  g_main_context_unref (wire->context);
  g_mutex_clear (&wire->lock);
  g_cond_clear (&wire->wake);
  g_free (wire->reason);
  g_free (wire->name);
  g_free (wire->host);
}

static void
unref_wire (gpointer data)
{
  g_atomic_rc_box_release_full (data, clear_wire);
}

static void
clear_request (gpointer data)
{
  Request *request = data;

  g_clear_error (&request->error);
  unref_wire (request->wire);
}

static void
unref_request (gpointer data)
{
  g_atomic_rc_box_release_full (data, clear_request);
}

/* --- worker thread: the connection --- */

static void
set_fd (Wire *wire, int fd)
{
  g_mutex_lock (&wire->lock);
  wire->fd = fd;
  g_mutex_unlock (&wire->lock);
  g_atomic_int_set (&wire->connected, fd >= 0);
}

static void
schedule_attempt (Wire *wire)
{
  gint64 retry_ms, pause_ms;

  g_mutex_lock (&wire->lock);
  retry_ms = wire->retry_ms;
  g_mutex_unlock (&wire->lock);
  pause_ms = wire->failures == 0 ? 0 : MIN (retry_ms << MIN (wire->failures - 1, 15), MAX_PAUSE_MS);
  /* jitter, or all chargers behind one switch come back in step */
  wire->next_attempt_us = phaeton_clock_get_machine_us () +
                          (gint64) ((double) pause_ms * g_random_double_range (750.0, 1000.0));
}

static void
drop_connection (Wire *wire, const char *reason)
{
  const int fd = wire->fd;

  if (fd < 0)
    return;
  set_fd (wire, -1); /* first: nobody may shut down a number that is somebody else's already */
  modbus_set_socket (wire->modbus, -1);
  close (fd);
  if (wire->answered)
    phaeton_message ("", "connection to %s lost: %s", wire->name, reason);
  g_free (wire->reason);
  wire->reason = g_strdup (reason);
  wire->failures = wire->answered ? 0 : wire->failures + 1;
  wire->answered = FALSE;
  schedule_attempt (wire);
}

/* Returns: 0, or the errno of the failed attempt */
static int
wait_connected (int fd, int timeout_ms)
{
  struct pollfd entry = { .fd = fd, .events = POLLOUT };
  int error = 0, ready;
  socklen_t size = sizeof error;

  do
    ready = poll (&entry, 1, timeout_ms);
  while (ready < 0 && errno == EINTR);
  if (ready < 0)
    return errno;
  if (ready == 0)
    return ETIMEDOUT;
  return getsockopt (fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? errno : error;
}

/* Returns: a connected socket, or -1 with errno */
static int
connect_address (const struct addrinfo *address)
{
  const int one = 1;
  const int fd = socket (address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int error = 0;

  if (fd < 0)
    return -1;
  if (fd >= FD_SETSIZE) /* libmodbus uses select(): a higher number would end the process */
    error = EMFILE;
  else if (connect (fd, address->ai_addr, address->ai_addrlen) < 0)
    error = errno == EINPROGRESS ? wait_connected (fd, CONNECT_TIMEOUT_MS) : errno;
  if (error != 0) {
    close (fd);
    errno = error;
    return -1;
  }
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

/* resolves anew each time: a charger may get another address. Returns: a socket, or -1 and why */
static int
connect_host (const char *host, guint16 port, char **reason)
{
  const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
  g_autofree char *service = g_strdup_printf ("%u", port);
  struct addrinfo *addresses = NULL;
  const int failure = getaddrinfo (host, service, &hints, &addresses);
  int fd = -1, tried = 0;

  if (failure != 0) {
    *reason = g_strdup_printf ("cannot resolve the name: %s", gai_strerror (failure));
    return -1;
  }
  for (struct addrinfo *at = addresses; at != NULL && fd < 0 && tried < MAX_ADDRESSES;
       at = at->ai_next, tried++)
    fd = connect_address (at);
  if (fd < 0)
    *reason = g_strdup (g_strerror (errno));
  freeaddrinfo (addresses);
  return fd;
}

/* Returns: 1 bytes that nobody asked for, 0 nothing, -1 the end; peeks, never waits */
static int
peek (const Wire *wire)
{
  char byte;
  const gssize size = recv (wire->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
    return 0;
  return size > 0 ? 1 : -1;
}

static gboolean
set_up_framing (Wire *wire)
{
  if (wire->modbus != NULL)
    return TRUE;
  wire->modbus = modbus_new_tcp ("127.0.0.1", MODBUS_TCP_DEFAULT_PORT); /* never connects itself */
  if (wire->modbus == NULL)
    return FALSE;
  modbus_set_response_timeout (wire->modbus, RESPONSE_TIMEOUT_MS / 1000,
                               RESPONSE_TIMEOUT_MS % 1000 * 1000);
  modbus_set_byte_timeout (wire->modbus, 0, 0); /* else a trickle stretches the time-out */
  return TRUE;
}

static void
set_offline (const Wire *wire, GError **error)
{
  const gint64 pause_us = MAX (wire->next_attempt_us - phaeton_clock_get_machine_us (), 0);

  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_OFFLINE,
               "no connection to %s: %s; next attempt in %.1f s", wire->name, wire->reason,
               (double) pause_us / G_USEC_PER_SEC);
}

static gboolean
ensure_connected (Wire *wire, GError **error)
{
  g_autofree char *reason = NULL;
  int fd;

  if (wire->fd >= 0) {
    const int found = peek (wire);

    if (found != 0) /* closed while idle, or the late double of an answer */
      drop_connection (wire, found > 0 ? "bytes that nobody asked for" : "closed by the station");
  }
  if (wire->fd >= 0)
    return TRUE;
  if (phaeton_clock_get_machine_us () < wire->next_attempt_us || !set_up_framing (wire)) {
    set_offline (wire, error);
    return FALSE;
  }
  fd = connect_host (wire->host, wire->port, &reason);
  if (fd < 0) {
    g_free (wire->reason);
    wire->reason = g_steal_pointer (&reason);
    wire->failures++;
    schedule_attempt (wire);
    set_offline (wire, error);
    return FALSE;
  }
  modbus_set_socket (wire->modbus, fd);
  set_fd (wire, fd);
  g_atomic_int_inc (&wire->generation);
  phaeton_debug ("", "connected to %s", wire->name);
  return TRUE;
}

/* --- worker thread: the requests --- */

/* a station that is busy is to be asked again, one that says no is not */
static void
set_exception (const Wire *wire, const Request *request, int code, GError **error)
{
  const gboolean later =
    code == MODBUS_EXCEPTION_ACKNOWLEDGE || code == MODBUS_EXCEPTION_SLAVE_OR_SERVER_BUSY ||
    code == MODBUS_EXCEPTION_GATEWAY_PATH || code == MODBUS_EXCEPTION_GATEWAY_TARGET;

  g_set_error (error, PHAETON_ERROR, later ? PHAETON_ERROR_OFFLINE : PHAETON_ERROR_REFUSED,
               "%s, unit %u, register %u: Modbus exception %d (%s)", wire->name, request->unit,
               request->address, code, modbus_strerror (MODBUS_ENOBASE + code));
}

static void
note_answer (Wire *wire)
{
  if (!wire->answered)
    phaeton_message ("", "%s answers", wire->name);
  wire->answered = TRUE;
  wire->failures = 0;
}

/* @failure: errno that libmodbus left, 0: an answer */
static gboolean
judge_answer (Wire *wire, const Request *request, int failure, GError **error)
{
  const int code = failure - MODBUS_ENOBASE;
  const gboolean is_exception = code > 0 && code < MODBUS_EXCEPTION_MAX;

  if ((failure == 0 || is_exception) && peek (wire) <= 0) {
    note_answer (wire);
    if (is_exception)
      set_exception (wire, request, code, error);
    return failure == 0;
  }
  if (failure == 0 || is_exception)
    failure = EMBBADDATA; /* its length does not agree with what followed */
  g_set_error (error, PHAETON_ERROR,
               failure >= MODBUS_ENOBASE ? PHAETON_ERROR_PROTOCOL : PHAETON_ERROR_OFFLINE,
               "%s, unit %u, register %u: %s", wire->name, request->unit, request->address,
               modbus_strerror (failure));
  drop_connection (wire, modbus_strerror (failure));
  return FALSE;
}

static gboolean
carry_out (Wire *wire, Request *request, GError **error)
{
  int done;

  if (!ensure_connected (wire, error))
    return FALSE;
  if (modbus_set_slave (wire->modbus, request->unit) < 0) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, "%u is no Modbus unit id",
                 request->unit);
    return FALSE;
  }
  errno = 0;
  if (request->kind == KIND_READ)
    done = modbus_read_registers (wire->modbus, request->address, request->count, request->words);
  else
    done = modbus_write_registers (wire->modbus, request->address, request->count, request->words);
  if (done == request->count)
    return judge_answer (wire, request, 0, error);
  return judge_answer (wire, request, done < 0 && errno != 0 ? errno : EMBBADDATA, error);
}

/* Returns: (transfer full) (nullable): NULL: the bus is gone */
static Request *
wait_for_request (Wire *wire)
{
  Request *request = NULL;

  g_mutex_lock (&wire->lock);
  while (!wire->quit && request == NULL) {
    for (int kind = 0; kind < N_KINDS && request == NULL; kind++)
      request = g_queue_pop_head (&wire->queues[kind]);
    if (request == NULL)
      g_cond_wait (&wire->wake, &wire->lock);
  }
  g_mutex_unlock (&wire->lock);
  return request;
}

static gboolean complete_cb (gpointer user_data);

static gpointer
run_worker (gpointer data)
{
  Wire *wire = data;
  Request *request;

  while ((request = wait_for_request (wire)) != NULL) {
    /* not g_main_context_invoke(): between two iterations it would run the callback in here */
    g_autoptr (GSource) source = g_idle_source_new ();

    request->took_us = -phaeton_clock_get_machine_us ();
    carry_out (wire, request, &request->error);
    request->took_us += phaeton_clock_get_machine_us ();
    g_source_set_priority (source, G_PRIORITY_DEFAULT);
    g_source_set_callback (source, complete_cb, request, unref_request);
    g_source_attach (source, wire->context);
  }
  wire->answered = FALSE; /* closing on purpose is no news */
  drop_connection (wire, "closed");
  unref_wire (wire);
  return NULL;
}

/* --- main thread --- */

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
count (PhaetonModbusStats *stats, const Request *request, const GError *error)
{
  if (error == NULL)
    phaeton_histogram_add (request->kind == KIND_WRITE ? &stats->writes : &stats->reads,
                           &phaeton_modbus_bounds, request->took_us);
  else if (g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_OFFLINE))
    stats->silent++;
  else if (g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL))
    stats->garbled++;
  else if (g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED))
    stats->refusals++;
}

/* @error: (transfer full) (nullable) */
static void
answer (Request *request, GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&request->task);

  clear_source (&request->cancel_source);
  clear_source (&request->deadline_source);
  count (&PHAETON_MODBUS_BUS (g_task_get_source_object (task))->stats, request, error);
  if (error != NULL)
    g_task_return_error (task, error);
  else if (request->kind == KIND_WRITE)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_pointer (task,
                           g_array_append_vals (g_array_sized_new (FALSE, FALSE, sizeof (guint16),
                                                                   (guint) request->count),
                                                request->words, (guint) request->count),
                           (GDestroyNotify) g_array_unref);
}

static gboolean
complete_cb (gpointer user_data)
{
  Request *request = user_data;

  if (request->task != NULL) /* else the caller gave up, and this is a late answer */
    answer (request, g_steal_pointer (&request->error));
  return G_SOURCE_REMOVE;
}

/* @error: (transfer full): answers before the worker did; what it still finds out is dropped */
static void
abandon (Request *request, GError *error)
{
  Wire *wire = request->wire;
  gboolean was_queued;

  g_mutex_lock (&wire->lock);
  was_queued = g_queue_remove (&wire->queues[request->kind], request);
  g_mutex_unlock (&wire->lock);
  answer (request, error);
  if (was_queued)
    unref_request (request);
}

static gboolean
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  abandon (user_data, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled"));
  return G_SOURCE_REMOVE;
}

static gboolean
deadline_cb (gpointer user_data)
{
  Request *request = user_data;

  abandon (request, g_error_new (PHAETON_ERROR, PHAETON_ERROR_OFFLINE, "%s: no answer within %d s",
                                 request->wire->name, REQUEST_DEADLINE_MS / 1000));
  return G_SOURCE_REMOVE;
}

static GSource *
attach_source (Request *request, GSource *source, GSourceFunc callback)
{
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, callback, g_atomic_rc_box_acquire (request), unref_request);
  g_source_attach (source, request->wire->context);
  return source;
}

static void
ensure_worker (PhaetonModbusBus *self)
{
  if (self->started)
    return;
  self->started = TRUE;
  g_thread_unref (g_thread_new ("modbus", run_worker, g_atomic_rc_box_acquire (self->wire)));
}

/* takes @request; FALSE: it was refused */
static gboolean
enqueue (Wire *wire, Request *request)
{
  guint queued = 0;

  g_mutex_lock (&wire->lock);
  for (int kind = 0; kind < N_KINDS; kind++)
    queued += wire->queues[kind].length;
  if (queued < MAX_QUEUED) {
    g_queue_push_tail (&wire->queues[request->kind], g_atomic_rc_box_acquire (request));
    g_cond_signal (&wire->wake);
  }
  g_mutex_unlock (&wire->lock);
  return queued < MAX_QUEUED;
}

/* @task: (transfer full); @words: (nullable): to write */
static void
submit (PhaetonModbusBus *self, GTask *task, RequestKind kind, guint8 unit, guint16 address,
        const guint16 *words, int count)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Request *request;

  if (g_task_return_error_if_cancelled (task)) {
    g_object_unref (task);
    return;
  }
  request = g_atomic_rc_box_new0 (Request);
  request->kind = kind;
  request->unit = unit;
  request->address = address;
  request->count = count;
  if (words != NULL)
    memcpy (request->words, words, (gsize) count * sizeof *words);
  request->wire = g_atomic_rc_box_acquire (self->wire);
  request->task = task;
  if (!enqueue (self->wire, request)) {
    answer (request,
            g_error_new (PHAETON_ERROR, PHAETON_ERROR_OFFLINE,
                         "%s: %d requests are waiting already", self->wire->name, MAX_QUEUED));
  } else {
    ensure_worker (self);
    request->deadline_source =
      attach_source (request, g_timeout_source_new (REQUEST_DEADLINE_MS), deadline_cb);
    if (cancellable != NULL)
      request->cancel_source = attach_source (request, g_cancellable_source_new (cancellable),
                                              G_SOURCE_FUNC (cancelled_cb));
  }
  unref_request (request);
}

static void
phaeton_modbus_bus_finalize (GObject *object)
{
  PhaetonModbusBus *self = PHAETON_MODBUS_BUS (object);

  if (self->wire != NULL) {
    g_hash_table_remove (buses, self->wire->name);
    g_mutex_lock (&self->wire->lock);
    self->wire->quit = TRUE;
    if (self->wire->fd >= 0)
      shutdown (self->wire->fd, SHUT_RDWR); /* ends a wait for an answer; nobody joins the thread */
    g_cond_signal (&self->wire->wake);
    g_mutex_unlock (&self->wire->lock);
    unref_wire (self->wire);
  }
  G_OBJECT_CLASS (phaeton_modbus_bus_parent_class)->finalize (object);
}

static void
phaeton_modbus_bus_class_init (PhaetonModbusBusClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = phaeton_modbus_bus_finalize;
}

static void
phaeton_modbus_bus_init (PhaetonModbusBus *self)
{
}

static Wire *
new_wire (const char *host, guint16 port, char *name)
{
  Wire *wire = g_atomic_rc_box_new0 (Wire);

  wire->host = g_strdup (host);
  wire->port = port;
  wire->name = name;
  wire->context = g_main_context_ref_thread_default ();
  g_mutex_init (&wire->lock);
  g_cond_init (&wire->wake);
  for (int kind = 0; kind < N_KINDS; kind++)
    g_queue_init (&wire->queues[kind]);
  wire->fd = -1;
  wire->retry_ms = DEFAULT_RETRY_MS;
  wire->reason = g_strdup ("not connected yet");
  return wire;
}

PhaetonModbusBus *
phaeton_modbus_bus_get (const char *host, guint16 port)
{
  g_autofree char *name = NULL;
  PhaetonModbusBus *self;

  g_return_val_if_fail (host != NULL && port != 0, NULL);

  name = g_strdup_printf ("%s:%u", host, port);
  if (buses == NULL)
    buses = g_hash_table_new (g_str_hash, g_str_equal);
  self = g_hash_table_lookup (buses, name);
  if (self != NULL)
    return g_object_ref (self);
  self = g_object_new (PHAETON_TYPE_MODBUS_BUS, NULL);
  self->wire = new_wire (host, port, g_steal_pointer (&name));
  g_hash_table_insert (buses, self->wire->name, self);
  return self;
}

void
phaeton_modbus_bus_foreach_stats (PhaetonModbusStatsFunc function, gpointer user_data)
{
  GHashTableIter at;
  gpointer name, bus;

  if (buses == NULL)
    return;
  g_hash_table_iter_init (&at, buses);
  while (g_hash_table_iter_next (&at, &name, &bus))
    function (name, &PHAETON_MODBUS_BUS (bus)->stats, user_data);
}

void
phaeton_modbus_bus_set_retry (PhaetonModbusBus *self, gint64 retry_ms)
{
  g_return_if_fail (PHAETON_IS_MODBUS_BUS (self));

  g_mutex_lock (&self->wire->lock);
  self->wire->retry_ms = CLAMP (retry_ms, 10, MAX_PAUSE_MS);
  g_mutex_unlock (&self->wire->lock);
}

gboolean
phaeton_modbus_bus_is_connected (PhaetonModbusBus *self)
{
  g_return_val_if_fail (PHAETON_IS_MODBUS_BUS (self), FALSE);

  return g_atomic_int_get (&self->wire->connected);
}

guint
phaeton_modbus_bus_get_generation (PhaetonModbusBus *self)
{
  g_return_val_if_fail (PHAETON_IS_MODBUS_BUS (self), 0);

  return g_atomic_int_get (&self->wire->generation);
}

void
phaeton_modbus_bus_read_async (PhaetonModbusBus *self, guint8 unit, guint16 address, int count,
                               GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data)
{
  GTask *task;

  g_return_if_fail (PHAETON_IS_MODBUS_BUS (self));
  g_return_if_fail (count >= 1 && count <= MODBUS_MAX_READ_REGISTERS);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, phaeton_modbus_bus_read_async);
  submit (self, task, KIND_READ, unit, address, NULL, count);
}

GArray *
phaeton_modbus_bus_read_finish (PhaetonModbusBus *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, phaeton_modbus_bus_read_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

void
phaeton_modbus_bus_write_async (PhaetonModbusBus *self, guint8 unit, guint16 address,
                                const guint16 *words, int count, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task;

  g_return_if_fail (PHAETON_IS_MODBUS_BUS (self));
  g_return_if_fail (words != NULL && count >= 1 && count <= MODBUS_MAX_WRITE_REGISTERS);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, phaeton_modbus_bus_write_async);
  submit (self, task, KIND_WRITE, unit, address, words, count);
}

gboolean
phaeton_modbus_bus_write_finish (PhaetonModbusBus *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, phaeton_modbus_bus_write_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
