/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-prices"
#include "config.h"

#include "phaeton-price-feed.h"

#include "phaeton-error.h"
#include "phaeton-log.h"
#include "phaeton-worker.h"

#define TIMEOUT_MS 20000 /* of the wire: real, whatever the clock does */
#define MAX_ANSWER_BYTES (512 * 1024)
#define HOUR_S 3600
#define MINUTE_MS 60000
#define MINUTE_S 60
#define KEEP_S (48 * HOUR_S)       /* of what has passed, for plots */
#define CLOCK_IS_SET_AT 1577836800 /* 2020-01-01: before it no certificate holds */
#define CLOCK_RETRY_MS 10000
#define MAKE_RETRY_MS (2 * MINUTE_MS) /* a profile or a setting that a person must mend */
#define EARLY_S (10 * MINUTE_S)       /* before the time of publication */
#define RUSH_S (2 * HOUR_S)           /* after it: asked often */
#define ENDS_EARLY_S (2 * HOUR_S)     /* a market's day may end before midnight */
#define JITTER_MS (5 * MINUTE_MS)     /* the width of the chance */
#define N_CACHE_FILES 4               /* days go round in so many files */

/* one day of the market, or all there is */
typedef struct {
  PhaetonPriceDay day;
  gboolean is_taken; /* an answer for it was believed */
  gboolean is_final; /* ... and will not change */
} Part;

struct _PhaetonPriceFeed {
  GObject parent_instance;

  char *id; /* (owned) */
  PhaetonPriceSourceNew make;
  PhaetonConfig *config;      /* (owned) */
  PhaetonClock *clock;        /* (owned) */
  char *cache_dir;            /* (owned) (nullable) */
  PhaetonPriceSource *source; /* (owned) (nullable): once the worker made it */
  PhaetonHttpClient *client;  /* (owned) (nullable): with the source */
  GCancellable *cancellable;  /* (owned) (nullable): between start() and stop() */
  guint timeout_ms;
  guint timer_id;
  guint n_steps;    /* begun and not finished */
  Part parts[2];    /* today, tomorrow; without days the first is all there is */
  guint round;      /* bits of the parts still to be asked for, or loaded */
  gboolean loading; /* this round reads what was kept */
  GArray *slots;    /* (owned) (element-type PhaetonPriceSlot) */
  char currency[4];
  gint64 fetched_at;
  char *error; /* (owned) (nullable) */
};

static void phaeton_price_feed_provider_init (PhaetonPriceProviderInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PhaetonPriceFeed, phaeton_price_feed, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (PHAETON_TYPE_PRICE_PROVIDER,
                                                      phaeton_price_feed_provider_init))

/* one step on its way: an answer of a part, which the worker reads */
typedef struct {
  PhaetonPriceFeed *feed; /* (owned) */
  GCancellable *run;      /* (owned): the feed's when the step began; another one: stopped since */
  PhaetonPriceSource *source; /* (owned) (nullable) */
  Part part;
  guint index;
  gboolean loading;          /* it is a kept answer */
  PhaetonHttpAnswer *http;   /* (owned) (nullable) */
  PhaetonPriceAnswer answer; /* its slots: (owned) */
} Step;

static void next_part (PhaetonPriceFeed *self);
static void ask_in (PhaetonPriceFeed *self, gint64 pause_ms);

/* --- when --- */

gint64
phaeton_price_outlook_get_pause_ms (const PhaetonPriceOutlook *self, double chance)
{
  const gint64 jitter_ms = (gint64) (chance * JITTER_MS);
  const gint64 to_publication_s = self->published_at - self->now_at;
  const gboolean is_out = to_publication_s <= EARLY_S;

  if (self->known_until_at <= self->now_at)
    return 10 * MINUTE_MS + jitter_ms;
  if (!self->is_preliminary &&
      (!is_out || self->known_until_at >= self->tomorrow_ends_at - ENDS_EARLY_S)) {
    if (!is_out && to_publication_s < HOUR_S)
      return to_publication_s * 1000 + jitter_ms;
    return 60 * MINUTE_MS + jitter_ms;
  }
  return (to_publication_s > -RUSH_S ? 10 : 30) * MINUTE_MS + jitter_ms;
}

/* today and tomorrow as of now; what was known of a day stays known when it becomes today */
static void
turn_days (PhaetonPriceFeed *self)
{
  const gint64 now_at = phaeton_clock_get_wall_at (self->clock);
  const Part old[] = { self->parts[0], self->parts[1] };

  for (guint i = 0; i < G_N_ELEMENTS (self->parts); i++) {
    PhaetonPriceDay day;

    phaeton_price_day_find (self->source->zone, now_at, (int) i, &day);
    self->parts[i] = (Part){ .day = day };
    for (guint j = 0; j < G_N_ELEMENTS (old); j++)
      if (old[j].day.from_at == day.from_at)
        self->parts[i] = old[j];
  }
}

static gint64
get_published_at (PhaetonPriceFeed *self)
{
  return self->parts[0].day.from_at + self->source->published_min * MINUTE_S;
}

static gint64
get_known_until_at (PhaetonPriceFeed *self, gint64 at)
{
  const PhaetonPriceSeries series = { self->slots->len,
                                      (const PhaetonPriceSlot *) (void *) self->slots->data };

  return phaeton_price_series_get_end_at (&series, at);
}

static gint64
get_pause_ms (PhaetonPriceFeed *self)
{
  const gint64 now_at = phaeton_clock_get_wall_at (self->clock);
  const PhaetonPriceOutlook outlook = { now_at, get_known_until_at (self, now_at),
                                        get_published_at (self), self->parts[1].day.to_at,
                                        (self->parts[0].is_taken && !self->parts[0].is_final) ||
                                          (self->parts[1].is_taken && !self->parts[1].is_final) };

  return phaeton_price_outlook_get_pause_ms (&outlook, g_random_double ());
}

/* what is missing or not final, tomorrow only when it can be there; when nothing is, the newest
 * day again, for markets correct themselves until delivery */
static guint
choose_parts (PhaetonPriceFeed *self)
{
  const gint64 now_at = phaeton_clock_get_wall_at (self->clock);
  const gboolean is_out = now_at >= get_published_at (self) - EARLY_S;
  const gint64 today_ends_at = self->parts[0].day.to_at;
  guint round = 0;

  if (!self->source->by_day)
    return 1;
  if (!self->parts[0].is_final || get_known_until_at (self, now_at) < today_ends_at)
    round |= 1;
  if (is_out && !self->parts[1].is_final)
    round |= 2;
  if (round == 0)
    round = is_out ? 2 : 1;
  return round;
}

/* --- what --- */

static void
get_series (PhaetonPriceProvider *provider, PhaetonPriceSeries *series)
{
  PhaetonPriceFeed *self = PHAETON_PRICE_FEED (provider);

  *series =
    (PhaetonPriceSeries){ self->slots->len, (const PhaetonPriceSlot *) (void *) self->slots->data };
}

static void
get_state (PhaetonPriceProvider *provider, PhaetonPriceState *state)
{
  PhaetonPriceFeed *self = PHAETON_PRICE_FEED (provider);

  *state = (PhaetonPriceState){ self->id, self->currency[0] != '\0' ? self->currency : NULL,
                                self->fetched_at, self->error };
}

/* said once per change, not per attempt */
static void
set_error (PhaetonPriceFeed *self, const GError *error)
{
  if (error == NULL && self->error != NULL)
    phaeton_message ("", "Prices of %s are known again", self->id);
  else if (error != NULL && self->error == NULL)
    phaeton_warning ("", "No new prices: %s", error->message);
  g_free (self->error);
  self->error = error != NULL ? g_strdup (error->message) : NULL;
}

/* in a row without a gap, so a day that begins late and goes on after its end was read in another
 * zone; so was one that begins before and ends early */
static gboolean
is_shifted (const GArray *slots, const PhaetonPriceDay *day)
{
  const gint64 from_at = g_array_index (slots, PhaetonPriceSlot, 0).start_at;
  const gint64 to_at = g_array_index (slots, PhaetonPriceSlot, slots->len - 1).end_at;

  return (from_at > day->from_at && to_at > day->to_at) ||
         (from_at < day->from_at && to_at < day->to_at);
}

static void
cut_to_day (GArray *slots, const PhaetonPriceDay *day)
{
  guint n = 0;

  for (guint i = 0; i < slots->len; i++) {
    const PhaetonPriceSlot slot = g_array_index (slots, PhaetonPriceSlot, i);

    if (slot.end_at > day->from_at && slot.start_at < day->to_at)
      g_array_index (slots, PhaetonPriceSlot, n++) = slot;
  }
  g_array_set_size (slots, n);
}

/* in the worker: from bytes to slots of the day that was asked for */
static gboolean
read_answer (Step *step, GError **error)
{
  const PhaetonPriceDay *day = &step->part.day;
  GArray *slots = step->answer.slots;

  if (!step->source->decode (step->source, day, step->http->status, step->http->body, &step->answer,
                             error))
    return FALSE;
  phaeton_price_slots_settle (slots);
  if (!step->source->by_day)
    return TRUE;
  if (slots->len > 0 && is_shifted (slots, day)) {
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL,
                         "the answer is about other hours than those of the day: in another zone?");
    return FALSE;
  }
  cut_to_day (slots, day);
  if (slots->len > 0 || step->index > 0)
    return TRUE;
  g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_PROTOCOL,
                       "the answer has no price of today");
  return FALSE;
}

static void
take_answer (PhaetonPriceFeed *self, const Step *step)
{
  Part *part = &self->parts[step->index];

  if (self->source->by_day && part->day.from_at != step->part.day.from_at)
    return; /* midnight passed on the way */
  if (part->is_final && step->answer.is_preliminary)
    return;
  phaeton_price_slots_merge (self->slots, step->answer.slots,
                             phaeton_clock_get_wall_at (self->clock) - KEEP_S);
  if (step->answer.currency[0] != '\0')
    memcpy (self->currency, step->answer.currency, sizeof self->currency);
  self->fetched_at = MAX (self->fetched_at, step->http->fetched_at);
  part->is_taken = TRUE;
  part->is_final = !step->answer.is_preliminary;
}

/* --- one step after the other --- */

static void
step_free (gpointer data)
{
  Step *step = data;

  g_object_unref (step->feed);
  g_object_unref (step->run);
  g_clear_pointer (&step->source, phaeton_price_source_unref);
  g_clear_pointer (&step->http, phaeton_http_answer_free);
  g_array_unref (step->answer.slots);
  g_free (step);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Step, step_free)

static Step *
begin_step (PhaetonPriceFeed *self, guint index)
{
  Step *step = g_new0 (Step, 1);

  step->feed = g_object_ref (self);
  step->run = g_object_ref (self->cancellable);
  step->source = self->source != NULL ? phaeton_price_source_ref (self->source) : NULL;
  step->part = self->parts[index];
  step->index = index;
  step->loading = self->loading;
  step->answer.slots = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
  self->n_steps++;
  return step;
}

/* FALSE: stopped on purpose since it began */
static gboolean
end_step (Step *step)
{
  step->feed->n_steps--;
  return step->feed->cancellable == step->run;
}

/* @error: (nullable): of the step that ends the round; where a person must look, time does not
 * press */
static void
end_round (PhaetonPriceFeed *self, const GError *error, gboolean is_urgent)
{
  set_error (self, error);
  ask_in (self, MAX (phaeton_http_client_get_wait_ms (self->client),
                     is_urgent ? 1000 : get_pause_ms (self)));
  phaeton_price_provider_emit_changed (PHAETON_PRICE_PROVIDER (self));
}

/* what was kept may be all there is for days: it counts as far as it reaches, and what is young
 * need not be asked for again */
static void
end_loading (PhaetonPriceFeed *self)
{
  const gint64 now_at = phaeton_clock_get_wall_at (self->clock);
  const gboolean is_known = get_known_until_at (self, now_at) > now_at;
  const gint64 age_ms = (now_at - self->fetched_at) * 1000;

  self->loading = FALSE;
  if (self->slots->len > 0)
    phaeton_price_provider_emit_changed (PHAETON_PRICE_PROVIDER (self));
  ask_in (self, is_known && age_ms >= 0 ? MAX (get_pause_ms (self) - age_ms, 1) : 1);
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Step) step = user_data;
  PhaetonPriceFeed *self = step->feed;
  g_autoptr (GError) error = NULL;
  const gboolean ok = g_task_propagate_boolean (G_TASK (result), &error);

  if (!end_step (step))
    return;
  if (ok && step->answer.slots->len > 0) {
    take_answer (self, step);
    if (!step->loading)
      phaeton_http_client_keep (self->client, step->http);
  } else if (!ok && !step->loading) {
    g_prefix_error (&error, "%s: ", self->id);
    phaeton_http_client_note_failure (self->client);
    end_round (self, error,
               error->code != PHAETON_ERROR_CONFIG && error->code != PHAETON_ERROR_REFUSED);
    return;
  } else if (ok && !step->loading) {
    phaeton_http_client_note_success (self->client);
  }
  next_part (self);
}

static void
read_in_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;

  if (read_answer (data, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Step) step = user_data;
  PhaetonPriceFeed *self = step->feed;
  PhaetonHttpClient *client = PHAETON_HTTP_CLIENT (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GTask) task = NULL;

  step->http = step->loading ? phaeton_http_client_load_finish (client, result, &error)
                             : phaeton_http_client_send_finish (client, result, &error);
  if (step->http == NULL) {
    if (!end_step (step))
      return;
    if (step->loading)
      next_part (self);
    else
      end_round (self, error, error->code != PHAETON_ERROR_CONFIG);
    return;
  }
  task = g_task_new (NULL, NULL, read_cb, step); /* the worker must not hold the last of us */
  g_task_set_task_data (task, g_steal_pointer (&step), NULL);
  phaeton_worker_push (task, read_in_worker);
}

static void
ask_part (PhaetonPriceFeed *self, guint index)
{
  const PhaetonPriceDay none = { 0, 0 };
  Step *step = begin_step (self, index);
  g_autofree char *url = NULL;
  g_autofree char *key = NULL;
  PhaetonHttpRequest request;

  if (!self->source->by_day)
    step->part.day = none;
  url = self->source->dup_url (self->source, &step->part.day);
  key = self->source->by_day
          ? g_strdup_printf ("day-%d", (int) ((step->part.day.from_at + 12 * HOUR_S) /
                                              (24 * HOUR_S) % N_CACHE_FILES))
          : g_strdup ("prices");
  request = (PhaetonHttpRequest){ .url = url,
                                  .bearer = self->source->bearer,
                                  .content_type = "application/json",
                                  .body = self->source->body,
                                  .cache_key = key };
  (self->loading ? phaeton_http_client_load_async : phaeton_http_client_send_async) (
    self->client, &request, self->cancellable, answered_cb, step);
}

static void
next_part (PhaetonPriceFeed *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->parts); i++)
    if ((self->round & (1u << i)) != 0) {
      self->round &= ~(1u << i);
      ask_part (self, i);
      return;
    }
  if (self->loading)
    end_loading (self);
  else
    end_round (self, NULL, FALSE);
}

static gboolean
ask_cb (gpointer user_data)
{
  PhaetonPriceFeed *self = user_data;

  self->timer_id = 0;
  if (phaeton_clock_get_wall_at (self->clock) < CLOCK_IS_SET_AT) {
    ask_in (self, CLOCK_RETRY_MS);
    return G_SOURCE_REMOVE;
  }
  turn_days (self);
  self->round = choose_parts (self);
  next_part (self);
  return G_SOURCE_REMOVE;
}

static void
ask_in (PhaetonPriceFeed *self, gint64 pause_ms)
{
  self->timer_id = phaeton_clock_add_timer (self->clock, MAX (pause_ms, 1), ask_cb, self);
}

/* --- life --- */

static void begin_making (PhaetonPriceFeed *self);

static gboolean
make_again_cb (gpointer user_data)
{
  PhaetonPriceFeed *self = user_data;

  self->timer_id = 0;
  begin_making (self);
  return G_SOURCE_REMOVE;
}

static void
begin_loading (PhaetonPriceFeed *self)
{
  const PhaetonHttpOptions options = { .name = self->id,
                                       .cache_dir = self->cache_dir,
                                       .proxy = self->config->network.proxy,
                                       .ca_file = self->config->network.ca_file,
                                       .timeout_ms = self->timeout_ms,
                                       .max_bytes = MAX_ANSWER_BYTES,
                                       .is_open = self->source->is_open,
                                       .requests_per_day = self->source->requests_per_day };

  self->client = phaeton_http_client_new (self->clock, &options);
  self->loading = TRUE;
  self->round = self->source->by_day ? 3 : 1;
  turn_days (self);
  next_part (self);
}

static void
made_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Step) step = user_data;
  PhaetonPriceFeed *self = step->feed;
  g_autoptr (GError) error = NULL;
  g_autoptr (PhaetonPriceSource) source = g_task_propagate_pointer (G_TASK (result), &error);

  if (!end_step (step))
    return;
  if (source == NULL) {
    set_error (self, error);
    self->timer_id = phaeton_clock_add_timer (self->clock, MAKE_RETRY_MS, make_again_cb, self);
    phaeton_price_provider_emit_changed (PHAETON_PRICE_PROVIDER (self));
    return;
  }
  self->source = g_steal_pointer (&source);
  begin_loading (self);
}

static void
make_in_worker (GTask *task, gpointer object, gpointer data, GCancellable *cancellable)
{
  const PhaetonPriceFeed *self = ((Step *) data)->feed; /* reads what never changes */
  GError *error = NULL;
  PhaetonPriceSource *source = self->make (self->config, &error);

  if (source != NULL)
    g_task_return_pointer (task, source, (GDestroyNotify) phaeton_price_source_unref);
  else
    g_task_return_error (task, error);
}

static void
begin_making (PhaetonPriceFeed *self)
{
  Step *step = begin_step (self, 0);
  g_autoptr (GTask) task = g_task_new (NULL, NULL, made_cb, step);

  g_task_set_task_data (task, step, NULL);
  phaeton_worker_push (task, make_in_worker);
}

static void
start (PhaetonPriceProvider *provider)
{
  PhaetonPriceFeed *self = PHAETON_PRICE_FEED (provider);

  g_return_if_fail (self->cancellable == NULL);

  self->cancellable = g_cancellable_new ();
  if (self->source == NULL)
    begin_making (self);
  else
    ask_in (self, 1);
}

static void
stop (PhaetonPriceProvider *provider)
{
  PhaetonPriceFeed *self = PHAETON_PRICE_FEED (provider);

  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->loading = FALSE;
  if (self->timer_id != 0)
    phaeton_clock_remove_timer (self->clock, self->timer_id);
  self->timer_id = 0;
}

gboolean
phaeton_price_feed_is_busy (PhaetonPriceFeed *self)
{
  return self->n_steps > 0;
}

void
phaeton_price_feed_set_timeout (PhaetonPriceFeed *self, guint timeout_ms)
{
  self->timeout_ms = timeout_ms;
}

static void
phaeton_price_feed_provider_init (PhaetonPriceProviderInterface *iface)
{
  iface->start = start;
  iface->stop = stop;
  iface->get_series = get_series;
  iface->get_state = get_state;
}

static void
phaeton_price_feed_finalize (GObject *object)
{
  PhaetonPriceFeed *self = PHAETON_PRICE_FEED (object);

  stop (PHAETON_PRICE_PROVIDER (self));
  g_clear_object (&self->client);
  g_clear_pointer (&self->source, phaeton_price_source_unref);
  g_clear_object (&self->clock);
  g_clear_pointer (&self->config, phaeton_config_unref);
  g_array_unref (self->slots);
  g_free (self->id);
  g_free (self->cache_dir);
  g_free (self->error);
  G_OBJECT_CLASS (phaeton_price_feed_parent_class)->finalize (object);
}

static void
phaeton_price_feed_class_init (PhaetonPriceFeedClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = phaeton_price_feed_finalize;
}

static void
phaeton_price_feed_init (PhaetonPriceFeed *self)
{
  self->slots = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
  self->timeout_ms = TIMEOUT_MS;
}

PhaetonPriceProvider *
phaeton_price_feed_new (const char *id, PhaetonPriceSourceNew make, PhaetonConfig *config,
                        PhaetonClock *clock, const char *cache_dir)
{
  PhaetonPriceFeed *self = g_object_new (PHAETON_TYPE_PRICE_FEED, NULL);

  self->id = g_strdup (id);
  self->make = make;
  self->config = phaeton_config_ref (config);
  self->clock = g_object_ref (clock);
  self->cache_dir = g_strdup (cache_dir);
  return PHAETON_PRICE_PROVIDER (self);
}
