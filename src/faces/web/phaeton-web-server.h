/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "phaeton-histogram.h"
#include "phaeton-json.h"
#include "phaeton-web-router.h"

G_BEGIN_DECLS

/**
 * PhaetonWebServer:
 *
 * HTTP for a table of routes. Knows limits and deadlines, nothing of chargers: whatever a peer
 * sends, it gets a short answer or none, and costs a bounded amount of memory and time.
 * Main thread only.
 */
typedef struct _PhaetonWebServer PhaetonWebServer;

/* @routes: ends with a line without a method; @user_data is for their handlers */
PhaetonWebServer *phaeton_web_server_new (const PhaetonWebRoute *routes, gpointer user_data,
                                          GError **error);
void phaeton_web_server_free (PhaetonWebServer *self);

/* takes the place of the TCP port before, which is closed when the new one listens */
gboolean phaeton_web_server_listen_tcp (PhaetonWebServer *self, GInetAddress *address, guint16 port,
                                        GError **error);
void phaeton_web_server_close_tcp (PhaetonWebServer *self);
gboolean phaeton_web_server_listen_unix (PhaetonWebServer *self, const char *path, GError **error);

/**
 * PhaetonWebGate:
 * @route: (nullable): where the request would go
 *
 * Decides who comes in, when the headers are there and before any body. One that answers, with
 * phaeton_web_request_refuse(), ends it.
 */
typedef void (*PhaetonWebGate) (PhaetonWebRequest *request, const PhaetonWebRoute *route,
                                gpointer user_data);
void phaeton_web_server_set_gate (PhaetonWebServer *self, PhaetonWebGate gate, gpointer user_data);

/* (nullable): NULL: plain HTTP. For connections from now on */
void phaeton_web_server_set_certificate (PhaetonWebServer *self, GTlsCertificate *certificate);
GTlsCertificate *phaeton_web_server_get_certificate (PhaetonWebServer *self);

/* what became of the requests of one route */
typedef struct {
  guint64 answers[6];    /* by the first digit of the status; 0: none */
  PhaetonHistogram took; /* from headers read to answer written */
} PhaetonWebRouteStats;

typedef struct {
  PhaetonWebRouteStats all;
  guint connections; /* now */
  guint64 refused;   /* by the gate */
} PhaetonWebStats;

extern const PhaetonHistogramBounds phaeton_web_bounds;

/* of @route, which is one of the table; NULL: of what found none */
const PhaetonWebRouteStats *phaeton_web_server_get_route_stats (PhaetonWebServer *self,
                                                                const PhaetonWebRoute *route);
void phaeton_web_server_get_stats (PhaetonWebServer *self, PhaetonWebStats *stats);

/* takes no more connections, lets answers that are under way finish, and calls @done when all are,
 * or after a second */
void phaeton_web_server_drain (PhaetonWebServer *self, GSourceFunc done, gpointer user_data);

/* of TCP; 0: none */
guint16 phaeton_web_server_get_port (PhaetonWebServer *self);

/* what a handler sees of its request. It answers before it returns, or holds the request. */
const char *phaeton_web_request_get_path (PhaetonWebRequest *self);
const char *phaeton_web_request_get_query (PhaetonWebRequest *self);     /* encoded; NULL: none */
const char *phaeton_web_request_get_parameter (PhaetonWebRequest *self); /* what stood for {id} */
JsonNode *phaeton_web_request_get_body (PhaetonWebRequest *self); /* NULL: the route takes none */
/* NULL: none, or the request was held and its peer has gone */
const char *phaeton_web_request_get_header (PhaetonWebRequest *self, const char *name);

const char *phaeton_web_request_get_method (PhaetonWebRequest *self);

/* it came over the unix socket */
gboolean phaeton_web_request_is_local (PhaetonWebRequest *self);

/* the other end: an IPv4 address or an IPv6 /64; of this machine; encrypted */
guint64 phaeton_web_request_get_peer (PhaetonWebRequest *self);
gboolean phaeton_web_request_is_loopback (PhaetonWebRequest *self);
gboolean phaeton_web_request_is_tls (PhaetonWebRequest *self);

/* who asks, as the gate found out; without a gate everybody is an admin */
void phaeton_web_request_set_actor (PhaetonWebRequest *self, PhaetonRole role, const char *name);
PhaetonRole phaeton_web_request_get_role (PhaetonWebRequest *self);
const char *phaeton_web_request_get_actor (PhaetonWebRequest *self); /* NULL: nameless */

/* header of the answer */
void phaeton_web_request_set_header (PhaetonWebRequest *self, const char *name, const char *value);

/* Returns: (transfer full): for an answer later; phaeton_web_request_release() sends it */
PhaetonWebRequest *phaeton_web_request_hold (PhaetonWebRequest *self);
void phaeton_web_request_release (PhaetonWebRequest *self);

/* the answer; of a held request whose peer has gone it goes nowhere */
void phaeton_web_reply (PhaetonWebRequest *self, guint status, const char *content_type,
                        GBytes *body);
void phaeton_web_reply_json (PhaetonWebRequest *self, guint status, PhaetonJson *json);

/* for the gate: an error; what comes of a body is not kept */
void phaeton_web_request_refuse (PhaetonWebRequest *self, guint status, const char *text);

/* {"error": text}, or below /api/v1/ a problem document of RFC 9457 */
void phaeton_web_reply_error (PhaetonWebRequest *self, guint status, const char *format, ...)
  G_GNUC_PRINTF (3, 4);

/* the same with more members, which @write_more adds to the object */
typedef void (*PhaetonWebWriteFunc) (PhaetonJson *json, gpointer user_data);
void phaeton_web_reply_error_with (PhaetonWebRequest *self, guint status, const char *text,
                                   PhaetonWebWriteFunc write_more, gpointer user_data);

/* If-Match: @etag is of what the client wants to change; so it is when the client does not say */
gboolean phaeton_web_request_is_for (PhaetonWebRequest *self, const char *etag);

/* as phaeton_web_reply() with @etag; 304 without a body when the peer has it already */
void phaeton_web_reply_tagged (PhaetonWebRequest *self, const char *content_type, GBytes *body,
                               const char *etag);

/* 200 and the headers; then @take gets the connection and the server forgets it. HEAD gets only the
 * headers. */
typedef void (*PhaetonWebTakeFunc) (GSocketConnection *connection, gpointer user_data);
void phaeton_web_reply_stream (PhaetonWebRequest *self, const char *content_type,
                               PhaetonWebTakeFunc take, gpointer user_data);

/* the same; @destroy: of @user_data, when @take was called or never will be */
void phaeton_web_reply_stream_full (PhaetonWebRequest *self, const char *content_type,
                                    PhaetonWebTakeFunc take, gpointer user_data,
                                    GDestroyNotify destroy);

G_END_DECLS
