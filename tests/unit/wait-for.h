/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Runs the main loop until @condition holds; a test that waits for ever fails. */

#define WAIT_DEADLINE_MS 20000

static inline gboolean
expire_cb (gpointer user_data)
{
  g_error ("deadline passed");
  return G_SOURCE_REMOVE;
}

#define WAIT_FOR(condition)                                                                        \
  G_STMT_START                                                                                     \
  {                                                                                                \
    const guint deadline_id = g_timeout_add (WAIT_DEADLINE_MS, expire_cb, NULL);                   \
    while (!(condition))                                                                           \
      g_main_context_iteration (NULL, TRUE);                                                       \
    g_source_remove (deadline_id);                                                                 \
  }                                                                                                \
  G_STMT_END
