/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* where things live: daemon and command line must agree */

/* $STATE_DIRECTORY, else /data/phaeton on Venus OS, else /var/lib/phaeton for root, else
 * $XDG_STATE_HOME/phaeton. Returns: (transfer full): not created yet */
char *phaeton_paths_dup_state_dir (void);

/* the unix socket of the daemon that keeps its state in @state_dir */
char *phaeton_paths_dup_socket (const char *state_dir);

/* a GX: /opt/victronenergy is there */
gboolean phaeton_paths_is_venus (void);

/* folder with our installed data, or the one of the source tree when run from the build folder;
 * "schemas", "webui", ... Returns: (transfer full) */
char *phaeton_paths_dup_data (const char *name);

G_END_DECLS
