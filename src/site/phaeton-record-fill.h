/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-decision.h"
#include "phaeton-fields.h"

G_BEGIN_DECLS

/* How the makers of a snapshot fill a local `record`: a member and its presence bit together, so
 * that neither is forgotten. SET_TEXT copies into a local `snapshot`; NULL is unknown. */

#define SET(field, member, value)                                                                  \
  G_STMT_START                                                                                     \
  {                                                                                                \
    record->member = (value);                                                                      \
    phaeton_field_set_present (PHAETON_FIELD_##field, record);                                     \
  }                                                                                                \
  G_STMT_END

#define SET_TEXT(field, member, value)                                                             \
  G_STMT_START                                                                                     \
  {                                                                                                \
    const char *text_ = (value);                                                                   \
    if (text_ != NULL)                                                                             \
      SET (field, member, phaeton_snapshot_take_text (snapshot, text_));                           \
  }                                                                                                \
  G_STMT_END

/* what was decided for one charger, why, and its session; after the controller filled its part */
void phaeton_record_fill_decided (PhaetonSnapshot *snapshot, guint index,
                                  const PhaetonChargerConfig *config, gboolean online,
                                  const PhaetonChargerDecision *decision,
                                  const PhaetonSessionState *session);

/* the house as its meters show it */
void phaeton_record_fill_house (PhaetonSiteRecord *record, const PhaetonHomeSample *home,
                                gint64 now_ms);

G_END_DECLS
