/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "phaeton-sim-world.h"

G_BEGIN_DECLS

/* what the wire does instead of an honest answer */
typedef enum {
  PHAETON_SIM_WIRE_NONE,
  PHAETON_SIM_WIRE_SILENT,   /* reads the request, never answers */
  PHAETON_SIM_WIRE_LATE,     /* answers after ms */
  PHAETON_SIM_WIRE_HALF,     /* the first half of the answer, then nothing */
  PHAETON_SIM_WIRE_CUT,      /* the first half, then closes */
  PHAETON_SIM_WIRE_TRICKLE,  /* one byte each ms */
  PHAETON_SIM_WIRE_TWICE,    /* the answer, and again */
  PHAETON_SIM_WIRE_WRONG_ID, /* of another transaction */
  PHAETON_SIM_WIRE_WRONG_UNIT,
  PHAETON_SIM_WIRE_WRONG_LENGTH, /* in the header */
  PHAETON_SIM_WIRE_GARBAGE,      /* bytes of chance */
  PHAETON_SIM_WIRE_EXCEPTION,    /* code */
  PHAETON_SIM_WIRE_CLOSE,
  PHAETON_SIM_WIRE_RST,
  PHAETON_SIM_WIRE_FREEZE, /* leaves requests lying, answers them when it thaws */
  PHAETON_SIM_N_WIRE
} PhaetonSimWireKind;

extern const char *const phaeton_sim_wire_names[PHAETON_SIM_N_WIRE];

typedef struct {
  PhaetonSimWireKind kind;
  int count;   /* requests that it still meets; negative: all */
  int address; /* only requests that begin there; negative: any */
  int ms;
  int code;
} PhaetonSimWireFault;

typedef struct {
  int clients;      /* masters served at the same time; the next one is closed at once */
  int idle_ms;      /* silence after which a master is closed; the wire's time, not the clock's */
  int delay_min_ms; /* before each answer */
  int delay_max_ms;
  int boot_ms;      /* a restarted station takes no connection so long */
  int unknown_unit; /* answer to other unit ids: exception 2 or 11, 0 none */
} PhaetonSimServerSettings;

/**
 * PhaetonSimServer:
 *
 * Modbus TCP server of one station. Own code instead of a library, because it must be able to lie.
 *
 * @port: 0 any
 */
PhaetonSimServer *phaeton_sim_server_new (PhaetonSimWorld *world, guint station, guint16 port,
                                          GError **error);
void phaeton_sim_server_free (PhaetonSimServer *self);

guint16 phaeton_sim_server_get_port (PhaetonSimServer *self);
PhaetonSimServerSettings *phaeton_sim_server_get_settings (PhaetonSimServer *self);

/* replaces the fault before it; kind NONE: honest again */
void phaeton_sim_server_set_fault (PhaetonSimServer *self, const PhaetonSimWireFault *fault);

/* drops all masters and takes none for boot_ms */
void phaeton_sim_server_restart (PhaetonSimServer *self);

/* adds members to the open object: connections, requests by "function:address" */
void phaeton_sim_server_add_json (PhaetonSimServer *self, JsonBuilder *builder);
void phaeton_sim_server_reset_requests (PhaetonSimServer *self);

G_END_DECLS
