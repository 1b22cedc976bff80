/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-settings.h"

G_BEGIN_DECLS

/* a hostile file must not fill memory with complaints */
#define PHAETON_MAX_PROBLEMS 100

/* what went wrong with one value, and where it came from */
typedef struct {
  int line;
  const char *origin; /* (nullable): environment variable */
} PhaetonPlace;

GPtrArray *phaeton_problems_new (void);

/* (element-type PhaetonProblem); @allowed may be NULL; @place NULL: from nowhere */
void phaeton_problems_add (GPtrArray *problems, gboolean is_error, const char *key,
                           const PhaetonPlace *place, const char *allowed, const char *format, ...)
  G_GNUC_PRINTF (6, 7);

gboolean phaeton_problems_has_error (GPtrArray *problems);

/* appends what @other has and empties it */
void phaeton_problems_take (GPtrArray *problems, GPtrArray *other);

/* PHAETON_ERROR_CONFIG with one line per error */
void phaeton_problems_set_error (GPtrArray *problems, const char *path, GError **error);

/* a value for a message: short, one line, no control characters; free with g_free() */
char *phaeton_problem_quote (const char *value);

G_END_DECLS
