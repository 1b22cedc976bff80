/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-site"
#include "config.h"

#include "phaeton-history.h"

#include "phaeton-ancestor.h"
#include "phaeton-log.h"
#include "phaeton-saved-charger.h"
#include "phaeton-tally.h"
#include "phaeton-store.h"

#include <string.h>

#define PUT_EVERY_MS 60000 /* a session that runs; kind to flash */
#define MAX_ENDED 100      /* that wait for a disk which cannot be written */
#define DAY_S ((gint64) 86400)
#define JUMP_S 60         /* of the wall clock; less is NTP at work */
#define STEADY_MS 3600000 /* a clock that went evenly for so long is believed */

/* a session that ended: the state file keeps it until the data base has it */
typedef struct {
  PhaetonSession *session;   /* (owned) */
  PhaetonSessionState state; /* the same, for the state file */
  gboolean saving;           /* the save under way tells of it */
  gboolean put;              /* the state file tells of it: it was given to the data base */
} Ended;

struct _PhaetonHistory {
  char *state_dir;           /* (owned) */
  PhaetonStore *store;       /* (owned) */
  PhaetonTally *tally;       /* (owned) */
  GHashTable *live;          /* (owned) (element-type utf8 PhaetonSession): by id: the last of each
                              * charger that was put in this run */
  GPtrArray *ended;          /* (owned) (element-type Ended): not yet in the data base, in order */
  GPtrArray *begun;          /* (owned) (element-type PhaetonSession): began, being saved */
  GTimeZone *zone;           /* (owned) */
  char *zone_name;           /* (owned) */
  gint64 put_ms;             /* when running sessions were last put */
  gint64 offset_s;           /* from the monotonic clock to the wall's */
  gint64 steady_ms;          /* since then it did not jump */
  gint64 trimmed_ms;         /* 0: not in this run, or not by these settings */
  PhaetonHistoryConfig kept; /* how it was trimmed */
};

static void
point_cb (const PhaetonPoint *point, gpointer user_data)
{
  PhaetonHistory *self = user_data;

  phaeton_store_put_point (self->store, point);
}

static void
free_ended (gpointer data)
{
  Ended *ended = data;

  phaeton_session_free (ended->session);
  g_free (ended);
}

PhaetonHistory *
phaeton_history_new (const char *state_dir)
{
  PhaetonHistory *self = g_new0 (PhaetonHistory, 1);

  self->state_dir = g_strdup (state_dir);
  self->store = phaeton_store_new (&phaeton_sqlite_backend, state_dir);
  self->tally = phaeton_tally_new (point_cb, self);
  self->live =
    g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) phaeton_session_free);
  self->ended = g_ptr_array_new_with_free_func (free_ended);
  self->begun = g_ptr_array_new_with_free_func ((GDestroyNotify) phaeton_session_free);
  self->zone = g_time_zone_new_utc ();
  self->zone_name = g_strdup ("");
  return self;
}

void
phaeton_history_free (PhaetonHistory *self)
{
  phaeton_tally_free (self->tally);
  g_hash_table_unref (self->live);
  g_ptr_array_unref (self->ended);
  g_ptr_array_unref (self->begun);
  g_time_zone_unref (self->zone);
  g_free (self->zone_name);
  g_free (self->state_dir);
  g_object_unref (self->store);
  g_free (self);
}

/* --- sessions, from the state of core --- */

static gint64
to_wh (gint64 mWh)
{
  return (mWh + 500) / 1000;
}

static PhaetonSession *
make_session (const char *charger, const char *currency, const PhaetonSessionState *state)
{
  PhaetonSession *session = phaeton_session_new (state->id, charger);

  session->running = state->running;
  session->started_at = state->started_at;
  session->ended_at = state->running ? 0 : state->ended_at;
  session->counter_known = state->counter_known;
  session->start_wh = state->start_wh;
  session->energy_wh = state->gained_wh;
  session->end_wh = state->start_wh + state->gained_wh;
  session->charging_s = state->charging_ms / 1000;
  session->peak_w = state->peak_w;
  session->phases = state->phases;
  session->cost_known = state->cost_known;
  session->cost_micros = state->cost_micros;
  session->saved_micros = state->saved_micros;
  session->currency = currency[0] != '\0' ? g_strdup (currency) : NULL;
  session->sun_wh = MIN (to_wh (state->sun_mWh), state->gained_wh);
  session->battery_wh = MIN (to_wh (state->battery_mWh), state->gained_wh - session->sun_wh);
  session->grid_wh =
    MIN (to_wh (state->grid_mWh), state->gained_wh - session->sun_wh - session->battery_wh);
  session->measured_known =
    state->counter_known && (state->measured_mWh > 0 || state->compared_wh > 0);
  session->measured_wh = to_wh (state->measured_mWh);
  session->compared_wh = state->compared_wh;
  session->end = state->end;
  session->interruptions = state->interruptions;
  return session;
}

static gboolean
is_of_charger (gpointer id, gpointer session, gpointer charger)
{
  return g_str_equal (((PhaetonSession *) session)->charger, charger);
}

/* @session: (transfer full): stays valid until the next of its charger */
static PhaetonSession *
set_live (PhaetonHistory *self, PhaetonSession *session)
{
  if (!g_hash_table_contains (self->live, session->id))
    g_hash_table_foreach_remove (self->live, is_of_charger, session->charger);
  g_hash_table_replace (self->live, session->id, session);
  return session;
}

static PhaetonSession *
make_session_of (const PhaetonConfig *config, const PhaetonState *state, guint i)
{
  return make_session (config->chargers[i].id, config->currency, &state->chargers[i].session);
}

/* the same whenever the same absence is found again: a cut of power between the writes of history
 * and of the state file does not double the session */
static void
name_unseen (const char *charger, PhaetonSessionState *session)
{
  g_autofree char *text =
    g_strdup_printf ("unseen:%s:%" G_GINT64_FORMAT, charger, session->start_wh);

  phaeton_session_name_by (text, session->id, sizeof session->id);
}

/* what one ancestor kept. The ids are the same each time, so that a kill in between does no harm */
static void
import_ancestor (PhaetonHistory *self, const PhaetonConfig *config, const char *path, gint64 now_ms)
{
  g_autofree char *text = NULL;
  g_autoptr (GPtrArray) sessions = NULL;
  gsize length;

  if (!g_file_get_contents (path, &text, &length, NULL))
    return;
  sessions = phaeton_ancestor_read_sessions (text, length);
  for (guint i = 0; i < sessions->len; i++) {
    PhaetonSession *session = sessions->pdata[i];

    if (session->cost_known && config->currency[0] != '\0')
      session->currency = g_strdup (config->currency);
    phaeton_store_put_session (self->store, session, now_ms, FALSE);
  }
  if (sessions->len > 0)
    phaeton_message ("", "Imported %u sessions from %s", sessions->len, path);
}

static void
orphans_ended_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!phaeton_store_finish (PHAETON_STORE (source), result, &error))
    phaeton_message ("", "Sessions of before may be shown as running: %s", error->message);
}

/* rows that say that they run while nobody knows of them: the state file was lost, or the history
 * is an older copy */
static void
end_orphans (PhaetonHistory *self)
{
  GStrv ids = (GStrv) g_hash_table_get_keys_as_array (self->live, NULL);

  for (guint i = 0; ids[i] != NULL; i++)
    ids[i] = g_strdup (ids[i]);
  phaeton_store_end_others_async (self->store, ids, orphans_ended_cb, NULL);
}

static void
put_ended (PhaetonHistory *self, Ended *ended, gint64 now_ms)
{
  if (!ended->put)
    phaeton_store_put_session (self->store, ended->session, now_ms, TRUE);
  ended->put = TRUE;
}

static Ended *
add_ended (PhaetonHistory *self, const PhaetonConfig *config, const PhaetonState *state, guint i,
           gint64 now_ms)
{
  Ended *ended = g_new0 (Ended, 1);

  ended->session = make_session_of (config, state, i);
  ended->state = state->chargers[i].session;
  g_ptr_array_add (self->ended, ended);
  if (self->ended->len > MAX_ENDED) {
    put_ended (self, self->ended->pdata[0], now_ms);
    g_ptr_array_remove_index (self->ended, 0);
  }
  return ended;
}

void
phaeton_history_resume (PhaetonHistory *self, const PhaetonConfig *config, PhaetonState *state,
                        const char *const *ancestors, gint64 now_ms)
{
  g_autofree char *own = phaeton_history_dup_path (self, "history.db");
  const gboolean is_first = !g_file_test (own, G_FILE_TEST_EXISTS);

  for (guint i = 0; is_first && ancestors[i] != NULL; i++)
    import_ancestor (self, config, ancestors[i], now_ms);
  for (guint i = 0; i < config->n_chargers; i++) {
    PhaetonSessionState *session = &state->chargers[i].session;

    if (!session->exists)
      continue;
    if (session->id[0] == '\0')
      name_unseen (config->chargers[i].id, session);
    if (session->running)
      phaeton_store_put_session (self->store, set_live (self, make_session_of (config, state, i)),
                                 now_ms, TRUE);
    else
      put_ended (self, add_ended (self, config, state, i, now_ms), now_ms);
  }
  end_orphans (self);
}

/* Returns: (nullable): the oldest that the data base does not have yet */
static Ended *
find_ended (PhaetonHistory *self, const char *charger)
{
  for (guint i = 0; i < self->ended->len; i++) {
    Ended *ended = self->ended->pdata[i];

    if (g_str_equal (ended->session->charger, charger))
      return ended;
  }
  return NULL;
}

void
phaeton_history_state_saving (PhaetonHistory *self, const PhaetonConfig *config,
                              const PhaetonState *state, GHashTable *saved)
{
  g_ptr_array_set_size (self->begun, 0);
  for (guint i = 0; i < config->n_chargers; i++) {
    const PhaetonSessionState *session = &state->chargers[i].session;
    PhaetonSavedCharger *charger = g_hash_table_lookup (saved, config->chargers[i].id);
    Ended *ended = find_ended (self, config->chargers[i].id);

    if (ended != NULL) {
      ended->saving = TRUE;
      charger->session = ended->state;
    } else if (session->running && !g_hash_table_contains (self->live, session->id)) {
      g_ptr_array_add (self->begun, make_session_of (config, state, i));
    }
  }
}

void
phaeton_history_state_saved (PhaetonHistory *self, gboolean ok, gint64 now_ms)
{
  for (guint i = 0; i < self->ended->len; i++) {
    Ended *ended = self->ended->pdata[i];

    if (ok && ended->saving)
      put_ended (self, ended, now_ms);
    ended->saving = FALSE;
  }
  while (ok && self->begun->len > 0) {
    PhaetonSession *session = g_ptr_array_steal_index (self->begun, 0);

    phaeton_store_put_session (self->store, set_live (self, session), now_ms, TRUE);
  }
}

/* Answers whether the data base has one more: the state file may go on to the next */
static gboolean
drop_written (PhaetonHistory *self)
{
  gboolean dropped = FALSE;

  for (guint i = self->ended->len; i > 0; i--) {
    const Ended *ended = self->ended->pdata[i - 1];

    if (!ended->put || ended->saving || phaeton_store_is_pending (self->store, ended->session->id))
      continue;
    g_ptr_array_remove_index (self->ended, i - 1);
    dropped = TRUE;
  }
  return dropped;
}

static void
say_ended (const PhaetonSession *session)
{
  phaeton_message (session->charger, "Ended charging session, delivered %.2f kWh",
                   session->energy_wh / 1000.0);
  if (phaeton_session_is_doubtful (session))
    phaeton_warning (session->charger,
                     "The counter gained %.2f kWh while the measured power makes %.2f kWh: "
                     "the counter is booked, have it looked at",
                     session->compared_wh / 1000.0, session->measured_wh / 1000.0);
}

static void
keep_ended (PhaetonHistory *self, const PhaetonConfig *config, const PhaetonInput *input,
            PhaetonState *state, const PhaetonDecision *decision)
{
  for (guint i = 0; i < config->n_chargers; i++) {
    if (decision->chargers[i].session_missed)
      name_unseen (config->chargers[i].id, &state->chargers[i].session);
    if (!decision->chargers[i].session_ended)
      continue;
    say_ended (add_ended (self, config, state, i, input->now_ms)->session);
  }
}

static void
put_running (PhaetonHistory *self, const PhaetonConfig *config, const PhaetonInput *input,
             const PhaetonState *state)
{
  const gboolean is_due = input->now_ms - self->put_ms >= PUT_EVERY_MS;

  for (guint i = 0; i < config->n_chargers; i++) {
    const PhaetonSessionState *own = &state->chargers[i].session;
    PhaetonSession *session;

    if (!g_hash_table_contains (self->live, own->id))
      continue;
    session = set_live (self, make_session_of (config, state, i));
    if (!own->running)
      continue;
    if (is_due)
      phaeton_store_put_session (self->store, session, input->now_ms, FALSE);
  }
  if (is_due)
    self->put_ms = input->now_ms;
}

static void
trimmed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!phaeton_store_finish (PHAETON_STORE (source), result, &error))
    phaeton_warning ("", "Old history is not removed: %s", error->message);
}

/* a clock that jumps must not make us throw away what is young */
static void
trim_if_due (PhaetonHistory *self, const PhaetonHistoryConfig *keep, const PhaetonInput *input)
{
  const gint64 offset_s = input->wall_at - input->now_ms / 1000;
  const PhaetonTrim trim = { input->wall_at - keep->minutes_ms / 1000,
                             input->wall_at - keep->quarters_ms / 1000,
                             (gint64) keep->max_mb * 1000 * 1000 };

  if (!input->wall_known || ABS (offset_s - self->offset_s) > JUMP_S)
    self->steady_ms = input->now_ms;
  self->offset_s = offset_s;
  if (memcmp (&self->kept, keep, sizeof *keep) != 0)
    self->trimmed_ms = 0;
  if (input->now_ms - self->steady_ms < STEADY_MS ||
      (self->trimmed_ms != 0 && input->now_ms - self->trimmed_ms < DAY_S * 1000))
    return;
  self->trimmed_ms = input->now_ms;
  self->kept = *keep;
  phaeton_store_trim_async (self->store, &trim, trimmed_cb, NULL);
}

static void
set_zone (PhaetonHistory *self, const char *zone)
{
  GTimeZone *found;

  if (g_strcmp0 (self->zone_name, zone) == 0)
    return;
  found = zone != NULL && zone[0] != '\0' ? g_time_zone_new_identifier (zone) : NULL;
  g_free (self->zone_name);
  self->zone_name = g_strdup (zone);
  g_time_zone_unref (self->zone);
  self->zone = found != NULL ? found : g_time_zone_new_utc ();
}

gboolean
phaeton_history_step (PhaetonHistory *self, const PhaetonConfig *config, const PhaetonInput *input,
                      PhaetonState *state, const PhaetonDecision *decision, const char *zone)
{
  set_zone (self, zone);
  keep_ended (self, config, input, state, decision);
  put_running (self, config, input, state);
  phaeton_tally_step (self->tally, config, input, state, decision);
  trim_if_due (self, &config->history, input);
  phaeton_store_tick (self->store, input->now_ms);
  return drop_written (self);
}

void
phaeton_history_close_async (PhaetonHistory *self, GAsyncReadyCallback callback, gpointer user_data)
{
  phaeton_tally_flush (self->tally);
  phaeton_store_close_async (self->store, callback, user_data);
}

/* --- questions --- */

GTimeZone *
phaeton_history_get_zone (PhaetonHistory *self)
{
  return self->zone;
}

void
phaeton_history_find_sessions_async (PhaetonHistory *self, const PhaetonSessionFilter *filter,
                                     GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  phaeton_store_find_sessions_async (self->store, filter, cancellable, callback, user_data);
}

/* what people wrote stays as the data base has it */
static void
take_live (PhaetonHistory *self, PhaetonSession **session)
{
  const PhaetonSession *live = g_hash_table_lookup (self->live, (*session)->id);
  PhaetonSession *old = *session, *fresh;

  if (live == NULL)
    return;
  fresh = phaeton_session_copy (live);
  fresh->car = g_steal_pointer (&old->car);
  fresh->tag = g_steal_pointer (&old->tag);
  fresh->note = g_steal_pointer (&old->note);
  *session = fresh;
  phaeton_session_free (old);
}

PhaetonSessionPage *
phaeton_history_find_sessions_finish (PhaetonHistory *self, GAsyncResult *result, GError **error)
{
  PhaetonSessionPage *page = phaeton_store_find_sessions_finish (self->store, result, error);

  for (guint i = 0; page != NULL && i < page->sessions->len; i++)
    take_live (self, (PhaetonSession **) &page->sessions->pdata[i]);
  return page;
}

void
phaeton_history_get_totals_async (PhaetonHistory *self, const PhaetonSessionFilter *filter,
                                  PhaetonTotalsKey key, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data)
{
  phaeton_store_get_totals_async (self->store, filter, key, self->zone, cancellable, callback,
                                  user_data);
}

GPtrArray *
phaeton_history_get_totals_finish (PhaetonHistory *self, GAsyncResult *result, GError **error)
{
  return phaeton_store_get_totals_finish (self->store, result, error);
}

void
phaeton_history_edit_session_async (PhaetonHistory *self, const char *id,
                                    const PhaetonSessionWords *words, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data)
{
  phaeton_store_edit_session_async (self->store, id, words, cancellable, callback, user_data);
}

void
phaeton_history_delete_session_async (PhaetonHistory *self, const char *id,
                                      GCancellable *cancellable, GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  phaeton_store_delete_session_async (self->store, id, cancellable, callback, user_data);
}

void
phaeton_history_read_series_async (PhaetonHistory *self, const PhaetonSeriesQuery *query,
                                   GCancellable *cancellable, GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  phaeton_store_read_series_async (self->store, query, self->zone, cancellable, callback,
                                   user_data);
}

PhaetonSeriesData *
phaeton_history_read_series_finish (PhaetonHistory *self, GAsyncResult *result, GError **error)
{
  return phaeton_store_read_series_finish (self->store, result, error);
}

PhaetonSeriesData *
phaeton_history_read_live (PhaetonHistory *self, GStrv names, gint64 from_at, gint64 wall_at)
{
  return phaeton_tally_read_live (self->tally, names, from_at, wall_at);
}

GStrv
phaeton_history_list_series (PhaetonHistory *self)
{
  return phaeton_tally_list (self->tally);
}

char *
phaeton_history_dup_path (PhaetonHistory *self, const char *name)
{
  return g_build_filename (self->state_dir, name, NULL);
}

void
phaeton_history_backup_async (PhaetonHistory *self, GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autofree char *path = phaeton_history_dup_path (self, PHAETON_HISTORY_BACKUP);

  phaeton_store_backup_async (self->store, path, callback, user_data);
}

void
phaeton_history_restore_async (PhaetonHistory *self, GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autofree char *path = phaeton_history_dup_path (self, PHAETON_HISTORY_RESTORE);

  phaeton_store_restore_async (self->store, path, callback, user_data);
  end_orphans (self);
}

gboolean
phaeton_history_finish (PhaetonHistory *self, GAsyncResult *result, GError **error)
{
  return phaeton_store_finish (self->store, result, error);
}

void
phaeton_history_get_health (PhaetonHistory *self, PhaetonHistoryHealth *health)
{
  PhaetonStoreHealth of_store;

  phaeton_store_get_health (self->store, &of_store);
  *health = (PhaetonHistoryHealth){
    .problem = of_store.problem,
    .pending_sessions = of_store.pending_sessions,
    .pending_points = of_store.pending_points,
    .lost_sessions = of_store.lost_sessions,
    .lost_points = of_store.lost_points,
    .commits = of_store.commits,
  };
}
