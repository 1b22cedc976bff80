/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

#include "phaeton-error.h"
#include "phaeton-http-cache.h"
#include "phaeton-http-client.h"
#include "phaeton-http-patience.h"

G_BEGIN_DECLS

struct _PhaetonHttpClient {
  GObject parent_instance;

  PhaetonClock *clock;                      /* (owned) */
  char *name, *cache_dir, *proxy, *ca_file; /* (owned) */
  PhaetonHttpOptions options;               /* its texts are those above */
  SoupSession *session;                     /* (owned) (nullable): made by the first request */
  PhaetonHttpPatience patience;
  gboolean save_failed;
};

/* one request on its way; owned by its task */
typedef struct {
  char *url;                   /* (owned): the one being asked, after redirects */
  char *url_sum;               /* (owned): of the first */
  char *path;                  /* (owned) (nullable): of the kept answer */
  char *bearer, *content_type; /* (owned) (nullable) */
  GBytes *body;                /* (owned) (nullable) */
  PhaetonHttpKept *kept;       /* (owned) (nullable) */
  gboolean ask;                /* FALSE: only what was kept */
  guint n_redirects;
  SoupMessage *message;      /* (owned) (nullable) */
  GInputStream *stream;      /* (owned) (nullable) */
  GByteArray *received;      /* (owned) */
  GCancellable *cancellable; /* (owned): the caller's, or the time that is up */
  GCancellable *outer;       /* (owned) (nullable): the caller's */
  gulong outer_id;
  guint timeout_id;
  gboolean timed_out;
} PhaetonHttpExchange;

void phaeton_http_exchange_free (gpointer data);

/* @task: of the client, with a PhaetonHttpExchange; returns an answer that is not kept yet */
void phaeton_http_exchange_begin (GTask *task);

/* ends @task; the message begins with the name of the service */
void phaeton_http_exchange_fail (GTask *task, PhaetonError code, const char *format, ...)
  G_GNUC_PRINTF (3, 4);

PhaetonHttpAnswer *phaeton_http_answer_new (guint status, GBytes *body, gint64 fetched_at,
                                            gboolean is_unchanged);

/* so that it can be kept by phaeton_http_client_keep() */
void phaeton_http_answer_make_keep (PhaetonHttpAnswer *answer, const PhaetonHttpExchange *exchange);

G_END_DECLS
