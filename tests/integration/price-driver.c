/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-error.h"
#include "phaeton-json.h"
#include "phaeton-price-feed.h"
#include "phaeton-price-file.h"
#include "phaeton-registry.h"
#include "phaeton-worker.h"

#include <stdio.h>
#include <string.h>

/* One provider of prices on real wires and a clock that stands still until it is told: days pass in
 * milliseconds. Driven by test_providers.py, a line at a time; each is answered by a line of JSON:
 *
 *   set KEY VALUE      prices.*, tibber.*, network.*, timezone, timeout_ms
 *   cache FOLDER       where answers are kept
 *   begin SECONDS      at this wall time, with what was set
 *   run SECONDS        let time pass; what is begun on the way is finished
 *   state              what is known
 *   end                stops the provider */

#define STEP_MS 10000
#define MAX_LINE 4096

typedef struct {
  PhaetonConfig *config;
  char *cache_dir;
  guint timeout_ms;
  PhaetonClock *clock;
  PhaetonPriceProvider *provider;
} Driver;

#define TEXT(member) G_STRUCT_OFFSET (PhaetonConfig, member)

static const struct {
  const char *key;
  glong offset;
} texts[] = {
  { "timezone", TEXT (timezone) },
  { "network.proxy", TEXT (network.proxy) },
  { "network.ca_file", TEXT (network.ca_file) },
  { "tibber.access_token", TEXT (tibber.token) },
  { "tibber.home_id", TEXT (tibber.home_id) },
  { "tibber.url", TEXT (tibber.url) },
  { "prices.profile", TEXT (prices.profile) },
  { "prices.profile_folder", TEXT (prices.profile_folder) },
  { "prices.area", TEXT (prices.area) },
  { "prices.product", TEXT (prices.product) },
  { "prices.currency", TEXT (prices.currency) },
  { "prices.token", TEXT (prices.token) },
  { "prices.url", TEXT (prices.url) },
  { "prices.file", TEXT (prices.file) },
};

static gboolean
set_text (PhaetonConfig *config, const char *key, const char *value)
{
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (g_str_equal (texts[i].key, key)) {
      char **text = &G_STRUCT_MEMBER (char *, config, texts[i].offset);

      g_free (*text);
      *text = g_strdup (value);
      return TRUE;
    }
  return FALSE;
}

static gboolean
set_provider (PhaetonConfig *config, const char *name)
{
  static const char *const names[] = { "auto",    "none", "tibber", "nordpool", "entsoe",
                                       "profile", "file", "fixed",  NULL };

  for (int i = 0; names[i] != NULL; i++)
    if (g_str_equal (names[i], name)) {
      config->prices.provider = (PhaetonPricesProvider) i;
      return TRUE;
    }
  return FALSE;
}

static gboolean
set (Driver *self, const char *rest)
{
  g_auto (GStrv) words = g_strsplit (rest, " ", 2);
  const char *key = words[0] != NULL ? words[0] : "";
  const char *value = words[0] != NULL && words[1] != NULL ? words[1] : "";

  if (set_text (self->config, key, value))
    return TRUE;
  if (g_str_equal (key, "timeout_ms")) {
    self->timeout_ms = (guint) g_ascii_strtoull (value, NULL, 10);
    return TRUE;
  }
  return g_str_equal (key, "prices.provider") && set_provider (self->config, value);
}

static gboolean
is_busy (PhaetonPriceProvider *provider)
{
  if (PHAETON_IS_PRICE_FILE (provider))
    return phaeton_price_file_is_busy (PHAETON_PRICE_FILE (provider));
  return phaeton_price_feed_is_busy (PHAETON_PRICE_FEED (provider));
}

static void
settle (Driver *self)
{
  while (is_busy (self->provider))
    g_main_context_iteration (NULL, TRUE);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
end (Driver *self)
{
  if (self->provider != NULL)
    phaeton_price_provider_stop (self->provider);
  phaeton_worker_drain ();
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_clear_object (&self->provider);
  g_clear_object (&self->clock);
}

static void
begin (Driver *self, gint64 wall_at)
{
  end (self);
  self->clock = phaeton_clock_new_virtual (wall_at);
  self->provider = phaeton_registry_new_price_provider (self->config, self->clock, self->cache_dir);
  g_assert_nonnull (self->provider);
  if (PHAETON_IS_PRICE_FEED (self->provider) && self->timeout_ms != 0)
    phaeton_price_feed_set_timeout (PHAETON_PRICE_FEED (self->provider), self->timeout_ms);
  phaeton_price_provider_start (self->provider);
  settle (self);
}

static void
run (Driver *self, gint64 seconds)
{
  for (gint64 left_ms = seconds * 1000; left_ms > 0; left_ms -= STEP_MS) {
    phaeton_clock_advance (self->clock, MIN (left_ms, STEP_MS));
    settle (self);
  }
}

static void
write_state (Driver *self, PhaetonJson *json)
{
  PhaetonPriceSeries series;
  PhaetonPriceState state;

  phaeton_price_provider_get_series (self->provider, &series);
  phaeton_price_provider_get_state (self->provider, &state);
  g_assert_true (phaeton_price_series_is_valid (&series));
  phaeton_json_begin_object (json, NULL);
  phaeton_json_int (json, "now", phaeton_clock_get_wall_at (self->clock));
  phaeton_json_text (json, "source", state.source);
  phaeton_json_text (json, "currency", state.currency);
  phaeton_json_text (json, "error", state.error);
  phaeton_json_int (json, "fetched_at", state.fetched_at);
  phaeton_json_begin_array (json, "slots");
  for (guint i = 0; i < series.n; i++) {
    const PhaetonPriceSlot *slot = &series.slots[i];

    phaeton_json_begin_array (json, NULL);
    phaeton_json_int (json, NULL, slot->start_at);
    phaeton_json_int (json, NULL, slot->end_at);
    phaeton_json_int (json, NULL, slot->import_micros);
    if (slot->has_export)
      phaeton_json_int (json, NULL, slot->export_micros);
    phaeton_json_end_array (json);
  }
  phaeton_json_end_array (json);
  phaeton_json_end_object (json);
}

static gboolean
obey (Driver *self, const char *line, PhaetonJson *json)
{
  const char *rest = strchr (line, ' ');

  rest = rest != NULL ? rest + 1 : "";
  if (g_str_has_prefix (line, "set "))
    return set (self, rest);
  if (g_str_has_prefix (line, "cache ")) {
    g_free (self->cache_dir);
    self->cache_dir = g_strdup (rest);
  } else if (g_str_has_prefix (line, "begin ")) {
    begin (self, g_ascii_strtoll (rest, NULL, 10));
  } else if (g_str_equal (line, "end")) {
    end (self);
  } else if (self->provider == NULL) {
    return FALSE;
  } else if (g_str_has_prefix (line, "run ")) {
    run (self, g_ascii_strtoll (rest, NULL, 10));
  } else if (g_str_equal (line, "state")) {
    write_state (self, json);
  } else {
    return FALSE;
  }
  return TRUE;
}

int
main (void)
{
  Driver driver = { .config = phaeton_config_new (0) };
  char line[MAX_LINE];

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    set_text (driver.config, texts[i].key, "");
  while (fgets (line, sizeof line, stdin) != NULL) {
    g_auto (PhaetonJson) json = PHAETON_JSON_INIT;
    const gboolean ok = obey (&driver, g_strchomp (line), &json);

    puts (!ok ? "false" : json.text->len > 0 ? json.text->str : "true");
    fflush (stdout);
  }
  end (&driver);
  phaeton_config_unref (driver.config);
  g_free (driver.cache_dir);
  return 0;
}
