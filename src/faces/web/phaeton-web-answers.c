/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-answers.h"

#include "phaeton-error.h"

static guint
get_status_of (const GError *error)
{
  if (error->domain == G_URI_ERROR)
    return STATUS_UNPROCESSABLE;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return STATUS_UNAVAILABLE;
  if (error->domain != PHAETON_ERROR)
    return STATUS_FAILED;
  switch (error->code) {
  case PHAETON_ERROR_UNKNOWN:
    return STATUS_NOT_FOUND;
  case PHAETON_ERROR_TYPE:
  case PHAETON_ERROR_RANGE:
  case PHAETON_ERROR_READ_ONLY:
  case PHAETON_ERROR_REFUSED:
  case PHAETON_ERROR_CONFIG:
    return STATUS_UNPROCESSABLE;
  case PHAETON_ERROR_OFFLINE:
  case PHAETON_ERROR_STORAGE:
  case PHAETON_ERROR_IMPLAUSIBLE:
    return STATUS_UNAVAILABLE;
  default:
    return STATUS_FAILED;
  }
}

void
phaeton_web_reply_failure (PhaetonWebRequest *request, const GError *error)
{
  phaeton_web_reply_error (request, get_status_of (error), "%s", error->message);
}

char *
phaeton_web_make_etag (GBytes *bytes)
{
  g_autofree char *hash = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);

  return g_strdup_printf ("\"%.32s\"", hash);
}

void
phaeton_web_reply_busy (PhaetonWebRequest *request, int retry_s, const char *text)
{
  g_autofree char *seconds = g_strdup_printf ("%d", retry_s);

  phaeton_web_request_set_header (request, "Retry-After", seconds);
  phaeton_web_reply_error (request, STATUS_UNAVAILABLE, "%s", text);
}

void
phaeton_web_write_problems (PhaetonJson *json, gpointer user_data)
{
  GPtrArray *problems = user_data;

  phaeton_json_begin_array (json, "problems");
  for (guint i = 0; i < problems->len; i++) {
    const PhaetonProblem *problem = problems->pdata[i];

    phaeton_json_begin_object (json, NULL);
    phaeton_json_text (json, "severity", problem->is_error ? "error" : "warning");
    phaeton_json_text (json, "key", problem->key);
    phaeton_json_text (json, "message", problem->message);
    phaeton_json_text (json, "allowed", problem->allowed);
    phaeton_json_end_object (json);
  }
  phaeton_json_end_array (json);
}
