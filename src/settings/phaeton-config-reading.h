/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-node.h"

G_BEGIN_DECLS

/* a text of settings and all that follows from it; made in any thread, used in one */
typedef struct {
  char *text;             /* (nullable): no file */
  PhaetonNode *file_root; /* (nullable): as the file says it; NULL: it is not YAML */
  PhaetonNode *root;      /* in force: today's shape, environment and secrets applied */
  PhaetonConfig *config;  /* (nullable): NULL: has errors */
  GPtrArray *problems;
} PhaetonReading;

/**
 * phaeton_reading_new:
 * @text: (transfer full) (nullable): of @length bytes
 * @edits: (element-type PhaetonYamlEdit) (nullable): what is to be in the file but is not yet
 * @secrets: (nullable): those that are not in the file
 * @environment: (nullable): as g_get_environ() answers it
 */
PhaetonReading *phaeton_reading_new (char *text, gsize length, GPtrArray *edits,
                                     GHashTable *secrets, const char *const *environment);

/* what @self becomes by @edits; its text stays until they are saved */
PhaetonReading *phaeton_reading_patch (const PhaetonReading *self, GPtrArray *edits,
                                       GHashTable *secrets, const char *const *environment);

void phaeton_reading_free (PhaetonReading *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PhaetonReading, phaeton_reading_free)

G_END_DECLS
