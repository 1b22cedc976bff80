/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-keys.h"
#include "phaeton-node.h"

G_BEGIN_DECLS

#define PHAETON_MASK "********"

/* every key with its value in force, in the contract's shape; secrets masked unless @with_secrets
 */
PhaetonNode *phaeton_document_build (const PhaetonNode *root, gboolean with_secrets);

/* what a merge patch over @document changes; (element-type PhaetonYamlEdit) */
GPtrArray *phaeton_document_diff (const PhaetonNode *document, const PhaetonNode *patch);

/* makes @edits those of today's shapes that fit the older ones in the file, which must not be left
 * beside them */
void phaeton_document_fit_edits (GPtrArray *edits, const PhaetonNode *file_root);

/* of the key at @path */
gboolean phaeton_document_has_flag (const char *const *path, PhaetonKeyFlags flag);

/* whether the value at @path is one that must never be shown */
gboolean phaeton_document_is_secret (const char *const *path);

G_END_DECLS
