/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-reader.h"

#include "phaeton-circuit-check.h"

/* circuits: by id, each on its parent; and which of them each charger hangs on. */

/* index + 1, or 0 */
static int
find_circuit (const PhaetonConfig *config, const char *id)
{
  for (guint i = 0; i < config->n_circuits; i++)
    if (g_str_equal (config->circuits[i].id, id))
      return (int) i + 1;
  return 0;
}

/* @id "" is none; an unknown one is refused */
static int
resolve (const PhaetonConfig *config, GVariant *id, const char *path, const PhaetonNode *node,
         GPtrArray *problems)
{
  const char *text = g_variant_get_string (id, NULL);
  const int circuit = find_circuit (config, text);

  if (circuit == 0 && text[0] != '\0') {
    g_autofree char *found = phaeton_problem_quote (text);

    phaeton_problems_add (problems, TRUE, path, &node->place,
                          phaeton_format_describe (PHAETON_FORMAT_REFERENCE),
                          "there is no circuit %s", found);
  }
  return circuit;
}

/* (transfer full): the value of one key of a circuit */
static GVariant *
read_value (const PhaetonSection *section, const PhaetonKey *key, const PhaetonNode *item,
            const char *id, GPtrArray *problems)
{
  const PhaetonNode *node = phaeton_node_get (item, key->name);
  g_autofree char *path = g_strdup_printf ("circuits.%s.%s", id, key->name);
  GVariant *value = NULL;

  if (node != NULL)
    value = phaeton_key_parse (section, key, node, path, problems);
  return value != NULL ? value : g_variant_ref (phaeton_key_get_default (section, key));
}

static gboolean
is_set (const PhaetonNode *item, const char *name)
{
  const PhaetonNode *node = phaeton_node_get (item, name);

  return node != NULL && !phaeton_node_is_null (node) &&
         (node->kind != PHAETON_NODE_LIST || node->items->len > 0);
}

/* what is not known of other loads counts as all that the fuse carries */
static void
settle_base (const PhaetonNode *item, PhaetonCircuitConfig *circuit)
{
  circuit->base_known = is_set (item, "base_milliamps");
  if (is_set (item, "failsafe_base_milliamps"))
    return;
  for (int i = 0; i < PHAETON_PHASES; i++)
    circuit->failsafe_base_mA[i] = circuit->base_known ? circuit->base_mA[i] : circuit->fuse_mA[i];
}

static void
read_circuit (const PhaetonSection *section, const PhaetonNode *item, const char *id,
              PhaetonCircuitConfig *circuit, GPtrArray *problems)
{
  circuit->id = g_strdup (id);
  for (guint k = 0; k < section->n_keys; k++) {
    g_autoptr (GVariant) value = read_value (section, &section->keys[k], item, id, problems);

    phaeton_key_store (section, &section->keys[k], value, circuit);
  }
  settle_base (item, circuit);
}

static void
resolve_parents (const PhaetonSection *section, const PhaetonNode *map, PhaetonConfig *config,
                 GPtrArray *problems)
{
  const PhaetonKey *key = phaeton_section_find_key (section, "parent");
  g_autoptr (GPtrArray) ignored = phaeton_problems_new (); /* said by read_circuit() */

  for (guint i = 0; i < config->n_circuits; i++) {
    PhaetonCircuitConfig *circuit = &config->circuits[i];
    const PhaetonNode *item = phaeton_node_get (map, circuit->id);
    g_autoptr (GVariant) parent = read_value (section, key, item, circuit->id, ignored);
    g_autofree char *path = g_strdup_printf ("circuits.%s.parent", circuit->id);

    circuit->parent = resolve (config, parent, path, phaeton_node_get (item, "parent"), problems);
  }
}

static void
resolve_chargers (const PhaetonNode *root, PhaetonConfig *config, GPtrArray *problems)
{
  const PhaetonSection *top = phaeton_section_find ("");
  const PhaetonKey *key = phaeton_section_find_key (top, "circuit");
  g_autoptr (GPtrArray) ignored = phaeton_problems_new ();

  for (guint i = 0; i < config->n_chargers; i++) {
    const PhaetonScope scope = phaeton_scope_of_charger (root, config->chargers[i].id);
    g_autofree char *path = phaeton_scope_dup_path (&scope, top, "circuit");
    g_autoptr (GVariant) id = phaeton_scope_read_key (&scope, top, key, ignored);

    config->chargers[i].circuit =
      resolve (config, id, path, phaeton_scope_find (&scope, top, key, NULL), problems);
  }
}

static void
refuse (const PhaetonNode *map, const PhaetonCircuitConfig *circuit, const char *key,
        const char *allowed, const char *message, GPtrArray *problems)
{
  const PhaetonNode *item = phaeton_node_get (map, circuit->id);
  const PhaetonNode *node = phaeton_node_get (item, key);
  g_autofree char *path = g_strdup_printf ("circuits.%s.%s", circuit->id, key);

  phaeton_problems_add (problems, TRUE, path, node != NULL ? &node->place : &item->place, allowed,
                        "%s", message);
}

/* what cannot hold, whatever each value is for itself; ids were resolved before */
static void
check (const PhaetonNode *map, const PhaetonConfig *config, GPtrArray *problems)
{
  guint index;

  switch (phaeton_circuits_check (config, &index)) {
  case PHAETON_CIRCUITS_FUSE_TOO_SMALL:
    refuse (map, &config->circuits[index], "fuse_milliamps",
            phaeton_format_describe (PHAETON_FORMAT_FUSE), "the circuit has no fuse", problems);
    break;
  case PHAETON_CIRCUITS_LOOP:
    refuse (map, &config->circuits[index], "parent",
            "a circuit nearer to the house connection, or none", "the circuit would feed itself",
            problems);
    break;
  case PHAETON_CIRCUITS_BASE_TOO_LARGE:
    refuse (map, &config->circuits[index], "failsafe_base_milliamps", "at most fuse_milliamps",
            "other loads alone would be more than the fuse", problems);
    break;
  case PHAETON_CIRCUITS_OK:
  case PHAETON_CIRCUITS_UNKNOWN_PARENT:
  case PHAETON_CIRCUITS_UNKNOWN_CIRCUIT:
  case PHAETON_CIRCUITS_PHASE_MAP:
    break;
  }
}

void
phaeton_circuits_read (const PhaetonNode *root, PhaetonConfig *config, GPtrArray *problems)
{
  const PhaetonSection *section = phaeton_section_find ("circuits");
  const PhaetonNode *map = phaeton_node_get (root, section->name);
  const guint n = map != NULL && map->kind == PHAETON_NODE_MAP ? map->items->len : 0;

  if (map != NULL && map->kind != PHAETON_NODE_MAP && !phaeton_node_is_null (map))
    phaeton_problems_add (problems, TRUE, section->name, &map->place,
                          "one section for each circuit, by its id", "%s",
                          phaeton_node_describe (map));
  if (n > PHAETON_MAX_CIRCUITS) {
    phaeton_problems_add (problems, TRUE, section->name, &map->place, "at most 16",
                          "%u circuits are too many", n);
    return;
  }
  for (guint i = 0; i < n; i++)
    if (!phaeton_scope_check_id (section->name, map->keys->pdata[i], map->items->pdata[i],
                                 problems))
      return;
  phaeton_config_take_circuits (config, n);
  for (guint i = 0; i < n; i++)
    read_circuit (section, map->items->pdata[i], ((PhaetonNode *) map->keys->pdata[i])->text,
                  &config->circuits[i], problems);
  resolve_parents (section, map, config, problems);
  resolve_chargers (root, config, problems);
  if (!phaeton_problems_has_error (problems))
    check (map, config, problems);
}
