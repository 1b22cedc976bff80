/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* One answer kept in a file: a line of JSON that says what it is, then the body. The URL is kept as
 * a checksum, it may hold a token. */

typedef struct {
  char *url_sum; /* (owned) */
  char *etag;    /* (owned) (nullable) */
  char *changed; /* (owned) (nullable): Last-Modified as it came */
  gint64 fetched_at;
  gint64 day;    /* on which ... */
  guint n_today; /* ... so many requests went out */
  GBytes *body;  /* (owned) */
} PhaetonHttpKept;

void phaeton_http_kept_free (PhaetonHttpKept *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonHttpKept, phaeton_http_kept_free)

/* Returns: (transfer full): never fails */
GBytes *phaeton_http_kept_pack (const PhaetonHttpKept *self);

/* Returns: (transfer full) (nullable): %NULL: not whole, or not ours */
PhaetonHttpKept *phaeton_http_kept_unpack (GBytes *bytes);

G_END_DECLS
