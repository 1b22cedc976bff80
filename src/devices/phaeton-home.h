/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

#include "phaeton-sample.h"

G_BEGIN_DECLS

#define PHAETON_TYPE_HOME (phaeton_home_get_type ())
G_DECLARE_INTERFACE (PhaetonHome, phaeton_home, PHAETON, HOME, GObject)

/**
 * PhaetonHome:
 *
 * The energy system of the house, whatever it is. Delivers what it measures, every value known or
 * not and with its age. Main thread only; nothing may block. Between start() and stop() it finds
 * its system by itself and finds it again.
 *
 * Signals:
 * - "sampled": a measurement changed; at most as often as the system measures
 */
struct _PhaetonHomeInterface { /* all mandatory */
  GTypeInterface g_iface;

  void (*start) (PhaetonHome *self);
  void (*stop) (PhaetonHome *self);
  void (*get_sample) (PhaetonHome *self, PhaetonHomeSample *sample);
  const char *(*get_time_zone) (PhaetonHome *self);
};

void phaeton_home_start (PhaetonHome *self);
void phaeton_home_stop (PhaetonHome *self);

/* fills all of @sample; what is not known is not known */
void phaeton_home_get_sample (PhaetonHome *self, PhaetonHomeSample *sample);

/* IANA name as the system is set, NULL: unknown; valid until the main loop turns */
const char *phaeton_home_get_time_zone (PhaetonHome *self);

/* for drivers */
void phaeton_home_emit_sampled (PhaetonHome *self);

G_END_DECLS
