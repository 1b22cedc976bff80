/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-columns.h"
#include "phaeton-config.h"
#include "phaeton-decision.h"

G_BEGIN_DECLS

/* What core was given and what it decided, as bytes. The format: docs/replay.md. No addresses,
 * names of people or secrets are in it: only numbers, and the ids of chargers and circuits. */

#define PHAETON_RECORDING_MAX_BYTES (1024 * 1024 * 1024) /* what a reader takes */
#define PHAETON_RECORDING_MAX_PRICES 20000
#define PHAETON_RECORDING_MAX_WINDOWS 1000

typedef struct _PhaetonRecordingWriter PhaetonRecordingWriter;
typedef struct _PhaetonRecordingReader PhaetonRecordingReader;

PhaetonRecordingWriter *phaeton_recording_writer_new (void);
void phaeton_recording_writer_free (PhaetonRecordingWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonRecordingWriter, phaeton_recording_writer_free)

/* a file begins with this, and then a key; @version: phaeton_core_get_version () of who decided */
void phaeton_recording_writer_add_head (PhaetonRecordingWriter *self, const char *version,
                                        GByteArray *out);

/* from here on core works with @config and @state: at the begin, and whenever settings change */
void phaeton_recording_writer_add_key (PhaetonRecordingWriter *self, const PhaetonConfig *config,
                                       const PhaetonState *state, GByteArray *out);

/* one step; @input and @decision as those of core, of as many chargers as the key */
void phaeton_recording_writer_add_step (PhaetonRecordingWriter *self, const PhaetonInput *input,
                                        const PhaetonDecision *decision, GByteArray *out);

typedef enum {
  PHAETON_RECORDING_KEY,  /* config and state are new */
  PHAETON_RECORDING_STEP, /* input and decision are */
  PHAETON_RECORDING_END,
} PhaetonRecordingEvent;

/**
 * phaeton_recording_reader_new:
 *
 * Takes any bytes. Members are found by their names, so that a recording of another version can be
 * read as far as both know the same.
 *
 * Returns: %NULL with PHAETON_ERROR_PROTOCOL, which says at which byte
 */
PhaetonRecordingReader *phaeton_recording_reader_new (GBytes *bytes, GError **error);
void phaeton_recording_reader_free (PhaetonRecordingReader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonRecordingReader, phaeton_recording_reader_free)

/* of the core that decided what is in it */
const char *phaeton_recording_reader_get_version (PhaetonRecordingReader *self);

/* Returns: (element-type utf8): members that only one side knows, "charger-state.sun.on" */
GPtrArray *phaeton_recording_reader_get_unknown (PhaetonRecordingReader *self);
GPtrArray *phaeton_recording_reader_get_missing (PhaetonRecordingReader *self);

/* the end is cut off in the middle of a frame, as after a power cut; known at the END */
gboolean phaeton_recording_reader_is_cut (PhaetonRecordingReader *self);

gsize phaeton_recording_reader_get_offset (PhaetonRecordingReader *self);

gboolean phaeton_recording_reader_next (PhaetonRecordingReader *self, PhaetonRecordingEvent *event,
                                        GError **error);

/* of the last key, and of the last step; borrowed until the next call of next() */
PhaetonConfig *phaeton_recording_reader_get_config (PhaetonRecordingReader *self);
const PhaetonState *phaeton_recording_reader_get_state (PhaetonRecordingReader *self);
const PhaetonInput *phaeton_recording_reader_get_input (PhaetonRecordingReader *self);
const PhaetonDecision *phaeton_recording_reader_get_decision (PhaetonRecordingReader *self);

G_END_DECLS
