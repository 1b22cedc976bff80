/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-node.h"

G_BEGIN_DECLS

#define PHAETON_MAX_FILE_BYTES (1024 * 1024)

/**
 * phaeton_yaml_parse:
 *
 * One YAML document whose top is a map (or nothing at all: an empty map). Refused, with the line:
 * anything larger than 1 MiB or nested deeper than %PHAETON_MAX_DEPTH, duplicate keys, anchors
 * and aliases (a few bytes of them unfold into gigabytes), merge keys, several documents.
 *
 * Returns: (nullable): %NULL when @problems got an error
 */
PhaetonNode *phaeton_yaml_parse (const char *text, gsize length, GPtrArray *problems);

/* one value to change in a text: NULL-terminated path of map keys, and the new value; NULL: none */
typedef struct {
  char **path;
  PhaetonNode *value; /* (nullable) */
} PhaetonYamlEdit;

PhaetonYamlEdit *phaeton_yaml_edit_new (const char *const *path, PhaetonNode *value);
void phaeton_yaml_edit_free (PhaetonYamlEdit *self);

/* (element-type PhaetonYamlEdit) */
GPtrArray *phaeton_yaml_edits_new (void);
GPtrArray *phaeton_yaml_edits_copy (GPtrArray *edits);
/* appends copies of @later, and drops what they make void */
void phaeton_yaml_edits_add (GPtrArray *edits, GPtrArray *later);

/**
 * phaeton_yaml_edit_text:
 * @edits: (element-type PhaetonYamlEdit)
 *
 * Changes @text so that it says what @edits want and leaves every line that needs no change as it
 * is. The result was parsed again and compared.
 *
 * Returns: (nullable): %NULL with PHAETON_ERROR_STORAGE
 */
char *phaeton_yaml_edit_text (const char *text, GPtrArray *edits, GError **error);

G_END_DECLS
