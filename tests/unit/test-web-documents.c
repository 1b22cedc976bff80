/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decimal-comma.h"
#include "phaeton-web-documents.h"

#include "phaeton-web-files.h"
#include "phaeton-web-router.h"

#include <glib/gstdio.h>
#include <string.h>

static PhaetonSnapshot *
make_snapshot (void)
{
  PhaetonSnapshot *snapshot = phaeton_snapshot_new (1);
  PhaetonChargerRecord *record = &snapshot->chargers[0];

  snapshot->wall_us = G_GINT64_CONSTANT (1756548001000000);
  record->id = "1";
  record->mode = 1;
  record->set_mA = 16000;
  record->power_w = 6336;
  record->connected = 1;
  record->status = PHAETON_STATUS_SWITCH_TO_3P;
  record->session_id = "0b9f6a52";
  record->session_started_at = 1756540000;
  record->session_energy_wh = 24370;
  record->session_start_wh = 2485080;
  record->session_time_s = 7200;
  record->session_cost_micros = 6092500;

  static const PhaetonFieldId ids[] = {
    PHAETON_FIELD_ID,
    PHAETON_FIELD_MODE,
    PHAETON_FIELD_SET_CURRENT,
    PHAETON_FIELD_POWER,
    PHAETON_FIELD_CONNECTED,
    PHAETON_FIELD_STATUS,
    PHAETON_FIELD_SESSION_ID,
    PHAETON_FIELD_SESSION_STARTED,
    PHAETON_FIELD_SESSION_ENERGY,
    PHAETON_FIELD_SESSION_TIME,
    PHAETON_FIELD_SESSION_COST,
    PHAETON_FIELD_SESSION_START_ENERGY,
  };

  for (guint j = 0; j < G_N_ELEMENTS (ids); j++)
    phaeton_field_set_present (ids[j], record);

  return snapshot;
}

typedef void (*WriteFunc) (PhaetonJson *json, const PhaetonSnapshot *snapshot);

static JsonNode *
write_and_parse (WriteFunc function, const PhaetonSnapshot *snapshot)
{
  const PhaetonJsonLimits limits = { .max_size = 65536, .max_depth = 8 };
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;
  g_autoptr (GError) error = NULL;
  JsonNode *node;

  function (&json, snapshot);
  node = phaeton_json_parse (json.text->str, json.text->len, &limits, &error);
  g_assert_no_error (error);
  return node;
}

static void
test_status_has_the_ancestors_shape (void)
{
  static const char *const names[] = {
    "timestamp",
    "mode",
    "start_stop",
    "set_current",
    "applied_current",
    "station_max_current",
    "device_instance",
    "product_name",
    "firmware",
    "serial",
    "status",
    "active_phases",
    "ac_power",
    "ac_current",
    "l1_voltage",
    "l2_voltage",
    "l3_voltage",
    "l1_current",
    "l2_current",
    "l3_current",
    "l1_power",
    "l2_power",
    "l3_power",
    "total_energy_kwh",
    "pricing_currency",
    "energy_rate",
    "session",
    "poll_duration_ms",
    "total_polls",
    "overrun_count",
    "poll_interval_ms",
    "excess_pv_power_w",
    "modbus_connected",
    "driver_state",
    "poll_steps_ms",
    "energy_forward_kwh",
    "charging_time_sec",
    "charging_time",
    "session_cost",
    "pricing_source",
    "why",
  };
  static const char *const steps[] = {
    "read_voltages_ms", "read_currents_ms",    "read_powers_ms",    "read_energy_ms",
    "read_status_ms",   "read_station_max_ms", "pv_excess_ms",      "compute_effective_ms",
    "write_current_ms", "finalize_cycle_ms",   "snapshot_build_ms",
  };
  static const char *const session_names[] = {
    "charging_time_sec", "start_ts", "end_ts", "energy_delivered_kwh", "cost", "start_energy_kwh"
  };
  g_autoptr (PhaetonSnapshot) snapshot = make_snapshot ();
  g_autoptr (JsonNode) node = write_and_parse (phaeton_web_write_status, snapshot);
  JsonObject *status = json_node_get_object (node), *session, *poll;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_true (json_object_has_member (status, names[i]));
  poll = json_object_get_object_member (status, "poll_steps_ms");
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    g_assert_true (json_object_has_member (poll, steps[i]));
  session = json_object_get_object_member (status, "session");
  for (guint i = 0; i < G_N_ELEMENTS (session_names); i++)
    g_assert_true (json_object_has_member (session, session_names[i]));

  g_assert_cmpstr (json_object_get_string_member (status, "timestamp"), ==,
                   "2025-08-30T10:00:01+00:00");
  g_assert_cmpint (json_object_get_int_member (status, "set_current"), ==, 16);
  g_assert_cmpint (json_object_get_int_member (status, "ac_power"), ==, 6336);
  g_assert_true (json_object_get_boolean_member (status, "modbus_connected"));
  g_assert_cmpstr (json_object_get_string_member (session, "start_ts"), ==, "2025-08-30T07:46:40Z");
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (session, "energy_delivered_kwh"),
                                  24.37, 1e-9);
}

static void
test_unknown_is_null (void)
{
  g_autoptr (PhaetonSnapshot) snapshot = phaeton_snapshot_new (1);
  g_autoptr (PhaetonSnapshot) empty = phaeton_snapshot_new (0);
  g_autoptr (JsonNode) node = write_and_parse (phaeton_web_write_status, snapshot);
  g_autoptr (JsonNode) none = write_and_parse (phaeton_web_write_status, empty);
  JsonObject *status = json_node_get_object (node);
  g_autoptr (GList) names = json_object_get_members (status);

  for (GList *at = names; at != NULL; at = at->next) {
    JsonNode *member = json_object_get_member (status, at->data);

    if (JSON_NODE_HOLDS_VALUE (member))
      g_assert_cmpstr (at->data, ==, "timestamp");
  }
}

static void
test_sessions_have_their_shape (void)
{
  g_autoptr (PhaetonSnapshot) snapshot = make_snapshot ();
  g_autoptr (JsonNode) ended = write_and_parse (phaeton_web_write_sessions, snapshot);
  g_autoptr (JsonNode) running = NULL;
  JsonObject *document = json_node_get_object (ended), *session;

  g_assert_true (json_object_get_null_member (document, "current_session"));
  session = json_object_get_object_member (document, "last_session");
  g_assert_cmpstr (json_object_get_string_member (session, "status"), ==, "Completed");
  g_assert_cmpint (json_object_get_int_member (session, "average_power_w"), ==, 12185);
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (session, "end_energy_kwh"),
                                  2509.45, 1e-9);
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (session, "cost"), 6.0925, 1e-9);
  g_assert_true (json_object_get_null_member (session, "peak_power_w"));

  snapshot->chargers[0].session_running = 1;
  phaeton_field_set_present (PHAETON_FIELD_SESSION_RUNNING, &snapshot->chargers[0]);
  running = write_and_parse (phaeton_web_write_sessions, snapshot);
  document = json_node_get_object (running);
  session = json_object_get_object_member (document, "current_session");
  g_assert_cmpstr (json_object_get_string_member (session, "status"), ==, "Active");
  g_assert_true (json_object_get_null_member (session, "end_energy_kwh"));
  g_assert_true (json_object_get_null_member (document, "last_session"));
}

static void
test_bus_has_old_paths (void)
{
  static const char *const paths[] = {
    "/DeviceInstance",    "/ProductName", "/FirmwareVersion", "/Serial", "/Ac/Power",
    "/Ac/Energy/Forward", "/Ac/Current",  "/Ac/PhaseCount",   "/Status", "/Mode",
    "/StartStop",         "/SetCurrent",
  };
  g_autoptr (PhaetonSnapshot) snapshot = make_snapshot ();
  g_autoptr (JsonNode) node = write_and_parse (phaeton_web_write_dbus, snapshot);

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    g_assert_true (json_object_has_member (json_node_get_object (node), paths[i]));
}

static void
write_first_charger (PhaetonJson *json, const PhaetonSnapshot *snapshot)
{
  PhaetonChain chain = { 0 };

  phaeton_chain_add (&chain, PHAETON_STAGE_WISH, PHAETON_WHY_MANUAL, 20000, 20000, 0, 0);
  phaeton_chain_add (&chain, PHAETON_STAGE_CAPS, PHAETON_WHY_STATION_MAX, 16000, 16000, 0, 0);
  phaeton_web_write_charger (json, snapshot, 0, &chain);
}

static void
test_charger_says_why (void)
{
  g_autoptr (PhaetonSnapshot) snapshot = make_snapshot ();
  g_autoptr (JsonNode) node = write_and_parse (write_first_charger, snapshot);
  JsonObject *charger = json_node_get_object (node), *verdict, *values;
  JsonArray *chain = json_object_get_array_member (charger, "chain");

  g_assert_cmpint (json_object_get_int_member (charger, "set_current_mA"), ==, 16000);
  g_assert_cmpuint (json_array_get_length (chain), ==, 2);
  verdict = json_array_get_object_element (chain, 1);
  values = json_object_get_object_member (verdict, "values");
  g_assert_cmpstr (json_object_get_string_member (verdict, "code"), ==, "station-max");
  g_assert_cmpstr (json_object_get_string_member (verdict, "stage"), ==, "caps");
  g_assert_cmpint (json_object_get_int_member (values, "max_mA"), ==, 16000);
  g_assert_true (json_object_get_boolean_member (verdict, "binding"));
  g_assert_false (
    json_object_get_boolean_member (json_array_get_object_element (chain, 0), "binding"));
}

/* FIX 61: the ancestors' page had no words for 22 and 23 */
static void
test_fix_61_every_status_has_a_name (void)
{
  g_autoptr (PhaetonSnapshot) snapshot = make_snapshot ();
  g_autoptr (JsonNode) node = write_and_parse (write_first_charger, snapshot);

  g_assert_cmpstr (json_object_get_string_member (json_node_get_object (node), "status_text"), ==,
                   "Switching to 3 phases");
}

static void
handle_nothing (PhaetonWebRequest *request, gpointer user_data)
{
  g_assert_not_reached ();
}

static void
test_router_matches (void)
{
  static const PhaetonWebRoute routes[] = {
    { "GET", "/a", PHAETON_ROLE_NOBODY, 0, handle_nothing },
    { "POST", "/a", PHAETON_ROLE_DRIVER, 10, handle_nothing },
    { "GET", "/b/{id}", PHAETON_ROLE_NOBODY, 0, handle_nothing },
    { "GET", "/b/{id}/c", PHAETON_ROLE_NOBODY, 0, handle_nothing },
    { "GET", "/f/*", PHAETON_ROLE_NOBODY, 0, handle_nothing },
    { 0 },
  };
  static const struct {
    const char *method, *path;
    int route;
    const char *parameter, *allowed;
  } lines[] = {
    { "GET", "/a", 0, NULL, NULL },
    { "HEAD", "/a", 0, NULL, NULL },
    { "POST", "/a", 1, NULL, NULL },
    { "PUT", "/a", -1, NULL, "GET, HEAD, POST" },
    { "GET", "/a/", -1, NULL, NULL },
    { "GET", "/b/x", 2, "x", NULL },
    { "GET", "/b/", -1, NULL, NULL },
    { "GET", "/b/x/y", -1, NULL, NULL },
    { "GET", "/b/a%2Fb/c", 3, "a/b", NULL },
    { "GET", "/b/%ff", -1, NULL, NULL },
    { "GET", "/b/%0", -1, NULL, NULL },
    { "GET", "/b/%00", -1, NULL, NULL },
    { "POST", "/b/x", -1, NULL, "GET, HEAD" },
    { "GET", "/f/", 4, NULL, NULL },
    { "GET", "/f/../x", 4, NULL, NULL },
    { "GET", "/f", -1, NULL, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    PhaetonWebMatch match;

    phaeton_web_match (routes, lines[i].method, lines[i].path, &match);
    g_assert_true (match.route == (lines[i].route < 0 ? NULL : &routes[lines[i].route]));
    g_assert_cmpstr (match.parameter, ==, lines[i].parameter);
    g_assert_cmpstr (match.allowed, ==, lines[i].allowed);
    phaeton_web_match_clear (&match);
  }
}

/* FIX 52: no path that a client sends reaches the file system */
static void
test_fix_52_files_stay_in_their_folder (void)
{
  g_autofree char *folder = g_dir_make_tmp ("phaeton-XXXXXX", NULL);
  g_autofree char *inner = g_build_filename (folder, "ui", NULL);
  g_autofree char *page = g_build_filename (inner, "index.html", NULL);
  g_autofree char *hidden = g_build_filename (inner, ".secret", NULL);
  g_autofree char *outside = g_build_filename (folder, "outside.txt", NULL);
  static const char *const traps[] = { "../outside.txt",
                                       "%2e%2e/outside.txt",
                                       "..%2foutside.txt",
                                       "/etc/passwd",
                                       "//etc/passwd",
                                       ".secret",
                                       "%zz",
                                       "%00",
                                       "index.html/",
                                       "index.html%00.css" };
  g_autoptr (PhaetonWebFiles) files = NULL;
  const PhaetonWebFile *file;

  g_mkdir (inner, 0700);
  g_assert_true (g_file_set_contents (page, "<p>", -1, NULL));
  g_assert_true (g_file_set_contents (hidden, "x", -1, NULL));
  g_assert_true (g_file_set_contents (outside, "x", -1, NULL));
  files = phaeton_web_files_load (inner);
  g_unlink (page);
  g_unlink (hidden);
  g_unlink (outside);
  g_rmdir (inner);
  g_rmdir (folder);

  for (guint i = 0; i < G_N_ELEMENTS (traps); i++)
    g_assert_null (phaeton_web_files_find (files, traps[i]));
  file = phaeton_web_files_find (files, "");
  g_assert_nonnull (file);
  g_assert_true (file == phaeton_web_files_find (files, "index%2ehtml"));
  g_assert_cmpstr (file->content_type, ==, "text/html; charset=utf-8");
  g_assert_cmpuint (g_bytes_get_size (file->bytes), ==, 3);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  use_decimal_comma ();
  g_test_add_func ("/web-documents/status-has-the-ancestors-shape",
                   test_status_has_the_ancestors_shape);
  g_test_add_func ("/web-documents/unknown-is-null", test_unknown_is_null);
  g_test_add_func ("/web-documents/sessions-have-their-shape", test_sessions_have_their_shape);
  g_test_add_func ("/web-documents/bus-has-old-paths", test_bus_has_old_paths);
  g_test_add_func ("/web-documents/charger-says-why", test_charger_says_why);
  g_test_add_func ("/web-documents/fix-61-every-status-has-a-name",
                   test_fix_61_every_status_has_a_name);
  g_test_add_func ("/web-router/matches", test_router_matches);
  g_test_add_func ("/web-files/fix-52-files-stay-in-their-folder",
                   test_fix_52_files_stay_in_their_folder);
  return g_test_run ();
}
