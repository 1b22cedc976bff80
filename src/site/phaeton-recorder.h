/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"

G_BEGIN_DECLS

#define PHAETON_RECORDER_MAX_BYTES (32 * 1024 * 1024) /* of one file */
#define PHAETON_RECORDER_KEPT 4                       /* older files beside the current one */

/**
 * PhaetonRecorder:
 *
 * Writes what core is given and decides to a file, for phaeton-sim replay. Called by the main
 * thread; the shared worker writes. When a file is full it becomes PATH.1, the one before it
 * PATH.2, up to @n_kept; each can be replayed by itself. When the disk is slower than the house,
 * steps are left out, never waited for.
 */
typedef struct _PhaetonRecorder PhaetonRecorder;

PhaetonRecorder *phaeton_recorder_new (const char *path, gsize max_bytes, guint n_kept);

/* gives what is left to the worker; phaeton_worker_drain() waits for it */
void phaeton_recorder_free (PhaetonRecorder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonRecorder, phaeton_recorder_free)

/* @state: the one that core was given with @input */
void phaeton_recorder_add (PhaetonRecorder *self, PhaetonConfig *config, const PhaetonInput *input,
                           const PhaetonState *state, const PhaetonDecision *decision);

G_END_DECLS
