/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-decision-log.h"
#include "phaeton-web-api-private.h"
#include "phaeton-web-documents.h"

#include <string.h>

/* GET /api/v1/explain: why the limits are what they are; with ?at= what they were, with ?from= and
 * ?to= each decision of that span. */

#define MAX_ENTRIES 500

/* RFC 3339, or seconds since 1970. FALSE: neither, answered */
static gboolean
get_time (PhaetonWebRequest *request, const char *name, gint64 fallback_us, gint64 *us)
{
  g_autofree char *text = phaeton_web_request_dup_query (request, name);
  g_autoptr (GDateTime) time = NULL;
  g_autoptr (GTimeZone) utc = NULL;
  gint64 seconds;

  *us = fallback_us;
  if (text == NULL)
    return TRUE;
  if (g_ascii_string_to_signed (text, 10, 0, G_MAXINT32 * G_GINT64_CONSTANT (64), &seconds, NULL)) {
    *us = seconds * G_USEC_PER_SEC;
    return TRUE;
  }
  utc = g_time_zone_new_utc ();
  time = g_date_time_new_from_iso8601 (text, utc);
  if (time != NULL) {
    *us = g_date_time_to_unix (time) * G_USEC_PER_SEC + g_date_time_get_microsecond (time);
    return TRUE;
  }
  phaeton_web_reply_error (request, STATUS_UNPROCESSABLE,
                           "%s must be a time as 2025-08-30T10:00:00Z, or seconds since 1970",
                           name);
  return FALSE;
}

static void
write_entry (PhaetonJson *json, const PhaetonSnapshot *snapshot, const PhaetonDecisionEntry *entry)
{
  const PhaetonVerdict *binding = phaeton_chain_get_binding (&entry->chain);
  g_autofree char *why = binding != NULL ? phaeton_verdict_to_text (binding) : NULL;

  phaeton_json_begin_object (json, NULL);
  phaeton_json_text (json, "id", snapshot->chargers[entry->charger].id);
  phaeton_json_time (json, "since", entry->wall_us);
  phaeton_json_int (json, "mode", entry->mode);
  phaeton_json_boolean (json, "enabled", entry->enabled);
  phaeton_json_int (json, "status", entry->status);
  phaeton_json_int (json, "limit_mA", entry->limit_mA);
  phaeton_json_text (json, "why", why);
  phaeton_json_text (json, "why_code",
                     binding != NULL ? phaeton_why_get_name (binding->code) : NULL);
  phaeton_web_write_chain (json, "chain", &entry->chain);
  phaeton_json_end_object (json);
}

static void
write_span (PhaetonWebApi *self, PhaetonJson *json, guint charger, gint64 from_us, gint64 to_us)
{
  g_autoptr (GArray) entries = phaeton_decision_log_collect (
    phaeton_site_get_decision_log (self->site), charger, from_us, to_us, MAX_ENTRIES);

  for (guint i = 0; i < entries->len; i++)
    write_entry (json, phaeton_site_get_snapshot (self->site),
                 &g_array_index (entries, PhaetonDecisionEntry, i));
}

static void
write_moment (PhaetonWebApi *self, PhaetonJson *json, guint charger, gint64 at_us)
{
  PhaetonDecisionEntry entry;

  if (phaeton_decision_log_find (phaeton_site_get_decision_log (self->site), charger, at_us,
                                 &entry))
    write_entry (json, phaeton_site_get_snapshot (self->site), &entry);
}

typedef struct {
  gint64 at_us, from_us, to_us; /* -1: not asked for */
  int charger;                  /* -1: all */
} Question;

/* FALSE: answered */
static gboolean
read_question (PhaetonWebApi *self, PhaetonWebRequest *request, Question *question)
{
  g_autofree char *charger = phaeton_web_request_dup_query (request, "charger");

  question->charger = -1;
  if (charger != NULL) {
    question->charger =
      phaeton_snapshot_find_charger (phaeton_site_get_snapshot (self->site), charger);
    if (question->charger < 0) {
      phaeton_web_reply_error (request, STATUS_NOT_FOUND, "there is no charger %s", charger);
      return FALSE;
    }
  }
  return get_time (request, "at", -1, &question->at_us) &&
         get_time (request, "from", -1, &question->from_us) &&
         get_time (request, "to", -1, &question->to_us);
}

void
phaeton_web_get_explain (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  PhaetonSnapshot *snapshot = phaeton_site_get_snapshot (self->site);
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;
  Question question;
  gboolean is_span;

  if (!read_question (self, request, &question))
    return;
  is_span = question.from_us >= 0 || question.to_us >= 0;
  phaeton_json_begin_object (&json, NULL);
  phaeton_json_time (&json, "timestamp",
                     question.at_us >= 0 && !is_span ? question.at_us : snapshot->wall_us);
  phaeton_json_begin_array (&json, is_span ? "decisions" : "chargers");
  for (guint i = 0; i < snapshot->n_chargers; i++) {
    if (question.charger >= 0 && (guint) question.charger != i)
      continue;
    if (is_span)
      write_span (self, &json, i, MAX (question.from_us, 0),
                  question.to_us >= 0 ? question.to_us : G_MAXINT64);
    else if (question.at_us >= 0)
      write_moment (self, &json, i, question.at_us);
    else
      phaeton_web_write_explanation (&json, snapshot, i, phaeton_site_get_chain (self->site, i));
  }
  phaeton_json_end_array (&json);
  phaeton_json_end_object (&json);
  phaeton_web_reply_json (request, STATUS_OK, &json);
}
