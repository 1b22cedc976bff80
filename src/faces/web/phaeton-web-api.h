/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-settings.h"
#include "phaeton-site.h"
#include "phaeton-web-server.h"

G_BEGIN_DECLS

/**
 * PhaetonWebApi:
 *
 * What the routes answer with: the ancestors' API, /api/v1, the event stream and the page.
 */
typedef struct _PhaetonWebApi PhaetonWebApi;

/* @state_dir: where the accounts are */
PhaetonWebApi *phaeton_web_api_new (PhaetonSite *site, PhaetonSettings *settings,
                                    const char *state_dir, GError **error);

/* becomes the gate of @server and shows its counts */
void phaeton_web_api_attach (PhaetonWebApi *self, PhaetonWebServer *server);
void phaeton_web_api_set_config (PhaetonWebApi *self, PhaetonConfig *config);

/* the daemon stops: no longer ready, event streams end */
void phaeton_web_api_end_streams (PhaetonWebApi *self);

/* ends event streams; settings that are being saved are saved, nobody hears of it */
void phaeton_web_api_free (PhaetonWebApi *self);

/* the table of routes; the user_data of their handlers is the api */
const PhaetonWebRoute *phaeton_web_api_get_routes (void);

/* for handlers in other files; (transfer none) */
PhaetonSite *phaeton_web_api_get_site (PhaetonWebApi *self);
GCancellable *phaeton_web_api_get_cancellable (PhaetonWebApi *self);

G_END_DECLS
