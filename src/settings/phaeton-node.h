/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "phaeton-problem.h"

G_BEGIN_DECLS

/* deeper than any file we know needs; keeps recursion off the end of the stack */
#define PHAETON_MAX_DEPTH 24
#define PHAETON_MAX_NODES 20000

typedef enum { PHAETON_NODE_SCALAR, PHAETON_NODE_MAP, PHAETON_NODE_LIST } PhaetonNodeKind;

typedef enum {
  PHAETON_SCALAR_NULL,
  PHAETON_SCALAR_BOOLEAN,
  PHAETON_SCALAR_NUMBER,
  PHAETON_SCALAR_TEXT,
} PhaetonScalarType;

/**
 * PhaetonNode:
 *
 * A document as a tree, whether it came from YAML, JSON or the environment, with the place of
 * every value. A map keeps the order of its keys.
 */
typedef struct _PhaetonNode PhaetonNode;
struct _PhaetonNode {
  PhaetonNodeKind kind;
  PhaetonPlace place;
  gsize start, end; /* bytes of the value in the text it came from */
  int column;       /* from 0 */
  gboolean is_flow; /* [a, b] or {a: b}, and everything inside */

  char *text;         /* scalar: never NULL */
  gboolean is_quoted; /* scalar: text, whatever it looks like */

  GPtrArray *keys;  /* map: (element-type PhaetonNode) scalars, as many as items */
  GPtrArray *items; /* map, list: (element-type PhaetonNode) */
};

PhaetonNode *phaeton_node_new_map (void);
PhaetonNode *phaeton_node_new_list (void);
PhaetonNode *phaeton_node_new_scalar (const char *text, gboolean is_quoted);
PhaetonNode *phaeton_node_copy (const PhaetonNode *self);
void phaeton_node_free (PhaetonNode *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonNode, phaeton_node_free)

/* what a plain scalar says by the core schema of YAML 1.2 */
PhaetonScalarType phaeton_node_get_scalar_type (const PhaetonNode *self);
gboolean phaeton_node_is_null (const PhaetonNode *self);

/* "text", "a list" ...: for messages */
const char *phaeton_node_describe (const PhaetonNode *self);

/* (nullable): the value of @key; NULL too when @self is NULL or no map */
PhaetonNode *phaeton_node_get (const PhaetonNode *self, const char *key);
/* (nullable): the same along a NULL-terminated path */
PhaetonNode *phaeton_node_get_path (const PhaetonNode *self, const char *const *path);

/* replaces or appends; takes @value */
void phaeton_node_set (PhaetonNode *self, const char *key, PhaetonNode *value);
void phaeton_node_remove (PhaetonNode *self, const char *key);
/* list only; takes @value */
void phaeton_node_append (PhaetonNode *self, PhaetonNode *value);

/* makes the maps on the way; takes @value; NULL @value removes, and the maps that become empty */
void phaeton_node_set_path (PhaetonNode *self, const char *const *path, PhaetonNode *value);

/* the same values, wherever they are written and however quoted */
gboolean phaeton_node_equal (const PhaetonNode *a, const PhaetonNode *b);

/* (nullable): NULL when it is too deep or too large */
PhaetonNode *phaeton_node_from_json (JsonNode *json);
JsonNode *phaeton_node_to_json (const PhaetonNode *self);

/* a number as people write it: 0.1, not 0.10000000000000001; free with g_free() */
char *phaeton_number_to_text (double value);

G_END_DECLS
