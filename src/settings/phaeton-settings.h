/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "phaeton-config.h"

G_BEGIN_DECLS

#define PHAETON_TYPE_SETTINGS (phaeton_settings_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonSettings, phaeton_settings, PHAETON, SETTINGS, GObject)

/**
 * PhaetonSettings:
 *
 * The YAML file that people edit, watched and written with its comments kept; the schema that
 * declares every key once; the last good PhaetonConfig made from both and the environment.
 * Main thread only; files are written by the worker.
 *
 * Signals:
 * - "config-changed": phaeton_settings_get_config() answers another one. Never for a bad file:
 *   then the last good values stay in force and "problems-changed" comes instead.
 * - "problems-changed": phaeton_settings_get_problems() answers another list
 */

/* one thing that is wrong with a value; warnings do not refuse it */
typedef struct {
  gboolean is_error;
  char *key;     /* path in the contract's words, "modbus.port", "schedule.items[0].days" */
  int line;      /* in the file, from 1; 0: not from the file */
  char *message; /* what is wrong, with the value found */
  char *allowed; /* what would be right, or NULL */
} PhaetonProblem;

void phaeton_problem_free (PhaetonProblem *self);

/* "/etc/phaeton/config.yaml:12: modbus.port: "99999" is out of range; expected a whole number from
 * 1 to 65535"; @path may be NULL */
char *phaeton_problem_to_text (const PhaetonProblem *self, const char *path);

/**
 * phaeton_settings_set_drivers:
 * @ids: NULL-terminated, for ever
 *
 * The values that the key driver may have, which only the registry of devices knows. Once, before
 * anything is loaded; without it any id is taken.
 */
void phaeton_settings_set_drivers (const char *const *ids);

/**
 * phaeton_settings_load:
 * @path: (nullable): only that file; %NULL: the search order of the contract, and no file at all
 *   means the built-in defaults, and no charger
 * @state_dir: where secrets that are not in the file live, 0600
 *
 * Blocking: for the start of a program only.
 *
 * Returns: (transfer full): or %NULL with PHAETON_ERROR_CONFIG, whose message has one line per
 *   problem
 */
PhaetonSettings *phaeton_settings_load (const char *path, const char *state_dir, GError **error);

/* begins to watch the file, or where it would be made; what changes from outside applies live */
void phaeton_settings_watch (PhaetonSettings *self);

/* Returns: (transfer none): the last good one, never NULL */
PhaetonConfig *phaeton_settings_get_config (PhaetonSettings *self);

/* the file in use, where changes are saved; NULL: none yet, see phaeton_settings_get_save_path() */
const char *phaeton_settings_get_path (PhaetonSettings *self);
const char *phaeton_settings_get_save_path (PhaetonSettings *self);

/* Returns: (element-type PhaetonProblem) (transfer none): of the last load or change */
GPtrArray *phaeton_settings_get_problems (PhaetonSettings *self);

/* FALSE: what was changed applies, and is not in the file yet because that could not be written */
gboolean phaeton_settings_is_saved (PhaetonSettings *self);

/**
 * phaeton_settings_dup_document:
 *
 * Every key of the contract with its value in force, in the contract's shape and units; keys of
 * the file that we do not know are in it too. Secrets are masked ("********"), never shown.
 */
JsonNode *phaeton_settings_dup_document (PhaetonSettings *self);

/**
 * phaeton_settings_patch_async:
 * @patch: RFC 7396 merge document over phaeton_settings_dup_document(); null: back to the default;
 *   a masked secret means: keep
 *
 * Validates the result; when good, applies it at once, then saves it to the file, comments and
 * order kept. Finishes with PHAETON_ERROR_CONFIG and leaves everything as it was when a value is
 * bad (@problems says which), with PHAETON_ERROR_STORAGE when it applied but could not be saved:
 * then saving is tried again every minute.
 */
void phaeton_settings_patch_async (PhaetonSettings *self, JsonNode *patch,
                                   GCancellable *cancellable, GAsyncReadyCallback callback,
                                   gpointer user_data);

/**
 * phaeton_settings_preview:
 * @patch: as for phaeton_settings_patch_async()
 *
 * What would be in force after that change, which nothing comes of.
 *
 * Returns: (transfer full): or %NULL with PHAETON_ERROR_CONFIG; @problems says why
 */
PhaetonConfig *phaeton_settings_preview (PhaetonSettings *self, JsonNode *patch,
                                         GPtrArray **problems, GError **error);

/* @problems: (out) (element-type PhaetonProblem) (transfer full) (optional): errors and warnings */
gboolean phaeton_settings_patch_finish (PhaetonSettings *self, GAsyncResult *result,
                                        GPtrArray **problems, GError **error);

/**
 * phaeton_settings_parse:
 * @length: of @yaml_text in bytes, or -1
 * @problems: (out) (element-type PhaetonProblem) (transfer full) (optional)
 *
 * A whole file as text, without environment, secrets or any file: for tests and for
 * "phaetonctl config check".
 *
 * Returns: (nullable): %NULL with PHAETON_ERROR_CONFIG
 */
PhaetonConfig *phaeton_settings_parse (const char *yaml_text, gssize length, GPtrArray **problems,
                                       GError **error);

/**
 * phaeton_settings_dup_json_schema:
 *
 * JSON Schema 2020-12 of phaeton_settings_dup_document(), for GET /api/v1/settings/schema and
 * forms. Beside title, description, default, minimum, maximum and enum: x-unit, x-step, x-format,
 * x-group, x-order, x-restart, x-secret and, below chargers, x-inherits.
 *
 * Returns: (transfer full) (nullable): %NULL when the settings schema is not installed
 */
JsonNode *phaeton_settings_dup_json_schema (void);

/* the form of older web pages, contract a9: GET /api/config/schema */
JsonNode *phaeton_settings_dup_ui_schema (void);

G_END_DECLS
