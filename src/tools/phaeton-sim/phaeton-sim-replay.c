/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-sim"
#include "config.h"

#include "phaeton-sim-replay.h"

#include "phaeton-core.h"
#include "phaeton-error.h"
#include "phaeton-recording.h"

#include <stdio.h>
#include <string.h>

#define DIFFERENCES_TOLD 20

typedef struct {
  PhaetonRecordingReader *reader;
  PhaetonRecordingWriter *writer; /* (nullable) */
  GByteArray *rewritten;          /* (nullable): borrowed */
  GString *report;
  gboolean is_verbose;
  gboolean is_same_core;

  PhaetonState *state, *next;
  PhaetonDecision *decision, *before;
  guint64 n_steps, n_different; /* steps */
  guint n_told;
  gint64 began_ms, ended_ms;
  guint64 *old_words, *new_words; /* (owned): a row each, of any shape */
  GHashTable *counts;             /* (element-type utf8 guint): differences by member */
} Replay;

static void
free_run (Replay *self)
{
  g_clear_pointer (&self->state, g_free);
  g_clear_pointer (&self->next, g_free);
  g_clear_pointer (&self->decision, g_free);
  g_clear_pointer (&self->before, g_free);
}

static void
take_key (Replay *self)
{
  PhaetonConfig *config = phaeton_recording_reader_get_config (self->reader);
  const guint n = config->n_chargers;

  free_run (self);
  self->state = phaeton_state_new (n);
  self->next = phaeton_state_new (n);
  self->decision = phaeton_decision_new (n);
  self->before = phaeton_decision_new (n);
  memcpy (self->state, phaeton_recording_reader_get_state (self->reader), phaeton_state_size (n));
  if (self->writer != NULL)
    phaeton_recording_writer_add_key (self->writer, config, self->state, self->rewritten);
}

static char *
describe_time (const PhaetonInput *input)
{
  g_autoptr (GDateTime) at = NULL;

  if (input->wall_known)
    at = g_date_time_new_from_unix_utc (input->wall_at);
  if (at != NULL)
    return g_date_time_format (at, "%Y-%m-%dT%H:%M:%SZ");
  return g_strdup_printf ("%.3f s", (double) input->now_ms / 1000.0);
}

static char *
describe_decision (const PhaetonChargerDecision *decision)
{
  const PhaetonVerdict *binding = phaeton_chain_get_binding (&decision->chain);
  g_autofree char *why =
    binding != NULL ? phaeton_verdict_to_text (binding, NULL) : g_strdup ("no reason");

  return g_strdup_printf ("%.1f A, %s: %s", decision->limit_mA / 1000.0,
                          phaeton_status_to_string (decision->status), why);
}

static void
tell (Replay *self, const PhaetonInput *input, const char *charger, const char *member,
      const char *was, const char *is)
{
  g_autofree char *at = NULL;

  g_hash_table_insert (
    self->counts, g_strdup (member),
    GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (self->counts, member)) + 1));
  if (self->n_told >= DIFFERENCES_TOLD)
    return;
  self->n_told++;
  at = describe_time (input);
  g_string_append_printf (self->report, "%s charger %s: %s was %s, is %s\n", at, charger, member,
                          was, is);
}

/* every member by its name: TRUE when there is a difference */
static gboolean
compare_rows (Replay *self, PhaetonShape shape, const char *charger, gconstpointer was,
              gconstpointer is)
{
  const PhaetonColumns *columns = phaeton_columns_get (shape);
  const PhaetonInput *input = phaeton_recording_reader_get_input (self->reader);
  guint64 *old = self->old_words, *new = self->new_words;
  gboolean differs = FALSE;

  phaeton_columns_read (columns, was, old);
  phaeton_columns_read (columns, is, new);
  for (guint i = 0; i < columns->n; i++) {
    g_autofree char *old_text = NULL;
    g_autofree char *new_text = NULL;

    if (old[i] == new[i])
      continue;
    differs = TRUE;
    old_text = phaeton_column_to_text (&columns->columns[i], old[i]);
    new_text = phaeton_column_to_text (&columns->columns[i], new[i]);
    tell (self, input, charger, columns->columns[i].name, old_text, new_text);
  }
  return differs;
}

static gboolean
compare (Replay *self, PhaetonConfig *config, const PhaetonDecision *recorded)
{
  gboolean differs = compare_rows (self, PHAETON_SHAPE_DECISION, "all", recorded, self->decision);

  for (guint i = 0; i < config->n_chargers; i++) {
    const PhaetonChargerDecision *was = &recorded->chargers[i], *is = &self->decision->chargers[i];

    if (!compare_rows (self, PHAETON_SHAPE_CHARGER_DECISION, config->chargers[i].id, was, is))
      continue;
    if (self->n_told <= DIFFERENCES_TOLD && !differs) {
      g_autofree char *was_text = describe_decision (was);
      g_autofree char *is_text = describe_decision (is);

      g_string_append_printf (self->report, "  was %s\n  is  %s\n", was_text, is_text);
    }
    differs = TRUE;
  }
  return differs;
}

static void
print_changes (Replay *self, PhaetonConfig *config, const PhaetonInput *input)
{
  for (guint i = 0; i < config->n_chargers; i++) {
    const PhaetonChargerDecision *was = &self->before->chargers[i];
    const PhaetonChargerDecision *is = &self->decision->chargers[i];
    const PhaetonVerdict *old = phaeton_chain_get_binding (&was->chain);
    const PhaetonVerdict *new = phaeton_chain_get_binding (&is->chain);
    g_autofree char *at = NULL;
    g_autofree char *text = NULL;

    if (was->limit_mA == is->limit_mA && was->status == is->status &&
        (old != NULL ? old->code : 0) == (new != NULL ? new->code : 0))
      continue;
    at = describe_time (input);
    text = describe_decision (is);
    g_string_append_printf (self->report, "%s charger %s: %s\n", at, config->chargers[i].id, text);
  }
  memcpy (self->before, self->decision, phaeton_decision_size (config->n_chargers));
}

static gboolean
take_step (Replay *self, GError **error)
{
  PhaetonConfig *config = phaeton_recording_reader_get_config (self->reader);
  const PhaetonInput *input = phaeton_recording_reader_get_input (self->reader);
  PhaetonState *old = self->state;

  phaeton_core_step (config, input, self->state, self->decision, self->next);
  self->state = self->next;
  self->next = old;
  if (self->n_steps++ == 0)
    self->began_ms = input->now_ms;
  self->ended_ms = input->now_ms;
  if (self->writer != NULL)
    phaeton_recording_writer_add_step (self->writer, input, self->decision, self->rewritten);
  if (self->is_verbose)
    print_changes (self, config, input);
  if (!compare (self, config, phaeton_recording_reader_get_decision (self->reader)))
    return TRUE;
  self->n_different++;
  if (!self->is_same_core || self->writer != NULL)
    return TRUE;
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_IMPLAUSIBLE,
               "step %" G_GUINT64_FORMAT " decides something else than the same core %s did",
               self->n_steps, phaeton_recording_reader_get_version (self->reader));
  return FALSE;
}

static gboolean
run (Replay *self, GError **error)
{
  PhaetonRecordingEvent event;

  for (;;) {
    if (!phaeton_recording_reader_next (self->reader, &event, error))
      return FALSE;
    if (event == PHAETON_RECORDING_END)
      return TRUE;
    if (event == PHAETON_RECORDING_KEY)
      take_key (self);
    else if (!take_step (self, error))
      return FALSE;
  }
}

static void
append_names (GString *report, const char *what, const GPtrArray *names)
{
  if (names->len == 0)
    return;
  g_string_append_printf (report, "%s (%u):", what, names->len);
  for (guint i = 0; i < MIN (names->len, DIFFERENCES_TOLD); i++)
    g_string_append_printf (report, " %s", (const char *) g_ptr_array_index (names, i));
  g_string_append (report, names->len > DIFFERENCES_TOLD ? " ...\n" : "\n");
}

static int
compare_counts (gconstpointer a, gconstpointer b, gpointer counts)
{
  const guint count_a = GPOINTER_TO_UINT (g_hash_table_lookup (counts, a));
  const guint count_b = GPOINTER_TO_UINT (g_hash_table_lookup (counts, b));

  return count_a != count_b ? (count_a < count_b ? 1 : -1) : strcmp (a, b);
}

static void
summarise (Replay *self)
{
  g_autoptr (GList) members = g_hash_table_get_keys (self->counts);

  g_string_append_printf (self->report,
                          "recorded by %s, replayed by %s%s: %" G_GUINT64_FORMAT
                          " steps in %.0f s, %" G_GUINT64_FORMAT " of them different\n",
                          phaeton_recording_reader_get_version (self->reader),
                          phaeton_core_get_version (),
                          self->is_same_core ? "" : ", which is another core", self->n_steps,
                          (double) (self->ended_ms - self->began_ms) / 1000.0, self->n_different);
  append_names (self->report, "members that only the recording has",
                phaeton_recording_reader_get_unknown (self->reader));
  append_names (self->report, "members that the recording lacks",
                phaeton_recording_reader_get_missing (self->reader));
  members = g_list_sort_with_data (g_steal_pointer (&members), compare_counts, self->counts);
  for (GList *it = members; it != NULL; it = it->next)
    g_string_append_printf (self->report, "%8u times %s\n",
                            GPOINTER_TO_UINT (g_hash_table_lookup (self->counts, it->data)),
                            (const char *) it->data);
  if (phaeton_recording_reader_is_cut (self->reader))
    g_string_append_printf (self->report,
                            "cut off in the middle of a step at byte %" G_GSIZE_FORMAT
                            ", as after a power cut\n",
                            phaeton_recording_reader_get_offset (self->reader));
}

gboolean
phaeton_sim_replay (GBytes *bytes, gboolean is_verbose, GByteArray *rewritten, GString *report,
                    GError **error)
{
  g_autoptr (PhaetonRecordingReader) reader = phaeton_recording_reader_new (bytes, error);
  g_autoptr (PhaetonRecordingWriter) writer = NULL;
  g_autoptr (GHashTable) counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Replay self = { .reader = reader,
                  .rewritten = rewritten,
                  .report = report,
                  .is_verbose = is_verbose,
                  .counts = counts };
  gboolean is_ok;

  if (reader == NULL)
    return FALSE;
  if (rewritten != NULL) {
    self.writer = writer = phaeton_recording_writer_new ();
    phaeton_recording_writer_add_head (writer, phaeton_core_get_version (), rewritten);
  }
  self.old_words = g_new (guint64, phaeton_columns_get_widest ());
  self.new_words = g_new (guint64, phaeton_columns_get_widest ());
  self.is_same_core =
    strcmp (phaeton_recording_reader_get_version (reader), phaeton_core_get_version ()) == 0;
  is_ok = run (&self, error);
  summarise (&self);
  free_run (&self);
  g_free (self.old_words);
  g_free (self.new_words);
  return is_ok;
}

static int
replay_file (const char *path, gboolean is_verbose, const char *rewrite_path)
{
  g_autoptr (GMappedFile) file = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GByteArray) rewritten = rewrite_path != NULL ? g_byte_array_new () : NULL;
  g_autoptr (GString) report = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  gboolean is_ok = FALSE;

  file = g_mapped_file_new (path, FALSE, &error);
  if (file != NULL) {
    bytes = g_mapped_file_get_bytes (file);
    is_ok = phaeton_sim_replay (bytes, is_verbose, rewritten, report, &error);
  }
  fputs (report->str, stdout);
  if (is_ok && rewritten != NULL)
    is_ok =
      g_file_set_contents (rewrite_path, (const char *) rewritten->data, rewritten->len, &error);
  if (!is_ok)
    fprintf (stderr, "phaeton-sim: %s: %s\n", path, error->message);
  return is_ok ? 0 : 1;
}

int
phaeton_sim_replay_main (int argc, char *argv[])
{
  gboolean is_verbose = FALSE;
  g_autofree char *rewrite_path = NULL;
  const GOptionEntry entries[] = {
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &is_verbose, "print every decision that changes",
      NULL },
    { "rewrite", 0, 0, G_OPTION_ARG_FILENAME, &rewrite_path,
      "write the same inputs with what this program decides", "OUT" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("FILE - decide a recording again");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc != 2) {
    fprintf (stderr, "phaeton-sim replay: %s\n",
             error != NULL ? error->message : "one FILE is wanted");
    return 2;
  }
  return replay_file (argv[1], is_verbose, rewrite_path);
}
