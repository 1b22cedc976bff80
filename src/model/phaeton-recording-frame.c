/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-recording-frame.h"

static guint32
add_byte (guint32 hash, guint8 byte)
{
  return (hash ^ byte) * 16777619u;
}

guint32
phaeton_frame_get_check (guint8 tag, const guint8 *payload, gsize length)
{
  guint32 hash = add_byte (2166136261u, tag);

  for (gsize i = 0; i < length; i++)
    hash = add_byte (hash, payload[i]);
  return hash;
}

/* most values of a frame are of the same moment: the first time is told, the others follow it */
guint64
phaeton_column_pack (PhaetonColumnKind kind, guint64 before, guint64 now, gboolean *time_known,
                     guint64 *time)
{
  guint64 base = before;

  if (kind == PHAETON_COLUMN_DOUBLE || kind == PHAETON_COLUMN_TEXT)
    return GUINT64_SWAP_LE_BE (before ^ now); /* short numbers have their zeros at the end */
  if (kind == PHAETON_COLUMN_TIME) {
    base = *time_known ? *time : before;
    *time_known = TRUE;
    *time = now;
  }
  return phaeton_zigzag (now - base);
}

guint64
phaeton_column_unpack (PhaetonColumnKind kind, guint64 before, guint64 packed, gboolean *time_known,
                       guint64 *time)
{
  guint64 now;

  if (kind == PHAETON_COLUMN_DOUBLE || kind == PHAETON_COLUMN_TEXT)
    return before ^ GUINT64_SWAP_LE_BE (packed);
  if (kind != PHAETON_COLUMN_TIME)
    return before + phaeton_unzigzag (packed);
  now = (*time_known ? *time : before) + phaeton_unzigzag (packed);
  *time_known = TRUE;
  *time = now;
  return now;
}
