/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-clock.h"
#include "phaeton-config.h"
#include "phaeton-web-accounts.h"
#include "phaeton-web-server.h"

G_BEGIN_DECLS

/**
 * PhaetonWebAccess:
 *
 * Who asks, and whether he may. The unix socket and this machine are admins; everybody else is
 * who the login cookie or the bearer token says, or nobody. Main thread only.
 */
typedef struct _PhaetonWebAccess PhaetonWebAccess;

/* blocking: reads the accounts */
PhaetonWebAccess *phaeton_web_access_new (PhaetonConfig *config, PhaetonClock *clock,
                                          const char *state_dir);
void phaeton_web_access_free (PhaetonWebAccess *self);

/* TRUE: strangers have other rights than before */
gboolean phaeton_web_access_set_config (PhaetonWebAccess *self, PhaetonConfig *config);

/* the PhaetonWebGate; @user_data is the PhaetonWebAccess */
void phaeton_web_access_admit (PhaetonWebRequest *request, const PhaetonWebRoute *route,
                               gpointer user_data);

PhaetonWebAccounts *phaeton_web_access_get_accounts (PhaetonWebAccess *self);

/* the accounts are there but cannot be read: they must not be overwritten */
gboolean phaeton_web_access_is_locked (PhaetonWebAccess *self);

/* after a change; the answer of @request, which is held, waits for the disk */
void phaeton_web_access_save_async (PhaetonWebAccess *self, GAsyncReadyCallback callback,
                                    gpointer user_data);

/* nobody has a password yet: how the first one is made. NULL: there are users */
const char *phaeton_web_access_get_setup_code (PhaetonWebAccess *self);
gboolean phaeton_web_access_try_setup_code (PhaetonWebAccess *self, const char *code);

/* FALSE: too many wrong passwords from there, answered; @user: (nullable): on whom it is tried */
gboolean phaeton_web_access_may_try (PhaetonWebAccess *self, PhaetonWebRequest *request,
                                     const char *user);
void phaeton_web_access_tried (PhaetonWebAccess *self, guint64 peer, const char *user,
                               gboolean was_right);

/* begins a login: sets the cookie */
void phaeton_web_access_log_in (PhaetonWebAccess *self, PhaetonWebRequest *request,
                                const PhaetonWebUser *user);
/* FALSE: there was no login */
gboolean phaeton_web_access_log_out (PhaetonWebAccess *self, PhaetonWebRequest *request);

/* ends all logins of a user that has a new password, another role, or is gone */
void phaeton_web_access_forget_user (PhaetonWebAccess *self, const char *name);

G_END_DECLS
