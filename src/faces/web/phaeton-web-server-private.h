/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-acceptor.h"
#include "phaeton-web-handshake.h"
#include "phaeton-web-server.h"
#include "phaeton-web-stream.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* what the server and its requests share */

struct _PhaetonWebServer {
  SoupServer *soup;       /* (owned) */
  PhaetonAcceptor *tcp;   /* (owned) (nullable) */
  PhaetonAcceptor *local; /* (owned) (nullable): the unix socket */
  const PhaetonWebRoute *routes;
  guint n_routes;
  gpointer user_data;
  GQueue connections; /* (element-type PhaetonWebConnection) */
  int request_s;      /* to send a whole request, counted from the end of the one before ... */
  int answer_s;       /* ... and to take the answer ... */
  gint64 drain_ms;    /* ... and for all that run when it drains; tests change all three */
  gsize bodies_bytes;
  guint sweep_id;
  PhaetonWebGate gate;
  gpointer gate_data;
  GTlsCertificate *certificate; /* (owned) (nullable) */
  PhaetonWebHandshakes *handshakes;
  PhaetonWebStats stats;
  PhaetonWebRouteStats *route_stats; /* (owned): of each route, and of what found none */
  guint n_open_requests;
  guint drain_id;
  gint64 drain_until_us;
  GSourceFunc drained;
  gpointer drained_data;
};

/* reference-counted box; libsoup knows it by the remote address that it was given */
typedef struct {
  PhaetonWebServer *server;      /* NULL: gone */
  GSocketConnection *connection; /* NULL: gone; a weak reference */
  GIOStream *stream;             /* @connection, or TLS over it; unowned */
  PhaetonWebStream *filter;      /* what libsoup got, over @stream; NULL: gone; weak */
  GList link;                    /* in server->connections */
  gboolean is_local;
  gboolean is_loopback;
  gboolean is_tls;
  guint64 peer;
  int seconds_left;
} PhaetonWebConnection;

struct _PhaetonWebRequest {   /* reference-counted box */
  SoupServerMessage *message; /* NULL: finished */
  PhaetonWebServer *server;
  PhaetonWebConnection *connection; /* (owned) */
  PhaetonWebMatch match;
  JsonNode *body;   /* (owned) (nullable) */
  gsize body_bytes; /* counted in server->bodies_bytes */
  gsize drained_bytes;
  PhaetonWebTakeFunc take;
  gpointer take_data;
  GDestroyNotify take_destroy; /* (nullable) */
  PhaetonRole role;
  char *actor; /* (owned) (nullable) */
  gint64 begun_us;
};

/* it is no longer ours to watch over: closed, or taken for a stream */
void phaeton_web_connection_forget (PhaetonWebConnection *self);

void phaeton_web_request_unref (gpointer request);

/* it is answered, or its connection was taken for a stream: it counts, and nobody may answer it */
void phaeton_web_request_end (PhaetonWebRequest *self);

/* ends it at once; the kernel keeps nothing for the peer */
void phaeton_web_hang_up (GSocketConnection *connection);

G_END_DECLS
