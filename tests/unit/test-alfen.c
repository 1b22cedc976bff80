/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-error.h"
#include "phaeton-registry.h"

#include "modbus-server.h"

#include <string.h>

#define PATIENCE_S 15

typedef struct {
  ModbusServer *server;
  PhaetonClock *clock;
  PhaetonChargerConfig config;
  PhaetonCharger *charger;
  PhaetonChargerSample sample;
  guint samples, identified, restarted, losses;
} World;

/* the result of an order */
typedef struct {
  gboolean done;
  GError *error;
} Outcome;

static guint warnings; /* of the driver; a test counts them */

/* warnings are fatal to the standard writer, and some are what a test is about */
static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  if (level & G_LOG_LEVEL_CRITICAL)
    return g_log_writer_default (level, fields, n_fields, user_data);
  if (level & G_LOG_LEVEL_WARNING)
    warnings++;
  return G_LOG_WRITER_HANDLED;
}

static void
sampled_cb (PhaetonCharger *charger, const PhaetonChargerSample *sample, World *world)
{
  world->sample = *sample;
  world->samples++;
}

static void
online_cb (PhaetonCharger *charger, gboolean online, World *world)
{
  world->losses += !online;
}

static void
count_cb (PhaetonCharger *charger, guint *count)
{
  ++*count;
}

static void
set_words (World *world, guint8 unit, guint16 address, guint count, ...)
{
  va_list args;

  va_start (args, count);
  for (guint i = 0; i < count; i++) {
    const guint16 word = (guint16) va_arg (args, int);

    modbus_server_set (world->server, unit, (guint16) (address + i), &word, 1);
  }
  va_end (args);
}

/* a station at rest with a car that charges 10 A */
static void
fill_registers (World *world)
{
  set_words (world, 1, 306, 2, 0x4366, 0);              /* 230 V */
  set_words (world, 1, 320, 2, 0x4120, 0);              /* 10 A */
  set_words (world, 1, 374, 4, 0x4112, 0x7b58, 0, 0);   /* 302806 Wh */
  set_words (world, 1, 1200, 6, 1, 0x4332, 0, 0, 0, 0); /* C2 */
  set_words (world, 1, 1206, 2, 0x4120, 0);
  set_words (world, 1, 1208, 2, 0, 60);
  set_words (world, 1, 1210, 2, 0x4120, 0);
  set_words (world, 1, 1212, 2, 0x40c0, 0); /* 6 A */
  set_words (world, 1, 1214, 2, 1, 3);
  set_words (world, 200, 117, 5, 0x416c, 0x6665, 0x6e20, 0x4e56, 0);
  set_words (world, 200, 174, 4, 0, 0, 1, 0);
  set_words (world, 200, 1100, 2, 0x4180, 0); /* 16 A */
}

static void
set_up (World *world, gconstpointer data)
{
  memset (world, 0, sizeof *world);
  warnings = 0;
  world->server = modbus_server_new ();
  world->clock = phaeton_clock_new_real ();
  world->config = (PhaetonChargerConfig){
    .id = (char *) "1",
    .driver = (char *) "alfen",
    .modbus = { (char *) "127.0.0.1", modbus_server_get_port (world->server), 1, 200 },
    .registers = { 306, 320, 338, 374, 1201, 1210, 1215, 123, 17, 157, 11, 117, 5, 140, 17, 1100 },
    .controls = { .current_tolerance_mA = 500,
                  .verification_delay_ms = 10,
                  .retry_delay_ms = 20,
                  .max_retries = 3 },
    .poll_interval_ms = 100,
  };
  fill_registers (world);
  world->charger = phaeton_registry_new_charger (&world->config, world->clock, NULL);
  g_signal_connect (world->charger, "sampled", G_CALLBACK (sampled_cb), world);
  g_signal_connect (world->charger, "online-changed", G_CALLBACK (online_cb), world);
  g_signal_connect (world->charger, "identified", G_CALLBACK (count_cb), &world->identified);
  g_signal_connect (world->charger, "restarted", G_CALLBACK (count_cb), &world->restarted);
}

static void
tear_down (World *world, gconstpointer data)
{
  phaeton_charger_stop (world->charger);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (world->charger);
  g_object_unref (world->clock);
  modbus_server_free (world->server);
}

/* runs the loop until @condition; a macro, so that a failure names it */
#define wait_until(condition)                                                                      \
  G_STMT_START                                                                                     \
  {                                                                                                \
    const gint64 until_us = g_get_monotonic_time () + PATIENCE_S * G_USEC_PER_SEC;                 \
    while (!(condition) && g_get_monotonic_time () < until_us)                                     \
      if (!g_main_context_iteration (NULL, FALSE))                                                 \
        g_usleep (1000);                                                                           \
    g_assert_true (condition);                                                                     \
  }                                                                                                \
  G_STMT_END

static void
limit_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  phaeton_charger_set_limit_finish (PHAETON_CHARGER (source), result, &outcome->error);
  outcome->done = TRUE;
}

static void
phases_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  phaeton_charger_set_phases_finish (PHAETON_CHARGER (source), result, &outcome->error);
  outcome->done = TRUE;
}

static void
start (World *world)
{
  phaeton_charger_start (world->charger);
  wait_until (phaeton_charger_is_online (world->charger));
}

static guint
count_requests (const GArray *requests, guint8 unit, guint8 function, guint16 address)
{
  guint count = 0;

  for (guint i = 0; i < requests->len; i++) {
    const ModbusRequest *request = &g_array_index (requests, ModbusRequest, i);

    count += request->unit == unit && (function == 0 || request->function == function) &&
             (address == 0 || request->address == address);
  }
  return count;
}

/* FIX 71: who it is and what it may draw does not wait for any bus */
static void
test_two_requests_per_poll (World *world, gconstpointer data)
{
  g_autoptr (GArray) requests = NULL;
  PhaetonPollStats stats;
  g_autofree char *connection = phaeton_charger_dup_connection (world->charger);

  start (world);
  wait_until (world->samples >= 5);
  phaeton_charger_stop (world->charger);
  phaeton_charger_get_poll_stats (world->charger, &stats);
  requests = modbus_server_take_requests (world->server);
  g_assert_cmpuint (count_requests (requests, 1, 3, 306), >=, 5);
  g_assert_cmpuint (count_requests (requests, 1, 0, 0), <=, 2 * (guint) stats.total + 2);
  g_assert_cmpuint (count_requests (requests, 200, 3, 0), ==, 2); /* once, and not per poll */
  g_assert_cmpuint (modbus_server_get_connections (world->server), ==, 1);
  g_assert_cmpint (world->sample.current_mA[0], ==, 10000);
  g_assert_cmpint (world->sample.power_total_w, ==, 2300);
  g_assert_cmpint (world->sample.station_max_mA, ==, 16000);
  g_assert_cmpint (world->sample.pilot, ==, PHAETON_PILOT_C2);
  g_assert_cmpstr (phaeton_charger_get_identity (world->charger)->manufacturer, ==, "Alfen NV");
  g_assert_null (phaeton_charger_get_identity (world->charger)->serial);
  g_assert_true (g_str_has_prefix (connection, "Modbus TCP 127.0.0.1:"));
  g_assert_cmpint (stats.total, >=, 5);
  g_assert_cmpuint (warnings, ==, 0);
}

/* FIX 6: lost is lost, and not zero; FIX 18: it comes back without a hand */
static void
test_loss_and_return (World *world, gconstpointer data)
{
  PhaetonChargerSample before;

  start (world);
  wait_until (world->samples >= 2);
  before = world->sample;
  modbus_server_pause (world->server);
  wait_until (!phaeton_charger_is_online (world->charger));
  g_assert_cmpint (memcmp (&before.known, &world->sample.known, sizeof before.known), ==, 0);
  g_assert_cmpint (world->sample.energy_wh, ==, 302806);
  g_assert_cmpuint (world->losses, ==, 1);
  g_assert_cmpuint (warnings, ==, 1);
  set_words (world, 200, 174, 4, 0, 0, 0, 1); /* it booted */
  modbus_server_resume (world->server);
  wait_until (phaeton_charger_is_online (world->charger));
  wait_until (world->restarted == 1);
}

static void
test_glitch_is_no_loss (World *world, gconstpointer data)
{
  start (world);
  wait_until (world->samples >= 2);
  for (int i = 0; i < 3; i++) {
    const guint samples = world->samples;

    modbus_server_drop (world->server);
    wait_until (world->samples >= samples + 3);
  }
  g_assert_cmpuint (world->losses, ==, 0);
  g_assert_cmpuint (warnings, ==, 0);
}

static void
test_silent_station_costs_no_poll (World *world, gconstpointer data)
{
  modbus_server_set_lie_at (world->server, LIE_SILENT, 200, 0);
  start (world);
  wait_until (world->samples >= 20);
  g_assert_cmpuint (world->losses, ==, 0);
  g_assert_cmpuint (modbus_server_get_connections (world->server), <=, 3);
}

static void
test_refused_span_is_read_in_parts (World *world, gconstpointer data)
{
  modbus_server_set_lie_at (world->server, LIE_EXCEPTION + 2, 1, 374);
  set_words (world, 1, 374, 4, 0, 0, 0, 0);
  start (world);
  wait_until (world->samples >= 2);
  g_assert_true (phaeton_sample_knows (&world->sample, PHAETON_SAMPLE_ENERGY));
  phaeton_charger_stop (world->charger);
  modbus_server_set_lie_at (world->server, LIE_EXCEPTION + 2, 1, 306); /* the span, voltages */
  world->samples = 0;
  start (world);
  wait_until (world->samples >= 2);
  g_assert_false (phaeton_sample_knows (&world->sample, PHAETON_SAMPLE_VOLTAGE_L1));
  g_assert_true (phaeton_sample_knows (&world->sample, PHAETON_SAMPLE_CURRENT_L1));
}

/* FIX 13, 15, 66: written with 0x10 and both words, read back, and the validity time is learned */
static void
test_limit_is_verified (World *world, gconstpointer data)
{
  Outcome outcome = { 0 };
  PhaetonCapabilities can;
  g_autoptr (GArray) requests = NULL;

  start (world);
  phaeton_charger_set_limit_async (world->charger, 16000, NULL, limit_cb, &outcome);
  wait_until (outcome.done);
  g_assert_no_error (outcome.error);
  g_assert_cmphex (modbus_server_get (world->server, 1, 1210), ==, 0x4180);
  requests = modbus_server_take_requests (world->server);
  g_assert_cmpuint (count_requests (requests, 1, 16, 1210), ==, 1);
  g_assert_cmpuint (count_requests (requests, 1, 3, 1206), ==, 1);
  phaeton_charger_get_capabilities (world->charger, &can);
  g_assert_cmpint (can.reassert_ms, ==, 30000);
  g_assert_true (can.needs_reassert);
}

static void
test_limit_that_is_not_taken (World *world, gconstpointer data)
{
  Outcome outcome = { 0 };

  start (world);
  modbus_server_set_deaf (world->server, 1210);
  phaeton_charger_set_limit_async (world->charger, 16000, NULL, limit_cb, &outcome);
  wait_until (outcome.done);
  g_assert_error (outcome.error, PHAETON_ERROR, PHAETON_ERROR_REFUSED);
  g_assert_nonnull (strstr (outcome.error->message, "16.0 A"));
  g_assert_nonnull (strstr (outcome.error->message, "10.0 A"));
  g_assert_nonnull (strstr (outcome.error->message, "3 attempts"));
  g_error_free (outcome.error);
}

static void
test_limit_out_of_range (World *world, gconstpointer data)
{
  static const int wrong_mA[] = { -1, 1, 5999, 1000001, G_MAXINT, G_MININT };

  start (world);
  for (guint i = 0; i < G_N_ELEMENTS (wrong_mA); i++) {
    Outcome outcome = { 0 };

    phaeton_charger_set_limit_async (world->charger, wrong_mA[i], NULL, limit_cb, &outcome);
    wait_until (outcome.done);
    g_assert_error (outcome.error, PHAETON_ERROR, PHAETON_ERROR_RANGE);
    g_error_free (outcome.error);
  }
  g_assert_cmphex (modbus_server_get (world->server, 1, 1210), ==, 0x4120);
}

static void
test_newer_limit_supersedes (World *world, gconstpointer data)
{
  Outcome old = { 0 }, newer = { 0 };

  start (world);
  phaeton_charger_set_limit_async (world->charger, 6000, NULL, limit_cb, &old);
  phaeton_charger_set_limit_async (world->charger, 16000, NULL, limit_cb, &newer);
  wait_until (old.done && newer.done);
  g_assert_error (old.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_no_error (newer.error);
  g_assert_cmphex (modbus_server_get (world->server, 1, 1210), ==, 0x4180);
  g_error_free (old.error);
}

static void
test_stop_ends_orders (World *world, gconstpointer data)
{
  Outcome outcome = { 0 }, late = { 0 };
  gint64 began_us;

  start (world);
  modbus_server_set_lie (world->server, LIE_SILENT);
  phaeton_charger_set_limit_async (world->charger, 6000, NULL, limit_cb, &outcome);
  began_us = g_get_monotonic_time ();
  phaeton_charger_stop (world->charger);
  wait_until (outcome.done);
  g_assert_cmpint (g_get_monotonic_time () - began_us, <, G_USEC_PER_SEC);
  g_assert_error (outcome.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_error_free (outcome.error);
  phaeton_charger_set_limit_async (world->charger, 6000, NULL, limit_cb, &late);
  wait_until (late.done);
  g_assert_error (late.error, PHAETON_ERROR, PHAETON_ERROR_OFFLINE);
  g_error_free (late.error);
}

/* FIX 1, 5: the socket's unit, one word, read back */
static void
test_phases (World *world, gconstpointer data)
{
  Outcome outcome = { 0 };
  PhaetonCapabilities can;
  g_autoptr (GArray) requests = NULL;

  start (world);
  g_assert_cmpint (world->sample.phases, ==, 3);
  phaeton_charger_set_phases_async (world->charger, 1, NULL, phases_cb, &outcome);
  wait_until (outcome.done);
  g_assert_no_error (outcome.error);
  requests = modbus_server_take_requests (world->server);
  g_assert_cmpuint (count_requests (requests, 1, 16, 1215), ==, 1);
  g_assert_cmpuint (count_requests (requests, 1, 3, 1215), ==, 1);
  g_assert_cmpuint (count_requests (requests, 200, 16, 0), ==, 0);
  wait_until (world->sample.phases == 1);
  phaeton_charger_get_capabilities (world->charger, &can);
  g_assert_true (can.can_set_phases);
}

/* FIX 1, 3, 4: a charger that refuses is not asked again, and what is shown is what it says */
static void
test_phases_refused (World *world, gconstpointer data)
{
  Outcome outcome = { 0 };
  PhaetonCapabilities can;

  start (world);
  modbus_server_set_lie_at (world->server, LIE_EXCEPTION + 3, 1, 1215);
  phaeton_charger_set_phases_async (world->charger, 1, NULL, phases_cb, &outcome);
  wait_until (outcome.done);
  g_assert_error (outcome.error, PHAETON_ERROR, PHAETON_ERROR_REFUSED);
  g_error_free (outcome.error);
  phaeton_charger_get_capabilities (world->charger, &can);
  g_assert_false (can.can_set_phases);
  g_assert_cmpint (world->sample.phases, ==, 3);
  modbus_server_set_lie (world->server, LIE_NONE);
  modbus_server_drop (world->server); /* reconnected: it may have been allowed meanwhile */
  wait_until ((phaeton_charger_get_capabilities (world->charger, &can), can.can_set_phases));
}

static void
test_settings_apply_live (World *world, gconstpointer data)
{
  g_autoptr (GArray) requests = NULL;
  ModbusServer *other = modbus_server_new ();
  PhaetonChargerConfig config = world->config;

  start (world);
  config.poll_interval_ms = 60000; /* no further poll but the one at once */
  phaeton_charger_set_config (world->charger, &config);
  wait_until (world->samples >= 2);
  g_assert_cmpuint (modbus_server_get_connections (world->server), ==, 1);
  g_assert_cmpuint (world->losses, ==, 0);
  config.modbus.port = modbus_server_get_port (other);
  phaeton_charger_set_config (world->charger, &config);
  g_assert_false (phaeton_charger_is_online (world->charger));
  g_assert_null (phaeton_charger_get_identity (world->charger)->manufacturer);
  wait_until (phaeton_charger_is_online (world->charger));
  g_assert_cmphex (world->sample.known, ==, 0); /* the other one has nothing to say */
  g_assert_cmpuint (modbus_server_get_connections (other), ==, 1);
  phaeton_charger_stop (world->charger);
  modbus_server_free (other);
}

static void
test_two_sockets_share_one_connection (World *world, gconstpointer data)
{
  PhaetonChargerConfig config = world->config;
  PhaetonCharger *second;

  config.modbus.socket_unit = 2;
  second = phaeton_registry_new_charger (&config, world->clock, NULL);
  start (world);
  phaeton_charger_start (second);
  wait_until (phaeton_charger_is_online (second));
  g_assert_cmpuint (modbus_server_get_connections (world->server), ==, 1);
  phaeton_charger_stop (second);
  wait_until (world->samples >= 5);
  g_assert_finalize_object (second);
}

static void
test_unknown_driver (World *world, gconstpointer data)
{
  PhaetonChargerConfig config = world->config;
  g_autoptr (GError) error = NULL;

  config.driver = (char *) "toaster";
  g_assert_null (phaeton_registry_new_charger (&config, world->clock, &error));
  g_assert_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, "alfen"));
  g_assert_cmpstr (phaeton_registry_get_charger_drivers ()[0], ==, "alfen");
}

#define ADD(name, function) g_test_add ("/alfen/" name, World, NULL, set_up, function, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (write_log, NULL, NULL);
  ADD ("fix-71-two-requests-per-poll", test_two_requests_per_poll);
  ADD ("fix-6-fix-18-loss-and-return", test_loss_and_return);
  ADD ("glitch-is-no-loss", test_glitch_is_no_loss);
  ADD ("silent-station", test_silent_station_costs_no_poll);
  ADD ("refused-span", test_refused_span_is_read_in_parts);
  ADD ("fix-13-fix-15-fix-66-limit-is-verified", test_limit_is_verified);
  ADD ("fix-66-limit-not-taken", test_limit_that_is_not_taken);
  ADD ("limit-out-of-range", test_limit_out_of_range);
  ADD ("newer-limit-supersedes", test_newer_limit_supersedes);
  ADD ("fix-16-stop-ends-orders", test_stop_ends_orders);
  ADD ("fix-1-fix-5-phases", test_phases);
  ADD ("fix-1-fix-3-fix-4-phases-refused", test_phases_refused);
  ADD ("settings-apply-live", test_settings_apply_live);
  ADD ("two-sockets", test_two_sockets_share_one_connection);
  ADD ("unknown-driver", test_unknown_driver);
  return g_test_run ();
}
