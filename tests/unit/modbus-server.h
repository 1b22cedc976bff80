/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A Modbus TCP server in a thread of the test, which lies as told. Written from the protocol, not
 * from our bus. */

typedef enum {
  LIE_NONE,
  LIE_SILENT,           /* takes the request, never answers */
  LIE_HALF,             /* half an answer, then silence */
  LIE_WRONG_ID,         /* transaction id of another request */
  LIE_RESET,            /* RST instead of an answer */
  LIE_CLOSE,            /* end of stream instead of an answer */
  LIE_GARBAGE,          /* random bytes */
  LIE_LENGTH,           /* a length field that promises more than a frame can have */
  LIE_TRICKLE,          /* a byte each 200 ms, and never the whole answer */
  LIE_TWICE,            /* each answer doubled */
  LIE_LATE,             /* an answer after the bus gave up */
  LIE_FEWER,            /* an answer with fewer registers than asked for */
  LIE_OTHER,            /* an answer to another function */
  LIE_CLOSE_AFTER,      /* answers, then closes */
  LIE_EXCEPTION = 1000, /* and its code added: an exception */
} Lie;

typedef struct {
  guint8 unit;
  guint8 function;
  guint16 address;
  guint16 count;
  guint16 first; /* first word written */
} ModbusRequest;

typedef struct _ModbusServer ModbusServer;

/* listens on a free port of the loopback */
ModbusServer *modbus_server_new (void);
void modbus_server_free (ModbusServer *self);

guint16 modbus_server_get_port (ModbusServer *self);

/* for all requests from now on */
void modbus_server_set_lie (ModbusServer *self, int lie);

/* only for requests of @unit and, if not 0, that register */
void modbus_server_set_lie_at (ModbusServer *self, int lie, guint8 unit, guint16 address);

/* each answer waits so long; 0 at first */
void modbus_server_set_delay (ModbusServer *self, guint delay_ms);

/* stops listening and drops all connections; begins again on the same port */
void modbus_server_pause (ModbusServer *self);
void modbus_server_resume (ModbusServer *self);
void modbus_server_drop (ModbusServer *self);

/* registers are those of one unit after another: 0 to 65535 each; 0xFFFF where never set */
void modbus_server_set (ModbusServer *self, guint8 unit, guint16 address, const guint16 *words,
                        int count);
guint16 modbus_server_get (ModbusServer *self, guint8 unit, guint16 address);

/* writes there are acknowledged and not carried out */
void modbus_server_set_deaf (ModbusServer *self, guint16 address);

guint modbus_server_get_connections (ModbusServer *self);

/* Returns: (element-type ModbusRequest) (transfer full): all so far; forgets them */
GArray *modbus_server_take_requests (ModbusServer *self);

G_END_DECLS
