/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-documents.h"

#include <math.h>
#include <string.h>

/* keys of the ancestors' API that name steps which our poll does not have: always null, so that
 * clients which insist on them find them */
static const char *const absent_steps[] = { "read_currents_ms", "read_powers_ms",
                                            "read_energy_ms",   "read_station_max_ms",
                                            "pv_excess_ms",     "finalize_cycle_ms" };

/* NULL: there is no such record, and so every value is unknown */
static gconstpointer
get_record (const PhaetonField *field, const PhaetonSnapshot *snapshot, guint charger)
{
  if (field->scope == PHAETON_SCOPE_CHARGER && charger >= snapshot->n_chargers)
    return NULL;
  return phaeton_field_get_record (field, snapshot, charger);
}

static void
write_value (PhaetonJson *json, const char *name, const PhaetonField *field, gconstpointer record,
             const PhaetonFormat *format)
{
  double shown;

  if (record == NULL)
    phaeton_json_null (json, name);
  else if (field->type == PHAETON_TYPE_TEXT)
    phaeton_json_text (json, name, phaeton_field_get_text (field, record));
  else if (phaeton_field_get_shown (field, record, format, &shown))
    phaeton_json_double (json, name, shown, format->decimals);
  else
    phaeton_json_null (json, name);
}

static void
write_time (PhaetonJson *json, const char *name, const PhaetonField *field, gconstpointer record)
{
  double seconds;

  if (record != NULL && phaeton_field_get_number (field, record, &seconds))
    phaeton_json_time (json, name, (gint64) seconds * G_USEC_PER_SEC);
  else
    phaeton_json_null (json, name);
}

static gboolean
get_number (PhaetonFieldId id, const PhaetonSnapshot *snapshot, double *value)
{
  gconstpointer record = get_record (phaeton_field (id), snapshot, 0);

  return record != NULL && phaeton_field_get_number (phaeton_field (id), record, value);
}

static void
write_status_field (PhaetonJson *json, const char *name, const PhaetonField *field,
                    const PhaetonSnapshot *snapshot)
{
  gconstpointer record = get_record (field, snapshot, 0);

  if (field->type == PHAETON_TYPE_TIME)
    write_time (json, name, field, record);
  else
    write_value (json, name, field, record, &field->status_format);
}

/* the fields whose status path is "GROUP.name"; those without a group if @group is NULL */
static void
write_status_group (PhaetonJson *json, const PhaetonSnapshot *snapshot, const char *group)
{
  const gsize length = group != NULL ? strlen (group) : 0;
  guint n_fields;
  const PhaetonField *fields = phaeton_fields_get (&n_fields);

  for (guint i = 0; i < n_fields; i++)
    for (guint j = 0; j < G_N_ELEMENTS (fields[i].status) && fields[i].status[j] != NULL; j++) {
      const char *path = fields[i].status[j];
      const char *dot = strchr (path, '.');

      if (group == NULL && dot == NULL)
        write_status_field (json, path, &fields[i], snapshot);
      else if (group != NULL && dot != NULL && (gsize) (dot - path) == length &&
               strncmp (path, group, length) == 0)
        write_status_field (json, dot + 1, &fields[i], snapshot);
    }
}

static void
write_steps (PhaetonJson *json, const PhaetonSnapshot *snapshot)
{
  phaeton_json_begin_object (json, "poll_steps_ms");
  write_status_group (json, snapshot, "poll_steps_ms");
  for (guint i = 0; i < G_N_ELEMENTS (absent_steps); i++)
    phaeton_json_null (json, absent_steps[i]);
  phaeton_json_end_object (json);
}

static void
write_modbus_connected (PhaetonJson *json, const PhaetonSnapshot *snapshot)
{
  double connected;

  if (get_number (PHAETON_FIELD_CONNECTED, snapshot, &connected))
    phaeton_json_boolean (json, "modbus_connected", connected > 0);
  else
    phaeton_json_null (json, "modbus_connected");
}

void
phaeton_web_write_status (PhaetonJson *json, const PhaetonSnapshot *snapshot)
{
  phaeton_json_begin_object (json, NULL);
  phaeton_json_time_with_offset (json, "timestamp", snapshot->wall_us);
  write_status_group (json, snapshot, NULL);
  write_modbus_connected (json, snapshot);
  phaeton_json_begin_object (json, "session");
  write_status_group (json, snapshot, "session");
  phaeton_json_end_object (json);
  write_steps (json, snapshot);
  phaeton_json_end_object (json);
}

void
phaeton_web_write_metrics (PhaetonJson *json, const PhaetonSnapshot *snapshot, gint64 age_ms)
{
  static const PhaetonFieldId ids[] = { PHAETON_FIELD_POLL_DURATION, PHAETON_FIELD_TOTAL_POLLS,
                                        PHAETON_FIELD_OVERRUNS, PHAETON_FIELD_POLL_INTERVAL,
                                        PHAETON_FIELD_DRIVER_STATE };

  phaeton_json_begin_object (json, NULL);
  phaeton_json_int (json, "age_ms", age_ms);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++) {
    const PhaetonField *field = phaeton_field (ids[i]);

    write_status_field (json, field->status[0], field, snapshot);
  }
  write_modbus_connected (json, snapshot);
  write_steps (json, snapshot);
  phaeton_json_end_object (json);
}

static void
write_kwh (PhaetonJson *json, const char *name, gboolean known, double wh)
{
  phaeton_json_double_if (json, name, known, wh / 1000.0, 3);
}

static void
write_session (PhaetonJson *json, const char *name, const PhaetonSnapshot *snapshot,
               gboolean running)
{
  const PhaetonChargerRecord *record = &snapshot->chargers[0];
  double start_wh = 0, energy_wh = 0, time_s = 0;
  const gboolean knows_start = get_number (PHAETON_FIELD_SESSION_START_ENERGY, snapshot, &start_wh);
  const gboolean knows_energy = get_number (PHAETON_FIELD_SESSION_ENERGY, snapshot, &energy_wh);
  const gboolean knows_time = get_number (PHAETON_FIELD_SESSION_TIME, snapshot, &time_s);
  const PhaetonField *peak = phaeton_field (PHAETON_FIELD_SESSION_PEAK);
  const PhaetonField *cost = phaeton_field (PHAETON_FIELD_SESSION_COST);

  phaeton_json_begin_object (json, name);
  phaeton_json_text (json, "id",
                     phaeton_field_get_text (phaeton_field (PHAETON_FIELD_SESSION_ID), record));
  write_time (json, "start_time", phaeton_field (PHAETON_FIELD_SESSION_STARTED), record);
  write_time (json, "end_time", phaeton_field (PHAETON_FIELD_SESSION_ENDED), record);
  write_kwh (json, "start_energy_kwh", knows_start, start_wh);
  write_kwh (json, "end_energy_kwh", !running && knows_start && knows_energy, start_wh + energy_wh);
  write_kwh (json, "energy_delivered_kwh", knows_energy, energy_wh);
  write_value (json, "peak_power_w", peak, record, &peak->status_format);
  /* over the time in which energy flowed, not the time that the car stood there */
  phaeton_json_double_if (json, "average_power_w", knows_energy && knows_time && time_s > 0,
                          energy_wh * 3600.0 / time_s, 0);
  write_value (json, "cost", cost, record, &cost->v1);
  phaeton_json_text (json, "status", running ? "Active" : "Completed");
  phaeton_json_end_object (json);
}

void
phaeton_web_write_sessions (PhaetonJson *json, const PhaetonSnapshot *snapshot)
{
  const PhaetonField *id = phaeton_field (PHAETON_FIELD_SESSION_ID);
  double running = 0;
  gboolean is_running, exists;

  exists = snapshot->n_chargers > 0 && phaeton_field_get_text (id, &snapshot->chargers[0]) != NULL;
  is_running =
    exists && get_number (PHAETON_FIELD_SESSION_RUNNING, snapshot, &running) && running > 0;

  phaeton_json_begin_object (json, NULL);
  if (is_running)
    write_session (json, "current_session", snapshot, TRUE);
  else
    phaeton_json_null (json, "current_session");
  if (exists && !is_running)
    write_session (json, "last_session", snapshot, FALSE);
  else
    phaeton_json_null (json, "last_session");
  phaeton_json_begin_array (json, "history");
  if (exists && !is_running)
    write_session (json, NULL, snapshot, FALSE);
  phaeton_json_end_array (json);
  phaeton_json_end_object (json);
}

void
phaeton_web_write_dbus (PhaetonJson *json, const PhaetonSnapshot *snapshot)
{
  guint n_fields;
  const PhaetonField *fields = phaeton_fields_get (&n_fields);
  const PhaetonField *phases = phaeton_field (PHAETON_FIELD_PHASES); /* the ancestors' bus had it */

  phaeton_json_begin_object (json, NULL);
  for (guint i = 0; i < n_fields; i++)
    for (int j = 0; j < 2; j++) {
      const char *path = j == 0 ? fields[i].dbus : fields[i].dbus_alias;

      if (path != NULL)
        write_value (json, path, &fields[i], get_record (&fields[i], snapshot, 0),
                     &fields[i].dbus_format);
    }
  write_value (json, "/Ac/PhaseCount", phases, get_record (phases, snapshot, 0),
               &phases->dbus_format);
  phaeton_json_end_object (json);
}

static void
write_v1_field (PhaetonJson *json, const PhaetonField *field, gconstpointer record)
{
  if (field->type == PHAETON_TYPE_TIME)
    write_time (json, field->name, field, record);
  else
    write_value (json, field->name, field, record, &field->v1);
}

void
phaeton_web_write_fields (PhaetonJson *json, const PhaetonSnapshot *snapshot, PhaetonScope scope,
                          guint charger)
{
  guint n_fields;
  const PhaetonField *fields = phaeton_fields_get (&n_fields);

  for (guint i = 0; i < n_fields; i++)
    if (fields[i].scope == scope)
      write_v1_field (json, &fields[i], get_record (&fields[i], snapshot, charger));
}

gboolean
phaeton_web_write_changes (PhaetonJson *json, const PhaetonSnapshot *snapshot,
                           const PhaetonSnapshot *before, PhaetonScope scope, guint charger)
{
  guint n_fields;
  const PhaetonField *fields = phaeton_fields_get (&n_fields);
  gboolean changed = FALSE;

  for (guint i = 0; i < n_fields; i++) {
    gconstpointer record, old;

    if (fields[i].scope != scope)
      continue;
    record = get_record (&fields[i], snapshot, charger);
    old = get_record (&fields[i], before, charger);
    if (phaeton_field_is_equal (&fields[i], old, record, &fields[i].v1))
      continue;
    write_v1_field (json, &fields[i], record);
    changed = TRUE;
  }
  return changed;
}

void
phaeton_web_write_site (PhaetonJson *json, const PhaetonSnapshot *snapshot)
{
  phaeton_json_begin_object (json, NULL);
  phaeton_json_time (json, "timestamp", snapshot->wall_us);
  phaeton_web_write_fields (json, snapshot, PHAETON_SCOPE_SITE, 0);
  phaeton_json_begin_array (json, "chargers");
  for (guint i = 0; i < snapshot->n_chargers; i++)
    phaeton_json_text (json, NULL, snapshot->chargers[i].id);
  phaeton_json_end_array (json);
  phaeton_json_end_object (json);
}

static void
write_verdict (PhaetonJson *json, const PhaetonVerdict *verdict, gboolean is_binding,
               const char *const *circuits)
{
  g_autofree char *text = phaeton_verdict_to_text (verdict, circuits);

  phaeton_json_begin_object (json, NULL);
  phaeton_json_text (json, "stage", phaeton_stage_get_name (verdict->stage));
  phaeton_json_text (json, "code", phaeton_why_get_name (verdict->code));
  phaeton_json_int (json, "limit_mA", verdict->limit_mA);
  phaeton_json_begin_object (json, "values");
  for (guint i = 0; i < PHAETON_WHY_VALUES; i++) {
    const char *name = phaeton_why_get_value_name (verdict->code, i);
    const char *value = phaeton_verdict_find_name (verdict, i, circuits);

    if (value != NULL)
      phaeton_json_text (json, name, value);
    else if (name != NULL)
      phaeton_json_int (json, name, verdict->values[i]);
  }
  phaeton_json_end_object (json);
  phaeton_json_text (json, "text", text);
  phaeton_json_boolean (json, "binding", is_binding);
  phaeton_json_end_object (json);
}

void
phaeton_web_write_chain (PhaetonJson *json, const char *name, const PhaetonChain *chain,
                         const char *const *circuits)
{
  const PhaetonVerdict *binding = phaeton_chain_get_binding (chain);

  phaeton_json_begin_array (json, name);
  for (guint i = 0; i < chain->n; i++)
    write_verdict (json, &chain->verdicts[i], &chain->verdicts[i] == binding, circuits);
  phaeton_json_end_array (json);
}

void
phaeton_web_write_charger (PhaetonJson *json, const PhaetonSnapshot *snapshot, guint charger,
                           const PhaetonChain *chain)
{
  const PhaetonField *status = phaeton_field (PHAETON_FIELD_STATUS);
  const PhaetonChargerRecord *record = &snapshot->chargers[charger];

  phaeton_json_begin_object (json, NULL);
  phaeton_web_write_fields (json, snapshot, PHAETON_SCOPE_CHARGER, charger);
  phaeton_json_text (json, "status_text",
                     phaeton_field_is_present (status, record)
                       ? phaeton_status_to_string ((PhaetonStatus) record->status)
                       : NULL);
  if (chain != NULL)
    phaeton_web_write_chain (json, "chain", chain, snapshot->circuits);
  else
    phaeton_json_null (json, "chain");
  phaeton_json_end_object (json);
}

void
phaeton_web_write_explanation (PhaetonJson *json, const PhaetonSnapshot *snapshot, guint charger,
                               const PhaetonChain *chain)
{
  static const PhaetonFieldId ids[] = { PHAETON_FIELD_ID, PHAETON_FIELD_LIMIT, PHAETON_FIELD_WHY,
                                        PHAETON_FIELD_WHY_CODE };

  phaeton_json_begin_object (json, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++) {
    const PhaetonField *field = phaeton_field (ids[i]);

    write_value (json, field->name, field, get_record (field, snapshot, charger), &field->v1);
  }
  if (chain != NULL)
    phaeton_web_write_chain (json, "chain", chain, snapshot->circuits);
  else
    phaeton_json_null (json, "chain");
  phaeton_json_end_object (json);
}

void
phaeton_web_write_field (PhaetonJson *json, const PhaetonSnapshot *snapshot, guint charger,
                         PhaetonFieldId id)
{
  const PhaetonField *field = phaeton_field (id);
  gconstpointer record = get_record (field, snapshot, charger);

  if (field->status[0] != NULL)
    write_value (json, field->status[0], field, record, &field->status_format);
  else
    write_value (json, field->name, field, record, &field->v1);
}
