/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-web-api.h"
#include "phaeton-web-router.h"

G_BEGIN_DECLS

/* Sessions, sums and time series of the past; handlers with the PhaetonWebApi as their data */

void phaeton_web_history_get_old_sessions (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_history_get_sessions (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_history_get_session (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_history_patch_session (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_history_delete_session (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_history_get_totals (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_history_get_past (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_history_get_series (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_history_post_backup (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_history_post_restore (PhaetonWebRequest *request, gpointer user_data);

G_END_DECLS
