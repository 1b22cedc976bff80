/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-format.h"
#include "phaeton-node.h"

G_BEGIN_DECLS

typedef enum {
  PHAETON_KEY_SECRET = 1 << 0,
  PHAETON_KEY_RESTART = 1 << 1,     /* takes effect at the next start */
  PHAETON_KEY_NULLABLE = 1 << 2,    /* "" is null in documents */
  PHAETON_KEY_OWN = 1 << 3,         /* not inherited from the top level */
  PHAETON_KEY_PER_CHARGER = 1 << 4, /* top-level scalars only: may stand in a charger */
  /* a path of this machine: set by who can write the file, never through the API, whose admin is
   * nobody here: the log would be written, and rotated, wherever he names */
  PHAETON_KEY_FILE_ONLY = 1 << 5,
} PhaetonKeyFlags;

/* how a value goes into PhaetonConfig, and what type the member has there */
typedef enum {
  PHAETON_STORE_NOWHERE, /* nothing in the daemon reads it yet: only kept and shown */
  PHAETON_STORE_BOOLEAN,
  PHAETON_STORE_INT,
  PHAETON_STORE_UINT,
  PHAETON_STORE_UINT8,
  PHAETON_STORE_UINT16,
  PHAETON_STORE_INT64,
  PHAETON_STORE_DOUBLE,
  PHAETON_STORE_TEXT,
  PHAETON_STORE_CHOICE,      /* int: index among the choices */
  PHAETON_STORE_ROUNDED,     /* int, from a number */
  PHAETON_STORE_MILLI,       /* int, thousandths: A -> mA */
  PHAETON_STORE_MILLI_INT64, /* gint64, thousandths: s -> ms */
  PHAETON_STORE_MICRO_INT64, /* gint64, millionths */
  PHAETON_STORE_LEVEL,       /* char *: level in the daemon's words */
  PHAETON_STORE_ROTATION,    /* guint8[3] */
  PHAETON_STORE_TEXTS,       /* char ** */
  PHAETON_STORE_PHASES,      /* int[3]; "[]" leaves it alone */
  PHAETON_STORE_MINUTES,     /* gint64 ms */
  PHAETON_STORE_DAYS,        /* gint64 ms */
} PhaetonStore;

/* one line of the table beside the schema; range, default and texts are in the schema */
typedef struct {
  const char *name; /* in the contract's words */
  const char *unit; /* "" none */
  PhaetonFormat format;
  guint flags;
  PhaetonStore store;
  gsize offset; /* in PhaetonChargerConfig (per charger), PhaetonConfig, or the map's record */
  double step;  /* for forms; 0: by the type */
} PhaetonKey;

typedef enum {
  PHAETON_SECTION_TOP,    /* the top-level scalars */
  PHAETON_SECTION_OBJECT, /* a map of keys */
  PHAETON_SECTION_LIST,   /* a list of maps */
  PHAETON_SECTION_MAP,    /* maps by id */
} PhaetonSectionKind;

typedef struct {
  const char *name; /* "modbus"; "" for the top level; inside another: "schedule.items" */
  const char *schema;
  const char *title;
  PhaetonSectionKind kind;
  gboolean is_per_charger;
  const PhaetonKey *keys;
  guint n_keys;
} PhaetonSection;

/* in the order in which forms show them */
extern const PhaetonSection phaeton_sections[];
extern const guint phaeton_n_sections;

const PhaetonSection *phaeton_section_find (const char *name);
gboolean phaeton_section_has_charger_key (const PhaetonSection *self, const PhaetonKey *key);
/* (nullable): what a charger or the top level has for the section */
const PhaetonNode *phaeton_section_find_node (const PhaetonSection *self, const PhaetonNode *level);
/* "schedule.deadline" stands in "schedule" */
gboolean phaeton_section_is_inner (const PhaetonSection *self);
/* "schedule" of "schedule.items"; of inner ones; free with g_free() */
char *phaeton_section_dup_outer (const PhaetonSection *self);
const PhaetonKey *phaeton_section_find_key (const PhaetonSection *self, const char *name);

/* loads the schema once; fails with PHAETON_ERROR_CONFIG when it is not installed */
gboolean phaeton_keys_ensure (GError **error);

/* folder of the compiled schema and its source; free with g_free() */
char *phaeton_keys_dup_folder (void);

/* from the schema; after phaeton_keys_ensure() */
GVariant *phaeton_key_get_default (const PhaetonSection *section, const PhaetonKey *key);
gboolean phaeton_key_get_range (const PhaetonSection *section, const PhaetonKey *key, double *min,
                                double *max);
/* (nullable): NULL: no fixed choices */
const char *const *phaeton_key_get_choices (const PhaetonSection *section, const PhaetonKey *key);
char phaeton_key_get_type (const PhaetonSection *section, const PhaetonKey *key); /* b i x d s a */

/* "a whole number from 1 to 65535"; free with g_free() */
char *phaeton_key_dup_allowed (const PhaetonSection *section, const PhaetonKey *key);

/**
 * phaeton_key_parse:
 * @path: for @problems, "modbus.port"
 *
 * Reads @node as a value of @key: type, range, choices and format. null is the default.
 *
 * Returns: (transfer full) (nullable): %NULL when @problems got an error
 */
GVariant *phaeton_key_parse (const PhaetonSection *section, const PhaetonKey *key,
                             const PhaetonNode *node, const char *path, GPtrArray *problems);

/* the value as documents show it, in the contract's shape */
PhaetonNode *phaeton_key_to_node (const PhaetonKey *key, GVariant *value);

/* puts the value where PhaetonConfig has it; @record is the charger or the whole config */
void phaeton_key_store (const PhaetonSection *section, const PhaetonKey *key, GVariant *value,
                        gpointer record);

/* (nullable): docs/settings.md as it should be; free with g_free() */
char *phaeton_keys_dup_reference (void);

/* (nullable): the one of @candidates that @name is probably meant to be */
const char *phaeton_suggest (const char *name, const char *const *candidates);

G_END_DECLS
