/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* A disk that fails on request, below SQLite: every file opened after fault_vfs_install() goes
 * through it. */
typedef enum {
  FAULT_NONE,
  FAULT_FULL, /* writes find no room */
  FAULT_TORN, /* half of the write is done, then it fails */
  FAULT_SYNC, /* what was written is not made durable */
} Fault;

void fault_vfs_install (void);

/* the @after-th write or sync from now fails, and all that follow until FAULT_NONE */
void fault_vfs_set (Fault fault, int after);
