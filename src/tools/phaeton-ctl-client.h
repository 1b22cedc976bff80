/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * PhaetonCtlClient:
 *
 * The daemon as the command line sees it: JSON over HTTP, through the daemon's unix socket or to
 * a URL. Blocking: a command line has nothing else to do.
 */
typedef struct _PhaetonCtlClient PhaetonCtlClient;

/**
 * phaeton_ctl_client_new:
 * @url: (nullable): "http://host:8088"
 * @socket_path: (nullable): used when there is no @url; %NULL: the first that answers of
 *   $PHAETON_SOCKET, the state directories and the demonstration's
 *
 * Returns: (transfer full): or %NULL with PHAETON_ERROR_OFFLINE when nobody listens,
 *   PHAETON_ERROR_CONFIG for a @url that is none
 */
PhaetonCtlClient *phaeton_ctl_client_new (const char *url, const char *socket_path, GError **error);
void phaeton_ctl_client_free (PhaetonCtlClient *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonCtlClient, phaeton_ctl_client_free)

/* where the daemon is, for people: a path or a URL */
const char *phaeton_ctl_client_get_place (PhaetonCtlClient *self);

/* the path of the unix socket in use, or NULL */
const char *phaeton_ctl_client_get_socket (PhaetonCtlClient *self);

/**
 * phaeton_ctl_client_call:
 * @body: (nullable): sent as JSON
 *
 * Returns: (transfer full) (nullable): the JSON of the answer, %NULL without @error for an answer
 *   without a body; or %NULL with PHAETON_ERROR_OFFLINE, PHAETON_ERROR_PROTOCOL (no JSON), or
 *   PHAETON_ERROR_REFUSED with the daemon's own words
 */
JsonNode *phaeton_ctl_client_call (PhaetonCtlClient *self, const char *method, const char *path,
                                   JsonNode *body, GError **error);

typedef gboolean (*PhaetonCtlEventFunc) (const char *event, const char *data, gpointer user_data);

/* reads server-sent events until @function answers FALSE or the daemon ends the stream, which is
 * PHAETON_ERROR_OFFLINE */
gboolean phaeton_ctl_client_listen (PhaetonCtlClient *self, const char *path,
                                    PhaetonCtlEventFunc function, gpointer user_data,
                                    GError **error);

G_END_DECLS
