/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-decision-log.h"
#include "phaeton-web-api-private.h"
#include "phaeton-web-documents.h"
#include "phaeton-web-query.h"

/* GET /api/v1/explain: why the limits are what they are; with ?at= what they were, with ?from= and
 * ?to= each decision of that span. */

#define MAX_ENTRIES 500
#define CLOCKS_APART_US (60 * G_USEC_PER_SEC) /* a client that means now; later is not known yet   \
                                               */

static void
write_entry (PhaetonJson *json, const PhaetonSnapshot *snapshot, const PhaetonDecisionEntry *entry)
{
  const PhaetonVerdict *binding = phaeton_chain_get_binding (&entry->chain);
  g_autofree char *why =
    binding != NULL ? phaeton_verdict_to_text (binding, snapshot->circuits) : NULL;

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
  phaeton_web_write_chain (json, "chain", &entry->chain, snapshot->circuits);
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

  if (at_us <= phaeton_site_get_snapshot (self->site)->wall_us + CLOCKS_APART_US &&
      phaeton_decision_log_find (phaeton_site_get_decision_log (self->site), charger, at_us,
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
  g_auto (PhaetonWebQuery) query = { 0 };
  GTimeZone *zone = phaeton_history_get_zone (phaeton_site_get_history (self->site));
  const char *charger;

  phaeton_web_query_init (&query, request);
  question->at_us = phaeton_web_query_get_time_us (&query, "at", zone, -1);
  question->from_us = phaeton_web_query_get_time_us (&query, "from", zone, -1);
  question->to_us = phaeton_web_query_get_time_us (&query, "to", zone, -1);
  charger = phaeton_web_query_get (&query, "charger");
  question->charger = -1;
  if (query.error != NULL) {
    phaeton_web_reply_failure (request, query.error);
    return FALSE;
  }
  if (charger != NULL)
    question->charger = phaeton_web_find_charger (self, request, charger);
  return charger == NULL || question->charger >= 0;
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
