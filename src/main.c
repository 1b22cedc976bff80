/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-main"
#include "config.h"

#include "phaeton-clock.h"
#include "phaeton-log.h"
#include "phaeton-loop-monitor.h"
#include "phaeton-paths.h"
#include "phaeton-registry.h"
#include "phaeton-settings.h"
#include "phaeton-site.h"
#include "phaeton-supervisor.h"
#include "phaeton-victron-face.h"
#include "phaeton-web-face.h"
#include "phaeton-worker.h"

#include <glib-unix.h>
#include <glib/gstdio.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

/* Options, signals and wiring: which room gets what. Everything else lives in its room. */

#define EXIT_FAILED 1
#define EXIT_USAGE 2

typedef struct {
  char *config_path;
  char *state_dir;
  char *record_path;
  gboolean version;
} Options;

typedef struct {
  GMainLoop *loop;
  PhaetonSettings *settings;
  PhaetonSite *site;
  PhaetonVictronFace *victron;
  PhaetonWebFace *web;
  gboolean stopping;
  guint n_ending; /* rooms that still have something to finish */
  int status;
} Daemon;

static gboolean
parse_options (int *argc, char ***argv, Options *options)
{
  const GOptionEntry entries[] = {
    { "config", 'c', 0, G_OPTION_ARG_FILENAME, &options->config_path,
      "Settings file; without it ./phaeton_config.yaml, /data/phaeton_config.yaml and "
      "/etc/phaeton/config.yaml are tried",
      "FILE" },
    { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &options->state_dir,
      "Folder for state, history and the control socket", "DIR" },
    { "record", 0, 0, G_OPTION_ARG_FILENAME, &options->record_path,
      "Write what every decision was made of, for phaeton-sim replay; at most 160 MiB in FILE and "
      "FILE.1 to FILE.4",
      "FILE" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version and exit", NULL },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (context, "Drives EV chargers: sun, cheap hours, deadlines, fuse.");
  g_option_context_set_ignore_unknown_options (context, TRUE); /* as the ancestors did */
  if (g_option_context_parse (context, argc, argv, &error))
    return TRUE;
  fprintf (stderr, "phaeton: %s\n", error->message);
  return FALSE;
}

/* two daemons on one state would overwrite each other; the lock ends with the process */
static gboolean
lock_state_dir (const char *state_dir)
{
  g_autofree char *path = g_build_filename (state_dir, "lock", NULL);
  int fd;

  if (g_mkdir_with_parents (state_dir, 0700) != 0)
    fprintf (stderr, "phaeton: cannot create %s: %s\n", state_dir, g_strerror (errno));
  fd = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    fprintf (stderr, "phaeton: state will not be kept: cannot write to %s: %s\n", state_dir,
             g_strerror (errno));
    return TRUE; /* a read-only disk is no reason not to charge */
  }
  if (flock (fd, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  fprintf (stderr, "phaeton: another daemon uses %s\n", state_dir);
  return FALSE;
}

static GLogLevelFlags
get_level (const char *name, const char *fallback)
{
  const GLogLevelFlags level = phaeton_log_level_from_name (name);

  return level != 0 ? level : phaeton_log_level_from_name (fallback);
}

static void
start_log (const PhaetonConfig *config)
{
  const PhaetonLoggingConfig *logging = &config->logging;
  const PhaetonLogOptions options = {
    .console_level = get_level (logging->console_level, logging->level),
    .file_level = get_level (logging->file_level, logging->level),
    .console = logging->console_output,
    .json = logging->json_format,
    .file = g_getenv ("PHAETON_DISABLE_FILE_LOG") == NULL ? logging->file : NULL,
    .max_file_bytes = (guint64) logging->max_file_size_mb * 1024 * 1024,
    .backup_count = logging->backup_count,
  };

  phaeton_log_set_web_level (get_level (logging->web_level, logging->level));
  phaeton_log_start (&options);
}

static void
log_problems_cb (PhaetonSettings *settings, gpointer user_data)
{
  GPtrArray *problems = phaeton_settings_get_problems (settings);

  for (guint i = 0; i < problems->len; i++) {
    const PhaetonProblem *problem = g_ptr_array_index (problems, i);
    g_autofree char *text = phaeton_problem_to_text (problem, phaeton_settings_get_path (settings));

    phaeton_warning ("", "Settings: %s", text);
  }
}

static void
config_changed_cb (PhaetonSettings *settings, Daemon *daemon)
{
  PhaetonConfig *config = phaeton_settings_get_config (settings);

  start_log (config);
  phaeton_message ("", "Settings changed");
  phaeton_site_set_config (daemon->site, config);
}

static void
one_ended (Daemon *daemon)
{
  if (--daemon->n_ending == 0)
    g_main_loop_quit (daemon->loop);
}

static void
stopped_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Daemon *daemon = user_data;
  g_autoptr (GError) error = NULL;

  if (!phaeton_site_stop_finish (daemon->site, result, &error))
    phaeton_warning ("", "State was not saved: %s", error->message);
  one_ended (daemon);
}

static gboolean
drained_cb (gpointer user_data)
{
  one_ended (user_data);
  return G_SOURCE_REMOVE;
}

static void
begin_stop (Daemon *daemon, int status)
{
  if (daemon->stopping)
    return;
  daemon->stopping = TRUE;
  daemon->n_ending = 2;
  daemon->status = status;
  phaeton_supervisor_tell ("STOPPING=1");
  phaeton_victron_face_stop (daemon->victron);
  phaeton_web_face_drain (daemon->web, drained_cb, daemon);
  phaeton_site_stop_async (daemon->site, stopped_cb, daemon);
}

static gboolean
end_signal_cb (gpointer user_data)
{
  phaeton_message ("", "Stopping");
  begin_stop (user_data, EXIT_SUCCESS);
  return G_SOURCE_CONTINUE;
}

static gboolean
hangup_signal_cb (gpointer user_data)
{
  phaeton_log_reopen ();
  return G_SOURCE_CONTINUE;
}

static void
victron_failed_cb (PhaetonVictronFace *face, const GError *error, Daemon *daemon)
{
  phaeton_warning ("", "Cannot go on without the Victron bus: %s", error->message);
  begin_stop (daemon, EXIT_FAILED);
}

static void
start_faces (Daemon *daemon, const char *state_dir)
{
  g_autofree char *socket_path = phaeton_paths_dup_socket (state_dir);
  g_autoptr (GError) error = NULL;

  daemon->web = phaeton_web_face_new (daemon->site, daemon->settings);
  if (!phaeton_web_face_start (daemon->web, state_dir, socket_path, &error))
    phaeton_warning ("", "Web server: %s", error->message);
  daemon->victron = phaeton_victron_face_new (daemon->site);
  g_signal_connect (daemon->victron, "failed", G_CALLBACK (victron_failed_cb), daemon);
  phaeton_victron_face_start (daemon->victron);
}

static int
run (PhaetonSettings *settings, const char *state_dir, const char *record_path)
{
  Daemon daemon = { .loop = g_main_loop_new (NULL, FALSE), .settings = settings };
  PhaetonConfig *config = phaeton_settings_get_config (settings);
  g_autoptr (PhaetonClock) clock = phaeton_clock_new_real ();

  start_log (config);
  phaeton_message ("", "Phaeton %s, settings from %s, state in %s", PHAETON_VERSION,
                   phaeton_settings_get_path (settings) != NULL
                     ? phaeton_settings_get_path (settings)
                     : "built-in defaults",
                   state_dir);
  log_problems_cb (settings, NULL);
  /* before anybody can know that we are there */
  g_unix_signal_add (SIGTERM, end_signal_cb, &daemon);
  g_unix_signal_add (SIGINT, end_signal_cb, &daemon);
  g_unix_signal_add (SIGHUP, hangup_signal_cb, &daemon);
  phaeton_loop_monitor_install ();
  daemon.site = phaeton_site_new (config, clock, state_dir);
  if (record_path != NULL)
    phaeton_site_record (daemon.site, record_path);
  g_signal_connect (settings, "config-changed", G_CALLBACK (config_changed_cb), &daemon);
  g_signal_connect (settings, "problems-changed", G_CALLBACK (log_problems_cb), NULL);
  start_faces (&daemon, state_dir);
  phaeton_site_start (daemon.site);
  phaeton_settings_watch (settings);
  phaeton_supervisor_start ();
  phaeton_supervisor_tell ("READY=1");
  g_main_loop_run (daemon.loop);

  g_clear_object (&daemon.victron);
  g_clear_object (&daemon.web);
  g_clear_object (&daemon.site);
  phaeton_worker_drain ();
  phaeton_supervisor_stop ();
  phaeton_message ("", "Stopped");
  phaeton_log_stop ();
  g_main_loop_unref (daemon.loop);
  return daemon.status;
}

int
main (int argc, char *argv[])
{
  Options options = { 0 };
  g_autofree char *state_dir = NULL;
  g_autoptr (PhaetonSettings) settings = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  if (!parse_options (&argc, &argv, &options))
    return EXIT_USAGE;
  if (options.version) {
    puts ("phaeton " PHAETON_VERSION);
    return EXIT_SUCCESS;
  }
  for (int i = 1; i < argc; i++)
    fprintf (stderr, "phaeton: ignoring unknown argument %s\n", argv[i]);
  state_dir = options.state_dir != NULL ? options.state_dir : phaeton_paths_dup_state_dir ();
  phaeton_settings_set_drivers (phaeton_registry_get_charger_drivers ());
  settings = phaeton_settings_load (options.config_path, state_dir, &error);
  if (settings == NULL) {
    fprintf (stderr, "Failed to load configuration: %s\n", error->message);
    return EXIT_FAILED;
  }
  status =
    lock_state_dir (state_dir) ? run (settings, state_dir, options.record_path) : EXIT_FAILED;
  g_free (options.config_path);
  g_free (options.record_path);
  return status;
}
