/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"

G_BEGIN_DECLS

#define PHAETON_MAX_FUSE_mA 1000000

/* what a text or a list must look like beyond its type */
typedef enum {
  PHAETON_FORMAT_NONE,
  PHAETON_FORMAT_HOST,      /* address or host name; a list: of these */
  PHAETON_FORMAT_TIME,      /* HH:MM, "" unset */
  PHAETON_FORMAT_DATE,      /* YYYY-MM-DD, "" unset */
  PHAETON_FORMAT_MONTH_DAY, /* MM-DD, "" unset */
  PHAETON_FORMAT_HOLIDAY,   /* list of MM-DD, YYYY-MM-DD, easter, easter+N, easter-N */
  PHAETON_FORMAT_CURRENCY,  /* ISO 4217, "" unset */
  PHAETON_FORMAT_DAYS,      /* list of 0 (Monday) to 6 */
  PHAETON_FORMAT_TIMEZONE,  /* IANA name, "" unset */
  PHAETON_FORMAT_ROTATION,  /* L1L2L3 or RST, in any order */
  PHAETON_FORMAT_DRIVER,    /* id of a driver: [a-z0-9_-], 1 to 32 characters */
  PHAETON_FORMAT_REFERENCE, /* id of a circuit, "" unset */
  PHAETON_FORMAT_LEVEL,     /* log level: older names count */
  PHAETON_FORMAT_ORIGIN,    /* list of scheme://host[:port] */
  PHAETON_FORMAT_PROXY,     /* the same, also socks5, "" unset */
  PHAETON_FORMAT_PHASES,    /* list of three mA, or one number for all; empty: unset */
  PHAETON_FORMAT_FUSE,      /* the same, each at least 6000 */
} PhaetonFormat;

/* whether @text, or one element of a list of texts, has that form */
gboolean phaeton_format_matches (PhaetonFormat format, const char *text);

/* (nullable): in words, for messages */
const char *phaeton_format_describe (PhaetonFormat format);

/* @map: (out): grid phase 0..2 of each of the three */
gboolean phaeton_format_parse_rotation (const char *text, guint8 *map);

/* @month_day: (out): 1225; FALSE, and 0: it is none */
gboolean phaeton_format_parse_month_day (const char *text, int *month_day);

gboolean phaeton_format_parse_holiday (const char *text, PhaetonHoliday *holiday);

/* @day: (out): counts from 1970-01-01 */
gboolean phaeton_format_parse_date (const char *text, gint64 *day);

G_END_DECLS
