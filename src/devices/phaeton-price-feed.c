/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-prices"
#include "config.h"

#include "phaeton-price-feed.h"

#include "phaeton-error.h"
#include "phaeton-log.h"

#define TIMEOUT_MS 20000
#define MAX_ANSWER_BYTES (512 * 1024)
#define HOUR_S 3600
#define MINUTE_MS 60000
#define KEEP_S (48 * HOUR_S)       /* of what has passed, for plots */
#define CLOCK_IS_SET_AT 1577836800 /* 2020-01-01: before it no certificate holds */
#define CLOCK_RETRY_MS 10000

struct _PhaetonPriceFeed {
  GObject parent_instance;

  const PhaetonPriceSource *source;
  PhaetonConfig *config;     /* (owned) */
  PhaetonClock *clock;       /* (owned) */
  PhaetonHttpClient *client; /* (owned) */
  GCancellable *cancellable; /* (owned) (nullable): between start() and stop() */
  guint timer_id;
  GArray *slots; /* (owned) (element-type PhaetonPriceSlot) */
  char currency[4];
  gint64 fetched_at;
  char *error; /* (owned) (nullable) */
};

static void phaeton_price_feed_provider_init (PhaetonPriceProviderInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PhaetonPriceFeed, phaeton_price_feed, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (PHAETON_TYPE_PRICE_PROVIDER,
                                                      phaeton_price_feed_provider_init))

static void ask_in (PhaetonPriceFeed *self, gint64 pause_ms);

/* tomorrow comes around one in the afternoon, when less than half a day is left; the chance keeps
 * houses from asking in step */
gint64
phaeton_price_feed_get_pause_ms (gint64 known_s, double chance)
{
  if (known_s < 9 * HOUR_S && known_s > 0)
    return 30 * MINUTE_MS + (gint64) (chance * 5 * MINUTE_MS);
  if (known_s < 12 * HOUR_S)
    return 10 * MINUTE_MS + (gint64) (chance * 5 * MINUTE_MS);
  return 60 * MINUTE_MS + (gint64) (chance * 5 * MINUTE_MS);
}

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

  *state = (PhaetonPriceState){ self->source->id, self->currency[0] != '\0' ? self->currency : NULL,
                                self->fetched_at, self->error };
}

static gint64
get_pause_ms (PhaetonPriceFeed *self)
{
  const gint64 now_at = phaeton_clock_get_wall_at (self->clock);
  PhaetonPriceSeries series;

  get_series (PHAETON_PRICE_PROVIDER (self), &series);
  return phaeton_price_feed_get_pause_ms (
    phaeton_price_series_get_end_at (&series, now_at) - now_at, g_random_double ());
}

/* said once per change, not per attempt */
static void
set_error (PhaetonPriceFeed *self, const GError *error)
{
  if (error == NULL && self->error != NULL)
    phaeton_message ("", "Prices of %s are known again", self->source->id);
  else if (error != NULL && self->error == NULL)
    phaeton_warning ("", "No new prices: %s", error->message);
  g_free (self->error);
  self->error = error != NULL ? g_strdup (error->message) : NULL;
}

static gboolean
take_answer (PhaetonPriceFeed *self, const PhaetonHttpAnswer *answer, GError **error)
{
  g_autoptr (GArray) slots = g_array_new (FALSE, FALSE, sizeof (PhaetonPriceSlot));
  PhaetonPriceAnswer decoded = { slots, "" };

  if (!self->source->decode (self->config, answer->body, &decoded, error)) {
    g_prefix_error (error, "%s: ", self->source->id);
    return FALSE;
  }
  phaeton_price_slots_settle (slots);
  phaeton_price_slots_merge (self->slots, slots, phaeton_clock_get_wall_at (self->clock) - KEEP_S);
  memcpy (self->currency, decoded.currency, sizeof self->currency);
  self->fetched_at = answer->fetched_at;
  return TRUE;
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (PhaetonPriceFeed) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (PhaetonHttpAnswer) answer =
    phaeton_http_client_send_finish (self->client, result, &error);

  if (self->cancellable == NULL || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* stopped on purpose */
  if (answer != NULL && take_answer (self, answer, &error))
    phaeton_http_client_keep (self->client, answer);
  else if (answer != NULL)
    phaeton_http_client_note_failure (self->client);
  set_error (self, error);
  ask_in (self,
          MAX (phaeton_http_client_get_wait_ms (self->client),
               error == NULL || error->code == PHAETON_ERROR_CONFIG ? get_pause_ms (self) : 1000));
  phaeton_price_provider_emit_changed (PHAETON_PRICE_PROVIDER (self));
}

static gboolean
ask_cb (gpointer user_data)
{
  PhaetonPriceFeed *self = user_data;
  PhaetonHttpRequest request = { 0 };

  self->timer_id = 0;
  if (phaeton_clock_get_wall_at (self->clock) < CLOCK_IS_SET_AT) {
    ask_in (self, CLOCK_RETRY_MS);
    return G_SOURCE_REMOVE;
  }
  self->source->make_request (self->config, &request);
  phaeton_http_client_send_async (self->client, &request, self->cancellable, answered_cb,
                                  g_object_ref (self));
  g_clear_pointer (&request.body, g_bytes_unref);
  return G_SOURCE_REMOVE;
}

static void
ask_in (PhaetonPriceFeed *self, gint64 pause_ms)
{
  self->timer_id = phaeton_clock_add_timer (self->clock, MAX (pause_ms, 1), ask_cb, self);
}

/* what was kept may be all there is for days: it counts as far as it reaches */
static void
kept_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (PhaetonPriceFeed) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (PhaetonHttpAnswer) answer =
    phaeton_http_client_load_finish (self->client, result, &error);
  gint64 age_ms, pause_ms;

  if (self->cancellable == NULL)
    return;
  if (answer == NULL || !take_answer (self, answer, NULL)) {
    ask_in (self, 1);
    return;
  }
  age_ms = (phaeton_clock_get_wall_at (self->clock) - self->fetched_at) * 1000;
  pause_ms = get_pause_ms (self);
  ask_in (self, age_ms >= 0 ? MAX (pause_ms - age_ms, 1) : 1);
  phaeton_price_provider_emit_changed (PHAETON_PRICE_PROVIDER (self));
}

static void
start (PhaetonPriceProvider *provider)
{
  PhaetonPriceFeed *self = PHAETON_PRICE_FEED (provider);
  PhaetonHttpRequest request = { 0 };

  g_return_if_fail (self->cancellable == NULL);

  self->cancellable = g_cancellable_new ();
  self->source->make_request (self->config, &request);
  phaeton_http_client_load_async (self->client, &request, self->cancellable, kept_cb,
                                  g_object_ref (self));
  g_clear_pointer (&request.body, g_bytes_unref);
}

static void
stop (PhaetonPriceProvider *provider)
{
  PhaetonPriceFeed *self = PHAETON_PRICE_FEED (provider);

  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->timer_id != 0)
    phaeton_clock_remove_timer (self->clock, self->timer_id);
  self->timer_id = 0;
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
  g_clear_object (&self->clock);
  g_clear_pointer (&self->config, phaeton_config_unref);
  g_array_unref (self->slots);
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
}

PhaetonPriceProvider *
phaeton_price_feed_new (const PhaetonPriceSource *source, PhaetonConfig *config,
                        PhaetonClock *clock, const char *cache_dir)
{
  PhaetonPriceFeed *self = g_object_new (PHAETON_TYPE_PRICE_FEED, NULL);
  const PhaetonHttpOptions options = { .name = source->id,
                                       .cache_dir = cache_dir,
                                       .timeout_ms = TIMEOUT_MS,
                                       .max_bytes = MAX_ANSWER_BYTES,
                                       .requests_per_day = source->requests_per_day };

  self->source = source;
  self->config = phaeton_config_ref (config);
  self->clock = g_object_ref (clock);
  self->client = phaeton_http_client_new (clock, &options);
  return PHAETON_PRICE_PROVIDER (self);
}
