/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * PhaetonSimSeries:
 *
 * Load and sun of real days, read once and then shared. Played in a loop of whole days, so that
 * the hour of the day is always right.
 */
typedef struct {
  gint64 start_at;
  gint64 step_s;
  guint n;
  double *load_w; /* (array length=n) */
  double *pv_w;   /* (array length=n) */
} PhaetonSimSeries;

/**
 * phaeton_sim_series_parse:
 * @text: CSV with the header time_utc,load_w,pv_w[,...]; equal steps; an empty cell is missing and
 *   filled from its neighbours
 *
 * Returns: (transfer full): or %NULL with PHAETON_ERROR_CONFIG, which names the line
 */
PhaetonSimSeries *phaeton_sim_series_parse (const char *text, GError **error);
void phaeton_sim_series_free (PhaetonSimSeries *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonSimSeries, phaeton_sim_series_free)

/* straight lines between the values */
void phaeton_sim_series_get (const PhaetonSimSeries *self, gint64 at_ms, double *load_w,
                             double *pv_w);

G_END_DECLS
