/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "phaeton-clock.h"
#include "phaeton-config.h"
#include "phaeton-decision.h"
#include "phaeton-decision-log.h"
#include "phaeton-fields.h"
#include "phaeton-price-desk.h"
#include "phaeton-history.h"

G_BEGIN_DECLS

#define PHAETON_TYPE_SITE (phaeton_site_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonSite, phaeton_site, PHAETON, SITE, GObject)

/**
 * PhaetonSite:
 *
 * The living model: owns the chargers' controllers, ticks, calls core, publishes snapshots. The
 * only door for writes. Main thread only.
 *
 * Signals:
 * - "published" (PhaetonSnapshot *): after each step. An accepted write steps in the next turn of
 *   the main loop, once for all writes until then; get_snapshot() shows it before that
 * - "config-changed": phaeton_site_get_config() answers another one
 */

/* who writes; for the log and the decision log */
typedef enum {
  PHAETON_ACTOR_DBUS,
  PHAETON_ACTOR_WEB,
  PHAETON_ACTOR_CTL,
  PHAETON_ACTOR_SETTINGS, /* the Victron settings service, the settings file */
} PhaetonActor;

PhaetonSite *phaeton_site_new (PhaetonConfig *config, PhaetonClock *clock, const char *state_dir);

/* before start(): every step is written to @path and its older files, see PhaetonRecorder */
void phaeton_site_record (PhaetonSite *self, const char *path);

/* reads the state, starts devices and the tick */
void phaeton_site_start (PhaetonSite *self);

/**
 * phaeton_site_stop_async:
 *
 * Writes what the settings want to stay in each charger, flushes the state, stops all devices.
 * Ends within 1.2 s, chargers that do not answer notwithstanding.
 */
void phaeton_site_stop_async (PhaetonSite *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean phaeton_site_stop_finish (PhaetonSite *self, GAsyncResult *result, GError **error);

/* live: chargers whose wire did not change keep running */
void phaeton_site_set_config (PhaetonSite *self, PhaetonConfig *config);
PhaetonConfig *phaeton_site_get_config (PhaetonSite *self);

/* Returns: (transfer none): the newest; never NULL after new() */
PhaetonSnapshot *phaeton_site_get_snapshot (PhaetonSite *self);

/* Returns: (transfer none): what was decided in the last 24 hours */
PhaetonDecisionLog *phaeton_site_get_decision_log (PhaetonSite *self);

/**
 * phaeton_site_set_order:
 * @limit_w: of all chargers together; -1: none
 * @limit_mA: per phase of the grid, all chargers together; -1: none
 * @duration_s: void after it; 0 ends the order now
 *
 * A limit from outside on the whole site, as a grid operator dims it (section 14a EnWG). Only
 * lowers; whoever gave it must repeat it.
 */
void phaeton_site_set_order (PhaetonSite *self, int limit_w, int limit_mA, gint64 duration_s,
                             PhaetonActor actor);
void phaeton_site_get_order (PhaetonSite *self, PhaetonOrder *order);

/* Returns: (transfer none): the chain behind @charger's limit, of the last step */
const PhaetonChain *phaeton_site_get_chain (PhaetonSite *self, guint charger);

/**
 * phaeton_site_write:
 * @charger: index
 * @value: as it came over the wire, see phaeton_field_parse()
 * @altered: (out) (optional): the value was clamped or trimmed on its way in
 *
 * The one door for every write from every face: validated, visible in the next snapshot at once
 * (before this returns), and the step that carries it out is scheduled.
 *
 * Returns: %FALSE with the errors of phaeton_field_parse(), or PHAETON_ERROR_UNKNOWN
 */
gboolean phaeton_site_write (PhaetonSite *self, guint charger, PhaetonFieldId field,
                             GVariant *value, PhaetonActor actor, gboolean *altered,
                             GError **error);

/* @name: (nullable): by which the Victron system sees @charger; NULL: it does not. For snapshots.
 */
void phaeton_site_note_service (PhaetonSite *self, guint charger, const char *name);

/* (nullable): what went wrong last with a charger, and when (wall seconds UTC); NULL: nothing */
const char *phaeton_site_get_trouble (PhaetonSite *self, guint charger, gint64 *at);

/* what the house measures, every value known or not and with its age */
void phaeton_site_get_home_sample (PhaetonSite *self, PhaetonHomeSample *sample);

/* Returns: (transfer none): what power costs */
/* what @charger goes by before its deadline; without runs where there is none. Borrowed until the
 * main loop turns */
const PhaetonPlanState *phaeton_site_get_plan (PhaetonSite *self, guint charger);

PhaetonPriceDesk *phaeton_site_get_price_desk (PhaetonSite *self);

/* (nullable): IANA name, of the settings or of the house; valid until the main loop turns */
const char *phaeton_site_get_time_zone (PhaetonSite *self);

/* Returns: (transfer none): sessions and time series of the past */
PhaetonHistory *phaeton_site_get_history (PhaetonSite *self);

G_END_DECLS
