/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaetonctl"
#include "config.h"

#include "phaeton-ctl-client.h"

#include "phaeton-error.h"
#include "phaeton-json.h"
#include "phaeton-paths.h"

#include <gio/gunixsocketaddress.h>
#include <libsoup/soup.h>
#include <string.h>

#define TIMEOUT_S 10
#define MAX_ANSWER (4 << 20)
#define MAX_DEPTH 32

struct _PhaetonCtlClient {
  SoupSession *session; /* (owned) */
  GUri *base;           /* (owned) */
  char *place;
  char *socket_path; /* (nullable) */
};

/* sockets where a daemon of this machine may listen, best first */
static GPtrArray *
list_sockets (void)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *own_dir = phaeton_paths_dup_state_dir ();
  g_autofree char *user_dir = g_build_filename (g_get_user_state_dir (), "phaeton", NULL);
  g_autofree char *demo_dir =
    g_build_filename (g_get_user_state_dir (), "phaeton-demo", "state", NULL);
  const char *const dirs[] = { own_dir, "/data/phaeton", "/var/lib/phaeton", user_dir, demo_dir };
  const char *forced = g_getenv ("PHAETON_SOCKET");

  if (forced != NULL && forced[0] != '\0') {
    g_ptr_array_add (paths, g_strdup (forced)); /* who says where does not want another one */
    return paths;
  }
  for (guint i = 0; i < G_N_ELEMENTS (dirs); i++) {
    g_autofree char *path = phaeton_paths_dup_socket (dirs[i]);

    if (!g_ptr_array_find_with_equal_func (paths, path, g_str_equal, NULL))
      g_ptr_array_add (paths, g_steal_pointer (&path));
  }
  return paths;
}

static gboolean
is_answering (const char *path, GError **error)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection =
    g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, error);

  return connection != NULL;
}

/* Returns: (transfer full): the first socket where somebody listens */
static char *
find_socket (const char *wanted, GError **error)
{
  g_autoptr (GPtrArray) paths = NULL;
  g_autoptr (GString) tried = g_string_new (NULL);

  if (wanted != NULL) {
    paths = g_ptr_array_new_with_free_func (g_free);
    g_ptr_array_add (paths, g_strdup (wanted));
  } else {
    paths = list_sockets ();
  }
  for (guint i = 0; i < paths->len; i++) {
    g_autoptr (GError) reason = NULL;

    if (is_answering (paths->pdata[i], &reason))
      return g_strdup (paths->pdata[i]);
    g_string_append_printf (tried, "\n  %s: %s", (char *) paths->pdata[i], reason->message);
  }
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_OFFLINE, "no daemon listens:%s", tried->str);
  return NULL;
}

static gboolean
use_url (PhaetonCtlClient *self, const char *url, GError **error)
{
  g_autoptr (GError) reason = NULL;

  self->base = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, &reason);
  if (self->base == NULL || g_uri_get_host (self->base) == NULL ||
      !g_str_has_prefix (g_uri_get_scheme (self->base), "http")) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, "not a URL like http://host:8088: %s",
                 url);
    return FALSE;
  }
  self->place = g_strdup (url);
  self->session = soup_session_new_with_options ("timeout", TIMEOUT_S, NULL);
  return TRUE;
}

static gboolean
use_socket (PhaetonCtlClient *self, const char *path, GError **error)
{
  g_autoptr (GSocketAddress) address = NULL;

  self->socket_path = find_socket (path, error);
  if (self->socket_path == NULL)
    return FALSE;
  address = g_unix_socket_address_new (self->socket_path);
  self->base = g_uri_parse ("http://localhost/", SOUP_HTTP_URI_FLAGS, NULL);
  self->place = g_strdup (self->socket_path);
  self->session =
    soup_session_new_with_options ("remote-connectable", address, "timeout", TIMEOUT_S, NULL);
  return TRUE;
}

PhaetonCtlClient *
phaeton_ctl_client_new (const char *url, const char *socket_path, GError **error)
{
  g_autoptr (PhaetonCtlClient) self = g_new0 (PhaetonCtlClient, 1);
  const gboolean usable =
    url != NULL ? use_url (self, url, error) : use_socket (self, socket_path, error);

  return usable ? g_steal_pointer (&self) : NULL;
}

void
phaeton_ctl_client_free (PhaetonCtlClient *self)
{
  g_clear_object (&self->session);
  g_clear_pointer (&self->base, g_uri_unref);
  g_free (self->place);
  g_free (self->socket_path);
  g_free (self);
}

const char *
phaeton_ctl_client_get_place (PhaetonCtlClient *self)
{
  return self->place;
}

const char *
phaeton_ctl_client_get_socket (PhaetonCtlClient *self)
{
  return self->socket_path;
}

static SoupMessage *
make_message (PhaetonCtlClient *self, const char *method, const char *path, JsonNode *body)
{
  g_autoptr (GUri) uri = g_uri_parse_relative (self->base, path, SOUP_HTTP_URI_FLAGS, NULL);
  SoupMessage *message = soup_message_new_from_uri (method, uri);

  if (body != NULL) {
    char *text = json_to_string (body, FALSE);
    g_autoptr (GBytes) bytes = g_bytes_new_take (text, strlen (text));

    soup_message_set_request_body_from_bytes (message, "application/json", bytes);
  }
  return message;
}

/* foreign errors become ours where they enter */
static void
set_offline (PhaetonCtlClient *self, const GError *reason, GError **error)
{
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_OFFLINE, "%s: %s", self->place, reason->message);
}

static const char *
get_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
           ? json_node_get_string (node)
           : NULL;
}

/* in the words of a problem document (RFC 9457), of the older API, or of HTTP */
static void
set_refused (const char *reason, JsonNode *answer, GError **error)
{
  JsonObject *object =
    answer != NULL && JSON_NODE_HOLDS_OBJECT (answer) ? json_node_get_object (answer) : NULL;
  const char *said = object != NULL ? get_text (object, "detail") : NULL;

  if (said == NULL && object != NULL)
    said = get_text (object, "error");
  g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_REFUSED, said != NULL ? said : reason);
}

/* Returns: (transfer full): at most MAX_ANSWER bytes, or %NULL */
static GByteArray *
read_answer (GInputStream *stream, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint8 chunk[16384];
  gssize got;

  while ((got = g_input_stream_read (stream, chunk, sizeof chunk, NULL, error)) > 0) {
    g_byte_array_append (bytes, chunk, (guint) got);
    if (bytes->len > MAX_ANSWER) {
      g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL, "an answer without end");
      return NULL;
    }
  }
  return got < 0 ? NULL : g_steal_pointer (&bytes);
}

JsonNode *
phaeton_ctl_client_call (PhaetonCtlClient *self, const char *method, const char *path,
                         JsonNode *body, GError **error)
{
  const PhaetonJsonLimits limits = { .max_size = MAX_ANSWER, .max_depth = MAX_DEPTH };
  g_autoptr (SoupMessage) message = make_message (self, method, path, body);
  g_autoptr (GInputStream) stream = NULL;
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (JsonNode) answer = NULL;
  g_autoptr (GError) reason = NULL;

  stream = soup_session_send (self->session, message, NULL, &reason);
  if (stream != NULL)
    bytes = read_answer (stream, &reason);
  if (bytes == NULL) {
    set_offline (self, reason, error);
    return NULL;
  }
  if (bytes->len > 0)
    answer = phaeton_json_parse ((const char *) bytes->data, bytes->len, &limits, &reason);
  if (!SOUP_STATUS_IS_SUCCESSFUL (soup_message_get_status (message))) {
    set_refused (soup_message_get_reason_phrase (message), answer, error);
    return NULL;
  }
  if (reason != NULL)
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL, "%s %s: %s", method, path,
                 reason->message);
  return g_steal_pointer (&answer);
}

typedef struct {
  GString *line;  /* (owned): begun */
  GString *event; /* (owned): name of the event under way */
  PhaetonCtlEventFunc function;
  gpointer user_data;
} EventReader;

/* FALSE: enough */
static gboolean
take_line (EventReader *reader)
{
  const char *line = reader->line->str;

  if (g_str_has_prefix (line, "event:"))
    g_string_assign (reader->event, line + strlen ("event:") + (line[strlen ("event:")] == ' '));
  else if (g_str_has_prefix (line, "data:"))
    return reader->function (reader->event->str,
                             line + strlen ("data:") + (line[strlen ("data:")] == ' '),
                             reader->user_data);
  else if (line[0] == '\0')
    g_string_truncate (reader->event, 0);
  return TRUE;
}

static gboolean
take_bytes (EventReader *reader, const char *bytes, gsize size)
{
  gboolean again = TRUE;

  for (gsize i = 0; i < size && again; i++) {
    if (bytes[i] == '\n') {
      again = take_line (reader);
      g_string_truncate (reader->line, 0);
    } else if (bytes[i] != '\r' && reader->line->len < MAX_ANSWER) {
      g_string_append_c (reader->line, bytes[i]);
    }
  }
  return again;
}

gboolean
phaeton_ctl_client_listen (PhaetonCtlClient *self, const char *path, PhaetonCtlEventFunc function,
                           gpointer user_data, GError **error)
{
  g_autoptr (SoupMessage) message = make_message (self, "GET", path, NULL);
  g_autoptr (GString) line = g_string_new (NULL);
  g_autoptr (GString) event = g_string_new (NULL);
  EventReader reader = { line, event, function, user_data };
  g_autoptr (GError) reason = NULL;
  g_autoptr (GInputStream) stream = NULL;
  char chunk[4096];
  gssize got;

  soup_session_set_timeout (self->session, 0); /* events may be rare */
  stream = soup_session_send (self->session, message, NULL, &reason);
  if (stream != NULL && !SOUP_STATUS_IS_SUCCESSFUL (soup_message_get_status (message))) {
    set_refused (soup_message_get_reason_phrase (message), NULL, error);
    return FALSE;
  }
  if (stream == NULL) {
    set_offline (self, reason, error);
    return FALSE;
  }
  while ((got = g_input_stream_read (stream, chunk, sizeof chunk, NULL, &reason)) > 0)
    if (!take_bytes (&reader, chunk, (gsize) got))
      return TRUE;
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_OFFLINE, "%s: %s", self->place,
               reason != NULL ? reason->message : "the daemon ended");
  return FALSE;
}
