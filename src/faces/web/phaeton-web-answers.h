/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-settings.h"
#include "phaeton-web-server.h"

G_BEGIN_DECLS

/* Answers that many routes give. */

/* statuses that RFC 9110 knows */
enum {
  STATUS_OK = 200,
  STATUS_CREATED = 201,
  STATUS_NO_CONTENT = 204,
  STATUS_SEE_OTHER = 303,
  STATUS_BAD_REQUEST = 400,
  STATUS_UNAUTHORIZED = 401,
  STATUS_FORBIDDEN = 403,
  STATUS_NOT_FOUND = 404,
  STATUS_CONFLICT = 409,
  STATUS_PRECONDITION_FAILED = 412,
  STATUS_MISDIRECTED = 421,
  STATUS_UNPROCESSABLE = 422,
  STATUS_TOO_MANY = 429,
  STATUS_FAILED = 500,
  STATUS_NOT_IMPLEMENTED = 501,
  STATUS_UNAVAILABLE = 503,
};

/* with the status that the error's code stands for */
void phaeton_web_reply_failure (PhaetonWebRequest *request, const GError *error);

/* Returns: (transfer full): a strong ETag of that content */
char *phaeton_web_make_etag (GBytes *bytes);

/* 503 */
void phaeton_web_reply_busy (PhaetonWebRequest *request, int retry_s, const char *text);

/* a PhaetonWebWriteFunc; @problems: (element-type PhaetonProblem) */
void phaeton_web_write_problems (PhaetonJson *json, gpointer problems);

G_END_DECLS
