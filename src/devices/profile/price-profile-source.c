/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "price-profile.h"

#include "phaeton-error.h"
#include "phaeton-paths.h"

#include <glib/gstdio.h>

#include <string.h>

#define MAX_FILE_BYTES (64 * 1024)

/* a profile and what people chose for it */
typedef struct {
  PriceProfile *profile;                         /* (owned) */
  char *area, *product, *currency, *token, *url; /* (owned) */
} Chosen;

static void
chosen_free (gpointer data)
{
  Chosen *self = data;

  g_clear_pointer (&self->profile, price_profile_free);
  g_free (self->area);
  g_free (self->product);
  g_free (self->currency);
  g_free (self->token);
  g_free (self->url);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Chosen, chosen_free)

static PriceWords
get_words (const Chosen *self)
{
  return (PriceWords){ self->area, self->product, self->currency, self->token };
}

/* @folder: "" none */
static PriceProfile *
load_from (const char *folder, const char *name, gboolean *found, GError **error)
{
  g_autofree char *file = g_strconcat (name, ".json", NULL);
  g_autofree char *path = g_build_filename (folder, file, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) own = NULL;
  GStatBuf status;
  gsize size;

  *found = folder[0] != '\0' && g_stat (path, &status) == 0;
  if (!*found)
    return NULL;
  if (!S_ISREG (status.st_mode) || status.st_size > MAX_FILE_BYTES) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, "%s is no file of at most %d bytes",
                 path, MAX_FILE_BYTES);
    return NULL;
  }
  if (!g_file_get_contents (path, &text, &size, &own)) {
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, own->message);
    return NULL;
  }
  return price_profile_parse (path, text, size, error);
}

static PriceProfile *
load (const PhaetonPricesConfig *config, GError **error)
{
  g_autofree char *folder = phaeton_paths_dup_data ("price-profiles");
  PriceProfile *profile = NULL;
  gboolean found = FALSE;

  if (!price_profile_is_name (config->profile)) {
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, "prices.profile %s",
                 config->profile[0] == '\0' ? "is not set" : "is no name of a profile");
    return NULL;
  }
  profile = load_from (config->profile_folder, config->profile, &found, error);
  if (!found)
    profile = load_from (folder, config->profile, &found, error);
  if (!found)
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                 "prices.profile: there is no %s.json in %s%s%s", config->profile, folder,
                 config->profile_folder[0] != '\0' ? " nor in " : "", config->profile_folder);
  return profile;
}

/* what is set, where there are choices one of them; unset: the first */
static char *
choose (const char *key, const char *set, char *const *choices, gboolean is_needed, GError **error)
{
  g_autofree char *all = g_strjoinv (", ", (char **) choices);

  if (set[0] == '\0' && choices[0] != NULL)
    return g_strdup (choices[0]);
  if (set[0] == '\0' && is_needed)
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                 "prices.%s is not set, and the profile needs it", key);
  else if (choices[0] != NULL && !g_strv_contains ((const char *const *) choices, set))
    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG, "prices.%s is none of %s", key, all);
  else
    return g_strdup (set);
  return NULL;
}

static gboolean
has_word (const PriceProfile *profile, const char *word)
{
  gboolean has = strstr (profile->url, word) != NULL || strstr (profile->rows, word) != NULL ||
                 strstr (profile->price, word) != NULL;

  for (guint i = 0; i < profile->where->len && !has; i++) {
    char *const *values = g_array_index (profile->where, PriceWhere, i).values;

    for (guint j = 0; values[j] != NULL && !has; j++)
      has = strstr (values[j], word) != NULL;
  }
  return has;
}

static Chosen *
make_chosen (const PhaetonPricesConfig *config, GError **error)
{
  g_autoptr (Chosen) self = g_new0 (Chosen, 1);
  PriceProfile *profile = self->profile = load (config, error);

  if (profile == NULL)
    return NULL;
  self->area = choose ("area", config->area, profile->areas, has_word (profile, "{area}"), error);
  if (self->area != NULL)
    self->product = choose ("product", config->product, profile->products,
                            has_word (profile, "{product}"), error);
  if (self->product != NULL)
    self->currency = choose ("currency", config->currency, profile->currencies, TRUE, error);
  if (self->currency == NULL)
    return NULL;
  if (profile->token != PRICE_TOKEN_NONE && config->token[0] == '\0') {
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_CONFIG,
                         "prices.token is not set, and the service asks for one");
    return NULL;
  }
  self->token = g_strdup (config->token);
  self->url = phaeton_price_url_rebase (profile->url, config->url);
  return g_steal_pointer (&self);
}

static char *
dup_url (const PhaetonPriceSource *self, const PhaetonPriceDay *day)
{
  const Chosen *chosen = self->data;
  const PriceWords words = get_words (chosen);

  return price_template_expand (chosen->url, &words, self->zone, day, TRUE, NULL);
}

static gboolean
decode (const PhaetonPriceSource *self, const PhaetonPriceDay *day, guint status, GBytes *body,
        PhaetonPriceAnswer *answer, GError **error)
{
  const Chosen *chosen = self->data;
  const PriceWords words = get_words (chosen);

  return price_profile_decode (chosen->profile, &words, day, status, body, answer, error);
}

PhaetonPriceSource *
price_profile_source_new (const PhaetonConfig *config, GError **error)
{
  Chosen *chosen = make_chosen (&config->prices, error);
  PhaetonPriceSource *self;

  if (chosen == NULL)
    return NULL;
  self = phaeton_price_source_new (chosen->profile->zone, chosen->profile->published_min);
  self->requests_per_day = chosen->profile->requests_per_day;
  self->is_open = chosen->profile->token == PRICE_TOKEN_NONE;
  self->by_day = TRUE;
  if (chosen->profile->token == PRICE_TOKEN_BEARER)
    self->bearer = g_strdup (chosen->token);
  self->data = chosen;
  self->free = chosen_free;
  self->dup_url = dup_url;
  self->decode = decode;
  return self;
}
