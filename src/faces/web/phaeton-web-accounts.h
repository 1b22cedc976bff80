/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "phaeton-web-router.h"

G_BEGIN_DECLS

/* Who may log in, and tokens for programs: access.json in the state directory, 0600. Passwords
 * are kept as yescrypt, tokens as SHA-256 of 256 random bits. */

#define PHAETON_WEB_MAX_USERS 64
#define PHAETON_WEB_MAX_TOKENS 64

typedef struct {
  char *name;
  PhaetonRole role;
  char *password; /* as crypt() has it */
} PhaetonWebUser;

typedef struct {
  char *id;
  char *name; /* for people */
  PhaetonRole role;
  char *hash;
  gint64 created_at;
  gint64 expires_at; /* 0: never */
} PhaetonWebToken;

typedef struct {
  GPtrArray *users;  /* (owned) (element-type PhaetonWebUser) */
  GPtrArray *tokens; /* (owned) (element-type PhaetonWebToken) */
} PhaetonWebAccounts;

PhaetonWebAccounts *phaeton_web_accounts_new (void);
void phaeton_web_accounts_free (PhaetonWebAccounts *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonWebAccounts, phaeton_web_accounts_free)

/* blocking: for the start. A file that cannot be understood is no reason to let everybody in, nor
 * to overwrite it: NULL with @error. None at all: no accounts. */
PhaetonWebAccounts *phaeton_web_accounts_load (const char *state_dir, GError **error);
PhaetonWebAccounts *phaeton_web_accounts_parse (const char *text, gsize size, GError **error);
GBytes *phaeton_web_accounts_print (const PhaetonWebAccounts *self);

/* in the worker, one after the other */
void phaeton_web_accounts_save_async (const PhaetonWebAccounts *self, const char *state_dir,
                                      GAsyncReadyCallback callback, gpointer user_data);
gboolean phaeton_web_accounts_save_finish (GAsyncResult *result, GError **error);

PhaetonWebUser *phaeton_web_accounts_find_user (const PhaetonWebAccounts *self, const char *name);
void phaeton_web_accounts_put_user (PhaetonWebAccounts *self, const char *name, PhaetonRole role,
                                    const char *password);
void phaeton_web_accounts_remove_user (PhaetonWebAccounts *self, const char *name);
guint phaeton_web_accounts_count_admins (const PhaetonWebAccounts *self);

/* by the secret that a client sent; one that has expired is none */
const PhaetonWebToken *phaeton_web_accounts_find_token (const PhaetonWebAccounts *self,
                                                        const char *secret, gint64 now_at);

/* @secret: (out) (transfer full): shown once, then never again */
const PhaetonWebToken *phaeton_web_accounts_add_token (PhaetonWebAccounts *self, const char *name,
                                                       PhaetonRole role, gint64 now_at,
                                                       gint64 expires_at, char **secret);
gboolean phaeton_web_accounts_remove_token (PhaetonWebAccounts *self, const char *id);

/* "viewer", "driver", "admin"; NOBODY: none of them */
PhaetonRole phaeton_role_from_name (const char *name);
const char *phaeton_role_to_name (PhaetonRole role);

/* letters, digits, "._@-", 1 to 64 */
gboolean phaeton_web_user_name_is_valid (const char *name);

/* 256 bits of the kernel, base64url; and what is kept of such a secret */
char *phaeton_web_secret_new (void);
char *phaeton_web_secret_hash (const char *secret);

/* yescrypt, in the worker: 8 MB and some 50 ms each, one at a time */
void phaeton_web_password_hash_async (const char *password, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data);
char *phaeton_web_password_hash_finish (GAsyncResult *result, GError **error);

/* @hash: NULL: of a user that does not exist, which takes as long */
void phaeton_web_password_check_async (const char *password, const char *hash,
                                       GCancellable *cancellable, GAsyncReadyCallback callback,
                                       gpointer user_data);
gboolean phaeton_web_password_check_finish (GAsyncResult *result, gboolean *is_right,
                                            GError **error);

G_END_DECLS
