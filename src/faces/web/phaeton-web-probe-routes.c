/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-web"
#include "config.h"

#include "phaeton-log.h"
#include "phaeton-probe.h"
#include "phaeton-web-api-private.h"

/* POST /api/v1/chargers/test: would a charger answer with settings that are not in force?
 *
 * Nobody shall look for open ports with it: only admins ask, one test runs at a time, has its line
 * in the log and takes a second when no charger answers, and ports of well-known services are left
 * alone unless a charger in force is there. */

#define MODBUS_PORT 502
#define FIRST_FREE_PORT 1024 /* below are services of other kinds */

static gboolean is_testing; /* main thread only; the api may be gone when a test ends */

static void
write_phases (PhaetonJson *json, const char *name, const PhaetonChargerSample *sample,
              guint32 first, const int *values)
{
  phaeton_json_begin_array (json, name);
  for (guint i = 0; i < PHAETON_PHASES; i++)
    phaeton_json_int_if (json, NULL, phaeton_sample_knows (sample, first << i), values[i]);
  phaeton_json_end_array (json);
}

static void
write_voltages (PhaetonJson *json, const PhaetonChargerSample *sample)
{
  phaeton_json_begin_array (json, "voltage_v");
  for (guint i = 0; i < PHAETON_PHASES; i++)
    phaeton_json_double_if (json, NULL,
                            phaeton_sample_knows (sample, PHAETON_SAMPLE_VOLTAGE_L1 << i),
                            sample->voltage_v[i], 1);
  phaeton_json_end_array (json);
}

static void
write_identity (PhaetonJson *json, const PhaetonProbe *probe)
{
  phaeton_json_begin_object (json, "identity");
  phaeton_json_text (json, "manufacturer", probe->manufacturer);
  phaeton_json_text (json, "model", probe->model);
  phaeton_json_text (json, "serial", probe->serial);
  phaeton_json_text (json, "firmware", probe->firmware);
  phaeton_json_end_object (json);
}

static void
write_values (PhaetonJson *json, const PhaetonChargerSample *sample)
{
  const gboolean knows_pilot = phaeton_sample_knows (sample, PHAETON_SAMPLE_PILOT);

  phaeton_json_begin_object (json, "values");
  phaeton_json_text (json, "pilot", knows_pilot ? phaeton_pilot_to_string (sample->pilot) : NULL);
  write_voltages (json, sample);
  write_phases (json, "current_mA", sample, PHAETON_SAMPLE_CURRENT_L1, sample->current_mA);
  write_phases (json, "power_w", sample, PHAETON_SAMPLE_POWER_L1, sample->power_w);
  phaeton_json_int_if (json, "power_total_w", phaeton_sample_knows (sample, PHAETON_SAMPLE_POWER),
                       sample->power_total_w);
  phaeton_json_int_if (json, "energy_wh", phaeton_sample_knows (sample, PHAETON_SAMPLE_ENERGY),
                       sample->energy_wh);
  phaeton_json_int_if (json, "station_max_mA",
                       phaeton_sample_knows (sample, PHAETON_SAMPLE_STATION_MAX),
                       sample->station_max_mA);
  phaeton_json_int_if (json, "applied_mA", phaeton_sample_knows (sample, PHAETON_SAMPLE_APPLIED),
                       sample->applied_mA);
  phaeton_json_int_if (json, "phases_set", phaeton_sample_knows (sample, PHAETON_SAMPLE_PHASES),
                       sample->phases);
  phaeton_json_end_object (json);
}

static void
write_probe (PhaetonJson *json, const PhaetonProbe *probe)
{
  phaeton_json_begin_object (json, NULL);
  phaeton_json_boolean (json, "answers", probe->answers);
  phaeton_json_text (json, "error", probe->error);
  phaeton_json_text (json, "connection", probe->connection);
  phaeton_json_int (json, "took_ms", probe->took_ms);
  if (probe->answers) {
    write_identity (json, probe);
    write_values (json, &probe->sample);
  } else {
    phaeton_json_null (json, "identity");
    phaeton_json_null (json, "values");
  }
  phaeton_json_end_object (json);
}

static void
probed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  PhaetonWebRequest *request = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (PhaetonProbe) probe = phaeton_probe_finish (result, &error);
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;

  is_testing = FALSE;
  if (probe != NULL) {
    write_probe (&json, probe);
    phaeton_web_reply_json (request, STATUS_OK, &json);
  } else {
    phaeton_web_reply_failure (request, error);
  }
  phaeton_web_request_release (request);
}

/* (nullable): NULL: the body is not as it must be, answered */
static JsonObject *
get_question (PhaetonWebRequest *request)
{
  JsonNode *body = phaeton_web_request_get_body (request);
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (body) ? json_node_get_object (body) : NULL;
  JsonNode *charger = object != NULL ? json_object_get_member (object, "charger") : NULL;
  JsonNode *settings = object != NULL ? json_object_get_member (object, "settings") : NULL;

  if (charger != NULL && json_node_get_value_type (charger) == G_TYPE_STRING && settings != NULL &&
      JSON_NODE_HOLDS_OBJECT (settings))
    return object;
  phaeton_web_reply_error (request, STATUS_UNPROCESSABLE,
                           "the body must be an object with charger, a text, and settings, an "
                           "object");
  return NULL;
}

static gboolean
may_ask_port (const PhaetonConfig *in_force, guint16 port)
{
  if (port == MODBUS_PORT || port >= FIRST_FREE_PORT)
    return TRUE;
  for (guint i = 0; i < in_force->n_chargers; i++)
    if (in_force->chargers[i].modbus.port == port)
      return TRUE;
  return FALSE;
}

/* FALSE: not now, or not there; answered */
static gboolean
may_test (PhaetonWebApi *self, PhaetonWebRequest *request, const PhaetonChargerConfig *charger)
{
  if (!may_ask_port (phaeton_settings_get_config (self->settings), charger->modbus.port)) {
    phaeton_web_reply_error (request, STATUS_UNPROCESSABLE,
                             "modbus.port: a test asks port %d, or %d and above, not %u",
                             MODBUS_PORT, FIRST_FREE_PORT, charger->modbus.port);
  } else if (is_testing) {
    phaeton_web_reply_error (request, STATUS_CONFLICT, "another test is running, wait for it");
  } else {
    return TRUE;
  }
  return FALSE;
}

static void
test_charger (PhaetonWebApi *self, PhaetonWebRequest *request, const PhaetonChargerConfig *charger)
{
  const char *actor = phaeton_web_request_get_actor (request);

  phaeton_message ("test", "Asking %s port %u, for %s", charger->modbus.host, charger->modbus.port,
                   actor != NULL ? actor : "somebody at this machine");
  is_testing = TRUE;
  phaeton_probe_async (charger, self->clock, self->waits, probed_cb,
                       phaeton_web_request_hold (request));
}

void
phaeton_web_post_charger_test (PhaetonWebRequest *request, gpointer user_data)
{
  PhaetonWebApi *self = user_data;
  JsonObject *question = get_question (request);
  g_autoptr (GPtrArray) problems = NULL;
  g_autoptr (PhaetonConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  const char *id;
  int charger;

  if (question == NULL)
    return;
  config = phaeton_settings_preview (self->settings, json_object_get_member (question, "settings"),
                                     &problems, &error);
  if (config == NULL) {
    phaeton_web_reply_error_with (request, STATUS_UNPROCESSABLE, error->message,
                                  phaeton_web_write_problems, problems);
    return;
  }
  id = json_object_get_string_member (question, "charger");
  charger = phaeton_config_find_charger (config, id);
  if (charger < 0)
    phaeton_web_reply_error (request, STATUS_NOT_FOUND, "there is no charger %s in these settings",
                             id);
  else if (may_test (self, request, &config->chargers[charger]))
    test_charger (self, request, &config->chargers[charger]);
}
