/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-sqlite-private.h"

#include "phaeton-error.h"

#define COLUMNS                                                                                    \
  "id, charger, running, started_at, ended_at, start_wh, end_wh, energy_wh, charging_s, peak_w,"   \
  " phases, cost_micros, saved_micros, currency, sun_wh, battery_wh, grid_wh, end_reason,"         \
  " interruptions, car, tag, note, measured_wh, compared_wh"

static void
bind_known (sqlite3_stmt *statement, int column, gboolean known, gint64 value)
{
  if (known)
    sqlite3_bind_int64 (statement, column, value);
  else
    sqlite3_bind_null (statement, column);
}

static void
bind_text (sqlite3_stmt *statement, int column, const char *text)
{
  sqlite3_bind_text (statement, column, text, -1, SQLITE_TRANSIENT); /* NULL binds NULL */
}

gboolean
phaeton_sqlite_put_session (PhaetonSqlite *self, const PhaetonSession *session, GError **error)
{
  sqlite3_stmt *row = phaeton_sqlite_ensure (self, PHAETON_SQL_PUT_SESSION, error);

  if (row == NULL)
    return FALSE;
  bind_text (row, 1, session->id);
  bind_text (row, 2, session->charger);
  sqlite3_bind_int (row, 3, session->running != 0);
  bind_known (row, 4, session->started_at > 0, session->started_at);
  bind_known (row, 5, session->ended_at > 0, session->ended_at);
  bind_known (row, 6, session->counter_known, session->start_wh);
  bind_known (row, 7, session->counter_known, session->end_wh);
  sqlite3_bind_int64 (row, 8, session->energy_wh);
  sqlite3_bind_int64 (row, 9, session->charging_s);
  bind_known (row, 10, session->peak_w > 0, session->peak_w);
  bind_known (row, 11, session->phases > 0, session->phases);
  bind_known (row, 12, session->cost_known, session->cost_micros);
  sqlite3_bind_int64 (row, 13, session->saved_micros);
  bind_text (row, 14, session->currency);
  sqlite3_bind_int64 (row, 15, session->sun_wh);
  sqlite3_bind_int64 (row, 16, session->battery_wh);
  sqlite3_bind_int64 (row, 17, session->grid_wh);
  sqlite3_bind_int (row, 18, session->end);
  sqlite3_bind_int (row, 19, session->interruptions);
  bind_text (row, 20, session->car);
  bind_text (row, 21, session->tag);
  bind_text (row, 22, session->note);
  bind_known (row, 23, session->measured_known, session->measured_wh);
  bind_known (row, 24, session->measured_known, session->compared_wh);
  return phaeton_sqlite_step_once (self, row, error);
}

static const char *
get_text (sqlite3_stmt *row, int column)
{
  return (const char *) sqlite3_column_text (row, column);
}

static gboolean
is_known (sqlite3_stmt *row, int column)
{
  return sqlite3_column_type (row, column) != SQLITE_NULL;
}

/* text of a file that others may have changed need not be UTF-8 */
static char *
dup_text (sqlite3_stmt *row, int column)
{
  const char *text = get_text (row, column);

  return text != NULL ? g_utf8_make_valid (text, -1) : NULL;
}

static PhaetonSession *
read_session (sqlite3_stmt *row)
{
  g_autofree char *id = dup_text (row, 0);
  g_autofree char *charger = dup_text (row, 1);
  PhaetonSession *session =
    phaeton_session_new (id != NULL ? id : "", charger != NULL ? charger : "");

  session->running = sqlite3_column_int (row, 2) != 0;
  session->started_at = sqlite3_column_int64 (row, 3);
  session->ended_at = sqlite3_column_int64 (row, 4);
  session->counter_known = is_known (row, 5) && is_known (row, 6);
  session->start_wh = sqlite3_column_int64 (row, 5);
  session->end_wh = sqlite3_column_int64 (row, 6);
  session->energy_wh = sqlite3_column_int64 (row, 7);
  session->charging_s = sqlite3_column_int64 (row, 8);
  session->peak_w = sqlite3_column_int (row, 9);
  session->phases = sqlite3_column_int (row, 10);
  session->cost_known = is_known (row, 11);
  session->cost_micros = sqlite3_column_int64 (row, 11);
  session->saved_micros = sqlite3_column_int64 (row, 12);
  session->currency = dup_text (row, 13);
  session->sun_wh = sqlite3_column_int64 (row, 14);
  session->battery_wh = sqlite3_column_int64 (row, 15);
  session->grid_wh = sqlite3_column_int64 (row, 16);
  session->end = (PhaetonSessionEnd) CLAMP (sqlite3_column_int (row, 17), PHAETON_END_NONE,
                                            PHAETON_END_INTERRUPTED);
  session->interruptions = sqlite3_column_int (row, 18);
  session->car = dup_text (row, 19);
  session->tag = dup_text (row, 20);
  session->note = dup_text (row, 21);
  session->measured_known = is_known (row, 22) && is_known (row, 23);
  session->measured_wh = sqlite3_column_int64 (row, 22);
  session->compared_wh = sqlite3_column_int64 (row, 23);
  return session;
}

#define WHERE                                                                                      \
  " FROM sessions WHERE (?1 IS NULL OR id = ?1) AND (?2 IS NULL OR charger = ?2)"                  \
  " AND (?3 IS NULL OR car = ?3) AND (?4 IS NULL OR tag = ?4)"                                     \
  " AND (?5 = 0 OR started_at >= ?5) AND (?6 = 0 OR started_at < ?6)"

static void
bind_filter (sqlite3_stmt *statement, const PhaetonSessionFilter *filter)
{
  bind_text (statement, 1, filter->id);
  bind_text (statement, 2, filter->charger);
  bind_text (statement, 3, filter->car);
  bind_text (statement, 4, filter->tag);
  sqlite3_bind_int64 (statement, 5, filter->from_at);
  sqlite3_bind_int64 (statement, 6, filter->to_at);
}

static gboolean
count_sessions (PhaetonSqlite *self, const PhaetonSessionFilter *filter, gint64 *total,
                GError **error)
{
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2 (self->db, "SELECT count (*)" WHERE, -1, &statement, NULL);

  if (code == SQLITE_OK) {
    bind_filter (statement, filter);
    code = sqlite3_step (statement);
    *total = sqlite3_column_int64 (statement, 0);
  }
  sqlite3_finalize (statement);
  return phaeton_sqlite_check (self->db, code, error);
}

static char *
dup_query (const PhaetonSessionFilter *filter)
{
  static const char *const orders[] = { "number", "energy_wh", "cost_micros", "charging_s" };
  const char *direction = filter->descending ? "DESC" : "ASC";

  return g_strdup_printf ("SELECT " COLUMNS WHERE " ORDER BY %s %s, number %s LIMIT %d OFFSET %u",
                          orders[filter->order], direction, direction,
                          filter->limit > 0 ? (int) filter->limit : -1, filter->offset);
}

gboolean
phaeton_sqlite_find_sessions (gpointer db, const PhaetonSessionFilter *filter,
                              PhaetonSessionFunc function, gpointer user_data, gint64 *total,
                              GError **error)
{
  PhaetonSqlite *self = db;
  g_autofree char *text = dup_query (filter);
  sqlite3_stmt *statement = NULL;
  int code;

  if (total != NULL && !count_sessions (self, filter, total, error))
    return FALSE;
  code = sqlite3_prepare_v2 (self->db, text, -1, &statement, NULL);
  if (code == SQLITE_OK) {
    bind_filter (statement, filter);
    while ((code = sqlite3_step (statement)) == SQLITE_ROW) {
      g_autoptr (PhaetonSession) session = read_session (statement);

      function (session, user_data);
    }
  }
  sqlite3_finalize (statement);
  return phaeton_sqlite_check (self->db, code, error);
}

/* runs @statement, which ends here; it must have changed the row of @id */
static gboolean
change_one (PhaetonSqlite *self, const char *id, sqlite3_stmt *statement, int code, GError **error)
{
  if (code == SQLITE_OK)
    code = sqlite3_step (statement);
  sqlite3_finalize (statement);
  if (!phaeton_sqlite_check (self->db, code, error))
    return FALSE;
  if (sqlite3_changes (self->db) > 0)
    return TRUE;
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_UNKNOWN, "there is no session %s", id);
  return FALSE;
}

gboolean
phaeton_sqlite_edit_session (gpointer db, const char *id, const PhaetonSessionWords *words,
                             GError **error)
{
  PhaetonSqlite *self = db;
  sqlite3_stmt *statement = NULL;
  const int code =
    sqlite3_prepare_v2 (self->db,
                        "UPDATE sessions SET tag = iif (?2 IS NULL, tag, nullif (?2, '')),"
                        " note = iif (?3 IS NULL, note, nullif (?3, '')),"
                        " car = iif (?4 IS NULL, car, nullif (?4, '')) WHERE id = ?1",
                        -1, &statement, NULL);

  bind_text (statement, 1, id);
  bind_text (statement, 2, words->tag);
  bind_text (statement, 3, words->note);
  bind_text (statement, 4, words->car);
  return change_one (self, id, statement, code, error);
}

static gboolean
delete_row (PhaetonSqlite *self, const char *id, GError **error)
{
  sqlite3_stmt *statement = NULL;
  const int code = sqlite3_prepare_v2 (
    self->db, "DELETE FROM sessions WHERE id = ?1 AND running = 0", -1, &statement, NULL);

  bind_text (statement, 1, id);
  return change_one (self, id, statement, code, error);
}

static gboolean
note_deleted (PhaetonSqlite *self, const char *id, GError **error)
{
  sqlite3_stmt *statement = NULL;
  const int code = sqlite3_prepare_v2 (self->db, "INSERT OR REPLACE INTO deleted VALUES (?1)", -1,
                                       &statement, NULL);

  bind_text (statement, 1, id);
  return change_one (self, id, statement, code, error);
}

gboolean
phaeton_sqlite_delete_session (gpointer db, const char *id, GError **error)
{
  PhaetonSqlite *self = db;

  if (!phaeton_sqlite_run (self->db, "BEGIN IMMEDIATE", error))
    return FALSE;
  if (delete_row (self, id, error) && note_deleted (self, id, error) &&
      phaeton_sqlite_run (self->db, "COMMIT", error))
    return TRUE;
  phaeton_sqlite_run (self->db, "ROLLBACK", NULL);
  return FALSE;
}

static gboolean
end_row (PhaetonSqlite *self, const char *id, GError **error)
{
  sqlite3_stmt *statement = NULL;
  const int code = sqlite3_prepare_v2 (self->db,
                                       "UPDATE sessions SET running = 0, end_reason = ?2,"
                                       " interruptions = interruptions + 1 WHERE id = ?1",
                                       -1, &statement, NULL);

  bind_text (statement, 1, id);
  sqlite3_bind_int (statement, 2, PHAETON_END_INTERRUPTED);
  return change_one (self, id, statement, code, error);
}

gboolean
phaeton_sqlite_end_others (gpointer db, const char *const *ids, GError **error)
{
  PhaetonSqlite *self = db;
  g_autoptr (GPtrArray) others = g_ptr_array_new_with_free_func (g_free);
  sqlite3_stmt *statement = NULL;
  int code =
    sqlite3_prepare_v2 (self->db, "SELECT id FROM sessions WHERE running", -1, &statement, NULL);

  while (statement != NULL && (code = sqlite3_step (statement)) == SQLITE_ROW)
    if (!g_strv_contains (ids, get_text (statement, 0)))
      g_ptr_array_add (others, g_strdup (get_text (statement, 0)));
  sqlite3_finalize (statement);
  if (!phaeton_sqlite_check (self->db, code, error))
    return FALSE;
  for (guint i = 0; i < others->len; i++)
    if (!end_row (self, others->pdata[i], error))
      return FALSE;
  return TRUE;
}
