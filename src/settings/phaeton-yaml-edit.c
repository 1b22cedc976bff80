/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-yaml.h"

#include <string.h>

#include "phaeton-error.h"

/* Changes single values in a text and leaves the rest as people wrote it. Each edit parses the
 * text anew, so that places are always true; the files are small. */

PhaetonYamlEdit *
phaeton_yaml_edit_new (const char *const *path, PhaetonNode *value)
{
  PhaetonYamlEdit *self = g_new0 (PhaetonYamlEdit, 1);

  self->path = g_strdupv ((char **) path);
  self->value = value;
  return self;
}

void
phaeton_yaml_edit_free (PhaetonYamlEdit *self)
{
  g_strfreev (self->path);
  g_clear_pointer (&self->value, phaeton_node_free);
  g_free (self);
}

GPtrArray *
phaeton_yaml_edits_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) phaeton_yaml_edit_free);
}

GPtrArray *
phaeton_yaml_edits_copy (GPtrArray *edits)
{
  GPtrArray *copy = phaeton_yaml_edits_new ();

  phaeton_yaml_edits_add (copy, edits);
  return copy;
}

/* whether @path is @above or inside of it */
static gboolean
is_within (char **path, char **above)
{
  for (; *above != NULL; above++, path++)
    if (*path == NULL || !g_str_equal (*path, *above))
      return FALSE;
  return TRUE;
}

void
phaeton_yaml_edits_add (GPtrArray *edits, GPtrArray *later)
{
  for (guint i = 0; i < later->len; i++) {
    const PhaetonYamlEdit *edit = later->pdata[i];

    for (guint k = edits->len; k > 0; k--)
      if (is_within (((PhaetonYamlEdit *) edits->pdata[k - 1])->path, edit->path))
        g_ptr_array_remove_index (edits, k - 1);
    g_ptr_array_add (
      edits, phaeton_yaml_edit_new ((const char *const *) edit->path,
                                    edit->value != NULL ? phaeton_node_copy (edit->value) : NULL));
  }
}

static gboolean
is_plain (const char *text)
{
  const PhaetonNode node = { .text = (char *) text };
  static const char *const old_booleans[] = { "yes", "no", "on", "off", "y", "n", NULL };
  g_autofree char *lower = g_ascii_strdown (text, -1);

  /* only what every reader of YAML takes for the same text */
  if (text[0] == '\0' || g_strv_contains (old_booleans, lower) || text[0] == '-' ||
      text[0] == '.' || phaeton_node_get_scalar_type (&node) != PHAETON_SCALAR_TEXT)
    return FALSE;
  for (const char *p = text; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p) && strchr ("_./-", *p) == NULL)
      return FALSE;
  return TRUE;
}

static void
append_text (GString *out, const char *text)
{
  if (is_plain (text)) {
    g_string_append (out, text);
    return;
  }
  g_string_append_c (out, '"');
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    const gunichar c = g_utf8_get_char (p);

    if (c == '"' || c == '\\')
      g_string_append_c (out, '\\');
    if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff)
      g_string_append_printf (out, "\\u%04x", c);
    else
      g_string_append_unichar (out, c);
  }
  g_string_append_c (out, '"');
}

static void
append_flow (GString *out, const PhaetonNode *node)
{
  const gboolean is_map = node->kind == PHAETON_NODE_MAP;

  if (node->kind == PHAETON_NODE_SCALAR) {
    if (node->is_quoted || phaeton_node_get_scalar_type (node) == PHAETON_SCALAR_TEXT)
      append_text (out, node->text);
    else
      g_string_append (out, node->text[0] != '\0' ? node->text : "null");
    return;
  }
  g_string_append_c (out, is_map ? '{' : '[');
  for (guint i = 0; i < node->items->len; i++) {
    if (i > 0)
      g_string_append (out, ", ");
    if (is_map) {
      append_text (out, ((PhaetonNode *) node->keys->pdata[i])->text);
      g_string_append (out, ": ");
    }
    append_flow (out, node->items->pdata[i]);
  }
  g_string_append_c (out, is_map ? '}' : ']');
}

static gboolean
has_collection (const PhaetonNode *node)
{
  for (guint i = 0; i < node->items->len; i++)
    if (((PhaetonNode *) node->items->pdata[i])->kind != PHAETON_NODE_SCALAR)
      return TRUE;
  return FALSE;
}

static void append_block (GString *out, const PhaetonNode *node, int indent, gboolean is_inline);

static void
append_value (GString *out, const PhaetonNode *value, int indent)
{
  if (value->kind == PHAETON_NODE_SCALAR || value->items->len == 0 ||
      (value->kind == PHAETON_NODE_LIST && !has_collection (value))) {
    g_string_append_c (out, ' ');
    append_flow (out, value);
    g_string_append_c (out, '\n');
  } else {
    g_string_append_c (out, '\n');
    append_block (out, value, indent + 2, FALSE);
  }
}

static void
append_entry (GString *out, const char *key, const PhaetonNode *value, int indent)
{
  append_text (out, key);
  g_string_append_c (out, ':');
  append_value (out, value, indent);
}

/* @is_inline: the first line stands behind a dash */
static void
append_block (GString *out, const PhaetonNode *node, int indent, gboolean is_inline)
{
  for (guint i = 0; i < node->items->len; i++) {
    const PhaetonNode *item = node->items->pdata[i];

    if (i > 0 || !is_inline)
      g_string_append_printf (out, "%*s", indent, "");
    if (node->kind == PHAETON_NODE_MAP) {
      append_entry (out, ((PhaetonNode *) node->keys->pdata[i])->text, item, indent);
    } else if (item->kind == PHAETON_NODE_MAP && item->items->len > 0) {
      g_string_append (out, "- ");
      append_block (out, item, indent + 2, TRUE);
    } else {
      g_string_append_c (out, '-');
      append_value (out, item, indent);
    }
  }
}

static gsize
find_line_start (const GString *text, gsize at)
{
  while (at > 0 && text->str[at - 1] != '\n')
    at--;
  return at;
}

/* behind the line break of the line that holds the byte before @at */
static gsize
find_line_end (const GString *text, gsize at)
{
  if (at > 0 && text->str[at - 1] == '\n') /* a block scalar ends with its line */
    return at;
  while (at < text->len && text->str[at] != '\n')
    at++;
  return MIN (at + 1, text->len);
}

static void
replace (GString *text, gsize start, gsize end, const char *with)
{
  g_string_erase (text, (gssize) start, (gssize) (end - start));
  g_string_insert (text, (gssize) start, with);
}

static guint
find_index (const PhaetonNode *map, const char *key)
{
  guint i = 0;

  while (!g_str_equal (((PhaetonNode *) map->keys->pdata[i])->text, key))
    i++;
  return i;
}

/* inside {...}: the whole of it is written again */
static void
edit_flow (GString *text, const PhaetonNode *flow, const char *const *rest, PhaetonNode *value)
{
  g_autoptr (PhaetonNode) copy = phaeton_node_copy (flow);
  g_autoptr (GString) out = g_string_new (NULL);

  phaeton_node_set_path (copy, rest, value != NULL ? phaeton_node_copy (value) : NULL);
  append_flow (out, copy);
  replace (text, flow->start, flow->end, out->str);
}

/* a new entry behind the last one of a block map, or at the end of a text without any */
static void
insert_entry (GString *text, const PhaetonNode *map, const char *const *rest,
              const PhaetonNode *value)
{
  const PhaetonNode *first = map->keys->len > 0 ? map->keys->pdata[0] : NULL;
  const int indent = first != NULL ? first->column : 0;
  const guint n = g_strv_length ((char **) rest);
  gsize at = first != NULL ? find_line_end (text, map->end) : text->len;
  g_autoptr (PhaetonNode) nested = phaeton_node_copy (value);
  g_autoptr (GString) out = g_string_new (NULL);

  for (guint i = n - 1; i > 0; i--) {
    PhaetonNode *outer = phaeton_node_new_map ();

    phaeton_node_set (outer, rest[i], g_steal_pointer (&nested));
    nested = outer;
  }
  if (at > 0 && text->str[at - 1] != '\n')
    g_string_append_c (out, '\n');
  if (indent == 0 && nested->kind == PHAETON_NODE_MAP && at > 0)
    g_string_append_c (out, '\n'); /* sections stand apart */
  g_string_append_printf (out, "%*s", indent, "");
  append_entry (out, rest[0], nested, indent);
  g_string_insert (text, (gssize) at, out->str);
}

static void
replace_entry (GString *text, const PhaetonNode *key, const PhaetonNode *old,
               const PhaetonNode *value)
{
  g_autoptr (GString) out = g_string_new (NULL);
  const gboolean is_one_line = memchr (text->str + old->start, '\n', old->end - old->start) == NULL;
  const gboolean was_inline = old->kind == PHAETON_NODE_SCALAR || old->is_flow;

  if (value->kind == PHAETON_NODE_SCALAR && was_inline && is_one_line) {
    append_flow (out, value);
    if (old->start == old->end && old->start > 0 && text->str[old->start - 1] == ':')
      g_string_prepend_c (out, ' '); /* "key:" had no value */
    replace (text, old->start, old->end, out->str);
    return;
  }
  append_entry (out, key->text, value, key->column);
  replace (text, key->start, find_line_end (text, MAX (old->end, key->end)), out->str);
}

static void
remove_entry (GString *text, const PhaetonNode *key, const PhaetonNode *old)
{
  replace (text, find_line_start (text, key->start), find_line_end (text, MAX (old->end, key->end)),
           "");
}

static void
apply_edit (GString *text, const PhaetonNode *root, const PhaetonYamlEdit *edit)
{
  const char *const *rest = (const char *const *) edit->path;
  const PhaetonNode *map = root;
  const PhaetonNode *lone_key = NULL, *lone_value = NULL; /* what goes when its last entry goes */

  for (; map->kind == PHAETON_NODE_MAP; rest++) {
    PhaetonNode *child = phaeton_node_get (map, rest[0]);
    const PhaetonNode *key;

    if (map->is_flow) {
      edit_flow (text, map, rest, edit->value);
      return;
    }
    if (child == NULL) {
      if (edit->value != NULL)
        insert_entry (text, map, rest, edit->value);
      return;
    }
    key = map->keys->pdata[find_index (map, rest[0])];
    if (lone_key == NULL || map->items->len > 1) {
      lone_key = key;
      lone_value = child;
    }
    if (rest[1] != NULL && child->kind == PHAETON_NODE_MAP && child->items->len > 0) {
      map = child;
      continue;
    }
    if (edit->value == NULL) {
      if (rest[1] == NULL)
        remove_entry (text, lone_key, lone_value);
    } else if (rest[1] == NULL) {
      replace_entry (text, key, child, edit->value);
    } else { /* an empty section gets its first entry */
      g_autoptr (PhaetonNode) nested = phaeton_node_new_map ();

      phaeton_node_set_path (nested, rest + 1, phaeton_node_copy (edit->value));
      replace_entry (text, key, child, nested);
    }
    return;
  }
}

static PhaetonNode *
parse_again (const GString *text, GError **error)
{
  g_autoptr (GPtrArray) problems = phaeton_problems_new ();
  PhaetonNode *root = phaeton_yaml_parse (text->str, text->len, problems);

  if (root == NULL) {
    const PhaetonProblem *problem = problems->pdata[0];

    g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_STORAGE,
                 "the file cannot be changed as it is now: line %d: %s", problem->line,
                 problem->message);
  }
  return root;
}

char *
phaeton_yaml_edit_text (const char *text, GPtrArray *edits, GError **error)
{
  const gboolean is_crlf = strstr (text, "\r\n") != NULL;
  g_autoptr (GString) out = g_string_new (text);
  g_autoptr (PhaetonNode) root = NULL, wanted = NULL;

  g_string_replace (out, "\r\n", "\n", 0); /* one way to end a line while we count in them */
  g_string_replace (out, "\r", "\n", 0);
  root = parse_again (out, error);
  if (root == NULL)
    return NULL;
  wanted = phaeton_node_copy (root);
  for (guint i = 0; i < edits->len; i++) {
    const PhaetonYamlEdit *edit = edits->pdata[i];

    phaeton_node_set_path (wanted, (const char *const *) edit->path,
                           edit->value != NULL ? phaeton_node_copy (edit->value) : NULL);
    apply_edit (out, root, edit);
    phaeton_node_free (g_steal_pointer (&root));
    root = parse_again (out, error);
    if (root == NULL)
      return NULL;
  }
  if (!phaeton_node_equal (root, wanted)) {
    g_set_error_literal (error, PHAETON_ERROR, PHAETON_ERROR_STORAGE,
                         "the form of the file does not let single values be changed; "
                         "edit it by hand");
    return NULL;
  }
  if (is_crlf)
    g_string_replace (out, "\n", "\r\n", 0);
  return g_string_free (g_steal_pointer (&out), FALSE);
}
