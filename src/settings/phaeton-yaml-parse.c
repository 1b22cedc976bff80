/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-yaml.h"

#include <string.h>
#include <yaml.h>

typedef struct {
  yaml_parser_t yaml;
  GPtrArray *problems;
  const char *text; /* (borrowed) */
  gsize offset;     /* of the text that libyaml sees: behind a byte order mark */
  int n_nodes;

  /* marks count characters; where the last one was, in both counts */
  const char *last_position;
  gsize last_index;
} Reader;

static void
fail (Reader *reader, const yaml_mark_t *mark, const char *key, const char *message)
{
  const PhaetonPlace place = { .line = (int) mark->line + 1 };

  phaeton_problems_add (reader->problems, TRUE, key, &place, NULL, "%s", message);
}

static gboolean
next_event (Reader *reader, yaml_event_t *event)
{
  if (yaml_parser_parse (&reader->yaml, event))
    return TRUE;
  {
    const PhaetonPlace place = { .line = (int) reader->yaml.problem_mark.line + 1 };
    const char *problem = reader->yaml.problem;

    phaeton_problems_add (reader->problems, TRUE, "", &place, NULL, "not YAML: %s%s%s",
                          reader->yaml.context != NULL ? reader->yaml.context : "",
                          reader->yaml.context != NULL ? ", " : "",
                          problem != NULL ? problem : "cannot be read");
  }
  return FALSE;
}

static gsize
find_byte (Reader *reader, const yaml_mark_t *mark)
{
  reader->last_position = g_utf8_offset_to_pointer (
    reader->last_position, (glong) mark->index - (glong) reader->last_index);
  reader->last_index = mark->index;
  return (gsize) (reader->last_position - reader->text);
}

static void
set_place (Reader *reader, PhaetonNode *node, const yaml_event_t *event)
{
  node->place.line = (int) event->start_mark.line + 1;
  node->column = (int) event->start_mark.column;
  node->start = find_byte (reader, &event->start_mark);
  node->end = find_byte (reader, &event->end_mark);
}

static PhaetonNode *read_node (Reader *reader, yaml_event_t *event, int depth);

static PhaetonNode *
read_scalar (Reader *reader, const yaml_event_t *event)
{
  const char *text = (const char *) event->data.scalar.value;
  PhaetonNode *node;

  if (strlen (text) != event->data.scalar.length) { /* "\0" in double quotes */
    fail (reader, &event->start_mark, "", "text with a zero byte");
    return NULL;
  }
  node = phaeton_node_new_scalar (text, event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE);
  set_place (reader, node, event);
  return node;
}

static PhaetonNode *
read_list (Reader *reader, const yaml_event_t *start, int depth)
{
  g_autoptr (PhaetonNode) list = phaeton_node_new_list ();

  set_place (reader, list, start);
  list->is_flow = start->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
  for (;;) {
    yaml_event_t event;
    PhaetonNode *item;

    if (!next_event (reader, &event))
      return NULL;
    if (event.type == YAML_SEQUENCE_END_EVENT) {
      if (list->is_flow)
        list->end = find_byte (reader, &event.end_mark);
      yaml_event_delete (&event);
      break;
    }
    item = read_node (reader, &event, depth + 1);
    if (item == NULL)
      return NULL;
    phaeton_node_append (list, item);
    if (!list->is_flow)
      list->end = item->end;
  }
  return g_steal_pointer (&list);
}

static gboolean
check_key (Reader *reader, GHashTable *seen, const PhaetonNode *key, const yaml_mark_t *mark)
{
  const char *message = NULL;

  if (key->kind != PHAETON_NODE_SCALAR)
    message = "a key must be text";
  else if (!key->is_quoted && g_str_equal (key->text, "<<"))
    message = "merge keys are not supported; write the values out";
  else if (!g_hash_table_add (seen, key->text))
    message = "the key appears twice in its section";
  if (message != NULL)
    fail (reader, mark, key->kind == PHAETON_NODE_SCALAR ? key->text : "", message);
  return message == NULL;
}

static PhaetonNode *
read_map (Reader *reader, const yaml_event_t *start, int depth)
{
  g_autoptr (PhaetonNode) map = phaeton_node_new_map ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  set_place (reader, map, start);
  map->is_flow = start->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
  for (;;) {
    yaml_event_t event;
    yaml_mark_t mark;
    PhaetonNode *node;

    if (!next_event (reader, &event))
      return NULL;
    mark = event.start_mark;
    if (event.type == YAML_MAPPING_END_EVENT) {
      if (map->is_flow)
        map->end = find_byte (reader, &event.end_mark);
      yaml_event_delete (&event);
      break;
    }
    node = read_node (reader, &event, depth + 1);
    if (node == NULL)
      return NULL;
    g_ptr_array_add (map->keys, node);
    if (!check_key (reader, seen, node, &mark) || !next_event (reader, &event))
      return NULL;
    node = read_node (reader, &event, depth + 1);
    if (node == NULL)
      return NULL;
    g_ptr_array_add (map->items, node);
    if (!map->is_flow)
      map->end = node->end;
  }
  return g_steal_pointer (&map);
}

static gboolean
is_anchored (const yaml_event_t *event)
{
  switch (event->type) {
  case YAML_ALIAS_EVENT:
    return TRUE;
  case YAML_SCALAR_EVENT:
    return event->data.scalar.anchor != NULL;
  case YAML_SEQUENCE_START_EVENT:
    return event->data.sequence_start.anchor != NULL;
  case YAML_MAPPING_START_EVENT:
    return event->data.mapping_start.anchor != NULL;
  default:
    return FALSE;
  }
}

/* takes the contents of @event */
static PhaetonNode *
read_node (Reader *reader, yaml_event_t *event, int depth)
{
  PhaetonNode *node = NULL;

  if (is_anchored (event))
    fail (reader, &event->start_mark, "",
          "anchors (&) and aliases (*) are not supported; write the value out");
  else if (depth > PHAETON_MAX_DEPTH)
    fail (reader, &event->start_mark, "", "nested too deep");
  else if (++reader->n_nodes > PHAETON_MAX_NODES)
    fail (reader, &event->start_mark, "", "too many values in one file");
  else if (event->type == YAML_SCALAR_EVENT)
    node = read_scalar (reader, event);
  else if (event->type == YAML_SEQUENCE_START_EVENT)
    node = read_list (reader, event, depth);
  else
    node = read_map (reader, event, depth);
  yaml_event_delete (event);
  return node;
}

/* reads events without content; answers the first other one */
static gboolean
skip_events (Reader *reader, yaml_event_t *event, yaml_event_type_t first, yaml_event_type_t last)
{
  for (;;) {
    if (!next_event (reader, event))
      return FALSE;
    if (event->type != first && event->type != last)
      return TRUE;
    yaml_event_delete (event);
  }
}

static PhaetonNode *
read_document (Reader *reader)
{
  g_autoptr (PhaetonNode) root = NULL;
  yaml_event_t event;

  if (!skip_events (reader, &event, YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT))
    return NULL;
  if (event.type == YAML_STREAM_END_EVENT) {
    yaml_event_delete (&event);
    return phaeton_node_new_map ();
  }
  root = read_node (reader, &event, 0);
  if (root == NULL || !skip_events (reader, &event, YAML_DOCUMENT_END_EVENT, YAML_NO_EVENT))
    return NULL;
  if (event.type != YAML_STREAM_END_EVENT) {
    fail (reader, &event.start_mark, "", "more than one document in the file");
    yaml_event_delete (&event);
    return NULL;
  }
  yaml_event_delete (&event);
  if (phaeton_node_is_null (root)) {
    phaeton_node_free (root);
    root = phaeton_node_new_map ();
  }
  if (root->kind != PHAETON_NODE_MAP) {
    phaeton_problems_add (reader->problems, TRUE, "", &root->place, "sections such as \"modbus:\"",
                          "the file holds %s", phaeton_node_describe (root));
    return NULL;
  }
  return g_steal_pointer (&root);
}

static gboolean
check_text (const char *text, gsize length, GPtrArray *problems)
{
  const char *bad = NULL;

  if (length > PHAETON_MAX_FILE_BYTES) {
    phaeton_problems_add (problems, TRUE, "", NULL, "at most 1 MiB", "the file is too large");
    return FALSE;
  }
  if (!g_utf8_validate (text, (gssize) length, &bad)) {
    PhaetonPlace place = { .line = 1 };

    for (const char *p = text; p < bad; p++)
      place.line += *p == '\n';
    phaeton_problems_add (problems, TRUE, "", &place, NULL, "not UTF-8 text");
    return FALSE;
  }
  return TRUE;
}

PhaetonNode *
phaeton_yaml_parse (const char *text, gsize length, GPtrArray *problems)
{
  Reader reader = { .problems = problems, .text = text };
  PhaetonNode *root;

  if (!check_text (text, length, problems))
    return NULL;
  if (length >= 3 && memcmp (text, "\xEF\xBB\xBF", 3) == 0)
    reader.offset = 3;
  reader.last_position = text + reader.offset;

  yaml_parser_initialize (&reader.yaml);
  yaml_parser_set_encoding (&reader.yaml, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string (&reader.yaml, (const guchar *) text + reader.offset,
                                length - reader.offset);
  root = read_document (&reader);
  yaml_parser_delete (&reader.yaml);
  return root;
}
