/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-settings.h"
#include "phaeton-site.h"
#include "phaeton-web-router.h"

G_BEGIN_DECLS

/**
 * PhaetonWebApi:
 *
 * What the routes answer with: the ancestors' API, /api/v1, the event stream and the page.
 */
typedef struct _PhaetonWebApi PhaetonWebApi;

PhaetonWebApi *phaeton_web_api_new (PhaetonSite *site, PhaetonSettings *settings, GError **error);

/* ends event streams; settings that are being saved are saved, nobody hears of it */
void phaeton_web_api_free (PhaetonWebApi *self);

/* the table of routes; the user_data of their handlers is the api */
const PhaetonWebRoute *phaeton_web_api_get_routes (void);

G_END_DECLS
