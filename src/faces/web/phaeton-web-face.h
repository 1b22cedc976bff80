/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-settings.h"
#include "phaeton-site.h"

G_BEGIN_DECLS

#define PHAETON_TYPE_WEB_FACE (phaeton_web_face_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonWebFace, phaeton_web_face, PHAETON, WEB_FACE, GObject)

/**
 * PhaetonWebFace:
 *
 * REST, server-sent events and static files over HTTP, and the same over a 0600 unix socket for
 * phaetonctl. Main thread only.
 */
PhaetonWebFace *phaeton_web_face_new (PhaetonSite *site, PhaetonSettings *settings);

/**
 * phaeton_web_face_start:
 * @state_dir: where the accounts are
 * @socket_path: (nullable): of the unix socket
 *
 * Listens on the configured address. A port that is taken is an error, but not the end: the
 * caller logs it, the face retries every 5 s, and everything else of the daemon goes on.
 */
gboolean phaeton_web_face_start (PhaetonWebFace *self, const char *state_dir,
                                 const char *socket_path, GError **error);

/* listens no more and ends streams; @done when the answers under way are out, a second at most */
void phaeton_web_face_drain (PhaetonWebFace *self, GSourceFunc done, gpointer user_data);

G_END_DECLS
