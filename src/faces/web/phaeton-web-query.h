/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-web-server.h"

G_BEGIN_DECLS

/**
 * PhaetonWebQuery:
 *
 * What stands behind the "?" of an address. Each getter answers its fallback for what is not there
 * or wrong; the first that was wrong is the error, to look at when all is read.
 */
typedef struct {
  GHashTable *values; /* (owned) (nullable) (element-type utf8 utf8) */
  GError *error;      /* (owned) (nullable) */
} PhaetonWebQuery;

void phaeton_web_query_init (PhaetonWebQuery *self, PhaetonWebRequest *request);
void phaeton_web_query_clear (PhaetonWebQuery *self);

/* (nullable): the query's own text; none is as good as an empty one */
const char *phaeton_web_query_get (PhaetonWebQuery *self, const char *name);
gint64 phaeton_web_query_get_int (PhaetonWebQuery *self, const char *name, gint64 most,
                                  gint64 fallback);
/* wall time in microseconds of RFC 3339, of a date in @zone, or of seconds since 1970 */
gint64 phaeton_web_query_get_time_us (PhaetonWebQuery *self, const char *name, GTimeZone *zone,
                                      gint64 fallback_us);
/* the index in @choices, which ends with NULL */
int phaeton_web_query_get_choice (PhaetonWebQuery *self, const char *name,
                                  const char *const *choices, int fallback);

/* "@name must be @wanted" */
void phaeton_web_query_fail (PhaetonWebQuery *self, const char *name, const char *wanted);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PhaetonWebQuery, phaeton_web_query_clear)

G_END_DECLS
