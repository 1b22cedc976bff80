/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-http-cache.h"

#include "phaeton-json.h"

#include <string.h>

#define MAX_HEAD_BYTES 4096
#define VERSION 1

void
phaeton_http_kept_free (PhaetonHttpKept *self)
{
  g_free (self->url_sum);
  g_free (self->etag);
  g_free (self->changed);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_free (self);
}

GBytes *
phaeton_http_kept_pack (const PhaetonHttpKept *self)
{
  g_auto (PhaetonJson) json = PHAETON_JSON_INIT;
  g_autoptr (GBytes) head = NULL;
  GByteArray *all = g_byte_array_new ();

  phaeton_json_begin_object (&json, NULL);
  phaeton_json_int (&json, "version", VERSION);
  phaeton_json_text (&json, "url_sum", self->url_sum);
  phaeton_json_text (&json, "etag", self->etag);
  phaeton_json_text (&json, "changed", self->changed);
  phaeton_json_int (&json, "fetched_at", self->fetched_at);
  phaeton_json_int (&json, "day", self->day);
  phaeton_json_int (&json, "n_today", self->n_today);
  phaeton_json_int (&json, "size", (gint64) g_bytes_get_size (self->body));
  phaeton_json_end_object (&json);
  head = phaeton_json_steal_bytes (&json);
  g_byte_array_append (all, g_bytes_get_data (head, NULL), (guint) g_bytes_get_size (head));
  g_byte_array_append (all, (const guint8 *) "\n", 1);
  if (g_bytes_get_size (self->body) > 0)
    g_byte_array_append (all, g_bytes_get_data (self->body, NULL),
                         (guint) g_bytes_get_size (self->body));
  return g_byte_array_free_to_bytes (all);
}

static gint64
get_int (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_INT64 ? json_node_get_int (node)
                                                                         : -1;
}

static char *
dup_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
           ? g_strdup (json_node_get_string (node))
           : NULL;
}

PhaetonHttpKept *
phaeton_http_kept_unpack (GBytes *bytes)
{
  const PhaetonJsonLimits limits = { MAX_HEAD_BYTES, 2 };
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);
  const char *end = size > 0 ? memchr (data, '\n', MIN (size, MAX_HEAD_BYTES)) : NULL;
  const gsize head_size = end != NULL ? (gsize) (end - data) : 0;
  g_autoptr (JsonNode) node =
    end != NULL ? phaeton_json_parse (data, head_size, &limits, NULL) : NULL;
  g_autoptr (PhaetonHttpKept) self = NULL;
  JsonObject *head;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return NULL;
  head = json_node_get_object (node);
  if (get_int (head, "version") != VERSION || get_int (head, "fetched_at") < 0 ||
      get_int (head, "size") != (gint64) (size - head_size - 1))
    return NULL;
  self = g_new0 (PhaetonHttpKept, 1);
  self->url_sum = dup_text (head, "url_sum");
  self->etag = dup_text (head, "etag");
  self->changed = dup_text (head, "changed");
  self->fetched_at = get_int (head, "fetched_at");
  self->day = get_int (head, "day");
  self->n_today = (guint) CLAMP (get_int (head, "n_today"), 0, G_MAXINT);
  self->body = g_bytes_new_from_bytes (bytes, head_size + 1, size - head_size - 1);
  return self->url_sum != NULL ? g_steal_pointer (&self) : NULL;
}
