/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaetonctl"
#include "config.h"

#include "phaeton-ctl.h"

#include "phaeton-error.h"

#include <locale.h>

static const struct {
  const char *name;
  const char *arguments; /* for people */
  const char *help;
  guint min_arguments, max_arguments;
  gboolean needs_daemon;
  PhaetonCtlCommand run; /* NULL: doctor, which does its own connecting */
} commands[] = {
  { "status", "", "show what each charger does, and why", 0, 0, TRUE, phaeton_ctl_status },
  { "watch", "", "show it again with each change", 0, 0, TRUE, phaeton_ctl_watch },
  { "explain", "", "show each step that led to the limit", 0, 0, TRUE, phaeton_ctl_explain },
  { "prices", "", "show what power costs, hour by hour", 0, 0, TRUE, phaeton_ctl_prices },
  { "plan", "", "show the hours in which a car is to charge", 0, 0, TRUE, phaeton_ctl_plan },
  { "mode", "manual|auto|scheduled", "choose who decides", 1, 1, TRUE, phaeton_ctl_mode },
  { "start", "", "enable charging", 0, 0, TRUE, phaeton_ctl_start },
  { "stop", "", "stop charging", 0, 0, TRUE, phaeton_ctl_stop },
  { "current", "AMPERES", "set the current of manual mode", 1, 1, TRUE, phaeton_ctl_current },
  { "phases", "1|3", "switch between one and three phases", 1, 1, TRUE, phaeton_ctl_phases },
  { "config", "list|get|set|check", "read, change and check the settings", 1, 3, FALSE,
    phaeton_ctl_config },
  { "setup", "", "tell the code for the first password", 0, 0, TRUE, phaeton_ctl_setup },
  { "sessions", "[NUMBER]", "show the last charging sessions", 0, 1, TRUE, phaeton_ctl_sessions },
  { "totals", "[day|month|year|charger|car]", "show their sums", 0, 1, TRUE, phaeton_ctl_totals },
  { "history", "[SERIES [STEP]]", "print time series of the last day as JSON, or their names", 0, 2,
    TRUE, phaeton_ctl_history },
  { "backup", "[FILE]", "copy the history", 0, 1, TRUE, phaeton_ctl_backup },
  { "restore", "FILE", "take the history of a copy", 1, 1, TRUE, phaeton_ctl_restore },
  { "doctor", "", "look for what is wrong and say what to do", 0, 0, FALSE, NULL },
};

static char *option_url, *option_socket, *option_charger, *option_at;
static GStrv option_words; /* the command and its arguments, which -- may precede */
static gboolean option_json, option_version;

static const GOptionEntry entries[] = {
  { "charger", 'c', 0, G_OPTION_ARG_STRING, &option_charger,
    "Which charger, where there are several", "ID" },
  { "at", 0, 0, G_OPTION_ARG_STRING, &option_at, "Explain what was decided then, in the last day",
    "2025-08-30T10:00:00Z" },
  { "json", 'j', 0, G_OPTION_ARG_NONE, &option_json, "Print JSON for programs", NULL },
  { "socket", 's', 0, G_OPTION_ARG_FILENAME, &option_socket,
    "The daemon's socket, STATE_DIR/phaeton.sock", "PATH" },
  { "url", 'u', 0, G_OPTION_ARG_STRING, &option_url, "Talk to a daemon elsewhere",
    "http://HOST:PORT" },
  { "version", 'V', 0, G_OPTION_ARG_NONE, &option_version, "Print the version", NULL },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &option_words, NULL,
    "COMMAND [ARGUMENT]..." },
  { NULL },
};

static char *
dup_description (void)
{
  GString *text = g_string_new ("Commands:\n");

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
    g_autofree char *usage = g_strjoin (" ", commands[i].name, commands[i].arguments, NULL);

    g_string_append_printf (text, "  %-28s %s\n", usage, commands[i].help);
  }
  g_string_append (
    text, "\nSettings: config list, config get KEY, config set KEY VALUE, config check FILE.\n"
          "Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 no daemon answers.\n"
          "The socket is taken from --socket, $PHAETON_SOCKET, or the state directories\n"
          "/data/phaeton, /var/lib/phaeton and $XDG_STATE_HOME/phaeton.\n");
  return g_string_free (text, FALSE);
}

static PhaetonCtlExit
get_exit_status (const GError *error)
{
  if (error->domain == G_OPTION_ERROR)
    return PHAETON_CTL_USAGE;
  if (g_error_matches (error, PHAETON_ERROR, PHAETON_ERROR_OFFLINE))
    return PHAETON_CTL_UNREACHABLE;
  return PHAETON_CTL_FAILED;
}

static gboolean
run_command (guint index, char **arguments, GError **error)
{
  const gboolean needs_daemon =
    commands[index].needs_daemon || g_strcmp0 (arguments[0], "check") != 0;
  g_autoptr (PhaetonCtlClient) client = NULL;
  PhaetonCtl ctl = { .charger = option_charger, .at = option_at, .json = option_json };

  if (commands[index].run == NULL)
    return phaeton_ctl_doctor (option_url, option_socket, error);
  if (needs_daemon) {
    client = phaeton_ctl_client_new (option_url, option_socket, error);
    if (client == NULL)
      return FALSE;
  }
  ctl.client = client;
  return commands[index].run (&ctl, arguments, error);
}

static gboolean
choose_command (char **words, GError **error)
{
  const guint n_words = words != NULL ? g_strv_length (words) : 0;

  if (n_words == 0) {
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                         "which command? See phaetonctl --help");
    return FALSE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
    if (!g_str_equal (words[0], commands[i].name))
      continue;
    if (n_words - 1 < commands[i].min_arguments || n_words - 1 > commands[i].max_arguments) {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "usage: phaetonctl %s%s%s",
                   commands[i].name, commands[i].arguments[0] != '\0' ? " " : "",
                   commands[i].arguments);
      return FALSE;
    }
    return run_command (i, words + 1, error);
  }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
               "no command %s; see phaetonctl --help", words[0]);
  return FALSE;
}

int
main (int argc, char *argv[])
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autofree char *description = dup_description ();
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  g_option_context_set_summary (context, "Talks to the Phaeton daemon.");
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  if (g_option_context_parse (context, &argc, &argv, &error)) {
    if (option_version) {
      g_print ("phaetonctl %s\n", PHAETON_VERSION);
      return PHAETON_CTL_OK;
    }
    if (choose_command (option_words, &error))
      return PHAETON_CTL_OK;
  }
  if (error == NULL)
    return PHAETON_CTL_FAILED; /* the command said what it found */
  g_printerr ("phaetonctl: %s\n", error->message);
  return get_exit_status (error);
}
