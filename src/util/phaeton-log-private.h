/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-log.h"

G_BEGIN_DECLS

/* for tests, while no thread writes; @writer: (nullable): in the place of the journal's */
void phaeton_log_set_journal (GLogWriterFunc writer);

G_END_DECLS
