/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-record-fill.h"

#include "phaeton-house.h"

static void
fill_why (const PhaetonChain *chain, PhaetonSnapshot *snapshot, PhaetonChargerRecord *record)
{
  const PhaetonVerdict *binding = phaeton_chain_get_binding (chain);
  g_autofree char *text = NULL;
  g_autofree char *values = NULL;

  if (binding == NULL)
    return;
  text = phaeton_verdict_to_text (binding, snapshot->circuits);
  SET (WHY, why, phaeton_snapshot_take_text (snapshot, text));
  SET (WHY_CODE, why_code, phaeton_why_get_name (binding->code));
  values = phaeton_verdict_list_values (binding, snapshot->circuits);
  SET (WHY_VALUES, why_values, phaeton_snapshot_take_text (snapshot, values));
}

static void
fill_session (const PhaetonSessionState *session, PhaetonSnapshot *snapshot,
              PhaetonChargerRecord *record)
{
  SET (SESSION_RUNNING, session_running, session->running ? 1 : 0);
  if (!session->exists) {
    /* before the first car: nothing was delivered, which is known */
    SET (SESSION_ENERGY, session_energy_wh, 0);
    SET (SESSION_TIME, session_time_s, 0);
    return;
  }
  SET (SESSION_ID, session_id, phaeton_snapshot_take_text (snapshot, session->id));
  if (session->started_at > 0)
    SET (SESSION_STARTED, session_started_at, session->started_at);
  if (!session->running && session->ended_at > 0)
    SET (SESSION_ENDED, session_ended_at, session->ended_at);
  SET (SESSION_ENERGY, session_energy_wh, session->gained_wh);
  SET (SESSION_TIME, session_time_s, session->charging_ms / 1000);
  SET (SESSION_PEAK, session_peak_w, session->peak_w);
  SET (SESSION_START_ENERGY, session_start_wh, session->start_wh);
  SET (SESSION_SUN, session_sun_wh, session->sun_mWh / 1000);
  SET (SESSION_BATTERY, session_battery_wh, session->battery_mWh / 1000);
  SET (SESSION_GRID, session_grid_wh, session->grid_mWh / 1000);
  if (session->cost_known) {
    SET (SESSION_COST, session_cost_micros, session->cost_micros);
    SET (SESSION_SAVED, session_saved_micros, session->saved_micros);
  }
}

void
phaeton_record_fill_decided (PhaetonSnapshot *snapshot, guint index,
                             const PhaetonChargerConfig *config, gboolean online,
                             const PhaetonChargerDecision *decision,
                             const PhaetonSessionState *session)
{
  PhaetonChargerRecord *record = &snapshot->chargers[index];

  if (online)
    SET (STATUS, status, (int) decision->status);
  SET (LIMIT, limit_mA, decision->limit_mA);
  fill_why (&decision->chain, snapshot, record);
  fill_session (session, snapshot, record);
  if (config->legacy_energy)
    SET (FORWARD, forward_wh, record->session_energy_wh);
  else if (phaeton_field_is_present (phaeton_field (PHAETON_FIELD_ENERGY), record))
    SET (FORWARD, forward_wh, record->energy_wh);
}

void
phaeton_record_fill_house (PhaetonSiteRecord *record, const PhaetonHomeSample *home, gint64 now_ms)
{
  PhaetonHouse house;

  phaeton_house_sum (home, now_ms, &house);
  if (house.grid_w.known)
    SET (SITE_GRID, grid_w, (int) house.grid_w.value);
  if (house.pv_w.known)
    SET (SITE_PV, pv_w, (int) house.pv_w.value);
  if (house.battery_w.known)
    SET (SITE_BATTERY, battery_w, (int) house.battery_w.value);
  if (house.battery_soc_percent.known)
    SET (SITE_BATTERY_SOC, battery_soc_percent, house.battery_soc_percent.value);
  if (house.consumption_w.known)
    SET (SITE_CONSUMPTION, consumption_w, (int) house.consumption_w.value);
}
