/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "phaeton-saved-charger.h"

G_BEGIN_DECLS

/* What survives a restart and a power cut: what people asked of each charger and its session.
 * One JSON file, state.json in the state directory, replaced whole. */

/**
 * phaeton_state_file_load:
 * @ancestors: (array zero-terminated=1): state files of older programs, tried when there is none
 *   of ours; the first that can be read becomes the state of charger "1"
 *
 * Never fails: a file that cannot be understood is kept aside as state.json.broken and warned of.
 * Blocking: for the start only.
 *
 * Returns: (transfer full) (element-type utf8 PhaetonSavedCharger): by id
 */
GHashTable *phaeton_state_file_load (const char *state_dir, const char *const *ancestors);

/* one file's text, ours or an ancestor's; errors as phaeton_json_parse(), and PHAETON_ERROR_TYPE
 * when it is neither */
GHashTable *phaeton_state_file_parse (const char *text, gssize length, GError **error);

/* Returns: (transfer full) */
GBytes *phaeton_state_file_print (GHashTable *chargers);

/**
 * phaeton_state_file_save_async:
 *
 * Replaces the file in the worker: temporary file, fsync, rename, fsync of the directory.
 */
void phaeton_state_file_save_async (const char *state_dir, GHashTable *chargers,
                                    GAsyncReadyCallback callback, gpointer user_data);
gboolean phaeton_state_file_save_finish (GAsyncResult *result, GError **error);

G_END_DECLS
