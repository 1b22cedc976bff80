/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaetonctl"
#include "config.h"

#include "phaeton-ctl.h"

#include "phaeton-types.h"

#include <math.h>
#include <unistd.h>

/* The commands that show what is. What is not known is left out, never shown as 0. */

#define CLEAR_SCREEN "\033[H\033[J"
#define OFFLINE_MS 10000 /* older answers are shown with their age */

/* "1:05" hours and minutes */
static char *
dup_duration (double seconds)
{
  const int minutes = (int) (seconds / 60);

  return g_strdup_printf ("%d:%02d h", minutes / 60, minutes % 60);
}

/* RFC 3339 in the API, the clock on the wall here */
static char *
dup_local_time (const char *text)
{
  g_autoptr (GDateTime) utc = text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;
  g_autoptr (GDateTime) local = utc != NULL ? g_date_time_to_local (utc) : NULL;

  return local != NULL ? g_date_time_format (local, "%a %H:%M") : NULL;
}

static void
append_amperes (GString *text, JsonObject *charger, const char *name, const char *before,
                const char *after)
{
  double value_mA;

  if (phaeton_ctl_get_number (charger, name, &value_mA)) {
    g_autofree char *amperes = phaeton_ctl_dup_amperes (value_mA);

    g_string_append_printf (text, "%s%s%s", before, amperes, after);
  }
}

static void
append_line (GString *text, const char *label, const char *values)
{
  if (values[0] != '\0')
    g_string_append_printf (text, "  %-9s %s\n", label, values);
}

static void
append_title (GString *text, JsonObject *charger)
{
  static const char *const members[] = { "product_name", "serial", "firmware", "connection" };
  const char *name = phaeton_ctl_get_text (charger, "custom_name");
  const char *id = phaeton_ctl_get_text (charger, "id");

  if (name != NULL && name[0] != '\0')
    g_string_append_printf (text, "%s (charger %s)", name, id != NULL ? id : "?");
  else
    g_string_append_printf (text, "Charger %s", id != NULL ? id : "?");
  for (guint i = 0; i < G_N_ELEMENTS (members); i++) {
    const char *value = phaeton_ctl_get_text (charger, members[i]);

    if (value != NULL && value[0] != '\0')
      g_string_append_printf (text, "%s%s", i == 0 ? ": " : ", ", value);
  }
  g_string_append_c (text, '\n');
}

/* what flows now: "Charging, 11.0 kW, 16 A, 3 phases" */
static void
append_flow (GString *text, JsonObject *charger)
{
  double value;

  if (phaeton_ctl_get_number (charger, "status", &value))
    g_string_append (text, phaeton_status_to_string ((PhaetonStatus) value));
  else
    g_string_append (text, "unknown");
  if (phaeton_ctl_get_number (charger, "power_w", &value))
    g_string_append_printf (text, ", %.2f kW", value / 1000);
  append_amperes (text, charger, "current_mA", ", ", "");
  if (phaeton_ctl_get_number (charger, "active_phases", &value))
    g_string_append_printf (text, ", %.0f phase%s", value, value > 1 ? "s" : "");
}

static void
append_phases (GString *text, JsonObject *charger)
{
  for (int phase = 1; phase <= PHAETON_PHASES; phase++) {
    g_autofree char *voltage = g_strdup_printf ("l%d_voltage_v", phase);
    g_autofree char *current = g_strdup_printf ("l%d_current_mA", phase);
    double volts, value_mA;

    if (phaeton_ctl_get_number (charger, voltage, &volts) &&
        phaeton_ctl_get_number (charger, current, &value_mA))
      g_string_append_printf (text, "%sL%d %.1f V %.2f A", phase > 1 ? "   " : "", phase, volts,
                              value_mA / 1000);
  }
}

static void
append_command (GString *text, JsonObject *charger)
{
  double value;

  if (phaeton_ctl_get_number (charger, "mode", &value))
    g_string_append (text, phaeton_mode_to_string ((PhaetonMode) value));
  if (phaeton_ctl_get_number (charger, "start_stop", &value))
    g_string_append (text, value > 0 ? ", enabled" : ", stopped");
  append_amperes (text, charger, "set_current_mA", ", ", " wanted");
}

static void
append_limit (GString *text, JsonObject *charger)
{
  const char *why = phaeton_ctl_get_text (charger, "why");

  append_amperes (text, charger, "limit_mA", "", "");
  append_amperes (text, charger, "applied_current_mA", ", the charger confirmed ", "");
  append_amperes (text, charger, "max_current_mA", ", at most ", "");
  if (why != NULL && why[0] != '\0')
    g_string_append_printf (text, "%s%s", text->len > 0 ? "\n            " : "", why);
}

static void
append_problem (GString *text, JsonObject *charger)
{
  const char *problem = phaeton_ctl_get_text (charger, "problem");

  if (problem != NULL)
    g_string_append (text, problem);
}

static void
append_session (GString *text, JsonObject *charger)
{
  g_autofree char *started = dup_local_time (phaeton_ctl_get_text (charger, "session_started_at"));
  g_autofree char *ended = dup_local_time (phaeton_ctl_get_text (charger, "session_ended_at"));
  double value;

  if (phaeton_ctl_get_number (charger, "session_energy_wh", &value))
    g_string_append_printf (text, "%.2f kWh", value / 1000);
  if (phaeton_ctl_get_number (charger, "session_time_s", &value)) {
    g_autofree char *duration = dup_duration (value);

    g_string_append_printf (text, " in %s", duration);
  }
  if (phaeton_ctl_get_number (charger, "session_cost", &value))
    g_string_append_printf (text, ", cost %.2f", value);
  if (started != NULL)
    g_string_append_printf (text, ", since %s", started);
  if (ended != NULL)
    g_string_append_printf (text, " until %s", ended);
}

static void
append_counter (GString *text, JsonObject *charger)
{
  double value;

  if (phaeton_ctl_get_number (charger, "energy_wh", &value))
    g_string_append_printf (text, "%.3f kWh in its life", value / 1000);
  if (phaeton_ctl_get_number (charger, "connected", &value) && value < 1)
    g_string_append (text, text->len > 0 ? "; the charger does not answer"
                                         : "the charger does not answer");
  if (phaeton_ctl_get_number (charger, "sample_age_ms", &value) && value > OFFLINE_MS)
    g_string_append_printf (text, ", last heard %.0f s ago", value / 1000);
}

static char *
dup_status_text (JsonObject *charger)
{
  static const struct {
    const char *label;
    void (*append) (GString *text, JsonObject *charger);
  } lines[] = {
    { "Now", append_flow },        { "", append_phases },         { "Set", append_command },
    { "Limit", append_limit },     { "Problem", append_problem }, { "Session", append_session },
    { "Counter", append_counter },
  };
  GString *text = g_string_new (NULL);

  append_title (text, charger);
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autoptr (GString) values = g_string_new (NULL);

    lines[i].append (values, charger);
    append_line (text, lines[i].label, values->str);
  }
  return g_string_free (text, FALSE);
}

static char *
dup_all_status (GPtrArray *chargers)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < chargers->len; i++) {
    g_autofree char *one = dup_status_text (chargers->pdata[i]);

    g_string_append_printf (text, "%s%s", i > 0 ? "\n" : "", one);
  }
  return g_string_free (text, FALSE);
}

gboolean
phaeton_ctl_status (PhaetonCtl *ctl, char **arguments, GError **error)
{
  g_autoptr (GPtrArray) chargers = NULL;
  g_autofree char *text = NULL;

  if (ctl->json) {
    g_autoptr (JsonNode) status =
      phaeton_ctl_client_call (ctl->client, "GET", "/api/status", NULL, error);

    if (status != NULL)
      phaeton_ctl_print_json (status);
    return status != NULL;
  }
  chargers = phaeton_ctl_get_chargers (ctl, error);
  if (chargers == NULL)
    return FALSE;
  text = dup_all_status (chargers);
  g_print ("%s", text);
  return TRUE;
}

typedef struct {
  PhaetonCtl *ctl;
  char *shown; /* (owned): so that nothing is printed twice */
  GError *error;
} Watch;

/* one line per charger and change, for pipes and logs */
static char *
dup_short_text (GPtrArray *chargers)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < chargers->len; i++) {
    const char *id = phaeton_ctl_get_text (chargers->pdata[i], "id");
    const char *why = phaeton_ctl_get_text (chargers->pdata[i], "why");

    g_string_append_printf (text, "%s: ", id != NULL ? id : "?");
    append_flow (text, chargers->pdata[i]);
    append_amperes (text, chargers->pdata[i], "limit_mA", ", limit ", "");
    g_string_append_printf (text, "%s%s\n", why != NULL ? ": " : "", why != NULL ? why : "");
  }
  return g_string_free (text, FALSE);
}

/* each event says that something changed; what, is asked for all chargers at once */
static gboolean
show_event (const char *event, const char *data, gpointer user_data)
{
  Watch *watch = user_data;
  g_autoptr (GPtrArray) chargers = NULL;
  g_autofree char *text = NULL;

  if (!g_str_equal (event, "status"))
    return TRUE;
  if (watch->ctl->json) {
    g_print ("%s\n", data);
    return TRUE;
  }
  chargers = phaeton_ctl_get_chargers (watch->ctl, &watch->error);
  if (chargers == NULL)
    return FALSE;
  text = isatty (STDOUT_FILENO) ? dup_all_status (chargers) : dup_short_text (chargers);
  if (g_strcmp0 (text, watch->shown) != 0)
    g_print ("%s%s", isatty (STDOUT_FILENO) ? CLEAR_SCREEN : "", text);
  g_free (watch->shown);
  watch->shown = g_steal_pointer (&text);
  return TRUE;
}

gboolean
phaeton_ctl_watch (PhaetonCtl *ctl, char **arguments, GError **error)
{
  Watch watch = { .ctl = ctl };
  const gboolean ended =
    phaeton_ctl_client_listen (ctl->client, "/api/events", show_event, &watch, error);

  g_free (watch.shown);
  if (watch.error != NULL) {
    g_propagate_error (error, watch.error);
    return FALSE;
  }
  return ended;
}
