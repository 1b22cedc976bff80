/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-config.h"
#include "phaeton-sample.h"

G_BEGIN_DECLS

/* The registers of an Alfen NG9xx, without a wire: which to read, and what the words mean. Words
 * in, plain values out; every value is known or not by itself. The parts that are not configurable
 * keep their distance to those that are. */

#define ALFEN_MAX_WORDS 125 /* what one request can carry */
#define ALFEN_MAX_BLOCKS 8  /* never more: as many ranges as there are groups of values */

/* words that one request reads */
typedef struct {
  guint16 address;
  guint16 count;
  gboolean known; /* they were read */
  int took_ms;
  guint16 words[ALFEN_MAX_WORDS];
} AlfenBlock;

typedef struct {
  guint n_blocks;
  AlfenBlock blocks[ALFEN_MAX_BLOCKS]; /* by rising address */
} AlfenImage;

/**
 * alfen_plan_socket:
 * @merged: with as few requests as possible (two with the usual addresses); else each group of
 *   values by itself, for a station that refuses what lies between them
 *
 * Lays out what a poll reads of the socket's unit.
 */
void alfen_plan_socket (const PhaetonRegisterConfig *registers, gboolean merged, AlfenImage *image);

/* likewise of the station's unit: its limit and, with @identity, who it is and how long it runs */
void alfen_plan_station (const PhaetonRegisterConfig *registers, gboolean merged, gboolean identity,
                         AlfenImage *image);

/* Returns: (nullable): @count words from @address on, or %NULL: not read */
const guint16 *alfen_image_find (const AlfenImage *image, guint16 address, guint16 count);

/* fills what the socket's unit tells: all of @sample but at_ms, station maximum and temperature */
void alfen_decode_socket (const PhaetonRegisterConfig *registers, const AlfenImage *image,
                          PhaetonChargerSample *sample);

/* fills station maximum and temperature; what is unknown in @image stays as it is in @sample */
void alfen_decode_station (const PhaetonRegisterConfig *registers, const AlfenImage *image,
                           PhaetonChargerSample *sample);

/* Returns: (nullable): blanks and padding trimmed; %NULL: not read, empty, unreadable */
char *alfen_decode_text (const AlfenImage *image, guint16 address, guint16 count);

/* FALSE: unknown */
gboolean alfen_decode_uptime (const AlfenImage *image, gint64 *uptime_ms);

/* the part that shows whether a set-point was taken: a read of ALFEN_CONTROL_WORDS from here on */
#define ALFEN_CONTROL_WORDS 9
guint16 alfen_control_address (const PhaetonRegisterConfig *registers);

/* fills applied, set-point, its time, safe current and whether it is accounted for */
void alfen_decode_control (const guint16 words[ALFEN_CONTROL_WORDS], PhaetonChargerSample *sample);

/* a limit as the set-point register takes it */
void alfen_encode_current (int current_mA, guint16 words[2]);

G_END_DECLS
