/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-mask.h"

#include <string.h>

#define MASK "***"
#define MIN_SECRET_BYTES 6
#define PATTERN                                                                                    \
  "(://)[^/\\s@\"']+(?=@)"                                                                         \
  "|\\b(Bearer )[A-Za-z0-9._~+/=-]+"                                                               \
  "|\\b(pht_)[A-Za-z0-9_-]+"                                                                       \
  "|((?:password|passwd|token|secret|api[_-]?key)[\"']?\\s*[=:]\\s*[\"']?)[^\\s\"'&,;}]+"

static GMutex lock;
static char **known; /* (owned) (nullable) */

void
phaeton_mask_set_secrets (const char *const *secrets)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GMutexLocker) locker = NULL;

  for (guint i = 0; secrets != NULL && secrets[i] != NULL; i++)
    if (strlen (secrets[i]) >= MIN_SECRET_BYTES)
      g_strv_builder_add (builder, secrets[i]);
  locker = g_mutex_locker_new (&lock);
  g_strfreev (known);
  known = g_strv_builder_end (builder);
}

static char *
mask_known (const char *text)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  GString *masked = g_string_new (text);

  for (guint i = 0; known != NULL && known[i] != NULL; i++)
    g_string_replace (masked, known[i], MASK, 0);
  return g_string_free (masked, FALSE);
}

char *
phaeton_mask_dup (const char *text)
{
  static GRegex *regex;
  g_autofree char *masked = mask_known (text);
  char *result;

  if (g_once_init_enter (&regex)) {
    GRegex *made = g_regex_new (PATTERN, G_REGEX_CASELESS | G_REGEX_OPTIMIZE, 0, NULL);

    g_once_init_leave (&regex, made);
  }
  result = g_regex_replace (regex, masked, -1, 0, "\\1\\2\\3\\4" MASK, 0, NULL);
  return result != NULL ? result : g_steal_pointer (&masked);
}
