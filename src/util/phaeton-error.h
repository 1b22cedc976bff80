/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * PhaetonError:
 *
 * A code names what the caller does next, not where it broke. The domain is registered with
 * D-Bus names (de.phaeton.Error.*), so that it survives a trip over the bus.
 */
typedef enum {
  PHAETON_ERROR_OFFLINE,     /* no answer: retry, backing off */
  PHAETON_ERROR_PROTOCOL,    /* an answer nobody can decode: log the bytes, retry */
  PHAETON_ERROR_IMPLAUSIBLE, /* decoded, physically impossible: fail safe */
  PHAETON_ERROR_REFUSED,     /* the peer said no: tell the user, do not retry */
  PHAETON_ERROR_CONFIG,      /* only a person can mend it; the message has file, line and key */
  PHAETON_ERROR_READ_ONLY,   /* a write to a field that nobody may write */
  PHAETON_ERROR_TYPE,        /* a written value of the wrong type */
  PHAETON_ERROR_RANGE,       /* a written value out of range; the message says the range */
  PHAETON_ERROR_UNKNOWN,     /* no such charger, field or key */
  PHAETON_ERROR_STORAGE,     /* disk full, read-only, torn file: keep in memory, say it, retry */
} PhaetonError;

#define PHAETON_ERROR (phaeton_error_quark ())
GQuark phaeton_error_quark (void);

G_END_DECLS
