/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-yaml.h"

#include <string.h>

/* Any file that people may have written, changed in place by anything that a client may send. The
 * input: the file, a zero byte, the changes as YAML; a value of null removes. */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static PhaetonNode *
parse (const char *text)
{
  g_autoptr (GPtrArray) problems = phaeton_problems_new ();

  return phaeton_yaml_parse (text, strlen (text), problems);
}

static void
collect (const PhaetonNode *map, GPtrArray *path, GPtrArray *edits)
{
  for (guint i = 0; i < map->items->len; i++) {
    const PhaetonNode *value = map->items->pdata[i];

    g_ptr_array_insert (path, (gint) path->len - 1, ((PhaetonNode *) map->keys->pdata[i])->text);
    if (value->kind == PHAETON_NODE_MAP && value->items->len > 0)
      collect (value, path, edits);
    else
      g_ptr_array_add (edits, phaeton_yaml_edit_new (
                                (const char *const *) path->pdata,
                                phaeton_node_is_null (value) ? NULL : phaeton_node_copy (value)));
    g_ptr_array_remove_index (path, path->len - 2);
  }
}

static PhaetonNode *
apply (const PhaetonNode *root, GPtrArray *edits)
{
  PhaetonNode *wanted = phaeton_node_copy (root);

  for (guint i = 0; i < edits->len; i++) {
    const PhaetonYamlEdit *edit = edits->pdata[i];

    phaeton_node_set_path (wanted, (const char *const *) edit->path,
                           edit->value != NULL ? phaeton_node_copy (edit->value) : NULL);
  }
  return wanted;
}

/* the text says what was wanted, and the same change once more changes nothing */
static void
check (const char *before, GPtrArray *edits, const char *after)
{
  g_autoptr (PhaetonNode) root = parse (before);
  g_autoptr (PhaetonNode) wanted = apply (root, edits);
  g_autoptr (PhaetonNode) result = parse (after);
  g_autofree char *again = phaeton_yaml_edit_text (after, edits, NULL);

  g_assert_nonnull (result);
  g_assert_true (phaeton_node_equal (result, wanted));
  g_assert_cmpstr (again, ==, after);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const guint8 *zero = size > 0 ? memchr (data, 0, size) : NULL;
  g_autofree char *text = zero != NULL ? g_strdup ((const char *) data) : NULL;
  g_autofree char *changes =
    zero != NULL ? g_strndup ((const char *) zero + 1, (gsize) (data + size - zero - 1)) : NULL;
  g_autoptr (PhaetonNode) map = changes != NULL ? parse (changes) : NULL;
  g_autoptr (GPtrArray) path = g_ptr_array_new ();
  g_autoptr (GPtrArray) edits = phaeton_yaml_edits_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *result = NULL;

  if (map == NULL)
    return 0;
  g_ptr_array_add (path, NULL);
  collect (map, path, edits);
  result = phaeton_yaml_edit_text (text, edits, &error);
  g_assert_true ((result == NULL) == (error != NULL));
  if (result != NULL)
    check (text, edits, result);
  return 0;
}
