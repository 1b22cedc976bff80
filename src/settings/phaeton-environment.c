/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-environment.h"

#include <string.h>

#include "phaeton-keys.h"

#define PREFIX "PHAETON_"
#define SEPARATOR "__"

static void
set_value (PhaetonNode *root, const char *const *path, const char *variable, const char *value)
{
  PhaetonNode *node = phaeton_node_new_scalar (value, FALSE);

  node->place.origin = g_intern_string (variable);
  phaeton_node_set_path (root, path, node);
}

/* PHAETON_CHARGERS__MY_BOX__... means the charger that the file calls my-box */
static char *
find_id (const PhaetonNode *root, const char *map_name, const char *name)
{
  const PhaetonNode *map = phaeton_node_get (root, map_name);
  g_autofree char *wanted = g_strdelimit (g_strdup (name), "-", '_');

  for (guint i = 0; map != NULL && map->keys != NULL && i < map->keys->len; i++) {
    const PhaetonNode *key = map->keys->pdata[i];
    g_autofree char *id = g_strdelimit (g_ascii_strdown (key->text, -1), "-", '_');

    if (g_str_equal (id, wanted))
      return g_strdup (key->text);
  }
  return g_strdup (name);
}

/* whether @path names one value of the top level, or of one charger */
static gboolean
is_known (const char *const *path, gboolean in_charger)
{
  const guint n = g_strv_length ((char **) path);
  g_autofree char *name = NULL;
  const PhaetonSection *section;
  const PhaetonKey *key;
  char *last_dot;

  if (n == 0)
    return FALSE;
  if (n == 3 && !in_charger && g_str_equal (path[0], "circuits"))
    return phaeton_section_find_key (phaeton_section_find ("circuits"), path[2]) != NULL;
  name = g_strjoinv (".", (char **) path);
  last_dot = strrchr (name, '.');
  if (last_dot != NULL)
    *last_dot = '\0';
  section = phaeton_section_find (n > 1 ? name : "");
  if (section == NULL || section->kind == PHAETON_SECTION_LIST ||
      section->kind == PHAETON_SECTION_MAP)
    return FALSE;
  key = phaeton_section_find_key (section, path[n - 1]);
  return key != NULL && (!in_charger || phaeton_section_has_charger_key (section, key));
}

static void
apply_variable (PhaetonNode *root, const char *variable, const char *value, GPtrArray *problems)
{
  g_autofree char *lower = g_ascii_strdown (variable + strlen (PREFIX), -1);
  g_auto (GStrv) path = g_strsplit (lower, SEPARATOR, 5);
  const gboolean in_charger =
    g_str_equal (path[0], "chargers") && path[1] != NULL && path[2] != NULL;
  const gboolean known = is_known ((const char *const *) path + (in_charger ? 2 : 0), in_charger);

  if (!known) {
    const PhaetonPlace place = { .origin = g_intern_string (variable) };

    /* without the separator it may well be meant for something else of ours */
    if (strstr (lower, SEPARATOR) != NULL)
      phaeton_problems_add (problems, FALSE, "", &place, NULL, "no such setting");
    return;
  }
  if (in_charger || g_str_equal (path[0], "circuits")) {
    char *id = find_id (root, path[0], path[1]);

    g_free (path[1]);
    path[1] = id;
  }
  set_value (root, (const char *const *) path, variable, value);
}

void
phaeton_environment_apply (PhaetonNode *root, const char *const *environment, GPtrArray *problems)
{
  static const char *const web_host[] = { "web", "host", NULL };
  static const char *const web_port[] = { "web", "port", NULL };
  const char *host = g_environ_getenv ((char **) environment, "ALFEN_WEB_HOST");
  const char *port = g_environ_getenv ((char **) environment, "ALFEN_WEB_PORT");

  if (host != NULL && host[0] != '\0')
    set_value (root, web_host, "ALFEN_WEB_HOST", host);
  if (port != NULL && port[0] != '\0')
    set_value (root, web_port, "ALFEN_WEB_PORT", port);

  for (guint i = 0; environment != NULL && environment[i] != NULL; i++) {
    const char *equals = strchr (environment[i], '=');
    g_autofree char *variable = NULL;

    if (equals == NULL || !g_str_has_prefix (environment[i], PREFIX))
      continue;
    variable = g_strndup (environment[i], (gsize) (equals - environment[i]));
    apply_variable (root, variable, equals + 1, problems);
  }
}
