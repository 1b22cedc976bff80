/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-epoll-push.h"
#include "phaeton-web-access.h"
#include "phaeton-web-answers.h"
#include "phaeton-web-api.h"
#include "phaeton-web-commands.h"
#include "phaeton-web-files.h"
#include "phaeton-web-state-events.h"

G_BEGIN_DECLS

/* what the files of routes share */

#define MAX_COMMAND_BYTES 4096
#define PHAETON_WEB_MAX_STREAMS 1024

struct _PhaetonWebApi {
  PhaetonSite *site;                   /* (owned) */
  PhaetonSettings *settings;           /* (owned) */
  PhaetonClock *clock;                 /* (owned) */
  PhaetonWebFiles *files;              /* (owned) */
  PhaetonWebAccess *access;            /* (owned) */
  PhaetonWebServer *server;            /* (unowned) (nullable): for its counts */
  PhaetonEpollPush *events;            /* (owned) */
  PhaetonWebStateEvents *state_events; /* (owned) */
  GCancellable *cancellable;           /* (owned): of what is under way */
  GCancellable *waits;                 /* (owned): of what waits for others: no stop waits for it */
  char *run_id;                        /* (owned): snapshots are counted anew in each run */
  GBytes *status;                      /* (owned) (nullable): made when asked for */
  guint64 status_serial;               /* of the snapshot that it shows */
  char *status_etag;                   /* (owned) (nullable) */
  gint64 published_ms;
  gboolean is_stopping;
  GPtrArray *log_streams; /* (owned) (nullable): since somebody asked */
  guint log_timer_id;
};

/* who reads comes back, and is asked again who he is: somebody's rights were taken away */
void phaeton_web_close_streams (PhaetonWebApi *self);

/* the ancestors */
void phaeton_web_get_status (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_events (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_metrics (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_dbus (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_post_mode (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_post_start_stop (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_post_set_current (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_post_phases (PhaetonWebRequest *request, gpointer user_data);
/* the newest status to who listens to /api/events */
void phaeton_web_publish_status (PhaetonWebApi *self);

/* state and commands */
/* the index of that charger; -1: there is none, and that was answered */
int phaeton_web_find_charger (PhaetonWebApi *self, PhaetonWebRequest *request, const char *id);
void phaeton_web_get_state_events (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_site (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_patch_site (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_chargers (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_charger (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_charger_why (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_patch_charger (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_post_charger_test (PhaetonWebRequest *request, gpointer user_data);
gboolean phaeton_web_write_command (PhaetonWebApi *self, PhaetonWebRequest *request, guint charger,
                                    const PhaetonWebCommand *command, gboolean *altered,
                                    GError **error);

/* settings */
void phaeton_web_get_settings (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_form (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_json_schema (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_put_config (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_patch_settings (PhaetonWebRequest *request, gpointer user_data);

/* prices */
void phaeton_web_get_tibber_plan (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_prices (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_plan (PhaetonWebRequest *request, gpointer user_data);

/* accounts */
void phaeton_web_get_session (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_post_login (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_post_logout (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_setup (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_post_setup (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_users (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_post_user (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_patch_user (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_delete_user (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_tokens (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_post_token (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_delete_token (PhaetonWebRequest *request, gpointer user_data);

/* health, devices, metrics, updates */
void phaeton_web_get_devices (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_livez (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_readyz (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_prometheus (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_update_status (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_refuse_update (PhaetonWebRequest *request, gpointer user_data);

/* explanations, of now and of the last day */
void phaeton_web_get_explain (PhaetonWebRequest *request, gpointer user_data);

/* the page and its files; the contract and the page that shows it */
void phaeton_web_get_root (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_file (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_docs (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_docs_file (PhaetonWebRequest *request, gpointer user_data);

/* the log; from memory, never from a file */
void phaeton_web_get_log_head (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_log_tail (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_log_download (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_log_stream (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_get_log_level (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_post_log_level (PhaetonWebRequest *request, gpointer user_data);
void phaeton_web_stop_log_stream (PhaetonWebApi *self);

G_END_DECLS
