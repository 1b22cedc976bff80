/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-ctl-client.h"

G_BEGIN_DECLS

/* What the commands of phaetonctl share: one file per group of commands, one table in
 * phaetonctl.c. A command prints its result and answers FALSE with an error, which main() turns
 * into the exit status: G_OPTION_ERROR is a usage error. */

typedef enum {
  PHAETON_CTL_OK = 0,
  PHAETON_CTL_FAILED = 1,      /* the daemon refused, or a check found something wrong */
  PHAETON_CTL_USAGE = 2,       /* the command line is wrong; nothing was done */
  PHAETON_CTL_UNREACHABLE = 3, /* no daemon answers */
} PhaetonCtlExit;

typedef struct {
  PhaetonCtlClient *client; /* NULL for commands that need no daemon */
  const char *charger;      /* id, or NULL: the only one */
  const char *at;           /* explain: a time, or NULL: now */
  gboolean json;
} PhaetonCtl;

/* @arguments: NULL-terminated, without the command's name */
typedef gboolean (*PhaetonCtlCommand) (PhaetonCtl *ctl, char **arguments, GError **error);

gboolean phaeton_ctl_status (PhaetonCtl *ctl, char **arguments, GError **error);
gboolean phaeton_ctl_watch (PhaetonCtl *ctl, char **arguments, GError **error);
gboolean phaeton_ctl_explain (PhaetonCtl *ctl, char **arguments, GError **error);

gboolean phaeton_ctl_mode (PhaetonCtl *ctl, char **arguments, GError **error);
gboolean phaeton_ctl_start (PhaetonCtl *ctl, char **arguments, GError **error);
gboolean phaeton_ctl_stop (PhaetonCtl *ctl, char **arguments, GError **error);
gboolean phaeton_ctl_current (PhaetonCtl *ctl, char **arguments, GError **error);
gboolean phaeton_ctl_phases (PhaetonCtl *ctl, char **arguments, GError **error);

gboolean phaeton_ctl_setup (PhaetonCtl *ctl, char **arguments, GError **error);

gboolean phaeton_ctl_prices (PhaetonCtl *ctl, char **arguments, GError **error);
gboolean phaeton_ctl_plan (PhaetonCtl *ctl, char **arguments, GError **error);

gboolean phaeton_ctl_config (PhaetonCtl *ctl, char **arguments, GError **error);

gboolean phaeton_ctl_sessions (PhaetonCtl *ctl, char **arguments, GError **error);
gboolean phaeton_ctl_totals (PhaetonCtl *ctl, char **arguments, GError **error);
gboolean phaeton_ctl_history (PhaetonCtl *ctl, char **arguments, GError **error);
gboolean phaeton_ctl_backup (PhaetonCtl *ctl, char **arguments, GError **error);
gboolean phaeton_ctl_restore (PhaetonCtl *ctl, char **arguments, GError **error);

/* does its own connecting: that nobody answers is a finding */
gboolean phaeton_ctl_doctor (const char *url, const char *socket_path, GError **error);

/**
 * phaeton_ctl_get_chargers:
 *
 * Returns: (transfer full) (element-type JsonObject): the charger that was chosen, else all
 */
GPtrArray *phaeton_ctl_get_chargers (PhaetonCtl *ctl, GError **error);

/* members of a charger; FALSE, NULL: unknown. Numbers fit an int, booleans are 0 and 1. */
gboolean phaeton_ctl_get_number (JsonObject *object, const char *name, double *value);
const char *phaeton_ctl_get_text (JsonObject *object, const char *name);

/* seconds since 1970 of a time; 0: not known */
gint64 phaeton_ctl_get_at (JsonObject *object, const char *name);

typedef struct {
  GTimeZone *zone; /* (owned): of the settings */
  char *currency;  /* (owned) (nullable): its symbol */
  gint64 wall_at;  /* the daemon's clock */
} PhaetonCtlSite;

/* asks the daemon; FALSE with @error */
gboolean phaeton_ctl_site_read (PhaetonCtlSite *self, PhaetonCtl *ctl, GError **error);
void phaeton_ctl_site_clear (PhaetonCtlSite *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PhaetonCtlSite, phaeton_ctl_site_clear)

/* Returns: (transfer full): @at in the zone of the settings; @format as for
 * g_date_time_format() */
char *phaeton_ctl_site_format (const PhaetonCtlSite *self, gint64 at, const char *format);

/* amperes for people: "16 A", "9.5 A" */
char *phaeton_ctl_dup_amperes (double value_mA);

void phaeton_ctl_print_json (JsonNode *node);

G_END_DECLS
