/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-router.h"

#include <string.h>

void
phaeton_web_match_clear (PhaetonWebMatch *self)
{
  g_clear_pointer (&self->parameter, g_free);
  g_clear_pointer (&self->allowed, g_free);
  self->route = NULL;
}

/* "/a/{id}" and "/a/b%20c" -> "b c"; FALSE: does not fit, or is no text when decoded */
static gboolean
fits (const char *pattern, const char *path, char **parameter)
{
  const char *hole = strchr (pattern, '{');
  const char *star = strchr (pattern, '*');
  const char *rest;
  gsize length;

  if (star != NULL)
    return strncmp (pattern, path, (gsize) (star - pattern)) == 0;
  if (hole == NULL)
    return strcmp (pattern, path) == 0;
  length = (gsize) (hole - pattern);
  if (strncmp (pattern, path, length) != 0)
    return FALSE;
  rest = strchr (hole, '}') + 1;
  path += length;
  length = strcspn (path, "/");
  if (length == 0 || strcmp (rest, path + length) != 0)
    return FALSE;
  *parameter = g_uri_unescape_segment (path, path + length, NULL);
  if (*parameter != NULL && g_utf8_validate (*parameter, -1, NULL))
    return TRUE;
  g_clear_pointer (parameter, g_free);
  return FALSE;
}

static gboolean
is_method_of (const PhaetonWebRoute *route, const char *method)
{
  return strcmp (route->method, method) == 0 ||
         (strcmp (method, "HEAD") == 0 && strcmp (route->method, "GET") == 0);
}

void
phaeton_web_match (const PhaetonWebRoute *routes, const char *method, const char *path,
                   PhaetonWebMatch *match)
{
  g_autoptr (GString) allowed = g_string_new (NULL);

  memset (match, 0, sizeof *match);
  for (const PhaetonWebRoute *route = routes; route->method != NULL; route++) {
    g_autofree char *parameter = NULL;

    if (!fits (route->path, path, &parameter))
      continue;
    if (is_method_of (route, method)) {
      match->route = route;
      match->parameter = g_steal_pointer (&parameter);
      return;
    }
    g_string_append_printf (allowed, "%s%s", allowed->len > 0 ? ", " : "", route->method);
    if (strcmp (route->method, "GET") == 0)
      g_string_append (allowed, ", HEAD");
  }
  if (allowed->len > 0)
    match->allowed = g_string_free (g_steal_pointer (&allowed), FALSE);
}
