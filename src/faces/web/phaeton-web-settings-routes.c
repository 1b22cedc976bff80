/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-error.h"
#include "phaeton-web-answers.h"
#include "phaeton-web-api-private.h"
#include "phaeton-web-query.h"

#include <string.h>

/* What is set: the document, its schema, changes. */

static GBytes *
print_node (JsonNode *node)
{
  char *text = json_to_string (node, FALSE);

  return g_bytes_new_take (text, strlen (text));
}

static char *
dup_settings_etag (PhaetonSettings *settings)
{
  g_autoptr (JsonNode) document = phaeton_settings_dup_document (settings);
  g_autoptr (GBytes) bytes = print_node (document);

  return phaeton_web_make_etag (bytes);
}

static void
reply_node (PhaetonWebRequest *request, JsonNode *node)
{
  g_autoptr (GBytes) bytes = print_node (node);
  g_autofree char *etag = phaeton_web_make_etag (bytes);

  phaeton_web_reply_tagged (request, "application/json", bytes, etag);
}

void
phaeton_web_get_settings (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  g_autoptr (JsonNode) document = phaeton_settings_dup_document (self->settings);

  reply_node (request, document);
}

void
phaeton_web_get_form (PhaetonWebRequest *request, gpointer user_data)
{
  g_autoptr (JsonNode) schema = phaeton_settings_dup_ui_schema ();

  reply_node (request, schema);
}

void
phaeton_web_get_json_schema (PhaetonWebRequest *request, gpointer user_data)
{
  g_autoptr (JsonNode) schema = phaeton_settings_dup_json_schema ();

  if (schema != NULL)
    reply_node (request, schema);
  else
    phaeton_web_reply_error (request, STATUS_FAILED, "the settings schema is not installed");
}

/* @path: (nullable): the file they are in now; @error: (nullable): why they are in none */
static void
reply_good (PhaetonWebRequest *request, PhaetonSettings *settings, GPtrArray *problems,
            const char *path, const char *error)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;
  g_autofree char *etag = dup_settings_etag (settings);

  phaeton_web_request_set_header (request, "ETag", etag); /* for the next change */
  phaeton_json_begin_object (&json, NULL);
  phaeton_json_boolean (&json, "ok", TRUE);
  phaeton_json_boolean (&json, "saved", path != NULL);
  if (path != NULL)
    phaeton_json_text (&json, "path", path);
  if (error != NULL)
    phaeton_json_text (&json, "error", error);
  phaeton_web_write_problems (&json, problems);
  phaeton_json_end_object (&json);
  phaeton_web_reply_json (request, STATUS_OK, &json);
}

/* the api may be gone when it ends */
typedef struct {
  PhaetonWebRequest *request;
  guint bad_status; /* for values that are refused */
} Save;

static void
patched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Save *save = user_data;
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (GError) error = NULL;
  PhaetonSettings *settings = PHAETON_SETTINGS (source);
  const gboolean done = phaeton_settings_patch_finish (settings, result, &problems, &error);

  if (problems == NULL)
    problems = g_ptr_array_new ();
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    phaeton_web_reply_error (save->request, STATUS_UNAVAILABLE, "the server stops");
  else if (done)
    reply_good (save->request, settings, problems, phaeton_settings_get_path (settings), NULL);
  else if (g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_STORAGE))
    reply_good (save->request, settings, problems, NULL, error->message);
  else
    phaeton_web_reply_error_with (save->request, save->bad_status, error->message,
                                  phaeton_web_write_problems, problems);
  phaeton_web_request_release (save->request);
}

static void
patch_settings_with (PhaetonWebApi *self, PhaetonWebRequest *request, guint bad_status)
{
  JsonNode *body = phaeton_web_request_get_body (request);
  Save *save;

  if (!JSON_NODE_HOLDS_OBJECT (body)) {
    phaeton_web_reply_error (request, bad_status, "the body must be an object");
    return;
  }
  save = g_new (Save, 1);
  save->request = phaeton_web_request_hold (request);
  save->bad_status = bad_status;
  phaeton_settings_patch_async (self->settings, body, self->cancellable, patched_cb, save);
}

/* ?dry_run=1: what a change would be answered, and nothing else */
static void
preview_settings (PhaetonWebApi *self, PhaetonWebRequest *request)
{
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (PhaetonConfig) config = phaeton_settings_preview (
    self->settings, phaeton_web_request_get_body (request), &problems, &error);

  if (config != NULL)
    reply_good (request, self->settings, problems, NULL, NULL);
  else
    phaeton_web_reply_error_with (request, STATUS_UNPROCESSABLE, error->message,
                                  phaeton_web_write_problems, problems);
}

/* the ancestors' clients send the whole document, and know 400 */
void
phaeton_web_put_config (PhaetonWebRequest *request, gpointer user_data)
{
  patch_settings_with (user_data, request, STATUS_BAD_REQUEST);
}

void
phaeton_web_patch_settings (PhaetonWebRequest *request, gpointer user_data)
{
  static const char *const choices[] = { "0", "1", NULL };
  PhaetonWebApi *self = user_data;
  g_autofree char *etag = dup_settings_etag (self->settings);
  g_auto (PhaetonWebQuery) query = { 0 };
  gboolean dry_run;

  phaeton_web_query_init (&query, request);
  dry_run = phaeton_web_query_get_choice (&query, "dry_run", choices, 0) == 1;
  if (query.error != NULL) /* who meant to try it shall not save it */
    phaeton_web_reply_failure (request, query.error);
  else if (!phaeton_web_request_is_for (request, etag))
    phaeton_web_reply_error (request, STATUS_PRECONDITION_FAILED,
                             "somebody else changed the settings meanwhile");
  else if (dry_run)
    preview_settings (self, request);
  else
    patch_settings_with (self, request, STATUS_UNPROCESSABLE);
}
