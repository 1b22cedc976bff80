/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "phaeton-sim-server.h"

G_BEGIN_DECLS

/* What may be set by hand in each of the plant's structs, declared once: name, place, range. The
 * commands and the dump are loops over these tables. */

typedef enum {
  PHAETON_SIM_BOOL,
  PHAETON_SIM_INT,
  PHAETON_SIM_MS, /* gint64 */
  PHAETON_SIM_DOUBLE,
  PHAETON_SIM_AUTO,   /* double; "auto" is NaN */
  PHAETON_SIM_CHOICE, /* enum whose first values have these names */
  PHAETON_SIM_TEXT,   /* array of maximum bytes, printable ASCII */
  PHAETON_SIM_PHASES, /* guint8[3], written as "231" */
} PhaetonSimParamType;

typedef struct {
  const char *name;
  PhaetonSimParamType type;
  gsize offset;
  double minimum;
  double maximum;
  const char *choices; /* "none|overcurrent" */
} PhaetonSimParam;

/* all end with an entry without a name */
extern const PhaetonSimParam phaeton_sim_car_params[];
extern const PhaetonSimParam phaeton_sim_socket_params[];
extern const PhaetonSimParam phaeton_sim_station_params[];
extern const PhaetonSimParam phaeton_sim_server_params[];
extern const PhaetonSimParam phaeton_sim_house_params[];

/* NULL: no such name */
const PhaetonSimParam *phaeton_sim_param_find (const PhaetonSimParam *table, const char *name);

/* @base: the struct that the table is about; FALSE: @error says what is allowed, nothing changed */
gboolean phaeton_sim_param_set (const PhaetonSimParam *param, gpointer base, const char *value,
                                GError **error);

/* adds all parameters as members of the open object */
void phaeton_sim_param_add_json (const PhaetonSimParam *table, gconstpointer base,
                                 JsonBuilder *builder);

/* space-separated names */
void phaeton_sim_param_add_names (const PhaetonSimParam *table, GString *names);

G_END_DECLS
