/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "modbus-server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CLIENTS 8
#define LATE_MS 2000
#define TRICKLE_MS 200
#define MAX_FRAME 260

struct _ModbusServer {
  GThread *thread;
  GMutex lock; /* guards all below */
  guint16 port;
  int listener;             /* -1: paused */
  int clients[MAX_CLIENTS]; /* -1: free */
  gboolean quit, paused, drop;
  int lie;
  guint8 lie_unit;     /* 0: any */
  guint16 lie_address; /* 0: any */
  guint delay_ms;
  guint connections;
  guint16 deaf;        /* 0: none */
  guint16 *units[256]; /* 65536 words each */
  GArray *requests;
};

static guint16 *
ensure_unit (ModbusServer *self, guint8 unit)
{
  if (self->units[unit] == NULL) {
    self->units[unit] = g_new (guint16, 65536);
    memset (self->units[unit], 0xFF, 65536 * sizeof (guint16));
  }
  return self->units[unit];
}

static int
listen_on (guint16 *port)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons (*port) };
  socklen_t size = sizeof address;
  const int one = 1;
  const int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (fd, 8), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &address, &size), ==, 0);
  *port = ntohs (address.sin_port);
  return fd;
}

static void
close_client (int *fd, gboolean reset)
{
  const struct linger now = { 1, 0 };

  if (*fd < 0)
    return;
  if (reset)
    setsockopt (*fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close (*fd);
  *fd = -1;
}

/* sleeps in slices, so that the test need not wait at its end */
static void
nap (ModbusServer *self, guint ms)
{
  for (guint slept = 0; slept < ms; slept += 10) {
    gboolean stop;

    g_mutex_lock (&self->lock);
    stop = self->quit || self->paused || self->drop;
    g_mutex_unlock (&self->lock);
    if (stop)
      return;
    g_usleep (10 * 1000);
  }
}

static void
send_all (int fd, const guint8 *bytes, int size)
{
  if (send (fd, bytes, (size_t) size, MSG_NOSIGNAL) < 0)
    return; /* the bus gave up: that is what some tests are about */
}

/* Returns: size of the honest answer */
static int
make_answer (ModbusServer *self, const guint8 *frame, const ModbusRequest *request, guint8 *answer)
{
  guint16 *words = ensure_unit (self, request->unit);
  int size = 9;

  memcpy (answer, frame, 8);
  if (request->function == 3) {
    answer[8] = (guint8) (2 * request->count);
    for (int i = 0; i < request->count; i++) {
      answer[size++] = (guint8) (words[request->address + i] >> 8);
      answer[size++] = (guint8) (words[request->address + i] & 0xFF);
    }
  } else {
    for (int i = 0; i < request->count && request->address != self->deaf; i++)
      words[request->address + i] = (guint16) (frame[13 + 2 * i] << 8 | frame[14 + 2 * i]);
    memcpy (answer + 8, frame + 8, 4);
    size = 12;
  }
  answer[4] = (guint8) ((size - 6) >> 8);
  answer[5] = (guint8) ((size - 6) & 0xFF);
  return size;
}

static int
make_exception (guint8 *answer, int code)
{
  answer[4] = 0;
  answer[5] = 3;
  answer[7] |= 0x80;
  answer[8] = (guint8) code;
  return 9;
}

/* makes the frame wrong; FALSE: it is not to be sent */
static gboolean
distort (ModbusServer *self, int *client, int lie, guint8 *answer, int *size)
{
  switch (lie) {
  case LIE_SILENT:
    return FALSE;
  case LIE_HALF:
    *size /= 2;
    return TRUE;
  case LIE_WRONG_ID:
    answer[1] ^= 0x55;
    return TRUE;
  case LIE_RESET:
  case LIE_CLOSE:
    close_client (client, lie == LIE_RESET);
    return FALSE;
  case LIE_GARBAGE:
    for (int i = 0; i < *size; i++)
      answer[i] = (guint8) g_random_int ();
    return TRUE;
  case LIE_LENGTH:
    answer[4] = answer[5] = 0xFF;
    answer[8] = 0xFF;
    return TRUE;
  case LIE_TRICKLE:
    for (int i = 0; i < 11; i++) {
      const guint8 byte = answer[i % *size];

      send_all (*client, &byte, 1);
      nap (self, TRICKLE_MS);
    }
    return FALSE;
  case LIE_TWICE:
    memcpy (answer + *size, answer, (size_t) *size);
    *size *= 2;
    return TRUE;
  case LIE_LATE:
    nap (self, LATE_MS);
    return TRUE;
  case LIE_FEWER:
    answer[8] -= 2;
    answer[5] -= 2;
    *size -= 2;
    return TRUE;
  case LIE_OTHER:
    answer[7] = 4;
    return TRUE;
  }
  return TRUE;
}

static void
answer_request (ModbusServer *self, int *client, const guint8 *frame)
{
  guint8 answer[2 * MAX_FRAME] = { 0 };
  ModbusRequest request = {
    .unit = frame[6],
    .function = frame[7],
    .address = (guint16) (frame[8] << 8 | frame[9]),
    .count = (guint16) (frame[10] << 8 | frame[11]),
    .first = frame[7] == 16 ? (guint16) (frame[13] << 8 | frame[14]) : 0,
  };
  guint delay_ms;
  int size, lie;

  g_mutex_lock (&self->lock);
  lie = (self->lie_unit == 0 || self->lie_unit == request.unit) &&
            (self->lie_address == 0 || self->lie_address == request.address)
          ? self->lie
          : LIE_NONE;
  delay_ms = self->delay_ms;
  g_array_append_val (self->requests, request);
  if (lie < LIE_EXCEPTION) {
    size = make_answer (self, frame, &request, answer);
  } else {
    memcpy (answer, frame, 8);
    size = make_exception (answer, lie - LIE_EXCEPTION);
  }
  g_mutex_unlock (&self->lock);
  nap (self, delay_ms);
  if (distort (self, client, lie, answer, &size))
    send_all (*client, answer, size);
  if (lie == LIE_CLOSE_AFTER)
    close_client (client, FALSE);
}

/* requests of our bus are small and come in one piece over the loopback */
static void
serve_client (ModbusServer *self, int *client)
{
  guint8 frame[MAX_FRAME + 1] = { 0 };
  const gssize size = recv (*client, frame, MAX_FRAME, MSG_DONTWAIT);

  if (size <= 0) {
    if (size == 0 || errno != EAGAIN)
      close_client (client, FALSE);
    return;
  }
  g_assert_cmpint (size, ==, 6 + (frame[4] << 8 | frame[5]));
  g_assert_true (frame[7] == 3 || frame[7] == 16);
  answer_request (self, client, frame);
}

static void
accept_client (ModbusServer *self, int listener)
{
  const int fd = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);

  for (int i = 0; i < MAX_CLIENTS && fd >= 0; i++)
    if (self->clients[i] < 0) {
      self->clients[i] = fd;
      g_mutex_lock (&self->lock);
      self->connections++;
      g_mutex_unlock (&self->lock);
      return;
    }
  if (fd >= 0)
    close (fd);
}

/* carries out what the test asked for; FALSE: end */
static gboolean
obey (ModbusServer *self)
{
  gboolean quit;

  g_mutex_lock (&self->lock);
  quit = self->quit;
  if (quit || self->paused || self->drop)
    for (int i = 0; i < MAX_CLIENTS; i++)
      close_client (&self->clients[i], TRUE);
  self->drop = FALSE;
  if ((quit || self->paused) && self->listener >= 0) {
    close (self->listener);
    self->listener = -1;
  } else if (!quit && !self->paused && self->listener < 0) {
    self->listener = listen_on (&self->port);
  }
  g_mutex_unlock (&self->lock);
  return !quit;
}

static gpointer
run_server (gpointer data)
{
  ModbusServer *self = data;

  while (obey (self)) {
    struct pollfd entries[MAX_CLIENTS + 1] = { { .fd = self->listener, .events = POLLIN } };

    for (int i = 0; i < MAX_CLIENTS; i++)
      entries[i + 1] = (struct pollfd){ .fd = self->clients[i], .events = POLLIN };
    if (poll (entries, MAX_CLIENTS + 1, 5) <= 0)
      continue;
    if (entries[0].revents != 0)
      accept_client (self, self->listener);
    for (int i = 0; i < MAX_CLIENTS; i++)
      if (entries[i + 1].revents != 0)
        serve_client (self, &self->clients[i]);
  }
  return NULL;
}

ModbusServer *
modbus_server_new (void)
{
  ModbusServer *self = g_new0 (ModbusServer, 1);

  g_mutex_init (&self->lock);
  self->requests = g_array_new (FALSE, FALSE, sizeof (ModbusRequest));
  for (int i = 0; i < MAX_CLIENTS; i++)
    self->clients[i] = -1;
  self->listener = listen_on (&self->port);
  self->thread = g_thread_new ("server", run_server, self);
  return self;
}

void
modbus_server_free (ModbusServer *self)
{
  g_mutex_lock (&self->lock);
  self->quit = TRUE;
  g_mutex_unlock (&self->lock);
  g_thread_join (self->thread);
  g_mutex_clear (&self->lock);
  g_array_unref (self->requests);
  for (int i = 0; i < 256; i++)
    g_free (self->units[i]);
  g_free (self);
}

guint16
modbus_server_get_port (ModbusServer *self)
{
  return self->port;
}

void
modbus_server_set_lie (ModbusServer *self, int lie)
{
  modbus_server_set_lie_at (self, lie, 0, 0);
}

void
modbus_server_set_lie_at (ModbusServer *self, int lie, guint8 unit, guint16 address)
{
  g_mutex_lock (&self->lock);
  self->lie = lie;
  self->lie_unit = unit;
  self->lie_address = address;
  g_mutex_unlock (&self->lock);
}

void
modbus_server_set_delay (ModbusServer *self, guint delay_ms)
{
  g_mutex_lock (&self->lock);
  self->delay_ms = delay_ms;
  g_mutex_unlock (&self->lock);
}

static void
set_paused (ModbusServer *self, gboolean paused)
{
  gboolean done = FALSE;

  g_mutex_lock (&self->lock);
  self->paused = paused;
  g_mutex_unlock (&self->lock);
  while (!done) {
    g_usleep (1000);
    g_mutex_lock (&self->lock);
    done = (self->listener < 0) == paused;
    g_mutex_unlock (&self->lock);
  }
}

void
modbus_server_pause (ModbusServer *self)
{
  set_paused (self, TRUE);
}

void
modbus_server_resume (ModbusServer *self)
{
  set_paused (self, FALSE);
}

void
modbus_server_drop (ModbusServer *self)
{
  gboolean pending = TRUE;

  g_mutex_lock (&self->lock);
  self->drop = TRUE;
  g_mutex_unlock (&self->lock);
  while (pending) {
    g_usleep (1000);
    g_mutex_lock (&self->lock);
    pending = self->drop;
    g_mutex_unlock (&self->lock);
  }
}

void
modbus_server_set (ModbusServer *self, guint8 unit, guint16 address, const guint16 *words,
                   int count)
{
  g_mutex_lock (&self->lock);
  memcpy (ensure_unit (self, unit) + address, words, (gsize) count * sizeof *words);
  g_mutex_unlock (&self->lock);
}

guint16
modbus_server_get (ModbusServer *self, guint8 unit, guint16 address)
{
  guint16 word;

  g_mutex_lock (&self->lock);
  word = ensure_unit (self, unit)[address];
  g_mutex_unlock (&self->lock);
  return word;
}

void
modbus_server_set_deaf (ModbusServer *self, guint16 address)
{
  g_mutex_lock (&self->lock);
  self->deaf = address;
  g_mutex_unlock (&self->lock);
}

guint
modbus_server_get_connections (ModbusServer *self)
{
  guint connections;

  g_mutex_lock (&self->lock);
  connections = self->connections;
  g_mutex_unlock (&self->lock);
  return connections;
}

GArray *
modbus_server_take_requests (ModbusServer *self)
{
  GArray *taken;

  g_mutex_lock (&self->lock);
  taken = self->requests;
  self->requests = g_array_new (FALSE, FALSE, sizeof (ModbusRequest));
  g_mutex_unlock (&self->lock);
  return taken;
}
