/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-reader.h"

#include <string.h>

#define BUSY_POLL_MS 500
#define WIDE_TOLERANCE_mA 5000
#define MAX_INSTANCE 255

/* what the file says for "section.key", to point at it; the path is for messages */
typedef struct {
  const PhaetonNode *node; /* (nullable) */
  PhaetonPlace place;
  char *path; /* (owned) */
} Found;

static void
found_clear (Found *self)
{
  g_free (self->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Found, found_clear)

static Found
find (const PhaetonScope *scope, const char *section_name, const char *key_name)
{
  const PhaetonSection *section = phaeton_section_find (section_name);
  const PhaetonKey *key = phaeton_section_find_key (section, key_name);
  Found found = { phaeton_scope_find (scope, section, key, NULL) };

  if (found.node != NULL)
    found.place = found.node->place;
  found.path = phaeton_scope_dup_path (scope, section, key_name);
  return found;
}

/* whether the charger itself says something, so that a relation is not reported for each heir */
static gboolean
says_own (const PhaetonScope *scope, const char *section, const char *key)
{
  if (scope->charger == NULL)
    return TRUE;
  return phaeton_node_get (phaeton_node_get (scope->charger, section), key) != NULL;
}

static void
check_currents (const PhaetonScope *scope, PhaetonChargerConfig *charger, GPtrArray *problems)
{
  PhaetonControlsConfig *controls = &charger->controls;
  g_auto (Found) max = find (scope, "controls", "max_set_current");
  g_auto (Found) min = find (scope, "controls", "min_set_current");
  g_auto (Found) intended = find (scope, "defaults", "intended_set_current");

  if (charger->intended_set_mA > controls->max_set_mA &&
      (says_own (scope, "defaults", "intended_set_current") ||
       says_own (scope, "controls", "max_set_current")))
    phaeton_problems_add (problems, TRUE, intended.path,
                          intended.node != NULL ? &intended.place : &max.place,
                          "lower this, or raise controls.max_set_current",
                          "%g A is more than controls.max_set_current, %g A",
                          charger->intended_set_mA / 1e3, controls->max_set_mA / 1e3);
  if (controls->min_set_mA < PHAETON_MIN_OFFER_mA) {
    if (says_own (scope, "controls", "min_set_current"))
      phaeton_problems_add (problems, FALSE, min.path, &min.place, "6 A or more",
                            "%g A is less than a car can charge on; 6 A is used",
                            controls->min_set_mA / 1e3);
    controls->min_set_mA = PHAETON_MIN_OFFER_mA;
  }
  if (max.node == NULL || !says_own (scope, "controls", "max_set_current"))
    return;
  if (controls->max_set_mA < controls->min_set_mA)
    phaeton_problems_add (problems, FALSE, max.path, &max.place, NULL,
                          "%g A is less than the smallest current, %g A: nothing can charge",
                          controls->max_set_mA / 1e3, controls->min_set_mA / 1e3);
  if (controls->max_set_mA > charger->station_max_mA)
    phaeton_problems_add (problems, FALSE, max.path, &max.place, NULL,
                          "%g A is more than defaults.station_max_current, %g A; the charger may "
                          "limit",
                          controls->max_set_mA / 1e3, charger->station_max_mA / 1e3);
}

static void
check_stop (const PhaetonScope *scope, const PhaetonChargerConfig *charger, GPtrArray *problems)
{
  const PhaetonControlsConfig *controls = &charger->controls;
  g_auto (Found) current = find (scope, "controls", "on_stop_milliamps");

  if (controls->on_stop != PHAETON_ON_STOP_CURRENT ||
      !(says_own (scope, "controls", "on_stop") ||
        says_own (scope, "controls", "on_stop_milliamps")))
    return;
  if (controls->on_stop_mA < PHAETON_MIN_OFFER_mA || controls->on_stop_mA > controls->max_set_mA)
    phaeton_problems_add (problems, TRUE, current.path, &current.place,
                          "6000 mA or more and at most controls.max_set_current, or on_stop: pause",
                          "%d mA cannot be what is left behind at the end", controls->on_stop_mA);
}

void
phaeton_rules_check_charger (const PhaetonScope *scope, PhaetonChargerConfig *charger,
                             GPtrArray *problems)
{
  g_auto (Found) poll = find (scope, "", "poll_interval_ms");
  g_auto (Found) tolerance = find (scope, "controls", "current_tolerance");
  g_auto (Found) ip = find (scope, "modbus", "ip");

  check_currents (scope, charger, problems);
  check_stop (scope, charger, problems);
  if (charger->poll_interval_ms < BUSY_POLL_MS && poll.node != NULL &&
      (scope->charger == NULL || phaeton_node_get (scope->charger, "poll_interval_ms") != NULL))
    phaeton_problems_add (problems, FALSE, poll.path, &poll.place, NULL,
                          "less than 500 ms costs processor time on small machines");
  if (charger->controls.current_tolerance_mA > WIDE_TOLERANCE_mA &&
      says_own (scope, "controls", "current_tolerance"))
    phaeton_problems_add (problems, FALSE, tolerance.path, &tolerance.place, "at most 5 A",
                          "a tolerance this wide hides a charger that does not obey");
  if (ip.node != NULL)
    return;
  if (scope->charger != NULL)
    phaeton_problems_add (problems, TRUE, ip.path, &scope->charger->place,
                          "the address of the charger, such as 192.168.1.100",
                          "the charger has no address");
  else if (phaeton_scope_has_top_charger (scope->root))
    phaeton_problems_add (problems, FALSE, ip.path, NULL, NULL, "no address is set; trying %s",
                          charger->modbus.host);
}

static void
check_sockets (const PhaetonNode *root, const PhaetonConfig *config, GPtrArray *problems)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < config->n_chargers; i++) {
    const PhaetonChargerConfig *charger = &config->chargers[i];
    g_autofree char *host = g_ascii_strdown (charger->modbus.host, -1);
    char *socket =
      g_strdup_printf ("%s:%u unit %u", host, charger->modbus.port, charger->modbus.socket_unit);
    const PhaetonChargerConfig *other = g_hash_table_lookup (seen, socket);

    if (other != NULL) {
      const PhaetonScope scope = phaeton_scope_of_charger (root, charger->id);
      g_auto (Found) unit = find (&scope, "modbus", "socket_slave_id");
      g_auto (Found) ip = find (&scope, "modbus", "ip");

      phaeton_problems_add (problems, TRUE, unit.path, unit.node != NULL ? &unit.place : &ip.place,
                            "a socket unit of its own for each charger of one station",
                            "chargers %s and %s are both %s", other->id, charger->id, socket);
    }
    g_hash_table_insert (seen, socket, (gpointer) charger);
  }
}

/* FALSE: the lowest free one is to be found */
static gboolean
has_instance (const PhaetonScope *scope)
{
  const PhaetonSection *top = phaeton_section_find ("");

  return phaeton_scope_find (scope, top, phaeton_section_find_key (top, "device_instance"), NULL) !=
         NULL;
}

static void
check_instances (const PhaetonNode *root, PhaetonConfig *config, GPtrArray *problems)
{
  const PhaetonChargerConfig *owners[MAX_INSTANCE + 1] = { NULL };
  int next = 0;

  for (guint i = 0; i < config->n_chargers; i++) {
    const PhaetonChargerConfig *charger = &config->chargers[i];
    const PhaetonScope scope = phaeton_scope_of_charger (root, charger->id);
    const PhaetonChargerConfig **owner = &owners[charger->device_instance];

    if (!has_instance (&scope))
      continue;
    if (*owner != NULL) {
      g_auto (Found) instance = find (&scope, "", "device_instance");

      phaeton_problems_add (
        problems, TRUE, instance.path, &instance.place, "a number of its own for each charger",
        "chargers %s and %s both have %d", (*owner)->id, charger->id, charger->device_instance);
    }
    *owner = charger;
  }
  for (guint i = 0; i < config->n_chargers; i++) {
    const PhaetonScope scope = phaeton_scope_of_charger (root, config->chargers[i].id);

    if (has_instance (&scope))
      continue;
    while (next <= MAX_INSTANCE && owners[next] != NULL)
      next++;
    config->chargers[i].device_instance = MIN (next, MAX_INSTANCE);
    next++;
  }
}

/* a schedule belongs to one charger; at the top level without that charger it would do nothing */
static void
check_orphans (const PhaetonNode *root, GPtrArray *problems)
{
  static const char *const keys[] = { "schedule", "device_instance", "name", "phase_rotation" };

  if (phaeton_scope_has_top_charger (root))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    const PhaetonNode *node = phaeton_node_get (root, keys[i]);

    if (node != NULL && !(node->kind == PHAETON_NODE_MAP && node->items->len == 0))
      phaeton_problems_add (problems, FALSE, keys[i], &node->place,
                            "it below the charger it is for",
                            "at the top level it is for the charger of the top-level modbus.ip, "
                            "which is not set");
  }
}

static void
check_web (const PhaetonNode *root, const PhaetonConfig *config, GPtrArray *problems)
{
  const PhaetonWebConfig *web = &config->web;
  const PhaetonScope top = { .root = root };
  g_auto (Found) tls = find (&top, "web", "tls");
  g_auto (Found) permissive = find (&top, "web", "cors_permissive");

  if (web->tls == PHAETON_TLS_FILES && (web->tls_certificate[0] == '\0' || web->tls_key[0] == '\0'))
    phaeton_problems_add (problems, TRUE, tls.path, &tls.place,
                          "web.tls_certificate and web.tls_key, or tls: self-signed",
                          "the files of certificate and key are not set");
  if (web->cors_permissive && web->anonymous == PHAETON_ANONYMOUS_CONTROL)
    phaeton_problems_add (problems, FALSE, permissive.path, &permissive.place,
                          "web.cors_origins, or web.anonymous: read",
                          "with web.anonymous: control any web page that somebody in the house "
                          "opens can steer the chargers");
}

void
phaeton_rules_check_site (const PhaetonNode *root, PhaetonConfig *config, GPtrArray *problems)
{
  check_sockets (root, config, problems);
  check_instances (root, config, problems);
  check_orphans (root, problems);
  check_web (root, config, problems);
}

static void
warn_unknown (const PhaetonNode *key, const char *prefix, const char *const *candidates,
              GPtrArray *problems)
{
  const char *suggestion = phaeton_suggest (key->text, candidates);
  g_autofree char *shown = phaeton_problem_quote (key->text);
  g_autofree char *hint = suggestion != NULL ? g_strdup_printf ("perhaps %s", suggestion) : NULL;
  g_autofree char *where = prefix[0] != '\0' ? g_strndup (prefix, strlen (prefix) - 1)
                                             : g_strndup (shown + 1, strlen (shown) - 2);

  phaeton_problems_add (problems, FALSE, where, &key->place, hint,
                        "%s is not known and has no effect", shown);
}

static gboolean
is_inside (const PhaetonSection *inner, const PhaetonSection *outer)
{
  const gsize length = strlen (outer->name);

  return phaeton_section_is_inner (inner) && strncmp (inner->name, outer->name, length) == 0 &&
         inner->name[length] == '.';
}

/* @map: (nullable): one section as it stands in the file */
static void
check_section (const PhaetonNode *map, const PhaetonSection *section, const char *path,
               GPtrArray *problems)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *prefix = g_strconcat (path, ".", NULL);

  if (map == NULL || phaeton_node_is_null (map))
    return;
  if (map->kind != PHAETON_NODE_MAP) {
    phaeton_problems_add (problems, TRUE, path, &map->place, "keys and values", "%s",
                          phaeton_node_describe (map));
    return;
  }
  for (guint i = 0; i < section->n_keys; i++)
    g_ptr_array_add (names, (gpointer) section->keys[i].name);
  for (guint i = 0; i < phaeton_n_sections; i++)
    if (is_inside (&phaeton_sections[i], section))
      g_ptr_array_add (names, (gpointer) (strrchr (phaeton_sections[i].name, '.') + 1));
  g_ptr_array_add (names, NULL);
  for (guint i = 0; i < map->keys->len; i++) {
    const PhaetonNode *key = map->keys->pdata[i];

    if (!g_strv_contains ((const char *const *) names->pdata, key->text))
      warn_unknown (key, prefix, (const char *const *) names->pdata, problems);
  }
}

/* names that may stand at the top level, or in one charger */
static GPtrArray *
list_names (gboolean in_charger)
{
  GPtrArray *names = g_ptr_array_new ();
  const PhaetonSection *top = phaeton_section_find ("");

  for (guint i = 0; i < phaeton_n_sections; i++)
    if (phaeton_sections[i].name[0] != '\0' && !phaeton_section_is_inner (&phaeton_sections[i]) &&
        (phaeton_sections[i].is_per_charger || !in_charger))
      g_ptr_array_add (names, (gpointer) phaeton_sections[i].name);
  for (guint i = 0; i < top->n_keys; i++)
    if (!in_charger || phaeton_section_has_charger_key (top, &top->keys[i]))
      g_ptr_array_add (names, (gpointer) top->keys[i].name);
  if (!in_charger)
    g_ptr_array_add (names, (gpointer) "chargers");
  g_ptr_array_add (names, NULL);
  return names;
}

/* sections inside others, and maps by id; what is no map is refused where it is read */
static void
check_deeper (const PhaetonNode *level, const PhaetonSection *section, const char *prefix,
              GPtrArray *problems)
{
  const PhaetonNode *map = phaeton_section_find_node (section, level);
  g_autofree char *path = g_strconcat (prefix, section->name, NULL);

  if (section->kind == PHAETON_SECTION_OBJECT && phaeton_section_is_inner (section))
    check_section (map, section, path, problems);
  if (section->kind != PHAETON_SECTION_MAP || map == NULL || map->kind != PHAETON_NODE_MAP)
    return;
  for (guint i = 0; i < map->items->len; i++) {
    const PhaetonNode *item = map->items->pdata[i];
    const PhaetonNode *key = map->keys->pdata[i];
    g_autofree char *item_path = g_strdup_printf ("%s.%s", path, key->text);

    if (item->kind == PHAETON_NODE_MAP)
      check_section (item, section, item_path, problems);
  }
}

static void
check_level (const PhaetonNode *map, gboolean in_charger, const char *prefix, GPtrArray *problems)
{
  g_autoptr (GPtrArray) names = list_names (in_charger);

  for (guint i = 0; i < map->keys->len; i++) {
    const PhaetonNode *key = map->keys->pdata[i];
    const PhaetonSection *section = phaeton_section_find (key->text);
    g_autofree char *path = g_strconcat (prefix, key->text, NULL);

    if (!g_strv_contains ((const char *const *) names->pdata, key->text))
      warn_unknown (key, prefix, (const char *const *) names->pdata, problems);
    else if (section != NULL && section->kind == PHAETON_SECTION_OBJECT)
      check_section (map->items->pdata[i], section, path, problems);
  }
  for (guint i = 0; i < phaeton_n_sections; i++)
    if (phaeton_sections[i].is_per_charger || !in_charger)
      check_deeper (map, &phaeton_sections[i], prefix, problems);
}

void
phaeton_rules_check_keys (const PhaetonNode *root, GPtrArray *problems)
{
  const PhaetonNode *chargers = phaeton_node_get (root, "chargers");

  check_level (root, FALSE, "", problems);
  if (chargers == NULL || phaeton_node_is_null (chargers))
    return;
  if (chargers->kind != PHAETON_NODE_MAP) {
    phaeton_problems_add (problems, TRUE, "chargers", &chargers->place,
                          "one section for each charger, by its id", "%s",
                          phaeton_node_describe (chargers));
    return;
  }
  for (guint i = 0; i < chargers->items->len; i++) {
    const PhaetonNode *key = chargers->keys->pdata[i];
    const PhaetonNode *charger = chargers->items->pdata[i];
    g_autofree char *prefix = g_strdup_printf ("chargers.%s.", key->text);

    if (charger->kind == PHAETON_NODE_MAP)
      check_level (charger, TRUE, prefix, problems);
  }
}
