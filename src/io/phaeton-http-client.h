/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "phaeton-clock.h"

G_BEGIN_DECLS

#define PHAETON_TYPE_HTTP_CLIENT (phaeton_http_client_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonHttpClient, phaeton_http_client, PHAETON, HTTP_CLIENT, GObject)

/**
 * PhaetonHttpClient:
 *
 * Asks one service of the internet: politely, patiently, and believing nothing. Certificates are
 * always checked, there is no switch for it. Only https, in builds with test hooks also http to
 * this machine. TLS is loaded by the first request. Main thread only; files are read and written by
 * the worker.
 */

typedef struct {
  const char *name;       /* of the service, [a-z0-9-]: for messages and names of files */
  const char *cache_dir;  /* (nullable): NULL: keeps nothing */
  const char *proxy;      /* (nullable): a URI; NULL or "": as the environment says */
  const char *ca_file;    /* (nullable): PEM with the only authorities that are trusted; NULL or "":
                             those of the system */
  gboolean is_open;       /* asks for no account: 401 and 403 are a block that may end soon */
  gint64 timeout_ms;      /* of a request from first to last byte, redirects included */
  gsize max_bytes;        /* of an answer, unpacked */
  guint requests_per_day; /* budget of a day in UTC */
} PhaetonHttpOptions;

typedef struct {
  const char *url;
  const char *bearer;       /* (nullable): goes to this host only, never on a redirect to another */
  const char *content_type; /* (nullable): of @body */
  GBytes *body;             /* (nullable): then it is a POST */
  const char
    *cache_key; /* (nullable): [a-z0-9-]; phaeton_http_client_keep() keeps it by that name */
} PhaetonHttpRequest;

typedef struct {
  guint status;          /* 200 to 299, or 400 to 499 */
  GBytes *body;          /* never NULL */
  gint64 fetched_at;     /* wall seconds UTC at which the service last vouched for it */
  gboolean is_unchanged; /* 304: the kept body again */
  gpointer keep;         /* the client's own */
} PhaetonHttpAnswer;

void phaeton_http_answer_free (PhaetonHttpAnswer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonHttpAnswer, phaeton_http_answer_free)

/* @options: copied */
PhaetonHttpClient *phaeton_http_client_new (PhaetonClock *clock, const PhaetonHttpOptions *options);

/**
 * phaeton_http_client_send_async:
 *
 * Finishes with an answer, or
 * - PHAETON_ERROR_OFFLINE: no answer, or one that says later (408, 425, 428, 429, 5xx), or it is
 * too early after a failure, or the budget is used up: ask again after get_wait_ms()
 * - PHAETON_ERROR_PROTOCOL: too large, cut short, a redirect that we do not follow
 * - PHAETON_ERROR_REFUSED: 401, 403, or a certificate that does not hold
 * - PHAETON_ERROR_CONFIG: a URL that we do not ask
 * No message holds a token or the query of the URL.
 */
void phaeton_http_client_send_async (PhaetonHttpClient *self, const PhaetonHttpRequest *request,
                                     GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer user_data);
PhaetonHttpAnswer *phaeton_http_client_send_finish (PhaetonHttpClient *self, GAsyncResult *result,
                                                    GError **error);

/* the answer made sense, and there is nothing in it to keep: failures in a row end here, not where
 * bytes came, or whoever answers nonsense would be asked every few seconds */
void phaeton_http_client_note_success (PhaetonHttpClient *self);

/* the answer made sense: the next request of its cache_key builds on it, and so does the next run
 */
void phaeton_http_client_keep (PhaetonHttpClient *self, const PhaetonHttpAnswer *answer);

/* what was kept, without asking anybody; PHAETON_ERROR_UNKNOWN: nothing */
void phaeton_http_client_load_async (PhaetonHttpClient *self, const PhaetonHttpRequest *request,
                                     GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer user_data);
PhaetonHttpAnswer *phaeton_http_client_load_finish (PhaetonHttpClient *self, GAsyncResult *result,
                                                    GError **error);

/* an answer came that makes no sense, or says no inside: waits as after any other failure */
void phaeton_http_client_note_failure (PhaetonHttpClient *self);

/* until a request is allowed; 0: now */
gint64 phaeton_http_client_get_wait_ms (PhaetonHttpClient *self);

/* requests that went out today */
guint phaeton_http_client_get_n_today (PhaetonHttpClient *self);

G_END_DECLS
