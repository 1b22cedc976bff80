/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-prices"
#include "config.h"

#include "phaeton-price-file.h"

#include "phaeton-error.h"
#include "phaeton-log.h"
#include "phaeton-worker.h"
#include "price-file-decode.h"

#include <glib/gstdio.h>

#include <string.h>

#define LOOK_MS 60000
#define MAX_FILE_BYTES (4 * 1024 * 1024)
#define HOUR_S 3600
#define KEEP_S (48 * HOUR_S)  /* of what has passed, for plots */
#define AHEAD_S (96 * HOUR_S) /* a file may hold a year; decisions reach this far */
#define N_STAMPS 3

struct _PhaetonPriceFile {
  GObject parent_instance;

  PhaetonConfig *config; /* (owned) */
  PhaetonClock *clock;   /* (owned) */
  GTimeZone *zone;       /* (owned) (nullable) */
  GCancellable *run;     /* (owned) (nullable): between start() and stop() */
  guint timer_id;
  gboolean is_busy;
  gint64 stamps[N_STAMPS]; /* what tells one file from the next */
  gint64 read_at;
  GArray *slots; /* (owned) (element-type PhaetonPriceSlot): near now */
  char currency[4];
  gint64 fetched_at;
  char *error; /* (owned) (nullable) */
};

static void phaeton_price_file_provider_init (PhaetonPriceProviderInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PhaetonPriceFile, phaeton_price_file, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (PHAETON_TYPE_PRICE_PROVIDER,
                                                      phaeton_price_file_provider_init))

/* one look at the file; the worker does not touch the first two */
typedef struct {
  PhaetonPriceFile *owner; /* (owned) */
  GCancellable *run;       /* (owned): the owner's when it began */
  char *path;              /* (owned) */
  GTimeZone *zone;         /* (owned) (nullable) */
  gint64 from_at, to_at;
  gint64 stamps[N_STAMPS]; /* of the file that is known, then of the one that was read */
  gboolean is_due;         /* read even when it is the same */
  GArray *slots;           /* (owned) (nullable): NULL: nothing new */
} Look;

static void
look_free (Look *self)
{
  g_object_unref (self->owner);
  g_object_unref (self->run);
  g_free (self->path);
  g_clear_pointer (&self->zone, g_time_zone_unref);
  g_clear_pointer (&self->slots, g_array_unref);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Look, look_free)

static gboolean
fail (GError **error, const char *path, const char *words)
{
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, "prices.file: %s: %s",
               path[0] != '\0' ? path : "is not set", words);
  return FALSE;
}

/* what is near now, in order */
static void
cut (Look *self, const GArray *all)
{
  self->slots = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
  for (guint i = 0; i < all->len; i++) {
    const PhaetonPriceSlot *slot = &g_array_index (all, PhaetonPriceSlot, i);

    if (slot->end_at > self->from_at && slot->start_at < self->to_at)
      g_array_append_vals (self->slots, slot, 1);
  }
  phaeton_price_slots_settle (self->slots);
}

static gboolean
look (Look *self, GError **error)
{
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
  g_autoptr (GError) own = NULL;
  g_autofree char *text = NULL;
  gint64 stamps[N_STAMPS];
  GStatBuf status;
  gsize size;

  if (g_stat (self->path, &status) != 0)
    return fail (error, self->path, g_strerror (errno));
  if (!S_ISREG (status.st_mode) || status.st_size > MAX_FILE_BYTES)
    return fail (error, self->path, "is no file of at most 4 MiB");
  stamps[0] = (gint64) status.st_ino;
  stamps[1] = (gint64) status.st_size;
  stamps[2] = (gint64) status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
  if (!self->is_due && memcmp (stamps, self->stamps, sizeof stamps) == 0)
    return TRUE;
  if (!g_file_get_contents (self->path, &text, &size, &own))
    return fail (error, self->path, own->message);
  if (!price_file_decode (self->path, text, size, self->zone, all, error))
    return FALSE;
  memcpy (self->stamps, stamps, sizeof stamps);
  cut (self, all);
  return TRUE;
}

static void
look_in_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;

  if (look (data, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* said once per change, not per look */
static void
set_error (PhaetonPriceFile *self, const GError *error)
{
  if (error != NULL && g_strcmp0 (self->error, error->message) != 0)
    phaeton_warning ("", "No new prices: %s", error->message);
  g_free (self->error);
  self->error = error != NULL ? g_strdup (error->message) : NULL;
}

static void
looked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Look) done = user_data;
  PhaetonPriceFile *self = done->owner;
  g_autoptr (GError) error = NULL;
  const gboolean ok = g_task_propagate_boolean (G_TASK (result), &error);

  self->is_busy = FALSE;
  if (self->run != done->run)
    return; /* stopped on purpose */
  set_error (self, error);
  if (ok)
    self->fetched_at = phaeton_clock_get_wall_at (self->clock);
  if (done->slots != NULL) {
    g_array_unref (self->slots);
    self->slots = g_steal_pointer (&done->slots);
    memcpy (self->stamps, done->stamps, sizeof self->stamps);
    self->read_at = self->fetched_at;
  }
  phaeton_price_provider_emit_changed (PHAETON_PRICE_PROVIDER (self));
}

static gboolean
look_cb (gpointer user_data)
{
  PhaetonPriceFile *self = user_data;
  const gint64 now_at = phaeton_clock_get_wall_at (self->clock);
  g_autoptr (GTask) task = NULL;
  Look *begun;

  if (self->is_busy) /* a slow disk */
    return G_SOURCE_CONTINUE;
  self->is_busy = TRUE;
  begun = g_new0 (Look, 1);
  begun->owner = g_object_ref (self);
  begun->run = g_object_ref (self->run);
  begun->path = g_strdup (self->config->prices.file);
  begun->zone = self->zone != NULL ? g_time_zone_ref (self->zone) : NULL;
  begun->from_at = now_at - KEEP_S;
  begun->to_at = now_at + AHEAD_S;
  begun->is_due = ABS (now_at - self->read_at) >= 24 * HOUR_S; /* other days are near */
  memcpy (begun->stamps, self->stamps, sizeof begun->stamps);
  task = g_task_new (NULL, NULL, looked_cb, begun);
  g_task_set_task_data (task, begun, NULL);
  phaeton_worker_push (task, look_in_worker);
  return G_SOURCE_CONTINUE;
}

static void
start (PhaetonPriceProvider *provider)
{
  PhaetonPriceFile *self = PHAETON_PRICE_FILE (provider);

  g_return_if_fail (self->run == NULL);

  self->run = g_cancellable_new ();
  self->timer_id = phaeton_clock_add_timer (self->clock, LOOK_MS, look_cb, self);
  look_cb (self);
}

static void
stop (PhaetonPriceProvider *provider)
{
  PhaetonPriceFile *self = PHAETON_PRICE_FILE (provider);

  g_clear_object (&self->run);
  if (self->timer_id != 0)
    phaeton_clock_remove_timer (self->clock, self->timer_id);
  self->timer_id = 0;
}

static void
get_series (PhaetonPriceProvider *provider, PhaetonPriceSeries *series)
{
  PhaetonPriceFile *self = PHAETON_PRICE_FILE (provider);

  *series =
    (PhaetonPriceSeries){ self->slots->len, (const PhaetonPriceSlot *) (void *) self->slots->data };
}

static void
get_state (PhaetonPriceProvider *provider, PhaetonPriceState *state)
{
  PhaetonPriceFile *self = PHAETON_PRICE_FILE (provider);

  *state = (PhaetonPriceState){ .source = "file",
                                .currency = self->currency[0] != '\0' ? self->currency : NULL,
                                .fetched_at = self->fetched_at,
                                .error = self->error };
}

gboolean
phaeton_price_file_is_busy (PhaetonPriceFile *self)
{
  return self->is_busy;
}

static void
phaeton_price_file_provider_init (PhaetonPriceProviderInterface *iface)
{
  iface->start = start;
  iface->stop = stop;
  iface->get_series = get_series;
  iface->get_state = get_state;
}

static void
phaeton_price_file_finalize (GObject *object)
{
  PhaetonPriceFile *self = PHAETON_PRICE_FILE (object);

  stop (PHAETON_PRICE_PROVIDER (self));
  g_clear_object (&self->clock);
  g_clear_pointer (&self->config, phaeton_config_unref);
  g_clear_pointer (&self->zone, g_time_zone_unref);
  g_array_unref (self->slots);
  g_free (self->error);
  G_OBJECT_CLASS (phaeton_price_file_parent_class)->finalize (object);
}

static void
phaeton_price_file_class_init (PhaetonPriceFileClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = phaeton_price_file_finalize;
}

static void
phaeton_price_file_init (PhaetonPriceFile *self)
{
  self->slots = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
}

PhaetonPriceProvider *
phaeton_price_file_new (PhaetonConfig *config, PhaetonClock *clock)
{
  PhaetonPriceFile *self = g_object_new (PHAETON_TYPE_PRICE_FILE, NULL);
  const char *currency = config->prices.currency;

  self->config = phaeton_config_ref (config);
  self->clock = g_object_ref (clock);
  if (config->timezone[0] != '\0')
    self->zone = g_time_zone_new_identifier (config->timezone);
  if (strlen (currency) == 3)
    g_strlcpy (self->currency, currency, sizeof self->currency);
  return PHAETON_PRICE_PROVIDER (self);
}
