/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-sample.h"

G_BEGIN_DECLS

/* What an installer should set otherwise: seen in what the station reads back. */

typedef enum {
  ALFEN_ADVICE_NOT_ACCOUNTED = 1 << 0, /* it takes set-points and does not use them */
  ALFEN_ADVICE_VALIDITY = 1 << 1,      /* it forgets them faster than we can repeat them */
  ALFEN_ADVICE_SAFE_ZERO = 1 << 2,     /* it falls back to nothing */
  ALFEN_ADVICE_SAFE_HIGH = 1 << 3,     /* it falls back to more than the station may draw */
  ALFEN_ADVICE_SAFE_FUSE = 1 << 4,     /* it falls back to more than the fuse before it can bear */
} AlfenAdvice;

typedef struct {
  int validity_s; /* learned after a write, 0 unknown */
  gint64 poll_interval_ms;
  gint64 written_ago_ms; /* since the last write that was verified, -1 none */
  int failsafe_mA;       /* phaeton_charger_set_failsafe() */
} AlfenAdviceFacts;

#define ALFEN_MIN_REASSERT_MS 2000 /* nothing is repeated faster */

/* how often a set-point with that validity is to be repeated; 0: unknown */
gint64 alfen_reassert_ms (int validity_s);

/* Returns: AlfenAdvice bits */
guint32 alfen_advise (const PhaetonChargerSample *sample, const AlfenAdviceFacts *facts);

/* the sentence for one bit, with the figures */
char *alfen_advice_dup_text (AlfenAdvice advice, const PhaetonChargerSample *sample,
                             const AlfenAdviceFacts *facts);

G_END_DECLS
