/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config-reading.h"
#include "phaeton-settings.h"

G_BEGIN_DECLS

#define PHAETON_SETTINGS_RETRY_S 60

/* phaeton-settings.c loads and answers, -watch.c follows the file, -patch.c changes, -save.c
 * writes, -secrets.c fetches */
struct _PhaetonSettings {
  GObject parent_instance;

  char *path;      /* (nullable): the file in use */
  char *save_path; /* (nullable): the same, or where one would be made */
  char *state_dir; /* (nullable) */
  GHashTable *secrets;
  PhaetonReading *reading; /* the last good one */
  GPtrArray *problems;
  GPtrArray *refused; /* (nullable): the problems for which the file as it stands is not in force */
  guint generation;   /* counts changes by phaeton_settings_patch_async() */

  GFileMonitor *monitor;
  guint debounce_id;

  GPtrArray *unsaved; /* (element-type PhaetonYamlEdit): in force, not in the file */
  gboolean secrets_unsaved;
  GPtrArray *waiting; /* (element-type GTask): to be told when these are saved */
  gboolean is_saving;
  gboolean save_failed; /* the last time */
  guint retry_id;

  guint fetch_id; /* of secrets, again */

  GCancellable *cancellable;
};

/* takes @reading, a good one, and tells everybody */
void phaeton_settings_set_reading (PhaetonSettings *self, PhaetonReading *reading);
/* @problems: (nullable): why the file as it stands is refused; NULL: it is not. They stay those of
 * the settings whatever is changed meanwhile. */
void phaeton_settings_set_refused (PhaetonSettings *self, GPtrArray *problems);
void phaeton_settings_set_problems (PhaetonSettings *self, GPtrArray *problems);

/* (transfer full): cancelled by itself after some seconds */
GCancellable *phaeton_settings_new_patience (void);

/* fetches the secrets that are in the Secret Service, until all are there */
void phaeton_settings_fetch_secrets (PhaetonSettings *self);

/* saves what is unsaved unless that is going on already */
void phaeton_settings_save (PhaetonSettings *self);

G_END_DECLS
