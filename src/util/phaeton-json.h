/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * PhaetonJson:
 *
 * Writes JSON into a GString: no tree, no copies. Names are NULL inside arrays. The caller
 * balances begin and end; commas and escapes come by themselves.
 */
typedef struct {
  GString *text; /* (owned) */
  gboolean needs_comma;
} PhaetonJson;

#define PHAETON_JSON_INIT                                                                          \
  {                                                                                                \
    g_string_new (NULL), FALSE                                                                     \
  }

void phaeton_json_clear (PhaetonJson *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PhaetonJson, phaeton_json_clear)

void phaeton_json_begin_object (PhaetonJson *self, const char *name);
void phaeton_json_end_object (PhaetonJson *self);
void phaeton_json_begin_array (PhaetonJson *self, const char *name);
void phaeton_json_end_array (PhaetonJson *self);

void phaeton_json_null (PhaetonJson *self, const char *name);
void phaeton_json_boolean (PhaetonJson *self, const char *name, gboolean value);
void phaeton_json_int (PhaetonJson *self, const char *name, gint64 value);

/* at most @decimals digits after the point, none that says nothing; not finite: null */
void phaeton_json_double (PhaetonJson *self, const char *name, double value, int decimals);
/* what is not @known is null */
void phaeton_json_int_if (PhaetonJson *self, const char *name, gboolean known, gint64 value);
void phaeton_json_double_if (PhaetonJson *self, const char *name, gboolean known, double value,
                             int decimals);

/* NULL: null; what is not UTF-8 is replaced */
void phaeton_json_text (PhaetonJson *self, const char *name, const char *value);

/* RFC 3339 in UTC, "2025-08-30T10:00:01.123456Z"; microseconds only if @value_us has them */
void phaeton_json_time (PhaetonJson *self, const char *name, gint64 value_us);
/* the same time with "+00:00", which some readers want instead of "Z" */
void phaeton_json_time_with_offset (PhaetonJson *self, const char *name, gint64 value_us);

/* Returns: (transfer full): the text; the writer is empty then */
GBytes *phaeton_json_steal_bytes (PhaetonJson *self);

/* what a text may be before json-glib, which recurses and does not check ranges, sees it */
typedef struct {
  gsize max_size;
  guint max_depth; /* of nested objects and arrays */
} PhaetonJsonLimits;

/**
 * phaeton_json_check:
 *
 * Whether @text is JSON as RFC 8259 has it, within @limits, every number finite and every integer
 * within 64 bits, every string free of NUL and of halves of surrogate pairs.
 *
 * Returns: %FALSE with PHAETON_ERROR_RANGE for a limit, PHAETON_ERROR_TYPE for anything that is
 *   not JSON; the message says line and column
 */
gboolean phaeton_json_check (const char *text, gsize size, const PhaetonJsonLimits *limits,
                             GError **error);

/* Returns: (transfer full): as phaeton_json_check(), then parsed */
JsonNode *phaeton_json_parse (const char *text, gsize size, const PhaetonJsonLimits *limits,
                              GError **error);

G_END_DECLS
