/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-web"
#include "config.h"

#include "phaeton-web-access.h"

#include "phaeton-log.h"
#include "phaeton-web-answers.h"
#include "phaeton-web-guard.h"
#include "phaeton-web-origin.h"

#include <string.h>

#define COOKIE "phaeton_session"
#define MAX_SESSIONS 256
#define MAX_SETUP_GUESSES 20
#define SETUP_CODE_LENGTH 10 /* of 32 signs: 50 bits */

/* a login; lost with the process, which is when people log in again */
typedef struct {
  char *user;
  gint64 begun_ms, seen_ms;
} Session;

struct _PhaetonWebAccess {
  PhaetonConfig *config; /* (owned) */
  PhaetonClock *clock;   /* (owned) */
  char *state_dir;
  PhaetonWebAccounts *accounts; /* (owned) */
  gboolean is_locked;           /* the accounts are there and cannot be read */
  PhaetonWebGuard *guard;       /* (owned) */
  GHashTable *sessions;         /* (owned) (element-type utf8 Session): by the secret's hash */
  char *setup_code;             /* (owned) (nullable) */
  guint n_setup_guesses;
};

/* what is known of a request before anybody looks at passwords */
typedef struct {
  const char *origin; /* (nullable) */
  gboolean is_local;  /* from this machine, by a name of its own, past no proxy, and from no page
                       * that came with "any origin" */
  gboolean is_ours;   /* the name by which we were asked is ours */
} Visit;

static void
free_session (gpointer data)
{
  Session *session = data;

  g_free (session->user);
  g_free (session);
}

/* sessions */

static gboolean
is_over (PhaetonWebAccess *self, const Session *session)
{
  const gint64 now_ms = phaeton_clock_get_monotonic_ms (self->clock);

  return now_ms - session->seen_ms > self->config->web.session_idle_ms ||
         now_ms - session->begun_ms > self->config->web.session_ms;
}

static void
make_room (PhaetonWebAccess *self)
{
  GHashTableIter at;
  gpointer key, value;
  const char *oldest = NULL;
  gint64 oldest_ms = G_MAXINT64;

  g_hash_table_iter_init (&at, self->sessions);
  while (g_hash_table_iter_next (&at, &key, &value)) {
    const Session *session = value;

    if (is_over (self, session)) {
      g_hash_table_iter_remove (&at);
    } else if (session->seen_ms < oldest_ms) {
      oldest_ms = session->seen_ms;
      oldest = key;
    }
  }
  if (g_hash_table_size (self->sessions) >= MAX_SESSIONS)
    g_hash_table_remove (self->sessions, oldest);
}

/* Returns: (transfer full) (nullable): the value of our cookie, hashed */
static char *
dup_session_key (PhaetonWebRequest *request)
{
  const char *header = phaeton_web_request_get_header (request, "Cookie");
  g_auto (GStrv) cookies = header != NULL ? g_strsplit_set (header, ";,", 64) : NULL;

  for (guint i = 0; cookies != NULL && cookies[i] != NULL; i++) {
    const char *cookie = g_strstrip (cookies[i]);

    if (g_str_has_prefix (cookie, COOKIE "="))
      return phaeton_web_secret_hash (cookie + strlen (COOKIE "="));
  }
  return NULL;
}

static const PhaetonWebUser *
find_session_user (PhaetonWebAccess *self, PhaetonWebRequest *request)
{
  g_autofree char *key = dup_session_key (request);
  Session *session = key != NULL ? g_hash_table_lookup (self->sessions, key) : NULL;

  if (session == NULL)
    return NULL;
  if (is_over (self, session)) {
    g_hash_table_remove (self->sessions, key);
    return NULL;
  }
  session->seen_ms = phaeton_clock_get_monotonic_ms (self->clock);
  return phaeton_web_accounts_find_user (self->accounts, session->user);
}

static void
set_cookie (PhaetonWebRequest *request, const char *value, gint64 max_age_s)
{
  g_autofree char *cookie = g_strdup_printf (
    COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%" G_GINT64_FORMAT "%s", value,
    max_age_s, phaeton_web_request_is_tls (request) ? "; Secure" : "");

  phaeton_web_request_set_header (request, "Set-Cookie", cookie);
}

void
phaeton_web_access_log_in (PhaetonWebAccess *self, PhaetonWebRequest *request,
                           const PhaetonWebUser *user)
{
  g_autofree char *before = dup_session_key (request);
  g_autofree char *secret = phaeton_web_secret_new ();
  Session *session = g_new0 (Session, 1);

  if (before != NULL) /* a login takes the place of the one before it in that browser */
    g_hash_table_remove (self->sessions, before);
  make_room (self);
  session->user = g_strdup (user->name);
  session->begun_ms = session->seen_ms = phaeton_clock_get_monotonic_ms (self->clock);
  g_hash_table_insert (self->sessions, phaeton_web_secret_hash (secret), session);
  set_cookie (request, secret, self->config->web.session_ms / 1000);
}

gboolean
phaeton_web_access_log_out (PhaetonWebAccess *self, PhaetonWebRequest *request)
{
  g_autofree char *key = dup_session_key (request);

  set_cookie (request, "", 0);
  return key != NULL && g_hash_table_remove (self->sessions, key);
}

static gboolean
is_session_of (gpointer key, gpointer value, gpointer user_data)
{
  return strcmp (((const Session *) value)->user, user_data) == 0;
}

void
phaeton_web_access_forget_user (PhaetonWebAccess *self, const char *name)
{
  g_hash_table_foreach_remove (self->sessions, is_session_of, (gpointer) name);
}

/* the door */

static void
refuse_for_now (PhaetonWebRequest *request, gint64 wait_ms, const char *text)
{
  g_autofree char *seconds = g_strdup_printf ("%" G_GINT64_FORMAT, (wait_ms + 999) / 1000);

  phaeton_web_request_set_header (request, "Retry-After", seconds);
  phaeton_web_request_refuse (request, STATUS_TOO_MANY, text);
}

/* a peer, and with @user also what that peer tried on that user: who has an account of his own must
 * not clear by it what he tried on others */
static guint64
make_account (guint64 peer, const char *user)
{
  return user == NULL ? peer : peer ^ ((guint64) g_str_hash (user) << 32 | 0x5a5a5a5a);
}

gboolean
phaeton_web_access_may_try (PhaetonWebAccess *self, PhaetonWebRequest *request, const char *user)
{
  const gint64 now_ms = phaeton_clock_get_monotonic_ms (self->clock);
  const guint64 peer = phaeton_web_request_get_peer (request);
  gint64 wait_ms = phaeton_web_guard_get_delay (self->guard, peer, now_ms);

  if (user != NULL)
    wait_ms =
      MAX (wait_ms, phaeton_web_guard_get_delay (self->guard, make_account (peer, user), now_ms));
  if (wait_ms > 0)
    refuse_for_now (request, wait_ms, "too many wrong passwords");
  return wait_ms == 0;
}

void
phaeton_web_access_tried (PhaetonWebAccess *self, guint64 peer, const char *user,
                          gboolean was_right)
{
  const gint64 now_ms = phaeton_clock_get_monotonic_ms (self->clock);
  const guint64 accounts[] = { peer, make_account (peer, user) };

  for (guint i = 0; i < (user != NULL ? 2 : 1); i++)
    if (was_right)
      phaeton_web_guard_succeed (self->guard, accounts[i]);
    else
      phaeton_web_guard_fail (self->guard, accounts[i], now_ms);
}

static gboolean
came_past_a_proxy (PhaetonWebRequest *request)
{
  static const char *const headers[] = { "Forwarded",         "X-Forwarded-For", "X-Forwarded-Host",
                                         "X-Forwarded-Proto", "X-Real-IP",       "Via" };

  for (guint i = 0; i < G_N_ELEMENTS (headers); i++)
    if (phaeton_web_request_get_header (request, headers[i]) != NULL)
      return TRUE;
  return FALSE;
}

static gboolean
is_own_origin (PhaetonWebRequest *request, const char *origin)
{
  return phaeton_web_origin_is_same (origin, phaeton_web_request_get_header (request, "Host"),
                                     phaeton_web_request_is_tls (request));
}

static gboolean
is_named_origin (PhaetonWebAccess *self, const char *origin)
{
  return phaeton_web_host_is_listed (origin, (const char *const *) self->config->web.cors_origins);
}

static Visit
look_at (PhaetonWebAccess *self, PhaetonWebRequest *request)
{
  const char *const *trusted = (const char *const *) self->config->web.trusted_hosts;
  g_autofree char *name =
    phaeton_web_host_dup_name (phaeton_web_request_get_header (request, "Host"));
  Visit visit = { .origin = phaeton_web_request_get_header (request, "Origin") };

  visit.is_ours = name != NULL && phaeton_web_host_is_ours (name, trusted);
  /* a trusted name is what a proxy on this machine is reached by, and not all proxies say so */
  visit.is_local = visit.is_ours && phaeton_web_host_is_loopback (name) &&
                   phaeton_web_request_is_loopback (request) && !came_past_a_proxy (request) &&
                   (visit.origin == NULL || is_own_origin (request, visit.origin) ||
                    is_named_origin (self, visit.origin));
  return visit;
}

static void
welcome_origin (PhaetonWebAccess *self, PhaetonWebRequest *request, const char *origin)
{
  phaeton_web_request_set_header (request, "Access-Control-Allow-Origin",
                                  self->config->web.cors_permissive ? "*" : origin);
  phaeton_web_request_set_header (request, "Vary", "Origin");
  phaeton_web_request_set_header (request, "Access-Control-Expose-Headers", "ETag, Retry-After");
  if (strcmp (phaeton_web_request_get_method (request), "OPTIONS") != 0)
    return;
  phaeton_web_request_set_header (request, "Access-Control-Allow-Methods",
                                  "GET, HEAD, POST, PUT, PATCH, DELETE");
  phaeton_web_request_set_header (request, "Access-Control-Allow-Headers",
                                  "Content-Type, Authorization, If-Match, If-None-Match");
  phaeton_web_request_set_header (request, "Access-Control-Max-Age", "600");
  phaeton_web_reply (request, STATUS_NO_CONTENT, NULL, NULL);
}

/* another site's page in the browser of somebody who may; FALSE: refused, or a preflight answered
 */
static gboolean
check_origin (PhaetonWebAccess *self, PhaetonWebRequest *request, const Visit *visit)
{
  const char *method = phaeton_web_request_get_method (request);
  const char *site = phaeton_web_request_get_header (request, "Sec-Fetch-Site");
  const gboolean is_safe = strcmp (method, "GET") == 0 || strcmp (method, "HEAD") == 0;

  if (visit->origin != NULL && is_own_origin (request, visit->origin))
    return TRUE;
  if (visit->origin != NULL &&
      (self->config->web.cors_permissive || is_named_origin (self, visit->origin))) {
    welcome_origin (self, request, visit->origin);
    return strcmp (method, "OPTIONS") != 0;
  }
  if (is_safe || strcmp (method, "OPTIONS") == 0 ||
      (visit->origin == NULL &&
       (site == NULL || strcmp (site, "same-origin") == 0 || strcmp (site, "none") == 0)))
    return TRUE;
  phaeton_web_request_refuse (request, STATUS_FORBIDDEN,
                              "pages of other sites may not do this; see web.cors_origins");
  return FALSE;
}

/* FALSE: a wrong token, refused. A right one is never delayed: nobody guesses one, and a neighbour
 * who tries must not lock out its owner */
static gboolean
check_token (PhaetonWebAccess *self, PhaetonWebRequest *request, const char *header)
{
  const PhaetonWebToken *token = NULL;

  if (g_ascii_strncasecmp (header, "Bearer ", strlen ("Bearer ")) == 0)
    token = phaeton_web_accounts_find_token (self->accounts, header + strlen ("Bearer "),
                                             phaeton_clock_get_wall_at (self->clock));
  if (token != NULL) {
    phaeton_web_request_set_actor (request, token->role, token->name);
    return TRUE;
  }
  if (!phaeton_web_access_may_try (self, request, NULL))
    return FALSE;
  phaeton_web_access_tried (self, phaeton_web_request_get_peer (request), NULL, FALSE);
  phaeton_web_request_set_header (request, "WWW-Authenticate",
                                  "Bearer realm=\"phaeton\", error=\"invalid_token\"");
  phaeton_web_request_refuse (request, STATUS_UNAUTHORIZED, "the token is wrong or has expired");
  return FALSE;
}

static PhaetonRole
get_anonymous_role (PhaetonWebAccess *self)
{
  switch (self->config->web.anonymous) {
  case PHAETON_ANONYMOUS_READ:
    return PHAETON_ROLE_VIEWER;
  case PHAETON_ANONYMOUS_CONTROL:
    return PHAETON_ROLE_DRIVER;
  case PHAETON_ANONYMOUS_NONE:
    break;
  }
  return PHAETON_ROLE_NOBODY;
}

/* FALSE: refused */
static gboolean
find_actor (PhaetonWebAccess *self, PhaetonWebRequest *request, const Visit *visit)
{
  const char *authorization = phaeton_web_request_get_header (request, "Authorization");
  const PhaetonWebUser *user;

  if (authorization != NULL)
    return check_token (self, request, authorization);
  user = find_session_user (self, request);
  if (user != NULL)
    phaeton_web_request_set_actor (request, user->role, user->name);
  else if (visit->is_local)
    phaeton_web_request_set_actor (request, PHAETON_ROLE_ADMIN, NULL);
  else
    phaeton_web_request_set_actor (
      request, visit->is_ours ? get_anonymous_role (self) : PHAETON_ROLE_NOBODY, NULL);
  return TRUE;
}

static void
turn_away (PhaetonWebAccess *self, PhaetonWebRequest *request, const Visit *visit)
{
  if (phaeton_web_request_get_role (request) != PHAETON_ROLE_NOBODY) {
    phaeton_web_request_refuse (request, STATUS_FORBIDDEN, "your role does not allow this");
  } else if (!visit->is_ours) {
    phaeton_web_request_refuse (request, STATUS_MISDIRECTED,
                                "this machine does not know itself by this name; see "
                                "web.trusted_hosts");
  } else {
    phaeton_web_request_set_header (request, "WWW-Authenticate", "Bearer realm=\"phaeton\"");
    phaeton_web_request_refuse (request, STATUS_UNAUTHORIZED,
                                self->setup_code != NULL
                                  ? "nobody has a password yet: open /ui/ with the code "
                                    "that \"phaetonctl setup\" tells"
                                  : "log in, or send a token");
  }
}

void
phaeton_web_access_admit (PhaetonWebRequest *request, const PhaetonWebRoute *route,
                          gpointer user_data)
{
  PhaetonWebAccess *self = user_data;
  Visit visit;
  gint64 wait_ms;

  if (phaeton_web_request_is_local (request)) {
    phaeton_web_request_set_actor (request, PHAETON_ROLE_ADMIN, "unix socket");
    return;
  }
  visit = look_at (self, request);
  wait_ms = visit.is_local
              ? 0
              : phaeton_web_guard_take (self->guard, phaeton_web_request_get_peer (request),
                                        phaeton_clock_get_monotonic_ms (self->clock));
  if (wait_ms > 0)
    refuse_for_now (request, wait_ms, "too many requests");
  else if (check_origin (self, request, &visit) && find_actor (self, request, &visit) &&
           route != NULL && phaeton_web_request_get_role (request) < route->role)
    turn_away (self, request, &visit);
}

/* set-up */

static char *
make_setup_code (void)
{
  static const char signs[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"; /* none looks like another */
  g_autofree char *random = phaeton_web_secret_new ();
  g_autofree char *secret = phaeton_web_secret_hash (random);
  GString *code = g_string_new (NULL);

  for (guint i = 0; i < SETUP_CODE_LENGTH; i++) {
    const guint high = (guint) g_ascii_xdigit_value (secret[2 * i]);
    const guint low = (guint) g_ascii_xdigit_value (secret[2 * i + 1]);

    if (i == SETUP_CODE_LENGTH / 2)
      g_string_append_c (code, '-');
    g_string_append_c (code, signs[(high << 4 | low) % 32]);
  }
  return g_string_free (code, FALSE);
}

static void
renew_setup_code (PhaetonWebAccess *self)
{
  g_clear_pointer (&self->setup_code, g_free);
  self->n_setup_guesses = 0;
  if (self->is_locked || self->accounts->users->len > 0)
    return;
  self->setup_code = make_setup_code ();
  if (g_strcmp0 (self->config->web.host, "127.0.0.1") != 0)
    phaeton_message ("", "Nobody has a password yet. Code for the set-up page: %s",
                     self->setup_code);
}

const char *
phaeton_web_access_get_setup_code (PhaetonWebAccess *self)
{
  return self->setup_code;
}

gboolean
phaeton_web_access_try_setup_code (PhaetonWebAccess *self, const char *code)
{
  g_autofree char *given = g_ascii_strup (code, -1);
  g_autofree char *given_hash = phaeton_web_secret_hash (given);
  g_autofree char *hash =
    self->setup_code != NULL ? phaeton_web_secret_hash (self->setup_code) : NULL;

  if (g_strcmp0 (hash, given_hash) == 0)
    return TRUE;
  if (++self->n_setup_guesses >= MAX_SETUP_GUESSES)
    renew_setup_code (self);
  return FALSE;
}

/* life */

PhaetonWebAccounts *
phaeton_web_access_get_accounts (PhaetonWebAccess *self)
{
  return self->accounts;
}

gboolean
phaeton_web_access_is_locked (PhaetonWebAccess *self)
{
  return self->is_locked;
}

void
phaeton_web_access_save_async (PhaetonWebAccess *self, GAsyncReadyCallback callback,
                               gpointer user_data)
{
  if ((self->setup_code == NULL) != (self->accounts->users->len > 0))
    renew_setup_code (self);
  phaeton_web_accounts_save_async (self->accounts, self->state_dir, callback, user_data);
}

gboolean
phaeton_web_access_set_config (PhaetonWebAccess *self, PhaetonConfig *config)
{
  g_autoptr (PhaetonConfig) before = self->config;

  self->config = phaeton_config_ref (config);
  if (strcmp (before->web.host, config->web.host) != 0)
    renew_setup_code (self); /* somebody new may ask for it */
  return before->web.anonymous != config->web.anonymous;
}

PhaetonWebAccess *
phaeton_web_access_new (PhaetonConfig *config, PhaetonClock *clock, const char *state_dir)
{
  PhaetonWebAccess *self = g_new0 (PhaetonWebAccess, 1);
  g_autoptr (GError) error = NULL;

  self->config = phaeton_config_ref (config);
  self->clock = g_object_ref (clock);
  self->state_dir = g_strdup (state_dir);
  self->guard = phaeton_web_guard_new ();
  self->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_session);
  self->accounts = phaeton_web_accounts_load (state_dir, &error);
  if (self->accounts == NULL) {
    phaeton_warning ("", "Nobody can log in: %s", error->message);
    self->accounts = phaeton_web_accounts_new ();
    self->is_locked = TRUE;
  }
  renew_setup_code (self);
  return self;
}

void
phaeton_web_access_free (PhaetonWebAccess *self)
{
  phaeton_web_accounts_free (self->accounts);
  phaeton_web_guard_free (self->guard);
  g_hash_table_unref (self->sessions);
  g_free (self->setup_code);
  g_free (self->state_dir);
  g_object_unref (self->clock);
  phaeton_config_unref (self->config);
  g_free (self);
}
