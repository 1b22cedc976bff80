/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-sim"
#include "config.h"

#include "phaeton-sim-server.h"

#include "phaeton-sim-alfen.h"
#include "phaeton-sim-noise.h"

#include <string.h>
#include <sys/socket.h>

#define HEADER_BYTES 7 /* transaction, protocol, length, unit */
#define FRAME_MAX 260
#define INPUT_MAX 4096 /* requests that a master may have waiting */
#define KEYS_MAX 1024  /* kinds of requests that are counted */
#define BACKLOG 128
#define CHANNEL_DELAY 1000
#define CHANNEL_GARBAGE 1001

const char *const phaeton_sim_wire_names[PHAETON_SIM_N_WIRE] = {
  "none",       "silent",       "late",    "half",      "cut",   "trickle", "twice",  "wrong-id",
  "wrong-unit", "wrong-length", "garbage", "exception", "close", "rst",     "freeze",
};

/* one master */
typedef struct {
  gatomicrefcount refs;
  PhaetonSimServer *server;  /* NULL: closed */
  GSocketConnection *stream; /* (owned) */
  GCancellable *cancellable; /* (owned) */
  GByteArray *input;         /* (owned) */
  guint8 chunk[512];
  GByteArray *answer; /* (owned): being sent */
  gsize sent;
  gsize write_bytes; /* at a time */
  int write_pause_ms;
  gboolean close_after;
  gboolean is_busy; /* with one request */
  guint answer_id;
  guint idle_id;
  gint64 n_requests;
} Master;

struct _PhaetonSimServer {
  PhaetonSimWorld *world;
  guint station;
  GSocketService *service; /* (owned) */
  guint16 port;
  PhaetonSimServerSettings settings;
  PhaetonSimWireFault fault;
  GPtrArray *masters; /* (owned) (element-type Master) */
  guint boot_id;
  gint64 n_requests;
  gint64 n_rejected;
  GHashTable *requests; /* (owned) (element-type utf8 gint64) */
};

static void process_input (Master *master);
static void read_input (Master *master);
static void write_answer (Master *master);

static Master *
master_ref (Master *master)
{
  g_atomic_ref_count_inc (&master->refs);
  return master;
}

static void
master_unref (Master *master)
{
  if (!g_atomic_ref_count_dec (&master->refs))
    return;
  g_object_unref (master->stream);
  g_object_unref (master->cancellable);
  g_byte_array_unref (master->input);
  g_byte_array_unref (master->answer);
  g_free (master);
}

/* @by_reset: as a crashed station does, with RST instead of FIN */
static void
close_master (Master *master, gboolean by_reset)
{
  PhaetonSimServer *self = master->server;
  const struct linger now = { .l_onoff = 1, .l_linger = 0 };
  GSocket *socket = g_socket_connection_get_socket (master->stream);

  if (self == NULL)
    return;
  master->server = NULL;
  g_clear_handle_id (&master->answer_id, g_source_remove);
  g_clear_handle_id (&master->idle_id, g_source_remove);
  g_cancellable_cancel (master->cancellable);
  if (by_reset)
    setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  g_socket_close (socket, NULL);
  g_ptr_array_remove (self->masters, master); /* drops the list's reference */
}

static gboolean
idle_cb (gpointer user_data)
{
  Master *master = user_data;

  master->idle_id = 0;
  close_master (master, FALSE);
  return G_SOURCE_REMOVE;
}

static void
restart_idle_timer (Master *master)
{
  g_clear_handle_id (&master->idle_id, g_source_remove);
  master->idle_id = g_timeout_add (master->server->settings.idle_ms, idle_cb, master);
}

static guint16
get_word (const guint8 *bytes)
{
  return (guint16) (bytes[0] << 8 | bytes[1]);
}

static void
set_word (guint8 *bytes, guint16 word)
{
  bytes[0] = word >> 8;
  bytes[1] = word & 0xff;
}

static void
add_bytes (GByteArray *array, const guint8 *bytes, guint n)
{
  g_byte_array_append (array, bytes, n);
}

static void
add_word (GByteArray *array, guint16 word)
{
  guint8 bytes[2];

  set_word (bytes, word);
  add_bytes (array, bytes, sizeof bytes);
}

/* "3:306"; what a hostile master invents does not grow the table for ever */
static void
count_request (Master *master, guint8 function, guint16 address)
{
  PhaetonSimServer *self = master->server;
  g_autofree char *key = g_strdup_printf ("%u:%u", function, address);
  gint64 *count = g_hash_table_lookup (self->requests, key);

  master->n_requests++;
  self->n_requests++;
  if (count != NULL) {
    ++*count;
  } else if (g_hash_table_size (self->requests) < KEYS_MAX) {
    count = g_new (gint64, 1);
    *count = 1;
    g_hash_table_insert (self->requests, g_steal_pointer (&key), count);
  }
}

static PhaetonSimModbusCode
answer_read (PhaetonSimServer *self, const guint8 *frame, guint n_pdu, GByteArray *answer)
{
  const PhaetonSimHome *home = self->world->home;
  const guint16 count = get_word (frame + 10);
  guint16 words[PHAETON_SIM_ALFEN_READ_MAX];
  guint8 n_bytes;
  PhaetonSimModbusCode code;

  if (n_pdu != 5)
    return PHAETON_SIM_MODBUS_ILLEGAL_VALUE;
  code = phaeton_sim_alfen_read (&home->stations[self->station], home->wall_ms / 1000, frame[6],
                                 get_word (frame + 8), count, words);
  if (code != PHAETON_SIM_MODBUS_OK)
    return code;
  n_bytes = 2 * count;
  add_bytes (answer, &frame[7], 1);
  add_bytes (answer, &n_bytes, 1);
  for (guint i = 0; i < count; i++)
    add_word (answer, words[i]);
  return PHAETON_SIM_MODBUS_OK;
}

/* both write functions are answered by the first four bytes of what they asked */
static PhaetonSimModbusCode
answer_write (PhaetonSimServer *self, const guint8 *frame, guint n_pdu, GByteArray *answer)
{
  const gboolean is_single = frame[7] == 6;
  const guint16 count = is_single ? 1 : get_word (frame + 10);
  const guint8 *data = frame + (is_single ? 10 : 13);
  guint16 words[PHAETON_SIM_ALFEN_WRITE_MAX];
  PhaetonSimModbusCode code;

  if (count < 1 || count > PHAETON_SIM_ALFEN_WRITE_MAX)
    return PHAETON_SIM_MODBUS_ILLEGAL_VALUE;
  if (n_pdu != (is_single ? 5u : 6u + 2 * count) || (!is_single && frame[12] != 2 * count))
    return PHAETON_SIM_MODBUS_ILLEGAL_VALUE;
  for (guint i = 0; i < count; i++)
    words[i] = get_word (data + 2 * i);
  code = phaeton_sim_alfen_write (&self->world->home->stations[self->station], frame[6],
                                  get_word (frame + 8), count, words);
  if (code == PHAETON_SIM_MODBUS_OK)
    add_bytes (answer, frame + 7, 5);
  return code;
}

/* @n_pdu: bytes after the unit, at least 1 */
static PhaetonSimModbusCode
answer_request (PhaetonSimServer *self, const guint8 *frame, guint n_pdu, GByteArray *answer)
{
  switch (frame[7]) {
  case 3:
    return n_pdu < 5 ? PHAETON_SIM_MODBUS_ILLEGAL_VALUE : answer_read (self, frame, n_pdu, answer);
  case 6:
    return n_pdu < 5 ? PHAETON_SIM_MODBUS_ILLEGAL_VALUE : answer_write (self, frame, n_pdu, answer);
  case 16:
    return n_pdu < 6 ? PHAETON_SIM_MODBUS_ILLEGAL_VALUE : answer_write (self, frame, n_pdu, answer);
  default:
    return PHAETON_SIM_MODBUS_ILLEGAL_FUNCTION;
  }
}

/* FALSE: this request gets no answer */
static gboolean
build_answer (Master *master, const guint8 *frame, guint n_pdu, int forced_code)
{
  PhaetonSimServer *self = master->server;
  GByteArray *answer = master->answer;
  PhaetonSimModbusCode code = forced_code;

  g_byte_array_set_size (answer, 0);
  add_bytes (answer, frame, HEADER_BYTES);
  if (code == PHAETON_SIM_MODBUS_OK)
    code = answer_request (self, frame, n_pdu, answer);
  if (code == PHAETON_SIM_MODBUS_NO_TARGET && forced_code == PHAETON_SIM_MODBUS_OK) {
    code = self->settings.unknown_unit;
    if (code == PHAETON_SIM_MODBUS_OK)
      return FALSE;
  }
  if (code != PHAETON_SIM_MODBUS_OK) {
    const guint8 pdu[2] = { frame[7] | 0x80, code };

    g_byte_array_set_size (answer, HEADER_BYTES);
    add_bytes (answer, pdu, sizeof pdu);
  }
  set_word (answer->data + 4, answer->len - 6);
  return TRUE;
}

/* the fault that meets this request, used up by one */
static PhaetonSimWireFault
take_fault (PhaetonSimServer *self, guint16 address)
{
  const PhaetonSimWireFault none = { .kind = PHAETON_SIM_WIRE_NONE };
  PhaetonSimWireFault fault = self->fault;

  if (fault.kind == PHAETON_SIM_WIRE_NONE || fault.count == 0 ||
      (fault.address >= 0 && fault.address != address))
    return none;
  if (self->fault.count > 0 && --self->fault.count == 0)
    self->fault.kind = PHAETON_SIM_WIRE_NONE;
  return fault;
}

static void
fill_garbage (PhaetonSimServer *self, GByteArray *answer)
{
  const guint64 seed = self->world->home->seed;

  g_byte_array_set_size (answer, 1 + phaeton_sim_hash (seed, CHANNEL_GARBAGE, self->n_requests) %
                                       FRAME_MAX);
  for (guint i = 0; i < answer->len; i++)
    answer->data[i] = phaeton_sim_hash (seed, CHANNEL_GARBAGE, self->n_requests * FRAME_MAX + i);
}

/* turns the honest answer into what the fault wants to be sent */
static void
spoil_answer (Master *master, const PhaetonSimWireFault *fault)
{
  GByteArray *answer = master->answer;
  const guint length = answer->len;

  switch (fault->kind) {
  case PHAETON_SIM_WIRE_CUT:
    master->close_after = TRUE;
    g_byte_array_set_size (answer, length / 2);
    break;
  case PHAETON_SIM_WIRE_HALF:
    g_byte_array_set_size (answer, length / 2);
    break;
  case PHAETON_SIM_WIRE_TRICKLE:
    master->write_bytes = 1;
    master->write_pause_ms = fault->ms;
    break;
  case PHAETON_SIM_WIRE_TWICE:
    g_byte_array_set_size (answer, 2 * length);
    memcpy (answer->data + length, answer->data, length);
    break;
  case PHAETON_SIM_WIRE_WRONG_ID:
    set_word (answer->data, get_word (answer->data) + 1);
    break;
  case PHAETON_SIM_WIRE_WRONG_UNIT:
    answer->data[6]++;
    break;
  case PHAETON_SIM_WIRE_WRONG_LENGTH:
    set_word (answer->data + 4, get_word (answer->data + 4) + 2);
    break;
  case PHAETON_SIM_WIRE_GARBAGE:
    fill_garbage (master->server, answer);
    break;
  default:
    break;
  }
}

static gboolean
answer_cb (gpointer user_data)
{
  Master *master = user_data;

  master->answer_id = 0;
  write_answer (master);
  return G_SOURCE_REMOVE;
}

static void
wrote_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Master *master = user_data;
  gsize written = 0;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, &written, NULL)) {
    close_master (master, FALSE);
  } else if (master->server != NULL) {
    master->sent += written;
    if (master->sent < master->answer->len) {
      master->answer_id = g_timeout_add (master->write_pause_ms, answer_cb, master);
    } else if (master->close_after) {
      close_master (master, FALSE);
    } else {
      master->is_busy = FALSE;
      process_input (master);
    }
  }
  master_unref (master);
}

static void
write_answer (Master *master)
{
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (master->stream));
  const gsize left = master->answer->len - master->sent;

  g_output_stream_write_all_async (output, master->answer->data + master->sent,
                                   MIN (left, master->write_bytes), G_PRIORITY_DEFAULT,
                                   master->cancellable, wrote_cb, master_ref (master));
}

static int
get_delay_ms (PhaetonSimServer *self)
{
  const PhaetonSimServerSettings *settings = &self->settings;
  const int range_ms = MAX (settings->delay_max_ms - settings->delay_min_ms, 0);

  return settings->delay_min_ms +
         (int) (range_ms *
                phaeton_sim_uniform (self->world->home->seed, CHANNEL_DELAY, self->n_requests));
}

static void
handle_request (Master *master, const guint8 *frame, guint n_pdu)
{
  PhaetonSimServer *self = master->server;
  const guint16 address = n_pdu >= 3 ? get_word (frame + 8) : 0;
  const PhaetonSimWireFault fault = take_fault (self, address);

  restart_idle_timer (master);
  count_request (master, frame[7], address);
  phaeton_sim_world_catch_up (self->world);
  if (fault.kind == PHAETON_SIM_WIRE_CLOSE || fault.kind == PHAETON_SIM_WIRE_RST) {
    close_master (master, fault.kind == PHAETON_SIM_WIRE_RST);
    return;
  }
  if (fault.kind == PHAETON_SIM_WIRE_SILENT ||
      !build_answer (master, frame, n_pdu,
                     fault.kind == PHAETON_SIM_WIRE_EXCEPTION ? fault.code : 0))
    return;
  master->is_busy = TRUE;
  master->sent = 0;
  master->write_bytes = G_MAXSIZE;
  spoil_answer (master, &fault);
  master->answer_id = g_timeout_add (
    fault.kind == PHAETON_SIM_WIRE_LATE ? fault.ms : get_delay_ms (self), answer_cb, master);
}

/* takes whole requests off the input, one at a time */
static void
process_input (Master *master)
{
  while (master->server != NULL && !master->is_busy &&
         master->server->fault.kind != PHAETON_SIM_WIRE_FREEZE &&
         master->input->len >= HEADER_BYTES + 1) {
    const guint length = get_word (master->input->data + 4); /* unit and what follows */
    guint8 frame[FRAME_MAX];

    if (get_word (master->input->data + 2) != 0 || length < 2 || length + 6 > FRAME_MAX) {
      close_master (master, FALSE); /* not Modbus */
      return;
    }
    if (master->input->len < length + 6)
      return;
    memcpy (frame, master->input->data, length + 6);
    g_byte_array_remove_range (master->input, 0, length + 6);
    handle_request (master, frame, length - 1);
  }
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Master *master = user_data;
  const gssize n = g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);

  if (n <= 0 || master->input->len + n > INPUT_MAX) {
    close_master (master, FALSE);
  } else if (master->server != NULL) {
    add_bytes (master->input, master->chunk, n);
    process_input (master);
    if (master->server != NULL)
      read_input (master);
  }
  master_unref (master);
}

static void
read_input (Master *master)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (master->stream));

  g_input_stream_read_async (input, master->chunk, sizeof master->chunk, G_PRIORITY_DEFAULT,
                             master->cancellable, read_cb, master_ref (master));
}

static gboolean
incoming_cb (GSocketService *service, GSocketConnection *stream, GObject *source,
             gpointer user_data)
{
  PhaetonSimServer *self = user_data;
  Master *master;

  if (self->boot_id != 0 || (int) self->masters->len >= self->settings.clients) {
    self->n_rejected++;
    g_socket_close (g_socket_connection_get_socket (stream), NULL);
    return TRUE;
  }
  master = g_new0 (Master, 1);
  g_atomic_ref_count_init (&master->refs);
  master->server = self;
  master->stream = g_object_ref (stream);
  master->cancellable = g_cancellable_new ();
  master->input = g_byte_array_new ();
  master->answer = g_byte_array_new ();
  g_ptr_array_add (self->masters, master);
  restart_idle_timer (master);
  read_input (master);
  return TRUE;
}

static gboolean
listen_on (PhaetonSimServer *self, guint16 port, GError **error)
{
  g_autoptr (GInetAddress) any = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (any, port);
  g_autoptr (GSocketAddress) bound = NULL;

  self->service = g_socket_service_new ();
  g_socket_listener_set_backlog (G_SOCKET_LISTENER (self->service), BACKLOG);
  if (!g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), address,
                                      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &bound,
                                      error)) {
    g_prefix_error (error, "listening on 127.0.0.1:%u: ", port);
    return FALSE;
  }
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  g_signal_connect (self->service, "incoming", G_CALLBACK (incoming_cb), self);
  return TRUE;
}

PhaetonSimServer *
phaeton_sim_server_new (PhaetonSimWorld *world, guint station, guint16 port, GError **error)
{
  PhaetonSimServer *self = g_new0 (PhaetonSimServer, 1);

  self->world = world;
  self->station = station;
  self->settings = (PhaetonSimServerSettings){
    .clients = 2,
    .idle_ms = 60000,
    .delay_min_ms = 5,
    .delay_max_ms = 30,
    .boot_ms = 3000,
    .unknown_unit = PHAETON_SIM_MODBUS_NO_TARGET,
  };
  self->masters = g_ptr_array_new_with_free_func ((GDestroyNotify) master_unref);
  self->requests = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (!listen_on (self, port, error)) {
    phaeton_sim_server_free (self);
    return NULL;
  }
  return self;
}

static void
close_all (PhaetonSimServer *self)
{
  while (self->masters->len > 0)
    close_master (g_ptr_array_index (self->masters, self->masters->len - 1), FALSE);
}

void
phaeton_sim_server_free (PhaetonSimServer *self)
{
  g_clear_handle_id (&self->boot_id, g_source_remove);
  close_all (self);
  g_signal_handlers_disconnect_by_data (self->service, self);
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_object_unref (self->service);
  g_ptr_array_unref (self->masters);
  g_hash_table_unref (self->requests);
  g_free (self);
}

guint16
phaeton_sim_server_get_port (PhaetonSimServer *self)
{
  return self->port;
}

PhaetonSimServerSettings *
phaeton_sim_server_get_settings (PhaetonSimServer *self)
{
  return &self->settings;
}

void
phaeton_sim_server_set_fault (PhaetonSimServer *self, const PhaetonSimWireFault *fault)
{
  g_autoptr (GPtrArray) masters = g_ptr_array_new_with_free_func ((GDestroyNotify) master_unref);

  /* a master may leave the list while its requests are answered */
  for (guint i = 0; i < self->masters->len; i++)
    g_ptr_array_add (masters, master_ref (g_ptr_array_index (self->masters, i)));
  self->fault = *fault;
  for (guint i = 0; i < masters->len; i++)
    process_input (g_ptr_array_index (masters, i)); /* what lay there while it was frozen */
}

static gboolean
booted_cb (gpointer user_data)
{
  PhaetonSimServer *self = user_data;

  self->boot_id = 0;
  return G_SOURCE_REMOVE;
}

void
phaeton_sim_server_restart (PhaetonSimServer *self)
{
  close_all (self);
  g_clear_handle_id (&self->boot_id, g_source_remove);
  self->boot_id = g_timeout_add (self->settings.boot_ms, booted_cb, self);
}

void
phaeton_sim_server_add_json (PhaetonSimServer *self, JsonBuilder *builder)
{
  GHashTableIter iter;
  gpointer key, count;

  json_builder_set_member_name (builder, "total");
  json_builder_add_int_value (builder, self->n_requests);
  json_builder_set_member_name (builder, "rejected");
  json_builder_add_int_value (builder, self->n_rejected);
  json_builder_set_member_name (builder, "connections");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->masters->len; i++)
    json_builder_add_int_value (builder,
                                ((Master *) g_ptr_array_index (self->masters, i))->n_requests);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "requests");
  json_builder_begin_object (builder);
  g_hash_table_iter_init (&iter, self->requests);
  while (g_hash_table_iter_next (&iter, &key, &count)) {
    json_builder_set_member_name (builder, key);
    json_builder_add_int_value (builder, *(gint64 *) count);
  }
  json_builder_end_object (builder);
}

void
phaeton_sim_server_reset_requests (PhaetonSimServer *self)
{
  g_hash_table_remove_all (self->requests);
  self->n_requests = 0;
  self->n_rejected = 0;
  for (guint i = 0; i < self->masters->len; i++)
    ((Master *) g_ptr_array_index (self->masters, i))->n_requests = 0;
}
