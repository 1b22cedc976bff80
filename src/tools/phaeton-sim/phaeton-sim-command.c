/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-sim"
#include "config.h"

#include "phaeton-sim-command.h"

#include "phaeton-error.h"
#include "phaeton-sim-alfen.h"
#include "phaeton-sim-dump.h"
#include "phaeton-sim-param.h"
#include "phaeton-sim-victron.h"

#include <string.h>

#define ARGS_MAX 8
#define LATE_MS 3000 /* of "fault late" and "fault trickle" when nothing else is said */
#define TRICKLE_MS 50
#define FAULT_MAX 1000000

/* what one command is about */
typedef struct {
  PhaetonSimWorld *world;
  guint station;
  guint socket;
  PhaetonSimStation *plant; /* the station's */
  PhaetonSimServer *server; /* the station's */
  char **args;
  guint n_args;
} Call;

/* answers what follows "ok", or NULL with an error; "" for nothing */
typedef char *(*CommandFunc) (Call *call, GError **error);

typedef struct {
  const char *name;
  const char *usage;
  guint args_min;
  guint args_max;
  CommandFunc run;
} Command;

static char *
fail (GError **error, const char *what)
{
  g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_RANGE, what);
  return NULL;
}

static gboolean
parse_int (const char *text, gint64 minimum, gint64 maximum, int *value, GError **error)
{
  gint64 wide = 0;

  if (!g_ascii_string_to_signed (text, 10, minimum, maximum, &wide, error))
    return FALSE;
  *value = wide;
  return TRUE;
}

static char *
run_plug (Call *call, GError **error)
{
  call->plant->sockets[call->socket].car.plugged = TRUE;
  return g_strdup ("");
}

static char *
run_unplug (Call *call, GError **error)
{
  call->plant->sockets[call->socket].car.plugged = FALSE;
  return g_strdup ("");
}

/* sets what @name is in the first table that knows it */
static char *
set_param (const PhaetonSimParam *const tables[], gpointer const bases[], guint n, char **args,
           GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < n; i++) {
    const PhaetonSimParam *param = phaeton_sim_param_find (tables[i], args[0]);

    if (param != NULL)
      return phaeton_sim_param_set (param, bases[i], args[1], error) ? g_strdup ("") : NULL;
    phaeton_sim_param_add_names (tables[i], names);
  }
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_UNKNOWN, "%s: must be one of: %s", args[0],
               names->str);
  return NULL;
}

static char *
run_car (Call *call, GError **error)
{
  const PhaetonSimParam *const tables[] = { phaeton_sim_car_params };
  gpointer const bases[] = { &call->plant->sockets[call->socket].car };

  return set_param (tables, bases, G_N_ELEMENTS (tables), call->args, error);
}

static char *
run_station (Call *call, GError **error)
{
  const PhaetonSimParam *const tables[] = { phaeton_sim_station_params, phaeton_sim_socket_params,
                                            phaeton_sim_server_params };
  gpointer const bases[] = { call->plant, &call->plant->sockets[call->socket],
                             phaeton_sim_server_get_settings (call->server) };

  return set_param (tables, bases, G_N_ELEMENTS (tables), call->args, error);
}

static char *
run_house (Call *call, GError **error)
{
  const PhaetonSimParam *const tables[] = { phaeton_sim_house_params };
  gpointer const bases[] = { &call->world->home->house };

  return set_param (tables, bases, G_N_ELEMENTS (tables), call->args, error);
}

static char *
run_hide (Call *call, GError **error)
{
  int start, count;

  if (strcmp (call->args[0], "none") == 0) {
    memset (call->plant->hidden, 0, sizeof call->plant->hidden);
    return g_strdup ("");
  }
  if (!parse_int (call->args[0], 0, G_MAXUINT16, &start, error) ||
      !parse_int (call->n_args > 1 ? call->args[1] : "1", 1, 1000, &count, error))
    return NULL;
  for (guint i = 0; i < PHAETON_SIM_HIDDEN; i++) {
    if (call->plant->hidden[i].count > 0)
      continue;
    call->plant->hidden[i] = (PhaetonSimRange){ start, count };
    return g_strdup ("");
  }
  return fail (error, "no more ranges can be hidden: hide none first");
}

/* ms=, code=, address= */
static gboolean
parse_fault_option (const char *text, PhaetonSimWireFault *fault, GError **error)
{
  if (g_str_has_prefix (text, "ms="))
    return parse_int (text + 3, 0, FAULT_MAX, &fault->ms, error);
  if (g_str_has_prefix (text, "code="))
    return parse_int (text + 5, 1, 255, &fault->code, error);
  if (g_str_has_prefix (text, "address="))
    return parse_int (text + 8, 0, G_MAXUINT16, &fault->address, error);
  return parse_int (text, 1, FAULT_MAX, &fault->count, error);
}

static char *
run_fault (Call *call, GError **error)
{
  PhaetonSimWireFault fault = { .kind = PHAETON_SIM_N_WIRE,
                                .count = -1,
                                .address = -1,
                                .code = PHAETON_SIM_MODBUS_DEVICE_FAILURE };

  for (int i = 0; i < PHAETON_SIM_N_WIRE; i++)
    if (strcmp (phaeton_sim_wire_names[i], call->args[0]) == 0)
      fault.kind = i;
  if (fault.kind == PHAETON_SIM_N_WIRE) {
    g_autofree char *kinds = g_strjoinv (" ", (char **) phaeton_sim_wire_names);

    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_UNKNOWN, "%s: must be one of: %s",
                 call->args[0], kinds);
    return NULL;
  }
  fault.ms = fault.kind == PHAETON_SIM_WIRE_TRICKLE ? TRICKLE_MS : LATE_MS;
  for (guint i = 1; i < call->n_args; i++)
    if (!parse_fault_option (call->args[i], &fault, error))
      return NULL;
  phaeton_sim_server_set_fault (call->server, &fault);
  return g_strdup ("");
}

static char *
run_reboot (Call *call, GError **error)
{
  phaeton_sim_station_reboot (call->plant);
  phaeton_sim_server_restart (call->server);
  return g_strdup ("");
}

static char *
run_registers (Call *call, GError **error)
{
  g_autoptr (GString) text = g_string_new ("[");
  guint16 words[PHAETON_SIM_ALFEN_READ_MAX];
  PhaetonSimModbusCode code;
  int unit, address, count;

  if (!parse_int (call->args[0], 0, G_MAXUINT16, &address, error) ||
      !parse_int (call->args[1], 1, PHAETON_SIM_ALFEN_READ_MAX, &count, error))
    return NULL;
  unit = address < 300 || (address >= 1100 && address < 1200) || address >= 1400
           ? PHAETON_SIM_ALFEN_STATION_UNIT
           : (int) call->socket + 1;
  code = phaeton_sim_alfen_read (call->plant, call->world->home->wall_ms / 1000, unit, address,
                                 count, words);
  if (code != PHAETON_SIM_MODBUS_OK) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_RANGE, "exception %d", code);
    return NULL;
  }
  for (int i = 0; i < count; i++)
    g_string_append_printf (text, "%s%u", i > 0 ? "," : "", words[i]);
  g_string_append_c (text, ']');
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
run_dump (Call *call, GError **error)
{
  return phaeton_sim_dump (call->world);
}

static char *
run_requests (Call *call, GError **error)
{
  if (call->n_args == 0)
    return phaeton_sim_dump_requests (call->server);
  if (strcmp (call->args[0], "reset") != 0)
    return fail (error, "requests: must be followed by nothing or reset");
  phaeton_sim_server_reset_requests (call->server);
  return g_strdup ("");
}

static char *
run_victron (Call *call, GError **error)
{
  if (call->world->victron == NULL)
    return fail (error, "started without --victron");
  return phaeton_sim_victron_command (call->world->victron, call->args, error) ? g_strdup ("")
                                                                               : NULL;
}

static char *run_help (Call *call, GError **error);

static const Command commands[] = {
  { "plug", "plug", 0, 0, run_plug },
  { "unplug", "unplug", 0, 0, run_unplug },
  { "car", "car KEY VALUE", 2, 2, run_car },
  { "station", "station KEY VALUE", 2, 2, run_station },
  { "house", "house KEY VALUE", 2, 2, run_house },
  { "hide", "hide none | ADDRESS [COUNT]", 1, 2, run_hide },
  { "fault", "fault KIND [COUNT] [ms=N] [code=N] [address=N]", 1, 5, run_fault },
  { "victron",
    "victron [system|settings|grid] PATH VALUE | silent | speak | drop | return | delay MS | ints "
    "0|1",
    1, 3, run_victron },
  { "reboot", "reboot", 0, 0, run_reboot },
  { "registers", "registers ADDRESS COUNT", 2, 2, run_registers },
  { "requests", "requests [reset]", 0, 1, run_requests },
  { "dump", "dump", 0, 0, run_dump },
  { "help", "help", 0, 0, run_help },
};

static char *
run_help (Call *call, GError **error)
{
  g_autoptr (GString) text = g_string_new ("\"[@STATION[.SOCKET]] ");

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "; " : "", commands[i].usage);
  g_string_append_c (text, '"');
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* "@2" or "@2.1" in front: which station, which of its sockets */
static gboolean
take_target (Call *call, GError **error)
{
  const PhaetonSimHome *home = call->world->home;
  g_auto (GStrv) parts = NULL;
  int station = 1, socket = 1;

  if (call->n_args > 0 && call->args[0][0] == '@') {
    parts = g_strsplit (call->args[0] + 1, ".", 2);
    if (!parse_int (parts[0] != NULL ? parts[0] : "", 1, home->n_stations, &station, error))
      return FALSE;
    if (parts[1] != NULL &&
        !parse_int (parts[1], 1, home->stations[station - 1].n_sockets, &socket, error))
      return FALSE;
    call->args++;
    call->n_args--;
  }
  call->station = station - 1;
  call->socket = socket - 1;
  call->plant = &call->world->home->stations[call->station];
  call->server = call->world->servers[call->station];
  return TRUE;
}

static char *
run_call (Call *call, GError **error)
{
  if (!take_target (call, error))
    return NULL;
  if (call->n_args == 0)
    return fail (error, "no command: try help");
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
    const Command *command = &commands[i];

    if (strcmp (command->name, call->args[0]) != 0)
      continue;
    call->args++;
    call->n_args--;
    if (call->n_args >= command->args_min && call->n_args <= command->args_max)
      return command->run (call, error);
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_UNKNOWN, "usage: %s", command->usage);
    return NULL;
  }
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_UNKNOWN, "%s: no such command: try help",
               call->args[0]);
  return NULL;
}

/* one line stays one line, whatever a message quotes */
static char *
make_line (char *text)
{
  return g_strdelimit (text, "\r\n", ' ');
}

char *
phaeton_sim_command_run (PhaetonSimWorld *world, const char *line)
{
  g_autofree char *clean = g_strstrip (g_strdup (line));
  g_auto (GStrv) words = g_strsplit_set (clean, " \t", -1);
  g_autoptr (GPtrArray) args = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *result = NULL;
  Call call = { .world = world };

  for (guint i = 0; words[i] != NULL && args->len < ARGS_MAX; i++)
    if (*words[i] != '\0')
      g_ptr_array_add (args, words[i]);
  call.n_args = args->len;
  g_ptr_array_add (args, NULL);
  call.args = (char **) args->pdata;
  phaeton_sim_world_catch_up (world);
  result = run_call (&call, &error);
  if (result == NULL)
    return make_line (g_strdup_printf ("error %s", error->message));
  return make_line (g_strdup_printf (*result != '\0' ? "ok %s" : "ok%s", result));
}
