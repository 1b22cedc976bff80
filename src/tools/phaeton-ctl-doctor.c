/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaetonctl"
#include "config.h"

#include "phaeton-ctl.h"

#include "phaeton-clock.h"

#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* phaetonctl doctor: one line per thing that can be wrong, with what to do about it. */

#define MAX_CLOCK_DIFFERENCE_S 30
#define FIRST_SANE_YEAR 2025     /* a GX without a battery for its clock starts in 1970 */
#define WARN_CERTIFICATE_DAYS 14 /* our own is renewed before */
#define DAY_S 86400
#define MIN_FREE_BYTES (8 << 20) /* state, log and a bit of history */
#define STALE_MS 15000

typedef enum { FINDING_OK, FINDING_WARN, FINDING_FAIL } Finding;

typedef struct {
  PhaetonCtl ctl;
  guint n_failed;
} Doctor;

static void G_GNUC_PRINTF (4, 5)
  say (Doctor *doctor, Finding finding, const char *what, const char *format, ...)
{
  static const char *const words[] = { "ok  ", "warn", "FAIL" };
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (finding == FINDING_FAIL)
    doctor->n_failed++;
  g_print ("%s  %-10s %s\n", words[finding], what, text);
}

static void
check_daemon (Doctor *doctor, JsonObject *status)
{
  const char *state = phaeton_ctl_get_text (status, "driver_state");

  say (doctor, FINDING_OK, "daemon", "answers at %s%s%s",
       phaeton_ctl_client_get_place (doctor->ctl.client), state != NULL ? ", state " : "",
       state != NULL ? state : "");
}

static void
check_clock (Doctor *doctor, JsonObject *status)
{
  g_autoptr (PhaetonClock) clock = phaeton_clock_new_real ();
  const char *text = phaeton_ctl_get_text (status, "timestamp");
  g_autoptr (GDateTime) time = text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;
  gint64 apart_s;

  if (time == NULL) {
    say (doctor, FINDING_FAIL, "clock", "the daemon tells no time");
    return;
  }
  apart_s = llabs (g_date_time_to_unix (time) - phaeton_clock_get_wall_at (clock));
  if (g_date_time_get_year (time) < FIRST_SANE_YEAR)
    say (doctor, FINDING_FAIL, "clock", "the daemon lives in %d: set the clock, or NTP",
         g_date_time_get_year (time));
  else if (apart_s > MAX_CLOCK_DIFFERENCE_S)
    say (doctor, FINDING_WARN, "clock", "%" G_GINT64_FORMAT " s apart from this machine's",
         apart_s);
  else
    say (doctor, FINDING_OK, "clock", "agrees with this machine's");
}

static void
check_charger (Doctor *doctor, JsonObject *charger)
{
  const char *id = phaeton_ctl_get_text (charger, "id");
  const char *connection = phaeton_ctl_get_text (charger, "connection");
  const char *product = phaeton_ctl_get_text (charger, "product_name");
  g_autofree char *what = g_strdup_printf ("charger %s", id != NULL ? id : "?");
  const char *problem = phaeton_ctl_get_text (charger, "problem");
  double connected = 0, age_ms = 0;

  if (connection == NULL)
    connection = "";
  if (!phaeton_ctl_get_number (charger, "connected", &connected) || connected < 1) {
    say (doctor, FINDING_FAIL, what,
         "does not answer at %s: is it on, is the address right, is reading over Modbus allowed "
         "in its settings, is another master in its place?",
         connection);
    return;
  }
  phaeton_ctl_get_number (charger, "sample_age_ms", &age_ms);
  if (problem != NULL && problem[0] != '\0')
    say (doctor, FINDING_FAIL, what, "%s; at %s", problem, connection);
  else if (age_ms > STALE_MS)
    say (doctor, FINDING_WARN, what, "last answer %.0f s ago at %s", age_ms / 1000, connection);
  else
    say (doctor, FINDING_OK, what, "%s answers at %s", product != NULL ? product : "a charger",
         connection);
}

/* as the daemon says: it may be on another bus than this shell. None is a choice: a warning */
static void
check_bus (Doctor *doctor, JsonObject *charger)
{
  const char *id = phaeton_ctl_get_text (charger, "id");
  const char *service = phaeton_ctl_get_text (charger, "bus_service");

  if (service != NULL)
    say (doctor, FINDING_OK, "D-Bus", "%s", service);
  else
    say (doctor, FINDING_WARN, "D-Bus", "the Victron system does not see charger %s",
         id != NULL ? id : "?");
}

static void
check_chargers (Doctor *doctor)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) chargers = phaeton_ctl_get_chargers (&doctor->ctl, &error);

  if (chargers == NULL)
    say (doctor, FINDING_FAIL, "chargers", "%s", error->message);
  for (guint i = 0; chargers != NULL && i < chargers->len; i++) {
    check_charger (doctor, chargers->pdata[i]);
    check_bus (doctor, chargers->pdata[i]);
  }
}

static void
check_state_dir (Doctor *doctor)
{
  const char *socket = phaeton_ctl_client_get_socket (doctor->ctl.client);
  g_autofree char *dir = socket != NULL ? g_path_get_dirname (socket) : NULL;
  struct statvfs disk;
  guint64 free_bytes;

  if (dir == NULL)
    return; /* a daemon elsewhere keeps its state elsewhere */
  if (statvfs (dir, &disk) != 0) {
    say (doctor, FINDING_FAIL, "state", "%s: %s", dir, g_strerror (errno));
    return;
  }
  free_bytes = (guint64) disk.f_bavail * disk.f_frsize;
  if (access (dir, W_OK) != 0)
    say (doctor, FINDING_FAIL, "state", "%s cannot be written: %s", dir, g_strerror (errno));
  else if (free_bytes < MIN_FREE_BYTES)
    say (doctor, FINDING_FAIL, "state", "%s: only %" G_GUINT64_FORMAT " KB free", dir,
         free_bytes / 1024);
  else
    say (doctor, FINDING_OK, "state", "%s can be written, %" G_GUINT64_FORMAT " MB free", dir,
         free_bytes >> 20);
}

/* the file of a daemon elsewhere is ours to know as well */
static void
check_settings (Doctor *doctor)
{
  g_autoptr (JsonNode) answer =
    phaeton_ctl_client_call (doctor->ctl.client, "GET", "/readyz", NULL, NULL);
  JsonNode *node = answer != NULL && JSON_NODE_HOLDS_OBJECT (answer)
                     ? json_object_get_member (json_node_get_object (answer), "settings")
                     : NULL;
  const char *problem;
  double ok = 0;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return; /* not ready: the daemon's own line tells */
  problem = phaeton_ctl_get_text (json_node_get_object (node), "problem");
  if (problem == NULL)
    say (doctor, FINDING_OK, "settings", "as in their file");
  else if (phaeton_ctl_get_number (json_node_get_object (node), "ok", &ok) && ok > 0)
    say (doctor, FINDING_WARN, "settings", "%s", problem);
  else
    say (doctor, FINDING_FAIL, "settings", "%s", problem);
}

static void
check_certificate (Doctor *doctor)
{
  g_autoptr (JsonNode) answer =
    phaeton_ctl_client_call (doctor->ctl.client, "GET", "/api/v1/setup", NULL, NULL);
  g_autoptr (PhaetonClock) clock = phaeton_clock_new_real ();
  JsonNode *node = answer != NULL && JSON_NODE_HOLDS_OBJECT (answer)
                     ? json_object_get_member (json_node_get_object (answer), "certificate")
                     : NULL;
  JsonObject *object;
  const char *text;
  g_autoptr (GDateTime) end = NULL;
  gint64 days;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return; /* no https, or not ours to know */
  object = json_node_get_object (node);
  text = phaeton_ctl_get_text (object, "expires_at");
  end = text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;
  if (end == NULL)
    return;
  days = (g_date_time_to_unix (end) - phaeton_clock_get_wall_at (clock)) / DAY_S;
  say (doctor, days < WARN_CERTIFICATE_DAYS ? FINDING_WARN : FINDING_OK, "https",
       "certificate good for %" G_GINT64_FORMAT " days, SHA-256 fingerprint %s", days,
       phaeton_ctl_get_text (object, "sha256"));
}

static gboolean
examine (Doctor *doctor)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) status =
    phaeton_ctl_client_call (doctor->ctl.client, "GET", "/api/status", NULL, &error);

  if (status == NULL || !JSON_NODE_HOLDS_OBJECT (status)) {
    say (doctor, FINDING_FAIL, "daemon", "%s", error != NULL ? error->message : "no status");
    return FALSE;
  }
  check_daemon (doctor, json_node_get_object (status));
  check_clock (doctor, json_node_get_object (status));
  check_settings (doctor);
  check_chargers (doctor);
  check_state_dir (doctor);
  check_certificate (doctor);
  return doctor->n_failed == 0;
}

gboolean
phaeton_ctl_doctor (const char *url, const char *socket_path, GError **error)
{
  Doctor doctor = { 0 };
  g_autoptr (GError) reason = NULL;
  g_autoptr (PhaetonCtlClient) client = phaeton_ctl_client_new (url, socket_path, &reason);

  if (client == NULL) {
    say (&doctor, FINDING_FAIL, "daemon", "%s", reason->message);
    g_propagate_error (error, g_steal_pointer (&reason));
    return FALSE;
  }
  doctor.ctl.client = client;
  return examine (&doctor);
}
