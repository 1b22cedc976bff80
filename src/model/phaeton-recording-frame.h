/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#include "phaeton-columns.h"

G_BEGIN_DECLS

/* What writer and reader of recordings agree on. */

#define PHAETON_RECORDING_MAGIC "PHAETON-RECORDING 1\n"

#define PHAETON_FRAME_HEAD 'H'
#define PHAETON_FRAME_KEY 'K'
#define PHAETON_FRAME_PRICES 'P'
#define PHAETON_FRAME_STEP 'S'

#define PHAETON_FRAME_CHECK_BYTES 4

/* FNV-1a of tag and payload: finds damage, not malice */
guint32 phaeton_frame_get_check (guint8 tag, const guint8 *payload, gsize length);

/* small numbers, whatever their sign, become small words */
static inline guint64
phaeton_zigzag (guint64 value)
{
  return (value << 1) ^ (guint64) - (gint64) (value >> 63);
}

static inline guint64
phaeton_unzigzag (guint64 word)
{
  return (word >> 1) ^ (guint64) - (gint64) (word & 1);
}

/* a changed word as the file has it, and back; @time: (inout): the last time of this frame */
guint64 phaeton_column_pack (PhaetonColumnKind kind, guint64 before, guint64 now,
                             gboolean *time_known, guint64 *time);
guint64 phaeton_column_unpack (PhaetonColumnKind kind, guint64 before, guint64 packed,
                               gboolean *time_known, guint64 *time);

G_END_DECLS
