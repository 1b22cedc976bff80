/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-node.h"

G_BEGIN_DECLS

/* Turns the shapes of older files into today's, in place: everything behind this knows one form. */
void phaeton_legacy_normalise (PhaetonNode *root, GPtrArray *problems);

G_END_DECLS
