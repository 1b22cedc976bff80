/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-sqlite-private.h"

#include "phaeton-error.h"

#define DAY_S 86400
#define COPY_EVERY_S (7 * DAY_S)

/* answers 0 with @error, or without one when there is no such series */
static gint64
look_up_series (PhaetonSqlite *self, const char *name, GError **error)
{
  sqlite3_stmt *find = phaeton_sqlite_ensure (self, PHAETON_SQL_FIND_SERIES, error);
  gint64 number = 0;
  int code;

  if (find == NULL)
    return 0;
  sqlite3_bind_text (find, 1, name, -1, SQLITE_TRANSIENT);
  code = sqlite3_step (find);
  if (code == SQLITE_ROW)
    number = sqlite3_column_int64 (find, 0);
  sqlite3_reset (find);
  return phaeton_sqlite_check (self->db, code, error) ? number : 0;
}

/* @name: interned. Answers 0 with @error */
static gint64
ensure_series (PhaetonSqlite *self, const char *name, GError **error)
{
  gint64 number = GPOINTER_TO_INT (g_hash_table_lookup (self->series, name));
  g_autoptr (GError) reason = NULL;
  sqlite3_stmt *add;

  if (number != 0)
    return number;
  number = look_up_series (self, name, &reason);
  if (reason != NULL) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return 0;
  }
  if (number == 0) {
    add = phaeton_sqlite_ensure (self, PHAETON_SQL_ADD_SERIES, error);
    if (add == NULL)
      return 0;
    sqlite3_bind_text (add, 1, name, -1, SQLITE_TRANSIENT);
    if (!phaeton_sqlite_step_once (self, add, error))
      return 0;
    number = sqlite3_last_insert_rowid (self->db);
  }
  g_hash_table_insert (self->series, (gpointer) name, GINT_TO_POINTER ((int) number));
  return number;
}

static gboolean
put_amount (PhaetonSqlite *self, PhaetonSql which, gint64 at, gint64 series,
            const PhaetonAmount *amount, GError **error)
{
  sqlite3_stmt *put = phaeton_sqlite_ensure (self, which, error);

  if (put == NULL)
    return FALSE;
  sqlite3_bind_int64 (put, 1, at);
  sqlite3_bind_int64 (put, 2, series);
  sqlite3_bind_int64 (put, 3, amount->sum);
  sqlite3_bind_int64 (put, 4, amount->seconds);
  return phaeton_sqlite_step_once (self, put, error);
}

/* minutes of quarters that are complete become those quarters, once */
static gboolean
roll_up (PhaetonSqlite *self, gint64 until_at, GError **error)
{
  sqlite3_stmt *roll;
  g_autofree char *note = NULL;

  if (until_at <= self->rolled_at)
    return TRUE;
  roll = phaeton_sqlite_ensure (self, PHAETON_SQL_ROLL_UP, error);
  if (roll == NULL)
    return FALSE;
  sqlite3_bind_int64 (roll, 1, self->rolled_at);
  sqlite3_bind_int64 (roll, 2, until_at);
  if (!phaeton_sqlite_step_once (self, roll, error))
    return FALSE;
  note = g_strdup_printf ("UPDATE facts SET value = %" G_GINT64_FORMAT " WHERE name = 'rolled_at'",
                          until_at);
  if (!phaeton_sqlite_run (self->db, note, error))
    return FALSE;
  self->rolled_at = until_at;
  return TRUE;
}

gboolean
phaeton_sqlite_put_points (PhaetonSqlite *self, const GArray *points, GError **error)
{
  gint64 newest_at = 0;

  for (guint i = 0; i < points->len; i++) {
    const PhaetonPoint *point = &g_array_index (points, PhaetonPoint, i);
    const gint64 series = ensure_series (self, point->series, error);

    if (series == 0 ||
        !put_amount (self, PHAETON_SQL_PUT_MINUTE, point->at, series, &point->amount, error))
      return FALSE;
    /* a clock that was set back, or a batch that waited: its quarter is closed already */
    if (point->at < self->rolled_at &&
        !put_amount (self, PHAETON_SQL_PUT_QUARTER, point->at - point->at % PHAETON_QUARTER_S,
                     series, &point->amount, error))
      return FALSE;
    newest_at = MAX (newest_at, point->at);
  }
  return roll_up (self, newest_at - newest_at % PHAETON_QUARTER_S, error);
}

static gboolean
read_quarters (PhaetonSqlite *self, guint index, gint64 series, gint64 from_at, gint64 to_at,
               PhaetonSeriesData *data, GError **error)
{
  sqlite3_stmt *read = phaeton_sqlite_ensure (self, PHAETON_SQL_READ_QUARTERS, error);
  int code;

  if (read == NULL)
    return FALSE;
  sqlite3_bind_int64 (read, 1, series);
  sqlite3_bind_int64 (read, 2, from_at);
  sqlite3_bind_int64 (read, 3, to_at);
  while ((code = sqlite3_step (read)) == SQLITE_ROW) {
    const PhaetonAmount amount = { sqlite3_column_int64 (read, 1), sqlite3_column_int64 (read, 2) };

    phaeton_series_data_add (data, index, sqlite3_column_int64 (read, 0), &amount);
  }
  sqlite3_reset (read);
  return phaeton_sqlite_check (self->db, code, error);
}

/* @numbers: of the series, in the order of @data; 0: no such series */
static gboolean
read_minutes (PhaetonSqlite *self, const GArray *numbers, gint64 from_at, gint64 to_at,
              PhaetonSeriesData *data, GError **error)
{
  sqlite3_stmt *read = phaeton_sqlite_ensure (self, PHAETON_SQL_READ_MINUTES, error);
  int code;

  if (read == NULL)
    return FALSE;
  sqlite3_bind_int64 (read, 1, from_at);
  sqlite3_bind_int64 (read, 2, to_at);
  while ((code = sqlite3_step (read)) == SQLITE_ROW) {
    const gint64 series = sqlite3_column_int64 (read, 1);
    const PhaetonAmount amount = { sqlite3_column_int64 (read, 2), sqlite3_column_int64 (read, 3) };

    for (guint i = 0; i < numbers->len; i++)
      if (g_array_index (numbers, gint64, i) == series)
        phaeton_series_data_add (data, i, sqlite3_column_int64 (read, 0), &amount);
  }
  sqlite3_reset (read);
  return phaeton_sqlite_check (self->db, code, error);
}

/* quarters do as long as no step begins inside one */
static gboolean
needs_minutes (const PhaetonStep *step)
{
  return step->kind == PHAETON_STEP_SECONDS && step->step_s % PHAETON_QUARTER_S != 0;
}

gboolean
phaeton_sqlite_read_series (gpointer db, const PhaetonSeriesQuery *query, PhaetonSeriesData *data,
                            GError **error)
{
  PhaetonSqlite *self = db;
  const gint64 change_at = needs_minutes (&query->step)
                             ? query->from_at
                             : CLAMP (self->rolled_at, query->from_at, query->to_at);
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GError) reason = NULL;

  for (guint i = 0; query->names[i] != NULL; i++) {
    const gint64 series = look_up_series (self, query->names[i], &reason);

    if (reason != NULL ||
        !read_quarters (self, i, series, query->from_at, change_at, data, &reason)) {
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }
    g_array_append_val (numbers, series);
    data->n_known += series != 0;
  }
  return read_minutes (self, numbers, change_at, query->to_at, data, error);
}

static gboolean
delete_before (PhaetonSqlite *self, const char *table, gint64 at, GError **error)
{
  g_autofree char *text =
    g_strdup_printf ("DELETE FROM %s WHERE at < %" G_GINT64_FORMAT, table, at);

  return phaeton_sqlite_run (self->db, text, error);
}

/* in use, or with the pages that wait for new rows */
static gint64
measure_bytes (PhaetonSqlite *self, gboolean with_unused)
{
  gint64 pages = 0, unused = 0, bytes = 0;

  phaeton_sqlite_get_int (self->db, "PRAGMA page_count", &pages, NULL);
  phaeton_sqlite_get_int (self->db, "PRAGMA freelist_count", &unused, NULL);
  phaeton_sqlite_get_int (self->db, "PRAGMA page_size", &bytes, NULL);
  return (with_unused ? pages : pages - unused) * bytes;
}

/* more chargers than the times were made for: the oldest goes early, minutes before quarters */
static gboolean
shrink (PhaetonSqlite *self, gint64 max_bytes, GError **error)
{
  static const char *const tables[] = { "minutes", "quarters" };

  for (guint i = 0; i < G_N_ELEMENTS (tables); i++) {
    g_autofree char *oldest = g_strconcat ("SELECT min (at) FROM ", tables[i], NULL);
    const gint64 chunk_s = i == 0 ? DAY_S : 31 * DAY_S;

    while (measure_bytes (self, FALSE) > max_bytes / 4 * 3) {
      gint64 oldest_at;

      if (!phaeton_sqlite_get_int (self->db, oldest, &oldest_at, error))
        return FALSE;
      if (oldest_at == 0)
        break;
      if (!delete_before (self, tables[i], oldest_at + chunk_s, error))
        return FALSE;
    }
  }
  return TRUE;
}

/* the file must not grow above it; one that is larger, by another setting, is written anew */
static gboolean
bound_file (PhaetonSqlite *self, gint64 max_bytes, GError **error)
{
  g_autofree char *text = NULL;
  gint64 bytes;

  if (!phaeton_sqlite_get_int (self->db, "PRAGMA page_size", &bytes, error) ||
      (measure_bytes (self, TRUE) > max_bytes && !phaeton_sqlite_run (self->db, "VACUUM", error)))
    return FALSE;
  text = g_strdup_printf ("PRAGMA max_page_count = %" G_GINT64_FORMAT, max_bytes / bytes);
  return phaeton_sqlite_run (self->db, text, error);
}

/* once a week a copy of a file that is in order; @now_at: any date that goes on with time */
static gboolean
keep_good_copy (PhaetonSqlite *self, gint64 now_at, GError **error)
{
  g_autofree char *path = g_build_filename (self->directory, PHAETON_SQLITE_GOOD, NULL);
  g_autofree char *note = g_strdup_printf (
    "INSERT OR REPLACE INTO facts VALUES ('copied_at', %" G_GINT64_FORMAT ")", now_at);
  gint64 copied_at;

  if (!phaeton_sqlite_get_int (self->db, "SELECT value FROM facts WHERE name = 'copied_at'",
                               &copied_at, error))
    return FALSE;
  if (now_at - copied_at < COPY_EVERY_S)
    return TRUE;
  return phaeton_sqlite_verify (self->db, error) &&
         phaeton_sqlite_copy_to (self->db, path, error) &&
         phaeton_sqlite_run (self->db, note, error);
}

gboolean
phaeton_sqlite_trim (gpointer db, const PhaetonTrim *trim, GError **error)
{
  PhaetonSqlite *self = db;

  return delete_before (self, "minutes", trim->minutes_from_at, error) &&
         delete_before (self, "quarters", trim->quarters_from_at, error) &&
         shrink (self, trim->max_bytes, error) && bound_file (self, trim->max_bytes, error) &&
         keep_good_copy (self, trim->minutes_from_at, error);
}
