/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-log"
#include "config.h"

#include "phaeton-log-private.h"

#include "phaeton-clock.h"
#include "phaeton-mask.h"

#include <glib/gstdio.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MAX_QUEUED_LINES 4096
#define MAX_KEPT_BYTES (512 * 1024)
#define MAX_MESSAGE_BYTES 4000 /* a wire may put a novel into an error text */

typedef enum { ENTRY_LINE, ENTRY_OPTIONS, ENTRY_REOPEN, ENTRY_QUIT } EntryKind;

typedef struct {
  EntryKind kind;
  GLogLevelFlags level;
  gboolean to_console, to_file;
  char *line;                 /* (owned) (nullable): ENTRY_LINE, with its newline */
  char **journal;             /* (owned) (nullable): ENTRY_LINE, keys and values in turn */
  PhaetonLogOptions *options; /* (owned): ENTRY_OPTIONS */
} Entry;

typedef struct {
  GLogLevelFlags level;
  const char *area; /* interned: there are as many as source files say */
  char *device;
  char *text; /* with its newline */
} KeptLine;

/* shared; set before the thread starts, or atomic */
static GAsyncQueue *queue;
static GThread *thread;
static int n_dropped;
static int console_level, file_level, as_json;
static GLogWriterFunc journal_writer; /* (nullable): NULL: lines go to the console */
static int web_level = G_LOG_LEVEL_INFO;

/* the lines in memory */
static GMutex kept_lock;
static GQueue kept = G_QUEUE_INIT; /* (element-type KeptLine), oldest first */
static gsize kept_bytes;
static guint64 kept_serial; /* counts lines */

static void
free_options (PhaetonLogOptions *options)
{
  if (options != NULL)
    g_free ((char *) options->file);
  g_free (options);
}

static void
free_entry (Entry *entry)
{
  g_free (entry->line);
  g_strfreev (entry->journal);
  free_options (entry->options);
  g_free (entry);
}

GLogLevelFlags
phaeton_log_level_from_name (const char *name)
{
  static const struct {
    const char *name;
    GLogLevelFlags level;
  } levels[] = {
    { "TRACE", G_LOG_LEVEL_DEBUG },    { "DEBUG", G_LOG_LEVEL_DEBUG },
    { "INFO", G_LOG_LEVEL_INFO },      { "MESSAGE", G_LOG_LEVEL_MESSAGE },
    { "WARN", G_LOG_LEVEL_WARNING },   { "WARNING", G_LOG_LEVEL_WARNING },
    { "ERROR", G_LOG_LEVEL_CRITICAL }, { "CRITICAL", G_LOG_LEVEL_CRITICAL },
  };

  for (guint i = 0; name != NULL && i < G_N_ELEMENTS (levels); i++)
    if (g_ascii_strcasecmp (name, levels[i].name) == 0)
      return levels[i].level;
  return 0;
}

const char *
phaeton_log_level_to_name (GLogLevelFlags level)
{
  if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
    return "ERROR";
  if (level & G_LOG_LEVEL_WARNING)
    return "WARN";
  if (level & (G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO))
    return "INFO";
  return "DEBUG";
}

static const char *
find_field (const GLogField *fields, gsize n_fields, const char *key)
{
  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, key) == 0 && fields[i].length < 0)
      return fields[i].value;
  return NULL;
}

static void
append_json_text (GString *line, const char *text)
{
  for (const char *at = text; *at != '\0'; at++)
    if (*at == '"' || *at == '\\')
      g_string_append_printf (line, "\\%c", *at);
    else if ((guchar) *at < 0x20)
      g_string_append_printf (line, "\\u%04x", (guchar) *at);
    else
      g_string_append_c (line, *at);
}

static void
append_plain_text (GString *line, const char *text)
{
  for (const char *at = text; *at != '\0'; at++) /* one record is one line, and no escape codes */
    g_string_append_c (line, (guchar) *at < 0x20 || *at == 0x7f ? ' ' : *at);
}

static const char *
get_area (const GLogField *fields, gsize n_fields)
{
  const char *domain = find_field (fields, n_fields, "GLIB_DOMAIN");

  if (domain == NULL)
    return "glib";
  return g_str_has_prefix (domain, "phaeton-") ? domain + strlen ("phaeton-") : domain;
}

/* Returns: (transfer full): valid, short enough, without secrets */
static char *
dup_message (const GLogField *fields, gsize n_fields)
{
  const char *message = find_field (fields, n_fields, "MESSAGE");
  g_autofree char *valid = g_utf8_make_valid (message != NULL ? message : "", -1);

  if (strlen (valid) > MAX_MESSAGE_BYTES)
    *g_utf8_find_prev_char (valid, valid + MAX_MESSAGE_BYTES) = '\0';
  return phaeton_mask_dup (valid);
}

static char *
format_line (GLogLevelFlags level, const GLogField *fields, gsize n_fields, const char *message,
             gboolean json)
{
  const char *area = get_area (fields, n_fields);
  const char *device = find_field (fields, n_fields, "PHAETON_DEVICE");
  const gint64 now_us = phaeton_clock_stamp_us ();
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_utc (now_us / G_USEC_PER_SEC);
  g_autofree char *stamp = g_date_time_format (now, "%Y-%m-%dT%H:%M:%S");
  GString *line = g_string_new (NULL);

  if (json) {
    g_string_append_printf (
      line, "{\"timestamp\":\"%s.%06dZ\",\"level\":\"%s\",\"area\":\"%s\",\"device\":\"", stamp,
      (int) (now_us % G_USEC_PER_SEC), phaeton_log_level_to_name (level), area);
    append_json_text (line, device != NULL ? device : "");
    g_string_append (line, "\",\"message\":\"");
    append_json_text (line, message);
    g_string_append (line, "\"}\n");
  } else {
    g_string_append_printf (line, "%s.%06dZ %-5s %s", stamp, (int) (now_us % G_USEC_PER_SEC),
                            phaeton_log_level_to_name (level), area);
    if (device != NULL && device[0] != '\0')
      g_string_append_printf (line, "[%s]", device);
    g_string_append (line, ": ");
    append_plain_text (line, message);
    g_string_append_c (line, '\n');
  }
  return g_string_free (line, FALSE);
}

static void
free_kept (KeptLine *line)
{
  g_free (line->device);
  g_free (line->text);
  g_free (line);
}

/* takes @text */
static void
keep_line (GLogLevelFlags level, const char *area, const char *device, char *text)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&kept_lock);
  KeptLine *line = g_new (KeptLine, 1);

  *line = (KeptLine){ level, g_intern_string (area), g_strdup (device), text };
  g_queue_push_tail (&kept, line);
  kept_bytes += strlen (text);
  kept_serial++;
  while (kept_bytes > MAX_KEPT_BYTES) {
    KeptLine *oldest = g_queue_pop_head (&kept);

    kept_bytes -= strlen (oldest->text);
    free_kept (oldest);
  }
}

static gboolean
passes (const KeptLine *line, const PhaetonLogFilter *filter)
{
  return (filter->level == 0 || line->level <= filter->level) &&
         (filter->area == NULL || strcmp (line->area, filter->area) == 0) &&
         (filter->device == NULL || g_strcmp0 (line->device, filter->device) == 0);
}

char *
phaeton_log_dup_lines (const PhaetonLogFilter *filter, guint n, gboolean newest)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&kept_lock);
  GList *at = newest ? kept.tail : kept.head;
  GList *first = NULL; /* of the newest */
  GString *text = g_string_new (NULL);

  for (; at != NULL && n > 0; at = newest ? at->prev : at->next)
    if (passes (at->data, filter)) {
      first = at;
      n--;
      if (!newest)
        g_string_append (text, ((const KeptLine *) at->data)->text);
    }
  for (at = newest ? first : NULL; at != NULL; at = at->next)
    if (passes (at->data, filter))
      g_string_append (text, ((const KeptLine *) at->data)->text);
  return g_string_free (text, FALSE);
}

char *
phaeton_log_dup_since (const PhaetonLogFilter *filter, guint64 *serial)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&kept_lock);
  const guint64 n = MIN (kept_serial - *serial, kept.length);
  const gboolean is_first = *serial == 0;
  GString *text;

  *serial = kept_serial;
  if (is_first || n == 0)
    return NULL;
  text = g_string_new (NULL);
  for (GList *at = g_queue_peek_nth_link (&kept, kept.length - (guint) n); at != NULL;
       at = at->next)
    if (passes (at->data, filter))
      g_string_append (text, ((const KeptLine *) at->data)->text);
  return g_string_free (text, text->len == 0);
}

void
phaeton_log_set_web_level (GLogLevelFlags level)
{
  g_atomic_int_set (&web_level, (int) level);
}

GLogLevelFlags
phaeton_log_get_web_level (void)
{
  return (GLogLevelFlags) g_atomic_int_get (&web_level);
}

/* under systemd the journal keeps the fields. Returns: (transfer full) */
static char **
dup_fields (const GLogField *fields, gsize n_fields, const char *message)
{
  GStrvBuilder *builder = g_strv_builder_new ();
  char **all;

  for (gsize i = 0; i < n_fields; i++)
    if (fields[i].length < 0) {
      g_strv_builder_add (builder, fields[i].key);
      g_strv_builder_add (builder,
                          strcmp (fields[i].key, "MESSAGE") == 0 ? message : fields[i].value);
    }
  all = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return all;
}

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  const GLogLevelFlags plain = level & G_LOG_LEVEL_MASK;
  const gboolean to_journal = journal_writer != NULL;
  const gboolean to_console = (int) plain <= g_atomic_int_get (&console_level);
  const gboolean to_file = (int) plain <= g_atomic_int_get (&file_level);
  const gboolean to_web = (int) plain <= g_atomic_int_get (&web_level);
  g_autofree char *message = NULL;
  Entry *entry;

  if (level & G_LOG_FLAG_FATAL) /* the process ends before any thread could write it */
    return g_log_writer_standard_streams (level, fields, n_fields, user_data);
  if (!to_console && !to_file && !to_web)
    return G_LOG_WRITER_HANDLED;
  message = dup_message (fields, n_fields);
  if (to_web)
    keep_line (plain, get_area (fields, n_fields), find_field (fields, n_fields, "PHAETON_DEVICE"),
               format_line (plain, fields, n_fields, message, FALSE));
  if (!to_file && !to_console)
    return G_LOG_WRITER_HANDLED;
  if (g_async_queue_length (queue) > MAX_QUEUED_LINES) {
    g_atomic_int_inc (&n_dropped);
    return G_LOG_WRITER_HANDLED;
  }
  entry = g_new0 (Entry, 1);
  entry->level = level;
  entry->to_console = to_console && !to_journal;
  entry->to_file = to_file;
  if (to_console && to_journal)
    entry->journal = dup_fields (fields, n_fields, message);
  if (entry->to_console || to_file)
    entry->line = format_line (plain, fields, n_fields, message, g_atomic_int_get (&as_json));
  g_async_queue_push (queue, entry);
  return G_LOG_WRITER_HANDLED;
}

/* --- writer thread only --- */

typedef struct {
  PhaetonLogOptions *options; /* (owned) */
  int fd;                     /* -1: not open */
  guint64 bytes;
} Sink;

static void
close_file (Sink *sink)
{
  if (sink->fd >= 0)
    close (sink->fd);
  sink->fd = -1;
}

static void
open_file (Sink *sink)
{
  const char *path = sink->options->file;
  GStatBuf info;

  close_file (sink);
  if (path == NULL || path[0] == '\0')
    return;
  sink->fd = g_open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
  sink->bytes = sink->fd >= 0 && fstat (sink->fd, &info) == 0 ? (guint64) info.st_size : 0;
}

static void
rotate_file (Sink *sink)
{
  const char *path = sink->options->file;

  close_file (sink);
  for (guint i = sink->options->backup_count; i > 0; i--) {
    g_autofree char *to = g_strdup_printf ("%s.%u", path, i);
    g_autofree char *from = i == 1 ? g_strdup (path) : g_strdup_printf ("%s.%u", path, i - 1);

    g_rename (from, to);
  }
  if (sink->options->backup_count == 0)
    g_unlink (path);
  open_file (sink);
}

static void
write_all (int fd, const char *text)
{
  gsize left = strlen (text);

  while (left > 0) {
    const gssize n = write (fd, text, left);

    if (n <= 0)
      return; /* a full disk or a closed terminal: the line is lost, the daemon is not */
    text += n;
    left -= (gsize) n;
  }
}

static void
write_journal (const Entry *entry)
{
  const guint n = g_strv_length (entry->journal) / 2;
  g_autofree GLogField *fields = g_new (GLogField, n);

  for (guint i = 0; i < n; i++)
    fields[i] = (GLogField){ entry->journal[2 * i], entry->journal[2 * i + 1], -1 };
  journal_writer (entry->level, fields, n, NULL);
}

static void
write_line (Sink *sink, const Entry *entry)
{
  if (entry->journal != NULL)
    write_journal (entry);
  if (entry->to_console && sink->options->console)
    write_all (STDOUT_FILENO, entry->line);
  if (!entry->to_file || sink->fd < 0)
    return;
  if (sink->options->max_file_bytes > 0 &&
      sink->bytes + strlen (entry->line) > sink->options->max_file_bytes && sink->bytes > 0)
    rotate_file (sink);
  if (sink->fd < 0)
    return;
  write_all (sink->fd, entry->line);
  sink->bytes += strlen (entry->line);
}

static void
say_dropped (Sink *sink)
{
  const int dropped = g_atomic_int_and ((guint *) &n_dropped, 0);
  Entry entry = { .kind = ENTRY_LINE, .to_console = TRUE, .to_file = TRUE };

  if (dropped == 0)
    return;
  entry.line =
    g_strdup_printf ("%d log lines were lost: the log is slower than the daemon\n", dropped);
  write_line (sink, &entry);
  g_free (entry.line);
}

static void
take_options (Sink *sink, PhaetonLogOptions *options)
{
  free_options (sink->options);
  sink->options = options;
  open_file (sink);
}

static gpointer
run_writer (gpointer data)
{
  Sink sink = { g_new0 (PhaetonLogOptions, 1), -1, 0 };
  gboolean quit = FALSE;

  while (!quit) {
    Entry *entry = g_async_queue_pop (queue);

    if (entry->kind == ENTRY_LINE)
      write_line (&sink, entry);
    else if (entry->kind == ENTRY_OPTIONS)
      take_options (&sink, g_steal_pointer (&entry->options));
    else if (entry->kind == ENTRY_REOPEN)
      open_file (&sink);
    else
      quit = TRUE;
    say_dropped (&sink);
    free_entry (entry);
  }
  close_file (&sink);
  free_options (sink.options);
  return NULL;
}

/* --- */

static void
push_entry (EntryKind kind, PhaetonLogOptions *options)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->kind = kind;
  entry->options = options;
  g_async_queue_push (queue, entry);
}

void
phaeton_log_set_journal (GLogWriterFunc writer)
{
  journal_writer = writer;
}

void
phaeton_log_start (const PhaetonLogOptions *options)
{
  PhaetonLogOptions *copy = g_memdup2 (options, sizeof *options);
  const gboolean has_file = options->file != NULL && options->file[0] != '\0';

  copy->file = g_strdup (options->file);
  g_atomic_int_set (&console_level, options->console ? (int) options->console_level : 0);
  g_atomic_int_set (&file_level, has_file ? (int) options->file_level : 0);
  g_atomic_int_set (&as_json, options->json);
  if (queue == NULL) {
    queue = g_async_queue_new ();
    if (g_log_writer_is_journald (STDERR_FILENO))
      journal_writer = g_log_writer_journald;
    g_log_set_writer_func (write_log, NULL, NULL); /* GLib takes one, once */
  }
  if (thread == NULL)
    thread = g_thread_new ("phaeton-log", run_writer, NULL);
  push_entry (ENTRY_OPTIONS, copy);
}

void
phaeton_log_reopen (void)
{
  if (thread != NULL)
    push_entry (ENTRY_REOPEN, NULL);
}

void
phaeton_log_stop (void)
{
  if (thread == NULL)
    return;
  push_entry (ENTRY_QUIT, NULL);
  g_thread_join (g_steal_pointer (&thread));
  g_atomic_int_set (&console_level, 0); /* the queue stays, for late lines of other threads */
  g_atomic_int_set (&file_level, 0);
}
