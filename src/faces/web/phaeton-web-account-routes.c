/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-web"
#include "config.h"

#include "phaeton-log.h"
#include "phaeton-web-api-private.h"
#include "phaeton-web-certificate.h"

#include <string.h>

/* Logging in and out, the first password, users and tokens. */

#define MIN_PASSWORD 8
#define MAX_PASSWORD 128
#define MAX_WAITING 8 /* passwords that wait for the worker, which takes one at a time */
#define MAX_TOKEN_NAME 64
#define MAX_TOKEN_DAYS 3650
#define DAY_S 86400

typedef enum { JOB_LOGIN, JOB_SETUP, JOB_CREATE_USER, JOB_CHANGE_USER, JOB_SAVE } JobKind;

/* a request that waits for the worker */
typedef struct {
  PhaetonWebApi *api;
  PhaetonWebRequest *request; /* held */
  JobKind kind;
  char *name; /* (owned) */
  PhaetonRole role;
  guint64 peer;
  guint status;
  GBytes *answer; /* (owned) (nullable): when it is saved */
} Job;

static guint n_waiting; /* main thread only */

static Job *
begin_job (PhaetonWebApi *api, PhaetonWebRequest *request, JobKind kind, const char *name)
{
  Job *job = g_new0 (Job, 1);

  job->api = api;
  job->request = phaeton_web_request_hold (request);
  job->kind = kind;
  job->name = g_strdup (name);
  job->peer = phaeton_web_request_get_peer (request);
  return job;
}

static void
end_job (Job *job)
{
  phaeton_web_request_release (job->request);
  g_clear_pointer (&job->answer, g_bytes_unref);
  g_free (job->name);
  g_free (job);
}

/* bodies */

/* NULL: it is missing, is no text, or too long; answered */
static const char *
get_text (PhaetonWebRequest *request, const char *name, gsize max)
{
  JsonNode *body = phaeton_web_request_get_body (request);
  JsonNode *node = JSON_NODE_HOLDS_OBJECT (body)
                     ? json_object_get_member (json_node_get_object (body), name)
                     : NULL;
  const char *text = node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
                       ? json_node_get_string (node)
                       : NULL;

  if (text != NULL && strlen (text) <= max)
    return text;
  phaeton_web_reply_error (request, STATUS_UNPROCESSABLE,
                           "%s must be a text of at most %" G_GSIZE_FORMAT " bytes", name, max);
  return NULL;
}

static gboolean
has_member (PhaetonWebRequest *request, const char *name)
{
  JsonNode *body = phaeton_web_request_get_body (request);

  return JSON_NODE_HOLDS_OBJECT (body) &&
         json_object_has_member (json_node_get_object (body), name);
}

/* NULL: answered */
static const char *
get_new_name (PhaetonWebRequest *request, const char *member)
{
  const char *name = get_text (request, member, 64);

  if (name == NULL || phaeton_web_user_name_is_valid (name))
    return name;
  phaeton_web_reply_error (request, STATUS_UNPROCESSABLE,
                           "%s must be 1 to 64 letters, digits and . _ @ -", member);
  return NULL;
}

static const char *
get_new_password (PhaetonWebRequest *request)
{
  const char *password = get_text (request, "password", MAX_PASSWORD);

  if (password == NULL || strlen (password) >= MIN_PASSWORD)
    return password;
  phaeton_web_reply_error (request, STATUS_UNPROCESSABLE, "password must have at least %d signs",
                           MIN_PASSWORD);
  return NULL;
}

/* NOBODY: answered */
static PhaetonRole
get_role (PhaetonWebRequest *request)
{
  const char *name = get_text (request, "role", 16);
  const PhaetonRole role = phaeton_role_from_name (name);

  if (name != NULL && role == PHAETON_ROLE_NOBODY)
    phaeton_web_reply_error (request, STATUS_UNPROCESSABLE, "role must be viewer, driver or admin");
  return role;
}

static gboolean
has_room (PhaetonWebRequest *request)
{
  if (n_waiting < MAX_WAITING)
    return TRUE;
  phaeton_web_request_set_header (request, "Retry-After", "2");
  phaeton_web_reply_error (request, STATUS_UNAVAILABLE, "too many passwords at once");
  return FALSE;
}

/* documents */

static void
write_user (PhaetonJson *json, const PhaetonWebUser *user)
{
  phaeton_json_begin_object (json, NULL);
  phaeton_json_text (json, "name", user->name);
  phaeton_json_text (json, "role", phaeton_role_to_name (user->role));
  phaeton_json_end_object (json);
}

static void
write_token (PhaetonJson *json, const PhaetonWebToken *token, const char *secret)
{
  phaeton_json_begin_object (json, NULL);
  phaeton_json_text (json, "id", token->id);
  phaeton_json_text (json, "name", token->name);
  phaeton_json_text (json, "role", phaeton_role_to_name (token->role));
  phaeton_json_time (json, "created_at", token->created_at * G_USEC_PER_SEC);
  if (token->expires_at != 0)
    phaeton_json_time (json, "expires_at", token->expires_at * G_USEC_PER_SEC);
  else
    phaeton_json_null (json, "expires_at");
  if (secret != NULL)
    phaeton_json_text (json, "token", secret);
  phaeton_json_end_object (json);
}

void
phaeton_web_get_session (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_json_begin_object (&json, NULL);
  phaeton_json_text (&json, "role", phaeton_role_to_name (phaeton_web_request_get_role (request)));
  phaeton_json_text (&json, "user", phaeton_web_request_get_actor (request));
  phaeton_json_boolean (&json, "setup_needed",
                        phaeton_web_access_get_setup_code (self->access) != NULL);
  phaeton_json_end_object (&json);
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

/* the worker's answers */

static void
saved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = user_data;
  g_autoptr (GError) error = NULL;

  if (!phaeton_web_accounts_save_finish (result, &error))
    phaeton_web_reply_error (job->request, STATUS_FAILED,
                             "done until the next restart, but it cannot be saved: %s",
                             error->message);
  else
    phaeton_web_reply (job->request, job->status, "application/json", job->answer);
  end_job (job);
}

static void
save_and_answer (Job *job, guint status, PhaetonJson *json)
{
  job->status = status;
  job->answer = json != NULL ? phaeton_json_steal_bytes (json) : NULL;
  phaeton_web_access_save_async (job->api->access, saved_cb, job);
}

static void
answer_user (Job *job, const PhaetonWebUser *user, guint status)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  write_user (&json, user);
  save_and_answer (job, status, &json);
}

/* the world may have changed while the password was hashed */
static const char *
find_obstacle (PhaetonWebAccounts *accounts, const Job *job)
{
  const PhaetonWebUser *user = phaeton_web_accounts_find_user (accounts, job->name);

  if (phaeton_web_access_is_locked (job->api->access))
    return "the file of accounts cannot be read, see the log";
  if (job->kind == JOB_SETUP && accounts->users->len > 0)
    return "there are users already";
  if (job->kind == JOB_CHANGE_USER && user == NULL)
    return "the user is gone";
  if (job->kind == JOB_CREATE_USER && user != NULL)
    return "there is a user of that name";
  if (job->kind == JOB_CHANGE_USER && user->role == PHAETON_ROLE_ADMIN &&
      job->role != PHAETON_ROLE_ADMIN && phaeton_web_accounts_count_admins (accounts) == 1)
    return "there must be one admin";
  if (user == NULL && accounts->users->len >= PHAETON_WEB_MAX_USERS)
    return "there are too many users";
  return NULL;
}

/* @hash: NULL: the password stays */
static void
put_user (Job *job, const char *hash)
{
  PhaetonWebAccounts *accounts = phaeton_web_access_get_accounts (job->api->access);
  const char *obstacle = find_obstacle (accounts, job);

  if (obstacle != NULL) {
    phaeton_web_reply_error (job->request, STATUS_CONFLICT, "%s", obstacle);
    end_job (job);
    return;
  }
  phaeton_web_accounts_put_user (accounts, job->name, job->role, hash);
  phaeton_web_access_forget_user (job->api->access, job->name);
  phaeton_web_close_streams (job->api);
  phaeton_message ("", "User %s is %s", job->name, phaeton_role_to_name (job->role));
  if (job->kind == JOB_SETUP)
    phaeton_web_access_log_in (job->api->access, job->request,
                               phaeton_web_accounts_find_user (accounts, job->name));
  answer_user (job, phaeton_web_accounts_find_user (accounts, job->name),
               job->kind == JOB_CHANGE_USER ? STATUS_OK : STATUS_CREATED);
}

static void
hashed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *hash = phaeton_web_password_hash_finish (result, &error);

  n_waiting--;
  if (hash != NULL) {
    put_user (job, hash);
    return;
  }
  phaeton_web_reply_error (job->request, STATUS_UNAVAILABLE, "%s", error->message);
  end_job (job);
}

static void
hash_password (Job *job, const char *password)
{
  n_waiting++;
  phaeton_web_password_hash_async (password, job->api->cancellable, hashed_cb, job);
}

static void
checked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = user_data;
  const PhaetonWebUser *user;
  g_autoptr (GError) error = NULL;
  gboolean is_right;

  n_waiting--;
  if (!phaeton_web_password_check_finish (result, &is_right, &error)) {
    phaeton_web_reply_error (job->request, STATUS_UNAVAILABLE, "%s", error->message);
    end_job (job);
    return;
  }
  user =
    phaeton_web_accounts_find_user (phaeton_web_access_get_accounts (job->api->access), job->name);
  is_right &= user != NULL;
  phaeton_web_access_tried (job->api->access, job->peer, user != NULL ? job->name : NULL, is_right);
  if (is_right) {
    g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

    write_user (&json, user);
    phaeton_web_access_log_in (job->api->access, job->request, user);
    phaeton_web_reply_json (job->request, STATUS_OK, &json);
  } else {
    phaeton_web_reply_error (job->request, STATUS_UNAUTHORIZED, "user or password is wrong");
  }
  end_job (job);
}

/* routes */

void
phaeton_web_post_login (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  const char *name = get_text (request, "user", 64);
  const char *password = name != NULL ? get_text (request, "password", MAX_PASSWORD) : NULL;
  const PhaetonWebUser *user =
    password != NULL
      ? phaeton_web_accounts_find_user (phaeton_web_access_get_accounts (self->access), name)
      : NULL;

  /* names that are no users are not remembered: there are too many of them */
  if (password == NULL ||
      !phaeton_web_access_may_try (self->access, request, user != NULL ? name : NULL) ||
      !has_room (request))
    return;
  n_waiting++;
  phaeton_web_password_check_async (password, user != NULL ? user->password : NULL,
                                    self->cancellable, checked_cb,
                                    begin_job (self, request, JOB_LOGIN, name));
}

void
phaeton_web_post_logout (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;

  if (phaeton_web_access_log_out (self->access, request))
    phaeton_web_close_streams (self);
  phaeton_web_reply (request, STATUS_NO_CONTENT, NULL, NULL);
}

/* by which people know that they talk to this machine and nobody in between */
static void
write_certificate (PhaetonJson *json, GTlsCertificate *certificate)
{
  g_autofree char *fingerprint = NULL;

  if (certificate == NULL) {
    phaeton_json_null (json, "certificate");
    return;
  }
  fingerprint = phaeton_web_certificate_dup_fingerprint (certificate);
  phaeton_json_begin_object (json, "certificate");
  phaeton_json_text (json, "sha256", fingerprint);
  phaeton_json_time (json, "expires_at",
                     phaeton_web_certificate_get_end_at (certificate) * G_USEC_PER_SEC);
  phaeton_json_end_object (json);
}

/* the code is for people at the machine */
void
phaeton_web_get_setup (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  const char *code = phaeton_web_access_get_setup_code (self->access);
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_json_begin_object (&json, NULL);
  phaeton_json_boolean (&json, "setup_needed", code != NULL);
  phaeton_json_text (&json, "code", code);
  write_certificate (&json, phaeton_web_server_get_certificate (self->server));
  phaeton_json_end_object (&json);
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

void
phaeton_web_post_setup (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  const char *code = get_text (request, "code", 64);
  const char *name = code != NULL ? get_new_name (request, "user") : NULL;
  const char *password = name != NULL ? get_new_password (request) : NULL;
  const guint64 peer = phaeton_web_request_get_peer (request);
  Job *job;

  if (password == NULL || !phaeton_web_access_may_try (self->access, request, NULL) ||
      !has_room (request))
    return;
  if (phaeton_web_access_get_setup_code (self->access) == NULL) {
    phaeton_web_reply_error (request, STATUS_CONFLICT, "there are users already");
    return;
  }
  if (!phaeton_web_access_try_setup_code (self->access, code)) {
    phaeton_web_access_tried (self->access, peer, NULL, FALSE);
    phaeton_web_reply_error (request, STATUS_FORBIDDEN, "the code is wrong");
    return;
  }
  phaeton_web_access_tried (self->access, peer, NULL, TRUE);
  job = begin_job (self, request, JOB_SETUP, name);
  job->role = PHAETON_ROLE_ADMIN;
  hash_password (job, password);
}

void
phaeton_web_get_users (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  const PhaetonWebAccounts *accounts = phaeton_web_access_get_accounts (self->access);
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_json_begin_object (&json, NULL);
  phaeton_json_begin_array (&json, "users");
  for (guint i = 0; i < accounts->users->len; i++)
    write_user (&json, accounts->users->pdata[i]);
  phaeton_json_end_array (&json);
  phaeton_json_end_object (&json);
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

void
phaeton_web_post_user (PhaetonWebRequest *request, gpointer user_data)
{
  const char *name = get_new_name (request, "name");
  const PhaetonRole role = name != NULL ? get_role (request) : PHAETON_ROLE_NOBODY;
  const char *password = role != PHAETON_ROLE_NOBODY ? get_new_password (request) : NULL;
  Job *job;

  if (password == NULL || !has_room (request))
    return;
  job = begin_job (user_data, request, JOB_CREATE_USER, name);
  job->role = role;
  hash_password (job, password);
}

/* NULL: answered */
static PhaetonWebUser *
find_user (PhaetonWebApi *self, PhaetonWebRequest *request)
{
  const char *name = phaeton_web_request_get_parameter (request);
  PhaetonWebUser *user =
    phaeton_web_accounts_find_user (phaeton_web_access_get_accounts (self->access), name);

  if (user == NULL)
    phaeton_web_reply_error (request, STATUS_NOT_FOUND, "there is no user %s", name);
  return user;
}

void
phaeton_web_patch_user (PhaetonWebRequest *request, gpointer user_data)
{
  const PhaetonWebUser *user = find_user (user_data, request);
  const gboolean has_password = has_member (request, "password");
  PhaetonRole role;
  const char *password = NULL;
  Job *job;

  if (user == NULL)
    return;
  role = has_member (request, "role") ? get_role (request) : user->role;
  if (role == PHAETON_ROLE_NOBODY || !has_room (request))
    return;
  if (has_password && (password = get_new_password (request)) == NULL)
    return;
  job = begin_job (user_data, request, JOB_CHANGE_USER, user->name);
  job->role = role;
  if (has_password)
    hash_password (job, password);
  else
    put_user (job, NULL);
}

void
phaeton_web_delete_user (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  PhaetonWebAccounts *accounts = phaeton_web_access_get_accounts (self->access);
  const PhaetonWebUser *user = find_user (self, request);
  Job *job;

  if (user == NULL)
    return;
  if (user->role == PHAETON_ROLE_ADMIN && accounts->users->len > 1 &&
      phaeton_web_accounts_count_admins (accounts) == 1) {
    phaeton_web_reply_error (request, STATUS_CONFLICT, "there must be one admin");
    return;
  }
  job = begin_job (self, request, JOB_SAVE, user->name);
  phaeton_web_access_forget_user (self->access, job->name);
  phaeton_web_accounts_remove_user (accounts, job->name);
  phaeton_web_close_streams (self);
  phaeton_message ("", "User %s was removed", job->name);
  save_and_answer (job, STATUS_NO_CONTENT, NULL);
}

void
phaeton_web_get_tokens (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  const PhaetonWebAccounts *accounts = phaeton_web_access_get_accounts (self->access);
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  phaeton_json_begin_object (&json, NULL);
  phaeton_json_begin_array (&json, "tokens");
  for (guint i = 0; i < accounts->tokens->len; i++)
    write_token (&json, accounts->tokens->pdata[i], NULL);
  phaeton_json_end_array (&json);
  phaeton_json_end_object (&json);
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

/* -1: answered; 0: for ever */
static gint64
get_days (PhaetonWebRequest *request)
{
  JsonNode *node;

  if (!has_member (request, "expires_days"))
    return 0;
  node = json_object_get_member (json_node_get_object (phaeton_web_request_get_body (request)),
                                 "expires_days");
  if (json_node_get_value_type (node) == G_TYPE_INT64 && json_node_get_int (node) >= 1 &&
      json_node_get_int (node) <= MAX_TOKEN_DAYS)
    return json_node_get_int (node);
  phaeton_web_reply_error (request, STATUS_UNPROCESSABLE, "expires_days must be 1 to %d",
                           MAX_TOKEN_DAYS);
  return -1;
}

void
phaeton_web_post_token (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  PhaetonWebAccounts *accounts = phaeton_web_access_get_accounts (self->access);
  const char *name = get_text (request, "name", MAX_TOKEN_NAME);
  const PhaetonRole role = name != NULL ? get_role (request) : PHAETON_ROLE_NOBODY;
  const gint64 days = role != PHAETON_ROLE_NOBODY ? get_days (request) : -1;
  const gint64 now_at = phaeton_clock_get_wall_at (self->clock);
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;
  g_autofree char *secret = NULL;
  const PhaetonWebToken *token;

  if (days < 0)
    return;
  if (accounts->tokens->len >= PHAETON_WEB_MAX_TOKENS ||
      phaeton_web_access_is_locked (self->access)) {
    phaeton_web_reply_error (request, STATUS_CONFLICT,
                             "there are too many tokens, or their file cannot be read");
    return;
  }
  token = phaeton_web_accounts_add_token (accounts, name, role, now_at,
                                          days > 0 ? now_at + days * DAY_S : 0, &secret);
  phaeton_message ("", "Token %s was made for a %s", token->id, phaeton_role_to_name (role));
  write_token (&json, token, secret);
  phaeton_web_request_set_header (request, "Cache-Control", "no-store");
  save_and_answer (begin_job (self, request, JOB_SAVE, name), STATUS_CREATED, &json);
}

void
phaeton_web_delete_token (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  const char *id = phaeton_web_request_get_parameter (request);

  if (!phaeton_web_accounts_remove_token (phaeton_web_access_get_accounts (self->access), id)) {
    phaeton_web_reply_error (request, STATUS_NOT_FOUND, "there is no token %s", id);
    return;
  }
  phaeton_web_close_streams (self);
  phaeton_message ("", "Token %s was removed", id);
  save_and_answer (begin_job (self, request, JOB_SAVE, id), STATUS_NO_CONTENT, NULL);
}
